namespace GaryMesh.Cli.Words;

/// <summary>Reads a rule that adds: the one that ships, or a file.</summary>
internal static class AdderWord
{
    public const string Note = "A rule (--rule) is a file that add train wrote; without one it is the rule that ships, of 747 parameters.";

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
        if (path is not null)
            return RuleFile.Read(path);

        using var shipped = typeof(AdderWord).Assembly.GetManifestResourceStream("adding/adder.npz")!;
        return RuleFile.Read(shipped, "the rule that ships");
    }
}
