namespace GaryMesh.Cli.Pictures;

/// <summary>The colours of a state's cells: red, green and blue of 0 to 255, cell by cell.</summary>
internal static class Colours
{
    /// <summary>One channel in the colours of <see cref="Heat" />, scaled by the largest absolute value.</summary>
    public static byte[] OfChannel(State state, int channel)
    {
        float[][] values = [state.Channel(channel)];
        return Heat.Image(values, Heat.Max(values)).Rgb;
    }

    /// <summary>The channels 0 to 2 as red, green and blue from 0 to 1.</summary>
    public static byte[] OfThree(State state) => Of(state, _ => 0);

    /// <summary>The channels 0 to 2, already multiplied with the opacity that is channel 3, over white.</summary>
    public static byte[] OverWhite(State state) => Of(state, cell => 1 - Math.Clamp(state[cell, 3], 0, 1));

    private static byte[] Of(State state, Func<int, float> white)
    {
        var rgb = new byte[3 * state.Cells];

        for (var cell = 0; cell < state.Cells; cell++)
        {
            for (var channel = 0; channel < 3; channel++)
                rgb[(3 * cell) + channel] = (byte)Math.Round(255 * Math.Clamp(white(cell) + state[cell, channel], 0, 1));
        }

        return rgb;
    }
}
