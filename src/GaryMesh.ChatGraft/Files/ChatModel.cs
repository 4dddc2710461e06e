namespace GaryMesh.ChatGraft;

/// <summary>How the numbers of a weight matrix are kept in a file.</summary>
public enum WeightPrecision
{
    /// <summary>As they are, 4 bytes each.</summary>
    Float32,

    /// <summary>Whole numbers of -127 to 127 and one scale a row, 1 byte each; gains and biases as they are.</summary>
    Int8,
}

/// <summary>A cortex together with the tokenizer that it was trained with.</summary>
/// <param name="Cortex">The cortex.</param>
/// <param name="Tokenizer">Its tokenizer, with at most as many tokens as the cortex has.</param>
/// <param name="About">Where it comes from: the texts it was trained on, their licences, the command.</param>
public sealed record ChatModel(Cortex Cortex, ChatTokenizer Tokenizer, string About);

/// <summary>Chat models as <c>.npz</c> files that NumPy opens: sizes, merges and the weights by name.</summary>
public static class ChatModelFile
{
    private const string Format = "gary-cortex";
    private const int Version = 2;
    private const string Scale = ".scale";

    /// <summary>Reads a model file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file is no chat model, or is damaged: one sentence says so.</exception>
    /// <exception cref="IOException">The file is missing or cannot be opened.</exception>
    public static ChatModel Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Read(ArchiveReader.Open(path));
    }

    /// <summary>Reads a model from a stream's position to its end.</summary>
    /// <param name="stream">The stream; left open.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="InvalidDataException">The stream holds no chat model: one sentence says so.</exception>
    public static ChatModel Read(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        return Read(ArchiveReader.Open(stream, name));
    }

    /// <summary>Writes a model file; one that stands there is replaced only once the new one is complete.</summary>
    public static void Write(string path, ChatModel model, WeightPrecision precision = WeightPrecision.Float32)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(model);
        Entries(model, precision).Write(path, compress: true);
    }

    /// <summary>Writes a model to a stream, which is left open.</summary>
    public static void Write(Stream stream, ChatModel model, WeightPrecision precision = WeightPrecision.Float32)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(model);
        Entries(model, precision).Write(stream, compress: true);
    }

    /// <summary>The model that a reader of an int8 file gets.</summary>
    public static ChatModel Quantised(ChatModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Read(new ArchiveReader("the model", Entries(model, WeightPrecision.Int8).Entries));
    }

    private static ArchiveWriter Entries(ChatModel model, WeightPrecision precision)
    {
        var (cortex, shape) = (model.Cortex, model.Cortex.Shape);
        var merges = model.Tokenizer.Merges;
        var file = new ArchiveWriter(Format, Version)
            .Text("about", model.About)
            .Ints("shape", [shape.Vocabulary, shape.Width, shape.Heads, shape.Layers, shape.Context])
            .Ints("merges", [.. merges.SelectMany(pair => new[] { pair.Left, pair.Right })], merges.Count, 2);

        foreach (var slice in shape.Slices)
        {
            var numbers = cortex.Parameters.AsSpan(slice.Offset, slice.Count).ToArray();

            if (precision == WeightPrecision.Int8 && slice.IsMatrix)
            {
                var (bytes, scales) = Quantise(numbers, slice.Rows, slice.Columns);
                file.Bytes(slice.Name, bytes, Sizes(slice)).Floats(slice.Name + Scale, scales);
            }
            else
            {
                file.Floats(slice.Name, numbers, Sizes(slice));
            }
        }

        return file;
    }

    private static ChatModel Read(ArchiveReader file)
    {
        file.Version(Format, 1, Version);
        var sizes = file.Ints("shape", 5);

        // A layer has entries of its own: their names are not made for more layers than there can be.
        if (sizes[3] > file.Names.Count())
            throw file.Refusal($"it has {file.Names.Count()} entries, too few for {sizes[3]} layers");

        return file.Trying(() =>
        {
            var shape = new CortexShape(sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]);
            var tokenizer = new ChatTokenizer([.. file.Ints("merges", -1, 2).Chunk(2).Select(pair => (pair[0], pair[1]))]);

            if (tokenizer.Vocabulary > shape.Vocabulary)
                throw file.Refusal($"the tokenizer has {tokenizer.Vocabulary} tokens, but the cortex {shape.Vocabulary}");

            var parameters = shape.Slices.SelectMany(slice => Numbers(file, slice)).ToArray();
            var about = file.Text("about");
            file.CheckAllRead("the model");
            return new ChatModel(new Cortex(shape, parameters), tokenizer, about);
        });
    }

    private static int[] Sizes(ParameterSlice slice) => slice.IsMatrix ? [slice.Rows, slice.Columns] : [slice.Columns];

    private static float[] Numbers(ArchiveReader file, ParameterSlice slice)
    {
        if (!file.Has(slice.Name + Scale))
            return file.Floats(slice.Name, Sizes(slice));

        var (bytes, scales) = (file.Bytes(slice.Name, Sizes(slice)), file.Floats(slice.Name + Scale, slice.Rows));

        return Array.TrueForAll(scales, scale => float.IsFinite(128 * scale))
            ? [.. bytes.Select((one, i) => (one - 128) * scales[i / slice.Columns])]
            : throw file.Refusal($"the scales of '{slice.Name}' are too large for float32 numbers");
    }

    private static (byte[] Bytes, float[] Scales) Quantise(float[] numbers, int rows, int columns)
    {
        var (bytes, scales) = (new byte[numbers.Length], new float[rows]);

        for (var row = 0; row < rows; row++)
        {
            var of = numbers.AsSpan(row * columns, columns);
            var most = 0.0f;

            foreach (var number in of)
                most = Math.Max(most, Math.Abs(number));

            scales[row] = most / 127.0f;

            for (var i = 0; i < columns; i++)
                bytes[(row * columns) + i] = (byte)(128 + (most == 0.0f ? 0 : (int)MathF.Round(of[i] / scales[row])));
        }

        return (bytes, scales);
    }
}
