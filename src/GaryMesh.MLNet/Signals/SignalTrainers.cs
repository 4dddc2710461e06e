// The trainers of signals: the outputs are the mean of the cells' outputs, or each cell's own.
using Microsoft.ML.Runtime;

namespace GaryMesh.MLNet;

/// <summary>Classifies signals over a graph into two or more classes.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Trainer characteristics
///
/// | | |
/// | -- | -- |
/// | Machine learning task | Multiclass classification |
/// | Is normalization required? | No |
/// | Is caching required? | No |
/// | Required NuGet in addition to Microsoft.ML | GaryMesh.MLNet |
/// | Exportable to ONNX | No |
///
/// ### Input and output columns
///
/// | Column | Type | |
/// | -- | -- | -- |
/// | Label | key | the class |
/// | Features | known-size vector of Single | cells x k values, cell by cell |
/// | Weight | Single | optional |
/// | PredictedLabel | key | the likeliest class |
/// | Score | vector of Single | the probability of each class |
/// ]]></format>
/// Every cell runs the same rule for a few steps and gives logits; their mean over the cells are the logits of the classes,
/// trained under cross-entropy. The number of parameters does not depend on the number of cells.
/// </remarks>
public sealed class MeshMulticlassTrainer : MeshTrainer
{
    /// <summary>Trains with the given options, under <paramref name="env"/> (an <c>MLContext</c> is one).</summary>
    public MeshMulticlassTrainer(IHostEnvironment env, Options options)
        : base(env, options, MeshTask.Multiclass)
    {
    }

    /// <summary>Options of <see cref="MeshMulticlassTrainer"/>.</summary>
    public sealed class Options : MeshSignalOptions
    {
        /// <summary>Label smoothing: the fraction of each label that is distributed over all classes in training.</summary>
        public double LabelSmoothing = 0.1;

        /// <summary>Whether each class counts the same in all, however many rows it has.</summary>
        public bool BalanceClasses;

        internal override bool Balances => BalanceClasses;

        internal override Head Objective => Head.OfSoftmax(LabelSmoothing);

        internal override void Check()
        {
            base.Check();
            Require(LabelSmoothing is >= 0 and < 1, nameof(LabelSmoothing), "at least 0 and below 1", LabelSmoothing);
        }
    }
}

/// <summary>Binary classification of signals over a graph.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Trainer characteristics
///
/// | | |
/// | -- | -- |
/// | Machine learning task | Binary classification |
/// | Is normalization required? | No |
/// | Is caching required? | No |
/// | Required NuGet in addition to Microsoft.ML | GaryMesh.MLNet |
/// | Exportable to ONNX | No |
///
/// ### Input and output columns
///
/// | Column | Type | |
/// | -- | -- | -- |
/// | Label | Boolean | |
/// | Features | known-size vector of Single | cells x k values, cell by cell |
/// | Weight | Single | optional |
/// | PredictedLabel | Boolean | whether the score is positive |
/// | Score | Single | the logit |
/// | Probability | Single | of a positive label |
/// ]]></format>
/// </remarks>
public sealed class MeshBinaryTrainer : MeshTrainer
{
    /// <summary>Trains with the given options, under <paramref name="env"/> (an <c>MLContext</c> is one).</summary>
    public MeshBinaryTrainer(IHostEnvironment env, Options options)
        : base(env, options, MeshTask.Binary)
    {
    }

    /// <summary>Options of <see cref="MeshBinaryTrainer"/>.</summary>
    public sealed class Options : MeshSignalOptions
    {
        /// <summary>Whether each class counts the same in all, however many rows it has.</summary>
        public bool BalanceClasses;

        internal override bool Balances => BalanceClasses;

        internal override Head Objective => Head.Logistic;
    }
}

/// <summary>Predicts a number from a signal over a graph.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Trainer characteristics
///
/// | | |
/// | -- | -- |
/// | Machine learning task | Regression |
/// | Is normalization required? | No |
/// | Is caching required? | No |
/// | Required NuGet in addition to Microsoft.ML | GaryMesh.MLNet |
/// | Exportable to ONNX | No |
///
/// ### Input and output columns
///
/// | Column | Type | |
/// | -- | -- | -- |
/// | Label | Single | |
/// | Features | known-size vector of Single | cells x k values, cell by cell |
/// | Weight | Single | optional |
/// | Score | Single | in the label's unit |
/// ]]></format>
/// </remarks>
public sealed class MeshRegressionTrainer : MeshTrainer
{
    /// <summary>Trains with the given options, under <paramref name="env"/> (an <c>MLContext</c> is one).</summary>
    public MeshRegressionTrainer(IHostEnvironment env, Options options)
        : base(env, options, MeshTask.Regression)
    {
    }

    /// <summary>Options of <see cref="MeshRegressionTrainer"/>.</summary>
    public sealed class Options : MeshSignalOptions
    {
        /// <summary>The loss: squared, absolute or Huber.</summary>
        public Head Loss = Head.Squared;

        internal override Head Objective => Loss;
    }
}

/// <summary>Predicts numbers for every cell of a snapshot: forecasts or fills in a whole sensor network a row.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Trainer characteristics
///
/// | | |
/// | -- | -- |
/// | Machine learning task | Regression with many outputs |
/// | Is normalization required? | No |
/// | Is caching required? | No |
/// | Required NuGet in addition to Microsoft.ML | GaryMesh.MLNet |
/// | Exportable to ONNX | No |
///
/// ### Input and output columns
///
/// | Column | Type | |
/// | -- | -- | -- |
/// | Label | known-size vector of Single | cells x m numbers, cell by cell; NaN does not count |
/// | Features | known-size vector of Single | cells x k values, cell by cell; NaN was not measured |
/// | Weight | Single | optional |
/// | Score | vector of Single | cells x m numbers in the label's unit |
/// ]]></format>
/// </remarks>
public sealed class MeshFieldTrainer : MeshTrainer
{
    /// <summary>Trains with the given options, under <paramref name="env"/> (an <c>MLContext</c> is one).</summary>
    public MeshFieldTrainer(IHostEnvironment env, Options options)
        : base(env, options, MeshTask.Field)
    {
    }

    /// <summary>Options of <see cref="MeshFieldTrainer"/>.</summary>
    public sealed class Options : MeshSignalOptions
    {
        /// <summary>Features may be missing unless this is taken back.</summary>
        public Options()
        {
            HandleMissingValues = true;
            MissingRate = 0.1;
            EncoderUnits = 64;
            EncodedValues = 24;
            Channels = 24;
            HiddenUnits = 64;
            Steps = 4;
            NumberOfEpochs = 20;
            BatchSize = 16;
        }

        internal override Head Objective => Loss;

        private protected override ModelShape Adapt(ModelShape shape) =>
            ResidualFeatures is { Length: > 0 } features ? shape.WithResidual(features) : shape;

        // Random-walk normalisation: a node's degree does not scale its input.
        private protected override Perception Undirected => new(
            [Operator.Own, Operator.Of(EdgeWeight.RandomWalk, Messages.Value, Aggregation.Sum)]);

        /// <summary>The loss: squared, absolute or Huber.</summary>
        public Head Loss = Head.OfHuber(2);

        /// <summary>Of a cell's features (0 to k - 1) those to which its outputs are added, the first that was measured: a
        /// forecast is then the change of the last value. Null for none.</summary>
        public int[]? ResidualFeatures;
    }
}
