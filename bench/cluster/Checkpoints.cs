using System.Text.Json.Nodes;

namespace GaryMesh.Cluster.Bench;

/// <summary>What checkpoints cost at the interval that a run has by itself: the share of the parts' time, from small parts to those of two million cells.</summary>
internal static class Checkpoints
{
    public static int Run()
    {
        using var machine = new Machine(2);
        var all = new JsonArray();

        foreach (var (graph, parts, steps) in new[] { ("torus:160x160", 6, 6000), ("torus:512x512", 4, 1000), ("torus:1024x1024", 4, 404), ("torus:2048x2048", 2, 208) })
        {
            JsonNode Cluster(params string[] more) => Machine.Gary(
                ["cluster", "run", "--rule", "12x48x3", "--graph", graph, "--state", "noise:1", "--steps", $"{steps}", "--redis", machine.Redis, "--parts", $"{parts}", .. more]);

            var (without, with) = (Cluster("--checkpoint-every", "0"), Cluster());
            all.Add(new JsonObject
            {
                ["graph"] = graph,
                ["parts"] = parts,
                ["steps"] = steps,
                ["seconds"] = with["seconds"]!.DeepClone(),
                ["seconds_without"] = without["seconds"]!.DeepClone(),
                ["checkpoint_share"] = with["checkpoint_share"]!.DeepClone(),
            });
            Console.Error.WriteLine(all[^1]!.ToJsonString());
        }

        Console.WriteLine(all.ToJsonString(new() { WriteIndented = true }));
        return 0;
    }
}
