using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;

namespace GaryMesh.Cli.Commands.Growing;

/// <summary>`gary-mesh grow eval`: how near a pattern comes to its target over a long life, at other fire rates, and after holes.</summary>
internal static class GrowEvalCommand
{
    /// <summary>Steps between the ends of a long life.</summary>
    private static readonly int[] _life = [200, 1000, 4096, 10_000, 30_000, 100_000];

    /// <summary>Fire rates beside the rule's own.</summary>
    private static readonly double[] _rates = [0.3, 0.4, 0.7, 0.9];

    /// <summary>Steps after which holes are cut, in rollouts' lengths, and after which they are looked at.</summary>
    private const int GrownLengths = 3, HealingSteps = 80, LaterSteps = 1000;

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var rule = Options.File("--rule", "The rule: a file of grow train, or one that ships.", "R");
        rule.Required = true;
        var target = Options.File("--target", "The pattern that it was trained for (see the notes).", "T");
        target.Required = true;
        var graph = Options.File("--graph", "The graph to grow on (see the notes). [default: a grid of the picture and 16 cells more on each side]", "G");
        var size = Options.File("--size", "Height and width of that grid, such as 72x72.", "HxW");
        var turns = PatternWord.Turns();
        var up = Options.File("--up", "The direction of the picture's top on a mesh: x, y, z or three numbers.", "UP");
        up.DefaultValueFactory = _ => "y";
        var longest = Options.Whole("--longest", "N", "Steps of the longest life that is tried.", 10_000);
        var seeds = Options.Whole("--seeds", "N", "Runs, each with other cells firing; median, best and worst are reported.", 20);
        var holes = Options.Whole("--holes", "N", "Holes, each in a run of its own; 0 for none.", 20, 0);
        var share = Options.Positive("--hole", "SHARE", "The size of a hole, as a share of the pattern.", 0.25);
        var seed = Options.Seed();
        var threads = Options.Threads();
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command("eval", "Measure a pattern that grows: its error over a long life, at other fire rates, and how holes heal.")
        {
            rule, target, graph, size, turns, up, longest, seeds, holes, share, seed, threads, json, quiet,
        };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            new Settings(
                parsed.GetValue(rule)!,
                parsed.GetValue(target)!,
                parsed.GetValue(graph),
                parsed.GetValue(size),
                parsed.GetValue(turns),
                parsed.GetValue(up)!,
                parsed.GetValue(longest),
                parsed.GetValue(seeds),
                parsed.GetValue(holes),
                parsed.GetValue(share),
                parsed.GetValue(seed),
                parsed.GetValue(threads)),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh grow eval --rule lizard --target lizard.png
            gary-mesh grow eval --rule lizard --target lizard.png --longest 100000 --holes 0 --json
            gary-mesh grow eval --rule heart.npz --target heart.png --graph icosphere:24
            """,
            $"""
            The error is the mean squared difference of red, green, blue and opacity over all cells; beside it stands the target's mean square, the error
            of a blank state. At another fire rate a run has as many firings as at the rule's own. A hole is cut into a pattern of three
            rollouts' length, about one of its cells; healed is the share of the error it made that is gone {HealingSteps} steps later (1: as before; below 0:
            worse than the hole).

            {PatternRuleWord.Note}

            {PatternWord.Note}

            {GraphWord.Note}
            """);
        return command;
    }

    private sealed record Settings(
        string Rule,
        string Target,
        string? Graph,
        string? Size,
        int? Turns,
        string Up,
        int Longest,
        int Seeds,
        int Holes,
        double Share,
        ulong Seed,
        int Threads);

    private static int Run(Terminal terminal, Settings settings, CancellationToken stop)
    {
        if (settings is { Graph: not null, Size: not null })
            throw new UserErrorException($"--size {settings.Size} is a grid, but --graph names {settings.Graph}: give one of them.");

        if (settings.Share > 1)
            throw new UserErrorException(FormattableString.Invariant($"--hole is a share of the pattern, at most 1, but is {settings.Share}."));

        var automaton = PatternRuleWord.Read(settings.Rule);
        var channels = automaton.Rule.Shape.Channels;

        var graph = GrowingWorld.Read(settings.Graph ?? PatternWord.GridOf(settings.Target, settings.Size), settings.Up, terminal).Graph;
        var targets = PatternWord.Read(settings.Target, graph, settings.Turns);
        var loss = GrowingRecipe.Loss(targets, channels);
        int[] steps = [.. _life.Prepend(automaton.MaxSteps).Where(step => step <= settings.Longest).Append(settings.Longest).Distinct().Order()];
        var (grown, rates) = (GrownLengths * automaton.MaxSteps, _rates.Where(rate => rate != automaton.FireRate).ToArray());
        int AtRate(double rate) => (int)Math.Round(automaton.MaxSteps * automaton.FireRate / rate);

        var (done, work) = (0L, ((double)settings.Seeds * (steps[^1] + rates.Sum(AtRate))) + ((double)settings.Holes * (grown + LaterSteps)));
        var clock = Stopwatch.StartNew();
        var (life, other, healing) = terminal.WithProgress("Growing", progress =>
        {
            Growth Of(Automaton automaton) =>
                new(automaton, graph, loss, settings.Threads, settings.Seed, count => progress.Report(Interlocked.Add(ref done, count) / work), stop);

            return (
                Of(automaton).Grow(settings.Seeds, steps),
                rates.Select(rate => Of(automaton.WithFireRate(rate)).Grow(settings.Seeds, [AtRate(rate)])).ToArray(),
                Of(automaton).Heal(settings.Holes, grown, settings.Share, HealingSteps, LaterSteps));
        });
        var square = targets[0].ToArray().Average(value => (double)value * value);

        terminal.WriteJson(new JsonObject
        {
            ["rule"] = settings.Rule,
            ["target"] = settings.Target,
            ["graph"] = graph.Name,
            ["cells"] = graph.Cells,
            ["mean_square"] = square,
            ["seeds"] = settings.Seeds,
            ["mse"] = new JsonArray([.. steps.Select((step, at) => Figures(step, life, at))]),
            ["largest"] = Measurement.Finite(life.Max(run => run.Largest)),
            ["fire_rates"] = new JsonArray([.. rates.Select((rate, i) =>
            {
                var figures = Figures(AtRate(rate), other[i], 0);
                figures.Insert(0, "fire_rate", rate);
                return figures;
            })]),
            ["holes"] = healing.Length == 0 ? null : new JsonObject
            {
                ["count"] = settings.Holes,
                ["share"] = settings.Share,
                ["grown"] = grown,
                ["steps"] = HealingSteps,
                ["healed"] = Measurement.Finite(Measurement.Median([.. healing.Select(hole => hole.Healed)])),
                ["healed_worst"] = Measurement.Finite(healing.Min(hole => hole.Healed)),
                ["mse_cut"] = Measurement.Finite(Measurement.Median([.. healing.Select(hole => hole.Cut)])),
                ["mse"] = Measurement.Finite(Measurement.Median([.. healing.Select(hole => hole.After)])),
                ["later_steps"] = LaterSteps,
                ["later_mse"] = Measurement.Finite(Measurement.Median([.. healing.Select(hole => hole.Late)])),
                ["later_mse_worst"] = Measurement.Finite(healing.Max(hole => hole.Late)),
            },
            ["seconds"] = clock.Elapsed.TotalSeconds,
        });

        terminal.Write(string.Create(CultureInfo.InvariantCulture, $"{graph.Name}; a blank state's error is {square:G3}; median (best, worst) of {settings.Seeds}:"));

        foreach (var (step, at) in steps.Select((step, at) => (step, at)))
            terminal.Write($"{step,7} steps               {Text(life, at)}");

        foreach (var (rate, i) in rates.Select((rate, i) => (rate, i)))
            terminal.Write(string.Create(CultureInfo.InvariantCulture, $"{AtRate(rate),7} steps, fire rate {rate:F1} {Text(other[i], 0)}"));

        if (healing.Length > 0)
        {
            terminal.Write(string.Create(CultureInfo.InvariantCulture,
                $"{settings.Holes} holes of {settings.Share:P0}: {Measurement.Median([.. healing.Select(hole => hole.Healed)]):P0} healed after {HealingSteps} steps, worst {healing.Min(hole => hole.Healed):P0}; error after {LaterSteps}: {Measurement.Median([.. healing.Select(hole => hole.Late)]):G3}, worst {healing.Max(hole => hole.Late):G3}"));
        }

        return ExitCode.Done;
    }

    private static double[] Sorted((double[] Errors, float)[] runs, int at) => [.. runs.Select(run => run.Errors[at]).Order()];

    private static JsonObject Figures(int steps, (double[] Errors, float Largest)[] runs, int at)
    {
        var errors = Sorted(runs, at);
        return new()
        {
            ["steps"] = steps,
            ["median"] = Measurement.Finite(Measurement.Median(errors)),
            ["best"] = Measurement.Finite(errors[0]),
            ["worst"] = Measurement.Finite(errors[^1]),
        };
    }

    private static string Text((double[] Errors, float Largest)[] runs, int at)
    {
        var errors = Sorted(runs, at);
        return FormattableString.Invariant($"{Measurement.Median(errors):G3} ({errors[0]:G3}, {errors[^1]:G3})");
    }
}
