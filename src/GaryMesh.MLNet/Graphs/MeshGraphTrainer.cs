// The base of the trainers of graphs: each row has cells and edges of its own.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Graphs;
using GaryMesh.MLNet.Training;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace GaryMesh.MLNet;

/// <summary>Trains a model of rows that are graphs: the same rule on all cells of all graphs, and a label for each graph.</summary>
public abstract class MeshGraphTrainer : ITrainerEstimator<MeshGraphTransformer, MeshModel>
{
    private readonly LabelFitting _fitting;
    private readonly MeshGraphOptions _options;
    private readonly MeshTask _task;

    private protected MeshGraphTrainer(IHostEnvironment env, MeshGraphOptions options, MeshTask task)
    {
        ArgumentNullException.ThrowIfNull(options);
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
        inputSchema.Require("edge", _options.EdgeColumnName, ColumnKind.Integers);
        if (_options.EdgeWeightColumnName is { } weight)
            inputSchema.Require("edge weight", weight, ColumnKind.Singles);
        return _fitting.Promise(inputSchema);
    }

    /// <summary>Trains on all rows. The same estimator gives the same model each time.</summary>
    /// <param name="input">The training rows.</param>
    public MeshGraphTransformer Fit(IDataView input) => Fit(input, null);

    /// <summary>Trains and keeps the model that is best on the validation rows, stopping early where
    /// <see cref="MeshOptions.EarlyStoppingRounds"/> says so.</summary>
    /// <param name="trainData">The training rows.</param>
    /// <param name="validationData">The validation rows, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or of another type than it must be.</exception>
    /// <exception cref="InvalidOperationException">There is no row to learn from, or a row's numbers make no graph.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    public MeshGraphTransformer Fit(IDataView trainData, IDataView? validationData)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        var layout = new FeatureLayout(_options.FeatureColumns, [_options.ValuesPerCell]);
        var label = _fitting.LabelOf(trainData.Schema);
        // One cell stands for the graphs, none of which has a lattice or directions.
        var one = Graph.OfEdges(1, [], [], directed: true);
        var shape = _fitting.Shape(one, layout.Features + _options.Table.Walks, label, _options.HandleMissingValues);
        ModelData Read(IDataView data) => GraphRows.Read(data, _options, layout, _task, shape.Perception, _fitting.Warn);
        var training = Read(trainData);
        var validation = validationData is null ? null : Read(validationData);
        if (validation is null && _options.ValidationFraction > 0)
            (training, validation) = GraphRows.Hold(training, _options.ValidationFraction, _fitting.SplitSeed);
        if (validation is null && _options.EarlyStoppingRounds > 0)
            _fitting.Warn($"EarlyStoppingRounds is {_options.EarlyStoppingRounds}, but there are no validation rows, so training goes on to the last epoch.");
        var trained = _fitting.Run(shape, Scaling.OfData(shape, 0, training), null, training, validation);
        return new MeshGraphTransformer(_fitting.ModelOf(trained, label, layout, table: _options.Table));
    }
}
