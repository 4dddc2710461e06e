// Weights by which each class counts the same.
namespace GaryMesh.MLNet.Training;

internal static class ClassWeights
{
    /// <summary>The weights divided by those of all labels of the same class, on average as large as before.</summary>
    /// <param name="labels">The class of each target; NaN for none.</param>
    /// <param name="weights">The weight of each, or null for 1.</param>
    public static float[] Balance(IReadOnlyList<float> labels, IReadOnlyList<float>? weights)
    {
        var sums = new Dictionary<float, double>();
        for (var at = 0; at < labels.Count; at++)
        {
            if (!float.IsNaN(labels[at]))
                sums[labels[at]] = sums.GetValueOrDefault(labels[at]) + (weights?[at] ?? 1);
        }

        var mean = sums.Values.Sum() / Math.Max(1, sums.Count(sum => sum.Value > 0));
        return [.. labels.Select((label, at) => sums.GetValueOrDefault(label) is > 0 and var sum ? (float)((weights?[at] ?? 1) * mean / sum) : 0)];
    }
}
