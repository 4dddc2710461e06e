namespace GaryMesh.ChatGraft;

/// <summary>A chat cortex: sizes and one flat parameter vector.</summary>
public sealed class Cortex
{
    /// <summary>A cortex with the parameters given; they are not copied.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="parameters">As many numbers as the shape has parameters, in the order of its slices.</param>
    /// <exception cref="ArgumentException">Their number is another.</exception>
    public Cortex(CortexShape shape, float[] parameters)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(parameters);

        if (parameters.Length != shape.ParameterCount)
        {
            throw new ArgumentException(
                $"A cortex of {shape.Text} has {shape.ParameterCount:N0} parameters, but {parameters.Length:N0} are given.",
                nameof(parameters));
        }

        (Shape, Parameters) = (shape, parameters);
    }

    /// <summary>The sizes.</summary>
    public CortexShape Shape { get; }

    /// <summary>The parameters, in the order of <see cref="CortexShape.Slices"/>.</summary>
    public float[] Parameters { get; }

    /// <summary>An untrained cortex: normal numbers of deviation 0.02, smaller by sqrt(2 L) where a block writes to the
    /// stream (Radford et al., 2019); gains 1, biases 0.</summary>
    public static Cortex Random(CortexShape shape, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var parameters = new float[shape.ParameterCount];
        var key = Counter.Mix(seed);

        foreach (var slice in shape.Slices)
        {
            var written = slice.Name.EndsWith("mix.weight", StringComparison.Ordinal)
                || slice.Name.EndsWith("down.weight", StringComparison.Ordinal);
            var deviation = slice.IsMatrix || slice.Name is "embedding" or "positions"
                ? written ? 0.02 / Math.Sqrt(2.0 * shape.Layers) : 0.02
                : 0.0;
            var mean = slice.Name.EndsWith("gain", StringComparison.Ordinal) ? 1.0 : 0.0;

            for (var i = slice.Offset; i < slice.End; i++)
                parameters[i] = (float)(deviation == 0.0 ? mean : deviation * Counter.Normal(key, i));
        }

        return new Cortex(shape, parameters);
    }
}
