namespace GaryMesh.ChatGraft;

/// <summary>A mesh graft at work: normalise, encode, run the cells, read out, and the way back through all of it.</summary>
internal sealed class MeshGraftPass : IGraftPass
{
    private readonly MeshGraft _graft;
    private readonly MeshGraftShape _shape;
    private readonly int _length;
    private readonly int _cells;
    private readonly int[][] _orders;
    private readonly Prepared _prepared;
    private readonly Dense _dense = new(new EngineOptions { Threads = 1 });
    private readonly float[] _normal;
    private readonly float[] _inverse;
    private readonly float[] _read;
    private readonly float[] _wide;
    private readonly float[] _codes;
    private readonly float[] _states;
    private readonly float[] _history;
    private (int Sequences, int Length) _size;

    public MeshGraftPass(MeshGraft graft, int sequences, int length)
    {
        (_graft, _shape, _length) = (graft, graft.Shape, length);
        _cells = length * _shape.Population;
        _orders = [.. Enumerable.Range(0, _shape.Population).Select(graft.OrderOf)];
        _prepared = new Prepared(graft.Automaton, graft.GraphOf(length), new EngineOptions { Threads = 1 });
        var rows = sequences * length;
        _normal = new float[rows * _shape.Width];
        _inverse = new float[rows];
        _read = new float[rows * _shape.Population * _shape.Width];
        _wide = new float[_read.Length];
        _codes = new float[rows * _shape.Population * _shape.Channels];
        _states = new float[rows * _shape.Population * _shape.Channels];
        _history = new float[length * _shape.Width];
    }

    private MatrixView Encoder => new(_graft.Parameters, 0, _shape.Width, _shape.Channels, _shape.Channels, 1);

    private MatrixView Readout => new(_graft.Parameters, _shape.ReadoutAt, _shape.Channels, _shape.Width, _shape.Width, 1);

    public void Reload() => _prepared.Load(_graft.RuleNow);

    public void Forward(float[] stream, int sequences, int length) => Run(stream, sequences, length, traced: true);

    public void Backward(float[] gradient, float[]? sums)
    {
        var (sequences, length) = _size;
        var rows = sequences * length * _shape.Population;
        Spread(gradient, _wide, sequences * length, Share);
        var above = new MatrixView(_wide, rows, _shape.Width);
        var states = new MatrixView(_states, rows, _shape.Channels);

        if (sums is not null)
            _dense.MultiplyAdd(states.Transposed, above, Within(sums, Readout));

        var statesBar = new float[rows * _shape.Channels];
        _dense.Multiply(above, Readout.Transposed, new MatrixView(statesBar, rows, _shape.Channels));
        var back = _prepared.Adjoint([.. Enumerable.Range(0, sequences).Select(sequence => Padded(statesBar, sequence, length))]);
        var codesBar = new float[rows * _shape.Channels];

        for (var sequence = 0; sequence < sequences; sequence++)
        {
            var count = length * _shape.Population * _shape.Channels;
            back.Outcomes[sequence].Start.Values[..count].CopyTo(codesBar.AsSpan(sequence * count));
        }

        var bar = new MatrixView(codesBar, rows, _shape.Channels);

        if (sums is not null)
        {
            _dense.MultiplyAdd(new MatrixView(_read, rows, _shape.Width).Transposed, bar, Within(sums, Encoder));
            var bias = _shape.Width * _shape.Channels;

            for (var i = 0; i < codesBar.Length; i++)
                sums[bias + (i % _shape.Channels)] += codesBar[i];

            for (var i = 0; i < back.Parameters.Length; i++)
                sums[_shape.RuleAt + i] += (float)back.Parameters[i];
        }

        _dense.Multiply(bar, Encoder.Transposed, above);
        var normalBar = new float[sequences * length * _shape.Width];
        Gather(_wide, normalBar, sequences * length, 1);
        RowNorm.Backward(normalBar, _normal, _inverse, sequences * length, _shape.Width, gradient);
    }

    public void Continue(float[] stream, int first, int count)
    {
        // What earlier cells came to does not change, so running all of them again is right, if not the fastest way.
        var width = _shape.Width;
        stream.AsSpan(0, count * width).CopyTo(_history.AsSpan(first * width));
        var whole = _history.AsSpan(0, (first + count) * width).ToArray();
        Run(whole, 1, first + count, traced: false);
        whole.AsSpan(first * width, count * width).CopyTo(stream);
    }

    public void Dispose()
    {
        _prepared.Dispose();
        _dense.Dispose();
    }

    private static MatrixView Within(float[] sums, MatrixView part) =>
        new(sums, part.Offset, part.Rows, part.Columns, part.RowStride, part.ColumnStride);

    private void Run(float[] stream, int sequences, int length, bool traced)
    {
        _size = (sequences, length);
        var positions = sequences * length;
        var rows = positions * _shape.Population;
        RowNorm.Forward(stream, positions, _shape.Width, _normal, _inverse);
        Spread(_normal, _read, positions, 1);
        _dense.Multiply(new MatrixView(_read, rows, _shape.Width), Encoder, new MatrixView(_codes, rows, _shape.Channels));
        var bias = _shape.Width * _shape.Channels;

        for (var i = 0; i < rows * _shape.Channels; i++)
            _codes[i] += _graft.Parameters[bias + (i % _shape.Channels)];

        Rollout[] rollouts =
        [
            .. Enumerable.Range(0, sequences).Select(sequence => Rollout.Of(Padded(_codes, sequence, length), _shape.Steps, Firing.All)),
        ];
        var finals = traced ? _prepared.Trace(rollouts) : _prepared.Run(rollouts);

        for (var sequence = 0; sequence < sequences; sequence++)
        {
            var count = length * _shape.Population * _shape.Channels;
            finals[sequence].Values[..count].CopyTo(_states.AsSpan(sequence * count));
        }

        _dense.Multiply(new MatrixView(_states, rows, _shape.Channels), Readout, new MatrixView(_wide, rows, _shape.Width));
        Gather(_wide, stream, positions, Share);
    }

    /// <summary>The voices of a position's cells are one voice together, as loud as one cell's on average.</summary>
    private float Share => 1 / MathF.Sqrt(_shape.Population);

    /// <summary>A sequence's cells, with zeros for positions after the last: no earlier cell sees them.</summary>
    private State Padded(float[] values, int sequence, int length)
    {
        var count = length * _shape.Population * _shape.Channels;
        var own = values.AsSpan(sequence * count, count);

        if (length == _length)
            return new State(_cells, _shape.Channels, own);

        var padded = new float[_cells * _shape.Channels];
        own.CopyTo(padded);
        return new State(_cells, _shape.Channels, padded);
    }

    /// <summary>Rows of positions as each of their cells reads them.</summary>
    private void Spread(float[] from, float[] into, int positions, float loudness)
    {
        foreach (var (position, cell, order) in Cells(positions))
        {
            for (var i = 0; i < order.Length; i++)
                into[cell + i] = loudness * from[position + order[i]];
        }
    }

    /// <summary>The adjoint of `Spread`: adds the rows of a position's cells, each put back in order.</summary>
    private void Gather(float[] from, float[] into, int positions, float loudness)
    {
        foreach (var (position, cell, order) in Cells(positions))
        {
            for (var i = 0; i < order.Length; i++)
                into[position + order[i]] += loudness * from[cell + i];
        }
    }

    /// <summary>Where the row of each cell's position begins, where its own does, and the order in which it reads.</summary>
    private IEnumerable<(int Position, int Cell, int[] Order)> Cells(int positions)
    {
        for (var row = 0; row < positions * _shape.Population; row++)
            yield return (row / _shape.Population * _shape.Width, row * _shape.Width, _orders[row % _shape.Population]);
    }
}
