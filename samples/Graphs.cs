// One graph a row: does a small graph hold a triangle, and which of two coloured paths does it hold?
//   dotnet run -c Release samples/Graphs.cs -- [--task motif] [--seeds 5] [--rows 1000]
//   dotnet run -c Release samples/Graphs.cs -- --tu MUTAG [--seeds 1]      ten folds of a benchmark in TU's text form
// The controls learn from the same rows with their edges redrawn (degrees kept), and without seeing neighbours.
#:project ../src/GaryMesh.MLNet
#:property PublishAot=false

using System.Diagnostics;
using System.Globalization;
using GaryMesh;
using GaryMesh.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

string Option(string name, string otherwise) => Array.IndexOf(args, name) is var at and >= 0 ? args[at + 1] : otherwise;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var seeds = int.Parse(Option("--seeds", "5"));
var rows = int.Parse(Option("--rows", "1000"));

if (Option("--tu", "") is { Length: > 0 } folder)
{
    var benchmark = TuGraphs.Read(folder);
    Console.WriteLine(benchmark);
    for (var seed = 1; seed <= seeds; seed++)
    {
        var ml = new MLContext(seed);
        var data = ml.Data.LoadFromEnumerable(benchmark.Rows);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.MulticlassClassification.Trainers.GaryMeshGraphs(benchmark.ValuesPerCell));
        var folds = ml.MulticlassClassification.CrossValidate(data, pipeline, numberOfFolds: 10).Select(fold => fold.Metrics.MicroAccuracy).ToArray();
        Console.WriteLine($"seed {seed}: accuracy {folds.Average():P1} (folds {folds.Min():P1} to {folds.Max():P1})");
    }

    return;
}

foreach (var (name, draw, colours, pooling) in new (string, Func<Random, GraphExample[]>, int, Pooling)[]
{
    ("triangle", Triangles, 1, Pooling.Max), ("motif", Motifs, 4, Pooling.Max),
})
{
    if (Option("--task", name) != name)
        continue;
    var (accuracies, shuffled, unstepped) = (new List<double>(), new List<double>(), new List<double>());
    var watch = Stopwatch.StartNew();
    for (var seed = 1; seed <= seeds; seed++)
    {
        var random = new Random(seed);
        GraphExample[] Draw(int count) => [.. Enumerable.Range(0, count / 2).SelectMany(_ => draw(random))];
        var (train, test) = (Draw(rows), Draw(1000));
        double Accuracy(GraphExample[] train, GraphExample[] test, bool steps = true)
        {
            var ml = new MLContext(seed);
            var options = new MeshGraphBinaryTrainer.Options { ValuesPerCell = colours, Pooling = pooling };
            if (!steps)
                options.Perception = new Perception([Operator.Own]);
            var model = ml.BinaryClassification.Trainers.GaryMeshGraphs(options).Fit(ml.Data.LoadFromEnumerable(train));
            return ml.BinaryClassification.Evaluate(model.Transform(ml.Data.LoadFromEnumerable(test))).Accuracy;
        }

        GraphExample[] Redrawn(GraphExample[] rows) =>
            [.. rows.Select(row => row with { Edges = Swapped(row.Edges, row.Features.Length / colours, random, 100) })];
        accuracies.Add(Accuracy(train, test));
        if (seed == 1)
            Console.WriteLine($"{name}: first seed {watch.Elapsed.TotalSeconds:F1} s");
        shuffled.Add(Accuracy(Redrawn(train), Redrawn(test)));
        if (name == "motif")
            unstepped.Add(Accuracy(train, test, steps: false));
    }

    Console.WriteLine($"{name}: held-out accuracy {accuracies.Average():P1}, worst of {seeds} seeds {accuracies.Min():P1}; "
        + $"edges redrawn {shuffled.Average():P1}{(unstepped.Count > 0 ? $", neighbours unseen {unstepped.Average():P1}" : "")}");
}

// Two graphs of 6 to 14 cells with the same degrees, one with a triangle and one without.
static GraphExample[] Triangles(Random random)
{
    while (true)
    {
        var cells = random.Next(6, 15);
        var edges = RandomEdges(random, cells, cells + random.Next(0, 3));
        int[]? with = null, without = null;
        for (var trial = 0; trial < 200 && (with is null || without is null); trial++)
        {
            edges = Swapped(edges, cells, random, 10);
            if (HasTriangle(edges, cells))
                with = edges;
            else
                without = edges;
        }

        if (with is not null && without is not null)
        {
            float[] ones = [.. Enumerable.Repeat(1f, cells)];
            return [new() { Features = ones, Edges = with, Label = true }, new() { Features = ones, Edges = without, Label = false }];
        }
    }
}

// Two graphs whose cells have four colours: one holds a path of the colours 0-1-2-3 and none of 0-2-1-3, the other the opposite.
static GraphExample[] Motifs(Random random)
{
    while (true)
    {
        var cells = random.Next(6, 15);
        var edges = RandomEdges(random, cells, cells + random.Next(0, 3));
        var colours = Enumerable.Range(0, cells).Select(_ => random.Next(4)).ToArray();
        if (!HasPath(edges, cells, colours, [0, 1, 2, 3]) || HasPath(edges, cells, colours, [0, 2, 1, 3]))
            continue;
        // Other edges and colours for the second, so that no pair gives itself away.
        GraphExample Of(int[] edges, int[] colours, bool label)
        {
            var features = new float[4 * cells];
            for (var cell = 0; cell < cells; cell++)
                features[4 * cell + colours[cell]] = 1;
            return new() { Features = features, Edges = edges, Label = label };
        }

        return random.Next(2) == 0
            ? [Of(edges, colours, true), .. Other()]
            : [.. Other(), Of(edges, colours, true)];

        GraphExample[] Other()
        {
            while (true)
            {
                var others = Enumerable.Range(0, cells).Select(_ => random.Next(4)).ToArray();
                var redrawn = RandomEdges(random, cells, edges.Length / 2);
                if (HasPath(redrawn, cells, others, [0, 2, 1, 3]) && !HasPath(redrawn, cells, others, [0, 1, 2, 3]))
                    return [Of(redrawn, others, false)];
            }
        }
    }
}

static int[] RandomEdges(Random random, int cells, int count)
{
    var edges = new HashSet<(int, int)>();
    while (edges.Count < count)
    {
        var (a, b) = (random.Next(cells), random.Next(cells));
        if (a != b)
            edges.Add((Math.Min(a, b), Math.Max(a, b)));
    }

    return [.. edges.SelectMany(edge => new[] { edge.Item1, edge.Item2 })];
}

// Pairs of edges exchange their ends at random: every cell keeps its degree.
static int[] Swapped(int[] edges, int cells, Random random, int swaps)
{
    var next = (int[])edges.Clone();
    var count = next.Length / 2;
    var known = Enumerable.Range(0, count).Select(edge => Key(next[2 * edge], next[2 * edge + 1])).ToHashSet();
    for (var swap = 0; swap < swaps; swap++)
    {
        var (one, two) = (random.Next(count), random.Next(count));
        var (flip, from) = (random.Next(2), random.Next(2));
        var (a, b, c, d) = (next[2 * one + from], next[2 * one + 1 - from], next[2 * two + flip], next[2 * two + 1 - flip]);
        if (a == c || a == d || b == c || b == d || known.Contains(Key(a, d)) || known.Contains(Key(c, b)))
            continue;
        known.ExceptWith([Key(a, b), Key(c, d)]);
        known.UnionWith([Key(a, d), Key(c, b)]);
        (next[2 * one], next[2 * one + 1], next[2 * two], next[2 * two + 1]) = (a, d, c, b);
    }

    return next;

    int Key(int x, int y) => Math.Min(x, y) * cells + Math.Max(x, y);
}

static List<int>[] Neighbours(int[] edges, int cells)
{
    var lists = Enumerable.Range(0, cells).Select(_ => new List<int>()).ToArray();
    for (var at = 0; at < edges.Length; at += 2)
    {
        lists[edges[at]].Add(edges[at + 1]);
        lists[edges[at + 1]].Add(edges[at]);
    }

    return lists;
}

static bool HasTriangle(int[] edges, int cells)
{
    var near = Neighbours(edges, cells);
    return Enumerable.Range(0, edges.Length / 2).Any(edge => near[edges[2 * edge]].Intersect(near[edges[2 * edge + 1]]).Any());
}

static bool HasPath(int[] edges, int cells, int[] colours, int[] path)
{
    var near = Neighbours(edges, cells);
    bool From(int cell, int place) => colours[cell] == path[place] && (place == path.Length - 1 || near[cell].Any(next => From(next, place + 1)));
    return Enumerable.Range(0, cells).Any(cell => From(cell, 0));
}

internal sealed record GraphExample
{
    public float[] Features { get; init; } = [];

    public int[] Edges { get; init; } = [];

    public bool Label { get; init; }
}
