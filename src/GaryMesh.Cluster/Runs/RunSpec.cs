namespace GaryMesh.Cluster;

/// <summary>All that a run over several parts follows from: two runs of one description have the same bits.</summary>
[GenerateSerializer, Immutable]
public sealed record RunSpec
{
    /// <summary>The rule file's bytes.</summary>
    [Id(0)]
    public required byte[] Rule { get; init; }

    /// <summary>The graph's word or file name.</summary>
    [Id(1)]
    public required string Graph { get; init; }

    /// <summary>The graph file's bytes; null where the graph is a word.</summary>
    [Id(2)]
    public byte[]? GraphFile { get; init; }

    /// <summary>The start's word; null where <see cref="StartFile" /> has it.</summary>
    [Id(3)]
    public string? Start { get; init; }

    /// <summary>A state file's bytes; null where the start is a word.</summary>
    [Id(4)]
    public byte[]? StartFile { get; init; }

    /// <summary>The number of steps.</summary>
    [Id(5)]
    public required int Steps { get; init; }

    /// <summary>Everything random follows from it.</summary>
    [Id(6)]
    public required ulong Seed { get; init; }

    /// <summary>The number of parts.</summary>
    [Id(7)]
    public required int Parts { get; init; }

    /// <summary>How many hops wide a part's ghosts lie around its own cells.</summary>
    [Id(8)]
    public required int Halo { get; init; }

    /// <summary>Epochs from one checkpoint to the next; 0 for none.</summary>
    [Id(9)]
    public required int CheckpointEvery { get; init; }

    /// <summary>The probability that a cell updates at a step; null for the rule's own.</summary>
    [Id(10)]
    public double? FireRate { get; init; }

    /// <summary>The version of the library that the run was described by: all silos must have it.</summary>
    [Id(11)]
    public string Version { get; init; } = Current;

    /// <summary>Tells this description from any other, however often it arrives.</summary>
    [Id(12)]
    public Guid Id { get; init; } = Guid.NewGuid();

    /// <summary>Whether checkpoints are left out that would cost more than a twentieth of the time.</summary>
    [Id(13)]
    public bool Spaced { get; init; }

    /// <summary>The version of this library.</summary>
    public static string Current { get; } = typeof(RunSpec).Assembly.GetName().Version!.ToString();

    /// <summary>The description without its files, which are large, once they have been read.</summary>
    internal RunSpec WithoutFiles() => this with { GraphFile = null, StartFile = null };

    /// <summary>The automaton as it runs.</summary>
    /// <exception cref="ArgumentException">It sees directions of a surface, which the graphs of a cluster do not have: its cells would see nothing
    /// along them.</exception>
    public Automaton Automaton()
    {
        using var stream = new MemoryStream(Rule);
        var automaton = RuleFile.Read(stream, "the run's rule");

        if (automaton.Perception.SeesFrames)
            throw new ArgumentException("The rule sees the directions of a surface, as textures do, but the graphs of a cluster have none: gary-mesh run and texture apply run it.");

        return FireRate is { } rate ? automaton.WithFireRate(rate) : automaton;
    }

    /// <summary>The parts of the graph; those of a lattice need nothing of the whole.</summary>
    /// <exception cref="ArgumentException">There is no such graph, or it cannot be cut so.</exception>
    public Partition Cut() =>
        GraphFile is null && GaryMesh.GraphFile.Lattice(Graph) is { } lattice
            ? Partition.Of(lattice, Parts, Halo)
            : Partition.Of(WholeGraph(), Parts, Halo);

    /// <summary>The whole graph.</summary>
    public Graph WholeGraph()
    {
        if (GraphFile is null)
            return GaryMesh.GraphFile.Open(Graph).Graph;

        using var stream = new MemoryStream(GraphFile);
        return GaryMesh.GraphFile.Open(stream, Graph).Graph;
    }

    /// <summary>What the run starts from, where it is no file.</summary>
    public Start StartWord(Automaton automaton) => Start is null ? automaton.Start : GaryMesh.Start.Parse(Start);

    /// <summary>The whole state that the run starts from, where it is a file; null for a word.</summary>
    public State? StartState(Automaton automaton, Partition parts)
    {
        if (StartFile is null)
            return null;

        var channels = automaton.Rule.Shape.Channels;
        using var stream = new MemoryStream(StartFile);
        var state = StateFile.Read(stream, "the run's start");
        return state.Cells == parts.Cells && state.Channels == channels
            ? state
            : throw new ArgumentException($"The start has {state.Cells} cells x {state.Channels} channels, but {parts.Name} has {parts.Cells} cells and the rule {channels} channels.");
    }
}

/// <summary>How the steps of a run are shared into epochs: between two exchanges of ghosts lie as many steps as their width allows.</summary>
internal readonly record struct Epochs(int Steps, int StepsEach)
{
    /// <summary>The epochs of a run.</summary>
    /// <exception cref="ArgumentException">The ghosts are too narrow for one step.</exception>
    public static Epochs Of(RunSpec spec, Automaton automaton)
    {
        var hops = automaton.HopsPerStep;
        return spec.Halo >= hops
            ? new(spec.Steps, spec.Halo / hops)
            : throw new ArgumentException($"A step of the rule reads {hops} hops, but the halo is {spec.Halo} wide.");
    }

    /// <summary>The number of epochs.</summary>
    public int Count => (int)(((long)Steps + StepsEach - 1) / StepsEach);

    /// <summary>The steps done when so many epochs are.</summary>
    public int StepsAt(int epoch) => (int)Math.Min(Steps, (long)epoch * StepsEach);
}
