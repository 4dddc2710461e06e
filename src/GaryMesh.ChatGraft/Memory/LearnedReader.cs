namespace GaryMesh.ChatGraft;

/// <summary>A line as a reader sees it.</summary>
/// <param name="Line">Its words.</param>
/// <param name="Keys">[words x key] what the head compares them by.</param>
/// <param name="Weights">How much each counts in a question.</param>
/// <param name="Acts">The probability of each speech act.</param>
internal sealed record Seen(Line Line, float[] Keys, float[] Weights, float[] Acts)
{
    /// <summary>What it does, most probably.</summary>
    public SpeechAct Act => Line.Quotes ? SpeechAct.Quote : (SpeechAct)Array.IndexOf(Acts, Acts.Max());

    /// <summary>The probability that it does this.</summary>
    public float Probability(SpeechAct act) => Acts[(int)act];
}

/// <summary>Reads questions, and ranks by them what was told.</summary>
internal interface IQuestionReader
{
    /// <summary>Reads a line.</summary>
    Seen Read(string clean);

    /// <summary>How much better than "none of these" a told line answers, as the logarithm of the odds.</summary>
    /// <param name="asked">The question.</param>
    /// <param name="told">The told line.</param>
    /// <param name="frequency">How many told lines hold a word's key.</param>
    float Answers(Seen asked, Seen told, Func<string, int> frequency);

    /// <summary>Probabilities that a line goes on from an earlier one, and that it takes its place.</summary>
    /// <param name="now">The line.</param>
    /// <param name="was">The earlier line.</param>
    /// <param name="between">How many turns lie between them.</param>
    (float GoesOn, float Replaces) Relates(Seen now, Seen was, int between);
}

/// <summary>A reader that has learnt: a head over the states of a frozen cortex. For any number of threads.</summary>
internal sealed class LearnedReader(CortexStates states, ReaderHead head) : IQuestionReader
{
    private static readonly Lazy<LearnedReader> _shipped = new(() =>
    {
        var states = new CortexStates(ShippedModel.Read());
        return new LearnedReader(states, ReaderHeadFile.Shipped(states.Width) ?? throw new InvalidDataException("This build carries no reader."));
    });

    private readonly Lock _gate = new();

    /// <summary>The reader that ships, over the cortex that ships: a sleep changes neither.</summary>
    public static LearnedReader Shipped => _shipped.Value;

    /// <inheritdoc/>
    public Seen Read(string clean)
    {
        var line = Line.Of(clean);
        float[] seen;
        lock (_gate) seen = states.Of(line);
        var (keys, weights) = head.Project(seen, line.Weighed);
        return new Seen(line, keys, weights, head.ActsOf(line, seen));
    }

    /// <inheritdoc/>
    public float Answers(Seen asked, Seen told, Func<string, int> frequency)
    {
        // What was supposed answers only what is supposed, and what others say of themselves nothing about the one who asks.
        if (told.Act == SpeechAct.Suppose && !asked.Line.Has("supposes")) return Never;
        if (told.Act == SpeechAct.Quote && asked.Line.Has("owns") && !asked.Line.Has("quotes") && (asked.Line.Kinds & Lexicon.KindOf("person")) == 0) return Never;
        if (Likeness.OfSomebodyElse(asked.Line, told.Line)) return Never;
        var features = Likeness.Of(asked.Line, told.Line, frequency, (Sure(told, SpeechAct.Suppose), Sure(told, SpeechAct.Quote)));
        (features[0], features[1]) = Likeness.Interaction(asked.Line, (asked.Keys, asked.Weights), told.Keys);
        return head.Answers(features);
    }

    /// <inheritdoc/>
    public (float GoesOn, float Replaces) Relates(Seen now, Seen was, int between)
    {
        if (!Relation.May(now.Line, was.Line, between)) return (0, 0);
        var features = Relation.Of(now.Line, was.Line, between);
        features[0] = Likeness.Interaction(now.Line, (now.Keys, now.Weights), was.Keys).Weighted;
        return head.Relates(features);
    }

    private const float Never = -10;

    private static float Sure(Seen told, SpeechAct act) => told.Act == act ? 1 : 0;
}
