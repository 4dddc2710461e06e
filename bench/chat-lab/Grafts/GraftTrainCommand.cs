using System.CommandLine;
using System.Globalization;
using GaryMesh.ChatGraft.Commands;

namespace GaryMesh.ChatLab.Grafts;

/// <summary>`graft train`: trains a mesh layer and its controls of as many parameters, arm by arm and seed by seed.</summary>
internal static class GraftTrainCommand
{
    private static readonly string[] _arms = ["mesh", "two-tap", "low-rank", "mlp"];

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var data = Options.Needed("--data", "The text to train on, UTF-8; its last twentieth chooses the learning rates and is not trained on.");
        var valid = Options.Needed("--valid", "The text held out, which nothing is chosen by.");
        var results = Options.Needed("--results", "Where each run adds a line of JSON. A run that stands there is not done again.");
        var model = Options.File("--model", "The cortex. [default: the one that ships]");
        var seeds = Options.Whole("--seeds", "Seeds 1 to N.", 8);
        var (steps, batch, place, threads) = (GraftOptions.Steps(), GraftOptions.Batch(), new GraftOptions(), Options.Threads());
        var arms = new Option<string[]>("--arms")
        {
            Description = "Which of mesh, two-tap, low-rank, mlp and, where the cortex is trained, none.",
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
            var name = Path.GetFileNameWithoutExtension(parsed.GetValue(model)) ?? "gary-cortex";
            var (learnt, apart) = GraftOptions.Split(read.Tokenizer.Encode(File.ReadAllText(parsed.GetValue(data)!)));
            var held = read.Tokenizer.Encode(File.ReadAllText(parsed.GetValue(valid)!));
            GraftExperiment Of(int[] judge) =>
                new(name, read, learnt, judge, parsed.GetValue(steps), parsed.GetValue(batch), parsed.GetValue(threads));
            var (choosing, judging) = (Of(apart), Of(held));
            var file = parsed.GetValue(results)!;
            var done = JsonLines.Read<GraftRun>(file);
            var cortex = parsed.GetValue(training);

            if (cortex == CortexTraining.Frozen && parsed.GetValue(arms)!.Contains("none"))
                throw new ArgumentException("The arm none trains the cortex alone, so it needs --cortex Along or Fresh.");

            if (cortex != CortexTraining.Fresh)
                output.WriteLine($"without a graft: {judging.Bare():F5} nats a held-out token");

            foreach (var arm in parsed.GetValue(arms)!)
            {
                var plan = new GraftPlan(arm, place.After(parsed), place.Mesh(parsed, read.Cortex.Shape.Width));
                var known = done
                    .Where(run => run.Plan == plan && run.Model == name && run.Cortex == cortex && run.Steps == parsed.GetValue(steps) && run.Batch == parsed.GetValue(batch))
                    .ToArray();
                var rate = known.Length > 0 ? known[0].LearningRate : Best(choosing, plan, cortex, parsed.GetValue(rates)!, error, stop);

                foreach (var seed in Enumerable.Range(1, parsed.GetValue(seeds)).Select(seed => (ulong)seed))
                {
                    if (known.Any(run => run.Seed == seed))
                        continue;

                    var run = judging.Run(plan, cortex, seed, rate, stop);
                    JsonLines.Append(file, run);
                    output.WriteLine(
                        $"{arm}, seed {seed}: {run.HeldOut:F5} nats, perplexity {run.Perplexity:F4}, {run.Parameters:N0} parameters, "
                        + $"{run.TokensPerSecond:N0} tokens/s");
                }
            }

            return ExitCode.Done;
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
}
