namespace GaryMesh.ChatGraft;

/// <summary>A question and a told line with what they have in common.</summary>
internal sealed class Compared
{
    // What a misspelt word counts, a word that only names the kind of what is asked, and how much rarity counts.
    private const float Misspelt = 0.8f, OnlyKind = 0.5f, Rarity = 0.3f;

    /// <summary>Holds a question against a told line.</summary>
    /// <param name="asked">The question.</param>
    /// <param name="told">The told line.</param>
    /// <param name="frequency">How many told lines hold a word's key.</param>
    public Compared(Line asked, Line told, Func<string, int> frequency)
    {
        (Asked, Told, Met, Back) = (asked, told, MetIn(asked, told), MetIn(told, asked));
        // "A village called ..." tells no name of one's own.
        if (asked.AsksName && !told.Attributes.Contains(Line.NameCue)) for (var i = 0; i < Met.Length; i++) if (asked.Words[i].Cue == Line.NameCue) Met[i] = 0;
        (Thought, ThoughtBack) = (ThoughtOf(asked, told, Met), ThoughtOf(told, asked, Back));
        (Overlap, ThoughtOverlap) = (Weighed(Met, frequency), Weighed(Thought, frequency));
        var firm = asked.Firm;
        Firm = firm.Count(one => one);
        for (var i = 0; i < told.Words.Length; i++)
        {
            var word = told.Words[i];
            if (Back[i] < 1 || (!word.Bare && word.Asked == 0 && Back[i] < Misspelt)) Spare |= word.Kinds;
        }

        var missed = firm.Index().Where(one => one.Item && !told.Cues.Contains(asked.Words[one.Index].Cue)).Select(one => one.Index).ToArray();
        (FirmMissed, FirmUnthought) = Firm == 0 ? (0, 0) : (missed.Sum(i => 1 - Met[i]) / Firm, missed.Sum(i => 1 - Thought[i]) / Firm);
        // What is red has a colour, which it need not say.
        Lacks = missed.Any(i => Met[i] == 0 && (asked.Words[i].Asked & Spare) == 0);
        var says = asked.Words.Index().Where(one => !one.Item.Bare && !firm[one.Index] && !asked.Owned(one.Index)).Select(one => one.Index).ToArray();
        (SaysMissed, SaysUnthought) = says.Length == 0 ? (0, 0) : (says.Sum(i => 1 - Met[i]) / says.Length, says.Sum(i => 1 - Thought[i]) / says.Length);
        bool Time(LineWord word) => (word.Kinds & Lexicon.Times) != 0 && !word.Bare;
        OtherTime = asked.Words.Index().Any(one => Time(one.Item) && Met[one.Index] == 0) && told.Words.Index().Any(one => Time(one.Item) && Back[one.Index] == 0);
        Complete = Firm > 0 && FirmMissed == 0 && asked.Attributes.IsSubsetOf(told.Attributes);
    }

    // How much of the question is met, rare words before common ones.
    private float Weighed(float[] met, Func<string, int> frequency)
    {
        var (weight, weighed) = (0f, 0f);

        for (var i = 0; i < Asked.Words.Length; i++)
        {
            var word = Asked.Words[i];
            if (word.Bare) continue;
            var importance = (word.Asked != 0 && (word.Kinds & Lexicon.Persons) == 0 ? OnlyKind : 1) / (1 + (Rarity * MathF.Log2(1 + frequency(word.Key))));
            (weight, weighed) = (weight + importance, weighed + (importance * met[i]));
        }

        return weight > 0 ? weighed / weight : 0;
    }

    public Line Asked { get; }

    public Line Told { get; }

    public float[] Met { get; }

    public float[] Back { get; }

    /// <summary>What is met, or thought of at a word of the other.</summary>
    public float[] Thought { get; }

    public float[] ThoughtBack { get; }

    /// <summary>How much of the question is met, and how much is thought of.</summary>
    public float Overlap { get; }

    public float ThoughtOverlap { get; }

    /// <summary>Words of the question that an answer can hardly lack, and the share that this one lacks.</summary>
    public int Firm { get; }

    public float FirmMissed { get; }

    public float FirmUnthought { get; }

    /// <summary>It lacks one of them, and has nothing of the kind either.</summary>
    public bool Lacks { get; }

    /// <summary>The share of what is asked of them that it lacks: "bought" of "who bought my flat".</summary>
    public float SaysMissed { get; }

    public float SaysUnthought { get; }

    /// <summary>It speaks of another time than is asked of.</summary>
    public bool OtherTime { get; }

    /// <summary>The kinds of what the told line has beside the question.</summary>
    public ulong Spare { get; }

    /// <summary>It lacks none of them, and has what is asked of them.</summary>
    public bool Complete { get; }

    /// <summary>How far each word of a line is met in another: by its key, or nearly so where it is misspelt.</summary>
    public static float[] MetIn(Line line, Line other)
    {
        var met = new float[line.Words.Length];

        for (var i = 0; i < met.Length; i++)
        {
            var word = line.Words[i];
            foreach (var told in other.Words) met[i] = Math.Max(met[i], word.Key == told.Key || word.Text == told.Text ? 1 : !word.Bare && !told.Bare && Spelling.Near(word.Text, told.Text) ? Misspelt : 0);
        }

        return met;
    }

    // As what is met, where a word that makes think of another counts, too.
    private static float[] ThoughtOf(Line line, Line other, float[] met)
    {
        if (!line.Knowing) return met;
        var thought = new float[met.Length];

        for (var i = 0; i < met.Length; i++)
            thought[i] = met[i] > 0 || line.Words[i].Bare ? met[i] : other.Words.Any(told => !told.Bare && Lexicon.Near(line.Words[i].Key, told.Key)) ? 1 : 0;

        return thought;
    }
}
