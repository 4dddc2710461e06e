using System.Numerics.Tensors;

namespace GaryMesh.ChatGraft;

/// <summary>Layer normalisation of each row (Ba, Kiros and Hinton, 2016): y = gain (x - mean) / sqrt(variance + 1e-5) +
/// bias, and its adjoint.</summary>
internal sealed class LayerNorm(int width, int rows)
{
    private const float Epsilon = 1e-5f;

    private readonly float[] _normal = new float[rows * width];
    private readonly float[] _scale = new float[rows];

    /// <summary>The rows after the last forward pass [rows x width].</summary>
    public float[] Output { get; } = new float[rows * width];

    public void Forward(ReadOnlySpan<float> x, int rows, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias)
    {
        for (var row = 0; row < rows; row++)
        {
            var normal = _normal.AsSpan(row * width, width);
            _scale[row] = Normalise(x.Slice(row * width, width), normal);
            TensorPrimitives.MultiplyAdd(normal, gain, bias, Output.AsSpan(row * width, width));
        }
    }

    /// <summary>Adds the adjoint of the input to <paramref name="dx"/>, and those of gain and bias where they are not
    /// empty.</summary>
    public void Backward(
        ReadOnlySpan<float> dy, int rows, ReadOnlySpan<float> gain, Span<float> dx, Span<float> dGain, Span<float> dBias)
    {
        Span<float> scaled = stackalloc float[width];
        Span<float> product = stackalloc float[width];

        for (var row = 0; row < rows; row++)
        {
            var normal = _normal.AsSpan(row * width, width);
            var up = dy.Slice(row * width, width);

            if (!dGain.IsEmpty)
            {
                TensorPrimitives.MultiplyAdd(up, normal, dGain, dGain);
                TensorPrimitives.Add(dBias, up, dBias);
            }

            TensorPrimitives.Multiply(up, gain, scaled);
            var mean = TensorPrimitives.Sum(scaled) / width;
            var along = TensorPrimitives.Dot(scaled, normal) / width;
            TensorPrimitives.Subtract(scaled, mean, scaled);
            TensorPrimitives.Multiply(normal, along, product);
            TensorPrimitives.Subtract(scaled, product, scaled);
            var below = dx.Slice(row * width, width);
            TensorPrimitives.MultiplyAdd(scaled, _scale[row], below, below);
        }
    }

    /// <summary>One row: (x - mean) / sqrt(variance + 1e-5) into <paramref name="normal"/>; returns the factor.</summary>
    public static float Normalise(ReadOnlySpan<float> x, Span<float> normal)
    {
        TensorPrimitives.Subtract(x, TensorPrimitives.Sum(x) / x.Length, normal);
        var variance = TensorPrimitives.SumOfSquares<float>(normal) / x.Length;
        var scale = 1.0f / MathF.Sqrt(variance + Epsilon);
        TensorPrimitives.Multiply(normal, scale, normal);
        return scale;
    }
}
