using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;

namespace GaryMesh.Cli.Commands.Growing;

/// <summary>`gary-mesh grow run`: a pattern grows from one cell, is damaged, and is filmed.</summary>
internal static class GrowRunCommand
{
    /// <summary>How long a picture of an animation is seen.</summary>
    private const int Milliseconds = 50;

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var rule = Options.File("--rule", "The rule: a file of grow train, or one that ships.", "R");
        rule.Required = true;
        var graph = Options.Graph("grid:72x72");
        var up = Options.File("--up", "The direction of the picture's top on a mesh: x, y, z or three numbers.", "UP");
        up.DefaultValueFactory = _ => "y";
        var steps = Options.Whole("--steps", "N", "Number of steps.", 200);
        var damage = new Option<string[]>("--damage") { Description = "Cut a hole after a step; several, each with its --damage (see the notes).", HelpName = "HOLE" };
        var fire = Options.FireRate("Probability that a cell updates at a step. [default: the rule's]");
        var target = Options.File("--target", "Compare with this pattern: the mean squared difference at the end and about each hole.", "T");
        var turns = PatternWord.Turns();
        var seed = Options.Seed();
        var threads = Options.Threads();
        var file = Options.File("--out", "Write the last state: an .npz with the array 'state' [cells x channels].", "STATE.npz");
        var picture = Options.File("--png", "Draw the last state.", "P.png");
        var film = Options.File("--animation", "Write an animated PNG of all steps.", "A.png");
        var every = Options.Whole("--every", "N", "Steps from one picture of the animation to the next.", 2);
        var size = Options.Whole("--size", "N", "Height of the pictures in pixels; of a grid as many whole pixels a cell as fit.", 288);
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command("run", "Let a pattern grow from one cell, cut holes into it, and film it.")
        {
            rule, graph, up, steps, damage, fire, target, turns, seed, threads, file, picture, film, every, size, json, quiet,
        };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            new Settings(
                parsed.GetValue(rule)!,
                parsed.GetValue(graph)!,
                parsed.GetValue(up)!,
                parsed.GetValue(steps),
                parsed.GetValue(damage) ?? [],
                parsed.GetValue(fire),
                parsed.GetValue(target),
                parsed.GetValue(turns),
                parsed.GetValue(seed),
                parsed.GetValue(threads),
                parsed.GetValue(file),
                parsed.GetValue(picture),
                parsed.GetValue(film),
                parsed.GetValue(every),
                parsed.GetValue(size)),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh grow run --rule lizard --steps 96 --png lizard.png
            gary-mesh grow run --rule lizard --steps 400 --damage 36,30,8@200 --animation healing.png
            gary-mesh grow run --rule lizard --steps 10000 --target lizard-target.png --out state.npz --json
            gary-mesh grow run --rule heart.npz --graph icosphere:24 --steps 300 --damage 5,4@150 --animation heart.png
            """,
            $"""
            {PatternRuleWord.Note}

            {DamageWord.Note}

            {GraphWord.Note}

            {PatternWord.Note}
            """);
        return command;
    }

    private sealed record Settings(
        string Rule,
        string Graph,
        string Up,
        int Steps,
        string[] Damage,
        double? Fire,
        string? Target,
        int? Turns,
        ulong Seed,
        int Threads,
        string? Out,
        string? Picture,
        string? Film,
        int Every,
        int Size);

    private static int Run(Terminal terminal, Settings settings, CancellationToken stop)
    {
        OutputFile.Check(
            [settings.Rule, settings.Graph, settings.Target],
            ("--out", ".npz", settings.Out),
            ("--png", ".png", settings.Picture),
            ("--animation", ".png", settings.Film));

        if (settings is { Out: null, Picture: null, Film: null, Target: null })
            throw new UserErrorException("Nothing is asked for: give --out, --png, --animation or --target.");

        var automaton = PatternRuleWord.Read(settings.Rule);
        var channels = automaton.Rule.Shape.Channels;
        automaton = settings.Fire is { } rate ? automaton.WithFireRate(rate) : automaton;
        var world = GrowingWorld.Read(settings.Graph, settings.Up, terminal);
        var graph = world.Graph;
        world.CheckDrawn("--png", settings.Picture);
        world.CheckDrawn("--animation", settings.Film);
        var holes = settings.Damage.Select(word => DamageWord.Read(word, graph, settings.Steps)).ToLookup(hole => hole.Step);
        var loss = settings.Target is null ? null : GrowingRecipe.Loss(PatternWord.Read(settings.Target, graph, settings.Turns), channels);
        var film = settings.Film is null ? null : new Animation(Milliseconds);

        using var prepared = new Prepared(automaton, graph, new EngineOptions { Threads = settings.Threads });
        var start = automaton.Start.On(graph, channels, settings.Seed);
        using var simulation = prepared.Begin(Rollout.Of(start, settings.Steps, Firing.Of(settings.Seed, 0)));
        var damaged = new JsonArray();
        var clock = Stopwatch.StartNew();
        terminal.WithProgress("Growing", progress =>
        {
            for (var step = 0; step <= settings.Steps; step++)
            {
                stop.ThrowIfCancellationRequested();

                if (step > 0)
                    simulation.Step();

                foreach (var hole in holes[step])
                    Cut(hole);

                if (film is not null && (step % settings.Every == 0 || step == settings.Steps))
                    film.Add(world.Draw(simulation.State, settings.Size));

                progress.Report((double)step / settings.Steps);
            }

            return true;
        });
        var (seconds, final) = (clock.Elapsed.TotalSeconds, simulation.State);

        if (!final.IsFinite)
            throw new UserErrorException($"The state overflowed (NaN or infinity): this rule is not stable for {Counted.Of(settings.Steps, "step")} on {graph.Name}.");

        if (settings.Out is not null)
            StateFile.Write(settings.Out, final);

        if (settings.Picture is not null)
            PngCanvas.Write(settings.Picture, world.Draw(final, settings.Size));

        if (settings.Film is not null)
            film!.Write(settings.Film);

        var (living, largest, error) = (Growth.Living(final).Length, Measurement.Largest(final), Error(final));

        terminal.WriteJson(new JsonObject
        {
            ["graph"] = graph.Name,
            ["cells"] = graph.Cells,
            ["steps"] = settings.Steps,
            ["seed"] = settings.Seed,
            ["seconds"] = seconds,
            ["living"] = living,
            ["largest"] = largest,
            ["mse"] = error,
            ["damage"] = damaged,
            ["frames"] = film?.Frames,
            ["out"] = settings.Out,
            ["png"] = settings.Picture,
            ["animation"] = settings.Film,
        });
        terminal.Write(string.Create(CultureInfo.InvariantCulture,
            $"{graph.Name}: {Counted.Of(settings.Steps, "step")} in {seconds:F2} s; {Counted.Of(living, "cell")} of {graph.Cells:N0} not zero; largest value {largest:F2}"));

        if (error is { } apart)
            terminal.Write(string.Create(CultureInfo.InvariantCulture, $"mean squared difference {apart:G4}"));

        foreach (var path in new[] { settings.Out, settings.Picture, settings.Film }.OfType<string>())
            terminal.Write($"Written to {path}");

        return ExitCode.Done;

        void Cut(DamageWord hole)
        {
            var before = simulation.State;
            var after = Damage.Cut(before, hole.Cells);
            simulation.Write(after);
            damaged.Add((JsonNode)new JsonObject
            {
                ["step"] = hole.Step,
                ["cells"] = hole.Cells.Length,
                ["living_before"] = Growth.Living(before).Length,
                ["living_after"] = Growth.Living(after).Length,
                ["mse_before"] = Error(before),
                ["mse_after"] = Error(after),
            });
        }

        double? Error(State state) => loss is null ? null : Measurement.Finite(Measurement.Loss(loss, state, graph).Value);
    }
}
