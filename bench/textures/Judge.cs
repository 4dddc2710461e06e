namespace GaryMesh.TextureJudge;

/// <summary>Measures pictures against one exemplar.</summary>
internal sealed class Judge
{
    private readonly Picture _exemplar;
    private readonly Palette _palette;
    private readonly Measures _measures;
    private readonly Network? _network;
    private readonly Features[] _seen = [];
    private readonly double[][][] _slices = [];
    private readonly double[] _unit = [];

    public Judge(Picture exemplar, Network? network)
    {
        (_exemplar, _network, _palette) = (exemplar, network, exemplar.Exemplar().Palette);
        _measures = new(exemplar, _palette);

        if (network is null)
            return;

        _seen = network.See(exemplar);
        _slices = Sliced(_seen);
        var random = Enumerable.Range(1, 3).Select(seed => Distance(Sliced(network.See(Controls.RandomPhases(exemplar, (ulong)seed))))).ToArray();
        _unit = [.. Enumerable.Range(0, _seen.Length).Select(stage => random.Average(distances => distances[stage]))];
    }

    public Scores Score(Picture picture) => Score(picture, See(picture));

    /// <summary>The scores of a picture that the network has seen.</summary>
    public Scores Score(Picture picture, double[][][]? seen) => new Measures(picture, _palette).From(_measures, seen is null ? null : Ratio(seen));

    /// <summary>What the network sees in a picture, the same for every judge; null without one.</summary>
    public double[][][]? See(Picture picture) => _network is null ? null : Sliced(_network.See(picture));

    /// <summary>The network's distance alone, over that of random phases.</summary>
    public double Ratio(double[][][] seen) => Ratio(Distance(seen));

    /// <summary>What is known of the exemplar beside any result; the halves are the picture's as the measures see it, and the network's
    /// features of either half of a crop.</summary>
    public IEnumerable<(string Name, Scores Scores)> Beside()
    {
        var halves = _exemplar.Halves().Select(pair => (new Measures(pair.First, _palette), new Measures(pair.Second, _palette))).ToArray();
        var network = _network is null ? (double?)null : Ratio([.. _seen.Select(HalfDistance)]);

        if (halves.Length > 0)
            yield return ("the exemplar's other half", Scores.Average([.. halves.SelectMany(pair => new[] { pair.Item1.From(pair.Item2, network), pair.Item2.From(pair.Item1, network) })]));

        yield return ("random phases", Score(Controls.RandomPhases(_exemplar, 5)));
        yield return ("pixels shuffled", Score(Controls.Shuffled(_exemplar, 5)));
        yield return ("turned by 90 degrees", Score(Controls.Turned(_exemplar)));
    }

    private static double[][][] Sliced(Features[] seen) => [.. seen.Select(stage => stage.Slices())];

    private double[] Distance(double[][][] seen) => [.. seen.Zip(_slices, Distances.Sliced)];

    private double Ratio(double[] distances) => distances.Zip(_unit, (distance, unit) => distance / unit).Average();

    private static double HalfDistance(Features features)
    {
        var middle = features.Side / 2;
        return (Between((_, x) => x < middle, (_, x) => x >= middle) + Between((y, _) => y < middle, (y, _) => y >= middle)) / 2;

        double Between(Func<int, int, bool> first, Func<int, int, bool> second) =>
            Distances.Sliced(features.Where(first).Slices(), features.Where(second).Slices());
    }
}
