using System.Numerics.Tensors;

namespace GaryMesh.ChatGraft;

/// <summary>The gradient of one flat parameter vector from several pieces of a batch, added up in the order of the pieces
/// whichever thread made them: the sum has the same bits for any number of threads.</summary>
internal sealed class GradientSums(int pieces, int count)
{
    private const int Chunk = 1 << 14;

    private readonly float[][] _pieces = [.. Enumerable.Range(0, pieces).Select(_ => new float[count])];

    /// <summary>Where a piece adds its gradient: zeros at first.</summary>
    public float[] Begin(int piece)
    {
        Array.Clear(_pieces[piece]);
        return _pieces[piece];
    }

    /// <summary>Writes the sum of the pieces into a place of a longer gradient.</summary>
    public void Sum(ParallelOptions options, double[] into, int at) => Parallel.For(0, (count + Chunk - 1) / Chunk, options, chunk =>
    {
        var start = chunk * Chunk;
        var total = _pieces[0].AsSpan(start, Math.Min(Chunk, count - start));

        for (var piece = 1; piece < pieces; piece++)
            TensorPrimitives.Add(total, _pieces[piece].AsSpan(start, total.Length), total);

        TensorPrimitives.ConvertTruncating<float, double>(total, into.AsSpan(at + start, total.Length));
    });
}
