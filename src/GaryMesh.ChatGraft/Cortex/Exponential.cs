using System.Numerics;
using System.Runtime.CompilerServices;

namespace GaryMesh.ChatGraft;

/// <summary>The exponential of a vector of single-precision numbers, right to about one part in 10^7.</summary>
/// <remarks>The library's own goes through double precision, which takes three times as long. exp x = 2^n exp r with n the
/// whole number nearest to x / ln 2, so |r| is at most 0.35 and eight terms of the series leave less than 6e-9.</remarks>
internal static class Exponential
{
    // Below the smallest normal number, and up to the largest finite one.
    private const float Least = -87.3f;
    private const float Most = 88.3f;

    // Next to it single-precision numbers are whole: adding and taking it away rounds.
    private const float Whole = 12582912f;

    // ln 2 in two parts, the first with so few bits that its product with n is exact.
    private const float LnTwoHigh = 0.693359375f;
    private const float LnTwoLow = -2.12194440e-4f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Of(Vector<float> x)
    {
        x = Vector.Min(Vector.Max(x, new Vector<float>(Least)), new Vector<float>(Most));
        var n = Vector.MultiplyAddEstimate(x, new Vector<float>(1.44269504f), new Vector<float>(Whole)) - new Vector<float>(Whole);
        var r = Vector.MultiplyAddEstimate(n, new Vector<float>(-LnTwoHigh), x);
        r = Vector.MultiplyAddEstimate(n, new Vector<float>(-LnTwoLow), r);
        var sum = new Vector<float>(1f / 5040f);
        sum = Vector.MultiplyAddEstimate(sum, r, new Vector<float>(1f / 720f));
        sum = Vector.MultiplyAddEstimate(sum, r, new Vector<float>(1f / 120f));
        sum = Vector.MultiplyAddEstimate(sum, r, new Vector<float>(1f / 24f));
        sum = Vector.MultiplyAddEstimate(sum, r, new Vector<float>(1f / 6f));
        sum = Vector.MultiplyAddEstimate(sum, r, new Vector<float>(0.5f));
        sum = Vector.MultiplyAddEstimate(sum, r, Vector<float>.One);
        sum = Vector.MultiplyAddEstimate(sum, r, Vector<float>.One);
        var power = (Vector.ConvertToInt32(n) + new Vector<int>(127)) << 23;
        return sum * Vector.AsVectorSingle(power);
    }

    /// <summary>Writes exp(scale (x - shift)) over x; returns the sum. The first numbers go through whole vectors, the
    /// rest through one that is filled up.</summary>
    public static float Replace(Span<float> x, float shift, float scale)
    {
        var lanes = Vector<float>.Count;
        var (by, times) = (new Vector<float>(shift), new Vector<float>(scale));
        var sums = Vector<float>.Zero;
        var i = 0;

        for (; i <= x.Length - lanes; i += lanes)
        {
            var value = Of((new Vector<float>(x[i..]) - by) * times);
            value.CopyTo(x[i..]);
            sums += value;
        }

        var sum = Vector.Sum(sums);

        if (i < x.Length)
        {
            Span<float> rest = stackalloc float[lanes];
            rest.Fill(shift);
            x[i..].CopyTo(rest);
            Of((new Vector<float>(rest) - by) * times).CopyTo(rest);

            for (var j = 0; i + j < x.Length; j++)
            {
                x[i + j] = rest[j];
                sum += rest[j];
            }
        }

        return sum;
    }
}
