using System.Globalization;
using System.Numerics.Tensors;
using GaryMesh.ChatLab.Grafts;

namespace GaryMesh.ChatLab.Tasks;

/// <summary>What is grafted into the cortex of a task, by name: `alone`, `two-tap`, `gru`, `mesh-T` with the cell before in sight, `far-T` with
/// those 1, 2, 4 and 8 before, and `cells-P`, P cells that are carried along. All these have as many parameters as a mesh's, to within five
/// percent; `wide-C`, one carried cell of C channels, has the more of them the wider it is.</summary>
public static class TaskArm
{
    // Four distances take parameters that one leaves to wider states.
    private const int Channels = 16, FarChannels = 10, Hidden = 32;

    private const int CarriedChannels = 8, CarriedRead = 17;

    /// <summary>The arms of as many parameters.</summary>
    public static IReadOnlyList<string> All { get; } =
        ["alone", "two-tap", "gru", "mesh-1", "mesh-2", "mesh-4", "mesh-8", "mesh-16", "mesh-32", "mesh-64", "far-1", "far-2", "far-4", "far-8", "cells-1", "cells-4", "cells-16", "cells-64"];

    /// <summary>The graft, untrained; null for `alone`.</summary>
    /// <exception cref="ArgumentException">There is no such arm.</exception>
    public static IGraft? Create(string arm, int width, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(arm);
        var count = Mesh(width, 1, [1]).ParameterCount;

        return arm.Split('-') switch
        {
            ["alone"] => null,
            ["two", "tap"] => new AdapterGraft(width, (int)Math.Round((count - width) / (3.0 * width)), false, seed, taps: 2),
            ["gru"] => new GruGraft(width, Enumerable.Range(1, count).Last(units => GruGraft.CountOf(width, units) <= count), seed),
            ["mesh", var steps] when Whole(steps) is { } t => Gentle(new MeshGraft(Mesh(width, t, [1]), seed)),
            ["far", var steps] when Whole(steps) is { } t => Gentle(new MeshGraft(Mesh(width, t, [1, 2, 4, 8]), seed)),
            ["cells", var cells] when Whole(cells) is { } p => new CarriedMeshGraft(width, p, CarriedChannels, CarriedRead, seed),
            ["wide", var channels] when Whole(channels) is { } c => new CarriedMeshGraft(width, 1, c, CarriedRead, seed),
            _ => throw new ArgumentException($"An arm is alone, two-tap, gru, mesh-T, far-T, cells-P or wide-C, but '{arm}' is none of them."),
        };
    }

    /// <summary>How far back the cells of an arm see, T times the longest distance; null for an arm that is no mesh.</summary>
    public static int? Reach(string arm)
    {
        ArgumentNullException.ThrowIfNull(arm);
        return arm.Split('-') switch
        {
            ["mesh", var steps] => Whole(steps),
            ["far", var steps] => 8 * Whole(steps),
            _ => null,
        };
    }

    /// <summary>A mesh of up to eight steps with the same parameters that takes eight times as many; null for other grafts.</summary>
    public static IGraft? Longer(IGraft? graft)
    {
        if (graft is not MeshGraft { Shape.Steps: <= 8 } mesh)
            return null;

        var longer = new MeshGraft(mesh.Shape with { Steps = 8 * mesh.Shape.Steps }, seed: 0);
        mesh.Parameters.CopyTo(longer.Parameters, 0);
        return longer;
    }

    /// <summary>Beyond eight steps the rule's last layer begins the smaller the more there are: else what each step adds grows over them beyond
    /// all learning.</summary>
    private static MeshGraft Gentle(MeshGraft mesh)
    {
        var shape = mesh.Shape;
        var last = (shape.Hidden + 1) * shape.Channels;
        var part = mesh.Parameters.AsSpan(shape.ReadoutAt - last, last);
        TensorPrimitives.Multiply(part, Math.Min(1, 8f / shape.Steps), part);
        return mesh;
    }

    private static int? Whole(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 ? value : null;

    private static MeshGraftShape Mesh(int width, int steps, int[] distances) => new()
    {
        Width = width,
        Channels = distances.Length == 1 ? Channels : FarChannels,
        Hidden = Hidden,
        Steps = steps,
        Distances = [.. distances],
    };
}
