// A mesh in the middle of a pipeline: normalise, run a rule on the pixels for some steps, hand their final states to a stock trainer.
//   dotnet run -c Release samples/Pipeline.cs -- --train optdigits-train.csv [--test optdigits-test.csv] [--seed 1]
// The mesh is fitted without labels, by reconstructing hidden pixels. The pipeline is saved and loaded as any other.
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
var data = Load(Option("--train", "optdigits-train.csv"));
var test = Option("--test", "");
var (train, unseen) = test != "" ? (data, Load(test)) : Split(data);

var normalise = ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.Transforms.NormalizeMinMax("Features"));
var mesh = ml.Transforms.GaryMesh("Mesh", "Features", MeshGraph.Grid(8, 8));
var linear = ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(featureColumnName: "Mesh");
var trees = ml.MulticlassClassification.Trainers.OneVersusAll(ml.BinaryClassification.Trainers.FastTree(featureColumnName: "Pooled"));
var pooled = ml.Transforms.GaryMesh("Pooled", "Features", MeshGraph.Grid(8, 8), pooled: true);

var watch = Stopwatch.StartNew();
var model = normalise.Append(mesh).AppendCacheCheckpoint(ml).Append(linear).Fit(train);
var seconds = watch.Elapsed.TotalSeconds;
var plain = normalise.Append(ml.MulticlassClassification.Trainers.SdcaMaximumEntropy()).Fit(train);
var forest = normalise.Append(pooled).Append(ml.Transforms.Concatenate("Pooled", "Pooled", "Features")).AppendCacheCheckpoint(ml).Append(trees).Fit(train);

// Any process with the assembly beside it loads the file; none of its types is named.
var path = Path.Combine(Path.GetTempPath(), "digits.zip");
ml.Model.Save(model, train.Schema, path);
var loaded = new MLContext().Model.Load(path, out _);

Console.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object>
{
    ["accuracy"] = Accuracy(model),
    ["accuracy_loaded"] = Accuracy(loaded),
    ["fasttree_with_mesh"] = Accuracy(forest),
    ["sdca"] = Accuracy(plain),
    ["parameters"] = model.OfType<MeshFeaturizingTransformer>().Single().Model.ParameterCount,
    ["training_seconds"] = Math.Round(seconds, 1),
    ["file_bytes"] = new FileInfo(path).Length,
}));

double Accuracy(ITransformer fitted) => Math.Round(ml.MulticlassClassification.Evaluate(fitted.Transform(unseen)).MicroAccuracy, 4);

(IDataView, IDataView) Split(IDataView rows)
{
    var parts = ml.Data.TrainTestSplit(rows, testFraction: 0.2, seed: seed);
    return (parts.TrainSet, parts.TestSet);
}

IDataView Load(string path) => ml.Data.LoadFromTextFile(
    path, [new TextLoader.Column("Features", DataKind.Single, 0, 63), new TextLoader.Column("Label", DataKind.Int32, 64)], separatorChar: ',');
