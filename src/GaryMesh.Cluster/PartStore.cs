using System.Collections.Concurrent;

namespace GaryMesh.Cluster;

/// <summary>A run's automaton, parts and start, made once on each silo however many of its parts run there.</summary>
internal sealed class PartStore
{
    private readonly ConcurrentDictionary<string, (Lazy<Shared> Made, int Users)> _runs = new();

    /// <summary>What the parts of a run share.</summary>
    internal sealed record Shared(Automaton Automaton, Part[] Parts, State Start);

    /// <summary>Makes what a run needs, or waits for whoever is making it.</summary>
    public Shared Enter(string run, RunSpec spec)
    {
        var made = _runs.AddOrUpdate(run, _ => (new Lazy<Shared>(() => Make(spec)), 1), (_, old) => (old.Made, old.Users + 1)).Made;

        try
        {
            return made.Value;
        }
        catch
        {
            Leave(run);
            throw;
        }
    }

    /// <summary>Lets go of it; the last one takes it away.</summary>
    public void Leave(string run)
    {
        while (_runs.TryGetValue(run, out var old))
        {
            var changed = old.Users > 1
                ? _runs.TryUpdate(run, (old.Made, old.Users - 1), old)
                : _runs.TryRemove(KeyValuePair.Create(run, old));

            if (changed)
                return;
        }
    }

    private static Shared Make(RunSpec spec)
    {
        var automaton = spec.Automaton();
        var graph = spec.WholeGraph();
        return new(automaton, graph.Partition(spec.Parts, spec.Halo), spec.WholeStart(automaton, graph));
    }
}
