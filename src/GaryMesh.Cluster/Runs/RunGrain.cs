using System.Diagnostics;
using Orleans.Concurrency;

namespace GaryMesh.Cluster;

/// <summary>The description of a run and the number of its generation, kept in the cluster's storage.</summary>
[Reentrant]
internal sealed class RunGrain([PersistentState("run", Keeping.Storage)] IPersistentState<RunGrain.Known> known) : Grain, IRunGrain
{
    [GenerateSerializer]
    internal sealed class Known
    {
        [Id(0)]
        public RunSpec? Spec { get; set; }

        [Id(1)]
        public int Generation { get; set; }
    }

    /// <summary>How often the time of a checkpoint lies between two.</summary>
    private const double Spacing = 25;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    /// <summary>The newest checkpoint of each part of the generation.</summary>
    private readonly Dictionary<int, int> _kept = [];
    private int _generation;
    private Task? _asking;

    /// <summary>The epochs that have been asked for, and the seconds of each part's last checkpoint.</summary>
    private readonly Dictionary<int, bool> _due = [];
    private readonly Dictionary<int, double> _took = [];
    private readonly Stopwatch _since = new();

    public async Task<int> Kept(int generation, int part, int parts, int epoch)
    {
        if (!Enter(generation))
            return 0;

        _kept[part] = Math.Max(epoch, _kept.GetValueOrDefault(part));

        if (_asking is null or { IsFaulted: true })
            _asking = Ask(parts);

        try
        {
            await _asking;
        }
        catch (Exception lost) when (Calls.Lost(lost))
        {
            return 0;
        }

        return generation == _generation ? _kept.Values.Min() : 0;
    }

    public Task<bool> Due(int generation, int part, int epoch, double seconds)
    {
        if (!Enter(generation))
            return Task.FromResult(false);

        _took[part] = seconds;

        if (!_due.TryGetValue(epoch, out var due))
        {
            _due[epoch] = due = _since.Elapsed.TotalSeconds >= Spacing * _took.Values.Average();

            if (due)
                _since.Restart();
        }

        return Task.FromResult(due);
    }

    /// <summary>Whether a generation is the newest; a new one begins with nothing known.</summary>
    private bool Enter(int generation)
    {
        if (generation > _generation)
        {
            (_generation, _asking) = (generation, null);
            _kept.Clear();
            _due.Clear();
            _took.Clear();
            _since.Restart();
        }

        return generation == _generation;
    }

    /// <summary>Asks each part once, as this grain knows of none when it is new: parts that are done say nothing by themselves.</summary>
    private async Task Ask(int parts)
    {
        var run = this.GetPrimaryKeyString();
        var generation = _generation;
        var all = await Task.WhenAll(Enumerable.Range(0, parts).Select(part =>
            GrainFactory.GetGrain<IPartGrain>(new PartKey(run, part, parts).ToString()).Checkpoints(generation).WaitAsync(_patience)));

        if (generation != _generation)
            return;

        foreach (var (part, epochs) in all.Index())
            _kept[part] = Math.Max(epochs.DefaultIfEmpty(0).Max(), _kept.GetValueOrDefault(part));
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
        var next = Math.Max(before, known.State.Generation) + 1;
        known.State.Generation = next;
        await known.WriteStateAsync();
        return next;
    }

    public async Task Forget()
    {
        await known.ClearStateAsync();
        DeactivateOnIdle();
    }
}
