using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Shell;
using GaryMesh.Studio.Serving;

namespace GaryMesh.Cli.Commands.Viewing;

/// <summary>`gary-mesh studio`: trains in the browser's sight until Ctrl-C.</summary>
internal static class StudioCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var folder = Options.File("--folder", "Where uploads and runs are kept; made where it is missing.", "F");
        folder.DefaultValueFactory = _ => "studio";
        var port = Options.Whole("--port", "P", "The port on 127.0.0.1; 0 for a free one.", 0, 0);
        var closed = new Option<bool>("--no-browser") { Description = "Print the address, and open nothing." };
        var threads = Options.Threads();
        var json = Options.Json();
        var command = new Command("studio", "Train in the browser, and watch, compare and save: a server on this machine alone.") { folder, port, closed, threads, json };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), false),
            parsed.GetValue(folder)!,
            parsed.GetValue(port),
            !parsed.GetValue(closed),
            new EngineOptions { Threads = parsed.GetValue(threads) },
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh studio
            gary-mesh studio --folder trainings --port 8123 --no-browser
            """,
            """
            The studio answers on 127.0.0.1 alone, and only requests that bear the token of its address. It writes into its folder alone: what is
            uploaded, and of each run its order, checkpoints, curve and rule. Runs that were under way when it ended, however it ended, go on from
            their last checkpoint at the next start with the same folder.
            """);
        return command;
    }

    private static int Run(Terminal terminal, string folder, int port, bool opens, EngineOptions options, CancellationToken stop)
    {
        if (port > 65535)
            throw new UserErrorException($"--port is a number from 0 to 65,535, but {port} is not.");

        OutputFile.MakeFolder(folder);
        var server = StudioServer.Start(folder, port, new Workshop(), options, stop).GetAwaiter().GetResult();

        try
        {
            terminal.WriteJson(new JsonObject { ["url"] = server.Url.ToString(), ["folder"] = Path.GetFullPath(folder) });
            terminal.Write($"The studio is at {server.Url}");
            terminal.Write("Ctrl-C ends it; a training that is under way goes on at the next start.");

            if (opens)
                Open(terminal, server.Url);

            stop.WaitHandle.WaitOne();
        }
        finally
        {
            server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        return ExitCode.Done;
    }

    private static void Open(Terminal terminal, Uri url)
    {
        try
        {
            using var browser = Process.Start(new ProcessStartInfo(url.ToString()) { UseShellExecute = true });
        }
        catch (Exception fault) when (fault is System.ComponentModel.Win32Exception or InvalidOperationException or PlatformNotSupportedException)
        {
            terminal.Warn("No browser could be opened: open the address by hand.");
        }
    }
}
