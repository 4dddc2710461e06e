// A trained model with all that a stage needs to run it.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Models;
using Microsoft.ML.Data;

namespace GaryMesh.MLNet;

/// <summary>
/// A trained model of a GaryMesh stage: encoder, rule and readout, their graph, and their columns.
/// </summary>
/// <remarks>
/// A file written by <see cref="Save(string)"/> brings back everything: the stage's own type, slot names, annotations, and
/// for models of nodes the edges. <c>mlContext.Model.Save</c> keeps a pipeline with stock ML.NET parts in a form that any
/// process reads.
/// </remarks>
public sealed partial class MeshModel
{
    internal MeshModel(MeshTask task, Model network, MeshGraph? graph, FeatureLayout layout)
    {
        Task = task;
        Network = network;
        Graph = graph;
        Layout = layout;
    }

    /// <summary>What the model was made for.</summary>
    public MeshTask Task { get; }

    /// <summary>Encoder, rollout and readout with their parameters, as the core has them.</summary>
    public Model Network { get; }

    /// <summary>The graph of the rows' cells; null for models of nodes, which run on whatever graph their table is, and where each row is a graph.</summary>
    public MeshGraph? Graph { get; }

    /// <summary>The column of features, or the first of several.</summary>
    public string FeatureColumnName => Layout.Names[0];

    /// <summary>The columns of features, which are put together cell by cell where they are several.</summary>
    public IReadOnlyList<string> FeatureColumnNames => Layout.Names;

    /// <summary>Number of trained parameters; it does not depend on the graph.</summary>
    public int ParameterCount => Network.ParameterCount;

    /// <summary>Number of values in a row's feature columns; where each row is a graph, of one cell of it.</summary>
    public int FeatureCount => Layout.Features * (Graph?.Cells ?? 1);

    internal FeatureLayout Layout { get; }

    /// <summary>The type of the column of features, or of the first of several.</summary>
    internal DataViewType FeatureColumnType => Table is not null ? new VectorDataViewType(NumberDataViewType.Single) : new VectorDataViewType(NumberDataViewType.Single, Layout.PerCell[0] * (Graph?.Cells ?? 1));

    /// <summary>Which parts of the final states are features, for <see cref="MeshTask.Features"/>.</summary>
    internal FeatureChoice? Choice { get; init; }

    /// <summary>The classes' names, where they have any.</summary>
    internal KeyNames? Classes { get; init; }

    /// <summary>The table's columns and the edges between its rows, for models of nodes.</summary>
    internal NodeTable? Nodes { get; init; }

    /// <summary>The columns of a row's edges, and what its cells are told of them, for models of graphs.</summary>
    internal GraphTable? Table { get; init; }

    /// <summary>The columns that a stage with this model adds.</summary>
    internal Outputs Outputs => field ??=
        Choice?.Outputs(Graph?.Cells ?? 1) ?? Task.Outputs(Network.Shape.OutputsOn(Graph?.Cells ?? 1), Classes);

    /// <summary>The same model for rows of another graph, or for another table of nodes, its parameters untouched.</summary>
    internal MeshModel On(MeshGraph? graph, NodeTable? nodes = null)
    {
        graph?.Graph.CheckWeights(Network.Shape.Perception);
        nodes?.Edges.CheckWeights(Network.Shape.Perception);
        return new(Task, Network, graph, Layout) { Choice = Choice, Classes = Classes, Nodes = nodes };
    }

    /// <summary>The same model of nodes, whose outputs are the cells' final states.</summary>
    internal MeshModel Embedding(string column) => new(MeshTask.NodeFeatures, Network, Graph, Layout)
    {
        Choice = new FeatureChoice(column, [.. Enumerable.Range(0, Network.Shape.Channels)], Pooled: false),
        Nodes = Nodes,
    };

    /// <summary>Makes of the network's outputs what columns show: probabilities of classes, where there are any.</summary>
    internal void Finish(Span<float> outputs)
    {
        if (Network.Shape.Head.IsSoftmax)
            Network.Shape.Head.Probabilities(outputs, Network.Shape.Outputs, outputs);
    }
}
