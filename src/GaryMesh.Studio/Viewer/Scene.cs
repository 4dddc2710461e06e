using System.Text.Json.Nodes;

namespace GaryMesh.Studio.Viewer;

/// <summary>How a page shows a graph: a lattice or a ring as a picture, a mesh as a surface, cells with places as points, others in their order.</summary>
internal static class Scene
{
    /// <summary>Adds places and triangles to the sections and says which of these it is.</summary>
    public static JsonObject Write(Graph graph, TriangleMesh? mesh, Sections sections)
    {
        switch (graph.Topology)
        {
            case Topology.Grid grid:
                return Lattice(grid.Height, grid.Width, false);
            case Topology.Torus torus:
                return Lattice(torus.Height, torus.Width, true);
            case { IsLine: true }:
                return Lattice(1, graph.Cells, false);
        }

        if (graph.Positions.IsDefaultOrEmpty)
        {
            var width = (int)Math.Ceiling(Math.Sqrt(graph.Cells));
            return Lattice((graph.Cells + width - 1) / width, width, false);
        }

        sections.Add("places", [.. graph.Positions.Select(place => (float)place)]);

        if (graph.Topology.IsRing)
            return new JsonObject { ["kind"] = "ring" };

        if (mesh is null || mesh.VertexCount != graph.Cells)
            return new JsonObject { ["kind"] = "points" };

        sections.AddDifferences("faces", mesh.Faces.ToArray());
        return new JsonObject { ["kind"] = "mesh" };
    }

    private static JsonObject Lattice(int height, int width, bool closed) =>
        new() { ["kind"] = "lattice", ["height"] = height, ["width"] = width, ["closed"] = closed };
}
