// The table of a model of nodes: the column that names a row's cell, and the edges between cells.
namespace GaryMesh.MLNet.Data;

/// <param name="IdColumnName">The column that names each row's cell.</param>
/// <param name="Edges">The edges by the names of their ends.</param>
/// <param name="SkipsUnknown">Whether an edge that ends at no row is left out instead of refused.</param>
internal sealed record NodeTable(string IdColumnName, EdgeList Edges, bool SkipsUnknown);
