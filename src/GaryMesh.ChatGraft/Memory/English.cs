using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>One way to state something: a pattern that finds the subject <c>s</c>, the value <c>v</c> and, where the form leaves it
/// open, the relation <c>r</c>.</summary>
internal sealed record StatementForm(Regex Pattern, string? Relation);

/// <summary>English as the memory knows it, from <c>english.txt</c>: forms of statements, patterns, phrases and words.</summary>
internal static class English
{
    /// <summary>What the text holds, with the parts that patterns name put in.</summary>
    public static IReadOnlyList<TextBlock> Blocks { get; } = [.. Whole()];

    private static readonly Dictionary<string, TextBlock> _patterns = Blocks.Where(block => block.Kind == "pattern").ToDictionary(block => block.Name);

    /// <summary>The ways of stating something, the particular ones before the general.</summary>
    public static IReadOnlyList<StatementForm> Forms { get; } =
        [.. Blocks.Where(block => block.Kind == "form").Select(block => new StatementForm(PatternOf(block), block.Of("relation").SingleOrDefault()))];

    /// <summary>What people say for one word, in the order in which it is replaced.</summary>
    public static IReadOnlyList<(Regex Phrase, string Word)> Phrases { get; } =
        [.. Blocks.Where(block => block.Kind == "phrase").Select(block => (PatternOf(block), block.Name))];

    /// <summary>A pattern by its name.</summary>
    public static Regex Pattern(string name) => PatternOf(_patterns[name]);

    /// <summary>The lines of a list of words.</summary>
    public static IEnumerable<string[]> Lines(string name) => Blocks.Single(block => block.Kind == "words" && block.Name == name).Of("are").Select(line => line.Split(' '));

    /// <summary>All words of a list.</summary>
    public static IEnumerable<string> Words(string name) => Lines(name).SelectMany(line => line);

    /// <summary>The pattern of a block. A phrase stands between other words.</summary>
    public static Regex PatternOf(TextBlock block)
    {
        var cased = block.Of("cased").SingleOrDefault();
        var pattern = cased ?? block.Of("hears").Single();
        return new Regex(block.Kind == "phrase" ? $@"\b(?:{pattern})\b" : pattern, RegexOptions.CultureInvariant | (cased is null ? RegexOptions.IgnoreCase : RegexOptions.None));
    }

    private static IEnumerable<TextBlock> Whole()
    {
        var parts = new Dictionary<string, string>();
        string Filled(string text) => parts.Aggregate(text, (filled, part) => filled.Replace($"{{{part.Key}}}", part.Value, StringComparison.Ordinal));

        foreach (var block in BlockText.Read("english.txt", ["let", "pattern", "form", "phrase", "words"], ["is", "hears", "cased", "relation", "like", "unlike", "are"]))
        {
            if (block.Kind == "let") parts[block.Name] = Filled(block.Of("is").Single());
            else yield return block with { Lines = [.. block.Lines.Select(line => (line.Key, line.Key is "hears" or "cased" ? Filled(line.Value) : line.Value))] };
        }
    }
}
