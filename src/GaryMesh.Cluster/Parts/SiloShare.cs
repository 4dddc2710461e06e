using System.Diagnostics;
using System.Globalization;

namespace GaryMesh.Cluster;

/// <summary>What the parts of a run share on a silo: the automaton, how the graph is cut, and the engine's tables, made once for all parts of
/// a form. One part steps at a time, on all threads: parts hold their states alone.</summary>
internal sealed class SiloShare : IDisposable
{
    private readonly RunSpec _spec;
    private readonly int _threads;
    private readonly State? _start;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<string, (Prepared Prepared, Simulation Simulation)> _made = [];
    private long _bytes;

    public SiloShare(RunSpec spec, int threads)
    {
        (_spec, _threads) = (spec.WithoutFiles(), threads);
        Automaton = spec.Automaton();
        Parts = spec.Cut();
        _start = spec.StartState(Automaton, Parts);
    }

    public Automaton Automaton { get; }

    public Partition Parts { get; }

    /// <summary>The bytes of the engine's tables.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    private int Channels => Automaton.Rule.Shape.Channels;

    /// <summary>The states of a part before the first step [cells x channels].</summary>
    public float[] StartOf(Part part)
    {
        if (_start is null)
            return _spec.StartWord(Automaton).On(part, Channels, _spec.Seed).ToArray();

        var states = new float[(long)part.Cells * Channels];
        var known = part.Global;

        for (var cell = 0; cell < part.Cells; cell++)
            _start.Values.Slice(known[cell] * Channels, Channels).CopyTo(states.AsSpan(cell * Channels));

        return states;
    }

    /// <summary>Refuses a part that the machine's memory cannot hold, before it fills it, or whose checkpoint Redis cannot.</summary>
    public void CheckRoom(int index, Part part)
    {
        var kept = sizeof(float) * (long)Channels * part.Owned;

        if (_spec.CheckpointEvery > 0 && kept > Keeping.MostSent)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"Part {index + 1} of {Parts.Count} of {Parts.Name} has a checkpoint of {kept / 1e6:N0} MB, but Redis keeps {Keeping.MostSent / 1e6:N0} MB under a name: cut the graph into more parts, or keep no checkpoints."));
        }

        // States, start and exchanged ghosts; then graph and tables of a form, about as measured for eight neighbours.
        var (needed, there) = (part.Cells * ((3L * sizeof(float) * Channels) + 600), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

        if (needed > there)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"Part {index + 1} of {Parts.Count} of {Parts.Name} has {part.Cells:N0} cells with its ghosts and needs about {needed / 1e9:F1} GB, but the machine has {there / 1e9:F1} GB: cut the graph into more parts."));
        }
    }

    /// <summary>Steps a part's states in its turn; the steps are counted from the run's first. The time that it took, without the wait for the
    /// turn.</summary>
    public async Task<TimeSpan> Step(Part part, float[] states, int first, int steps, CancellationToken stop)
    {
        await _turn.WaitAsync(stop);

        try
        {
            return await Task.Run(
                () =>
                {
                    var simulation = For(part);
                    var clock = Stopwatch.StartNew();
                    simulation.Firing = Firing.Of(_spec.Seed, 0).For(part.Global);
                    simulation.StepNumber = first;
                    simulation.Write(states);
                    simulation.Step(steps);
                    simulation.Read(states);
                    return clock.Elapsed;
                },
                CancellationToken.None);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        // Whoever steps still has it; the parts have let go before.
        _turn.Wait();

        foreach (var (prepared, simulation) in _made.Values)
        {
            simulation.Dispose();
            prepared.Dispose();
        }

        _made.Clear();
    }

    private Simulation For(Part part)
    {
        if (_made.TryGetValue(part.Form, out var made))
            return made.Simulation;

        var prepared = new Prepared(Automaton, part.Graph, new EngineOptions { Threads = _threads });
        var simulation = prepared.Begin(Rollout.Of(State.Zeros(part.Cells, Channels), 1, Firing.All));
        _made[part.Form] = (prepared, simulation);
        Interlocked.Add(ref _bytes, prepared.Bytes + (28L * prepared.Graph.Edges) + (32L * prepared.Graph.Cells));
        return simulation;
    }
}
