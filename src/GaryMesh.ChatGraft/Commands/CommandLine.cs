using System.CommandLine;
using System.CommandLine.Help;
using GaryMesh.Cli;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>The command line as a whole: reads the arguments, runs a command and turns every refusal into one sentence on
/// the error stream and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>Training diverged.</summary>
    public const int Failed = 1;

    /// <summary>Bad input: nothing was written.</summary>
    public const int Refused = 2;

    /// <summary>Stopped by Ctrl-C, as a shell counts it; a training has kept its checkpoint.</summary>
    public const int Interrupted = 130;

    private const string Name = "gary-chat";

    /// <summary>Runs the command that the arguments name.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error, CancellationToken stop)
    {
        var root = new RootCommand("A tiny chat model that runs wherever .NET runs, and mesh layers that plug into it.")
        {
            TrainCommand.Create(output, error, stop),
            EvalCommand.Create(output),
            GenerateCommand.Create(output, stop),
            GraftCommand.Create(output, error, stop),
            ChatCommand.Create(output, error, stop),
            MemoryTrainCommand.Create(output, stop),
            MemoryEvalCommand.Create(output, stop),
            SleepEvalCommand.Create(output, stop),
            EndureCommand.Create(output, stop),
            PackCommand.Create(output),
        };
        var result = root.Parse(args.Length == 0 ? ["--help"] : args);

        if (result.Errors.Count > 0 && result.Action is not HelpAction)
        {
            error.WriteLine($"{Name}: {Refusal.Sentence(result.Errors[0].Message)} See '--help'.");
            return Refused;
        }

        try
        {
            return result.Invoke(
                new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            error.WriteLine($"{Name}: Stopped; nothing was written.");
            return Interrupted;
        }
        catch (Exception refusal) when (refusal is ArgumentException or InvalidDataException or IOException
            or UnauthorizedAccessException)
        {
            error.WriteLine($"{Name}: {Refusal.Sentence(refusal.Message)}");
            return Refused;
        }
    }
}
