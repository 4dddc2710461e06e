using System.CommandLine;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Commands.Adding;

/// <summary>`gary-mesh add train`: learns a rule that adds, until it is proved.</summary>
internal static class AddTrainCommand
{
    private const string Small = "small";

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var shape = new Option<string>("--shape")
        {
            Description = "The rule's shape: small, whose cells hear bits, published, or published-dense (see the notes).",
            HelpName = "NAME",
            DefaultValueFactory = _ => Small,
        };
        var hidden = Options.WholeOrNone("--hidden", "H", "Hidden units of a small rule; 32 make 747 parameters. [default: 32]");
        var iterations = Options.WholeOrNone("--iterations", "N", "Optimiser steps. [default: 1500, published 3000]");
        var bytes = RuleTarget.InBytes();
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
            var target = new RuleTarget(parsed.GetValue(file)!, parsed.GetValue(bytes));
            OutputFile.Check([], ("--out", ".npz", target.Path));

            if (word is AdderWord.Published or AdderWord.Dense)
            {
                return units is null
                    ? PublishedTraining.Run(terminal, word == AdderWord.Dense, steps ?? 3000, parsed.GetValue(seed), target, stop)
                    : throw new UserErrorException($"--hidden is for small rules: of the published shape an expert has {PublishedAdder.Hidden}.");
            }

            return word == Small
                ? Lesson(units ?? 32).Run(terminal, steps ?? 1500, parsed.GetValue(seed), target, stop)
                : throw new UserErrorException($"--shape is {Small}, {AdderWord.Published} or {AdderWord.Dense}, but '{word}' is none of them.");
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
            room to spare is kept. A training that ends without a proof begins anew from other parameters, up to {ProvedTraining.Attempts} times.
            Exit code 0 where the rule is proved.

            The published shape has 26,448 parameters: eight cells, a state of 32 of which cells hear all of both neighbours, the top 2 of 6 experts.
            It learns numbers of seven digits for some minutes and has no proof: exit code 0 where 10,000 sums that it never saw are right. Of the shape
            published-dense one rule of {PublishedTraining.DenseHidden} hidden units stands where the experts are, at the same cost, to tell what they bring.
            """);
        return command;
    }

    private static ProvedTraining Lesson(int hidden) => new(
        $"sums of at most {AdderRecipe.Digits} digits",
        key => AdderRecipe.Automaton(hidden, key),
        AdderRecipe.Learning,
        AdderRecipe.Graph,
        AdderRecipe.Task,
        AdderRecipe.Prove);
}
