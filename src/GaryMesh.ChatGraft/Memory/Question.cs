using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>Tells clauses that ask from clauses that state, for the forms of statements.</summary>
internal static class Question
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

    private static readonly FrozenSet<string> _knowing = English.Words("knowing").ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> _leading = English.Words("leading").ToFrozenSet(StringComparer.Ordinal);

    private static Regex Announcing { get; } = English.Pattern("announcing");
    private static Regex Introducing { get; } = English.Pattern("introducing");
    private static Regex Inner { get; } = English.Pattern("inner");
    private static Regex OfMine { get; } = English.Pattern("of-mine");
    private static Regex Telling { get; } = English.Pattern("leading-to-telling");

    private static Regex Asking { get; } = English.Pattern("asking");
    private static Regex Inquiring { get; } = English.Pattern("inquiring");
    private static Regex When { get; } = English.Pattern("when");
}
