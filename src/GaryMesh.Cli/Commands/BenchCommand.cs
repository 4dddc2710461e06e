using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Words;
using Spectre.Console;

namespace GaryMesh.Cli.Commands;

/// <summary>`gary-mesh bench`: how long a rollout takes, and how near that comes to what the machine can do.</summary>
internal static class BenchCommand
{
    private const int PeakMilliseconds = 40;

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var graph = Options.Graph("ring:65536");
        var rule = Options.File("--rule", "The rule: sizes, a preset or a file (see the notes).", "R");
        rule.DefaultValueFactory = _ => "12x48x3";
        var steps = Options.Whole("--steps", "T", "Steps of a rollout.", 24);
        var fire = Options.Fire("Probability that a cell updates at a step; 1 for all. [default: the rule's, which is 0.5]");
        var rounds = Options.Whole("--rounds", "N", "Rounds, each of rollouts and a measurement of the peak.", 7);
        var lanes = Options.Whole("--lanes", "N", "Numbers in a vector: 1, 4, 8 or 16; 0 for the widest the machine has.", 0, 0);
        var seed = Options.Seed();
        var threads = Options.Threads();
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command(
            "bench", "Time rollouts of a rule on a graph, beside the peak of the same machine measured in the same run.")
        {
            graph, rule, steps, fire, rounds, lanes, seed, threads, json, quiet,
        };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            parsed.GetValue(graph)!,
            parsed.GetValue(rule)!,
            parsed.GetValue(steps),
            parsed.GetValue(fire),
            parsed.GetValue(rounds),
            parsed.GetValue(lanes),
            parsed.GetValue(seed),
            parsed.GetValue(threads),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh bench
            gary-mesh bench --graph ring:1048576 --steps 24 --threads 2 --rule 12x48x3 --fire 0.5 --json
            gary-mesh bench --graph icosphere:80 --rule mesh-nca --threads 1
            gary-mesh bench --graph grid:256x256 --rule growing
            """,
            $"""
            seconds_per_rollout is the median over the rounds, with its quartiles beside it; a rollout takes the user's state
            and returns a new one. gflops_executed counts, for every cell that fires, 2 (perceived x hidden + hidden x
            channels) for the rule and 2 x edges x operators over edges x channels for what it gathers from its neighbours
            (and 2 x channels for each operator whose own state has a weight); a multiply-add counts as two, and cells that
            do not fire count as nothing. peak_gflops is what chains of fused multiply-adds in registers reach on as many
            threads, measured between the rollouts; fraction_of_peak is the median of the rounds' own ratios. bytes_peak is
            the most memory that the process has held, bytes_engine what the engine holds.

            {GraphWord.Note}

            {RuleWord.Note}
            """);
        return command;
    }

    private static int Run(
        Terminal terminal,
        string graphWord,
        string ruleWord,
        int steps,
        double? fire,
        int rounds,
        int lanes,
        ulong seed,
        int threads,
        CancellationToken stop)
    {
        if (lanes is not (0 or 1 or 4 or 8 or 16))
            throw new Complaint($"--lanes takes 0, 1, 4, 8 or 16, but '{lanes}' is none of them.");

        var automaton = RuleWord.Read(ruleWord, seed);

        if (!RuleWord.IsFile(ruleWord))
        {
            // Random parameters, small enough that no value leaves the range of normal numbers within a long rollout.
            automaton = automaton.WithRule(Rule.Xavier(automaton.Rule.Shape, seed, 0.5, 0.05)).WithStart(Start.NewNoise(1));
        }

        if (fire is { } rate)
            automaton = automaton.WithFireRate(rate);

        var graph = GraphFile.Of(graphWord);
        using var prepared = new Prepared(automaton, graph, new EngineOptions { Threads = threads, Lanes = lanes });
        var rollout = Rollout.Of(
            automaton.Start.On(graph, automaton.Rule.Shape.Channels, seed), steps, Firing.NewSeeded(seed, 0));
        var operations = Operations(automaton, graph, rollout, stop);

        var seconds = new double[rounds];
        var peaks = new double[rounds];
        terminal.Watch("Measuring", progress =>
        {
            var clock = Stopwatch.StartNew();
            prepared.Run(rollout);
            PeakRate.Gflops(prepared.Threads, PeakMilliseconds);
            clock.Restart();
            prepared.Run(rollout);

            // A round of less than this would be told more by the clock than by the work.
            var repeats = (int)Math.Clamp(0.03 / clock.Elapsed.TotalSeconds, 1, 10_000);

            for (var round = 0; round < rounds; round++)
            {
                stop.ThrowIfCancellationRequested();
                clock.Restart();

                for (var repeat = 0; repeat < repeats; repeat++)
                    prepared.Run(rollout);

                seconds[round] = clock.Elapsed.TotalSeconds / repeats;
                peaks[round] = PeakRate.Gflops(prepared.Threads, PeakMilliseconds);
                progress.Report((round + 1.0) / rounds);
            }

            return true;
        });

        var fractions = seconds.Zip(peaks, (time, peak) => 1e-9 * operations / time / peak).ToArray();
        var median = Measurement.Median(seconds);
        var (low, high) = Quartiles(seconds);
        var nanoseconds = 1e9 * median / ((double)graph.Cells * steps);
        using var process = Process.GetCurrentProcess();
        terminal.Figures(new JsonObject
        {
            ["graph"] = graph.Name,
            ["cells"] = graph.Cells,
            ["edges"] = graph.Edges,
            ["rule"] = ruleWord,
            ["parameters"] = automaton.Rule.ParameterCount,
            ["steps"] = steps,
            ["fire_rate"] = automaton.FireRate,
            ["threads"] = prepared.Threads,
            ["lanes"] = prepared.Lanes,
            ["rounds"] = rounds,
            ["seconds_per_rollout"] = median,
            ["seconds_quartiles"] = new JsonArray(low, high),
            ["seconds_least"] = seconds.Min(),
            ["seconds_most"] = seconds.Max(),
            ["ns_per_cell_step"] = nanoseconds,
            ["gflops_executed"] = 1e-9 * operations / median,
            ["peak_gflops"] = Measurement.Median(peaks),
            ["peak_gflops_least"] = peaks.Min(),
            ["peak_gflops_most"] = peaks.Max(),
            ["fraction_of_peak"] = Measurement.Median(fractions),
            ["fraction_least"] = fractions.Min(),
            ["fraction_most"] = fractions.Max(),
            ["bytes_engine"] = prepared.Bytes,
            ["bytes_peak"] = process.PeakWorkingSet64,
        });

        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("").AddColumn("");
        table.AddRow("graph", $"{Markup.Escape(graph.Name)}: {graph.Cells:N0} cells, {graph.Edges:N0} edges");
        table.AddRow("rule", $"{automaton.Rule.Shape.Text}, {automaton.Rule.ParameterCount:N0} parameters, fire rate {automaton.FireRate}");
        table.AddRow("machine", $"{prepared.Threads} threads, {prepared.Lanes} numbers a vector");
        table.AddRow($"a rollout of {steps} steps", $"{1e3 * median:F3} ms (quartiles {1e3 * low:F3} to {1e3 * high:F3}, {rounds} rounds)");
        table.AddRow("per cell and step", $"{nanoseconds:F2} ns");
        table.AddRow("executed", $"{1e-9 * operations / median:F1} GFLOP/s");
        table.AddRow("peak of the machine", $"{Measurement.Median(peaks):F1} GFLOP/s ({peaks.Min():F1} to {peaks.Max():F1})");
        table.AddRow("share of the peak", $"{Measurement.Median(fractions):P1} ({fractions.Min():P1} to {fractions.Max():P1})");
        table.AddRow("memory", $"{prepared.Bytes / 1048576.0:F1} MiB in the engine, {process.PeakWorkingSet64 / 1048576.0:F1} MiB at most in all");
        terminal.Say(table);
        return CommandLine.Done;
    }

    /// <summary>The operations that a rollout cannot do without: those of the cells that fire.</summary>
    private static double Operations(Automaton automaton, Graph graph, Rollout rollout, CancellationToken stop)
    {
        var shape = automaton.Rule.Shape;
        var edged = automaton.Perception.Operators.OfType<Operator.Neighbours>().ToArray();
        var differences = edged.Count(one => one.Messages.IsDifference);
        var perCell = 2.0 * (((double)shape.Perceived * shape.Hidden) + ((double)shape.Hidden * shape.Channels)
            + ((double)differences * shape.Channels));
        var perEdge = 2.0 * edged.Length * shape.Channels;
        var total = 0.0;
        var together = new Lock();

        Parallel.For(0, rollout.Steps, new ParallelOptions { CancellationToken = stop }, step =>
        {
            var (cells, edges) = (0L, 0L);

            for (var cell = 0; cell < graph.Cells; cell++)
            {
                if (rollout.Firing.Fires(automaton.FireRate, step, cell))
                {
                    cells++;
                    edges += graph.Degree(cell);
                }
            }

            // Whole numbers, whose sum does not depend on the order.
            lock (together)
                total += (cells * perCell) + (edges * perEdge);
        });

        return total;
    }

    private static (double Low, double High) Quartiles(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 4], sorted[sorted.Length - 1 - ((sorted.Length - 1) / 4)]);
    }
}
