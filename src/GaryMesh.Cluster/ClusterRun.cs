using System.Diagnostics;
using System.Runtime.InteropServices;

namespace GaryMesh.Cluster;

/// <summary>How far a run is.</summary>
/// <param name="Generation">How often the run has begun: more than once where silos were lost.</param>
/// <param name="Steps">Steps that all parts have made.</param>
/// <param name="AllSteps">Steps of the run.</param>
/// <param name="Cells">Cells of the parts that have said theirs.</param>
/// <param name="Seconds">Since the run began.</param>
/// <param name="Parts">What each part says; null where it does not answer.</param>
public sealed record ClusterProgress(int Generation, int Steps, int AllSteps, long Cells, double Seconds, IReadOnlyList<PartStatus?> Parts);

/// <summary>What a run came to.</summary>
/// <param name="Final">The state after the last step.</param>
/// <param name="Last">How far it was at the end.</param>
public sealed record ClusterResult(State Final, ClusterProgress Last);

/// <summary>A run seen from the client: it begins the parts, watches them, begins them again at a common checkpoint where one is lost, and
/// puts the last state together.</summary>
public sealed class ClusterRun(IGrainFactory grains, string run)
{
    /// <summary>Bytes of a piece of the last state.</summary>
    private const int Piece = 8 << 20;

    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(100), _patience = TimeSpan.FromSeconds(10);

    private readonly IRunGrain _known = grains.GetGrain<IRunGrain>(run);

    /// <summary>The description of the run; null where there is none of that name.</summary>
    public Task<RunSpec?> Spec(CancellationToken stop) => Again(_known.Spec, stop);

    /// <summary>Begins a run, or goes on with the run of that name, and sees it through.</summary>
    /// <param name="spec">The run's description; null to go on with a run that is known.</param>
    /// <param name="progress">Told how far it is; may be null.</param>
    /// <param name="keep">Whether the run and its checkpoints stay after it is done.</param>
    /// <param name="stop">Stops the parts; their checkpoints stay.</param>
    /// <exception cref="ArgumentException">There is no run of that name, or another one, or the run cannot be made; the message says why.</exception>
    public async Task<ClusterResult> Complete(RunSpec? spec, IProgress<ClusterProgress>? progress, bool keep, CancellationToken stop)
    {
        // Checkpoints of another run would be taken for this one's.
        if (spec is not null && !await Again(() => _known.Describe(spec), stop))
            throw new ArgumentException($"A run '{run}' is known already: go on with that one, or give this one another name.");

        spec ??= await Spec(stop) ?? throw new ArgumentException($"There is no run '{run}' in this cluster.");
        var automaton = spec.Automaton();
        var epochs = Epochs.Of(spec, automaton);
        IPartGrain[] parts = [.. Enumerable.Range(0, spec.Parts).Select(part => grains.GetGrain<IPartGrain>($"{run}/{part}"))];
        var (clock, generation) = (Stopwatch.StartNew(), 0);

        try
        {
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                generation = await Begin(spec, parts, stop);

                if (await Watch(spec, epochs, parts, generation, clock, progress, stop) is { } last && await Gather(spec, automaton, parts, generation, stop) is { } final)
                    return new(final, last);
            }
        }
        finally
        {
            await Task.WhenAll(parts.Select(part => Quietly(() => part.End(forget: !keep && !stop.IsCancellationRequested))));

            if (!keep && !stop.IsCancellationRequested)
                await Quietly(_known.Forget);
        }
    }

    /// <summary>Begins all parts at the newest checkpoint that all of them have.</summary>
    private async Task<int> Begin(RunSpec spec, IPartGrain[] parts, CancellationToken stop)
    {
        var kept = await Task.WhenAll(parts.Select(part => Again(part.Checkpoints, stop)));
        var epoch = kept.Aggregate((one, other) => [.. one.Intersect(other)]).DefaultIfEmpty(0).Max();
        // What lives on a silo that was lost may have forgotten how many generations there were; the parts know.
        var lived = await Task.WhenAll(parts.Select(part => Again(part.Status, stop)));
        var before = lived.Max(part => part.Generation);
        var generation = await Again(() => _known.NextGeneration(before), stop);
        await Task.WhenAll(parts.Select((part, number) => Again(() => part.Begin(spec, number, generation, epoch), stop)));
        return generation;
    }

    /// <summary>Looks at the parts until all are done; null where one of them is lost.</summary>
    private async Task<ClusterProgress?> Watch(
        RunSpec spec, Epochs epochs, IPartGrain[] parts, int generation, Stopwatch clock, IProgress<ClusterProgress>? progress, CancellationToken stop)
    {
        while (true)
        {
            var all = await Task.WhenAll(parts.Select(part => Maybe(part.Status, stop)));
            var known = all.OfType<PartStatus>().ToArray();

            if (known.FirstOrDefault(part => part.Phase == PartPhase.Failed && part.Generation == generation) is { } failed)
                throw new ArgumentException(failed.Error);

            if (known.Any(part => part.Generation != generation))
                return null;

            var done = known.Length == parts.Length ? epochs.StepsAt(known.Min(part => part.Epoch)) : 0;
            var now = new ClusterProgress(generation, done, spec.Steps, known.Sum(part => (long)part.Cells), clock.Elapsed.TotalSeconds, all);
            progress?.Report(now);

            if (known.Length == parts.Length && known.All(part => part.Phase == PartPhase.Done))
                return now;

            await Task.Delay(_look, stop);
        }
    }

    /// <summary>The last states of all parts as one; null where one of them is lost.</summary>
    private async Task<State?> Gather(RunSpec spec, Automaton automaton, IPartGrain[] parts, int generation, CancellationToken stop)
    {
        // Parts own blocks of cells in an order that follows from the graph.
        var cut = await Task.Run(() => spec.WholeGraph().Partition(spec.Parts, spec.Halo), stop);
        var channels = automaton.Rule.Shape.Channels;
        var values = new float[cut.Sum(part => (long)part.Owned) * channels];

        for (var number = 0; number < parts.Length; number++)
        {
            var part = cut[number];
            var owned = new byte[(long)sizeof(float) * part.Owned * channels];

            for (var from = 0L; from < owned.Length; from += Piece)
            {
                var at = from;

                if (await Again(() => parts[number].Result(generation, at, Piece), stop) is not { } piece)
                    return null;

                piece.Value.CopyTo(owned, from);
            }

            var states = MemoryMarshal.Cast<byte, float>(owned);

            for (var cell = 0; cell < part.Owned; cell++)
                states.Slice(cell * channels, channels).CopyTo(values.AsSpan(part.Global[cell] * channels));
        }

        return new State(values.Length / channels, channels, values);
    }

    /// <summary>A call again and again until it is answered: calls may be lost.</summary>
    private static async Task<T> Again<T>(Func<Task<T>> call, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await call().WaitAsync(_patience, stop);
            }
            catch (Exception lost) when (Calls.Lost(lost))
            {
                await Task.Delay(_look, stop);
            }
        }
    }

    private static Task Again(Func<Task> call, CancellationToken stop) =>
        Again(
            async () =>
            {
                await call();
                return true;
            },
            stop);

    /// <summary>An answer, or null where the call is lost.</summary>
    private static async Task<T?> Maybe<T>(Func<Task<T>> call, CancellationToken stop)
        where T : class
    {
        try
        {
            return await call().WaitAsync(_patience, stop);
        }
        catch (Exception lost) when (Calls.Lost(lost))
        {
            return null;
        }
    }

    private static async Task Quietly(Func<Task> call)
    {
        try
        {
            await call().WaitAsync(_patience);
        }
        catch (Exception lost) when (Calls.Lost(lost))
        {
        }
    }
}
