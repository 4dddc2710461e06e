// What the trainers of signals and snapshots have in common.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Training;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace GaryMesh.MLNet;

/// <summary>Trains a model of rows that are signals or snapshots over the cells of one graph.</summary>
public abstract class MeshTrainer : ITrainerEstimator<MeshPredictionTransformer, MeshModel>
{
    private readonly IHost _host;
    private readonly MeshSignalOptions _options;
    private readonly Target _target;
    private readonly ulong _seed;

    private protected MeshTrainer(IHostEnvironment env, MeshSignalOptions options, Target target)
    {
        ArgumentNullException.ThrowIfNull(env);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Graph is null)
            throw new ArgumentNullException(nameof(options), "A GaryMesh trainer needs the graph of its cells: set Options.Graph.");
        ArgumentException.ThrowIfNullOrEmpty(options.FeatureColumnName);
        ArgumentException.ThrowIfNullOrEmpty(options.LabelColumnName);
        _host = env.Register(GetType().Name);
        _options = options;
        _target = target;
        _seed = Fitting.SeedOf(_host, options);
    }

    /// <inheritdoc/>
    public TrainerInfo Info => Fitting.Info;

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        inputSchema.Require("feature", _options.FeatureColumnName, ColumnKind.Vector);
        if (_options.ExampleWeightColumnName is { } weight)
            inputSchema.Require("weight", weight, ColumnKind.Single);
        return inputSchema.With(_target.Promised(inputSchema.Require("label", _options.LabelColumnName, _target.Labels)));
    }

    /// <summary>Trains on all rows. The same estimator gives the same model each time.</summary>
    /// <param name="input">The training rows.</param>
    public MeshPredictionTransformer Fit(IDataView input) => Fit(input, null);

    /// <summary>Trains and keeps the model that is best on the validation rows, stopping early where
    /// <see cref="MeshOptions.EarlyStoppingRounds"/> says so.</summary>
    /// <param name="trainData">The training rows.</param>
    /// <param name="validationData">The validation rows, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or of another type or size than it must be.</exception>
    /// <exception cref="InvalidOperationException">There is no row to learn from, or a row holds no label or number.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    public MeshPredictionTransformer Fit(IDataView trainData, IDataView? validationData)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        var graph = _options.Graph.Graph;
        var missing = _options.HandleMissingValues;
        var features = FeaturesOf(trainData.Schema);
        var label = trainData.Schema.Require("label", _options.LabelColumnName, _target.Labels);
        var outputs = _target.OutputsOf(label, graph.Cells);
        var training = SignalRows.Read(trainData, _options, _target, missing);
        var validation = validationData is null ? null : SignalRows.Read(Same(validationData, trainData), _options, _target, missing);

        var shape = Adapt(_options.Shape(graph, features, _target.Loss, outputs, _target.Pooling, missing));
        var start = Model.Create(shape, Scaling.OfData(shape, graph.Cells, training), _options.RuleStart, _seed);
        var trained = Fitting.Run(_host, _options, start, graph, training, validation, _seed);
        return new MeshPredictionTransformer(new MeshModel(_target.Task, trained, _options.Graph, _options.FeatureColumnName)
        {
            Classes = KeyNames.Of(label),
        });
    }

    /// <summary>What a trainer changes of the shape that the options give.</summary>
    private protected virtual ModelShape Adapt(ModelShape shape) => shape;

    private int FeaturesOf(DataViewSchema schema)
    {
        var cells = _options.Graph.Cells;
        var column = schema.Require("feature", _options.FeatureColumnName, ColumnKind.Vector);
        var size = ((VectorDataViewType)column.Type).Size;
        return size % cells == 0 ? size / cells : throw Schemas.Mismatch(
            nameof(schema), "feature", column.Name, $"a vector of Single whose size is a multiple of {cells} cells", column.Type.ToString()!);
    }

    private IDataView Same(IDataView validation, IDataView training)
    {
        var expected = (VectorDataViewType)training.Schema[_options.FeatureColumnName].Type;
        validation.Schema.Require("feature", _options.FeatureColumnName, ColumnKind.VectorOf(expected.Size));
        return validation;
    }
}
