using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads the rule of a pattern that grows: one that ships, by its name, or a file.</summary>
internal static class PatternRuleWord
{
    public static string Note =>
        $"A rule (--rule) is a file that grow train wrote, or one that ships: {string.Join(", ", ShippedRules.Names(ShippedRules.Growing))}.";

    public static Automaton Read(string word)
    {
        var automaton = ShippedRules.Read(ShippedRules.Growing, word, "A pattern's rule");
        return automaton.Rule.Shape.Channels >= GrowingRecipe.Shown
            ? automaton
            : throw new UserErrorException($"A pattern has {GrowingRecipe.Shown} channels that are seen, but {word} has {automaton.Rule.Shape.Channels}.");
    }
}
