using GaryMesh.Studio.Descriptions;

namespace GaryMesh.Studio.Shaders;

/// <summary>A described rule that shaders can run, and where its parameters stand there: channels go by fours, in texels.</summary>
internal sealed class ShaderRule
{
    /// <summary>Texels of a state that a shader writes at once.</summary>
    private const int MostTexels = 8;

    private readonly RuleShape _shape;

    private ShaderRule(RuleDescription description) => (Description, _shape) = (description, description.Automaton.Rule.Shape);

    /// <summary>The rule of an automaton, or a refusal that names what shaders cannot run.</summary>
    public static ShaderRule Of(Automaton automaton)
    {
        var shape = automaton.Rule.Shape;

        if (shape.Kind is not DenseRule)
            throw new ArgumentException($"Shaders run rules of the kind dense, but this is one of the kind {shape.Kind.Name}.");

        if (shape.Inputs > 0)
            throw new ArgumentException($"Shaders run rules without inputs, but this one reads {shape.Inputs}.");

        if (shape.Channels > 4 * MostTexels)
            throw new ArgumentException($"Shaders run rules of at most {4 * MostTexels} channels, but this one has {shape.Channels}.");

        if (automaton.Perception.Lift is { } lift and not GradientNorm and not Steering)
            throw new ArgumentException($"Shaders run the lifts gradient-norm and steering, but this rule perceives through {lift.Name}.");

        return new(RuleDescription.Of(automaton));
    }

    /// <summary>What the shaders are written from.</summary>
    public RuleDescription Description { get; }

    public int Channels => _shape.Channels;

    public int Hidden => _shape.Hidden;

    /// <summary>Texels of a cell's state.</summary>
    public int Texels => (Channels + 3) / 4;

    /// <summary>The text of the perception.</summary>
    public string Perception => Description.Automaton.Perception.Text;

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
