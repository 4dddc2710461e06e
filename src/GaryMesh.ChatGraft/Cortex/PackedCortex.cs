namespace GaryMesh.ChatGraft;

/// <summary>A layer's weight matrix [inputs x outputs] and bias as the dense kernels read them.</summary>
internal sealed class PackedLayer : IDisposable
{
    private readonly ParameterSlice _weight;
    private readonly ParameterSlice? _bias;

    public PackedLayer(Dense dense, float[] parameters, ParameterSlice weight, ParameterSlice? bias, bool transposed, bool training)
    {
        (_weight, _bias) = (weight, bias);
        var view = View(parameters, transposed);
        Forward = dense.Pack(view);
        Backward = training ? dense.Pack(view.Transposed) : null;
        Bias = bias is { } slice ? new float[slice.Count] : null;
        Load(dense, parameters, transposed);
    }

    /// <summary>[inputs x outputs]</summary>
    public PackedMatrix Forward { get; }

    /// <summary>[outputs x inputs], where it was asked for.</summary>
    public PackedMatrix? Backward { get; }

    public float[]? Bias { get; }

    public void Load(Dense dense, float[] parameters, bool transposed)
    {
        var view = View(parameters, transposed);
        dense.Repack(view, Forward);

        if (Backward is not null)
            dense.Repack(view.Transposed, Backward);

        if (_bias is { } bias)
            parameters.AsSpan(bias.Offset, bias.Count).CopyTo(Bias);
    }

    public void Dispose()
    {
        Forward.Dispose();
        ((IDisposable?)Backward)?.Dispose();
    }

    private MatrixView View(float[] parameters, bool transposed)
    {
        var view = new MatrixView(parameters, _weight.Offset, _weight.Rows, _weight.Columns, _weight.Columns, 1);
        return transposed ? view.Transposed : view;
    }
}

/// <summary>The four weight matrices of one block.</summary>
internal sealed record PackedBlock(PackedLayer Attention, PackedLayer Mix, PackedLayer Up, PackedLayer Down);

/// <summary>A cortex made ready for the dense kernels: packed once, read by any number of passes and sessions at a time.</summary>
public sealed class PackedCortex : IDisposable
{
    private readonly Dense _dense = new(new EngineOptions { Threads = 1 });

    /// <summary>Packs a cortex.</summary>
    /// <param name="cortex">The cortex; its parameters are copied but for gains, biases of norms and embeddings, which
    /// are read where they lie.</param>
    /// <param name="training">Whether adjoints will be asked for.</param>
    public PackedCortex(Cortex cortex, bool training = false)
    {
        ArgumentNullException.ThrowIfNull(cortex);
        (Cortex, Training) = (cortex, training);
        var (shape, parameters) = (cortex.Shape, cortex.Parameters);
        PackedLayer Layer(ParameterSlice weight, ParameterSlice bias) =>
            new(_dense, parameters, weight, bias, transposed: false, training);

        Blocks = [.. Enumerable.Range(0, shape.Layers).Select(shape.Block).Select(block => new PackedBlock(
            Layer(block.Attention, block.AttentionBias),
            Layer(block.Mix, block.MixBias),
            Layer(block.Up, block.UpBias),
            Layer(block.Down, block.DownBias)))];
        Head = new PackedLayer(_dense, parameters, shape.Embedding, null, transposed: true, training);
    }

    /// <summary>The cortex.</summary>
    public Cortex Cortex { get; }

    /// <summary>Whether adjoints can be asked for.</summary>
    public bool Training { get; }

    internal PackedBlock[] Blocks { get; }

    /// <summary>The embedding, transposed: from the stream to the logits.</summary>
    internal PackedLayer Head { get; }

    /// <summary>Takes up what the cortex's parameters have become. No pass may be at work.</summary>
    public void Reload()
    {
        var parameters = Cortex.Parameters;

        foreach (var block in Blocks)
        {
            block.Attention.Load(_dense, parameters, transposed: false);
            block.Mix.Load(_dense, parameters, transposed: false);
            block.Up.Load(_dense, parameters, transposed: false);
            block.Down.Load(_dense, parameters, transposed: false);
        }

        Head.Load(_dense, parameters, transposed: true);
    }

    /// <summary>Gives the cortex other parameters, and takes them up.</summary>
    internal void Load(ReadOnlySpan<float> parameters)
    {
        parameters.CopyTo(Cortex.Parameters);
        Reload();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var block in Blocks)
        {
            block.Attention.Dispose();
            block.Mix.Dispose();
            block.Up.Dispose();
            block.Down.Dispose();
        }

        Head.Dispose();
        _dense.Dispose();
    }
}
