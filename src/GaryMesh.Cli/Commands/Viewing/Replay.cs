using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.Cli.Measuring;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;
using GaryMesh.Studio.Viewer;

namespace GaryMesh.Cli.Commands.Viewing;

/// <summary>What `gary-mesh run --session` does: a page's session once more, in the engine.</summary>
internal static class Replay
{
    /// <summary>Replays a session on the world that its words name, or that is named instead, and writes the state.</summary>
    public static int Run(Terminal terminal, string path, string? rule, string? graph, string? output, int threads, CancellationToken stop)
    {
        OutputFile.Check([path, rule, graph], ("--out", ".npz", output));
        var session = Session.Read(path);
        var automaton = RuleWord.Read(rule ?? Word("rule"), session.Seed);
        var graft = session.Words.TryGetValue("graft", out var second) ? RuleWord.Read(second, session.Seed) : null;
        var on = ViewedWorld.GraphOf(graph ?? Word("graph"), session.Words.GetValueOrDefault("up", "y"), automaton, terminal);
        var clock = Stopwatch.StartNew();
        var state = session.Replay(automaton, graft, on, new EngineOptions { Threads = threads }, stop);

        if (!state.IsFinite)
            throw new UserErrorException($"The state overflowed (NaN or infinity) in the {Counted.Of(session.Steps, "step")} of {path}.");

        if (output is not null)
            StateFile.Write(output, state);

        terminal.WriteJson(new JsonObject
        {
            ["graph"] = on.Name,
            ["cells"] = on.Cells,
            ["steps"] = session.Steps,
            ["events"] = session.Events,
            ["seed"] = session.Seed,
            ["largest"] = Measurement.Largest(state),
            ["seconds"] = clock.Elapsed.TotalSeconds,
            ["out"] = output,
        });
        terminal.Write(string.Create(CultureInfo.InvariantCulture,
            $"{on.Name}: {Counted.Of(session.Steps, "step")} and {Counted.Of(session.Events, "event")} replayed; largest value {Measurement.Largest(state):F2}"));

        if (output is not null)
            terminal.Write($"Written to {output}");

        return ExitCode.Done;

        string Word(string name) => session.Words.TryGetValue(name, out var word)
            ? word
            : throw new UserErrorException($"{path} does not name its {name}: give --{name}.");
    }
}
