namespace GaryMesh.TextureJudge;

/// <summary>How far a picture's look is from an exemplar's, by measures that no training sees; 0 is the exemplar itself.</summary>
/// <param name="Marginals">Between the marginals of 24 oriented derivative filters (slopes and bends at scales .8, 1.6 and 3.2 in
/// four directions off the axes), in standard deviations of the exemplar's response.</param>
/// <param name="Sliced">Between 7 x 7 patches of the picture, of its half and of its quarter, along random directions of three numbers
/// each (sums of many are nearly Gaussian, and tell random phases less), in standard deviations of the exemplar's colours.</param>
/// <param name="Spectrum">Between the power spectra in 23 rings of 4 orientations, in powers of ten.</param>
/// <param name="NonGaussian">Between the skewness and half the kurtosis of values, slopes and Laplacians at scales 1.5, 3 and 6.</param>
/// <param name="Mean">Of the colours, the largest of three.</param>
/// <param name="Deviation">Of the colours, the largest of three.</param>
/// <param name="Network">Between what a pre-trained network sees, over the same of the exemplar at random phases.</param>
internal sealed record Scores(double Marginals, double Sliced, double Spectrum, double NonGaussian, double Mean, double Deviation, double? Network)
{
    public static Scores Average(IReadOnlyCollection<Scores> scores) => By(Enumerable.Average, scores);

    /// <summary>One of many, measure by measure: their means or medians, say.</summary>
    public static Scores By(Func<double[], double> summary, IReadOnlyCollection<Scores> scores) => new(
        summary([.. scores.Select(score => score.Marginals)]),
        summary([.. scores.Select(score => score.Sliced)]),
        summary([.. scores.Select(score => score.Spectrum)]),
        summary([.. scores.Select(score => score.NonGaussian)]),
        summary([.. scores.Select(score => score.Mean)]),
        summary([.. scores.Select(score => score.Deviation)]),
        scores.All(score => score.Network is not null) ? summary([.. scores.Select(score => score.Network!.Value)]) : null);
}

/// <summary>What the measures compare, taken of one picture as an exemplar's palette reads it.</summary>
internal sealed class Measures
{
    /// <summary>Pixels of a side that the coarsest filter and the spectrum's window need.</summary>
    public const int SmallestSide = 48;

    private readonly double[][] _responses;
    private readonly double[] _deviations;
    private readonly double[][][] _patches;
    private readonly double[] _spectrum;
    private readonly double[] _moments;
    private readonly (double Mean, double Deviation)[] _colours;

    public Measures(Picture picture, Palette palette)
    {
        if (picture.Height < SmallestSide || picture.Width < SmallestSide)
            throw new ArgumentException($"A picture is judged from {SmallestSide} x {SmallestSide} pixels on, but has {picture.Height} x {picture.Width}.");

        var grey = picture.Grey();
        double[][] responses = [.. new[] { 0.8, 1.6, 3.2 }.Select(grey.At).SelectMany(derivatives => Directions().SelectMany(angle => new[] { derivatives.Slope(angle), derivatives.Bend(angle) }))];
        _deviations = [.. responses.Select(Deviation)];
        _responses = [.. responses.Select(Distances.Quantile)];
        _patches = [.. new[] { picture, picture.Small(), picture.Small().Small() }.Select((scaled, level) => Distances.Slices(Patches(scaled), 3 * 49, 200, 3, (ulong)level))];
        _spectrum = Spectrum(grey);
        _moments = [.. picture.Channels(palette).SelectMany(channel => new[] { 1.5, 3, 6 }.Select(channel.At)).SelectMany(Moments)];
        _colours = picture.Colours();

        static IEnumerable<double> Directions() => Enumerable.Range(0, 4).Select(k => (k + 0.5) * Math.PI / 4);
    }

    /// <summary>The distances of this picture from an exemplar.</summary>
    public Scores From(Measures exemplar, double? network) => new(
        Math.Sqrt(_responses.Select((response, k) => Distances.Squared(response, exemplar._responses[k]) / Math.Pow(exemplar._deviations[k], 2)).Average()),
        _patches.Zip(exemplar._patches, Distances.Sliced).Average() / Math.Sqrt(exemplar._colours.Average(colour => colour.Deviation * colour.Deviation)),
        Difference(_spectrum, exemplar._spectrum).Average(),
        Difference(_moments, exemplar._moments).Average(),
        Difference([.. _colours.Select(colour => colour.Mean)], [.. exemplar._colours.Select(colour => colour.Mean)]).Max(),
        Difference([.. _colours.Select(colour => colour.Deviation)], [.. exemplar._colours.Select(colour => colour.Deviation)]).Max(),
        network);

    private static IEnumerable<double> Difference(double[] first, double[] second) => first.Zip(second, (a, b) => Math.Abs(a - b));

    private static double Deviation(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Average(value => (value - mean) * (value - mean))) + 1e-9;
    }

    /// <summary>All 7 x 7 patches [places x 147].</summary>
    private static float[] Patches(Picture picture)
    {
        var (height, width) = (picture.Height - 6, picture.Width - 6);
        var patches = new float[height * width * 3 * 49];

        for (var place = 0; place < height * width; place++)
        {
            for (var row = 0; row < 7; row++)
                picture.Values.AsSpan(3 * ((((place / width) + row) * picture.Width) + (place % width)), 21).CopyTo(patches.AsSpan((place * 147) + (row * 21)));
        }

        return patches;
    }

    /// <summary>Logarithms of the power in rings and orientations: the mean over windows, so that pictures of any size compare.</summary>
    private static double[] Spectrum(Plane grey)
    {
        const int Side = SmallestSide;
        var power = new double[Side * Side];
        double[] window = [.. Enumerable.Range(0, Side).Select(t => 0.5 - (0.5 * Math.Cos(2 * Math.PI * t / (Side - 1))))];
        var windows = 0;

        for (var top = 0; top + Side <= grey.Height; top += Side / 4)
        {
            for (var left = 0; left + Side <= grey.Width; left += Side / 4)
            {
                double Value(int at) => grey.Values[((top + (at / Side)) * grey.Width) + left + (at % Side)];
                var mean = Enumerable.Range(0, Side * Side).Average(Value);
                var waves = Controls.Transformed(Side, Side, at => (Value(at) - mean) * window[at / Side] * window[at % Side]);
                windows++;

                for (var at = 0; at < power.Length; at++)
                    power[at] += (waves[at].Real * waves[at].Real) + (waves[at].Imaginary * waves[at].Imaginary);
            }
        }

        var bins = new (double Sum, int Count)[23 * 4];

        for (var at = 0; at < power.Length; at++)
        {
            var (y, x) = (Signed(at / Side), Signed(at % Side));
            var ring = (int)Math.Sqrt((x * x) + (y * y)) - 1;
            var turn = (int)Math.Floor((Math.Atan2(y, x) / Math.PI * 4) + 4.5) % 4;

            if (ring is >= 0 and < 23)
                bins[(ring * 4) + turn] = (bins[(ring * 4) + turn].Sum + power[at], bins[(ring * 4) + turn].Count + 1);
        }

        return [.. bins.Select(bin => Math.Log10((bin.Sum / bin.Count / windows) + 1e-9))];

        static int Signed(int wave) => wave < Side / 2 ? wave : wave - Side;
    }

    /// <summary>Skewness, and half the excess kurtosis, whose chance is twice as wide.</summary>
    private static IEnumerable<double> Moments(Plane.Derivatives derivatives) =>
        new[] { derivatives.Blur.Values, derivatives.X.Values, derivatives.Y.Values, derivatives.Laplacian() }.SelectMany(values =>
        {
            var (mean, deviation) = (values.Average(), Deviation(values));
            return new[]
            {
                values.Average(value => Math.Pow((value - mean) / deviation, 3)),
                (values.Average(value => Math.Pow((value - mean) / deviation, 4)) - 3) / 2,
            };
        });
}
