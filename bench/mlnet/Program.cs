// What a stage costs beside the engine's own time a row: `dotnet run -c Release --project bench/mlnet -- [ROWS] [ROUNDS]`;
// with `many [ROWS]`, nodes, links and graphs at that many rows.
using System.Diagnostics;
using System.Globalization;
using GaryMesh;
using GaryMesh.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["load", var kind, var path, var count])
{
    Many.Load(kind, path, int.Parse(count));
    return;
}

if (args is ["many", ..])
{
    Many.Run(args.Length > 1 ? int.Parse(args[1]) : 100_000);
    return;
}

var rows = args.Length > 0 ? int.Parse(args[0]) : 100_000;
var rounds = args.Length > 1 ? int.Parse(args[1]) : 5;
var ml = new MLContext(seed: 1);
var data = ml.Data.Cache(ml.Data.LoadFromEnumerable(Enumerable.Range(0, rows).Select(Row.At)));
var few = ml.Data.TakeRows(data, 256);

// As small as a model gets, so that a row's own time does not drown what is measured.
var trainer = ml.MulticlassClassification.Trainers.GaryMesh(new MeshMulticlassTrainer.Options
{
    Graph = MeshGraph.Grid(8, 8),
    EncodedValues = 2,
    Channels = 4,
    HiddenUnits = 8,
    Steps = 2,
    NumberOfEpochs = 1,
});
var fitted = trainer.Fit(ml.Transforms.Conversion.MapValueToKey("Label").Fit(few).Transform(few));
using var file = new MemoryStream();
ml.Model.Save(fitted, data.Schema, file);
file.Position = 0;
var loaded = new MLContext().Model.Load(file, out _);

using var predictor = new Predictor(fitted.Model.Network, fitted.Model.Graph!.Graph, new EngineOptions { Threads = 1 });
var samples = Enumerable.Range(0, 256).Select(row => Row.At(row).Features).ToArray();
var outputs = new float[10];
var measures = new (string Name, Func<(long Bytes, double Sum)> Run)[]
{
    ("engine alone", () =>
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var sum = 0.0;
        for (var row = 0; row < rows; row++)
        {
            predictor.Score(samples[row & 255], outputs);
            sum += outputs[0];
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before, sum);
    }),
    ("reading the features", () => Stream(data, "Features")),
    ("fitted stage", () => Stream(fitted.Transform(data), "Score")),
    ("loaded stage", () => Stream(loaded.Transform(data), "Score")),
};

var best = new double[measures.Length];
var bytes = new long[measures.Length];
Array.Fill(best, double.MaxValue);
for (var round = 0; round <= rounds; round++)
{
    for (var index = 0; index < measures.Length; index++)
    {
        var watch = Stopwatch.StartNew();
        bytes[index] = measures[index].Run().Bytes;
        if (round > 0)
            best[index] = Math.Min(best[index], watch.Elapsed.TotalMicroseconds / rows);
    }
}

Console.WriteLine($"{rows:N0} rows of 64 cells, {fitted.Model.ParameterCount} parameters; the best of {rounds} rounds");
Console.WriteLine($"{"",-22}{"us a row",10}{"beside engine",15}{"bytes a row",13}{"file bytes",12}");
for (var index = 0; index < measures.Length; index++)
{
    var beside = index < 2 ? "" : (best[index] - best[0]).ToString("F2");
    var size = index == 3 ? file.Length.ToString("N0") : "";
    Console.WriteLine($"{measures[index].Name,-22}{best[index],10:F2}{beside,15}{(double)bytes[index] / rows,13:F2}{size,12}");
}

// Reads one vector column of every row.
static (long Bytes, double Sum) Stream(IDataView view, string name)
{
    var column = view.Schema[name];
    using var cursor = view.GetRowCursor([column]);
    var get = cursor.GetGetter<VBuffer<float>>(column);
    VBuffer<float> buffer = default;
    var before = GC.GetAllocatedBytesForCurrentThread();
    var sum = 0.0;
    while (cursor.MoveNext())
    {
        get(ref buffer);
        sum += buffer.GetItemOrDefault(0);
    }

    return (GC.GetAllocatedBytesForCurrentThread() - before, sum);
}

internal sealed class Row
{
    [VectorType(64)]
    public float[] Features { get; set; } = [];

    public string Label { get; set; } = "";

    public static Row At(int number)
    {
        var random = new Random(number);
        return new Row { Features = [.. Enumerable.Range(0, 64).Select(_ => random.NextSingle())], Label = $"class {number % 10}" };
    }
}
