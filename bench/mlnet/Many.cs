// The trainers of nodes, links and graphs at 100,000 rows: trained, scored, scored by 16 threads, saved, and scored by another process.
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using GaryMesh.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

internal static class Many
{
    private const int Threads = 16;

    public static void Run(int rows)
    {
        Console.WriteLine($"{"",-8}{"fit s",8}{"score s",9}{"us a row",10}{"16 threads",12}{"file bytes",12}{"loaded elsewhere",18}");
        var nodes = Nodes(rows);
        Report("nodes", rows, context => context.BinaryClassification.Trainers.GaryMeshNodes(new MeshNodeBinaryTrainer.Options { Edges = Edges(rows), NumberOfEpochs = 3, EncoderUnits = 16 }).Fit(nodes), nodes, SaveNodes);
        Report("links", rows, context => context.BinaryClassification.Trainers.GaryMeshLinks(new() { Edges = Edges(rows), NumberOfEpochs = 3 }).Fit(nodes), nodes, SaveNodes);
        var graphs = Graphs(rows);
        var few = new MLContext(1).Data.TakeRows(graphs, 2000);
        Report("graphs", rows, context => context.BinaryClassification.Trainers.GaryMeshGraphs(new MeshGraphBinaryTrainer.Options { ValuesPerCell = 2, NumberOfEpochs = 2 }).Fit(few), graphs, (context, model, path) => context.Model.Save(model, graphs.Schema, path));

        void SaveNodes(MLContext context, ITransformer model, string path) => context.SaveNodePipeline(model, nodes.Schema, path);
    }

    /// <summary>What another process says of a saved model's scores.</summary>
    public static void Load(string kind, string path, int rows)
    {
        var context = new MLContext(1);
        ITransformer model = kind == "graphs" ? context.Model.Load(path, out _) : context.LoadNodePipeline(path);
        Console.WriteLine(Scores(model, kind == "graphs" ? Graphs(rows) : Nodes(rows)));
    }

    private static void Report(string kind, int rows, Func<MLContext, ITransformer> fit, IDataView data, Action<MLContext, ITransformer, string> save)
    {
        var context = new MLContext(1);
        var watch = Stopwatch.StartNew();
        var model = fit(context);
        var fitted = watch.Elapsed.TotalSeconds;
        watch.Restart();
        var scores = Scores(model, data);
        var scored = watch.Elapsed.TotalSeconds;
        var same = new bool[Threads];
        Parallel.For(0, Threads, new() { MaxDegreeOfParallelism = Threads }, thread => same[thread] = Scores(model, data) == scores);
        var path = Path.GetTempFileName();
        save(context, model, path);
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["load", kind, path, rows.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        using var other = Process.Start(start)!;
        var told = other.StandardOutput.ReadToEnd().Trim();
        other.WaitForExit();
        Console.WriteLine($"{kind,-8}{fitted,8:F1}{scored,9:F2}{1e6 * scored / rows,10:F2}{(same.All(one => one) ? "same bits" : "DIFFER"),12}{new FileInfo(path).Length,12:N0}{(told == scores ? "same bits" : "DIFFER"),18}");
        File.Delete(path);
    }

    /// <summary>A digest of every score, bit by bit.</summary>
    private static string Scores(ITransformer model, IDataView data)
    {
        var view = model.Transform(data);
        var column = view.Schema["Score"];
        using var cursor = view.GetRowCursor([column]);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        if (column.Type is VectorDataViewType)
        {
            var get = cursor.GetGetter<VBuffer<float>>(column);
            VBuffer<float> row = default;

            while (cursor.MoveNext())
            {
                get(ref row);
                foreach (var value in row.DenseValues())
                    hash.AppendData(BitConverter.GetBytes(value));
            }
        }
        else
        {
            var get = cursor.GetGetter<float>(column);
            var value = 0f;

            while (cursor.MoveNext())
            {
                get(ref value);
                hash.AppendData(BitConverter.GetBytes(value));
            }
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static IDataView Nodes(int rows) => new MLContext(1).Data.LoadFromEnumerable(Enumerable.Range(0, rows).Select(row =>
    {
        var random = new Random(row);
        return new Node { Id = row, Label = row * 2L < rows, Features = [.. Enumerable.Range(0, 8).Select(_ => random.NextSingle())] };
    }).ToArray());

    private static IDataView Edges(int rows) => new MLContext(1).Data.LoadFromEnumerable(Enumerable.Range(0, 3 * rows).Select(edge =>
    {
        var random = new Random(edge);
        var source = random.Next(rows);
        return new Link { Source = source, Target = (source + random.Next(1, 100)) % rows };
    }).ToArray());

    private static IDataView Graphs(int rows) => new MLContext(1).Data.LoadFromEnumerable(Enumerable.Range(0, rows).Select(row =>
    {
        var random = new Random(row);
        var cells = random.Next(4, 12);
        return new Molecule
        {
            Label = row % 2 == 0,
            Features = [.. Enumerable.Range(0, 2 * cells).Select(_ => random.NextSingle())],
            Edges = [.. Enumerable.Range(1, cells - 1).SelectMany(cell => new[] { random.Next(cell), cell })],
        };
    }).ToArray());

    private sealed class Node
    {
        public int Id { get; set; }

        public bool Label { get; set; }

        [VectorType(8)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Link
    {
        public int Source { get; set; }

        public int Target { get; set; }
    }

    private sealed class Molecule
    {
        public bool Label { get; set; }

        public float[] Features { get; set; } = [];

        public int[] Edges { get; set; } = [];
    }
}
