// Measures clusters: whether they have the bits of one machine, and, of real processes with a Redis of their own, what killed silos cost and what
// halos save.
using GaryMesh.Cluster.Bench;

return args switch
{
    ["kills", .. var rest] => Kills.Run(rest.Length > 0 ? int.Parse(rest[0]) : 50, rest.Length > 1 ? double.Parse(rest[1]) : 60),
    ["bits"] => Bits.Run(),
    ["checkpoints"] => Checkpoints.Run(),
    ["halos", .. var rest] => Halos.Run(rest.FirstOrDefault()),
    ["silos"] => Silos.Run(),
    _ => Help(),
};

static int Help()
{
    Console.Error.WriteLine("bits | kills [RUNS [MINUTES]] | checkpoints | halos [FIGURE.png] | silos: prints JSON.");
    return 2;
}
