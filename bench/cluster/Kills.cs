using System.Diagnostics;
using System.Text.Json.Nodes;

namespace GaryMesh.Cluster.Bench;

/// <summary>Runs over three silos of which one is killed at a random moment: whether the bits are those of one process, what work is lost, and
/// how soon it goes on. Every other run writes a checkpoint after each epoch, so that many kills meet one.</summary>
internal static class Kills
{
    private static readonly string[] _given =
        ["--rule", "12x48x3", "--graph", "torus:160x160", "--state", "noise:1", "--steps", "1500", "--seed", "7"];

    public static int Run(int runs, double minutes)
    {
        var clock = Stopwatch.StartNew();
        using var machine = new Machine(3);
        Machine.Gary(["run", .. _given, "--out", machine.At("one.npz")]);
        var expected = File.ReadAllBytes(machine.At("one.npz"));
        var random = new Random(1);
        var most = 0.0;
        var all = new JsonArray();
        var (done, same) = (0, 0);

        JsonNode Cluster(int every) => Machine.Gary(
            ["cluster", "run", .. _given, "--redis", machine.Redis, "--parts", "6", "--halo", "5", "--checkpoint-every", $"{every}", "--out", machine.At("parts.npz")]);

        most = (double)Cluster(10)["seconds"]!;

        while (done < runs && clock.Elapsed.TotalMinutes < minutes)
        {
            var every = done % 2 == 0 ? 10 : 1;
            // The command takes a while to begin.
            var wait = TimeSpan.FromSeconds(3 + (random.NextDouble() * most));
            var killing = Task.Run(async () =>
            {
                await Task.Delay(wait);
                machine.Kill(random.Next(machine.Count));
                machine.Begin();
            });
            var ran = Cluster(every);
            killing.Wait();
            done++;
            var right = File.ReadAllBytes(machine.At("parts.npz")).AsSpan().SequenceEqual(expected);
            same += right ? 1 : 0;
            all.Add(new JsonObject
            {
                ["killed_after"] = wait.TotalSeconds,
                ["checkpoint_every"] = every,
                ["same"] = right,
                ["seconds"] = ran["seconds"]!.DeepClone(),
                ["checkpoint_share"] = ran["checkpoint_share"]!.DeepClone(),
                ["losses"] = ran["losses"]!.DeepClone(),
            });
            Console.Error.WriteLine($"{done}: {all[^1]!.ToJsonString()}");
        }

        var losses = all.SelectMany(run => run!["losses"]!.AsArray().Select(loss => (Every: (int)run["checkpoint_every"]!, Loss: loss!))).ToArray();
        Console.WriteLine(new JsonObject
        {
            ["runs"] = done,
            ["same_bits"] = same,
            ["met_a_loss"] = all.Count(run => run!["losses"]!.AsArray().Count > 0),
            ["most_lost_intervals"] = losses.Select(loss => (double)(int)loss.Loss["epochs"]! / loss.Every).DefaultIfEmpty().Max(),
            ["most_seconds_to_go_on"] = losses.Select(loss => (double?)loss.Loss["seconds"] ?? 0).DefaultIfEmpty().Max(),
            ["checkpoint_share_every_10_epochs"] = all.Where(run => (int)run!["checkpoint_every"]! == 10).Select(run => (double)run!["checkpoint_share"]!).DefaultIfEmpty().Average(),
            ["all"] = all,
        }.ToJsonString(new() { WriteIndented = true }));
        return same == done ? 0 : 1;
    }
}
