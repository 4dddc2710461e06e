using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using Spectre.Console;

namespace GaryMesh.Cli.Commands;

/// <summary>`gary-mesh check`: the error of a rule's gradient on a graph.</summary>
internal static class CheckCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var rule = Options.File("--rule", "The rule: a file, a preset or CxHxK (see the notes).", "R");
        rule.DefaultValueFactory = _ => RuleWord.GaryMesh;
        var graph = Options.Graph("ring:64");
        var state = Options.File(
            "--state",
            "Initial state of the rollout (see the notes). [default: the start of a rule file, noise:1 otherwise]",
            "S");
        var steps = Options.Whole("--steps", "N", "Number of steps.", 16);
        var fire = Options.FireRate("Probability that a cell updates at a step; 1 for all. [default: the rule's]");
        var seed = Options.Seed();
        var threads = Options.Threads();
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command(
            "check", "Check the gradient of a rule on a graph: every parameter, three ways, with the worst relative error.")
        {
            rule, graph, state, steps, fire, seed, threads, json, quiet,
        };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            parsed.GetValue(rule)!,
            parsed.GetValue(graph)!,
            parsed.GetValue(state),
            parsed.GetValue(steps),
            parsed.GetValue(fire),
            parsed.GetValue(seed),
            parsed.GetValue(threads),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh check
            gary-mesh check --rule demo/rule.npz --steps 32
            gary-mesh check --rule mesh-nca --graph icosphere:2 --steps 4 --json
            """,
            $"""
            The loss is half the sum of squares of the last state. Its derivative by every parameter is computed by the
            reference (double precision, by hand), by the complex step (exact to rounding), by central differences of 1e-6
            and by the engine (single precision). Errors are relative to the largest derivative. Exit code 0 where they are at
            most 1e-12, 1e-8 and 1e-4, otherwise 1. A rule that is not a file gets random parameters, none of them zero.

            {GraphWord.Note}

            {GraphWord.StateNote}

            {RuleWord.Note}
            """);
        return command;
    }

    private static int Run(
        Terminal terminal,
        string ruleWord,
        string graphWord,
        string? stateWord,
        int steps,
        double? fire,
        ulong seed,
        int threads,
        CancellationToken stop)
    {
        var automaton = RuleWord.Read(ruleWord, seed);

        if (!RuleWord.IsTrained(ruleWord))
            automaton = RuleWord.Stirred(automaton, seed);

        if (fire is { } rate)
            automaton = automaton.WithFireRate(rate);

        var graph = GraphWord.Read(graphWord, terminal);
        var channels = automaton.Rule.Shape.Channels;
        stateWord ??= RuleWord.IsTrained(ruleWord) ? automaton.Start.Text : "noise:1";
        var start = StateWord.Read(stateWord, graph, channels, seed);
        var agreement = terminal.WithProgress(
            "Checking every derivative",
            progress => Measurement.Gradient(
                automaton,
                graph,
                Rollout.Of(start, steps, Firing.Of(seed, 0)),
                State.Zeros(graph.Cells, channels),
                threads,
                progress,
                stop));
        var reference = agreement.Reference;

        if (!double.IsFinite(reference.Largest))
        {
            throw new UserErrorException(
                $"The rule's values grow beyond all bounds within {Counted.Of(steps, "step")}, so there is no gradient to "
                + "check.");
        }

        terminal.WriteJson(new JsonObject
        {
            ["agrees"] = agreement.Holds,
            ["gradient_error"] = reference.ComplexStep,
            ["gradient_error_central"] = reference.Central,
            ["gradient_central_excluded"] = reference.CentralExcluded,
            ["gradient_error_engine"] = agreement.Engine,
            ["largest_derivative"] = reference.Largest,
            ["parameters"] = reference.Parameters,
            ["graph"] = graph.Name,
            ["cells"] = graph.Cells,
            ["steps"] = steps,
            ["state"] = stateWord,
            ["fire_rate"] = automaton.FireRate,
            ["seed"] = seed,
        });

        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("gradient of").AddColumn("against").AddColumn("worst error").AddColumn("at most");
        table.AddRow("reference", "complex step", $"{reference.ComplexStep:0.0E+00}", "1.0E-12");
        table.AddRow(
            "reference",
            $"central differences ({reference.CentralExcluded:P2} across a kink left out)",
            $"{reference.Central:0.0E+00}",
            "1.0E-08");
        table.AddRow("engine", "reference", $"{agreement.Engine:0.0E+00}", "1.0E-04");
        terminal.Write(
            $"{automaton.Rule.Shape.Text}, {reference.Parameters:N0} parameters, {Counted.Of(steps, "step")} on {graph.Name} at fire rate "
            + $"{automaton.FireRate}; errors relative to the largest derivative, {reference.Largest:G4}");
        terminal.Write(table);

        if (agreement.Holds)
            return ExitCode.Done;

        terminal.Warn("The gradients do not agree.");
        return ExitCode.Failed;
    }
}
