using System.Collections.Concurrent;

namespace GaryMesh.ChatGraft;

/// <summary>How well a text was predicted.</summary>
/// <param name="Tokens">Tokens predicted: all of the text.</param>
/// <param name="Characters">Unicode characters of the text, line breaks included.</param>
/// <param name="Nats">Sum of -log p over the tokens.</param>
public readonly record struct TextScore(long Tokens, long Characters, double Nats)
{
    /// <summary>exp of the mean -log p of a token.</summary>
    public double PerplexityPerToken => Math.Exp(Nats / Tokens);

    /// <summary>Bits for the whole text over its characters. Unlike perplexity it does not depend on how the text is cut
    /// into tokens.</summary>
    public double BitsPerCharacter => Nats / Math.Log(2.0) / Characters;

    /// <summary>The number of Unicode characters (scalar values) of a text.</summary>
    public static long CountCharacters(string text) => text.EnumerateRunes().LongCount();
}

/// <summary>Predicts a text with windows that overlap, so that tokens are seen with context before them.</summary>
public static class Scoring
{
    private const int WindowsAtOnce = 4;

    /// <summary>The cross-entropy of every token of a stream, in nats.</summary>
    /// <param name="packed">The cortex.</param>
    /// <param name="tokens">The stream. Its first token is predicted from <paramref name="before"/> alone.</param>
    /// <param name="before">The token that stands before the stream: a line break.</param>
    /// <param name="stride">Tokens from the beginning of one window to that of the next, at most the context T. But for
    /// the first window each token is predicted from at least T - stride tokens before it.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="grafting">A graft and where it is plugged in, or null.</param>
    /// <returns>One number a token, the same for any number of threads.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The stride is below 1 or beyond the context.</exception>
    public static double[] Losses(
        PackedCortex packed, ReadOnlySpan<int> tokens, int before, int stride = 64, int threads = 0, Grafting? grafting = null)
    {
        ArgumentNullException.ThrowIfNull(packed);
        var context = packed.Cortex.Shape.Context;

        if (stride < 1 || stride > context)
        {
            throw new ArgumentOutOfRangeException(
                nameof(stride), $"Windows of {context} tokens begin 1 to {context} tokens apart, not {stride}.");
        }

        int[] stream = [before, .. tokens];
        var losses = new double[tokens.Length];
        var windows = tokens.Length <= context ? 1 : 1 + ((tokens.Length - context + stride - 1) / stride);
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount };
        var idle = new ConcurrentBag<CortexPass>();

        Parallel.For(0, (windows + WindowsAtOnce - 1) / WindowsAtOnce, options, group =>
        {
            if (!idle.TryTake(out var pass))
                pass = new CortexPass(packed, WindowsAtOnce, context, grafting);

            var first = group * WindowsAtOnce;
            Score(pass, stream, losses, first, Math.Min(WindowsAtOnce, windows - first), context, stride);
            idle.Add(pass);
        });

        foreach (var pass in idle)
            pass.Dispose();

        return losses;
    }

    /// <summary>How well a cortex predicts a text.</summary>
    /// <param name="packed">The cortex.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="text">The text, not empty.</param>
    /// <param name="stride">See <see cref="Losses"/>.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="grafting">A graft and where it is plugged in, or null.</param>
    /// <exception cref="ArgumentException">The text is empty.</exception>
    public static TextScore Score(
        PackedCortex packed, ChatTokenizer tokenizer, string text, int stride = 64, int threads = 0, Grafting? grafting = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentException.ThrowIfNullOrEmpty(text);
        var losses = Losses(packed, tokenizer.Encode(text), tokenizer.LineBreak, stride, threads, grafting);
        return new TextScore(losses.Length, TextScore.CountCharacters(text), losses.Sum());
    }

    private static void Score(CortexPass pass, int[] stream, double[] losses, int first, int count, int context, int stride)
    {
        var inputs = new int[count * context];
        var targets = new int[count * context];
        var scores = new double[count * context];
        Array.Fill(targets, -1);

        for (var window = 0; window < count; window++)
        {
            var start = (first + window) * stride;
            var length = Math.Min(context, losses.Length - start);
            stream.AsSpan(start, length).CopyTo(inputs.AsSpan(window * context));
            var known = first + window == 0 ? 0 : context - stride;

            for (var i = known; i < length; i++)
                targets[(window * context) + i] = stream[start + i + 1];
        }

        pass.Forward(inputs, context);
        pass.Losses(targets, scores);

        for (var i = 0; i < scores.Length; i++)
        {
            if (targets[i] >= 0)
                losses[((first + (i / context)) * stride) + (i % context)] = scores[i];
        }
    }
}
