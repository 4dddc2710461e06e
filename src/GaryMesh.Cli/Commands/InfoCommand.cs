using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using Spectre.Console;

namespace GaryMesh.Cli.Commands;

/// <summary>`gary-mesh info`: what a file holds, or a graph word means.</summary>
internal static class InfoCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var file = new Argument<string>("file")
        {
            Description = "A rule, state, checkpoint or other archive (.npz), an array (.npy), a mesh, a graph file, a list of numbers "
                + "or curve (.csv), a picture (.png), a folder, or a graph word.",
        };
        var (json, quiet) = (Options.Json(), Options.Quiet());
        var command = new Command(
            "info", "Describe a file or a graph: what it holds, and how it is read.") { file, json, quiet };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)), parsed.GetValue(file)!));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh info demo/rule.npz
            gary-mesh info state.npz --json
            gary-mesh info bunny.obj
            gary-mesh info web-Google.txt.gz:merge
            gary-mesh info torus:64x64
            """,
            $"""
            {GraphWord.Note}

            Edges are directed: an edge seen from both ends counts as two.
            """);
        return command;
    }

    private static int Run(Terminal terminal, string word)
    {
        var facts = FileFacts.Of(word);
        terminal.WriteJson(facts);

        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("").AddColumn("");

        foreach (var (name, value) in facts)
        {
            var text = value switch
            {
                JsonArray items => string.Join('\n', items.Select(item => Refusal.Line($"{item}"))),
                JsonObject parts => string.Join('\n', parts.Select(part => Refusal.Line($"{part.Key}: {part.Value}"))),
                _ => Refusal.Line($"{value}"),
            };
            table.AddRow(Markup.Escape(name == "edges" ? "directed edges" : name.Replace('_', ' ')), Markup.Escape(text));
        }

        terminal.Write(table);
        return ExitCode.Done;
    }
}
