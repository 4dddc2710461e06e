namespace GaryMesh.ChatLab.Tasks;

/// <summary>A question at the end of a text.</summary>
/// <param name="Tokens">The text; its last token asks.</param>
/// <param name="Answer">The token that has to follow.</param>
public sealed record TaskQuestion(int[] Tokens, int Answer);

/// <summary>Texts that ask now and then about what stood a known number of tokens before. One part follows the other; each ends with
/// a question and its answer.</summary>
public abstract class TaskText
{
    /// <summary>What a command calls it.</summary>
    public abstract string Name { get; }

    /// <summary>Number of tokens.</summary>
    public abstract int Vocabulary { get; }

    /// <summary>Number of tokens that can be an answer, each as likely: one over it is the accuracy of chance.</summary>
    public abstract int Answers { get; }

    /// <summary>How often a gap is drawn, to how often the one a token shorter is: the short gaps teach the long ones.</summary>
    protected virtual double Stay => 0.7;

    /// <summary>The shortest gap of a text.</summary>
    protected virtual int Fewest => 0;

    /// <summary>Tokens from what a question over a gap depends on to the question.</summary>
    public virtual int Longest(int gap) => gap;

    /// <summary>Writes one part but for its answer, the last token asking.</summary>
    /// <param name="text">Where to write.</param>
    /// <param name="last">The answer before; -1 at the beginning.</param>
    /// <param name="gap">Tokens between what the answer depends on and the question.</param>
    /// <param name="dice">What is drawn from.</param>
    /// <returns>The answer.</returns>
    public abstract int Write(List<int> text, int last, int gap, Dice dice);

    /// <summary>Of each token of a text what the one before it learns to say, -1 for nothing; null where that is every token.</summary>
    public virtual int[]? Said(int[] text) => null;

    /// <summary>A text to train on.</summary>
    /// <param name="tokens">At least so many tokens.</param>
    /// <param name="most">The longest gap.</param>
    /// <param name="seed">What it is drawn from.</param>
    public int[] Text(int tokens, int most, ulong seed)
    {
        List<int> text = new(tokens + most);
        var dice = new Dice(Counter.Key(seed, 0x7E47));
        var last = -1;

        while (text.Count < tokens)
            text.Add(last = Write(text, last, Fewest + dice.Geometric(most - Fewest, Stay), dice));

        return [.. text];
    }

    /// <summary>A question over a gap, after a text such as was trained on.</summary>
    /// <param name="gap">The gap.</param>
    /// <param name="length">Tokens in all; what the question depends on fits in.</param>
    /// <param name="most">The longest gap of the text before it.</param>
    /// <param name="key">What it is drawn from.</param>
    public TaskQuestion Question(int gap, int length, int most, ulong key)
    {
        List<int> text = [.. Text(length, most, key)];
        var before = text.Count;
        var answer = Write(text, text[^1], gap, new Dice(Counter.Key(key, 0xA5C)));

        if (text.Count - before > length)
            throw new ArgumentException($"A question over {gap} tokens does not fit into a text of {length}.");

        return new TaskQuestion([.. text.TakeLast(length)], answer);
    }
}
