// Rows of signals or snapshots read for training: features, labels and weights in one pass.
using GaryMesh.MLNet.Data;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Training;

internal static class SignalRows
{
    /// <summary>Reads a training or validation set.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="options">The names of the columns, and the graph.</param>
    /// <param name="target">What labels are.</param>
    /// <param name="missing">Whether features may be NaN.</param>
    /// <exception cref="InvalidOperationException">There are no rows, or a row holds what cannot be learnt from.</exception>
    public static ModelData Read(IDataView data, MeshSignalOptions options, Target target, bool missing)
    {
        var cells = options.Graph.Cells;
        var feature = data.Schema.Require("feature", options.FeatureColumnName, ColumnKind.Vector);
        var label = data.Schema.Require("label", options.LabelColumnName, target.Labels);
        var needed = new List<DataViewSchema.Column> { feature, label };
        if (options.ExampleWeightColumnName is { } weightName)
            needed.Add(data.Schema.Require("weight", weightName, ColumnKind.Single));

        var targets = target.Pooling.IsCells ? cells : 1;
        var featureRow = new float[((VectorDataViewType)feature.Type).Size];
        var labelRow = new float[(label.Type as VectorDataViewType)?.Size ?? 1];
        var (features, labels, weights) = (new List<float>(), new List<float>(), new List<float>());
        var (rows, labelled) = (0, 0L);
        using var cursor = data.GetRowCursor(needed);
        var getFeatures = cursor.GetGetter<VBuffer<float>>(feature);
        var readLabel = Target.Reader(cursor, label);
        var getWeight = options.ExampleWeightColumnName is null ? null : cursor.GetGetter<float>(needed[2]);
        VBuffer<float> buffer = default;
        while (cursor.MoveNext())
        {
            getFeatures(ref buffer);
            buffer.CopyTo(featureRow);
            Check(featureRow, feature.Name, rows, missing);
            features.AddRange(featureRow);
            readLabel(labelRow, rows);
            labelled += Labelled(labelRow, label.Name, rows, target);
            labels.AddRange(labelRow);
            if (getWeight is not null)
                weights.AddRange(Enumerable.Repeat(Weight(getWeight, options.ExampleWeightColumnName!, rows), targets));
            rows++;
        }

        if (labelled == 0)
            throw NoInstances(label.Name);
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
            Check(row, feature.Name, rows++, missing);
            features.AddRange(row);
        }

        return rows > 0 ? ([.. features], rows) : throw NoInstances(feature.Name);
    }

    /// <summary>A row's weight, refused where it is none.</summary>
    public static float Weight(ValueGetter<float> get, string column, int row)
    {
        float weight = 0;
        get(ref weight);
        return weight >= 0 && float.IsFinite(weight)
            ? weight
            : throw new InvalidOperationException($"Row {row} of weight column '{column}' holds {weight}, but a weight is a finite number of at least 0");
    }

    /// <summary>ML.NET's refusal of an empty training set.</summary>
    public static InvalidOperationException NoInstances(string column) =>
        new($"Training set has 0 instances, aborting training: no row holds a value in column '{column}'.");

    /// <summary>Refuses features that cannot be learnt from.</summary>
    public static void Check(ReadOnlySpan<float> features, string column, int row, bool missing)
    {
        foreach (var feature in features)
        {
            if (float.IsInfinity(feature) || (!missing && float.IsNaN(feature)))
            {
                throw new InvalidOperationException(float.IsNaN(feature)
                    ? $"Row {row} of feature column '{column}' holds NaN, but missing values are legal only with HandleMissingValues"
                    : $"Row {row} of feature column '{column}' holds {feature}, which is no finite number");
            }
        }
    }

    // A cell of a snapshot may have no label; a signal without one teaches nothing and is most likely a mistake.
    private static int Labelled(ReadOnlySpan<float> labels, string column, int row, Target target)
    {
        var count = 0;
        foreach (var label in labels)
        {
            if (!float.IsNaN(label))
                count++;
            else if (target.Task != MeshTask.Field)
                throw new InvalidOperationException($"Row {row} of label column '{column}' holds {(target.Task == MeshTask.Multiclass ? "no class (a missing key)" : "NaN")}, but a signal needs a label to be learnt from");
        }

        return count;
    }
}
