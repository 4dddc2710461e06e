using System.Numerics.Tensors;

namespace GaryMesh.ChatLab.Grafts;

/// <summary>A graft without cells: each position receives what its own normalised hidden state, and with two taps that of the position before
/// it, become through a narrow layer. With ReLU and one tap it is the adapter of Houlsby et al. (ICML 2019), without ReLU a map of low rank.</summary>
/// <remarks>Parameters: A [taps width x units], own position first, B [units x width], then the bias: of the units with ReLU, of the output without.
/// B and the output's bias start at zero, so that an untrained graft changes nothing.</remarks>
public sealed class AdapterGraft : IGraft
{
    /// <summary>An untrained graft.</summary>
    /// <param name="width">Width of the stream.</param>
    /// <param name="units">Units of the narrow layer.</param>
    /// <param name="relu">Whether negative units become 0.</param>
    /// <param name="seed">What A is drawn from.</param>
    /// <param name="taps">1 for its own position, 2 for the one before it, too.</param>
    public AdapterGraft(int width, int units, bool relu, ulong seed, int taps = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(units, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(taps, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(taps, 2);
        (Width, Units, Relu, Taps) = (width, units, relu, taps);
        Parameters = new float[((taps + 1) * width * units) + (relu ? units : width)];
        // Kinds that are compared draw nothing in common.
        var key = Counter.Key(seed, taps == 1 ? 0xADA : 0x27A);

        for (var i = 0; i < taps * width * units; i++)
            Parameters[i] = (float)(Counter.Normal(key, i) / Math.Sqrt((double)taps * width));
    }

    /// <inheritdoc/>
    public int Width { get; }

    /// <summary>Units of the narrow layer.</summary>
    public int Units { get; }

    /// <summary>Whether negative units become 0.</summary>
    public bool Relu { get; }

    /// <summary>Positions that each sees: itself, and the one before it.</summary>
    public int Taps { get; }

    /// <inheritdoc/>
    public float[] Parameters { get; }

    /// <inheritdoc/>
    public IGraftPass CreatePass(int sequences, int length) => new Pass(this, sequences * length, length);

    private sealed class Pass(AdapterGraft graft, int most, int length) : IGraftPass
    {
        private readonly Dense _dense = new(new EngineOptions { Threads = 1 });
        private readonly float[] _normal = new float[most * graft.Width];
        private readonly float[] _inverse = new float[most];
        private readonly float[] _units = new float[most * graft.Units];
        private readonly float[] _unitsBar = new float[most * graft.Units];
        private readonly float[] _seen = new float[most * graft.Taps * graft.Width];
        private readonly float[] _seenBar = new float[most * graft.Taps * graft.Width];
        private readonly float[] _normalBar = new float[most * graft.Width];
        // What was shown of the sequence that is gone on with.
        private readonly float[] _trail = new float[graft.Taps > 1 ? length * graft.Width : 0];
        private (int Sequences, int Length) _size;

        private int Seen => graft.Taps * graft.Width;

        private int BiasAt => (graft.Taps + 1) * graft.Width * graft.Units;

        private MatrixView A => new(graft.Parameters, 0, Seen, graft.Units, graft.Units, 1);

        private MatrixView B => new(graft.Parameters, Seen * graft.Units, graft.Units, graft.Width, graft.Width, 1);

        public void Reload()
        {
            // Parameters are read where they lie.
        }

        public void Forward(float[] stream, int sequences, int length)
        {
            _size = (sequences, length);
            var rows = sequences * length;
            RowNorm.Forward(stream, rows, graft.Width, _normal, _inverse);

            for (var row = 0; row < rows; row++)
                See(row, row % length == 0 ? [] : Normal(row - 1));

            Add(stream, rows);
        }

        public void Continue(float[] stream, int first, int count)
        {
            RowNorm.Forward(stream, count, graft.Width, _normal, _inverse);

            for (var row = 0; row < count; row++)
            {
                var position = first + row;
                See(row, graft.Taps == 1 || position == 0 ? [] : _trail.AsSpan((position - 1) * graft.Width, graft.Width));

                if (graft.Taps > 1)
                    Normal(row).CopyTo(_trail.AsSpan(position * graft.Width));
            }

            Add(stream, count);
        }

        public void Backward(float[] gradient, float[]? sums)
        {
            var rows = _size.Sequences * _size.Length;
            var above = new MatrixView(gradient, rows, graft.Width);
            var units = new MatrixView(_units, rows, graft.Units);
            var unitsBar = new MatrixView(_unitsBar, rows, graft.Units);
            _dense.Multiply(above, B.Transposed, unitsBar);

            if (graft.Relu)
            {
                for (var i = 0; i < rows * graft.Units; i++)
                {
                    if (!(_units[i] > 0))
                        _unitsBar[i] = 0;
                }
            }

            if (sums is not null)
            {
                _dense.MultiplyAdd(units.Transposed, above, Within(sums, B));
                _dense.MultiplyAdd(new MatrixView(_seen, rows, Seen).Transposed, unitsBar, Within(sums, A));
                var (bar, columns) = graft.Relu ? (_unitsBar, graft.Units) : (gradient, graft.Width);

                for (var i = 0; i < rows * columns; i++)
                    sums[BiasAt + (i % columns)] += bar[i];
            }

            _dense.Multiply(unitsBar, A.Transposed, new MatrixView(_seenBar, rows, Seen));
            Gather(rows);
            RowNorm.Backward(_normalBar, _normal, _inverse, rows, graft.Width, gradient);
        }

        public void Dispose() => _dense.Dispose();

        private static MatrixView Within(float[] sums, MatrixView part) =>
            new(sums, part.Offset, part.Rows, part.Columns, part.RowStride, part.ColumnStride);

        private Span<float> Normal(int row) => _normal.AsSpan(row * graft.Width, graft.Width);

        private void See(int row, ReadOnlySpan<float> before)
        {
            var seen = _seen.AsSpan(row * Seen, Seen);
            Normal(row).CopyTo(seen);

            if (graft.Taps == 1)
                return;

            seen[graft.Width..].Clear();
            before.CopyTo(seen[graft.Width..]);
        }

        // A position is seen by itself and by the next one.
        private void Gather(int rows)
        {
            Array.Clear(_normalBar, 0, rows * graft.Width);

            for (var row = 0; row < rows; row++)
            {
                for (var tap = 0; tap < graft.Taps && tap <= row % _size.Length; tap++)
                {
                    var into = _normalBar.AsSpan((row - tap) * graft.Width, graft.Width);
                    TensorPrimitives.Add(into, _seenBar.AsSpan((row * Seen) + (tap * graft.Width), graft.Width), into);
                }
            }
        }

        private void Add(float[] stream, int rows)
        {
            _dense.Multiply(new MatrixView(_seen, rows, Seen), A, new MatrixView(_units, rows, graft.Units));

            if (graft.Relu)
            {
                for (var i = 0; i < rows * graft.Units; i++)
                    _units[i] = Math.Max(0, _units[i] + graft.Parameters[BiasAt + (i % graft.Units)]);
            }
            else
            {
                for (var i = 0; i < rows * graft.Width; i++)
                    stream[i] += graft.Parameters[BiasAt + (i % graft.Width)];
            }

            _dense.MultiplyAdd(new MatrixView(_units, rows, graft.Units), B, new MatrixView(stream, rows, graft.Width));
        }
    }
}
