using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;
using GaryMesh.Cli.Shell;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>The command line as a whole: reads the arguments, runs a command and turns every refusal into one sentence on
/// the error stream and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>Runs the command that the arguments name.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error, CancellationToken stop)
    {
        var root = new RootCommand("A tiny chat model that runs wherever .NET runs, and mesh layers that plug into it.")
        {
            ChatCommand.Create(output, error, stop),
            FactsCommand.Create(output),
            GenerateCommand.Create(output, stop),
            GraftCommand.Create(output, error, stop),
        };
        return Run("gary-chat", root, args, output, error);
    }

    /// <summary>Runs the command among a program's own that the arguments name. What it says and writes is the same under
    /// every culture.</summary>
    public static int Run(string name, RootCommand root, string[] args, TextWriter output, TextWriter error)
    {
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

        try
        {
            return RunInvariant(name, root, args, output, error);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    private static int RunInvariant(string name, RootCommand root, string[] args, TextWriter output, TextWriter error)
    {
        var result = root.Parse(args.Length == 0 ? ["--help"] : args);

        if (result.Errors.Count > 0 && result.Action is not HelpAction)
        {
            error.WriteLine($"{name}: {Refusal.Sentence(result.Errors[0].Message)} See '--help'.");
            return ExitCode.Refused;
        }

        try
        {
            return result.Invoke(
                new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            error.WriteLine($"{name}: Stopped; nothing was written.");
            return ExitCode.Interrupted;
        }
        catch (Exception refusal) when (refusal is ArgumentException or InvalidDataException or IOException
            or UnauthorizedAccessException or UserErrorException)
        {
            error.WriteLine($"{name}: {Refusal.Sentence(refusal.Message)}");
            return ExitCode.Refused;
        }
    }
}
