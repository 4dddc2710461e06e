namespace GaryMesh.ChatGraft;

/// <summary>What the cortex and the plastic memory have read of one conversation: the cortex sees its window, the memory all
/// of it.</summary>
internal sealed class Conversation : IDisposable
{
    private const int Chunk = 64;

    private readonly ChatTokenizer _tokenizer;
    private readonly CortexReader _reader;
    private readonly PlasticReader? _plastic;
    private readonly float[] _hidden;
    private readonly float[] _logits;
    private readonly float[] _plain;
    private bool _owed;

    public Conversation(PackedCortex packed, ChatTokenizer tokenizer, PlasticMemory? plastic, Grafting? grafting)
    {
        var shape = packed.Cortex.Shape;
        _tokenizer = tokenizer;
        _reader = new CortexReader(packed, grafting);
        _plastic = plastic is null ? null : new PlasticReader(plastic);
        _hidden = new float[Chunk * shape.Width];
        _logits = new float[Chunk * shape.Vocabulary];
        _plain = new float[shape.Vocabulary];
    }

    /// <summary>The tokens that it had the most votes for while it spoke up, as text.</summary>
    public string Recalled { get; private set; } = "";

    /// <summary>The number of tokens that were read to it.</summary>
    public int Tokens { get; private set; }

    /// <summary>Reads a text.</summary>
    public void Read(string text)
    {
        var tokens = _tokenizer.Encode(text);
        var (width, vocabulary) = (_hidden.Length / Chunk, _plain.Length);

        for (var done = 0; done < tokens.Length; done += Chunk)
        {
            var part = tokens.AsSpan(done, Math.Min(Chunk, tokens.Length - done));

            if (_plastic is null)
            {
                _reader.Read(part);
                continue;
            }

            _reader.Read(part, _hidden, _logits);

            for (var i = 0; i < part.Length; i++)
            {
                _plastic.Follow(part[i], LogProbability(i == 0 ? _plain : _logits.AsSpan((i - 1) * vocabulary, vocabulary), part[i]));
                _plastic.Show(_hidden.AsSpan(i * width, width));
            }

            _logits.AsSpan((part.Length - 1) * vocabulary, vocabulary).CopyTo(_plain);
        }

        Tokens += tokens.Length;
    }

    /// <summary>Goes on from what was read.</summary>
    public IEnumerable<GenerationStep> Speak(GenerationOptions options, CancellationToken stop)
    {
        Recalled = "";

        try
        {
            foreach (var step in Generator.Generate(_reader, _tokenizer, options with { Adjust = Vote }, stop))
            {
                // The token of a stop is not read; any other is, and the memory is shown it before the next draw.
                _owed = step.End != GenerationEnd.Stop;
                yield return step;
            }
        }
        finally
        {
            if (_owed) CatchUp(_reader.Window, _reader.Hidden, _reader.Logits);
        }
    }

    public void Dispose() => _reader.Dispose();

    private void Vote(ReadOnlySpan<int> window, ReadOnlySpan<float> hidden, Span<float> logits)
    {
        if (_owed) CatchUp(window, hidden, logits);
        if (_plastic is null) return;
        // What stood there before is drawn from once more, after a generation that was cut off.
        _plain.CopyTo(logits);
        _plastic.Mix(logits);

        if (_plastic.Share > 0.5f)
            Recalled += _tokenizer.Decode([_plastic.Favourite]);
    }

    private void CatchUp(ReadOnlySpan<int> window, ReadOnlySpan<float> hidden, ReadOnlySpan<float> logits)
    {
        _owed = false;
        if (_plastic is null) return;
        _plastic.Follow(window[^1], LogProbability(_plain, window[^1]));
        _plastic.Show(hidden);
        logits.CopyTo(_plain);
    }

    /// <summary>ln of the probability that logits give a token.</summary>
    internal static float LogProbability(ReadOnlySpan<float> logits, int token)
    {
        var greatest = float.NegativeInfinity;
        foreach (var logit in logits) greatest = Math.Max(greatest, logit);
        var sum = 0.0;
        foreach (var logit in logits) sum += Math.Exp(logit - greatest);
        return (float)(logits[token] - greatest - Math.Log(sum));
    }
}
