using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>Tells clauses that ask from clauses that state, for the forms of statements.</summary>
internal static partial class Question
{
    /// <summary>Whether a clause asks rather than tells, question mark or not.</summary>
    internal static bool Asks(string clause)
    {
        clause = Utterance.WithoutOpenings(clause, out _);
        if (Announcing.IsMatch(clause)) return false;
        return (Asking.IsMatch(clause) && !Introducing.IsMatch(clause)) || (Wraps(clause, out var inner) && Inquiring.IsMatch(inner));
    }

    // "Would you mind telling me what ..." leads up to a question: words that hold a sentence together, and among them one
    // for knowing or telling.
    private static bool Wraps(string clause, out string inner)
    {
        var wraps = false;
        inner = clause;

        foreach (Match match in Words.Word.Matches(clause))
        {
            var word = match.Value.ToLowerInvariant();
            var end = match.Index + match.Length;
            var knows = _knowing.Contains(word) || _knowing.Contains(Words.Stem(word));
            if (Inner.IsMatch(clause[match.Index..]) || !(knows || _leading.Contains(word))) break;
            wraps |= knows;
            inner = clause[end..].TrimStart(' ', ',', ':', ';', '-', '–', '—', '.', '!', '…');
        }

        // "You know, my nephew has ...", "you need the code ..." and "I told you that ..." state something.
        return wraps && inner.Length > 0 && (Asking.IsMatch(inner) || clause.EndsWith('?')
            || !(Telling.IsMatch(clause[..^inner.Length]) || (OfMine.IsMatch(clause) && !When.IsMatch(inner) && !Words.Cues(inner).Any(Words.IsAttribute))));
    }

    private static readonly FrozenSet<string> _knowing =
        ("know remember recall recollect remind reminding tell telling told mentioned said say saying name repeat guess forgot forgotten forget idea clue memorised memorized "
        + "wonder wondering sure slipped mind memory need help give show confirm recite chance hear reminded check find look ask asking "
        + "bet think unsure list spell state").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> _leading =
        ("please now so let's and hey ok okay quick question a an one more quiz time pop test small let us see can could would will do did have has you i we me "
        + "am are is it out of curiosity just checking again sorry still even by any perhaps maybe happen to be able possibly kindly if whether that for "
        + "about with on up refresh lost track not cannot seem quite really totally completely honestly surely must should probably certainly course "
        + "trying was like want love got keep kept lately another favour favor try mine in case good hi hello well right actually or at all back from "
        + "question curious here there hm hmm oh listen once anyone anybody somebody someone remembering knowing fails escapes also").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private const RegexOptions Loose = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    private const string Wh = "who|whereabouts|whom|whose|what|which|where|when|how|in (?:what|which)|at (?:what|which)|on (?:what|which)|under (?:what|which)|by (?:what|which)|to (?:what|which)|with (?:what|which)|for (?:whom|what|which)|from (?:what|which|where)|with whom";

    [GeneratedRegex(@"^(?:guess|you know|know) what$", Loose)]
    private static partial Regex Announcing { get; }

    // "Who you are talking to, this is Ada" tells.
    [GeneratedRegex(@"^(?:who|what|where|which|when|how)\b[^?]*, (?i:this|it|that|I|my|the)\b[^?]*\p{Lu}[^?]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Introducing { get; }

    // What a question proper begins with.
    [GeneratedRegex(@"^(?:" + Wh + @"|(?:the|my|our|your)\b|name of\b)", Loose)]
    private static partial Regex Inner { get; }

    // "I forgot my backpack at the station" is no question, "I forgot my brother's name" is.
    [GeneratedRegex(@"\bI\b.*\b(?:my|our|the)\b", Loose)]
    private static partial Regex OfMine { get; }

    // What leads up to a statement rather than to a question.
    [GeneratedRegex(@"[,:;]\s*$|\b(?:told|mentioned|said)\b|^you\b.*\b(?:need|find|check|show|look)\b", Loose)]
    private static partial Regex Telling { get; }

    // "Had to scrape the windscreen" asks nothing.
    private const string Whom = @"\s+(?:not\s+)?(?:I|you|u|we|he|she|it|they|my|our|your|his|her|its|their|the|this|that|these|those|there|an?|any\w*|some\w*|every\w*|no\w*|all|both|one|what|(?-i:\p{Lu}))";

    [GeneratedRegex(@"^(?:(?:" + Wh + @"|why)\b|(?:do|does|did|is|are|was|were|am|can|could|would|will|should|have|has|had|may|shall)\b(?=" + Whom + @"|.*\?$))", Loose)]
    private static partial Regex Asking { get; }

    // What follows a wrapping when it is a question and no statement: "what ...", "my dog's name", but not "my dog is Rex".
    [GeneratedRegex(@"^(?:" + Wh + @"|if|whether|about)\b|^(?:the|my|our)\s+[\p{L}\-]+\s+(?:where|who|which|that|in which)\b|^the\s+[\p{L}\-]+\s+(?:I|we|my|our)\b(?!.*\b(?:is|was)(?: called| named)? (?-i:\p{Lu}))|^(?:the )?name of\b(?!.*\b(?:is|was) (?-i:\p{Lu}))|^(?:the|my|our)\b(?!.*\b(?:is|are|was|were|lives|works|has|had|will)\s+\S)", Loose)]
    private static partial Regex Inquiring { get; }

    [GeneratedRegex(@"^when\b|\b(?:what|which) (?:day|date|year|month|time)\b|\bdates? (?:of|for)\b|\bbirthday\b|\bhow long\b", Loose)]
    private static partial Regex When { get; }
}
