namespace GaryMesh.ChatGraft;

/// <summary>Readers' heads as <c>.npz</c> files that NumPy opens, and the trained one that ships with the assembly.</summary>
internal static class ReaderHeadFile
{
    private const string Format = "gary-reader";
    private const int Version = 2;
    private const string Resource = "gary-reader.npz";

    private static readonly string[] _names =
        ["key", "weight", "answer.in", "answer.in.bias", "answer.out", "answer.out.bias", "relation.in", "relation.in.bias", "relation.out", "relation.out.bias", "acts", "acts.bias"];

    /// <summary>Writes a head, an array for each slice of its parameters.</summary>
    public static void Write(string path, ReaderHead head, string about)
    {
        var file = new ArchiveWriter(Format, Version).Text("about", about);
        foreach (var (name, (offset, count)) in _names.Zip(ReaderHead.Slices(head.Width))) file = file.Floats(name, head.Parameters[offset..(offset + count)]);
        file.Write(path, compress: true);
    }

    /// <summary>Reads a head over states of a width.</summary>
    /// <exception cref="InvalidDataException">The file is no head for this width: one sentence says so.</exception>
    public static ReaderHead Read(string path, int width) => Read(ArchiveReader.Open(path), width);

    /// <summary>The trained head that ships; null where the build carries none.</summary>
    public static ReaderHead? Shipped(int width)
    {
        using var stream = typeof(ReaderHeadFile).Assembly.GetManifestResourceStream(Resource);
        return stream is null ? null : Read(ArchiveReader.Open(stream, Resource), width);
    }

    private static ReaderHead Read(ArchiveReader file, int width)
    {
        file.Version(Format, Version, Version);
        file.Text("about");
        var parameters = (float[])[.. _names.Zip(ReaderHead.Slices(width)).SelectMany(one => file.Floats(one.First, one.Second.Count))];
        file.CheckAllRead("the reader");
        return file.Trying(() => new ReaderHead(width, parameters));
    }
}
