namespace GaryMesh.ChatLab.Tasks;

/// <summary>A graft right after the embedding that goes on beyond the cortex's window: it has seen the whole of a strip, of which a cortex reads the
/// last positions.</summary>
internal sealed class StripGraft(IGraft? inner, CortexShape shape) : IGraft
{
    private float[] _last = [];

    public int Width => shape.Width;

    public float[] Parameters => inner?.Parameters ?? [];

    /// <summary>Sees a strip, window after window of the cortex, each with its positions from the first on.</summary>
    /// <returns>The tokens of the last window, which `Forward` then adds to.</returns>
    public int[] See(Cortex cortex, int[] tokens)
    {
        var (context, width) = (shape.Context, shape.Width);
        var strip = new float[tokens.Length * width];
        CortexPass.Embed(shape, cortex.Parameters, tokens, context, 0, strip);
        using var pass = inner?.CreatePass(1, tokens.Length);
        var last = (tokens.Length - 1) / context * context;

        // Window by window, as a chat would: what is carried is all that comes from before.
        for (var first = 0; first < tokens.Length; first += context)
        {
            var count = Math.Min(context, tokens.Length - first);
            var part = strip.AsSpan(first * width, count * width).ToArray();
            pass?.Continue(part, first, count);
            _last = part;
        }

        return tokens[last..];
    }

    public IGraftPass CreatePass(int sequences, int length) => new Pass(this);

    private sealed class Pass(StripGraft graft) : IGraftPass
    {
        public void Reload()
        {
            // The strip was seen with the parameters as they are.
        }

        public void Forward(float[] stream, int sequences, int length) => graft._last.CopyTo(stream, 0);

        public void Backward(float[] gradient, float[]? sums) => throw new NotSupportedException("A strip that was seen is not learnt from.");

        public void Continue(float[] stream, int first, int count) => throw new NotSupportedException("A strip is seen as a whole.");

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
