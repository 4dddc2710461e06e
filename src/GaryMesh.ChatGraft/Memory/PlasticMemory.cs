using System.Numerics.Tensors;

namespace GaryMesh.ChatGraft;

/// <summary>The fast memory: two projections of the cortex's hidden states and three weights, with which every position of a
/// conversation votes for the token that followed it.</summary>
/// <remarks>
/// At position t, each earlier position j has the score s_j = w_match (Q h_t . K h_j) / sqrt(d) + w_surprise u_j - w_recency
/// ln(t - j), where u_j = -ln p(x_j+1) is how little the cortex expected what followed. The scores pass a softmax that holds
/// one more score, 0, which stands for having nothing to say (the pointer sentinel of Merity et al., 2017, without
/// parameters): a_j = exp s_j / (1 + sum_i exp s_i). The token y then has the probability
/// p(y) = (1 - sum_j a_j) p_cortex(y) + sum_j a_j [x_j+1 = y].
/// </remarks>
public sealed class PlasticMemory
{
    /// <summary>Width d of keys and queries.</summary>
    public const int DefaultKeyWidth = 32;

    /// <summary>The surprise of a token that the cortex gave no probability worth speaking of, in nats.</summary>
    internal const float GreatestSurprise = 16f;

    /// <summary>A memory with the parameters given; they are not copied.</summary>
    /// <param name="width">Width of the hidden states.</param>
    /// <param name="parameters">K [d x width], Q [d x width], then w_match, w_surprise, w_recency.</param>
    /// <param name="keyWidth">Width d of keys and queries.</param>
    /// <exception cref="ArgumentException">The number of parameters is another.</exception>
    public PlasticMemory(int width, float[] parameters, int keyWidth = DefaultKeyWidth)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var count = Count(width, keyWidth);

        if (parameters.Length != count)
        {
            throw new ArgumentException(
                $"A plastic memory over hidden states of width {width} has {count:N0} parameters, but {parameters.Length:N0} are given.",
                nameof(parameters));
        }

        (Width, KeyWidth, Parameters) = (width, keyWidth, parameters);
    }

    /// <summary>Width of the hidden states.</summary>
    public int Width { get; }

    /// <summary>Width of keys and queries.</summary>
    public int KeyWidth { get; }

    /// <summary>All parameters: 2 x 96 x 32 + 3 = 6,147 for the cortex that ships.</summary>
    public float[] Parameters { get; }

    /// <summary>The number of parameters.</summary>
    public static int Count(int width, int keyWidth = DefaultKeyWidth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(keyWidth, 1);
        return checked((2 * width * keyWidth) + 3);
    }

    /// <summary>An untrained memory: keys and queries are the same random projection, so that it begins by comparing hidden
    /// states, and far positions count little.</summary>
    public static PlasticMemory Random(int width, ulong seed, int keyWidth = DefaultKeyWidth)
    {
        var parameters = new float[Count(width, keyWidth)];
        var key = Counter.Mix(seed);
        var half = width * keyWidth;
        for (var i = 0; i < half; i++) parameters[i] = (float)(Counter.Normal(key, i) / Math.Sqrt(width));
        parameters.AsSpan(0, half).CopyTo(parameters.AsSpan(half));
        parameters[^3] = 0.5f;
        parameters[^2] = 0f;
        parameters[^1] = 2f;
        return new PlasticMemory(width, parameters, keyWidth);
    }

    /// <summary>Projects a hidden state: <c>output = W hidden</c> for one of the two matrices.</summary>
    internal static void Project<T>(ReadOnlySpan<T> matrix, ReadOnlySpan<T> hidden, Span<T> output)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        for (var i = 0; i < output.Length; i++)
            output[i] = TensorPrimitives.Dot(matrix.Slice(i * hidden.Length, hidden.Length), hidden);
    }

    /// <summary>How far a position lies back, as the scores see it.</summary>
    internal static double Distance(int positions) => Math.Log(positions);
}
