namespace GaryMesh.Cli.Pictures;

/// <summary>The colours of cells: red, green and blue of 0 to 255, cell by cell.</summary>
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

    /// <summary>Values of 0 to 1 in bytes; what lies outside is brought to the ends.</summary>
    public static byte[] Bytes(ReadOnlySpan<float> values)
    {
        var bytes = new byte[values.Length];

        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = Byte(values[i]);

        return bytes;
    }

    /// <summary>A lattice's cells as an image, one pixel a cell, or a square of `zoom` pixels a side; values are red, green and
    /// blue of 0 to 1.</summary>
    public static Pixels Image(int height, int width, ReadOnlySpan<float> values, int zoom = 1)
    {
        if (values.Length != 3 * height * width)
        {
            throw new ArgumentException(
                $"{height} x {width} cells need {3 * height * width} colour values, but {values.Length} are given.");
        }

        var (cells, rgb) = (Bytes(values), new byte[3 * checked(zoom * zoom * height * width)]);

        for (var i = 0; i < rgb.Length / 3; i++)
        {
            var (row, column) = (i / (zoom * width) / zoom, i % (zoom * width) / zoom);
            cells.AsSpan(3 * ((row * width) + column), 3).CopyTo(rgb.AsSpan(3 * i));
        }

        return new(zoom * width, zoom * height, rgb);
    }

    private static byte Byte(float value) => (byte)Math.Round(255 * Math.Clamp(value, 0, 1));

    private static byte[] Of(State state, Func<int, float> white)
    {
        var rgb = new byte[3 * state.Cells];

        for (var cell = 0; cell < state.Cells; cell++)
        {
            for (var channel = 0; channel < 3; channel++)
                rgb[(3 * cell) + channel] = Byte(white(cell) + state[cell, channel]);
        }

        return rgb;
    }
}
