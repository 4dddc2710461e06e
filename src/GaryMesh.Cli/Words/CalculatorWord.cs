using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads a rule that calculates, one that ships or a file, and the name of an operation.</summary>
internal static class CalculatorWord
{
    public const string Note = """
        A rule (--rule) is a file that calculate train wrote; without one it is the rule that ships, of 3,990 parameters.

        An operation is add (+), subtract (-), compare (is the first number the greater one: 1 or 0) or maximum.
        """;

    private const string Shipped = "operations";

    /// <summary>Strips of cells under the rule, at its own fire rate or another.</summary>
    public static Calculator Read(string? path, double? fireRate, int threads)
    {
        if (fireRate is 0)
            throw new UserErrorException("Cells that never fire calculate nothing: --fire-rate must be above 0.");

        var automaton = path is null ? ShippedRules.Find(ShippedRules.Adding, Shipped)! : RuleFile.Read(path);
        return new Calculator(fireRate is { } rate ? automaton.WithFireRate(rate) : automaton, new EngineOptions { Threads = threads });
    }

    public static Operation Operation(string word) => word switch
    {
        "add" or "+" => GaryMesh.Operation.Add,
        "subtract" or "-" => GaryMesh.Operation.Subtract,
        "compare" or ">" => GaryMesh.Operation.Compare,
        "maximum" or "max" => GaryMesh.Operation.Maximum,
        _ => throw new UserErrorException($"An operation is add, subtract, compare or maximum, but '{word}' is none of them."),
    };
}
