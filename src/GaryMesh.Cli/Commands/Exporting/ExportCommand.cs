using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;
using GaryMesh.Studio.Exports;
using Spectre.Console;

namespace GaryMesh.Cli.Commands.Exporting;

/// <summary>`gary-mesh export`: writes a rule in other languages, and runs what it wrote against the engine.</summary>
internal static class ExportCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var rule = Options.File("--rule", "The rule: a file, a texture that ships, a preset or CxHxK (see the notes).", "R");
        rule.Required = true;
        var files = Languages.All.Select(export => (Export: export, Option: Options.File($"--{export.Name}", export.About, $"M{export.Ending}"))).ToArray();
        var tables = Options.File("--tables", "Neighbours and weights of --graph, as the exported rule reads them: an .npz for NumPy.", "T.npz");
        var graph = Options.Graph("torus:128x128");
        var up = Options.File("--up", "The direction of the picture's top on a mesh: x, y, z or three numbers.", "UP");
        up.DefaultValueFactory = _ => "y";
        var steps = Options.Whole("--steps", "N", "Each export runs so many steps beside the engine.", 96);
        var unverified = new Option<bool>("--unverified") { Description = "Write, and run nothing of it." };
        var seed = Options.Seed();
        var (json, quiet) = (Options.Json(), Options.Quiet());
        var command = new Command("export", "Write a rule as ONNX, GLSL or C, and compare what was written with the engine.") { rule };

        foreach (var (_, option) in files)
            command.Add(option);

        foreach (var option in new Option[] { tables, graph, up, steps, unverified, seed, json, quiet })
            command.Add(option);

        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            new Settings(
                parsed.GetValue(rule)!,
                [.. files.Select(file => (file.Export, Path: parsed.GetValue(file.Option))).Where(file => file.Path is not null).Select(file => (file.Export, file.Path!))],
                parsed.GetValue(tables),
                parsed.GetValue(graph)!,
                parsed.GetValue(up)!,
                parsed.GetValue(steps),
                !parsed.GetValue(unverified),
                parsed.GetValue(seed)),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh export --onnx rust.onnx --rule rust
            gary-mesh export --c lizard.c --glsl lizard.glsl --rule lizard
            gary-mesh export --tables torus.npz --graph torus:128x128 --rule rust
            """,
            $"""
            What is written runs beside the engine on seven graphs, among them one cell, no edges and 100,000 cells: ONNX in ONNX Runtime, where
            its package has been restored or GARYMESH_ONNXRUNTIME names the folder of its library, C by the compiler cc, or the one that CC names.
            Differences are relative to the largest value. "By rounding" is how far the engine is from itself where the numbers that it starts from are
            changed by 2^-23. Exit code 0 where an export differs by at most {Difference.MostAStep:0E+0} after a step and {Difference.MostAtEnd:0E+0} after all, or ten times what
            rounding does, or where nothing here can run it; otherwise 1. Cells at a jump, where rounding decides a choice, are counted and left out.

            {RuleWord.Note}

            {GraphWord.Note}
            """);
        return command;
    }

    private sealed record Settings(
        string Rule, (Export Export, string Path)[] Files, string? Tables, string Graph, string Up, int Steps, bool Verify, ulong Seed);

    private static int Run(Terminal terminal, Settings settings, CancellationToken stop)
    {
        if (settings.Files.Length == 0 && settings.Tables is null)
        {
            throw new UserErrorException(
                $"An export needs a file to write: {string.Join(", ", Languages.All.Select(export => $"--{export.Name}"))} or --tables, but none is given.");
        }

        OutputFile.Check(
            [settings.Rule, settings.Tables is null ? null : settings.Graph],
            [
                .. settings.Files.SelectMany(file => file.Export.Files(file.Path).Select(path => ($"--{file.Export.Name}", file.Export.Ending, (string?)path))),
                ("--tables", ".npz", settings.Tables),
            ]);
        var automaton = RuleWord.Read(settings.Rule, settings.Seed);
        var figures = new JsonObject { ["rule"] = settings.Rule, ["shape"] = automaton.Rule.Shape.Text };
        var holds = true;

        // Before anything is written.
        foreach (var (export, _) in settings.Files)
            export.Check(automaton);

        foreach (var (export, path) in settings.Files)
        {
            stop.ThrowIfCancellationRequested();
            export.Write(automaton, path);
            var files = export.Files(path);
            terminal.Write($"Written to {string.Join(" and ", files)}");
            var verdict = settings.Verify
                ? terminal.WithProgress($"Running {path}", progress => Verification.Run(export, automaton, path, settings.Steps, progress, stop))
                : null;
            figures[export.Name] = Figures(files, verdict);

            if (verdict is not null)
                holds &= Tell(terminal, path, settings.Steps, verdict);
        }

        if (settings.Tables is { } tables)
        {
            var graph = ViewedWorld.GraphOf(settings.Graph, settings.Up, automaton, terminal);
            var written = GraphTables.Of(automaton, graph);
            written.Write(tables);
            figures["tables"] = new JsonObject { ["file"] = tables, ["graph"] = graph.Name, ["cells"] = graph.Cells, ["neighbours"] = written.Width };
            terminal.Write($"Written to {tables}: {graph.Name}, {Counted.Of(graph.Cells, "cell")} of up to {Counted.Of(written.Width, "neighbour")}");
        }

        figures["holds"] = holds;
        terminal.WriteJson(figures);
        return holds ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>Says what came of a verification; whether it holds.</summary>
    private static bool Tell(Terminal terminal, string path, int steps, Verdict verdict)
    {
        if (verdict.Missing is { } missing)
        {
            terminal.Write($"Not compared with the engine. {missing}");
            return true;
        }

        var draws = verdict.Differences.Any(one => one.Draws is not null);
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("graph").AddColumn("cells").AddColumn("a step").AddColumn("by rounding").AddColumn($"after {steps}").AddColumn("by rounding").AddColumn("at a jump");

        if (draws)
            table.AddColumn("other draws");

        foreach (var one in verdict.Differences)
        {
            string[] row =
            [
                one.Graph, one.Cells.ToString("N0", CultureInfo.InvariantCulture), Number(one.AStep), Number(one.AStepRounding),
                one.Steps < steps ? $"{Number(one.AtEnd)} ({one.Steps})" : Number(one.AtEnd), Number(one.AtEndRounding), $"{one.Jumps}",
            ];
            table.AddRow(draws ? [.. row, $"{one.Draws}"] : row);
        }

        terminal.Write($"{path} in {verdict.Runner} beside the engine; differences relative to the largest value");
        terminal.Write(table);

        if (!verdict.Holds)
            terminal.Warn($"{path} does something else than the engine on {string.Join(", ", verdict.Differences.Where(one => !one.Holds).Select(one => one.Graph))}.");

        return verdict.Holds;

        static string Number(double value) => value.ToString("0.0E+00", CultureInfo.InvariantCulture);
    }

    private static JsonObject Figures(IReadOnlyList<string> files, Verdict? verdict) => new()
    {
        ["files"] = new JsonArray([.. files.Select(file => (JsonNode)new JsonObject { ["file"] = file, ["bytes"] = new FileInfo(file).Length })]),
        ["runner"] = verdict?.Runner,
        ["not_compared"] = verdict is null ? "not asked for" : verdict.Missing,
        ["graphs"] = new JsonArray([.. (verdict?.Differences ?? []).Select(one => (JsonNode)new JsonObject
        {
            ["graph"] = one.Graph,
            ["cells"] = one.Cells,
            ["steps"] = one.Steps,
            ["a_step"] = Finite(one.AStep),
            ["a_step_by_rounding"] = Finite(one.AStepRounding),
            ["at_end"] = Finite(one.AtEnd),
            ["at_end_by_rounding"] = Finite(one.AtEndRounding),
            ["cells_at_a_jump"] = one.Jumps,
            ["other_draws"] = one.Draws,
            ["holds"] = one.Holds,
        })]),
    };

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
