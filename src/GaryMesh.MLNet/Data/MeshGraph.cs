// The graph of a stage: who sees whom among the cells that a row, or a data set, speaks of.
using GaryMesh.MLNet.Data;
using Microsoft.ML;

namespace GaryMesh.MLNet;

/// <summary>
/// Who sees whom among the cells of a signal: ring, line, grid, torus, nearest neighbours, listed edges or a mesh's vertices.
/// </summary>
/// <remarks>
/// Cell i owns the i-th group of values of a row's feature vector: with k values a cell, the slots i k to i k + k - 1. A
/// graph is immutable and is kept with the model that was trained on it.
/// </remarks>
public sealed class MeshGraph
{
    private MeshGraph(Graph graph) => Graph = graph;

    /// <summary>The graph as the core has it.</summary>
    public Graph Graph { get; }

    /// <summary>Number of cells.</summary>
    public int Cells => Graph.Cells;

    /// <summary>Number of directed edges: one that is seen from both ends counts twice.</summary>
    public int Edges => Graph.Edges;

    /// <summary>A graph of the core's.</summary>
    public static MeshGraph Of(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return new MeshGraph(graph);
    }

    /// <summary>Cells on a circle, each seeing the one before and the one after it.</summary>
    /// <param name="cells">Number of cells, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="cells"/> is less than 1.</exception>
    public static MeshGraph Ring(int cells) => new(Graph.Ring(cells));

    /// <summary>Cells on an open strip, such as the moments of a time series.</summary>
    /// <param name="cells">Number of cells, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="cells"/> is less than 1.</exception>
    public static MeshGraph Line(int cells) => new(Graph.Line(cells));

    /// <summary>The pixels of an image row by row, each seeing its up to eight neighbours.</summary>
    /// <param name="height">Number of rows, at least 1.</param>
    /// <param name="width">Number of columns, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A side is less than 1.</exception>
    public static MeshGraph Grid(int height, int width) => new(Graph.Grid(height, width));

    /// <summary>A grid that is closed in both directions.</summary>
    /// <param name="height">Number of rows, at least 3.</param>
    /// <param name="width">Number of columns, at least 3.</param>
    /// <exception cref="ArgumentOutOfRangeException">A side is less than 3.</exception>
    public static MeshGraph Torus(int height, int width) => new(Graph.Torus(height, width));

    /// <summary>Every cell sees the <paramref name="neighbours"/> others nearest to it.</summary>
    /// <param name="positions">x, y, z of each cell [cells x 3]; z is 0 for places on a map.</param>
    /// <param name="neighbours">Number of cells that each sees, less than the number of cells.</param>
    /// <exception cref="ArgumentException">The positions are no triples, not finite, or too few.</exception>
    public static MeshGraph NearestNeighbours(double[] positions, int neighbours) =>
        new(Graph.NearestNeighbours(positions, neighbours));

    /// <summary>Listed edges between cells that are counted from 0.</summary>
    /// <param name="cells">Number of cells, at least 1.</param>
    /// <param name="sources">For each edge the cell whose message the target receives, as in PyTorch Geometric and DGL.</param>
    /// <param name="targets">For each edge the cell that sees the source.</param>
    /// <param name="weights">For each edge its weight; 1 where null.</param>
    /// <param name="directions">For each edge the vector from source to target [edges x 3]; none where null.</param>
    /// <param name="directed">Whether the target alone sees the source; otherwise an edge is seen from both its ends, each
    /// time in the direction of the other end.</param>
    /// <exception cref="ArgumentException">The arrays do not fit each other, an edge ends outside the cells, or a number is
    /// not finite.</exception>
    public static MeshGraph FromEdges(
        int cells, int[] sources, int[] targets, double[]? weights = null, double[]? directions = null, bool directed = false)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(targets);
        return new MeshGraph(EdgeList.Connect(cells, sources, targets, weights, directions, directed));
    }

    /// <summary>Edges that stand in a data view, between cells whose names are given in the order of a row's values.</summary>
    /// <param name="edges">One row an edge.</param>
    /// <param name="cells">The cells' names in order; an edge names its ends by them.</param>
    /// <param name="sourceColumnName">The column of the end that is seen: text, a key or a whole number.</param>
    /// <param name="targetColumnName">The column of the end that sees it.</param>
    /// <param name="weightColumnName">A column of weights (Single), or null.</param>
    /// <param name="directionColumnName">A column of vectors from source to target (two or three Singles), or null.</param>
    /// <param name="directed">Whether the target alone sees the source.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidOperationException">An edge names a cell that is not among <paramref name="cells"/>.</exception>
    public static MeshGraph FromEdges(
        IDataView edges,
        IReadOnlyList<string> cells,
        string sourceColumnName = "Source",
        string targetColumnName = "Target",
        string? weightColumnName = null,
        string? directionColumnName = null,
        bool directed = false)
    {
        ArgumentNullException.ThrowIfNull(edges);
        ArgumentNullException.ThrowIfNull(cells);
        var columns = new EdgeColumns(sourceColumnName, targetColumnName, weightColumnName, directionColumnName, directed);
        return new MeshGraph(EdgeList.Read(edges, columns).Between(CellIds.Of(cells)));
    }

    /// <summary>The vertices of a mesh (.obj, .ply, .off, .stl), or the edges in a file: a list, a sparse matrix or GraphML (see <see cref="GraphFile"/>).</summary>
    /// <param name="path">The file; its extension names the format.</param>
    /// <exception cref="InvalidDataException">The file holds no graph.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static MeshGraph FromFile(string path) => new(GraphFile.Read(path));

    /// <inheritdoc/>
    public override string ToString() => $"{Graph.Name}: {Cells} cells, {Edges} edges";
}
