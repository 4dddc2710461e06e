using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;

namespace GaryMesh.Cli.Commands.Textures;

/// <summary>What a rule is tried on: a world, the automaton as it runs there, what its look is compared with, the steps after
/// which it is, and the share of the cells that is rubbed out at a step.</summary>
internal sealed record Trial(
    string Group, string Name, TextureWorld World, Automaton Automaton, Exemplar Exemplar, int[] Steps, double Hole = 0, int HoleAt = 0)
{
    /// <summary>Runs the trial once for each seed; `progress` counts cell-steps.</summary>
    public TrialResult Run(ulong[] seeds, int threads, Action<long> progress, CancellationToken stop)
    {
        var graph = World.Graph;
        var look = new RectifiedGram(Exemplar, graph);
        var losses = new double[seeds.Length][];
        var (largest, last) = (0f, default(State));

        for (var run = 0; run < seeds.Length; run++)
        {
            var start = Automaton.Start.On(graph, Automaton.Rule.Shape.Channels, seeds[run]);
            using var simulation = new Simulation(Automaton, graph, start, Firing.Of(seeds[run], 0), null, new EngineOptions { Threads = threads });
            losses[run] = [.. Steps.Select(step => LossAfter(simulation, step))];
            last ??= simulation.State;
        }

        return new(this, losses, largest, last!);

        double LossAfter(Simulation simulation, int step)
        {
            Advance(simulation, step, Hole, HoleAt, progress, stop);
            var state = simulation.State;
            largest = Math.Max(largest, Measurement.Largest(state));

            if (!state.IsFinite)
                return double.PositiveInfinity;

            // In the exemplar's own palette, which need not be the rule's.
            var channels = Exemplar.Palette.Channels(Automaton.Palette!.Values(state));
            return Measurement.Loss(look, new State(graph.Cells, Exemplar.Maps, channels), graph).Value;
        }
    }

    /// <summary>Steps on to a step, in pieces, so that a long run can be stopped; on the way a ball of a share of the cells is set to zero, at the
    /// step of the hole.</summary>
    public static void Advance(Simulation simulation, int step, double hole, int holeAt, Action<long> progress, CancellationToken stop)
    {
        var graph = simulation.Graph;

        for (var piece = 1; simulation.StepNumber < step; piece = Math.Min(100, 2 * piece))
        {
            stop.ThrowIfCancellationRequested();

            if (hole > 0 && simulation.StepNumber == holeAt)
            {
                var cells = Damage.Ball(graph, (graph.Cells / 2) + (int)(Math.Sqrt(graph.Cells) / 2), Math.Max(1, (int)(hole * graph.Cells)));
                simulation.Write(Damage.Cut(simulation.State, cells));
            }

            var end = hole > 0 && simulation.StepNumber < holeAt ? Math.Min(step, holeAt) : step;
            var count = Math.Min(piece, end - simulation.StepNumber);
            simulation.Step(count);
            progress((long)count * graph.Cells);
        }
    }

    /// <summary>Cell-steps of one run.</summary>
    public long Work => (long)World.Graph.Cells * Steps[^1];
}

/// <summary>What a trial gave: the losses [seeds][steps], the largest absolute value of any state that was looked at, and the last
/// state of the first seed.</summary>
internal sealed record TrialResult(Trial Trial, double[][] Losses, float Largest, State Last)
{
    /// <summary>The median over the seeds, after the step of a place.</summary>
    public double Median(int at) => Measurement.Median([.. Losses.Select(run => run[at]).Order()]);

    /// <summary>The largest of the seeds.</summary>
    public double Worst(int at) => Losses.Max(run => run[at]);
}

/// <summary>The trials of a transfer report: what a rule never saw, one thing changed at a time.</summary>
internal sealed class Transfer(Automaton automaton, Exemplar exemplar, int longest, int maxCells)
{
    private static readonly double[] _factors = [0.5, 0.71, 1.41, 2];

    private readonly int[] _short = [.. new[] { 96, 1000 }.Where(step => step <= longest)];

    /// <summary>The sphere whose top is changed.</summary>
    private const string Ball = "icosphere:32";

    /// <summary>Cells a side of the smallest torus.</summary>
    private const int SmallestTorus = 3;

    /// <summary>Steps after which a texture is there.</summary>
    private const int Grown = 200;

    /// <summary>The steps of the trials of a long life.</summary>
    private int[] Life => [.. new[] { 24, 96, 300, 1000, 3000, 10_000, 30_000, 100_000 }.Where(step => step <= longest)];

    /// <summary>The trials for a rule that was trained on some worlds, and further worlds to try it on.</summary>
    public IEnumerable<Trial> All(TextureWorld[] trained, TextureWorld[] others, Terminal terminal)
    {
        foreach (var world in trained)
            yield return Of("trained on", world, _short);

        foreach (var world in Signal ? Worlds("ring:64", "ring:256", "ring:1024", "ring:4096", "ring:16384", "ring:65536") : Worlds("torus:32x32", "torus:64x64", "torus:128x128", "torus:256x256"))
            yield return Of("size", world, _short);

        foreach (var world in Signal ? Worlds("line:256") : Worlds("torus6:96x96", Ball, "grid:96x96"))
            yield return Of("lattice", world, _short);

        foreach (var world in others)
            yield return Of("asked for", world, [.. _short.Append(longest).Distinct()]);

        var home = trained[0];

        foreach (var world in trained)
        {
            yield return Of("life", world, Life);
            yield return Of("hole of a fifth", world, [Grown, Grown + 1, Grown + 25, Grown + 50, Grown + 100, Grown + 200]) with { Hole = 0.2, HoleAt = Grown };
        }

        foreach (var factor in _factors)
        {
            // A slower texture is given more steps.
            yield return Of("time step", home, [.. _short.Select(step => (int)Math.Round(step / factor))]) with
            {
                Name = FormattableString.Invariant($"{factor} on {home.Graph.Name}"),
                Automaton = automaton.WithTimeStep(factor * automaton.TimeStep),
            };
        }

        if (Signal)
            yield break;

        foreach (var factor in _factors.Where(factor => exemplar.CanBeEnlarged(1 / factor)))
        {
            // As much of the picture as the first graph shows, in more or fewer cells: statistics of a smaller part scatter more.
            var side = (long)Math.Round(Math.Sqrt(home.Graph.Cells) / factor);

            if (side < SmallestTorus || side * side > maxCells)
                continue;

            var world = TextureWorld.Read(FormattableString.Invariant($"torus:{side}x{side}"), (0, 1, 0), terminal);
            yield return Spaced("spacing", world, factor, 1);

            // Finer cells ask for a smaller time step, as any explicit step of a diffusion does.
            if (factor < 1)
                yield return Spaced("spacing, time step with it", world, factor, factor * factor);
        }

        foreach (var up in new[] { "x", "z", "1,1,1" })
        {
            foreach (var world in Worlds(Ball))
                yield return Of("up", TextureWorld.Read(Ball, UpWord.Read(up), terminal), _short) with { Name = $"{up} on {world.Graph.Name}" };
        }

        foreach (var angle in new[] { 30, 90 })
        {
            foreach (var world in Worlds(Ball))
                yield return Of("turn", world.Turned(angle), _short) with { Name = $"{angle} degrees on {world.Graph.Name}" };
        }

        Trial Spaced(string group, TextureWorld world, double factor, double step) =>
            Of(group, world with { Graph = world.Graph.WithSpacing(factor) }, [.. _short.Select(steps => (int)Math.Round(steps / step))]) with
            {
                Name = FormattableString.Invariant($"{factor} on {world.Graph.Name}"),
                Automaton = automaton.WithTimeStep(step * automaton.TimeStep),
            };

        IEnumerable<TextureWorld> Worlds(params string[] words) =>
            words.Select(word => TextureWorld.Read(word, (0, 1, 0), terminal)).Where(world => world.Graph.Cells <= maxCells);

        Trial Of(string group, TextureWorld world, int[] steps) => new(group, world.Graph.Name, world, automaton, exemplar, steps);
    }

    /// <summary>The exemplar that a rule's own look is, where no other is given: what it paints on a lattice that is not tried.</summary>
    public static Exemplar Own(Automaton automaton, bool signal, ulong seed, int threads)
    {
        var graph = TextureRecipe.World(signal ? Graph.Ring(2000) : Graph.Torus(120, 120), (0, 1, 0));
        using var prepared = new Prepared(automaton, graph, new EngineOptions { Threads = threads });
        var final = prepared.Run(Rollout.Of(automaton.Start.On(graph, automaton.Rule.Shape.Channels, seed), Grown, Firing.Of(seed, 0)));
        var (maps, values) = (automaton.Palette!.Maps, automaton.Palette.Values(final));
        return signal ? Exemplar.Signal(maps, values, true) : Exemplar.Picture(120, 120, maps, values, true);
    }

    private bool Signal => exemplar.Graph.Topology is { IsRing: true } or { IsLine: true };
}
