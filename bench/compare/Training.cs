// Training against NumPy's backpropagation through time: the same task, batch, optimiser and number of iterations.
using System.Text.Json.Nodes;

namespace GaryMesh.Compare;

public static class Training
{
    private const int Steps = Case.Steps;

    /// <summary>The task of `train.py` on one graph: fixed noise to stripes on channel 0, each rollout firing by itself.</summary>
    private sealed class Task : IDisposable
    {
        private readonly Prepared _prepared;
        private readonly Adam _adam = Adam.Of(2e-3);
        private readonly Loss _loss;
        private readonly State _start;
        private readonly int _batch;

        public Task(Graph graph, int batch, int threads)
        {
            _prepared = new Prepared(Case.GaryMesh, graph, new EngineOptions { Threads = threads });
            _loss = new MeanSquared(Stripes(graph.Cells), 0);
            _start = Start.NewNoise(0.1f).On(graph, Rule.GaryMeshShape.Channels, 0);
            _batch = batch;
            Train(1);
        }

        public void Train(int iterations)
        {
            var rule = Case.GaryMesh.Rule;
            var views = rule.Views;
            var moments = AdamMoments.Zero(rule.ParameterCount);
            for (ulong iteration = 0; iteration < (ulong)iterations; iteration++)
            {
                _prepared.Load(rule);
                var rollouts = Enumerable.Range(0, _batch)
                    .Select(sample => Rollout.Of(_start, Steps, Firing.NewSeeded(iteration, sample)))
                    .ToArray();
                var gradient = _prepared.Gradient(rollouts, _loss).Parameters;
                (var next, moments) = _adam.Step(moments, views, rule.ToArray(), gradient);
                rule = new Rule(rule.Shape, next);
            }
        }

        public void Dispose() => ((IDisposable)_prepared).Dispose();
    }

    private static float[] Stripes(int cells) =>
        [.. Enumerable.Range(0, cells).Select(cell => (float)(cell / Math.Max(1, cells / 8) % 2))];

    public static void AgainstNumPy(Report report, NumPy numPy, int rounds, int threads)
    {
        Against(report, numPy, rounds, threads, "ring", Graph.Ring(64), 8, 400);
        Against(report, numPy, 2 * rounds, threads, "torus6", Graph.Torus6(100, 100), 1, 1);
    }

    private static void Against(
        Report report, NumPy numPy, int rounds, int threads, string kind, Graph graph, int batch, int iterations)
    {
        const string Section = "training";
        var what = $"{kind} of {graph.Cells:N0}, batch {batch}, {iterations} iteration{(iterations == 1 ? "" : "s")}";
        Console.Error.WriteLine($"training: {what}, {rounds} rounds");
        using var task = new Task(graph, batch, threads);
        List<double> theirs = [], ours = [];
        double Ours() => Clock.MeanSeconds(0.15, () => task.Train(iterations));
        for (var round = 0; round < rounds; round++)
        {
            var before = Ours();
            theirs.Add(numPy.Train(kind, graph.Cells, batch, Steps, iterations));
            ours.Add((before + Ours()) / 2);
        }

        var ratio = new Sample(theirs) / new Sample(ours);
        report.Add(Section, $"{what}: training, times as fast as NumPy", Unit.Times, new(14, 25), ratio);
        report.Add(Section, $"{what}: NumPy", Unit.Seconds, new(theirs));
        report.Add(Section, $"{what}: GaryMesh", Unit.Seconds, new(ours));
    }

    /// <summary>
    /// Sees that NumPy and GaryMesh do the same work: with one rule, start and target, every cell firing, their states and
    /// gradients agree to float32's rounding.
    /// </summary>
    public static void Agree(Report report, NumPy numPy)
    {
        const int Checked = 8;
        const double Tolerance = 1e-4;
        (string, Graph)[] graphs = [("ring", Graph.Ring(64)), ("torus6", Graph.Torus6(8, 8))];
        foreach (var (kind, graph) in graphs)
        {
            var automaton = Case.GaryMesh.WithFireRate(1);
            var start = Start.NewNoise(1f).On(graph, Rule.GaryMeshShape.Channels, 3);
            var target = Stripes(graph.Cells);
            using var prepared = new Prepared(automaton, graph);
            var rollout = Rollout.Of(start, Checked, Firing.All);
            var gradient = prepared.Gradient([rollout], new MeanSquared(target, 0));
            var answer = numPy.Ask(new JsonObject
            {
                ["do"] = "check",
                ["graph"] = kind,
                ["cells"] = graph.Cells,
                ["steps"] = Checked,
                ["parameters"] = Numbers(automaton.Rule.ToArray()),
                ["start"] = Numbers(start.ToArray()),
                ["target"] = Numbers(target),
            });

            void Same(string what, double[] ours, JsonNode theirs)
            {
                var other = theirs.AsArray().Select(node => node!.GetValue<double>()).ToArray();
                var scale = ours.Max(Math.Abs);
                var error = ours.Zip(other, (x, y) => Math.Abs(x - y)).Max() / scale;
                if (ours.Length != other.Length || !(error <= Tolerance))
                {
                    throw new InvalidDataException(
                        $"NumPy and GaryMesh must do the same work, but differ by {error:g2} of the {what} on {graph.Name}.");
                }
            }

            var final = Array.ConvertAll(gradient.Outcomes[0].Final.ToArray(), value => (double)value);
            foreach (var (variant, state) in answer["states"]!.AsObject())
                Same($"state of `{variant}`", final, state!);
            Same("gradient", gradient.Parameters, answer["gradient"]!);
        }

        report.Describe("Same work", $"states and gradients of NumPy and GaryMesh agree within {Tolerance} of the largest");
    }

    private static JsonArray Numbers(float[] values) => new([.. values.Select(value => JsonValue.Create(value))]);
}
