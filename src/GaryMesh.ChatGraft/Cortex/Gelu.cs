using System.Numerics;
using System.Runtime.CompilerServices;

namespace GaryMesh.ChatGraft;

/// <summary>GELU in its tanh form, y = x / (1 + exp(-2u)) with u = sqrt(2 / pi) (x + 0.044715 x^3) (Hendrycks and Gimpel,
/// 2016), and its derivative.</summary>
internal static class Gelu
{
    private const float Root = 0.7978845608028654f;
    private const float Cube = 0.044715f;

    /// <summary>y = GELU(x) and, where it is not empty, GELU'(x); x may be either of them.</summary>
    public static void Forward(ReadOnlySpan<float> x, Span<float> y, Span<float> slope)
    {
        var lanes = Vector<float>.Count;
        var whole = x.Length / lanes * lanes;

        for (var i = 0; i < whole; i += lanes)
        {
            var (value, derivative) = At(new Vector<float>(x.Slice(i, lanes)));

            if (!slope.IsEmpty)
                derivative.CopyTo(slope.Slice(i, lanes));

            value.CopyTo(y.Slice(i, lanes));
        }

        if (whole == x.Length)
            return;

        // The last numbers go through a vector too, so that a number's value does not depend on where it stands.
        Span<float> rest = stackalloc float[lanes];
        x[whole..].CopyTo(rest);
        var (last, lastSlope) = At(new Vector<float>(rest));

        if (!slope.IsEmpty)
        {
            lastSlope.CopyTo(rest);
            rest[..(x.Length - whole)].CopyTo(slope[whole..]);
        }

        last.CopyTo(rest);
        rest[..(x.Length - whole)].CopyTo(y[whole..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector<float> Value, Vector<float> Slope) At(Vector<float> x)
    {
        var square = x * x;
        var twice = new Vector<float>(2 * Root) * x * (Vector<float>.One + (new Vector<float>(Cube) * square));
        var gate = Vector<float>.One / (Vector<float>.One + Exponential.Of(-twice));
        var inner = new Vector<float>(2 * Root) * (Vector<float>.One + (new Vector<float>(3 * Cube) * square));
        var value = x * gate;
        return (value, gate + (value * (Vector<float>.One - gate) * inner));
    }
}
