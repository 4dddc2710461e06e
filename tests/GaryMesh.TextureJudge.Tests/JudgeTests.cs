// The judge's measures on pictures whose place in the order is known.
using Expecto.CSharp;

namespace GaryMesh.TextureJudge.Tests;

public static class JudgeTests
{
    /// <summary>Short bright upright lines at chance places of a dark wall: far from a Gaussian field.</summary>
    private static Picture Wall(ulong seed, int height = 64, int width = 80)
    {
        float[] values = [.. Enumerable.Range(0, height * width).Select(at => 0.2f + (0.02f * (float)Counter.Uniform(seed, at)))];

        for (var line = 0; line < height * width / 60; line++)
        {
            var place = Counter.Below(values.Length, seed, -1 - line);

            for (var length = 0; length < 6; length++)
                values[(place + (length * width)) % values.Length] = 0.8f;
        }

        return Picture.Of(height, width, 1, values, false);
    }

    private static Scores Score(Picture picture, Picture exemplar)
    {
        var palette = exemplar.Exemplar().Palette;
        return new Measures(picture, palette).From(new Measures(exemplar, palette), null);
    }

    private static double[] Distances(Scores scores) => [scores.Marginals, scores.Sliced, scores.Spectrum, scores.NonGaussian, scores.Mean, scores.Deviation];

    [Expecto.Tests]
    public static Expecto.Test All { get; } = Runner.TestList("The texture judge",
    [
        Runner.TestCase("an exemplar has no distance from itself", () =>
            Check(Distances(Score(Wall(1), Wall(1))).All(distance => distance == 0), "a distance is not 0")),
        Runner.TestCase("another part of the wall is nearer than shuffled pixels and a turned wall", () =>
        {
            for (var seed = 1UL; seed <= 2; seed++)
            {
                var wall = Wall(seed);
                var near = Score(Wall(seed + 10), wall);

                foreach (var control in new[] { Controls.Shuffled(wall, seed), Controls.Turned(wall) })
                {
                    var far = Score(control, wall);
                    Check(near.Marginals < 0.5 * far.Marginals, $"marginals {near.Marginals} and {far.Marginals}");
                    Check(near.Sliced < 0.95 * far.Sliced, $"patches {near.Sliced} and {far.Sliced}");
                    Check(near.Spectrum < 0.7 * far.Spectrum, $"spectrum {near.Spectrum} and {far.Spectrum}");
                }
            }
        }),
        Runner.TestCase("random phases keep the spectrum and the colours, and the non-Gaussian statistic tells them", () =>
        {
            for (var seed = 1UL; seed <= 2; seed++)
            {
                var wall = Wall(seed);
                var (near, random) = (Score(Wall(seed + 10), wall), Score(Controls.RandomPhases(wall, seed), wall));
                Check(random.Spectrum < Score(Controls.Shuffled(wall, seed), wall).Spectrum, "the spectrum is kept");
                Check(random.Mean < 0.02 && random.Deviation < 0.05, $"colours {random.Mean}, {random.Deviation}");
                Check(near.NonGaussian < 0.7 * random.NonGaussian, $"non-Gaussian {near.NonGaussian} and {random.NonGaussian}");
                Check(near.Marginals < 0.7 * random.Marginals, $"marginals {near.Marginals} and {random.Marginals}");
            }
        }),
        Runner.TestCase("several scores are summed up measure by measure, and the network's only where all have it", () =>
        {
            Scores[] scores = [new(1, 30, 2, 7, 1, 0, 0.5), new(2, 10, 9, 7, 3, 0, 0.9), new(9, 20, 4, 8, 2, 0, 0.7)];
            Check(Scores.By(Enumerable.Max, scores) == new Scores(9, 30, 9, 8, 3, 0, 0.9), "the largest of each");
            Check(Scores.By(values => values.Order().ElementAt(1), scores) == new Scores(2, 20, 4, 7, 2, 0, 0.7), "the median of each");
            Check(Scores.By(Enumerable.Max, [scores[0], scores[1] with { Network = null }]).Network is null, "one has none");
        }),
        Runner.TestCase("shuffling keeps every pixel, and four turns are none", () =>
        {
            var wall = Wall(4, 50, 70);
            var turned = Enumerable.Range(0, 4).Aggregate(wall, (picture, _) => Controls.Turned(picture));
            Check(turned.Values.SequenceEqual(wall.Values), "turned");
            Check(Controls.Shuffled(wall, 1).Values.Order().SequenceEqual(wall.Values.Order()), "shuffled");
        }),
        Runner.TestCase("the optimiser finds the bottom of a narrow valley", () =>
        {
            var (end, calls) = ((double[])[], 0);
            end = DirectOptimum.Minimum([-1.2, 1], 200, point =>
            {
                calls++;
                var (x, y) = (point[0], point[1]);
                return ((100 * Math.Pow(y - (x * x), 2)) + Math.Pow(1 - x, 2), [(-400 * x * (y - (x * x))) - (2 * (1 - x)), 200 * (y - (x * x))]);
            });
            Check(calls <= 200 && end.All(x => Math.Abs(x - 1) < 1e-4), $"{end[0]}, {end[1]} after {calls}");
        }),
    ]);

    private static void Check(bool holds, string what) => Expecto.Expect.isTrue(holds, what);
}

public static class Program
{
    public static int Main(string[] args) => Expecto.Tests.runTestsInAssemblyWithCLIArgs([], args);
}
