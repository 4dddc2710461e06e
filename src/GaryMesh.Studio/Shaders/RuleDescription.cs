using System.Collections.Immutable;

namespace GaryMesh.Studio.Shaders;

/// <summary>An operator that looks along edges: where its weights stand among those of an edge, and how spacing scales it.</summary>
/// <param name="Order">The order of the derivative that it stands for.</param>
/// <param name="Differences">Whether messages are differences from the cell's own state.</param>
internal sealed record EdgedOperator(int Order, bool Differences);

/// <summary>What of an automaton decides the text of its shaders and where its parameters stand: the one description that the page and other
/// exports share. Channels go by fours, in texels.</summary>
internal sealed class RuleDescription
{
    /// <summary>Texels of a state that a shader writes at once.</summary>
    private const int MostTexels = 8;

    private readonly RuleShape _shape;

    private RuleDescription(Automaton automaton)
    {
        _shape = automaton.Rule.Shape;
        Gate = automaton.Gate;
        Bound = automaton.Bound;
        Keep = automaton.Keep;
        Lift = automaton.Perception.Lift;
        Perception = automaton.Perception.Text;
        Operators = [.. automaton.Perception.Operators.Select(one => one is Operator.Neighbours edged
            ? new EdgedOperator(one.Order, edged.Messages.IsDifference)
            : null)];
    }

    /// <summary>The description of an automaton, or a refusal that names what shaders cannot run.</summary>
    public static RuleDescription Of(Automaton automaton)
    {
        var shape = automaton.Rule.Shape;

        if (shape.Kind is not DenseRule)
            throw new ArgumentException($"A page runs rules of the kind dense, but this is one of the kind {shape.Kind.Name}.");

        if (shape.Inputs > 0)
            throw new ArgumentException($"A page runs rules without inputs, but this one reads {shape.Inputs}.");

        if (shape.Channels > 4 * MostTexels)
            throw new ArgumentException($"A page runs rules of at most {4 * MostTexels} channels, but this one has {shape.Channels}.");

        if (automaton.Perception.Lift is { } lift and not GradientNorm and not Steering)
            throw new ArgumentException($"A page runs the lifts gradient-norm and steering, but this rule perceives through {lift.Name}.");

        return new(automaton);
    }

    public int Channels => _shape.Channels;

    public int Hidden => _shape.Hidden;

    /// <summary>Texels of a cell's state.</summary>
    public int Texels => (Channels + 3) / 4;

    /// <summary>The operators in order: null for the own state.</summary>
    public ImmutableArray<EdgedOperator?> Operators { get; }

    /// <summary>Those that look along edges, in the order of their weights.</summary>
    public EdgedOperator[] Edged => [.. Operators.OfType<EdgedOperator>()];

    public Lift? Lift { get; }

    /// <summary>The text of the perception.</summary>
    public string Perception { get; }

    public Gate Gate { get; }

    public float Bound { get; }

    public double Keep { get; }

    /// <summary>What the rule reads, as numbers of `Channels` each.</summary>
    public int Blocks => _shape.Read / Channels;

    /// <summary>Texels of a hidden unit's parameters: its bias, its weights over what is read, those of the change.</summary>
    public int Row => 1 + (Blocks * Texels) + Texels;

    /// <summary>Multiply-adds of a cell that fires.</summary>
    public long MultiplyAdds => _shape.MultiplyAdds;

    /// <summary>The parameters of a rule of this shape, texel by texel: a row a hidden unit, then the bias of the change.</summary>
    public float[] Pack(Rule rule)
    {
        if (!rule.Shape.Equals(_shape))
            throw new ArgumentException($"The rule is {rule.Shape.Text}, but {_shape.Text} is described.");

        var (w1, b1, w2, b2) = (rule.View("fc1.weight"), rule.View("fc1.bias"), rule.View("fc2.weight"), rule.View("fc2.bias"));
        var packed = new float[4 * ((Hidden * Row) + Texels)];

        for (var hidden = 0; hidden < Hidden; hidden++)
        {
            var row = packed.AsSpan(4 * hidden * Row, 4 * Row);
            row[0] = b1[hidden];

            for (var block = 0; block < Blocks; block++)
                w1.AsSpan((hidden * _shape.Read) + (block * Channels), Channels).CopyTo(row[(4 * (1 + (block * Texels)))..]);

            for (var channel = 0; channel < Channels; channel++)
                row[(4 * (1 + (Blocks * Texels))) + channel] = w2[(channel * Hidden) + hidden];
        }

        b2.CopyTo(packed, 4 * Hidden * Row);
        return packed;
    }
}
