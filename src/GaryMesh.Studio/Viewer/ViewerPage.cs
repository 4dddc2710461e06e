using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using GaryMesh.Studio.Shaders;

namespace GaryMesh.Studio.Viewer;

/// <summary>An automaton and what it is called, such as its file's name.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Automaton">The automaton.</param>
public sealed record NamedRule(string Name, Automaton Automaton);

/// <summary>A page of one file that runs a rule on a graph on the viewer's GPU, and compares itself with the engine.</summary>
/// <param name="Rule">The automaton that runs.</param>
/// <param name="Graph">The graph that it runs on, with frames where the rule asks for them.</param>
public sealed record ViewerPage(NamedRule Rule, Graph Graph)
{
    /// <summary>The mesh whose vertices are the graph's cells, or null.</summary>
    public TriangleMesh? Mesh { get; init; }

    /// <summary>The direction of the picture's top on a surface, by which its frames were made.</summary>
    public (double X, double Y, double Z) Up { get; init; } = (0, 1, 0);

    /// <summary>A second rule of the same size and perception, for the brush that grafts, or null.</summary>
    public NamedRule? Graft { get; init; }

    /// <summary>The seed of the start and of the firing.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The steps after which the page compares itself with the engine; 0 for no such test.</summary>
    public int TestSteps { get; init; } = 96;

    /// <summary>The words of a command line that make the same world, by which a session can be replayed; kept in the page and its sessions.</summary>
    public IReadOnlyDictionary<string, string> Words { get; init; } = new Dictionary<string, string>();

    private Automaton Automaton => Rule.Automaton;

    /// <summary>The parameters of a rule as a page's shaders read them; a rule that a page cannot run is refused.</summary>
    internal static float[] Parameters(Automaton automaton) => ShaderRule.Of(automaton).Pack(automaton.Rule);

    /// <summary>The page as HTML.</summary>
    /// <exception cref="T:System.ArgumentException">The rule is one that a page cannot run, the second rule does not fit the first, or the state
    /// overflows within the test's steps.</exception>
    public string Write()
    {
        var rule = ShaderRule.Of(Automaton);
        var sections = new Sections();
        sections.Add("rule", rule.Pack(Automaton.Rule));

        if (Graft is { } other)
        {
            CheckFit(rule, ShaderRule.Of(other.Automaton), other.Automaton);
            sections.Add("graft", rule.Pack(other.Automaton.Rule));
        }

        var scene = Scene.Of(Graph).Write(Mesh, sections);
        var surface = (string?)scene["kind"] == "mesh" ? Surface.Write(Automaton, Graph, Mesh!, Up, sections) : null;

        if (surface is null)
            WriteEdges(sections);

        var description = new JsonObject
        {
            ["rule"] = RuleOf(rule),
            ["graph"] = new JsonObject { ["name"] = Graph.Name, ["cells"] = Graph.Cells, ["edges"] = Graph.Edges, ["middle"] = Graph.Middle, ["framed"] = !Graph.Frames.IsDefaultOrEmpty },
            ["scene"] = scene,
            ["surface"] = surface,
            ["seed"] = Seed.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["words"] = new JsonObject(Words.Select(word => KeyValuePair.Create(word.Key, (JsonNode?)word.Value))),
            ["test"] = TestSteps > 0 ? SelfTest.Write(Automaton, Graph, Seed, TestSteps, sections) : null,
            ["shaders"] = ShadersOf(rule),
        };
        description["sections"] = sections.List;
        return Joined(description, sections.Text());
    }

    /// <summary>Neighbours as distances in the numbering, and the weights of each edge operator by operator, as the engine has them.</summary>
    private void WriteEdges(Sections sections)
    {
        var stencil = new Stencil(Automaton.Perception, Graph, Automaton.Spacing);
        var (weights, _) = stencil.WeighAll();
        var width = stencil.Edged.Length;

        if (!Graph.Positions.IsDefaultOrEmpty && Scene.Of(Graph).Sides is null)
            sections.Add("places", [.. Graph.Positions.Select(place => (float)place)]);

        sections.Add("degrees", [.. Enumerable.Range(0, Graph.Cells).Select(Graph.Degree)]);
        sections.Add("neighbours", [.. Enumerable.Range(0, Graph.Cells)
            .SelectMany(cell => Enumerable.Range(Graph.RowStart[cell], Graph.Degree(cell)).Select(edge => Graph.Neighbours[edge] - cell))]);
        var byOperator = new float[weights.Length];

        for (var at = 0; at < weights.Length; at++)
            byOperator[(at % width * Graph.Edges) + (at / width)] = (float)weights[at];

        sections.Add("weights", byOperator);
    }

    private JsonObject RuleOf(ShaderRule rule) => new()
    {
        ["name"] = Rule.Name,
        ["graft"] = Graft?.Name,
        ["channels"] = rule.Channels,
        ["texels"] = rule.Texels,
        ["hidden"] = rule.Hidden,
        ["blocks"] = rule.Blocks,
        ["perception"] = rule.Perception,
        ["parameters"] = Automaton.Rule.ParameterCount,
        ["multiplyAdds"] = rule.MultiplyAdds,
        ["orders"] = new JsonArray([.. rule.Description.Edged.Select(edged => (JsonNode)edged.Order)]),
        ["differences"] = new JsonArray([.. rule.Description.Edged.Select(edged => (JsonNode)edged.Differences)]),
        ["fireRate"] = Automaton.FireRate,
        ["timeStep"] = Automaton.TimeStep,
        ["keep"] = Automaton.Keep,
        ["spacing"] = Automaton.Spacing,
        ["bound"] = float.IsFinite(Automaton.Bound) ? Automaton.Bound : null,
        ["gate"] = Automaton.Gate switch
        {
            Gate.Alive alive => new JsonObject { ["channel"] = alive.Channel, ["threshold"] = alive.Threshold },
            Gate.AlivePublished alive => new JsonObject { ["channel"] = alive.Channel, ["threshold"] = alive.Threshold },
            _ => null,
        },
        ["start"] = Automaton.Start.Text,
        ["pictures"] = Colouring.Of(Automaton),
        ["graftPictures"] = Graft is { } other ? Colouring.Of(other.Automaton) : null,
    };

    private static JsonObject ShadersOf(ShaderRule rule)
    {
        var shaders = new JsonObject { ["step"] = StepShader.Write(rule) };

        foreach (var name in new[] { "settle", "mask", "brush", "picture", "quad", "surface", "lit" })
            shaders[name] = Resource.ShaderFile(name, rule.Texels);

        return shaders;
    }

    private static void CheckFit(ShaderRule first, ShaderRule second, Automaton automaton)
    {
        if (first.Perception != second.Perception || first.Channels != second.Channels || first.Hidden != second.Hidden)
        {
            throw new ArgumentException(
                $"Two rules can be grafted that are of one size and perception, but these have {first.Channels} channels, {first.Hidden} hidden units ({first.Perception}) and "
                + $"{automaton.Rule.Shape.Channels} channels, {automaton.Rule.Shape.Hidden} hidden units ({second.Perception}).");
        }
    }

    private string Joined(JsonObject description, string data)
    {
        var script = string.Join('\n', new[] { "parse", "counter", "surface", "automaton", "display", "brushes", "session", "film", "drop", "test", "page" }.Select(name => Resource.Read($"page/{name}.js")));
        // "<" does not stand in the description as such, so that nothing in a name or shader can end the element that holds it.
        var json = description.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.Default });
        return Resource.Read("page/page.html")
            .Replace("{{title}}", HtmlEncoder.Default.Encode($"{Rule.Name} on {Graph.Name}"), StringComparison.Ordinal)
            .Replace("{{style}}", Resource.Read("page/style.css"), StringComparison.Ordinal)
            .Replace("{{description}}", json, StringComparison.Ordinal)
            .Replace("{{data}}", data, StringComparison.Ordinal)
            .Replace("{{script}}", script, StringComparison.Ordinal);
    }
}
