using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.Cli;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Words;

namespace GaryMesh.TextureJudge;

/// <summary>`rings SIGNAL.csv`: what is left on larger rings of a rule that was trained on 128 cells, by its texture's loss and, of one trained
/// on a target, by the correlation with it.</summary>
internal static class Rings
{
    private const int Trained = 128, TargetIterations = 2000;

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
        // The ratios of every training, [seeds][steps][sizes].
        var ratios = Enumerable.Range(1, seeds).Select(seed => Ratios(exemplar, iterations, (ulong)seed)).ToArray();
        var target = Correlations();
        var curves = new List<Series>();
        var figures = new JsonObject();

        foreach (var (steps, at) in _steps.Select((steps, at) => (steps, at)))
        {
            double[] Over(Func<double[], double> what) => [.. _cells.Select((_, size) => what([.. ratios.Select(seed => seed[at][size]).Order()]))];
            var (median, worst) = (Over(Measurement.Median), Over(values => values[^1]));
            var ink = at == 0 ? Ink.First : Ink.Second;
            curves.Add(new($"loss ratio, {steps:N0} steps", Points(median), ink));
            curves.Add(new("", Points(worst), ink, Dotted: true));
            figures[$"{steps}"] = new JsonObject { ["median"] = Array(median), ["worst"] = Array(worst) };
            Console.WriteLine($"{steps} steps: median {Text(median)}; worst {Text(worst)}");
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

    /// <summary>The loss by steps and size, over that on the ring of the training: means of a few runs, of more where the ring is small.</summary>
    private static double[][] Ratios(Exemplar exemplar, int iterations, ulong seed)
    {
        Graph[] worlds = [TextureRecipe.World(Graph.Ring(Trained), (0, 1, 0))];
        var automaton = TextureRecipe.Automaton(exemplar, 12, 48, seed);
        using var trainer = new Trainer(automaton, worlds[0], TextureRecipe.Task(exemplar, worlds, iterations, seed));
        var (training, _) = trainer.Run(trainer.Begin(), null, CancellationToken.None).ToTuple();
        var best = automaton.WithRule(trainer.Best(training));
        var losses = _cells.Select(cells => Losses(best, exemplar, cells)).ToArray();
        var home = System.Array.IndexOf(_cells, Trained);
        return [.. _steps.Select((_, at) => losses.Select(loss => loss[at] / losses[home][at]).ToArray())];
    }

    /// <summary>More runs of small rings, whose losses scatter more.</summary>
    private static int Runs(int cells) => Math.Max(3, 2048 / cells);

    private static double[] Losses(Automaton automaton, Exemplar exemplar, int cells)
    {
        var world = TextureRecipe.World(Graph.Ring(cells), (0, 1, 0));
        var look = new RectifiedGram(exemplar, world);
        var losses = new double[_steps.Length];
        var runs = Runs(cells);

        for (var run = 0; run < runs; run++)
        {
            var start = automaton.Start.On(world, automaton.Rule.Shape.Channels, 0);
            using var simulation = new Simulation(automaton, world, start, Firing.Of(100, run));

            for (var at = 0; at < _steps.Length; at++)
            {
                simulation.Step(_steps[at] - simulation.StepNumber);
                losses[at] += Measurement.Loss(look, simulation.State, world).Value / runs;
            }
        }

        return losses;
    }

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
