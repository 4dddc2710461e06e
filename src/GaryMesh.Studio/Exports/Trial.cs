namespace GaryMesh.Studio.Exports;

/// <summary>A graph with a start and inputs on which an export is held against the engine.</summary>
internal sealed record Trial(Graph Graph, State Start, State? Inputs)
{
    /// <summary>Graphs of every kind: one cell, no edges, lattices, a mesh, edges of any weight and direction, 100,000 cells.</summary>
    public static IEnumerable<Trial> All(Automaton automaton)
    {
        yield return On(automaton, Graph.Line(1).Named("one cell"), false);
        yield return On(automaton, Graph.OfEdges(7, [], [], true).Named("7 cells, no edges"), false);
        yield return On(automaton, Graph.Ring(60), true);
        yield return On(automaton, Graph.Grid(9, 13), true);
        yield return On(automaton, Graph.Icosphere(5), true);
        yield return On(automaton, Scattered(200, 500), false);
        yield return On(automaton, Graph.Torus(250, 400), true);
    }

    /// <summary>A small graph for a test that travels with an export.</summary>
    public static Trial Small(Automaton automaton) => On(automaton, Graph.Grid(3, 4), true);

    /// <summary>A trial on a graph: where the rule sees tangents, they lie in the surface, or anywhere where there is none. The start is the
    /// automaton's own, with noise in every other cell or so.</summary>
    private static Trial On(Automaton automaton, Graph graph, bool isSurface)
    {
        const ulong Seed = 77;

        if (automaton.Perception.SeesFrames)
        {
            graph = graph.WithFrames(isSurface
                ? Frames.Upright(graph, (0, 1, 0), 10)
                : Frames.Towards([.. Enumerable.Range(0, 3 * graph.Cells).Select(at => Counter.Normal(Counter.Key(Seed, 1), at))], (0.3, -1, 0.2)));
        }

        var shape = automaton.Rule.Shape;
        var start = automaton.Start.On(graph, shape.Channels, Seed);
        var noise = Counter.Key(Seed, 2);
        var where = Counter.Key(Seed, 3);
        var given = Counter.Key(Seed, 4);
        return new(
            graph,
            State.Create(graph.Cells, shape.Channels, (cell, channel) => start[cell, channel]
                + (Counter.Below(2, where, cell) == 0 ? 0 : (float)Counter.Uniform(noise, ((long)cell * shape.Channels) + channel) - 0.5f)),
            shape.Inputs == 0 ? null : State.Create(graph.Cells, shape.Inputs, (cell, input) =>
                // Words, and weights of a blend, are 0 or 1 as a rule.
                (((long)cell * shape.Inputs) + input) is var at && Counter.Below(3, where, -at - 1) is var kind && kind < 2 ? kind : (float)Counter.Uniform(given, at)));
    }

    /// <summary>Cells at random places and directed edges of random weights among them.</summary>
    private static Graph Scattered(int cells, int edges)
    {
        int[] Ends(int part) => [.. Enumerable.Range(0, edges).Select(at => Counter.Below(cells, Counter.Key(5, part), at))];
        double[] Numbers(int part, int count) => [.. Enumerable.Range(0, count).Select(at => Counter.Uniform(Counter.Key(5, part), at))];
        return Graph.OfEdges(cells, Ends(1), Ends(2), true, Numbers(3, edges), Numbers(4, 3 * cells)).Named($"{edges} edges at random");
    }
}
