using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads the rule of a pattern that grows: one that ships, by its name, or a file.</summary>
internal static class PatternRuleWord
{
    /// <summary>The names of the rules that ship.</summary>
    private static readonly string[] _names = ShippedRules.Names(ShippedRules.Growing);

    public static string Note => $"A rule (--rule) is a file that grow train wrote, or one that ships: {string.Join(", ", _names)}.";

    public static Automaton Read(string word)
    {
        var shipped = ShippedRules.Find(ShippedRules.Growing, word);

        if (shipped is null && !RuleWord.IsFile(word))
            throw new UserErrorException($"A pattern's rule is a file (.npz) or one of {string.Join(", ", _names)}, but '{word}' is none of them.");

        var automaton = shipped ?? RuleFile.Read(word);
        return automaton.Rule.Shape.Channels >= GrowingRecipe.Shown
            ? automaton
            : throw new UserErrorException($"A pattern has {GrowingRecipe.Shown} channels that are seen, but {word} has {automaton.Rule.Shape.Channels}.");
    }
}
