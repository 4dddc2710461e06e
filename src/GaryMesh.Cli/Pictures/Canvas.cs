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
internal sealed record Pixels(int Width, int Height, byte[] Rgb);

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
