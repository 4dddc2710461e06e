using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using Spectre.Console;

namespace GaryMesh.Cli.Commands.Digits;

/// <summary>`gary-mesh digits eval`: how many cells and pictures are right.</summary>
internal static class DigitsEvalCommand
{
    /// <summary>Pictures between two looks at whether to stop.</summary>
    private const int Together = 200;

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var images = Options.File("--images", "The pictures (see the notes).", "F.npz");
        images.Required = true;
        var rule = Options.File("--rule", DigitsWord.RuleHelp, "R.npz");
        var steps = Options.Whole("--steps", "N", "Steps after which the votes count.", 200);
        var fire = Options.FireRate("Probability that a cell updates at a step. [default: the rule's, 0.5]");
        var seed = Options.Seed();
        var threads = Options.Threads();
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command("eval", "Measure how many cells vote for the digit of their picture, and in how many pictures all do.")
        {
            images, rule, steps, fire, seed, threads, json, quiet,
        };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            new Settings(
                parsed.GetValue(images)!,
                parsed.GetValue(rule),
                parsed.GetValue(steps),
                parsed.GetValue(fire),
                parsed.GetValue(seed),
                parsed.GetValue(threads)),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh digits eval --images unseen.npz
            gary-mesh digits eval --images t10k-images-idx3-ubyte.gz --steps 10000 --json
            """,
            $"""
            cell_accuracy is the share of all inked pixels that vote for the digit of their picture, agreement the share of the pictures all of whose inked
            pixels do, majority_accuracy the share of those for whose digit most do. A picture without ink counts as wrong.

            {DigitsWord.Note}

            {DigitsWord.RuleNote}
            """);
        return command;
    }

    private sealed record Settings(string Images, string? Rule, int Steps, double? Fire, ulong Seed, int Threads);

    private static int Run(Terminal terminal, Settings settings, CancellationToken stop)
    {
        var automaton = DigitsWord.Rule(settings.Rule, settings.Fire);
        var digits = DigitsWord.Read(settings.Images);
        var options = new EngineOptions { Threads = settings.Threads };
        var clock = Stopwatch.StartNew();

        var score = terminal.WithProgress(Counted.Of(digits.Count, "picture"), progress =>
        {
            var sum = DigitsScore.None;

            for (var first = 0; first < digits.Count; first += Together)
            {
                stop.ThrowIfCancellationRequested();
                var some = digits.Some([.. Enumerable.Range(first, Math.Min(Together, digits.Count - first))]);
                sum = sum.Add(DigitsRecipe.Evaluate(automaton, some, [settings.Steps], Counter.Subkey(settings.Seed, first), options)[0]);
                progress.Report((double)(first + some.Count) / digits.Count);
            }

            return sum;
        });
        var seconds = clock.Elapsed.TotalSeconds;

        terminal.WriteJson(new JsonObject
        {
            ["images"] = settings.Images,
            ["rule"] = settings.Rule,
            ["parameters"] = automaton.Rule.ParameterCount,
            ["pictures"] = score.Pictures,
            ["cells"] = score.Cells,
            ["steps"] = settings.Steps,
            ["cell_accuracy"] = score.CellAccuracy,
            ["agreement"] = score.Agreement,
            ["majority_accuracy"] = score.MajorityAccuracy,
            ["fire_rate"] = automaton.FireRate,
            ["seed"] = settings.Seed,
            ["seconds"] = seconds,
        });

        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("").AddColumn("");
        table.AddRow($"cells right after {Counted.Of(settings.Steps, "step")}", $"{100 * score.CellAccuracy:F2} % of {score.Cells:N0}");
        table.AddRow("pictures all of whose cells are right", $"{100 * score.Agreement:F2} % of {score.Pictures:N0}");
        table.AddRow("pictures whose majority is right", $"{100 * score.MajorityAccuracy:F2} %");
        table.AddRow("time", $"{seconds:F1} s");
        terminal.Write(table);
        return ExitCode.Done;
    }
}
