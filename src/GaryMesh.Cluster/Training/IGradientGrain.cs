using Orleans.Concurrency;

namespace GaryMesh.Cluster;

/// <summary>Computes shares of a training's batches, one batch at a time. Every call may be repeated or lost; none changes anything twice.</summary>
[Alias("GaryMesh.Cluster.IGradientGrain")]
internal interface IGradientGrain : IGrainWithStringKey
{
    /// <summary>Makes the training known, unless it is.</summary>
    [Alias("Begin")]
    Task Begin(TrainSpec spec);

    /// <summary>Begins a share, unless it is begun, and says what it came to, or for now that it is not done.</summary>
    [Alias("Differentiate")]
    Task<ShareAnswer> Differentiate(GradientShare share);

    /// <summary>The gradient with that of the share added; null where the share is not at hand.</summary>
    [Alias("Add")]
    Task<Immutable<double[]>?> Add(long number, Immutable<double[]> before);

    /// <summary>Lets go of the training.</summary>
    [Alias("End")]
    Task End();
}
