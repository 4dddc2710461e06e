namespace GaryMesh.ChatLab.Language;

/// <summary>An n-gram model with interpolated, modified Kneser-Ney smoothing (Chen and Goodman, 1999): the yardstick that a
/// cortex has to beat over the same tokens.</summary>
/// <remarks>The longest n-grams are counted as they occur, shorter ones by how many tokens precede them; three discounts
/// per length follow from how many n-grams have the counts 1 to 4. Below the single token stands the uniform
/// distribution.</remarks>
public sealed class KneserNey
{
    private readonly int _order;
    private readonly int _vocabulary;

    // One table a length: the counts of n-grams, and of each context its sum and how many n-grams count 1, 2, 3 or more.
    private readonly Dictionary<UInt128, int>[] _counts;
    private readonly Dictionary<UInt128, Context>[] _contexts;
    private readonly double[][] _discounts;

    /// <summary>Counts a token stream.</summary>
    /// <param name="tokens">The stream.</param>
    /// <param name="vocabulary">Number of tokens there are, at most 65,536.</param>
    /// <param name="order">Length of the longest n-grams, 1 to 8.</param>
    /// <exception cref="ArgumentOutOfRangeException">Order or vocabulary lie outside their range.</exception>
    public KneserNey(ReadOnlySpan<int> tokens, int vocabulary, int order = 5)
    {
        if (order is < 1 or > 8)
            throw new ArgumentOutOfRangeException(nameof(order), $"N-grams have 1 to 8 tokens, not {order}.");

        if (vocabulary is < 1 or > 65536)
            throw new ArgumentOutOfRangeException(nameof(vocabulary), $"A vocabulary has 1 to 65,536 tokens, not {vocabulary}.");

        (_order, _vocabulary) = (order, vocabulary);
        _counts = Count(tokens, order);
        _contexts = [.. _counts.Select(Contexts)];
        _discounts = [.. _counts.Select(Discounts)];
    }

    private sealed class Context
    {
        public long Sum;
        public readonly int[] Having = new int[4];
    }

    /// <summary>The probability of a token after others.</summary>
    /// <param name="before">The tokens before it, the last one last; only order - 1 of them count.</param>
    /// <param name="token">The token.</param>
    public double Probability(ReadOnlySpan<int> before, int token)
    {
        var probability = 1.0 / _vocabulary;
        var context = UInt128.Zero;

        for (var length = 1; length <= _order && length - 1 <= before.Length; length++)
        {
            if (length > 1)
                context |= (UInt128)(ushort)before[^(length - 1)] << (16 * (length - 2));

            if (!_contexts[length - 1].TryGetValue(context, out var known))
                break;

            var discounts = _discounts[length - 1];
            var count = _counts[length - 1].GetValueOrDefault((context << 16) | (ushort)token);
            var held = 0.0;

            for (var n = 1; n <= 3; n++)
                held += discounts[n] * known.Having[n];

            probability = (Math.Max(0.0, count - discounts[Math.Min(count, 3)]) + (held * probability)) / known.Sum;
        }

        return probability;
    }

    /// <summary>The cross-entropy of every token of a stream, in nats, as <see cref="Scoring.Losses"/>.</summary>
    /// <param name="tokens">The stream.</param>
    /// <param name="before">The token that stands before it.</param>
    public double[] Losses(ReadOnlySpan<int> tokens, int before)
    {
        int[] stream = [before, .. tokens];
        var losses = new double[tokens.Length];

        for (var i = 0; i < losses.Length; i++)
            losses[i] = -Math.Log(Probability(stream.AsSpan(Math.Max(0, i + 2 - _order)..(i + 1)), stream[i + 1]));

        return losses;
    }

    /// <summary>An n-gram's key: its tokens, 16 bits each, the last one lowest.</summary>
    private static Dictionary<UInt128, int>[] Count(ReadOnlySpan<int> tokens, int order)
    {
        var counts = Enumerable.Range(0, order).Select(_ => new Dictionary<UInt128, int>()).ToArray();
        var key = UInt128.Zero;
        var whole = (UInt128.One << (16 * order)) - 1;

        if (order == 8)
            whole = UInt128.MaxValue;

        for (var i = 0; i < tokens.Length; i++)
        {
            key = ((key << 16) | (ushort)tokens[i]) & whole;

            if (i >= order - 1)
                counts[order - 1][key] = counts[order - 1].GetValueOrDefault(key) + 1;
        }

        // A shorter n-gram counts once for each different token that stands before it.
        for (var length = order - 1; length >= 1; length--)
        {
            var kept = (UInt128.One << (16 * length)) - 1;

            foreach (var longer in counts[length].Keys)
                counts[length - 1][longer & kept] = counts[length - 1].GetValueOrDefault(longer & kept) + 1;
        }

        return counts;
    }

    private static Dictionary<UInt128, Context> Contexts(Dictionary<UInt128, int> counts)
    {
        var contexts = new Dictionary<UInt128, Context>();

        foreach (var (key, count) in counts)
        {
            if (!contexts.TryGetValue(key >> 16, out var context))
                contexts[key >> 16] = context = new Context();

            context.Sum += count;
            context.Having[Math.Min(count, 3)]++;
        }

        return contexts;
    }

    /// <summary>D1, D2 and D3+ of Chen and Goodman, equation 26; 0.5 where the counts are too few to say.</summary>
    private static double[] Discounts(Dictionary<UInt128, int> counts)
    {
        var having = new double[5];

        foreach (var count in counts.Values)
        {
            if (count <= 4)
                having[count]++;
        }

        var y = having[1] / (having[1] + (2.0 * having[2]));
        double Discount(int n) => having[n] > 0 && having[n + 1] > 0 ? n - ((n + 1) * y * having[n + 1] / having[n]) : 0.5;
        return [0.0, .. Enumerable.Range(1, 3).Select(n => Math.Clamp(Discount(n), 0.0, n))];
    }
}
