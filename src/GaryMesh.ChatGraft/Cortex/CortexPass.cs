using System.Numerics.Tensors;

namespace GaryMesh.ChatGraft;

/// <summary>The forward pass of a cortex over a few sequences and its adjoint, on one thread: the workspace of training and
/// evaluation.</summary>
/// <remarks>Every row of every product is summed in the same order whatever stands beside it, so a sequence comes out the
/// same, bit for bit, alone or in a batch. Several passes may share one <see cref="PackedCortex"/> at a time.</remarks>
public sealed class CortexPass : IDisposable
{
    internal const string NotForTraining = "This cortex was packed without training: adjoints cannot be asked for.";

    // A row of logits is a little longer than the vocabulary: a power of two would put a column into few cache lines.
    private const int Gap = 16;

    private readonly PackedCortex _weights;
    private readonly CortexShape _shape;
    private readonly Grafting? _grafting;
    private readonly IGraftPass? _graft;
    private readonly BlockScratch _scratch;
    private readonly Block[] _blocks;
    private readonly LayerNorm _final;
    private readonly float[] _stream;
    private readonly float[] _gradient;
    private readonly float[] _logits;
    private readonly int[] _tokens;
    private readonly int _capacity;
    private int _sequences;
    private int _length;

    /// <summary>A workspace for up to <paramref name="sequences"/> sequences of up to <paramref name="length"/> tokens.</summary>
    /// <param name="weights">The cortex.</param>
    /// <param name="sequences">Sequences at a time.</param>
    /// <param name="length">Tokens of each, at most the context.</param>
    /// <param name="grafting">A graft and where it is plugged in, or null.</param>
    /// <exception cref="ArgumentException">The length exceeds the context, or the graft does not fit.</exception>
    public CortexPass(PackedCortex weights, int sequences, int length, Grafting? grafting = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        (_weights, _shape, _grafting) = (weights, weights.Cortex.Shape, grafting);
        Check(_shape, grafting);

        if (sequences < 1 || length < 1 || length > _shape.Context)
        {
            throw new ArgumentException(
                $"A pass takes 1 or more sequences of 1 to {_shape.Context} tokens, but {sequences} of {length} are asked for.");
        }

        var rows = sequences * length;
        _capacity = rows;
        _scratch = new BlockScratch(_shape, rows);
        _blocks = [.. Enumerable.Range(0, _shape.Layers).Select(layer => new Block(_shape, layer, sequences, length))];
        _final = new LayerNorm(_shape.Width, rows);
        _stream = new float[rows * _shape.Width];
        _gradient = new float[rows * _shape.Width];
        _logits = new float[rows * (_shape.Vocabulary + Gap)];
        _tokens = new int[rows];
        _graft = grafting?.Graft.CreatePass(sequences, length);
    }

    /// <summary>The hidden states that the logits are made of, after the final norm: [sequences x length x width] of the
    /// last forward pass.</summary>
    public ReadOnlySpan<float> Hidden => _final.Output.AsSpan(0, _sequences * _length * _shape.Width);

    /// <summary>Takes up what the graft's parameters have become; those of the cortex belong to the shared
    /// <see cref="PackedCortex.Reload"/>.</summary>
    public void ReloadGraft() => _graft?.Reload();

    /// <summary>Runs the cortex over sequences of equal length.</summary>
    /// <param name="tokens">[sequences x length] tokens.</param>
    /// <param name="length">Tokens of each sequence.</param>
    /// <exception cref="ArgumentException">They do not fit into the pass, or a token is not in the vocabulary.</exception>
    public void Forward(ReadOnlySpan<int> tokens, int length)
    {
        if (length < 1 || tokens.Length % length != 0 || tokens.Length > _capacity || length > _shape.Context)
        {
            throw new ArgumentException(
                $"{tokens.Length} tokens in sequences of {length} do not fit into a pass of {_capacity} with a context of {_shape.Context}.");
        }

        (_sequences, _length) = (tokens.Length / length, length);
        tokens.CopyTo(_tokens);
        var parameters = _weights.Cortex.Parameters;
        Embed(_shape, parameters, tokens, length, 0, _stream);

        for (var layer = 0; layer <= _shape.Layers; layer++)
        {
            if (_grafting?.After == layer)
                _graft!.Forward(_stream, _sequences, _length);

            if (layer < _shape.Layers)
                _blocks[layer].Forward(_scratch, _weights.Blocks[layer], parameters, _stream, _sequences, _length);
        }

        var (gain, bias) = (_shape.FinalGain, _shape.FinalBias);
        _final.Forward(
            _stream, tokens.Length, parameters.AsSpan(gain.Offset, gain.Count), parameters.AsSpan(bias.Offset, bias.Count));
        _scratch.Dense.Layer(
            new MatrixView(_final.Output, tokens.Length, _shape.Width), _weights.Head.Forward, null, false, LogitView(tokens.Length));
    }

    /// <summary>The logits of one position of the last forward pass. Whoever has a loss of their own writes its adjoint
    /// over each of them and calls <see cref="BackwardFromLogits"/>.</summary>
    public Span<float> Logits(int sequence, int position) => Row((sequence * _length) + position);

    /// <summary>The cross-entropy of each position of the last forward pass, in nats. The logits are used up.</summary>
    /// <param name="targets">[sequences x length] tokens to predict; -1 where nothing is asked.</param>
    /// <param name="losses">[sequences x length], 0 where nothing is asked.</param>
    public void Losses(ReadOnlySpan<int> targets, Span<double> losses)
    {
        for (var row = 0; row < _sequences * _length; row++)
            losses[row] = targets[row] < 0 ? 0.0 : Softmax.CrossEntropy(Row(row), targets[row], 0.0f);
    }

    /// <summary>The sum of the cross-entropies of the last forward pass, in nats, and the gradient of
    /// <paramref name="weight"/> times it. The logits are used up.</summary>
    /// <param name="targets">[sequences x length] tokens to predict; -1 where nothing is asked.</param>
    /// <param name="weight">What each position counts, such as one over their number.</param>
    /// <param name="cortexSums">Where the gradient of the cortex is added; null for a frozen cortex, whose adjoint then goes
    /// back to the graft and no further.</param>
    /// <param name="graftSums">Where the gradient of the graft is added, or null.</param>
    /// <exception cref="InvalidOperationException">The cortex was packed without training.</exception>
    public double Backward(ReadOnlySpan<int> targets, float weight, float[]? cortexSums, float[]? graftSums)
    {
        var loss = 0.0;

        for (var row = 0; row < _sequences * _length; row++)
        {
            if (targets[row] < 0)
                Row(row).Clear();
            else
                loss += Softmax.CrossEntropy(Row(row), targets[row], weight);
        }

        BackwardFromLogits(cortexSums, graftSums);
        return loss;
    }

    /// <summary>The gradient of any loss whose adjoint stands in the logits.</summary>
    /// <param name="cortexSums">Where the gradient of the cortex is added; null for a frozen cortex, whose adjoint then goes
    /// back to the graft and no further.</param>
    /// <param name="graftSums">Where the gradient of the graft is added, or null.</param>
    /// <exception cref="InvalidOperationException">The cortex was packed without training.</exception>
    public void BackwardFromLogits(float[]? cortexSums, float[]? graftSums)
    {
        if (!_weights.Training)
            throw new InvalidOperationException(NotForTraining);

        BackThroughHead(_sequences * _length, cortexSums);

        for (var layer = _shape.Layers; layer >= 0; layer--)
        {
            if (layer < _shape.Layers)
            {
                _blocks[layer].Backward(
                    _scratch, _weights.Blocks[layer], _weights.Cortex.Parameters, _gradient, _sequences, _length, cortexSums);
            }

            if (_grafting?.After == layer)
            {
                _graft!.Backward(_gradient, graftSums);

                if (cortexSums is null)
                    return;
            }
        }

        if (cortexSums is not null)
            EmbedBack(cortexSums);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _scratch.Dispose();
        _graft?.Dispose();
    }

    internal static void Check(CortexShape shape, Grafting? grafting)
    {
        if (grafting is null)
            return;

        if (grafting.After < 0 || grafting.After > shape.Layers)
        {
            throw new ArgumentException(
                $"A graft stands after block 0 to {shape.Layers}, but is asked for after block {grafting.After}.");
        }

        if (grafting.Graft.Width != shape.Width)
        {
            throw new ArgumentException(
                $"The graft is made for a stream of width {grafting.Graft.Width}, but the cortex's is {shape.Width} wide.");
        }
    }

    /// <summary>The stream's beginning: the embedding of each token plus that of its position.</summary>
    internal static void Embed(
        CortexShape shape, float[] parameters, ReadOnlySpan<int> tokens, int length, int first, float[] stream)
    {
        var width = shape.Width;

        for (var i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)shape.Vocabulary)
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"Token {tokens[i]} is not one of the vocabulary's 0 to {shape.Vocabulary - 1}."), nameof(tokens));
            }

            TensorPrimitives.Add(
                parameters.AsSpan(shape.Embedding.Offset + (tokens[i] * width), width),
                parameters.AsSpan(shape.Positions.Offset + ((first + (i % length)) * width), width),
                stream.AsSpan(i * width, width));
        }
    }

    private void EmbedBack(float[] sums)
    {
        var width = _shape.Width;

        for (var i = 0; i < _sequences * _length; i++)
        {
            var gradient = _gradient.AsSpan(i * width, width);
            var token = sums.AsSpan(_shape.Embedding.Offset + (_tokens[i] * width), width);
            var position = sums.AsSpan(_shape.Positions.Offset + (i % _length * width), width);
            TensorPrimitives.Add(token, gradient, token);
            TensorPrimitives.Add(position, gradient, position);
        }
    }

    private void BackThroughHead(int rows, float[]? sums)
    {
        var (parameters, width) = (_weights.Cortex.Parameters, _shape.Width);
        var (gain, bias, embedding) = (_shape.FinalGain, _shape.FinalBias, _shape.Embedding);
        _scratch.Dense.Layer(
            LogitView(rows), _weights.Head.Backward!, null, false, new MatrixView(_scratch.Narrow, rows, width));

        if (sums is not null)
        {
            _scratch.Dense.MultiplyAdd(
                LogitView(rows).Transposed,
                new MatrixView(_final.Output, rows, width),
                new MatrixView(sums, embedding.Offset, embedding.Rows, width, width, 1));
        }

        _gradient.AsSpan(0, rows * width).Clear();
        _final.Backward(
            _scratch.Narrow,
            rows,
            parameters.AsSpan(gain.Offset, gain.Count),
            _gradient,
            sums is null ? [] : sums.AsSpan(gain.Offset, gain.Count),
            sums is null ? [] : sums.AsSpan(bias.Offset, bias.Count));
    }

    private MatrixView LogitView(int rows) => new(_logits, 0, rows, _shape.Vocabulary, _shape.Vocabulary + Gap, 1);

    private Span<float> Row(int row) => _logits.AsSpan(row * (_shape.Vocabulary + Gap), _shape.Vocabulary);
}
