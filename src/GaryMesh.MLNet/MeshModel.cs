// A trained model with all that a stage needs to run it, and its file.
using System.Collections.Concurrent;
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Nodes;
using GaryMesh.MLNet.Rows;
using GaryMesh.MLNet.Saving;
using Microsoft.ML;

namespace GaryMesh.MLNet;

/// <summary>
/// What a GaryMesh stage has learnt: encoder, rule and readout, the graph they ran on, and the columns they speak of.
/// </summary>
/// <remarks>
/// A file written by <see cref="Save(string)"/> brings back everything: the stage's own type, slot names, annotations, and
/// for models of nodes the edges. <c>mlContext.Model.Save</c> keeps a pipeline with stock ML.NET parts in a form that any
/// process reads.
/// </remarks>
public sealed class MeshModel
{
    private readonly ConcurrentBag<Scorer> _idle = [];

    internal MeshModel(MeshTask task, Model network, MeshGraph? graph, string featureColumnName)
    {
        Task = task;
        Network = network;
        Graph = graph;
        FeatureColumnName = featureColumnName;
    }

    /// <summary>What the model was made for.</summary>
    public MeshTask Task { get; }

    /// <summary>Encoder, rollout and readout with their parameters, as the core has them.</summary>
    public Model Network { get; }

    /// <summary>The graph of the rows' cells; null for models of nodes, which run on whatever graph their table is.</summary>
    public MeshGraph? Graph { get; }

    /// <summary>The column of features.</summary>
    public string FeatureColumnName { get; }

    /// <summary>Number of trained parameters; it does not depend on the graph.</summary>
    public int ParameterCount => Network.ParameterCount;

    /// <summary>Number of values in a row's feature column.</summary>
    public int FeatureCount => Network.Shape.Features * (Graph?.Cells ?? 1);

    /// <summary>The column of features made, for <see cref="MeshTask.Features"/>.</summary>
    internal string? OutputColumnName { get; init; }

    /// <summary>Which parts of the final states are features, for <see cref="MeshTask.Features"/>.</summary>
    internal FeatureChoice? Choice { get; init; }

    /// <summary>The classes' names, where they have any.</summary>
    internal KeyNames? Classes { get; init; }

    /// <summary>The table's columns and the edges between its rows, for models of nodes.</summary>
    internal NodeTable? Nodes { get; init; }

    /// <summary>The columns that a stage with this model adds.</summary>
    internal Outputs Outputs => field ??= Task switch
    {
        MeshTask.Features => new FeatureOutputs(OutputColumnName!, Choice!.Slots(Graph!.Cells)),
        MeshTask.Multiclass or MeshTask.NodeMulticlass => new MulticlassOutputs(Network.Shape.Outputs, Classes),
        MeshTask.Binary => new BinaryOutputs(),
        MeshTask.Field => new FieldOutputs(Network.Shape.Outputs * Graph!.Cells),
        _ => new RegressionOutputs(),
    };

    /// <summary>Writes the model to a file, replacing one that stands there only once the new one is complete.</summary>
    /// <param name="path">The file, <c>.npz</c> by custom; NumPy opens it.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => SafeFile.Write(path, Save);

    /// <summary>Writes the model to a stream.</summary>
    /// <param name="stream">The stream; left open.</param>
    public void Save(Stream stream) => MeshModelFile.Write(stream, this);

    /// <summary>Reads a model that <see cref="Save(string)"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file holds no model, is cut short, or is of a newer format.</exception>
    /// <exception cref="IOException">The file is missing or cannot be opened.</exception>
    public static MeshModel Load(string path)
    {
        using var stream = File.OpenRead(path);
        return Load(stream, path);
    }

    /// <summary>Reads a model from a stream's position to its end.</summary>
    /// <param name="stream">The stream; left open.</param>
    /// <param name="name">What to call the stream in messages.</param>
    /// <exception cref="InvalidDataException">The stream holds no model, is cut short, or is of a newer format.</exception>
    public static MeshModel Load(Stream stream, string name) => MeshModelFile.Read(stream, name);

    /// <summary>The stage that runs the model: <see cref="MeshFeaturizingTransformer"/>, <see cref="MeshPredictionTransformer"/>
    /// or <see cref="MeshNodeTransformer"/> by its <see cref="Task"/>.</summary>
    /// <param name="mlContext">The context, for messages.</param>
    public ITransformer CreateTransformer(MLContext mlContext)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return Task switch
        {
            MeshTask.Features => new MeshFeaturizingTransformer(this),
            MeshTask.NodeMulticlass or MeshTask.NodeRegression => new MeshNodeTransformer(mlContext, this),
            _ => new MeshPredictionTransformer(this),
        };
    }

    /// <summary>The same model for rows of another graph, its parameters untouched.</summary>
    internal MeshModel On(MeshGraph graph) => new(Task, Network, graph, FeatureColumnName)
    {
        OutputColumnName = OutputColumnName,
        Choice = Choice,
        Classes = Classes,
    };

    /// <summary>A scorer for one reader of rows; <see cref="Return"/> it for the next.</summary>
    internal Scorer Rent() => _idle.TryTake(out var scorer) ? scorer : new Scorer(this);

    internal void Return(Scorer scorer) => _idle.Add(scorer);
}
