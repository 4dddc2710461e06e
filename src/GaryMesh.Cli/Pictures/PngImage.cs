using System.Buffers.Binary;
using System.IO.Compression;

namespace GaryMesh.Cli.Pictures;

/// <summary>Reads the pixels of a PNG, of any colour type and depth, that is not interlaced.</summary>
internal static class PngImage
{
    private static readonly byte[] _signature = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The values of an image, from 0 to 1 and pixel by pixel: one channel of grey, three of colour, or four with
    /// opacity, by which the colours are multiplied. `fits` may refuse the image's height and width before anything of that
    /// size is allocated.</summary>
    public static (int Channels, float[] Values) Read(string path, Action<int, int> fits)
    {
        var bytes = File.ReadAllBytes(path);

        if (bytes.Length < 33 || !bytes.AsSpan().StartsWith(_signature) || !bytes.AsSpan(12, 4).SequenceEqual("IHDR"u8))
            throw Bad("the file is not a PNG");

        var (width, height) = (Number(16), Number(20));
        var (depth, colour) = (bytes[24], bytes[25]);

        if (width is 0 or > int.MaxValue || height is 0 or > int.MaxValue)
            throw Bad($"the image has {width} x {height} pixels");

        var samples = (colour, depth) switch
        {
            (0, 1 or 2 or 4 or 8 or 16) or (3, 1 or 2 or 4 or 8) => 1,
            (2, 8 or 16) => 3,
            (4, 8 or 16) => 2,
            (6, 8 or 16) => 4,
            _ => throw Bad($"colour type {colour} of {depth} bits does not exist"),
        };

        if (bytes[28] != 0)
            throw Bad("an interlaced PNG is not read; save it without");

        fits((int)height, (int)width);
        using var packed = new MemoryStream();
        byte[] palette = [], opacity = [];

        for (var at = 33L; at + 8 <= bytes.Length;)
        {
            var (length, from) = (Number((int)at), (int)at + 8);

            if (length > bytes.Length - from)
                throw Bad("the file ends within the image");

            var data = bytes.AsSpan(from, (int)length);

            if (bytes.AsSpan((int)at + 4, 4).SequenceEqual("IDAT"u8))
                packed.Write(data);
            else if (bytes.AsSpan((int)at + 4, 4).SequenceEqual("PLTE"u8))
                palette = data.ToArray();
            else if (bytes.AsSpan((int)at + 4, 4).SequenceEqual("tRNS"u8))
                opacity = data.ToArray();

            at = from + (long)length + 4;
        }

        if (opacity.Length > 0 && colour != 3)
            throw Bad("one colour stands for transparent, which is not read; save it with an alpha channel");

        var channels = colour switch { 0 => 1, 2 => 3, 3 => opacity.Length > 0 ? 4 : 3, _ => 4 };
        var values = new float[checked((int)width * (int)height * channels)];
        var step = Math.Max(1, samples * depth / 8);
        var stride = 1 + checked((int)((((long)width * samples * depth) + 7) / 8));
        var lines = Unpacked(checked((int)height * stride));
        ReadOnlySpan<byte> above = new byte[stride - 1];

        for (var row = 0; row < height; row++)
        {
            var line = lines.AsSpan((row * stride) + 1, stride - 1);
            Unfilter(lines[row * stride], line, above, step);

            for (var column = 0; column < width; column++)
                Pixel(line, column, values.AsSpan(((row * (int)width) + column) * channels, channels));

            above = line;
        }

        return (channels, values);

        uint Number(int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at, 4));

        InvalidDataException Bad(string what) => new($"{path}: {what}.");

        byte[] Unpacked(int length)
        {
            packed.Position = 0;
            using var stream = new ZLibStream(packed, CompressionMode.Decompress);
            var data = new byte[length];

            try
            {
                // The byte that is not there makes the stream look at its check sum.
                if (stream.ReadAtLeast(data, length, false) == length && stream.ReadByte() < 0)
                    return data;
            }
            catch (InvalidDataException)
            {
                // Told below, as an end that comes too early is.
            }

            throw Bad("the image's data is damaged");
        }

        int Sample(ReadOnlySpan<byte> from, int index) => depth switch
        {
            16 => BinaryPrimitives.ReadUInt16BigEndian(from.Slice(2 * index, 2)),
            8 => from[index],
            _ => (from[index * depth / 8] >> (8 - depth - (index * depth % 8))) & ((1 << depth) - 1),
        };

        void Pixel(ReadOnlySpan<byte> from, int column, Span<float> into)
        {
            if (colour == 3)
            {
                var entry = Sample(from, column);

                if ((3 * entry) + 3 > palette.Length)
                    throw Bad($"a pixel has colour {entry}, but the palette has {palette.Length / 3} colours");

                for (var channel = 0; channel < 3; channel++)
                    into[channel] = palette[(3 * entry) + channel] / 255f;

                if (into.Length == 4)
                    into[3] = entry < opacity.Length ? opacity[entry] / 255f : 1;
            }
            else
            {
                // Grey with opacity becomes colour with opacity: one form for all that can be transparent.
                for (var channel = 0; channel < into.Length; channel++)
                {
                    var sample = (column * samples) + (colour == 4 ? channel / 3 : channel);
                    into[channel] = Sample(from, sample) / (float)((1 << depth) - 1);
                }
            }

            if (into.Length == 4)
            {
                for (var channel = 0; channel < 3; channel++)
                    into[channel] *= into[3];
            }
        }
    }

    /// <summary>Adds to each byte what the filter predicts of those to its left, above and upper left.</summary>
    private static void Unfilter(int filter, Span<byte> line, ReadOnlySpan<byte> above, int step)
    {
        for (var i = 0; i < line.Length; i++)
        {
            var (left, up, corner) = (i < step ? 0 : line[i - step], above[i], i < step ? 0 : above[i - step]);
            line[i] += (byte)(filter switch
            {
                1 => left,
                2 => up,
                3 => (left + up) / 2,
                4 => Paeth(left, up, corner),
                _ => 0,
            });
        }
    }

    private static int Paeth(int left, int up, int corner)
    {
        var (a, b, c) = (Math.Abs(up - corner), Math.Abs(left - corner), Math.Abs(left + up - corner - corner));
        return a <= b && a <= c ? left : b <= c ? up : corner;
    }
}
