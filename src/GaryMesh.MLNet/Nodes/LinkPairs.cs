// The pairs of cells that a graph joins, and the graph without some of them.
namespace GaryMesh.MLNet.Nodes;

internal static class LinkPairs
{
    /// <summary>Each pair of different cells that the graph joins, once, whichever sees the other.</summary>
    public static (int One, int Other)[] Of(Graph graph) =>
    [
        .. Enumerable.Range(0, graph.Cells)
            .SelectMany(cell => Neighbours(graph, cell).Select(edge => Pair(cell, graph.Neighbours[edge])))
            .Where(pair => pair.One != pair.Other)
            .Distinct()
            .Order(),
    ];

    /// <summary>The graph without the edges between some pairs.</summary>
    public static Graph Without(Graph graph, IEnumerable<(int One, int Other)> pairs)
    {
        var gone = pairs.ToHashSet();
        var (rowStart, kept) = (new List<int> { 0 }, new List<int>());
        for (var cell = 0; cell < graph.Cells; cell++)
        {
            kept.AddRange(Neighbours(graph, cell).Where(edge => !gone.Contains(Pair(cell, graph.Neighbours[edge]))));
            rowStart.Add(kept.Count);
        }

        double[]? offsets = graph.Offsets.IsDefaultOrEmpty ? null : [.. kept.SelectMany(edge => graph.Offsets.AsSpan(3 * edge, 3).ToArray())];
        double[]? weights = graph.Weights.IsDefaultOrEmpty ? null : [.. kept.Select(edge => graph.Weights[edge])];
        return Graph.OfRows([.. rowStart], [.. kept.Select(edge => graph.Neighbours[edge])], offsets, weights, null);
    }

    private static IEnumerable<int> Neighbours(Graph graph, int cell) =>
        Enumerable.Range(graph.RowStart[cell], graph.RowStart[cell + 1] - graph.RowStart[cell]);

    private static (int One, int Other) Pair(int a, int b) => a < b ? (a, b) : (b, a);
}
