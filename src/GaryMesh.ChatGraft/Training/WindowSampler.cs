namespace GaryMesh.ChatGraft;

/// <summary>Which windows of a token stream a training sees: epoch after epoch every token once, cut into windows from an
/// offset of the epoch's own and shuffled. A pure function of the seed and the window's number.</summary>
/// <param name="tokens">Length of the stream.</param>
/// <param name="length">Tokens that a window predicts; it holds one more.</param>
/// <param name="seed">Everything random follows from it.</param>
internal sealed class WindowSampler(int tokens, int length, ulong seed)
{
    private long _epoch = -1;
    private int[] _starts = [];

    /// <summary>Windows in an epoch.</summary>
    public int EpochLength { get; } = tokens > 2 * length
        ? ((tokens - 1) / length) - 1
        : throw new ArgumentException($"A training text has more than {2 * length} tokens, but this one has {tokens}.");

    /// <summary>Where window number 0, 1, ... of the training begins.</summary>
    public int Start(long number)
    {
        var epoch = number / EpochLength;

        if (epoch != _epoch)
            Shuffle(epoch);

        return _starts[(int)(number % EpochLength)];
    }

    private void Shuffle(long epoch)
    {
        var key = Counter.Subkey(Counter.Mix(seed), (int)epoch);
        var offset = Counter.Below(length, key, 0);
        _starts = [.. Enumerable.Range(0, EpochLength).Select(i => offset + (i * length))];

        for (var i = _starts.Length - 1; i > 0; i--)
        {
            var other = Counter.Below(i + 1, key, i);
            (_starts[i], _starts[other]) = (_starts[other], _starts[i]);
        }

        _epoch = epoch;
    }
}
