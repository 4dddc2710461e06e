// Rows of signals or snapshots read for training: features, labels and weights in one pass.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet.Signals;

/// <summary>Rows that were read.</summary>
internal sealed record SignalSet(int Rows, float[] Features, float[] Labels, float[]? Weights)
{
    public ModelData Data => new(Rows, Features, Labels, Weights);

    /// <summary>The rows without a fraction of them, drawn at random, and that fraction.</summary>
    public (SignalSet Kept, SignalSet Held) Hold(double fraction, int seed)
    {
        if (Rows < 2)
            throw new InvalidOperationException(FormattableString.Invariant($"ValidationFraction is {fraction}, but there is only {Rows} row to learn from."));
        var order = Enumerable.Range(0, Rows).ToArray();
        new Random(seed).Shuffle(order);
        var held = Math.Clamp((int)Math.Round(fraction * Rows), 1, Rows - 1);
        return (Chosen(order[held..]), Chosen(order[..held]));
    }

    private SignalSet Chosen(int[] rows)
    {
        Array.Sort(rows);
        float[] Of(float[] values) => [.. rows.SelectMany(row => new ArraySegment<float>(values, row * (values.Length / Rows), values.Length / Rows))];
        return new SignalSet(rows.Length, Of(Features), Of(Labels), Weights is null ? null : Of(Weights));
    }
}

internal static class SignalRows
{
    /// <summary>Reads a training or validation set. As with stock trainers, rows without a label, or with a missing feature that the
    /// options do not allow, are skipped and counted.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="options">The names of the columns, and the graph.</param>
    /// <param name="layout">The feature columns.</param>
    /// <param name="task">The task, which gives the labels' type.</param>
    /// <param name="warn">What is told of skipped rows.</param>
    /// <exception cref="InvalidOperationException">There are no rows, or a row holds what cannot be learnt from.</exception>
    public static SignalSet Read(IDataView data, MeshSignalOptions options, FeatureLayout layout, MeshTask task, Action<string> warn)
    {
        var cells = options.Graph.Cells;
        var columns = layout.Require(data.Schema, "feature", cells);
        var label = data.Schema.Require("label", options.LabelColumnName, task.Labels);
        var weight = options.ExampleWeightColumnName is { } weightName ? data.Schema.Require("weight", weightName, ColumnKind.Single) : (DataViewSchema.Column?)null;
        var targets = task.Pooling.IsCells ? cells : 1;
        var featureRow = new float[layout.Features * cells];
        var labelRow = new float[(label.Type as VectorDataViewType)?.Size ?? 1];
        var (features, labels, weights) = (new List<float>(), new List<float>(), new List<float>());
        var (rows, unlabelled, unmeasured) = (0, 0, 0);
        using var cursor = data.GetRowCursor([.. columns, .. new[] { label, weight }.OfType<DataViewSchema.Column>()]);
        var readFeatures = layout.Reader(cursor, columns);
        var readLabel = Reading.Labels(cursor, label);
        var getWeight = weight is { } found ? cursor.GetGetter<float>(found) : null;
        for (var row = 0; cursor.MoveNext(); row++)
        {
            readFeatures(featureRow);
            readLabel(labelRow, row);
            var worth = getWeight is null ? 1 : Reading.Weight(getWeight, weight!.Value.Name, row);
            if (Array.TrueForAll(labelRow, float.IsNaN))
            {
                unlabelled++;
            }
            else if (!options.HandleMissingValues && Array.Exists(featureRow, float.IsNaN))
            {
                unmeasured++;
            }
            else
            {
                Reading.CheckFeatures(featureRow, layout, $"{row}", missing: true, why: "");
                features.AddRange(featureRow);
                labels.AddRange(labelRow);
                if (getWeight is not null)
                    weights.AddRange(Enumerable.Repeat(worth, targets));
                rows++;
            }
        }

        var skipped = $"{unlabelled} rows without a value in label column '{label.Name}' and {unmeasured} rows with a missing feature";
        if (rows == 0)
            throw Reading.NoInstances(label.Name, unlabelled + unmeasured > 0 ? $" ({skipped} were skipped)" : "");
        if (unlabelled + unmeasured > 0)
            warn($"Skipped {skipped}{(unmeasured > 0 ? "; HandleMissingValues learns from these, too" : "")}.");
        return new SignalSet(rows, [.. features], [.. labels], options.Balances ? ClassWeights.Balance(labels, getWeight is null ? null : weights) : getWeight is null ? null : [.. weights]);
    }

    /// <summary>Features without labels: what a featurizer is fitted to reconstruct.</summary>
    public static (float[] Features, int Rows) ReadFeatures(IDataView data, FeatureLayout layout, int cells)
    {
        var columns = layout.Require(data.Schema, "input", cells);
        var row = new float[layout.Features * cells];
        var features = new List<float>();
        using var cursor = data.GetRowCursor(columns);
        var read = layout.Reader(cursor, columns);
        var rows = 0;
        while (cursor.MoveNext())
        {
            read(row);
            Reading.CheckFeatures(row, layout, $"{rows++}", missing: true, why: "");
            features.AddRange(row);
        }

        return rows > 0 ? ([.. features], rows) : throw Reading.NoInstances(layout.Names[0]);
    }
}
