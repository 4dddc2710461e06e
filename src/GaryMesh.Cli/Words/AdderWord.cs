using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads a rule that adds: one that ships, or a file.</summary>
internal static class AdderWord
{
    public const string Note = """
        A rule (--rule) is a file that add train wrote, or published, the rule of 26,448 parameters that ships, or published-int8, the same in
        bytes; without one it is the small rule that ships, of 747 parameters.
        """;

    public const string Published = "published";

    /// <summary>The shape with one dense rule of equal compute in place of the mixture.</summary>
    public const string Dense = "published-dense";

    /// <summary>The rules that ship.</summary>
    private static readonly string[] _shipped = [Small, Published, "published-int8"];

    private const string Small = "adder";

    /// <summary>Strips of cells under the rule, at its own fire rate or another.</summary>
    public static Adder Read(string? path, double? fireRate, int threads)
    {
        var automaton = Automaton(path);

        if (fireRate is 0)
            throw new UserErrorException("Cells that never fire add nothing: --fire-rate must be above 0.");

        return new Adder(fireRate is { } rate ? automaton.WithFireRate(rate) : automaton, new EngineOptions { Threads = threads });
    }

    private static Automaton Automaton(string? path)
    {
        var word = path ?? Small;

        return (_shipped.Contains(word) ? ShippedRules.Find(ShippedRules.Adding, word) : null) ?? RuleFile.Read(word);
    }
}
