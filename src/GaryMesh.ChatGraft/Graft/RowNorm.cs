namespace GaryMesh.ChatGraft;

/// <summary>Rows brought to mean 0 and deviation 1, without parameters: what every graft here reads, so that none depends on how
/// large a stream has grown (layer normalisation, Ba, Kiros and Hinton, arXiv 1607.06450, without gain and bias).</summary>
internal static class RowNorm
{
    private const double Epsilon = 1e-5;

    /// <summary>Writes the normalised rows of a stream and one over the deviation of each.</summary>
    public static void Forward(ReadOnlySpan<float> stream, int rows, int width, Span<float> normal, Span<float> inverse)
    {
        for (var row = 0; row < rows; row++)
        {
            var x = stream.Slice(row * width, width);
            var (sum, squares) = (0.0, 0.0);

            foreach (var value in x)
                sum += value;

            var mean = sum / width;

            foreach (var value in x)
                squares += (value - mean) * (value - mean);

            var scale = 1.0 / Math.Sqrt((squares / width) + Epsilon);
            inverse[row] = (float)scale;

            for (var i = 0; i < width; i++)
                normal[(row * width) + i] = (float)((x[i] - mean) * scale);
        }
    }

    /// <summary>Adds to the adjoint of the stream what comes back through the normalised rows.</summary>
    public static void Backward(
        ReadOnlySpan<float> normalBar, ReadOnlySpan<float> normal, ReadOnlySpan<float> inverse, int rows, int width, Span<float> streamBar)
    {
        for (var row = 0; row < rows; row++)
        {
            var y = normal.Slice(row * width, width);
            var bar = normalBar.Slice(row * width, width);
            var (sum, along) = (0.0, 0.0);

            for (var i = 0; i < width; i++)
            {
                sum += bar[i];
                along += (double)bar[i] * y[i];
            }

            var (mean, share) = (sum / width, along / width);

            for (var i = 0; i < width; i++)
                streamBar[(row * width) + i] += (float)((bar[i] - mean - (y[i] * share)) * inverse[row]);
        }
    }
}
