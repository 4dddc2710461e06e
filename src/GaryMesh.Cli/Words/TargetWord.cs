using System.Globalization;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads the target of a training: a curve over the cells by name, a file of numbers, or a picture.</summary>
internal static class TargetWord
{
    public const string Note = """
        A target (--target) is a curve: wave = (sin t + 0.5 sin 3t) scaled to 1, square = sign(sin 2t),
        bumps = exp(-((t - pi/2) / 0.35)^2) - exp(-((t - 3 pi/2) / 0.35)^2), flag = +1, 0, -1 by thirds, over t = 2 pi i / N for
        cell i of N; or a file: .csv (a number a cell, in lines or separated by commas), .npy or .npz (its array 'target', or
        its only one), [cells] or [cells x K] for K channels from --channel on; or a picture (.png) of as many pixels as a grid
        or torus has cells: grey is one channel, colour three, colour with opacity four (colours multiplied by it), 0 to 1.
        """;

    /// <summary>The target of a word, for a graph's cells.</summary>
    public static Target Read(string word, Graph graph)
    {
        var cells = graph.Cells;
        var extension = Path.GetExtension(word).ToLowerInvariant();

        var (values, channels) = word switch
        {
            "wave" => (Wave(cells), 1),
            "square" => (Curve(cells, Square), 1),
            "bumps" => (Curve(cells, t => Bump(t, 0.5 * Math.PI) - Bump(t, 1.5 * Math.PI)), 1),
            "flag" => ([.. Enumerable.Range(0, cells).Select(i => 1.0 - (3 * (long)i / cells))], 1),
            _ => extension switch
            {
                ".csv" => (ReadText(word), 1),
                ".npy" => OfArray(word, Npy.Read(word), cells),
                ".npz" => ReadArchive(word, cells),
                ".png" => ReadPicture(word, graph),
                _ => throw new UserErrorException(
                    $"A target is wave, square, bumps, flag or a file (.csv, .npz, .npy, .png), but '{word}' is none of them."),
            },
        };

        if (values.Length != cells * channels)
            throw new UserErrorException($"{word} holds {Counted.Of(values.Length, "number")}, but the graph has {Counted.Of(cells, "cell")}.");

        var bad = Array.FindIndex(values, value => !float.IsFinite((float)value));

        if (bad >= 0)
            throw new UserErrorException($"A target must be finite in float32, but number {bad} of {word} is {values[bad]}.");

        return new([.. values.Select(value => (float)value)], channels);
    }

    private static double[] Curve(int cells, Func<double, double> value) =>
        [.. Enumerable.Range(0, cells).Select(i => value(2 * Math.PI * i / cells))];

    private static double[] Wave(int cells)
    {
        var wave = Enumerable.Range(0, cells)
            .Select(i => Math.Sin(2 * Math.PI * i / cells) + (0.5 * Math.Sin(6 * Math.PI * i / cells)))
            .ToArray();
        var peak = wave.Max(Math.Abs);
        return [.. wave.Select(value => peak == 0 ? 0 : value / peak)];
    }

    /// <summary>sign(sin 2t), where a zero that rounding has moved is still a zero.</summary>
    private static double Square(double t)
    {
        var sine = Math.Sin(2 * t);
        return Math.Abs(sine) < 1e-12 ? 0 : Math.Sign(sine);
    }

    private static double Bump(double t, double centre) => Math.Exp(-Math.Pow((t - centre) / 0.35, 2));

    private static double[] ReadText(string path)
    {
        var numbers = new List<double>();

        foreach (var (text, line) in File.ReadLines(path).Select((text, line) => (text, line + 1)))
        {
            if (text.Length == 0 || text.StartsWith('#'))
                continue;

            foreach (var field in text.Split(',', StringSplitOptions.TrimEntries))
            {
                if (double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
                    numbers.Add(value);
                else
                    throw new UserErrorException($"{path}, line {line}: '{field}' is not a number.");
            }
        }

        return [.. numbers];
    }

    private static (double[] Values, int Channels) ReadArchive(string path, int cells)
    {
        var arrays = Npz.Read(path);

        if (arrays.TryGetValue("target", out var named))
            return OfArray(path, named, cells);

        if (arrays.Count == 1)
            return OfArray(path, arrays.Values.First(), cells);

        throw new UserErrorException($"{path} has no array 'target', and {arrays.Count} others: name one 'target'.");
    }

    private static (double[] Values, int Channels) OfArray(string path, NpyArray array, int cells) =>
        array.Shape switch
        {
            [_] or [1, _] => (array.ToFloat64(), 1),
            [var rows, var channels] when rows == cells && channels > 0 => (array.ToFloat64(), channels),
            _ => throw new UserErrorException(
                $"A target is [cells] or [cells x channels] for {Counted.Of(cells, "cell")}, but that of {path} is "
                + $"[{string.Join(" x ", array.Shape)}]."),
        };

    private static (double[] Values, int Channels) ReadPicture(string path, Graph graph)
    {
        var (channels, values) = PngImage.Read(path, (height, width) =>
        {
            if (GraphWord.Sides(graph) != (height, width))
            {
                throw new UserErrorException(
                    $"{path} has {height} x {width} pixels and needs grid:{height}x{width} or a torus of that size, but the "
                    + $"graph is {graph.Name}.");
            }
        });
        return ([.. values.Select(value => (double)value)], channels);
    }
}
