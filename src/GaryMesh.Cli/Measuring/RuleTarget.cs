using System.CommandLine;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Measuring;

/// <summary>Where a trained rule goes, and whether in bytes.</summary>
internal sealed record RuleTarget(string Path, bool Bytes)
{
    public static Option<bool> InBytes() => new("--int8") { Description = "Write the weights as one byte each, with a scale a row." };

    public void Write(Outputs outputs, Automaton automaton) => outputs.Write(Path, path =>
    {
        if (Bytes)
            RuleFile.WriteBytes(path, automaton);
        else
            RuleFile.Write(path, automaton);
    });

    /// <summary>Writes it, and gives the automaton that whoever reads the file has: of bytes it is not quite the one that was trained.</summary>
    public Automaton Written(Outputs outputs, Automaton automaton)
    {
        Write(outputs, automaton);
        return Bytes && outputs.Holds(Path) ? RuleFile.Read(Path) : automaton;
    }
}
