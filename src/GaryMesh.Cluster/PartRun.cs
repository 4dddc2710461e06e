using System.Runtime.InteropServices;

namespace GaryMesh.Cluster;

/// <summary>One part of a run on the machine where it runs: its cells and ghosts, stepped an epoch at a time. It knows nothing of grains or messages.</summary>
internal sealed class PartRun : IDisposable
{
    private readonly Part _part;
    private readonly Simulation _simulation;
    private readonly int _channels;
    private readonly Epochs _epochs;
    private readonly int[] _owned;

    /// <summary>The cells that each other part has as ghosts; empty for most.</summary>
    private readonly Dictionary<int, int[]> _asked = [];

    public PartRun(RunSpec spec, Automaton automaton, Part[] parts, int index, State start, int threads)
    {
        _part = parts[index];
        _channels = automaton.Rule.Shape.Channels;
        _epochs = Epochs.Of(spec, automaton);
        _owned = [.. Enumerable.Range(0, _part.Owned)];
        Sources = [.. _part.Exchanges.Select(exchange => exchange.From)];

        foreach (var (to, other) in parts.Index())
        {
            foreach (var exchange in other.Exchanges.Where(exchange => exchange.From == index))
                _asked[to] = [.. exchange.Source];
        }

        _simulation = new Simulation(
            automaton, _part.Graph, start, Firing.Of(spec.Seed, 0).For(_part.Global), null, new EngineOptions { Threads = threads });
    }

    /// <summary>The parts whose cells are ghosts here.</summary>
    public int[] Sources { get; }

    /// <summary>Epochs done.</summary>
    public int Epoch { get; private set; }

    /// <summary>Steps of the last epoch.</summary>
    public int LastSteps { get; private set; }

    /// <summary>Whether all epochs are done.</summary>
    public bool Done => Epoch >= _epochs.Count;

    /// <summary>What other parts see of this one now, by their number.</summary>
    public Dictionary<int, byte[]> Boundaries() => _asked.ToDictionary(one => one.Key, one => Bytes(one.Value));

    /// <summary>Writes the ghosts that another part owns.</summary>
    public void Take(int from, ReadOnlySpan<byte> values)
    {
        var exchange = _part.Exchanges.First(exchange => exchange.From == from);
        _simulation.Write(exchange.Target.AsSpan(), MemoryMarshal.Cast<byte, float>(values));
    }

    /// <summary>One epoch, once all ghosts have been taken.</summary>
    public void Advance()
    {
        LastSteps = _epochs.StepsAt(Epoch + 1) - _epochs.StepsAt(Epoch);
        _simulation.Step(LastSteps);
        Epoch++;
    }

    /// <summary>The states of the part's own cells [owned x channels], little-endian.</summary>
    public byte[] Snapshot() => Bytes(_owned);

    /// <summary>Goes on from a snapshot.</summary>
    public void Restore(int epoch, ReadOnlySpan<byte> snapshot)
    {
        _simulation.Write(_owned, MemoryMarshal.Cast<byte, float>(snapshot));
        _simulation.StepNumber = _epochs.StepsAt(epoch);
        Epoch = epoch;
    }

    public void Dispose() => _simulation.Dispose();

    private byte[] Bytes(int[] cells)
    {
        var bytes = new byte[sizeof(float) * cells.Length * _channels];
        _simulation.ReadCells(cells, MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
        return bytes;
    }
}
