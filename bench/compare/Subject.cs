// The rules that are compared, each on a graph that it is meant for.
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace GaryMesh.Compare;

/// <summary>A rule on a graph; `Perceives` is the peers' word for its perception. A training has batches of so many
/// rollouts and so many iterations.</summary>
internal sealed record Subject(
    string Name, string Perceives, Graph Graph, Automaton Automaton, int Batch = 1, int Iterations = 1, float Noise = 0.1f)
{
    private const ulong Seed = 7;

    /// <summary>gary-mesh with weights of the size that NumPy's have.</summary>
    public static Automaton GaryMeshRule => Automaton.Of(Perception.Planar, Rule.Xavier(Rule.GaryMeshShape, 1, 1, 0.2));

    /// <summary>MeshNCA's shape with its own start.</summary>
    private static Automaton MeshNca => Automaton.MeshNca(1);

    /// <summary>Growing NCA's shape, without its gate: the layers are what is measured.</summary>
    private static Automaton Growing => Automaton.Of(Perception.Sobel, Rule.Xavier(Rule.GrowingShape, 1, 0.5, 0.2));

    public static Subject Ring(int cells, Automaton? automaton = null) =>
        new($"ring of {cells:N0}, 36 -> 48 -> 12", "planar", Graph.Ring(cells), automaton ?? GaryMeshRule);

    /// <summary>Rollouts on one core and on several.</summary>
    public static Subject[] Rollouts =>
    [
        Ring(65_536),
        new("icosphere of 64,002, 80 -> 128 -> 16", "harmonics", Graph.Icosphere(80), MeshNca),
        new("torus6 of 65,536, 80 -> 128 -> 16", "harmonics", Graph.Torus6(256, 256), MeshNca),
        new("grid of 256 x 256, 48 -> 128 -> 16", "sobel", Graph.Grid(256, 256), Growing),
    ];

    public static Subject[] Trainings =>
    [
        new("ring of 64 x 8, 36 -> 48 -> 12", "planar", Graph.Ring(64), GaryMeshRule, 8, 400),
        new("torus6 of 10,000, 36 -> 48 -> 12", "planar", Graph.Torus6(100, 100), GaryMeshRule),
        new("icosphere of 10,242, 80 -> 128 -> 16", "harmonics", Graph.Icosphere(32), MeshNca),
        new("grid of 100 x 100, 48 -> 128 -> 16", "sobel", Graph.Grid(100, 100), Growing),
    ];

    /// <summary>Small ones, on which peers must agree with GaryMesh.</summary>
    public static Subject[] Checked =>
    [
        new("small ring", "planar", Graph.Ring(64), GaryMeshRule, Noise: 1),
        new("small torus6", "planar", Graph.Torus6(8, 8), GaryMeshRule, Noise: 1),
        new("small icosphere", "harmonics", Graph.Icosphere(4), MeshNca, Noise: 1),
        new("small grid", "sobel", Graph.Grid(8, 8), Growing, Noise: 1),
    ];

    /// <summary>Whether the NumPy baseline, which knows the gary-mesh rule on regular graphs, can do this.</summary>
    public bool IsPlanar => Perceives == "planar";

    public State Initial => Start.OfNoise(Noise).On(Graph, Automaton.Rule.Shape.Channels, Seed);

    /// <summary>Eight stripes around the graph.</summary>
    public float[] Target =>
        [.. Enumerable.Range(0, Graph.Cells).Select(cell => (float)(cell / Math.Max(1, Graph.Cells / 8) % 2))];

    public JsonObject Ask(string verb, int steps, string? form = null) => new()
    {
        ["do"] = verb,
        ["name"] = Name,
        ["form"] = form,
        ["graph"] = Graph.Name.Split(':')[0],
        ["cells"] = Graph.Cells,
        ["batch"] = Batch,
        ["steps"] = steps,
        ["iterations"] = Iterations,
    };

    /// <summary>As `Ask`, with everything that a peer must know to do the same work.</summary>
    public JsonObject Describe(string verb, int steps = 1)
    {
        var request = Ask(verb, steps);
        request["perception"] = Perceives;
        request["hidden"] = Automaton.Rule.Shape.Hidden;
        request["row_start"] = Packed(Graph.RowStart.AsSpan());
        request["neighbours"] = Packed(Graph.Neighbours.AsSpan());
        request["offsets"] = Packed(Graph.Offsets.AsSpan());
        request["parameters"] = Packed(Automaton.Rule.Parameters);
        request["start"] = Packed<float>(Initial.ToArray());
        request["target"] = Packed<float>(Target);
        return request;
    }

    private static string Packed<T>(ReadOnlySpan<T> values) where T : struct =>
        Convert.ToBase64String(MemoryMarshal.AsBytes(values));
}
