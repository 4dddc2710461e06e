namespace GaryMesh.ChatLab.Tasks;

/// <summary>Capacity: pairs of a key and a value are told, and then the values of some of the keys are asked for. A gap is here the number of pairs.</summary>
/// <remarks>A token begins each part: what was told before it is never asked for again. No key is told twice in a part.</remarks>
public sealed class PairsTask : TaskText
{
    private const int Keys = 32, Values = 8;
    private const int Begins = Keys, Asks = Keys + 1, FirstValue = Keys + 2;

    // A question and its answer are three tokens: more of them would leave a window little room for telling.
    private const int MostAsked = 4;

    /// <inheritdoc/>
    public override string Name => "pairs";

    /// <inheritdoc/>
    public override int Vocabulary => FirstValue + Values;

    /// <inheritdoc/>
    public override int Answers => Values;

    /// <inheritdoc/>
    protected override int Fewest => 1;

    /// <inheritdoc/>
    protected override double Stay => 0.8;

    /// <inheritdoc/>
    public override int Longest(int gap) => 1 + (2 * gap) + (3 * MostAsked);

    /// <inheritdoc/>
    public override int Write(List<int> text, int last, int gap, Dice dice)
    {
        if (gap is < 1 or > Keys)
            throw new ArgumentException($"A text tells 1 to {Keys} pairs, not {gap}.");

        var told = Some(Keys, gap, dice).Select(key => (Key: key, Value: FirstValue + dice.Below(Values))).ToArray();
        text.Add(Begins);

        foreach (var (key, value) in told)
            text.AddRange([key, value]);

        var asked = Some(gap, Math.Min(gap, MostAsked), dice).Select(one => told[one]).ToArray();

        foreach (var (key, value) in asked)
            text.AddRange([Asks, key, value]);

        text.RemoveAt(text.Count - 1);
        return asked[^1].Value;
    }

    /// <inheritdoc/>
    /// <remarks>Only the answers: what is told is drawn, and guessing what will be asked for would take room from what is told.</remarks>
    public override int[]? Said(int[] text) => [.. text.Select((token, i) => i > 1 && text[i - 2] == Asks ? token : -1)];

    /// <summary>Different numbers below a bound, in an order that is drawn with them.</summary>
    private static int[] Some(int bound, int count, Dice dice)
    {
        int[] all = [.. Enumerable.Range(0, bound)];

        for (var i = 0; i < count; i++)
        {
            var other = i + dice.Below(bound - i);
            (all[i], all[other]) = (all[other], all[i]);
        }

        return all[..count];
    }
}
