namespace GaryMesh.ChatGraft.Commands;

/// <summary>How a command ends.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>It was tried and did not succeed: a training diverged, a check failed.</summary>
    public const int Failed = 1;

    /// <summary>Bad input: nothing was written.</summary>
    public const int Refused = 2;

    /// <summary>Stopped by Ctrl-C, as a shell counts it; what was done until then is kept where the command says so.</summary>
    public const int Interrupted = 130;
}
