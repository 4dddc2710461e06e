using System.CommandLine;
using GaryMesh.Cli.Shell;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>A command's training that can be stopped and resumed: its checkpoint lies beside the file that it is to
/// write.</summary>
/// <param name="target">The file that the command writes at the end.</param>
/// <param name="description">What it is a training of, as name and text.</param>
/// <param name="error">Where it says why it ended.</param>
internal sealed class CheckpointedTraining(string target, IEnumerable<(string Name, string Text)> description, TextWriter error)
{
    private readonly string _checkpoint = target + ".checkpoint";

    /// <summary>How the command ends.</summary>
    public int ExitCode { get; private set; } = Commands.ExitCode.Done;

    public static Option<bool> Resume() => new("--resume")
    {
        Description = "Go on from the checkpoint that stands beside the file to write, to the same bits as without the stop.",
    };

    /// <summary>Trains to the end; null where it was stopped or diverged, which has then been said.</summary>
    public Training? Run(TrainingLoop loop, Training begin, bool resume, int every, Action<Training> observe, CancellationToken stop)
    {
        var start = resume ? TrainingFile.Read(_checkpoint, description, begin.Parameters.Length) : begin;
        var (training, end) = loop.Run(start, stop, training =>
        {
            observe(training);

            if (training.Iteration % every == 0)
                Write(training);
        });

        switch (end)
        {
            case TrainingEnd.Diverged:
                ExitCode = Commands.ExitCode.Failed;
                error.WriteLine(
                    $"Training diverged at step {training.Iteration + 1:N0}: a loss, a gradient or a parameter is no longer finite. "
                    + $"{target} was not written.");
                return null;

            case TrainingEnd.Cancelled:
                Write(training);

                if (ExitCode == Commands.ExitCode.Done)
                    error.WriteLine($"Stopped after {training.Iteration:N0} steps; {_checkpoint} holds them, --resume goes on.");

                ExitCode = Commands.ExitCode.Interrupted;
                return null;

            default:
                if (training.Iteration % every != 0)
                    Write(training);

                return training;
        }
    }

    // A checkpoint that cannot be written costs nothing but itself; a disk stays full for many, so one line is enough.
    private void Write(Training training)
    {
        try
        {
            TrainingFile.Write(_checkpoint, description, training);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (ExitCode == Commands.ExitCode.Done)
                error.WriteLine($"The checkpoint after {training.Iteration:N0} steps is missing: {Refusal.Sentence(failure.Message)}");

            ExitCode = Commands.ExitCode.Failed;
        }
    }
}
