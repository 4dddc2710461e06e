namespace GaryMesh.Studio.Exports;

/// <summary>A graph as an exported rule reads it, under the perception and spacing of an automaton: a table of neighbours, and what each of them
/// weighs in each operator.</summary>
public sealed class GraphTables
{
    private GraphTables(Graph graph, int operators, int width)
    {
        (Graph, Operators, Width) = (graph, operators, width);
        (Neighbours, Weights) = (new long[(long)graph.Cells * width], new float[(long)graph.Cells * operators * width]);
        Array.Fill(Neighbours, -1);
    }

    /// <summary>The graph.</summary>
    public Graph Graph { get; }

    /// <summary>Operators that look along edges.</summary>
    public int Operators { get; }

    /// <summary>Columns of the table: what the cell that sees most sees, at least 1.</summary>
    public int Width { get; }

    /// <summary>The cells that each cell sees [cells x width], -1 where it sees fewer.</summary>
    public long[] Neighbours { get; }

    /// <summary>What each of them weighs [cells x operators x width], 0 where there is none.</summary>
    public float[] Weights { get; }

    /// <summary>The tables of a graph for an automaton: the engine's own numbers.</summary>
    /// <param name="automaton">The automaton whose perception and spacing weigh the edges.</param>
    /// <param name="graph">The graph, with frames where the perception asks for them.</param>
    public static GraphTables Of(Automaton automaton, Graph graph)
    {
        var stencil = new Stencil(automaton.Perception, graph, automaton.Spacing);
        var width = Enumerable.Range(0, graph.Cells).Max(graph.Degree);
        var operators = stencil.Edged.Length;
        var tables = new GraphTables(graph, operators, Math.Max(1, width));
        var (weights, own) = (new double[width * operators], new double[operators]);

        for (var cell = 0L; cell < graph.Cells; cell++)
        {
            stencil.Weigh((int)cell, weights, 0, own, 0);

            for (var at = 0; at < graph.Degree((int)cell); at++)
            {
                tables.Neighbours[(cell * tables.Width) + at] = graph.Neighbours[graph.RowStart[(int)cell] + at];

                for (var k = 0; k < operators; k++)
                    tables.Weights[(((cell * operators) + k) * tables.Width) + at] = (float)weights[(at * operators) + k];
            }
        }

        return tables;
    }

    /// <summary>Writes the arrays `neighbours` and `weights` as an archive that NumPy opens.</summary>
    /// <param name="path">The file, which ends in .npz.</param>
    public void Write(string path) => Npz.Write(path,
    [
        KeyValuePair.Create("neighbours", NpyArray.OfInt64([Graph.Cells, Width], Neighbours)),
        KeyValuePair.Create("weights", NpyArray.OfFloat32([Graph.Cells, Operators, Width], Weights)),
    ]);
}
