using System.CommandLine;
using GaryMesh.ChatGraft.Commands;

namespace GaryMesh.ChatLab.Grafts;

/// <summary>`graft speed`: how many steps each arm makes in the time of the mesh's, measured in turns so that what else the machine does
/// slows all of them.</summary>
internal static class GraftSpeedCommand
{
    private static readonly string[] _arms = ["mesh", "two-tap", "low-rank", "mlp"];

    // No rate changes the speed; a small one keeps every number finite.
    private const double LearningRate = 0.001;

    public static Command Create(TextWriter output, CancellationToken stop)
    {
        var data = Options.Needed("--data", "The text to train on, UTF-8.");
        var model = Options.File("--model", "The cortex. [default: the one that ships]");
        var rounds = Options.Whole("--rounds", "Turns of every arm after the first, which only warms up.", 9);
        var burst = Options.Whole("--burst", "Optimiser steps of a turn.", 20);
        var (steps, batch, place, threads) = (GraftOptions.Steps(), GraftOptions.Batch(), new GraftOptions(), Options.Threads());
        var command = new Command("speed", "Trains every arm for some steps in turn and says how many each makes in the mesh's time.")
        {
            data, model, rounds, burst, steps, batch, threads,
        };
        place.AddTo(command);
        command.SetAction(parsed =>
        {
            var read = ShippedModel.Or(parsed.GetValue(model));
            var learnt = read.Tokenizer.Encode(File.ReadAllText(parsed.GetValue(data)!));
            // What they come to does not matter here, so one window judges.
            var experiment = new GraftExperiment(
                "", read, learnt, learnt[..read.Cortex.Shape.Context], parsed.GetValue(burst), parsed.GetValue(batch), parsed.GetValue(threads));
            double[] Turn() =>
            [
                .. _arms.Select(arm => new GraftPlan(arm, place.After(parsed), place.Mesh(parsed, read.Cortex.Shape.Width)))
                    .Select(plan => experiment.Run(plan, CortexTraining.Frozen, 1, LearningRate, stop).TokensPerSecond),
            ];
            Turn();
            double[][] turns = [.. Enumerable.Range(0, parsed.GetValue(rounds)).Select(_ => Turn())];
            output.WriteLine($"| arm | tokens/s, median of {turns.Length} turns | as fast as the mesh, median (least to most) | steps in the mesh's {parsed.GetValue(steps):N0} |");
            output.WriteLine("|---|---:|---:|---:|");

            for (var arm = 0; arm < _arms.Length; arm++)
            {
                double[] speeds = [.. turns.Select(turn => turn[arm]).Order()];
                double[] ratios = [.. turns.Select(turn => turn[arm] / turn[0]).Order()];
                var middle = ratios[ratios.Length / 2];
                output.WriteLine(
                    $"| {_arms[arm]} | {speeds[speeds.Length / 2]:N0} | {middle:F2} ({ratios[0]:F2} to {ratios[^1]:F2}) | {parsed.GetValue(steps) * middle:F0} |");
            }

            return ExitCode.Done;
        });
        return command;
    }
}
