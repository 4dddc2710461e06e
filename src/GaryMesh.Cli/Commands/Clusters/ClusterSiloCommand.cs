using System.CommandLine;
using System.Globalization;
using System.Net;
using GaryMesh.Cli.Shell;
using GaryMesh.Cluster;

namespace GaryMesh.Cli.Commands.Clusters;

/// <summary>`gary-mesh cluster silo`: a worker that holds parts of runs until it is stopped.</summary>
internal static class ClusterSiloCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var redis = Options.File("--redis", "The Redis by which silos find each other, and which keeps their checkpoints.", "HOST:PORT");
        redis.Required = true;
        var name = Options.File("--name", "The silo's name. [default: the machine's and the process's number]", "NAME");
        var address = Options.File("--address", "The address at which other machines reach this one.", "IP");
        address.DefaultValueFactory = _ => "127.0.0.1";
        var every = Options.Whole("--every", "S", "Seconds from one line about its work to the next.", 10);
        var threads = Options.Whole("--threads", "T", "Threads that step; fewer where several silos share a machine. 0 for one a processor.", 0, 0);
        var quiet = Options.Quiet();

        var command = new Command("silo", "Work for the runs of a cluster, until Ctrl-C.") { redis, name, address, every, threads, quiet };
        command.SetAction(parsed => Run(
            new Terminal(output, error, false, parsed.GetValue(quiet)),
            parsed.GetValue(redis)!,
            parsed.GetValue(name) ?? string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}"),
            parsed.GetValue(address)!,
            parsed.GetValue(every),
            parsed.GetValue(threads),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh cluster silo --redis localhost:6379
            gary-mesh cluster silo --redis 10.0.0.1:6379 --address 10.0.0.2 --name second
            """,
            """
            Every silo of a cluster is told the same Redis. Parts go to silos by themselves; when one is lost, the others take its parts over from
            the last checkpoint. The silo says how many parts it holds, how many cells it steps a second, and how long it waits for others.
            """);
        return command;
    }

    private static int Run(Terminal terminal, string redis, string name, string address, int every, int threads, CancellationToken stop)
    {
        if (!IPAddress.TryParse(address, out var ip))
            throw new UserErrorException($"--address is an IP address, but '{address}' is none.");

        using var figures = new SiloFigures();
        using var silo = ClusterConnection.Start(() => ClusterHost.Silo(redis, name, ip, threads), redis, stop);
        terminal.Write($"Silo {name} works at {address}; Ctrl-C ends it.");

        while (!stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(every)))
            terminal.Write($"{name}: {figures.Line()}");

        silo.StopAsync().GetAwaiter().GetResult();
        return ExitCode.Done;
    }
}
