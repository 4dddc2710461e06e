namespace GaryMesh.ChatGraft;

/// <summary>A told line that a question is held against.</summary>
/// <param name="Line">The line.</param>
/// <param name="Act">What it does.</param>
internal readonly record struct ToldLine(Line Line, SpeechAct Act);

/// <summary>What shows that told lines answer a question: the words of both, as the features that the head scores.</summary>
internal static class Likeness
{
    /// <summary>Features of a told line as the answer to a question; the first two are the head's own likeness of the words.</summary>
    public const int Features = Own + OfWords + OfWhom + OfKinds + Asking.Signs + OfForm + AmongThem;

    private const int Own = 2, OfWords = 15, OfWhom = 11, OfKinds = 9, OfForm = 26, AmongThem = 7;

    /// <summary>The features of each told line, the head's own left at 0.</summary>
    /// <param name="asked">The question.</param>
    /// <param name="told">The told lines.</param>
    /// <param name="frequency">How many told lines hold a word's key.</param>
    public static float[][] Of(Line asked, IReadOnlyList<ToldLine> told, Func<string, int> frequency)
    {
        var pairs = told.Select(one => new Compared(asked, one.Line, frequency)).ToArray();
        var features = pairs.Select((pair, i) =>
        {
            var values = new float[Features];
            var row = new FeatureRow(values.AsSpan(Own));
            Words(ref row, pair);
            Whom(ref row, pair, told[i].Act);
            Kinds(ref row, pair);
            Asking.Note(ref row, pair);
            Form(ref row, pair);
            return values;
        }).ToArray();
        Among(features, pairs);
        return features;
    }

    private static void Words(ref FeatureRow row, Compared pair)
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
    private static void Whom(ref FeatureRow row, Compared pair, SpeechAct act)
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
        row.Add(OfTheirs(asked, told) || OfSomebodyElse(asked, told));
    }

    // Of which kind the answer must be, and whether one of that kind is told.
    private static void Kinds(ref FeatureRow row, Compared pair)
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

        row.Add(asked.Words.Length > 0 && (asked.Words[0].Marks & Lexicon.MarkOf("verbs")) != 0);
        row.Add(asked.Has("recalls"));
    }

    // What is asked of whom, against what is told of whom.
    private static void Form(ref FeatureRow row, Compared pair)
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
    private static void Among(float[][] features, Compared[] pairs)
    {
        var overlaps = pairs.Select(pair => pair.Overlap).OrderDescending().ToArray();
        var thoughts = pairs.Select(pair => pair.ThoughtOverlap).OrderDescending().ToArray();
        var firms = pairs.Select(pair => pair.FirmMissed).Order().ToArray();
        var unthought = pairs.Select(pair => pair.FirmUnthought).Order().ToArray();
        var complete = pairs.Count(pair => pair.Complete);

        for (var i = 0; i < pairs.Length; i++)
        {
            var row = new FeatureRow(features[i].AsSpan(Features - AmongThem));
            row.Add(MathF.Log2(pairs.Length) / 6);
            row.Add(pairs.Length == 1 ? 0 : pairs[i].Overlap - (pairs[i].Overlap == overlaps[0] ? overlaps[1] : overlaps[0]));
            row.Add(pairs.Length == 1 ? 0 : (pairs[i].FirmMissed == firms[0] ? firms[1] : firms[0]) - pairs[i].FirmMissed);
            row.Add(pairs.Length == 1 ? 0 : pairs[i].ThoughtOverlap - (pairs[i].ThoughtOverlap == thoughts[0] ? thoughts[1] : thoughts[0]));
            row.Add(pairs.Length == 1 ? 0 : (pairs[i].FirmUnthought == unthought[0] ? unthought[1] : unthought[0]) - pairs[i].FirmUnthought);
            row.Add(pairs[i].Complete && complete == 1);
            row.Add(!pairs[i].Complete && complete > 0);
        }
    }

    private static bool AsksWhom(Line asked) => asked.Words.Any(word => word.Text is "who" or "whom" or "whose" || (word.Asked & (Lexicon.Persons | Lexicon.Animals)) != 0);

    /// <summary>Whether a told line is of what is somebody's, and the question means themselves, or one's own.</summary>
    public static bool OfTheirs(Line asked, Line told)
    {
        if (AsksWhom(asked)) return false;

        for (var i = 1; i < told.Words.Length; i++)
        {
            if (told.Words[i].Bare || !told.Words[i - 1].Owns) continue;
            var (owner, theirs) = (told.Words[i - 1], told.Words[i]);
            // "My brother's dog ..." is no answer to what mine is called.
            if (asked.Keys.Contains(theirs.Key)) return !asked.Keys.Contains(owner.Key) && (asked.Kinds & Lexicon.Persons) == 0;
            // "Leonie's brother ..." is none to what Leonie does.
            if ((theirs.Kinds & (Lexicon.Persons | Lexicon.Animals)) != 0 && asked.Words.Any(word => word.Key == owner.Key && !word.Owns) && told.Words.Count(word => word.Key == owner.Key) == 1) return true;
        }

        return false;
    }

    // Whether a told line is of somebody whom the question does not mean.
    private static bool OfSomebodyElse(Line asked, Line told)
    {
        if (AsksWhom(asked)) return false;
        var living = Lexicon.Persons | Lexicon.Animals;
        var names = asked.Words.Where(word => word.Rare).ToArray();
        var shares = names.Any(name => told.Keys.Contains(name.Key) || told.Words.Any(word => Spelling.Near(word.Text, name.Text)));
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
