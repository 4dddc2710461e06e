// A rule in ML.NET without GaryMesh: its ONNX model of one step in ApplyOnnxModel, a row a world, beside the engine.
//   dotnet run -c Release samples/Onnx.cs -- [--rule models/textures/rust.npz] [--graph torus:24x24] [--steps 24]
// GaryMesh writes the model and the graph's tables, as `gary-mesh export --onnx M.onnx --tables T.npz --graph G --rule R.npz` does, and says who fires.
#:project ../src/GaryMesh.Studio
#:package Microsoft.ML.OnnxTransformer
#:package Microsoft.ML.OnnxRuntime
#:property PublishAot=false
#:property UseCurrentRuntimeIdentifier=true

using GaryMesh;
using GaryMesh.Studio.Exports;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;

string Option(string name, string otherwise) => Array.IndexOf(args, name) is var at and >= 0 ? args[at + 1] : otherwise;
var automaton = RuleFile.Read(Option("--rule", "models/textures/rust.npz"));
var graph = TextureRecipe.World(GraphFile.Of(Option("--graph", "torus:24x24")), (0, 1, 0));
var steps = int.Parse(Option("--steps", "24"));
var folder = Directory.CreateTempSubdirectory("gary-mesh-");
var path = Path.Combine(folder.FullName, "rule.onnx");
Languages.Onnx.Write(automaton, path);
var tables = GraphTables.Of(automaton, graph);
var (cells, channels) = (graph.Cells, automaton.Rule.Shape.Channels);

// The model takes any number of cells and neighbours; a pipeline of ML.NET is made for one.
var sizes = new Dictionary<string, int[]>
{
    ["state"] = [cells, channels],
    ["neighbours"] = [cells, tables.Width],
    ["weights"] = [cells, tables.Operators, tables.Width],
    ["fires"] = [cells],
    ["after"] = [cells, channels],
};
var schema = SchemaDefinition.Create(typeof(World));
foreach (var column in schema)
    column.ColumnType = new VectorDataViewType(((VectorDataViewType)column.ColumnType).ItemType, sizes[column.ColumnName]);

var ml = new MLContext();
var pipeline = ml.Transforms.ApplyOnnxModel(new OnnxOptions { ModelFile = path, InputColumns = ["state", "neighbours", "weights", "fires"], OutputColumns = ["after"], ShapeDictionary = sizes });
var model = pipeline.Fit(ml.Data.LoadFromEnumerable<World>([], schema));
var engine = ml.Model.CreatePredictionEngine<World, Result>(model, new PredictionEngineOptions { InputSchemaDefinition = schema });

var start = automaton.Start.On(graph, channels, 1);
var firing = Firing.Of(1, 0);
var world = new World { state = start.ToArray(), neighbours = tables.Neighbours, weights = tables.Weights };
for (var step = 0; step < steps; step++)
{
    world.fires = [.. Enumerable.Range(0, cells).Select(cell => firing.Fires(automaton.FireRate, step, cell))];
    world.state = engine.Predict(world).after;
}

var expected = Engine.Run(automaton, graph, Rollout.Of(start, steps, firing)).ToArray();
var largest = expected.Max(Math.Abs);
var apart = world.state.Zip(expected, (x, y) => Math.Abs(x - y)).Max() / largest;
Console.WriteLine($"{graph.Name}, {steps} steps in ML.NET: {apart:0.0E+00} of the largest value ({largest:0.00}) from the engine");
folder.Delete(true);
return apart <= 1e-4 ? 0 : 1;

#pragma warning disable CA1050, IDE1006 // Columns bear the names of the model's inputs and outputs.
internal sealed class World
{
    [VectorType] public float[] state { get; set; } = [];
    [VectorType] public long[] neighbours { get; set; } = [];
    [VectorType] public float[] weights { get; set; } = [];
    [VectorType] public bool[] fires { get; set; } = [];
}

internal sealed class Result
{
    [VectorType] public float[] after { get; set; } = [];
}
