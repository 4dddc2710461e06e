// What GaryMesh adds to the catalogs of data and of models of an MLContext.
using System.Globalization;
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Saving;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Chooses rows by a split column, and keeps pipelines of nodes.</summary>
public static class MeshDataCatalog
{
    /// <summary>The rows whose column holds one of the given values, such as those of a split: score a graph whole, then evaluate a part.</summary>
    /// <param name="catalog">The data catalog.</param>
    /// <param name="input">The rows.</param>
    /// <param name="columnName">The column: text, a key or a whole number.</param>
    /// <param name="values">The values of the rows that stay, as text.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing or of another type.</exception>
    public static IDataView FilterRowsByValue(this DataOperationsCatalog catalog, IDataView input, string columnName, params string[] values)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(values);
        return new FilteredView(input, input.Schema.Require("filter", columnName, ColumnKind.Identity), [.. values]);
    }

    /// <summary>Windows over a table of moments, for <c>GaryMeshField</c>: <c>Features</c> holds each cell's last values, the oldest first, <c>Label</c> its
    /// first value so many rows later, and <c>Moment</c> the number of the last row that the features look at.</summary>
    /// <param name="catalog">The data catalog.</param>
    /// <param name="moments">One row a moment, in order; read as the windows are.</param>
    /// <param name="columnName">The column of values: cells x k, cell by cell. NaN was not measured.</param>
    /// <param name="lags">Moments that a window looks back, itself included.</param>
    /// <param name="horizons">How many rows later the labels lie, each at least 1.</param>
    /// <param name="valuesPerCell">k; the first of them is forecast.</param>
    /// <param name="partial">Whether the last windows, whose labels lie past the end, are given too, with NaN as these labels: the very last is
    /// the one to forecast from.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing or of another type, or a number is out of range.</exception>
    public static IDataView Windows(
        this DataOperationsCatalog catalog, IDataView moments, string columnName, int lags, int[] horizons, int valuesPerCell = 1, bool partial = false)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(moments);
        ArgumentNullException.ThrowIfNull(horizons);
        ArgumentOutOfRangeException.ThrowIfLessThan(lags, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(valuesPerCell, 1);
        if (horizons.Length == 0 || horizons.Min() < 1)
            throw new ArgumentOutOfRangeException(nameof(horizons), $"A window needs horizons of at least 1 row, but they are [{string.Join(", ", horizons.Select(horizon => horizon.ToString(CultureInfo.InvariantCulture)))}].");
        var column = moments.Schema.Require("moment", columnName, ColumnKind.Vector);
        if (((VectorDataViewType)column.Type).Size % valuesPerCell != 0)
            throw Schemas.Mismatch(nameof(moments), "moment", columnName, $"a vector of Single whose size is a multiple of {valuesPerCell} values a cell", column.Type.ToString()!);
        var windows = new WindowRows(moments, column, valuesPerCell, lags, horizons, partial);
        var definition = SchemaDefinition.Create(typeof(WindowRow));
        definition[nameof(WindowRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, windows.Features);
        definition[nameof(WindowRow.Label)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, windows.Labels);
        return catalog.LoadFromEnumerable(windows.Read(), definition);
    }

    /// <summary>Keeps a fitted pipeline with stages of nodes in one file, replacing one that stands there only once the new one is complete.</summary>
    /// <param name="context">The context.</param>
    /// <param name="model">The pipeline: stages of nodes and any that <c>mlContext.Model.Save</c> keeps.</param>
    /// <param name="inputSchema">The schema of its input.</param>
    /// <param name="path">The file, <c>.npz</c> by custom.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void SaveNodePipeline(this MLContext context, ITransformer model, DataViewSchema inputSchema, string path)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(inputSchema);
        global::GaryMesh.SafeFile.Write(path, stream => NodePipeline.Save(context, model, inputSchema, stream));
    }

    /// <summary>The pipeline in a file that <see cref="SaveNodePipeline"/> wrote.</summary>
    /// <param name="context">The context.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file holds no pipeline, is cut short, or is of a newer format.</exception>
    /// <exception cref="IOException">The file is missing or cannot be opened.</exception>
    public static TransformerChain<ITransformer> LoadNodePipeline(this MLContext context, string path)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var stream = File.OpenRead(path);
        return NodePipeline.Load(context, stream, path);
    }
}
