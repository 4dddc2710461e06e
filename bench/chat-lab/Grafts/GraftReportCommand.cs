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
            GraftRun[] runs = [.. File.ReadLines(parsed.GetValue(results)!).Select(GraftExperiment.Read)];
            output.WriteLine("| arm | after block | mesh | cortex | parameters | seeds | rate | nats a token | 95 % interval | perplexity | tokens/s, training |");
            output.WriteLine("|---|---:|---|---|---:|---:|---:|---:|---:|---:|---:|");

            foreach (var group in runs.GroupBy(run => (run.Plan, run.Cortex)))
            {
                double[] losses = [.. group.Select(run => run.HeldOut)];
                double[] speeds = [.. group.Select(run => run.TokensPerSecond).Order()];
                var (plan, first) = (group.Key.Plan, group.First());
                var (mean, half) = (losses.Average(), Half(losses));
                output.WriteLine(
                    $"| {plan.Arm} | {plan.After} | {(plan.Arm == "mesh" ? Of(plan.Mesh) : "")} | {group.Key.Cortex} | {first.Parameters:N0} | "
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
        foreach (var place in runs.GroupBy(run => (run.Plan.After, run.Plan.Mesh, run.Cortex)))
        {
            var byArm = place.GroupBy(run => run.Plan.Arm).ToDictionary(arm => arm.Key, arm => arm.DistinctBy(run => run.Seed).ToDictionary(run => run.Seed, run => run.HeldOut));

            if (!byArm.TryGetValue("mesh", out var mesh))
                continue;

            string[] controls = [.. byArm.Keys.Where(arm => arm != "mesh")];
            var differences = controls
                .Select(control => mesh.Keys.Where(byArm[control].ContainsKey).Select(seed => mesh[seed] - byArm[control][seed]).ToArray())
                .ToArray();

            // One seed is no sample.
            if (controls.Length == 0 || differences.Any(one => one.Length < 2))
                continue;

            var corrected = PairedTest.Holm([.. differences.Select(PairedTest.SignedRank)]);
            output.WriteLine();

            for (var i = 0; i < controls.Length; i++)
            {
                output.WriteLine(
                    $"mesh against {controls[i]} after block {place.Key.After}: {differences[i].Average():+0.00000;-0.00000} ± {Half(differences[i]):F5} nats a token over "
                    + $"{differences[i].Length} seeds, Wilcoxon's signed-rank test with Holm's correction p = {corrected[i]:F4}");
            }
        }
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
