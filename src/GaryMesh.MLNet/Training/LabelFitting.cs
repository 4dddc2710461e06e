// The fitting that all trainers share: features, labels and weights to a model.
using GaryMesh.MLNet.Data;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace GaryMesh.MLNet.Training;

/// <summary>A fitting to labels.</summary>
internal sealed class LabelFitting : Fitting
{
    /// <summary>What every trainer here declares to ML.NET: features are scaled within the model, and read once. Its constructor
    /// is ML.NET's own, so a stock trainer of the same needs lends it.</summary>
    public static readonly TrainerInfo Info = new MLContext().MulticlassClassification.Trainers.NaiveBayes().Info;

    private const int MaxClasses = 1 << 20;

    private readonly MeshTrainerOptions _options;
    private readonly MeshTask _task;

    public LabelFitting(IHostEnvironment env, string trainer, MeshTrainerOptions options, MeshTask task)
        : base(env, trainer, options)
    {
        if (options.FeatureColumnNames is { Length: 0 } || options.FeatureColumns.Any(string.IsNullOrEmpty))
            throw new ArgumentException("A GaryMesh trainer needs the name of its feature column: set Options.FeatureColumnName or FeatureColumnNames.", nameof(options));
        ArgumentException.ThrowIfNullOrEmpty(options.LabelColumnName);
        _options = options;
        _task = task;
    }

    /// <summary>The schema with a trained model's columns; refused where a column to learn from is missing.</summary>
    public SchemaShape Promise(SchemaShape inputSchema)
    {
        foreach (var name in _options.FeatureColumns)
            inputSchema.Require("feature", name, _options.FeatureKind);
        if (_options.ExampleWeightColumnName is { } weight)
            inputSchema.Require("weight", weight, ColumnKind.Single);
        var label = inputSchema.Require("label", _options.LabelColumnName, _task.Labels);
        // Sizes do not show in a shape: two classes stand for any number of them.
        var item = label.Annotations.Where(annotation => annotation.Name == "KeyValues").Select(annotation => annotation.ItemType).FirstOrDefault();
        return inputSchema.With(_task.Outputs(2, item is null ? null : KeyNames.Sample(item)).Columns.Select(Shapes.Of));
    }

    public FeatureLayout LayoutOf(DataViewSchema schema, int cells) => FeatureLayout.Of(schema, "feature", _options.FeatureColumns, cells);

    public DataViewSchema.Column LabelOf(DataViewSchema schema) => schema.Require("label", _options.LabelColumnName, _task.Labels);

    /// <summary>The shape of a model that predicts the labels.</summary>
    public ModelShape Shape(Graph graph, int features, DataViewSchema.Column label, bool missing)
    {
        if (_options.InitialModel?.Classes is { } classes && KeyNames.Of(label) is { } names && !classes.Texts.SequenceEqual(names.Texts))
        {
            throw new ArgumentException(
                $"The option InitialModel knows the classes {string.Join(", ", classes.Texts)}, but label column '{label.Name}' has {string.Join(", ", names.Texts)} in this order.", nameof(MeshOptions.InitialModel));
        }

        return _options.Shape(graph, features, _options.Objective, OutputsOf(label, graph.Cells), _options.PoolingOf(_task), missing);
    }

    /// <summary>A trained network as a model of the task: on a graph of its own, on that of a table, or on each row's.</summary>
    public MeshModel ModelOf(Model network, DataViewSchema.Column label, FeatureLayout layout, MeshGraph? graph = null, NodeTable? nodes = null, GraphTable? table = null) =>
        new(_task, network, graph, layout) { Classes = KeyNames.Of(label), Nodes = nodes, Table = table };

    private static int OutputsOf(DataViewSchema.Column label, int cells) => label.Type switch
    {
        KeyDataViewType { Count: > MaxClasses } key => throw new InvalidOperationException(
            FormattableString.Invariant($"Label column '{label.Name}' has {key.Count:N0} classes, more than {MaxClasses:N0}: is it an id?")),
        KeyDataViewType { Count: < 2 } => throw new InvalidOperationException(
            $"Label column '{label.Name}' has one class, but a classifier needs at least 2"),
        KeyDataViewType key => (int)key.Count,
        VectorDataViewType => label.ValuesPerCell("label", cells),
        _ => 1,
    };
}
