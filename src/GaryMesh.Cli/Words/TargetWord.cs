using System.Globalization;

namespace GaryMesh.Cli.Words;

/// <summary>Reads the target of a channel: a curve over the cells by name, or a file of numbers.</summary>
internal static class TargetWord
{
    public const string Note = """
        A target (--target) gives one number a cell: wave = (sin t + 0.5 sin 3t) scaled to 1, square = sign(sin 2t),
        bumps = exp(-((t - pi/2) / 0.35)^2) - exp(-((t - 3 pi/2) / 0.35)^2), flag = +1, 0, -1 by thirds, over t = 2 pi i / N for
        cell i of N; or a file: .csv (the numbers, in lines or separated by commas), .npy, or .npz (its array 'target', or its
        only one).
        """;

    /// <summary>The target of a word: one number a cell.</summary>
    public static float[] Read(string word, int cells)
    {
        var extension = Path.GetExtension(word).ToLowerInvariant();

        var target = word switch
        {
            "wave" => Wave(cells),
            "square" => Curve(cells, Square),
            "bumps" => Curve(cells, t => Bump(t, 0.5 * Math.PI) - Bump(t, 1.5 * Math.PI)),
            "flag" => [.. Enumerable.Range(0, cells).Select(i => 1.0 - (3 * (long)i / cells))],
            _ => extension switch
            {
                ".csv" => ReadText(word),
                ".npy" => Vector(word, Npy.Read(word)),
                ".npz" => ReadArchive(word),
                _ => throw new UserErrorException(
                    $"A target is wave, square, bumps, flag or a file (.csv, .npz, .npy), but '{word}' is none of them."),
            },
        };

        if (target.Length != cells)
            throw new UserErrorException($"{word} holds {target.Length} numbers, but the graph has {cells} cells.");

        var bad = Array.FindIndex(target, value => !float.IsFinite((float)value));

        if (bad >= 0)
            throw new UserErrorException($"A target must be finite in float32, but number {bad} of {word} is {target[bad]}.");

        return [.. target.Select(value => (float)value)];
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

    private static double[] ReadArchive(string path)
    {
        var arrays = Npz.Read(path);

        if (arrays.TryGetValue("target", out var named))
            return Vector(path, named);

        if (arrays.Count == 1)
            return Vector(path, arrays.Values.First());

        throw new UserErrorException($"{path} has no array 'target', and {arrays.Count} others: name one 'target'.");
    }

    private static double[] Vector(string path, NpyArray array)
    {
        if (array.Shape.Length != 1 && !(array.Shape.Length == 2 && array.Shape.Contains(1)))
        {
            throw new UserErrorException(
                $"A target is one row of numbers, but that of {path} is [{string.Join(" x ", array.Shape)}].");
        }

        return array.ToFloat64();
    }
}
