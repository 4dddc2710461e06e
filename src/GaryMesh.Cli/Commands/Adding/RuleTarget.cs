using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Commands.Adding;

/// <summary>Where a trained rule goes, and whether in bytes.</summary>
internal sealed record RuleTarget(string Path, bool Bytes)
{
    public void Write(Outputs outputs, Automaton automaton) => outputs.Write(Path, path =>
    {
        if (Bytes)
            RuleFile.WriteBytes(path, automaton);
        else
            RuleFile.Write(path, automaton);
    });
}
