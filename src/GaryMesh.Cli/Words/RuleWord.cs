using System.Globalization;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads a rule: a file, one that ships, a preset or sizes.</summary>
internal static class RuleWord
{
    public static string Note { get; } = $"""
        A rule (--rule) is a file (.npz), one that ships ({string.Join(", ", ShippedRules.OnTheirOwn)}), or gary-mesh (12 channels, 3 operators, 48 hidden units), mesh-nca (16, 5, 128),
        growing (16, 3, 128), or sizes of your own: CxHxK, such as 12x48x3, is C channels, H hidden units and K operators
        (the own state, then differences to the neighbours); CxHxK:edges has operators that ask for no places, as a list of edges has none
        (one, symmetric, random-walk, self-loop-walk, weight); CxHxK:mixture:TOP:EXPERTS is a mixture of so many experts of H
        hidden units, of which each cell runs TOP.
        """;

    public const string GaryMesh = "gary-mesh";

    private static readonly EdgeWeight[] _ofPlaces =
    [
        EdgeWeight.Cos, EdgeWeight.Sin, EdgeWeight.One, EdgeWeight.X, EdgeWeight.Y, EdgeWeight.Z, EdgeWeight.Symmetric,
        EdgeWeight.SobelX, EdgeWeight.SobelY,
    ];

    private static readonly EdgeWeight[] _ofEdges =
        [EdgeWeight.One, EdgeWeight.Symmetric, EdgeWeight.RandomWalk, EdgeWeight.SelfLoopWalk, EdgeWeight.Given];

    /// <summary>The automaton of a word; its random parameters follow from the seed.</summary>
    public static Automaton Read(string word, ulong seed) =>
        word switch
        {
            GaryMesh => Automaton.GaryMesh(seed),
            "mesh-nca" => Automaton.MeshNca(seed),
            "growing" => Automaton.Growing(seed),
            _ when ShippedRules.IsFile(word) => RuleFile.Read(word),
            _ => ShippedRules.Find(word) ?? OfSizes(word, seed),
        };

    /// <summary>Whether the parameters of the word's rule have been trained.</summary>
    public static bool IsTrained(string word) => ShippedRules.IsFile(word) || ShippedRules.Has(word);

    /// <summary>The same automaton with parameters none of which is zero, for a check or a measurement of an untrained
    /// rule.</summary>
    public static Automaton Stirred(Automaton automaton, ulong seed) =>
        automaton.WithRule(GradientCheck.RuleFor(automaton.Rule.Shape, seed, 0.3));

    private static Automaton OfSizes(string word, ulong seed)
    {
        var parts = word.Split(':');
        var sizes = parts[0].Split('x');
        var (top, experts) = (0, 0);
        var mixed = parts.Length == 4 && parts[1] == "mixture" && Size(parts[2], out top) && Size(parts[3], out experts);

        var edges = parts.Length == 2 && parts[1] == "edges";

        if ((parts.Length == 1 || edges || mixed) && sizes.Length == 3 && Size(sizes[0], out var channels) && Size(sizes[1], out var hidden)
            && Size(sizes[2], out var operators))
        {
            var perception = PerceptionOf(operators, edges ? _ofEdges : _ofPlaces);
            var shape = RuleShape.For(perception, channels, hidden);
            return Automaton.Of(perception, Rule.ZeroLast(mixed ? shape.WithKind(new MixtureRule(top, experts)) : shape, seed));
        }

        throw new UserErrorException(
            $"A rule is a file (.npz), one that ships ({string.Join(", ", ShippedRules.OnTheirOwn)}), {GaryMesh}, mesh-nca, growing or sizes CxHxK, CxHxK:edges or CxHxK:mixture:TOP:EXPERTS, but '{word}' is none of them.");

        static bool Size(string text, out int size) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out size) && size is >= 1 and <= 65536;
    }

    /// <summary>The own state, then mean differences to the neighbours under one weight each: for three operators that look where neighbours
    /// lie gary-mesh's perception.</summary>
    private static Perception PerceptionOf(int operators, EdgeWeight[] weights)
    {
        if (operators > weights.Length + 1)
        {
            throw new UserErrorException(
                $"A rule of given sizes has at most {weights.Length + 1} operators, but {operators} are asked for.");
        }

        return new Perception(
        [
            Operator.Own,
            .. weights.Take(operators - 1)
                .Select(weight => Operator.Of(weight, Messages.Difference, Aggregation.Mean)),
        ]);
    }
}
