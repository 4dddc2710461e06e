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
    private const string Format = "gary-cortex 1";
    private const string Scale = ".scale";

    /// <summary>Reads a model file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file is no chat model, or is damaged: one sentence says so.</exception>
    /// <exception cref="IOException">The file is missing or cannot be opened.</exception>
    public static ChatModel Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return FromEntries(Npz.Read(path), path);
    }

    /// <summary>Reads a model from a stream's position to its end.</summary>
    /// <param name="stream">The stream; left open.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="InvalidDataException">The stream holds no chat model: one sentence says so.</exception>
    public static ChatModel Read(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        return FromEntries(Npz.Read(stream, name), name);
    }

    /// <summary>Writes a model file; one that stands there is replaced only once the new one is complete.</summary>
    public static void Write(string path, ChatModel model, WeightPrecision precision = WeightPrecision.Float32)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(model);
        Npz.Write(path, ToEntries(model, precision));
    }

    /// <summary>Writes a model to a stream, which is left open.</summary>
    public static void Write(Stream stream, ChatModel model, WeightPrecision precision = WeightPrecision.Float32)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(model);
        Npz.Write(stream, ToEntries(model, precision));
    }

    /// <summary>The model that a reader of an int8 file gets.</summary>
    public static ChatModel Quantised(ChatModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return FromEntries(ToEntries(model, WeightPrecision.Int8), "the model");
    }

    internal static Dictionary<string, NpyArray> ToEntries(ChatModel model, WeightPrecision precision)
    {
        var (cortex, shape) = (model.Cortex, model.Cortex.Shape);
        var merges = model.Tokenizer.Merges;
        var entries = new Dictionary<string, NpyArray>
        {
            ["format"] = NpyArray.OfText(Format),
            ["about"] = NpyArray.OfText(model.About),
            ["shape"] = NpyArray.OfInt32([5], [shape.Vocabulary, shape.Width, shape.Heads, shape.Layers, shape.Context]),
            ["merges"] = NpyArray.OfInt32([merges.Count, 2], [.. merges.SelectMany(pair => new[] { pair.Left, pair.Right })]),
        };

        foreach (var slice in shape.Slices)
        {
            var numbers = cortex.Parameters.AsSpan(slice.Offset, slice.Count).ToArray();

            if (precision == WeightPrecision.Int8 && slice.IsMatrix)
            {
                var (bytes, scales) = Quantise(numbers, slice.Rows, slice.Columns);
                entries[slice.Name] = NpyArray.OfByte([slice.Rows, slice.Columns], bytes);
                entries[slice.Name + Scale] = NpyArray.OfFloat32([slice.Rows], scales);
            }
            else
            {
                int[] sizes = slice.IsMatrix ? [slice.Rows, slice.Columns] : [slice.Columns];
                entries[slice.Name] = NpyArray.OfFloat32(sizes, numbers);
            }
        }

        return entries;
    }

    internal static ChatModel FromEntries(IReadOnlyDictionary<string, NpyArray> entries, string name)
    {
        NpyArray Entry(string key) =>
            entries.TryGetValue(key, out var found)
                ? found
                : throw new InvalidDataException($"{name} is no chat model: it holds no '{key}'.");

        var format = Entry("format").ToText();

        if (format is not [Format])
            throw new InvalidDataException($"{name} is no chat model of the format '{Format}', but of '{string.Join(' ', format)}'.");

        try
        {
            if (Entry("shape").ToInt32() is not [var vocabulary, var width, var heads, var layers, var context])
                throw new InvalidDataException($"{name} is no chat model: its shape is not five sizes.");

            var shape = new CortexShape(vocabulary, width, heads, layers, context);
            var tokenizer = new ChatTokenizer([.. Entry("merges").ToInt32().Chunk(2).Select(pair => (pair[0], pair[^1]))]);

            if (tokenizer.Vocabulary > vocabulary)
            {
                throw new InvalidDataException(
                    $"{name} holds a tokenizer of {tokenizer.Vocabulary} tokens, but a cortex of {vocabulary}.");
            }

            var parameters = new float[shape.ParameterCount];

            foreach (var slice in shape.Slices)
                Numbers(Entry, slice, name).CopyTo(parameters, slice.Offset);

            return new ChatModel(new Cortex(shape, parameters), tokenizer, string.Concat(Entry("about").ToText()));
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"{name} is no chat model: {error.Message}", error);
        }
    }

    private static float[] Numbers(Func<string, NpyArray> entry, ParameterSlice slice, string name)
    {
        var array = entry(slice.Name);

        if (array.Length != slice.Count)
        {
            throw new InvalidDataException(
                $"{name} holds {array.Length} numbers of '{slice.Name}', but a cortex of its shape has {slice.Count}.");
        }

        if (array.Type != NpyType.Byte)
            return Finite(array.ToFloat32(), slice, name);

        var (bytes, scales) = (array.ToByte(), entry(slice.Name + Scale).ToFloat32());

        if (scales.Length != slice.Rows)
        {
            throw new InvalidDataException(
                $"{name} holds {scales.Length} scales of '{slice.Name}', but it has {slice.Rows} rows.");
        }

        return Finite([.. bytes.Select((one, i) => (one - 128) * scales[i / slice.Columns])], slice, name);
    }

    private static float[] Finite(float[] numbers, ParameterSlice slice, string name) =>
        Array.TrueForAll(numbers, float.IsFinite)
            ? numbers
            : throw new InvalidDataException($"{name} holds numbers of '{slice.Name}' that are not finite.");

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
