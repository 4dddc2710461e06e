using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Commands.Adding;

/// <summary>`gary-mesh add train`: learns a rule that adds, until it is proved.</summary>
internal static class AddTrainCommand
{
    /// <summary>Trainings from new parameters before a command gives up.</summary>
    private const int Attempts = 5;

    private const string Small = "small";

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var shape = new Option<string>("--shape")
        {
            Description = "The rule's shape: small, whose cells hear bits, or published (see the notes).",
            HelpName = "NAME",
            DefaultValueFactory = _ => Small,
        };
        var hidden = Options.WholeOrNone("--hidden", "H", "Hidden units of a small rule; 32 make 747 parameters. [default: 32]");
        var iterations = Options.WholeOrNone("--iterations", "N", "Optimiser steps. [default: 1500, published 3000]");
        var bytes = new Option<bool>("--int8") { Description = "Write the weights as one byte each, with a scale a row." };
        var seed = Options.Seed();
        var file = Options.File("--out", "The rule file to write.", "R.npz");
        file.DefaultValueFactory = _ => "adder.npz";
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command("train", "Learn to add from sums of at most three digits, until the rule is proved for all.")
        {
            shape, hidden, iterations, seed, file, bytes, json, quiet,
        };
        command.SetAction(parsed =>
        {
            var terminal = new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet));
            var (word, units, steps) = (parsed.GetValue(shape)!, parsed.GetValue(hidden), parsed.GetValue(iterations));
            var target = new Target(parsed.GetValue(file)!, parsed.GetValue(bytes));
            OutputFile.Check([], ("--out", ".npz", target.Path));

            if (word == AdderWord.Published)
            {
                return units is null
                    ? PublishedTraining.Run(terminal, steps ?? 3000, parsed.GetValue(seed), target, stop)
                    : throw new UserErrorException($"--hidden is for small rules: of the published shape an expert has {PublishedAdder.Hidden}.");
            }

            return word == Small
                ? Run(terminal, units ?? 32, steps ?? 1500, parsed.GetValue(seed), target, stop)
                : throw new UserErrorException($"--shape is {Small} or {AdderWord.Published}, but '{word}' is neither.");
        });
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh add train --seed 3 --out adder.npz
            gary-mesh add 9999999 1 --rule adder.npz --watch
            gary-mesh add train --shape published --out published.npz
            """,
            $"""
            The cells are shown the digits of sums alone: carries have no labels, and which bit means a carry is the rule's own invention. Every 50
            iterations the rule is checked in all of its 300 contexts (gary-mesh add prove); of those that are proved the one with the most
            room to spare is kept. A training that ends without a proof begins anew from other parameters, up to {Attempts} times.
            Exit code 0 where the rule is proved.

            The published shape has 26,448 parameters: eight cells, a state of 32 of which cells hear all of both neighbours, the top 2 of 6 experts.
            It learns numbers of seven digits for some minutes and has no proof: exit code 0 where 10,000 sums that it never saw are right.
            """);
        return command;
    }

    /// <summary>Where a rule goes, and whether in bytes.</summary>
    public sealed record Target(string Path, bool Bytes)
    {
        public void Write(Outputs outputs, Automaton automaton) => outputs.Write(Path, path =>
        {
            if (Bytes)
                RuleFile.WriteBytes(path, automaton);
            else
                RuleFile.Write(path, automaton);
        });
    }

    private static int Run(Terminal terminal, int hidden, int iterations, ulong seed, Target target, CancellationToken stop)
    {
        var path = target.Path;
        var clock = Stopwatch.StartNew();
        var outputs = new Outputs(terminal);
        var attempt = 0;

        while (true)
        {
            var key = attempt == 0 ? seed : Counter.Subkey(seed, attempt);
            var learning = AdderRecipe.Learning(AdderRecipe.Automaton(hidden, key), true);
            var task = AdderRecipe.Task(learning, iterations, key);
            using var trainer = new Trainer(learning, AdderRecipe.Graph, task, new EngineOptions { Threads = 1 });
            var (training, end) = terminal.WithProgress(
                "Training", progress => trainer.Run(trainer.Begin(), new TrainingLine(progress, Proved), stop).ToTuple());
            attempt++;
            var best = AdderRecipe.Learning(learning.WithRule(trainer.Best(training)), false);
            var proof = AdderRecipe.Prove(best);

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
                ["digits"] = AdderRecipe.Digits,
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
                $"{best.Rule.ParameterCount:N0} parameters, sums of at most {AdderRecipe.Digits} digits, {clock.Elapsed.TotalSeconds:F1} s: "
                + (proof.IsProved ? $"proved in all {proof.Contexts} contexts" : $"not proved, {proof.Wrong.Length} of {proof.Contexts} contexts are wrong"));

            if (outputs.Holds(path))
                terminal.Write($"Written to {path}");

            var code = outputs.End(
                end, Counted.Of(training.Iteration, "iteration"), $"{training.Iteration} of {Counted.Of(iterations, "iteration")}", path, null);
            return code == CommandLine.Done && !proof.IsProved ? CommandLine.Failed : code;
        }
    }

    /// <summary>Whether there is a proof yet, for the live line.</summary>
    private static string Proved(TrainingReport value) =>
        value.BestLoss < 0 ? ", proved" : double.IsFinite(value.BestLoss) ? $", {value.BestLoss:F0} contexts wrong" : ", not checked yet";
}
