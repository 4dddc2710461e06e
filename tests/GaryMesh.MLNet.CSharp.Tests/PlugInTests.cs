// The plug-in as a C# user writes it; what it computes is tested in F# beside this project.
using Expecto.CSharp;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.CSharp.Tests;

public static class PlugInTests
{
    /// <summary>A bump on a ring of 16 cells: where it stands, and how high it is.</summary>
    private sealed class Signal
    {
        [VectorType(16)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }

        public float Height { get; set; }

        public static Signal At(int row)
        {
            var random = new Random(row);
            var (place, height) = (random.Next(16), 1 + random.NextSingle());
            var isWide = random.Next(2) == 1;
            return new Signal
            {
                Features = [.. Enumerable.Range(0, 16).Select(cell => cell == place || (isWide && cell == (place + 1) % 16) ? height : 0)],
                Label = isWide,
                Height = height,
            };
        }
    }

    private sealed class Prediction
    {
        public bool PredictedLabel { get; set; }

        public float Probability { get; set; }
    }

    private static IDataView Signals(MLContext ml, int first, int count) =>
        ml.Data.LoadFromEnumerable(Enumerable.Range(first, count).Select(Signal.At).ToArray());

    [Expecto.Tests]
    public static Expecto.Test All { get; } = Runner.TestList("From C#",
    [
        Runner.TestCase("a simple overload trains, evaluates, saves, loads and predicts", () =>
        {
            var ml = new MLContext(seed: 1);
            var trainer = ml.BinaryClassification.Trainers.GaryMesh(MeshGraph.Ring(16));
            var model = trainer.Fit(Signals(ml, 0, 400));
            var metrics = ml.BinaryClassification.Evaluate(model.Transform(Signals(ml, 1000, 100)));
            Check(metrics.Accuracy > 0.9, $"accuracy {metrics.Accuracy}");

            using var file = new MemoryStream();
            ml.Model.Save(model, Signals(ml, 0, 1).Schema, file);
            file.Position = 0;
            var loaded = new MLContext().Model.Load(file, out _);
            using var engine = ml.Model.CreatePredictionEngine<Signal, Prediction>(loaded);
            var expected = model.Transform(Signals(ml, 1000, 1)).GetColumn<float>("Probability").Single();
            Check(engine.Predict(Signal.At(1000)).Probability == expected, "the loaded model predicts the same");
        }),

        Runner.TestCase("options read like ML.NET's own", () =>
        {
            var ml = new MLContext(seed: 1);
            var pipeline = ml.Transforms.NormalizeMinMax("Features")
                .Append(ml.Regression.Trainers.GaryMesh(new MeshRegressionTrainer.Options
                {
                    Graph = MeshGraph.Ring(16),
                    LabelColumnName = "Height",
                    Steps = 4,
                    NumberOfEpochs = 20,
                    LearningRate = 0.01,
                    Loss = Head.Absolute,
                }));
            var folds = ml.Regression.CrossValidate(Signals(ml, 0, 300), pipeline, numberOfFolds: 2, labelColumnName: "Height");
            Check(folds.All(fold => fold.Metrics.MeanAbsoluteError < 0.25), "heights are spread over 1 to 2");
        }),

        Runner.TestCase("a stage stands in the middle of a pipeline", () =>
        {
            var ml = new MLContext(seed: 1);
            var pipeline = ml.Transforms.GaryMesh("Mesh", "Features", MeshGraph.Ring(16), pooled: true)
                .Append(ml.Transforms.NormalizeMeanVariance("Mesh"))
                .Append(ml.BinaryClassification.Trainers.LbfgsLogisticRegression(featureColumnName: "Mesh"));
            var model = pipeline.Fit(Signals(ml, 0, 200));
            var metrics = ml.BinaryClassification.Evaluate(model.Transform(Signals(ml, 1000, 100)));
            Check(metrics.Accuracy > 0.6, $"accuracy {metrics.Accuracy}");
        }),

        Runner.TestCase("along directed edges a cell's value reaches the cells after it alone", () =>
        {
            var ml = new MLContext(seed: 1);
            var path = MeshGraph.FromEdges(16, [.. Enumerable.Range(0, 15)], [.. Enumerable.Range(1, 15)], directed: true);
            var stage = ml.Transforms.GaryMesh(new MeshFeaturizingEstimator.Options { Graph = path, OutputColumnName = "Mesh", InputColumnName = "Features", Steps = 3 })
                .Fit(Signals(ml, 0, 20));
            float[] Mesh(Signal signal) => stage.Transform(ml.Data.LoadFromEnumerable([signal])).GetColumn<float[]>("Mesh").Single();
            var (signal, changed) = (Signal.At(0), Signal.At(0));
            changed.Features[4] += 1;
            var (before, after) = (Mesh(signal), Mesh(changed));
            var channels = before.Length / 16;
            var reached = Enumerable.Range(0, 16).Where(cell => !before.AsSpan(cell * channels, channels).SequenceEqual(after.AsSpan(cell * channels, channels)));
            Check(reached.SequenceEqual([4, 5, 6, 7]), "three steps carry it three cells on");
        }),

        Runner.TestCase("a model is kept with full fidelity", () =>
        {
            var ml = new MLContext(seed: 1);
            var model = ml.BinaryClassification.Trainers.GaryMesh(new MeshBinaryTrainer.Options { Graph = MeshGraph.Ring(16), NumberOfEpochs = 1 })
                .Fit(Signals(ml, 0, 50));
            using var file = new MemoryStream();
            model.Model.Save(file);
            file.Position = 0;
            var loaded = (MeshPredictionTransformer)MeshModel.Load(file, "the test's file").CreateTransformer(ml);
            Check(loaded.Model.ParameterCount == model.Model.ParameterCount, "parameters");
            Check(loaded.Transform(Signals(ml, 0, 5)).GetColumn<float>("Score")
                .SequenceEqual(model.Transform(Signals(ml, 0, 5)).GetColumn<float>("Score")), "scores");
        }),
    ]);

    private static void Check(bool holds, string what) => Expecto.Expect.isTrue(holds, what);
}

public static class Program
{
    public static int Main(string[] args) => Expecto.Tests.runTestsInAssemblyWithCLIArgs([], args);
}
