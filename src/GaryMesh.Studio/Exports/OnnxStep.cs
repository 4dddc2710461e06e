using GaryMesh.Studio.Descriptions;
using GaryMesh.Studio.Exports.Onnx;

namespace GaryMesh.Studio.Exports;

/// <summary>The nodes of a step: what cells perceive, what the rule makes of it, and who lives on. What does not change from step to step stands
/// in the graph that the step lies in.</summary>
internal sealed class OnnxStep
{
    private readonly RuleDescription _rule;
    private readonly ChangeForm _change;
    private readonly OnnxGraph _whole;

    /// <summary>What each operator gives the own state [cells x operators x 1]: the sum of the weights of differences, negative; null where no
    /// messages are differences.</summary>
    private readonly string? _own;

    public OnnxStep(RuleDescription rule, OnnxGraph whole)
    {
        (_rule, _whole, _change) = (rule, whole, rule.Change.Times((float)rule.Automaton.TimeStep));
        var edged = rule.Edged;

        if (edged.Any(one => one.Differences))
        {
            var sums = whole.Node("ReduceSum", ["weights", whole.Wholes(2)], ("keepdims", 1L));
            _own = whole.Node("Mul", sums, whole.Numbers([.. edged.Select(one => one.Differences ? -1f : 0f)], edged.Length, 1));
        }
    }

    /// <summary>Adds a step to a graph: from a state and who fires to the state after it and what cells report, "" for nothing.</summary>
    public (string After, string Reports) Write(OnnxGraph graph, string state, string fires)
    {
        var lived = _rule.HasGate ? Lives(graph, state) : null;

        if (lived is not null && !_rule.DeadFire)
            fires = graph.Node("And", fires, lived);

        var updates = graph.Node("Unsqueeze", fires, _whole.Wholes(1));
        var (change, reports) = Change(graph, _change, Read(graph, Linear(graph, state)), _rule.Inputs > 0 ? "inputs" : "", _rule.Inputs);
        var moved = _rule.Keep switch
        {
            1 => graph.Node("Add", state, change),
            0 => change,
            var keep => graph.Node("Add", graph.Node("Mul", state, Scalar((float)keep)), change),
        };
        var after = Held(graph, graph.Node("Where", updates, moved, state));

        if (lived is not null)
        {
            var lives = graph.Node("And", lived, Lives(graph, after));
            after = graph.Node("Where", graph.Node("Unsqueeze", lives, _whole.Wholes(1)), after, Scalar(0));
        }

        return (after, reports.Length == 0 ? "" : graph.Node("Where", updates, reports, Scalar(0)));
    }

    private string Scalar(float value) => _whole.Numbers([value]);

    /// <summary>Within the bound; what is no number stays.</summary>
    private string Held(OnnxGraph graph, string state)
    {
        if (!float.IsFinite(_rule.Bound))
            return state;

        var (most, least) = (Scalar(_rule.Bound), Scalar(-_rule.Bound));
        var below = graph.Node("Where", graph.Node("Greater", state, most), most, state);
        return graph.Node("Where", graph.Node("Less", below, least), least, below);
    }

    /// <summary>Whether a cell or one that it sees is above the threshold. Neighbour -1 is the last of the rows gathered from: nobody.</summary>
    private string Lives(OnnxGraph graph, string state)
    {
        var above = graph.Node("Greater", graph.Node("Gather", [state, _whole.Whole(_rule.GateChannel)], ("axis", 1L)), Scalar(_rule.GateThreshold));
        var ones = graph.Node("Cast", [above], ("to", (long)Element.Single));
        var near = graph.Node("Gather", graph.Node("Concat", [ones, _whole.Numbers([0], 1)], ("axis", 0L)), "neighbours");
        var count = graph.Node("ReduceSum", [near, _whole.Wholes(1)], ("keepdims", 0L));
        return graph.Node("Or", above, graph.Node("Greater", count, Scalar(0)));
    }

    /// <summary>What the operators give, each [cells x channels].</summary>
    private string[] Linear(OnnxGraph graph, string state)
    {
        var (channels, edged) = (_rule.Channels, _rule.Edged.Length);

        if (edged == 0)
            return [.. _rule.Operators.Select(_ => state)];

        var rows = graph.Node("Concat", [state, _whole.Numbers(new float[channels], 1, channels)], ("axis", 0L));
        var sums = graph.Node("MatMul", "weights", graph.Node("Gather", rows, "neighbours"));

        if (_own is not null)
            sums = graph.Node("Add", sums, graph.Node("Mul", _own, graph.Node("Unsqueeze", state, _whole.Wholes(1))));

        var flat = graph.Node("Reshape", sums, _whole.Wholes(0, (long)edged * channels));
        var parts = edged == 1 ? [flat] : graph.Nodes("Split", edged, [flat], ("axis", 1L));
        var next = 0;
        return [.. _rule.Operators.Select(one => one is null ? state : parts[next++])];
    }

    /// <summary>What the rule reads [cells x perceived].</summary>
    private string Read(OnnxGraph graph, string[] linear)
    {
        switch (_rule.Lift)
        {
            case NormForm(var x, var y):
                var square = graph.Node("Add", graph.Node("Mul", linear[x], linear[x]), graph.Node("Mul", linear[y], linear[y]));
                var norm = graph.Node("Sqrt", graph.Node("Add", square, Scalar(1e-6f)));
                return Joined(graph, [.. linear.Where((_, k) => k != x && k != y), norm]);

            case SteeringForm(var own, var x, var y, var channel):
                var angle = graph.Node("Gather", [linear[own], _whole.Wholes(channel)], ("axis", 1L));
                var (cos, sin) = (graph.Node("Cos", angle), graph.Node("Sin", angle));
                var turnedX = graph.Node("Add", graph.Node("Mul", cos, linear[x]), graph.Node("Mul", sin, linear[y]));
                var turnedY = graph.Node("Sub", graph.Node("Mul", cos, linear[y]), graph.Node("Mul", sin, linear[x]));
                return Joined(graph, [.. linear.Select((block, k) => k == x ? turnedX : k == y ? turnedY : block)]);

            case SpokenForm(var channels):
                return Joined(graph, [.. linear.Select((block, k) => k < channels.Length ? Sign(graph, block, channels[k]) : block)]);

            default:
                return Joined(graph, linear);
        }
    }

    private string Sign(OnnxGraph graph, string block, int channel)
    {
        var said = graph.Node("Gather", [block, _whole.Wholes(channel)], ("axis", 1L));
        string Where(string comparison) => graph.Node("Cast", [graph.Node(comparison, said, Scalar(0))], ("to", (long)Element.Single));
        return graph.Node("Sub", Where("Greater"), Where("Less"));
    }

    private static string Joined(OnnxGraph graph, string[] blocks) => blocks.Length == 1 ? blocks[0] : graph.Node("Concat", blocks, ("axis", 1L));

    /// <summary>The change of a form, and what it reports, "" for nothing.</summary>
    private (string Change, string Reports) Change(OnnxGraph graph, ChangeForm form, string perceived, string inputs, int given)
    {
        switch (form)
        {
            case DenseForm dense:
                var read = given > 0 ? Joined(graph, [perceived, inputs]) : perceived;
                var hidden = graph.Node("Relu", Layer(graph, read, dense.W1, dense.B1, dense.Hidden, dense.Read));
                return (Layer(graph, hidden, dense.W2, dense.B2, dense.Channels, dense.Hidden), "");

            case MixtureForm mixture:
                return Mixture(graph, mixture, given > 0 ? Joined(graph, [perceived, inputs]) : perceived);

            case BlendForm blend:
                var weight = graph.Node("Gather", [inputs, _whole.Wholes(given - 1)], ("axis", 1L));
                var rest = given == 1 ? "" : graph.Node("Slice", inputs, _whole.Wholes(0), _whole.Wholes(given - 1), _whole.Wholes(1));
                var (a, ofA) = Change(graph, blend.A, perceived, rest, given - 1);
                var (b, ofB) = Change(graph, blend.B, perceived, rest, given - 1);
                var mixed = graph.Node("Add", graph.Node("Mul", graph.Node("Sub", Scalar(1), weight), a), graph.Node("Mul", weight, b));
                return (mixed, ofA.Length == 0 ? "" : Joined(graph, [ofA, ofB]));

            case EmbeddedForm embedded:
                return Embedded(graph, embedded, perceived, inputs);

            default:
                throw new ArgumentException($"ONNX has no words for {form.GetType().Name}.");
        }
    }

    /// <summary>W x + b, a row a cell.</summary>
    private string Layer(OnnxGraph graph, string rows, float[] weights, float[] bias, long outputs, long inputs) =>
        graph.Node("Gemm", [rows, _whole.Numbers(weights, outputs, inputs), _whole.Numbers(bias, outputs)], ("transB", 1L));

    private (string Change, string Reports) Mixture(OnnxGraph graph, MixtureForm form, string read)
    {
        var (experts, hidden) = (form.Experts, form.Hidden);
        var logits = Layer(graph, read, form.Router, form.RouterBias, experts, form.Read);
        var greatest = graph.Nodes("TopK", 2, [logits, _whole.Wholes(form.Top)], ("axis", 1L));
        // Of each place among the greatest, a one for its expert: [cells x top x experts].
        var ones = graph.Node("OneHot", [greatest[1], _whole.Wholes(experts), _whole.Numbers([0, 1], 2)], ("axis", -1L));
        var chosen = graph.Node("Greater", graph.Node("ReduceSum", [ones, _whole.Wholes(1)], ("keepdims", 0L)), Scalar(0));
        var gates = graph.Node("Softmax", [graph.Node("Where", chosen, logits, Scalar(float.NegativeInfinity))], ("axis", 1L));
        var units = graph.Node("Relu", Layer(graph, read, form.W1, form.B1, experts * hidden, form.Read));
        var apart = graph.Node("Reshape", units, _whole.Wholes(0, experts, hidden));
        var weighed = graph.Node("Mul", apart, graph.Node("Unsqueeze", gates, _whole.Wholes(2)));
        var rows = graph.Node("Reshape", weighed, _whole.Wholes(0, (long)experts * hidden));
        // Of all experts one below the other [experts hidden x channels].
        var second = new float[experts * hidden * form.Channels];

        for (var at = 0; at < second.Length; at++)
        {
            var (row, channel) = (at / form.Channels, at % form.Channels);
            second[at] = form.W2[(((row / hidden * form.Channels) + channel) * hidden) + (row % hidden)];
        }

        var sum = graph.Node("MatMul", rows, _whole.Numbers(second, (long)experts * hidden, form.Channels));
        var change = graph.Node("Add", sum, graph.Node("MatMul", gates, _whole.Numbers(form.B2, experts, form.Channels)));
        return (change, graph.Node("Softmax", [logits], ("axis", 1L)));
    }

    private (string Change, string Reports) Embedded(OnnxGraph graph, EmbeddedForm form, string perceived, string inputs)
    {
        string Part(int from, int to) => graph.Node("Slice", perceived, _whole.Wholes(from), _whole.Wholes(to), _whole.Wholes(1));
        var end = form.Own + form.Channels;
        var own = Part(form.Own, end);
        // No bias is added to an embedding.
        var told = graph.Node("Gemm", [inputs, _whole.Numbers(form.Embedding, form.Channels, form.Given)], ("transB", 1L));
        string[] parts =
        [
            .. form.Own > 0 ? [Part(0, form.Own)] : Array.Empty<string>(),
            graph.Node("Add", own, told),
            .. end < form.Perceived ? [Part(end, form.Perceived)] : Array.Empty<string>(),
        ];
        var (change, reports) = Change(graph, form.Inner, Joined(graph, parts), "", 0);
        var logits = Layer(graph, own, form.Readout, form.Bias, form.Classes, form.Channels);
        return (change, reports.Length == 0 ? logits : Joined(graph, [logits, reports]));
    }
}
