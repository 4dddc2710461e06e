// Rows of signals or snapshots read for training: features, labels and weights in one pass.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Signals;

internal static class SignalRows
{
    /// <summary>Reads a training or validation set.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="options">The names of the columns, and the graph.</param>
    /// <param name="task">The task, which gives the labels' type.</param>
    /// <param name="missing">Whether features may be NaN.</param>
    /// <exception cref="InvalidOperationException">There are no rows, or a row holds what cannot be learnt from.</exception>
    public static ModelData Read(IDataView data, MeshSignalOptions options, MeshTask task, bool missing)
    {
        var cells = options.Graph.Cells;
        var feature = data.Schema.Require("feature", options.FeatureColumnName, ColumnKind.Vector);
        var label = data.Schema.Require("label", options.LabelColumnName, task.Labels);
        var needed = new List<DataViewSchema.Column> { feature, label };
        if (options.ExampleWeightColumnName is { } weightName)
            needed.Add(data.Schema.Require("weight", weightName, ColumnKind.Single));

        var targets = task.Pooling.IsCells ? cells : 1;
        var featureRow = new float[((VectorDataViewType)feature.Type).Size];
        var labelRow = new float[(label.Type as VectorDataViewType)?.Size ?? 1];
        var (features, labels, weights) = (new List<float>(), new List<float>(), new List<float>());
        var (rows, labelled) = (0, 0L);
        using var cursor = data.GetRowCursor(needed);
        var getFeatures = cursor.GetGetter<VBuffer<float>>(feature);
        var readLabel = Reading.Labels(cursor, label);
        var getWeight = options.ExampleWeightColumnName is null ? null : cursor.GetGetter<float>(needed[2]);
        VBuffer<float> buffer = default;
        while (cursor.MoveNext())
        {
            getFeatures(ref buffer);
            buffer.CopyTo(featureRow);
            Reading.CheckFeatures(featureRow, feature.Name, rows, missing);
            features.AddRange(featureRow);
            readLabel(labelRow, rows);
            labelled += Labelled(labelRow, label.Name, rows, task);
            labels.AddRange(labelRow);
            if (getWeight is not null)
                weights.AddRange(Enumerable.Repeat(Reading.Weight(getWeight, options.ExampleWeightColumnName!, rows), targets));
            rows++;
        }

        if (labelled == 0)
            throw Reading.NoInstances(label.Name);
        return new ModelData(rows, [.. features], [.. labels], getWeight is null ? null : [.. weights]);
    }

    /// <summary>Features without labels: what a featurizer is fitted to reconstruct.</summary>
    public static (float[] Features, int Rows) ReadFeatures(IDataView data, DataViewSchema.Column feature, bool missing)
    {
        var row = new float[((VectorDataViewType)feature.Type).Size];
        var features = new List<float>();
        using var cursor = data.GetRowCursor([feature]);
        var get = cursor.GetGetter<VBuffer<float>>(feature);
        VBuffer<float> buffer = default;
        var rows = 0;
        while (cursor.MoveNext())
        {
            get(ref buffer);
            buffer.CopyTo(row);
            Reading.CheckFeatures(row, feature.Name, rows++, missing);
            features.AddRange(row);
        }

        return rows > 0 ? ([.. features], rows) : throw Reading.NoInstances(feature.Name);
    }

    // A cell of a snapshot may have no label; a signal without one trains nothing and is most likely a mistake.
    private static int Labelled(ReadOnlySpan<float> labels, string column, int row, MeshTask task)
    {
        var count = 0;
        foreach (var label in labels)
        {
            if (!float.IsNaN(label))
                count++;
            else if (task.Pooling.IsMean)
                throw new InvalidOperationException($"Row {row} of label column '{column}' holds {(task.Labels == ColumnKind.Key ? "no class (a missing key)" : "NaN")}, but a signal needs a label to be learnt from");
        }

        return count;
    }
}
