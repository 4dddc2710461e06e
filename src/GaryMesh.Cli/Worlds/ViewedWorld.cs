using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Worlds;

/// <summary>The graph that a rule runs on, and the mesh that shows it, or null: with the frames that the rule was trained with.</summary>
internal sealed record ViewedWorld(Graph Graph, TriangleMesh? Mesh)
{
    /// <summary>The world of a graph's word for a rule: a pattern's that grows, one with upright frames where the rule sees directions of a surface,
    /// and else the graph as it is.</summary>
    public static ViewedWorld Read(string word, string up, Automaton automaton, Terminal terminal)
    {
        if (!automaton.Perception.SeesFrames)
        {
            var graph = GraphWord.Read(word, terminal);
            return new(graph, MeshWord.Read(word, graph));
        }

        if (automaton.Gate.IsOpen)
        {
            var world = TextureWorld.Read(word, UpWord.Read(up), terminal);
            return new(world.Graph, world.Mesh);
        }

        var growing = GrowingWorld.Read(word, up, terminal);
        return new(growing.Graph, MeshWord.Read(word, growing.Graph));
    }

    /// <summary>The graph of that world alone, without a mesh that nobody looks at.</summary>
    public static Graph GraphOf(string word, string up, Automaton automaton, Terminal terminal) =>
        automaton.Perception.SeesFrames ? Read(word, up, automaton, terminal).Graph : GraphWord.Read(word, terminal);
}
