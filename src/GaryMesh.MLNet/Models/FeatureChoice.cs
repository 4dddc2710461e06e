// Which parts of the cells' final states a featurizer gives: chosen channels of every cell, or their statistics over all.
namespace GaryMesh.MLNet.Models;

/// <summary>Chosen channels of every cell, cell by cell; or, pooled, four statistics of each over all cells.</summary>
/// <param name="Column">The column to add.</param>
/// <param name="Channels">The channels in the order of the features.</param>
/// <param name="Pooled">Whether the statistics are wanted.</param>
internal sealed record FeatureChoice(string Column, int[] Channels, bool Pooled)
{
    private static readonly string[] _statistics = ["mean", "std", "min", "max"];

    public Outputs Outputs(int cells) => new FeatureOutputs(Column, Pooled
        ? [.. Channels.SelectMany(channel => _statistics.Select(statistic => $"channel {channel} {statistic}"))]
        : [.. Enumerable.Range(0, cells).SelectMany(cell => Channels.Select(channel => $"cell {cell} channel {channel}"))]);

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
        float min = float.PositiveInfinity, max = float.NegativeInfinity;
        for (var at = channel; at < state.Length; at += channels)
        {
            var value = state[at];
            sum += value;
            squares += (double)value * value;
            min = MathF.Min(min, value);
            max = MathF.Max(max, value);
        }

        var cells = state.Length / channels;
        var mean = sum / cells;
        into[0] = (float)mean;
        into[1] = (float)Math.Sqrt(Math.Max(0, squares / cells - mean * mean));
        into[2] = min;
        into[3] = max;
    }
}
