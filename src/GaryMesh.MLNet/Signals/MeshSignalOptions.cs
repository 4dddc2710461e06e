// The options where rows are signals or snapshots.
namespace GaryMesh.MLNet;

/// <summary>Options of the trainers whose rows are signals or snapshots over one graph.</summary>
public abstract class MeshSignalOptions : MeshTrainerOptions
{
    /// <summary>The graph of a row's cells.</summary>
    public MeshGraph Graph = null!;

    /// <summary>Data augmentation: rows over a grid or torus are shifted at random by up to this many cells in each direction in
    /// training.</summary>
    public int ShiftAugmentation;

    /// <summary>The fraction of the rows that is held out at random for validation, where no validation rows are given: within a pipeline and
    /// in <c>CrossValidate</c>. Rows that follow each other in time are better held out by hand.</summary>
    public double ValidationFraction;

    internal override void Check()
    {
        base.Check();
        Require(ValidationFraction is >= 0 and < 1, nameof(ValidationFraction), "at least 0 and below 1", ValidationFraction);
        Require(ShiftAugmentation >= 0, nameof(ShiftAugmentation), "at least 0", ShiftAugmentation);
        if (ShiftAugmentation > 0 && Graph.Graph.Topology is { IsGrid: false, IsTorus: false })
            throw new ArgumentException($"The option ShiftAugmentation moves rows over a grid or torus, but the graph is {Graph}.", nameof(ShiftAugmentation));
    }

    private protected override int Shift => ShiftAugmentation;
}
