using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GaryMesh.Studio.Viewer;

/// <summary>What a page saved of a run: the words of its world, its seed, and what was done at which step. Replayed, it comes to the page's state.</summary>
public sealed class Session
{
    private const string Format = "gary-mesh session";

    private readonly JsonObject[] _events;

    private Session(JsonObject file)
    {
        if (Text(file, "format") != Format || Whole(file, "version") != 1)
            throw new FormatException($"a session has the format '{Format}' and the version 1");

        Words = (file["words"]?.AsObject() ?? []).ToDictionary(word => word.Key, word => (string)word.Value!);
        Seed = ulong.Parse(Text(file, "seed"), CultureInfo.InvariantCulture);
        Steps = Whole(file, "steps");
        Cells = Whole(file, "cells");
        Channels = Whole(file, "channels");
        _events = [.. file["events"]!.AsArray().Select(one => one!.AsObject())];
        var step = 0;

        foreach (var one in _events)
        {
            if (Whole(one, "step") is var at && (at < step || at > Steps))
                throw new FormatException($"events stand in the order of their steps, at most {Steps}, but one at step {at} follows step {step}");

            step = at;
        }
    }

    /// <summary>The words of the command line that made the page: rule, graft, graph, up.</summary>
    public IReadOnlyDictionary<string, string> Words { get; }

    /// <summary>The seed of the start and of the firing.</summary>
    public ulong Seed { get; }

    /// <summary>The number of steps.</summary>
    public int Steps { get; }

    /// <summary>The number of cells of the page's graph.</summary>
    public int Cells { get; }

    /// <summary>The number of channels of the page's rule.</summary>
    public int Channels { get; }

    /// <summary>The number of things that were done on the way.</summary>
    public int Events => _events.Length;

    /// <summary>Reads a session.</summary>
    /// <param name="path">A file that a page saved.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The file holds no session: one sentence begins with the path.</exception>
    public static Session Read(string path)
    {
        try
        {
            return new(JsonNode.Parse(File.ReadAllText(path))!.AsObject());
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException or OverflowException or NullReferenceException or ArgumentException)
        {
            var why = fault is FormatException ? fault.Message : "its JSON has not the entries of one";
            throw new InvalidDataException($"{path} holds no session of a page: {why}.");
        }
    }

    /// <summary>Runs what was done once more, in the engine.</summary>
    /// <param name="automaton">The rule of the page.</param>
    /// <param name="graft">Its second rule, or null.</param>
    /// <param name="graph">Its graph.</param>
    /// <param name="options">How the engine uses the machine.</param>
    /// <param name="stop">Stops the run.</param>
    /// <exception cref="T:System.ArgumentException">Rule or graph are not those of the page, or a graft has no second rule.</exception>
    public State Replay(Automaton automaton, Automaton? graft, Graph graph, EngineOptions options, CancellationToken stop)
    {
        if (graph.Cells != Cells || automaton.Rule.Shape.Channels != Channels)
            throw new ArgumentException($"The session is of {Cells} cells x {Channels} channels, but {graph.Name} has {graph.Cells} cells and the rule {automaton.Rule.Shape.Channels} channels.");

        using var run = new Replayed(this, automaton, graft, graph, options);

        foreach (var one in _events)
        {
            run.StepTo(Whole(one, "step"), stop);
            run.Do(one);
        }

        run.StepTo(Steps, stop);
        return run.State;
    }

    private static string Text(JsonObject entry, string name) => (string)(entry[name] ?? throw Missing(name))!;

    private static int Whole(JsonObject entry, string name) => (int)(entry[name] ?? throw Missing(name));

    private static double Number(JsonObject entry, string name) => (double)(entry[name] ?? throw Missing(name));

    private static FormatException Missing(string name) => new($"the entry '{name}' is missing");

    /// <summary>A session on its way.</summary>
    private sealed class Replayed : IDisposable
    {
        private readonly Session _session;
        private readonly Graph _graph;
        private readonly EngineOptions _options;
        private readonly float[]? _shares;
        private readonly bool[] _frozen;
        private Automaton _automaton;
        private double _orientation;
        private Simulation _simulation;
        private int[] _still = [];

        public Replayed(Session session, Automaton automaton, Automaton? graft, Graph graph, EngineOptions options)
        {
            (_session, _graph, _options, _frozen) = (session, graph, options, new bool[graph.Cells]);

            if (session._events.Any(one => Text(one, "tool") == "graft"))
            {
                automaton = automaton.WithRule(Rule.Blend(automaton.Rule, (graft ?? throw new ArgumentException("The session grafts a second rule, but none is given.")).Rule));
                _shares = new float[graph.Cells];
            }

            _automaton = automaton;
            _simulation = Begin(automaton.Start.On(graph, session.Channels, session.Seed), 0);
        }

        public State State => _simulation.State;

        public void Dispose() => _simulation.Dispose();

        public void StepTo(int step, CancellationToken stop)
        {
            while (_simulation.StepNumber < step)
            {
                stop.ThrowIfCancellationRequested();

                if (_still.Length == 0)
                {
                    _simulation.Step();
                    continue;
                }

                // Frozen cells take part in the step, and stay as they were.
                var kept = new float[_still.Length * _session.Channels];
                _simulation.ReadCells(_still, kept);
                _simulation.Step();
                _simulation.Write(_still, kept);
            }
        }

        public void Do(JsonObject one)
        {
            switch (Text(one, "tool"))
            {
                case "rule":
                    throw new ArgumentException($"The session took the rule '{Text(one, "name")}' that was dropped on its page at step {Whole(one, "step")}, so the engine cannot replay it.");

                case "set":
                    _automaton = _automaton.WithFireRate((double?)one["fireRate"] ?? _automaton.FireRate)
                        .WithTimeStep((double?)one["timeStep"] ?? _automaton.TimeStep)
                        .WithSpacing((double?)one["spacing"] ?? _automaton.Spacing);
                    _orientation = (double?)one["orientation"] ?? _orientation;
                    Renew();
                    break;

                case "graft":
                    Each(one, (cell, weight) => _shares![cell] = (float)(_shares[cell] + (weight * (Number(one, "value") - _shares[cell]))));
                    _simulation.SetInputs(new State(_graph.Cells, 1, _shares.AsSpan()));
                    break;

                case "freeze":
                    Each(one, (cell, weight) => _frozen[cell] = weight >= 0.5f ? Number(one, "value") > 0.5 : _frozen[cell]);
                    _still = [.. Enumerable.Range(0, _graph.Cells).Where(cell => _frozen[cell])];
                    break;

                case var tool:
                    Brush(tool, one);
                    break;
            }
        }

        private void Brush(string tool, JsonObject one)
        {
            var (channels, values) = (_session.Channels, _simulation.State.ToArray());
            var value = (float)((double?)one["value"] ?? 0);
            var channel = (int?)one["channel"] ?? 0;
            var key = ulong.Parse((string?)one["key"] ?? "0", CultureInfo.InvariantCulture);
            var first = Math.Min(3, channels - 1);

            float After(int cell, int at, float s, float weight) => tool switch
            {
                "erase" => s - (weight * s),
                "seed" => at >= first ? 1 : 0,
                "paint" => at == channel ? s + (weight * (value - s)) : s,
                "noise" => s + (weight * value * ((2 * (float)Counter.Uniform(key, ((long)cell * channels) + at)) - 1)),
                _ => throw new FormatException($"no brush is called '{tool}'"),
            };

            void Paint(int cell, float weight)
            {
                for (var at = 0; at < channels; at++)
                    values[(cell * channels) + at] = After(cell, at, values[(cell * channels) + at], weight);
            }

            if (tool == "seed")
            {
                var distances = Distances(one);
                var nearest = Array.IndexOf(distances, distances.Min());

                if (distances[nearest] < Number(one, "radius"))
                    Paint(nearest, 1);
            }
            else
            {
                Each(one, Paint);
            }

            _simulation.Write(new State(_graph.Cells, channels, values.AsSpan()));
        }

        /// <summary>Does something to each cell of a dab, by how far the dab reaches into it: the page's own formula.</summary>
        private void Each(JsonObject dab, Action<int, float> act)
        {
            var (distances, radius, strength) = (Distances(dab), Number(dab, "radius"), Number(dab, "strength"));

            for (var cell = 0; cell < distances.Length; cell++)
            {
                if (distances[cell] < radius)
                    act(cell, (float)(strength * Math.Min(1, 2 * (1 - (distances[cell] / radius)))));
            }
        }

        private double[] Distances(JsonObject dab)
        {
            double[] at = [.. dab["at"]!.AsArray().Select(number => (double)number!)];
            var scene = Scene.Of(_graph);
            return [.. Enumerable.Range(0, _graph.Cells).Select(cell => scene.Distance(cell, at))];
        }

        private void Renew()
        {
            var (state, step) = (_simulation.State, _simulation.StepNumber);
            _simulation.Dispose();
            _simulation = Begin(state, step);
        }

        private Simulation Begin(State state, int step)
        {
            var inputs = _shares is null ? null : new State(_graph.Cells, 1, _shares.AsSpan());
            return new(_automaton, Turning.Turned(_graph, _orientation), state, Firing.Of(_session.Seed, 0), inputs, _options) { StepNumber = step };
        }
    }
}
