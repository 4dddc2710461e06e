// The options of a model and of its training.
using GaryMesh.MLNet.Data;

namespace GaryMesh.MLNet;

/// <summary>Options that all GaryMesh estimators share: the model's sizes and its training.</summary>
/// <remarks>
/// A model is an encoder (a cell's features to a few values), a rollout (the same small rule on every cell for some steps) and
/// a readout (a cell's state to its outputs). Every estimator has defaults of its own, which served on the data sets in the
/// documentation.
/// </remarks>
public abstract class MeshOptions
{
    /// <summary>The operators by which a cell perceives its neighbours; null for those that suit the graph: a lattice's eight
    /// neighbours one by one, the harmonics of the directions where edges have any, and a weighted sum where they have none.</summary>
    public Perception? Perception;

    /// <summary>Units of the encoder's hidden layer; 0 for none.</summary>
    public int EncoderUnits;

    /// <summary>Values that encode a cell's features; 0 for the features as they are.</summary>
    public int EncodedValues;

    /// <summary>Whether the encoding is an input of the rule at every step.</summary>
    public bool EncodingAsInput = true;

    /// <summary>Whether the encoding is the initial state of the first channels.</summary>
    public bool EncodingAsState = true;

    /// <summary>Whether the encoding skips the rollout and is an input of the readout, beside the final state.</summary>
    public bool SkipConnection;

    /// <summary>Numbers in a cell's state.</summary>
    public int Channels = 16;

    /// <summary>Hidden units of the rule.</summary>
    public int HiddenUnits = 64;

    /// <summary>Steps of the rollout: information travels this many edges.</summary>
    public int Steps = 8;

    /// <summary>Factor on the rule's change at each step.</summary>
    public double TimeStep = 1;

    /// <summary>How the rule is initialised.</summary>
    public RuleStart RuleStart = RuleStart.Zero;

    /// <summary>A trained model to go on from, of the same sizes, instead of new parameters; it brings the units of its features and outputs. Null for none.</summary>
    public MeshModel? InitialModel;

    /// <summary>Factor on the learning rate of the rule; 0 freezes the rule as it is initialised.</summary>
    public double RuleLearningRateFactor = 1;

    /// <summary>Factor on the learning rate of the readout; 0 freezes the readout as it is initialised. Null for 1, or where the classes of
    /// nodes diffuse themselves, 0: then each class is read off a channel of its own.</summary>
    public double? ReadoutLearningRateFactor;

    /// <summary>Units of the readout's hidden layer; 0 for none.</summary>
    public int ReadoutUnits;

    /// <summary>Passes over the training data.</summary>
    public int NumberOfEpochs = 30;

    /// <summary>Rows of a batch.</summary>
    public int BatchSize = 32;

    /// <summary>Adam's learning rate.</summary>
    public double LearningRate = 0.003;

    /// <summary>Learning rate schedule over the epochs.</summary>
    public RateSchedule LearningRateSchedule = RateSchedule.Cosine;

    /// <summary>Decoupled weight decay of all matrices (AdamW).</summary>
    public double WeightDecay = 0.01;

    /// <summary>L2 penalty of the encoder's first matrix.</summary>
    public double L2Regularization;

    /// <summary>Gradients are clipped to this norm; 0 for no clipping.</summary>
    public double MaximumGradientNorm = 1;

    /// <summary>Dropout rate of the features.</summary>
    public double FeatureDropout;

    /// <summary>Dropout rate of the encoder's hidden units.</summary>
    public double HiddenDropout;

    /// <summary>Dropout rate of the readout's inputs.</summary>
    public double StateDropout;

    /// <summary>Fraction of the measured features that count as missing at each training step.</summary>
    public double MissingRate;

    /// <summary>Fraction of the cells that update at a step of training; in prediction all do.</summary>
    public double TrainingFireRate = 1;

    /// <summary>Decay of the exponential moving average of the weights that is kept as the model; 0 for none.</summary>
    public double WeightAveraging = 0.99;

    /// <summary>Early stopping: epochs without a lower validation loss after which training stops and the best model is kept; 0 for never.</summary>
    public int EarlyStoppingRounds;

    /// <summary>Seed of this training; null to follow the seed of the <c>MLContext</c>.</summary>
    public int? Seed;

    /// <summary>Threads; null for one a processor. The result is the same for any number.</summary>
    public int? NumberOfThreads;

    /// <summary>Progress goes to <c>MLContext.Log</c> every so many epochs; 0 for never.</summary>
    public int ReportEvery = 10;

    /// <summary>Ends training with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken CancellationToken;

    /// <summary>Refuses options out of range by their names.</summary>
    internal virtual void Check()
    {
        foreach (var (name, value) in new[] { (nameof(Channels), Channels), (nameof(HiddenUnits), HiddenUnits), (nameof(Steps), Steps), (nameof(NumberOfEpochs), NumberOfEpochs), (nameof(BatchSize), BatchSize), (nameof(NumberOfThreads), NumberOfThreads ?? 1) })
            Require(value >= 1, name, "at least 1", value);
        foreach (var (name, value) in new[] { (nameof(EncoderUnits), EncoderUnits), (nameof(EncodedValues), EncodedValues), (nameof(ReadoutUnits), ReadoutUnits), (nameof(EarlyStoppingRounds), EarlyStoppingRounds), (nameof(ReportEvery), ReportEvery) })
            Require(value >= 0, name, "at least 0", value);
        foreach (var (name, value) in new[] { (nameof(WeightDecay), WeightDecay), (nameof(L2Regularization), L2Regularization), (nameof(MaximumGradientNorm), MaximumGradientNorm), (nameof(RuleLearningRateFactor), RuleLearningRateFactor), (nameof(ReadoutLearningRateFactor), ReadoutLearningRateFactor ?? 0) })
            Require(value >= 0 && double.IsFinite(value), name, "a finite number of at least 0", value);
        foreach (var (name, value) in new[] { (nameof(FeatureDropout), FeatureDropoutOf(rows: false)), (nameof(HiddenDropout), HiddenDropout), (nameof(StateDropout), StateDropout), (nameof(MissingRate), MissingRate), (nameof(WeightAveraging), WeightAveraging) })
            Require(value is >= 0 and < 1, name, "at least 0 and below 1", value);
        Require(LearningRate > 0 && double.IsFinite(LearningRate), nameof(LearningRate), "a finite number above 0", LearningRate);
        Require(double.IsFinite(TimeStep), nameof(TimeStep), "a finite number", TimeStep);
        Require(TrainingFireRate is > 0 and <= 1, nameof(TrainingFireRate), "above 0 and at most 1", TrainingFireRate);
    }

    private protected static void Require(bool holds, string option, string range, double value)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(option, FormattableString.Invariant($"The option {option} must be {range}, but is {value}."));
    }

    internal EngineOptions EngineOptions => new() { Threads = NumberOfThreads ?? 0 };

    /// <summary>Lattice rows are shifted at random by up to this many cells in each direction in training.</summary>
    private protected virtual int Shift => 0;

    /// <summary>The sizes of a model with these options.</summary>
    internal ModelShape Shape(Graph graph, int features, Head head, int outputs, Pooling pooling, bool missing)
    {
        var perception = PerceptionOn(graph);
        graph.CheckWeights(perception);
        return Adapt(ModelShape.Of(perception, features, head, outputs, pooling)
            .WithMissing(missing)
            .WithEncoder(EncoderUnits, EncodedValues)
            .WithEncoding(EncodingAsInput, EncodingAsState, SkipConnection)
            .WithRule(Channels, HiddenUnits, Steps)
            .WithRunning(1, TimeStep, Gate.Open)
            .WithReadout(ReadoutUnits));
    }

    /// <summary>The changes of a shape by the options of one estimator alone.</summary>
    private protected virtual ModelShape Adapt(ModelShape shape) => shape;

    internal ModelTask Task(ulong seed, bool rows, ModelShape shape) => ModelTask.Default
        .WithEpochs(NumberOfEpochs)
        .WithBatch(BatchSize)
        .WithLearningRate(LearningRate, LearningRateSchedule)
        .WithDecay(WeightDecay, L2Regularization)
        .WithClip(MaximumGradientNorm)
        .WithDropout(FeatureDropoutOf(rows), HiddenDropout, StateDropout)
        .WithMissingRate(MissingRate)
        .WithTrainingFireRate(TrainingFireRate)
        .WithShiftAugmentation(Shift)
        .WithWeightAveraging(WeightAveraging)
        .WithPatience(EarlyStoppingRounds)
        .WithRuleLearningRateFactor(RuleLearningRateFactor)
        .WithReadoutLearningRateFactor(ReadoutFactorOf(shape))
        .WithSeed(seed);

    /// <summary>The readout's learning rate factor in a model of these sizes.</summary>
    private protected virtual double ReadoutFactorOf(ModelShape shape) => ReadoutLearningRateFactor ?? 1;

    /// <summary>The dropout rate of features that are scaled by rows, or by columns.</summary>
    private protected virtual double FeatureDropoutOf(bool rows) => FeatureDropout;

    /// <summary>The perception on graphs without directions.</summary>
    private protected virtual Perception Undirected => Perception.Diffusion;

    /// <summary>The operators on a graph.</summary>
    internal Perception PerceptionOn(Graph graph) => Perception ?? graph.Topology switch
    {
        { IsGrid: true } or { IsTorus: true } => Perception.Moore,
        { IsRing: true } => Perception.Planar,
        { IsLine: true } => Perception.LeftSelfRight,
        _ => graph.Offsets.IsDefaultOrEmpty ? Undirected : Perception.Harmonics,
    };
}

/// <summary>Options of the estimators that learn from labels.</summary>
public abstract class MeshTrainerOptions : MeshOptions
{
    /// <summary>The column of labels.</summary>
    public string LabelColumnName = "Label";

    /// <summary>The column of features: a known-size vector of Single, cell by cell.</summary>
    public string FeatureColumnName = "Features";

    /// <summary>Several columns of features instead of one, each cell by cell: they are put together so that each cell has its values of
    /// the first column, then those of the second, and so on. <c>Concatenate</c> would put them together column by column.</summary>
    public string[]? FeatureColumnNames;

    /// <summary>Whether features may be NaN, which means not measured.</summary>
    public bool HandleMissingValues;

    /// <summary>The column of example weights (Single), or null: all rows count the same.</summary>
    public string? ExampleWeightColumnName;

    internal override void Check()
    {
        base.Check();
        if (MissingRate > 0 && !HandleMissingValues)
            throw new ArgumentException(FormattableString.Invariant($"The option MissingRate is {MissingRate}, but HandleMissingValues is false: values can be hidden only from a model that takes missing ones."), nameof(MissingRate));
    }

    internal string[] FeatureColumns => FeatureColumnNames ?? [FeatureColumnName];

    /// <summary>The type of the feature columns.</summary>
    internal virtual ColumnKind FeatureKind => ColumnKind.Vector;

    /// <summary>How cells' outputs become those of a task's target.</summary>
    internal virtual Pooling PoolingOf(MeshTask task) => task.Pooling;

    /// <summary>Whether each class counts the same.</summary>
    internal virtual bool Balances => false;

    /// <summary>The meaning of the outputs, and their loss.</summary>
    internal abstract Head Objective { get; }
}
