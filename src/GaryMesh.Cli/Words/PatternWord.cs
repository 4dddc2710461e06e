using System.CommandLine;
using System.Globalization;
using GaryMesh.Cli.Pictures;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads the pattern that is to grow: a picture, or red, green, blue and opacity of every cell.</summary>
internal static class PatternWord
{
    public const string Note = """
        A target (--target) is a picture (.png; the colours are multiplied by the opacity) that lies about the seed's cell, one pixel a cell: the
        middle of a grid, cell 0 of a torus or a surface, where it follows the frames. Or it is an array (.npy, or .npz with 'target') of
        [cells x 4]: red, green, blue and opacity of each cell, for any graph. With --turns N the pattern may lie turned by any of N parts of a full turn,
        and mirrored: the nearest counts.
        """;

    /// <summary>The cells that a picture's default grid has more on each side.</summary>
    public const int Padding = 16;

    /// <summary>The word of the grid that a target grows on where none is named.</summary>
    public static string GridOf(string target, string? size)
    {
        if (size is not null)
        {
            string[] sides = size.Split('x');
            return sides.Length == 2 && Array.TrueForAll(sides, side => int.TryParse(side, NumberStyles.None, CultureInfo.InvariantCulture, out var cells) && cells > 0)
                ? $"grid:{size}"
                : throw new UserErrorException($"--size is the height and width of a grid, such as 72x72, but '{size}' is not.");
        }

        if (!IsPicture(target))
            throw new UserErrorException($"{target} is no picture (.png), so that --graph or --size must name the graph that it is for.");

        var (height, width, _) = Picture(target);
        return string.Create(CultureInfo.InvariantCulture, $"grid:{height + (2 * Padding)}x{width + (2 * Padding)}");
    }

    /// <summary>Red, green, blue and opacity of each cell; with turns, of the picture turned by so many angles and mirrored, first as it is.</summary>
    public static State[] Read(string path, Graph graph, int? turns)
    {
        if (!IsPicture(path))
        {
            return turns is null
                ? [Numbers(path, graph)]
                : throw new UserErrorException($"--turns turns a picture (.png), but {path} is none.");
        }

        var (height, width, values) = Picture(path);
        return turns is { } angles
            ? GrowingRecipe.Turned(graph, height, width, values, angles)
            : [GrowingRecipe.Picture(graph, height, width, values)];
    }

    private static State Numbers(string path, Graph graph)
    {
        var target = TargetWord.Read(path, graph);
        return target.Channels == GrowingRecipe.Shown
            ? new State(graph.Cells, GrowingRecipe.Shown, target.Values)
            : throw new UserErrorException($"A pattern has 4 channels, red, green, blue and opacity, but {path} has {target.Channels}.");
    }

    /// <summary>The option by which a pattern may come out turned.</summary>
    public static Option<int?> Turns(string more = "") =>
        Options.WholeOrNone("--turns", "N", $"The picture may come out turned by any of N parts of a full turn, and mirrored.{more} [default: as it is]");

    private static bool IsPicture(string path) => path.EndsWith(".png", StringComparison.OrdinalIgnoreCase);

    /// <summary>Grey becomes colour, and what has no opacity is opaque.</summary>
    private static (int Height, int Width, float[] Values) Picture(string path)
    {
        var (height, width) = (0, 0);
        var (channels, values) = PngImage.Read(path, (rows, columns) =>
        {
            if ((long)rows * columns > 1 << 20)
                throw new UserErrorException($"{path} has {rows} x {columns} pixels, but a pattern has at most 1,048,576 in all.");

            (height, width) = (rows, columns);
        });
        var rgba = new float[4 * height * width];

        for (var i = 0; i < rgba.Length; i++)
            rgba[i] = i % 4 == 3 && channels < 4 ? 1 : values[(i / 4 * channels) + (channels == 1 ? 0 : i % 4)];

        return (height, width, rgba);
    }
}
