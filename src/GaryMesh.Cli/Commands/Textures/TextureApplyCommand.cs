using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Meshes;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;

namespace GaryMesh.Cli.Commands.Textures;

/// <summary>`gary-mesh texture apply`: a trained rule paints a graph.</summary>
internal static class TextureApplyCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var rule = Options.File("--rule", "The texture's rule: a name or a file (see the notes).", "R");
        rule.Required = true;
        var graft = Options.File("--graft", "A second texture's rule, where --by says.", "R");
        var by = Options.File("--by", "Where the second texture grows (see the notes). [default: x]", "MAP");
        var graph = Options.Graph("torus:128x128");
        var steps = Options.Whole("--steps", "N", "Number of steps.", 200);
        var up = Options.File("--up", "The direction of the picture's top on a mesh: x, y, z or three numbers.", "UP");
        up.DefaultValueFactory = _ => "y";
        var turn = Options.Finite("--turn", "DEGREES", "Turn the picture by so many degrees, counterclockwise.");
        var spacing = Options.Positive("--spacing", "X", "Distance between neighbouring cells: 0.5 paints twice as large as trained, 2 half as large.", 1);
        var timeStep = Options.Positive("--time-step", "X", "Factor on every change: below 1 the texture grows slower.", 1);
        var seed = Options.Seed();
        var threads = Options.Threads();
        var file = Options.File("--out", "Write the coloured mesh: .glb (glTF 2.0), .ply or .obj.");
        var picture = Options.File(
            "--png", "Write a picture: of a grid or torus one pixel a cell, of a mesh two views. What a rule paints beside colours is written beside it, such as FILE.height.png.", "FILE.png");
        var size = Options.WholeOrNone("--size", "N", "Height of the picture in pixels; of a grid as many whole pixels a cell as fit. [default: 512; the cells of a grid]");
        var state = Options.File("--state-out", "Write the last state: an .npz with the array 'state' [cells x channels].", "FILE.npz");
        var exemplars = new Option<string[]>("--exemplar") { Description = "Compare with this exemplar: its loss, and that of the cells shuffled.", HelpName = "IMG" };
        var tiles = new Option<bool>("--tiles") { Description = "The exemplar goes on at its opposite side." };
        var loss = TextureTrainCommand.Loss();
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command("apply", "Paint a graph with a texture's rule: a mesh in colour, a picture, the state.")
        {
            rule, graft, by, graph, steps, up, turn, spacing, timeStep, seed, threads, file, picture, size, state, exemplars, tiles, loss, json, quiet,
        };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            new Settings(
                parsed.GetValue(rule)!,
                parsed.GetValue(graft),
                parsed.GetValue(by),
                parsed.GetValue(graph)!,
                parsed.GetValue(steps),
                parsed.GetValue(up)!,
                parsed.GetValue(turn),
                parsed.GetValue(spacing),
                parsed.GetValue(timeStep),
                parsed.GetValue(seed),
                parsed.GetValue(threads),
                parsed.GetValue(file),
                parsed.GetValue(picture),
                parsed.GetValue(size),
                parsed.GetValue(state),
                parsed.GetValue(exemplars) ?? [],
                parsed.GetValue(tiles),
                parsed.GetValue(loss)!),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh texture apply --rule rust --graph torus:256x256 --png rust.png
            gary-mesh texture apply --rule rust --graph bunny.obj --steps 300 --out bunny.glb --png bunny.png
            gary-mesh texture apply --rule rust --graft bark --by y:0.4 --graph icosphere:60 --out grafted.glb
            gary-mesh texture apply --rule bark.npz --graph icosphere:60 --turn 45 --spacing 0.5 --out sphere.ply
            """,
            $"""
            {TextureWord.Note}

            {GraphWord.Note}

            {TextureWorld.Note}

            {Grafting.Note}
            """);
        return command;
    }

    private sealed record Settings(
        string Rule,
        string? Graft,
        string? By,
        string Graph,
        int Steps,
        string Up,
        double Turn,
        double Spacing,
        double TimeStep,
        ulong Seed,
        int Threads,
        string? Out,
        string? Picture,
        int? Size,
        string? State,
        string[] Exemplars,
        bool Tiles,
        string Loss);

    private static int Run(Terminal terminal, Settings settings, CancellationToken stop)
    {
        string?[] read = [settings.Rule, settings.Graft, settings.By, settings.Graph, .. settings.Exemplars];
        OutputFile.Check(read, ("--out", "", settings.Out), ("--png", ".png", settings.Picture), ("--state-out", ".npz", settings.State));
        var ending = Path.GetExtension(settings.Out)?.ToLowerInvariant();

        if (settings.Out is not null && ending is not (".glb" or ".ply" or ".obj"))
            throw new UserErrorException($"--out takes a file ending in .glb, .ply or .obj, not '{settings.Out}'.");

        if (settings.Out is null && settings.Picture is null && settings.State is null && settings.Exemplars.Length == 0)
            throw new UserErrorException("Nothing is asked for: give --out, --png, --state-out or --exemplar.");

        if (settings.Size is > 4096)
            throw new UserErrorException($"--size is at most 4,096 pixels, not {settings.Size}.");

        if (settings is { Graft: null, By: not null })
            throw new UserErrorException("--by says where the texture of --graft grows, but there is no --graft.");

        var (automaton, palette) = TextureWord.Read(settings.Rule);
        var pictures = Pictures(settings.Picture, palette);
        OutputFile.Check(read, [("--out", "", settings.Out), .. pictures.Select(path => ("--png", ".png", (string?)path))]);
        var other = settings.Graft is null ? default((Automaton Automaton, Palette Palette)?) : TextureWord.Read(settings.Graft);

        if (other is { } second)
            automaton = Grafting.Blend(automaton, second.Automaton);

        automaton = automaton.WithTimeStep(settings.TimeStep * automaton.TimeStep);
        var world = TextureWorld.Read(settings.Graph, UpWord.Read(settings.Up), terminal).Turned(settings.Turn);
        // An exemplar is compared as large as cells of the spacing show it.
        var graph = world.Graph.WithSpacing(settings.Spacing);
        var exemplar = settings.Exemplars.Length == 0 ? null : ExemplarWord.Read(settings.Exemplars, settings.Tiles);

        if (exemplar is not null && other is not null)
            throw new UserErrorException("--exemplar compares one texture, but --graft grows two.");

        var look = exemplar is null ? null : TextureLoss.Of(settings.Loss, exemplar, graph);

        if (exemplar is not null && exemplar.Maps != palette.Maps)
            throw new UserErrorException($"{string.Join(" and ", settings.Exemplars)} has {Counted.Of(exemplar.Maps, "map")}, but {settings.Rule} paints {palette.Maps}.");

        if (settings.Turn != 0 && (graph.Frames.IsDefaultOrEmpty || graph.Topology is { IsRing: true } or { IsLine: true }))
            throw new UserErrorException($"--turn {settings.Turn} turns a picture on a surface, but --graph {settings.Graph} is none.");

        if (settings.Out is not null && world.Mesh is null)
            throw new UserErrorException($"--out writes a mesh, but --graph {settings.Graph} is none: give a mesh file, an icosphere, a torus or a grid.");

        if (settings.Picture is not null && !world.Drawn)
            throw new UserErrorException($"--png draws a mesh, grid or torus, but --graph {settings.Graph} is none of them.");

        using var prepared = new Prepared(automaton, graph, new EngineOptions { Threads = settings.Threads });
        var grafting = other is { } grafted ? new Grafting(palette, grafted.Palette, Grafting.Weigh(settings.By ?? "x", graph)) : null;
        var inputs = grafting is null ? Inputs.Absent : Inputs.NewConstant(new State(graph.Cells, 1, grafting.Weights));
        var start = automaton.Start.On(graph, automaton.Rule.Shape.Channels, settings.Seed);
        var clock = Stopwatch.StartNew();
        var final = terminal.WithProgress("Painting", progress => prepared.Run(
            Rollout.Of(start, settings.Steps, Firing.Of(settings.Seed, 0)).WithInputs(inputs),
            Math.Max(1, settings.Steps / 100),
            (step, _) => progress.Report((double)step / settings.Steps),
            stop));
        var seconds = clock.Elapsed.TotalSeconds;

        if (!final.IsFinite)
            throw new UserErrorException($"The state overflowed (NaN or infinity): this rule is not stable for {Counted.Of(settings.Steps, "step")} on {graph.Name}.");

        float[] Colours(int picture) => grafting?.Colours(final, picture) ?? TextureWorld.ColoursOf(palette, final, picture);

        if (settings.Out is not null)
        {
            var coloured = new ColouredMesh(world.Mesh!, Colours(0));

            if (ending == ".glb")
                Glb.Write(settings.Out, coloured);
            else
                coloured.Write(settings.Out);
        }

        for (var i = 0; i < pictures.Length; i++)
            PngCanvas.Write(pictures[i], world.Draw(Colours(i), settings.Size)!);

        if (settings.State is not null)
            StateFile.Write(settings.State, final);

        var values = palette.Values(final);
        var loss = look is null ? null : Loss(values);
        var shuffled = look is null ? null : Loss(Shuffled(values, palette.Maps, settings.Seed));
        var largest = Measurement.Largest(final);

        terminal.WriteJson(new JsonObject
        {
            ["graph"] = graph.Name,
            ["cells"] = graph.Cells,
            ["steps"] = settings.Steps,
            ["seed"] = settings.Seed,
            ["seconds"] = seconds,
            ["steps_per_second"] = settings.Steps / seconds,
            ["largest"] = largest,
            ["loss"] = loss?.Value,
            ["loss_parts"] = loss is null ? null : new JsonObject(loss.Parts.Select(part => KeyValuePair.Create(part.Item1, (JsonNode?)part.Item2))),
            ["loss_shuffled"] = shuffled?.Value,
            ["out"] = settings.Out,
            ["png"] = settings.Picture,
            ["pictures"] = new JsonObject(pictures.Skip(1).Select((path, i) => KeyValuePair.Create(palette.Pictures[i + 1].Item1, (JsonNode?)path))),
            ["state_out"] = settings.State,
        });
        terminal.Write(string.Create(CultureInfo.InvariantCulture,
            $"{graph.Name}: {Counted.Of(graph.Cells, "cell")}, {Counted.Of(settings.Steps, "step")} in {seconds:F2} s; largest value {largest:F2}"));

        if (loss is not null)
            terminal.Write($"loss {loss.Value:G4} ({string.Join(", ", loss.Parts.Select(part => $"{part.Item1} {part.Item2:G3}"))}); {shuffled!.Value:G4} with the cells shuffled");

        foreach (var path in new[] { settings.Out }.Concat(pictures).Append(settings.State).OfType<string>())
            terminal.Write($"Written to {path}");

        return ExitCode.Done;

        // In the exemplar's own palette.
        LossValue Loss(float[] values) => Measurement.Loss(look!, new State(graph.Cells, palette.Maps, exemplar!.Palette.Channels(values)), graph);
    }

    /// <summary>Where the pictures of a palette are written: the first as is asked for, and each other under its name beside it.</summary>
    private static string[] Pictures(string? path, Palette palette) => path is null
        ? []
        : [path, .. palette.Pictures.Skip(1).Select(picture => Path.ChangeExtension(path, $".{picture.Item1}{Path.GetExtension(path)}"))];

    private static float[] Shuffled(float[] values, int maps, ulong seed)
    {
        var cells = values.Chunk(maps).ToArray();
        new Random((int)(seed % int.MaxValue)).Shuffle(cells);
        return [.. cells.SelectMany(cell => cell)];
    }
}
