namespace GaryMesh.ChatLab.Grafts;

/// <summary>Whether one arm is better than another over the same seeds.</summary>
public static class PairedTest
{
    /// <summary>Wilcoxon's signed-rank test, exact and two-sided: the share of all ways to draw the signs under which the ranks of the
    /// positive differences sum to something at least as far from their mean (Wilcoxon, Biometrics Bulletin 1945). Up to 20 pairs.</summary>
    /// <exception cref="ArgumentException">There are none, or more.</exception>
    public static double SignedRank(IReadOnlyList<double> differences)
    {
        ArgumentNullException.ThrowIfNull(differences);
        double[] real = [.. differences.Where(difference => difference != 0)];

        if (differences.Count is 0 or > 20)
            throw new ArgumentException($"The exact test takes 1 to 20 pairs, not {differences.Count}.");

        if (real.Length == 0)
            return 1;

        // Equal sizes share the mean of their ranks.
        double[] ranks = [.. real.Select(own => 1 + real.Count(other => Math.Abs(other) < Math.Abs(own))
            + (0.5 * (real.Count(other => Math.Abs(other) == Math.Abs(own)) - 1)))];
        var middle = ranks.Sum() / 2;
        var seen = Math.Abs(ranks.Where((_, i) => real[i] > 0).Sum() - middle);
        var extreme = 0;

        for (var signs = 0; signs < 1 << real.Length; signs++)
        {
            var drawn = signs;

            if (Math.Abs(ranks.Where((_, i) => ((drawn >> i) & 1) == 1).Sum() - middle) >= seen - 1e-9)
                extreme++;
        }

        return (double)extreme / (1 << real.Length);
    }

    /// <summary>Holm's correction for several tests at once (Scandinavian Journal of Statistics 1979), in the order given.</summary>
    public static double[] Holm(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var corrected = new double[values.Count];
        var least = 0.0;
        var rank = 0;

        foreach (var index in Enumerable.Range(0, values.Count).OrderBy(index => values[index]))
        {
            least = Math.Max(least, Math.Min(1, values[index] * (values.Count - rank++)));
            corrected[index] = least;
        }

        return corrected;
    }
}
