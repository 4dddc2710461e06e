namespace GaryMesh.Studio.Exports;

/// <summary>What was written cannot be run on this machine.</summary>
internal sealed class NotHereException(string why) : Exception(why);

/// <summary>An exported rule that this machine can run.</summary>
internal interface IWritten : IDisposable
{
    /// <summary>What runs it.</summary>
    string Runner { get; }

    /// <summary>Makes it ready on a graph; inputs [cells x inputs] are empty for a rule without.</summary>
    IWrittenRun On(GraphTables tables, float[] inputs);
}

/// <summary>An exported rule on a graph.</summary>
internal interface IWrittenRun : IDisposable
{
    /// <summary>Some steps from a state, the first of which has a number; who fires is given [steps x cells].</summary>
    Outcome Run(float[] state, ulong seed, int first, bool[] fires);
}

/// <summary>What comes of some steps.</summary>
/// <param name="State">[cells x channels]</param>
/// <param name="Reports">What cells reported at the last step [cells x reports].</param>
/// <param name="Drawn">Who fires by the export's own draw [steps x cells]; null where it has none.</param>
internal sealed record Outcome(float[] State, float[] Reports, bool[]? Drawn);
