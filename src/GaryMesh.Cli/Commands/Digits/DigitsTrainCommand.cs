using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using Spectre.Console;

namespace GaryMesh.Cli.Commands.Digits;

/// <summary>`gary-mesh digits train`: learns a rule by which the ink of a digit votes.</summary>
internal static class DigitsTrainCommand
{
    /// <summary>Steps after which the trained rule is measured and drawn.</summary>
    private const int Measured = 200;

    /// <summary>Pictures that are drawn.</summary>
    private const int Drawn = 10;

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var images = Options.File("--images", "The pictures (see the notes).", "F.npz");
        images.Required = true;
        var held = Options.WholeOrNone(
            "--held", "N", "Pictures that are not learned from and choose the rule; 0 for none. [default: a tenth, 500 at most]", 0);
        var rule = Options.File("--rule", "The rule to begin with. [default: a new one]", "R.npz");
        var channels = Options.WholeOrNone("--channels", "C", "Numbers in a cell's state: ten logits and more. [default: 16]", DigitsRecipe.Classes);
        var hidden = Options.WholeOrNone("--hidden", "H", "Hidden units of the rule. [default: 128]");
        var steps = Options.File("--steps", "Steps of a rollout, or a range to draw them from. [default: the rule's; 16-24 for a new one]", "N");
        var batch = Options.Whole("--batch", "N", "Pictures an optimiser step.", 12);
        var pool = Options.Whole("--pool", "N", "Batches of states that are kept and gone on with in turn.", 48);
        var exchange = Share("--exchange", "The chance that a state is shown another digit before a rollout.", 0.25);
        var fresh = Share("--fresh", "The share of these that start from zeros; the others keep their state.", 0.25);
        var warp = new Option<double>("--warp")
        {
            Description = "How far pictures are turned, stretched and slanted at random: 0 to 4, 1 for up to 12 degrees and a sixth.",
            HelpName = "X",
            DefaultValueFactory = _ => 1,
        };
        warp.Validators.Add(result =>
        {
            if (!(result.GetValueOrDefault<double>() is >= 0 and <= 4))
                result.AddError("--warp must be a number from 0 to 4.");
        });
        var rate = Options.Positive("--learning-rate", "X", "Learning rate of Adam, which comes down to 2 % on half a cosine.", 4e-3);
        var shared = new TrainingOptions(
            "12,000", "digits.npz", "Draw how ten of the pictures held out are voted on, as the training goes on.", 500);

        var command = shared.Command(
            "Learn a rule by which every inked pixel of a digit comes to say which digit it is.",
            images, held, rule, channels, hidden, steps, batch, pool, exchange, fresh, warp, rate);
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(shared.Json), parsed.GetValue(shared.Quiet)),
            new Settings(
                parsed.GetValue(images)!,
                parsed.GetValue(held),
                parsed.GetValue(rule),
                parsed.GetValue(channels),
                parsed.GetValue(hidden),
                parsed.GetValue(steps),
                DigitsSettings.Of(1, parsed.GetValue(shared.Seed))
                    .WithBatch(parsed.GetValue(batch), parsed.GetValue(pool))
                    .WithExchange(parsed.GetValue(exchange), parsed.GetValue(fresh))
                    .WithWarp(parsed.GetValue(warp))
                    .WithLearningRate(parsed.GetValue(rate)),
                shared.Read(parsed)),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh digits train --images digits.npz --minutes 25 --preview votes.png
            gary-mesh digits train --images train-images-idx3-ubyte.gz --iterations 20000 --checkpoint all.npz --out digits.npz
            gary-mesh digits train --images eight-by-eight.npz --hidden 64 --iterations 3000 --out small.npz
            """,
            $"""
            {DigitsWord.Note}

            A cell knows its own state, the means of the states within three pixels by direction, and the ink of the 5 x 5 pixels about it. In each of the last
            eight steps of a rollout every cell is asked for the digit that it is a part of. Rollouts go on from where others have left the state, under the same
            digit or, by --exchange, another: so the vote learns to stay, and to change when the digit does. Pictures held out are spread evenly over the
            file; the rule that is best on them is kept, also when Ctrl-C ends the training early. Keep a file of your own for the last judgement.
            """);
        return command;
    }

    private sealed record Settings(
        string Images,
        int? Held,
        string? Rule,
        int? Channels,
        int? Hidden,
        string? Steps,
        DigitsSettings Training,
        LongTraining Long);

    private static Option<double> Share(string name, string description, double standard)
    {
        var option = new Option<double>(name) { Description = description, HelpName = "P", DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            if (!(result.GetValueOrDefault<double>() is >= 0 and <= 1))
                result.AddError($"{name} must be a number from 0 to 1.");
        });
        return option;
    }

    private static int Run(Terminal terminal, Settings settings, CancellationToken stop)
    {
        settings.Long.Check([settings.Images, settings.Rule]);
        var automaton = Begin(settings);
        var (digits, held) = Split(DigitsWord.Read(settings.Images), settings);
        TrainingSettings.FitsMemory(
            settings.Training.Batch * settings.Training.Batches, digits.Height * digits.Width, automaton.Rule.Shape.Channels);

        if (settings.Long.Files.Preview is not null && held is null)
            throw new UserErrorException("--preview draws pictures that are held out, but --held 0 holds out none.");

        DigitsTrainer TrainerOf(int iterations) => new(automaton, digits, held, settings.Training.WithIterations(iterations), settings.Long.Engine);
        var iterations = settings.Long.Count(
            12_000, minutes => TrainingSettings.IterationsWithin(minutes, TrainerOf(1000).Begin(), TrainerOf(1000).Advance, stop));
        var trainer = TrainerOf(iterations);

        return settings.Long.Files.Run(
            terminal,
            new TrainingWork(
                iterations,
                trainer.Begin,
                (training, progress, every, keep) => trainer.Run(training, progress, stop, every, keep).ToTuple(),
                training => automaton.WithRule(trainer.Best(training)),
                training => automaton.WithRule(trainer.Rule(training)),
                path => TrainingFile.Read(path, trainer),
                (path, training) => TrainingFile.Write(path, trainer, training)),
            OptionOf,
            value => double.IsFinite(value.BestLoss) ? FormattableString.Invariant($", {100 * value.BestLoss:F1} % wrong") : "",
            (path, _, latest) => PngCanvas.Write(path, Strip(held!, latest, settings)),
            trained => Report(terminal, settings, digits, held, trained, iterations));
    }

    /// <summary>A new automaton, or that of a file, which must be one that votes.</summary>
    private static Automaton Begin(Settings settings)
    {
        var automaton = settings.Rule is null
            ? DigitsRecipe.Automaton(settings.Channels ?? 16, settings.Hidden ?? 128, settings.Training.Seed)
            : DigitsWord.Rule(settings.Rule, null);
        var shape = automaton.Rule.Shape;

        if ((settings.Channels ?? shape.Channels) != shape.Channels || (settings.Hidden ?? shape.Hidden) != shape.Hidden)
            throw new UserErrorException($"{settings.Rule} has {shape.Channels} channels and {shape.Hidden} hidden units: leave out --channels and --hidden.");

        if (settings.Steps is null)
            return automaton;

        var (min, max) = RangeWord.Steps(settings.Steps);
        return automaton.WithSteps(min, max);
    }

    /// <summary>The pictures to learn from, and those held out, evenly spread; null for none.</summary>
    private static (GaryMesh.Digits Digits, GaryMesh.Digits? Held) Split(GaryMesh.Digits all, Settings settings)
    {
        var count = settings.Held ?? Math.Min(500, all.Count / 10);

        if (count >= all.Count)
            throw new UserErrorException($"--held {count} leaves none of the {Counted.Of(all.Count, "picture")} of {settings.Images} to learn from.");

        if (count == 0)
            return (all, null);

        var held = Enumerable.Range(0, count).Select(i => (int)((long)i * all.Count / count)).ToHashSet();
        return (all.Some([.. Enumerable.Range(0, all.Count).Where(i => !held.Contains(i))]), all.Some([.. held.Order()]));
    }

    /// <summary>The option behind a setting of a training.</summary>
    private static string OptionOf(string setting) => setting switch
    {
        "rule" => "--channels and --hidden",
        "training data" or "validation data" => "--images or --held",
        "cosine" or "validation" => "--iterations",
        "steps" => "--steps",
        "learning rate" => "--learning-rate",
        "batch" => "--batch",
        "batches" => "--pool",
        "exchange" => "--exchange",
        "fresh" => "--fresh",
        "warp" => "--warp",
        "seed" => "--seed",
        _ => "--rule",
    };

    /// <summary>Ten pictures held out, and the votes of their cells.</summary>
    private static Pixels Strip(GaryMesh.Digits held, Automaton automaton, Settings settings)
    {
        var (pictures, captions) = (new List<Pixels>(), new List<string>());
        var zoom = Math.Max(1, 112 / held.Height);

        for (var i = 0; i < Math.Min(Drawn, held.Count); i++)
        {
            var (ink, label) = (held.Ink(i), held.Label(i));
            pictures.Add(Votes.Ink(held.Height, held.Width, ink, zoom));
            captions.Add($"a {label}");

            if (ink.All(value => value <= InkSheet.Threshold))
                continue;

            var sheet = InkSheet.Of(held.Height, held.Width, [ink]);
            var start = State.Zeros(sheet.Graph.Cells, automaton.Rule.Shape.Channels);
            using var simulation = new Simulation(
                automaton, sheet.Graph, start, Firing.Of(settings.Training.Seed, i), sheet.Inks, new EngineOptions { Threads = 1 });
            simulation.Step(Measured);
            var votes = DigitsRecipe.Count(sheet, simulation.State, 0);
            pictures.Add(Votes.Of(sheet, simulation.State, held.Height, held.Width, zoom));
            captions.Add($"{Array.IndexOf(votes, votes.Max())}");
        }

        return Votes.Sheet($"pictures held out, step {Measured}", pictures, captions);
    }

    private static void Report(
        Terminal terminal, Settings settings, GaryMesh.Digits digits, GaryMesh.Digits? held, Trained trained, int iterations)
    {
        var (best, training) = (trained.Automaton, trained.Training);
        var score = held is null
            ? null
            : DigitsRecipe.Evaluate(best, held, [Measured], settings.Training.Seed, new EngineOptions { Threads = settings.Long.Threads })[0];

        terminal.WriteJson(new JsonObject
        {
            ["images"] = settings.Images,
            ["pictures"] = digits.Count,
            ["held"] = held?.Count ?? 0,
            ["steps"] = Measured,
            ["cell_accuracy"] = score?.CellAccuracy,
            ["agreement"] = score?.Agreement,
            ["majority_accuracy"] = score?.MajorityAccuracy,
            ["parameters"] = best.Rule.ParameterCount,
            ["iterations"] = training.Iteration,
            ["iterations_asked"] = iterations,
            ["best_iteration"] = training.BestIteration,
            ["validation_loss"] = Measurement.Finite(training.BestLoss),
            ["loss"] = training.Losses is [.., var last] ? Measurement.Finite(last) : null,
            ["training_seconds"] = trained.Seconds,
            ["end"] = trained.End.ToString().ToLowerInvariant(),
            ["seed"] = settings.Training.Seed,
            ["out"] = settings.Long.Files.Rule.Path,
        });

        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("").AddColumn("");

        if (score is not null)
        {
            table.AddRow($"held out, step {Measured}: cells right", $"{100 * score.CellAccuracy:F2} %");
            table.AddRow("pictures all of whose cells are right", $"{100 * score.Agreement:F2} % of {score.Pictures:N0}");
            table.AddRow("pictures whose majority is right", $"{100 * score.MajorityAccuracy:F2} %");
        }

        table.AddRow("training", $"{trained.Seconds:F1} s, {Counted.Of(training.Iteration, "iteration")}");
        table.AddRow("parameters", $"{best.Rule.ParameterCount:N0} ({best.Rule.Shape.Text})");
        terminal.Write(table);
    }
}
