using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using Spectre.Console;

namespace GaryMesh.Cli.Commands;

/// <summary>`gary-mesh train`: learns a rule that brings channels of a graph's cells to a target.</summary>
internal static class TrainCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var graph = Options.Graph("ring:64");
        var target = Options.File(
            "--target", "Target of the channel or channels: a curve's name or a file (see the notes).", "T");
        target.DefaultValueFactory = _ => "wave";
        var channel = Options.Whole(
            "--channel", "C", "Channel of the state that is compared with the target, or the first of several.", 0, 0);
        var rule = Options.File("--rule", "The rule to begin with: a file, a preset or CxHxK (see the notes).", "R");
        rule.DefaultValueFactory = _ => RuleWord.GaryMesh;
        var state = Options.File(
            "--state", "Initial state of every rollout: zeros, seed or noise:A. [default: the rule's]", "S");
        var steps = Options.File(
            "--steps",
            "Steps of a rollout, or a range to draw them from, such as 32-48. [default: the rule's; 32-48 for gary-mesh]",
            "N");
        var fire = Options.FireRate(
            "Probability that a cell updates at a step. [default: the rule's, which is 0.5 for a new one]");
        var iterations = Options.Whole("--iterations", "N", "Optimiser steps.", TrainingSettings.Iterations);
        var batch = Options.Whole("--batch", "N", "Rollouts an optimiser step.", TrainingSettings.Batch);
        var rate = Options.Positive("--learning-rate", "X", "Learning rate of Adam.", TrainingSettings.LearningRate);
        var decayAt = Options.WholeOrNone(
            "--decay-at", "N", "Iteration from which the learning rate is multiplied by 0.3. [default: that of --resume, or 66 % of the iterations]");
        var pool = Options.Whole(
            "--pool",
            "N",
            "States kept from which rollouts go on, which trains a pattern to persist; 0 for new initial states only.",
            0,
            0);
        var seed = Options.Seed();
        var threads = Options.Threads();
        var file = Options.File("--out", "The rule file to write.");
        file.DefaultValueFactory = _ => "rule.npz";
        var curve = Options.File("--curve", "Write the loss of every iteration as CSV.", "FILE.csv");
        var checkpoint = Options.File("--checkpoint", "Write the whole training here as it goes on, and at its end.");
        var every = Options.Whole("--checkpoint-every", "N", "Iterations between checkpoints.", 500);
        var resume = Options.File(
            "--resume",
            "Go on from a checkpoint of the same settings, to the same bits as without the stop; --iterations may be more.");
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command("train", "Learn a rule that brings channels of a graph's cells to a target.")
        {
            graph, target, channel, rule, state, steps, fire, iterations, batch, rate, decayAt, pool, seed, threads, file, curve,
            checkpoint, every, resume, json, quiet,
        };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            new Settings(
                parsed.GetValue(graph)!,
                parsed.GetValue(target)!,
                parsed.GetValue(channel),
                parsed.GetValue(rule)!,
                parsed.GetValue(state),
                parsed.GetValue(steps),
                parsed.GetValue(fire),
                parsed.GetValue(iterations),
                parsed.GetValue(batch),
                parsed.GetValue(rate),
                parsed.GetValue(decayAt),
                parsed.GetValue(pool),
                parsed.GetValue(seed),
                parsed.GetValue(threads),
                parsed.GetValue(file)!,
                parsed.GetValue(curve),
                parsed.GetValue(checkpoint),
                parsed.GetValue(every),
                parsed.GetValue(resume)),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh train --target bumps --out bumps.npz --curve bumps.csv
            gary-mesh train --graph icosphere:8 --target height.csv --rule mesh-nca --iterations 4000 --out sphere.npz
            gary-mesh train --graph grid:40x40 --target lizard.png --rule growing --iterations 8000 --pool 256 --out lizard.npz
            gary-mesh train --target square --checkpoint long.npz --iterations 20000 --decay-at 13000
            gary-mesh train --target square --resume long.npz --checkpoint long.npz --iterations 40000
            """,
            $"""
            {GraphWord.Note}

            {TargetWord.Note}

            {RuleWord.Note}

            The loss is the mean squared error after the last step, the optimiser Adam over gradients that are normalised by
            named part. Every 50 iterations the rule is validated by 8 rollouts of full and of twice the length, always the
            same; the best one is kept, also when Ctrl-C ends the training early.
            """);
        return command;
    }

    private sealed record Settings(
        string Graph,
        string Target,
        int Channel,
        string Rule,
        string? State,
        string? Steps,
        double? Fire,
        int Iterations,
        int Batch,
        double LearningRate,
        int? DecayAt,
        int Pool,
        ulong Seed,
        int Threads,
        string Out,
        string? Curve,
        string? Checkpoint,
        int CheckpointEvery,
        string? Resume);

    private static int Run(Terminal terminal, Settings settings, CancellationToken stop)
    {
        // A training may go on in the file that it goes on from.
        var resumed = OutputFile.IsSame(settings.Resume, settings.Checkpoint) ? null : settings.Resume;
        OutputFile.Check(
            [settings.Rule, settings.Graph, settings.Target, resumed],
            ("--out", ".npz", settings.Out),
            ("--curve", ".csv", settings.Curve),
            ("--checkpoint", "", settings.Checkpoint));
        var automaton = Automaton(settings);
        var graph = GraphWord.Read(settings.Graph, terminal);
        var target = TargetWord.Read(settings.Target, graph);
        var channels = automaton.Rule.Shape.Channels;

        if (settings.Channel >= channels)
        {
            throw new UserErrorException(
                $"--channel names channel {settings.Channel}, but the rule has the channels 0 to {channels - 1}.");
        }

        if (settings.Channel + target.Channels > channels)
        {
            throw new UserErrorException(
                $"{settings.Target} has {target.Channels} channels for those from --channel {settings.Channel} on, but the rule "
                + $"has the channels 0 to {channels - 1}.");
        }

        TrainingSettings.FitsMemory(settings.Pool, graph.Cells, channels);
        var task = TrainingSettings.Task(
                target.Loss(settings.Channel, channels),
                settings.Iterations,
                settings.Batch,
                settings.LearningRate,
                settings.DecayAt ?? Kept(settings.Resume) ?? TrainingSettings.DecayAt(settings.Iterations),
                settings.Seed)
            .WithPool(settings.Pool, 1);
        var from = settings.Resume is null ? null : TrainingSettings.Resumed(settings.Resume, automaton, graph, task, OptionOf);

        var outputs = new Outputs(terminal);

        void Keep(Training training) => outputs.Write(
            settings.Checkpoint, path => TrainingFile.Write(path, automaton, graph, task, training));

        var trained = TrainingSettings.Run(
            terminal,
            automaton,
            graph,
            task,
            from,
            settings.Threads,
            stop,
            settings.CheckpointEvery,
            settings.Checkpoint is null ? null : Keep);

        outputs.Write(settings.Out, path => RuleFile.Write(path, trained.Automaton));
        Keep(trained.Training);
        outputs.Write(settings.Curve, path => TrainingCurve.Write(path, trained.Training));
        Report(terminal, settings, graph, target, trained, outputs.Holds(settings.Out));

        var done = Counted.Of(trained.Training.Iteration, "iteration");
        return outputs.End(trained.End, done, done, settings.Out, settings.Checkpoint);
    }

    /// <summary>What the options are called that the settings of a checkpoint come from.</summary>
    private static string OptionOf(string setting) => setting switch
    {
        "graph" or "middle" or "edges" => "--graph",
        "loss" => "--target and --channel",
        "start" => "--state",
        "steps" => "--steps",
        "fire rate" => "--fire-rate",
        "learning rate" => "--learning-rate",
        "milestones" => "--decay-at",
        "batch" => "--batch",
        "seed" => "--seed",
        "pool" => "--pool",
        _ => "--rule",
    };

    /// <summary>The iteration at which the training of a checkpoint lowers its learning rate.</summary>
    private static int? Kept(string? checkpoint)
    {
        if (checkpoint is null || ArchiveReader.Open(checkpoint) is var file && !file.Has("settings"))
            return null;

        var milestones = file.Texts("settings", -1, 2).Chunk(2).FirstOrDefault(setting => setting[0] == "milestones");
        return int.TryParse(milestones?[1].Trim('[', ']'), CultureInfo.InvariantCulture, out var at) && at > 0 ? at : null;
    }

    private static Automaton Automaton(Settings settings)
    {
        var automaton = RuleWord.Read(settings.Rule, settings.Seed);

        if (settings.State is not null)
            automaton = automaton.WithStart(StateWord.Parse(settings.State, "--state of train takes zeros, seed or noise:A"));

        if (settings.Steps is not null)
        {
            var (min, max) = RangeWord.Steps(settings.Steps);
            automaton = automaton.WithSteps(min, max);
        }
        else if (settings.Rule == RuleWord.GaryMesh)
        {
            automaton = automaton.WithSteps(TrainingSettings.MinSteps, TrainingSettings.MaxSteps);
        }

        return settings.Fire is { } rate ? automaton.WithFireRate(rate) : automaton;
    }

    private static void Report(Terminal terminal, Settings settings, Graph graph, Target target, Trained trained, bool written)
    {
        var automaton = trained.Automaton;
        var steps = automaton.MaxSteps;
        double[] Correlations(int length) =>
            Measurement.Correlations(automaton, graph, target, settings.Channel, length, settings.Seed, settings.Threads);
        var (once, twice) = (Correlations(steps), Correlations(2 * steps));
        var loss = trained.Training.Losses is [.., var last] ? last : double.NaN;

        terminal.WriteJson(new JsonObject
        {
            ["correlation"] = Measurement.Median(once),
            ["correlation_min"] = once[0],
            ["correlation_twice_steps"] = Measurement.Median(twice),
            ["training_seconds"] = trained.Seconds,
            ["iterations"] = trained.Training.Iteration,
            ["end"] = trained.End.ToString().ToLowerInvariant(),
            ["loss"] = Measurement.Finite(loss),
            ["parameters"] = automaton.Rule.ParameterCount,
            ["graph"] = graph.Name,
            ["cells"] = graph.Cells,
            ["target"] = settings.Target,
            ["channel"] = settings.Channel,
            ["target_channels"] = target.Channels,
            ["state"] = automaton.Start.Text,
            ["min_steps"] = automaton.MinSteps,
            ["steps"] = steps,
            ["fire_rate"] = automaton.FireRate,
            ["seed"] = settings.Seed,
            ["out"] = settings.Out,
        });

        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("").AddColumn("");
        table.AddRow(
            $"correlation after {Counted.Of(steps, "step")}",
            $"{Measurement.Median(once):F5} (median of {once.Length} rollouts, minimum {once[0]:F5})");
        table.AddRow($"after {2 * steps} steps", $"{Measurement.Median(twice):F5}");
        table.AddRow("loss of the last batch", $"{loss:G4}");
        table.AddRow("training", $"{trained.Seconds:F2} s, {Counted.Of(trained.Training.Iteration, "iteration")}");
        table.AddRow("parameters", $"{automaton.Rule.ParameterCount:N0} ({automaton.Rule.Shape.Text})");
        terminal.Write(table);

        if (written)
            terminal.Write($"Written to {settings.Out}");
    }
}
