using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>A word of a line.</summary>
/// <param name="Text">As it is compared: plain and in lower case.</param>
/// <param name="Key">What stands for it and its family.</param>
/// <param name="Kinds">The kinds that it is of.</param>
/// <param name="Asked">The kinds that it asks for.</param>
/// <param name="Marks">What it does in a sentence.</param>
/// <param name="Bare">It has no meaning of its own.</param>
/// <param name="Rare">The lexicon knows nothing of it: a name, most likely.</param>
internal readonly record struct LineWord(string Text, string Key, ulong Kinds, ulong Asked, ulong Marks, bool Bare, bool Rare);

/// <summary>Something that was said, as the reader sees it: plain words, contractions written out.</summary>
internal sealed partial class Line
{
    /// <summary>Words of a line that are read; what lies behind them is not.</summary>
    public const int Most = 48;

    private Line(string text, LineWord[] words, bool asks, bool quotes)
    {
        (Text, Words, EndsAsking, Quotes) = (text, words, asks, quotes);
        foreach (var word in words) (Kinds, Marks) = (Kinds | word.Kinds, Marks | word.Marks);
    }

    /// <summary>The words with blanks between them, as the cortex reads them.</summary>
    public string Text { get; }

    public LineWord[] Words { get; }

    /// <summary>What its words with a meaning are compared by.</summary>
    public IReadOnlySet<string> Keys => field ??= Words.Where(word => !word.Bare).Select(word => word.Key).ToHashSet();

    /// <summary>The words that count: those with a meaning, or all where none has one.</summary>
    public bool[] Weighed => Array.Exists(Words, word => !word.Bare) ? [.. Words.Select(word => !word.Bare)] : [.. Words.Select(_ => true)];

    /// <summary>The words that ask: question words, and what follows them.</summary>
    public bool[] Asking => [.. Words.Select((word, i) => IsQuestion(word) || (i > 0 && IsQuestion(Words[i - 1])))];

    private static bool IsQuestion(LineWord word) => word.Text is "who" or "whom" or "whose" or "what" or "which" or "where" or "when" or "how" or "why";

    /// <summary>It ends with a question mark.</summary>
    public bool EndsAsking { get; }

    /// <summary>It gives somebody's words between quotation marks, or behind a colon.</summary>
    public bool Quotes { get; }

    /// <summary>The kinds of all words.</summary>
    public ulong Kinds { get; }

    /// <summary>The marks of all words.</summary>
    public ulong Marks { get; }

    /// <summary>Reads a text.</summary>
    /// <param name="clean">The text, from <see cref="Utterance.Clean"/>.</param>
    /// <param name="knowing">Whether the lexicon's families and kinds are made use of.</param>
    public static Line Of(string clean, bool knowing = true)
    {
        var plain = Utterance.WithoutContractions(GaryMesh.ChatGraft.Words.Plain(clean));
        var words = new List<LineWord>();

        foreach (Match match in GaryMesh.ChatGraft.Words.Word.Matches(plain))
        {
            if (words.Count == Most) break;
            var text = match.Value.ToLowerInvariant();
            if (text.EndsWith("'s", StringComparison.Ordinal)) text = text[..^2];
            if (text.Length == 0) continue;
            var meant = (knowing && !(match.Index > 0 && char.IsUpper(match.Value[0])) ? Lexicon.Meant(text) : null) ?? text;
            var kinds = knowing ? Lexicon.Kinds(meant) : 0;
            if (char.IsAsciiDigit(text[0]) || (text.Length > 1 && char.IsAsciiDigit(text[^1]))) kinds |= Lexicon.Number;
            if (char.IsUpper(match.Value[0]) && match.Index > 0 && match.Value != "I") kinds |= Lexicon.Name;
            if (text.Count(char.IsAsciiDigit) > 2) kinds |= Lexicon.Code;
            var (bare, asked, marks) = (Lexicon.IsBare(text), Lexicon.Asked(meant), Lexicon.Marks(text));
            // "Old maps" are of no age.
            var aged = text != "old" || (words.Count > 0 && words[^1].Text is "how" or "year" or "years" or "months");
            var rare = !bare && asked == 0 && marks == 0 && !Lexicon.Knows(meant);
            if (rare && (kinds & Lexicon.Number) == 0) kinds |= Lexicon.Name;
            words.Add(new LineWord(text, knowing && aged ? Lexicon.Key(meant) : GaryMesh.ChatGraft.Words.Stem(text), kinds, asked, marks, bare, rare));
        }

        return new Line(string.Join(' ', words.Select(word => word.Text == "i" ? "I" : word.Text)), [.. words], plain.TrimEnd().EndsWith('?'), Quoting.IsMatch(plain));
    }

    [GeneratedRegex("\\b(?:said|says|say|told me|tells me|shouted|wrote|writes|whispered|goes|asked|replied|screamed|sang|read|reads|introduced)\\b[^:\"]{0,30}[:\"]", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Quoting { get; }

    /// <summary>Whether a word of it does something in the sentence.</summary>
    public bool Has(string mark) => (Marks & Lexicon.MarkOf(mark)) != 0;
}
