using System.Text.Json.Nodes;

namespace GaryMesh.Studio.Viewer;

/// <summary>How a page shows a graph: a lattice or a ring as a picture, a mesh as a surface, cells with places as points, others in their order.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Sides">Height and width of a lattice, or null where cells have places.</param>
/// <param name="Closed">Whether the lattice is closed in both directions.</param>
internal sealed record Scene(Graph Graph, (int Height, int Width)? Sides, bool Closed)
{
    /// <summary>The scene of a graph.</summary>
    public static Scene Of(Graph graph)
    {
        // Cells without places stand in a square, in their order.
        var side = (int)Math.Ceiling(Math.Sqrt(graph.Cells));
        return graph.Topology switch
        {
            Topology.Grid grid => new(graph, (grid.Height, grid.Width), false),
            Topology.Torus torus => new(graph, (torus.Height, torus.Width), true),
            { IsLine: true } => new(graph, (1, graph.Cells), false),
            _ when graph.Positions.IsDefaultOrEmpty => new(graph, ((graph.Cells + side - 1) / side, side), false),
            _ => new(graph, null, false),
        };
    }

    /// <summary>Adds triangles to the sections and says what is shown.</summary>
    public JsonObject Write(TriangleMesh? mesh, Sections sections)
    {
        if (Sides is var (height, width))
            return new JsonObject { ["kind"] = "lattice", ["height"] = height, ["width"] = width, ["closed"] = Closed };

        if (Graph.Topology.IsRing)
            return new JsonObject { ["kind"] = "ring" };

        if (mesh is null || mesh.VertexCount != Graph.Cells)
            return new JsonObject { ["kind"] = "points" };

        sections.AddDifferences("faces", mesh.Faces.ToArray());
        return new JsonObject { ["kind"] = "mesh" };
    }

    /// <summary>How far a cell is from a place: column and row of a lattice, x, y, z elsewhere; as a page has it, to the last bit but the root's.</summary>
    public double Distance(int cell, double[] at)
    {
        if (Sides is var (height, width))
            return Length([Apart(cell % width, at[0], width), Apart(cell / width, at[1], height)]);

        return Length([.. Enumerable.Range(0, 3).Select(axis => (float)Graph.Positions[(3 * cell) + axis] - at[axis])]);
    }

    private static double Length(double[] along) => Math.Sqrt(along.Sum(x => x * x));

    private double Apart(int cell, double at, int side) =>
        Math.Abs(cell - at) is var straight && Closed ? Math.Min(straight, side - straight) : straight;
}
