using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;

namespace GaryMesh.Cli.Commands.Adding;

/// <summary>How sums are run.</summary>
internal sealed record SumRun(ulong Seed, int Votes, int? Steps)
{
    /// <summary>Adds strips of at most so many cells, and says after how many steps at most.</summary>
    public (Addition Addition, int Most) Add(Adder adder, Addends[] strips)
    {
        var most = Steps ?? adder.Steps(strips.Max(strip => strip.Cells));
        return (adder.Vote(strips, Seed, Votes, most), most);
    }

    /// <summary>Warns of what keeps an answer from being certain; the exit code.</summary>
    public static int End(Terminal terminal, Adder adder, bool settled, int steps, int needed)
    {
        if (adder.Proof is { IsProved: false })
        {
            terminal.Warn(
                $"The rule is wrong or not certain in {adder.Proof.Wrong.Length} of {adder.Proof.Contexts} contexts (gary-mesh add prove), so an answer may be wrong.");
        }
        else if (!settled && steps < needed)
        {
            terminal.Warn($"After {Counted.Of(steps, "step")} cells could still change, and {needed:N0} may be needed, so an answer may be wrong.");
        }
        else
        {
            return ExitCode.Done;
        }

        return ExitCode.Failed;
    }
}
