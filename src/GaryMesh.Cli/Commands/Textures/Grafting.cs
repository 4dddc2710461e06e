using System.Globalization;
using GaryMesh.Cli.Shell;
using GaryMesh.Cli.Words;
using GaryMesh.Cli.Worlds;

namespace GaryMesh.Cli.Commands.Textures;

/// <summary>Two textures on one graph: how much of the second each cell has, 0 to 1.</summary>
internal sealed record Grafting(Palette First, Palette Second, float[] Weights)
{
    /// <summary>The part of the way over which a gradient goes from one texture to the other.</summary>
    private const double Width = 0.2;

    public const string Note = """
        With --graft a second texture grows into the first: --by x, y or z puts it where that coordinate is large, and x:0.3 from three
        tenths of the way on; a picture (.png, as many pixels as a grid or torus has cells) puts it where it is white, a file of numbers
        (.npy, .npz, .csv; 0 to 1, one a cell) where they are 1.
        """;

    /// <summary>One automaton of both rules, whose inputs are the weights.</summary>
    public static Automaton Blend(Automaton first, Automaton second)
    {
        if (first.Rule.Shape.Text != second.Rule.Shape.Text || first.Perception.Text != second.Perception.Text)
        {
            throw new UserErrorException(
                $"Two rules can be grafted that are of one size and perception, but these are {first.Rule.Shape.Text} ({first.Perception.Text}) and "
                + $"{second.Rule.Shape.Text} ({second.Perception.Text}).");
        }

        if (!first.Palette!.Pictures.SequenceEqual(second.Palette!.Pictures))
            throw new UserErrorException($"Two rules can be grafted that paint the same pictures, but these paint {Named(first.Palette)} and {Named(second.Palette)}.");

        return first.WithRule(Rule.Blend(first.Rule, second.Rule));
    }

    /// <summary>The weights that a word gives the cells.</summary>
    public static float[] Weigh(string word, Graph graph)
    {
        var axis = word.Length > 0 && word is [_] or [_, ':', ..] ? "xyz".IndexOf(word[0], StringComparison.Ordinal) : -1;

        if (axis >= 0)
            return Gradient(word, axis, graph);

        var target = TargetWord.Read(word, graph);
        return target.Channels == 1
            ? [.. target.Values.Select(value => Math.Clamp(value, 0, 1))]
            : throw new UserErrorException($"--by takes one number a cell, but {word} has {target.Channels}: give a grey picture.");
    }

    /// <summary>Red, green and blue of each cell, of one of the pictures.</summary>
    public float[] Colours(State state, int picture)
    {
        var (a, b) = (TextureWorld.ColoursOf(First, state, picture), TextureWorld.ColoursOf(Second, state, picture));

        for (var i = 0; i < a.Length; i++)
            a[i] += Weights[i / 3] * (b[i] - a[i]);

        return a;
    }

    private static string Named(Palette palette) =>
        palette.Pictures.IsEmpty ? "one picture" : string.Join(", ", palette.Pictures.Select(picture => picture.Item1));

    private static float[] Gradient(string word, int axis, Graph graph)
    {
        var middle = 0.5;

        if (word.Length > 2 && !(double.TryParse(word[2..], NumberStyles.Float, CultureInfo.InvariantCulture, out middle) && middle is >= 0 and <= 1))
            throw new UserErrorException($"--by x, y or z may name a place from 0 to 1, such as {word[0]}:0.3, but '{word}' does not.");

        if (graph.Positions.IsDefaultOrEmpty)
            throw new UserErrorException($"--by {word} asks for cells with places, but those of {graph.Name} have none.");

        double[] places = [.. Enumerable.Range(0, graph.Cells).Select(cell => graph.Positions[(3 * cell) + axis])];
        var (least, extent) = (places.Min(), places.Max() - places.Min());
        return [.. places.Select(place => (float)Smooth(extent == 0 ? 0 : (((place - least) / extent) - middle) / Width))];

        static double Smooth(double x) => Math.Clamp(x + 0.5, 0, 1) is var t ? t * t * (3 - (2 * t)) : 0;
    }
}
