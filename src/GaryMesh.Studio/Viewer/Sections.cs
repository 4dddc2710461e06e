using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace GaryMesh.Studio.Viewer;

/// <summary>Arrays of numbers of four bytes that a page holds as text: first bytes of all, second bytes of all and so on, which a lattice's
/// regularity makes short, through gzip and base64.</summary>
internal sealed class Sections
{
    private readonly JsonArray _list = [];
    private readonly List<byte> _bytes = [];

    /// <summary>Names, types and lengths of the arrays, in order.</summary>
    public JsonArray List => _list;

    /// <summary>Adds an array under a name.</summary>
    public void Add(string name, float[] values) => Add(name, "f32", MemoryMarshal.AsBytes(values.AsSpan()));

    /// <summary>Adds an array under a name.</summary>
    public void Add(string name, int[] values) => Add(name, "i32", MemoryMarshal.AsBytes(values.AsSpan()));

    /// <summary>Adds whole numbers that rise slowly, as the first and the differences.</summary>
    public void AddDifferences(string name, IReadOnlyList<int> values) =>
        Add(name, [.. values.Select((value, at) => at == 0 ? value : value - values[at - 1])]);

    /// <summary>All of them as text.</summary>
    public string Text()
    {
        using var packed = new MemoryStream();

        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
            gzip.Write(CollectionsMarshal.AsSpan(_bytes));

        return Convert.ToBase64String(packed.ToArray());
    }

    private void Add(string name, string type, ReadOnlySpan<byte> bytes)
    {
        _list.Add((JsonNode)new JsonObject { ["name"] = name, ["type"] = type, ["length"] = bytes.Length / 4 });

        for (var plane = 0; plane < 4; plane++)
        {
            for (var at = plane; at < bytes.Length; at += 4)
                _bytes.Add(bytes[at]);
        }
    }
}
