using System.Collections.Immutable;

namespace GaryMesh.Studio.Descriptions;

/// <summary>An operator that looks along edges: how spacing scales it, and what its messages are.</summary>
/// <param name="Order">The order of the derivative that it stands for.</param>
/// <param name="Differences">Whether messages are differences from the cell's own state.</param>
internal sealed record EdgedOperator(int Order, bool Differences);

/// <summary>What a step of an automaton computes, apart from any language: the one description that the page's shaders and all exports are
/// written from.</summary>
internal sealed class RuleDescription
{
    private readonly RuleShape _shape;

    private RuleDescription(Automaton automaton)
    {
        _shape = automaton.Rule.Shape;
        Automaton = automaton;
        Lift = LiftForm.Of(automaton.Perception.Lift);
        Change = ChangeForm.Of(automaton.Rule);
        Operators = [.. automaton.Perception.Operators.Select(one => one is Operator.Neighbours edged
            ? new EdgedOperator(one.Order, edged.Messages.IsDifference)
            : null)];
        (HasGate, GateChannel, GateThreshold) = automaton.Gate switch
        {
            Gate.Alive alive => (true, alive.Channel, alive.Threshold),
            Gate.AlivePublished published => (true, published.Channel, published.Threshold),
            _ => (false, 0, 0f),
        };
    }

    /// <summary>The description of an automaton, or a refusal that names what cannot be exported.</summary>
    public static RuleDescription Of(Automaton automaton)
    {
        automaton.Check();
        return new(automaton);
    }

    /// <summary>What is described.</summary>
    public Automaton Automaton { get; }

    public int Channels => _shape.Channels;

    /// <summary>Values that a cell is given at every step.</summary>
    public int Inputs => _shape.Inputs;

    /// <summary>Values that the lift, or the operators alone, give.</summary>
    public int Perceived => _shape.Perceived;

    /// <summary>Numbers that a cell reports beside its change.</summary>
    public int Reports => Change.Reports;

    /// <summary>The operators in order: null for the own state.</summary>
    public ImmutableArray<EdgedOperator?> Operators { get; }

    /// <summary>Those that look along edges, in the order of their weights.</summary>
    public EdgedOperator[] Edged => [.. Operators.OfType<EdgedOperator>()];

    public LiftForm? Lift { get; }

    /// <summary>The rule, before the time step.</summary>
    public ChangeForm Change { get; }

    /// <summary>Whether cells live by a channel, their neighbours' and their own.</summary>
    public bool HasGate { get; }

    /// <summary>Whether a cell that is dead before a step fires all the same.</summary>
    public bool DeadFire => Automaton.Gate.IsAlivePublished;

    public int GateChannel { get; }

    public float GateThreshold { get; }

    /// <summary>The largest absolute value after a step, or infinity.</summary>
    public float Bound => Automaton.Bound;

    /// <summary>What a cell that fires keeps of its state.</summary>
    public double Keep => Automaton.Keep;

    /// <summary>Whether a step looks at neighbours at all.</summary>
    public bool Sees => HasGate || Edged.Length > 0;
}
