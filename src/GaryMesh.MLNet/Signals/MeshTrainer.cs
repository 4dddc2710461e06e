// The base of the trainers of signals and snapshots.
using GaryMesh.MLNet.Signals;
using GaryMesh.MLNet.Training;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace GaryMesh.MLNet;

/// <summary>Trains a model of rows that are signals or snapshots over the cells of one graph.</summary>
public abstract class MeshTrainer : ITrainerEstimator<MeshPredictionTransformer, MeshModel>
{
    private readonly LabelFitting _fitting;
    private readonly MeshSignalOptions _options;
    private readonly MeshTask _task;

    private protected MeshTrainer(IHostEnvironment env, MeshSignalOptions options, MeshTask task)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Graph is null)
            throw new ArgumentNullException(nameof(options), "A GaryMesh trainer needs the graph of its cells: set Options.Graph.");
        _fitting = new LabelFitting(env, GetType().Name, options, task);
        _options = options;
        _task = task;
    }

    /// <inheritdoc/>
    public TrainerInfo Info => LabelFitting.Info;

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return _fitting.Promise(inputSchema);
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
        var layout = _fitting.LayoutOf(trainData.Schema, graph.Cells);
        var label = _fitting.LabelOf(trainData.Schema);
        var rows = SignalRows.Read(trainData, _options, layout, _task, _fitting.Warn);
        var shape = _fitting.Shape(graph, layout.Features, label, _options.HandleMissingValues);
        var held = validationData is null ? null : SignalRows.Read(validationData, _options, layout, _task, _fitting.Warn);
        if (held is null && _options.ValidationFraction > 0)
            (rows, held) = rows.Hold(_options.ValidationFraction, _fitting.SplitSeed);
        var (training, validation) = (rows.Data, held?.Data);
        if (validation is null && _options.EarlyStoppingRounds > 0)
            _fitting.Warn($"EarlyStoppingRounds is {_options.EarlyStoppingRounds}, but there are no validation rows, so training goes on to the last epoch.");
        var trained = _fitting.Run(shape, Scaling.OfData(shape, graph.Cells, training), graph, training, validation);
        return new MeshPredictionTransformer(_fitting.ModelOf(trained, label, layout, _options.Graph));
    }
}
