using System.Collections.Concurrent;

namespace GaryMesh.Cluster;

/// <summary>What the parts of each run share on this silo, made once however many of its parts run here.</summary>
internal sealed class PartStore(int threads)
{
    private readonly ConcurrentDictionary<string, (Lazy<SiloShare> Made, int Users)> _runs = new();

    /// <summary>Threads that step; 0 for one a processor.</summary>
    public int Threads => threads;

    /// <summary>Makes what a run needs, or waits for whoever is making it.</summary>
    public SiloShare Enter(string run, RunSpec spec)
    {
        // Another description of the name is another run.
        var key = Key(run, spec);
        var made = _runs.AddOrUpdate(
            key, _ => (new Lazy<SiloShare>(() => new SiloShare(spec, threads)), 1), (_, old) => (old.Made, old.Users + 1)).Made;

        try
        {
            return made.Value;
        }
        catch
        {
            Leave(run, spec);
            throw;
        }
    }

    /// <summary>Lets go of it; the last one takes it away.</summary>
    public void Leave(string run, RunSpec spec)
    {
        var key = Key(run, spec);

        while (_runs.TryGetValue(key, out var old))
        {
            if (old.Users > 1)
            {
                if (_runs.TryUpdate(key, (old.Made, old.Users - 1), old))
                    return;
            }
            else if (_runs.TryRemove(KeyValuePair.Create(key, old)))
            {
                if (old.Made.IsValueCreated)
                    old.Made.Value.Dispose();

                return;
            }
        }
    }

    private static string Key(string run, RunSpec spec) => $"{run} {spec.Id}";
}
