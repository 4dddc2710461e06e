using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;
using Spectre.Console;

namespace GaryMesh.Cli.Commands.Growing;

/// <summary>`gary-mesh grow train`: learns a rule by which a pattern grows from one cell.</summary>
internal static class GrowTrainCommand
{
    /// <summary>Runs, each with other cells firing, that the trained rule is measured by.</summary>
    private const int Measured = 4;

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop) => Create(output, error, stop, null);

    /// <summary>The command, also with gradients that something else computes: by its options, a training's.</summary>
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop, GradientOptions? elsewhere)
    {
        var target = Options.File("--target", "What is to grow (see the notes).", "T");
        target.Required = true;
        var regime = new Option<string>("--regime")
        {
            Description = "grow: be there after the last step; persist: and stay; regenerate: and heal holes.",
            HelpName = "NAME",
            DefaultValueFactory = _ => "persist",
        };
        var graph = Options.File("--graph", "The graph to grow on (see the notes). [default: a grid of the picture and 16 cells more on each side]", "G");
        var size = Options.File("--size", "Height and width of that grid, such as 72x72.", "HxW");
        var turns = PatternWord.Turns(" Cells of a new rule then know no direction.");
        var up = Options.File("--up", "The direction of the picture's top on a mesh: x, y, z or three numbers.", "UP");
        up.DefaultValueFactory = _ => "y";
        var rule = Options.File("--rule", "The rule to begin with, such as one that persists and is to regenerate. [default: a new one]", "R.npz");
        var channels = Options.WholeOrNone("--channels", "C", "Numbers in a cell's state. [default: 16]");
        var hidden = Options.WholeOrNone("--hidden", "H", "Hidden units of the rule. [default: 128]");
        var steps = Options.File("--steps", "Steps of a rollout, or a range to draw them from. [default: the rule's; 64-96 for a new one]", "N");
        var batch = Options.Whole("--batch", "N", "Rollouts an optimiser step.", 8);
        var fresh = Options.Whole("--fresh", "N", "The worst rollouts of each batch, which start from the seed.", 1);
        var damaged = Options.Whole("--damaged", "N", "The best rollouts of each batch, which lose up to half of the pattern (regenerate).", 3);
        var pool = Options.Whole("--pool", "N", "States kept from which rollouts go on (persist, regenerate).", 256);
        var fireRates = Options.File(
            "--fire-rates",
            "Draw each iteration's fire rate from a range such as 0.3-0.9, so that the pattern grows alike at all of them; a rollout keeps its number of firings. [default: the rule's own]",
            "LOW-HIGH");
        var warmUp = Options.WholeOrNone(
            "--warm-up", "N", "Iterations over which rollouts grow from 24-32 steps to their lengths; 0 for none. [default: 400, or a tenth of the iterations]", 0);
        var rate = Options.Positive("--learning-rate", "X", "Learning rate of Adam, which comes down to 2 % on half a cosine.", 2e-3);
        var overflow = new Option<double>("--overflow")
        {
            Description = "Weight of the overflow of states beyond [-2, 2] in the loss.",
            HelpName = "W",
        };
        overflow.Validators.Add(result =>
        {
            if (!(result.GetValueOrDefault<double>() is >= 0 and < double.PositiveInfinity))
                result.AddError("--overflow must be a number of at least 0.");
        });
        var shared = new TrainingOptions("8,000", "grown.npz", "Draw the target and how far the rule is, as the training goes on.", 250);

        var command = shared.Command(
            "Learn a pattern that grows from one cell, stays and heals.",
            [target, regime, graph, size, turns, up, rule, channels, hidden, steps, batch, fresh, damaged, pool, fireRates, warmUp, rate, overflow, .. elsewhere?.Options ?? []]);
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(shared.Json), parsed.GetValue(shared.Quiet)),
            new GrowingTraining(parsed.GetValue(target)!, GrowingTraining.RegimeOf(parsed.GetValue(regime)!), parsed.GetValue(shared.Seed))
            {
                Graph = parsed.GetValue(graph),
                Size = parsed.GetValue(size),
                Turns = parsed.GetValue(turns),
                Up = parsed.GetValue(up)!,
                Rule = parsed.GetValue(rule),
                Channels = parsed.GetValue(channels),
                Hidden = parsed.GetValue(hidden),
                Steps = parsed.GetValue(steps),
                Batch = parsed.GetValue(batch),
                Fresh = parsed.GetValue(fresh),
                Damaged = parsed.GetValue(damaged),
                Pool = parsed.GetValue(pool),
                FireRates = parsed.GetValue(fireRates) is { } rates ? RangeWord.FireRates(rates) : null,
                WarmUp = parsed.GetValue(warmUp),
                LearningRate = parsed.GetValue(rate),
                Overflow = parsed.GetValue(overflow),
            },
            shared.Read(parsed),
            elsewhere?.Read(parsed),
            stop));
        ExamplesHelp.Attach(
            command,
            elsewhere?.Examples ?? """
            gary-mesh grow train --target lizard.png --out lizard.npz --preview strip.png
            gary-mesh grow train --target lizard.png --regime regenerate --rule lizard.npz --minutes 20 --out healing.npz
            gary-mesh grow train --target lizard.png --size 72x72 --iterations 11000 --checkpoint all.npz --out lizard.npz
            gary-mesh grow train --target lizard.png --rule lizard-persist --fire-rates 0.3-0.9 --iterations 2000 --out steady.npz
            gary-mesh grow train --target heart.png --graph icosphere:24 --out heart-on-a-sphere.npz
            gary-mesh grow train --target lizard.png --turns 32 --out lizard-any-way-up.npz
            """,
            $"""
            {PatternWord.Note}

            {GraphWord.Note}

            A cell lives while it or a neighbour has an opacity above 0.1, and everything grows from one seed. Rollouts go on from a pool of
            states, so that the pattern learns to stay; the worst of each batch starts from the seed, and under regenerate the best lose
            a disc or, on other graphs, a ball of cells. The rule that is best after one and four rollouts' length is kept, also when
            Ctrl-C ends the training early. The strip shows the target and the rule after a quarter, half, one, four and ten rollouts' length.

            {elsewhere?.Note}
            """.TrimEnd());
        return command;
    }

    private static int Run(Terminal terminal, GrowingTraining training, LongTraining settings, GradientsOf? gradients, CancellationToken stop)
    {
        settings.Check([training.Target, training.Graph, training.Rule]);

        if (training is { Graph: not null, Size: not null })
            throw new UserErrorException($"--size {training.Size} is a grid, but --graph names {training.Graph}: give one of them.");

        var world = training.World(terminal);
        world.CheckDrawn("--preview", settings.Files.Preview);
        var prepared = training.Prepare(world);
        var automaton = prepared.Automaton;
        var grown = new Grown(Whole(prepared.Targets[0], automaton.Rule.Shape.Channels));
        var iterations = settings.Count(
            GrowingTraining.Iterations,
            minutes => TrainingSettings.IterationsWithin(
                minutes, automaton, world.Graph, count => prepared.TaskOf(count).WithWarmUp(RolloutWarmUp.None).WithHook(grown), settings.Engine, stop));

        using var elsewhere = gradients?.Invoke(automaton, world.Graph, prepared.Targets, training.Overflow, stop);
        var task = prepared.TaskOf(iterations);

        return settings.Files.Run(
            terminal,
            automaton,
            world.Graph,
            elsewhere is null ? task : task.WithGradients(elsewhere.Gradients),
            settings.Engine,
            OptionOf,
            value => double.IsFinite(value.BestLoss) ? FormattableString.Invariant($", {value.BestLoss:G3} from the seed") : "",
            (path, _, latest) => PngCanvas.Write(path, Strip(world, prepared.Targets[0], latest, training.Seed, settings.Threads)),
            trained => Report(terminal, training, settings, prepared, trained, iterations),
            stop);
    }

    /// <summary>The option behind a setting of a training.</summary>
    private static string OptionOf(string setting) => setting switch
    {
        "rule" => "--channels and --hidden",
        "graph" or "middle" or "edges" => "--graph or --size, and --up",
        "cosine" => "--iterations",
        "rollout warm-up" => "--warm-up",
        "hook" => "--regime, --fresh and --damaged",
        "loss" => "--target, --turns and --overflow",
        "steps" => "--steps",
        "fire rates" => "--fire-rates",
        "learning rate" => "--learning-rate",
        "batch" => "--batch",
        "pool" or "validation lengths" => "--pool and --regime",
        "seed" => "--seed",
        _ => "--rule",
    };

    /// <summary>The target as a whole state, its other channels zero.</summary>
    private static State Whole(State target, int channels) =>
        State.Create(target.Cells, channels, (cell, channel) => channel < GrowingRecipe.Shown ? target[cell, channel] : 0);

    /// <summary>The state after each of some numbers of steps.</summary>
    private static State[] After(Automaton automaton, Graph graph, int[] steps, ulong seed, int sample, int threads)
    {
        using var prepared = new Prepared(automaton, graph, new EngineOptions { Threads = threads });
        var start = automaton.Start.On(graph, automaton.Rule.Shape.Channels, seed);
        using var simulation = prepared.Begin(Rollout.Of(start, steps[^1], Firing.Of(seed, sample)));
        return [.. steps.Select(step =>
        {
            simulation.Step(step - simulation.StepNumber);
            return simulation.State;
        })];
    }

    /// <summary>The target, then what the rule has grown after more and more steps.</summary>
    private static Pixels Strip(GrowingWorld world, State target, Automaton automaton, ulong seed, int threads)
    {
        var most = automaton.MaxSteps;
        int[] steps = [Math.Max(1, most / 4), Math.Max(1, most / 2), most, 4 * most, 10 * most];
        return Pixels.Row([
            .. After(automaton, world.Graph, steps, seed, 0, threads).Prepend(target).Select(state => world.Draw(state, 144))]);
    }

    private static void Report(
        Terminal terminal, GrowingTraining asked, LongTraining settings, PreparedGrowth prepared, Trained trained, int iterations)
    {
        var (best, training, graph, target) = (trained.Automaton, trained.Training, prepared.World.Graph, prepared.Targets[0]);
        var loss = GrowingRecipe.Loss(prepared.Targets, best.Rule.Shape.Channels);
        int[] steps = asked.Regime is { IsGrow: true } ? [best.MaxSteps] : [best.MaxSteps, 10 * best.MaxSteps];
        var runs = Enumerable.Range(0, Measured)
            .Select(sample => After(best, graph, steps, asked.Seed, sample, settings.Threads)
                .Select(state => Measurement.Loss(loss, state, graph).Value).ToArray())
            .ToArray();
        var errors = steps.Select((_, i) => runs.Select(run => run[i]).ToArray()).ToArray();

        terminal.WriteJson(new JsonObject
        {
            ["target"] = asked.Target,
            ["regime"] = Name(asked.Regime),
            ["graph"] = graph.Name,
            ["cells"] = graph.Cells,
            ["mean_square"] = target.ToArray().Average(value => (double)value * value),
            ["mse"] = new JsonArray([.. steps.Zip(errors, (step, all) => new JsonObject
            {
                ["steps"] = step, ["median"] = Measurement.Finite(Measurement.Median([.. all.Order()])), ["worst"] = Measurement.Finite(all.Max()),
            })]),
            ["parameters"] = best.Rule.ParameterCount,
            ["iterations"] = training.Iteration,
            ["iterations_asked"] = iterations,
            ["best_iteration"] = training.BestIteration,
            ["validation_loss"] = Measurement.Finite(training.BestLoss),
            ["loss"] = training.Losses is [.., var last] ? Measurement.Finite(last) : null,
            ["training_seconds"] = trained.Seconds,
            ["end"] = trained.End.ToString().ToLowerInvariant(),
            ["seed"] = asked.Seed,
            ["out"] = settings.Files.Rule.Path,
        });

        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("").AddColumn("");

        foreach (var (step, all) in steps.Zip(errors))
            table.AddRow($"squared error after {step} steps", $"{Measurement.Median([.. all.Order()]):G3} (worst of {Measured} runs {all.Max():G3})");

        table.AddRow("training", $"{trained.Seconds:F1} s, {Counted.Of(training.Iteration, "iteration")}");
        table.AddRow("parameters", $"{best.Rule.ParameterCount:N0} ({best.Rule.Shape.Text})");
        terminal.Write(table);
    }

    private static string Name(GrowingRegime regime) => regime switch { { IsGrow: true } => "grow", { IsPersist: true } => "persist", _ => "regenerate" };

    /// <summary>Starts every rollout from a grown pattern, so that iterations are timed at what most of them cost.</summary>
    private sealed class Grown(State state) : BatchHook("grown")
    {
        public override Sample[] Prepare(Sample[] samples, BatchContext context) =>
            [.. samples.Select(sample => new Sample(state, sample.Inputs, sample.Loss))];
    }
}
