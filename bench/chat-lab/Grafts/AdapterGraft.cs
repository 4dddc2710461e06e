namespace GaryMesh.ChatLab.Grafts;

/// <summary>A graft without neighbours: each position receives what its own normalised hidden state becomes through a narrow layer.
/// With ReLU it is the adapter of Houlsby et al. (ICML 2019), without it a map of low rank.</summary>
/// <remarks>Parameters: A [width x units], B [units x width], then the bias: of the units with ReLU, of the output without.
/// B and the output's bias start at zero, so that an untrained graft changes nothing.</remarks>
public sealed class AdapterGraft : IGraft
{
    /// <summary>An untrained graft.</summary>
    /// <param name="width">Width of the stream.</param>
    /// <param name="units">Units of the narrow layer.</param>
    /// <param name="relu">Whether negative units become 0.</param>
    /// <param name="seed">What A is drawn from.</param>
    public AdapterGraft(int width, int units, bool relu, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(units, 1);
        (Width, Units, Relu) = (width, units, relu);
        Parameters = new float[(2 * width * units) + (relu ? units : width)];
        var key = Counter.Key(seed, 0xADA);

        for (var i = 0; i < width * units; i++)
            Parameters[i] = (float)(Counter.Normal(key, i) / Math.Sqrt(width));
    }

    /// <inheritdoc/>
    public int Width { get; }

    /// <summary>Units of the narrow layer.</summary>
    public int Units { get; }

    /// <summary>Whether negative units become 0.</summary>
    public bool Relu { get; }

    /// <inheritdoc/>
    public float[] Parameters { get; }

    /// <inheritdoc/>
    public IGraftPass CreatePass(int sequences, int length) => new Pass(this, sequences * length);

    private sealed class Pass(AdapterGraft graft, int most) : IGraftPass
    {
        private readonly Dense _dense = new(new EngineOptions { Threads = 1 });
        private readonly float[] _normal = new float[most * graft.Width];
        private readonly float[] _inverse = new float[most];
        private readonly float[] _units = new float[most * graft.Units];
        private readonly float[] _unitsBar = new float[most * graft.Units];
        private readonly float[] _normalBar = new float[most * graft.Width];
        private int _rows;

        private int BiasAt => 2 * graft.Width * graft.Units;

        private MatrixView A => new(graft.Parameters, 0, graft.Width, graft.Units, graft.Units, 1);

        private MatrixView B => new(graft.Parameters, graft.Width * graft.Units, graft.Units, graft.Width, graft.Width, 1);

        public void Reload()
        {
            // Parameters are read where they lie.
        }

        public void Forward(float[] stream, int sequences, int length) => Add(stream, sequences * length);

        // A position sees itself alone: going on is no different from beginning.
        public void Continue(float[] stream, int first, int count) => Add(stream, count);

        public void Backward(float[] gradient, float[]? sums)
        {
            var above = new MatrixView(gradient, _rows, graft.Width);
            var units = new MatrixView(_units, _rows, graft.Units);
            var unitsBar = new MatrixView(_unitsBar, _rows, graft.Units);
            _dense.Multiply(above, B.Transposed, unitsBar);

            if (graft.Relu)
            {
                for (var i = 0; i < _rows * graft.Units; i++)
                {
                    if (!(_units[i] > 0))
                        _unitsBar[i] = 0;
                }
            }

            if (sums is not null)
            {
                _dense.MultiplyAdd(units.Transposed, above, Within(sums, B));
                _dense.MultiplyAdd(new MatrixView(_normal, _rows, graft.Width).Transposed, unitsBar, Within(sums, A));
                var (bar, columns) = graft.Relu ? (_unitsBar, graft.Units) : (gradient, graft.Width);

                for (var i = 0; i < _rows * columns; i++)
                    sums[BiasAt + (i % columns)] += bar[i];
            }

            _dense.Multiply(unitsBar, A.Transposed, new MatrixView(_normalBar, _rows, graft.Width));
            RowNorm.Backward(_normalBar, _normal, _inverse, _rows, graft.Width, gradient);
        }

        public void Dispose() => _dense.Dispose();

        private static MatrixView Within(float[] sums, MatrixView part) =>
            new(sums, part.Offset, part.Rows, part.Columns, part.RowStride, part.ColumnStride);

        private void Add(float[] stream, int rows)
        {
            _rows = rows;
            RowNorm.Forward(stream, rows, graft.Width, _normal, _inverse);
            _dense.Multiply(new MatrixView(_normal, rows, graft.Width), A, new MatrixView(_units, rows, graft.Units));

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
