// The table of a model whose rows are graphs: where their edges stand, and what a cell is told of them.
namespace GaryMesh.MLNet.Data;

/// <param name="EdgeColumnName">The column of a row's edges: source, target, source, target, ...</param>
/// <param name="WeightColumnName">The column of their weights, or null.</param>
/// <param name="Directed">Whether the target alone sees the source.</param>
/// <param name="WalkLength">The longest closed random walk whose probability is a feature of its cell.</param>
internal sealed record GraphTable(string EdgeColumnName, string? WeightColumnName, bool Directed, int WalkLength)
{
    /// <summary>Features of closed walks: lengths 2, 3, ... .</summary>
    public int Walks => Math.Max(0, WalkLength - 1);
}
