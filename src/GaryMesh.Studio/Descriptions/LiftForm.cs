namespace GaryMesh.Studio.Descriptions;

/// <summary>What a cell makes of its linear perceptions before the rule reads them.</summary>
internal abstract record LiftForm
{
    /// <summary>The form of a lift, null for none, or a refusal that names it.</summary>
    public static LiftForm? Of(Lift? lift) => lift switch
    {
        null => null,
        GradientNorm => Words.Numbers(lift.Name) is [var x, var y] ? new NormForm(x, y) : null,
        Steering => Words.Numbers(lift.Name) is [var own, var x, var y, var channel] ? new SteeringForm(own, x, y, channel) : null,
        Spoken spoken => new SpokenForm([.. spoken.Channels]),
        _ => throw new ArgumentException(
            $"The lifts gradient-norm, steering and spoken can be exported, but this rule perceives through {lift.Name}."),
    };
}

/// <summary>sqrt(x^2 + y^2 + 1e-6) in place of two operators, after all others.</summary>
internal sealed record NormForm(int X, int Y) : LiftForm;

/// <summary>Two operators turned by the angle in a channel of a third: cos x + sin y and cos y - sin x.</summary>
internal sealed record SteeringForm(int Own, int X, int Y, int Channel) : LiftForm;

/// <summary>Of each of the first operators the sign of a channel: -1, 1, or 0 for zero and for no number.</summary>
internal sealed record SpokenForm(int[] Channels) : LiftForm;
