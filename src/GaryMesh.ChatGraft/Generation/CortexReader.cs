using System.Numerics.Tensors;

namespace GaryMesh.ChatGraft;

/// <summary>Reads a token stream with a cortex, one token or many at a time: the keys and values of what was read are
/// kept, so each token costs one step. What comes out is what <see cref="CortexPass"/> computes of the whole window,
/// up to the rounding of sums in another order.</summary>
/// <remarks>The same tokens give the same bits whether they are read one by one or many at a time. When the window is full, the last half of it is read anew as the beginning of the next one, by the same rule
/// however the tokens arrive. Not for use by several threads at once; several readers may share a
/// <see cref="PackedCortex"/>.</remarks>
public sealed class CortexReader : IDisposable
{
    private readonly PackedCortex _weights;
    private readonly CortexShape _shape;
    private readonly Grafting? _grafting;
    private readonly IGraftPass? _graft;
    private readonly BlockScratch _scratch;
    private readonly LayerNorm _norm;
    private readonly CachedAttention[] _attention;
    private readonly float[] _stream;
    private readonly float[] _queriesKeysValues;
    private readonly float[] _gathered;
    private readonly float[] _logits;
    private readonly float[] _hidden;
    private readonly int[] _window;

    /// <summary>A reader that has read nothing.</summary>
    /// <param name="weights">The cortex.</param>
    /// <param name="grafting">A graft and where it is plugged in, or null.</param>
    /// <exception cref="ArgumentException">The graft does not fit.</exception>
    public CortexReader(PackedCortex weights, Grafting? grafting = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        (_weights, _shape, _grafting) = (weights, weights.Cortex.Shape, grafting);
        CortexPass.Check(_shape, grafting);
        var rows = _shape.Context;
        _graft = grafting?.Graft.CreatePass(1, rows);
        _scratch = new BlockScratch(_shape, rows);
        _norm = new LayerNorm(_shape.Width, rows);
        _attention = [.. Enumerable.Range(0, _shape.Layers).Select(_ => new CachedAttention(_shape))];
        _stream = new float[rows * _shape.Width];
        _queriesKeysValues = new float[rows * 3 * _shape.Width];
        _gathered = new float[rows * _shape.Width];
        _logits = new float[rows * _shape.Vocabulary];
        _hidden = new float[_shape.Width];
        _window = new int[rows];
    }

    /// <summary>Tokens in the window, 0 to the context.</summary>
    public int Position { get; private set; }

    /// <summary>The tokens in the window.</summary>
    public ReadOnlySpan<int> Window => _window.AsSpan(0, Position);

    /// <summary>The hidden state of the token read last, after the final norm: what the tied embedding turns into logits
    /// [width].</summary>
    public ReadOnlySpan<float> Hidden => _hidden;

    /// <summary>The logits of what follows the token read last [vocabulary]. The caller may change them; the next read
    /// overwrites them.</summary>
    public Span<float> Logits => _logits.AsSpan(0, _shape.Vocabulary);

    /// <summary>Forgets everything read.</summary>
    public void Reset() => Position = 0;

    /// <summary>Reads one token.</summary>
    /// <returns>The logits of what follows.</returns>
    /// <exception cref="ArgumentException">The token is not in the vocabulary.</exception>
    public Span<float> Read(int token) => Read([token]);

    /// <summary>Reads tokens, any number of them.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="hidden">Where the hidden state of each goes [count x width]; empty where they are not wanted.</param>
    /// <param name="logits">Where the logits after each go [count x vocabulary]; empty where they are not wanted.</param>
    /// <returns>The logits of what follows the last of them; those of before where there is none.</returns>
    /// <exception cref="ArgumentException">A token is not in the vocabulary: nothing has been read.</exception>
    public Span<float> Read(
        scoped ReadOnlySpan<int> tokens, scoped Span<float> hidden = default, scoped Span<float> logits = default)
    {
        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)_shape.Vocabulary)
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"Token {token} is not one of the vocabulary's 0 to {_shape.Vocabulary - 1}."), nameof(tokens));
            }
        }

        for (var done = 0; done < tokens.Length;)
        {
            if (Position == _shape.Context)
                Slide();

            var count = Math.Min(tokens.Length - done, _shape.Context - Position);
            var last = done + count == tokens.Length;
            Step(tokens.Slice(done, count));
            Norm(count);
            var (width, vocabulary) = (_shape.Width, _shape.Vocabulary);

            if (!hidden.IsEmpty)
                _norm.Output.AsSpan(0, count * width).CopyTo(hidden[(done * width)..]);

            if (!logits.IsEmpty)
            {
                Head(0, count);
                _logits.AsSpan(0, count * vocabulary).CopyTo(logits[(done * vocabulary)..]);
            }

            if (last)
            {
                _norm.Output.AsSpan((count - 1) * width, width).CopyTo(_hidden);
                Head(count - 1, 1);
            }

            done += count;
        }

        return Logits;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _scratch.Dispose();
        _graft?.Dispose();
    }

    private void Slide()
    {
        var kept = _window.AsSpan(_shape.Context - (_shape.Context / 2)).ToArray();
        Position = 0;
        Step(kept);
    }

    /// <summary>Takes tokens that have room in the window through the blocks.</summary>
    private void Step(ReadOnlySpan<int> tokens)
    {
        var (parameters, count) = (_weights.Cortex.Parameters, tokens.Length);
        tokens.CopyTo(_window.AsSpan(Position));
        CortexPass.Embed(_shape, parameters, tokens, _shape.Context, Position, _stream);

        for (var layer = 0; layer <= _shape.Layers; layer++)
        {
            if (_grafting?.After == layer)
                _graft!.Continue(_stream, Position, count);

            if (layer < _shape.Layers)
                Block(layer, count);
        }

        Position += count;
    }

    private void Block(int layer, int count)
    {
        var (parameters, slices, weights) = (_weights.Cortex.Parameters, _shape.Block(layer), _weights.Blocks[layer]);
        var (width, inner) = (count * _shape.Width, count * _shape.Inner);
        _norm.Forward(_stream, count, Of(slices.AttentionGain), Of(slices.AttentionShift));
        _scratch.Layer(_norm.Output, count, weights.Attention, _queriesKeysValues);
        _attention[layer].Forward(_queriesKeysValues, Position, count, _gathered);
        _scratch.Layer(_gathered, count, weights.Mix, _scratch.Narrow);
        TensorPrimitives.Add(_scratch.Narrow.AsSpan(0, width), _stream.AsSpan(0, width), _stream.AsSpan(0, width));
        _norm.Forward(_stream, count, Of(slices.MlpGain), Of(slices.MlpShift));
        _scratch.Layer(_norm.Output, count, weights.Up, _scratch.Wide);
        Gelu.Forward(_scratch.Wide.AsSpan(0, inner), _scratch.Wide.AsSpan(0, inner), []);
        _scratch.Layer(_scratch.Wide, count, weights.Down, _scratch.Narrow);
        TensorPrimitives.Add(_scratch.Narrow.AsSpan(0, width), _stream.AsSpan(0, width), _stream.AsSpan(0, width));

        ReadOnlySpan<float> Of(ParameterSlice slice) => parameters.AsSpan(slice.Offset, slice.Count);
    }

    private void Norm(int count)
    {
        var (parameters, gain, bias) = (_weights.Cortex.Parameters, _shape.FinalGain, _shape.FinalBias);
        _norm.Forward(
            _stream, count, parameters.AsSpan(gain.Offset, gain.Count), parameters.AsSpan(bias.Offset, bias.Count));
    }

    private void Head(int first, int count) =>
        _scratch.Dense.Layer(
            new MatrixView(_norm.Output, _shape.Context, _shape.Width).Slice(first, count),
            _weights.Head.Forward,
            null,
            false,
            new MatrixView(_logits, count, _shape.Vocabulary));
}
