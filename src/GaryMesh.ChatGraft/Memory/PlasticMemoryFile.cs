using System.Runtime.InteropServices;

namespace GaryMesh.ChatGraft;

/// <summary>Plastic memories as <c>.npz</c> files that NumPy opens, and the trained one that ships with the assembly.</summary>
public static class PlasticMemoryFile
{
    private const string Format = "gary-memory";
    private const int Version = 2;
    private const string Resource = "gary-memory.npz";

    /// <summary>Writes a memory: <c>key</c> and <c>query</c> [d x width], <c>weights</c> [3] for match, surprise and recency.</summary>
    public static void Write(string path, PlasticMemory memory, string about)
    {
        ArgumentNullException.ThrowIfNull(memory);
        var half = memory.Width * memory.KeyWidth;
        new ArchiveWriter(Format, Version)
            .Text("about", about)
            .Floats("key", memory.Parameters[..half], memory.KeyWidth, memory.Width)
            .Floats("query", memory.Parameters[half..^3], memory.KeyWidth, memory.Width)
            .Floats("weights", memory.Parameters[^3..])
            .Write(path, compress: true);
    }

    /// <summary>Reads a memory.</summary>
    /// <exception cref="InvalidDataException">The file is no plastic memory: one sentence says so.</exception>
    public static PlasticMemory Read(string path) => Read(ArchiveReader.Open(path));

    /// <summary>The trained memory that ships; null where the build carries none or it is made for another width.</summary>
    public static PlasticMemory? Shipped(int width)
    {
        using var stream = typeof(PlasticMemoryFile).Assembly.GetManifestResourceStream(Resource);
        return stream is not null && Read(ArchiveReader.Open(stream, Resource)) is var memory && memory.Width == width ? memory : null;
    }

    /// <summary>The parameters as bytes, for a brain.</summary>
    internal static byte[] ToBytes(PlasticMemory memory) => MemoryMarshal.AsBytes<float>(memory.Parameters).ToArray();

    /// <summary>A memory from a brain's bytes.</summary>
    /// <exception cref="InvalidDataException">Their number is another.</exception>
    internal static PlasticMemory FromBytes(byte[] bytes, int width)
    {
        if (bytes.Length != sizeof(float) * PlasticMemory.Count(width))
        {
            throw new InvalidDataException(
                $"A plastic memory over hidden states of width {width} takes {sizeof(float) * PlasticMemory.Count(width)} bytes, but the brain holds {bytes.Length}.");
        }

        return new PlasticMemory(width, MemoryMarshal.Cast<byte, float>(bytes).ToArray());
    }

    private static PlasticMemory Read(ArchiveReader file)
    {
        file.Version(Format, 1, Version);
        file.Text("about");
        var (key, shape) = (file.Floats("key", -1, -1), file.Shape("key"));
        var parameters = (float[])[.. key, .. file.Floats("query", shape), .. file.Floats("weights", 3)];
        file.CheckAllRead("the memory");
        return file.Trying(() => new PlasticMemory(shape[1], parameters, shape[0]));
    }
}
