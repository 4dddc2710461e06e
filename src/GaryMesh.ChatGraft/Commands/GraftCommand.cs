using System.CommandLine;
using System.Globalization;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>`graft`: what a mesh layer is worth, measured against controls of the same number of parameters.</summary>
internal static class GraftCommand
{
    private static readonly string[] _arms = ["mesh", "mlp", "low-rank"];

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop) =>
        new("graft", "Train grafts in the frozen cortex and compare them with controls of as many parameters.")
        {
            Train(output, error, stop), Report(output), GraftMakeCommand.Create(output, stop),
        };

    private static Command Train(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var data = Options.Needed("--data", "The text to train on, UTF-8; its last twentieth chooses the learning rates and is not trained on.");
        var valid = Options.Needed("--valid", "The text held out, which nothing is chosen by.");
        var results = Options.Needed("--results", "Where each run adds a line of JSON. A run that stands there is not done again.");
        var model = Options.File("--model", "The cortex. [default: the one that ships]");
        var seeds = Options.Whole("--seeds", "Seeds 1 to N.", 8);
        var (steps, batch, place, threads) = (GraftOptions.Steps(), GraftOptions.Batch(), new GraftOptions(), Options.Threads());
        var arms = new Option<string[]>("--arms")
        {
            Description = "Which of mesh, mlp, low-rank and, where the cortex is trained, none.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => _arms,
        };
        arms.AcceptOnlyFromAmong([.. _arms, "none"]);
        var training = new Option<CortexTraining>("--cortex")
        {
            Description = "Frozen; Along, trained with its graft; or Fresh, trained with it from the first step.",
            DefaultValueFactory = _ => CortexTraining.Frozen,
        };
        var rates = new Option<double[]>("--rates")
        {
            Description = "Learning rates that each arm chooses from.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [0.001, 0.003, 0.01, 0.03],
        };
        var command = new Command("train", "Runs arm by arm and seed by seed, each arm at the best of the rates on the text that chooses.")
        {
            data, valid, results, model, seeds, steps, batch, arms, training, rates, threads,
        };
        place.AddTo(command);
        command.SetAction(parsed =>
        {
            var read = ShippedModel.Or(parsed.GetValue(model));
            var (learnt, apart) = GraftOptions.Split(read.Tokenizer.Encode(File.ReadAllText(parsed.GetValue(data)!)));
            var held = read.Tokenizer.Encode(File.ReadAllText(parsed.GetValue(valid)!));
            GraftExperiment Of(int[] judge) =>
                new(read, learnt, judge, parsed.GetValue(steps), parsed.GetValue(batch), parsed.GetValue(threads));
            var (choosing, judging) = (Of(apart), Of(held));
            var file = parsed.GetValue(results)!;
            List<GraftRun> done = File.Exists(file) ? [.. File.ReadLines(file).Select(GraftExperiment.Read)] : [];
            var cortex = parsed.GetValue(training);

            if (cortex == CortexTraining.Frozen && parsed.GetValue(arms)!.Contains("none"))
                throw new ArgumentException("The arm none trains the cortex alone, so it needs --cortex Along or Fresh.");

            if (cortex != CortexTraining.Fresh)
                output.WriteLine($"without a graft: {judging.Bare():F5} nats a held-out token");

            foreach (var arm in parsed.GetValue(arms)!)
            {
                var plan = place.Plan(parsed, arm, read.Cortex.Shape.Width);
                var known = done
                    .Where(run => run.Plan == plan && run.Cortex == cortex && run.Steps == parsed.GetValue(steps) && run.Batch == parsed.GetValue(batch))
                    .ToArray();
                var rate = known.Length > 0 ? known[0].LearningRate : Best(choosing, plan, cortex, parsed.GetValue(rates)!, error, stop);

                foreach (var seed in Enumerable.Range(1, parsed.GetValue(seeds)).Select(seed => (ulong)seed))
                {
                    if (known.Any(run => run.Seed == seed))
                        continue;

                    var run = judging.Run(plan, cortex, seed, rate, stop);
                    File.AppendAllText(file, GraftExperiment.Write(run) + "\n");
                    output.WriteLine(
                        $"{arm}, seed {seed}: {run.HeldOut:F5} nats, perplexity {run.Perplexity:F4}, {run.Parameters:N0} parameters, "
                        + $"{run.TokensPerSecond:N0} tokens/s");
                }
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static double Best(
        GraftExperiment experiment, GraftPlan plan, CortexTraining cortex, double[] rates, TextWriter error, CancellationToken stop)
    {
        if (rates is [var only])
            return only;

        var losses = rates.Select(rate => experiment.Run(plan, cortex, 0, rate, stop).HeldOut).ToArray();
        error.WriteLine($"{plan.Arm}: {string.Join(", ", rates.Zip(losses).Select(pair => string.Create(CultureInfo.InvariantCulture, $"rate {pair.First}: {pair.Second:F5}")))}");
        return rates[Array.IndexOf(losses, losses.Min())];
    }

    private static Command Report(TextWriter output)
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
            return CommandLine.Done;
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
        return MathNet.Numerics.Distributions.StudentT.InvCDF(0, 1, values.Length - 1, 0.975) * deviation / Math.Sqrt(values.Length);
    }
}
