using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>The notes on graphs and states in the help.</summary>
internal static class GraphWord
{
    public const string Note = """
        A graph (--graph) is ring:N, line:N, grid:HxW, torus:HxW (8 neighbours), torus6:HxW (6), icosphere:F
        (12 + 10 (F^2 - 1) cells), delaunay:N (cells strewn on a sphere, each with its own neighbourhood), geometric:N (cells strewn in
        a square, some 10 neighbours), a mesh (.obj, .ply, .off, .stl, also with .gz), a list of edges (.csv, .tsv, .txt, .edges, .edgelist: source,
        target and perhaps weight on a line), a sparse matrix (.mtx, SciPy's .npz), GraphML (.graphml) or an archive (.npz with
        'edges' [E x 2], perhaps 'positions'); text also with .gz. Cells are counted from 0 or named, an edge is seen from both
        ends; words behind the name ask for more: FILE:directed (the target alone sees the source), :undirected, :one-based,
        :named (numbers are names), :merge (edges that stand twice count once). gary-mesh info FILE says how it is read.
        """;

    /// <summary>The graph of a word; what its file may mean otherwise is a warning.</summary>
    public static Graph Read(string word, Terminal terminal)
    {
        var reading = GraphFile.Open(word);

        foreach (var warning in reading.Warnings)
            terminal.Warn($"{reading.Graph.Name}: {warning}.");

        return reading.Graph;
    }

    /// <summary>The path of the file that a word names, without the words behind it; null where it names none.</summary>
    public static string? PathOf(string word)
    {
        for (var path = word; ; path = path[..path.LastIndexOf(':')])
        {
            if (File.Exists(path))
                return path;

            if (!path.Contains(':'))
                return null;
        }
    }

    public const string StateNote = """
        A state (--state) is zeros, seed (zero but for one cell), noise:A (uniform in [0, A), by --seed) or a file (.npz with
        the array 'state' [cells x channels]).
        """;

    /// <summary>Whether the word is a mesh file, also one compressed with gzip.</summary>
    public static bool IsMesh(string word) => EndingOf(word) is ".obj" or ".ply" or ".off" or ".stl";

    /// <summary>The ending that tells a file's format, in small letters: the one before .gz.</summary>
    public static string EndingOf(string path) => Path.GetExtension(
        path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path).ToLowerInvariant();

    /// <summary>Height and width of a grid or torus; null for any other graph.</summary>
    public static (int Height, int Width)? Sides(Graph graph) =>
        graph.Topology switch
        {
            Topology.Grid grid => (grid.Height, grid.Width),
            Topology.Torus torus => (torus.Height, torus.Width),
            _ => null,
        };
}
