namespace GaryMesh.Cluster;

/// <summary>What messages carry and the cluster's storage keeps, at most.</summary>
internal static class Keeping
{
    /// <summary>The name of the storage that keeps runs and their checkpoints.</summary>
    public const string Storage = "checkpoints";

    /// <summary>The bytes of the largest message, and of what Redis keeps under a name.</summary>
    public const int MostSent = 512_000_000;
}
