// A table of cells read whole: the cells by name, their graph, and their features in the graph's order.
using GaryMesh.MLNet.Data;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Nodes;

/// <summary>
/// The rows of a table as cells of a graph. The graph's cells stand in the order of their names, whatever the order of the
/// rows: neither training nor scores depend on how a table happens to be sorted.
/// </summary>
internal sealed class NodeRows
{
    private NodeRows(CellIds ids, int[] places, Graph graph, float[] features)
    {
        Ids = ids;
        Places = places;
        Graph = graph;
        Features = features;
    }

    public CellIds Ids { get; }

    /// <summary>For each row its cell.</summary>
    public int[] Places { get; }

    public Graph Graph { get; }

    /// <summary>[cells x k].</summary>
    public float[] Features { get; }

    /// <summary>The features of a row.</summary>
    public ReadOnlySpan<float> FeaturesOf(int row)
    {
        var size = Features.Length / Places.Length;
        return Features.AsSpan(Places[row] * size, size);
    }

    public static NodeRows Read(IDataView data, NodeTable table, string featureColumnName, ColumnKind features)
    {
        data.Schema.Require("id", table.IdColumnName, ColumnKind.Identity);
        var column = data.Schema.Require("feature", featureColumnName, features);
        var ids = CellIds.Of([.. CellIds.Read(data, "id", table.IdColumnName)], table.IdColumnName);
        if (ids.Count == 0)
            throw new InvalidOperationException("Training set has 0 instances, aborting training.");
        var places = PlacesOf(ids.Names);
        var graph = table.Edges.Between(ids, places, table.SkipsUnknown);
        return new NodeRows(ids, places, graph, ReadFeatures(data, column, places));
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

    private static float[] ReadFeatures(IDataView data, DataViewSchema.Column column, int[] places)
    {
        var size = ((VectorDataViewType)column.Type).Size;
        var features = new float[checked(size * places.Length)];
        using var cursor = data.GetRowCursor([column]);
        var get = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> buffer = default;
        for (var row = 0; cursor.MoveNext(); row++)
        {
            get(ref buffer);
            buffer.CopyTo(features.AsSpan(places[row] * size, size));
        }

        return features;
    }
}
