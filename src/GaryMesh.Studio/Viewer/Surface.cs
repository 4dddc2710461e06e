using System.Text.Json.Nodes;

namespace GaryMesh.Studio.Viewer;

/// <summary>A mesh of which a page holds places and triangles alone, and computes by itself who sees whom, the frames and the weights of edges, which
/// differ from edge to edge and do not shrink.</summary>
internal static class Surface
{
    private const int Many = 8192;

    /// <summary>Adds the places and says how the frames are made; null where the page could not make the graph's own.</summary>
    public static JsonObject? Write(Automaton automaton, Graph graph, TriangleMesh mesh, (double X, double Y, double Z) up, Sections sections)
    {
        var operators = automaton.Perception.Operators.OfType<Operator.Neighbours>().ToArray();

        if (operators.Any(one => !EdgeWeight.Names.Contains(one.Weight.Name)) || !graph.Weights.IsDefaultOrEmpty || !graph.Spacings.IsDefaultOrEmpty || graph.MeanLength == 0)
            return null;

        double[] places = [.. graph.Positions];
        int[] faces = mesh.Faces.ToArray();
        var plain = Graph.OfTriangles(graph.Name, places, faces);

        if (!plain.RowStart.SequenceEqual(graph.RowStart) || !plain.Neighbours.SequenceEqual(graph.Neighbours))
            return null;

        // Of many places in whole steps of a 2^23rd of an edge, so that weights are as near as float32 has them; of few as near as 32 bits go.
        var scale = Math.Max(graph.Cells > Many ? Math.ScaleB(graph.MeanLength, -23) : 0, places.Max(Math.Abs) / int.MaxValue);
        var description = new JsonObject { ["scale"] = scale, ["up"] = new JsonArray(up.X, up.Y, up.Z) };

        if (automaton.Perception.SeesFrames && !Framed(plain, graph, mesh, up, description))
            return null;

        sections.Add("fixed", [.. places.Select(place => (int)Math.Round(place / scale))]);
        return description;
    }

    /// <summary>Finds by which of the ways that a page knows the graph's frames were made.</summary>
    private static bool Framed(Graph plain, Graph graph, TriangleMesh mesh, (double X, double Y, double Z) up, JsonObject description)
    {
        if (graph.Frames.IsDefaultOrEmpty)
            return false;

        foreach (var normals in new[] { "edges", "faces" })
        {
            if (Upright(plain, mesh, up, normals) is not { } upright)
                continue;

            foreach (var carried in new[] { false, true })
            {
                if (!(carried ? GrowingRecipe.World(upright) : upright).Frames.SequenceEqual(graph.Frames))
                    continue;

                (description["normals"], description["carried"]) = (normals, carried);
                return true;
            }
        }

        return false;
    }

    private static Graph? Upright(Graph plain, TriangleMesh mesh, (double X, double Y, double Z) up, string normals)
    {
        try
        {
            return normals == "edges"
                ? TextureRecipe.World(plain, up)
                : TextureRecipe.World(plain, Frames.Normals(mesh.Vertices.ToArray(), mesh.Faces.ToArray(), up), up);
        }
        catch (ArgumentException)
        {
            // The edges of a cell span no plane.
            return null;
        }
    }
}
