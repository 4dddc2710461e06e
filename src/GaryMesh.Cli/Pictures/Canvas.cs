namespace GaryMesh.Cli.Pictures;

/// <summary>What a stroke or text is for; a canvas knows its colour.</summary>
internal enum Ink
{
    Text,
    Muted,
    Grid,
    First,
    Second,
    Third,
}

/// <summary>Which point of a text stands at the given place.</summary>
internal enum Anchor
{
    Start,
    Middle,
    End,
}

/// <summary>A place on a canvas, in units from the upper left.</summary>
internal readonly record struct Place(double X, double Y);

/// <summary>An opaque image, red, green and blue of 0 to 255, row by row.</summary>
internal sealed record Pixels(int Width, int Height, byte[] Rgb)
{
    /// <summary>Pictures side by side, white below the lower ones.</summary>
    public static Pixels Row(params Pixels[] pictures)
    {
        var (width, height) = (pictures.Sum(one => one.Width), pictures.Max(one => one.Height));
        var rgb = new byte[3 * width * height];
        Array.Fill(rgb, byte.MaxValue);
        var left = 0;

        foreach (var one in pictures)
        {
            for (var row = 0; row < one.Height; row++)
                one.Rgb.AsSpan(3 * row * one.Width, 3 * one.Width).CopyTo(rgb.AsSpan(3 * ((row * width) + left)));

            left += one.Width;
        }

        return new(width, height, rgb);
    }
}

/// <summary>Something to draw on: a PNG or an SVG.</summary>
internal interface ICanvas
{
    void Line(IReadOnlyList<Place> points, Ink ink, double width, bool dashed = false);

    void Disc(Place centre, double radius, Ink ink);

    /// <summary>Text whose baseline is at the place; turned upwards where asked for.</summary>
    void Text(Place place, string text, Ink ink, double size, Anchor anchor, bool upwards = false);

    /// <summary>An image scaled to a rectangle without smoothing.</summary>
    void Image(double x, double y, double width, double height, Pixels pixels);
}
