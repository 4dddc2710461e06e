// How labels, weights and features are read for training, and refused where nothing can be learnt from them.
using GaryMesh.MLNet.Data;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Training;

/// <summary>Reads the labels of whatever row a cursor stands at: as many numbers as the target has, NaN for missing.</summary>
internal delegate void LabelReader(Span<float> labels, int row);

internal static class Reading
{
    /// <summary>Reads labels of a cursor; a label outside the key's range is refused.</summary>
    public static LabelReader Labels(DataViewRow row, DataViewSchema.Column label)
    {
        switch (label.Type)
        {
            case KeyDataViewType key:
                var getKey = row.GetGetter<uint>(label);
                uint value = 0;
                return (labels, number) =>
                {
                    getKey(ref value);
                    if (value > key.Count)
                        throw new InvalidOperationException($"Row {number} of label column '{label.Name}' holds the key {value}, but its type {key} has {key.Count} values");
                    labels[0] = value == 0 ? float.NaN : value - 1;
                };
            case BooleanDataViewType:
                var getTruth = row.GetGetter<bool>(label);
                var truth = false;
                return (labels, _) =>
                {
                    getTruth(ref truth);
                    labels[0] = truth ? 1 : 0;
                };
            case VectorDataViewType:
                var getVector = FeatureLayout.Whole(row, label);
                VBuffer<float> vector = default;
                return (labels, number) =>
                {
                    getVector(ref vector);
                    vector.CopyTo(labels);
                    foreach (var one in labels)
                        RefuseInfinite(one, label.Name, number);
                };
            default:
                var getNumber = row.GetGetter<float>(label);
                return (labels, number) =>
                {
                    getNumber(ref labels[0]);
                    RefuseInfinite(labels[0], label.Name, number);
                };
        }
    }

    /// <summary>A row's weight, refused where it is none.</summary>
    public static float Weight(ValueGetter<float> get, string column, int row)
    {
        float weight = 0;
        get(ref weight);
        return weight >= 0 && float.IsFinite(weight)
            ? weight
            : throw new InvalidOperationException(FormattableString.Invariant($"Row {row} of weight column '{column}' holds {weight}, but a weight is a finite number of at least 0"));
    }

    /// <summary>ML.NET's refusal of an empty training set.</summary>
    public static InvalidOperationException NoInstances(string column, string skipped = "") =>
        new($"Training set has 0 instances, aborting training: no row holds a value in column '{column}'{skipped}.");

    /// <summary>Refuses features that cannot be learnt from, or scored.</summary>
    /// <param name="features">The features of a row, cell by cell.</param>
    /// <param name="layout">The columns that they come from.</param>
    /// <param name="row">The row's number, and its name where it has one.</param>
    /// <param name="missing">Whether they may be NaN.</param>
    /// <param name="why">Why they may not.</param>
    public static void CheckFeatures(ReadOnlySpan<float> features, FeatureLayout layout, string row, bool missing, string why)
    {
        for (var at = 0; at < features.Length; at++)
        {
            var feature = features[at];
            if (float.IsFinite(feature) || (missing && float.IsNaN(feature)))
                continue;
            throw new InvalidOperationException(
                $"Row {row} of feature column '{layout.ColumnOf(at)}' holds {(float.IsNaN(feature) ? $"NaN, {why}" : FormattableString.Invariant($"{feature}, which is no finite number"))}");
        }
    }

    private static void RefuseInfinite(float label, string column, int row)
    {
        if (float.IsInfinity(label))
            throw new InvalidOperationException(FormattableString.Invariant($"Row {row} of label column '{column}' holds {label}, which is no finite number"));
    }
}
