using System.Text.Json.Nodes;

namespace GaryMesh.Cluster.Bench;

/// <summary>A million cells in four parts over two silos, with ghosts 1 to 16 hops wide: messages against redundant work.</summary>
internal static class Halos
{
    public static int Run()
    {
        using var machine = new Machine(2);
        var all = new JsonArray();

        foreach (var halo in new[] { 1, 2, 3, 4, 6, 8, 12, 16 })
        {
            var ran = Machine.Gary(
                "cluster", "run", "--rule", "12x48x3", "--graph", "torus:1024x1024", "--state", "noise:1", "--steps", "48", "--redis", machine.Redis,
                "--parts", "4", "--halo", $"{halo}", "--checkpoint-every", "0");
            all.Add(new JsonObject
            {
                ["halo"] = halo,
                ["messages"] = ran["messages"]!.DeepClone(),
                ["messages_per_cell_step"] = ran["messages_per_cell_step"]!.DeepClone(),
                ["bytes"] = ran["bytes"]!.DeepClone(),
                ["redundant_work"] = ran["redundant_work"]!.DeepClone(),
                ["cell_steps_per_second"] = ran["cell_steps_per_second"]!.DeepClone(),
                ["bytes_a_cell"] = ran["bytes_a_cell"]!.DeepClone(),
            });
            Console.Error.WriteLine(all[^1]!.ToJsonString());
        }

        Console.WriteLine(all.ToJsonString(new() { WriteIndented = true }));
        return 0;
    }
}
