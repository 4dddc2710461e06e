// What a user may choose where rows are signals or snapshots.
namespace GaryMesh.MLNet;

/// <summary>Options of the trainers whose rows are signals or snapshots over one graph.</summary>
public abstract class MeshSignalOptions : MeshTrainerOptions
{
    /// <summary>The graph of the cells that a row speaks of.</summary>
    public MeshGraph Graph = null!;

    /// <summary>Whether features may be NaN, which means not measured. Without, a NaN in the training data is refused and
    /// one in a row to score gives NaN.</summary>
    public bool HandleMissingValues;

    /// <summary>Rows over a grid or torus are moved by up to so many cells in each direction in training, which teaches that a
    /// picture stays what it is.</summary>
    public int ShiftAugmentation;

    private protected override int Shift => ShiftAugmentation;
}
