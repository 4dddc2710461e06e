using System.Numerics.Tensors;

namespace GaryMesh.ChatGraft;

/// <summary>A plastic memory at work in one conversation of any length: it is shown hidden states and the tokens that
/// followed, and mixes its votes into the cortex's logits.</summary>
public sealed class PlasticReader
{
    /// <summary>Positions at most; beyond it the oldest quarter goes.</summary>
    public const int Capacity = 16_384;

    private readonly PlasticMemory _memory;
    private readonly List<float> _keys = [];
    private readonly List<float> _surprises = [];
    private readonly List<int> _followers = [];
    private readonly float[] _query;
    private readonly float[] _key;
    private float[] _scores = new float[256];
    private bool _pending;

    /// <summary>Begins with nothing read.</summary>
    public PlasticReader(PlasticMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        (_memory, _query, _key) = (memory, new float[memory.KeyWidth], new float[memory.KeyWidth]);
    }

    /// <summary>Positions whose followers are known: those that vote.</summary>
    public int Count => _followers.Count;

    /// <summary>The share of the last mixture that was the memory's, 0 to 1.</summary>
    public float Share { get; private set; }

    /// <summary>The token with the most votes in the last mixture; -1 where there were none.</summary>
    public int Favourite { get; private set; } = -1;

    /// <summary>Takes in a token that follows the position shown last.</summary>
    /// <param name="token">The token.</param>
    /// <param name="logProbability">ln of the probability that the cortex alone gave it.</param>
    public void Follow(int token, float logProbability)
    {
        if (!_pending) return;
        if (Count == Capacity) DropOldest(Capacity / 4);
        _keys.AddRange(_key);
        _surprises.Add(Math.Clamp(-logProbability, 0f, PlasticMemory.GreatestSurprise));
        _followers.Add(token);
        _pending = false;
    }

    /// <summary>Shows the hidden state of the next position, the one whose follower is to be predicted.</summary>
    /// <param name="hidden">[width]</param>
    public void Show(ReadOnlySpan<float> hidden)
    {
        if (hidden.Length != _memory.Width)
        {
            throw new ArgumentException(
                $"The memory reads hidden states of width {_memory.Width}, but one of {hidden.Length} is given.", nameof(hidden));
        }

        var half = _memory.Width * _memory.KeyWidth;
        PlasticMemory.Project(_memory.Parameters.AsSpan(0, half), hidden, _key);
        PlasticMemory.Project(_memory.Parameters.AsSpan(half, half), hidden, _query);
        _pending = true;
    }

    /// <summary>Replaces the cortex's logits for the position shown last by the log-probabilities of the mixture.</summary>
    public void Mix(Span<float> logits)
    {
        (Share, Favourite) = (0f, -1);
        if (Count == 0 || !_pending) return;
        if (_scores.Length < Count) Array.Resize(ref _scores, Math.Max(Count, 2 * _scores.Length));
        var attention = _scores.AsSpan(0, Count);
        Score(attention);

        // A softmax with one more score, 0: the greatest is taken off so that nothing overflows.
        var greatest = Math.Max(0f, TensorPrimitives.Max<float>(attention));
        TensorPrimitives.Subtract(attention, greatest, attention);
        TensorPrimitives.Exp<float>(attention, attention);
        var silence = MathF.Exp(-greatest);
        var total = TensorPrimitives.Sum<float>(attention) + silence;
        TensorPrimitives.Divide(attention, total, attention);
        Share = 1f - (silence / total);

        TensorPrimitives.SoftMax<float>(logits, logits);
        TensorPrimitives.Multiply(logits, silence / total, logits);
        var votes = new Dictionary<int, float>();

        for (var j = 0; j < Count; j++)
        {
            var token = _followers[j];
            logits[token] += attention[j];
            votes[token] = votes.GetValueOrDefault(token) + attention[j];
        }

        Favourite = votes.MaxBy(vote => vote.Value).Key;
        for (var i = 0; i < logits.Length; i++) logits[i] = MathF.Log(Math.Max(logits[i], 1e-30f));
    }

    private void DropOldest(int count)
    {
        _keys.RemoveRange(0, count * _memory.KeyWidth);
        _surprises.RemoveRange(0, count);
        _followers.RemoveRange(0, count);
    }

    private void Score(Span<float> scores)
    {
        var keys = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_keys);
        var (match, surprise, recency) = (_memory.Parameters[^3], _memory.Parameters[^2], _memory.Parameters[^1]);
        match /= MathF.Sqrt(_memory.KeyWidth);

        for (var j = 0; j < scores.Length; j++)
        {
            scores[j] = (match * TensorPrimitives.Dot(keys.Slice(j * _memory.KeyWidth, _memory.KeyWidth), _query))
                + (surprise * _surprises[j])
                - (recency * (float)PlasticMemory.Distance(scores.Length - j));
        }
    }
}
