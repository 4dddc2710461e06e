using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Reports;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using Spectre.Console;

namespace GaryMesh.Cli.Commands;

/// <summary>`gary-mesh demo`: trains the 2,364-parameter rule on a ring of 64 cells and shows what it can do.</summary>
internal static class DemoCommand
{
    private const int Channel = 0;

    private static readonly int[] _sizes = [64, 1024, 16384, 65536, 1048576];

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var folder = Options.File(
            "--out", "Folder for the rule, the target, the pictures and the report; made where missing.", "DIR");
        folder.DefaultValueFactory = _ => "demo";
        var seed = Options.Seed();
        var iterations = Options.Whole("--iterations", "N", "Optimiser steps.", TrainingSettings.Iterations);
        var maxCells = Options.Whole("--max-cells", "N", "The largest ring of the scaling table.", _sizes[^1], _sizes[0]);
        var gradientSteps = Options.Whole("--gradient-steps", "N", "Steps that the gradient is checked through.", 16);
        var threads = Options.Threads();
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command(
            "demo",
            "Train gary-mesh's rule of 2,364 parameters on a ring of 64 cells, show target and pattern, check its gradient and "
            + "time it on rings of up to 1,048,576 cells.")
        {
            folder, seed, iterations, maxCells, gradientSteps, threads, json, quiet,
        };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            parsed.GetValue(folder)!,
            parsed.GetValue(seed),
            parsed.GetValue(iterations),
            [.. _sizes.Where(size => size <= parsed.GetValue(maxCells))],
            parsed.GetValue(gradientSteps),
            parsed.GetValue(threads),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh demo
            gary-mesh demo --seed 2 --out demo2
            gary-mesh demo --json --quiet > demo.json
            """,
            """
            Every cell of the ring sees its two neighbours only, fires at half of the steps, and starts at zero. The folder
            gets rule.npz, target.npz (array 'target'), pattern.png, space-time.png and report.html, which opens offline.
            Figures: correlation is the median over 20 rollouts whose firing seeds training never used; gradient_error is the
            worst of all 2,364 derivatives through 16 asynchronous steps against the complex step, relative to the largest;
            gradient_error_central against central differences of 1e-6 (but for those across a kink of the ReLU, whose
            fraction is gradient_central_excluded); gradient_error_engine that of the engine's single precision against the
            reference.
            """);
        return command;
    }

    private static int Run(
        Terminal terminal,
        string folder,
        ulong seed,
        int iterations,
        int[] sizes,
        int gradientSteps,
        int threads,
        CancellationToken stop)
    {
        OutputFile.MakeFolder(folder);
        string At(string name) => Path.Combine(folder, name);

        var graph = Graph.Ring(64);
        var wave = TargetWord.Read("wave", graph);
        var target = wave.Values;
        var automaton = Automaton.GaryMesh(seed)
            .WithStart(Start.Zeros)
            .WithSteps(TrainingSettings.MinSteps, TrainingSettings.MaxSteps);
        var task = TrainingSettings.Task(
            wave.Loss(Channel, automaton.Rule.Shape.Channels),
            iterations,
            TrainingSettings.Batch,
            TrainingSettings.LearningRate,
            TrainingSettings.DecayAt(iterations),
            seed);

        var trained = TrainingSettings.Run(terminal, automaton, graph, task, null, threads, stop, 0, null);
        RuleFile.Write(At("rule.npz"), trained.Automaton);
        Npz.Write(
            At("target.npz"),
            [new KeyValuePair<string, NpyArray>("target", NpyArray.OfFloat32([target.Length], target))]);

        if (trained.End == TrainingEnd.Diverged)
            terminal.Warn("Training diverged; the last good rule is kept.");

        if (stop.IsCancellationRequested)
        {
            terminal.Warn(
                $"Stopped after {Counted.Of(trained.Training.Iteration, "iteration")}; {At("rule.npz")} holds the best rule so "
                + "far.");
            return ExitCode.Interrupted;
        }

        automaton = trained.Automaton;
        var steps = automaton.MaxSteps;
        var once = Measurement.Correlations(automaton, graph, wave, Channel, steps, seed, threads);
        var twice = Measurement.Correlations(automaton, graph, wave, Channel, 2 * steps, seed, threads);
        var trajectory = Measurement.Trajectory(automaton, graph, 2 * steps, seed, threads);

        Scale[] scaling;
        Agreement agreement;

        try
        {
            scaling = terminal.WithProgress(
                $"Timing rings of up to {sizes[^1]:N0} cells",
                progress => Measurement.Scaling(automaton, sizes, steps, 3, threads, progress, stop));
            agreement = terminal.WithProgress(
                "Checking every derivative",
                progress => Measurement.Gradient(
                    automaton,
                    graph,
                    Rollout.Of(State.Zeros(graph.Cells, automaton.Rule.Shape.Channels), gradientSteps, Firing.Of(seed, 0)),
                    State.Create(
                        graph.Cells, automaton.Rule.Shape.Channels, (cell, channel) => channel == Channel ? target[cell] : 0),
                    threads,
                    progress,
                    stop));
        }
        catch (OperationCanceledException)
        {
            terminal.Warn($"Stopped; {folder} holds the rule and its target, but no pictures and report of them.");
            return ExitCode.Interrupted;
        }

        var pattern = trajectory[steps].Channel(Channel);
        var figures = new DemoFigures(
            seed, graph, target, pattern, automaton, trained, once, twice, trajectory, Channel, scaling, agreement,
            Environment.ProcessorCount);
        PngCanvas.Write(At("pattern.png"), DemoPictures.Pattern(figures));
        PngCanvas.Write(At("space-time.png"), DemoPictures.Trajectory(figures));
        DemoReport.Write(At("report.html"), figures);

        Show(terminal, figures, folder);
        terminal.WriteJson(Json(figures));
        return trained.End == TrainingEnd.Diverged ? ExitCode.Failed : ExitCode.Done;
    }

    private static JsonObject Json(DemoFigures figures) =>
        new()
        {
            ["correlation"] = figures.Correlation,
            ["correlation_min"] = figures.Once[0],
            ["correlation_twice_steps"] = Measurement.Median(figures.Twice),
            ["training_seconds"] = figures.Trained.Seconds,
            ["iterations"] = figures.Trained.Training.Iteration,
            ["parameters"] = figures.Automaton.Rule.ParameterCount,
            ["gradient_error"] = figures.Agreement.Reference.ComplexStep,
            ["gradient_error_central"] = figures.Agreement.Reference.Central,
            ["gradient_central_excluded"] = figures.Agreement.Reference.CentralExcluded,
            ["gradient_error_engine"] = figures.Agreement.Engine,
            ["gradient_steps"] = figures.Agreement.Steps,
            ["seed"] = figures.Seed,
            ["graph"] = figures.Graph.Name,
            ["steps"] = figures.Steps,
            ["state"] = figures.Automaton.Start.Text,
            ["channel"] = figures.Channel,
            ["fire_rate"] = figures.Automaton.FireRate,
            ["scaling"] = new JsonArray(
            [
                .. figures.Scaling.Select(scale => (JsonNode)new JsonObject
                {
                    ["cells"] = scale.Cells,
                    ["parameters"] = scale.Parameters,
                    ["ns_per_cell_step"] = scale.NsPerCellStep,
                    ["ms_per_cell_rollout"] = scale.MsPerCellRollout,
                }),
            ]),
        };

    private static void Show(Terminal terminal, DemoFigures figures, string folder)
    {
        terminal.Write($"target   {Spark(figures.Target)}");
        terminal.Write($"pattern  {Spark(figures.Pattern)}");
        terminal.Write("");

        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("").AddColumn("");
        table.AddRow(
            "correlation",
            $"{figures.Correlation:F5} (median of {figures.Once.Length} rollouts, minimum {figures.Once[0]:F5})");
        table.AddRow(
            $"at {2 * figures.Steps} steps, twice the trained number",
            $"{Measurement.Median(figures.Twice):F5}");
        var iterations = Counted.Of(figures.Trained.Training.Iteration, "iteration");
        table.AddRow("training", $"{figures.Trained.Seconds:F2} s, {iterations}");
        table.AddRow("parameters", $"{figures.Automaton.Rule.ParameterCount:N0} ({figures.Automaton.Rule.Shape.Text})");
        var reference = figures.Agreement.Reference;
        table.AddRow("gradient against the complex step", $"{reference.ComplexStep:0.0E+00}");
        table.AddRow(
            "gradient against central differences",
            $"{reference.Central:0.0E+00} ({reference.CentralExcluded:P2} across a kink left out)");
        table.AddRow("the engine's gradient against the reference", $"{figures.Agreement.Engine:0.0E+00}");
        terminal.Write(table);

        var scaling = new Table().Border(TableBorder.Rounded);

        string[] names = ["cells", "parameters", "ns per cell-step", $"µs per cell-rollout ({figures.Steps} steps)"];

        foreach (var name in names)
            scaling.AddColumn(new TableColumn(name).RightAligned());

        foreach (var scale in figures.Scaling)
        {
            scaling.AddRow(
                $"{scale.Cells:N0}",
                $"{scale.Parameters:N0}",
                $"{scale.NsPerCellStep:F2}",
                $"{1e3 * scale.MsPerCellRollout:F3}");
        }

        terminal.Write(scaling);
        terminal.Write($"Written to {folder}: rule.npz, target.npz, pattern.png, space-time.png, report.html");
    }

    /// <summary>A curve as a row of bars between -1 and 1.</summary>
    private static string Spark(float[] values) =>
        string.Concat(values.Select(value => "▁▂▃▄▅▆▇█"[Math.Clamp((int)(4 * (value + 1)), 0, 7)]));
}
