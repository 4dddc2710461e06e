using System.Numerics.Tensors;

namespace GaryMesh.TextureJudge;

/// <summary>How far two sets of numbers, or of points, lie apart.</summary>
internal static class Distances
{
    private const int Quantiles = 400;

    /// <summary>Quantiles of numbers, which are sorted in place.</summary>
    public static double[] Quantile(double[] numbers)
    {
        Array.Sort(numbers);
        var last = numbers.Length - 1;

        return
        [
            .. Enumerable.Range(0, Quantiles).Select(q =>
            {
                var place = (q + 0.5) / Quantiles * last;
                var at = (int)place;
                return numbers[at] + ((place - at) * (numbers[Math.Min(at + 1, last)] - numbers[at]));
            }),
        ];
    }

    /// <summary>The mean squared difference of quantiles: the squared Wasserstein distance of order 2.</summary>
    public static double Squared(double[] first, double[] second) => first.Zip(second, (a, b) => (a - b) * (a - b)).Average();

    /// <summary>Quantiles of points [count x dimensions] along random directions, each of so many of the dimensions.</summary>
    public static double[][] Slices(float[] points, int dimensions, int directions, int taps, ulong seed)
    {
        var count = points.Length / dimensions;
        var slices = new double[directions][];

        Parallel.For(0, directions, slice =>
        {
            var key = Counter.Subkey(seed, slice);
            var direction = new float[dimensions];

            for (var tap = 0; tap < taps; tap++)
                direction[taps < dimensions ? Counter.Below(dimensions, key, -1 - tap) : tap] = (float)Counter.Normal(key, tap);

            var length = TensorPrimitives.Norm<float>(direction);
            var along = new double[count];

            for (var i = 0; i < count; i++)
                along[i] = TensorPrimitives.Dot<float>(direction, points.AsSpan(i * dimensions, dimensions)) / length;

            slices[slice] = Quantile(along);
        });

        return slices;
    }

    /// <summary>The root of the mean squared distance of slices.</summary>
    public static double Sliced(double[][] first, double[][] second) => Math.Sqrt(first.Zip(second, Squared).Average());
}
