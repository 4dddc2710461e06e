using System.Numerics.Tensors;

namespace GaryMesh.ChatLab.Tasks;

/// <summary>A carried mesh at work: read, encode, go on position by position, say, and the way back through all of it.</summary>
/// <remarks>Rows are in the order of time: position by position, in each sequence by sequence, in each cell by cell. So a step is one product for
/// all sequences and cells.</remarks>
internal sealed class CarriedMeshPass : IGraftPass
{
    private const int Keep = 0, Fresh = 1, Loud = 2;

    private readonly CarriedMeshGraft _graft;
    private readonly Dense _dense = new(new EngineOptions { Threads = 1 });
    // What each cell's gates take from what is read, code and all: [read x cells x gates].
    private readonly float[] _reading;
    private readonly float[] _normal;
    private readonly float[] _inverse;
    // Of each position and sequence: this and the one before, normalised, and both encoded.
    private readonly float[] _seen;
    private readonly float[] _encoded;
    // Of each cell: its state and its neighbour's before, its gates, its state after, and what it says.
    private readonly float[] _before;
    private readonly float[] _gates;
    private readonly float[] _states;
    private readonly float[] _said;
    private readonly float[] _voices;
    // What `Continue` has come to: the states at each position, and what was read there.
    private readonly float[] _trail;
    private readonly float[] _read;
    private (int Sequences, int Length) _size;

    public CarriedMeshPass(CarriedMeshGraft graft, int sequences, int length)
    {
        _graft = graft;
        var rows = sequences * length;
        var cells = rows * graft.Population;
        _reading = new float[graft.Read * graft.Population * graft.Gates];
        _normal = new float[rows * graft.Width];
        _inverse = new float[rows];
        _seen = new float[rows * 2 * graft.Width];
        _encoded = new float[rows * graft.Read];
        _before = new float[cells * 2 * graft.Channels];
        _gates = new float[cells * graft.Gates];
        _states = new float[cells * graft.Channels];
        _said = new float[cells * graft.Channels];
        _voices = new float[rows * graft.Channels];
        _trail = new float[length * graft.Population * graft.Channels];
        _read = new float[length * graft.Width];
        Reload();
    }

    private int Cells => _graft.Population;

    private int Channels => _graft.Channels;

    private int Gates => _graft.Gates;

    private int Width => _graft.Width;

    /// <summary>The voices of all cells are one voice together, as loud as one cell's on average.</summary>
    private float Share => 1 / MathF.Sqrt(Cells);

    private MatrixView Encoder => Part(_graft.Parameters, 0, 2 * Width, _graft.Read);

    private MatrixView Reading => new(_reading, _graft.Read, Cells * Gates);

    private MatrixView Across => Part(_graft.Parameters, _graft.AcrossAt, 2 * Channels, Gates);

    private MatrixView Readout => Part(_graft.Parameters, _graft.ReadoutAt, Channels, Width);

    public void Reload()
    {
        foreach (var (number, cell) in Codes())
        {
            var into = _reading.AsSpan(At(number, cell), Gates);
            TensorPrimitives.MultiplyAdd(
                _graft.Parameters.AsSpan(_graft.CodedAt + (number * Gates), Gates),
                CarriedMeshGraft.Sign(cell, number),
                _graft.Parameters.AsSpan(_graft.PlainAt + (number * Gates), Gates),
                into);
        }
    }

    public void Forward(float[] stream, int sequences, int length)
    {
        _size = (sequences, length);
        RowNorm.Forward(stream, sequences * length, Width, _normal, _inverse);

        for (var row = 0; row < sequences * length; row++)
        {
            var (sequence, position) = Math.DivRem(row, length);
            See((position * sequences) + sequence, _normal.AsSpan(row * Width, Width), position == 0 ? [] : _normal.AsSpan((row - 1) * Width, Width));
        }

        Encode(sequences * length);
        var step = sequences * Cells;

        for (var position = 0; position < length; position++)
            Step(position * step, step, position == 0 ? [] : _states.AsSpan((position - 1) * step * Channels, step * Channels));

        var voice = Say(sequences * length);

        for (var row = 0; row < sequences * length; row++)
        {
            var (sequence, position) = Math.DivRem(row, length);
            Add(voice, (position * sequences) + sequence, stream, row);
        }
    }

    public void Continue(float[] stream, int first, int count)
    {
        RowNorm.Forward(stream, count, Width, _normal, _inverse);

        for (var row = 0; row < count; row++)
        {
            var position = first + row;
            See(row, _normal.AsSpan(row * Width, Width), position == 0 ? [] : _read.AsSpan((position - 1) * Width, Width));
            _normal.AsSpan(row * Width, Width).CopyTo(_read.AsSpan(position * Width));
        }

        Encode(count);
        var size = Cells * Channels;

        for (var row = 0; row < count; row++)
        {
            var position = first + row;
            Step(row * Cells, Cells, position == 0 ? [] : _trail.AsSpan((position - 1) * size, size));
            _states.AsSpan(row * size, size).CopyTo(_trail.AsSpan(position * size));
        }

        var voice = Say(count);

        for (var row = 0; row < count; row++)
            Add(voice, row, stream, row);
    }

    public void Backward(float[] gradient, float[]? sums)
    {
        var (sequences, length) = _size;
        var rows = sequences * length;
        var above = new float[rows * Width];

        for (var row = 0; row < rows; row++)
        {
            var (sequence, position) = Math.DivRem(row, length);
            gradient.AsSpan(row * Width, Width).CopyTo(above.AsSpan(((position * sequences) + sequence) * Width));
        }

        var voicesBar = new float[rows * Channels];
        _dense.Multiply(new MatrixView(above, rows, Width), Readout.Transposed, new MatrixView(voicesBar, rows, Channels));
        var gatesBar = StepsBack(voicesBar, sequences * Cells, length);
        var bar = new MatrixView(gatesBar, rows, Cells * Gates);

        if (sums is not null)
        {
            _dense.MultiplyAdd(new MatrixView(_voices, rows, Channels).Transposed, new MatrixView(above, rows, Width), Part(sums, _graft.ReadoutAt, Channels, Width));
            _dense.MultiplyAdd(
                new MatrixView(_before, rows * Cells, 2 * Channels).Transposed,
                new MatrixView(gatesBar, rows * Cells, Gates),
                Part(sums, _graft.AcrossAt, 2 * Channels, Gates));

            for (var cell = 0; cell < rows * Cells; cell++)
                Sum(gatesBar.AsSpan(cell * Gates, Gates), 1, sums.AsSpan(_graft.BiasAt, Gates));

            var readingBar = new float[_reading.Length];
            _dense.Multiply(new MatrixView(_encoded, rows, _graft.Read).Transposed, bar, new MatrixView(readingBar, _graft.Read, Cells * Gates));

            foreach (var (number, cell) in Codes())
            {
                var from = readingBar.AsSpan(At(number, cell), Gates);
                Sum(from, CarriedMeshGraft.Sign(cell, number), sums.AsSpan(_graft.CodedAt + (number * Gates), Gates));
                Sum(from, 1, sums.AsSpan(_graft.PlainAt + (number * Gates), Gates));
            }
        }

        var encodedBar = new float[rows * _graft.Read];
        _dense.Multiply(bar, Reading.Transposed, new MatrixView(encodedBar, rows, _graft.Read));
        Unread(encodedBar, gradient, sums);
    }

    public void Dispose() => _dense.Dispose();

    private static MatrixView Part(float[] values, int offset, int rows, int columns) => new(values, offset, rows, columns, columns, 1);

    private static void Sum(ReadOnlySpan<float> from, float times, Span<float> into) => TensorPrimitives.MultiplyAdd(from, times, into, into);

    private int At(int number, int cell) => ((number * Cells) + cell) * Gates;

    private IEnumerable<(int Number, int Cell)> Codes()
    {
        for (var number = 0; number < _graft.Read; number++)
        {
            for (var cell = 0; cell < Cells; cell++)
                yield return (number, cell);
        }
    }

    private void See(int row, ReadOnlySpan<float> here, ReadOnlySpan<float> before)
    {
        var seen = _seen.AsSpan(row * 2 * Width, 2 * Width);
        here.CopyTo(seen);

        if (before.IsEmpty)
            seen[Width..].Clear();
        else
            before.CopyTo(seen[Width..]);
    }

    private void Encode(int rows)
    {
        var encoded = new MatrixView(_encoded, rows, _graft.Read);
        _dense.Multiply(new MatrixView(_seen, rows, 2 * Width), Encoder, encoded);

        for (var row = 0; row < rows; row++)
            Sum(_graft.Parameters.AsSpan(_graft.EncoderBiasAt, _graft.Read), 1, _encoded.AsSpan(row * _graft.Read, _graft.Read));

        _dense.Multiply(encoded, Reading, new MatrixView(_gates, rows, Cells * Gates));
    }

    /// <summary>One step of the cells from a row on, given the states before; none is all zero.</summary>
    private void Step(int first, int cells, ReadOnlySpan<float> last)
    {
        var before = _before.AsSpan(first * 2 * Channels, cells * 2 * Channels);
        before.Clear();

        for (var cell = 0; !last.IsEmpty && cell < cells; cell++)
        {
            last.Slice(cell * Channels, Channels).CopyTo(before[(cell * 2 * Channels)..]);
            last.Slice(Beside(cell) * Channels, Channels).CopyTo(before[(((cell * 2) + 1) * Channels)..]);
        }

        _dense.MultiplyAdd(
            Part(_before, first * 2 * Channels, cells, 2 * Channels), Across, Part(_gates, first * Gates, cells, Gates));

        for (var cell = first; cell < first + cells; cell++)
        {
            var gates = _gates.AsSpan(cell * Gates, Gates);
            TensorPrimitives.Add(gates, _graft.Parameters.AsSpan(_graft.BiasAt, Gates), gates);
            var keep = Gate(gates, Keep);
            var fresh = Gate(gates, Fresh);
            var loud = Gate(gates, Loud);
            TensorPrimitives.Sigmoid(keep, keep);
            TensorPrimitives.Tanh(fresh, fresh);
            TensorPrimitives.Sigmoid(loud, loud);
            var was = _before.AsSpan(cell * 2 * Channels, Channels);

            for (var i = 0; i < Channels; i++)
            {
                var state = fresh[i] + (keep[i] * (was[i] - fresh[i]));
                _states[(cell * Channels) + i] = state;
                _said[(cell * Channels) + i] = loud[i] * state;
            }
        }
    }

    private Span<float> Of(float[] values, int cell) => values.AsSpan(cell * Channels, Channels);

    /// <summary>What all cells of each row add to the stream.</summary>
    private float[] Say(int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            var voice = Of(_voices, row);
            voice.Clear();

            for (var cell = 0; cell < Cells; cell++)
                Sum(Of(_said, (row * Cells) + cell), Share, voice);
        }

        var wide = new float[rows * Width];
        _dense.Multiply(new MatrixView(_voices, rows, Channels), Readout, new MatrixView(wide, rows, Width));
        return wide;
    }

    /// <summary>The adjoint of all gates, before their sigmoids, given that of the voices.</summary>
    private float[] StepsBack(float[] voicesBar, int step, int length)
    {
        var gatesBar = new float[step * length * Gates];
        var statesBar = new float[step * Channels];
        var beforeBar = new float[step * 2 * Channels];

        for (var position = length - 1; position >= 0; position--)
        {
            var first = position * step;

            for (var cell = 0; cell < step; cell++)
                CellBack(first + cell, Of(voicesBar, (first + cell) / Cells), Of(statesBar, cell), gatesBar.AsSpan((first + cell) * Gates, Gates));

            _dense.Multiply(
                Part(gatesBar, first * Gates, step, Gates), Across.Transposed, new MatrixView(beforeBar, step, 2 * Channels));

            // What was kept has come back into its own place already; the rule's own look and the neighbour's look are added.
            for (var cell = 0; cell < step; cell++)
            {
                Sum(beforeBar.AsSpan(cell * 2 * Channels, Channels), 1, Of(statesBar, cell));
                Sum(beforeBar.AsSpan(((cell * 2) + 1) * Channels, Channels), 1, Of(statesBar, Beside(cell)));
            }
        }

        return gatesBar;
    }

    /// <summary>The cell at whose state a cell looks: the next of the same sequence, around a ring.</summary>
    private int Beside(int cell) => cell % Cells == Cells - 1 ? cell - Cells + 1 : cell + 1;

    /// <summary>One cell's gates back; its state's adjoint becomes that of the part of the state before that was kept.</summary>
    private void CellBack(int cell, ReadOnlySpan<float> voiceBar, Span<float> stateBar, Span<float> gatesBar)
    {
        var gates = _gates.AsSpan(cell * Gates, Gates);
        var keep = Gate(gates, Keep);
        var fresh = Gate(gates, Fresh);
        var loud = Gate(gates, Loud);
        var keepBar = Gate(gatesBar, Keep);
        var freshBar = Gate(gatesBar, Fresh);
        var loudBar = Gate(gatesBar, Loud);
        var states = Of(_states, cell);
        var was = _before.AsSpan(cell * 2 * Channels, Channels);

        for (var i = 0; i < Channels; i++)
        {
            var saidBar = Share * voiceBar[i];
            loudBar[i] = saidBar * states[i] * loud[i] * (1 - loud[i]);
            var bar = stateBar[i] + (saidBar * loud[i]);
            keepBar[i] = bar * (was[i] - fresh[i]) * keep[i] * (1 - keep[i]);
            freshBar[i] = bar * (1 - keep[i]) * (1 - (fresh[i] * fresh[i]));
            stateBar[i] = bar * keep[i];
        }
    }

    /// <summary>One of the three parts of a cell's gates.</summary>
    private Span<float> Gate(Span<float> gates, int part) => gates.Slice(part * Channels, Channels);

    /// <summary>From the adjoint of what was encoded to that of the stream, whose gradient it is added to.</summary>
    private void Unread(float[] encodedBar, float[] gradient, float[]? sums)
    {
        var (sequences, length) = _size;
        var rows = sequences * length;
        var bar = new MatrixView(encodedBar, rows, _graft.Read);

        if (sums is not null)
        {
            _dense.MultiplyAdd(new MatrixView(_seen, rows, 2 * Width).Transposed, bar, Part(sums, 0, 2 * Width, _graft.Read));

            for (var row = 0; row < rows; row++)
                Sum(encodedBar.AsSpan(row * _graft.Read, _graft.Read), 1, sums.AsSpan(_graft.EncoderBiasAt, _graft.Read));
        }

        var seenBar = new float[rows * 2 * Width];
        _dense.Multiply(bar, Encoder.Transposed, new MatrixView(seenBar, rows, 2 * Width));
        var normalBar = new float[rows * Width];

        for (var row = 0; row < rows; row++)
        {
            var (sequence, position) = Math.DivRem(row, length);
            var from = seenBar.AsSpan(((position * sequences) + sequence) * 2 * Width, 2 * Width);
            Sum(from[..Width], 1, normalBar.AsSpan(row * Width, Width));

            if (position > 0)
                Sum(from[Width..], 1, normalBar.AsSpan((row - 1) * Width, Width));
        }

        RowNorm.Backward(normalBar, _normal, _inverse, rows, Width, gradient);
    }

    private void Add(float[] voice, int from, float[] stream, int row) => Sum(voice.AsSpan(from * Width, Width), 1, stream.AsSpan(row * Width, Width));
}
