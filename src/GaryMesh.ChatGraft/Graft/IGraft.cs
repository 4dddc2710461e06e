namespace GaryMesh.ChatGraft;

/// <summary>A layer that plugs into the residual stream of any cortex: hidden states in, hidden states out, with its
/// adjoint. A graft is causal: what it adds at a position depends on that position and earlier ones only.</summary>
public interface IGraft
{
    /// <summary>Width of the stream that it plugs into.</summary>
    int Width { get; }

    /// <summary>All trained parameters, one flat vector; passes read it where it lies.</summary>
    float[] Parameters { get; }

    /// <summary>Makes a workspace for up to <paramref name="sequences"/> sequences of up to <paramref name="length"/>
    /// positions. Each workspace serves one thread at a time; several may be at work at once.</summary>
    IGraftPass CreatePass(int sequences, int length);
}

/// <summary>A graft at work: its forward pass, and the way back of the pass made last.</summary>
public interface IGraftPass : IDisposable
{
    /// <summary>Takes up what the graft's parameters have become.</summary>
    void Reload();

    /// <summary>Adds to the stream, in place.</summary>
    /// <param name="stream">[sequences x length x width], one position after the other.</param>
    /// <param name="sequences">Number of sequences.</param>
    /// <param name="length">Positions of each.</param>
    void Forward(float[] stream, int sequences, int length);

    /// <summary>Turns the adjoint of the stream after the last <see cref="Forward"/> into that before it, in place.</summary>
    /// <param name="gradient">[sequences x length x width].</param>
    /// <param name="sums">Where the gradient of the parameters is added, or null where it is not wanted.</param>
    void Backward(float[] gradient, float[]? sums);

    /// <summary>Goes on with one sequence, as generation does: adds to the stream of the positions first .. first + count
    /// - 1, having seen those before them in earlier calls; a call with <paramref name="first"/> = 0 begins anew. The
    /// result is that of <see cref="Forward"/> over the whole sequence.</summary>
    /// <param name="stream">[count x width], the new positions alone.</param>
    /// <param name="first">Positions already seen, at most as many as the calls before have shown.</param>
    /// <param name="count">Number of new positions.</param>
    void Continue(float[] stream, int first, int count);
}

/// <summary>Where a graft is plugged in.</summary>
/// <param name="Graft">The graft.</param>
/// <param name="After">The number of blocks that the stream has been through: 0 for right after the embedding, up to the
/// number of layers.</param>
public sealed record Grafting(IGraft Graft, int After);
