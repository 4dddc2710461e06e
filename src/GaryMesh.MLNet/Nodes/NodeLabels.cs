// The labels of a table of cells by the part they have in training.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Training;
using Microsoft.ML;

namespace GaryMesh.MLNet.Nodes;

/// <summary>Labels in the graph's order, NaN where a cell has none in that part.</summary>
internal sealed record NodeLabels(float[] Training, float[]? Validation, float[]? Weights)
{
    public static NodeLabels Read(IDataView data, MeshNodeOptions options, DataViewSchema.Column label, int[] places)
    {
        var needed = new List<DataViewSchema.Column> { label };
        var split = options.SplitColumnName is { } splitName ? data.Schema.Require("split", splitName, ColumnKind.Identity) : (DataViewSchema.Column?)null;
        var weight = options.ExampleWeightColumnName is { } weightName ? data.Schema.Require("weight", weightName, ColumnKind.Single) : (DataViewSchema.Column?)null;
        if (split is not null)
            needed.Add(split.Value);
        if (weight is not null)
            needed.Add(weight.Value);

        var (training, validation) = (Empty(places.Length), Empty(places.Length));
        var weights = weight is null ? null : new float[places.Length];
        using var cursor = data.GetRowCursor(needed);
        var readLabel = Reading.Labels(cursor, label);
        var readSplit = split is null ? null : CellIds.Reader(cursor, split.Value);
        var getWeight = weight is null ? null : cursor.GetGetter<float>(weight.Value);
        for (var row = 0; cursor.MoveNext(); row++)
        {
            var part = readSplit?.Invoke();
            var labels = readSplit is null || part == options.TrainingSplit ? training
                : part == options.ValidationSplit ? validation
                : null;
            if (labels is not null)
                readLabel(labels.AsSpan(places[row], 1), row);
            if (getWeight is not null)
                weights![places[row]] = Reading.Weight(getWeight, weight!.Value.Name, row);
        }

        if (Array.TrueForAll(training, float.IsNaN))
        {
            throw readSplit is null
                ? Reading.NoInstances(label.Name)
                : new InvalidOperationException(
                    $"Training set has 0 instances, aborting training: no row holds '{options.TrainingSplit}' in split column '{split!.Value.Name}' and a value in label column '{label.Name}'.");
        }

        return new NodeLabels(training, Array.TrueForAll(validation, float.IsNaN) ? null : validation, weights);
    }

    private static float[] Empty(int count)
    {
        var labels = new float[count];
        Array.Fill(labels, float.NaN);
        return labels;
    }
}
