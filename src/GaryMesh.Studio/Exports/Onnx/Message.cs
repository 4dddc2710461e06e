using System.Text;

namespace GaryMesh.Studio.Exports.Onnx;

/// <summary>A message in the wire format of Protocol Buffers: fields are added one after the other.</summary>
internal sealed class Message
{
    private readonly MemoryStream _bytes = new();

    public byte[] ToArray() => _bytes.ToArray();

    public Message Add(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint((ulong)value);
        return this;
    }

    public Message Add(int field, float value)
    {
        Varint(((ulong)field << 3) | 5);
        _bytes.Write(BitConverter.GetBytes(value));
        return this;
    }

    public Message Add(int field, string value) => Add(field, Encoding.UTF8.GetBytes(value));

    public Message Add(int field, Message inner) => Add(field, inner._bytes.GetBuffer().AsSpan(0, (int)inner._bytes.Length));

    public Message Add(int field, ReadOnlySpan<byte> bytes)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>Seven bits a byte, the lowest first; all but the last have the highest bit set.</summary>
    private void Varint(ulong value)
    {
        for (; value >= 128; value >>= 7)
            _bytes.WriteByte((byte)(value | 128));

        _bytes.WriteByte((byte)value);
    }
}
