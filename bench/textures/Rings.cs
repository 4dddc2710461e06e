using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Words;

namespace GaryMesh.TextureJudge;

/// <summary>`rings SIGNAL.csv`: what is left on larger rings of a rule that was trained on 128 cells, by its texture's loss and, of one trained
/// on a target, by the correlation with it.</summary>
internal static class Rings
{
    private const int Trained = 128, TargetIterations = 2000;

    private static int Home => System.Array.IndexOf(_cells, Trained);

    private static readonly int[] _cells = [64, 128, 256, 1024, 4096, 16384, 65536];

    private static readonly int[] _steps = [200, 2000];

    public static Command Create()
    {
        var signal = new Argument<string>("SIGNAL") { Description = "The signal that rings are to look like (.csv)." };
        var seeds = new Option<int>("--seeds") { Description = "Trainings.", DefaultValueFactory = _ => 5 };
        var iterations = new Option<int>("--iterations") { Description = "Optimiser steps of each.", DefaultValueFactory = _ => 5000 };
        var picture = new Option<string?>("--out") { Description = "A file for the figure (.png)." };
        var json = new Option<string?>("--json") { Description = "A file for the figures." };
        var command = new Command("rings", "A signal's texture on rings of 64 to 65,536 cells.") { signal, seeds, iterations, picture, json };
        command.SetAction(given => Run(given.GetValue(signal)!, given.GetValue(seeds), given.GetValue(iterations), given.GetValue(picture), given.GetValue(json)));
        return command;
    }

    private static int Run(string signal, int seeds, int iterations, string? picture, string? json)
    {
        var exemplar = ExemplarWord.Read(signal, false);
        // The losses of every training on rings of every size.
        var losses = Enumerable.Range(1, seeds).Select(seed => Losses(exemplar, iterations, (ulong)seed)).ToArray();
        var target = Correlations();
        var curves = new List<Series>();
        var figures = new JsonObject();

        foreach (var (steps, at) in _steps.Select((steps, at) => (steps, at)))
        {
            var ink = at == 0 ? Ink.First : Ink.Second;
            // Each training's ratios by size, in ascending order, and the control's.
            var ratios = _cells.Select((_, size) => losses.Select(seed => seed.Rings[size][at] / seed.Rings[Home][at]).Order().ToArray()).ToArray();
            double[] control = [.. losses.Select(seed => seed.Half[at] / seed.Whole[at]).Order()];
            double[] median = [.. ratios.Select(Measurement.Median)], worst = [.. ratios.Select(ratio => ratio[^1])];
            curves.Add(new($"loss ratio, {steps:N0} steps", Points(median), ink));
            curves.Add(new("", Points(worst), ink, Dotted: true));
            figures[$"{steps}"] = new JsonObject
            {
                ["median"] = Array(median),
                ["worst"] = Array(worst),
                ["cut_median"] = Measurement.Median(control),
                ["cut_worst"] = control[^1],
            };
            Console.WriteLine($"{steps} steps: median {Text(median)}; worst {Text(worst)}");
            Console.WriteLine(
                $"  {_cells[0]} consecutive cells of the largest ring over {Trained} such: median {Measurement.Median(control):F2}, worst {control[^1]:F2}");
        }

        curves.Add(new("correlation of one target", Points(target), Ink.Third));
        figures["correlation"] = Array(target);
        Console.WriteLine($"correlation of a rule for one target: {string.Join(", ", target.Select(value => $"{value:F4}"))}");

        if (picture is not null)
        {
            var canvas = new PngCanvas(720, 380);
            new Chart($"Trained on {Trained} cells; {seeds} seeds: median, and the worst as dots", new Axis("cells", Log: true), new Axis("loss ratio, correlation", Min: 0), [.. curves])
                .Draw(canvas, 0, 0, 720, 380);
            PngCanvas.Write(picture, canvas.Pixels);
        }

        if (json is not null)
            File.WriteAllText(json, figures.ToJsonString());

        return 0;

        static Place[] Points(double[] values) => [.. values.Select((value, size) => new Place(_cells[size], value))];

        static JsonArray Array(double[] values) => [.. values.Select(value => (JsonNode)value)];

        static string Text(double[] values) => string.Join(", ", values.Select((value, size) => $"{_cells[size]:N0}: {value:F2}"));
    }

    private static TrainingLosses Losses(Exemplar exemplar, int iterations, ulong seed)
    {
        Graph[] worlds = [TextureRecipe.World(Graph.Ring(Trained), (0, 1, 0))];
        var automaton = TextureRecipe.Automaton(exemplar, 12, 48, seed);
        using var trainer = new Trainer(automaton, worlds[0], TextureRecipe.Task(exemplar, worlds, iterations, seed));
        var (training, _) = trainer.Run(trainer.Begin(), null, CancellationToken.None).ToTuple();
        var best = automaton.WithRule(trainer.Best(training));
        var states = _cells.Select(cells => States(best, cells)).ToArray();
        return new(
            [.. states.Zip(_cells, (runs, cells) => Means(exemplar, TextureRecipe.World(Graph.Ring(cells), (0, 1, 0)), runs))],
            Cut(exemplar, states[^1], _cells[0]),
            Cut(exemplar, states[^1], Trained));
    }

    /// <summary>States of a few runs after each of the steps, of more runs where the ring is small: [runs][steps].</summary>
    private static State[][] States(Automaton automaton, int cells)
    {
        var world = TextureRecipe.World(Graph.Ring(cells), (0, 1, 0));
        return [.. Enumerable.Range(0, Math.Max(3, 2048 / cells)).Select(run =>
        {
            var start = automaton.Start.On(world, automaton.Rule.Shape.Channels, (ulong)run);
            using var simulation = new Simulation(automaton, world, start, Firing.Of(100, run));
            return _steps.Select(steps =>
            {
                simulation.Step(steps - simulation.StepNumber);
                return simulation.State;
            }).ToArray();
        })];
    }

    /// <summary>The mean loss by steps of states of one graph.</summary>
    private static double[] Means(Exemplar exemplar, Graph world, State[][] runs)
    {
        var look = new RectifiedGram(exemplar, world);
        return [.. _steps.Select((_, at) => runs.Average(run => Measurement.Loss(look, run[at], world).Value))];
    }

    /// <summary>The same of pieces of so many consecutive cells, each as a line of its own.</summary>
    private static double[] Cut(Exemplar exemplar, State[][] runs, int cells)
    {
        const int Pieces = 32;
        var line = TextureRecipe.World(Graph.Line(cells), (0, 1, 0));
        return Means(exemplar, line, [.. runs.SelectMany(run => Enumerable.Range(0, Pieces).Select(piece => run.Select(state => Piece(state, piece)).ToArray()))]);

        State Piece(State state, int piece)
        {
            var first = state.Channels * (state.Cells / Pieces * piece);
            return new State(cells, state.Channels, state.Values.Slice(first, cells * state.Channels));
        }
    }

    /// <summary>The losses of one training's rule by size and steps on rings, and, as the control that says how much of a small ring's loss is its few
    /// cells, on pieces of the largest ring that are as long as the smallest ring and as the one of the training.</summary>
    private sealed record TrainingLosses(double[][] Rings, double[] Half, double[] Whole);

    /// <summary>The same rule, trained by the mean squared error to paint one curve around a ring.</summary>
    private static double[] Correlations()
    {
        var ring = Graph.Ring(Trained);
        var wave = TargetWord.Read("wave", ring);
        var automaton = Automaton.GaryMesh(1).WithStart(Start.Zeros).WithSteps(TrainingSettings.MinSteps, TrainingSettings.MaxSteps);
        var task = TrainingSettings.Task(
            wave.Loss(0, automaton.Rule.Shape.Channels), TargetIterations, TrainingSettings.Batch, TrainingSettings.LearningRate, TrainingSettings.DecayAt(TargetIterations), 1);
        using var trainer = new Trainer(automaton, ring, task);
        var (training, _) = trainer.Run(trainer.Begin(), null, CancellationToken.None).ToTuple();
        var best = automaton.WithRule(trainer.Best(training));
        return [.. _cells.Select(cells =>
        {
            var larger = Graph.Ring(cells);
            return Measurement.Median(Measurement.Correlations(best, larger, TargetWord.Read("wave", larger), 0, best.MaxSteps, 1, 0));
        })];
    }
}
