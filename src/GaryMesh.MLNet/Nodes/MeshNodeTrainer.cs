// The base of the trainers of nodes: a table whose rows are the cells of one graph.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Nodes;
using GaryMesh.MLNet.Training;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace GaryMesh.MLNet;

/// <summary>Trains a model of rows that are the cells of one graph.</summary>
/// <remarks>All rows are seen, those with a label are learnt from: a missing key or NaN is a row without one.</remarks>
public abstract class MeshNodeTrainer : ITrainerEstimator<MeshNodeTransformer, MeshModel>
{
    private readonly LabelFitting _fitting;
    private readonly MeshNodeOptions _options;

    private protected MeshNodeTrainer(IHostEnvironment env, MeshNodeOptions options, MeshTask task)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Edges is null)
            throw new ArgumentNullException(nameof(options), "A GaryMesh trainer of nodes needs the edges between them: set Options.Edges.");
        ArgumentException.ThrowIfNullOrEmpty(options.IdColumnName);
        _fitting = new LabelFitting(env, GetType().Name, options, task);
        _options = options;
    }

    /// <inheritdoc/>
    public TrainerInfo Info => LabelFitting.Info;

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        inputSchema.Require("id", _options.IdColumnName, ColumnKind.Identity);
        if (_options.SplitColumnName is { } split)
            inputSchema.Require("split", split, ColumnKind.Identity);
        return _fitting.Promise(inputSchema);
    }

    /// <summary>Trains on the labelled rows of a table (those of the training split, where there is a split column).</summary>
    /// <param name="input">One row a cell, all cells of the graph.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or of another type than it must be.</exception>
    /// <exception cref="InvalidOperationException">An edge names a cell that no row has, two rows name the same cell, or no row
    /// of the training split has a label.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    public MeshNodeTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var table = _options.Table(_fitting.Warn);
        var layout = _fitting.LayoutOf(input.Schema, cells: 1);
        var label = _fitting.LabelOf(input.Schema);
        var missing = _options.HandleMissingValues;
        var labels = new NodeLabels(_options, input.Schema, label);
        var (_, places, graph, features) = NodeRows.Read(input, table, layout, missing, labels);
        ModelData Part(float[] part) => new(1, features, part, labels.WeightsOf(part, places));
        var training = Part(labels.Training(places));
        var validation = labels.Validation(places, _fitting.Warn) is { } held ? Part(held) : null;

        table.Edges.CheckWeights(_options.PerceptionOn(graph));
        var shape = _fitting.Shape(graph, layout.Features, label, missing);
        var trained = _fitting.Run(shape, _options.ScalingOf(shape, graph, training, features, _fitting.Trace), graph, training, validation);
        return new MeshNodeTransformer(_fitting.Host, _fitting.ModelOf(trained, label, layout, nodes: table));
    }
}
