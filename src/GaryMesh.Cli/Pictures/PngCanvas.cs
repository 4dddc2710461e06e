using StbImageWriteSharp;

namespace GaryMesh.Cli.Pictures;

/// <summary>A canvas of pixels on white, two a unit in each direction, with smooth edges.</summary>
internal sealed class PngCanvas : ICanvas
{
    /// <summary>Pixels a unit.</summary>
    private const double Scale = 2;

    private readonly int _width;
    private readonly int _height;
    private readonly byte[] _rgb;

    public PngCanvas(double width, double height)
    {
        (_width, _height) = ((int)(width * Scale), (int)(height * Scale));
        _rgb = new byte[3 * _width * _height];
        Array.Fill(_rgb, (byte)255);
    }

    public Pixels Pixels => new(_width, _height, _rgb);

    public void Line(IReadOnlyList<Place> points, Ink ink, double width, bool dashed = false)
    {
        var scaled = points.Select(point => new Place(Scale * point.X, Scale * point.Y)).ToArray();

        foreach (var stretch in dashed ? Dashes(scaled, 8 * Scale, 5 * Scale) : [scaled])
            Stroke(stretch, Colour(ink), 0.5 * Scale * width);
    }

    public void Disc(Place centre, double radius, Ink ink)
    {
        var place = new Place(Scale * centre.X, Scale * centre.Y);
        Stroke([place, place], Colour(ink), Scale * radius);
    }

    public void Text(Place place, string text, Ink ink, double size, Anchor anchor, bool upwards = false)
    {
        var unit = Scale * size / StrokeFont.Size;
        var length = unit * StrokeFont.Width(text);
        var from = anchor switch { Anchor.Start => 0, Anchor.Middle => -0.5 * length, _ => -length };
        var (x, y) = (Scale * place.X, Scale * place.Y);

        foreach (var stroke in StrokeFont.Strokes(text))
        {
            Place[] points =
            [
                .. stroke.Select(point =>
                {
                    var (along, up) = (from + (unit * point.X), unit * point.Y);
                    return upwards ? new Place(x - up, y - along) : new Place(x + along, y - up);
                }),
            ];
            Stroke(points, Colour(ink), Math.Max(0.7, 0.43 * unit));
        }
    }

    public void Image(double x, double y, double width, double height, Pixels pixels)
    {
        var (left, top) = ((int)Math.Round(Scale * x), (int)Math.Round(Scale * y));
        var (right, bottom) = ((int)Math.Round(Scale * (x + width)), (int)Math.Round(Scale * (y + height)));

        for (var row = Math.Max(0, top); row < Math.Min(_height, bottom); row++)
        {
            var from = (int)((row - top) * (long)pixels.Height / (bottom - top)) * pixels.Width;

            for (var column = Math.Max(0, left); column < Math.Min(_width, right); column++)
            {
                var source = 3 * (from + (int)((column - left) * (long)pixels.Width / (right - left)));
                pixels.Rgb.AsSpan(source, 3).CopyTo(_rgb.AsSpan(3 * ((row * _width) + column)));
            }
        }
    }

    /// <summary>The file's bytes.</summary>
    public static byte[] Encode(Pixels pixels)
    {
        using var stream = new MemoryStream();
        new ImageWriter().WritePng(pixels.Rgb, pixels.Width, pixels.Height, ColorComponents.RedGreenBlue, stream);
        return stream.ToArray();
    }

    public static void Write(string path, Pixels pixels)
    {
        var bytes = Encode(pixels);
        SafeFile.Write(path, stream => stream.Write(bytes));
    }

    private static (byte Red, byte Green, byte Blue) Colour(Ink ink) =>
        ink switch
        {
            Ink.Text => (31, 35, 40),
            Ink.Muted => (101, 109, 118),
            Ink.Grid => (225, 228, 232),
            Ink.First => (31, 102, 176),
            Ink.Second => (214, 96, 30),
            _ => (64, 140, 80),
        };

    /// <summary>Fills what lies within a radius of a polyline: pixel by pixel the distance to the nearest of its segments,
    /// so that segments that meet are not painted twice.</summary>
    private void Stroke(Place[] points, (byte Red, byte Green, byte Blue) colour, double radius)
    {
        var reach = radius + 1;
        var left = Math.Max(0, (int)(points.Min(point => point.X) - reach));
        var top = Math.Max(0, (int)(points.Min(point => point.Y) - reach));
        var right = Math.Min(_width - 1, (int)(points.Max(point => point.X) + reach));
        var bottom = Math.Min(_height - 1, (int)(points.Max(point => point.Y) + reach));

        if (right < left || bottom < top)
            return;

        var width = right - left + 1;
        var nearest = new float[width * (bottom - top + 1)];
        Array.Fill(nearest, float.PositiveInfinity);

        for (var i = 0; i < Math.Max(1, points.Length - 1); i++)
        {
            var (a, b) = (points[i], points[Math.Min(i + 1, points.Length - 1)]);
            var (dx, dy) = (b.X - a.X, b.Y - a.Y);
            var squared = (dx * dx) + (dy * dy);

            for (var y = Math.Max(top, (int)(Math.Min(a.Y, b.Y) - reach)); y <= Math.Min(bottom, Math.Max(a.Y, b.Y) + reach); y++)
            {
                for (var x = Math.Max(left, (int)(Math.Min(a.X, b.X) - reach)); x <= Math.Min(right, Math.Max(a.X, b.X) + reach); x++)
                {
                    var (px, py) = (x + 0.5 - a.X, y + 0.5 - a.Y);
                    var along = squared == 0 ? 0 : Math.Clamp(((px * dx) + (py * dy)) / squared, 0, 1);
                    var (ox, oy) = (px - (along * dx), py - (along * dy));
                    ref var distance = ref nearest[((y - top) * width) + x - left];
                    distance = Math.Min(distance, (float)Math.Sqrt((ox * ox) + (oy * oy)));
                }
            }
        }

        for (var i = 0; i < nearest.Length; i++)
        {
            var cover = Math.Clamp(radius + 0.5 - nearest[i], 0, 1);

            if (cover > 0)
            {
                var at = 3 * (((top + (i / width)) * _width) + left + (i % width));
                _rgb[at] = Blend(_rgb[at], colour.Red, cover);
                _rgb[at + 1] = Blend(_rgb[at + 1], colour.Green, cover);
                _rgb[at + 2] = Blend(_rgb[at + 2], colour.Blue, cover);
            }
        }
    }

    private static byte Blend(byte under, byte over, double cover) => (byte)Math.Round(under + (cover * (over - under)));

    /// <summary>A polyline cut into dashes by its length.</summary>
    private static IEnumerable<Place[]> Dashes(Place[] points, double dash, double gap)
    {
        var current = new List<Place> { points[0] };
        var (left, drawing) = (dash, true);

        for (var i = 0; i + 1 < points.Length; i++)
        {
            var (from, to) = (points[i], points[i + 1]);
            var length = Math.Sqrt(Math.Pow(to.X - from.X, 2) + Math.Pow(to.Y - from.Y, 2));
            var done = 0.0;

            while (length - done > left)
            {
                done += left;
                var at = new Place(from.X + ((to.X - from.X) * done / length), from.Y + ((to.Y - from.Y) * done / length));

                if (drawing)
                    yield return [.. current, at];

                current = [at];
                drawing = !drawing;
                left = drawing ? dash : gap;
            }

            left -= length - done;

            if (drawing)
                current.Add(to);
        }

        if (drawing && current.Count > 1)
            yield return [.. current];
    }
}
