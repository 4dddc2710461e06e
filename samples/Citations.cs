// Papers that cite each other: a paper's words and its neighbours' give its topic, learnt from 20 labels a class.
//   dotnet run -c Release samples/Citations.cs -- --nodes nodes.tsv --edges edges.tsv [--seed 1]
// With --links, a tenth of the edges is hidden, and told from pairs of papers that do not cite each other.
// A line of nodes: id, label, split (train, valid, test or -), the numbers of its words; a line of edges: two ids.
#:project ../src/GaryMesh.MLNet
#:package Microsoft.ML.FastTree
#:property PublishAot=false

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GaryMesh.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

string Option(string name, string otherwise) => Array.IndexOf(args, name) is var at and >= 0 ? args[at + 1] : otherwise;
var ml = new MLContext(int.Parse(Option("--seed", "1")));
var papers = File.ReadLines(Option("--nodes", "nodes.tsv")).Skip(1).Select(line => line.Split('\t')).ToArray();
var words = papers.Select(paper => Numbers(paper[3])).ToArray();
var size = words.Max(numbers => numbers.DefaultIfEmpty().Max()) + 1;
var definition = SchemaDefinition.Create(typeof(Paper));
definition["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, size);
var nodes = ml.Data.LoadFromEnumerable(
    papers.Select((paper, row) => new Paper
    {
        Id = paper[0],
        Topic = paper[1],
        Split = paper[2],
        Features = new VBuffer<float>(size, words[row].Length, Enumerable.Repeat(1f, words[row].Length).ToArray(), words[row]),
    }).ToArray(),
    definition);
var edges = ml.Data.LoadFromTextFile(
    Option("--edges", "edges.tsv"), [new TextLoader.Column("Source", DataKind.String, 0), new TextLoader.Column("Target", DataKind.String, 1)], hasHeader: true);

if (args.Contains("--links"))
{
    // Each pair of papers once, whichever cites the other.
    var cited = ml.Data.CreateEnumerable<Citation>(edges, reuseRowObject: false, ignoreMissingColumns: true)
        .Select(one => string.CompareOrdinal(one.Source, one.Target) < 0 ? one : new Citation { Source = one.Target, Target = one.Source })
        .Where(one => one.Source != one.Target).DistinctBy(one => (one.Source, one.Target)).ToArray();
    var random = new Random(int.Parse(Option("--seed", "1")));
    random.Shuffle(cited);
    var (hidden, known) = (cited[..(cited.Length / 10)], cited[(cited.Length / 10)..]);
    var taken = cited.Select(one => (one.Source, one.Target)).ToHashSet();
    string Any() => papers[random.Next(papers.Length)][0];
    var others = Enumerable.Repeat(0, int.MaxValue).Select(_ => new Citation { Source = Any(), Target = Any() })
        .Where(one => one.Source != one.Target && !taken.Contains((one.Source, one.Target)) && !taken.Contains((one.Target, one.Source)))
        .Take(hidden.Length);
    var asked = ml.Data.LoadFromEnumerable<Citation>([.. hidden.Select(one => new Citation { Source = one.Source, Target = one.Target, Label = true }), .. others]);
    var links = ml.BinaryClassification.Trainers.GaryMeshLinks(new() { Edges = ml.Data.LoadFromEnumerable(known) }).Fit(nodes);
    Console.WriteLine(JsonSerializer.Serialize(new { auc = Math.Round(ml.BinaryClassification.Evaluate(links.Links(nodes, asked)).AreaUnderRocCurve, 4), hidden = hidden.Length }));
    return;
}

nodes = ml.Transforms.Conversion.MapValueToKey("Label", "Topic").Fit(nodes).Transform(nodes);
IDataView Part(IDataView data, string split) => ml.Data.FilterRowsByValue(data, "Split", split);
double Accuracy(ITransformer model) => ml.MulticlassClassification.Evaluate(Part(model.Transform(nodes), "test")).MicroAccuracy;

var trainers = ml.MulticlassClassification.Trainers;
var watch = Stopwatch.StartNew();
var mesh = trainers.GaryMeshNodes(edges, splitColumnName: "Split").Fit(nodes);
var seconds = watch.Elapsed.TotalSeconds;

// Stock trainers see a paper's own words alone.
var labelled = Part(nodes, "train");
var stock = new Dictionary<string, double>
{
    ["sdca"] = Accuracy(trainers.SdcaMaximumEntropy().Fit(labelled)),
    ["lbfgs"] = Accuracy(trainers.LbfgsMaximumEntropy().Fit(labelled)),
    ["naive_bayes"] = Accuracy(trainers.NaiveBayes().Fit(labelled)),
    ["fasttree"] = Accuracy(trainers.OneVersusAll(ml.BinaryClassification.Trainers.FastTree()).Fit(labelled)),
};

var result = new Dictionary<string, object>
{
    ["accuracy"] = Math.Round(Accuracy(mesh), 4),
    ["parameters"] = mesh.Model.ParameterCount,
    ["training_seconds"] = Math.Round(seconds, 1),
};
foreach (var (name, accuracy) in stock)
    result[name] = Math.Round(accuracy, 4);
Console.WriteLine(JsonSerializer.Serialize(result));

static int[] Numbers(string text) =>
    [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => int.Parse(word, CultureInfo.InvariantCulture)).Order()];

internal sealed class Citation
{
    public string Source { get; set; } = "";

    public string Target { get; set; } = "";

    public bool Label { get; set; }
}

internal sealed class Paper
{
    public string Id { get; set; } = "";

    public string Topic { get; set; } = "";

    public string Split { get; set; } = "";

    public VBuffer<float> Features { get; set; }
}
