namespace GaryMesh.ChatGraft;

/// <summary>A told line that a question is held against.</summary>
/// <param name="Line">The line.</param>
/// <param name="Act">What it does.</param>
internal readonly record struct ToldLine(Line Line, SpeechAct Act);

/// <summary>What shows that told lines answer a question: the words of both, as the features that the head scores.</summary>
internal static class Likeness
{
    /// <summary>Features of a told line as the answer to a question; the first two are the head's own likeness of the words.</summary>
    public const int Features = Own + OfWords + OfWhom + OfKinds + OfForm + AmongThem;

    private const int Own = 2, OfWords = 15, OfWhom = 11, OfKinds = 20, OfForm = 26, AmongThem = 5;

    /// <summary>How far each word of a line is met in another: by its key, or nearly so where it is misspelt.</summary>
    public static float[] Met(Line line, Line other)
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
    private static float[] Thought(Line line, Line other, float[] met)
    {
        if (!line.Knowing) return met;
        var thought = new float[met.Length];

        for (var i = 0; i < met.Length; i++)
            thought[i] = met[i] > 0 || line.Words[i].Bare ? met[i] : other.Words.Any(told => !told.Bare && Lexicon.Near(line.Words[i].Key, told.Key)) ? 1 : 0;

        return thought;
    }

    /// <summary>The features of each told line, the head's own left at 0.</summary>
    /// <param name="asked">The question.</param>
    /// <param name="told">The told lines.</param>
    /// <param name="frequency">How many told lines hold a word's key.</param>
    public static float[][] Of(Line asked, IReadOnlyList<ToldLine> told, Func<string, int> frequency)
    {
        var pairs = told.Select(one => new Pair(asked, one.Line, frequency)).ToArray();
        var features = pairs.Select((pair, i) =>
        {
            var values = new float[Features];
            var row = new FeatureRow(values.AsSpan(Own));
            Words(ref row, pair);
            Whom(ref row, pair, told[i].Act);
            Kinds(ref row, pair);
            Form(ref row, pair);
            return values;
        }).ToArray();
        Among(features, pairs);
        return features;
    }

    // What a misspelt word counts, a word that only names the kind of what is asked, and how much rarity counts.
    private const float Misspelt = 0.8f, OnlyKind = 0.5f, Rarity = 0.3f;

    /// <summary>A question and a told line with what they have in common.</summary>
    private sealed class Pair
    {
        public Pair(Line asked, Line told, Func<string, int> frequency)
        {
            (Asked, Told, Met, Back) = (asked, told, Likeness.Met(asked, told), Likeness.Met(told, asked));
            // "A village called ..." tells no name of one's own.
            if (asked.AsksName && !told.Attributes.Contains(Line.NameCue)) for (var i = 0; i < Met.Length; i++) if (asked.Words[i].Cue == Line.NameCue) Met[i] = 0;
            (Thought, ThoughtBack) = (Likeness.Thought(asked, told, Met), Likeness.Thought(told, asked, Back));
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
    }

    private static void Words(ref FeatureRow row, Pair pair)
    {
        var (asked, told) = (pair.Asked.Words, pair.Told.Words);
        var content = asked.Count(word => !word.Bare);
        var found = asked.Index().Sum(one => one.Item.Bare ? 0 : pair.Met[one.Index]);
        var (rare, rareFound) = (asked.Count(word => word.Rare), asked.Index().Sum(one => one.Item.Rare ? pair.Met[one.Index] : 0));
        var toldContent = told.Count(word => !word.Bare);
        var toldMet = told.Index().Sum(one => one.Item.Bare ? 0 : pair.Back[one.Index]);
        row.Add(pair.Overlap);
        row.Add(content > 0);
        row.Add(content, 6, 4);
        row.Add(content > 0 ? found / content : 0);
        row.Add(toldContent - toldMet > 0.5f);
        row.Add(toldContent > 0 ? toldMet / toldContent : 0);
        row.Add(rare > 0 ? 1 - (rareFound / rare) : 0);
        row.Add(rare > 0 && rareFound == rare);
        row.Add(told.Length, 30, 15);
        row.Add(pair.ThoughtOverlap);
        row.Add(pair.SaysUnthought);
        row.Add(pair.FirmUnthought);
        row.Add(asked.Index().Count(one => !one.Item.Bare && pair.Thought[one.Index] > pair.Met[one.Index]), 4, 2);
        row.Add(told.Index().Count(one => pair.ThoughtBack[one.Index] > pair.Back[one.Index]), 4, 2);
        row.Add(pair.ThoughtOverlap > pair.Overlap && pair.SaysUnthought == 0);
    }

    // Whose affair is asked about, whose is told, and in whose words.
    private static void Whom(ref FeatureRow row, Pair pair, SpeechAct act)
    {
        var (asked, told) = (pair.Asked, pair.Told);
        var living = Lexicon.Persons | Lexicon.Animals;
        var (whom, missed) = (0, 0f);

        for (var i = 0; i < asked.Words.Length; i++)
        {
            if (asked.Words[i].Bare || (asked.Words[i].Kinds & living) == 0 || !asked.Owned(i)) continue;
            (whom, missed) = (whom + 1, missed + 1 - pair.Met[i]);
        }

        var others = told.Words.Index().Any(one => !one.Item.Bare && (one.Item.Kinds & Lexicon.Persons) != 0 && pair.Back[one.Index] == 0);
        var (asksOwn, tellsOwn) = (asked.Has("owns"), told.Has("owns"));
        row.Add(whom > 0 ? missed / whom : 0);
        row.Add(whom > 0 && missed == 0);
        row.Add(whom > 0 && missed > 0 && others);
        row.Add(whom > 0 && missed == 0 && others);
        row.Add(whom == 0 && asksOwn && others);
        row.Add(whom == 0 && asksOwn && tellsOwn);
        row.Add(asksOwn && !tellsOwn);
        row.Add(act == SpeechAct.Suppose);
        row.Add(act == SpeechAct.Quote);
        row.Add(asked.Has("supposes"));
        row.Add(OfSomebodyElse(asked, told));
    }

    // Of which kind the answer must be, and whether one of that kind is told. Each way of asking for itself: the lists of places are less
    // whole than those of weekdays.
    private static void Kinds(ref FeatureRow row, Pair pair)
    {
        var (asked, told) = (pair.Asked, pair.Told);
        var expected = asked.Expected;
        var there = (expected & pair.Spare) != 0;
        row.Add(expected != 0);
        row.Add(expected != 0 && there);
        row.Add(expected != 0 && !there);
        row.Add(pair.SaysMissed);
        row.Add(pair.SaysMissed == 1 && expected != 0 && there);
        row.Add(pair.SaysMissed == 1 && !there);
        row.Add(pair.OtherTime);

        foreach (var way in _ways)
        {
            var so = asked.Words.Any(word => way.Contains(word.Text));
            row.Add(so && there);
            row.Add(so && !there);
        }

        row.Add(asked.Words.Any(word => word.Text == "why") && !told.Words.Any(word => word.Text is "because" or "since" or "so" or "for"));
        row.Add(asked.Words.Length > 0 && (asked.Words[0].Marks & Lexicon.MarkOf("verbs")) != 0);
        row.Add(asked.Has("recalls"));
    }

    private static readonly string[][] _ways = [["who", "whom", "whose"], ["when"], ["where"], ["how"], ["what", "which"]];

    // What is asked of whom, against what is told of whom.
    private static void Form(ref FeatureRow row, Pair pair)
    {
        var (asked, told) = (pair.Asked, pair.Told);
        var (what, whatTold) = (asked.Attributes, told.Attributes);
        var self = asked.Has("owns") && asked.Possessions.Count == 0;
        row.Add(what.Count > 0);
        row.Add(what.Count > 0 && what.IsSubsetOf(whatTold));
        row.Add(what.Count > 0 && !what.Overlaps(whatTold));
        row.Add(what.Count > 0 && !what.Overlaps(whatTold) && whatTold.Count > 0);
        row.Add(what.Count == 0 && whatTold.Count > 0);
        row.Add(pair.Firm > 0);
        row.Add(pair.FirmMissed);
        row.Add(pair.Firm > 0 && pair.FirmMissed == 0);
        row.Add(pair.Complete);
        row.Add(pair.Lacks);
        row.Add(pair.Lacks && what.Count > 0 && what.IsSubsetOf(whatTold));
        row.Add(self && told.Possessions.Count > 0 && !told.SaysOfTeller(asked));
        row.Add(self && told.SaysOfTeller(asked));
        row.Add(told.Possessions.Count > 0 && !told.Possessions.Overlaps(asked.Cues));
        row.Add(told.Possessions.Count > 0 && told.Possessions.IsSubsetOf(asked.Cues));
        row.Add(self);
        row.Add(self && told.Possessions.Count > 0);
        row.Add(self && what.Count > 0 && what.IsSubsetOf(whatTold) && told.Possessions.Count == 0);
        row.Add(told.Relation.Length > 0);
        row.Add(told.Relation.Length > 0 && what.Contains(told.Relation));
        row.Add(told.Relation.Length > 0 && what.Count > 0 && !what.Contains(told.Relation));
        row.Add(told.Subject.Count > 0 && told.Subject.IsSubsetOf(asked.Cues));
        row.Add(told.Subject.Count > 0 && !told.Subject.Overlaps(asked.Cues));
        row.Add(told.Subject.Count == 0 && told.OfTeller && self);
        row.Add(told.Subject.Count == 0 && told.OfTeller && !self);
        row.Add(told.Value.Count > 0 && told.Value.Overlaps(asked.Cues));
    }

    // How it stands out among the others: of many facts one looks like an answer by chance.
    private static void Among(float[][] features, Pair[] pairs)
    {
        var overlaps = pairs.Select(pair => pair.Overlap).OrderDescending().ToArray();
        var firms = pairs.Select(pair => pair.FirmMissed).Order().ToArray();
        var complete = pairs.Count(pair => pair.Complete);

        for (var i = 0; i < pairs.Length; i++)
        {
            var row = new FeatureRow(features[i].AsSpan(Features - AmongThem));
            row.Add(MathF.Log2(pairs.Length) / 6);
            row.Add(pairs.Length == 1 ? 0 : pairs[i].Overlap - (pairs[i].Overlap == overlaps[0] ? overlaps[1] : overlaps[0]));
            row.Add(pairs.Length == 1 ? 0 : (pairs[i].FirmMissed == firms[0] ? firms[1] : firms[0]) - pairs[i].FirmMissed);
            row.Add(pairs[i].Complete && complete == 1);
            row.Add(!pairs[i].Complete && complete > 0);
        }
    }

    // Whether a told line is of somebody whom the question does not mean.
    private static bool OfSomebodyElse(Line asked, Line told)
    {
        var living = Lexicon.Persons | Lexicon.Animals;
        bool Asks(LineWord word) => word.Text is "who" or "whom" or "whose" || (word.Asked & living) != 0;
        if (asked.Words.Any(Asks)) return false;
        var names = asked.Words.Where(word => word.Rare).ToArray();
        var shares = names.Any(name => told.Keys.Contains(name.Key) || told.Words.Any(word => Spelling.Near(word.Text, name.Text)));
        // "My brother's dog ..." is no answer to what mine is called.
        for (var i = 1; i < told.Words.Length; i++)
        {
            if (told.Words[i - 1].Owns && !told.Words[i].Bare && asked.Keys.Contains(told.Words[i].Key) && !asked.Keys.Contains(told.Words[i - 1].Key)) return true;
            // "Leonie's brother ..." is none to what Leonie does.
            if (told.Words[i - 1] is { Owns: true, Rare: true } owner && (told.Words[i].Kinds & living) != 0 && !asked.Keys.Contains(told.Words[i].Key)
                && asked.Words.Any(word => word.Key == owner.Key && !word.Owns) && told.Words.Count(word => word.Key == owner.Key) == 1)
            {
                return true;
            }
        }

        // "My cat is called ..." is no answer to what my boat is called.
        for (var i = 1; i < Math.Min(4, told.Words.Length) && !shares; i++)
        {
            if (told.Words[i - 1].Text is "my" or "our" && (told.Words[i].Kinds & living) != 0 && !asked.Keys.Contains(told.Words[i].Key)) return true;
        }

        // "My mother's birthday ..." is no answer to when Tim's is.
        if (names.Length > 0 && !shares && told.Words.Any(word => (word.Kinds & living) != 0 && !word.Bare && !asked.Keys.Contains(word.Key))) return true;
        // "The Garcias live ..." is no answer to where I do.
        var first = told.Words.Length > 1 && told.Words[0].Text is "the" ? 1 : 0;
        return names.Length == 0 && (asked.Kinds & living) == 0 && asked.Words.Any(word => word.Text == "i") && !told.Has("owns")
            && first + 1 < told.Words.Length && told.Words[first].Rare
            && (told.Words[first + 1].Text is "is" or "are" or "was" or "has" or "have" or "live" or "work" || told.Words[first + 1].Text.EndsWith('s'));
    }
}
