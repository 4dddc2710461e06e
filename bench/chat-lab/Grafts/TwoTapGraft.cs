namespace GaryMesh.ChatLab.Grafts;

/// <summary>A linear map of low rank of a position's normalised hidden state and that of the position before it.</summary>
/// <remarks>Parameters: A [2 width x units], own position first, B [units x width], the output's bias. B and the bias start at zero, so that
/// an untrained graft changes nothing.</remarks>
public sealed class TwoTapGraft : IGraft
{
    /// <summary>An untrained graft.</summary>
    /// <param name="width">Width of the stream.</param>
    /// <param name="units">Rank of the map.</param>
    /// <param name="seed">What A is drawn from.</param>
    public TwoTapGraft(int width, int units, ulong seed)
    {
        (Width, Units) = (width, units);
        Parameters = new float[(3 * width * units) + width];
        var key = Counter.Key(seed, 0x27A);

        for (var i = 0; i < 2 * width * units; i++)
            Parameters[i] = (float)(Counter.Normal(key, i) / Math.Sqrt(2.0 * width));
    }

    /// <inheritdoc/>
    public int Width { get; }

    /// <summary>Rank of the map.</summary>
    public int Units { get; }

    /// <inheritdoc/>
    public float[] Parameters { get; }

    /// <inheritdoc/>
    public IGraftPass CreatePass(int sequences, int length) => new Pass(this, sequences, length);

    private sealed class Pass(TwoTapGraft graft, int sequences, int length) : IGraftPass
    {
        private readonly Dense _dense = new(new EngineOptions { Threads = 1 });
        private readonly float[] _normal = new float[sequences * length * graft.Width];
        private readonly float[] _inverse = new float[sequences * length];
        private readonly float[] _pairs = new float[2 * sequences * length * graft.Width];
        private readonly float[] _units = new float[sequences * length * graft.Units];
        private readonly float[] _trail = new float[length * graft.Width];
        private (int Sequences, int Length) _size;

        private int BiasAt => 3 * graft.Width * graft.Units;

        private MatrixView A => Part(graft.Parameters, 0, 2 * graft.Width, graft.Units);

        private MatrixView B => Part(graft.Parameters, 2 * graft.Width * graft.Units, graft.Units, graft.Width);

        public void Reload()
        {
            // Parameters are read where they lie.
        }

        public void Forward(float[] stream, int sequences, int length)
        {
            _size = (sequences, length);
            RowNorm.Forward(stream, sequences * length, graft.Width, _normal, _inverse);

            for (var row = 0; row < sequences * length; row++)
                Pair(row, row % length == 0 ? [] : Normal(row - 1));

            Add(stream, sequences * length);
        }

        public void Continue(float[] stream, int first, int count)
        {
            RowNorm.Forward(stream, count, graft.Width, _normal, _inverse);

            for (var row = 0; row < count; row++)
            {
                var position = first + row;
                Pair(row, position == 0 ? [] : _trail.AsSpan((position - 1) * graft.Width, graft.Width));
                Normal(row).CopyTo(_trail.AsSpan(position * graft.Width));
            }

            Add(stream, count);
        }

        public void Backward(float[] gradient, float[]? sums)
        {
            var (rows, width) = (_size.Sequences * _size.Length, graft.Width);
            var above = new MatrixView(gradient, rows, width);
            var unitsBar = new MatrixView(new float[rows * graft.Units], rows, graft.Units);
            var (pairsBar, normalBar) = (new float[2 * rows * width], new float[rows * width]);
            _dense.Multiply(above, B.Transposed, unitsBar);
            _dense.Multiply(unitsBar, A.Transposed, new MatrixView(pairsBar, rows, 2 * width));

            if (sums is not null)
            {
                _dense.MultiplyAdd(new MatrixView(_units, rows, graft.Units).Transposed, above, Part(sums, B.Offset, graft.Units, width));
                _dense.MultiplyAdd(new MatrixView(_pairs, rows, 2 * width).Transposed, unitsBar, Part(sums, 0, 2 * width, graft.Units));

                for (var i = 0; i < rows * width; i++)
                    sums[BiasAt + (i % width)] += gradient[i];
            }

            for (var row = 0; row < rows; row++)
            {
                for (var i = 0; i < width; i++)
                {
                    normalBar[(row * width) + i] += pairsBar[(2 * row * width) + i];

                    if (row % _size.Length > 0)
                        normalBar[((row - 1) * width) + i] += pairsBar[(((2 * row) + 1) * width) + i];
                }
            }

            RowNorm.Backward(normalBar, _normal, _inverse, rows, width, gradient);
        }

        public void Dispose() => _dense.Dispose();

        private static MatrixView Part(float[] values, int at, int rows, int columns) => new(values, at, rows, columns, columns, 1);

        private Span<float> Normal(int row) => _normal.AsSpan(row * graft.Width, graft.Width);

        private void Pair(int row, ReadOnlySpan<float> before)
        {
            var pair = _pairs.AsSpan(2 * row * graft.Width, 2 * graft.Width);
            pair.Clear();
            Normal(row).CopyTo(pair);
            before.CopyTo(pair[graft.Width..]);
        }

        private void Add(float[] stream, int rows)
        {
            _dense.Multiply(new MatrixView(_pairs, rows, 2 * graft.Width), A, new MatrixView(_units, rows, graft.Units));

            for (var i = 0; i < rows * graft.Width; i++)
                stream[i] += graft.Parameters[BiasAt + (i % graft.Width)];

            _dense.MultiplyAdd(new MatrixView(_units, rows, graft.Units), B, new MatrixView(stream, rows, graft.Width));
        }
    }
}
