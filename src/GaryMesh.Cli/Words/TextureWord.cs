using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads a texture's rule: one that ships, by its name, or a file.</summary>
internal static class TextureWord
{
    /// <summary>The names of the rules that ship.</summary>
    public static string[] Names { get; } = ShippedRules.Names(ShippedRules.Textures);

    public static string Note => $"A rule is a file that texture train wrote, or one that ships: {string.Join(", ", Names)}.";

    /// <summary>The automaton of a word, with its palette.</summary>
    public static (Automaton Automaton, Palette Palette) Read(string word)
    {
        var automaton = ShippedRules.Read(ShippedRules.Textures, word, "A texture's rule");
        return automaton.Palette is { } palette
            ? (automaton, palette)
            : throw new UserErrorException($"{word} holds no palette, so it is no texture's rule: gary-mesh run runs any other.");
    }
}
