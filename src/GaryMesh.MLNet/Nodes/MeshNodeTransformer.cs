// The fitted stage whose rows are the cells of one graph.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Models;
using GaryMesh.MLNet.Nodes;
using GaryMesh.MLNet.Rows;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace GaryMesh.MLNet;

/// <summary>
/// A trained predictor of nodes: scores every row of a table as a cell of the graph that the edges make of it, and adds
/// <c>Score</c>, for classes <c>PredictedLabel</c> too.
/// </summary>
/// <remarks>
/// A row's score depends on the rows around it, so the stage reads the whole table when a score is first asked for, and needs
/// it whole: score the graph, then filter. The order of the rows does not matter. <c>mlContext.Model.Save</c> and
/// <c>PredictionEngine</c> take stages that map row to row only; <see cref="MeshModel.Save(string)"/> keeps this one. Given a
/// path, <c>mlContext.Model.Save</c> has emptied the file that stood there by the time it is refused.
/// </remarks>
public sealed class MeshNodeTransformer : ISingleFeaturePredictionTransformer<MeshModel>
{
    private readonly IHost _host;

    internal MeshNodeTransformer(IHostEnvironment env, MeshModel model)
    {
        _host = env.Register(nameof(MeshNodeTransformer));
        Model = model;
    }

    /// <summary>The trained model; <see cref="MeshModel.Save(string)"/> keeps it.</summary>
    public MeshModel Model { get; }

    /// <inheritdoc/>
    public string FeatureColumnName => Model.FeatureColumnName;

    /// <inheritdoc/>
    public DataViewType FeatureColumnType => Model.FeatureColumnType;

    /// <summary>False: a row's score depends on other rows.</summary>
    public bool IsRowToRowMapper => false;

    /// <summary>The same parameters over another graph, of any size.</summary>
    /// <param name="edges">Its edges, under the column names that the model was trained with.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    public MeshNodeTransformer On(IDataView edges)
    {
        ArgumentNullException.ThrowIfNull(edges);
        var nodes = Model.Nodes!;
        using var channel = _host.Start("Reading edges");
        var list = EdgeList.Read(edges, nodes.Edges.Columns).Merged(notice => channel.Warning(MessageSensitivity.None, notice));
        return new MeshNodeTransformer(_host, Model.On(null, nodes with { Edges = list }));
    }

    /// <summary>The stage that adds each node's final state, a vector of so many numbers as the rule has channels, instead of its score: the node's
    /// features and those of its neighbourhood, as the trained model sees them, for another trainer to learn from.</summary>
    /// <param name="outputColumnName">The column to add.</param>
    public MeshNodeTransformer Embedding(string outputColumnName = "Embedding")
    {
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        return new MeshNodeTransformer(_host, Model.Embedding(outputColumnName));
    }

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Check(inputSchema);
        return BoundMapper.Extend(inputSchema, Model.Outputs.Columns);
    }

    /// <summary>Refuses: there is no such mapper.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => throw new NotSupportedException(
        "A graph's nodes are scored together, so this stage maps no single row: use Transform on the whole table.");

    /// <summary>The table with its scores, computed when they are first read.</summary>
    /// <param name="input">One row a cell.</param>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Check(input.Schema);
        var width = Model.Outputs.Width;
        return new NodeView(
            input, [Model.Nodes!.IdColumnName], Model.Outputs, () => Score(input), (scores, places) => scores.Values.AsSpan(places[0] * width, width));
    }

    /// <summary>A table of pairs of nodes with <c>Score</c>, <c>Probability</c> and <c>PredictedLabel</c>: how likely they are joined.</summary>
    /// <param name="nodes">One row a node.</param>
    /// <param name="pairs">One row a pair, in the order and number of your choice.</param>
    /// <param name="sourceColumnName">The pairs' column of one node, of a type that can name it.</param>
    /// <param name="targetColumnName">The column of the other.</param>
    /// <exception cref="InvalidOperationException">The model was trained to tell something else.</exception>
    public IDataView Links(IDataView nodes, IDataView pairs, string sourceColumnName = "Source", string targetColumnName = "Target")
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(pairs);
        if (Model.Task != MeshTask.NodeLinks)
            throw new InvalidOperationException($"Links are told by a model of the task {MeshTask.NodeLinks}, but this one is of {Model.Task}.");
        Check(nodes.Schema);
        pairs.Schema.Require("source", sourceColumnName, ColumnKind.Identity);
        pairs.Schema.Require("target", targetColumnName, ColumnKind.Identity);
        var width = Model.Outputs.Width;
        return new NodeView(pairs, [sourceColumnName, targetColumnName], new BinaryOutputs(), () => Score(nodes), (scores, places) => new[]
        {
            (float)GaryMesh.Links.Logit(scores.Values.AsSpan(places[0] * width, width), scores.Values.AsSpan(places[1] * width, width)),
        });
    }

    void ICanSaveModel.Save(ModelSaveContext ctx) => throw new NotSupportedException(
        "ML.NET's own format keeps stages that map row to row, but a graph's nodes are scored together: keep this stage with transformer.Model.Save(path) and bring it back with MeshModel.Load(path).CreateTransformer(mlContext).");

    private void Check(DataViewSchema schema)
    {
        schema.Require("id", Model.Nodes!.IdColumnName, ColumnKind.Identity);
        Model.Layout.Require(schema, "feature", cells: 1);
    }

    private NodeScores Score(IDataView input)
    {
        using var channel = _host.Start("Scoring nodes");
        var rows = NodeRows.Read(input, Model.Nodes!, Model.Layout, Model.Network.Shape.Missing);
        channel.Trace(MessageSensitivity.None, "{0} cells, {1} edges", rows.Graph.Cells, rows.Graph.Edges);
        using var predictor = new Predictor(Model.Network, rows.Graph);
        var width = Model.Outputs.Width;
        var byCell = new float[rows.Graph.Cells * width];
        if (Model.Choice is null)
        {
            predictor.Score(rows.Features, byCell);
            Model.Finish(byCell);
        }
        else
        {
            predictor.State(rows.Features, byCell);
        }

        var byRow = new float[byCell.Length];
        for (var row = 0; row < rows.Places.Length; row++)
            byCell.AsSpan(rows.Places[row] * width, width).CopyTo(byRow.AsSpan(row * width));
        return new NodeScores(rows.Ids, byRow);
    }
}
