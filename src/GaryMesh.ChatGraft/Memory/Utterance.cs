using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>What somebody typed, made fit for reading: no control characters, contractions written out, cut into clauses.</summary>
internal static partial class Utterance
{
    /// <summary>The text on one line without control characters, direction overrides and broken surrogates, runs of blanks as
    /// one blank. Everything that is kept, shown or read by the cortex has been through here.</summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(Math.Min(text.Length, 1 << 16));
        var blank = false;

        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) || Rune.IsControl(rune)) { blank = true; continue; }
            if (rune.Value is >= 0x202A and <= 0x202E or >= 0x2066 and <= 0x2069 or 0xFEFF or 0xFFFD) continue;
            if (blank && clean.Length > 0) clean.Append(' ');
            blank = false;
            clean.Append(rune.ToString());
        }

        return clean.ToString();
    }

    /// <summary>A clean text as sentences, each with its clauses, with contractions written out and plain quotes; a question
    /// keeps its mark.</summary>
    public static IEnumerable<(string Whole, string[] Clauses)> Sentences(string clean)
    {
        foreach (var sentence in SentenceEnd.Split(WithoutContractions(clean)))
        {
            // "if you need the shed, the code is ..." belongs together.
            string[] clauses = Conditional.IsMatch(sentence) ? [sentence] : ClauseStart.Split(sentence);
            clauses = [.. clauses.Select(clause => clause.Trim().Trim(',', ';', ':').Trim()).Where(clause => clause.Length > 0)];
            // "By the way" is no clause of its own.
            if (clauses.Length > 1 && Opening.Match(clauses[0] + " ").Length > clauses[0].Length) clauses = clauses[1..];
            if (clauses.Length > 0) yield return (sentence.Trim(), clauses);
        }
    }

    /// <summary>"I'm" as "I am", "what's" as "what is", and typographic quotes as plain ones.</summary>
    public static string WithoutContractions(string text)
    {
        text = text.Replace('’', '\'').Replace('‘', '\'').Replace('“', '"').Replace('”', '"');
        text = Bare.Replace(text, match => Lexicon.WrittenOut(match.Value.ToLowerInvariant()) is { } whole ? Like(match.Value, whole) : match.Value);
        text = NotContraction.Replace(text, match => match.Groups["verb"].Value.ToLowerInvariant() switch
        {
            "ca" => "can not",
            "wo" => "will not",
            "sha" => "shall not",
            _ => match.Groups["verb"].Value + " not",
        });
        text = Together.Replace(text, "we");
        text = HasContraction.Replace(text, "$1 has");
        text = IsContraction.Replace(text, "$1 is");
        text = NameIs.Replace(text, "$1 is ");
        text = NounIs.Replace(text, "$1 is");
        text = AmContraction.Replace(text, "$1 am");
        text = AreContraction.Replace(text, "$1 are");
        text = HaveContraction.Replace(text, "$1 have");
        text = WillContraction.Replace(text, "$1 will");
        return WouldContraction.Replace(text, "$1 would");
    }

    private static string Like(string written, string whole) =>
        whole.StartsWith("i ", StringComparison.Ordinal) || char.IsUpper(written[0]) ? Capitalised(whole) : whole;

    // A word of letters alone: "im", "whats".
    [GeneratedRegex(@"(?<![\p{L}\p{N}'/\\._@\-])\p{L}+(?![\p{L}\p{N}'/\\_@\-]|\.\p{L})", RegexOptions.CultureInvariant)]
    private static partial Regex Bare { get; }

    /// <summary>Removes the openings with which people lead up to what they mean ("by the way", "just so you know that").</summary>
    /// <param name="clause">A clause.</param>
    /// <param name="urged">Whether an opening asked for it to be kept ("please remember that ...").</param>
    public static string WithoutOpenings(string clause, out bool urged)
    {
        urged = false;

        while (true)
        {
            var urging = Urging.Match(clause);
            if (urging.Success && !Interrogative.IsMatch(clause[urging.Length..]) && !BareTopic.IsMatch(clause[urging.Length..]))
            {
                urged = true;
                clause = clause[urging.Length..];
                continue;
            }

            var opening = Opening.Match(clause);
            if (!opening.Success || opening.Length == clause.Length) return clause;
            clause = clause[opening.Length..];
        }
    }

    /// <summary>The first letter as a capital, for the beginning of a sentence.</summary>
    public static string Capitalised(string text) =>
        text.Length == 0 ? text : char.ToUpper(text[0], CultureInfo.InvariantCulture) + text[1..];

    private const RegexOptions Loose = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    private static Regex SentenceEnd { get; } = English.Pattern("sentence-end");
    private static Regex ClauseStart { get; } = English.Pattern("clause-start");
    internal static Regex Conditional { get; } = English.Pattern("conditional");

    [GeneratedRegex(@"\b(?<verb>do|does|did|ca|could|wo|would|sha|should|is|are|was|were|have|has|had|must)n't\b", Loose)]
    private static partial Regex NotContraction { get; }

    [GeneratedRegex(@"\b(what|where|who|when|how|which|that|there|here|it|he|she)'s\b", Loose)]
    private static partial Regex IsContraction { get; }

    [GeneratedRegex(@"\b(who|it|he|she)'s(?= (?:got|been|had)\b)", Loose)]
    private static partial Regex HasContraction { get; }

    private static Regex BareTopic { get; } = English.Pattern("bare-topic");

    // "my family and I" is we.
    [GeneratedRegex(@"\b(?:my|our) \w+ and I\b", Loose)]
    private static partial Regex Together { get; }

    [GeneratedRegex(@"\b(name)'s (?=\p{L})", Loose)]
    private static partial Regex NameIs { get; }

    // "The cat's called Mio", "my mum's a nurse", but not "my mum's name".
    [GeneratedRegex(@"\b(\p{L}{2,})'s(?= (?:called|named|an?|the|not|in|at|on|from|now|back|getting|going|coming|moving|working|living|turning|having)\b)", Loose)]
    private static partial Regex NounIs { get; }

    [GeneratedRegex(@"\b(I)'m\b", Loose)]
    private static partial Regex AmContraction { get; }

    [GeneratedRegex(@"\b(we|you|they)'re\b", Loose)]
    private static partial Regex AreContraction { get; }

    [GeneratedRegex(@"\b(I|we|you|they)'ve\b", Loose)]
    private static partial Regex HaveContraction { get; }

    [GeneratedRegex(@"\b(I|we|you|they|he|she|it)'ll\b", Loose)]
    private static partial Regex WillContraction { get; }

    [GeneratedRegex(@"\b(I|we|you|they|he|she|it)'d\b", Loose)]
    private static partial Regex WouldContraction { get; }

    private static Regex Urging { get; } = English.Pattern("urging");
    private static Regex Opening { get; } = English.Pattern("opening");
    internal static Regex Interrogative { get; } = English.Pattern("interrogative");
}
