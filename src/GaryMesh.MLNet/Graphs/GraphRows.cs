// Rows of graphs read for training: graphs, features, labels and weights in one pass.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Rows;
using GaryMesh.MLNet.Training;
using Microsoft.ML;

namespace GaryMesh.MLNet.Graphs;

internal static class GraphRows
{
    /// <summary>Reads a training or validation set. Rows without a label, without cells, or with a missing feature that the options do not
    /// allow, are skipped and counted.</summary>
    public static ModelData Read(IDataView data, MeshGraphOptions options, FeatureLayout layout, MeshTask task, Perception perception, Action<string> warn)
    {
        var columns = RowGraph.Require(data.Schema, options.Table, layout.Names[0]);
        var label = data.Schema.Require("label", options.LabelColumnName, task.Labels);
        var weight = options.ExampleWeightColumnName is { } name ? data.Schema.Require("weight", name, ColumnKind.Single) : (DataViewSchema.Column?)null;
        var (graphs, features, labels, weights) = (new List<Graph>(), new List<float>(), new List<float>(), new List<float>());
        var (unlabelled, empty, unmeasured) = (0, 0, 0);
        using var cursor = data.GetRowCursor([.. columns, .. new[] { label, weight }.OfType<DataViewSchema.Column>()]);
        var graph = new RowGraph(options.Table, layout, perception);
        var read = graph.Reader(cursor, columns);
        var readLabel = Reading.Labels(cursor, label);
        var getWeight = weight is { } found ? cursor.GetGetter<float>(found) : null;
        var own = new float[1];
        for (var row = 0; cursor.MoveNext(); row++)
        {
            read();
            readLabel(own, row);
            var worth = getWeight is null ? 1 : Reading.Weight(getWeight, weight!.Value.Name, row);
            if (float.IsNaN(own[0]))
            {
                unlabelled++;
            }
            else if (graph.Graph is null)
            {
                empty++;
            }
            else if (!options.HandleMissingValues && Array.Exists(graph.Features, float.IsNaN))
            {
                unmeasured++;
            }
            else
            {
                graphs.Add(graph.Graph);
                features.AddRange(graph.Features);
                labels.Add(own[0]);
                weights.Add(worth);
            }
        }

        var skipped = $"{unlabelled} rows without a value in label column '{label.Name}', {empty} without cells and {unmeasured} with a missing feature";
        var any = unlabelled + empty + unmeasured > 0;
        if (graphs.Count == 0)
            throw Reading.NoInstances(label.Name, any ? $" ({skipped} were skipped)" : "");
        if (any)
            warn($"Skipped {skipped}{(unmeasured > 0 ? "; HandleMissingValues learns from these, too" : "")}.");
        var given = getWeight is null ? null : weights;
        return new ModelData(graphs, [.. features], [.. labels], options.Balances ? ClassWeights.Balance(labels, given) : given?.ToArray());
    }

    /// <summary>The rows without a fraction of them, drawn at random, and that fraction.</summary>
    public static (ModelData Kept, ModelData Held) Hold(ModelData rows, double fraction, int seed)
    {
        if (rows.Rows < 2)
            throw new InvalidOperationException(FormattableString.Invariant($"ValidationFraction is {fraction}, but there is only {rows.Rows} row to learn from."));
        var order = Enumerable.Range(0, rows.Rows).ToArray();
        new Random(seed).Shuffle(order);
        var held = Math.Clamp((int)Math.Round(fraction * rows.Rows), 1, rows.Rows - 1);
        return (rows.Subset([.. order[held..].Order()]), rows.Subset([.. order[..held].Order()]));
    }
}
