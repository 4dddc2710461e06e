using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;

namespace GaryMesh.Cli.Commands.Textures;

/// <summary>`gary-mesh texture gallery`: what rules paint, side by side in one picture.</summary>
internal static class TextureGalleryCommand
{
    private const int Side = 128, Gap = 6, Header = 18, Name = 90;

    /// <summary>A column: what stands above it, the graph, the steps, and whether a fifth of the cells was rubbed out at a step.</summary>
    private sealed record Column(string Title, string Graph, int Steps, int HoleAt = 0);

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var rules = new Option<string[]>("--rule") { Description = "A texture's rule; several, each with its option. [default: every one that ships]", HelpName = "R" };
        var mesh = Options.File("--graph", "A mesh for the last column.", "MESH");
        var up = Options.File("--up", "The direction of the picture's top on it: x, y, z or three numbers.", "UP");
        up.DefaultValueFactory = _ => "y";
        var longest = Options.Whole("--longest", "N", "Steps of the column of a long life.", 3000);
        var seed = Options.Seed();
        var threads = Options.Threads();
        var file = Options.File("--out", "The picture to write.", "FILE.png");
        file.DefaultValueFactory = _ => "gallery.png";
        var (json, quiet) = (Options.Json(), Options.Quiet());
        var command = new Command("gallery", "Draw what rules paint: a row a rule, on lattices, spheres and a mesh, after a long life, with a hole and healed.")
        {
            rules, mesh, up, longest, seed, threads, file, json, quiet,
        };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            parsed.GetValue(rules) is { Length: > 0 } given ? given : TextureWord.Names,
            parsed.GetValue(mesh),
            UpWord.Read(parsed.GetValue(up)!),
            parsed.GetValue(longest),
            parsed.GetValue(seed),
            new EngineOptions { Threads = parsed.GetValue(threads) },
            parsed.GetValue(file)!,
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh texture gallery --out gallery.png
            gary-mesh texture gallery --rule rust --rule bark.npz --graph bunny.obj --longest 10000
            """,
            TextureWord.Note);
        return command;
    }

    private static int Run(
        Terminal terminal,
        string[] rules,
        string? mesh,
        (double X, double Y, double Z) up,
        int longest,
        ulong seed,
        EngineOptions options,
        string path,
        CancellationToken stop)
    {
        OutputFile.Check([mesh, .. rules], ("--out", ".png", path));
        Column[] columns =
        [
            new("24 steps", "torus:128x128", 24),
            new("200", "torus:128x128", 200),
            new($"{longest:N0}", "torus:128x128", longest),
            new("a hole", "torus:128x128", 201, 200),
            new("100 later", "torus:128x128", 300, 200),
            new("300 later", "torus:128x128", 500, 200),
            new("6 neighbours", "torus6:128x128", 200),
            new("a sphere", "icosphere:40", 200),
            new("irregular", "delaunay:12000", 200),
            .. mesh is null ? (Column[])[] : [new(Path.GetFileNameWithoutExtension(mesh), mesh, 300)],
        ];
        var read = rules.Select(rule => (Name: Path.GetFileNameWithoutExtension(rule), TextureWord.Read(rule).Automaton)).ToArray();
        var worlds = columns.Select(column => column.Graph).Distinct().ToDictionary(word => word, word => TextureWorld.Read(word, up, terminal));
        var canvas = new PngCanvas((Name + (columns.Length * (Side + Gap))) / 2.0, (Header + (rules.Length * (Side + Gap))) / 2.0);

        for (var at = 0; at < columns.Length; at++)
            canvas.Text(new Place(Left(at) + (Side / 4.0), 7), columns[at].Title, Ink.Muted, 6, Anchor.Middle);

        terminal.WithProgress("Painting", progress =>
        {
            for (var row = 0; row < read.Length; row++)
            {
                canvas.Text(new Place(4, Top(row) + (Side / 4.0)), read[row].Name, Ink.Text, 7, Anchor.Start);

                for (var at = 0; at < columns.Length; at++)
                {
                    var picture = Painted(read[row].Automaton, columns[at], worlds[columns[at].Graph]);
                    canvas.Image(Left(at), Top(row), Side / 2.0, Side / 2.0, picture);
                    progress.Report((double)((row * columns.Length) + at + 1) / (read.Length * columns.Length));
                }
            }

            return true;
        });
        PngCanvas.Write(path, canvas.Pixels);
        terminal.WriteJson(new JsonObject { ["rules"] = new JsonArray([.. rules.Select(rule => (JsonNode)rule)]), ["seed"] = seed, ["out"] = path });
        terminal.Write($"Written to {path}");
        return ExitCode.Done;

        static double Left(int column) => (Name + (column * (Side + Gap))) / 2.0;

        static double Top(int row) => (Header + (row * (Side + Gap))) / 2.0;

        Pixels Painted(Automaton automaton, Column column, TextureWorld world)
        {
            var start = automaton.Start.On(world.Graph, automaton.Rule.Shape.Channels, seed);
            using var simulation = new Simulation(automaton, world.Graph, start, Firing.Of(seed, 0), null, options);
            Trial.Advance(simulation, column.Steps, column.HoleAt > 0 ? 0.2 : 0, column.HoleAt, _ => { }, stop);

            return world.Square(TextureWorld.ColoursOf(automaton.Palette!, simulation.State), Side)
                ?? throw new UserErrorException($"A gallery shows meshes, grids and tori, but {column.Graph} is none.");
        }
    }
}
