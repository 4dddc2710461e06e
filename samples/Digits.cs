// Handwritten digits of 8 x 8 pixels: every pixel is a cell, sees its neighbours and gives logits; their mean decides. Stock trainers on the same rows beside it.
//   dotnet run -c Release samples/Digits.cs -- --train optdigits-train.csv [--test optdigits-test.csv] [--folds 5] [--seed 1]
// A line holds 64 pixels (0 to 16) and the digit. Without a test file the training file is cross-validated.
#:project ../src/GaryMesh.MLNet
#:package Microsoft.ML.FastTree
#:property PublishAot=false

using System.Diagnostics;
using System.Text.Json;
using GaryMesh.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

string Option(string name, string otherwise) => Array.IndexOf(args, name) is var at and >= 0 ? args[at + 1] : otherwise;
var seed = int.Parse(Option("--seed", "1"));
var ml = new MLContext(seed);
var train = Load(Option("--train", "optdigits-train.csv"));
var test = Option("--test", "");
var splits = test != ""
    ? [(train, Load(test))]
    : ml.Data.CrossValidationSplit(train, int.Parse(Option("--folds", "5")), seed: seed).Select(fold => (fold.TrainSet, fold.TestSet)).ToArray();

var trainers = ml.MulticlassClassification.Trainers;
var normalise = ml.Transforms.NormalizeMinMax("Features");
var candidates = new (string Name, IEstimator<ITransformer> Trainer)[]
{
    ("garymesh", trainers.GaryMesh(MeshGraph.Grid(8, 8))),
    ("sdca", normalise.Append(trainers.SdcaMaximumEntropy())),
    ("lbfgs", normalise.Append(trainers.LbfgsMaximumEntropy())),
    ("fasttree", trainers.OneVersusAll(ml.BinaryClassification.Trainers.FastTree())),
};

var accuracies = candidates.ToDictionary(candidate => candidate.Name, _ => new List<double>());
var seconds = 0.0;
var parameters = 0;
var keys = ml.Transforms.Conversion.MapValueToKey("Label", keyOrdinality: Microsoft.ML.Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue);
foreach (var (rows, unseen) in splits)
{
    var keyed = keys.Fit(rows);
    foreach (var (name, trainer) in candidates)
    {
        var watch = Stopwatch.StartNew();
        var model = trainer.Fit(keyed.Transform(rows));
        if (model is MeshPredictionTransformer mesh)
        {
            seconds = Math.Max(seconds, watch.Elapsed.TotalSeconds);
            parameters = mesh.Model.ParameterCount;
        }

        accuracies[name].Add(ml.MulticlassClassification.Evaluate(model.Transform(keyed.Transform(unseen))).MicroAccuracy);
    }

    Console.WriteLine(string.Join("  ", accuracies.Select(pair => $"{pair.Key} {pair.Value[^1]:P2}")));
}

var result = new Dictionary<string, object>
{
    ["accuracy"] = Math.Round(accuracies["garymesh"].Average(), 5),
    ["parameters"] = parameters,
    ["training_seconds"] = Math.Round(seconds, 1),
};
foreach (var (name, folds) in accuracies.Where(pair => pair.Key != "garymesh"))
{
    result[name] = Math.Round(folds.Average(), 5);
    result[$"folds_above_{name}"] = accuracies["garymesh"].Zip(folds).Count(pair => pair.First > pair.Second);
}

Console.WriteLine(JsonSerializer.Serialize(result));

IDataView Load(string path) => ml.Data.LoadFromTextFile(
    path, [new TextLoader.Column("Features", DataKind.Single, 0, 63), new TextLoader.Column("Label", DataKind.Int32, 64)], separatorChar: ',');
