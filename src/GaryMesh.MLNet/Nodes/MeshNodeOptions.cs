// The options where rows are the cells of one graph.
using Microsoft.ML;

namespace GaryMesh.MLNet;

/// <summary>Options of the trainers whose rows are the cells of a graph.</summary>
public abstract class MeshNodeOptions : MeshTrainerOptions
{
    private protected MeshNodeOptions()
    {
        EncoderUnits = 64;
        EncodedValues = 32;
        Channels = 32;
        HiddenUnits = 64;
        Steps = 8;
        RuleStart = RuleStart.OfDiffusion(1, 0.1);
        RuleLearningRateFactor = 0.003;
        NumberOfEpochs = 200;
        BatchSize = 1;
        LearningRate = 0.01;
        LearningRateSchedule = RateSchedule.Constant;
        WeightDecay = 0;
        WeightAveraging = 0;
        L2Regularization = 5e-4;
        FeatureDropout = 0.8;
        HiddenDropout = 0.8;
        EarlyStoppingRounds = 100;
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

    /// <summary>The edges' column of weights (Single), or null.</summary>
    public string? EdgeWeightColumnName;

    /// <summary>The edges' column of vectors from source to target (two or three Singles), or null.</summary>
    public string? EdgeDirectionColumnName;

    /// <summary>Whether the target alone sees the source; otherwise an edge is seen from both its ends.</summary>
    public bool Directed;

    /// <summary>Whether an edge that names a cell without a row is left out, instead of refused.</summary>
    public bool SkipUnknownNodes;

    /// <summary>Whether each row's features are divided by their sum (bags of words), instead of each column scaled to mean 0 and
    /// standard deviation 1.</summary>
    public bool NormalizeRows = true;
}
