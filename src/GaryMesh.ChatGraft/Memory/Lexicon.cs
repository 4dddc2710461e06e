namespace GaryMesh.ChatGraft;

/// <summary>What the reader knows of English words, from <c>lexicon.txt</c> and <c>thesaurus.txt</c>: which stand for one another, which make
/// one think of another, of what kind they are, which question asks for that kind, and which hold a sentence together.</summary>
internal static class Lexicon
{
    private static readonly Dictionary<string, string> _families = [];
    private static readonly Dictionary<string, ulong> _kinds = [];
    private static readonly Dictionary<string, ulong> _asked = [];
    private static readonly Dictionary<string, ulong> _marks = [];
    private static readonly Dictionary<string, string> _short = [];
    private static readonly HashSet<string> _bare = [];
    private static readonly HashSet<string> _known = [];
    // Known words by what is left of them without one of their letters.
    private static readonly Dictionary<string, string> _misspelt = [];
    // By the key of a word: the keys of those that it makes think of, and that make think of it.
    private static readonly Dictionary<string, HashSet<string>> _near = [];
    private static readonly List<string> _kindNames = [];
    private static readonly List<string> _markNames = [];

    static Lexicon()
    {
        foreach (var (head, rest) in Lines("lexicon.txt"))
        {
            if (head == "family") foreach (var word in rest) _families.TryAdd(word, rest[0]);
            else if (head == "bare") _bare.UnionWith(rest);
            else if (head == "short") _short[rest[0]] = string.Join(' ', rest[2..]);
            else if (head.StartsWith("mark ", StringComparison.Ordinal)) Add(_marks, rest, Bit(_markNames, head[5..]));
            else if (head.StartsWith("kind ", StringComparison.Ordinal)) Kind(head[5..].Split([' ', '/'], StringSplitOptions.RemoveEmptyEntries), rest);
            else throw new InvalidDataException($"'{(head.Length > 0 ? head : rest[0])}' begins no line of a lexicon; lines begin with family, kind, mark, short or bare.");
        }

        // A stem stands for its word where no other word is written so.
        foreach (var (word, family) in _families.ToArray()) _families.TryAdd(Words.Stem(word), family);
        foreach (var table in new[] { _kinds, _asked })
        {
            foreach (var (word, kinds) in table.ToArray()) table.TryAdd(Words.Stem(word), kinds);
        }

        foreach (var word in _families.Keys.Concat(_kinds.Keys).Concat(_asked.Keys).Where(word => word.Length > 3).Distinct().Order(StringComparer.Ordinal))
        {
            _known.Add(word);
            foreach (var shorter in Shorter(word).Append(word)) _misspelt.TryAdd(shorter, word);
        }

        foreach (var (head, rest) in Lines("thesaurus.txt"))
        {
            if (head != "near") throw new InvalidDataException($"'{(head.Length > 0 ? head : rest[0])}' begins no line of a thesaurus; lines begin with near.");
            foreach (var word in rest[1..]) (_, _) = (Toward(rest[0]).Add(Key(word)), Toward(word).Add(Key(rest[0])));
        }

        Number = Bit(_kindNames, "number");
        Name = Bit(_kindNames, "name");
        Code = Bit(_kindNames, "code");
        Persons = KindOf("person") | KindOf("relative");
        Animals = KindOf("animal");
        Times = KindOf("month") | KindOf("weekday") | KindOf("moment") | KindOf("season");
        Numerals = Number | KindOf("count");
        Extents = KindOf("distance") | KindOf("duration") | KindOf("money");
        Capitals = KindOf("month") | KindOf("weekday") | KindOf("nationality") | KindOf("language");
    }

    /// <summary>The kind of numerals.</summary>
    public static ulong Number { get; }

    /// <summary>The kind of words with a capital of their own.</summary>
    public static ulong Name { get; }

    /// <summary>The kind of numerals of three digits or more.</summary>
    public static ulong Code { get; }

    /// <summary>The kinds of people.</summary>
    public static ulong Persons { get; }

    /// <summary>The kind of animals.</summary>
    public static ulong Animals { get; }

    /// <summary>The kinds of what says when.</summary>
    public static ulong Times { get; }

    /// <summary>The kinds of numbers, in figures or words.</summary>
    public static ulong Numerals { get; }

    /// <summary>The kinds of what says how far, how long or how dear something is, which a number says, too.</summary>
    public static ulong Extents { get; }

    /// <summary>The kinds of words that have a capital, but are nobody's name.</summary>
    public static ulong Capitals { get; }

    /// <summary>Words by the name of their kind.</summary>
    public static IReadOnlyList<string> Of(string kind) => [.. _kinds.Where(one => (one.Value & KindOf(kind)) != 0 && !one.Key.Contains('-', StringComparison.Ordinal)).Select(one => one.Key)];

    /// <summary>The bit of a kind.</summary>
    public static ulong KindOf(string name) => _kindNames.IndexOf(name) is >= 0 and var place ? 1UL << place : 0;

    /// <summary>The bit of a mark.</summary>
    public static ulong MarkOf(string name) => 1UL << _markNames.IndexOf(name);

    /// <summary>The word that stands for a lower-case word and all that people use for it.</summary>
    public static string Key(string word) =>
        _families.GetValueOrDefault(word) ?? (Words.Stem(word) is var stem && _families.TryGetValue(stem, out var family) ? family : stem);

    /// <summary>Whether of two words, by their keys, one makes think of the other.</summary>
    public static bool Near(string one, string other) => _near.TryGetValue(one, out var near) && near.Contains(other);

    /// <summary>The kinds that a lower-case word is of.</summary>
    public static ulong Kinds(string word) =>
        _kinds.GetValueOrDefault(word) | _kinds.GetValueOrDefault(Words.Stem(word)) | (_families.TryGetValue(word, out var family) ? _kinds.GetValueOrDefault(family) & Persons : 0)
        | (word.Contains('-', StringComparison.Ordinal) ? word.Split('-').Aggregate(0UL, (kinds, part) => kinds | (_kinds.GetValueOrDefault(part) & Persons)) : 0);

    /// <summary>The kinds that a lower-case word asks for.</summary>
    public static ulong Asked(string word) => _asked.GetValueOrDefault(word) | _asked.GetValueOrDefault(Words.Stem(word));

    /// <summary>Whether a lower-case word is of a family or a kind.</summary>
    public static bool Knows(string word) => _families.ContainsKey(word) || Kinds(word) != 0 || _families.ContainsKey(Words.Stem(word));

    /// <summary>What a lower-case word does in a sentence.</summary>
    public static ulong Marks(string word) => _marks.GetValueOrDefault(word);

    /// <summary>Whether a lower-case word has no meaning of its own.</summary>
    public static bool IsBare(string word) => _bare.Contains(word);

    /// <summary>A lower-case word without its apostrophe as it is written out; null where it is none.</summary>
    public static string? WrittenOut(string word) => _short.GetValueOrDefault(word);

    /// <summary>The known word that a lower-case word is meant to be: one letter too many, too few, wrong or changed over with
    /// its neighbour. Null where it is known itself, or no such word is.</summary>
    public static string? Meant(string word)
    {
        if (word.Length < 4 || IsBare(word) || _known.Contains(word) || _known.Contains(Words.Stem(word)) || _marks.ContainsKey(word)) return null;
        foreach (var shorter in Shorter(word).Prepend(word))
        {
            if (_misspelt.TryGetValue(shorter, out var meant) && meant[0] == word[0] && Spelling.Distance(word, meant) == 1 && (Math.Min(word.Length, meant.Length) > 4 || Swapped(word, meant))) return meant;
        }

        return null;
    }

    // Of short words only those with all their letters: "bron" is born, "liver" no "live".
    private static bool Swapped(string word, string meant) => word.Length == meant.Length && word.Order().SequenceEqual(meant.Order());

    private static IEnumerable<string> Shorter(string word) => Enumerable.Range(0, word.Length).Select(at => word.Remove(at, 1));

    private static HashSet<string> Toward(string word) => _near.TryGetValue(Key(word), out var near) ? near : _near[Key(word)] = [];

    private static void Kind(string[] names, string[] words)
    {
        var bit = Bit(_kindNames, names[0]);
        Add(_kinds, words, bit);
        Add(_asked, names[1..], bit);
    }

    private static ulong Bit(List<string> names, string name)
    {
        if (!names.Contains(name)) names.Add(name);
        return 1UL << names.IndexOf(name);
    }

    private static void Add(Dictionary<string, ulong> table, IEnumerable<string> words, ulong bit)
    {
        foreach (var word in words) table[word] = table.GetValueOrDefault(word) | bit;
    }

    private static IEnumerable<(string Head, string[] Words)> Lines(string name)
    {
        using var stream = typeof(Lexicon).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidDataException($"'{name}' is missing from the program.");
        using var reader = new StreamReader(stream);

        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#') continue;
            yield return line.IndexOf(": ", StringComparison.Ordinal) is > 0 and var colon ? (line[..colon], line[(colon + 2)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)) : ("", [line]);
        }
    }
}
