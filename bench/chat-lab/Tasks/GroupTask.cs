using System.Collections.Immutable;

namespace GaryMesh.ChatLab.Tasks;

/// <summary>State tracking: generators of a group of permutations, and now and then the question what they have come to since the
/// answer before.</summary>
public sealed class GroupTask : TaskText
{
    private readonly int[][] _elements;
    private readonly int[] _generators;

    private GroupTask(string name, int points, params int[][] generators)
    {
        Name = name;
        _elements = [.. Permutations([.. Enumerable.Range(0, points)])];
        _generators = [.. generators.Select(Find)];
    }

    /// <summary>The group of two: keep and swap.</summary>
    public static GroupTask Parity { get; } = new("parity", 2, [0, 1], [1, 0]);

    /// <summary>All orders of three: a swap and a turn.</summary>
    public static GroupTask Three { get; } = new("s3", 3, [1, 0, 2], [1, 2, 0]);

    /// <summary>All orders of five, which no chain of commuting parts makes up (Barrington, 1989): a swap and a turn.</summary>
    public static GroupTask Five { get; } = new("s5", 5, [1, 0, 2, 3, 4], [1, 2, 3, 4, 0]);

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override int Vocabulary => Generators.Length + 1 + _elements.Length;

    /// <inheritdoc/>
    public override int Answers => _elements.Length;

    /// <summary>The generators, as permutations; their tokens are the first ones.</summary>
    public ImmutableArray<int[]> Generators => [.. _generators.Select(element => _elements[element])];

    /// <summary>The token that asks.</summary>
    public int Asks => _generators.Length;

    /// <summary>The permutation that a token of an answer stands for.</summary>
    public int[] Element(int answer) => _elements[answer - Asks - 1];

    /// <inheritdoc/>
    public override int Write(List<int> text, int last, int gap, Dice dice)
    {
        // Nothing is known before the first answer: any state is as likely.
        var state = last < 0 ? dice.Below(_elements.Length) : last - Asks - 1;

        for (var i = 0; i < gap; i++)
        {
            var generator = dice.Below(_generators.Length);
            text.Add(generator);
            state = Find([.. _elements[state].Select(point => _elements[_generators[generator]][point])]);
        }

        text.Add(Asks);
        return Asks + 1 + state;
    }

    private int Find(int[] permutation) => Array.FindIndex(_elements, element => element.AsSpan().SequenceEqual(permutation));

    private static IEnumerable<int[]> Permutations(int[] points) =>
        points.Length == 0 ? [[]] : points.SelectMany(first => Permutations([.. points.Where(point => point != first)]).Select(rest => (int[])[first, .. rest]));
}
