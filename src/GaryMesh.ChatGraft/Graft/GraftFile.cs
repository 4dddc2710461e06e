namespace GaryMesh.ChatGraft;

/// <summary>Mesh grafts as <c>.npz</c> files that NumPy opens, with the place in the cortex that they were trained for, and
/// the trained one that ships with the assembly.</summary>
public static class GraftFile
{
    private const string Format = "gary-graft";
    private const int Version = 2;
    private const string Resource = "gary-graft.npz";

    /// <summary>Writes a mesh graft: its sizes, its distances and its <c>parameters</c> in the order of <see cref="MeshGraft"/>.</summary>
    /// <param name="path">The file; one that stands there is replaced only once the new one is complete.</param>
    /// <param name="graft">The graft.</param>
    /// <param name="after">Blocks that the stream has been through where it was trained.</param>
    /// <param name="about">Where it comes from.</param>
    public static void Write(string path, MeshGraft graft, int after, string about)
    {
        ArgumentNullException.ThrowIfNull(graft);
        Entries(graft, after, about).Write(path, compress: true);
    }

    /// <summary>A mesh graft and its place as the bytes of such a file, for a brain.</summary>
    internal static byte[] ToBytes(MeshGraft graft, int after)
    {
        using var stream = new MemoryStream();
        Entries(graft, after, "").Write(stream, compress: true);
        return stream.ToArray();
    }

    /// <summary>A mesh graft and its place from a brain's bytes.</summary>
    /// <exception cref="InvalidDataException">They are none.</exception>
    internal static Grafting FromBytes(byte[] bytes, string name) => Read(ArchiveReader.Open(new MemoryStream(bytes), name));

    /// <summary>Reads a mesh graft and its place.</summary>
    /// <exception cref="InvalidDataException">The file is no mesh graft: one sentence says so.</exception>
    /// <exception cref="IOException">The file is missing or cannot be opened.</exception>
    public static Grafting Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Read(ArchiveReader.Open(path));
    }

    /// <summary>The trained graft that ships.</summary>
    /// <exception cref="InvalidDataException">The assembly was built without it.</exception>
    public static Grafting Shipped()
    {
        using var stream = typeof(GraftFile).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidDataException("This build carries no graft; name one with --graft-file.");
        return Read(ArchiveReader.Open(stream, "The graft that ships"));
    }

    private static ArchiveWriter Entries(MeshGraft graft, int after, string about)
    {
        var shape = graft.Shape;
        return new ArchiveWriter(Format, Version)
            .Text("about", about)
            .Ints("shape", [shape.Width, shape.Population, shape.Channels, shape.Hidden, shape.Steps, after])
            .Ints("distances", [.. shape.Distances])
            .Floats("parameters", graft.Parameters);
    }

    private static Grafting Read(ArchiveReader file)
    {
        file.Version(Format, 1, Version);
        var sizes = file.Ints("shape", 6);
        var shape = new MeshGraftShape
        {
            Width = sizes[0],
            Population = sizes[1],
            Channels = sizes[2],
            Hidden = sizes[3],
            Steps = sizes[4],
            Distances = [.. file.Ints("distances")],
        };
        file.Text("about");
        return file.Trying(() =>
        {
            shape.Check();
            var parameters = file.Floats("parameters", shape.ParameterCount);
            file.CheckAllRead("the graft");
            var graft = new MeshGraft(shape, seed: 0);
            parameters.CopyTo(graft.Parameters, 0);
            return new Grafting(graft, sizes[5]);
        });
    }
}
