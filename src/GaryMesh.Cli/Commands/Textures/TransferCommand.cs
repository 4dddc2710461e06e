using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;

namespace GaryMesh.Cli.Commands.Textures;

/// <summary>`gary-mesh transfer`: a texture's rule on graphs, spacings, speeds, directions and lifetimes that it never saw.</summary>
internal static class TransferCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var rule = Options.File("--rule", "The texture's rule: a name or a file (see the notes).", "R");
        rule.Required = true;
        var exemplars = new Option<string[]>("--exemplar") { Description = "What the texture is to look like. [default: what the rule paints on torus:120x120]", HelpName = "IMG" };
        var tiles = new Option<bool>("--tiles") { Description = "The exemplar goes on at its opposite side." };
        var trained = Graphs("--trained-on", "A graph that the rule was trained on; several, each with its option. [default: icosphere:12 and torus:40x40; ring:128 for a signal]");
        var graphs = Graphs("--graph", "A further graph to try, such as a mesh file; several, each with its option.");
        graphs.Aliases.Add("-g");
        var up = Options.File("--up", "The direction of the picture's top on a mesh: x, y, z or three numbers.", "UP");
        up.DefaultValueFactory = _ => "y";
        var longest = Options.Whole("--longest", "N", "Steps of the longest life that is tried.", 10_000, 96);
        var maxCells = Options.Whole("--max-cells", "N", "The largest graph that is tried of its own accord.", 65_536);
        var seeds = Options.Whole("--seeds", "N", "Runs of each trial; the median and the worst are reported.", 3);
        var seed = Options.Seed();
        var threads = Options.Threads();
        var file = Options.File("--out", "The page to write.", "FILE.html");
        file.DefaultValueFactory = _ => "transfer.html";
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command("transfer", "Try a texture's rule on what it never saw, and write a page of what holds and what fails.")
        {
            rule, exemplars, tiles, trained, graphs, up, longest, maxCells, seeds, seed, threads, file, json, quiet,
        };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            new Settings(
                parsed.GetValue(rule)!,
                parsed.GetValue(exemplars) ?? [],
                parsed.GetValue(tiles),
                parsed.GetValue(trained) ?? [],
                parsed.GetValue(graphs) ?? [],
                UpWord.Read(parsed.GetValue(up)!),
                parsed.GetValue(longest),
                parsed.GetValue(maxCells),
                parsed.GetValue(seeds),
                parsed.GetValue(seed),
                parsed.GetValue(threads),
                parsed.GetValue(file)!),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh transfer --rule rust
            gary-mesh transfer --rule bark.npz --exemplar bark.png --graph bunny.obj --graph spot.obj --out bark.html
            gary-mesh transfer --rule calls.npz --exemplar calls.csv --longest 100000 --json
            """,
            $"""
            {TextureWord.Note}

            The loss of every trial stands beside the mean loss on the graphs that the rule was trained on, after 96 steps: the ratio is 1 where
            nothing is lost. One thing changes at a time: the size, the lattice, the graphs asked for, the steps, the speed (--time-step of
            texture apply), the density (--spacing: as much of the picture in more or fewer cells, the exemplar scaled with them), the direction of
            the top, and a hole of a fifth of the cells.
            Without --exemplar the rule is compared with its own look, which says how well it transfers, and not how good it is.
            """);
        return command;
    }

    private sealed record Settings(
        string Rule,
        string[] Exemplars,
        bool Tiles,
        string[] Trained,
        string[] Graphs,
        (double X, double Y, double Z) Up,
        int Longest,
        int MaxCells,
        int Seeds,
        ulong Seed,
        int Threads,
        string Out);

    private static Option<string[]> Graphs(string name, string description) => new(name) { Description = description, HelpName = "G" };

    private static int Run(Terminal terminal, Settings settings, CancellationToken stop)
    {
        OutputFile.Check([settings.Rule, .. settings.Exemplars, .. settings.Trained, .. settings.Graphs], ("--out", ".html", settings.Out));
        var (automaton, palette) = TextureWord.Read(settings.Rule);
        // A rule that looks along v lies on a surface.
        var signal = !automaton.Perception.Operators.Any(one => one is Operator.Neighbours { Weight.Name: "v" });
        var exemplar = settings.Exemplars.Length > 0 ? ExemplarWord.Read(settings.Exemplars, settings.Tiles) : Transfer.Own(automaton, signal, settings.Seed, settings.Threads);

        var compared = settings.Exemplars.Length > 0 ? string.Join(" and ", settings.Exemplars) : null;

        if (exemplar.Maps != palette.Maps)
            throw new UserErrorException($"{compared} has {Counted.Of(exemplar.Maps, "map")}, but {settings.Rule} paints {palette.Maps}.");

        TextureWorld[] Read(string[] words) => [.. words.Select(word => TextureWorld.Read(word, settings.Up, terminal))];
        var trained = Read(settings.Trained.Length > 0 ? settings.Trained : TextureWorld.Standard(signal));
        var others = Read(settings.Graphs);

        // A graph that does not fit is refused before the first trial runs.
        foreach (var world in trained.Concat(others))
            _ = new RectifiedGram(exemplar, world.Graph);

        Trial[] trials = [.. new Transfer(automaton, exemplar, settings.Longest, settings.MaxCells).All(trained, others, terminal)];
        ulong[] seeds = [.. Enumerable.Range(0, settings.Seeds).Select(run => Counter.Subkey(settings.Seed, run))];
        var (work, done) = ((double)trials.Sum(trial => trial.Work) * seeds.Length, 0L);
        TrialResult[] results = terminal.WithProgress("Trying", progress => trials.Select(trial =>
        {
            progress.What = $"{trial.Group}: {trial.Name}";
            return trial.Run(seeds, settings.Threads, steps => progress.Report((done += steps) / work), stop);
        }).ToArray());

        var home = results.Where(result => result.Trial.Group == trials[0].Group).Average(result => result.Median(0));
        var report = new TransferFigures(settings.Rule, compared, automaton, home, settings.Seeds, results);
        TransferReport.Write(settings.Out, report);

        terminal.WriteJson(new JsonObject
        {
            ["rule"] = settings.Rule,
            ["exemplar"] = compared,
            ["loss_trained"] = home,
            ["seeds"] = settings.Seeds,
            ["trials"] = new JsonArray([.. results.Select(result => new JsonObject
            {
                ["group"] = result.Trial.Group,
                ["name"] = result.Trial.Name,
                ["cells"] = result.Trial.World.Graph.Cells,
                ["largest"] = Measurement.Finite(result.Largest),
                ["after"] = new JsonArray([.. result.Trial.Steps.Select((step, at) => new JsonObject
                {
                    ["steps"] = step, ["ratio"] = Measurement.Finite(result.Median(at) / home), ["worst"] = Measurement.Finite(result.Worst(at) / home),
                })]),
            })]),
            ["out"] = settings.Out,
        });
        terminal.Write(string.Create(CultureInfo.InvariantCulture, $"loss {home:G3} on what it was trained on, after 96 steps; ratios to that, median and worst of {settings.Seeds}:"));

        foreach (var result in results)
            terminal.Write($"{result.Trial.Group,-15} {result.Trial.Name,-22} {string.Join("  ", result.Trial.Steps.Select((step, at) => $"{step}: {result.Median(at) / home:F2} ({result.Worst(at) / home:F2})"))}");

        terminal.Write($"Written to {settings.Out}");
        return ExitCode.Done;
    }
}
