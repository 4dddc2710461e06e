// The trainers of graphs: the outputs of a row's cells are pooled to the row's.
using Microsoft.ML.Runtime;

namespace GaryMesh.MLNet;

/// <summary>Classifies graphs into two or more classes.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Trainer characteristics
///
/// | | |
/// | -- | -- |
/// | Machine learning task | Multiclass classification of graphs |
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
/// | Features | vector of Single, of variable size | k values for each cell of the row's graph |
/// | Edges | vector of Int32, of variable size | source, target, source, target, ... |
/// | Weight | Single | optional |
/// | PredictedLabel | key | the likeliest class |
/// | Score | vector of Single | the probability of each class |
/// ]]></format>
/// </remarks>
public sealed class MeshGraphMulticlassTrainer : MeshGraphTrainer
{
    /// <summary>Trains with the given options, under <paramref name="env"/> (an <c>MLContext</c> is one).</summary>
    public MeshGraphMulticlassTrainer(IHostEnvironment env, Options options)
        : base(env, options, MeshTask.GraphMulticlass)
    {
    }

    /// <summary>Options of <see cref="MeshGraphMulticlassTrainer"/>.</summary>
    public sealed class Options : MeshGraphOptions
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

/// <summary>Binary classification of graphs.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Trainer characteristics
///
/// | | |
/// | -- | -- |
/// | Machine learning task | Binary classification of graphs |
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
/// | Features | vector of Single, of variable size | k values for each cell of the row's graph |
/// | Edges | vector of Int32, of variable size | source, target, source, target, ... |
/// | Weight | Single | optional |
/// | PredictedLabel | Boolean | whether the score is positive |
/// | Score | Single | the logit |
/// | Probability | Single | of a positive label |
/// ]]></format>
/// </remarks>
public sealed class MeshGraphBinaryTrainer : MeshGraphTrainer
{
    /// <summary>Trains with the given options, under <paramref name="env"/> (an <c>MLContext</c> is one).</summary>
    public MeshGraphBinaryTrainer(IHostEnvironment env, Options options)
        : base(env, options, MeshTask.GraphBinary)
    {
    }

    /// <summary>Options of <see cref="MeshGraphBinaryTrainer"/>.</summary>
    public sealed class Options : MeshGraphOptions
    {
        /// <summary>Whether each class counts the same in all, however many rows it has.</summary>
        public bool BalanceClasses;

        internal override bool Balances => BalanceClasses;

        internal override Head Objective => Head.Logistic;
    }
}

/// <summary>Predicts a number from a graph.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Trainer characteristics
///
/// | | |
/// | -- | -- |
/// | Machine learning task | Regression on graphs |
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
/// | Features | vector of Single, of variable size | k values for each cell of the row's graph |
/// | Edges | vector of Int32, of variable size | source, target, source, target, ... |
/// | Weight | Single | optional |
/// | Score | Single | in the label's unit |
/// ]]></format>
/// </remarks>
public sealed class MeshGraphRegressionTrainer : MeshGraphTrainer
{
    /// <summary>Trains with the given options, under <paramref name="env"/> (an <c>MLContext</c> is one).</summary>
    public MeshGraphRegressionTrainer(IHostEnvironment env, Options options)
        : base(env, options, MeshTask.GraphRegression)
    {
    }

    /// <summary>Options of <see cref="MeshGraphRegressionTrainer"/>.</summary>
    public sealed class Options : MeshGraphOptions
    {
        /// <summary>The loss: squared, absolute or Huber.</summary>
        public Head Loss = Head.Squared;

        internal override Head Objective => Loss;
    }
}
