using System.Numerics;
using System.Numerics.Tensors;

namespace GaryMesh.ChatLab.Facts;

/// <summary>A conversation as the plastic memory learns from it: what the frozen cortex made of it.</summary>
/// <param name="Hidden">[positions x width] hidden states.</param>
/// <param name="Followers">[positions] the token that follows each.</param>
/// <param name="LogProbabilities">[positions] ln of the probability that the cortex gave the follower.</param>
/// <param name="Weights">[positions] how much each position counts in the loss.</param>
public sealed record PlasticExample<T>(T[] Hidden, int[] Followers, T[] LogProbabilities, T[] Weights);

/// <summary>The loss of a plastic memory over a conversation, and its gradient.</summary>
/// <remarks>Generic over the number, so that the gradient can be held against differences in double precision.</remarks>
internal static class PlasticAdjoint<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The weighted sum of -ln p over the positions, and the sum of the weights.</summary>
    /// <param name="parameters">As <see cref="PlasticMemory.Parameters"/>.</param>
    /// <param name="keyWidth">Width d of keys and queries.</param>
    /// <param name="example">The conversation.</param>
    /// <param name="sums">Where the gradient of the weighted sum is added; empty where it is not wanted.</param>
    public static (T Loss, T Weight) Run(ReadOnlySpan<T> parameters, int keyWidth, PlasticExample<T> example, Span<T> sums)
    {
        var count = example.Followers.Length;
        var width = example.Hidden.Length / count;
        var half = width * keyWidth;
        var keys = Projected(parameters[..half], example.Hidden, count, width, keyWidth);
        var queries = Projected(parameters.Slice(half, half), example.Hidden, count, width, keyWidth);
        var (keyGradient, queryGradient) = (new T[keys.Length], new T[queries.Length]);
        var weights = parameters[^3..];
        var weightGradient = new T[3];
        var (scores, matches) = (new T[count], new T[count]);
        var (loss, weight) = (T.Zero, T.Zero);
        var scale = T.One / T.Sqrt(T.CreateChecked(keyWidth));

        for (var t = 0; t < count; t++)
        {
            if (example.Weights[t] == T.Zero) continue;
            weight += example.Weights[t];
            var attention = scores.AsSpan(0, t);
            var query = queries.AsSpan(t * keyWidth, keyWidth);

            for (var j = 0; j < t; j++)
            {
                matches[j] = TensorPrimitives.Dot<T>(query, keys.AsSpan(j * keyWidth, keyWidth)) * scale;
                attention[j] = (weights[0] * matches[j]) + (weights[1] * Surprise(example, j)) - (weights[2] * Distance(t - j));
            }

            var silence = Soften(attention);
            var cortex = T.Exp(example.LogProbabilities[t]);
            var probability = cortex * silence;
            for (var j = 0; j < t; j++) if (example.Followers[j] == example.Followers[t]) probability += attention[j];
            loss -= example.Weights[t] * T.Log(probability);
            if (sums.IsEmpty) continue;

            // dp/ds_j = a_j (g_j - sum_i a_i g_i) with g_j = [the follower agrees] - p_cortex; the silence's g is 0.
            var mean = T.Zero;
            for (var j = 0; j < t; j++) mean += attention[j] * Gain(example, j, t, cortex);
            var outer = -example.Weights[t] / probability;

            for (var j = 0; j < t; j++)
            {
                var slope = outer * attention[j] * (Gain(example, j, t, cortex) - mean);
                weightGradient[0] += slope * matches[j];
                weightGradient[1] += slope * Surprise(example, j);
                weightGradient[2] -= slope * Distance(t - j);
                var pull = slope * weights[0] * scale;
                var key = keys.AsSpan(j * keyWidth, keyWidth);
                var keyBack = keyGradient.AsSpan(j * keyWidth, keyWidth);
                var queryBack = queryGradient.AsSpan(t * keyWidth, keyWidth);
                TensorPrimitives.MultiplyAdd<T>(query, pull, keyBack, keyBack);
                TensorPrimitives.MultiplyAdd<T>(key, pull, queryBack, queryBack);
            }
        }

        if (!sums.IsEmpty)
        {
            AddOuter(keyGradient, example.Hidden, count, width, keyWidth, sums[..half]);
            AddOuter(queryGradient, example.Hidden, count, width, keyWidth, sums.Slice(half, half));
            for (var i = 0; i < 3; i++) sums[sums.Length - 3 + i] += weightGradient[i];
        }

        return (loss, weight);
    }

    /// <summary>Scores to attention in place, beside a score of 0 whose share is returned.</summary>
    private static T Soften(Span<T> scores)
    {
        var greatest = T.Zero;
        foreach (var score in scores) greatest = T.Max(greatest, score);
        var total = T.Exp(-greatest);
        for (var j = 0; j < scores.Length; j++) total += scores[j] = T.Exp(scores[j] - greatest);
        for (var j = 0; j < scores.Length; j++) scores[j] /= total;
        return T.Exp(-greatest) / total;
    }

    private static T Gain(PlasticExample<T> example, int j, int t, T cortex) =>
        (example.Followers[j] == example.Followers[t] ? T.One : T.Zero) - cortex;

    private static T Surprise(PlasticExample<T> example, int j) =>
        T.Clamp(-example.LogProbabilities[j], T.Zero, T.CreateChecked(PlasticMemory.GreatestSurprise));

    private static T Distance(int positions) => T.CreateChecked(PlasticMemory.Distance(positions));

    private static T[] Projected(ReadOnlySpan<T> matrix, T[] hidden, int count, int width, int keyWidth)
    {
        var output = new T[count * keyWidth];
        for (var t = 0; t < count; t++)
            PlasticMemory.Project(matrix, hidden.AsSpan(t * width, width), output.AsSpan(t * keyWidth, keyWidth));
        return output;
    }

    private static void AddOuter(T[] gradient, T[] hidden, int count, int width, int keyWidth, Span<T> sums)
    {
        for (var t = 0; t < count; t++)
        {
            for (var i = 0; i < keyWidth; i++)
            {
                var row = sums.Slice(i * width, width);
                TensorPrimitives.MultiplyAdd<T>(hidden.AsSpan(t * width, width), gradient[(t * keyWidth) + i], row, row);
            }
        }
    }
}
