// Edges that stand in a data view: read once, kept by the names of their ends, and put between the cells of a table.
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Data;

/// <summary>Where a data view of edges holds what.</summary>
internal sealed record EdgeColumns(string Source, string Target, string? Weight, string? Direction, bool Directed);

/// <summary>Edges by the names of their ends, with weights and directions (x, y, z) where there are any.</summary>
internal sealed record EdgeList(string[] Sources, string[] Targets, double[]? Weights, double[]? Directions, bool Directed, EdgeColumns Columns)
{
    public int Count => Sources.Length;

    public static EdgeList Read(IDataView edges, EdgeColumns columns)
    {
        var source = edges.Schema.Require("source", columns.Source, ColumnKind.Identity);
        var target = edges.Schema.Require("target", columns.Target, ColumnKind.Identity);
        var needed = new List<DataViewSchema.Column> { source, target };
        if (columns.Weight is not null)
            needed.Add(edges.Schema.Require("edge weight", columns.Weight, ColumnKind.Single));
        if (columns.Direction is not null)
            needed.Add(edges.Schema.Require("direction", columns.Direction, _direction));

        using var cursor = edges.GetRowCursor(needed);
        var (readSource, readTarget) = (CellIds.Reader(cursor, source), CellIds.Reader(cursor, target));
        var (sources, targets) = (new List<string>(), new List<string>());
        var getWeight = columns.Weight is null ? null : cursor.GetGetter<float>(edges.Schema[columns.Weight]);
        var getDirection = columns.Direction is null ? null : cursor.GetGetter<VBuffer<float>>(edges.Schema[columns.Direction]);
        var weights = getWeight is null ? null : new List<double>();
        var directions = getDirection is null ? null : new List<double>();
        float weight = 0;
        VBuffer<float> direction = default;
        Span<float> axes = stackalloc float[3];
        while (cursor.MoveNext())
        {
            sources.Add(readSource() ?? throw Nameless(sources.Count, "source", columns.Source));
            targets.Add(readTarget() ?? throw Nameless(targets.Count, "target", columns.Target));
            if (getWeight is not null)
            {
                getWeight(ref weight);
                if (!float.IsFinite(weight))
                    throw new InvalidOperationException(FormattableString.Invariant($"Row {sources.Count - 1} of edge weight column '{columns.Weight}' holds {weight}, which is no finite number"));
                weights!.Add(weight);
            }

            if (getDirection is not null)
            {
                getDirection(ref direction);
                axes.Clear();
                direction.CopyTo(axes[..direction.Length]);
                foreach (var axis in axes)
                    directions!.Add(axis);
            }
        }

        return new EdgeList([.. sources], [.. targets], weights?.ToArray(), directions?.ToArray(), columns.Directed, columns);
    }

    /// <summary>The graph of these edges between the cells of a table.</summary>
    /// <param name="cells">The cells, by name.</param>
    /// <param name="places">What place of the graph each of them takes, or null for their own.</param>
    /// <param name="skip">Whether an edge that ends at no cell is left out instead of refused.</param>
    public Graph Between(CellIds cells, int[]? places = null, bool skip = false)
    {
        var (sources, targets, kept) = (new List<int>(Count), new List<int>(Count), new List<int>(Count));
        for (var edge = 0; edge < Count; edge++)
        {
            if (cells.TryFind(Sources[edge], out var source) && cells.TryFind(Targets[edge], out var target))
            {
                sources.Add(places?[source] ?? source);
                targets.Add(places?[target] ?? target);
                kept.Add(edge);
            }
            else if (!skip)
            {
                var (role, column, name) = cells.TryFind(Sources[edge], out _)
                    ? ("target", Columns.Target, Targets[edge])
                    : ("source", Columns.Source, Sources[edge]);
                throw new InvalidOperationException(
                    $"Row {edge} of {role} column '{column}' names '{name}', which is not among the {cells.Count} values of {cells.Described}");
            }
        }

        var weights = Weights is null ? null : kept.Select(edge => Weights[edge]).ToArray();
        var directions = Directions is null ? null : kept.SelectMany(edge => Directions.Skip(3 * edge).Take(3)).ToArray();
        return Connect(cells.Count, [.. sources], [.. targets], weights, directions, Directed);
    }

    /// <summary>The graph of edges between cells that are counted from 0, with directions [edges x 3] where there are any.</summary>
    public static Graph Connect(int cells, int[] sources, int[] targets, double[]? weights, double[]? directions, bool directed)
    {
        var graph = Graph.OfEdges(cells, sources, targets, directed, weights, null);
        if (directions is null)
            return graph;
        if (directions.Length != 3 * sources.Length)
            throw new ArgumentException($"There are {sources.Length} edges, which need {3 * sources.Length} numbers as directions, but {directions.Length} are given.", nameof(directions));

        // The rows of a list keep its order, so walking the list again meets each edge at the next place of its row.
        var next = graph.RowStart.ToArray();
        var offsets = new double[3 * graph.Edges];
        void Put(int cell, int edge, double sign)
        {
            var place = next[cell]++;
            for (var axis = 0; axis < 3; axis++)
                offsets[3 * place + axis] = sign * directions[3 * edge + axis];
        }

        for (var edge = 0; edge < sources.Length; edge++)
        {
            Put(targets[edge], edge, -1);
            if (!directed && sources[edge] != targets[edge])
                Put(sources[edge], edge, 1);
        }

        var sums = graph.Weights.IsDefaultOrEmpty ? null : graph.Weights.ToArray();
        return Graph.OfRows([.. graph.RowStart], [.. graph.Neighbours], offsets, sums, null);
    }

    /// <summary>The same edges from end to start: version 1 of the model's format had directed edges the other way round.</summary>
    public EdgeList Reversed() => this with
    {
        Sources = Targets,
        Targets = Sources,
        Directions = Directions?.Select(axis => -axis).ToArray(),
        Columns = Columns with
        {
            Source = Columns.Target,
            Target = Columns.Source,
            // Another table of edges needs its directions reversed, too: under a name that says so.
            Direction = Columns.Direction is null ? null : $"{Columns.Direction} (reversed)",
        },
    };

    private static readonly ColumnKind _direction = ColumnKind.Vector with
    {
        Expected = "Vector<Single, 2> or Vector<Single, 3>",
        Fits = type => ColumnKind.Vector.Fits(type) && ((VectorDataViewType)type).Size is 2 or 3,
    };

    private static InvalidOperationException Nameless(int row, string role, string column) =>
        new($"Row {row} of {role} column '{column}' holds no value");
}
