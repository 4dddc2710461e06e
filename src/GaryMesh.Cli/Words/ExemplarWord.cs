using System.Globalization;
using GaryMesh.Cli.Pictures;

namespace GaryMesh.Cli.Words;

/// <summary>Reads what a texture is to look like: a picture or a signal.</summary>
internal static class ExemplarWord
{
    public const string Note = """
        An exemplar (--exemplar) is a picture (.png: grey is one map, colour three; opacity multiplies the colours and is left out) of
        at least 16 x 16 pixels, 64 to 128 as a rule, or a signal (.csv: the last number of each line, with or without a header)
        for rings and lines. --tiles says that it goes on at its opposite side.
        """;

    public static Exemplar Read(string path, bool tiles)
    {
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".png":
                var (height, width) = (0, 0);
                var (channels, values) = PngImage.Read(path, (rows, columns) =>
                {
                    if (rows < 16 || columns < 16 || (long)rows * columns > 1 << 22)
                        throw new UserErrorException($"{path} has {rows} x {columns} pixels, but an exemplar has at least 16 x 16 and at most 4,194,304 in all.");

                    (height, width) = (rows, columns);
                });
                var maps = Maps(channels, values);
                var picture = new float[height * width * maps];

                for (var i = 0; i < picture.Length; i++)
                    picture[i] = values[(i / maps * channels) + (i % maps)];

                return Exemplar.Picture(height, width, maps, picture, tiles);

            case ".csv":
                var numbers = Numbers(path);
                return numbers.Length < 16
                    ? throw new UserErrorException($"{path} has {Counted.Of(numbers.Length, "number")}, but an exemplar has at least 16.")
                    : Exemplar.Signal(1, numbers, tiles);

            default:
                throw new UserErrorException($"An exemplar is a picture (.png) or a signal (.csv), but '{path}' is neither.");
        }
    }

    /// <summary>One map where a picture in colour is grey all over.</summary>
    private static int Maps(int channels, float[] values)
    {
        for (var i = 0; channels > 1 && i < values.Length; i += channels)
        {
            if (values[i] != values[i + 1] || values[i] != values[i + 2])
                return 3;
        }

        return 1;
    }

    private static float[] Numbers(string path)
    {
        var numbers = new List<float>();
        var line = 0;

        foreach (var text in File.ReadLines(path))
        {
            line++;
            var last = text.Split(',', ';', '\t')[^1].Trim();

            if (float.TryParse(last, CultureInfo.InvariantCulture, out var number) && float.IsFinite(number))
                numbers.Add(number);
            else if (last.Length > 0 && line > 1)
                throw new UserErrorException($"{path}, line {line}: a line of a signal ends with a number, but this one with '{last}'.");
        }

        return [.. numbers];
    }
}
