using System.Diagnostics;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Measuring;

/// <summary>How long rollouts on a ring of some size take.</summary>
internal sealed record Scale(int Cells, int Parameters, double NsPerCellStep, double MsPerCellRollout);

/// <summary>How well the derivative of the engine and the reference agree with other ways to compute it.</summary>
internal sealed record Agreement(GradientReport Reference, double Engine, int Steps)
{
    /// <summary>Whether every difference is as small as rounding allows; central differences lose half of the digits.</summary>
    public bool Holds => Reference.ComplexStep <= 1e-12 && Reference.Central <= 1e-8 && Engine <= 1e-4;
}

/// <summary>Measures what a rule does: its correlation with the target, the error of its gradient, its time.</summary>
internal static class Measurement
{
    public const int Rollouts = 20;

    /// <summary>A stream of firing seeds for measuring, apart from every stream that a training draws from.</summary>
    private const int MeasuringPart = 0x7E57;

    /// <summary>A state's loss, were it the last of a rollout.</summary>
    public static LossValue Loss(Loss loss, State state, Graph graph) =>
        loss.Evaluate(state, State.Zeros(graph.Cells, 0), LossContext.After(graph));

    /// <summary>The largest absolute value of a state; infinity where one is no number.</summary>
    public static float Largest(State state)
    {
        var largest = 0f;

        foreach (var value in state.Values)
            largest = Math.Max(largest, float.IsNaN(value) ? float.PositiveInfinity : Math.Abs(value));

        return largest;
    }

    /// <summary>A number that JSON can hold; null for any other.</summary>
    public static double? Finite(double value) => double.IsFinite(value) ? value : null;

    /// <summary>The correlation between a target and the channels from a given one on after so many steps, for 20 rollouts
    /// whose firing seeds training has not used, in ascending order.</summary>
    public static double[] Correlations(
        Automaton automaton, Graph graph, Target target, int channel, int steps, ulong seed, int threads)
    {
        using var prepared = new Prepared(automaton, graph, new EngineOptions { Threads = threads });
        var channels = automaton.Rule.Shape.Channels;
        var key = Counter.Subkey(seed, MeasuringPart);
        var rollouts = Enumerable.Range(0, Rollouts)
            .Select(sample => Rollout.Of(
                automaton.Start.On(graph, channels, Counter.Subkey(key, sample)), steps, Firing.Of(key, sample)))
            .ToArray();
        double[] correlations = [.. prepared.Run(rollouts).Select(final => target.Correlation(final, channel))];
        Array.Sort(correlations);
        return correlations;
    }

    /// <summary>The states of one rollout of those that <see cref="Correlations" /> measures: the start, then one a
    /// step.</summary>
    public static State[] Trajectory(Automaton automaton, Graph graph, int steps, ulong seed, int threads)
    {
        using var prepared = new Prepared(automaton, graph, new EngineOptions { Threads = threads });
        var key = Counter.Subkey(seed, MeasuringPart);
        var start = automaton.Start.On(graph, automaton.Rule.Shape.Channels, Counter.Subkey(key, 0));
        var states = new List<State>();
        prepared.Run(
            Rollout.Of(start, steps, Firing.Of(key, 0)), 1, (_, state) => states.Add(state), CancellationToken.None);
        return [.. states];
    }

    /// <summary>Differentiates half the squared distance to a target state after a rollout by every parameter: by the
    /// reference's adjoint, the complex step, central differences and the engine.</summary>
    public static Agreement Gradient(
        Automaton automaton,
        Graph graph,
        Rollout rollout,
        State target,
        int threads,
        IProgress<double> progress,
        CancellationToken stop)
    {
        var squares = GradientCheck.Squares([new(rollout.Steps, target)]);
        var report = GradientCheck.Run(automaton, graph, rollout, squares, false, progress, stop);
        var exact = GradientCheck.Gradient(automaton, graph, rollout, squares);
        using var prepared = new Prepared(automaton, graph, new EngineOptions { Threads = threads });
        var engine = prepared.Gradient([rollout], squares).Parameters.Select(value => (float)value).ToArray();
        return new Agreement(report, GradientCheck.Deviation(exact.Parameters, engine), rollout.Steps);
    }

    /// <summary>Times rollouts of a rule on rings of several sizes, in rounds that visit every size; medians.</summary>
    public static Scale[] Scaling(
        Automaton automaton, int[] sizes, int steps, int rounds, int threads, IProgress<double> progress, CancellationToken stop)
    {
        var rings = sizes.Select(Graph.Ring).ToArray();
        var prepared = rings.Select(ring => new Prepared(automaton, ring, new EngineOptions { Threads = threads })).ToArray();

        try
        {
            var seconds = sizes.Select(_ => new double[rounds]).ToArray();

            for (var round = -1; round < rounds; round++)
            {
                for (var i = 0; i < sizes.Length; i++)
                {
                    stop.ThrowIfCancellationRequested();
                    var start = automaton.Start.On(rings[i], automaton.Rule.Shape.Channels, 1);
                    // A round on a small ring is many rollouts, so that it takes long enough to be timed.
                    var repeats = Math.Max(1, 16384 / sizes[i]);
                    var clock = Stopwatch.StartNew();

                    for (var repeat = 0; repeat < repeats; repeat++)
                        prepared[i].Run(Rollout.Of(start, steps, Firing.Of((ulong)repeat, 0)));

                    // The round before the first warms up.
                    if (round >= 0)
                        seconds[i][round] = clock.Elapsed.TotalSeconds / repeats;
                }

                progress.Report((round + 2.0) / (rounds + 1));
            }

            return
            [
                .. sizes.Select((cells, i) =>
                {
                    var nanoseconds = 1e9 * Median(seconds[i]) / ((double)cells * steps);
                    return new Scale(cells, automaton.Rule.ParameterCount, nanoseconds, 1e-6 * nanoseconds * steps);
                }),
            ];
        }
        finally
        {
            foreach (var one in prepared)
                one.Dispose();
        }
    }

    public static double Median(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle]);
    }
}
