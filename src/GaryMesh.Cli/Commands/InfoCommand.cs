using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Words;
using Spectre.Console;

namespace GaryMesh.Cli.Commands;

/// <summary>`gary-mesh info`: the contents of a rule, state, checkpoint, mesh or graph.</summary>
internal static class InfoCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var file = new Argument<string>("file")
        {
            Description = "A rule, state, checkpoint or other archive (.npz), a mesh, a list of edges, or a graph word.",
        };
        var (json, quiet) = (Options.Json(), Options.Quiet());
        var command = new Command(
            "info", "Describe a rule, state, checkpoint, mesh or graph file.") { file, json, quiet };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)), parsed.GetValue(file)!));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh info demo/rule.npz
            gary-mesh info state.npz --json
            gary-mesh info bunny.obj
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
        var facts = word.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) ? OfArchive(word) : OfGraph(word);
        terminal.WriteJson(facts);

        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("").AddColumn("");

        foreach (var (name, value) in facts)
        {
            var text = value switch
            {
                JsonArray items => string.Join('\n', items.Select(item => $"{item}")),
                JsonObject parts => string.Join('\n', parts.Select(part => $"{part.Key}: {part.Value}")),
                _ => $"{value}",
            };
            table.AddRow(Markup.Escape(name == "edges" ? "directed edges" : name.Replace('_', ' ')), Markup.Escape(text));
        }

        terminal.Write(table);
        return CommandLine.Done;
    }

    private static JsonObject OfArchive(string path)
    {
        var arrays = Npz.Read(path);
        var kind = arrays.TryGetValue("format", out var format) && format is { Type: NpyType.Text, Length: 1 }
            ? format.ToText()[0]
            : "";

        if (kind == "gary-mesh rule" || (kind.Length == 0 && arrays.ContainsKey("fc1.weight")))
            return OfRule(path);

        if (kind.Length == 0 && arrays.ContainsKey("state"))
            return OfState(path);

        if (kind.Length == 0 && arrays.ContainsKey("edges"))
            return OfGraph(path);

        var facts = new JsonObject { ["kind"] = kind.Length == 0 ? "archive" : kind };

        if (arrays.TryGetValue("settings", out var settings) && settings is { Type: NpyType.Text, Shape: [_, 2] })
        {
            var named = new JsonObject();

            foreach (var pair in settings.ToText().Chunk(2))
                named[pair[0]] = pair[1];

            facts["settings"] = named;
        }

        var shapes = new JsonObject();

        foreach (var (name, array) in arrays)
        {
            var value = array is { Length: 1, Type: not NpyType.Text } ? $" = {Single(array)}" : "";
            shapes[name] = $"{array.Type.ToString().ToLowerInvariant()} [{string.Join(" x ", array.Shape)}]{value}";
        }

        facts["arrays"] = shapes;
        return facts;
    }

    private static string Single(NpyArray array) =>
        array.Type == NpyType.Bool ? $"{array.ToBool()[0]}" : $"{array.ToFloat64()[0]}";

    private static JsonObject OfRule(string path)
    {
        var automaton = RuleFile.Read(path);
        var (rule, shape) = (automaton.Rule, automaton.Rule.Shape);
        return new JsonObject
        {
            ["kind"] = "rule",
            ["rule_kind"] = shape.Kind.Name,
            ["shape"] = shape.Text,
            ["parameters"] = rule.ParameterCount,
            ["channels"] = shape.Channels,
            ["operators"] = automaton.Perception.Count,
            ["hidden"] = shape.Hidden,
            ["inputs"] = shape.Inputs,
            ["perception"] = new JsonArray([.. automaton.Perception.Operators.Select(one => (JsonNode)one.Text)]),
            ["lift"] = automaton.Perception.Lift?.Name ?? "none",
            ["fire_rate"] = automaton.FireRate,
            ["time_step"] = automaton.TimeStep,
            ["gate"] = automaton.Gate switch
            {
                Gate.Alive alive => $"alive: channel {alive.Channel} above {alive.Threshold}",
                Gate.AlivePublished alive => $"alive-published: channel {alive.Channel} above {alive.Threshold}",
                _ => "open",
            },
            ["state"] = automaton.Start.Text,
            ["min_steps"] = automaton.MinSteps,
            ["steps"] = automaton.MaxSteps,
        };
    }

    private static JsonObject OfState(string path)
    {
        var state = StateFile.Read(path);
        var channels = new JsonArray();

        for (var channel = 0; channel < state.Channels; channel++)
        {
            var values = state.Channel(channel);
            var mean = values.Average(value => (double)value);
            channels.Add((JsonNode)$"{channel}: {values.Min():G5} to {values.Max():G5}, mean {mean:G5}");
        }

        return new JsonObject
        {
            ["kind"] = "state",
            ["cells"] = state.Cells,
            ["channels"] = state.Channels,
            ["values"] = channels,
        };
    }

    private static JsonObject OfGraph(string word)
    {
        var facts = new JsonObject { ["kind"] = "graph" };

        if (GraphWord.IsMesh(word))
        {
            var mesh = MeshFile.Read(word);
            facts["kind"] = "mesh";
            facts["vertices"] = mesh.VertexCount;
            facts["triangles"] = mesh.FaceCount;
            facts["degenerate_triangles"] = mesh.Faces.ToArray().Chunk(3).Count(corners => corners.Distinct().Count() < 3);
        }

        var graph = GraphFile.Of(word);
        var degrees = Enumerable.Range(0, graph.Cells).Select(graph.Degree).ToArray();
        facts["name"] = graph.Name;
        facts["cells"] = graph.Cells;
        facts["edges"] = graph.Edges;
        facts["min_degree"] = degrees.Min();
        facts["mean_degree"] = Math.Round(degrees.Average(), 4);
        facts["max_degree"] = degrees.Max();
        facts["directions"] = graph.Offsets.Length > 0;
        facts["weights"] = graph.Weights.Length > 0;
        return facts;
    }
}
