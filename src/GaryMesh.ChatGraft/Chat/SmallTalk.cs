using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>What is said to small talk: something true rather than what a cortex of this size would make up. The rules stand in
/// <c>small-talk.txt</c>.</summary>
internal static partial class SmallTalk
{
    /// <summary>A rule: what it hears, what it says, and messages that it must and must not hear.</summary>
    internal sealed record Rule(string Name, Regex? Hears, IReadOnlyList<string> Says, IReadOnlyList<string> Like, IReadOnlyList<string> Unlike);

    /// <summary>The rules in their order.</summary>
    public static IReadOnlyList<Rule> Rules { get; } = [.. BlockText.Read("small-talk.txt", ["rule"], ["hears", "says", "like", "unlike"]).Select(block => new Rule(
        block.Name,
        block.Of("hears").Select(pattern => new Regex(pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)).SingleOrDefault(),
        [.. block.Of("says")], [.. block.Of("like")], [.. block.Of("unlike")]))];

    /// <summary>The rule that hears a message; null where none does.</summary>
    public static Rule? Heard(string message)
    {
        var plain = Utterance.WithoutContractions(Utterance.Clean(message)).Trim();
        return Rules.FirstOrDefault(rule => rule.Hears?.IsMatch(plain) == true);
    }

    /// <summary>What is said to a message; null where the cortex may speak.</summary>
    /// <param name="message">The message.</param>
    /// <param name="tells">Whether it told something that is kept.</param>
    /// <param name="seed">Draws one of several answers.</param>
    public static string? Answer(string message, bool tells, ulong seed)
    {
        var rule = Heard(message) ?? Rules.Single(rule => rule.Name == (tells ? "told" : "none"));
        return rule.Says.Count == 0 ? null : rule.Says[Counter.Below(rule.Says.Count, Counter.Mix(seed), 1)];
    }

    /// <summary>Whether a sentence claims that something was done, which this chat cannot do.</summary>
    public static bool Claims(string sentence) => Done.IsMatch(sentence);

    [GeneratedRegex(@"\b(?:book|reserv|schedul|confirm)(?:ed|ing|ation)s?\b|\bI(?: have|'ve| will|'ll| am| just| already)* (?:order|arrang|sent|send|bought|purchas|paid|cancel|call)\w*|\b(?:been|is|are) (?:ordered|placed|arranged)\b|\breference\b|\byour (?:order|table|tickets?|taxi)\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Done { get; }
}
