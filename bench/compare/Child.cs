// A child process that answers each line with a line.
using System.Diagnostics;

namespace GaryMesh.Compare;

public sealed class Child : IDisposable
{
    private readonly Process _process;

    public Child(string program, IEnumerable<string> words, params IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(program, words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        _process = Process.Start(start)!;
    }

    /// <summary>A path under which this program can be started once more.</summary>
    public static string Self => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
        ? typeof(Child).Assembly.Location
        : Environment.ProcessPath!;

    /// <summary>This program, of this build or another, as the server of some work.</summary>
    public static Child Serving(string program, params string[] words) =>
        program.EndsWith(".dll", StringComparison.Ordinal)
            ? new("dotnet", [program, "--serve", .. words])
            : new(program, ["--serve", .. words]);

    public string Ask(string line)
    {
        try
        {
            _process.StandardInput.WriteLine(line);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has ended; its last words say why.
        }

        return Answer();
    }

    public string Answer() => _process.StandardOutput.ReadLine()
        ?? throw new IOException(_process.StandardError.ReadToEnd().Trim().Split('\n')[^1]);

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
