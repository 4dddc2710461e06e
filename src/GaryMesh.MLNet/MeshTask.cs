namespace GaryMesh.MLNet;

/// <summary>What a model was made for: what its rows are, and what it says of them.</summary>
public enum MeshTask
{
    /// <summary>A row is a signal over the cells; its features are the cells' final states.</summary>
    Features,

    /// <summary>A row is a signal of one of several classes.</summary>
    Multiclass,

    /// <summary>A row is a signal that is positive or negative.</summary>
    Binary,

    /// <summary>A row is a signal that has a number.</summary>
    Regression,

    /// <summary>A row is a snapshot of all cells, and every cell has numbers.</summary>
    Field,

    /// <summary>A row is a cell of one of several classes.</summary>
    NodeMulticlass,

    /// <summary>A row is a cell that has a number.</summary>
    NodeRegression,
}
