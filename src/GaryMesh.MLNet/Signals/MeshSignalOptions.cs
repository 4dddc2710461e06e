// The options where rows are signals or snapshots.
namespace GaryMesh.MLNet;

/// <summary>Options of the trainers whose rows are signals or snapshots over one graph.</summary>
public abstract class MeshSignalOptions : MeshTrainerOptions
{
    /// <summary>The graph of a row's cells.</summary>
    public MeshGraph Graph = null!;

    /// <summary>Whether features may be NaN, which means not measured. Without, a NaN in the training data is refused and
    /// one in a row to score gives NaN.</summary>
    public bool HandleMissingValues;

    /// <summary>Data augmentation: rows over a grid or torus are shifted at random by up to this many cells in each direction in
    /// training.</summary>
    public int ShiftAugmentation;

    private protected override int Shift => ShiftAugmentation;
}
