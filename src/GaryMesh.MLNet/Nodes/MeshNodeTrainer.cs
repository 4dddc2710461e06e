// The base of the trainers of nodes: a table whose rows are the cells of one graph.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Nodes;
using GaryMesh.MLNet.Training;
using Microsoft.ML;
using Microsoft.ML.Data;
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
        var columns = new EdgeColumns(
            _options.SourceColumnName, _options.TargetColumnName, _options.EdgeWeightColumnName, _options.EdgeDirectionColumnName, _options.Directed);
        var table = new NodeTable(_options.IdColumnName, EdgeList.Read(_options.Edges, columns), _options.SkipUnknownNodes);
        var feature = _fitting.FeatureOf(input.Schema);
        var label = _fitting.LabelOf(input.Schema);
        var rows = NodeRows.Read(input, table, _options.FeatureColumnName, ColumnKind.Vector);
        for (var row = 0; row < rows.Places.Length; row++)
            Reading.CheckFeatures(rows.FeaturesOf(row), feature.Name, row, missing: false);
        var labels = NodeLabels.Read(input, _options, label, rows.Places);

        var graph = rows.Graph;
        var shape = _fitting.Shape(graph, ((VectorDataViewType)feature.Type).Size, label, missing: false);
        var training = new ModelData(1, rows.Features, labels.Training, labels.Weights);
        var validation = labels.Validation is null ? null : new ModelData(1, rows.Features, labels.Validation, labels.Weights);
        var scaling = _options.NormalizeRows ? Scaling.Sums(shape) : Scaling.OfData(shape, graph.Cells, training);
        var trained = _fitting.Run(shape, scaling, graph, training, validation);
        return new MeshNodeTransformer(_fitting.Host, _fitting.ModelOf(trained, label, nodes: table));
    }
}
