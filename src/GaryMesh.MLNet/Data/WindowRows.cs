// Windows over a table of moments: the last values of each cell, and those to come.
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Data;

internal sealed class WindowRow
{
    public VBuffer<float> Features { get; set; }

    public VBuffer<float> Label { get; set; }

    /// <summary>The number of the last row that the features look at.</summary>
    public long Moment { get; set; }
}

/// <param name="moments">One row a moment, in order.</param>
/// <param name="column">The cells' values: cells x k.</param>
/// <param name="perCell">k.</param>
/// <param name="lags">Moments that the features look at.</param>
/// <param name="horizons">How many rows later the labels lie.</param>
/// <param name="partial">Whether windows whose labels lie past the end are given, too, with NaN for these.</param>
internal sealed class WindowRows(IDataView moments, DataViewSchema.Column column, int perCell, int lags, int[] horizons, bool partial)
{
    private readonly int _cells = ((VectorDataViewType)column.Type).Size / perCell;

    public int Features => _cells * lags * perCell;

    public int Labels => _cells * horizons.Length;

    /// <summary>The windows, read as they are asked for: no more rows are held than a window and its horizons span.</summary>
    public IEnumerable<WindowRow> Read()
    {
        var kept = new Queue<float[]>();
        var span = lags + horizons.Max();
        var next = lags - 1L;
        using var cursor = moments.GetRowCursor([column]);
        var get = FeatureLayout.Whole(cursor, column);
        VBuffer<float> buffer = default;
        while (cursor.MoveNext())
        {
            get(ref buffer);
            kept.Enqueue([.. buffer.DenseValues()]);
            if (kept.Count < span)
                continue;
            yield return Window([.. kept], next++);
            kept.Dequeue();
        }

        for (; partial && kept.Count >= lags; kept.Dequeue())
            yield return Window([.. kept], next++);
    }

    private WindowRow Window(float[][] rows, long moment)
    {
        var (features, labels) = (new float[Features], new float[Labels]);
        for (var cell = 0; cell < _cells; cell++)
        {
            for (var lag = 0; lag < lags; lag++)
                rows[lag].AsSpan(cell * perCell, perCell).CopyTo(features.AsSpan((cell * lags + lag) * perCell));
            for (var at = 0; at < horizons.Length; at++)
                labels[cell * horizons.Length + at] = lags - 1 + horizons[at] < rows.Length ? rows[lags - 1 + horizons[at]][cell * perCell] : float.NaN;
        }

        return new WindowRow { Features = new(features.Length, features), Label = new(labels.Length, labels), Moment = moment };
    }
}
