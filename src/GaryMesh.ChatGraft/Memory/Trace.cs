using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>What a forgotten thing is known by: sets of words, each of which names it where all its words stand in a text.</summary>
internal sealed partial class Trace
{
    private readonly List<string[]> _sets = [];
    private readonly List<string> _literally = [];

    /// <summary>The trace of a request and of the facts that it takes.</summary>
    /// <param name="words">The request's words.</param>
    /// <param name="forgotten">The facts that go.</param>
    /// <param name="living">The facts that stay: a word that they need names the forgotten only beside the others.</param>
    public Trace(string words, IReadOnlyList<Fact> forgotten, IEnumerable<Fact> living)
    {
        var held = living.Select(fact => Of(Text(fact))).ToArray();
        bool Lives(string[] set) => held.Any(text => text.IsSupersetOf(set));
        var whole = Set(words);
        foreach (var word in whole.Where(word => IsOwn(word) && !Lives([word]))) _sets.Add([word]);
        _sets.Add(whole);
        var values = forgotten.SelectMany(fact => fact.Former.Split('\n').Append(fact.Told.Value)).ToArray();
        _sets.AddRange(values.Select(Set));
        _sets.RemoveAll(set => set.Length == 0);
        _literally.AddRange(values.Append(words.Trim()).Where(one => one.Length > 3));
        Lasting = [.. _sets.Where(set => set.Any(IsOwn) && !Lives(set))];
    }

    /// <summary>The sets by which a replay is recognised: those that nothing else is known by.</summary>
    public IReadOnlyList<string[]> Lasting { get; }

    /// <summary>Whether a text names it.</summary>
    public bool IsIn(string text)
    {
        if (_literally.Any(one => text.Contains(one, StringComparison.OrdinalIgnoreCase))) return true;
        var words = Of(text);
        return _sets.Any(words.IsSupersetOf);
    }

    /// <summary>All that a fact says.</summary>
    public static string Text(Fact fact) => $"{fact.Told.Subject} {fact.Told.Value} {fact.Told.Sentence} {fact.Former}";

    /// <summary>A text's words, as they stand and as stems.</summary>
    public static HashSet<string> Of(string text)
    {
        var plain = Words.Plain(text).ToLowerInvariant();
        HashSet<string> words = [.. Words.Cues(text)];
        foreach (Match match in Piece.Matches(plain)) words.UnionWith([match.Value, Words.Canonical(match.Value)]);
        return words;
    }

    /// <summary>The words that a text is known by: those with a meaning, or all where none has one.</summary>
    public static string[] Set(string text) => Words.Cues(text) is { Length: > 0 } cues
        ? cues
        : [.. Piece.Matches(Words.Plain(text).ToLowerInvariant()).Select(match => match.Value).Distinct()];

    private static bool IsOwn(string word) => !Words.IsAttribute(word) && !Words.IsKind(word) && !Words.IsSilent(word) && word.Length > 1;

    [GeneratedRegex(@"[\p{L}\p{M}\p{N}]+", RegexOptions.CultureInvariant)]
    private static partial Regex Piece { get; }
}
