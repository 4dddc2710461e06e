// The trainer that learns which nodes of a graph are joined.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Nodes;
using GaryMesh.MLNet.Training;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace GaryMesh.MLNet;

/// <summary>Learns which nodes of a graph are joined, from their features and the edges that are known: no label is needed.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// | | |
/// | -- | -- |
/// | Machine learning task | Link prediction |
/// | Input columns | Id (text, key or whole number), Features (known-size vector of Single) |
/// | Output column | Score (vector of Single): two nodes are joined the likelier, the smaller the angle between their scores |
/// | Exportable to ONNX | No |
/// ]]></format>
/// A graph autoencoder: each epoch tells the known edges from as many pairs drawn at random. <see cref="MeshNodeTransformer.Links"/> scores
/// pairs with the logit 6 (cosine - 1/2), its probability, and whether it is positive. A part of the edges is held out for early
/// stopping, of the messages too; the finished model sees all of them.
/// </remarks>
public sealed class MeshLinkTrainer : IEstimator<MeshNodeTransformer>
{
    private readonly Fitting _fitting;
    private readonly Options _options;

    /// <summary>Trains with the given options, under <paramref name="env"/> (an <c>MLContext</c> is one).</summary>
    public MeshLinkTrainer(IHostEnvironment env, Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Edges is null)
            throw new ArgumentNullException(nameof(options), "A GaryMesh trainer of links needs the edges that are known: set Options.Edges.");
        ArgumentException.ThrowIfNullOrEmpty(options.IdColumnName);
        _fitting = new Fitting(env, nameof(MeshLinkTrainer), options);
        _options = options;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        inputSchema.Require("id", _options.IdColumnName, ColumnKind.Identity);
        foreach (var name in _options.FeatureColumns)
            inputSchema.Require("feature", name, _options.FeatureKind);
        return inputSchema.With(MeshTask.NodeLinks.Outputs(_options.EmbeddingSize, null).Columns.Select(Shapes.Of));
    }

    /// <summary>Trains on a table of nodes.</summary>
    /// <param name="input">One row a node.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or of another type than it must be.</exception>
    /// <exception cref="InvalidOperationException">An edge names a node that no row has, two rows name the same node, or no two nodes are
    /// joined.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    public MeshNodeTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var table = _options.Table(_fitting.Warn);
        var layout = FeatureLayout.Of(input.Schema, "feature", _options.FeatureColumns, cells: 1);
        var (_, _, graph, features) = NodeRows.Read(input, table, layout, _options.HandleMissingValues);
        var pairs = LinkPairs.Of(graph);
        if (pairs.Length == 0)
            throw new InvalidOperationException("No two nodes of the table are joined, so there is no link to learn from.");

        new Random(_fitting.SplitSeed).Shuffle(pairs);
        var count = (int)(_options.ValidationFraction * pairs.Length);
        var (held, known) = (pairs[..count], pairs[count..]);
        var seen = held.Length == 0 ? graph : LinkPairs.Without(graph, held);
        table.Edges.CheckWeights(_options.PerceptionOn(graph));
        var shape = _options.Shape(seen, layout.Features, _options.Objective, _options.EmbeddingSize, Pooling.Cells, _options.HandleMissingValues);
        var links = new Links(graph.Cells, [.. known.Select(pair => pair.One)], [.. known.Select(pair => pair.Other)], (ulong)_fitting.SplitSeed);
        var training = new ModelData(features, links);
        var validation = held.Length == 0
            ? null
            : new ModelData(features, links.Others([.. held.Select(pair => pair.One)], [.. held.Select(pair => pair.Other)]));
        var trained = _fitting.Run(shape, _options.ScalingOf(shape, graph, training, features, _fitting.Trace), seen, training, validation);
        return new MeshNodeTransformer(_fitting.Host, new MeshModel(MeshTask.NodeLinks, trained, null, layout) { Nodes = table });
    }

    /// <summary>Options of <see cref="MeshLinkTrainer"/>: those of nodes, but for labels, splits and weights of rows.</summary>
    public sealed class Options : MeshNodeOptions
    {
        /// <summary>Numbers in a node's score.</summary>
        public int EmbeddingSize = 32;

        /// <summary>Fraction of the edges that are held out for early stopping; 0 for none.</summary>
        public double ValidationFraction = 0.05;

        /// <summary>A node sees three edges far, remembers its own features more than where labels are told, and its encoder is linear.</summary>
        public Options()
        {
            EncoderUnits = 0;
            Steps = 3;
            RuleStart = RuleStart.OfDiffusion(1, 0.3);
            L2Regularization = 0;
            HiddenDropout = 0;
            ReadoutLearningRateFactor = 1;
        }

        internal override Head Objective => Head.Logistic;

        internal override void Check()
        {
            base.Check();
            Require(EmbeddingSize >= 1, nameof(EmbeddingSize), "at least 1", EmbeddingSize);
            Require(ValidationFraction is >= 0 and < 1, nameof(ValidationFraction), "at least 0 and below 1", ValidationFraction);
            if ((SplitColumnName ?? ExampleWeightColumnName) is { } column)
                throw new ArgumentException($"Links are learnt from edges, which column '{column}' says nothing of: leave SplitColumnName and ExampleWeightColumnName null.", nameof(SplitColumnName));
        }
    }
}
