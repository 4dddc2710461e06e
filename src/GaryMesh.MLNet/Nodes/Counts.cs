// Tells bags of words from measurements.
namespace GaryMesh.MLNet.Nodes;

internal static class Counts
{
    /// <summary>
    /// Whether rows are counts of many things, a few of which each row has: no number is negative, at most a quarter is above 0, and no column
    /// has more than a quarter of the whole sum, as an age or an income among indicators would.
    /// </summary>
    /// <param name="features">[rows x columns]; NaN does not count.</param>
    /// <param name="columns">Number of columns.</param>
    public static bool AreCounts(ReadOnlySpan<float> features, int columns)
    {
        var sums = new double[columns];
        var (present, column) = (0L, 0);
        foreach (var value in features)
        {
            if (value < 0)
                return false;
            if (value > 0)
            {
                present++;
                sums[column] += value;
            }

            column = column + 1 == columns ? 0 : column + 1;
        }

        return present > 0 && 4 * present <= features.Length && 4 * sums.Max() <= sums.Sum();
    }
}
