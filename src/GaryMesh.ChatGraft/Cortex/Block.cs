using System.Numerics.Tensors;

namespace GaryMesh.ChatGraft;

/// <summary>One block: x + mix(attention(norm(x))), then x + down(GELU(up(norm(x)))), and its adjoint.</summary>
internal sealed class Block(CortexShape shape, int layer, int sequences, int length)
{
    private readonly BlockSlices _slices = shape.Block(layer);
    private readonly LayerNorm _attentionNorm = new(shape.Width, sequences * length);
    private readonly LayerNorm _mlpNorm = new(shape.Width, sequences * length);
    private readonly Attention _attention = new(shape, sequences, length);
    private readonly float[] _queriesKeysValues = new float[sequences * length * 3 * shape.Width];
    private readonly float[] _slope = new float[sequences * length * shape.Inner];
    private readonly float[] _active = new float[sequences * length * shape.Inner];

    /// <summary>Takes the stream [rows x width] through the block, in place.</summary>
    public void Forward(BlockScratch scratch, PackedBlock weights, float[] parameters, float[] stream, int sequences, int length)
    {
        var (dense, rows, width) = (scratch.Dense, sequences * length, shape.Width);
        _attentionNorm.Forward(stream, rows, Of(parameters, _slices.AttentionGain), Of(parameters, _slices.AttentionShift));
        scratch.Layer(_attentionNorm.Output, rows, weights.Attention, _queriesKeysValues);
        _attention.Forward(dense, _queriesKeysValues, sequences, length);
        scratch.Layer(_attention.Output, rows, weights.Mix, scratch.Narrow);
        Add(scratch.Narrow, stream, rows * width);

        _mlpNorm.Forward(stream, rows, Of(parameters, _slices.MlpGain), Of(parameters, _slices.MlpShift));
        scratch.Layer(_mlpNorm.Output, rows, weights.Up, _slope);
        var inner = rows * shape.Inner;
        Gelu.Forward(_slope.AsSpan(0, inner), _active.AsSpan(0, inner), _slope.AsSpan(0, inner));
        scratch.Layer(_active, rows, weights.Down, scratch.Narrow);
        Add(scratch.Narrow, stream, rows * width);
    }

    /// <summary>Turns the adjoint of the stream after the block into that before it, in place, and adds the gradient of
    /// the parameters to <paramref name="sums"/> where that is not null.</summary>
    public void Backward(
        BlockScratch scratch,
        PackedBlock weights,
        float[] parameters,
        float[] gradient,
        int sequences,
        int length,
        float[]? sums)
    {
        var rows = sequences * length;
        var inner = rows * shape.Inner;

        scratch.LayerBack(_active, gradient, rows, weights.Down, _slices.Down, _slices.DownBias, scratch.Wide, sums);
        TensorPrimitives.Multiply(scratch.Wide.AsSpan(0, inner), _slope.AsSpan(0, inner), scratch.Wide.AsSpan(0, inner));
        scratch.LayerBack(_mlpNorm.Output, scratch.Wide, rows, weights.Up, _slices.Up, _slices.UpBias, scratch.Narrow, sums);
        _mlpNorm.Backward(
            scratch.Narrow, rows, Of(parameters, _slices.MlpGain), gradient, Of(sums, _slices.MlpGain), Of(sums, _slices.MlpShift));

        scratch.LayerBack(
            _attention.Output, gradient, rows, weights.Mix, _slices.Mix, _slices.MixBias, scratch.Narrow, sums);
        _attention.Backward(scratch.Dense, _queriesKeysValues, scratch.Narrow, sequences, length, scratch.Wide);
        scratch.LayerBack(
            _attentionNorm.Output,
            scratch.Wide,
            rows,
            weights.Attention,
            _slices.Attention,
            _slices.AttentionBias,
            scratch.Narrow,
            sums);
        _attentionNorm.Backward(
            scratch.Narrow,
            rows,
            Of(parameters, _slices.AttentionGain),
            gradient,
            Of(sums, _slices.AttentionGain),
            Of(sums, _slices.AttentionShift));
    }

    private static Span<float> Of(float[]? vector, ParameterSlice slice) =>
        vector is null ? [] : vector.AsSpan(slice.Offset, slice.Count);

    private static void Add(float[] more, float[] sum, int count) =>
        TensorPrimitives.Add(more.AsSpan(0, count), sum.AsSpan(0, count), sum.AsSpan(0, count));
}

/// <summary>What the blocks of one pass share: the kernels and memory whose content nobody needs later.</summary>
internal sealed class BlockScratch(CortexShape shape, int rows) : IDisposable
{
    public Dense Dense { get; } = new(new EngineOptions { Threads = 1 });

    /// <summary>[rows x width]</summary>
    public float[] Narrow { get; } = new float[rows * shape.Width];

    /// <summary>[rows x 4 width]</summary>
    public float[] Wide { get; } = new float[rows * shape.Inner];

    /// <summary>y = x W + b.</summary>
    public void Layer(float[] x, int rows, PackedLayer layer, float[] y) =>
        Dense.Layer(
            new MatrixView(x, rows, layer.Forward.Rows), layer.Forward, layer.Bias, false, new MatrixView(y, rows, layer.Forward.Columns));

    /// <summary>dx = dy W', and where <paramref name="sums"/> is not null dW = dW + x' dy, db = db + the rows of dy.</summary>
    public void LayerBack(
        float[] x,
        float[] dy,
        int rows,
        PackedLayer layer,
        ParameterSlice weight,
        ParameterSlice bias,
        float[] dx,
        float[]? sums)
    {
        var down = new MatrixView(dy, rows, weight.Columns);
        Dense.Layer(
            down, layer.Backward ?? throw new InvalidOperationException(CortexPass.NotForTraining), null, false,
            new MatrixView(dx, rows, weight.Rows));

        if (sums is null)
            return;

        Dense.MultiplyAdd(
            new MatrixView(x, rows, weight.Rows).Transposed,
            down,
            new MatrixView(sums, weight.Offset, weight.Rows, weight.Columns, weight.Columns, 1));
        var sum = sums.AsSpan(bias.Offset, bias.Count);

        for (var row = 0; row < rows; row++)
            TensorPrimitives.Add(sum, dy.AsSpan(row * bias.Count, bias.Count), sum);
    }

    public void Dispose() => Dense.Dispose();
}
