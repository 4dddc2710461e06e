using System.Text;

namespace GaryMesh.ChatGraft;

/// <summary>How a text is generated.</summary>
public sealed record GenerationOptions
{
    /// <summary>How each token is drawn.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Tokens at most.</summary>
    public int MaxTokens { get; init; } = 64;

    /// <summary>The text ends before the first of these; an empty one ends nothing.</summary>
    public IReadOnlyList<string> Stops { get; init; } = ["\n"];

    /// <summary>Everything random follows from it.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Called before each draw; may change the logits.</summary>
    public LogitAdjustment? Adjust { get; init; }
}

/// <summary>Changes the logits of what comes next.</summary>
/// <param name="window">The tokens in the window, the last one read last.</param>
/// <param name="hidden">The hidden state of the last one [width].</param>
/// <param name="logits">One number a token, to be changed in place.</param>
public delegate void LogitAdjustment(ReadOnlySpan<int> window, ReadOnlySpan<float> hidden, Span<float> logits);

/// <summary>Why a generation ended.</summary>
public enum GenerationEnd
{
    /// <summary>It goes on.</summary>
    None,

    /// <summary>One of the stops came.</summary>
    Stop,

    /// <summary>It had its number of tokens.</summary>
    Length,
}

/// <summary>A step of a generation.</summary>
/// <param name="Text">The text that is certain to belong to it now; possibly none.</param>
/// <param name="Tokens">Tokens generated so far.</param>
/// <param name="End">Whether and why it is the last step.</param>
public readonly record struct GenerationStep(string Text, int Tokens, GenerationEnd End);

/// <summary>Generates text token by token.</summary>
public static class Generator
{
    /// <summary>Goes on from what a reader has read.</summary>
    /// <param name="reader">The reader; it has read at least one token, and reads what is generated.</param>
    /// <param name="tokenizer">The tokenizer of its cortex.</param>
    /// <param name="options">How to generate.</param>
    /// <param name="stop">Ends the generation between two tokens.</param>
    /// <returns>The steps, made one by one as they are asked for; the last one says why it is the last.</returns>
    /// <exception cref="InvalidOperationException">The reader has read nothing.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IEnumerable<GenerationStep> Generate(
        CortexReader reader, ChatTokenizer tokenizer, GenerationOptions options, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(options);
        options.Sampling.Check();

        if (reader.Position == 0)
            throw new InvalidOperationException("A generation goes on from at least one token, but the reader has read none.");

        return Steps(reader, tokenizer, options with { Stops = [.. options.Stops.Where(one => one.Length > 0)] }, stop);
    }

    /// <summary>The text that follows a prompt, and why it ended.</summary>
    /// <param name="packed">The cortex.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="prompt">The text before; a line break stands before it.</param>
    /// <param name="options">How to generate.</param>
    /// <param name="grafting">A graft and where it is plugged in, or null.</param>
    /// <param name="stop">Ends the generation between two tokens.</param>
    public static (string Text, GenerationEnd End) Complete(
        PackedCortex packed,
        ChatTokenizer tokenizer,
        string prompt,
        GenerationOptions options,
        Grafting? grafting = null,
        CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        using var reader = new CortexReader(packed, grafting);
        reader.Read(tokenizer.Encode("\n" + prompt));
        var text = new StringBuilder();
        var end = GenerationEnd.None;

        foreach (var step in Generate(reader, tokenizer, options, stop))
        {
            text.Append(step.Text);
            end = step.End;
        }

        return (text.ToString(), end);
    }

    private static IEnumerable<GenerationStep> Steps(
        CortexReader reader, ChatTokenizer tokenizer, GenerationOptions options, CancellationToken stop)
    {
        var key = Counter.Mix(options.Seed);
        var decoder = new TokenText(tokenizer);
        var pending = "";

        for (var count = 1; count <= options.MaxTokens; count++)
        {
            stop.ThrowIfCancellationRequested();
            var token = Draw(reader, tokenizer, options, Counter.Uniform(key, count));
            pending += decoder.Next(token);
            var (text, rest, stopped) = Cut(pending, options.Stops);

            if (stopped)
            {
                yield return new GenerationStep(text, count, GenerationEnd.Stop);
                yield break;
            }

            reader.Read(token);
            pending = rest;

            if (count == options.MaxTokens)
                yield return new GenerationStep(text + rest + decoder.End(), count, GenerationEnd.Length);
            else
                yield return new GenerationStep(text, count, GenerationEnd.None);
        }
    }

    private static int Draw(CortexReader reader, ChatTokenizer tokenizer, GenerationOptions options, double uniform)
    {
        var logits = reader.Logits;
        // A cortex may have room for more tokens than its tokenizer has learned.
        logits[tokenizer.Vocabulary..].Fill(float.NegativeInfinity);
        options.Adjust?.Invoke(reader.Window, reader.Hidden, logits);
        return Sampler.Choose(logits, reader.Window, options.Sampling, uniform);
    }

    /// <summary>What comes before the first stop; without one, what can no longer be the beginning of one.</summary>
    private static (string Text, string Kept, bool Stopped) Cut(string text, IReadOnlyList<string> stops)
    {
        var first = stops.Select(one => text.IndexOf(one, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(-1).Min();

        if (first >= 0)
            return (text[..first], "", true);

        for (var at = Math.Max(0, text.Length - stops.Select(one => one.Length).DefaultIfEmpty(0).Max()); at < text.Length; at++)
        {
            if (stops.Any(one => one.AsSpan().StartsWith(text.AsSpan(at), StringComparison.Ordinal)))
                return (text[..at], text[at..], false);
        }

        return (text, "", false);
    }
}
