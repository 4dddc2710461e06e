using System.Numerics.Tensors;

namespace GaryMesh.ChatGraft;

/// <summary>How a line speaks of another: what the words of both show, as the features that the head scores.</summary>
internal static class Likeness
{
    /// <summary>Features of a told line as the answer to a question; the first two are the head's own likeness of the words.</summary>
    public const int Features = 35;

    /// <summary>How far each word of a line is met in another: by its key, or nearly so where it is misspelt.</summary>
    public static float[] Met(Line line, Line other)
    {
        var met = new float[line.Words.Length];

        for (var i = 0; i < met.Length; i++)
        {
            var word = line.Words[i];
            foreach (var told in other.Words) met[i] = Math.Max(met[i], word.Key == told.Key || word.Text == told.Text ? 1 : !word.Bare && !told.Bare && Near(word.Text, told.Text) ? 0.8f : 0);
        }

        return met;
    }

    /// <summary>The features, the first two left at 0.</summary>
    /// <param name="asked">The question.</param>
    /// <param name="told">The told line.</param>
    /// <param name="frequency">How many told lines hold a word's key.</param>
    /// <param name="told1">The told line's probabilities as a supposition and as a quotation.</param>
    public static float[] Of(Line asked, Line told, Func<string, int> frequency, (float Suppose, float Quote) told1)
    {
        var (met, back) = (Met(asked, told), Met(told, asked));
        var features = new float[Features];
        var (weight, weighed, content, found, rare, rareFound) = (0f, 0f, 0, 0f, 0, 0f);
        var (whom, whomMissed) = (0, 0f);
        ulong expected = Expected(asked);
        var ownerless = true;

        for (var i = 0; i < asked.Words.Length; i++)
        {
            var word = asked.Words[i];
            if (word.Bare) continue;
            content++;
            found += met[i];
            var kindOnly = word.Asked != 0 && (word.Kinds & _persons) == 0;
            var importance = (kindOnly ? 0.5f : 1) / (1 + (0.3f * MathF.Log2(1 + frequency(word.Key))));
            weight += importance;
            weighed += importance * met[i];
            if (word.Rare) (rare, rareFound) = (rare + 1, rareFound + met[i]);
            if ((word.Kinds & (_persons | _animals)) != 0 && Owned(asked, i))
            {
                ownerless = false;
                whom++;
                whomMissed += 1 - met[i];
            }
        }

        var others = 0;
        ulong spare = 0;
        var (toldContent, toldMet, toldPersons) = (0, 0f, 0);

        for (var i = 0; i < told.Words.Length; i++)
        {
            var word = told.Words[i];
            if (back[i] < 1 || !word.Bare && word.Asked == 0 && back[i] < 0.8f) spare |= word.Kinds;
            if (word.Bare) continue;
            toldContent++;
            toldMet += back[i];
            if ((word.Kinds & _persons) == 0) continue;
            toldPersons++;
            if (back[i] == 0) others++;
        }

        features[2] = weight > 0 ? weighed / weight : 0;
        features[3] = content > 0 ? 1 : 0;
        features[4] = Math.Min(content, 6) / 4f;
        features[5] = content > 0 ? found / content : 0;
        features[6] = whom > 0 ? whomMissed / whom : 0;
        features[7] = whom > 0 && whomMissed == 0 ? 1 : 0;
        features[8] = whom > 0 && whomMissed > 0 && others > 0 ? 1 : 0;
        features[9] = ownerless && asked.Has("owns") && others > 0 ? 1 : 0;
        features[10] = ownerless && asked.Has("owns") && told.Has("owns") ? 1 : 0;
        features[11] = asked.Has("owns") && !told.Has("owns") ? 1 : 0;
        features[12] = expected != 0 ? 1 : 0;
        features[13] = expected != 0 && (expected & spare) != 0 ? 1 : 0;
        features[14] = expected != 0 && (expected & spare) == 0 ? 1 : 0;

        // Each way of asking for itself: the lists of places are less whole than those of weekdays.
        for (var way = 0; way < _ways.Length; way++)
        {
            if (!asked.Words.Any(word => _ways[way].Contains(word.Text))) continue;
            features[24 + (2 * way)] = (expected & spare) != 0 ? 1 : 0;
            features[25 + (2 * way)] = (expected & spare) == 0 ? 1 : 0;
        }

        features[34] = asked.Words.Any(word => word.Text == "why") && !told.Words.Any(word => word.Text is "because" or "since" or "so" or "for") ? 1 : 0;
        features[15] = toldContent - toldMet > 0.5f ? 1 : 0;
        features[16] = toldContent > 0 ? toldMet / toldContent : 0;
        features[17] = told1.Suppose;
        features[18] = told1.Quote;
        features[19] = asked.Has("supposes") ? 1 : 0;
        features[20] = asked.Words.Length > 0 && (asked.Words[0].Marks & Lexicon.MarkOf("verbs")) != 0 ? 1 : 0;
        features[21] = rare > 0 ? 1 - (rareFound / rare) : 0;
        features[22] = rare > 0 && rareFound == rare ? 1 : 0;
        features[23] = Math.Min(told.Words.Length, 30) / 15f;
        return features;
    }

    /// <summary>Whether a told line is of somebody whom the question does not mean.</summary>
    public static bool OfSomebodyElse(Line asked, Line told)
    {
        var living = _persons | _animals;
        bool Asks(LineWord word) => word.Text is "who" or "whom" or "whose" || (word.Asked & living) != 0;
        if (asked.Words.Any(Asks)) return false;
        var names = asked.Words.Where(word => word.Rare).ToArray();
        var shares = names.Any(name => told.Keys.Contains(name.Key) || told.Words.Any(word => Near(word.Text, name.Text)));
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

    /// <summary>Whether any word with a meaning is met.</summary>
    public static bool Meets(Line asked, Line told) => Met(asked, told).Index().Any(one => one.Item > 0 && !asked.Words[one.Index].Bare);

    /// <summary>The kinds that answer a question, by its question words; 0 where none can be told.</summary>
    public static ulong Expected(Line asked)
    {
        ulong expected = 0;
        var words = asked.Words;

        for (var i = 0; i < words.Length; i++)
        {
            var next = i + 1 < words.Length ? words[i + 1].Text : "";
            expected |= words[i].Text switch
            {
                "who" or "whom" => Lexicon.Name | _persons,
                "when" => _times | Lexicon.Number,
                "where" => _places | Lexicon.Name,
                "how" when next is "many" or "much" or "old" or "tall" or "far" or "fast" or "long" or "big" or "heavy" or "high" => Lexicon.Number | Lexicon.KindOf("count"),
                "how" when next is "often" => Lexicon.KindOf("frequency") | Lexicon.KindOf("moment") | Lexicon.Number,
                "phone" or "pin" or "password" or "passcode" => Lexicon.Code,
                "code" or "number" or "address" or "plate" or "size" or "price" or "score" => Lexicon.Number,
                "name" or "called" => Lexicon.Name,
                _ => words[i].Asked & ~_persons,
            };
            if (words[i].Text is "do" && i == words.Length - 1 && i > 1) expected |= Lexicon.KindOf("job");
        }

        return expected;
    }

    /// <summary>Whether a line begins as questions do.</summary>
    public static bool Begins(Line line) => line.Words.Length > 0 && line.Words[0].Text is "who" or "whom" or "whose" or "what" or "which" or "where" or "when" or "how" or "why";

    /// <summary>The head's likeness of two lines: for each word of the one the most similar of the other, by the words' weights, and
    /// evenly over those that ask.</summary>
    public static (float Weighted, float Even) Interaction(Line line, (float[] Keys, float[] Weights) one, float[] others)
    {
        var (weighted, even, content) = (0f, 0f, 0);
        var asking = line.Asking;
        const int Key = ReaderHead.Key;

        for (var i = 0; i < one.Weights.Length; i++)
        {
            var most = others.Length == 0 ? 0 : float.NegativeInfinity;
            for (var j = 0; j < others.Length; j += Key) most = Math.Max(most, TensorPrimitives.Dot(one.Keys.AsSpan(i * Key, Key), others.AsSpan(j, Key)));
            weighted += one.Weights[i] * most;
            if (!asking[i]) continue;
            even += most;
            content++;
        }

        return (weighted, content > 0 ? even / content : 0);
    }

    /// <summary>Whether two words are one, misspelt: as many letters differ as one overlooks.</summary>
    public static bool Near(string one, string other)
    {
        var longest = Math.Max(one.Length, other.Length);
        if (longest < 5 || Math.Abs(one.Length - other.Length) > 1 || one.Any(char.IsAsciiDigit)) return false;
        return Distance(one, other) <= (longest < 9 ? 1 : 2);
    }

    // Letters put in, left out, changed, or changed over with their neighbour.
    public static int Distance(string one, string other)
    {
        var rows = new int[one.Length + 1, other.Length + 1];

        for (var i = 0; i <= one.Length; i++)
        {
            for (var j = 0; j <= other.Length; j++)
            {
                rows[i, j] = i == 0 ? j : j == 0 ? i
                    : Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1]) rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }

        return rows[one.Length, other.Length];
    }

    // "My brother", "my brother's", "the landlord": whose affair it is.
    private static bool Owned(Line line, int word)
    {
        for (var i = word - 1; i >= Math.Max(0, word - 3); i--) if (line.Words[i].Text is "my" or "our" or "the" or "a") return true;
        return false;
    }

    private static readonly string[][] _ways = [["who", "whom", "whose"], ["when"], ["where"], ["how"], ["what", "which"]];
    private static readonly ulong _persons = Lexicon.KindOf("person") | Lexicon.KindOf("relative");
    private static readonly ulong _animals = Lexicon.KindOf("animal");
    private static readonly ulong _times = Lexicon.KindOf("month") | Lexicon.KindOf("weekday") | Lexicon.KindOf("moment") | Lexicon.KindOf("season");
    private static readonly ulong _places = Lexicon.KindOf("place") | Lexicon.KindOf("country") | Lexicon.KindOf("city");
}

/// <summary>What shows that a line goes on from an earlier one or takes its place.</summary>
internal static class Relation
{
    /// <summary>Features; the first is the head's own likeness.</summary>
    public const int Features = 20;

    /// <summary>The features, the first left at 0.</summary>
    /// <param name="now">The line.</param>
    /// <param name="was">The earlier line.</param>
    /// <param name="between">How many lines were told between them.</param>
    public static float[] Of(Line now, Line was, int between)
    {
        var (met, back) = (Likeness.Met(now, was), Likeness.Met(was, now));
        var features = new float[Features];
        var (content, found, persons, othersPersons, sharedPersons) = (0, 0f, 0, 0, 0);
        ulong values = 0, formerValues = 0, sharedKinds = 0;

        for (var i = 0; i < met.Length; i++)
        {
            var word = now.Words[i];
            if (met[i] == 0) values |= word.Kinds;
            if (word.Bare || Marked(word)) continue;
            content++;
            found += met[i];
            if ((word.Kinds & _persons) == 0) continue;
            persons++;
            if (met[i] > 0) sharedPersons++;
        }

        var (formerContent, formerFound) = (0, 0f);

        for (var i = 0; i < back.Length; i++)
        {
            var word = was.Words[i];
            if (back[i] == 0) formerValues |= word.Kinds;
            if (word.Bare) continue;
            formerContent++;
            formerFound += back[i];
            if ((word.Kinds & _persons) != 0 && back[i] == 0) othersPersons++;
        }

        sharedKinds = values & formerValues & ~_persons;
        features[1] = content > 0 ? found / content : 0;
        features[2] = formerContent > 0 ? formerFound / formerContent : 0;
        features[3] = now.Has("corrects") ? 1 : 0;
        features[4] = now.Words.Length > 0 && (now.Words[0].Marks & Lexicon.MarkOf("corrects")) != 0 || (now.Words.Length > 0 && now.Words[0].Text is "no") ? 1 : 0;
        features[5] = now.Has("changes") ? 1 : 0;
        features[6] = now.Has("points") ? 1 : 0;
        features[7] = now.Words.Length > 0 && (now.Words[0].Marks & Lexicon.MarkOf("points")) != 0 ? 1 : 0;
        features[8] = between == 0 ? 1 : 0;
        features[9] = Math.Min(between, 8) / 4f;
        features[10] = sharedKinds != 0 ? 1 : 0;
        features[11] = (sharedKinds & Lexicon.Number) != 0 ? 1 : 0;
        features[12] = content <= 1 ? 1 : 0;
        features[13] = Math.Min(content, 8) / 4f;
        features[14] = now.Has("denies") && !was.Has("denies") ? 1 : 0;
        features[15] = sharedPersons > 0 ? 1 : 0;
        features[16] = persons - sharedPersons > 0 ? 1 : 0;
        features[17] = othersPersons > 0 ? 1 : 0;
        features[18] = found > 0.5f ? 1 : 0;
        features[19] = now.Has("owns") == was.Has("owns") ? 1 : 0;
        return features;
    }

    /// <summary>Whether a line can be related to an earlier one at all: it shows that something has changed or points back, and
    /// shares a word with it or stands right behind it.</summary>
    public static bool May(Line now, Line was, int between)
    {
        // What becomes of one is not what another did.
        var others = was.Words.Any(word => (word.Kinds & _persons) != 0 && !now.Keys.Contains(word.Key)) && !now.Has("points") && !now.Has("corrects");
        if (others && (between > 0 || (now.Kinds & was.Kinds & ~_persons) == 0)) return false;
        var shows = now.Has("corrects") || now.Has("changes") || now.Has("points") || (now.Has("denies") && !was.Has("denies"));
        var kinds = now.Kinds & was.Kinds & ~(_persons | Lexicon.Name);
        return shows && (now.Keys.Overlaps(was.Keys) || (between == 0 && (now.Has("corrects") || now.Has("points") || kinds != 0)));
    }

    private static bool Marked(LineWord word) => (word.Marks & (Lexicon.MarkOf("corrects") | Lexicon.MarkOf("changes"))) != 0;

    private static readonly ulong _persons = Lexicon.KindOf("person") | Lexicon.KindOf("relative");
}
