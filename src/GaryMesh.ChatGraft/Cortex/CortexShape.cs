namespace GaryMesh.ChatGraft;

/// <summary>A named matrix or vector inside a flat parameter vector.</summary>
/// <param name="Name">Such as <c>layer2.up.weight</c>.</param>
/// <param name="Offset">Where its first number lies.</param>
/// <param name="Rows">Rows; the inputs of a weight matrix, 1 for a vector.</param>
/// <param name="Columns">Columns, row by row in memory; the outputs of a weight matrix.</param>
public readonly record struct ParameterSlice(string Name, int Offset, int Rows, int Columns)
{
    /// <summary>The number of parameters.</summary>
    public int Count => Rows * Columns;

    /// <summary>Where the next slice begins.</summary>
    public int End => Offset + Count;

    /// <summary>Whether it is a matrix rather than a bias or a gain; only matrices decay.</summary>
    public bool IsMatrix => Rows > 1;
}

/// <summary>The sizes of a cortex: a pre-LayerNorm GPT with learned positions, tied embeddings and a GELU layer four times
/// as wide as the stream (Radford et al., 2019).</summary>
/// <remarks>V E + T E + L (12 E^2 + 13 E) + 2 E parameters for a vocabulary V, context T, width E and L layers.</remarks>
public sealed class CortexShape : IEquatable<CortexShape>
{
    /// <summary>Sizes of a cortex; the defaults are those of gary-4-petite, 656,448 parameters.</summary>
    /// <param name="vocabulary">Number of tokens.</param>
    /// <param name="width">Width E of the residual stream.</param>
    /// <param name="heads">Attention heads; they divide the width.</param>
    /// <param name="layers">Number of blocks L.</param>
    /// <param name="context">Positions T that a window holds.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    /// <exception cref="ArgumentException">The heads do not divide the width, or the parameters are too many.</exception>
    public CortexShape(int vocabulary = 2048, int width = 96, int heads = 4, int layers = 4, int context = 128)
    {
        foreach (var (name, size) in new[]
        {
            (nameof(vocabulary), vocabulary), (nameof(width), width), (nameof(heads), heads), (nameof(layers), layers),
            (nameof(context), context),
        })
        {
            if (size < 1)
                throw new ArgumentOutOfRangeException(name, $"A cortex's {name} is at least 1, but {size} is given.");
        }

        if (width % heads != 0)
            throw new ArgumentException($"A width of {width} cannot be shared among {heads} heads.");

        (Vocabulary, Width, Heads, Layers, Context) = (vocabulary, width, heads, layers, context);
        var count = ((Int128)vocabulary + context + 2) * width + layers * ((12 * (Int128)width * width) + (13 * (Int128)width));

        if (count > 1 << 28)
            throw new ArgumentException($"A cortex of {count:N0} parameters is more than the {1 << 28:N0} that are possible.");

        Slices = [.. MakeSlices()];
        ParameterCount = Slices[^1].End;
    }

    /// <summary>Number of tokens.</summary>
    public int Vocabulary { get; }

    /// <summary>Width of the residual stream.</summary>
    public int Width { get; }

    /// <summary>Attention heads.</summary>
    public int Heads { get; }

    /// <summary>Number of blocks.</summary>
    public int Layers { get; }

    /// <summary>Positions that a window holds.</summary>
    public int Context { get; }

    /// <summary>Width of one head.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>Width of the layer inside each block's MLP.</summary>
    public int Inner => 4 * Width;

    /// <summary>The number of parameters.</summary>
    public int ParameterCount { get; }

    /// <summary>The parts of the parameter vector, in its order and without gaps.</summary>
    public IReadOnlyList<ParameterSlice> Slices { get; }

    /// <summary>The same parts with their roles, as the core's optimiser takes them: only matrices are weights.</summary>
    public IEnumerable<ParameterView> Views => Slices.Select(slice => new ParameterView(
        slice.Name, slice.IsMatrix ? ParameterRole.Weight : ParameterRole.Bias, slice.Offset, slice.Rows, slice.Columns));

    /// <summary>Sizes in words, such as <c>2048 tokens, 4 layers, 4 heads, width 96, context 128</c>.</summary>
    public string Text => $"{Vocabulary} tokens, {Layers} layers, {Heads} heads, width {Width}, context {Context}";

    internal ParameterSlice Embedding => Slices[0];

    internal ParameterSlice Positions => Slices[1];

    internal ParameterSlice FinalGain => Slices[^2];

    internal ParameterSlice FinalBias => Slices[^1];

    internal BlockSlices Block(int layer) => new(Slices, 2 + (layer * BlockSlices.Count));

    /// <inheritdoc/>
    public bool Equals(CortexShape? other) =>
        other is not null && (Vocabulary, Width, Heads, Layers, Context)
            == (other.Vocabulary, other.Width, other.Heads, other.Layers, other.Context);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CortexShape);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Vocabulary, Width, Heads, Layers, Context);

    private IEnumerable<ParameterSlice> MakeSlices()
    {
        var offset = 0;

        ParameterSlice Next(string name, int rows, int columns)
        {
            var slice = new ParameterSlice(name, offset, rows, columns);
            offset = slice.End;
            return slice;
        }

        yield return Next("embedding", Vocabulary, Width);
        yield return Next("positions", Context, Width);

        for (var layer = 0; layer < Layers; layer++)
        {
            var name = $"layer{layer}.";
            yield return Next(name + "attention.norm.gain", 1, Width);
            yield return Next(name + "attention.norm.bias", 1, Width);
            yield return Next(name + "attention.weight", Width, 3 * Width);
            yield return Next(name + "attention.bias", 1, 3 * Width);
            yield return Next(name + "mix.weight", Width, Width);
            yield return Next(name + "mix.bias", 1, Width);
            yield return Next(name + "mlp.norm.gain", 1, Width);
            yield return Next(name + "mlp.norm.bias", 1, Width);
            yield return Next(name + "up.weight", Width, Inner);
            yield return Next(name + "up.bias", 1, Inner);
            yield return Next(name + "down.weight", Inner, Width);
            yield return Next(name + "down.bias", 1, Width);
        }

        yield return Next("final.norm.gain", 1, Width);
        yield return Next("final.norm.bias", 1, Width);
    }
}

/// <summary>The slices of one block.</summary>
internal readonly struct BlockSlices(IReadOnlyList<ParameterSlice> slices, int first)
{
    public const int Count = 12;

    public ParameterSlice AttentionGain => slices[first];

    public ParameterSlice AttentionShift => slices[first + 1];

    public ParameterSlice Attention => slices[first + 2];

    public ParameterSlice AttentionBias => slices[first + 3];

    public ParameterSlice Mix => slices[first + 4];

    public ParameterSlice MixBias => slices[first + 5];

    public ParameterSlice MlpGain => slices[first + 6];

    public ParameterSlice MlpShift => slices[first + 7];

    public ParameterSlice Up => slices[first + 8];

    public ParameterSlice UpBias => slices[first + 9];

    public ParameterSlice Down => slices[first + 10];

    public ParameterSlice DownBias => slices[first + 11];
}
