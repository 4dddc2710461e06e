// Measures clusters: whether they have the bits of one machine, and, of real processes with a Redis of their own, what killed silos cost and what
// halos save.
using GaryMesh.Cluster.Bench;

return args switch
{
    ["kills", .. var rest] => Kills.Run(rest.Length > 0 ? int.Parse(rest[0]) : 50, rest.Length > 1 ? double.Parse(rest[1]) : 60),
    ["bits"] => Bits.Run(),
    ["checkpoints"] => Checkpoints.Run(),
    ["halos"] => Halos.Run(),
    ["silos"] => Silos.Run(),
    _ => Help(),
};

static int Help()
{
    Console.Error.WriteLine("bits | kills [RUNS [MINUTES]] | checkpoints | halos | silos: prints JSON.");
    return 2;
}
