namespace GaryMesh.Cluster;

/// <summary>What a silo must know of a training to compute gradients: the automaton, the graph and the loss of a pattern that grows. Batches come
/// from the client, which holds the pool, the optimiser and the validation.</summary>
[GenerateSerializer, Immutable]
public sealed record TrainSpec
{
    /// <summary>The rule file's bytes; batches bring parameters of their own.</summary>
    [Id(0)]
    public required byte[] Rule { get; init; }

    /// <summary>The rows of the graph as it is trained on.</summary>
    [Id(1)]
    public required GraphRows Graph { get; init; }

    /// <summary>What the pattern may come out as [cells x 4], each.</summary>
    [Id(2)]
    public required float[][] Targets { get; init; }

    /// <summary>The weight of overflow in the loss.</summary>
    [Id(3)]
    public required double Overflow { get; init; }

    /// <summary>The version of the library: all silos must have it.</summary>
    [Id(4)]
    public string Version { get; init; } = RunSpec.Current;

    /// <summary>The description of a pattern's training.</summary>
    public static TrainSpec Of(Automaton automaton, Graph graph, State[] targets, double overflow)
    {
        using var rule = new MemoryStream();
        RuleFile.Write(rule, automaton);
        return new() { Rule = rule.ToArray(), Graph = GraphRows.Of(graph), Targets = [.. targets.Select(target => target.ToArray())], Overflow = overflow };
    }

    /// <summary>The automaton.</summary>
    public Automaton Automaton()
    {
        using var stream = new MemoryStream(Rule);
        return RuleFile.Read(stream, "the training's rule");
    }

    /// <summary>The loss of every rollout.</summary>
    public Loss Loss(int channels) =>
        GrowingRecipe.Loss([.. Targets.Select(target => new State(target.Length / GrowingRecipe.Shown, GrowingRecipe.Shown, target))], channels, Overflow);
}

/// <summary>A graph as rows, as far as a step reads it.</summary>
/// <param name="RowStart">Where each cell's edges begin [cells + 1].</param>
/// <param name="Neighbours">The cell that each edge sees [edges].</param>
/// <param name="Offsets">x, y, z of each edge [3 x edges]; empty where cells have no places.</param>
/// <param name="Weights">Of each edge; empty where all are 1.</param>
/// <param name="Frames">u, v and n of each cell [9 x cells]; empty for none.</param>
/// <param name="Spacings">Of each cell; empty where all are 1.</param>
[GenerateSerializer, Immutable]
public sealed record GraphRows(
    [property: Id(0)] int[] RowStart,
    [property: Id(1)] int[] Neighbours,
    [property: Id(2)] double[] Offsets,
    [property: Id(3)] double[] Weights,
    [property: Id(4)] double[] Frames,
    [property: Id(5)] double[] Spacings)
{
    /// <summary>The rows of a graph.</summary>
    public static GraphRows Of(Graph graph) =>
        new([.. graph.RowStart], [.. graph.Neighbours], [.. graph.Offsets], [.. graph.Weights], [.. graph.Frames], [.. graph.Spacings]);

    /// <summary>The graph of these rows: the same bits, without places.</summary>
    public Graph Graph()
    {
        var graph = GaryMesh.Graph.OfRows(RowStart, Neighbours, Offsets, Weights, null);
        graph = Frames.Length == 0 ? graph : graph.WithFrames(Frames);
        return Spacings.Length == 0 ? graph : graph.WithSpacing(Spacings);
    }
}

/// <summary>Some rollouts of a batch.</summary>
/// <param name="Number">Tells this batch from the others of the training.</param>
/// <param name="Parameters">The rule's.</param>
/// <param name="TimeStep">What its change is multiplied by.</param>
/// <param name="FireRate">The share of the cells that fire in a step.</param>
/// <param name="Key">The key of what the losses draw.</param>
/// <param name="Rollouts">The rollouts.</param>
[GenerateSerializer, Immutable]
internal sealed record GradientShare(
    [property: Id(0)] long Number,
    [property: Id(1)] float[] Parameters,
    [property: Id(2)] double TimeStep,
    [property: Id(3)] double FireRate,
    [property: Id(4)] ulong Key,
    [property: Id(5)] SharedRollout[] Rollouts);

/// <summary>One of them: its start [cells x channels], length and firing.</summary>
[GenerateSerializer, Immutable]
internal readonly record struct SharedRollout(
    [property: Id(0)] float[] Start, [property: Id(1)] int Steps, [property: Id(2)] ulong Seed, [property: Id(3)] int Sample);

/// <summary>What a rollout came to.</summary>
[GenerateSerializer, Immutable]
internal readonly record struct SharedOutcome(
    [property: Id(0)] double Loss, [property: Id(1)] string[] Names, [property: Id(2)] double[] Parts, [property: Id(3)] float[] Final)
{
    public static SharedOutcome Of(Outcome outcome) => new(
        outcome.Loss,
        [.. outcome.Parts.Select(part => part.Item1)],
        [.. outcome.Parts.Select(part => part.Item2)],
        outcome.Final.ToArray());

    public RolloutOutcome Read(int cells, int channels) => new(
        Loss, [.. Names.Zip(Parts, (name, part) => (name, part))], new State(cells, channels, Final));
}

/// <summary>A silo's answer to a share.</summary>
/// <param name="Known">Whether it knows the training.</param>
/// <param name="Error">Why it cannot compute the share, or null.</param>
/// <param name="Outcomes">What the rollouts came to; null while they are not done.</param>
[GenerateSerializer, Immutable]
internal sealed record ShareAnswer(
    [property: Id(0)] bool Known, [property: Id(1)] string? Error, [property: Id(2)] SharedOutcome[]? Outcomes);
