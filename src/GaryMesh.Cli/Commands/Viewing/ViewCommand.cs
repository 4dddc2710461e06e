using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;
using GaryMesh.Studio.Viewer;

namespace GaryMesh.Cli.Commands.Viewing;

/// <summary>`gary-mesh view`: a page of one file in which a rule runs on the viewer's GPU.</summary>
internal static class ViewCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var rule = Options.File("--rule", "The rule: a file, a texture that ships, a preset or CxHxK (see the notes).", "R");
        var graft = Options.File("--graft", "A second rule of the same size and perception, for the brush that grafts.", "R2");
        var graph = Options.Graph("torus:128x128");
        var up = Options.File("--up", "The direction of the picture's top on a mesh: x, y, z or three numbers.", "UP");
        up.DefaultValueFactory = _ => "y";
        var file = Options.File("--out", "The page that is written.", "PAGE.html");
        var gallery = Options.File("--gallery", "Write a folder of pages instead, one of each texture that ships, and one page that shows them all.", "DIR");
        var steps = Options.Whole("--steps", "N", "The page compares itself with the engine after so many steps.", 96);
        var seed = Options.Seed();
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command("view", "Write a page that runs a rule on a graph in the browser: one file, no server.")
        {
            rule, graft, graph, up, file, gallery, steps, seed, json, quiet,
        };
        command.SetAction(parsed =>
        {
            var terminal = new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet));

            if (parsed.GetValue(gallery) is { } folder)
            {
                return parsed.GetValue(rule) is null && parsed.GetValue(file) is null && parsed.GetValue(graft) is null
                    ? Gallery.Run(terminal, folder, stop)
                    : throw new UserErrorException("--gallery writes pages of the rules that ship: leave out --rule, --graft and --out.");
            }

            return Run(
                terminal,
                new Settings(
                    parsed.GetValue(rule) ?? throw new UserErrorException("--rule names the rule that the page runs, but is not given."),
                    parsed.GetValue(graft),
                    parsed.GetValue(graph)!,
                    parsed.GetValue(up)!,
                    parsed.GetValue(file) ?? throw new UserErrorException("--out names the page that is written, but is not given."),
                    parsed.GetValue(steps),
                    parsed.GetValue(seed)),
                stop);
        });
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh view --rule rust --graph torus:128x128 --out rust.html
            gary-mesh view --rule rust --graft bark --graph bunny.obj --out bunny.html
            gary-mesh view --rule lizard --graph grid:72x72 --out lizard.html
            gary-mesh view --rule demo/rule.npz --graph ring:256 --steps 48 --out ring.html
            gary-mesh view --gallery docs/gallery
            """,
            $"""
            The page needs WebGL 2 and nothing from elsewhere. It tests itself: the cells that fire and the state after --steps steps are compared
            with the engine's, and the page says how far they are apart.

            {RuleWord.Note}

            {GraphWord.Note}
            """);
        return command;
    }

    private sealed record Settings(string Rule, string? Graft, string Graph, string Up, string Out, int Steps, ulong Seed);

    private static int Run(Terminal terminal, Settings settings, CancellationToken stop)
    {
        OutputFile.Check([settings.Rule, settings.Graft, settings.Graph], ("--out", ".html", settings.Out));
        var rule = Read(settings.Rule, settings.Seed);
        var graft = settings.Graft is { } word ? Read(word, settings.Seed) : null;
        var world = ViewedWorld.Read(settings.Graph, settings.Up, rule.Automaton, terminal);
        stop.ThrowIfCancellationRequested();
        var clock = Stopwatch.StartNew();
        var page = new ViewerPage(rule, world.Graph)
        {
            Mesh = world.Mesh,
            Graft = graft,
            Up = UpWord.Read(settings.Up),
            Seed = settings.Seed,
            TestSteps = settings.Steps,
            Words = Words(settings),
        };
        var bytes = Encoding.UTF8.GetBytes(page.Write());
        SafeFile.Write(settings.Out, stream => stream.Write(bytes));

        terminal.WriteJson(new JsonObject
        {
            ["rule"] = settings.Rule,
            ["graph"] = world.Graph.Name,
            ["cells"] = world.Graph.Cells,
            ["bytes"] = bytes.Length,
            ["seconds"] = clock.Elapsed.TotalSeconds,
            ["out"] = settings.Out,
        });
        terminal.Write(string.Create(CultureInfo.InvariantCulture, $"{world.Graph.Name}: {Counted.Of(world.Graph.Cells, "cell")}, {bytes.Length / 1000.0:F0} kB"));
        terminal.Write($"Written to {settings.Out}");
        return ExitCode.Done;
    }

    /// <summary>The rule of a word, called by its file's name.</summary>
    private static NamedRule Read(string word, ulong seed) =>
        new(ShippedRules.IsFile(word) ? Path.GetFileNameWithoutExtension(word) : word, RuleWord.Read(word, seed));

    private static Dictionary<string, string> Words(Settings settings)
    {
        var words = new Dictionary<string, string> { ["rule"] = settings.Rule, ["graph"] = settings.Graph, ["up"] = settings.Up };

        if (settings.Graft is { } graft)
            words["graft"] = graft;

        return words;
    }
}
