using GaryMesh.Cli.Measuring;

namespace GaryMesh.Cli.Commands.Growing;

/// <summary>How near a rule's pattern comes to its target, and how it heals: many runs beside each other, each with other cells firing.</summary>
internal sealed class Growth(Automaton automaton, Graph graph, Loss loss, int threads, ulong seed, Action<long> progress, CancellationToken stop)
{
    /// <summary>Streams of the seed's key: which cells fire, and where holes are.</summary>
    private const int Firings = 0x6E0, Places = 0x6E1;

    /// <summary>The cells that are not zero all over.</summary>
    public static int[] Living(State state) =>
        [.. Enumerable.Range(0, state.Cells).Where(cell => state.Values.Slice(cell * state.Channels, state.Channels).ContainsAnyExcept(0f))];

    /// <summary>The mean squared differences after some numbers of steps from the seed, and the largest value that was looked at.</summary>
    public (double[] Errors, float Largest)[] Grow(int runs, int[] steps) => Each(runs, (_, simulation) =>
    {
        var largest = 0f;
        double[] errors = [.. steps.Select(step =>
        {
            Advance(simulation, step);
            largest = Math.Max(largest, Measurement.Largest(simulation.State));
            return Error(simulation.State);
        })];
        return (errors, largest);
    });

    /// <summary>Cuts one hole into each grown pattern, of a share of it and about one of its cells.</summary>
    public Healing[] Heal(int runs, int grown, double share, int after, int later) => Each(runs, (run, simulation) =>
    {
        Advance(simulation, grown);
        var (before, living) = (Error(simulation.State), Living(simulation.State));

        if (living.Length == 0)
            return new Healing(before, before, before, before);

        var middle = living[(int)(Counter.Uniform(Counter.Subkey(seed, Places), run) * living.Length)];
        simulation.Write(Damage.Cut(simulation.State, Damage.Hole(graph, middle, Math.Max(1, (int)(share * living.Length)))));
        var cut = Error(simulation.State);
        Advance(simulation, grown + after);
        var healed = Error(simulation.State);
        Advance(simulation, grown + later);
        return new(before, cut, healed, Error(simulation.State));
    });

    private T[] Each<T>(int runs, Func<int, Simulation, T> measure)
    {
        var results = new T[runs];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount, CancellationToken = stop };
        Parallel.For(0, runs, options, run =>
        {
            var key = Counter.Subkey(seed, Firings);
            var start = automaton.Start.On(graph, automaton.Rule.Shape.Channels, Counter.Subkey(key, run));
            using var simulation = new Simulation(automaton, graph, start, Firing.Of(key, run), null, new EngineOptions { Threads = 1 });
            results[run] = measure(run, simulation);
        });
        return results;
    }

    private void Advance(Simulation simulation, int step)
    {
        while (simulation.StepNumber < step)
        {
            stop.ThrowIfCancellationRequested();
            var count = Math.Min(100, step - simulation.StepNumber);
            simulation.Step(count);
            progress(count);
        }
    }

    private double Error(State state) => state.IsFinite ? Measurement.Loss(loss, state, graph).Value : double.PositiveInfinity;
}

/// <summary>A hole: the mean squared difference before it, with it, some steps later and a long time later.</summary>
internal sealed record Healing(double Before, double Cut, double After, double Late)
{
    /// <summary>The share of the damage that is gone: 1 where it is as before, below 0 where it is worse than with the hole.</summary>
    public double Healed => (Cut - After) / (Cut - Before);
}
