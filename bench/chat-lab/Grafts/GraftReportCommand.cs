using System.CommandLine;
using GaryMesh.ChatGraft.Commands;
using MathNet.Numerics.Distributions;

namespace GaryMesh.ChatLab.Grafts;

/// <summary>`graft report`: what a mesh layer is worth, held against each control over the same seeds.</summary>
internal static class GraftReportCommand
{
    public static Command Create(TextWriter output)
    {
        var results = Options.Needed("--results", "What `graft train` wrote.");
        var command = new Command("report", "The runs as a table in Markdown: means, 95 % intervals, and the mesh against each control.")
        {
            results,
        };
        command.SetAction(parsed =>
        {
            var runs = JsonLines.Read<GraftRun>(parsed.GetValue(results)!);

            if (runs.Length == 0)
                throw new ArgumentException($"{parsed.GetValue(results)} holds no run of a graft.");

            output.WriteLine("| cortex | arm | after block | mesh | trained | parameters | steps | seeds | rate | nats a token | 95 % interval | perplexity | tokens/s, training |");
            output.WriteLine("|---|---|---:|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");

            foreach (var group in runs.GroupBy(run => (run.Model, run.Plan, run.Cortex, run.Steps)))
            {
                double[] losses = [.. group.Select(run => run.HeldOut)];
                double[] speeds = [.. group.Select(run => run.TokensPerSecond).Order()];
                var (plan, first) = (group.Key.Plan, group.First());
                var (mean, half) = (losses.Average(), Half(losses));
                output.WriteLine(
                    $"| {first.Model} | {plan.Arm} | {plan.After} | {(plan.Arm == "mesh" ? Of(plan.Mesh) : "")} | {group.Key.Cortex} | {first.Parameters:N0} | {first.Steps:N0} | "
                    + $"{losses.Length} | {first.LearningRate} | {mean:F5} | {(losses.Length > 1 ? $"± {half:F5}" : "")} | {Math.Exp(mean):F4} | {speeds[speeds.Length / 2]:N0} |");
            }

            Compare(output, runs);
            return ExitCode.Done;
        });
        return command;
    }

    private static string Of(MeshGraftShape mesh) =>
        $"{mesh.Channels}-{mesh.Hidden}-{mesh.Channels}, T = {mesh.Steps}, {mesh.Population} a position, back {string.Join(' ', mesh.Distances)}";

    private static void Compare(TextWriter output, GraftRun[] runs)
    {
        foreach (var place in runs.GroupBy(run => (run.Model, run.Plan.After, run.Plan.Mesh, run.Cortex)))
        {
            foreach (var mesh in place.Where(run => run.Plan.Arm == "mesh").GroupBy(run => run.Steps))
            {
                // A faster control has more steps in the mesh's time.
                var controls = place
                    .Where(run => run.Plan.Arm != "mesh" && run.Steps >= mesh.Key && run.Steps <= MostOfTheSteps * mesh.Key)
                    .GroupBy(run => (run.Plan.Arm, run.Steps))
                    .Select(control => new Pairs(control.Key.Arm, control.Key.Steps, mesh.DistinctBy(run => run.Seed).Join(control.DistinctBy(run => run.Seed), run => run.Seed, run => run.Seed, (one, other) => (one, other)).ToArray()))
                    // One seed is no sample.
                    .Where(pairs => pairs.Runs.Length > 1)
                    .ToArray();
                var corrected = PairedTest.Holm([.. controls.Select(pairs => PairedTest.SignedRank(pairs.Differences))]);

                for (var i = 0; i < controls.Length; i++)
                    output.WriteLine($"\n{Sentence(controls[i], place.Key.Model, place.Key.After, mesh.Key, corrected[i])}");
            }
        }
    }

    private const int MostOfTheSteps = 2;

    private static string Sentence(Pairs pairs, string model, int after, int steps, double probability)
    {
        var differences = pairs.Differences;
        var sentence = $"{model}, after block {after}: mesh ({steps:N0} steps) against {pairs.Control} ({pairs.Steps:N0}): {differences.Average():+0.00000;-0.00000} ± {Half(differences):F5} nats a token over "
            + $"{differences.Length} seeds, lower with {differences.Count(difference => difference < 0)}; Wilcoxon's signed-rank test with Holm's correction p = {probability:F4}";
        if (pairs.Runs.Any(run => run.Mesh.Nats.Length == 0 || run.Control.Nats.Length == 0))
            return sentence;

        var (low, high) = DialogueBootstrap.Interval([.. pairs.Runs.Select(run => run.Mesh)], [.. pairs.Runs.Select(run => run.Control)]);
        return $"{sentence}; over dialogues {low:+0.00000;-0.00000} to {high:+0.00000;-0.00000}";
    }

    /// <summary>Runs of the mesh and of a control with the same seeds.</summary>
    private sealed record Pairs(string Control, int Steps, (GraftRun Mesh, GraftRun Control)[] Runs)
    {
        /// <summary>How much more the mesh's runs lose, in nats a token.</summary>
        public double[] Differences => [.. Runs.Select(run => run.Mesh.HeldOut - run.Control.HeldOut)];
    }

    /// <summary>Half of Student's 95 % interval of a mean.</summary>
    private static double Half(double[] values)
    {
        if (values.Length < 2)
            return double.NaN;

        var mean = values.Average();
        var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
        return StudentT.InvCDF(0, 1, values.Length - 1, 0.975) * deviation / Math.Sqrt(values.Length);
    }
}
