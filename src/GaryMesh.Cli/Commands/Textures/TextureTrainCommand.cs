using System.CommandLine;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;
using Spectre.Console;

namespace GaryMesh.Cli.Commands.Textures;

/// <summary>`gary-mesh texture train`: learns a rule that paints graphs like an exemplar.</summary>
internal static class TextureTrainCommand
{
    /// <summary>Steps after which the trained rule is measured.</summary>
    private const int Measured = 96;

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var exemplars = new Option<string[]>("--exemplar")
        {
            Description = "What the texture is to look like; several pictures, each with its --exemplar, are maps of one (see the notes).",
            HelpName = "IMG",
            Required = true,
        };
        var tiles = new Option<bool>("--tiles") { Description = "The exemplar goes on at its opposite side." };
        var graphs = new Option<string[]>("--graph", "-g")
        {
            Description = "A graph to train on; several, each with its --graph, make a rule that fits others, too, and an irregular one among them (delaunay:1500) one for meshes of uneven triangles. [default: icosphere:12 and torus:40x40; ring:128 for a signal]",
            HelpName = "G",
        };
        var up = Options.File("--up", "The direction of the picture's top on a mesh: x, y, z or three numbers.", "UP");
        up.DefaultValueFactory = _ => "y";
        var loss = Loss();
        var oneSpeed = new Option<bool>("--one-speed")
        {
            Description = "Train at one time step alone, not at half to twice it: nearer to some exemplars, and unsure at other speeds.",
        };
        var oneSpacing = new Option<bool>("--one-spacing")
        {
            Description = "Train at one spacing of cells alone, not at half, 1.41 times and twice it, too: half the time an iteration.",
        };
        var rule = Options.File("--rule", "The rule to begin with, a file or one that ships: to go on with it by other settings, or to other looks. [default: a new one]", "R.npz");
        var rate = Options.PositiveOrNone("--learning-rate", "X", "Learning rate of Adam, which comes down to 3 % on half a cosine. [default: 0.002]");
        var newStarts = Options.WholeOrNone("--new-starts", "N", "Iterations from one new start to the next: the more, the older are the states that a rule is taught on; 0: never. [default: 20]", 0);
        var channels = Options.WholeOrNone("--channels", "C", "Numbers in a cell's state. [default: 16; 12 for a signal]");
        var hidden = Options.WholeOrNone("--hidden", "H", "Hidden units of the rule. [default: 128; 48 for a signal]");
        var shared = new TrainingOptions("10,000; 3,000 for a signal", "texture.npz", "Draw the cells here as the training goes on.", 250);

        var command = shared.Command(
            "Learn a rule that paints graphs like a picture, or fills rings with a signal.", exemplars, tiles, graphs, up, loss, oneSpeed, oneSpacing, rule, rate, newStarts, channels, hidden);
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(shared.Json), parsed.GetValue(shared.Quiet)),
            new TextureTraining(parsed.GetValue(exemplars)!, parsed.GetValue(graphs) ?? [], parsed.GetValue(shared.Seed))
            {
                Tiles = parsed.GetValue(tiles),
                Up = parsed.GetValue(up)!,
                Loss = parsed.GetValue(loss)!,
                OneSpeed = parsed.GetValue(oneSpeed),
                OneSpacing = parsed.GetValue(oneSpacing),
                Rule = parsed.GetValue(rule),
                LearningRate = parsed.GetValue(rate),
                NewStarts = parsed.GetValue(newStarts),
                Channels = parsed.GetValue(channels),
                Hidden = parsed.GetValue(hidden),
            },
            shared.Read(parsed),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh texture train --exemplar rust.png --minutes 5 --out rust.npz --preview rust-preview.png
            gary-mesh texture train --exemplar bark.png --graph icosphere:12 --graph torus:40x40 --graph delaunay:1500 --out bark.npz
            gary-mesh texture train --exemplar bark_albedo.png --exemplar bark_height.png --minutes 10 --out bark.npz
            gary-mesh texture train --exemplar brick.png --rule brick --graph bunny.obj --learning-rate 0.001 --iterations 3000 --out brick-on-bunnies.npz
            gary-mesh texture train --exemplar bark.png --rule bark.npz --graph delaunay:1500 --learning-rate 0.0005 --new-starts 200 --iterations 1500 --out lasting.npz
            gary-mesh texture train --exemplar calls.csv --graph ring:128 --loss sliced --out calls.npz
            """,
            $"""
            {ExemplarWord.Note}

            {GraphWord.Note}

            {TextureWord.Note}

            {TextureWorld.Note}

            The loss gram compares band-pass responses at scales of 1, 2, 4, ... cells, rectified, by the means of their products: no network and
            no random draw (rectified Gram matrices). The loss sliced compares cells, their differences and Laplacians at scales of 1, 2, 4 and 8
            cells along random directions (sliced Wasserstein). A pool of states grows old, starts anew and is damaged, so that the texture
            lasts and heals. Three tori, of half, 1.41 times and twice the spacing of cells, are trained on beside the graphs, so that a picture
            can be painted larger and smaller (--one-spacing: without). The latest rule is kept, also when Ctrl-C ends the training early. Order
            comes late: give a training all of its iterations.
            """);
        return command;
    }

    /// <summary>The option that names a texture's loss.</summary>
    public static Option<string> Loss() => new("--loss")
    {
        Description = $"How looks are compared: {string.Join(" or ", TextureLoss.Names)}.",
        HelpName = "NAME",
        DefaultValueFactory = _ => TextureLoss.Gram,
    };

    private static int Run(Terminal terminal, TextureTraining training, LongTraining settings, CancellationToken stop)
    {
        settings.Check([.. training.Exemplars, .. training.Graphs, training.Rule]);
        var prepared = training.Prepare(terminal);

        if (settings.Files.Preview is not null && !prepared.Worlds.Any(world => world.Drawn))
            throw new UserErrorException($"--preview draws a mesh, grid or torus, but --graph {string.Join(", ", prepared.Worlds.Select(world => world.Graph.Name))} is none of them.");

        var iterations = settings.Count(
            prepared.Iterations,
            minutes => TrainingSettings.IterationsWithin(minutes, prepared.Automaton, prepared.Graph, prepared.TaskOf, settings.Engine, stop));

        return settings.Files.Run(
            terminal,
            prepared.Automaton,
            prepared.Graph,
            prepared.TaskOf(iterations),
            settings.Engine,
            OptionOf,
            LargestParts,
            (path, now, _) => Preview(path, prepared.Exemplar.Palette, prepared.Worlds, now),
            trained => Report(terminal, training, settings.Files.Rule.Path, prepared, trained, iterations),
            stop);
    }

    /// <summary>The option behind a setting of a training.</summary>
    private static string OptionOf(string setting) => setting switch
    {
        "rule" => "--rule, --channels and --hidden",
        "learning rate" => "--learning-rate",
        "graph" => "--graph and --one-spacing",
        "hook" => "--graph, --one-spacing and --new-starts",
        "time steps" => "--one-speed",
        "edges" => "--graph, --up and --one-spacing",
        "cosine" or "warm-up" or "validation every" => "--iterations",
        "seed" => "--seed",
        _ => "--exemplar or --loss",
    };

    /// <summary>The worlds side by side, as a state of the pool has them.</summary>
    private static void Preview(string path, Palette palette, TextureWorld[] worlds, Training training)
    {
        var state = training.Pool.States.Span[^1];
        var colours = TextureWorld.ColoursOf(palette, state);
        var (pictures, first) = (new List<Pixels>(), 0);

        foreach (var world in worlds)
        {
            if (world.Draw(colours[(3 * first)..(3 * (first + world.Graph.Cells))], 256) is { } picture)
                pictures.Add(picture);

            first += world.Graph.Cells;
        }

        if (pictures.Count > 0)
            PngCanvas.Write(path, Pixels.Row([.. pictures]));
    }

    private static void Report(
        Terminal terminal, TextureTraining asked, string file, PreparedTexture prepared, Trained trained, int iterations)
    {
        var (best, training, worlds) = (trained.Automaton, trained.Training, prepared.Worlds);
        var losses = worlds.Select(world =>
        {
            var start = best.Start.On(world.Graph, best.Rule.Shape.Channels, asked.Seed);
            var final = Engine.Run(best, world.Graph, Rollout.Of(start, Measured, Firing.Of(asked.Seed, 0)));
            var look = TextureLoss.Of(asked.Loss, prepared.Exemplar, world.Graph);
            return Measurement.Loss(look, final, world.Graph).Value;
        }).ToArray();

        terminal.WriteJson(new JsonObject
        {
            ["exemplar"] = string.Join(", ", asked.Exemplars),
            ["loss"] = asked.Loss,
            ["worlds"] = new JsonArray([.. worlds.Zip(losses, (world, loss) => new JsonObject
            {
                ["graph"] = world.Graph.Name, ["cells"] = world.Graph.Cells, [$"loss_{Measured}_steps"] = Measurement.Finite(loss),
            })]),
            ["parameters"] = best.Rule.ParameterCount,
            ["iterations"] = training.Iteration,
            ["iterations_asked"] = iterations,
            ["best_iteration"] = training.BestIteration,
            ["validation_loss"] = Measurement.Finite(training.BestLoss),
            ["training_seconds"] = trained.Seconds,
            ["end"] = trained.End.ToString().ToLowerInvariant(),
            ["seed"] = asked.Seed,
            ["out"] = file,
        });

        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("").AddColumn("");

        foreach (var (world, loss) in worlds.Zip(losses))
            table.AddRow(Markup.Escape($"loss on {world.Graph.Name} after {Measured} steps"), $"{loss:G4}");

        table.AddRow("training", $"{trained.Seconds:F1} s, {Counted.Of(training.Iteration, "iteration")}");
        table.AddRow("parameters", $"{best.Rule.ParameterCount:N0} ({best.Rule.Shape.Text})");
        terminal.Write(table);
    }

    /// <summary>The largest parts of the loss, for the live line.</summary>
    private static string LargestParts(TrainingReport value)
    {
        var parts = value.Parts.OrderByDescending(part => part.Item2).Take(3).Select(part => FormattableString.Invariant($"{part.Item1} {part.Item2:G2}"));
        return $" ({string.Join(", ", parts)})";
    }
}
