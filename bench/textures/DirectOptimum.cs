namespace GaryMesh.TextureJudge;

/// <summary>The best that the training's loss can do: pixels of a torus themselves, optimised by L-BFGS from noise.</summary>
internal static class DirectOptimum
{
    private const int Memory = 20;

    /// <summary>The picture, from the cache where it lies there, and its loss.</summary>
    public static Picture Of(Picture exemplar, int height, int width, int evaluations, string cache)
    {
        var key = exemplar.Values.Aggregate(Counter.Key(exemplar.Tiles ? 1UL : 0UL, exemplar.Height, exemplar.Width), (key, value) => Counter.Mix(key + BitConverter.SingleToUInt32Bits(value)));
        var path = Path.Combine(cache, FormattableString.Invariant($"direct-{key:x16}-{height}x{width}-{evaluations}.png"));

        if (!File.Exists(path))
        {
            Directory.CreateDirectory(cache);
            Optimise(exemplar.Exemplar(), height, width, evaluations).Write(path);
        }

        return Picture.Read(path, true);
    }

    private static Picture Optimise(Exemplar exemplar, int height, int width, int evaluations)
    {
        var graph = Graph.Torus(height, width);
        var loss = new RectifiedGram(exemplar, graph);
        var (inputs, context) = (State.Zeros(graph.Cells, 0), LossContext.After(graph));
        double[] start = [.. Enumerable.Range(0, graph.Cells * exemplar.Maps).Select(at => 0.075 * Counter.Normal(1, at))];
        var best = Minimum(start, evaluations, point =>
        {
            var value = loss.Evaluate(Pixels(point), inputs, context);
            return (value.Value, [.. value.Adjoint.ToArray().Select(bar => (double)bar)]);
        });

        return Picture.Of(height, width, exemplar.Maps, exemplar.Palette.Values(Pixels(best)), true);

        State Pixels(double[] point) => new(graph.Cells, exemplar.Maps, [.. point.Select(value => (float)value)]);
    }

    /// <summary>L-BFGS with a backtracking line search.</summary>
    public static double[] Minimum(double[] point, int evaluations, Func<double[], (double Value, double[] Slope)> function)
    {
        var pairs = new List<(double[] Step, double[] Change, double Inverse)>();
        var (value, slope) = function(point);
        evaluations--;

        while (evaluations > 0)
        {
            var direction = Direction(slope, pairs);
            var descent = Dot(direction, slope);

            if (!(descent < 0))
            {
                if (pairs.Count == 0)
                    break;

                pairs.Clear();
                continue;
            }

            var (size, tries, found) = (1.0, 0, false);

            while (!found && tries++ < 20 && evaluations-- > 0)
            {
                double[] next = [.. point.Zip(direction, (x, d) => x + (size * d))];
                var (nextValue, nextSlope) = function(next);
                found = nextValue <= value + (1e-4 * size * descent);
                size /= 2;

                if (!found)
                    continue;

                double[] step = [.. next.Zip(point, (a, b) => a - b)];
                double[] change = [.. nextSlope.Zip(slope, (a, b) => a - b)];
                var product = Dot(step, change);

                if (product > 1e-12 * Dot(change, change))
                    pairs.Add((step, change, 1 / product));

                if (pairs.Count > Memory)
                    pairs.RemoveAt(0);

                (point, value, slope) = (next, nextValue, nextSlope);
            }

            if (!found && pairs.Count == 0)
                break;

            if (!found)
                pairs.Clear();
        }

        return point;
    }

    /// <summary>Where the inverse of the curvature seen so far leads, by the two loops of Liu and Nocedal.</summary>
    private static double[] Direction(double[] slope, List<(double[] Step, double[] Change, double Inverse)> pairs)
    {
        double[] direction = [.. slope.Select(value => -value)];
        var shares = new double[pairs.Count];

        for (var i = pairs.Count - 1; i >= 0; i--)
        {
            shares[i] = pairs[i].Inverse * Dot(pairs[i].Step, direction);
            Add(-shares[i], pairs[i].Change);
        }

        var scale = pairs.Count > 0 ? 1 / (pairs[^1].Inverse * Dot(pairs[^1].Change, pairs[^1].Change)) : 0.01 / Math.Sqrt(Dot(slope, slope) + 1e-300);

        for (var at = 0; at < direction.Length; at++)
            direction[at] *= scale;

        for (var i = 0; i < pairs.Count; i++)
            Add(shares[i] - (pairs[i].Inverse * Dot(pairs[i].Change, direction)), pairs[i].Step);

        return direction;

        void Add(double share, double[] vector)
        {
            for (var at = 0; at < direction.Length; at++)
                direction[at] += share * vector[at];
        }
    }

    private static double Dot(double[] first, double[] second) => System.Numerics.Tensors.TensorPrimitives.Dot<double>(first, second);
}
