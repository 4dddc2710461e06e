namespace GaryMesh.ChatLab.Grafts;

/// <summary>How far a difference between two arms depends on which dialogues happen to be held out.</summary>
public static class DialogueBootstrap
{
    private const int Draws = 10_000;

    /// <summary>The middle 95 % of the difference in nats a token over draws of the groups of dialogues with replacement (Efron and Tibshirani,
    /// *An Introduction to the Bootstrap*, 1993, chapter 13). Both arms are judged by the same groups, each by the mean of its runs.</summary>
    /// <exception cref="ArgumentException">A run holds no groups, or others.</exception>
    public static (double Low, double High) Interval(IReadOnlyList<GraftRun> one, IReadOnlyList<GraftRun> other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        var tokens = one[0].Tokens;

        if (tokens.Length == 0 || one.Concat(other).Any(run => !run.Tokens.AsSpan().SequenceEqual(tokens)))
            throw new ArgumentException("Runs are compared that were judged by the same groups of dialogues.");

        double[] differences = [.. tokens.Select((_, group) => one.Average(run => run.Nats[group]) - other.Average(run => run.Nats[group]))];
        var drawn = new double[Draws];

        for (var draw = 0; draw < Draws; draw++)
        {
            var (sum, count) = (0.0, 0L);
            var key = Counter.Key((ulong)draw, 0xB007);

            for (var i = 0; i < tokens.Length; i++)
            {
                var group = Counter.Below(tokens.Length, key, i);
                (sum, count) = (sum + differences[group], count + tokens[group]);
            }

            drawn[draw] = sum / count;
        }

        Array.Sort(drawn);
        return (drawn[Draws / 40], drawn[Draws - 1 - (Draws / 40)]);
    }
}
