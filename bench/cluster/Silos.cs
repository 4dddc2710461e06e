using System.Text.Json.Nodes;

namespace GaryMesh.Cluster.Bench;

/// <summary>Four million cells over two silos against one process of as many threads, by turns: the rates' share.</summary>
internal static class Silos
{
    public static int Run()
    {
        using var machine = new Machine(2);
        var shares = new List<double>();
        var all = new JsonArray();
        string[] given = ["--rule", "12x48x3", "--graph", "torus:2048x2048", "--state", "noise:1", "--steps", "24"];

        for (var turn = 0; turn < 3; turn++)
        {
            var one = Machine.Gary(["run", .. given, "--threads", "2"]);
            var two = Machine.Gary(["cluster", "run", .. given, "--redis", machine.Redis, "--parts", "8", "--halo", "6", "--checkpoint-every", "0"]);
            var rate = 24.0 * 2048 * 2048 / (double)one["seconds"]!;
            shares.Add((double)two["cell_steps_per_second"]! / rate);
            all.Add(new JsonObject { ["one_process"] = rate, ["two_silos"] = two["cell_steps_per_second"]!.DeepClone() });
            Console.Error.WriteLine(all[^1]!.ToJsonString());
        }

        shares.Sort();
        Console.WriteLine(new JsonObject { ["median_share"] = shares[1], ["all"] = all }.ToJsonString(new() { WriteIndented = true }));
        return 0;
    }
}
