using GaryMesh.Studio.Descriptions;

namespace GaryMesh.Studio.Exports;

/// <summary>How far an export is from the engine on one graph; differences are relative to the largest value. Beside each stands what rounding alone
/// does: how far the engine is from itself where the numbers that it starts from are changed by 2^-23.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Cells">Its cells.</param>
/// <param name="Steps">Steps that were run: fewer than asked for where the rule's values grow beyond all numbers, or where a large rule on 100,000
/// cells would take minutes.</param>
/// <param name="AStep">The largest difference after one step from a state of the engine's.</param>
/// <param name="AStepRounding">What rounding alone does in a step.</param>
/// <param name="AtEnd">The largest difference after all steps.</param>
/// <param name="AtEndRounding">What rounding alone does in all steps.</param>
/// <param name="Jumps">Cells that were left out of `AStep`, because the engine's own answer jumps there under a change of 2^-21: a choice that
/// rounding decides.</param>
/// <param name="Draws">Cells and steps in which the export's own draw of who fires was not the engine's; null where it draws nothing.</param>
public sealed record Difference(
    string Graph, int Cells, int Steps, double AStep, double AStepRounding, double AtEnd, double AtEndRounding, int Jumps, int? Draws)
{
    /// <summary>The largest difference after one step, or ten times what rounding alone does.</summary>
    public const double MostAStep = 1e-6;

    /// <summary>The largest difference after all steps, or ten times what rounding alone does.</summary>
    public const double MostAtEnd = 1e-4;

    /// <summary>Whether the export does what the engine does.</summary>
    public bool Holds => AStep <= Math.Max(MostAStep, 10 * AStepRounding) && AtEnd <= Math.Max(MostAtEnd, 10 * AtEndRounding) && Draws is null or 0;
}

/// <summary>What came of verifying an export.</summary>
/// <param name="Runner">What ran it; null where nothing here can.</param>
/// <param name="Missing">Why nothing here can; null where something did.</param>
/// <param name="Differences">Graph by graph.</param>
public sealed record Verdict(string? Runner, string? Missing, IReadOnlyList<Difference> Differences)
{
    /// <summary>Whether it holds on every graph, as far as it was run.</summary>
    public bool Holds => Differences.All(one => one.Holds);
}

/// <summary>Holds what an exporter wrote against the engine, on graphs that it was not written for.</summary>
public static class Verification
{
    private const ulong Seed = 20;

    /// <summary>The last bit of a number, in parts of it.</summary>
    private const double LastBit = 1.0 / (1 << 23);

    /// <summary>A difference of a cell, under a change of some last bits, that is no slope.</summary>
    private const double Jump = 1e-4;

    /// <summary>Runs an export on graphs of every kind, among them one cell, no edges and 100,000 cells.</summary>
    /// <param name="export">The language.</param>
    /// <param name="automaton">The rule that was written.</param>
    /// <param name="path">The file that was asked for.</param>
    /// <param name="steps">Steps on each graph.</param>
    /// <param name="progress">Told the fraction done.</param>
    /// <param name="stop">Stops it.</param>
    public static Verdict Run(Export export, Automaton automaton, string path, int steps, IProgress<double>? progress = null, CancellationToken stop = default)
    {
        var rule = RuleDescription.Of(automaton);

        try
        {
            using var written = export.Open(rule, path);
            var differences = new List<Difference>();

            foreach (var trial in Trial.All(automaton))
            {
                stop.ThrowIfCancellationRequested();
                differences.Add(On(written, rule, trial, steps, stop));
                progress?.Report(differences.Count / 8.0);
            }

            return new(written.Runner, null, differences);
        }
        catch (NotHereException missing)
        {
            return new(null, missing.Message, []);
        }
    }

    /// <summary>The difference on one graph.</summary>
    internal static Difference On(IWritten written, RuleDescription rule, Trial trial, int steps, CancellationToken stop = default)
    {
        var (automaton, graph) = (rule.Automaton, trial.Graph);
        using var run = written.On(GraphTables.Of(automaton, graph), trial.Inputs?.ToArray() ?? []);
        using var engine = Engine(automaton, trial, trial.Start, 0);
        // Every step of a small graph; of a large one some, and no more than take some ten seconds.
        const double Most = 1e11;
        var isLarge = graph.Cells > 10000;
        var every = isLarge ? 12 : 1;
        steps = isLarge ? Math.Min(steps, (int)Math.Max(4, Most / graph.Cells / automaton.Rule.Shape.MultiplyAdds)) : steps;
        var (aStep, rounding, jumps, draws, done) = (0.0, 0.0, 0, (int?)null, 0);
        var before = trial.Start;

        for (; done < steps; done++)
        {
            stop.ThrowIfCancellationRequested();
            engine.Step();
            var after = engine.State;

            if (!after.IsFinite)
                break;

            if (done % every == 0)
            {
                var fires = Masks.Of(engine.Firing, automaton.FireRate, done, 1, graph.Cells);
                var outcome = run.Run(before.ToArray(), Seed, done, fires);
                var (other, reported) = Stepped(automaton, trial, before, 0, LastBit, done);
                rounding = Math.Max(rounding, Math.Max(
                    Where(after, other, (apart, _) => apart <= Jump), Where(engine.Auxiliary, reported, (apart, _) => apart <= Jump)));
                var here = Apart(after.Values, outcome.State);

                if (here > Difference.MostAStep && AtJumps(automaton, trial, before, after, done, outcome.State) is { Count: > 0 } left)
                {
                    jumps += left.Count;
                    here = Where(after, new(after.Cells, after.Channels, outcome.State), (_, cell) => !left.Contains(cell));
                }
                else
                {
                    // What a cell reports jumps where its change does.
                    here = Math.Max(here, Apart(engine.Auxiliary.Values, outcome.Reports));
                }

                aStep = Math.Max(aStep, here);

                if (outcome.Drawn is { } drawn)
                    draws = (draws ?? 0) + fires.Zip(drawn).Count(pair => pair.First != pair.Second);
            }

            before = after;
        }

        if (done == 0)
            return new(graph.Name, graph.Cells, 0, aStep, rounding, 0, 0, jumps, draws);

        var masks = Masks.Of(engine.Firing, automaton.FireRate, 0, done, graph.Cells);
        var end = run.Run(trial.Start.ToArray(), Seed, 0, masks);

        if (end.Drawn is { } all)
            draws = (draws ?? 0) + masks.Zip(all).Count(pair => pair.First != pair.Second);

        // Of a rule that makes differences larger one run alone says little.
        var alone = Enumerable.Range(1, isLarge ? 1 : 4).Max(turn =>
        {
            using var changed = Engine(automaton, trial, Changed(trial.Start, turn, LastBit), 0);
            changed.Step(done);
            return Apart(before.Values, changed.State.Values);
        });
        return new(graph.Name, graph.Cells, done, aStep, rounding, Apart(before.Values, end.State), alone, jumps, draws);
    }

    private static Simulation Engine(Automaton automaton, Trial trial, State start, int step) =>
        new(automaton, trial.Graph, start, Firing.Of(Seed, 0), trial.Inputs, new EngineOptions()) { StepNumber = step };

    /// <summary>The largest difference over the largest value; infinity where one is a number and the other is none.</summary>
    private static double Apart(ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
    {
        var (most, largest) = (0.0, 0.0);

        for (var at = 0; at < expected.Length; at++)
        {
            var apart = Math.Abs((double)expected[at] - found[at]);
            most = Math.Max(most, double.IsNaN(apart) ? double.PositiveInfinity : apart);
            largest = Math.Max(largest, Math.Abs(expected[at]));
        }

        return most == 0 ? 0 : most / largest;
    }

    /// <summary>The cells that differ by more than is allowed where the engine's own answer jumps.</summary>
    private static HashSet<int> AtJumps(Automaton automaton, Trial trial, State before, State after, int step, float[] found)
    {
        const int Tries = 8;
        var theirs = OfCells(after, found);
        var changed = Enumerable.Range(0, Tries).Select(turn => OfCells(after, Stepped(automaton, trial, before, turn, 4 * LastBit, step).State.Values)).ToArray();
        return [.. Enumerable.Range(0, after.Cells).Where(cell => theirs[cell] > Difference.MostAStep && changed.Any(apart => apart[cell] > Jump))];
    }

    /// <summary>The state a step after one whose numbers are a little changed, and what cells report.</summary>
    private static (State State, State Reports) Stepped(Automaton automaton, Trial trial, State before, int turn, double by, int step)
    {
        using var engine = Engine(automaton, trial, Changed(before, turn, by), step);
        engine.Step();
        return (engine.State, engine.Auxiliary);
    }

    /// <summary>The largest difference of some cells.</summary>
    private static double Where(State expected, State found, Func<double, int, bool> counts) =>
        OfCells(expected, found.Values).Where(counts).DefaultIfEmpty().Max();

    /// <summary>The largest difference of each cell, over the largest value of all.</summary>
    private static double[] OfCells(State expected, ReadOnlySpan<float> found)
    {
        var (apart, largest) = (new double[expected.Cells], 0.0);

        for (var at = 0; at < found.Length; at++)
        {
            var difference = Math.Abs((double)expected.Values[at] - found[at]);
            ref var most = ref apart[at / expected.Channels];
            most = Math.Max(most, double.IsNaN(difference) ? double.PositiveInfinity : difference);
            largest = Math.Max(largest, Math.Abs(expected.Values[at]));
        }

        return [.. apart.Select(most => most == 0 ? 0 : most / largest)];
    }

    /// <summary>Each number a little larger or smaller.</summary>
    private static State Changed(State state, int turn, double by) => State.Create(state.Cells, state.Channels, (cell, channel) =>
        (float)(state[cell, channel] * (1 + (by * ((2 * Counter.Below(2, Counter.Key(Seed, turn), ((long)cell * state.Channels) + channel)) - 1)))));
}
