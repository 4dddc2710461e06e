using System.Buffers.Binary;
using System.IO.Compression;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads pictures of digits, and the rule by which their cells vote: the one that ships, or a file.</summary>
internal static class DigitsWord
{
    public const string Note = """
        Images (--images) are an .npz with 'images', bytes [n x height x width] from 0 (paper) to 255 (ink), and 'labels', the digits 0 to 9; where no
        byte is above 16, as in 8 x 8 digits, 16 is full ink. Or they are MNIST's own file, such as train-images-idx3-ubyte or the same .gz, with
        its labels beside it. Pixels with more than a tenth of full ink are the cells.
        """;

    public const string RuleNote = "A rule (--rule) is a file that digits train wrote; without one it is the rule that ships, for 28 x 28 pixels.";

    public const string RuleHelp = "The rule: a file (see the notes). [default: the one that ships]";

    /// <summary>The most that an .gz may unpack to: MNIST's largest is 47 MB.</summary>
    private const int Largest = 1 << 29;

    /// <summary>The automaton of a file, or the one that ships, at its own fire rate or another.</summary>
    public static Automaton Rule(string? path, double? fireRate)
    {
        var automaton = path is null ? ShippedRules.Find(ShippedRules.Digits, "digits")! : RuleFile.Read(path);
        var shape = automaton.Rule.Shape;

        if (shape.Inputs != InkSheet.Inputs || shape.Channels < DigitsRecipe.Classes)
        {
            throw new UserErrorException(
                $"A rule that votes on digits has {InkSheet.Inputs} inputs and at least {DigitsRecipe.Classes} channels, but {path} has {shape.Inputs} and {shape.Channels}.");
        }

        if (fireRate is 0)
            throw new UserErrorException("Cells that never fire vote for nothing: --fire-rate must be above 0.");

        return fireRate is { } rate ? automaton.WithFireRate(rate) : automaton;
    }

    public static GaryMesh.Digits Read(string path)
    {
        var (height, width, bytes, labels) = path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) ? Archive(path) : Mnist(path);
        var full = bytes.All(value => value <= 16) ? 16f : 255f;

        if (labels.Length == 0)
            throw new UserErrorException($"{path} holds no picture.");

        if (!bytes.Any(value => value / full > InkSheet.Threshold))
            throw new UserErrorException($"No picture of {path} has any ink: all its bytes are 0, or nearly.");

        return new(height, width, Array.ConvertAll(bytes, value => value / full), labels);
    }

    private static (int Height, int Width, byte[] Images, int[] Labels) Archive(string path)
    {
        var arrays = Npz.Read(path);
        var (images, labels) = (Entry("images"), Entry("labels"));

        if (images.Type != NpyType.Byte || images.Shape is not [_, > 0, > 0])
            throw new UserErrorException($"'images' of {path} must be bytes (uint8) [n x height x width], but {Shown(images)}.");

        if (labels.Type is NpyType.Text or NpyType.Bool || labels.Shape is not [_] || labels.Length != images.Shape[0])
            throw new UserErrorException($"'labels' of {path} must be a digit for each of {images.Shape[0]:N0} pictures, but {Shown(labels)}.");

        return (images.Shape[1], images.Shape[2], images.ToByte(), Digits(path, labels.ToInt32()));

        NpyArray Entry(string name) => arrays.TryGetValue(name, out var array)
            ? array
            : throw new UserErrorException($"{path} has no '{name}': digits are the arrays 'images' and 'labels'.");

        static string Shown(NpyArray array) => $"are {array.Type} [{string.Join(" x ", array.Shape)}]";
    }

    private static int[] Digits(string path, int[] labels) => Array.Find(labels, label => label is < 0 or > 9) is var odd and not 0
        ? throw new UserErrorException($"Labels are the digits 0 to 9, but one of {path} is {odd}.")
        : labels;

    private static (int Height, int Width, byte[] Images, int[] Labels) Mnist(string path)
    {
        var (sides, images) = Idx(path, 3);
        var name = Path.GetFileName(path).Replace("images", "labels", StringComparison.Ordinal).Replace("idx3", "idx1", StringComparison.Ordinal);
        var beside = Path.Combine(Path.GetDirectoryName(path) ?? "", name);

        if (beside == path || !File.Exists(beside))
            throw new UserErrorException($"The labels of {path} must lie beside it, as {name} with 'labels' in the place of 'images'.");

        var (counts, labels) = Idx(beside, 1);
        return counts[0] == sides[0]
            ? (sides[1], sides[2], images, Digits(beside, Array.ConvertAll(labels, label => (int)label)))
            : throw new UserErrorException($"{path} has {Counted.Of(sides[0], "picture")}, but {beside} {Counted.Of(counts[0], "label")}.");
    }

    /// <summary>The sizes and bytes of an IDX file: two zeros, 8 for bytes, the number of sizes, the sizes, the bytes.</summary>
    private static (int[] Sides, byte[] Bytes) Idx(string path, int sides)
    {
        var bytes = Unpacked(path);

        if (bytes.Length < 4 + (4 * sides) || bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 8 || bytes[3] != sides)
            throw new UserErrorException($"{path} is neither an .npz nor an IDX file of bytes of {sides} {(sides == 1 ? "size" : "sizes")}, as MNIST's are.");

        int[] found = [.. Enumerable.Range(0, sides).Select(i => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4 + (4 * i), 4)))];
        var rest = bytes.Length - 4 - (4 * sides);

        if (found.Any(side => side <= 0) || found.Aggregate((Int128)1, (product, side) => product * side) != rest)
            throw new UserErrorException($"{path} should hold {string.Join(" x ", found)} bytes by what it says of itself, but holds {rest:N0}.");

        return (found, bytes[^rest..]);
    }

    private static byte[] Unpacked(string path)
    {
        var bytes = File.ReadAllBytes(path);

        if (bytes is not [0x1F, 0x8B, ..])
            return bytes;

        using var stream = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        var buffer = new byte[1 << 16];

        try
        {
            for (var got = stream.Read(buffer); got > 0; got = stream.Read(buffer))
            {
                unpacked.Write(buffer, 0, got);

                if (unpacked.Length > Largest)
                    throw new UserErrorException($"{path} unpacks to more than {Largest:N0} bytes.");
            }
        }
        catch (InvalidDataException)
        {
            throw new UserErrorException($"{path}: the gzip data is damaged.");
        }

        return unpacked.ToArray();
    }
}
