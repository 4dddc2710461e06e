// The labels of a table of cells by the part they have in training.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Training;
using Microsoft.ML;

namespace GaryMesh.MLNet.Nodes;

/// <summary>Labels, splits and weights, read row by row beside the features.</summary>
internal sealed class NodeLabels
{
    private readonly MeshNodeOptions _options;
    private readonly DataViewSchema.Column _label;
    private readonly DataViewSchema.Column? _split;
    private readonly DataViewSchema.Column? _weight;
    private readonly List<float> _labels = [];
    private readonly List<string> _parts = [];
    private readonly List<float> _weights = [];

    public NodeLabels(MeshNodeOptions options, DataViewSchema schema, DataViewSchema.Column label)
    {
        _options = options;
        _label = label;
        _split = options.SplitColumnName is { } split ? schema.Require("split", split, ColumnKind.Identity) : null;
        _weight = options.ExampleWeightColumnName is { } weight ? schema.Require("weight", weight, ColumnKind.Single) : null;
    }

    public IEnumerable<DataViewSchema.Column> Columns => new[] { _label, _split, _weight }.OfType<DataViewSchema.Column>();

    /// <summary>What reads the row of a number, at which the cursor stands.</summary>
    public Action<int> Reader(DataViewRow cursor)
    {
        var readLabel = Reading.Labels(cursor, _label);
        var readSplit = _split is { } split ? CellIds.Reader(cursor, split) : null;
        var getWeight = _weight is { } weight ? cursor.GetGetter<float>(weight) : null;
        var label = new float[1];
        return row =>
        {
            var part = readSplit is null ? _options.TrainingSplit : readSplit() ?? "";
            _parts.Add(part);
            label[0] = float.NaN;
            // Labels of other parts are not looked at.
            if (part == _options.TrainingSplit || part == _options.ValidationSplit)
                readLabel(label, row);
            _labels.Add(label[0]);
            if (getWeight is not null)
                _weights.Add(Reading.Weight(getWeight, _weight!.Value.Name, row));
        };
    }

    /// <summary>The labels for training in the graph's order, NaN where a cell has none.</summary>
    /// <param name="places">For each row its cell.</param>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public float[] Training(int[] places)
    {
        var labels = Of(_options.TrainingSplit, places);
        if (!Array.TrueForAll(labels, float.IsNaN))
            return labels;
        throw _split is null
            ? Reading.NoInstances(_label.Name)
            : new InvalidOperationException(
                $"Training set has 0 instances, aborting training: no row holds '{_options.TrainingSplit}' in split column '{_split.Value.Name}' and a value in label column '{_label.Name}'; the split column holds {Splits()}.");
    }

    /// <summary>The labels for validation, or null where there is none.</summary>
    /// <param name="places">For each row its cell.</param>
    /// <param name="warn">What is told where a split column names no row for validation.</param>
    public float[]? Validation(int[] places, Action<string> warn)
    {
        var labels = Of(_options.ValidationSplit, places);
        if (_split is null)
            return null;
        if (!Array.TrueForAll(labels, float.IsNaN))
            return labels;
        warn($"No row holds '{_options.ValidationSplit}' in split column '{_split.Value.Name}' and a value in label column '{_label.Name}', so there is no validation and no early stopping; the split column holds {Splits()}.");
        return null;
    }

    /// <summary>The weights of labels in the graph's order, or null where all count the same.</summary>
    public float[]? WeightsOf(float[] labels, int[] places)
    {
        var weights = _weight is null ? null : Placed(_weights, places);
        return _options.Balances ? ClassWeights.Balance(labels, weights) : weights;
    }

    private float[] Of(string part, int[] places) =>
        Placed([.. _labels.Select((label, row) => _parts[row] == part ? label : float.NaN)], places);

    private string Splits()
    {
        var counts = _parts.CountBy(part => part).OrderByDescending(count => count.Value).ToArray();
        var named = counts.Take(5).Select(count => $"'{count.Key}' ({count.Value} rows)");
        return string.Join(", ", named) + (counts.Length > 5 ? $" and {counts.Length - 5} other values" : "");
    }

    private static float[] Placed(List<float> rows, int[] places)
    {
        var placed = new float[places.Length];
        for (var row = 0; row < placed.Length; row++)
            placed[places[row]] = rows[row];
        return placed;
    }
}
