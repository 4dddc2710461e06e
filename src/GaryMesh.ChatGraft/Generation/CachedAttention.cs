using System.Numerics.Tensors;

namespace GaryMesh.ChatGraft;

/// <summary>Causal self-attention of new positions over the kept keys and values of those before them.</summary>
internal sealed class CachedAttention(CortexShape shape)
{
    private readonly int _width = shape.Width;
    private readonly int _head = shape.HeadWidth;
    private readonly float _scale = 1.0f / MathF.Sqrt(shape.HeadWidth);

    // Keys lie by head, component and position: the scores of all positions grow side by side.
    private readonly float[] _keys = new float[shape.Width * shape.Context];
    private readonly float[] _values = new float[shape.Context * shape.Width];
    private readonly float[] _weights = new float[shape.Context];

    /// <summary>Takes up positions first .. first + count - 1 and gathers for each of them.</summary>
    /// <param name="queriesKeysValues">[count x 3 width].</param>
    /// <param name="first">Positions kept already.</param>
    /// <param name="count">New positions.</param>
    /// <param name="output">[count x width].</param>
    public void Forward(ReadOnlySpan<float> queriesKeysValues, int first, int count, Span<float> output)
    {
        for (var i = 0; i < count; i++)
        {
            var row = queriesKeysValues.Slice(i * 3 * _width, 3 * _width);
            var position = first + i;

            for (var c = 0; c < _width; c++)
                _keys[(c * shape.Context) + position] = row[_width + c];

            row[(2 * _width)..].CopyTo(_values.AsSpan(position * _width, _width));
            var gathered = output.Slice(i * _width, _width);
            gathered.Clear();
            var weights = _weights.AsSpan(0, position + 1);

            for (var start = 0; start < _width; start += _head)
            {
                weights.Clear();

                for (var c = start; c < start + _head; c++)
                    TensorPrimitives.FusedMultiplyAdd(_keys.AsSpan(c * shape.Context, position + 1), row[c], weights, weights);

                Softmax.Forward(weights, _scale);
                var sum = gathered.Slice(start, _head);

                for (var other = 0; other <= position; other++)
                    TensorPrimitives.FusedMultiplyAdd(_values.AsSpan((other * _width) + start, _head), weights[other], sum, sum);
            }
        }
    }
}
