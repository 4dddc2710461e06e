using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;

namespace GaryMesh.Cli.Commands.Textures;

/// <summary>What a texture is trained from and how, in the words of `texture train`.</summary>
internal sealed record TextureTraining(string[] Exemplars, string[] Graphs, ulong Seed)
{
    public bool Tiles { get; init; }

    public string Up { get; init; } = "y";

    public string Loss { get; init; } = TextureLoss.Gram;

    public bool OneSpeed { get; init; }

    public bool OneSpacing { get; init; }

    /// <summary>The rule to begin with, or null for a new one.</summary>
    public string? Rule { get; init; }

    /// <summary>The learning rate before its schedule, or null for the recipe's.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Iterations from one new start to the next, or null for the recipe's.</summary>
    public int? NewStarts { get; init; }

    public int? Channels { get; init; }

    public int? Hidden { get; init; }

    /// <summary>Reads the files, and refuses what does not fit.</summary>
    public PreparedTexture Prepare(Terminal terminal)
    {
        var exemplar = ExemplarWord.Read(Exemplars, Tiles);
        var signal = exemplar.Graph.Topology is { IsRing: true } or { IsLine: true };
        var up = UpWord.Read(Up);
        TextureWorld[] worlds = [.. (Graphs.Length > 0 ? Graphs : TextureWorld.Standard(signal)).Select(word => TextureWorld.Read(word, up, terminal))];
        Graph[] graphs = [.. worlds.Select(world => world.Graph), .. OneSpacing ? [] : TextureRecipe.Spaced(exemplar)];
        var graph = TextureRecipe.Graph(graphs);
        var automaton = Begun(exemplar, signal);

        TrainingTask TaskOf(int iterations)
        {
            var task = TextureRecipe.Task(exemplar, graphs, iterations, Seed, Loss);
            task = LearningRate is { } rate ? task.WithOptimiser(task.Optimiser.WithLearningRate(rate)) : task;
            task = NewStarts is { } apart ? task.WithHook(TextureRecipe.Hook(graphs.Length, apart)) : task;
            return OneSpeed ? task.WithTimeSteps(1, 1) : task;
        }

        return new(exemplar, worlds, automaton, graph, TaskOf, signal ? 3000 : 10_000);
    }

    /// <summary>What is trained: a new automaton, or that of the rule to begin with, in the exemplar's colours.</summary>
    private Automaton Begun(Exemplar exemplar, bool signal)
    {
        if (Rule is null)
            return TextureRecipe.Automaton(exemplar, Channels ?? (signal ? 12 : 16), Hidden ?? (signal ? 48 : 128), Seed);

        var (automaton, palette) = TextureWord.Read(Rule);
        var shape = automaton.Rule.Shape;

        if ((Channels, Hidden) is not (null, null))
            throw new UserErrorException($"{Rule} has {shape.Channels} channels and {shape.Hidden} hidden units: leave out --channels and --hidden.");

        return palette.Maps == exemplar.Maps
            ? automaton.WithPalette(exemplar.Palette)
            : throw new UserErrorException($"{Rule} paints {Counted.Of(palette.Maps, "map")}, but the exemplar has {exemplar.Maps}.");
    }
}

/// <summary>A texture's training, ready to begin.</summary>
/// <param name="Exemplar">What the texture is to look like.</param>
/// <param name="Worlds">Where it is trained.</param>
/// <param name="Automaton">What is trained.</param>
/// <param name="Graph">The worlds as one graph.</param>
/// <param name="TaskOf">The training of so many iterations.</param>
/// <param name="Iterations">As many as are done where nobody says how many.</param>
internal sealed record PreparedTexture(
    Exemplar Exemplar, TextureWorld[] Worlds, Automaton Automaton, Graph Graph, Func<int, TrainingTask> TaskOf, int Iterations);
