using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Reports;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using Spectre.Console;

namespace GaryMesh.Cli.Commands;

/// <summary>`gary-mesh bench`: the time of a rollout, beside the peak of the machine.</summary>
internal static class BenchCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var graphs = new Option<string[]>("--graph", "-g")
        {
            Description = "The graph: a word or a file, or several, each timed in turn (see the notes).",
            HelpName = "G",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["ring:65536"],
        };
        var picture = Options.File("--png", "Draw the time per cell and step over the number of cells.", "FILE.png");
        var rule = Options.File("--rule", "The rule: a file, a preset or CxHxK (see the notes).", "R");
        rule.DefaultValueFactory = _ => "12x48x3";
        var steps = Options.Whole("--steps", "T", "Steps of a rollout.", 24);
        var fire = Options.FireRate(
            "Probability that a cell updates at a step; 1 for all. [default: the rule's, which is 0.5]");
        var rounds = Options.Whole("--rounds", "N", "Rounds, each of rollouts and a measurement of the peak.", 7);
        var lanes = Options.Whole(
            "--lanes", "N", "Numbers in a vector: 1, 4, 8 or 16; 0 for the widest the machine has.", 0, 0);
        var seed = Options.Seed();
        var threads = Options.Threads();
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command(
            "bench", "Time rollouts of a rule on a graph, beside the peak of the same machine measured in the same run.")
        {
            graphs, rule, steps, fire, rounds, lanes, seed, threads, picture, json, quiet,
        };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            parsed.GetValue(graphs)!,
            parsed.GetValue(rule)!,
            parsed.GetValue(steps),
            parsed.GetValue(fire),
            parsed.GetValue(rounds),
            parsed.GetValue(lanes),
            parsed.GetValue(seed),
            parsed.GetValue(threads),
            parsed.GetValue(picture),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh bench
            gary-mesh bench --graph ring:1048576 --steps 24 --threads 2 --rule 12x48x3 --fire-rate 0.5 --json
            gary-mesh bench --graph icosphere:80 --rule mesh-nca --threads 1
            gary-mesh bench --graph grid:256x256 --rule growing
            gary-mesh bench --graph ring:1024 ring:65536 ring:1048576 --png scaling.png
            """,
            $"""
            seconds_per_rollout is the median over the rounds, with its quartiles beside it; a rollout takes the user's state
            and returns a new one. gflops_executed counts, for every cell that fires, 2 (perceived x hidden + hidden x
            channels) for the rule and 2 x edges x edge operators x channels for what it gathers from its neighbours
            (and 2 x channels for each operator whose own state has a weight); a multiply-add counts as two, and cells that
            do not fire count as nothing. peak_gflops is what chains of fused multiply-adds in registers reach on as many
            threads, measured between the rollouts; fraction_of_peak is the median of the rounds' own ratios. bytes_peak is
            the maximum memory of the process, bytes_engine that of the engine. Several graphs make one object with
            an array 'runs'.

            {GraphWord.Note}

            {RuleWord.Note}
            """);
        return command;
    }

    private static int Run(
        Terminal terminal,
        string[] graphs,
        string ruleWord,
        int steps,
        double? fire,
        int rounds,
        int lanes,
        ulong seed,
        int threads,
        string? picture,
        CancellationToken stop)
    {
        if (lanes is not (0 or 1 or 4 or 8 or 16))
            throw new UserErrorException($"--lanes takes 0, 1, 4, 8 or 16, but '{lanes}' is none of them.");

        OutputFile.Check([ruleWord, .. graphs], ("--png", ".png", picture));
        var automaton = RuleWord.Read(ruleWord, seed);

        if (!RuleWord.IsTrained(ruleWord))
        {
            // Random parameters, small enough that no value leaves the range of normal numbers within a long rollout.
            automaton = automaton.WithRule(Rule.Xavier(automaton.Rule.Shape, seed, 0.5, 0.05)).WithStart(Start.OfNoise(1));
        }

        if (fire is { } rate)
            automaton = automaton.WithFireRate(rate);

        // Read before anything is timed: a graph that cannot be read should fail at once, not minutes later.
        Graph[] worlds = [.. graphs.Select(word => GraphWord.Read(word, terminal))];
        var timings = terminal.WithProgress("Measuring", progress => worlds
            .Select((graph, i) => RolloutTiming.Measure(
                automaton,
                graph,
                steps,
                rounds,
                seed,
                new EngineOptions { Threads = threads, Lanes = lanes },
                new Part(progress, i, worlds.Length),
                stop))
            .ToArray());

        if (picture is not null)
            PngCanvas.Write(picture, Picture(timings));

        var runs = timings.Select(timing => timing.ToJson(ruleWord)).ToArray();
        terminal.WriteJson(runs.Length == 1 ? runs[0] : new JsonObject { ["runs"] = new JsonArray([.. runs]) });
        terminal.Write(timings.Length == 1 ? Described(timings[0]) : Compared(timings));
        return ExitCode.Done;
    }

    private static Table Described(RolloutTiming timing)
    {
        var (low, high) = timing.Quartiles;
        var rule = timing.Automaton.Rule;
        var fractions = timing.Fractions;
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("").AddColumn("");
        table.AddRow(
            "graph",
            $"{Markup.Escape(timing.Graph.Name)}: {Counted.Of(timing.Graph.Cells, "cell")}, "
            + Counted.Of(timing.Graph.Edges, "directed edge"));
        table.AddRow(
            "rule",
            $"{rule.Shape.Text}, {rule.ParameterCount:N0} parameters, fire rate {timing.Automaton.FireRate}");
        table.AddRow("machine", $"{Counted.Of(timing.Threads, "thread")}, {Counted.Of(timing.Lanes, "number")} a vector");
        table.AddRow(
            $"a rollout of {Counted.Of(timing.Steps, "step")}",
            $"{1e3 * timing.Median:F3} ms (quartiles {1e3 * low:F3} to {1e3 * high:F3}, "
            + $"{Counted.Of(timing.Seconds.Length, "round")})");
        table.AddRow("per cell and step", $"{timing.NsPerCellStep:F2} ns");
        table.AddRow("executed", $"{timing.Gflops:F1} GFLOP/s");
        table.AddRow(
            "peak of the machine", $"{timing.Peak:F1} GFLOP/s ({timing.Peaks.Min():F1} to {timing.Peaks.Max():F1})");
        table.AddRow(
            "fraction of peak",
            $"{Measurement.Median(fractions):P1} ({fractions.Min():P1} to {fractions.Max():P1})");
        table.AddRow(
            "memory", $"{Mebibytes(timing.EngineBytes)} in the engine, {Mebibytes(timing.ProcessBytes)} at most in the process");
        return table;
    }

    private static Table Compared(RolloutTiming[] timings)
    {
        var table = new Table().Border(TableBorder.Rounded);

        string[] columns = ["cells", "parameters", "ns per cell-step", "ms per rollout", "fraction of peak", "engine"];

        foreach (var column in columns)
            table.AddColumn(new TableColumn(column).RightAligned());

        foreach (var timing in timings)
        {
            table.AddRow(
                $"{timing.Graph.Cells:N0}",
                $"{timing.Automaton.Rule.ParameterCount:N0}",
                $"{timing.NsPerCellStep:F2}",
                $"{1e3 * timing.Median:F3}",
                $"{Measurement.Median(timing.Fractions):P1}",
                Mebibytes(timing.EngineBytes));
        }

        return table;
    }

    private static string Mebibytes(long bytes) => $"{bytes / 1048576.0:F1} MiB";

    private static Pixels Picture(RolloutTiming[] timings)
    {
        var canvas = new PngCanvas(760, 400);
        Place[] points = [.. timings.Select(timing => new Place(timing.Graph.Cells, timing.NsPerCellStep)).OrderBy(one => one.X)];
        DemoPictures.Scaling("cells", points).Draw(canvas, 0, 0, 760, 400);
        return canvas.Pixels;
    }

    /// <summary>The progress of one of several runs, as a part of the whole.</summary>
    private sealed class Part(IProgress<double> whole, int index, int count) : IProgress<double>
    {
        public void Report(double value) => whole.Report((index + value) / count);
    }
}
