using System.Text.Json.Nodes;

namespace GaryMesh.Studio.Viewer;

/// <summary>What the engine comes to after some steps, for a page to compare itself with: of each step a hash of who fires, of the last state
/// some cells whole and, where those are not all, a signed sum of the channels of every few cells.</summary>
internal static class SelfTest
{
    /// <summary>Numbers of whole cells that a page carries.</summary>
    private const int Budget = 8192;

    /// <summary>Cells whose channels make one sum.</summary>
    private const int Together = 4;

    /// <summary>Adds the numbers to the sections and returns what else is said.</summary>
    public static JsonObject Write(Automaton automaton, Graph graph, ulong seed, int steps, Sections sections)
    {
        var channels = automaton.Rule.Shape.Channels;
        var firing = Firing.Of(seed, 0);
        using var simulation = new Simulation(automaton, graph, automaton.Start.On(graph, channels, seed), firing);
        simulation.Step(steps);
        var final = simulation.State;

        if (!final.IsFinite)
            throw new ArgumentException($"The state overflowed (NaN or infinity) within {steps} steps on {graph.Name}, so a page has nothing to compare itself with.");

        var every = Math.Max(1, (int)Math.Ceiling((double)graph.Cells * channels / Budget));
        var some = Enumerable.Range(0, (graph.Cells + every - 1) / every).SelectMany(at => final.Values.Slice(every * at * channels, channels).ToArray());
        sections.Add("test.cells", [.. some]);

        if (every > 1)
            sections.Add("test.sums", [.. Enumerable.Range(0, (graph.Cells + Together - 1) / Together).Select(at => Sum(final.Values[(at * Together * channels)..Math.Min(final.Values.Length, (at + 1) * Together * channels)]))]);

        sections.Add("test.masks", [.. Enumerable.Range(0, steps).Select(step => MaskHash(firing, automaton.FireRate, step, graph.Cells))]);
        return new JsonObject { ["steps"] = steps, ["every"] = every, ["together"] = Together };
    }

    /// <summary>Numbers of even place less those of odd place.</summary>
    private static float Sum(ReadOnlySpan<float> numbers)
    {
        var sum = 0.0;

        for (var at = 0; at < numbers.Length; at++)
            sum += at % 2 == 0 ? numbers[at] : -numbers[at];

        return (float)sum;
    }

    /// <summary>FNV-1a over the mask, a bit a cell.</summary>
    private static int MaskHash(Firing firing, double fireRate, int step, int cells)
    {
        var hash = 2166136261u;

        for (var first = 0; first < cells; first += 8)
        {
            var bits = 0u;

            for (var cell = first; cell < Math.Min(cells, first + 8); cell++)
            {
                if (firing.Fires(fireRate, step, cell))
                    bits |= 1u << (cell - first);
            }

            hash = (hash ^ bits) * 16777619u;
        }

        return (int)hash;
    }
}
