namespace GaryMesh.Cli.Pictures;

/// <summary>Pictures at another scale.</summary>
internal static class Resample
{
    /// <summary>An exemplar enlarged by a factor: each new pixel is the mean of the old picture over its square, between pixels by bilinear interpolation.</summary>
    public static Exemplar Picture(Exemplar exemplar, int height, int width, double factor)
    {
        var (rows, columns, maps) = (Scaled(height, factor), Scaled(width, factor), exemplar.Maps);
        // samples a side of a new pixel, whose mean it is: one where pixels grow, and as many as it covers where they shrink.
        var samples = Math.Max(1, (int)Math.Ceiling(1 / factor));
        var values = new float[rows * columns * maps];
        var from = exemplar.Values.Span;

        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var pixel = values.AsSpan(((row * columns) + column) * maps, maps);

                for (var sample = 0; sample < samples * samples; sample++)
                {
                    var y = ((row + ((sample / samples) + 0.5) / samples) * height / rows) - 0.5;
                    var x = ((column + ((sample % samples) + 0.5) / samples) * width / columns) - 0.5;
                    Add(from, y, x, pixel);
                }
            }
        }

        return Exemplar.Picture(rows, columns, maps, values, exemplar.Tiles);

        void Add(ReadOnlySpan<float> source, double y, double x, Span<float> pixel)
        {
            var (top, left) = (Math.Floor(y), Math.Floor(x));

            for (var corner = 0; corner < 4; corner++)
            {
                var (down, right) = (corner / 2, corner % 2);
                var weight = Math.Abs(1 - down - (y - top)) * Math.Abs(1 - right - (x - left)) / (samples * samples);
                var at = ((Inside((int)top + down, height) * width) + Inside((int)left + right, width)) * maps;

                for (var map = 0; map < maps; map++)
                    pixel[map] += (float)(weight * source[at + map]);
            }
        }

        // Beyond a border lies the opposite side, or the border itself.
        int Inside(int at, int count) => exemplar.Tiles ? (at + count) % count : Math.Clamp(at, 0, count - 1);
    }

    private static int Scaled(int count, double factor) => Math.Max(16, (int)Math.Round(factor * count));
}
