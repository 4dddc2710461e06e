namespace GaryMesh.ChatGraft;

/// <summary>A reader that has learnt: a head over the states of a frozen cortex. For any number of threads.</summary>
internal sealed class LearnedReader(CortexStates states, ReaderHead head) : IQuestionReader
{
    private static readonly Lazy<LearnedReader> _shipped = new(() => With(width => ReaderHeadFile.Shipped(width) ?? throw new InvalidDataException("This build carries no reader.")));

    // A turn is read more than once: as a statement, as a question, against what was told before.
    private const int Lately = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Clean, Statement? Form), Seen> _lately = [];

    /// <summary>The reader that ships, over the cortex that ships: a sleep changes neither.</summary>
    public static LearnedReader Shipped => _shipped.Value;

    /// <summary>A reader with the head of a file, over the cortex that ships; the one that ships where the file is null.</summary>
    /// <exception cref="InvalidDataException">The file is no head for this cortex.</exception>
    public static LearnedReader Of(string? path) => path is null ? Shipped : With(width => ReaderHeadFile.Read(path, width));

    private static LearnedReader With(Func<int, ReaderHead> head)
    {
        var states = new CortexStates(ShippedModel.Read());
        return new LearnedReader(states, head(states.Width));
    }

    /// <inheritdoc/>
    public Seen Read(string clean, Statement? form = null)
    {
        lock (_gate)
        {
            if (_lately.TryGetValue((clean, form), out var known)) return known;
            var line = Line.Of(clean, form: form);
            var seen = states.Of(line);
            var (keys, weights) = head.Project(seen, line.Weighed);
            if (_lately.Count == Lately) _lately.Clear();
            return _lately[(clean, form)] = new Seen(line, keys, weights, head.ActsOf(line, seen));
        }
    }

    /// <inheritdoc/>
    public float[] Answers(Seen asked, IReadOnlyList<Seen> told, Func<string, int> frequency)
    {
        var features = Likeness.Of(asked.Line, [.. told.Select(one => new ToldLine(one.Line, one.Act))], frequency);

        return [.. told.Select((one, i) =>
        {
            if (Unsaid(asked.Line, one)) return Never;
            (features[i][0], features[i][1]) = ReaderHead.Interaction(asked.Line, (asked.Keys, asked.Weights), one.Keys);
            return head.Answers(features[i]);
        })];
    }

    // What was surely supposed answers only what is supposed, what others surely say of themselves nothing about the one who asks, and
    // what is told of somebody's brother nothing about somebody; all else is for the head to weigh.
    private static bool Unsaid(Line asked, Seen told) =>
        (told.Line is { Supposes: true, Quotes: false } && !asked.Has("supposes"))
        || (told.Line.Quotes && asked.Has("owns") && !asked.Has("quotes") && (asked.Kinds & Lexicon.KindOf("person")) == 0)
        || Likeness.OfTheirs(asked, told.Line);

    /// <inheritdoc/>
    public (float GoesOn, float Replaces) Relates(Seen now, Seen was, int between)
    {
        var corrects = now.Probability(SpeechAct.Correct);
        var may = Relation.May(now.Line, was.Line, between);
        if (between > 0 && !may) return (0, 0);
        var features = Relation.Of(now.Line, was.Line, between);
        (features[0], features[1]) = (ReaderHead.Interaction(now.Line, (now.Keys, now.Weights), was.Keys).Weighted, corrects);
        var by = head.Relates(features);
        return may || by.Replaces > Surely ? by : (by.GoesOn, 0);
    }

    private const float Never = -10;

    // From here on what was told just now is replaced by what shows no sign of it.
    private const float Surely = 0.7f;
}
