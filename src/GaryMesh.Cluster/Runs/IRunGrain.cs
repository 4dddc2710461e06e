namespace GaryMesh.Cluster;

/// <summary>What is known of a run, so that another client can go on with it.</summary>
[Alias("GaryMesh.Cluster.IRunGrain")]
internal interface IRunGrain : IGrainWithStringKey
{
    /// <summary>Keeps the run's description. What is there already stays: whether the description is that.</summary>
    [Alias("Describe")]
    Task<bool> Describe(RunSpec spec);

    /// <summary>The run's description; null where there is no such run.</summary>
    [Alias("Spec")]
    Task<RunSpec?> Spec();

    /// <summary>The number of a new generation, larger than all before, also where the storage has forgotten them.</summary>
    [Alias("NextGeneration")]
    Task<int> NextGeneration(int before);

    /// <summary>Hears that a part has a checkpoint of an epoch; the newest epoch of which all parts of the generation have said so, 0 where there is
    /// none.</summary>
    [Alias("Kept")]
    Task<int> Kept(int generation, int part, int parts, int epoch);

    /// <summary>Whether a checkpoint after an epoch is worth its time, where a part's last took so many seconds: one answer for all parts. Their time stays
    /// below a twentieth of all.</summary>
    [Alias("Due")]
    Task<bool> Due(int generation, int part, int epoch, double seconds);

    /// <summary>Forgets the run.</summary>
    [Alias("Forget")]
    Task Forget();
}
