// The trainers of nodes: the outputs are each cell's own.
using Microsoft.ML.Runtime;

namespace GaryMesh.MLNet;

/// <summary>Classifies the nodes of a graph from their features and their neighbours'.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Trainer characteristics
///
/// | | |
/// | -- | -- |
/// | Machine learning task | Multiclass classification of the nodes of a graph |
/// | Is normalization required? | No |
/// | Is caching required? | No |
/// | Required NuGet in addition to Microsoft.ML | GaryMesh.MLNet |
/// | Exportable to ONNX | No |
///
/// ### Input and output columns
///
/// | Column | Type | |
/// | -- | -- | -- |
/// | Id | text, key or whole number | the cell's name in the edges |
/// | Label | key | the class; missing where it is not known |
/// | Features | known-size vector of Single | |
/// | Split | text or key | optional: `train`, `valid`, anything else |
/// | Weight | Single | optional |
/// | PredictedLabel | key | the likeliest class |
/// | Score | vector of Single | the probability of each class |
/// ]]></format>
/// The rule is plain diffusion of the encoded features over the graph; encoder and readout are trained. `CrossValidate` and
/// `TrainTestSplit` take rows away, and neighbours with them: mark the rows in a split column instead.
/// </remarks>
public sealed class MeshNodeMulticlassTrainer : MeshNodeTrainer
{
    /// <summary>Trains with the given options, under <paramref name="env"/> (an <c>MLContext</c> is one).</summary>
    public MeshNodeMulticlassTrainer(IHostEnvironment env, Options options)
        : base(env, options, MeshTask.NodeMulticlass)
    {
    }

    /// <summary>Options of <see cref="MeshNodeMulticlassTrainer"/>.</summary>
    public sealed class Options : MeshNodeOptions
    {
        /// <summary>Label smoothing: the fraction of each label that is distributed over all classes in training.</summary>
        public double LabelSmoothing;

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

/// <summary>Binary classification of the nodes of a graph from their features and their neighbours'.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Trainer characteristics
///
/// | | |
/// | -- | -- |
/// | Machine learning task | Binary classification of the nodes of a graph |
/// | Is normalization required? | No |
/// | Is caching required? | No |
/// | Required NuGet in addition to Microsoft.ML | GaryMesh.MLNet |
/// | Exportable to ONNX | No |
///
/// ### Input and output columns
///
/// | Column | Type | |
/// | -- | -- | -- |
/// | Id | text, key or whole number | the cell's name in the edges |
/// | Label | Boolean | |
/// | Features | known-size vector of Single | |
/// | Split | text or key | optional: `train`, `valid`, anything else |
/// | Weight | Single | optional |
/// | PredictedLabel | Boolean | whether the score is positive |
/// | Score | Single | the logit |
/// | Probability | Single | of a positive label |
/// ]]></format>
/// A Boolean is never missing: rows whose label is not known are in a split of another name. `BalanceClasses` makes few positives count as much as many
/// negatives, for the price that `Probability` is no longer their frequency.
/// </remarks>
public sealed class MeshNodeBinaryTrainer : MeshNodeTrainer
{
    /// <summary>Trains with the given options, under <paramref name="env"/> (an <c>MLContext</c> is one).</summary>
    public MeshNodeBinaryTrainer(IHostEnvironment env, Options options)
        : base(env, options, MeshTask.NodeBinary)
    {
    }

    /// <summary>Options of <see cref="MeshNodeBinaryTrainer"/>.</summary>
    public sealed class Options : MeshNodeOptions
    {
        /// <summary>Whether each class counts the same in all, however many rows it has.</summary>
        public bool BalanceClasses;

        internal override bool Balances => BalanceClasses;

        internal override Head Objective => Head.Logistic;
    }
}

/// <summary>Predicts a number for each node of a graph from its features and its neighbours'.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Trainer characteristics
///
/// | | |
/// | -- | -- |
/// | Machine learning task | Regression on the nodes of a graph |
/// | Is normalization required? | No |
/// | Is caching required? | No |
/// | Required NuGet in addition to Microsoft.ML | GaryMesh.MLNet |
/// | Exportable to ONNX | No |
///
/// ### Input and output columns
///
/// | Column | Type | |
/// | -- | -- | -- |
/// | Id | text, key or whole number | the cell's name in the edges |
/// | Label | Single | NaN where it is not known |
/// | Features | known-size vector of Single | |
/// | Split | text or key | optional: `train`, `valid`, anything else |
/// | Weight | Single | optional |
/// | Score | Single | in the label's unit |
/// ]]></format>
/// </remarks>
public sealed class MeshNodeRegressionTrainer : MeshNodeTrainer
{
    /// <summary>Trains with the given options, under <paramref name="env"/> (an <c>MLContext</c> is one).</summary>
    public MeshNodeRegressionTrainer(IHostEnvironment env, Options options)
        : base(env, options, MeshTask.NodeRegression)
    {
    }

    /// <summary>Options of <see cref="MeshNodeRegressionTrainer"/>.</summary>
    public sealed class Options : MeshNodeOptions
    {
        /// <summary>Columns are scaled, one by one, unless this is taken back: a number may depend on a row's sum. The rule is trained slowly.</summary>
        public Options()
        {
            Normalization = FeatureNormalization.Columns;
            RuleLearningRateFactor = 0.003;
        }

        /// <summary>The loss: squared, absolute or Huber.</summary>
        public Head Loss = Head.Squared;

        internal override Head Objective => Loss;
    }
}
