namespace GaryMesh.ChatLab.Tasks;

/// <summary>Recall: a value is told, other tokens follow, and the value is asked for.</summary>
public sealed class RecallTask : TaskText
{
    private const int Fillers = 8, Values = 8;
    private const int Tells = Fillers, Asks = Fillers + 1, FirstValue = Fillers + 2;

    /// <inheritdoc/>
    public override string Name => "recall";

    /// <inheritdoc/>
    public override int Vocabulary => FirstValue + Values;

    /// <inheritdoc/>
    public override int Answers => Values;

    /// <inheritdoc/>
    protected override double Stay => 0.8;

    /// <inheritdoc/>
    public override int Write(List<int> text, int last, int gap, Dice dice)
    {
        var value = FirstValue + dice.Below(Values);
        text.AddRange([Tells, value]);

        for (var i = 0; i < gap; i++)
            text.Add(dice.Below(Fillers));

        text.Add(Asks);
        return value;
    }
}
