using System.Globalization;

namespace GaryMesh.Cli.Pictures;

/// <summary>A small font of strokes for pictures, so that no font file is needed: capitals are 7 units high, small letters 5.</summary>
internal static class StrokeFont
{
    /// <summary>Units that stand for the size of a text.</summary>
    public const double Size = 10;

    private const double Gap = 1.7, Space = 2.8;

    /// <summary>Each glyph: its width, then its strokes. `M x y` begins one, `L x y` goes on straight, and `A x y rx ry from
    /// to` goes along an ellipse around x, y between two angles in degrees, counted against the clock.</summary>
    private static readonly Dictionary<char, (double Width, Place[][] Strokes)> _glyphs = new()
    {
        ['0'] = Glyph(4.2, "A 2.1 3.5 2.1 3.5 90 450"),
        ['1'] = Glyph(2.6, "M 0.2 5.6 L 2 7 L 2 0"),
        ['2'] = Glyph(4, "A 1.95 5.05 1.85 1.95 165 -35 L 0.1 0 L 4 0"),
        ['3'] = Glyph(4, "A 1.9 5.25 1.7 1.75 155 -90 L 1.5 3.5 M 1.9 3.5 A 1.9 1.8 2 1.8 90 -155"),
        ['4'] = Glyph(4.4, "M 3.3 0 L 3.3 7 L 0 2.1 L 4.4 2.1"),
        ['5'] = Glyph(4, "M 3.6 7 L 0.6 7 L 0.3 3.7 A 1.9 2.25 2.1 2.25 130 -145"),
        ['6'] = Glyph(4.1, "A 2.05 2.2 2.05 2.2 180 540 M 0 2.2 A 3.3 2.6 3.3 4.4 180 100"),
        ['7'] = Glyph(4, "M 0 7 L 4 7 L 1.3 0"),
        ['8'] = Glyph(4, "A 2 5.3 1.7 1.7 270 630 M 2 3.6 A 2 1.8 2 1.8 90 450"),
        ['9'] = Glyph(4.1, "A 2.05 4.8 2.05 2.2 0 360 M 4.1 4.8 A 0.8 4.4 3.3 4.4 0 -80"),
        ['A'] = Glyph(5, "M 0 0 L 2.5 7 L 5 0 M 0.85 2.4 L 4.15 2.4"),
        ['B'] = Glyph(4.2, "M 0 0 L 0 7 L 2.2 7 A 2.2 5.3 1.7 1.7 90 -90 L 0 3.6 M 2.2 3.6 A 2.4 1.8 1.8 1.8 90 -90 L 0 0"),
        ['C'] = Glyph(4.8, "A 2.8 3.5 2.8 3.5 48 312"),
        ['D'] = Glyph(4.8, "M 0 0 L 0 7 L 1.6 7 A 1.6 3.5 3.2 3.5 90 -90 L 0 0"),
        ['E'] = Glyph(3.8, "M 3.8 7 L 0 7 L 0 0 L 3.8 0 M 0 3.6 L 3.2 3.6"),
        ['F'] = Glyph(3.7, "M 3.7 7 L 0 7 L 0 0 M 0 3.5 L 3.2 3.5"),
        ['G'] = Glyph(5.2, "A 2.8 3.5 2.8 3.5 50 360 L 3.2 3.5"),
        ['H'] = Glyph(4.6, "M 0 0 L 0 7 M 4.6 0 L 4.6 7 M 0 3.6 L 4.6 3.6"),
        ['I'] = Glyph(0, "M 0 0 L 0 7"),
        ['J'] = Glyph(3, "M 3 7 L 3 1.8 A 1.4 1.8 1.6 1.8 0 -160"),
        ['K'] = Glyph(4.3, "M 0 0 L 0 7 M 4 7 L 0 2.6 M 1.5 4.2 L 4.3 0"),
        ['L'] = Glyph(3.6, "M 0 7 L 0 0 L 3.6 0"),
        ['M'] = Glyph(5.4, "M 0 0 L 0 7 L 2.7 1.6 L 5.4 7 L 5.4 0"),
        ['N'] = Glyph(4.7, "M 0 0 L 0 7 L 4.7 0 L 4.7 7"),
        ['O'] = Glyph(5.4, "A 2.7 3.5 2.7 3.5 90 450"),
        ['P'] = Glyph(4.1, "M 0 0 L 0 7 L 2.2 7 A 2.2 5.1 1.9 1.9 90 -90 L 0 3.2"),
        ['Q'] = Glyph(5.4, "A 2.7 3.5 2.7 3.5 90 450 M 3.4 1.8 L 5.2 -0.4"),
        ['R'] = Glyph(4.3, "M 0 0 L 0 7 L 2.2 7 A 2.2 5.2 1.9 1.8 90 -90 L 0 3.4 M 2.2 3.4 L 4.3 0"),
        ['S'] = Glyph(4.2, "A 2.1 5.2 1.9 1.8 40 270 A 2.1 1.7 2.1 1.7 90 -145"),
        ['T'] = Glyph(4.6, "M 0 7 L 4.6 7 M 2.3 7 L 2.3 0"),
        ['U'] = Glyph(4.6, "M 0 7 L 0 2.3 A 2.3 2.3 2.3 2.3 180 360 L 4.6 7"),
        ['V'] = Glyph(4.8, "M 0 7 L 2.4 0 L 4.8 7"),
        ['W'] = Glyph(6.8, "M 0 7 L 1.7 0 L 3.4 6.4 L 5.1 0 L 6.8 7"),
        ['X'] = Glyph(4.6, "M 0 0 L 4.6 7 M 0 7 L 4.6 0"),
        ['Y'] = Glyph(4.6, "M 0 7 L 2.3 3.4 L 4.6 7 M 2.3 3.4 L 2.3 0"),
        ['Z'] = Glyph(4.2, "M 0 7 L 4.2 7 L 0 0 L 4.2 0"),
        ['a'] = Glyph(3.9, "A 1.95 2.5 1.95 2.5 0 360 M 3.9 5 L 3.9 0"),
        ['b'] = Glyph(3.9, "A 1.95 2.5 1.95 2.5 180 540 M 0 7.4 L 0 0"),
        ['c'] = Glyph(3.5, "A 2 2.5 2 2.5 48 312"),
        ['d'] = Glyph(3.9, "A 1.95 2.5 1.95 2.5 0 360 M 3.9 7.4 L 3.9 0"),
        ['e'] = Glyph(3.9, "M 0.05 2.6 L 3.9 2.6 A 1.95 2.5 1.95 2.5 2 312"),
        ['f'] = Glyph(2.5, "M 0.8 0 L 0.8 5.8 A 2.3 5.8 1.5 1.6 180 85 M 0 4.8 L 2.3 4.8"),
        ['g'] = Glyph(3.9, "A 1.95 2.5 1.95 2.5 0 360 M 3.9 5 L 3.9 -0.3 A 2 -0.3 1.9 1.8 0 -145"),
        ['h'] = Glyph(3.6, "M 0 0 L 0 7.4 M 0 3 A 1.8 3.1 1.8 1.9 180 0 L 3.6 0"),
        ['i'] = Glyph(0, "M 0 0 L 0 5 M 0 6.9 L 0 6.95"),
        ['j'] = Glyph(0.8, "M 0.8 5 L 0.8 -0.6 A -0.5 -0.6 1.3 1.4 0 -80 M 0.8 6.9 L 0.8 6.95"),
        ['k'] = Glyph(3.5, "M 0 0 L 0 7.4 M 3.3 5 L 0 1.8 M 1.3 3.1 L 3.5 0"),
        ['l'] = Glyph(0, "M 0 0 L 0 7.4"),
        ['m'] = Glyph(6, "M 0 0 L 0 5 M 0 3.2 A 1.5 3.4 1.5 1.6 180 0 L 3 0 M 3 3.2 A 4.5 3.4 1.5 1.6 180 0 L 6 0"),
        ['n'] = Glyph(3.6, "M 0 0 L 0 5 M 0 3 A 1.8 3.1 1.8 1.9 180 0 L 3.6 0"),
        ['o'] = Glyph(4, "A 2 2.5 2 2.5 90 450"),
        ['p'] = Glyph(3.9, "A 1.95 2.5 1.95 2.5 180 540 M 0 5 L 0 -2.1"),
        ['q'] = Glyph(3.9, "A 1.95 2.5 1.95 2.5 0 360 M 3.9 5 L 3.9 -2.1"),
        ['r'] = Glyph(2.3, "M 0 0 L 0 5 M 0 3 A 1.9 3 1.9 2 180 80"),
        ['s'] = Glyph(3.4, "A 1.7 3.75 1.5 1.25 35 270 A 1.7 1.25 1.7 1.25 90 -150"),
        ['t'] = Glyph(2.5, "M 0.9 6.5 L 0.9 1.5 A 2.4 1.5 1.5 1.5 180 280 M 0 4.8 L 2.4 4.8"),
        ['u'] = Glyph(3.6, "M 0 5 L 0 1.9 A 1.8 1.9 1.8 1.9 180 360 M 3.6 5 L 3.6 0"),
        ['v'] = Glyph(3.8, "M 0 5 L 1.9 0 L 3.8 5"),
        ['w'] = Glyph(5.6, "M 0 5 L 1.4 0 L 2.8 4.6 L 4.2 0 L 5.6 5"),
        ['x'] = Glyph(3.6, "M 0 0 L 3.6 5 M 0 5 L 3.6 0"),
        ['y'] = Glyph(3.8, "M 0 5 L 1.9 0 M 3.8 5 L 1.5 -1 L 0.8 -1.9 L 0.1 -2"),
        ['z'] = Glyph(3.5, "M 0 5 L 3.5 5 L 0 0 L 3.5 0"),
        ['.'] = Glyph(0, "M 0 0 L 0 0.05"),
        [','] = Glyph(0.5, "M 0.5 0.1 L 0.1 -1.3"),
        [':'] = Glyph(0, "M 0 0.2 L 0 0.25 M 0 4 L 0 4.05"),
        [';'] = Glyph(0.5, "M 0.5 0.1 L 0.1 -1.3 M 0.4 4 L 0.4 4.05"),
        ['-'] = Glyph(2.4, "M 0 2.7 L 2.4 2.7"),
        ['+'] = Glyph(4, "M 0 3 L 4 3 M 2 1 L 2 5"),
        ['='] = Glyph(4, "M 0 2 L 4 2 M 0 4 L 4 4"),
        ['('] = Glyph(1.5, "A 3.2 3 3.2 5.4 122 238"),
        [')'] = Glyph(1.5, "A -1.7 3 3.2 5.4 58 -58"),
        ['['] = Glyph(1.5, "M 1.5 7.8 L 0 7.8 L 0 -1.4 L 1.5 -1.4"),
        [']'] = Glyph(1.5, "M 0 7.8 L 1.5 7.8 L 1.5 -1.4 L 0 -1.4"),
        ['/'] = Glyph(2.8, "M 0 -0.8 L 2.8 7.6"),
        ['%'] = Glyph(6, "A 1.3 5.5 1.3 1.5 0 360 M 4.9 7 L 1.1 0 M 6 1.5 A 4.7 1.5 1.3 1.5 0 360"),
        ['_'] = Glyph(4, "M 0 -1 L 4 -1"),
        ['<'] = Glyph(3.8, "M 3.8 5.2 L 0 3 L 3.8 0.8"),
        ['>'] = Glyph(3.8, "M 0 5.2 L 3.8 3 L 0 0.8"),
        ['\''] = Glyph(0, "M 0 7.4 L 0 5.4"),
        ['×'] = Glyph(3.2, "M 0 1 L 3.2 4.2 M 0 4.2 L 3.2 1"),
    };

    private static readonly (double Width, Place[][] Strokes) _unknown = Glyph(3.6, "M 0 0 L 3.6 0 L 3.6 7 L 0 7 L 0 0");

    /// <summary>The width of a text in units.</summary>
    public static double Width(string text) => text.Sum(Advance) - (text.Length == 0 ? 0 : Gap);

    /// <summary>The strokes of a text that begins at the origin, y upwards.</summary>
    public static IEnumerable<Place[]> Strokes(string text)
    {
        var x = 0.0;

        foreach (var letter in text)
        {
            if (letter != ' ')
            {
                foreach (var stroke in _glyphs.GetValueOrDefault(letter, _unknown).Strokes)
                    yield return [.. stroke.Select(point => point with { X = point.X + x })];
            }

            x += Advance(letter);
        }
    }

    private static double Advance(char letter) =>
        letter == ' ' ? Space : _glyphs.GetValueOrDefault(letter, _unknown).Width + Gap;

    private static (double, Place[][]) Glyph(double width, string text)
    {
        var words = new Queue<string>(text.Split(' '));
        var strokes = new List<List<Place>>();

        while (words.TryDequeue(out var word))
        {
            switch (word)
            {
                case "M":
                    strokes.Add([new Place(Next(), Next())]);
                    break;

                case "L":
                    strokes[^1].Add(new Place(Next(), Next()));
                    break;

                default:
                    if (strokes.Count == 0)
                        strokes.Add([]);

                    var (x, y, rx, ry, from, to) = (Next(), Next(), Next(), Next(), Next(), Next());
                    var parts = (int)Math.Ceiling(Math.Abs(to - from) / 12);

                    for (var part = 0; part <= parts; part++)
                    {
                        var angle = Math.PI / 180 * (from + ((to - from) * part / parts));
                        strokes[^1].Add(new Place(x + (rx * Math.Cos(angle)), y + (ry * Math.Sin(angle))));
                    }

                    break;
            }
        }

        return (width, [.. strokes.Select(stroke => stroke.ToArray())]);

        double Next() => double.Parse(words.Dequeue(), CultureInfo.InvariantCulture);
    }
}
