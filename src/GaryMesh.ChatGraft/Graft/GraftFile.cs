namespace GaryMesh.ChatGraft;

/// <summary>Mesh grafts as <c>.npz</c> files that NumPy opens, with the place in the cortex that they were trained for, and
/// the trained one that ships with the assembly.</summary>
public static class GraftFile
{
    private const string Format = "gary-graft 1";
    private const string Resource = "gary-graft.npz";

    /// <summary>Writes a mesh graft: its sizes, its distances and its <c>parameters</c> in the order of <see cref="MeshGraft"/>.</summary>
    /// <param name="path">The file; one that stands there is replaced only once the new one is complete.</param>
    /// <param name="graft">The graft.</param>
    /// <param name="after">Blocks that the stream has been through where it was trained.</param>
    /// <param name="about">Where it comes from.</param>
    public static void Write(string path, MeshGraft graft, int after, string about)
    {
        ArgumentNullException.ThrowIfNull(graft);
        Npz.Write(path, Entries(graft, after, about));
    }

    /// <summary>A mesh graft and its place as the bytes of such a file, for a brain.</summary>
    internal static byte[] ToBytes(MeshGraft graft, int after)
    {
        using var stream = new MemoryStream();
        Npz.Write(stream, Entries(graft, after, ""));
        return stream.ToArray();
    }

    /// <summary>A mesh graft and its place from a brain's bytes.</summary>
    /// <exception cref="InvalidDataException">They are none.</exception>
    internal static Grafting FromBytes(byte[] bytes, string name) => FromEntries(Npz.Read(new MemoryStream(bytes), name), name);

    /// <summary>Reads a mesh graft and its place.</summary>
    /// <exception cref="InvalidDataException">The file is no mesh graft: one sentence says so.</exception>
    /// <exception cref="IOException">The file is missing or cannot be opened.</exception>
    public static Grafting Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return FromEntries(Npz.Read(path), path);
    }

    /// <summary>The trained graft that ships.</summary>
    /// <exception cref="InvalidDataException">The assembly was built without it.</exception>
    public static Grafting Shipped()
    {
        using var stream = typeof(GraftFile).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidDataException("This build carries no graft; name one with --graft-file.");
        return FromEntries(Npz.Read(stream, "The graft that ships"), "The graft that ships");
    }

    private static Dictionary<string, NpyArray> Entries(MeshGraft graft, int after, string about)
    {
        var shape = graft.Shape;
        return new()
        {
            ["format"] = NpyArray.OfText(Format),
            ["about"] = NpyArray.OfText(about),
            ["shape"] = NpyArray.OfInt32(
                [6], [shape.Width, shape.Population, shape.Channels, shape.Hidden, shape.Steps, after]),
            ["distances"] = NpyArray.OfInt32([shape.Distances.Length], [.. shape.Distances]),
            ["parameters"] = NpyArray.OfFloat32([graft.Parameters.Length], graft.Parameters),
        };
    }

    private static Grafting FromEntries(IReadOnlyDictionary<string, NpyArray> entries, string name)
    {
        if (!entries.TryGetValue("format", out var format) || format.ToText() is not [Format])
            throw new InvalidDataException($"{name} is no mesh graft of the format '{Format}'.");

        try
        {
            if (entries["shape"].ToInt32() is not [var width, var population, var channels, var hidden, var steps, var after])
                throw new InvalidDataException($"{name} is no mesh graft: its shape is not six sizes.");

            var graft = new MeshGraft(
                new MeshGraftShape
                {
                    Width = width,
                    Population = population,
                    Channels = channels,
                    Hidden = hidden,
                    Steps = steps,
                    Distances = [.. entries["distances"].ToInt32()],
                },
                seed: 0);
            var parameters = entries["parameters"].ToFloat32();

            if (parameters.Length != graft.Parameters.Length)
            {
                throw new InvalidDataException(
                    $"{name} holds {parameters.Length} parameters, but a graft of its sizes has {graft.Parameters.Length}.");
            }

            if (!Array.TrueForAll(parameters, float.IsFinite))
                throw new InvalidDataException($"{name} holds parameters that are not finite.");

            parameters.CopyTo(graft.Parameters, 0);
            return new Grafting(graft, after);
        }
        catch (Exception error) when (error is KeyNotFoundException or ArgumentException)
        {
            throw new InvalidDataException($"{name} is no mesh graft: {error.Message}", error);
        }
    }
}
