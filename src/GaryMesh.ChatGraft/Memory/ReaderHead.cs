using System.Numerics.Tensors;

namespace GaryMesh.ChatGraft;

/// <summary>The trained head over a frozen cortex's states: a projection and a weight of each word for late interaction, a
/// scorer of told lines with "none of these" at 0, a scorer of what a sentence does to an earlier one, and speech acts.</summary>
internal sealed class ReaderHead
{
    /// <summary>Width of a word's key.</summary>
    public const int Key = 36;

    /// <summary>Hidden units of the scorer of answers, and of that of relations.</summary>
    public const int Hidden = 24, Relating = 8;

    /// <summary>Speech acts, and relations to an earlier line besides none: it goes on from it, or takes its place.</summary>
    public const int Acts = 6, Relations = 2;

    /// <summary>A head with parameters.</summary>
    /// <param name="width">Width of a word's state: that of the cortex twice.</param>
    /// <param name="parameters">The parameters, in the order of the slices.</param>
    /// <exception cref="ArgumentException">Their number does not fit the width.</exception>
    public ReaderHead(int width, float[] parameters)
    {
        if (parameters.Length != Count(width)) throw new ArgumentException($"A reader over states of width {width} has {Count(width):N0} parameters, but {parameters.Length:N0} are given.", nameof(parameters));
        (Width, Parameters) = (width, parameters);
    }

    /// <summary>Width of a word's state.</summary>
    public int Width { get; }

    /// <summary>The parameters.</summary>
    public float[] Parameters { get; }

    /// <summary>Where the parameters stand: projection [key x width], weights [width], then weights and biases of the scorers and acts.</summary>
    public static (int Offset, int Count)[] Slices(int width)
    {
        int[] counts =
        [
            Key * width, width,
            Hidden * Likeness.Features, Hidden, Hidden, 1,
            Relating * Relation.Features, Relating, Relations * Relating, Relations,
            Acts * ActWidth(width), Acts,
        ];
        var offset = 0;
        return [.. counts.Select(count => (offset += count, count)).Select(one => (one.Item1 - one.count, one.count))];
    }

    /// <summary>Parameters of a head over states of a width.</summary>
    public static int Count(int width) => Slices(width)[^1] is var (offset, count) ? offset + count : 0;

    /// <summary>What the speech acts are read off: the mean of the words' states, that of the first word, and a line's signs.</summary>
    public static int ActWidth(int width) => (2 * width) + ActSigns;

    /// <summary>Signs of a line for its speech act.</summary>
    public const int ActSigns = 17;

    /// <summary>An untrained head.</summary>
    public static ReaderHead Random(int width, ulong seed)
    {
        var parameters = new float[Count(width)];
        var slices = Slices(width);
        var key = Counter.Mix(seed);
        void Draw(int slice, double deviation)
        {
            for (var i = 0; i < slices[slice].Count; i++) parameters[slices[slice].Offset + i] = (float)(deviation * Counter.Normal(key, slices[slice].Offset + i));
        }

        Draw(0, 1 / Math.Sqrt(width));
        Draw(2, 1 / Math.Sqrt(Likeness.Features));
        Draw(4, 1 / Math.Sqrt(Hidden));
        Draw(6, 1 / Math.Sqrt(Relation.Features));
        Draw(8, 1 / Math.Sqrt(Relating));
        return new ReaderHead(width, parameters);
    }

    /// <summary>Keys and weights of a line's words.</summary>
    /// <param name="states">[words x width]</param>
    /// <param name="weighed">The words that have a weight.</param>
    public (float[] Keys, float[] Weights) Project(float[] states, bool[] weighed)
    {
        var (count, slices) = (states.Length / Width, Slices(Width));
        var (keys, weights) = (new float[count * Key], new float[count]);

        for (var i = 0; i < count; i++)
        {
            var state = states.AsSpan(i * Width, Width);
            var key = keys.AsSpan(i * Key, Key);
            for (var k = 0; k < Key; k++) key[k] = TensorPrimitives.Dot(Parameters.AsSpan(slices[0].Offset + (k * Width), Width), state);
            TensorPrimitives.Divide(key, TensorPrimitives.Norm(key) + 1e-6f, key);
            weights[i] = weighed[i] ? TensorPrimitives.Dot(Parameters.AsSpan(slices[1].Offset, Width), state) / MathF.Sqrt(Width) : float.NegativeInfinity;
        }

        if (count > 0) TensorPrimitives.SoftMax(weights, weights);
        return (keys, weights);
    }

    /// <summary>How good an answer features show; "none of these" stands at 0.</summary>
    public float Answers(ReadOnlySpan<float> features) => Scores(features, 2, Hidden, 1)[0];

    /// <summary>Probabilities that a line goes on from an earlier one and that it takes its place.</summary>
    public (float GoesOn, float Replaces) Relates(ReadOnlySpan<float> features)
    {
        var scores = Scores(features, 6, Relating, Relations);
        var (on, instead) = (MathF.Exp(scores[0]), MathF.Exp(scores[1]));
        return (on / (1 + on + instead), instead / (1 + on + instead));
    }

    /// <summary>The probability of each speech act.</summary>
    public float[] ActsOf(Line line, float[] states)
    {
        var (slices, features) = (Slices(Width), ActFeatures(line, states, Width));
        var acts = new float[Acts];
        for (var a = 0; a < Acts; a++)
            acts[a] = TensorPrimitives.Dot(Parameters.AsSpan(slices[10].Offset + (a * features.Length), features.Length), features) + Parameters[slices[11].Offset + a];
        TensorPrimitives.SoftMax(acts, acts);
        return acts;
    }

    /// <summary>What a line's speech act is read off.</summary>
    public static float[] ActFeatures(Line line, float[] states, int width)
    {
        var features = new float[ActWidth(width)];
        var count = states.Length / width;

        for (var i = 0; i < count; i++) TensorPrimitives.MultiplyAdd(states.AsSpan(i * width, width), 1f / count, features.AsSpan(0, width), features.AsSpan(0, width));
        if (count > 0) states.AsSpan(0, width).CopyTo(features.AsSpan(width));
        var signs = new FeatureRow(features.AsSpan(2 * width));
        bool First(string mark) => count > 0 && (line.Words[0].Marks & Lexicon.MarkOf(mark)) != 0;
        signs.Add(line.EndsAsking);
        foreach (var mark in _telling) signs.Add(line.Has(mark));
        signs.Add(line.BeginsAsking);
        signs.Add(First("verbs"));
        signs.Add(First("recalls"));
        signs.Add(count, 20, 10);
        signs.Add(line.Words.Any(word => word.Rare));
        signs.Add(line.Words.Count(word => !word.Bare), 20, 5);
        signs.Add(line.Attributes.Count > 0);
        signs.Add(line.Possessions.Count > 0);
        signs.Add(line.Words.Any(word => word.Text is "who" or "what" or "which" or "where" or "when" or "how"));
        signs.Add(line.Inquires);
        signs.Add(line.Inquires && line.Has("owns"));
        return features;
    }

    private static readonly string[] _telling = ["owns", "chats", "supposes", "quotes", "recalls"];

    /// <summary>The head's likeness of two lines: for each word of the one the most similar of the other, by the words' weights, and
    /// evenly over those that ask.</summary>
    public static (float Weighted, float Even) Interaction(Line line, (float[] Keys, float[] Weights) one, float[] others)
    {
        var (weighted, even, content) = (0f, 0f, 0);
        var asking = line.Asking;

        for (var i = 0; i < one.Weights.Length; i++)
        {
            var most = others.Length == 0 ? 0 : float.NegativeInfinity;
            for (var j = 0; j < others.Length; j += Key) most = Math.Max(most, TensorPrimitives.Dot(one.Keys.AsSpan(i * Key, Key), others.AsSpan(j, Key)));
            weighted += one.Weights[i] * most;
            if (!asking[i]) continue;
            even += most;
            content++;
        }

        return (weighted, content > 0 ? even / content : 0);
    }

    private float[] Scores(ReadOnlySpan<float> features, int slice, int hidden, int outputs)
    {
        var slices = Slices(Width);
        Span<float> units = stackalloc float[hidden];

        for (var h = 0; h < hidden; h++)
            units[h] = MathF.Max(0, TensorPrimitives.Dot(Parameters.AsSpan(slices[slice].Offset + (h * features.Length), features.Length), features) + Parameters[slices[slice + 1].Offset + h]);

        var scores = new float[outputs];
        for (var o = 0; o < outputs; o++)
            scores[o] = TensorPrimitives.Dot<float>(Parameters.AsSpan(slices[slice + 2].Offset + (o * hidden), hidden), units) + Parameters[slices[slice + 3].Offset + o];
        return scores;
    }
}
