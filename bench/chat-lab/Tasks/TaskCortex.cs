using System.Numerics.Tensors;

namespace GaryMesh.ChatLab.Tasks;

/// <summary>The small cortices of the tasks.</summary>
internal static class TaskCortex
{
    /// <summary>Width of the stream.</summary>
    public const int Width = 32;

    private const int Heads = 2;
    private const float Loudness = 5;

    // What a frozen cortex says is as sure as its tokens are long, and stays so.
    private const float FrozenLoudness = 10;

    /// <summary>A cortex that begins with tokens told apart and positions that are not: else a graft of so short a training first has
    /// to learn to look past the positions' noise.</summary>
    public static Cortex Drawn(TaskText task, int layers, int context, ulong seed, bool frozen)
    {
        var cortex = Cortex.Random(new CortexShape(task.Vocabulary, Width, Heads, layers, context), seed);

        foreach (var slice in cortex.Shape.Slices)
        {
            var part = cortex.Parameters.AsSpan(slice.Offset, slice.Count);

            if (slice.Name == "positions")
                part.Clear();
            else if (slice.Name == "embedding")
                TensorPrimitives.Multiply(part, frozen ? FrozenLoudness : Loudness, part);
        }

        return cortex;
    }

    /// <summary>The token that logits say.</summary>
    public static int Said(ReadOnlySpan<float> logits) => TensorPrimitives.IndexOfMax(logits);
}
