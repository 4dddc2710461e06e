using StbImageSharp;
using StbImageWriteSharp;

namespace GaryMesh.TextureJudge;

/// <summary>A picture: red, green and blue of each pixel, from 0 to 1, and whether it goes on at the opposite side.</summary>
internal sealed record Picture(int Height, int Width, float[] Values, bool Tiles)
{
    public static Picture Read(string path, bool tiles)
    {
        var image = ImageResult.FromMemory(File.ReadAllBytes(path), StbImageSharp.ColorComponents.RedGreenBlue);
        return new(image.Height, image.Width, [.. image.Data.Select(value => value / 255f)], tiles);
    }

    /// <summary>The picture of maps [pixels x maps]: three are colours, one is grey.</summary>
    public static Picture Of(int height, int width, int maps, float[] values, bool tiles)
    {
        var colours = new float[3 * height * width];

        for (var at = 0; at < colours.Length; at++)
            colours[at] = Math.Clamp(values[(at / 3 * maps) + Math.Min(at % 3, maps < 3 ? 0 : 2)], 0, 1);

        return new(height, width, colours, tiles);
    }

    public void Write(string path)
    {
        byte[] bytes = [.. Values.Select(value => (byte)Math.Round(255 * value))];
        using var stream = File.Create(path);
        new ImageWriter().WritePng(bytes, Width, Height, StbImageWriteSharp.ColorComponents.RedGreenBlue, stream);
    }

    /// <summary>1 where the picture is grey all over, else 3.</summary>
    public int Maps => Enumerable.Range(0, Height * Width).All(i => Values[3 * i] == Values[(3 * i) + 1] && Values[3 * i] == Values[(3 * i) + 2]) ? 1 : 3;

    public Exemplar Exemplar()
    {
        var maps = Maps;
        return GaryMesh.Exemplar.Picture(Height, Width, maps, [.. Values.Where((_, at) => at % 3 < maps)], Tiles);
    }

    /// <summary>The mean of the colours.</summary>
    public Plane Grey() => new(Height, Width, [.. Enumerable.Range(0, Height * Width).Select(i => (Values[3 * i] + Values[(3 * i) + 1] + Values[(3 * i) + 2]) / 3.0)], Tiles);

    /// <summary>The channels that a palette reads the picture as.</summary>
    public Plane[] Channels(Palette palette)
    {
        var maps = palette.Maps;
        var channels = palette.Channels(maps == 1 ? [.. Grey().Values.Select(value => (float)value)] : Values);
        return [.. Enumerable.Range(0, maps).Select(map => new Plane(Height, Width, [.. channels.Where((_, at) => at % maps == map).Select(value => (double)value)], Tiles))];
    }

    /// <summary>The mean and the deviation of red, green and blue.</summary>
    public (double Mean, double Deviation)[] Colours() =>
    [
        .. Enumerable.Range(0, 3).Select(colour =>
        {
            var values = Values.Where((_, at) => at % 3 == colour).Select(value => (double)value).ToArray();
            var mean = values.Average();
            return (mean, Math.Sqrt(values.Average(value => (value - mean) * (value - mean))));
        }),
    ];

    /// <summary>A part, which goes on at the opposite side where it leaves the picture.</summary>
    public Picture Part(int top, int left, int height, int width)
    {
        var values = new float[3 * height * width];

        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
                Values.AsSpan(3 * ((((top + y) % Height) * Width) + ((left + x) % Width)), 3).CopyTo(values.AsSpan(3 * ((y * width) + x)));
        }

        return new(height, width, values, false);
    }

    /// <summary>Left and right, and upper and lower, where both are large enough to be measured.</summary>
    public IEnumerable<(Picture First, Picture Second)> Halves()
    {
        if (Width >= 2 * Measures.SmallestSide)
            yield return (Part(0, 0, Height, Width / 2), Part(0, Width / 2, Height, Width / 2));

        if (Height >= 2 * Measures.SmallestSide)
            yield return (Part(0, 0, Height / 2, Width), Part(Height / 2, 0, Height / 2, Width));
    }

    /// <summary>Half as high and wide, each pixel the mean of four.</summary>
    public Picture Small()
    {
        var (height, width) = (Height / 2, Width / 2);
        var values = new float[3 * height * width];

        for (var at = 0; at < values.Length; at++)
        {
            var (y, x, colour) = (at / 3 / width * 2, at / 3 % width * 2, at % 3);
            float From(int row, int column) => Values[(3 * ((row * Width) + column)) + colour];
            values[at] = (From(y, x) + From(y + 1, x) + From(y, x + 1) + From(y + 1, x + 1)) / 4;
        }

        return new(height, width, values, Tiles);
    }
}
