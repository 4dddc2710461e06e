using System.Numerics.Tensors;

namespace GaryMesh.ChatGraft;

/// <summary>Softmax of a row, the cross-entropy over it, and their adjoints.</summary>
internal static class Softmax
{
    /// <summary>Turns numbers into the probabilities of exp(scale * number), in place.</summary>
    /// <returns>log of the sum of exp(scale * number).</returns>
    public static double Forward(Span<float> row, float scale)
    {
        var top = TensorPrimitives.Max<float>(row);
        var sum = Exponential.Replace(row, top, scale);
        TensorPrimitives.Multiply(row, 1.0f / sum, row);
        return (scale * (double)top) + Math.Log(sum);
    }

    /// <summary>Turns the adjoint of the probabilities into that of the numbers, in place.</summary>
    public static void Backward(ReadOnlySpan<float> probabilities, Span<float> gradient, float scale)
    {
        var mean = TensorPrimitives.Dot(probabilities, gradient);
        TensorPrimitives.Subtract(gradient, mean, gradient);
        TensorPrimitives.Multiply(gradient, probabilities, gradient);

        if (scale != 1.0f)
            TensorPrimitives.Multiply(gradient, scale, gradient);
    }

    /// <summary>The cross-entropy of a row of logits in nats; the row becomes its adjoint times
    /// <paramref name="weight"/>, unless the weight is 0.</summary>
    public static double CrossEntropy(Span<float> logits, int target, float weight)
    {
        var at = logits[target];
        var loss = Forward(logits, 1.0f) - at;

        if (weight != 0.0f)
        {
            logits[target] -= 1.0f;
            TensorPrimitives.Multiply(logits, weight, logits);
        }

        return loss;
    }
}
