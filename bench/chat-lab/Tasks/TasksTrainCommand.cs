using System.CommandLine;
using GaryMesh.ChatGraft.Commands;

namespace GaryMesh.ChatLab.Tasks;

/// <summary>`tasks train`: trains arm by arm and seed by seed on a task's text.</summary>
internal static class TasksTrainCommand
{
    private static readonly TaskText[] _tasks = [GroupTask.Parity, GroupTask.Three, GroupTask.Five, new RecallTask(), new PairsTask()];

    private static readonly int[] _gaps = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64];

    private static readonly int[] _far = [10, 50, 100, 200, 500, 1000, 2000, 5000];

    private static readonly int[] _pairs = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];

    public static Command Create(TextWriter output, CancellationToken stop)
    {
        var results = Options.Needed("--results", "Where each run adds a line of JSON. A run that stands there is not done again.");
        var name = new Option<string>("--task") { Description = "Which task.", DefaultValueFactory = _ => GroupTask.Parity.Name };
        name.AcceptOnlyFromAmong([.. _tasks.Select(task => task.Name)]);
        var arms = new Option<string[]>("--arms")
        {
            Description = "What is grafted in.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. TaskArm.All],
        };
        var seeds = new Option<ulong[]>("--seeds")
        {
            Description = "Seeds.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [2, 3, 4],
        };
        var steps = Options.Whole("--steps", "Optimiser steps.", 1000);
        var batch = Options.Whole("--batch", "Windows a step.", 4);
        var rate = Options.Positive("--learning-rate", "Learning rate.", 0.01);
        var layers = Options.Whole("--layers", "Blocks of the cortex.", 2);
        var after = Options.Whole("--after", "Blocks that the stream has been through where the graft stands.", 0, 0);
        var most = Options.Whole("--most", "The longest gap of training.", 8);
        var frozen = new Option<bool>("--frozen") { Description = "The cortex stays as it was drawn; the graft learns alone." };
        var draw = Options.Whole("--draw", "Which questions: 0 for those that are reported, any other number for some to tune with.", 0, 0);
        var threads = Options.Threads();
        var command = new Command("train", "Runs arm by arm and seed by seed.")
        {
            results, name, arms, seeds, steps, batch, rate, layers, after, most, frozen, draw, threads,
        };
        command.SetAction(parsed =>
        {
            var file = parsed.GetValue(results)!;
            var task = _tasks.First(task => task.Name == parsed.GetValue(name));
            Func<TaskPlan, ulong, CancellationToken, TaskRun> run = task is RecallTask
                ? new BeyondExperiment(task, _far, questions: 64, parsed.GetValue(threads), parsed.GetValue(draw)).Run
                : new TaskExperiment(task, task is PairsTask ? _pairs : _gaps, questions: 128, parsed.GetValue(threads), parsed.GetValue(draw)).Run;
            var done = JsonLines.Read<TaskRun>(file).Select(run => (run.Plan, run.Seed)).ToHashSet();

            foreach (var seed in parsed.GetValue(seeds)!)
            {
                foreach (var arm in parsed.GetValue(arms)!)
                {
                    var plan = new TaskPlan(
                        parsed.GetValue(name)!, arm, parsed.GetValue(after), parsed.GetValue(layers), parsed.GetValue(most), parsed.GetValue(rate), parsed.GetValue(steps), parsed.GetValue(batch), parsed.GetValue(frozen));

                    if (done.Contains((plan, seed)))
                        continue;

                    var made = run(plan, seed, stop);
                    JsonLines.Append(file, made);
                    output.WriteLine($"{arm}, seed {seed}, {made.Parameters:N0} parameters, {made.Seconds:F0} s: {string.Join("  ", made.Gaps.Zip(made.Accuracy).Select(one => $"{one.First}: {one.Second:F2}"))}");
                    output.Flush();
                }
            }

            return ExitCode.Done;
        });
        return command;
    }
}
