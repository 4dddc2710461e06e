using System.Numerics;

namespace GaryMesh.ChatGraft;

/// <summary>AdamW (Loshchilov and Hutter, ICLR 2019) over one flat vector: running means of the gradient and of its
/// square, and a decay that does not pass through them.</summary>
/// <param name="count">Number of parameters.</param>
/// <param name="beta1">Share of the first mean that stays each step.</param>
/// <param name="beta2">Share of the second mean that stays each step.</param>
public sealed class AdamW(int count, double beta1 = 0.9, double beta2 = 0.95)
{
    private const float Epsilon = 1e-8f;

    /// <summary>Running mean of the gradient.</summary>
    public float[] First { get; } = new float[count];

    /// <summary>Running mean of the gradient's square.</summary>
    public float[] Second { get; } = new float[count];

    /// <summary>One step over a stretch of the parameters; stretches may be taken by different threads.</summary>
    /// <param name="parameters">All parameters.</param>
    /// <param name="gradient">Their gradient.</param>
    /// <param name="scale">What the gradient is multiplied by first.</param>
    /// <param name="rate">Learning rate.</param>
    /// <param name="decay">Each parameter shrinks by rate x decay.</param>
    /// <param name="step">Number of this step, from 1.</param>
    /// <param name="start">First parameter of the stretch.</param>
    /// <param name="end">The one after its last.</param>
    public void Step(
        float[] parameters, float[] gradient, float scale, double rate, double decay, int step, int start, int end)
    {
        var pace = (float)(rate / (1.0 - Math.Pow(beta1, step)));
        var correction = (float)(1.0 / Math.Sqrt(1.0 - Math.Pow(beta2, step)));
        var keep = (float)(1.0 - (rate * decay));
        var (b1, b2) = ((float)beta1, (float)beta2);
        var lanes = Vector<float>.Count;
        var i = start;

        for (; i <= end - lanes; i += lanes)
        {
            var g = new Vector<float>(gradient, i) * scale;
            var m = (new Vector<float>(First, i) * b1) + (g * (1.0f - b1));
            var v = (new Vector<float>(Second, i) * b2) + (g * g * (1.0f - b2));
            m.CopyTo(First, i);
            v.CopyTo(Second, i);
            var change = m * pace / ((Vector.SquareRoot(v) * correction) + new Vector<float>(Epsilon));
            ((new Vector<float>(parameters, i) * keep) - change).CopyTo(parameters, i);
        }

        for (; i < end; i++)
        {
            var g = gradient[i] * scale;
            First[i] = (First[i] * b1) + (g * (1.0f - b1));
            Second[i] = (Second[i] * b2) + (g * g * (1.0f - b2));
            parameters[i] = (parameters[i] * keep)
                - (First[i] * pace / ((MathF.Sqrt(Second[i]) * correction) + Epsilon));
        }
    }
}
