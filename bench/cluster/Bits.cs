using System.Diagnostics;
using System.Text.Json.Nodes;
using GaryMesh.Cluster.Tests;

namespace GaryMesh.Cluster.Bench;

/// <summary>A thousand steps over 1, 2, 4 and 7 silos and parts with ghosts 1 to 8 hops wide, on six kinds of graph, and again with messages that are lost, late
/// and repeated: how many runs have the bits of one machine.</summary>
internal static class Bits
{
    public static int Run()
    {
        var (all, clock) = (new JsonArray(), Stopwatch.StartNew());
        var (runs, same) = (0, 0);

        foreach (var matrix in new[] { Tests.Bits.Matrix.Whole, Tests.Bits.Matrix.Faulty })
        {
            foreach (var row in Tests.Bits.rows(matrix))
            {
                (runs, same) = (runs + row.Runs, same + row.Same);
                all.Add(new JsonObject { ["silos"] = row.Silos, ["graph"] = row.Graph, ["faulty_messages"] = matrix.Faults, ["runs"] = row.Runs, ["same_bits"] = row.Same });
                Console.Error.WriteLine($"{clock.Elapsed:mm\\:ss} {all[^1]!.ToJsonString()}");
            }
        }

        Console.WriteLine(new JsonObject { ["runs"] = runs, ["same_bits"] = same, ["messages_met"] = Faults.met, ["all"] = all }.ToJsonString(new() { WriteIndented = true }));
        return same == runs ? 0 : 1;
    }
}
