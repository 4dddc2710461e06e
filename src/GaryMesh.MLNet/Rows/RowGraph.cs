// A row's own graph: its edges checked and merged, its cells' features with the walks that return to them.
using GaryMesh.MLNet.Data;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Rows;

/// <summary>Reads a graph of whatever row an ML.NET row or cursor stands at.</summary>
/// <param name="table">The columns.</param>
/// <param name="layout">The feature column and its values a cell.</param>
/// <param name="perception">What the weights are for.</param>
internal sealed class RowGraph(GraphTable table, FeatureLayout layout, Perception perception)
{
    private float[] _values = [];
    private int[] _edges = [];
    private float[] _weights = [];

    /// <summary>The graph; null for a row without cells.</summary>
    public Graph? Graph { get; private set; }

    /// <summary>The cells' features with those of walks, cell by cell.</summary>
    public float[] Features { get; private set; } = [];

    /// <summary>The columns in a schema; refused where one is missing or of another type.</summary>
    public static DataViewSchema.Column[] Require(DataViewSchema schema, GraphTable table, string features)
    {
        var columns = new List<DataViewSchema.Column>
        {
            schema.Require("feature", features, ColumnKind.Singles),
            schema.Require("edge", table.EdgeColumnName, ColumnKind.Integers),
        };
        if (table.WeightColumnName is { } weight)
            columns.Add(schema.Require("edge weight", weight, ColumnKind.Singles));
        return [.. columns];
    }

    /// <summary>A reader of those columns.</summary>
    public Action Reader(DataViewRow row, DataViewSchema.Column[] columns)
    {
        var getFeatures = row.GetGetter<VBuffer<float>>(columns[0]);
        var getEdges = row.GetGetter<VBuffer<int>>(columns[1]);
        var getWeights = columns.Length > 2 ? row.GetGetter<VBuffer<float>>(columns[2]) : null;
        VBuffer<float> features = default, weights = default;
        VBuffer<int> edges = default;
        return () =>
        {
            getFeatures(ref features);
            getEdges(ref edges);
            getWeights?.Invoke(ref weights);
            Take(features, edges, weights, row.Position);
        };
    }

    /// <summary>Makes the graph of a row.</summary>
    /// <exception cref="InvalidOperationException">The row's numbers make no graph.</exception>
    public void Take(in VBuffer<float> features, in VBuffer<int> edges, in VBuffer<float> weights, long? row)
    {
        // A pipeline in ML.NET's own format does not say which row it is at.
        var place = row is { } number ? $"Row {number}" : "A row";
        var perCell = layout.Features;
        if (features.Length % perCell != 0)
            throw new InvalidOperationException($"{place} of feature column '{layout.Names[0]}' holds {features.Length} values, but a cell has {perCell}, so that their number must be a multiple of it");
        var cells = features.Length / perCell;
        Graph = null;
        if (edges.Length % 2 != 0)
            throw new InvalidOperationException($"{place} of edge column '{table.EdgeColumnName}' holds {edges.Length} numbers, but each edge is two, a source and a target");
        var ends = Dense(edges, ref _edges);
        foreach (var end in ends)
        {
            if (end < 0 || end >= cells)
                throw new InvalidOperationException(FormattableString.Invariant($"{place} of edge column '{table.EdgeColumnName}' names cell {end}, but the row has {(cells == 0 ? "no cells" : $"the cells 0 to {cells - 1}")}"));
        }

        var worths = table.WeightColumnName is null ? default : Dense(weights, ref _weights);
        if (table.WeightColumnName is not null && 2 * worths.Length != ends.Length)
            throw new InvalidOperationException($"{place} of edge weight column '{table.WeightColumnName}' holds {worths.Length} weights, but there are {ends.Length / 2} edges");
        foreach (var worth in worths)
        {
            if (!float.IsFinite(worth))
                throw new InvalidOperationException(FormattableString.Invariant($"{place} of edge weight column '{table.WeightColumnName}' holds {worth}, which is no finite number"));
        }

        if (cells == 0)
            return;
        var values = Dense(features, ref _values);
        for (var at = 0; at < values.Length; at++)
        {
            if (float.IsInfinity(values[at]))
                throw new InvalidOperationException(FormattableString.Invariant($"{place} of feature column '{layout.Names[0]}' holds {values[at]}, which is no finite number"));
        }

        Graph = Connect(cells, ends, worths).Named(row is null ? "a row" : $"row {row}");
        Graph.CheckWeights(perception);
        Features = WithWalks(Graph, values, perCell);
    }

    // As in a table of edges: an undirected edge that is listed from both its ends, with one weight, counts once.
    private Graph Connect(int cells, ReadOnlySpan<int> ends, ReadOnlySpan<float> weights)
    {
        var waiting = new Dictionary<(int, int, float), int>();
        var (sources, targets, worths) = (new List<int>(ends.Length / 2), new List<int>(ends.Length / 2), new List<double>(weights.Length));
        for (var edge = 0; edge < ends.Length / 2; edge++)
        {
            var (source, target, weight) = (ends[2 * edge], ends[2 * edge + 1], weights.IsEmpty ? 1 : weights[edge]);
            if (!table.Directed && source != target)
            {
                if (waiting.TryGetValue((target, source, weight), out var count) && count > 0)
                {
                    waiting[(target, source, weight)] = count - 1;
                    continue;
                }

                waiting[(source, target, weight)] = waiting.GetValueOrDefault((source, target, weight)) + 1;
            }

            sources.Add(source);
            targets.Add(target);
            if (!weights.IsEmpty)
                worths.Add(weight);
        }

        return Graph.OfEdges(cells, [.. sources], [.. targets], table.Directed, weights.IsEmpty ? null : [.. worths], null);
    }

    /// <summary>
    /// The features, after which each cell has the probabilities that a random walk from it is back after 2, 3, ... steps: a small rule on
    /// equal cells cannot tell two triangles from a hexagon, these can (Dwivedi et al., ICLR 2022).
    /// </summary>
    private float[] WithWalks(Graph graph, ReadOnlySpan<float> values, int perCell)
    {
        var (cells, width) = (graph.Cells, perCell + table.Walks);
        var all = new float[cells * width];
        var (here, next) = (new double[cells], new double[cells]);
        for (var cell = 0; cell < cells; cell++)
        {
            values.Slice(cell * perCell, perCell).CopyTo(all.AsSpan(cell * width));
            Array.Clear(here);
            here[cell] = 1;
            for (var length = 1; length <= table.WalkLength; length++)
            {
                Array.Clear(next);
                for (var from = 0; from < cells; from++)
                {
                    if (here[from] == 0)
                        continue;
                    var share = here[from] / graph.Degree(from);
                    for (var edge = graph.RowStart[from]; edge < graph.RowStart[from + 1]; edge++)
                        next[graph.Neighbours[edge]] += share;
                }

                (here, next) = (next, here);
                if (length > 1)
                    all[cell * width + perCell + length - 2] = (float)here[cell];
            }
        }

        return all;
    }

    private static ReadOnlySpan<T> Dense<T>(in VBuffer<T> values, ref T[] room)
    {
        if (values.IsDense)
            return values.GetValues();
        if (room.Length < values.Length)
            room = new T[values.Length];
        values.CopyTo(room);
        return room.AsSpan(0, values.Length);
    }
}
