using System.Globalization;

namespace GaryMesh.Cli.Words;

/// <summary>The mesh whose vertices are a graph's cells.</summary>
internal static class MeshWord
{
    /// <summary>The mesh that a word's graph was read from, or a sphere, a doughnut or a sheet for the words of one; null for any
    /// other graph.</summary>
    public static TriangleMesh? Read(string word, Graph graph)
    {
        if (GraphWord.IsMesh(word))
            return MeshFile.Read(word);

        if (File.Exists(word))
            return null;

        return (graph.Topology, graph.Name.Split(':', 'x')) switch
        {
            (Topology.Torus torus, _) => TriangleMesh.Torus(torus.Height, torus.Width),
            (Topology.Grid { Height: > 1, Width: > 1 } grid, _) => TriangleMesh.Grid(grid.Height, grid.Width),
            (_, ["torus6", var height, var width]) when Number(height) * Number(width) == graph.Cells =>
                TriangleMesh.Torus(Number(height), Number(width)),
            (_, ["icosphere", var frequency]) when (10 * Number(frequency) * Number(frequency)) + 2 == graph.Cells =>
                TriangleMesh.Icosphere(Number(frequency)),
            (_, ["delaunay", var cells]) when Number(cells) == graph.Cells => TriangleMesh.Delaunay(graph.Cells, 1),
            _ => null,
        };

        static int Number(string text) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
