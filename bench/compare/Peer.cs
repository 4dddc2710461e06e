// NumPy as a child process that lives as long as the comparison and is asked line by line.
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace GaryMesh.Compare;

public sealed class NumPy : IDisposable
{
    private readonly Process _process;

    private NumPy(Process process, int? threads)
    {
        _process = process;
        Threads = threads;
        var hello = Ask(new JsonObject { ["do"] = "hello" });
        Version = hello["numpy"]!.GetValue<string>();
        MatmulGflops = hello["matmul_gflops"]!.GetValue<double>();
    }

    /// <summary>Threads of its BLAS; null for as many as it likes.</summary>
    public int? Threads { get; }

    public string Version { get; }

    /// <summary>Speed of its matrix product at the rule's size, which tells an optimised BLAS from a plain one.</summary>
    public double MatmulGflops { get; }

    /// <summary>Starts it, or tells why it cannot be had.</summary>
    public static NumPy? TryStart(string python, int? threads, out string? reason)
    {
        var start = new ProcessStartInfo(python, [Path.Combine(AppContext.BaseDirectory, "numpy", "serve.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        if (threads is int count)
        {
            foreach (var name in (string[])["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"])
                start.Environment[name] = $"{count}";
        }

        try
        {
            reason = null;
            return new NumPy(Process.Start(start)!, threads);
        }
        catch (Exception error) when (error is System.ComponentModel.Win32Exception or IOException)
        {
            reason = error.Message;
            return null;
        }
    }

    /// <summary>Seconds of one rollout.</summary>
    public double Rollout(string variant, string graph, int cells, int steps) =>
        Ask(new JsonObject
        {
            ["do"] = "rollout",
            ["graph"] = graph,
            ["cells"] = cells,
            ["variant"] = variant,
            ["steps"] = steps,
        })["seconds"]!.GetValue<double>();

    /// <summary>Seconds of so many iterations of training.</summary>
    public double Train(string graph, int cells, int batch, int steps, int iterations) =>
        Ask(new JsonObject
        {
            ["do"] = "train",
            ["graph"] = graph,
            ["cells"] = cells,
            ["batch"] = batch,
            ["steps"] = steps,
            ["iterations"] = iterations,
        })["seconds"]!.GetValue<double>();

    public JsonNode Ask(JsonObject request)
    {
        try
        {
            _process.StandardInput.WriteLine(request.ToJsonString());
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has ended; its last words say why.
        }

        return _process.StandardOutput.ReadLine() is string answer
            ? JsonNode.Parse(answer)!
            : throw new IOException(_process.StandardError.ReadToEnd().Trim().Split('\n')[^1]);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
