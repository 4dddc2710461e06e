namespace GaryMesh.Cli.Words;

/// <summary>The notes on graphs and states in the help.</summary>
internal static class GraphWord
{
    public const string Note = """
        A graph (--graph) is ring:N, line:N, grid:HxW, torus:HxW (8 neighbours), torus6:HxW (6), icosphere:F
        (12 + 10 (F^2 - 1) cells), a mesh (.obj, .ply, .off, .stl, also .gz), a list of edges (.csv, .tsv: source,target[,weight],
        cells counted from 0, seen from both ends) or an archive (.npz with 'edges' [E x 2], perhaps 'positions').
        """;

    public const string StateNote = """
        A state (--state) is zeros, seed (zero but for one cell), noise:A (uniform in [0, A), by --seed) or a file (.npz with
        the array 'state' [cells x channels]).
        """;

    /// <summary>Whether the word is a mesh file, also one compressed with gzip.</summary>
    public static bool IsMesh(string word)
    {
        var name = word.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? word[..^3] : word;
        return Path.GetExtension(name).ToLowerInvariant() is ".obj" or ".ply" or ".off" or ".stl";
    }

    /// <summary>Height and width of a grid or torus; null for any other graph.</summary>
    public static (int Height, int Width)? Sides(Graph graph) =>
        graph.Topology switch
        {
            Topology.Grid grid => (grid.Height, grid.Width),
            Topology.Torus torus => (torus.Height, torus.Width),
            _ => null,
        };
}
