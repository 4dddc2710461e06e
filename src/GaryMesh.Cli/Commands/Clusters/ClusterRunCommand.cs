using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cluster;
using Microsoft.Extensions.DependencyInjection;

namespace GaryMesh.Cli.Commands.Clusters;

/// <summary>`gary-mesh cluster run`: one rollout over several parts.</summary>
internal static class ClusterRunCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var rule = Options.File("--rule", "The rule: a file, a preset or CxHxK (see the notes).", "R");
        var graph = Options.Graph("ring:64");
        var state = Options.File("--state", "Initial state of the rollout (see the notes). [default: the rule's start]", "S");
        var steps = Options.WholeOrNone("--steps", "N", "Number of steps. [default: the maximum the rule was trained for]");
        var fire = Options.FireRate("Probability that a cell updates at a step; 1 for all. [default: the rule's]");
        var seed = Options.Seed();
        var parts = Options.Whole("--parts", "P", "Parts that the graph is cut into, each of which works by itself.", 2);
        var halo = Options.WholeOrNone("--halo", "H", "Hops that a part's ghosts lie wide; wider ones are exchanged more rarely and stepped more often. [default: as many as four steps read]");
        var redis = Options.File("--redis", "The Redis that knows the silos. [default: none; a silo in this process does the work]", "HOST:PORT");
        var name = Options.File("--name", "The run's name, by which it can be gone on with. [default: a new one]", "RUN");
        var resume = Options.File("--resume", "Go on with a run whose client or silos were stopped, from its last checkpoint.", "RUN");
        var every = Options.WholeOrNone("--checkpoint-every", "E", "Exchanges of ghosts from one checkpoint to the next; 0 for none. [default: every 50th, fewer where they would cost a twentieth of the time; none without --redis]", 0);
        var file = Options.File("--out", "Write the last state: an .npz with the array 'state' [cells x channels].", "STATE.npz");
        var (json, quiet) = (Options.Json(), Options.Quiet());

        var command = new Command("run", "Run a rule on a graph that is cut into parts: the same bits as gary-mesh run.")
        {
            rule, graph, state, steps, fire, seed, parts, halo, redis, name, resume, every, file, json, quiet,
        };
        command.SetAction(parsed => Run(
            new Terminal(output, error, parsed.GetValue(json), parsed.GetValue(quiet)),
            new Settings(
                parsed.GetValue(rule),
                parsed.GetValue(graph)!,
                parsed.GetValue(state),
                parsed.GetValue(steps),
                parsed.GetValue(fire),
                parsed.GetValue(seed),
                parsed.GetValue(parts),
                parsed.GetValue(halo),
                parsed.GetValue(redis),
                parsed.GetValue(name),
                parsed.GetValue(resume),
                parsed.GetValue(every),
                parsed.GetValue(file)),
            stop));
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh cluster run --rule bumps.npz --graph ring:1000000 --steps 200 --parts 4 --out state.npz
            gary-mesh cluster run --redis localhost:6379 --rule lizard --graph torus:2048x2048 --steps 500 --parts 4 --halo 8 --name lizard --out lizard-state.npz
            gary-mesh cluster run --redis localhost:6379 --resume lizard --out lizard-state.npz
            """,
            $"""
            Each part holds its own cells and ghosts of those around them. A step reads one hop, two under an alive mask; with ghosts so many hops
            wide, parts step several times between two exchanges. Which cells fire follows from the seed, the step and the cell's number in the
            whole graph, so that parts, silos and what happens to them change no bit.

            {GraphWord.Note}

            {GraphWord.StateNote}

            {RuleWord.Note}
            """);
        return command;
    }

    private sealed record Settings(
        string? Rule,
        string Graph,
        string? State,
        int? Steps,
        double? Fire,
        ulong Seed,
        int Parts,
        int? Halo,
        string? Redis,
        string? Name,
        string? Resume,
        int? Every,
        string? Out);

    private static int Run(Terminal terminal, Settings settings, CancellationToken stop)
    {
        OutputFile.Check([settings.Rule, settings.Graph, settings.State], ("--out", ".npz", settings.Out));

        if (settings is { Resume: not null, Redis: null })
            throw new UserErrorException($"--resume {settings.Resume} needs the --redis that knows the run: without one nothing is kept.");

        if (settings is { Resume: not null, Rule: not null } or { Resume: not null, Name: not null })
            throw new UserErrorException($"--resume {settings.Resume} goes on with what the run was begun with: leave out --rule and --name.");

        var spec = settings.Resume is null ? Describe(terminal, settings) : null;
        using var host = ClusterConnection.Start(
            () => settings.Redis is null ? ClusterHost.Embedded(0) : ClusterHost.Client(settings.Redis), settings.Redis, stop);
        var name = settings.Resume ?? settings.Name ?? Guid.NewGuid().ToString("N")[..8];
        var run = new ClusterRun(host.Services.GetRequiredService<IGrainFactory>(), name);

        try
        {
            spec ??= run.Spec(stop).GetAwaiter().GetResult() ?? throw new UserErrorException($"There is no run '{name}' at {settings.Redis}.");
            var last = terminal.WithProgress("Running", progress => run.Complete(
                spec,
                (cells, channels, pieces) => Take(settings.Out, spec, cells, channels, pieces),
                new Told(now =>
                {
                    progress.What = string.Create(CultureInfo.InvariantCulture, $"{now.Steps * now.Cells / Math.Max(0.1, now.Seconds) / 1e6:F1} million cell-steps/s");
                    progress.Report((double)now.Steps / Math.Max(1, now.AllSteps));
                }),
                keep: false,
                stop).GetAwaiter().GetResult());
            return Report(terminal, settings, name, spec, last);
        }
        catch (OperationCanceledException) when (settings.Redis is not null)
        {
            terminal.Failure($"The run goes on from its last checkpoint by gary-mesh cluster run --redis {settings.Redis} --resume {name}.");
            throw;
        }
        finally
        {
            host.StopAsync(CancellationToken.None).GetAwaiter().GetResult();
        }
    }

    /// <summary>The run that the options ask for; what cannot be is refused before any silo is asked.</summary>
    private static RunSpec Describe(Terminal terminal, Settings settings)
    {
        if (settings.Rule is null)
            throw new UserErrorException("--rule names the rule to run, or --resume the run to go on with: give one of them.");

        var automaton = RuleWord.Read(settings.Rule, settings.Seed);
        var hops = automaton.HopsPerStep;
        CheckGraph(terminal, settings, automaton);

        if (settings.Halo < hops)
            throw new UserErrorException($"A step of {settings.Rule} reads {Counted.Of(hops, "hop")}, but --halo is {settings.Halo}.");

        using var rule = new MemoryStream();
        RuleFile.Write(rule, automaton);
        var stateFile = settings.State is { } state && state.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) ? state : null;
        var spec = new RunSpec
        {
            Rule = rule.ToArray(),
            Graph = settings.Graph,
            GraphFile = GraphWord.PathOf(settings.Graph) is { } path ? File.ReadAllBytes(path) : null,
            Start = stateFile is null ? settings.State : null,
            StartFile = stateFile is null ? null : File.ReadAllBytes(stateFile),
            Steps = settings.Steps ?? automaton.MaxSteps,
            Seed = settings.Seed,
            Parts = settings.Parts,
            Halo = settings.Halo ?? (4 * hops),
            CheckpointEvery = settings.Every ?? (settings.Redis is null ? 0 : 50),
            Spaced = settings.Every is null,
            FireRate = settings.Fire,
        };

        if (settings.Redis is not null && (long)(spec.GraphFile?.Length ?? 0) + (spec.StartFile?.Length ?? 0) is var sent && sent > ClusterHost.MostSent)
            throw new UserErrorException(string.Create(CultureInfo.InvariantCulture, $"The files of graph and state have {sent / 1e6:N0} MB, but a cluster hands on {ClusterHost.MostSent / 1e6:N0} MB at most: words of lattices and starts need none."));

        // Refuses a rule that a cluster cannot run.
        _ = spec.Automaton();
        return spec;
    }

    /// <summary>Refuses a start or a number of parts that does not fit the graph, of which a lattice needs not be made for it.</summary>
    private static void CheckGraph(Terminal terminal, Settings settings, Automaton automaton)
    {
        var (word, channels) = (settings.State ?? automaton.Start.Text, automaton.Rule.Shape.Channels);

        if (GraphWord.PathOf(settings.Graph) is null && GraphFile.Lattice(settings.Graph) is { } lattice && !StateWord.IsFile(word))
        {
            _ = StateWord.Parse(word, StateWord.Choice);
            Check(lattice.Name, lattice.Cells);
        }
        else
        {
            var graph = GraphWord.Read(settings.Graph, terminal);
            _ = StateWord.Read(word, graph, channels, settings.Seed);
            Check(graph.Name, graph.Cells);
        }

        void Check(string name, int cells)
        {
            if (settings.Parts > cells)
                throw new UserErrorException($"--parts asks for {settings.Parts} parts, but {name} has {Counted.Of(cells, "cell")}.");
        }
    }

    /// <summary>Writes the last state as it comes; one with numbers that are none leaves no file.</summary>
    private static void Take(string? path, RunSpec spec, int cells, int channels, IEnumerable<float[]> pieces)
    {
        var finite = pieces.Select(piece => Array.TrueForAll(piece, float.IsFinite)
            ? piece
            : throw new UserErrorException($"The state overflowed (NaN or infinity): this rule is not stable for {Counted.Of(spec.Steps, "step")} on {spec.Graph}."));

        if (path is not null)
        {
            StateFile.Write(path, cells, channels, finite);
            return;
        }

        foreach (var piece in finite)
            _ = piece;
    }

    private static int Report(Terminal terminal, Settings settings, string name, RunSpec spec, ClusterProgress last)
    {
        string[] silos = [.. last.Parts.Select(part => part!.Silo).Distinct().Order()];
        PartFigures[] figures = [.. last.Parts.Select(part => part!.Figures)];
        var (stepping, waiting) = (figures.Sum(part => part.StepSeconds), figures.Sum(part => part.WaitSeconds));
        var memory = last.Parts.Sum(part => part!.Memory.Own) + last.Parts.GroupBy(part => part!.Silo).Sum(silo => silo.Max(part => part!.Memory.Shared));
        var rate = (double)spec.Steps * last.Cells / last.Seconds;
        terminal.WriteJson(new JsonObject
        {
            ["run"] = name,
            ["graph"] = spec.Graph,
            ["cells"] = last.Cells,
            ["steps"] = spec.Steps,
            ["seed"] = spec.Seed,
            ["parts"] = spec.Parts,
            ["halo"] = spec.Halo,
            ["silos"] = new JsonArray([.. silos.Select(silo => (JsonNode)silo)]),
            ["generations"] = last.Generation,
            ["seconds"] = last.Seconds,
            ["cell_steps_per_second"] = rate,
            ["step_seconds"] = stepping,
            ["wait_seconds"] = waiting,
            ["checkpoint_seconds"] = figures.Sum(part => part.CheckpointSeconds),
            ["checkpoint_share"] = figures.Sum(part => part.CheckpointSeconds) / (spec.Parts * last.Seconds),
            ["losses"] = new JsonArray([.. last.Losses.Select(loss => (JsonNode)new JsonObject { ["at"] = loss.At, ["epochs"] = loss.Epochs, ["seconds"] = loss.Seconds })]),
            ["messages"] = figures.Sum(part => part.Messages),
            ["bytes"] = figures.Sum(part => part.Bytes),
            ["messages_per_cell_step"] = figures.Sum(part => part.Messages) / ((double)spec.Steps * last.Cells),
            ["redundant_work"] = (figures.Sum(part => part.CellSteps) / ((double)spec.Steps * last.Cells)) - 1,
            ["bytes_a_cell"] = (double)memory / last.Cells,
            ["out"] = settings.Out,
        });
        terminal.Write(string.Create(CultureInfo.InvariantCulture,
            $"{spec.Graph}: {Counted.Of(spec.Steps, "step")} in {Counted.Of(spec.Parts, "part")}, {last.Seconds:F2} s: {rate / 1e6:F1} million cell-steps/s; silos step {stepping / (silos.Length * last.Seconds):P0} of the time; {Counted.Of(figures.Sum(part => part.Messages), "message")}"));

        if (settings.Out is not null)
            terminal.Write($"Written to {settings.Out}");

        return ExitCode.Done;
    }

    private sealed class Told(Action<ClusterProgress> tell) : IProgress<ClusterProgress>
    {
        public void Report(ClusterProgress value) => tell(value);
    }
}
