using GaryMesh.Cli.Meshes;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Worlds;

/// <summary>The graph that a pattern grows on, and how it is drawn.</summary>
internal sealed class GrowingWorld(TextureWorld world)
{
    /// <summary>A lattice as it is, a surface with the frame of the seed's cell, and any graph without places.</summary>
    public static GrowingWorld Read(string word, string up, Terminal terminal)
    {
        var graph = GraphWord.Read(word, terminal);

        if (GraphWord.Sides(graph) is not null || graph.Positions.IsDefaultOrEmpty || graph.Topology is { IsRing: true } or { IsLine: true })
            return new(new TextureWorld(graph, null));

        var surface = TextureWorld.Read(word, UpWord.Read(up), terminal);
        return new(surface with { Graph = GrowingRecipe.World(surface.Graph) });
    }

    public Graph Graph => world.Graph;

    /// <summary>Refuses an output that shows cells which cannot be drawn.</summary>
    public void CheckDrawn(string option, string? path)
    {
        if (path is not null && !world.Drawn)
            throw new UserErrorException($"{option} draws a mesh, grid or torus, but {Graph.Name} is none of them.");
    }

    /// <summary>The first four channels over white, `size` pixels high; a mesh as seen from above the seed's cell.</summary>
    public Pixels Draw(State state, int? size)
    {
        var colours = new float[3 * state.Cells];

        for (var i = 0; i < colours.Length; i++)
            colours[i] = 1 - Math.Clamp(state[i / 3, 3], 0, 1) + state[i / 3, i % 3];

        if (world.Mesh is null || GraphWord.Sides(Graph) is not null)
            return world.Draw(colours, size)!;

        // Frames point inwards, and their v downwards.
        var frame = Graph.Frames.AsSpan((9 * Graph.Middle) + 3, 6);
        return MeshPicture.Sheet(
            new ColouredMesh(world.Mesh, colours), size ?? 288, new View((-frame[3], -frame[4], -frame[5]), (-frame[0], -frame[1], -frame[2])));
    }
}
