namespace GaryMesh.ChatGraft;

/// <summary>Causal self-attention over the positions of each sequence (Vaswani et al., 2017), and its adjoint; queries,
/// keys and values lie side by side in rows of three times the width.</summary>
internal sealed class Attention(CortexShape shape, int sequences, int length)
{
    private readonly int _width = shape.Width;
    private readonly int _head = shape.HeadWidth;
    private readonly float _scale = 1.0f / MathF.Sqrt(shape.HeadWidth);
    private readonly float[] _weights = new float[sequences * shape.Heads * length * length];
    private readonly float[] _adjoint = new float[length * length];

    /// <summary>What every position gathers from itself and earlier ones, head beside head [rows x width].</summary>
    public float[] Output { get; } = new float[sequences * length * shape.Width];

    public void Forward(Dense dense, float[] queriesKeysValues, int sequences, int length)
    {
        for (var part = 0; part < sequences * shape.Heads; part++)
        {
            var (sequence, head) = (part / shape.Heads, part % shape.Heads);
            var weights = Weights(part, length);
            dense.Multiply(
                View(queriesKeysValues, 0, sequence, head, length),
                View(queriesKeysValues, 1, sequence, head, length).Transposed,
                weights);

            for (var row = 0; row < length; row++)
            {
                var numbers = _weights.AsSpan(weights.Offset + (row * length), length);
                Softmax.Forward(numbers[..(row + 1)], _scale);
                numbers[(row + 1)..].Clear();
            }

            dense.Multiply(weights, View(queriesKeysValues, 2, sequence, head, length), Gathered(Output, sequence, head, length));
        }
    }

    /// <summary>Writes the adjoint of queries, keys and values.</summary>
    public void Backward(
        Dense dense, float[] queriesKeysValues, float[] dOutput, int sequences, int length, float[] dQueriesKeysValues)
    {
        var adjoint = new MatrixView(_adjoint, length, length);

        for (var part = 0; part < sequences * shape.Heads; part++)
        {
            var (sequence, head) = (part / shape.Heads, part % shape.Heads);
            var weights = Weights(part, length);
            var up = Gathered(dOutput, sequence, head, length);
            dense.Multiply(up, View(queriesKeysValues, 2, sequence, head, length).Transposed, adjoint);
            dense.Multiply(weights.Transposed, up, View(dQueriesKeysValues, 2, sequence, head, length));

            for (var row = 0; row < length; row++)
            {
                var numbers = _adjoint.AsSpan(row * length, length);
                Softmax.Backward(_weights.AsSpan(weights.Offset + (row * length), row + 1), numbers[..(row + 1)], _scale);
                numbers[(row + 1)..].Clear();
            }

            dense.Multiply(
                adjoint,
                View(queriesKeysValues, 1, sequence, head, length),
                View(dQueriesKeysValues, 0, sequence, head, length));
            dense.Multiply(
                adjoint.Transposed,
                View(queriesKeysValues, 0, sequence, head, length),
                View(dQueriesKeysValues, 1, sequence, head, length));
        }
    }

    private MatrixView Weights(int part, int length) =>
        new(_weights, part * length * length, length, length, length, 1);

    private MatrixView View(float[] rows, int third, int sequence, int head, int length) =>
        new(rows, (sequence * length * 3 * _width) + (third * _width) + (head * _head), length, _head, 3 * _width, 1);

    private MatrixView Gathered(float[] rows, int sequence, int head, int length) =>
        new(rows, (sequence * length * _width) + (head * _head), length, _head, _width, 1);
}
