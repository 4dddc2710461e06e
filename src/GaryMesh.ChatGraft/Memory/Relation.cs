namespace GaryMesh.ChatGraft;

/// <summary>What shows that a line goes on from an earlier one or takes its place.</summary>
internal static class Relation
{
    /// <summary>Features; the first two are the head's own: the likeness, and how probably the line corrects something.</summary>
    public const int Features = 27;

    /// <summary>The features, the head's own left at 0.</summary>
    /// <param name="now">The line.</param>
    /// <param name="was">The earlier line.</param>
    /// <param name="between">How many lines were told between them.</param>
    public static float[] Of(Line now, Line was, int between)
    {
        var (met, back) = (Compared.MetIn(now, was), Compared.MetIn(was, now));
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
        var row = new FeatureRow(features.AsSpan(2));
        row.Add(content > 0 ? found / content : 0);
        row.Add(formerContent > 0 ? formerFound / formerContent : 0);
        row.Add(now.Has("corrects"));
        row.Add(now.Words.Length > 0 && (now.Words[0].Marks & Lexicon.MarkOf("corrects")) != 0 || (now.Words.Length > 0 && now.Words[0].Text is "no"));
        row.Add(now.Has("changes"));
        row.Add(now.Has("points"));
        row.Add(now.PointsBack);
        row.Add(between == 0);
        row.Add(between, 8, 4);
        row.Add(sharedKinds != 0);
        row.Add((sharedKinds & Lexicon.Number) != 0);
        row.Add(content <= 1);
        row.Add(content, 8, 4);
        row.Add(now.Has("denies") && !was.Has("denies"));
        row.Add(sharedPersons > 0);
        row.Add(persons - sharedPersons > 0);
        row.Add(othersPersons > 0);
        row.Add(found > 0.5f);
        row.Add(now.Has("owns") == was.Has("owns"));
        row.Add(between == 0 && sharedKinds != 0 && content <= Few);
        row.Add(now.Has("ends"));
        row.Add(now.Words.Index().Any(one => met[one.Index] > 0 && !one.Item.Bare && (one.Item.Kinds & values & ~_persons) != 0));
        row.Add((sharedKinds & Lexicon.Times) != 0);
        row.Add(now.Has("adds"));
        row.Add((sharedKinds & Lexicon.Name) != 0);
        return features;
    }

    /// <summary>Whether a line can be related to an earlier one at all: it shows that something has changed or points back and shares a
    /// word with it, or it stands right behind it.</summary>
    public static bool May(Line now, Line was, int between)
    {
        // What becomes of one is not what another did.
        var others = was.Words.Any(word => (word.Kinds & _persons) != 0 && !now.Keys.Contains(word.Key)) && !now.Has("points") && !now.Has("corrects");
        if (others && (between > 0 || (now.Kinds & was.Kinds & ~_persons) == 0)) return false;
        var shows = now.Has("ends") || now.Has("corrects") || now.Has("changes") || now.Has("points") || (now.Has("denies") && !was.Has("denies"));
        // A day or a number that both name makes them no news of one thing.
        if (now.Words.Any(word => !word.Bare && (word.Kinds & _measures) == 0 && was.Keys.Contains(word.Key))) return shows || between == 0;
        if (between > 0) return false;
        // What says of the teller something of its own ("I live in Oslo now") takes the place of nothing else.
        var leans = !now.Has("owns") && (now.Has("points") || now.Has("ends") || now.Words.Count(word => !word.Bare) <= Few);
        return leans || now.Has("corrects");
    }

    // A line of so many words says hardly more than a value.
    private const int Few = 3;

    private static bool Marked(LineWord word) => (word.Marks & (Lexicon.MarkOf("corrects") | Lexicon.MarkOf("changes"))) != 0;

    private static readonly ulong _persons = Lexicon.Persons;

    private static readonly ulong _measures = Lexicon.Times | Lexicon.Numerals | Lexicon.Extents | Lexicon.KindOf("frequency");
}
