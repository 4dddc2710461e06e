namespace GaryMesh.Cli.Shell;

/// <summary>The output files of a training: one that cannot be written costs neither the training nor another file.</summary>
internal sealed class Outputs(Terminal terminal)
{
    private readonly HashSet<string> _missing = [];

    /// <summary>Whether every file has been written, a checkpoint the last time that it was tried.</summary>
    public bool Whole => _missing.Count == 0;

    public bool Holds(string path) => !_missing.Contains(path);

    /// <summary>The exit code of a training; what did not finish says after how much, and which file holds what there is.</summary>
    public int End(TrainingEnd end, string diverged, string stopped, string rule, string? checkpoint)
    {
        var kept = Holds(rule) ? rule : checkpoint ?? "nothing";

        switch (end)
        {
            case TrainingEnd.Diverged:
                terminal.Warn($"Training diverged after {diverged}; {kept} holds the last good rule.");
                return ExitCode.Failed;

            case TrainingEnd.Cancelled:
                terminal.Warn($"Stopped after {stopped}; {kept} holds the best rule so far.");
                return ExitCode.Interrupted;

            default:
                return Whole ? ExitCode.Done : ExitCode.Failed;
        }
    }

    public void Write(string? path, Action<string> write)
    {
        if (path is null)
            return;

        try
        {
            write(path);
            _missing.Remove(path);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            // A disk stays full for many checkpoints; one line is enough.
            if (_missing.Add(path))
                terminal.Failure(Refusal.Sentence(cause.Message));
        }
    }
}
