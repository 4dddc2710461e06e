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

    /// <summary>A noun with what belongs to its name, as a pattern: it ends before verbs, prepositions and words of time.</summary>
    internal const string NounPhrase = @"[\p{L}'\-]+(?:\s+(?!(?:yet|before|today|yesterday|tomorrow|tonight|again|is|are|was|were|be|has|have|had|do|does|did|will|would|can|and|or|in|on|at|to|for|with|from|of|by|about|last|next|this|the|a|an|my|our|just|let|got|who|where|when|what|how|that|which|so|while|since|after|as|now|then|know|known|live|work|go|call|I|you|we|it|\w+ly|\w+ed|\w{3,}s)\b)(?-i:\p{Ll})[\p{L}'\-]*){0,2}";

    private const RegexOptions Loose = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    // A full stop ends a sentence unless it belongs to an abbreviation, an initial or a number.
    [GeneratedRegex(@"(?<=\?)\s+|(?<=\?)$|[!;]+(?:\s+|$)|(?<!\b(?:Mr|Mrs|Ms|Dr|St|Prof|Jr|Sr|Mt|No|vs|[A-HJ-Z]))\.+(?:[""')]*)(?:\s+|$)|\s+[–—]\s+|\s+-\s+",
        RegexOptions.CultureInvariant)]
    private static partial Regex SentenceEnd { get; }

    // A new clause begins where a conjunction or comma is followed by a new subject.
    [GeneratedRegex(@"(?:,?\s+(?:and|but|so|while|whereas)\s+|,\s+(?!(?<=(?-i:\p{Lu})[\p{L}\p{M}'\-]*,\s+)(?:my|our|the)\b))(?=(?:I|my|we|our|his|her|its|their|he|she|it|they|the|do|can|could|(?:what|where|when|how)(?=[^?]*\?$| (?:is|are|was|were|do|does|did|can|could|has|have|might|will)\b))\b)|,\s+(?:and|but)\s+(?=\w+\s+(?:is|are|was|lives|works)\b)",
        Loose)]
    private static partial Regex ClauseStart { get; }

    [GeneratedRegex(@"^(?:if|when|whenever|as for|to|for|in case|should)\b(?!.*\?$)", Loose)]
    internal static partial Regex Conditional { get; }

    [GeneratedRegex(@"\b(?<verb>do|does|did|ca|could|wo|would|sha|should|is|are|was|were|have|has|had|must)n't\b", Loose)]
    private static partial Regex NotContraction { get; }

    [GeneratedRegex(@"\b(what|where|who|when|how|which|that|there|here|it|he|she)'s\b", Loose)]
    private static partial Regex IsContraction { get; }

    [GeneratedRegex(@"\b(who|it|he|she)'s(?= (?:got|been|had)\b)", Loose)]
    private static partial Regex HasContraction { get; }

    // "have I told you my address?" asks, for all that it begins like telling.
    [GeneratedRegex(@"^(?:the|my|our)\b(?!.*\b(?:is|are|was|were|lives|works|has|goes)\s+\S).*\?$", Loose)]
    private static partial Regex BareTopic { get; }

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

    [GeneratedRegex(@"^(?:(?:please\s+|do\s+|always\s+|try to\s+|i (?:want|need|would like) you to\s+|can you\s+|could you\s+|make sure (?:to|you)\s+)*"
        + @"(?:remember|memori[sz]e|note|make a note|take a note|jot(?: this)? down|write(?: this)? down|keep in mind|bear in mind|"
        + @"(?:do not|never) (?:let me )?forget|save this|store this|learn|know|mark down|take down|put on record)(?:\s+(?:for me|please|this|of this))?"
        + @"|(?:something|one thing|a fact|a note) (?:to|worth) (?:remember|remembering|know|knowing|keep in mind)(?: is)?"
        + @"|did i (?:ever |already )?(?:mention|tell you|say)|did you know|have i (?:ever |already )?(?:told you|mentioned|said)"
        + @"|note to self|for the record|for your records|for future reference)(?:\s+that)?\s*[,:;\-–—]*\s+", Loose)]
    private static partial Regex Urging { get; }

    [GeneratedRegex(@"^(?:[^:]{3,40}:(?=\s+(?:my|our|the|I|we)\b)|just|hi there|hi|hey there|hey|hello there|hello|oh|ah|well|so|ok|okay|alright|yes|yeah|yep|no(?=[,.!])|nope|anyway|anyhow|listen|look|guess what|"
        + @"fun fact|btw|by the way|fyi|for your information|for what it is worth|just so (?:that )?you know|just so you are aware|"
        + @"you should (?:also )?know|you (?:might|may) (?:want|like) to know|you might as well know|it is worth (?:knowing|noting|mentioning)|"
        + @"i (?:should|must|have to|might) (?:also )?(?:mention|say|add|tell you|admit|confess)|i (?:also )?(?:want|wanted|would like) (?:you to know|to (?:tell you|say|mention|share|add))|"
        + @"let me (?:tell you|share)(?: (?:something|a secret|a bit|a little)(?: about (?:me|myself))?)?|let me introduce myself|i forgot to (?:mention|tell you|say)|"
        + @"i (?:will|can|am going to) tell you(?: (?:something|a secret))?|in case you (?:wonder|wondered|were wondering|need it|are interested|ever need it|care|ask)|"
        + @"incidentally|actually|also|and|but|because|as you know|as i said|like i said|apparently|it turns out|turns out|to be honest|honestly|"
        + @"personally|these days|nowadays|currently|at the moment|right now|as of now|here is (?:a fact|something)(?: about me)?|speaking of which|"
        + @"(?:one|another|an?) (?:interesting |important |small |little |quick )?(?:thing|fact|detail)(?: about me)?(?: is)?|the (?:thing|fact) is|"
        + @"believe it or not|you know what|you know|you see|this might (?:help|be useful)|a (?:bit|little) about me|about me|random fact|quick note|"
        + @"i think you should know|without (?:a )?(?:question|doubt)|as far as i know|as a matter of fact|in fact|to my knowledge|i (?:think|believe|heard|learned|learnt)|originally|recently|lately|normally|i am telling you|i am happy to (?:say|tell you)|i am proud to say|if you must know|if it helps|one more thing|"
        + @"before i forget|before we (?:start|go on|continue)|correction|sorry|i mean|i meant to say|not sure if i (?:said|mentioned|told you)|"
        + @"if anyone asks)(?:\s+that)?(?:\s*[,:;.…\-–—]+\s*|\s+)", Loose)]
    private static partial Regex Opening { get; }

    [GeneratedRegex(@"^(?:who|whom|whose|what|which|where|when|how|why|if|whether)\b", Loose)]
    internal static partial Regex Interrogative { get; }
}
