namespace GaryMesh.Cluster;

/// <summary>The description of a run and the number of its generation, kept in the cluster's storage.</summary>
internal sealed class RunGrain([PersistentState("run", PartGrain.Storage)] IPersistentState<RunGrain.Known> known) : Grain, IRunGrain
{
    [GenerateSerializer]
    internal sealed class Known
    {
        [Id(0)]
        public RunSpec? Spec { get; set; }

        [Id(1)]
        public int Generation { get; set; }
    }

    public async Task<bool> Describe(RunSpec spec)
    {
        if (known.State.Spec is { } there)
            return there.Id == spec.Id;

        known.State.Spec = spec;
        await known.WriteStateAsync();
        return true;
    }

    public Task<RunSpec?> Spec() => Task.FromResult(known.State.Spec);

    public async Task<int> NextGeneration(int before)
    {
        known.State.Generation = Math.Max(before, known.State.Generation) + 1;
        await known.WriteStateAsync();
        return known.State.Generation;
    }

    public async Task Forget()
    {
        await known.ClearStateAsync();
        DeactivateOnIdle();
    }
}
