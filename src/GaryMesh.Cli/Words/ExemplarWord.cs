using System.Globalization;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads what a texture is to look like: a picture or a signal.</summary>
internal static class ExemplarWord
{
    public const string Note = """
        An exemplar (--exemplar) is a picture (.png: grey is one map, colour three; opacity multiplies the colours and is left out) of
        at least 16 x 16 pixels, 64 to 128 as a rule, or a signal (.csv: the last number of each line, with or without a header)
        for rings and lines. --tiles says that it goes on at its opposite side. Several pictures of one size, each with its --exemplar,
        are one exemplar of at most nine maps: colours first, then heights, normals or roughness. What follows the last _ of their files'
        names is what they are called (bark_height.png: height).
        """;

    /// <summary>The most maps that an exemplar of several pictures has: colours, heights, normals, roughness and occlusion.</summary>
    private const int MostMaps = 9;

    /// <summary>One picture or signal, or several pictures one after another.</summary>
    public static Exemplar Read(string[] paths, bool tiles)
    {
        Exemplar[] exemplars = [.. paths.Select(path => Read(path, tiles))];

        if (exemplars is [var only])
            return only;

        for (var i = 1; i < paths.Length; i++)
        {
            if (exemplars[i].Graph.Name != exemplars[0].Graph.Name)
                throw new UserErrorException($"The pictures of one exemplar have one size, but {paths[0]} has {Size(exemplars[0])} and {paths[i]} {Size(exemplars[i])}.");
        }

        var maps = exemplars.Sum(exemplar => exemplar.Maps);

        if (maps > MostMaps)
            throw new UserErrorException($"The pictures of one exemplar have at most {MostMaps} maps in all, but {string.Join(", ", paths)} have {maps}.");

        return Exemplar.Stacked(Names(paths), exemplars);
    }

    private static string Size(Exemplar exemplar) =>
        GraphWord.Sides(exemplar.Graph) is { } sides ? $"{sides.Height} x {sides.Width} pixels" : Counted.Of(exemplar.Graph.Cells, "number");

    /// <summary>What follows the last _ of each file's name, or the whole names where that is not each one's own.</summary>
    private static string[] Names(string[] paths)
    {
        string[] whole = [.. paths.Select(path => string.Concat(Path.GetFileNameWithoutExtension(path).Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' ? c : '-')))];
        string[] ends = [.. whole.Select(name => name[(name.LastIndexOf('_') + 1)..])];

        if (Distinct(ends) && ends.All(end => end.Length > 0))
            return ends;

        return Distinct(whole)
            ? whole
            : throw new UserErrorException($"The pictures of one exemplar are told apart by their files' names, but two of {string.Join(", ", paths)} have the same.");

        static bool Distinct(string[] names) => names.Distinct(StringComparer.OrdinalIgnoreCase).Count() == names.Length;
    }

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
