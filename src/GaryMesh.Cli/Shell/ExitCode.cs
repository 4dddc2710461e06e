namespace GaryMesh.Cli.Shell;

/// <summary>What the command ends with.</summary>
internal static class ExitCode
{
    /// <summary>Done, and where a command checks something, it holds.</summary>
    public const int Done = 0;

    /// <summary>What was checked does not hold, training diverged, or one of its outputs could not be written.</summary>
    public const int Failed = 1;

    /// <summary>Bad input, or output that could not be written.</summary>
    public const int Refused = 2;

    /// <summary>Stopped by Ctrl-C, as a shell counts it; a training has kept its best rule.</summary>
    public const int Interrupted = 130;
}
