using System.Globalization;
using System.Runtime.InteropServices;

namespace GaryMesh.Studio.Exports.Onnx;

/// <summary>An element type of a tensor, by ONNX's number.</summary>
internal enum Element
{
    Single = 1,
    Whole = 7,
    Truth = 9,
}

/// <summary>An input or output: its name, type and sizes, as numbers or names.</summary>
internal sealed record Slot(string Name, Element Type, params string[] Sizes)
{
    public Message Write()
    {
        var shape = new Message();

        foreach (var size in Sizes)
            shape.Add(1, long.TryParse(size, CultureInfo.InvariantCulture, out var number) ? new Message().Add(1, number) : new Message().Add(2, size));

        return new Message().Add(1, Name).Add(2, new Message().Add(1, new Message().Add(1, (long)Type).Add(2, shape)));
    }
}

/// <summary>An ONNX graph that is built node by node. A body, of a loop, has nodes of its own and the names and constants of what it lies in.</summary>
internal sealed class OnnxGraph
{
    private readonly List<Message> _nodes = [];
    private readonly List<Message> _constants;
    private readonly Dictionary<string, string> _shared;
    private readonly OnnxGraph _whole;
    private int _names;

    public OnnxGraph() => (_whole, _constants, _shared) = (this, [], []);

    private OnnxGraph(OnnxGraph whole) => (_whole, _constants, _shared) = (whole, [], whole._shared);

    /// <summary>A graph within this one.</summary>
    public OnnxGraph Body() => new(_whole);

    /// <summary>A node of one output, whose name is returned.</summary>
    public string Node(string operation, params string[] inputs) => Node(operation, inputs, []);

    /// <summary>A node of one output with attributes.</summary>
    public string Node(string operation, string[] inputs, params (string Name, object Value)[] attributes) =>
        Nodes(operation, 1, inputs, attributes)[0];

    /// <summary>A node of several outputs.</summary>
    public string[] Nodes(string operation, int outputs, string[] inputs, params (string Name, object Value)[] attributes)
    {
        var names = Enumerable.Range(0, outputs).Select(_ => Fresh(operation)).ToArray();
        Add(operation, inputs, names, attributes);
        return names;
    }

    /// <summary>A node whose output bears a name of its own.</summary>
    public void Named(string name, string operation, params string[] inputs) => Add(operation, inputs, [name], []);

    /// <summary>Constants, in the graph that all lies in; equal ones stand once.</summary>
    public string Numbers(float[] values, params long[] sizes) => Constant(Element.Single, MemoryMarshal.AsBytes(values.AsSpan()), sizes);

    /// <summary>Whole constants.</summary>
    public string Wholes(params long[] values) => Constant(Element.Whole, MemoryMarshal.AsBytes(values.AsSpan()), [values.Length]);

    /// <summary>A whole constant without dimensions.</summary>
    public string Whole(long value) => Constant(Element.Whole, BitConverter.GetBytes(value), []);

    /// <summary>The graph as a message.</summary>
    public Message Write(string name, IEnumerable<Slot> inputs, IEnumerable<Slot> outputs)
    {
        var graph = new Message();
        _nodes.ForEach(node => graph.Add(1, node));
        graph.Add(2, name);
        _constants.ForEach(constant => graph.Add(5, constant));

        foreach (var input in inputs)
            graph.Add(11, input.Write());

        foreach (var output in outputs)
            graph.Add(12, output.Write());

        return graph;
    }

    private void Add(string operation, string[] inputs, string[] outputs, (string Name, object Value)[] attributes)
    {
        var node = new Message();

        foreach (var input in inputs)
            node.Add(1, input);

        foreach (var output in outputs)
            node.Add(2, output);

        node.Add(3, $"{operation}_{outputs[0]}").Add(4, operation);

        foreach (var (name, value) in attributes)
        {
            var attribute = new Message().Add(1, name);
            node.Add(5, value switch
            {
                long number => attribute.Add(3, number).Add(20, 2L),
                Message graph => attribute.Add(6, graph).Add(20, 5L),
                _ => throw new ArgumentException($"An attribute is a whole number or a graph, not a {value.GetType()}."),
            });
        }

        _nodes.Add(node);
    }

    private string Constant(Element type, ReadOnlySpan<byte> bytes, long[] sizes)
    {
        var tensor = new Message();

        foreach (var size in sizes)
            tensor.Add(1, size);

        tensor.Add(2, (long)type).Add(9, bytes);
        var key = Convert.ToBase64String(tensor.ToArray());

        if (_whole._shared.TryGetValue(key, out var known))
            return known;

        var name = Fresh("constant");
        _whole._constants.Add(tensor.Add(8, name));
        return _whole._shared[key] = name;
    }

    private string Fresh(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind.ToLowerInvariant()}_{_whole._names++}");
}
