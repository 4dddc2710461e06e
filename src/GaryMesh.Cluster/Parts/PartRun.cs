using System.Runtime.InteropServices;

namespace GaryMesh.Cluster;

/// <summary>One part of a run on the machine where it runs: the states of its cells and ghosts, stepped an epoch at a time by what the parts
/// of its silo share. It knows nothing of grains or messages.</summary>
internal sealed class PartRun
{
    private readonly SiloShare _share;
    private readonly Part _part;
    private readonly int _channels;
    private readonly Epochs _epochs;

    /// <summary>The states [cells x channels], the owned ones first.</summary>
    private readonly float[] _states;

    /// <summary>The cells that each part beside has as ghosts.</summary>
    private readonly Dictionary<int, Exchange> _asked = [];

    public PartRun(RunSpec spec, SiloShare share, int index)
    {
        (_share, _part) = (share, share.Parts[index]);
        _channels = share.Automaton.Rule.Shape.Channels;
        _epochs = Epochs.Of(spec, share.Automaton);
        Sources = [.. _part.Exchanges.Select(exchange => exchange.From)];
        share.CheckRoom(index, _part);

        foreach (var other in share.Parts.Beside(index))
        {
            if (share.Parts[other].Exchanges.FirstOrDefault(exchange => exchange.From == index) is { } exchange)
                _asked[other] = exchange;
        }

        _states = share.StartOf(_part);
    }

    /// <summary>Cells of its own.</summary>
    public int Owned => _part.Owned;

    /// <summary>The bytes that it holds, without what the parts of a silo share: states, and how they are exchanged.</summary>
    public long Bytes =>
        (sizeof(float) * (long)_states.Length)
        + (2 * sizeof(int) * _part.Exchanges.Concat(_asked.Values).Sum(exchange => (long)exchange.Source.Length));

    /// <summary>The parts whose cells are ghosts here.</summary>
    public int[] Sources { get; }

    /// <summary>Epochs done.</summary>
    public int Epoch { get; private set; }

    /// <summary>Steps of the last epoch.</summary>
    public int LastSteps { get; private set; }

    /// <summary>Cells stepped in the last epoch for one step, ghosts among them.</summary>
    public int Cells => _part.Cells;

    /// <summary>Whether all epochs are done.</summary>
    public bool Done => Epoch >= _epochs.Count;

    /// <summary>What other parts see of this one now, by their number.</summary>
    public Dictionary<int, byte[]> Boundaries() => _asked.ToDictionary(one => one.Key, one => Gathered(one.Value.Source.AsSpan()));

    /// <summary>Writes the ghosts that another part owns.</summary>
    public void Take(int from, ReadOnlySpan<byte> values)
    {
        // They lie one after the other.
        var target = _part.Exchanges.First(exchange => exchange.From == from).Target;
        MemoryMarshal.Cast<byte, float>(values).CopyTo(_states.AsSpan(target[0] * _channels, target.Length * _channels));
    }

    /// <summary>One epoch, once all ghosts have been taken; the time that its steps took.</summary>
    public async Task<TimeSpan> Advance(CancellationToken stop)
    {
        LastSteps = _epochs.StepsAt(Epoch + 1) - _epochs.StepsAt(Epoch);
        var took = await _share.Step(_part, _states, _epochs.StepsAt(Epoch), LastSteps, stop);
        Epoch++;
        return took;
    }

    /// <summary>The bytes of the part's own states [owned x channels], little-endian, as they are now.</summary>
    public ReadOnlySpan<byte> OwnStates => MemoryMarshal.AsBytes(_states.AsSpan(0, _part.Owned * _channels));

    /// <summary>Goes on from a snapshot of its own states.</summary>
    public void Restore(int epoch, ReadOnlySpan<byte> snapshot)
    {
        MemoryMarshal.Cast<byte, float>(snapshot).CopyTo(_states);
        Epoch = epoch;
    }

    private byte[] Gathered(ReadOnlySpan<int> cells)
    {
        var bytes = new byte[sizeof(float) * cells.Length * _channels];
        var values = MemoryMarshal.Cast<byte, float>(bytes.AsSpan());

        for (var i = 0; i < cells.Length; i++)
            _states.AsSpan(cells[i] * _channels, _channels).CopyTo(values[(i * _channels)..]);

        return bytes;
    }
}
