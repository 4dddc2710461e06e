using System.Runtime.InteropServices;

namespace GaryMesh.ChatGraft;

/// <summary>Plastic memories as <c>.npz</c> files that NumPy opens, and the trained one that ships with the assembly.</summary>
public static class PlasticMemoryFile
{
    private const string Format = "gary-memory 1";
    private const string Resource = "gary-memory.npz";

    /// <summary>Writes a memory: <c>key</c> and <c>query</c> [d x width], <c>weights</c> [3] for match, surprise and recency.</summary>
    public static void Write(string path, PlasticMemory memory, string about)
    {
        ArgumentNullException.ThrowIfNull(memory);
        var half = memory.Width * memory.KeyWidth;
        Npz.Write(path, new Dictionary<string, NpyArray>
        {
            ["format"] = NpyArray.OfText(Format),
            ["about"] = NpyArray.OfText(about),
            ["key"] = NpyArray.OfFloat32([memory.KeyWidth, memory.Width], memory.Parameters[..half]),
            ["query"] = NpyArray.OfFloat32([memory.KeyWidth, memory.Width], memory.Parameters[half..^3]),
            ["weights"] = NpyArray.OfFloat32([3], memory.Parameters[^3..]),
        });
    }

    /// <summary>Reads a memory.</summary>
    /// <exception cref="InvalidDataException">The file is no plastic memory: one sentence says so.</exception>
    public static PlasticMemory Read(string path) => FromEntries(Npz.Read(path), path);

    /// <summary>The trained memory that ships; null where the build carries none or it is made for another width.</summary>
    public static PlasticMemory? Shipped(int width)
    {
        using var stream = typeof(PlasticMemoryFile).Assembly.GetManifestResourceStream(Resource);
        return stream is not null && FromEntries(Npz.Read(stream, Resource), Resource) is var memory && memory.Width == width ? memory : null;
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

    private static PlasticMemory FromEntries(IReadOnlyDictionary<string, NpyArray> entries, string name)
    {
        if (!entries.TryGetValue("format", out var format) || format.ToText() is not [Format])
            throw new InvalidDataException($"{name} is no plastic memory of the format '{Format}'.");

        try
        {
            var (key, query, weights) = (entries["key"].ToFloat32(), entries["query"].ToFloat32(), entries["weights"].ToFloat32());
            var keyWidth = entries["key"].Shape[0];
            return new PlasticMemory(key.Length / Math.Max(1, keyWidth), [.. key, .. query, .. weights], keyWidth);
        }
        catch (Exception error) when (error is KeyNotFoundException or ArgumentException or IndexOutOfRangeException)
        {
            throw new InvalidDataException($"{name} is no plastic memory: {error.Message}", error);
        }
    }
}
