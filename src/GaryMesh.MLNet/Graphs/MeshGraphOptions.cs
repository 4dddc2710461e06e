// The options where each row is a graph of its own.
using GaryMesh.MLNet.Data;

namespace GaryMesh.MLNet;

/// <summary>Options of the trainers whose rows are graphs, each with cells and edges of its own.</summary>
public abstract class MeshGraphOptions : MeshTrainerOptions
{
    private protected MeshGraphOptions()
    {
        EncoderUnits = 32;
        EncodedValues = 16;
        Channels = 16;
        HiddenUnits = 64;
        Steps = 4;
        ReadoutUnits = 32;
        SkipConnection = true;
        NumberOfEpochs = 40;
        LearningRate = 0.005;
    }

    /// <summary>k: values of a cell in the feature column, whose vectors hold k for each cell of their row.</summary>
    public int ValuesPerCell;

    /// <summary>The column of a row's edges (a vector of Int32): source, target, source, target, ..., cells counted from 0 in each row.</summary>
    public string EdgeColumnName = "Edges";

    /// <summary>The column of the edges' weights (a vector of Single, one an edge), or null.</summary>
    public string? EdgeWeightColumnName;

    /// <summary>Whether the target alone sees the source; otherwise an edge is seen from both its ends, and one that is listed from both counts
    /// once.</summary>
    public bool Directed;

    /// <summary>How the outputs of a graph's cells become the graph's: their mean, their sum (for what is counted) or their maximum (for what
    /// is somewhere in it).</summary>
    public Pooling Pooling = Pooling.Mean;

    /// <summary>Each cell has the probabilities that a random walk from it is back after 2, 3, ... and so many steps as further features: equal
    /// cells that only look at their neighbours cannot tell two triangles from a hexagon. 0 for none.</summary>
    public int WalkLength = 6;

    /// <summary>The fraction of the rows that is held out at random for validation, where no validation rows are given.</summary>
    public double ValidationFraction;

    internal GraphTable Table => new(EdgeColumnName, EdgeWeightColumnName, Directed, WalkLength);

    internal override ColumnKind FeatureKind => ColumnKind.Singles;

    internal override Pooling PoolingOf(MeshTask task) => Pooling;

    // The sum tells how many neighbours there are, the mean what they are like.
    private protected override Perception Undirected => new(
    [
        Operator.Own,
        Operator.Of(EdgeWeight.Given, Messages.Value, Aggregation.Sum),
        Operator.Of(EdgeWeight.SelfLoopWalk, Messages.Difference, Aggregation.Sum),
    ]);

    internal override void Check()
    {
        base.Check();
        ArgumentException.ThrowIfNullOrEmpty(EdgeColumnName);
        Require(ValuesPerCell >= 1, nameof(ValuesPerCell), "set to the number of a cell's values, at least 1", ValuesPerCell);
        Require(WalkLength is >= 0 and <= 64, nameof(WalkLength), "0 to 64", WalkLength);
        Require(ValidationFraction is >= 0 and < 1, nameof(ValidationFraction), "at least 0 and below 1", ValidationFraction);
        if (Pooling.IsCells)
            throw new ArgumentException("The option Pooling is Cells, but a graph has one label: choose Mean, Sum or Max.", nameof(Pooling));
        if (FeatureColumns.Length > 1)
            throw new ArgumentException($"A row that is a graph has one column of features, but FeatureColumnNames names {FeatureColumns.Length}.", nameof(FeatureColumnNames));
    }
}
