namespace GaryMesh.TextureJudge;

/// <summary>One number for each pixel, and its derivatives.</summary>
internal sealed record Plane(int Height, int Width, double[] Values, bool Tiles)
{
    /// <summary>Derivatives of a Gaussian's blur along x and y: of order 0, 1 and 2. Where the plane does not tile, only pixels
    /// whose filter lies within it are kept.</summary>
    public Derivatives At(double scale)
    {
        var radius = (int)Math.Ceiling(3 * scale);
        double[] weights = [.. Enumerable.Range(-radius, (2 * radius) + 1).Select(t => Math.Exp(-t * t / (2 * scale * scale)))];
        var sum = weights.Sum();
        double[] blur = [.. weights.Select(weight => weight / sum)];
        double[] first = [.. blur.Select((weight, i) => (i - radius) / scale * weight)];
        var moment = blur.Select((weight, i) => (i - radius) * (i - radius) * weight).Sum();
        double[] second = [.. blur.Select((weight, i) => (((i - radius) * (i - radius)) - moment) / (scale * scale) * weight)];
        var (rows, slopes, bends) = (Across(blur), Across(first), Across(second));
        return new(rows.Down(blur), slopes.Down(blur), rows.Down(first), bends.Down(blur), slopes.Down(first), rows.Down(second));
    }

    private Plane Across(double[] weights) => Filtered(weights, 0, 1);

    private Plane Down(double[] weights) => Filtered(weights, 1, 0);

    private Plane Filtered(double[] weights, int down, int across)
    {
        var lost = Tiles ? 0 : weights.Length - 1;
        var (height, width) = (Height - (down * lost), Width - (across * lost));
        var start = Tiles ? -(weights.Length / 2) : 0;
        var values = new double[height * width];

        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var sum = 0.0;

                for (var t = 0; t < weights.Length; t++)
                    sum += weights[t] * Values[(Wrapped(y + (down * (start + t)), Height) * Width) + Wrapped(x + (across * (start + t)), Width)];

                values[(y * width) + x] = sum;
            }
        }

        return new(height, width, values, Tiles);
    }

    private static int Wrapped(int at, int size) => (uint)at < (uint)size ? at : ((at % size) + size) % size;

    public sealed record Derivatives(Plane Blur, Plane X, Plane Y, Plane Xx, Plane Xy, Plane Yy)
    {
        /// <summary>The slope in a direction.</summary>
        public double[] Slope(double angle)
        {
            var (cos, sin) = (Math.Cos(angle), Math.Sin(angle));
            return [.. X.Values.Zip(Y.Values, (x, y) => (cos * x) + (sin * y))];
        }

        /// <summary>The bend in a direction.</summary>
        public double[] Bend(double angle)
        {
            var (cos, sin) = (Math.Cos(angle), Math.Sin(angle));
            return [.. Xx.Values.Select((xx, i) => (cos * cos * xx) + (2 * cos * sin * Xy.Values[i]) + (sin * sin * Yy.Values[i]))];
        }

        public double[] Laplacian() => [.. Xx.Values.Zip(Yy.Values, (xx, yy) => xx + yy)];
    }
}
