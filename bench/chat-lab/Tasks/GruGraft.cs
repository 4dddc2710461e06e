using System.Numerics.Tensors;

namespace GaryMesh.ChatLab.Tasks;

/// <summary>A graft that carries one state along the positions: a gated recurrent unit (Cho et al., EMNLP 2014) reads the normalised hidden
/// states one after the other, and what it holds is added to the stream.</summary>
/// <remarks>Parameters: W [width x 3 units] and its bias, U [units x 3 units], the readout [units x width]; the three are how
/// much is kept, how much is recalled for the new state, and the new state, whose recall comes after U. The readout starts at zero, so that an
/// untrained graft changes nothing.</remarks>
public sealed class GruGraft : IGraft
{
    /// <summary>An untrained graft.</summary>
    /// <param name="width">Width of the stream.</param>
    /// <param name="units">Numbers that it carries.</param>
    /// <param name="seed">What W and U are drawn from.</param>
    public GruGraft(int width, int units, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(units, 1);
        (Width, Units) = (width, units);
        Parameters = new float[CountOf(width, units)];
        var key = Counter.Key(seed, 0x6A0);

        for (var i = 0; i < BiasAt; i++)
            Parameters[i] = (float)(Counter.Normal(key, i) / Math.Sqrt(width));

        for (var i = AcrossAt; i < ReadoutAt; i++)
            Parameters[i] = (float)(Counter.Normal(key, i) / Math.Sqrt(units));

        // A state that is kept at first lets gradients pass over many positions (Jozefowicz et al., ICML 2015).
        Parameters.AsSpan(BiasAt, units).Fill(1);
    }

    /// <inheritdoc/>
    public int Width { get; }

    /// <summary>Numbers that it carries.</summary>
    public int Units { get; }

    /// <inheritdoc/>
    public float[] Parameters { get; }

    private int Gates => 3 * Units;

    private int BiasAt => Width * Gates;

    private int AcrossAt => BiasAt + Gates;

    private int ReadoutAt => AcrossAt + (Units * Gates);

    /// <summary>The number of parameters of a graft of such sizes.</summary>
    public static int CountOf(int width, int units) => (3 * units * (width + 1 + units)) + (units * width);

    /// <inheritdoc/>
    public IGraftPass CreatePass(int sequences, int length) => new Pass(this, sequences, length);

    private sealed class Pass(GruGraft graft, int sequences, int length) : IGraftPass
    {
        private readonly Dense _dense = new(new EngineOptions { Threads = 1 });
        private readonly float[] _normal = new float[sequences * length * graft.Width];
        private readonly float[] _inverse = new float[sequences * length];
        // Of each position: the gates, of which the new state's recall is kept apart, and the states before and after it.
        private readonly float[] _gates = new float[sequences * length * graft.Gates];
        private readonly float[] _recalled = new float[sequences * length * graft.Units];
        private readonly float[] _before = new float[sequences * length * graft.Units];
        private readonly float[] _states = new float[sequences * length * graft.Units];
        // What `Continue` has come to at each position.
        private readonly float[] _trail = new float[length * graft.Units];
        private (int Sequences, int Length) _size;

        private MatrixView Input => new(graft.Parameters, 0, graft.Width, graft.Gates, graft.Gates, 1);

        private MatrixView Readout => new(graft.Parameters, graft.ReadoutAt, graft.Units, graft.Width, graft.Width, 1);

        public void Reload()
        {
            // Parameters are read where they lie.
        }

        public void Forward(float[] stream, int sequences, int length)
        {
            _size = (sequences, length);
            Encode(stream, sequences * length);

            for (var row = 0; row < sequences * length; row++)
                Step(row, row % length == 0 ? [] : _states.AsSpan((row - 1) * graft.Units, graft.Units));

            Add(stream, sequences * length);
        }

        public void Continue(float[] stream, int first, int count)
        {
            Encode(stream, count);

            for (var row = 0; row < count; row++)
            {
                var position = first + row;
                Step(row, position == 0 ? [] : _trail.AsSpan((position - 1) * graft.Units, graft.Units));
                _states.AsSpan(row * graft.Units, graft.Units).CopyTo(_trail.AsSpan(position * graft.Units));
            }

            Add(stream, count);
        }

        public void Backward(float[] gradient, float[]? sums)
        {
            var (sequences, length) = _size;
            var (rows, units) = (sequences * length, graft.Units);
            var above = new MatrixView(gradient, rows, graft.Width);
            var statesBar = new float[rows * units];
            // The adjoints of the gates as they come from the input, and as they come from the state before.
            var (gatesBar, acrossBar) = (new float[rows * graft.Gates], new float[rows * graft.Gates]);
            _dense.Multiply(above, Readout.Transposed, new MatrixView(statesBar, rows, units));

            for (var row = rows - 1; row >= 0; row--)
                StepBack(row, row % length == 0 ? [] : statesBar.AsSpan((row - 1) * units, units), statesBar, gatesBar, acrossBar);

            var bar = new MatrixView(gatesBar, rows, graft.Gates);

            if (sums is not null)
            {
                MatrixView Of(float[] values, int columns) => new MatrixView(values, rows, columns).Transposed;

                _dense.MultiplyAdd(Of(_states, units), above, new MatrixView(sums, graft.ReadoutAt, units, graft.Width, graft.Width, 1));
                _dense.MultiplyAdd(Of(_normal, graft.Width), bar, new MatrixView(sums, 0, graft.Width, graft.Gates, graft.Gates, 1));
                _dense.MultiplyAdd(
                    Of(_before, units), new MatrixView(acrossBar, rows, graft.Gates), new MatrixView(sums, graft.AcrossAt, units, graft.Gates, graft.Gates, 1));

                for (var i = 0; i < gatesBar.Length; i++)
                    sums[graft.BiasAt + (i % graft.Gates)] += gatesBar[i];
            }

            var normalBar = new float[rows * graft.Width];
            _dense.Multiply(bar, Input.Transposed, new MatrixView(normalBar, rows, graft.Width));
            RowNorm.Backward(normalBar, _normal, _inverse, rows, graft.Width, gradient);
        }

        public void Dispose() => _dense.Dispose();

        private void Encode(float[] stream, int rows)
        {
            RowNorm.Forward(stream, rows, graft.Width, _normal, _inverse);
            _dense.Multiply(new MatrixView(_normal, rows, graft.Width), Input, new MatrixView(_gates, rows, graft.Gates));
        }

        private void Add(float[] stream, int rows) =>
            _dense.MultiplyAdd(new MatrixView(_states, rows, graft.Units), Readout, new MatrixView(stream, rows, graft.Width));

        private Span<float> Across(int unit) => graft.Parameters.AsSpan(graft.AcrossAt + (unit * graft.Gates), graft.Gates);

        private void Step(int row, ReadOnlySpan<float> last)
        {
            var units = graft.Units;
            var before = _before.AsSpan(row * units, units);
            var gates = _gates.AsSpan(row * graft.Gates, graft.Gates);
            Span<float> across = stackalloc float[graft.Gates];
            across.Clear();
            before.Clear();
            last.CopyTo(before);

            for (var i = 0; i < last.Length; i++)
                TensorPrimitives.MultiplyAdd(Across(i), last[i], across, across);

            TensorPrimitives.Add(gates, graft.Parameters.AsSpan(graft.BiasAt, graft.Gates), gates);

            for (var i = 0; i < units; i++)
            {
                var keep = Sigmoid(gates[i] + across[i]);
                var recall = Sigmoid(gates[units + i] + across[units + i]);
                var fresh = MathF.Tanh(gates[(2 * units) + i] + (recall * across[(2 * units) + i]));
                (gates[i], gates[units + i], gates[(2 * units) + i]) = (keep, recall, fresh);
                _recalled[(row * units) + i] = across[(2 * units) + i];
                _states[(row * units) + i] = fresh + (keep * (before[i] - fresh));
            }
        }

        private void StepBack(int row, Span<float> lastBar, float[] statesBar, float[] gatesBar, float[] acrossBar)
        {
            var (units, at) = (graft.Units, row * graft.Gates);
            var gates = _gates.AsSpan(at, graft.Gates);

            for (var i = 0; i < units; i++)
            {
                var (keep, recall, fresh) = (gates[i], gates[units + i], gates[(2 * units) + i]);
                var bar = statesBar[(row * units) + i];
                var keepBar = bar * (_before[(row * units) + i] - fresh) * keep * (1 - keep);
                var freshBar = bar * (1 - keep) * (1 - (fresh * fresh));
                var recallBar = freshBar * _recalled[(row * units) + i] * recall * (1 - recall);
                (gatesBar[at + i], gatesBar[at + units + i], gatesBar[at + (2 * units) + i]) = (keepBar, recallBar, freshBar);
                (acrossBar[at + i], acrossBar[at + units + i], acrossBar[at + (2 * units) + i]) = (keepBar, recallBar, freshBar * recall);

                if (lastBar.Length > 0)
                    lastBar[i] += bar * keep;
            }

            for (var i = 0; i < lastBar.Length; i++)
                lastBar[i] += TensorPrimitives.Dot(Across(i), acrossBar.AsSpan(at, graft.Gates));
        }

        private static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));
    }
}
