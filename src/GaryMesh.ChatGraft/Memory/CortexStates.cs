using System.Numerics.Tensors;
using System.Text;

namespace GaryMesh.ChatGraft;

/// <summary>What a frozen cortex makes of the words of a line: each word's embedding beside its hidden state.</summary>
internal sealed class CortexStates : IDisposable
{
    private readonly PackedCortex _packed;
    private readonly ChatTokenizer _tokenizer;
    private readonly CortexReader _reader;
    private readonly float _scale;

    public CortexStates(ChatModel model)
    {
        _packed = new PackedCortex(model.Cortex);
        (_tokenizer, _reader) = (model.Tokenizer, new CortexReader(_packed));
        var embedding = Embedding;
        _scale = 1 / (TensorPrimitives.Norm(embedding) / MathF.Sqrt(embedding.Length));
    }

    /// <summary>Width of a word's state.</summary>
    public int Width => 2 * _packed.Cortex.Shape.Width;

    private ReadOnlySpan<float> Embedding => _packed.Cortex.Parameters.AsSpan(_packed.Cortex.Shape.Embedding.Offset, _packed.Cortex.Shape.Embedding.Count);

    /// <summary>The states of a line's words [words x width].</summary>
    public float[] Of(Line line)
    {
        var half = _packed.Cortex.Shape.Width;
        var states = new float[line.Words.Length * Width];
        if (states.Length == 0) return states;
        var (before, after) = (_tokenizer.Encode("\nU:"), _tokenizer.Encode(" " + line.Text));
        var hidden = new float[after.Length * half];
        _reader.Reset();
        _reader.Read(before);
        _reader.Read(after, hidden);
        var counts = new int[line.Words.Length];
        // A token belongs to the word that its last letter stands in: each word is as long as its letters and the blank before it.
        var (word, end, at) = (0, Encoding.UTF8.GetByteCount(line.Words[0].Text) + 1, 0);

        for (var t = 0; t < after.Length; t++)
        {
            at += _tokenizer.BytesOf(after[t]).Length;
            while (at > end && word + 1 < counts.Length) end += Encoding.UTF8.GetByteCount(line.Words[++word].Text) + 1;
            var state = states.AsSpan(word * Width, Width);
            TensorPrimitives.MultiplyAdd(Embedding.Slice(after[t] * half, half), _scale, state[..half], state[..half]);
            counts[word]++;
            var here = hidden.AsSpan(t * half, half);
            TensorPrimitives.Divide(here, (TensorPrimitives.Norm(here) / MathF.Sqrt(half)) + 1e-6f, state[half..]);
        }

        for (var i = 0; i < counts.Length; i++)
        {
            var embedded = states.AsSpan(i * Width, half);
            if (counts[i] > 1) TensorPrimitives.Divide(embedded, counts[i], embedded);
        }

        return states;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _packed.Dispose();
    }
}
