// Benchmarks of small graphs in the text form of the TU collection: DS_A.txt, DS_graph_indicator.txt and the like.
using System.Globalization;

namespace GaryMesh.MLNet;

/// <summary>A graph as a row of a data view.</summary>
public sealed class GraphRow
{
    /// <summary>The graph's class, as the file has it; empty where there are none.</summary>
    public string Label { get; set; } = "";

    /// <summary>The graph's number, the first of its line; NaN where there are none.</summary>
    public float Number { get; set; } = float.NaN;

    /// <summary>k values for each cell.</summary>
    public float[] Features { get; set; } = [];

    /// <summary>Source, target, source, target, ..., counted from 0 in this graph.</summary>
    public int[] Edges { get; set; } = [];
}

/// <summary>
/// A set of small graphs in the text form of the TU collection (Morris et al., 2020), such as MUTAG or PROTEINS.
/// </summary>
/// <remarks>
/// <c>DS_A.txt</c> holds an edge a line, between cells that are counted from 1 through all graphs; <c>DS_graph_indicator.txt</c> the graph of each
/// cell, <c>DS_graph_labels.txt</c> or <c>DS_graph_attributes.txt</c> the class or number of each graph. A cell's values are 1 for its kind in
/// <c>DS_node_labels.txt</c> among all kinds, then its numbers in <c>DS_node_attributes.txt</c>; the value 1 where there is neither. Labels and attributes of
/// edges are not read.
/// </remarks>
public sealed class TuGraphs
{
    private const int MaxKinds = 1024;

    private TuGraphs(string name, GraphRow[] rows, int valuesPerCell, bool ignoresEdges)
    {
        Name = name;
        Rows = rows;
        ValuesPerCell = valuesPerCell;
        IgnoresEdgeValues = ignoresEdges;
    }

    /// <summary>The name that the files begin with.</summary>
    public string Name { get; }

    /// <summary>The graphs.</summary>
    public IReadOnlyList<GraphRow> Rows { get; }

    /// <summary>k: values of a cell.</summary>
    public int ValuesPerCell { get; }

    /// <summary>Whether there are labels or attributes of edges, which are not read.</summary>
    public bool IgnoresEdgeValues { get; }

    /// <summary>Reads the files of a folder.</summary>
    /// <param name="folder">The folder with <c>DS_A.txt</c> and its companions, of one set.</param>
    /// <exception cref="InvalidDataException">A file is missing or does not fit the others; the message names file and line.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static TuGraphs Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var found = Directory.GetFiles(folder, "*_A.txt");
        if (found.Length != 1)
            throw new InvalidDataException($"{folder}: a benchmark has one file whose name ends with '_A.txt', but there are {found.Length}.");
        var name = Path.GetFileName(found[0])[..^"_A.txt".Length];
        string FileOf(string part) => Path.Combine(folder, $"{name}_{part}.txt");
        bool Has(string part) => File.Exists(FileOf(part));

        var owners = Column<int>("graph_indicator", "the number of a graph", (string text, IFormatProvider _, out int value) => Whole(text, out value), out var cellLines);
        if (owners.Count == 0)
            throw new InvalidDataException($"{FileOf("graph_indicator")}: there is no cell.");
        if (!Has("graph_labels") && !Has("graph_attributes"))
            throw new InvalidDataException($"{FileOf("graph_labels")}: the file is missing, and so is {name}_graph_attributes.txt.");
        var labels = Has("graph_labels") ? Column<string>("graph_labels", "a class", Text, out _) : null;
        var numbers = Has("graph_attributes") ? Table("graph_attributes").ConvertAll(line => line[0]) : null;
        if (labels is not null && numbers is not null && labels.Count != numbers.Count)
            throw new InvalidDataException($"{FileOf("graph_attributes")}: it has {numbers.Count} lines, but {name}_graph_labels.txt has {labels.Count}.");
        var graphs = labels?.Count ?? numbers!.Count;

        // Cells of a graph stand one after another in all published sets, but need not.
        var (places, counts) = (new int[owners.Count], new int[graphs]);
        for (var cell = 0; cell < owners.Count; cell++)
        {
            if (owners[cell] < 1 || owners[cell] > graphs)
                throw Bad("graph_indicator", cellLines[cell], FormattableString.Invariant($"a cell belongs to graph {owners[cell]}, but there are the graphs 1 to {graphs}"));
            places[cell] = counts[owners[cell] - 1]++;
        }

        var kinds = Has("node_labels") ? PerCell("node_labels", Column<string>("node_labels", "a label", Text, out _)) : null;
        var order = kinds?.Distinct().OrderBy(kind => kind.Length).ThenBy(kind => kind, StringComparer.Ordinal).ToArray() ?? [];
        if (order.Length > MaxKinds)
            throw new InvalidDataException($"{FileOf("node_labels")}: it has {order.Length} kinds of cells, more than {MaxKinds}: are they ids?");
        var index = order.Select((kind, at) => (kind, at)).ToDictionary(pair => pair.kind, pair => pair.at);
        var attributes = Has("node_attributes") ? PerCell("node_attributes", Table("node_attributes")) : null;
        var width = Math.Max(1, order.Length + (attributes?[0].Length ?? 0));
        var rows = Enumerable.Range(0, graphs).Select(graph => new GraphRow
        {
            Label = labels?[graph] ?? "",
            Number = numbers?[graph] ?? float.NaN,
            Features = new float[counts[graph] * width],
        }).ToArray();
        for (var cell = 0; cell < owners.Count; cell++)
        {
            var own = rows[owners[cell] - 1].Features.AsSpan(places[cell] * width, width);
            if (kinds is null && attributes is null)
                own[0] = 1;
            if (kinds is not null)
                own[index[kinds[cell]]] = 1;
            attributes?[cell].CopyTo(own[order.Length..]);
        }

        var edges = Enumerable.Range(0, graphs).Select(_ => new List<int>()).ToArray();
        Each("A", (line, parts) =>
        {
            if (parts.Length != 2 || !Whole(parts[0], out var from) || !Whole(parts[1], out var to))
                throw Bad("A", line, $"an edge is two numbers of cells, but the line is '{Shown(string.Join(", ", parts))}'");
            foreach (var end in new[] { from, to })
            {
                if (end < 1 || end > owners.Count)
                    throw Bad("A", line, FormattableString.Invariant($"an edge ends at cell {end}, but there are the cells 1 to {owners.Count}"));
            }

            if (owners[from - 1] != owners[to - 1])
                throw Bad("A", line, $"an edge joins cell {from} of graph {owners[from - 1]} with cell {to} of graph {owners[to - 1]}");
            edges[owners[from - 1] - 1].AddRange([places[from - 1], places[to - 1]]);
        });
        for (var graph = 0; graph < graphs; graph++)
            rows[graph].Edges = [.. edges[graph]];
        return new TuGraphs(name, rows, width, Has("edge_labels") || Has("edge_attributes"));

        InvalidDataException Bad(string part, int line, string what) => new($"{FileOf(part)}, line {line}: {what}.");

        void Each(string part, Action<int, string[]> take)
        {
            if (!Has(part))
                throw new InvalidDataException($"{FileOf(part)}: the file is missing.");
            var line = 0;
            foreach (var text in File.ReadLines(FileOf(part)))
            {
                line++;
                if (!string.IsNullOrWhiteSpace(text))
                    take(line, text.Split(',', StringSplitOptions.TrimEntries));
            }
        }

        List<T> Column<T>(string part, string what, TryParse<T> parse, out List<int> lines)
        {
            var values = new List<T>();
            var places = new List<int>();
            Each(part, (line, parts) =>
            {
                if (parts.Length != 1 || !parse(parts[0], CultureInfo.InvariantCulture, out var value))
                    throw Bad(part, line, $"a line is {what}, but it is '{Shown(string.Join(", ", parts))}'");
                values.Add(value);
                places.Add(line);
            });
            lines = places;
            return values;
        }

        List<float[]> Table(string part)
        {
            var values = new List<float[]>();
            Each(part, (line, parts) =>
            {
                var numbers = new float[parts.Length];
                for (var at = 0; at < parts.Length; at++)
                {
                    if (!float.TryParse(parts[at], CultureInfo.InvariantCulture, out numbers[at]) || float.IsInfinity(numbers[at]))
                        throw Bad(part, line, $"'{Shown(parts[at])}' is no finite number");
                }

                if (values.Count > 0 && values[0].Length != numbers.Length)
                    throw Bad(part, line, $"the first line has {values[0].Length} numbers, but this one {numbers.Length}");
                values.Add(numbers);
            });
            return values;
        }

        List<T> PerCell<T>(string part, List<T> values) => values.Count == owners.Count
            ? values
            : throw new InvalidDataException($"{FileOf(part)}: it has {values.Count} lines, but {name}_graph_indicator.txt has {owners.Count} cells.");
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"{Name}: {Rows.Count} graphs, {Rows.Sum(row => (long)row.Features.Length) / ValuesPerCell} cells of {ValuesPerCell} values, {Rows.Sum(row => (long)row.Edges.Length) / 2} edges as listed{(IgnoresEdgeValues ? "; labels and attributes of edges are not read" : "")}");

    private delegate bool TryParse<T>(string text, IFormatProvider culture, out T value);

    private static bool Text(string text, IFormatProvider culture, out string value)
    {
        value = text;
        return text.Length > 0;
    }

    private static bool Whole(string text, out int value) => int.TryParse(text, CultureInfo.InvariantCulture, out value);

    private static string Shown(string text) => new([.. text.Take(40).Select(letter => char.IsControl(letter) ? '?' : letter)]);
}
