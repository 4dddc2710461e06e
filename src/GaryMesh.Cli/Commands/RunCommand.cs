using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Commands.Viewing;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Meshes;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;
using Spectre.Console;

namespace GaryMesh.Cli.Commands;

/// <summary>`gary-mesh run`: one rollout of a rule on a graph.</summary>
internal static class RunCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var rule = Options.File("--rule", "The rule: a file, a preset or CxHxK (see the notes).", "R");
        var session = Options.File("--session", "Replay what was done in a page of gary-mesh view, which says rule and graph as well.", "S.json");
        var graph = Options.Graph("ring:64");
        var state = Options.File(
            "--state", "Initial state of the rollout (see the notes). [default: the rule's start]", "S");
        var steps = Options.WholeOrNone(
            "--steps", "N", "Number of steps. [default: the maximum the rule was trained for]");
        var fire = Options.FireRate("Probability that a cell updates at a step; 1 for all. [default: the rule's]");
        var timeStep = Options.PositiveOrNone(
            "--time-step", "DT", "Factor on the rule's change: the speed. [default: the rule's]");
        var spacing = Options.PositiveOrNone(
            "--spacing",
            "DX",
            "Distance between neighbouring cells, 1 where the rule was trained: the density. [default: the rule's]");
        var seed = Options.Seed();
        var threads = Options.Threads();
        var file = Options.File(
            "--out", "Write the last state: an .npz with the array 'state' [cells x channels].", "FILE.npz");
        var picture = Options.File("--png", "Draw the trajectory.", "FILE.png");
        var mesh = Options.File(
            "--ply", "Write the graph's mesh in the colours of the last state, a torus as a doughnut.", "FILE.ply");
        var states = Options.File(
            "--trajectory",
            "Write the states on the way: an .npy, or an .npz with the array 'trajectory', [frames x cells x channels].",
            "FILE");
        var every = Options.Whole("--every", "N", "Steps between two states of the picture and the trajectory.", 1);
        var channel = Options.Whole("--channel", "C", "Channel that picture and mesh show.", 0, 0);
        var colour = new Option<bool>("--colour", "--color")
        {
            Description = "Show the channels 0 to 2 as red, green and blue instead, and 3 as opacity in a grid's picture.",
        };
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command(
            "run", "Run a rule on a graph: one rollout, its last state as a file, its trajectory as a picture.")
        {
            rule, session, graph, state, steps, fire, timeStep, spacing, seed, threads, file, picture, mesh, states, every, channel, colour,
            json, quiet,
        };
        command.Validators.Add(parsed =>
        {
            if (parsed.GetResult(session) is null && parsed.GetResult(rule) is null)
                parsed.AddError("Option '--rule' is required.");

            Option[] others = [state, steps, fire, timeStep, spacing, seed, picture, mesh, states, every, channel, colour];

            if (parsed.GetResult(session) is not null && others.FirstOrDefault(other => parsed.GetResult(other) is { Implicit: false }) is { } given)
                parsed.AddError($"{given.Name} does not go with --session, which says all of the run but --rule, --graph and --out.");
        });
        command.SetAction(parsed => parsed.GetValue(session) is { } played ? Replay.Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            played,
            parsed.GetValue(rule),
            parsed.GetResult(graph) is { Implicit: false } ? parsed.GetValue(graph) : null,
            parsed.GetValue(file),
            parsed.GetValue(threads),
            stop) : Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            new Settings(
                parsed.GetValue(rule)!,
                parsed.GetValue(graph)!,
                parsed.GetValue(state),
                parsed.GetValue(steps),
                parsed.GetValue(fire),
                parsed.GetValue(timeStep),
                parsed.GetValue(spacing),
                parsed.GetValue(seed),
                parsed.GetValue(threads),
                parsed.GetValue(file),
                parsed.GetValue(picture),
                parsed.GetValue(mesh),
                parsed.GetValue(states),
                parsed.GetValue(every),
                parsed.GetValue(channel),
                parsed.GetValue(colour)),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh run --rule demo/rule.npz --graph ring:256 --steps 48 --out state.npz
            gary-mesh run --rule demo/rule.npz --steps 200 --every 2 --png trajectory.png
            gary-mesh run --rule texture.npz --graph bunny.obj --state noise:1 --fire-rate 1 --steps 100 --out bunny.npz --json
            gary-mesh run --rule texture.npz --graph bunny.obj --state noise:1 --colour --ply coloured.ply
            gary-mesh run --rule texture.npz --graph bunny.obj --state noise:1 --spacing 0.5 --time-step 0.5 --out slow.npz
            gary-mesh run --session session.json --out state.npz
            gary-mesh run --rule lizard --graph grid:72x72 --state seed --steps 96 --every 12 --colour --png lizard.png
            """,
            $"""
            {GraphWord.Note}

            {GraphWord.StateNote}

            {RuleWord.Note}

            The picture of a grid or torus shows its states side by side; that of any other graph has cells from left to right
            and steps downwards. The same seed gives the same bits, whatever the number of threads.
            """);
        return command;
    }

    private sealed record Settings(
        string Rule,
        string Graph,
        string? State,
        int? Steps,
        double? Fire,
        double? TimeStep,
        double? Spacing,
        ulong Seed,
        int Threads,
        string? Out,
        string? Picture,
        string? Mesh,
        string? Trajectory,
        int Every,
        int Channel,
        bool Colour);

    private static int Run(Terminal terminal, Settings settings, CancellationToken stop)
    {
        OutputFile.Check(
            [settings.Rule, settings.Graph, settings.State],
            ("--out", ".npz", settings.Out),
            ("--png", ".png", settings.Picture),
            ("--ply", ".ply", settings.Mesh),
            ("--trajectory", "", settings.Trajectory));
        var automaton = RuleWord.Read(settings.Rule, settings.Seed);
        var graph = ViewedWorld.GraphOf(settings.Graph, "y", automaton, terminal);
        var channels = automaton.Rule.Shape.Channels;
        var start = StateWord.Read(settings.State ?? automaton.Start.Text, graph, channels, settings.Seed);
        var steps = settings.Steps ?? automaton.MaxSteps;

        if (settings.Fire is { } rate)
            automaton = automaton.WithFireRate(rate);

        automaton = automaton.WithTimeStep(settings.TimeStep ?? automaton.TimeStep)
            .WithSpacing(settings.Spacing ?? automaton.Spacing);

        if (settings.Channel >= channels)
        {
            throw new UserErrorException(
                $"--channel names channel {settings.Channel}, but the rule has the channels 0 to {channels - 1}.");
        }

        if (settings.Colour && (settings.Mesh is null || settings.Picture is not null)
            && (channels < 4 || GraphWord.Sides(graph) is null))
        {
            throw new UserErrorException(
                "--colour needs a grid or torus and at least 4 channels, but "
                + (channels < 4 ? $"the rule has {channels}." : $"{graph.Name} is neither grid nor torus."));
        }

        if (settings.Colour && channels < 3)
            throw new UserErrorException($"--colour needs at least 3 channels for a mesh, but the rule has {channels}.");

        if (settings.Trajectory is not null)
            Trajectory.Check(settings.Trajectory);

        var mesh = settings.Mesh is null ? null : Mesh(settings, graph);

        using var prepared = new Prepared(automaton, graph, new EngineOptions { Threads = settings.Threads });
        var rollout = Rollout.Of(start, steps, Firing.Of(settings.Seed, 0));
        var recording = settings.Picture is null ? null : new Recording(settings, graph);
        var trajectory = settings.Trajectory is null ? null : new Trajectory(steps, settings.Every, graph.Cells, channels);
        var clock = Stopwatch.StartNew();
        var final = terminal.WithProgress("Running", progress => prepared.Run(
            rollout,
            recording is null && trajectory is null ? Math.Max(1, steps / 100) : settings.Every,
            (step, state) =>
            {
                recording?.Add(step, state);
                trajectory?.Add(step, state);
                progress.Report((double)step / steps);
            },
            stop));
        var seconds = clock.Elapsed.TotalSeconds;

        if (!final.IsFinite)
        {
            throw new UserErrorException(
                $"The state overflowed (NaN or infinity): this rule is not stable for {Counted.Of(steps, "step")} on "
                + $"{graph.Name}.");
        }

        if (settings.Out is not null)
            StateFile.Write(settings.Out, final);

        trajectory?.Write(settings.Trajectory!);

        if (recording is not null)
            PngCanvas.Write(settings.Picture!, recording.Draw());

        if (mesh is not null)
        {
            var colours = settings.Colour ? Colours.OfThree(final) : Colours.OfChannel(final, settings.Channel);
            MeshFile.Write(settings.Mesh!, mesh, colours, ColouredMesh.NormalsOf(mesh));
        }

        Report(terminal, settings, automaton, graph, final, steps, seconds);

        if (!RuleWord.IsTrained(settings.Rule))
            terminal.Warn($"{settings.Rule} is a new rule, which has learnt nothing yet: its parameters are random or zero.");

        return ExitCode.Done;
    }

    /// <summary>The mesh that is to be coloured.</summary>
    private static TriangleMesh Mesh(Settings settings, Graph graph)
    {
        if (!settings.Mesh!.EndsWith(".ply", StringComparison.OrdinalIgnoreCase))
            throw new UserErrorException($"--ply takes a file ending in .ply, not '{settings.Mesh}'.");

        return MeshWord.Read(settings.Graph, graph)
            ?? throw new UserErrorException(
                $"--ply colours a mesh, but --graph {settings.Graph} is neither one (.obj, .ply, .off, .stl) nor a sphere, torus "
                + "or grid.");
    }

    private static void Report(
        Terminal terminal, Settings settings, Automaton automaton, Graph graph, State final, int steps, double seconds)
    {
        var shape = automaton.Rule.Shape;
        terminal.WriteJson(new JsonObject
        {
            ["graph"] = graph.Name,
            ["cells"] = graph.Cells,
            ["edges"] = graph.Edges,
            ["channels"] = shape.Channels,
            ["parameters"] = automaton.Rule.ParameterCount,
            ["state"] = settings.State ?? automaton.Start.Text,
            ["steps"] = steps,
            ["fire_rate"] = automaton.FireRate,
            ["time_step"] = automaton.TimeStep,
            ["spacing"] = automaton.Spacing,
            ["seed"] = settings.Seed,
            ["seconds"] = seconds,
            ["ns_per_cell_step"] = 1e9 * seconds / ((double)graph.Cells * steps),
            ["out"] = settings.Out,
            ["png"] = settings.Picture,
            ["ply"] = settings.Mesh,
            ["trajectory"] = settings.Trajectory,
        });
        terminal.Write(
            $"{graph.Name}: {Counted.Of(graph.Cells, "cell")}, {Counted.Of(graph.Edges, "directed edge")}; rule {shape.Text}; "
            + $"{Counted.Of(steps, "step")} at fire rate {automaton.FireRate} in {seconds:F3} s");

        var table = new Table().Border(TableBorder.Rounded);

        foreach (var name in (string[])["channel", "min", "mean", "max"])
            table.AddColumn(new TableColumn(name).RightAligned());

        for (var channel = 0; channel < shape.Channels; channel++)
        {
            var values = final.Channel(channel);
            table.AddRow(
                $"{channel}",
                $"{values.Min():G6}", $"{values.Average(value => (double)value):G6}", $"{values.Max():G6}");
        }

        terminal.Write(table);

        foreach (var path in new[] { settings.Out, settings.Mesh, settings.Trajectory }.OfType<string>())
            terminal.Write($"Written to {path}");

        if (settings.Picture is not null)
            terminal.Write($"Drawn in {settings.Picture}");
    }

    /// <summary>The states that the picture shows.</summary>
    private sealed class Recording(Settings settings, Graph graph)
    {
        private readonly List<int> _steps = [];
        private readonly List<float[]> _rows = [];
        private readonly List<byte[]> _rgb = [];

        public void Add(int step, State state)
        {
            _steps.Add(step);

            if (settings.Colour)
                _rgb.Add(Colours.OverWhite(state));
            else if (GraphWord.Sides(graph) is null)
                _rows.Add(SpaceTime.Narrow(state.Channel(settings.Channel)));
            else
                _rows.Add(state.Channel(settings.Channel));
        }

        public Pixels Draw()
        {
            if (GraphWord.Sides(graph) is { } sides)
            {
                var max = settings.Colour ? default(double?) : Heat.Max(_rows);
                var frames = max is { } scale
                    ? _rows.Select(row => Heat.Image([.. row.Chunk(sides.Width)], scale))
                    : _rgb.Select(rgb => new Pixels(sides.Width, sides.Height, rgb));
                return Pictures.Frames.Draw(
                    $"{graph.Name}, " + (settings.Colour ? "channels 0 to 3 as colour" : $"channel {settings.Channel}"),
                    [.. frames],
                    _steps,
                    max);
            }

            var canvas = new PngCanvas(760, 520);
            new SpaceTime($"{graph.Name}, channel {settings.Channel}", graph.Cells, [.. _rows], [.. _steps], null)
                .Draw(canvas, 0, 0, 760, 520);
            return canvas.Pixels;
        }
    }
}
