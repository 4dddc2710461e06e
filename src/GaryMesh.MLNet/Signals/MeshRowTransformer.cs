// A fitted stage that maps row to row, as ML.NET asks for it.
using GaryMesh.MLNet.Rows;
using GaryMesh.MLNet.Saving;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet;

/// <summary>A fitted stage that adds columns to each row by itself.</summary>
public abstract class MeshRowTransformer : ITransformer
{
    private readonly Scorers _scorers;

    private protected MeshRowTransformer(MeshModel model) => _scorers = new Scorers(model);

    /// <summary>What the stage adds to the rows of a schema.</summary>
    private protected virtual RowMapping MappingOf(DataViewSchema schema) => new ScoringMapping(_scorers, schema);

    /// <summary>The trained model; <see cref="MeshModel.Save(string)"/> keeps it with full fidelity.</summary>
    public MeshModel Model => _scorers.Model;

    /// <summary>The column of features that the stage reads, or the first of several.</summary>
    public string FeatureColumnName => Model.FeatureColumnName;

    /// <summary>The type of that column: a vector of known size, or of any where rows are graphs.</summary>
    public DataViewType FeatureColumnType => Model.FeatureColumnType;

    /// <inheritdoc/>
    public bool IsRowToRowMapper => true;

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).OutputSchema;

    /// <inheritdoc/>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => Bind(inputSchema);

    /// <inheritdoc/>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new MappedView(input, Bind(input.Schema));
    }

    void ICanSaveModel.Save(ModelSaveContext ctx) => ((ICanSaveModel)Lowering.Lower(Model)).Save(ctx);

    private BoundMapper Bind(DataViewSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return new BoundMapper(schema, MappingOf(schema));
    }
}

/// <summary>The featurizer: adds a vector of the cells' final states, or of their statistics.</summary>
public sealed class MeshFeaturizingTransformer : MeshRowTransformer
{
    internal MeshFeaturizingTransformer(MeshModel model)
        : base(model)
    {
    }

    /// <summary>The column that the stage adds.</summary>
    public string OutputColumnName => Model.Choice!.Column;

    /// <summary>The same parameters over rows of another graph.</summary>
    public MeshFeaturizingTransformer On(MeshGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return new MeshFeaturizingTransformer(Model.On(graph));
    }
}

/// <summary>
/// A trained predictor of signals or snapshots: adds <c>Score</c>, and for classes <c>PredictedLabel</c> (and
/// <c>Probability</c>, where there are two).
/// </summary>
public sealed class MeshPredictionTransformer : MeshRowTransformer, ISingleFeaturePredictionTransformer<MeshModel>
{
    internal MeshPredictionTransformer(MeshModel model)
        : base(model)
    {
    }

    /// <summary>The same parameters over rows of another graph: a road network's other half, a larger grid.</summary>
    /// <param name="graph">The graph, of any number of cells.</param>
    public MeshPredictionTransformer On(MeshGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return new MeshPredictionTransformer(Model.On(graph));
    }
}
