namespace GaryMesh.Cli.Meshes;

/// <summary>A direction in which a mesh is seen.</summary>
/// <param name="Eye">From the mesh to who looks at it, of any length.</param>
/// <param name="Up">What points upwards in the picture, as far as it does not point to the eye.</param>
internal sealed record View((double X, double Y, double Z) Eye, (double X, double Y, double Z) Up)
{
    /// <summary>Against z, with y upwards.</summary>
    public static View Front { get; } = new((0, 0, 1), (0, 1, 0));

    /// <summary>From the front's right and above.</summary>
    public static View ThreeQuarter { get; } = new((0.6, 0.45, 0.7), (0, 1, 0));

    /// <summary>Unit vectors to the right and upwards in the picture and to the eye.</summary>
    public (Axis Right, Axis Up, Axis Eye) Axes()
    {
        if (!(Length(Eye) > 0 && double.IsFinite(Length(Eye)) && double.IsFinite(Length(Up))))
        {
            throw new ArgumentException(
                FormattableString.Invariant(
                    $"A mesh is seen from a finite direction that is not zero, but the eye lies at {Eye}, and {Up} is up."));
        }

        // The frame of a plane that faces the eye: upwards, to the left, to the eye.
        var frame = GaryMesh.Frames.Towards([Eye.X, Eye.Y, Eye.Z], Up);
        return (new(-frame[3], -frame[4], -frame[5]), new(frame[0], frame[1], frame[2]), new(frame[6], frame[7], frame[8]));
    }

    private static double Length((double X, double Y, double Z) vector) =>
        (vector.X * vector.X) + (vector.Y * vector.Y) + (vector.Z * vector.Z);

    /// <summary>A direction along which places are measured.</summary>
    internal readonly record struct Axis(double X, double Y, double Z)
    {
        public double Of(ReadOnlySpan<double> vectors, int i) =>
            (X * vectors[3 * i]) + (Y * vectors[(3 * i) + 1]) + (Z * vectors[(3 * i) + 2]);
    }
}
