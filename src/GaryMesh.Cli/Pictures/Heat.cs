namespace GaryMesh.Cli.Pictures;

/// <summary>Colours for numbers: blue below zero, white at zero, red above.</summary>
internal static class Heat
{
    private static readonly (double Red, double Green, double Blue)[] _stops =
    [
        (10, 52, 110), (38, 114, 186), (129, 180, 221), (216, 231, 243), (250, 250, 249), (252, 224, 205), (241, 158, 114),
        (208, 82, 52), (122, 18, 28),
    ];

    /// <summary>An image of rows of values, scaled so that `max` is the strongest colour.</summary>
    public static Pixels Image(IReadOnlyList<float[]> rows, double max)
    {
        var width = rows[0].Length;
        var rgb = new byte[3 * width * rows.Count];

        for (var row = 0; row < rows.Count; row++)
        {
            for (var column = 0; column < width; column++)
                Paint(rows[row][column] / max, rgb.AsSpan(3 * ((row * width) + column), 3));
        }

        return new Pixels(width, rows.Count, rgb);
    }

    /// <summary>The colours from -1 to 1, upwards.</summary>
    public static Pixels Bar() => Image([.. Enumerable.Range(0, 128).Select(i => (float[])[1f - (2f * i / 127)])], 1);

    /// <summary>A round number that no absolute value exceeds by much: what the strongest colour stands for.</summary>
    public static double Max(IEnumerable<float[]> rows)
    {
        var max = rows.SelectMany(row => row).Where(float.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();

        if (max == 0)
            return 1;

        var power = Math.Pow(10, Math.Floor(Math.Log10(max)) - 1);
        return Math.Ceiling(max / power - 1e-6) * power;
    }

    private static void Paint(double value, Span<byte> rgb)
    {
        // NaN has a colour of its own.
        if (double.IsNaN(value))
        {
            rgb[0] = 60;
            rgb[1] = 200;
            rgb[2] = 60;
            return;
        }

        var at = 0.5 * (Math.Clamp(value, -1, 1) + 1) * (_stops.Length - 1);
        var low = Math.Min((int)at, _stops.Length - 2);
        var fraction = at - low;
        var (a, b) = (_stops[low], _stops[low + 1]);
        rgb[0] = (byte)Math.Round(a.Red + (fraction * (b.Red - a.Red)));
        rgb[1] = (byte)Math.Round(a.Green + (fraction * (b.Green - a.Green)));
        rgb[2] = (byte)Math.Round(a.Blue + (fraction * (b.Blue - a.Blue)));
    }
}
