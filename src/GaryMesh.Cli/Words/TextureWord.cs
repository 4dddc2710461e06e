using System.Reflection;

namespace GaryMesh.Cli.Words;

/// <summary>Reads a texture's rule: one that ships, by its name, or a file.</summary>
internal static class TextureWord
{
    private const string Folder = "textures/", Ending = ".npz";

    private static readonly Assembly _assembly = typeof(TextureWord).Assembly;

    /// <summary>The names of the rules that ship.</summary>
    public static string[] Names { get; } =
    [
        .. _assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .Select(name => name[Folder.Length..^Ending.Length]).Order(StringComparer.Ordinal),
    ];

    public static string Note => $"A rule (--rule, --graft) is a file that texture train wrote, or one that ships: {string.Join(", ", Names)}.";

    /// <summary>The automaton of a word, with its palette.</summary>
    public static (Automaton Automaton, Palette Palette) Read(string word)
    {
        using var shipped = _assembly.GetManifestResourceStream(Folder + word + Ending);

        if (shipped is null && !word.EndsWith(Ending, StringComparison.OrdinalIgnoreCase))
            throw new UserErrorException($"A texture's rule is a file (.npz) or one of {string.Join(", ", Names)}, but '{word}' is none of them.");

        var automaton = shipped is null ? RuleFile.Read(word) : RuleFile.Read(shipped, word);
        return automaton.Palette is { } palette
            ? (automaton, palette)
            : throw new UserErrorException($"{word} holds no palette, so it is no texture's rule: gary-mesh run runs any other.");
    }
}
