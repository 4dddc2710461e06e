namespace GaryMesh.Cli.Words;

/// <summary>What a training aims at: values [cells x channels] for as many of a state's channels in a row.</summary>
internal sealed record Target(float[] Values, int Channels)
{
    /// <summary>The mean squared difference from a state's channels, the first of which is given.</summary>
    public Loss Loss(int first, int stateChannels) =>
        Channels == 1
            ? new MeanSquared(Values, first)
            : new MeanSquared(
                State.Create(
                    Values.Length / Channels,
                    stateChannels,
                    (cell, channel) => channel >= first && channel < first + Channels
                        ? Values[(cell * Channels) + channel - first]
                        : 0),
                [.. Enumerable.Range(first, Channels)],
                null);

    /// <summary>The correlation with a state's channels.</summary>
    public double Correlation(State state, int first)
    {
        var shown = new float[Values.Length];

        for (var i = 0; i < shown.Length; i++)
            shown[i] = state[i / Channels, first + (i % Channels)];

        return Metrics.Correlation(shown, Values);
    }
}
