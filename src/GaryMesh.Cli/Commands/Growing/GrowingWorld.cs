using GaryMesh.Cli.Commands.Textures;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Commands.Growing;

/// <summary>The graph that a pattern grows on, and how it is drawn.</summary>
internal sealed class GrowingWorld(TextureWorld world)
{
    /// <summary>A lattice as it is, a surface with frames, and any graph without places.</summary>
    public static GrowingWorld Read(string word, string up, Terminal terminal)
    {
        var graph = GraphWord.Read(word, terminal);
        return new(GraphWord.Sides(graph) is not null || graph.Positions.IsDefaultOrEmpty || graph.Topology is { IsRing: true } or { IsLine: true }
            ? new TextureWorld(graph, null)
            : TextureWorld.Read(word, UpWord.Read(up), terminal));
    }

    public Graph Graph => world.Graph;

    /// <summary>Refuses an output that shows cells which cannot be drawn.</summary>
    public void CheckDrawn(string option, string? path)
    {
        if (path is not null && !world.Drawn)
            throw new UserErrorException($"{option} draws a mesh, grid or torus, but {Graph.Name} is none of them.");
    }

    /// <summary>The first four channels over white, `size` pixels high.</summary>
    public Pixels Draw(State state, int? size)
    {
        var colours = new float[3 * state.Cells];

        for (var i = 0; i < colours.Length; i++)
            colours[i] = 1 - Math.Clamp(state[i / 3, 3], 0, 1) + state[i / 3, i % 3];

        return world.Draw(colours, size)!;
    }
}
