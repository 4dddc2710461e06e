using System.Numerics.Tensors;

namespace GaryMesh.ChatGraft;

/// <summary>How the next token is drawn from the logits.</summary>
public sealed record SamplingOptions
{
    /// <summary>Logits are divided by it; 0 takes the most probable token.</summary>
    public double Temperature { get; init; } = 0.7;

    /// <summary>Only so many of the most probable tokens are drawn from; 0 for all.</summary>
    public int TopK { get; init; } = 40;

    /// <summary>Only the most probable tokens that together reach this share are drawn from; 1 for all.</summary>
    public double TopP { get; init; } = 0.95;

    /// <summary>Positive logits of recent tokens are divided by it, negative ones multiplied (Keskar et al., "CTRL",
    /// 2019); 1 for none.</summary>
    public double RepetitionPenalty { get; init; } = 1.1;

    /// <summary>How many of the last tokens count as recent.</summary>
    public int RepetitionWindow { get; init; } = 64;

    /// <summary>Refuses options that cannot be drawn with.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One sentence names the option and its range.</exception>
    public void Check()
    {
        Refuse(Temperature >= 0 && double.IsFinite(Temperature), nameof(Temperature), Temperature, "0 or more");
        Refuse(TopK >= 0, nameof(TopK), TopK, "0 or more");
        Refuse(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0 and at most 1");
        Refuse(RepetitionPenalty > 0 && double.IsFinite(RepetitionPenalty), nameof(RepetitionPenalty), RepetitionPenalty, "above 0");
        Refuse(RepetitionWindow >= 0, nameof(RepetitionWindow), RepetitionWindow, "0 or more");
    }

    private static void Refuse(bool holds, string name, double value, string range)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(name, $"{name} is {range}, but {value} is given.");
    }
}

/// <summary>Draws tokens from logits.</summary>
public static class Sampler
{
    /// <summary>Draws one token: a pure function of its arguments.</summary>
    /// <param name="logits">One number a token; minus infinity for one that must not come.</param>
    /// <param name="recent">The tokens before, the last one last.</param>
    /// <param name="options">How to draw.</param>
    /// <param name="uniform">A random number in [0, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException">An option lies outside its range.</exception>
    /// <exception cref="ArgumentException">No logit is finite.</exception>
    public static int Choose(ReadOnlySpan<float> logits, ReadOnlySpan<int> recent, SamplingOptions options, double uniform)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        var numbers = new double[logits.Length];

        TensorPrimitives.ConvertChecked(logits, numbers);

        Penalise(numbers, recent, options);

        if (options.Temperature == 0.0)
            return TensorPrimitives.IndexOfMax<double>(numbers);

        var (candidates, weights) = Candidates(numbers, options);
        var left = uniform * weights.Sum();

        for (var i = 0; i < candidates.Length; i++)
        {
            left -= weights[i];

            if (left < 0)
                return candidates[i];
        }

        return candidates[^1];
    }

    private static void Penalise(double[] numbers, ReadOnlySpan<int> recent, SamplingOptions options)
    {
        if (options.RepetitionPenalty == 1.0)
            return;

        var seen = new HashSet<int>();

        foreach (var token in recent[Math.Max(0, recent.Length - options.RepetitionWindow)..])
        {
            if (seen.Add(token))
            {
                numbers[token] = numbers[token] > 0
                    ? numbers[token] / options.RepetitionPenalty
                    : numbers[token] * options.RepetitionPenalty;
            }
        }
    }

    /// <summary>The tokens to draw from, the most probable first, and their weights.</summary>
    private static (int[] Tokens, double[] Weights) Candidates(double[] numbers, SamplingOptions options)
    {
        var tokens = Top(numbers, options.TopK > 0 ? Math.Min(options.TopK, numbers.Length) : numbers.Length);
        var top = numbers[tokens[0]];

        if (!double.IsFinite(top))
            throw new ArgumentException($"The largest logit is {top}: no token can be drawn.");

        var shares = new double[numbers.Length];
        TensorPrimitives.Subtract(numbers, top, shares);
        TensorPrimitives.Divide(shares, options.Temperature, shares);
        TensorPrimitives.Exp(shares, shares);
        var enough = options.TopP * TensorPrimitives.Sum<double>(shares);
        var (count, reached) = (0, 0.0);

        while (count < tokens.Length && reached < enough)
            reached += shares[tokens[count++]];

        return (tokens[..count], Array.ConvertAll(tokens[..count], token => shares[token]));
    }

    /// <summary>The tokens of the largest numbers, the largest first; equal ones in the order of their tokens.</summary>
    private static int[] Top(double[] numbers, int count)
    {
        int[] tokens;
        var (kept, least) = (0, double.NegativeInfinity);

        if (count == numbers.Length)
        {
            tokens = [.. Enumerable.Range(0, count)];
        }
        else
        {
            // The queue's head is the one to go first: the smallest number, of equal ones the latest token.
            var queue = new PriorityQueue<int, (double, int)>(count + 1);

            for (var token = 0; token < numbers.Length; token++)
            {
                if (kept == count && numbers[token] <= least)
                    continue;

                queue.Enqueue(token, (numbers[token], -token));

                if (kept == count)
                    queue.Dequeue();
                else
                    kept++;

                least = numbers[queue.Peek()];
            }

            tokens = [.. queue.UnorderedItems.Select(item => item.Element)];
        }

        Array.Sort(tokens, (a, b) => numbers[a] != numbers[b] ? numbers[b].CompareTo(numbers[a]) : a.CompareTo(b));
        return tokens;
    }
}
