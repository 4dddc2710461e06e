namespace GaryMesh.Cli;

/// <summary>The output files of a training: one that cannot be written costs neither the training nor another file.</summary>
internal sealed class Outputs(Terminal terminal)
{
    private readonly HashSet<string> _missing = [];

    /// <summary>Whether every file has been written, a checkpoint the last time that it was tried.</summary>
    public bool Whole => _missing.Count == 0;

    public bool Holds(string path) => !_missing.Contains(path);

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
