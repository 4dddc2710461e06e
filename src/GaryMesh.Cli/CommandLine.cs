using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Globalization;
using GaryMesh.Cli.Commands;
using GaryMesh.Cli.Commands.Adding;
using GaryMesh.Cli.Commands.Clusters;
using GaryMesh.Cli.Commands.Digits;
using GaryMesh.Cli.Commands.Exporting;
using GaryMesh.Cli.Commands.Growing;
using GaryMesh.Cli.Commands.Textures;
using GaryMesh.Cli.Commands.Viewing;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli;

/// <summary>The command line as a whole: reads the arguments, runs a command and turns every error into one sentence
/// on the error stream and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>Runs the command that the arguments name. What it says and writes is the same under every culture.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error, CancellationToken stop)
    {
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

        try
        {
            return RunInvariant(args, output, error, stop);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    private static int RunInvariant(string[] args, TextWriter output, TextWriter error, CancellationToken stop)
    {
        var result = Root(output, error, stop).Parse(args.Length == 0 ? ["--help"] : args);

        if (result.Errors.Count > 0 && result.Action is not (HelpAction or ExamplesHelp))
        {
            var help = result.CommandResult.Command is RootCommand root
                ? "gary-mesh --help"
                : $"gary-mesh {PathOf(result.CommandResult)} --help";
            // An unknown word explains more than the option that is missing because of it.
            var first = result.Errors.FirstOrDefault(one => result.UnmatchedTokens.Any(one.Message.Contains))
                ?? result.Errors[0];
            error.WriteLine($"gary-mesh: {Refusal.Sentence(first.Message)} See '{help}'.");
            return ExitCode.Refused;
        }

        try
        {
            return result.Invoke(
                new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("gary-mesh: Stopped; nothing was written.");
            return ExitCode.Interrupted;
        }
        catch (OutputException full)
        {
            error.WriteLine($"gary-mesh: {full.Message}");
            return ExitCode.Failed;
        }
        catch (Exception refusal) when (refusal is UserErrorException or ArgumentException or InvalidDataException
            or IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            error.WriteLine($"gary-mesh: {Refusal.Sentence(refusal is OutOfMemoryException
                ? "There is not enough memory for a graph and rule of this size."
                : refusal.Message)}");
            return ExitCode.Refused;
        }
    }

    /// <summary>The names of a command and of those that it is a part of, but for the root.</summary>
    private static string PathOf(CommandResult result) =>
        result.Parent is CommandResult { Command: not RootCommand } parent ? $"{PathOf(parent)} {result.Command.Name}" : result.Command.Name;

    private static RootCommand Root(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var root = new RootCommand(
            "Mesh neural cellular automata: every cell of a graph looks at its neighbours and changes by one small shared "
            + "rule.\nGaryMesh learns that rule, runs it on any graph, and measures it.")
        {
            DemoCommand.Create(output, error, stop),
            TrainCommand.Create(output, error, stop),
            RunCommand.Create(output, error, stop),
            TextureCommand.Create(output, error, stop),
            TransferCommand.Create(output, error, stop),
            GrowCommand.Create(output, error, stop),
            AddCommand.Create(output, error, stop),
            CalculateCommand.Create(output, error, stop),
            ViewCommand.Create(output, error, stop),
            ExportCommand.Create(output, error, stop),
            StudioCommand.Create(output, error, stop),
            DigitsCommand.Create(output, error, stop),
            ClusterCommand.Create(output, error, stop),
            CheckCommand.Create(output, error, stop),
            InfoCommand.Create(output, error, stop),
            BenchCommand.Create(output, error, stop),
        };

        ExamplesHelp.Attach(
            root,
            """
            gary-mesh demo                          train a rule on a ring of 64 cells and show what it does
            gary-mesh train --target bumps --out bumps.npz
            gary-mesh run --rule bumps.npz --graph ring:256 --out state.npz --every 1 --png trajectory.png
            gary-mesh info bumps.npz
            """,
            """
            Exit codes: 0 done; 1 a check does not hold, training diverged, or one of its files or the text it prints could not
            be written while the others were; 2 bad input, or output that could not be written; 130 stopped by Ctrl-C, with the
            best rule so far kept.
            """);

        return root;
    }
}
