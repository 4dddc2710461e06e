// Forward rollouts and gradients of the three usual shapes on the graphs that they are meant for, and of a pattern among dead cells.
using BenchmarkDotNet.Attributes;

namespace GaryMesh.Kernels;

/// <summary>An automaton on a graph, by the words that the benchmarks' tables show.</summary>
public static class Work
{
    public static Automaton Automaton(string shape) => shape switch
    {
        "gary-mesh" => GaryMesh.Automaton.Of(Perception.Planar, Rule.Xavier(Rule.GaryMeshShape, 1, 1, 0.2)),
        "mesh-nca" => GaryMesh.Automaton.MeshNca(1),
        "growing" => GaryMesh.Automaton.Of(Perception.Sobel, Rule.Xavier(Rule.GrowingShape, 1, 0.5, 0.2)),
        _ => throw new ArgumentException($"The shapes are gary-mesh, mesh-nca and growing, but not {shape}."),
    };

    public static Graph Graph(string graph) => graph switch
    {
        "ring:64" => GaryMesh.Graph.Ring(64),
        "ring:65536" => GaryMesh.Graph.Ring(65_536),
        "grid:256" => GaryMesh.Graph.Grid(256, 256),
        "torus6:100" => GaryMesh.Graph.Torus6(100, 100),
        "icosphere:80" => GaryMesh.Graph.Icosphere(80),
        _ => throw new ArgumentException($"There is no graph {graph} here."),
    };

    public static Rollout Rollout(Automaton automaton, Graph graph, int steps) => GaryMesh.Rollout.Of(
        Start.OfNoise(0.1f).On(graph, automaton.Rule.Shape.Channels, 1), steps, Firing.Of(1, 0));
}

/// <summary>A rollout of 24 steps, the state copied in and out included; half of the cells fire.</summary>
public class Forward
{
    private const int Steps = 24;
    private Prepared _prepared = null!;
    private Rollout _rollout = null!;

    [Params("gary-mesh on ring:64", "gary-mesh on ring:65536", "mesh-nca on icosphere:80", "growing on grid:256")]
    public string What { get; set; } = "";

    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>Numbers in a vector: 0 for the widest there is, 1 for none.</summary>
    [Params(0, 8, 4, 1)]
    public int Lanes { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        var words = What.Split(" on ");
        var (automaton, graph) = (Work.Automaton(words[0]), Work.Graph(words[1]));
        _prepared = new Prepared(automaton, graph, new EngineOptions { Threads = Threads, Lanes = Lanes });
        _rollout = Work.Rollout(automaton, graph, Steps);
    }

    [Benchmark]
    public State Rollout() => _prepared.Run(_rollout);

    [GlobalCleanup]
    public void Dispose() => _prepared.Dispose();
}

/// <summary>The gradient of a batch of rollouts of 24 steps.</summary>
public class Gradient
{
    private const int Steps = 24;
    private Prepared _prepared = null!;
    private Rollout[] _rollouts = [];
    private Loss _loss = null!;

    [Params("8 x gary-mesh on ring:64", "1 x gary-mesh on torus6:100", "1 x mesh-nca on torus6:100")]
    public string What { get; set; } = "";

    [Params(1, 2)]
    public int Threads { get; set; }

    [Params("everything", "states", "checkpoints")]
    public string Memory { get; set; } = "";

    [GlobalSetup]
    public void Prepare()
    {
        var words = What.Split(' ');
        var (automaton, graph) = (Work.Automaton(words[2]), Work.Graph(words[4]));
        var memory = Memory switch
        {
            "everything" => TraceMemory.Everything,
            "states" => TraceMemory.States,
            _ => TraceMemory.Checkpoints,
        };
        _prepared = new Prepared(automaton, graph, new EngineOptions { Threads = Threads, TraceMemory = memory });
        _rollouts = [.. Enumerable.Range(0, int.Parse(words[0])).Select(_ => Work.Rollout(automaton, graph, Steps))];
        _loss = new MeanSquared(new float[graph.Cells], 0);
    }

    [Benchmark]
    public BatchGradient Batch() => _prepared.Gradient(_rollouts, _loss);

    [GlobalCleanup]
    public void Dispose() => _prepared.Dispose();
}

/// <summary>Growing NCA, half of the cells firing, with a disc of some 600 living cells amid dead ones.</summary>
public class DeadRegions
{
    private Simulation _simulation = null!;
    private Prepared _prepared = null!;
    private Rollout[] _rollouts = [];
    private Loss _loss = null!;

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        // The last layer is zero, so the disc neither grows nor dies.
        var automaton = GaryMesh.Automaton.Growing(1);
        var options = new EngineOptions { Threads = Threads };
        var (wide, small) = (GaryMesh.Graph.Grid(1152, 1152), GaryMesh.Graph.Grid(72, 72));
        _simulation = new Simulation(automaton, wide, Disc(1152), Firing.Of(1, 0), null, options);
        _prepared = new Prepared(automaton, small, options);
        _rollouts = [.. Enumerable.Range(0, 8).Select(i => GaryMesh.Rollout.Of(Disc(72), 80, Firing.Of(1, i)))];
        _loss = new MeanSquared(Disc(72), null, null);
    }

    private static State Disc(int side) => State.Create(side * side, 16, (cell, channel) =>
        channel == 3 && double.Hypot((cell / side) - (side / 2), (cell % side) - (side / 2)) < 13.5 ? 1 : 0);

    /// <summary>100 steps on a grid of 1152 x 1152.</summary>
    [Benchmark(OperationsPerInvoke = 100)]
    public void Step() => _simulation.Step(100);

    /// <summary>The gradient of eight rollouts of 80 steps on a grid of 72 x 72.</summary>
    [Benchmark]
    public BatchGradient Batch() => _prepared.Gradient(_rollouts, _loss);

    [GlobalCleanup]
    public void Dispose()
    {
        _simulation.Dispose();
        _prepared.Dispose();
    }
}
