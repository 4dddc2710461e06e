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
/// <param name="Losses">What was lost so far.</param>
public sealed record ClusterProgress(
    int Generation, int Steps, int AllSteps, long Cells, double Seconds, IReadOnlyList<PartStatus?> Parts, IReadOnlyList<ClusterLoss> Losses);

/// <summary>What the loss of a silo cost.</summary>
/// <param name="At">Seconds since the run began when it was noticed.</param>
/// <param name="Epochs">Epochs that all parts had done and had to do again.</param>
/// <param name="Seconds">From then until all parts stepped again; null where another loss came before.</param>
public sealed record ClusterLoss(double At, int Epochs, double? Seconds);

/// <summary>What a run came to.</summary>
/// <param name="Final">The state after the last step.</param>
/// <param name="Last">How far it was at the end.</param>
public sealed record ClusterResult(State Final, ClusterProgress Last);

/// <summary>Takes a state that comes in pieces [cells x channels], cell by cell.</summary>
public delegate void TakeState(int cells, int channels, IEnumerable<float[]> pieces);

/// <summary>A run seen from the client: it begins the parts, watches them, begins them again at a common checkpoint where one is lost, and
/// puts the last state together.</summary>
public sealed class ClusterRun(IGrainFactory grains, string run)
{
    /// <summary>About the bytes of a piece of the last state, which is of whole cells.</summary>
    private const int Piece = 8 << 20;

    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(100);

    private readonly IRunGrain _known = grains.GetGrain<IRunGrain>(run);

    /// <summary>The description of the run; null where there is none of that name.</summary>
    public Task<RunSpec?> Spec(CancellationToken stop) => Calls.Again(_known.Spec, stop);

    /// <summary>Begins a run, or goes on with the run of that name, and sees it through; the last state in memory.</summary>
    /// <inheritdoc cref="Complete(RunSpec, TakeState, IProgress{ClusterProgress}, bool, CancellationToken)" />
    public async Task<ClusterResult> Complete(RunSpec? spec, IProgress<ClusterProgress>? progress, bool keep, CancellationToken stop)
    {
        State? final = null;
        var last = await Complete(spec, (cells, channels, pieces) => final = StateOf(cells, channels, pieces), progress, keep, stop);
        return new(final!, last);
    }

    /// <summary>Begins a run, or goes on with the run of that name, and sees it through.</summary>
    /// <param name="spec">The run's description; null to go on with a run that is known.</param>
    /// <param name="take">Takes the last state; called again where a part is lost meanwhile, which the pieces throw.</param>
    /// <param name="progress">Told how far it is; may be null.</param>
    /// <param name="keep">Whether the run and its checkpoints stay after it is done.</param>
    /// <param name="stop">Stops the parts; their checkpoints stay.</param>
    /// <exception cref="ArgumentException">There is no run of that name, or another one, or the run cannot be made; the message says why.</exception>
    public async Task<ClusterProgress> Complete(RunSpec? spec, TakeState take, IProgress<ClusterProgress>? progress, bool keep, CancellationToken stop)
    {
        // Checkpoints of another run would be taken for this one's.
        if (spec is not null && !await Calls.Again(() => _known.Describe(spec), stop))
            throw new ArgumentException($"A run '{run}' is known already: go on with that one, or give this one another name.");

        spec ??= await Spec(stop) ?? throw new ArgumentException($"There is no run '{run}' in this cluster.");
        var automaton = spec.Automaton();
        var epochs = Epochs.Of(spec, automaton);
        IPartGrain[] parts = [.. Enumerable.Range(0, spec.Parts).Select(part => grains.GetGrain<IPartGrain>(new PartKey(run, part, spec.Parts).ToString()))];
        var (clock, losses, generation, reached, begun) = (Stopwatch.StartNew(), new List<ClusterLoss>(), 0, 0, 0);

        try
        {
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                var (noticed, from) = (clock.Elapsed.TotalSeconds, 0);
                (generation, from) = await Begin(spec, parts, stop);

                if (begun++ > 0)
                    losses.Add(new(noticed, Math.Max(0, reached - from), null));

                var heard = new Heard(now =>
                {
                    if (now.Parts.All(part => part is not null))
                        reached = now.Parts.Min(part => part!.Epoch);

                    if (losses is [.., { Seconds: null }] && now.Parts.All(part => part?.Phase is PartPhase.Running or PartPhase.Done))
                        losses[^1] = losses[^1] with { Seconds = now.Seconds - losses[^1].At };

                    progress?.Report(now);
                });

                if (await Watch(spec, epochs, parts, generation, clock, losses, heard, stop) is { } last && await Gather(spec, automaton, take, parts, generation, stop))
                    return last;
            }
        }
        finally
        {
            await Task.WhenAll(parts.Select(part => Calls.Quietly(() => part.End(forget: !keep && !stop.IsCancellationRequested))));

            if (!keep && !stop.IsCancellationRequested)
                await Calls.Quietly(_known.Forget);
        }
    }

    /// <summary>Begins all parts at the newest checkpoint that all of them have.</summary>
    private async Task<(int Generation, int Epoch)> Begin(RunSpec spec, IPartGrain[] parts, CancellationToken stop)
    {
        // What lives on a silo that was lost may have forgotten how many generations there were; the parts know.
        var lived = await Task.WhenAll(parts.Select(part => Calls.Again(part.Status, stop)));
        var before = lived.Max(part => part.Generation);
        var generation = await Calls.Again(() => _known.NextGeneration(before), stop);
        var kept = await Task.WhenAll(parts.Select(part => Calls.Again(() => part.Halt(generation), stop)));
        var epoch = kept.Aggregate((one, other) => [.. one.Intersect(other)]).DefaultIfEmpty(0).Max();
        await Task.WhenAll(parts.Select((part, number) => Calls.Again(() => part.Begin(spec, number, generation, epoch), stop)));
        return (generation, epoch);
    }

    /// <summary>Looks at the parts until all are done; null where one of them is lost.</summary>
    private static async Task<ClusterProgress?> Watch(
        RunSpec spec,
        Epochs epochs,
        IPartGrain[] parts,
        int generation,
        Stopwatch clock,
        IReadOnlyList<ClusterLoss> losses,
        IProgress<ClusterProgress> progress,
        CancellationToken stop)
    {
        while (true)
        {
            var all = await Task.WhenAll(parts.Select(part => Calls.Maybe(part.Status, stop)));
            var known = all.OfType<PartStatus>().ToArray();

            if (known.FirstOrDefault(part => part.Phase == PartPhase.Failed && part.Generation == generation) is { } failed)
                throw new ArgumentException(failed.Error);

            if (known.Any(part => part.Generation != generation))
                return null;

            var done = known.Length == parts.Length ? epochs.StepsAt(known.Min(part => part.Epoch)) : 0;
            var now = new ClusterProgress(generation, done, spec.Steps, known.Sum(part => (long)part.Cells), clock.Elapsed.TotalSeconds, all, losses);
            progress.Report(now);

            if (known.Length == parts.Length && known.All(part => part.Phase == PartPhase.Done))
                return now;

            await Task.Delay(_look, stop);
        }
    }

    /// <summary>Hands the last states of all parts over, cell by cell; false where a part is lost.</summary>
    private static async Task<bool> Gather(
        RunSpec spec, Automaton automaton, TakeState take, IPartGrain[] parts, int generation, CancellationToken stop)
    {
        var channels = automaton.Rule.Shape.Channels;

        IEnumerable<float[]> Of(Partition cut, int number)
        {
            var row = sizeof(float) * channels;
            var (bytes, each) = ((long)row * cut.Owned(number), Math.Max(1, Piece / row) * row);

            for (var from = 0L; from < bytes; from += each)
            {
                var at = from;
                var piece = Calls.Again(() => parts[number].Result(generation, at, each), stop).GetAwaiter().GetResult() ?? throw new PartLostException();
                yield return MemoryMarshal.Cast<byte, float>(piece.Value).ToArray();
            }
        }

        float[] Sorted(Partition cut)
        {
            var values = new float[(long)cut.Cells * channels];

            for (var number = 0; number < parts.Length; number++)
            {
                var known = cut[number].Global;
                var cell = 0;

                foreach (var states in Of(cut, number))
                {
                    for (var at = 0; at < states.Length; at += channels)
                        states.AsSpan(at, channels).CopyTo(values.AsSpan(known[cell++] * channels));
                }
            }

            return values;
        }

        try
        {
            await Task.Run(
                () =>
                {
                    var cut = spec.Cut();
                    take(cut.Cells, channels, cut.InOrder ? Enumerable.Range(0, parts.Length).SelectMany(number => Of(cut, number)) : [Sorted(cut)]);
                },
                stop);
            return true;
        }
        catch (PartLostException)
        {
            return false;
        }
    }

    private static State StateOf(int cells, int channels, IEnumerable<float[]> pieces)
    {
        var values = new float[(long)cells * channels];
        var filled = 0;

        foreach (var piece in pieces)
        {
            piece.CopyTo(values, filled);
            filled += piece.Length;
        }

        return new State(cells, channels, values);
    }

    private sealed class PartLostException : Exception;

    private sealed class Heard(Action<ClusterProgress> hear) : IProgress<ClusterProgress>
    {
        public void Report(ClusterProgress value) => hear(value);
    }
}
