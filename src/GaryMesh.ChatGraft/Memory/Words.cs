using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>What counts as the same word when a question is held against a fact: words without their endings, a few
/// families of words that people use for one another, and the words that carry no meaning of their own.</summary>
internal static partial class Words
{
    /// <summary>The words of a text as they stand there; an apostrophe or hyphen inside a word belongs to it.</summary>
    [GeneratedRegex(@"[\p{L}\p{M}\p{N}]+(?:['\-][\p{L}\p{M}\p{N}]+)*", RegexOptions.CultureInvariant)]
    public static partial Regex Word { get; }

    private static readonly FrozenDictionary<string, string> _familyOf = English.Lines("families")
        .SelectMany(family => family.Select(word => (Stem: Stem(word), Head: Stem(family[0]))))
        .DistinctBy(pair => pair.Stem)
        .ToFrozenDictionary(pair => pair.Stem, pair => pair.Head, StringComparer.Ordinal);

    private static readonly FrozenSet<string> _attributeWords =
        English.Words("attributes").Select(Canonical).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> _kindWords =
        English.Words("kinds").Select(Canonical).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> _silentWords =
        English.Words("silent").ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The meaningful words of a text, each as its family's stem, in their order and without repetition.</summary>
    public static string[] Cues(string text)
    {
        var cues = new List<string>();

        foreach (Match match in Word.Matches(Said(Plain(text)).ToLowerInvariant()))
        {
            var word = WithoutPossessive(match.Value);
            if (_silentWords.Contains(word)) continue;
            var cue = Canonical(word);
            if (!cues.Contains(cue)) cues.Add(cue);
        }

        return [.. cues];
    }

    /// <summary>A text as it is compared: accents, full width, ligatures and joiners make no difference.</summary>
    public static string Plain(string text)
    {
        if (Ascii.IsValid(text)) return text;
        var plain = new StringBuilder(text.Length);

        foreach (var letter in text)
        {
            if (letter is >= '\u0300' and <= '\u036F' || char.GetUnicodeCategory(letter) == UnicodeCategory.Format) continue;
            if (letter is >= '\uFF01' and <= '\uFF5E') plain.Append((char)(letter - 0xFEE0));
            else plain.Append(_plain.GetValueOrDefault(char.ToLowerInvariant(letter)) ?? letter.ToString());
        }

        return plain.ToString();
    }

    // The programs run without culture data, which would know this: each word is a plain letter and what is written for it.
    private static readonly FrozenDictionary<char, string> _plain =
        "aàáâãäåāăą cçćĉċč dďđ eèéêëēĕėęě gĝğġģ hĥħ iìíîïĩīĭįı jĵ kķ lĺļľłŀ nñńņň oòóôõöøōŏő rŕŗř sśŝşš tţťŧ uùúûüũūŭůűų wŵ yýÿŷ zźżž ий её"
            .Split(' ')
            .SelectMany(family => family[1..].Select(letter => (letter, Plain: family[..1])))
            .Concat([('ﬀ', "ff"), ('ﬁ', "fi"), ('ﬂ', "fl")])
            .ToFrozenDictionary(one => one.Item1, one => one.Item2);

    /// <summary>A text with the questions for oneself as they are meant: who somebody talks to is what one is called.</summary>
    public static string Meant(string text) => Oneself.Replace(text, "what is my name");

    private static Regex Oneself { get; } = English.Pattern("oneself");

    /// <summary>A text with the phrases that stand for one word replaced by it.</summary>
    public static string Said(string text) => English.Phrases.Aggregate(text, (said, phrase) => phrase.Phrase.Replace(said, phrase.Word));

    /// <summary>A cue that only says what kind of thing is asked after ("which <i>city</i> do I live in").</summary>
    public static bool IsKind(string cue) => _kindWords.Contains(cue);

    /// <summary>A cue that names what is asked of somebody or something.</summary>
    public static bool IsAttribute(string cue) => _attributeWords.Contains(cue);

    /// <summary>Whether a lower-case word carries no meaning of its own.</summary>
    public static bool IsSilent(string word) => _silentWords.Contains(word);

    /// <summary>A single lower-case word as its family's stem.</summary>
    public static string Canonical(string word)
    {
        var stem = Stem(word);
        return _familyOf.GetValueOrDefault(stem, stem);
    }

    /// <summary>Takes the commonest English endings off: plural, -ing, -ed, a last e. What is left need not be a word; it
    /// only has to be the same for the same word.</summary>
    public static string Stem(string word)
    {
        if (word.Length < 4 || !char.IsAsciiLetter(word[^1])) return word;
        var stem = word;

        if (stem.EndsWith("ies", StringComparison.Ordinal) && stem.Length > 4) stem = stem[..^3] + "y";
        else if (stem.EndsWith("sses", StringComparison.Ordinal)) stem = stem[..^2];
        else if (stem.EndsWith("ied", StringComparison.Ordinal) && stem.Length > 4) stem = stem[..^3] + "y";
        else if (stem[^1] == 's' && stem[^2] is not ('s' or 'u' or 'i')) stem = stem[..^1];

        if (stem.EndsWith("ing", StringComparison.Ordinal) && HasVowel(stem.AsSpan(..^3))) stem = Undoubled(stem[..^3]);
        else if (stem.EndsWith("ed", StringComparison.Ordinal) && HasVowel(stem.AsSpan(..^2))) stem = Undoubled(stem[..^2]);

        return stem.Length > 3 && stem[^1] == 'e' ? stem[..^1] : stem;
    }

    private static bool HasVowel(ReadOnlySpan<char> stem) => stem.Length > 1 && stem.IndexOfAny("aeiouy") >= 0;

    private static string Undoubled(string stem) =>
        stem.Length > 3 && stem[^1] == stem[^2] && stem[^1] is not ('l' or 's') ? stem[..^1] : stem;

    private static string WithoutPossessive(string word) =>
        word.EndsWith("'s", StringComparison.Ordinal) ? word[..^2] : word;
}
