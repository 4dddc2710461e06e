// Which parts of the cells' final states a featurizer gives: chosen channels of every cell, or their statistics over all.

namespace GaryMesh.MLNet.Rows;

/// <summary>Chosen channels of every cell, cell by cell; or, pooled, four statistics of each over all cells.</summary>
internal sealed record FeatureChoice(int[] Channels, bool Pooled)
{
    private static readonly string[] _statistics = ["mean", "deviation", "least", "greatest"];

    public string[] Slots(int cells) => Pooled
        ? [.. Channels.SelectMany(channel => _statistics.Select(statistic => $"channel {channel} {statistic}"))]
        : [.. Enumerable.Range(0, cells).SelectMany(cell => Channels.Select(channel => $"cell {cell} channel {channel}"))];

    /// <summary>Picks the features out of a state [cells x channels].</summary>
    public void Pick(ReadOnlySpan<float> state, int channels, Span<float> features)
    {
        if (Pooled)
        {
            for (var index = 0; index < Channels.Length; index++)
                Summarise(state, channels, Channels[index], features.Slice(_statistics.Length * index, _statistics.Length));
            return;
        }

        var next = 0;
        for (var from = 0; from < state.Length; from += channels)
        {
            foreach (var channel in Channels)
                features[next++] = state[from + channel];
        }
    }

    private static void Summarise(ReadOnlySpan<float> state, int channels, int channel, Span<float> into)
    {
        double sum = 0, squares = 0;
        float least = float.PositiveInfinity, greatest = float.NegativeInfinity;
        for (var at = channel; at < state.Length; at += channels)
        {
            var value = state[at];
            sum += value;
            squares += (double)value * value;
            least = MathF.Min(least, value);
            greatest = MathF.Max(greatest, value);
        }

        var cells = state.Length / channels;
        var mean = sum / cells;
        into[0] = (float)mean;
        into[1] = (float)Math.Sqrt(Math.Max(0, squares / cells - mean * mean));
        into[2] = least;
        into[3] = greatest;
    }
}
