// A table of cells read whole, in one pass: the cells by name, their graph, and their features in the graph's order.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Training;
using Microsoft.ML;

namespace GaryMesh.MLNet.Nodes;

/// <summary>
/// The rows of a table as cells of a graph. The graph's cells stand in the order of their names, whatever the order of the
/// rows: neither training nor scores depend on how a table happens to be sorted.
/// </summary>
/// <param name="Ids">The cells' names in the order of the rows.</param>
/// <param name="Places">For each row its cell.</param>
/// <param name="Graph">The edges between the cells.</param>
/// <param name="Features">[cells x k].</param>
internal sealed record NodeRows(CellIds Ids, int[] Places, Graph Graph, float[] Features)
{
    /// <summary>Reads a table: a source may give its rows in another order each time, so that it is asked once.</summary>
    /// <param name="data">The table.</param>
    /// <param name="table">The id column, and the edges.</param>
    /// <param name="layout">The feature columns.</param>
    /// <param name="missing">Whether features may be NaN.</param>
    /// <param name="labels">What reads labels on the way, or null.</param>
    public static NodeRows Read(IDataView data, NodeTable table, FeatureLayout layout, bool missing, NodeLabels? labels = null)
    {
        var id = data.Schema.Require("id", table.IdColumnName, ColumnKind.Identity);
        var columns = layout.Require(data.Schema, "feature", cells: 1);
        var size = layout.Features;
        var (names, features) = (new List<string>(), new float[size * Math.Max(64, data.GetRowCount() ?? 64)]);
        using (var cursor = data.GetRowCursor([id, .. columns, .. labels?.Columns ?? []]))
        {
            var readId = CellIds.Reader(cursor, id);
            var readFeatures = layout.Reader(cursor, columns);
            var readLabels = labels?.Reader(cursor);
            for (var row = 0; cursor.MoveNext(); row++)
            {
                var name = readId() ?? throw new InvalidOperationException($"Row {row} of id column '{table.IdColumnName}' holds no value");
                names.Add(name);
                if (features.Length < (row + 1) * (long)size)
                    Array.Resize(ref features, checked(2 * features.Length));
                var own = features.AsSpan(row * size, size);
                readFeatures(own);
                Reading.CheckFeatures(own, layout, $"{row} ('{name}')", missing, labels is null
                    ? "but the model was trained without HandleMissingValues, and as nodes are scored together, one missing value refuses the whole table"
                    : "but missing values are legal only with HandleMissingValues");
                readLabels?.Invoke(row);
            }
        }

        if (names.Count == 0)
            throw new InvalidOperationException(labels is null ? "The table holds no row, so there is no node to score." : "Training set has 0 instances, aborting training.");
        var ids = CellIds.Of([.. names], table.IdColumnName);
        var places = PlacesOf(ids.Names);
        return new NodeRows(ids, places, GraphOf(table, ids, places), Placed(features, places, size));
    }

    private static Graph GraphOf(NodeTable table, CellIds ids, int[] places)
    {
        try
        {
            return table.Edges.Between(ids, places, table.SkipsUnknown);
        }
        catch (InvalidOperationException error)
        {
            throw new InvalidOperationException(
                $"{error.Message}. Where a split took rows away, keep them and mark them in a split column; where edges may end outside the table, set SkipUnknownNodes.", error);
        }
    }

    private static int[] PlacesOf(string[] names)
    {
        var order = Enumerable.Range(0, names.Length).ToArray();
        Array.Sort((string[])names.Clone(), order, StringComparer.Ordinal);
        var places = new int[names.Length];
        for (var place = 0; place < order.Length; place++)
            places[order[place]] = place;
        return places;
    }

    // Rows move to their places in a second array; the first is as large as the table and goes at once.
    private static float[] Placed(float[] rows, int[] places, int size)
    {
        var placed = new float[size * places.Length];
        for (var row = 0; row < places.Length; row++)
            rows.AsSpan(row * size, size).CopyTo(placed.AsSpan(places[row] * size));
        return placed;
    }
}
