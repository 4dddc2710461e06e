using System.Diagnostics;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Commands.Adding;

/// <summary>A training that ends with a proof, or begins anew: what it is shown, an untrained automaton from a key, the same as it learns or
/// plain, the graph, the task and the proof.</summary>
internal sealed class ProvedTraining(
    string shown,
    Func<ulong, Automaton> untrained,
    Func<Automaton, bool, Automaton> learn,
    Graph graph,
    Func<Automaton, int, ulong, TrainingTask> task,
    Func<Automaton, ClosureReport> prove)
{
    /// <summary>Trainings from new parameters before it gives up.</summary>
    public const int Attempts = 5;

    public int Run(Terminal terminal, int iterations, ulong seed, RuleTarget target, CancellationToken stop)
    {
        var path = target.Path;
        var clock = Stopwatch.StartNew();
        var outputs = new Outputs(terminal);
        var attempt = 0;

        while (true)
        {
            var key = attempt == 0 ? seed : Counter.Subkey(seed, attempt);
            var learning = learn(untrained(key), true);
            using var trainer = new Trainer(learning, graph, task(learning, iterations, key), new EngineOptions { Threads = 1 });
            var (training, end) = terminal.WithProgress(
                "Training", progress => trainer.Run(trainer.Begin(), new TrainingLine(progress, Proved), stop).ToTuple());
            attempt++;
            var best = learn(learning.WithRule(trainer.Best(training)), false);
            var proof = prove(best);

            if (!proof.IsProved && attempt < Attempts && end is not TrainingEnd.Cancelled)
                continue;

            target.Write(outputs, best);
            var first = training.ValidationLosses.Where(one => one.Item2 < 0).Select(one => (int?)one.Item1).FirstOrDefault();
            terminal.WriteJson(new JsonObject
            {
                ["proved"] = proof.IsProved,
                ["contexts"] = proof.Contexts,
                ["wrong"] = proof.Wrong.Length,
                ["least_margin"] = Measurement.Finite(proof.Margin),
                ["least_bit"] = Measurement.Finite(proof.Voice),
                ["parameters"] = best.Rule.ParameterCount,
                ["attempts"] = attempt,
                ["iterations"] = training.Iteration,
                ["first_proved"] = first,
                ["best_iteration"] = training.BestIteration,
                ["training_seconds"] = clock.Elapsed.TotalSeconds,
                ["end"] = end.ToString().ToLowerInvariant(),
                ["seed"] = seed,
                ["out"] = path,
            });
            terminal.Write(
                $"{best.Rule.ParameterCount:N0} parameters, {shown}, {clock.Elapsed.TotalSeconds:F1} s: "
                + (proof.IsProved ? $"proved in all {proof.Contexts} contexts" : $"not proved, {proof.Wrong.Length} of {proof.Contexts} contexts are wrong"));

            if (outputs.Holds(path))
                terminal.Write($"Written to {path}");

            var code = outputs.End(
                end, Counted.Of(training.Iteration, "iteration"), $"{training.Iteration} of {Counted.Of(iterations, "iteration")}", path, null);
            return code == ExitCode.Done && !proof.IsProved ? ExitCode.Failed : code;
        }
    }

    /// <summary>Whether there is a proof yet, for the live line.</summary>
    private static string Proved(TrainingReport value) =>
        value.BestLoss < 0 ? ", proved" : double.IsFinite(value.BestLoss) ? $", {value.BestLoss:F0} contexts wrong" : ", not checked yet";
}
