using System.Text.Json.Nodes;
using GaryMesh.Studio.Descriptions;

namespace GaryMesh.Studio.Exports;

/// <summary>A small case that travels with an export: what a model is given, by its names, and what the engine makes of it.</summary>
internal static class TestVector
{
    public static JsonObject Write(RuleDescription rule, int steps)
    {
        var automaton = rule.Automaton;
        var trial = Trial.Small(automaton);
        var tables = GraphTables.Of(automaton, trial.Graph);
        var firing = Firing.Of(1, 0);
        using var simulation = new Simulation(automaton, trial.Graph, trial.Start, firing, trial.Inputs, new EngineOptions());
        simulation.Step(steps);
        var vector = new JsonObject
        {
            ["cells"] = trial.Graph.Cells,
            ["neighbours_a_cell"] = tables.Width,
            ["steps"] = steps,
            ["state"] = Numbers(trial.Start.Values),
            ["neighbours"] = new JsonArray([.. tables.Neighbours.Select(neighbour => (JsonNode)neighbour)]),
            ["weights"] = Numbers(tables.Weights),
            ["fires"] = new JsonArray([.. Masks.Of(firing, automaton.FireRate, 0, steps, trial.Graph.Cells).Select(fires => (JsonNode)fires)]),
            ["after"] = Numbers(simulation.State.Values),
        };

        if (trial.Inputs is { } inputs)
            vector["inputs"] = Numbers(inputs.Values);

        if (rule.Reports > 0)
            vector["auxiliary"] = Numbers(simulation.Auxiliary.Values);

        return vector;
    }

    private static JsonArray Numbers(ReadOnlySpan<float> values) => [.. values.ToArray().Select(value => (JsonNode)value)];
}
