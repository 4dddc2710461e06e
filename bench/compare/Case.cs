// A rollout to time: graph, automaton, start, and the operations that it executes.
namespace GaryMesh.Compare;

/// <summary>A rule on a graph, made ready for a number of threads.</summary>
public sealed class Case : IDisposable
{
    public const int Steps = 24;
    private const ulong Seed = 7;
    private readonly Prepared _prepared;
    private readonly Rollout _rollout;

    public Case(Graph graph, Automaton automaton, int threads, int steps = Steps)
    {
        var shape = automaton.Rule.Shape;
        Graph = graph;
        Automaton = automaton;
        Threads = threads;
        _prepared = new Prepared(automaton, graph, new EngineOptions { Threads = threads });
        var start = Start.NewNoise(0.1f).On(graph, shape.Channels, Seed);
        _rollout = Rollout.Of(start, steps, Firing.NewSeeded(Seed, 0));

        var fired = automaton.FireRate * steps;
        var edged = automaton.Perception.Operators.Count(operation => operation.IsNeighbours);
        LayerFlops = 2.0 * shape.MultiplyAdds * fired * graph.Cells;
        PerceptionFlops = 2.0 * edged * shape.Channels * fired * ((double)graph.Edges + graph.Cells);

        // Buffers are made and code is compiled here rather than under the clock.
        _prepared.Run(_rollout);
    }

    public Graph Graph { get; }
    public Automaton Automaton { get; }
    public int Threads { get; }

    /// <summary>Operations of the two layers for the cells that fire, in a rollout; their number is its mean.</summary>
    public double LayerFlops { get; }

    /// <summary>Operations of the perception for the cells that fire: a multiply-add an edge, operator and channel, and one
    /// for the own state.</summary>
    public double PerceptionFlops { get; }

    /// <summary>One rollout, the state copied in and out included.</summary>
    public void Run() => _prepared.Run(_rollout);

    /// <summary>Mean seconds a rollout, over about as long as it takes to see past a time slice.</summary>
    public double Seconds(double budget = 0.15) => Clock.MeanSeconds(budget, Run);

    /// <summary>gary-mesh with weights of the size that NumPy's have.</summary>
    public static Automaton GaryMesh =>
        Automaton.Of(Perception.Planar, Rule.Xavier(Rule.GaryMeshShape, 1, 1, 0.2));

    /// <summary>MeshNCA's shape with its own start.</summary>
    public static Automaton MeshNca => Automaton.MeshNca(1);

    /// <summary>Growing NCA's shape, without its gate: the layers are what is measured.</summary>
    public static Automaton Growing =>
        Automaton.Of(Perception.Sobel, Rule.Xavier(Rule.GrowingShape, 1, 0.5, 0.2));

    public void Dispose() => ((IDisposable)_prepared).Dispose();
}
