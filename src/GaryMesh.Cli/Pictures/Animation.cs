using System.Buffers.Binary;

namespace GaryMesh.Cli.Pictures;

/// <summary>An animated PNG (PNG specification, third edition, 11.3.6): pictures of one size, one after another and over again.</summary>
internal sealed class Animation(int milliseconds)
{
    private static readonly byte[] _signature = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    private static readonly uint[] _sums = [.. Enumerable.Range(0, 256).Select(n =>
    {
        var sum = (uint)n;

        for (var bit = 0; bit < 8; bit++)
            sum = (sum & 1) == 1 ? 0xEDB88320 ^ (sum >> 1) : sum >> 1;

        return sum;
    })];

    private readonly List<byte[]> _data = [];
    private byte[] _header = [];

    public int Frames => _data.Count;

    /// <summary>Adds a picture, which is encoded at once.</summary>
    public void Add(Pixels pixels)
    {
        var png = PngCanvas.Encode(pixels);
        using var data = new MemoryStream();

        for (var at = _signature.Length; at + 12 <= png.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            var type = png.AsSpan(at + 4, 4);
            var chunk = png.AsSpan(at + 8, length);

            if (type.SequenceEqual("IDAT"u8))
                data.Write(chunk);
            else if (type.SequenceEqual("IHDR"u8) && _header.Length == 0)
                _header = chunk.ToArray();
            else if (type.SequenceEqual("IHDR"u8) && !chunk.SequenceEqual(_header))
                throw new ArgumentException($"The pictures of an animation have one size, but number {Frames} has another than the first.");

            at += 12 + length;
        }

        _data.Add(data.ToArray());
    }

    public void Write(string path) => SafeFile.Write(path, Write);

    public void Write(Stream stream)
    {
        stream.Write(_signature);
        Chunk(stream, "IHDR"u8, _header);
        Chunk(stream, "acTL"u8, [.. Number(Frames), .. Number(0)]);
        var sequence = 0;

        for (var i = 0; i < Frames; i++)
        {
            // Width and height, no offset, the delay in thousandths of a second, nothing cleared or blended.
            Chunk(stream, "fcTL"u8, [.. Number(sequence++), .. _header[..8], .. Number(0), .. Number(0), .. Short(milliseconds), .. Short(1000), 0, 0]);

            // The first picture is also what a reader sees that knows no animations.
            if (i == 0)
                Chunk(stream, "IDAT"u8, _data[0]);
            else
                Chunk(stream, "fdAT"u8, [.. Number(sequence++), .. _data[i]]);
        }

        Chunk(stream, "IEND"u8, []);
    }

    private static void Chunk(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        var sum = uint.MaxValue;
        byte[] summed = [.. type, .. data];

        foreach (var one in summed)
            sum = _sums[(sum ^ one) & 0xFF] ^ (sum >> 8);

        stream.Write(Number(data.Length));
        stream.Write(summed);
        stream.Write(Number((int)~sum));
    }

    private static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Short(int value) => [(byte)(value >> 8), (byte)value];
}
