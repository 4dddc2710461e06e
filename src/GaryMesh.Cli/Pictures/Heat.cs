using System.Globalization;

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

    /// <summary>Draws the colours from -max to max, upwards, with numbers beside them.</summary>
    public static void DrawScale(ICanvas canvas, double x, double y, double height, double max)
    {
        canvas.Image(x, y, 12, height, Image([.. Enumerable.Range(0, 128).Select(i => (float[])[1f - (2f * i / 127)])], 1));
        double[] fractions = height < 60 ? [1, -1] : [1, 0.5, 0, -0.5, -1];

        foreach (var fraction in fractions)
        {
            var place = new Place(x + 18, y + (height * 0.5 * (1 - fraction)) + 4);
            canvas.Text(place, Number(fraction * max), Ink.Muted, 11.5, Anchor.Start);
        }
    }

    /// <summary>Three digits, so that neither a small nor a large scale reads 0 or leaves the picture.</summary>
    private static string Number(double value) =>
        Math.Abs(value) is 0 or (>= 0.01 and < 10000)
            ? value.ToString("0.###", CultureInfo.InvariantCulture)
            : value.ToString("0.##E+0", CultureInfo.InvariantCulture);

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
