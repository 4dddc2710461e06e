using System.Numerics.Tensors;

namespace GaryMesh.ChatGraft;

/// <summary>The gradient of one flat parameter vector from several pieces of a batch, added up in the order of the pieces
/// whichever thread made them: the sum has the same bits for any number of threads.</summary>
internal sealed class GradientSums(int pieces, int count)
{
    private const int Chunk = 1 << 14;

    private readonly float[][] _pieces = [.. Enumerable.Range(0, pieces).Select(_ => new float[count])];

    /// <summary>The sum, after <see cref="Reduce"/>.</summary>
    public float[] Total => _pieces[0];

    /// <summary>Where a piece adds its gradient: zeros at first.</summary>
    public float[] Begin(int piece)
    {
        Array.Clear(_pieces[piece]);
        return _pieces[piece];
    }

    /// <summary>Adds the pieces up; returns the sum of the squares of the total.</summary>
    public double Reduce(ParallelOptions options)
    {
        var squares = new double[(count + Chunk - 1) / Chunk];
        EachChunk(options, (start, end) =>
        {
            var total = Total.AsSpan(start, end - start);

            for (var piece = 1; piece < pieces; piece++)
                TensorPrimitives.Add(total, _pieces[piece].AsSpan(start, end - start), total);

            squares[start / Chunk] = TensorPrimitives.SumOfSquares<float>(total);
        });

        return squares.Sum();
    }

    /// <summary>Calls <paramref name="work"/> for stretches (start, end) that cover the vector.</summary>
    public void EachChunk(ParallelOptions options, Action<int, int> work) =>
        Parallel.For(0, (count + Chunk - 1) / Chunk, options, chunk => work(chunk * Chunk, Math.Min(count, (chunk + 1) * Chunk)));
}
