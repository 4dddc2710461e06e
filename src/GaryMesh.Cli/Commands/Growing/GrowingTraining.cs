using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;

namespace GaryMesh.Cli.Commands.Growing;

/// <summary>What is trained to grow and how, in the words of `grow train`.</summary>
internal sealed record GrowingTraining(string Target, GrowingRegime Regime, ulong Seed)
{
    /// <summary>As many iterations as are done where nobody says how many.</summary>
    public const int Iterations = 8000;

    public string? Graph { get; init; }

    public string? Size { get; init; }

    /// <summary>Parts of a full turn by which the picture may come out turned, and mirrored; null where it is to be as it is.</summary>
    public int? Turns { get; init; }

    public string Up { get; init; } = "y";

    public string? Rule { get; init; }

    public int? Channels { get; init; }

    public int? Hidden { get; init; }

    public string? Steps { get; init; }

    public int Batch { get; init; } = 8;

    public int Fresh { get; init; } = 1;

    public int Damaged { get; init; } = 3;

    public int Pool { get; init; } = 256;

    public int? WarmUp { get; init; }

    public double LearningRate { get; init; } = 2e-3;

    public double Overflow { get; init; }

    /// <summary>The fire rates to draw from; null for the rule's own.</summary>
    public (double Least, double Most)? FireRates { get; init; }

    /// <summary>The regime of a name.</summary>
    public static GrowingRegime RegimeOf(string word) => word switch
    {
        "grow" => GrowingRegime.Grow,
        "persist" => GrowingRegime.Persist,
        "regenerate" => GrowingRegime.Regenerate,
        _ => throw new UserErrorException($"--regime is grow, persist or regenerate, but '{word}' is none of them."),
    };

    /// <summary>Where it is to grow.</summary>
    public GrowingWorld World(Terminal terminal) => GrowingWorld.Read(Graph ?? PatternWord.GridOf(Target, Size), Up, terminal);

    /// <summary>Reads the files, and refuses what does not fit.</summary>
    public PreparedGrowth Prepare(GrowingWorld world)
    {
        var targets = PatternWord.Read(Target, world.Graph, Turns);
        var automaton = Begin(world.Graph);
        var channels = automaton.Rule.Shape.Channels;

        if (Regime is not { IsGrow: true })
            TrainingSettings.FitsMemory(Pool, world.Graph.Cells, channels);

        TrainingTask TaskOf(int iterations)
        {
            var growing = GrowingSettings.Of(Regime, iterations, Seed)
                .WithBatch(Batch, Fresh)
                .WithPool(Pool)
                .WithHoles(Damaged, 0.5)
                .WithLearningRate(LearningRate)
                .WithOverflow(Overflow);

            if (FireRates is var (least, most))
                growing = growing.WithFireRates(least, most);

            return GrowingRecipe.Task(targets, channels, WarmUp is { } warmUp ? growing.WithWarmUp(RolloutWarmUp.Of(warmUp, 24, 32)) : growing);
        }

        return new(world, targets, automaton, TaskOf);
    }

    /// <summary>A new automaton, or that of a file, which must have been made to grow.</summary>
    private Automaton Begin(Graph graph)
    {
        var (channels, hidden) = (Channels ?? 16, Hidden ?? 128);
        var automaton = Rule is not null ? PatternRuleWord.Read(Rule)
            : Turns is null ? GrowingRecipe.Automaton(graph, channels, hidden, Seed)
            : GrowingRecipe.Isotropic(graph, channels, hidden, Seed);
        var shape = automaton.Rule.Shape;

        if ((Channels ?? shape.Channels) != shape.Channels || (Hidden ?? shape.Hidden) != shape.Hidden)
            throw new UserErrorException($"{Rule} has {shape.Channels} channels and {shape.Hidden} hidden units: leave out --channels and --hidden.");

        if (Steps is null)
            return automaton;

        var (min, max) = RangeWord.Steps(Steps);
        return automaton.WithSteps(min, max);
    }
}

/// <summary>A growth's training, ready to begin.</summary>
/// <param name="World">Where it grows.</param>
/// <param name="Targets">Red, green, blue and opacity of each cell: the picture as it is, then, where it may be turned, as it may come out.</param>
/// <param name="Automaton">What is trained.</param>
/// <param name="TaskOf">The training of so many iterations.</param>
internal sealed record PreparedGrowth(GrowingWorld World, State[] Targets, Automaton Automaton, Func<int, TrainingTask> TaskOf);
