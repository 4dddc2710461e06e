using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.Studio.Descriptions;
using GaryMesh.Studio.Exports.Onnx;

namespace GaryMesh.Studio.Exports;

/// <summary>ONNX, operator set 17: a model of one step, and one of a rollout beside it. Neighbours are gathered and summed, nothing is scattered or
/// drawn, and cells and neighbours may be any number.</summary>
internal sealed class OnnxExport : Export
{
    private const long OperatorSet = 17;

    /// <summary>The version of the file format that came with the operator set.</summary>
    private const long Format = 8;

    public override string Name => "onnx";

    public override string Ending => ".onnx";

    public override string About => "An ONNX model (operator set 17) of one step, and beside it, as NAME-rollout.onnx, one of any number of steps.";

    public override IReadOnlyList<string> Files(string path) =>
        [path, Path.Combine(Path.GetDirectoryName(path) ?? "", $"{Path.GetFileNameWithoutExtension(path)}-rollout.onnx")];

    internal override IReadOnlyList<byte[]> Texts(RuleDescription rule, string name) => [Step(rule, name), Rollout(rule, name)];

    internal override IWritten Open(RuleDescription rule, string path) => OnnxWritten.Open(rule, Files(path)[0], Files(path)[1]);

    private static byte[] Step(RuleDescription rule, string name)
    {
        var graph = new OnnxGraph();
        var writer = new OnnxStep(rule, graph);
        var (after, reports) = writer.Write(graph, "state", "fires");
        graph.Named("after", "Identity", after);

        if (rule.Reports > 0)
            graph.Named("auxiliary", "Identity", reports);

        return Model(rule, graph.Write(name, Inputs(rule, "cells"), Outputs(rule, "after", "auxiliary")), name, 1);
    }

    private static byte[] Rollout(RuleDescription rule, string name)
    {
        var graph = new OnnxGraph();
        var writer = new OnnxStep(rule, graph);
        var body = graph.Body();
        var fires = body.Node("Gather", "fires", "step");
        var (after, reports) = writer.Write(body, "before", fires);
        body.Named("goes_on_after", "Identity", "goes_on");
        body.Named("next", "Identity", after);
        string[] carried = ["state"];
        Slot[] slots = [new("before", Element.Single, "cells", Text(rule.Channels))];

        if (rule.Reports > 0)
        {
            body.Named("next_auxiliary", "Identity", reports);
            var cells = graph.Node("Gather", graph.Node("Shape", "state"), graph.Wholes(0));
            carried = [.. carried, graph.Node("ConstantOfShape", graph.Node("Concat", [cells, graph.Wholes(rule.Reports)], ("axis", 0L)))];
            slots = [.. slots, new("before_auxiliary", Element.Single, "cells", Text(rule.Reports))];
        }

        var inner = body.Write(
            "step",
            [new("step", Element.Whole), new("goes_on", Element.Truth), .. slots],
            [new("goes_on_after", Element.Truth), .. Outputs(rule, "next", "next_auxiliary")]);
        var steps = graph.Node("Gather", graph.Node("Shape", "fires"), graph.Whole(0));
        // No condition ends the loop: its input is left out.
        var ends = graph.Nodes("Loop", carried.Length, [steps, "", .. carried], ("body", inner));

        foreach (var (end, output) in ends.Zip(["after", "auxiliary"]))
            graph.Named(output, "Identity", end);

        return Model(rule, graph.Write(name, Inputs(rule, "steps", "cells"), Outputs(rule, "after", "auxiliary")), name, 4);
    }

    private static IEnumerable<Slot> Inputs(RuleDescription rule, params string[] fires)
    {
        yield return new("state", Element.Single, "cells", Text(rule.Channels));

        if (rule.Sees)
            yield return new("neighbours", Element.Whole, "cells", "neighbours");

        if (rule.Edged.Length > 0)
            yield return new("weights", Element.Single, "cells", Text(rule.Edged.Length), "neighbours");

        yield return new("fires", Element.Truth, fires);

        if (rule.Inputs > 0)
            yield return new("inputs", Element.Single, "cells", Text(rule.Inputs));
    }

    private static IEnumerable<Slot> Outputs(RuleDescription rule, string state, string reports)
    {
        yield return new(state, Element.Single, "cells", Text(rule.Channels));

        if (rule.Reports > 0)
            yield return new(reports, Element.Single, "cells", Text(rule.Reports));
    }

    private static byte[] Model(RuleDescription rule, Message graph, string name, int steps)
    {
        var model = new Message()
            .Add(1, Format)
            .Add(2, "GaryMesh")
            .Add(6, "A neural cellular automaton. state: of all cells. neighbours: of each cell the cells that it sees, -1 for none. weights: of each "
                + "operator what these weigh, 0 for none. fires: which cells update.")
            .Add(7, graph)
            .Add(8, new Message().Add(1, "").Add(2, OperatorSet));

        foreach (var (key, value) in Facts(rule, name).Append(("test_vector", TestVector.Write(rule, steps).ToJsonString())))
            model.Add(14, new Message().Add(1, key).Add(2, value));

        return model.ToArray();
    }

    private static IEnumerable<(string Key, string Value)> Facts(RuleDescription rule, string name)
    {
        var automaton = rule.Automaton;
        yield return ("name", name);
        yield return ("rule", automaton.Rule.Shape.Text);
        yield return ("perception", automaton.Perception.Text);
        yield return ("channels", Text(rule.Channels));
        yield return ("operators", Text(rule.Edged.Length));
        yield return ("inputs", Text(rule.Inputs));
        yield return ("auxiliary", Text(rule.Reports));
        yield return ("fire_rate", Text(automaton.FireRate));
        yield return ("time_step", Text(automaton.TimeStep));
        yield return ("keep", Text(automaton.Keep));
        yield return ("bound", Text(automaton.Bound));
        yield return ("spacing", Text(automaton.Spacing));
        yield return ("gate", rule.HasGate ? $"{(rule.DeadFire ? "alive-published" : "alive")}:{Text(rule.GateChannel)}:{Text(rule.GateThreshold)}" : "open");
        yield return ("start", automaton.Start.Text);
        yield return ("steps", $"{Text(automaton.MinSteps)}-{Text(automaton.MaxSteps)}");

        if (automaton.Palette is { } palette)
        {
            yield return ("palette", new JsonObject
            {
                ["mean"] = Numbers(palette.Mean.ToArray()),
                ["basis"] = Numbers(palette.Basis.ToArray()),
            }.ToJsonString());
        }

        static JsonArray Numbers(double[] values) => [.. values.Select(value => (JsonNode)value)];
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
