using System.Diagnostics;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Commands.Adding;

/// <summary>Trains an adder of the published shape, and tries it on sums that it never saw.</summary>
internal static class PublishedTraining
{
    /// <summary>Sums that the rule is tried on.</summary>
    private const int Tried = 10_000;

    /// <summary>Hidden units of the dense rule, which costs a cell as much as two experts.</summary>
    public const int DenseHidden = 64;

    public static int Run(Terminal terminal, bool dense, int iterations, ulong seed, RuleTarget target, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var outputs = new Outputs(terminal);
        var options = new EngineOptions { Threads = 1 };
        var untrained = dense ? PublishedAdder.Dense(DenseHidden, seed) : PublishedAdder.Automaton(seed);
        using var trainer = new Trainer(untrained, PublishedAdder.Graph, PublishedAdder.Task(untrained, iterations, seed), options);
        var (training, end) = terminal.WithProgress(
            "Training", progress => trainer.Run(trainer.Begin(), new TrainingLine(progress, _ => ""), stop).ToTuple());
        var best = untrained.WithRule(trainer.Best(training));
        target.Write(outputs, best);

        var adder = new Adder(best, options);
        Addends[] strips = [.. Enumerable.Range(0, Tried).Select(i => Addends.Draw(PublishedAdder.Digits, Counter.Subkey(~seed, i)))];
        var answers = terminal.WithProgress(
            "Trying", _ => adder.Run(strips, Firing.Of(seed, 0), null, adder.Steps(PublishedAdder.Cells), null).Digits);
        var wrong = strips.Zip(answers).Count(pair => !pair.First.Sum.Item1.AsSpan().SequenceEqual(pair.Second));
        var load = dense ? null : PublishedAdder.Load(best, strips[..500], seed);

        terminal.WriteJson(new JsonObject
        {
            ["parameters"] = best.Rule.ParameterCount,
            ["digits"] = PublishedAdder.Digits,
            ["sums"] = Tried,
            ["wrong"] = wrong,
            ["load"] = load is null ? null : new JsonArray([.. load.Select(share => (JsonNode)share)]),
            ["iterations"] = training.Iteration,
            ["best_iteration"] = training.BestIteration,
            ["validation_loss"] = training.BestLoss,
            ["training_seconds"] = clock.Elapsed.TotalSeconds,
            ["end"] = end.ToString().ToLowerInvariant(),
            ["seed"] = seed,
            ["out"] = target.Path,
        });
        terminal.Write(
            $"{best.Rule.ParameterCount:N0} parameters, {clock.Elapsed.TotalSeconds:F0} s: {wrong:N0} of {Tried:N0} new sums wrong"
            + (load is null ? "" : $"; the experts' shares of the load are {string.Join(", ", load.Select(share => $"{share:P0}"))}"));

        if (outputs.Holds(target.Path))
            terminal.Write($"Written to {target.Path}");

        var code = outputs.End(
            end, Counted.Of(training.Iteration, "iteration"), $"{training.Iteration} of {Counted.Of(iterations, "iteration")}", target.Path, null);
        return code == ExitCode.Done && wrong > 0 ? ExitCode.Failed : code;
    }
}
