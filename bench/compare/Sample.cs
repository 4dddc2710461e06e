// Repeated measurements of one quantity and what is quoted of them.
using System.Diagnostics;

namespace GaryMesh.Compare;

/// <summary>Values measured round by round, in the order of the rounds.</summary>
public sealed record Sample(IReadOnlyList<double> Values)
{
    public double Median => Quantile(0.5);
    public double LowerQuartile => Quantile(0.25);
    public double UpperQuartile => Quantile(0.75);

    /// <summary>Linear between the two values that enclose it.</summary>
    public double Quantile(double q)
    {
        var sorted = Values.Order().ToArray();
        var at = q * (sorted.Length - 1);
        var below = (int)at;
        return below + 1 < sorted.Length
            ? sorted[below] + (at - below) * (sorted[below + 1] - sorted[below])
            : sorted[below];
    }

    /// <summary>Round by round, so that what slows a whole round cancels.</summary>
    public static Sample operator /(Sample a, Sample b) => new([.. a.Values.Zip(b.Values, (x, y) => x / y)]);
}

public static class Clock
{
    /// <summary>Seconds that one call takes.</summary>
    public static double Seconds(Action work)
    {
        var began = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Mean seconds a call, over as many calls as fill `budget` seconds, at least one.</summary>
    public static double MeanSeconds(double budget, Action work)
    {
        var began = Stopwatch.GetTimestamp();
        var calls = 0;
        double elapsed;
        do
        {
            work();
            calls++;
            elapsed = Stopwatch.GetElapsedTime(began).TotalSeconds;
        } while (elapsed < budget);

        return elapsed / calls;
    }
}
