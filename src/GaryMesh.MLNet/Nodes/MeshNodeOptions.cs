// The options where rows are the cells of one graph.
using GaryMesh.MLNet.Data;
using GaryMesh.MLNet.Nodes;
using Microsoft.ML;

namespace GaryMesh.MLNet;

/// <summary>How the features of nodes are scaled within the model.</summary>
public enum FeatureNormalization
{
    /// <summary>By row, where the features are not negative, mostly zero, and of similar size, as bags of words are; otherwise by column.</summary>
    ByData,

    /// <summary>Each row's features are divided by their sum.</summary>
    Rows,

    /// <summary>Each column is scaled to mean 0 and standard deviation 1.</summary>
    Columns,
}

/// <summary>Options of the trainers whose rows are the cells of a graph.</summary>
/// <remarks>The rule starts as diffusion of the encoded features and stays so, unless <see cref="MeshOptions.RuleLearningRateFactor"/> is above 0: a
/// few labels train an encoder, but no better propagation. Where neighbours differ rather than agree, let it learn.
/// A graph is one row, so that <see cref="MeshOptions.BatchSize"/> has no effect. <see cref="MeshOptions.FeatureDropout"/> is NaN, which means 0.8 where features are scaled by row and 0 where they are scaled by column.</remarks>
public abstract class MeshNodeOptions : MeshTrainerOptions
{
    private protected MeshNodeOptions()
    {
        EncoderUnits = 256;
        EncodedValues = 32;
        Channels = 32;
        HiddenUnits = 64;
        Steps = 8;
        RuleStart = RuleStart.OfDiffusion(1, 0.1);
        RuleLearningRateFactor = 0;
        NumberOfEpochs = 200;
        BatchSize = 1;
        LearningRate = 0.01;
        LearningRateSchedule = RateSchedule.Constant;
        WeightDecay = 0;
        WeightAveraging = 0;
        L2Regularization = 5e-4;
        FeatureDropout = double.NaN;
        HiddenDropout = 0.8;
        EarlyStoppingRounds = 100;
    }

    // Words are many and each says little; a measurement is not to be missed.
    private protected override double FeatureDropoutOf(bool rows) => !double.IsNaN(FeatureDropout) ? FeatureDropout : rows ? 0.8 : 0;

    // A readout that learns beside the encoder fits the few labels and tells others worse, whatever dropout does.
    private protected override double ReadoutFactorOf(ModelShape shape)
    {
        var fits = shape.Outputs <= shape.Channels && shape is { ReadoutHidden: 0, SkipConnection: false };

        if (ReadoutLearningRateFactor == 0 && !fits)
        {
            throw new ArgumentException(
                $"The option ReadoutLearningRateFactor is 0, so that each output is read off a channel, but there are {shape.Outputs} outputs and {shape.Channels} channels, "
                + $"{ReadoutUnits} readout units, and a skip connection is {(SkipConnection ? "on" : "off")}.", nameof(ReadoutLearningRateFactor));
        }

        return ReadoutLearningRateFactor ?? (RuleLearningRateFactor == 0 && fits ? 0 : 1);
    }

    /// <summary>One row an edge: a source, a target, and where wanted a weight or a direction.</summary>
    public IDataView Edges = null!;

    /// <summary>The column that names each row's cell: text, a key or a whole number, matched by value.</summary>
    public string IdColumnName = "Id";

    /// <summary>The column that says which rows are for training and which for validation (text or a key), or null: all labelled
    /// rows are for training. Labels of other rows are not looked at.</summary>
    public string? SplitColumnName;

    /// <summary>The split column's value of training rows.</summary>
    public string TrainingSplit = "train";

    /// <summary>The split column's value of validation rows.</summary>
    public string ValidationSplit = "valid";

    /// <summary>The edges' column of the cell whose message the target receives, as in PyTorch Geometric and DGL.</summary>
    public string SourceColumnName = "Source";

    /// <summary>The edges' column of the cell that sees the source.</summary>
    public string TargetColumnName = "Target";

    /// <summary>The edges' column of weights (Single, at least 0; their unit does not matter), or null.</summary>
    public string? EdgeWeightColumnName;

    /// <summary>The edges' column of vectors from source to target (two or three Singles), or null.</summary>
    public string? EdgeDirectionColumnName;

    /// <summary>Whether the target alone sees the source; otherwise an edge is seen from both its ends.</summary>
    public bool Directed;

    /// <summary>Whether an edge that names a cell without a row is left out, instead of refused.</summary>
    public bool SkipUnknownNodes;

    /// <summary>The scale of the features in the model: by row, by column, or by what they are.</summary>
    public FeatureNormalization Normalization = FeatureNormalization.ByData;

    /// <summary>The columns of nodes and the edges between them.</summary>
    internal NodeTable Table(Action<string> warn)
    {
        var columns = new EdgeColumns(SourceColumnName, TargetColumnName, EdgeWeightColumnName, EdgeDirectionColumnName, Directed);
        return new NodeTable(IdColumnName, EdgeList.Read(Edges, columns).Merged(warn), SkipUnknownNodes);
    }

    /// <summary>How the features of these nodes are scaled.</summary>
    internal Scaling ScalingOf(ModelShape shape, Graph graph, ModelData data, float[] features, Action<string> trace)
    {
        var rows = Normalization == FeatureNormalization.Rows
            || (Normalization == FeatureNormalization.ByData && Counts.AreCounts(features, shape.Features));
        trace(rows ? "Features are divided by their row's sum" : "Features are scaled column by column");
        return rows ? Scaling.Sums(shape) : Scaling.OfData(shape, graph.Cells, data);
    }
}
