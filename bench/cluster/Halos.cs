using System.Text.Json.Nodes;
using GaryMesh.Cli.Pictures;

namespace GaryMesh.Cluster.Bench;

/// <summary>Four parts over two silos with ghosts 1 to 16 hops wide, of a million cells and of 65,536: messages against redundant work, and the time that
/// comes of both. The figure is that of the smaller graph, where messages count.</summary>
internal static class Halos
{
    private const int Width = 720, Height = 400, Turns = 3;

    private static readonly int[] _halos = [1, 2, 3, 4, 6, 8, 12, 16];

    public static int Run(string? picture)
    {
        using var machine = new Machine(2);
        var all = new JsonArray();
        var large = Measure("torus:1024x1024", 48, 1);
        var small = Measure("torus:256x256", 480, Turns);

        if (picture is not null)
            Draw(picture, small);

        Console.WriteLine(all.ToJsonString(new() { WriteIndented = true }));
        return 0;

        JsonNode[] Measure(string graph, int steps, int turns)
        {
            JsonNode Cluster(int halo) => Machine.Gary(
                "cluster", "run", "--rule", "12x48x3", "--graph", graph, "--state", "noise:1", "--steps", $"{steps}", "--redis", machine.Redis,
                "--parts", "4", "--halo", $"{halo}", "--checkpoint-every", "0");

            // The first run of a silo compiles the code.
            _ = Cluster(_halos[^1]);
            // By turns, so that other work on the machine meets all widths alike; the fastest tells most of them.
            JsonNode[][] ran = [.. Enumerable.Range(0, turns).Select(_ => (JsonNode[])[.. _halos.Select(Cluster)])];
            JsonNode[] best = [.. _halos.Select((_, at) => ran.Select(turn => turn[at]).MinBy(Seconds)!)];

            foreach (var (halo, one) in _halos.Zip(best))
            {
                var row = new JsonObject { ["graph"] = graph, ["halo"] = halo };

                foreach (var name in new[] { "messages", "messages_per_cell_step", "bytes", "redundant_work", "seconds", "cell_steps_per_second", "bytes_a_cell" })
                    row[name] = one[name]!.DeepClone();

                all.Add(row);
                Console.Error.WriteLine(row.ToJsonString());
            }

            return best;
        }
    }

    private static double Seconds(JsonNode ran) => (double)ran["seconds"]!;

    private static void Draw(string path, JsonNode[] ran)
    {
        Series Curve(string name, Ink ink, Func<JsonNode, double> value) =>
            new(name, [.. _halos.Zip(ran, (halo, one) => new Place(halo, 100 * value(one)))], ink);

        var canvas = new PngCanvas(Width, Height);
        new Chart(
            "65,536 cells in four parts over two silos",
            new Axis("halo, hops", Min: 0),
            new Axis("% of halo 1", Min: 0),
            [
                Curve("messages", Ink.First, one => (double)one["messages"]! / (double)ran[0]["messages"]!),
                Curve("cells stepped", Ink.Second, one => (1 + (double)one["redundant_work"]!) / (1 + (double)ran[0]["redundant_work"]!)),
                Curve("time", Ink.Third, one => Seconds(one) / Seconds(ran[0])),
            ]).Draw(canvas, 0, 0, Width, Height);
        PngCanvas.Write(path, canvas.Pixels);
    }
}
