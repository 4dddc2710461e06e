using System.Reflection;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>The trained rules that the command carries, a folder for each kind, as in models/.</summary>
internal static class ShippedRules
{
    public const string Textures = "textures", Growing = "growing", Digits = "digits", Adding = "adding";

    private const string Ending = ".npz";

    private static readonly Assembly _assembly = typeof(ShippedRules).Assembly;

    private static readonly string[] _files = [.. _assembly.GetManifestResourceNames().Where(name => name.EndsWith(Ending, StringComparison.Ordinal))];

    /// <summary>The names of the rules of a folder, in alphabetical order.</summary>
    public static string[] Names(string folder) =>
        [.. _files.Where(file => file.StartsWith(folder + "/", StringComparison.Ordinal)).Select(Path.GetFileNameWithoutExtension).OfType<string>().Order(StringComparer.Ordinal)];

    /// <summary>The names of the rules that need no inputs, so that they run on their own.</summary>
    public static IEnumerable<string> OnTheirOwn => [.. Names(Textures), .. Names(Growing)];

    /// <summary>Whether a word is a file, and no rule that ships.</summary>
    public static bool IsFile(string word) => word.EndsWith(Ending, StringComparison.OrdinalIgnoreCase);

    public static bool Has(string name) => OnTheirOwn.Contains(name);

    /// <summary>The rule of that name, or null where none ships.</summary>
    public static Automaton? Find(string folder, string name)
    {
        using var file = _assembly.GetManifestResourceStream($"{folder}/{name}{Ending}");
        return file is null ? null : RuleFile.Read(file, $"the rule '{name}' that ships");
    }

    /// <summary>The rule of a folder by its name, or of a file.</summary>
    /// <param name="folder">Where the rules that ship lie.</param>
    /// <param name="word">A name or a path.</param>
    /// <param name="what">What the rule is, to begin a sentence with.</param>
    public static Automaton Read(string folder, string word, string what) => Find(folder, word)
        ?? (IsFile(word)
            ? RuleFile.Read(word)
            : throw new UserErrorException($"{what} is a file (.npz) or one of {string.Join(", ", Names(folder))}, but '{word}' is none of them."));

    /// <summary>The rule of that name that runs on its own, or null where none ships.</summary>
    public static Automaton? Find(string name) => Find(Textures, name) ?? Find(Growing, name);
}
