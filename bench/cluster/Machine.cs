using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace GaryMesh.Cluster.Bench;

/// <summary>A Redis and silos of it as processes of this machine, in a folder that goes with them.</summary>
internal sealed class Machine : IDisposable
{
    private static readonly string _command = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../GaryMesh.Cli/release/GaryMesh.Cli.dll"));
    private readonly Process _redis;
    private readonly List<Process> _silos = [];

    public Machine(int silos)
    {
        var port = FreePort();
        Redis = $"127.0.0.1:{port}";
        _redis = Start("redis-server", "--port", $"{port}", "--save", "", "--dir", Folder);

        for (var silo = 0; silo < silos; silo++)
            Begin();
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("gary-mesh-").FullName;

    public string Redis { get; }

    public string At(string name) => Path.Combine(Folder, name);

    /// <summary>One more silo, once it works.</summary>
    public void Begin()
    {
        var silo = Start("dotnet", _command, "cluster", "silo", "--redis", Redis, "--threads", "1", "--every", "3600");

        if (silo.StandardOutput.ReadLine() is not { } line || !line.Contains("works at"))
            throw new InvalidOperationException(silo.StandardError.ReadToEnd());

        _silos.Add(silo);
    }

    /// <summary>Kills a silo as the system kills (SIGKILL).</summary>
    public void Kill(int silo)
    {
        _silos[silo].Kill();
        _silos.RemoveAt(silo);
    }

    public int Count => _silos.Count;

    /// <summary>What `gary-mesh` prints as JSON.</summary>
    public static JsonNode Gary(params string[] arguments)
    {
        using var ran = Start("dotnet", [_command, .. arguments, "--json", "--quiet"]);
        var error = ran.StandardError.ReadToEndAsync();
        var output = ran.StandardOutput.ReadToEnd();
        ran.WaitForExit();
        return ran.ExitCode == 0 ? JsonNode.Parse(output)! : throw new InvalidOperationException(error.Result);
    }

    public void Dispose()
    {
        foreach (var process in _silos.Append(_redis))
        {
            process.Kill();
            process.WaitForExit();
        }

        Directory.Delete(Folder, true);
    }

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
