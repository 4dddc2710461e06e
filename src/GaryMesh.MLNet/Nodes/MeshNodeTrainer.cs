// What the trainers of nodes have in common: a table whose rows are the cells of one graph.
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

    private protected MeshNodeTrainer(IHostEnvironment env, MeshNodeOptions options, Target target)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Edges is null)
            throw new ArgumentNullException(nameof(options), "A GaryMesh trainer of nodes needs the edges between them: set Options.Edges.");
        ArgumentException.ThrowIfNullOrEmpty(options.IdColumnName);
        _fitting = new LabelFitting(env, GetType().Name, options, target);
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
            SignalRows.Check(rows.FeaturesOf(row), feature.Name, row, missing: false);
        var labels = NodeLabels.Read(input, _options, label, rows.Places);

        var graph = rows.Graph.Graph;
        var shape = _fitting.Shape(graph, ((VectorDataViewType)feature.Type).Size, label, missing: false);
        var training = new ModelData(1, rows.Features, labels.Training, labels.Weights);
        var validation = labels.Validation is null ? null : new ModelData(1, rows.Features, labels.Validation, labels.Weights);
        var scaling = _options.NormalizeRows ? Scaling.Sums(shape) : Scaling.OfData(shape, graph.Cells, training);
        var trained = _fitting.Run(shape, scaling, graph, training, validation);
        return new MeshNodeTransformer(_fitting.Host, _fitting.ModelOf(trained, label, nodes: table));
    }
}

/// <summary>Options of the trainers whose rows are the cells of a graph.</summary>
public abstract class MeshNodeOptions : MeshTrainerOptions
{
    private protected MeshNodeOptions()
    {
        EncoderUnits = 64;
        EncodedValues = 32;
        Channels = 32;
        HiddenUnits = 64;
        Steps = 8;
        RuleStart = RuleStart.NewDiffusion(1, 0.1);
        RuleLearningRateShare = 0.003;
        NumberOfEpochs = 200;
        BatchSize = 1;
        LearningRate = 0.01;
        LearningRateSchedule = RateSchedule.Constant;
        WeightDecay = 0;
        WeightAveraging = 0;
        L2Regularization = 5e-4;
        FeatureDropout = 0.8;
        HiddenDropout = 0.8;
        EarlyStoppingRounds = 100;
    }

    /// <summary>One row an edge: a source, a target, and where wanted a weight or a direction.</summary>
    public IDataView Edges = null!;

    /// <summary>The column that names each row's cell: text, a key or a whole number, matched by value.</summary>
    public string IdColumnName = "Id";

    /// <summary>The column that says which rows are for training and which for validation (text or a key), or null: all labelled
    /// rows are for training. Labels of other rows are not looked at.</summary>
    public string? SplitColumnName;

    /// <summary>What training rows have in the split column.</summary>
    public string TrainingSplit = "train";

    /// <summary>What validation rows have in the split column.</summary>
    public string ValidationSplit = "valid";

    /// <summary>The edges' column of the cell that sees.</summary>
    public string SourceColumnName = "Source";

    /// <summary>The edges' column of the cell that is seen.</summary>
    public string TargetColumnName = "Target";

    /// <summary>The edges' column of weights (Single), or null.</summary>
    public string? EdgeWeightColumnName;

    /// <summary>The edges' column of vectors from source to target (two or three Singles), or null.</summary>
    public string? EdgeDirectionColumnName;

    /// <summary>Whether the source alone sees the target; otherwise an edge is seen from both its ends.</summary>
    public bool Directed;

    /// <summary>Whether an edge that names a cell without a row is left out, instead of refused.</summary>
    public bool SkipUnknownNodes;

    /// <summary>Whether each row's features are divided by their sum (bags of words), instead of each column scaled to mean 0 and
    /// deviation 1.</summary>
    public bool NormalizeRows = true;
}
