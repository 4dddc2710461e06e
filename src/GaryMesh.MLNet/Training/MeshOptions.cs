// What a user may choose of a model and of its training.
namespace GaryMesh.MLNet;

/// <summary>Options that all GaryMesh estimators share: the model's sizes and the course of its training.</summary>
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

    /// <summary>Values into which a cell's features are encoded; 0 takes the features as they are.</summary>
    public int EncodedValues;

    /// <summary>Whether the rule is told the encoding at every step.</summary>
    public bool EncodingTold = true;

    /// <summary>Whether the encoding is what the first channels start with.</summary>
    public bool EncodingStarts = true;

    /// <summary>Whether the readout sees the encoding beside the state.</summary>
    public bool EncodingRead;

    /// <summary>Numbers in a cell's state.</summary>
    public int Channels = 16;

    /// <summary>Hidden units of the rule.</summary>
    public int HiddenUnits = 64;

    /// <summary>Steps of the rollout: news travels so many edges far.</summary>
    public int Steps = 8;

    /// <summary>What the rule's change is multiplied by at each step.</summary>
    public double TimeStep = 1;

    /// <summary>What the rule is before training.</summary>
    public RuleStart RuleStart = RuleStart.Zero;

    /// <summary>The rule's own share of the learning rate; 0 leaves it what it is before training.</summary>
    public double RuleLearningRateShare = 1;

    /// <summary>Units of the readout's hidden layer; 0 for none.</summary>
    public int ReadoutUnits;

    /// <summary>Passes over the training data.</summary>
    public int NumberOfEpochs = 30;

    /// <summary>Rows of a batch.</summary>
    public int BatchSize = 32;

    /// <summary>Adam's step length.</summary>
    public double LearningRate = 0.003;

    /// <summary>How the step length goes over the epochs.</summary>
    public RateSchedule LearningRateSchedule = RateSchedule.Cosine;

    /// <summary>Decoupled weight decay of all matrices (AdamW).</summary>
    public double WeightDecay = 0.01;

    /// <summary>L2 penalty of the encoder's first matrix.</summary>
    public double L2Regularization;

    /// <summary>Gradients longer than this are shortened to it; 0 for none.</summary>
    public double MaximumGradientNorm = 1;

    /// <summary>Share of the features left out at each training step.</summary>
    public double FeatureDropout;

    /// <summary>Share of the encoder's hidden units left out at each training step.</summary>
    public double HiddenDropout;

    /// <summary>Share of what the readout sees left out at each training step.</summary>
    public double StateDropout;

    /// <summary>Share of the measured features that count as not measured at each training step.</summary>
    public double MissingRate;

    /// <summary>Share of the cells that update at a step of training; prediction fires all of them.</summary>
    public double TrainingFireRate = 1;

    /// <summary>The model that is kept is a running mean over training's, with this share of the old at each step.</summary>
    public double WeightAveraging = 0.99;

    /// <summary>Epochs without a better loss on the validation data after which training stops, the best model kept; 0 for never.</summary>
    public int EarlyStoppingRounds;

    /// <summary>Seed of this training; null to follow the seed of the <c>MLContext</c>.</summary>
    public int? Seed;

    /// <summary>Threads; null for one a processor. The result is the same for any number.</summary>
    public int? NumberOfThreads;

    /// <summary>Progress goes to <c>MLContext.Log</c> every so many epochs; 0 for never.</summary>
    public int ReportEvery = 10;

    /// <summary>Ends training with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken CancellationToken;

    internal EngineOptions EngineOptions => new() { Threads = NumberOfThreads ?? 0 };

    /// <summary>Lattice rows are moved by up to so many cells in each direction in training.</summary>
    private protected virtual int Shift => 0;

    /// <summary>The sizes of a model with these options.</summary>
    internal ModelShape Shape(Graph graph, int features, Head head, int outputs, Pooling pooling, bool missing) =>
        Adapt(ModelShape.Of(Perception ?? PerceptionOn(graph), features, head, outputs, pooling)
            .WithMissing(missing)
            .WithEncoder(EncoderUnits, EncodedValues)
            .WithEncoding(EncodingTold, EncodingStarts, EncodingRead)
            .WithRule(Channels, HiddenUnits, Steps)
            .WithRunning(1, TimeStep, Gate.Open)
            .WithReadout(ReadoutUnits));

    /// <summary>What the options of one estimator alone change of a shape.</summary>
    private protected virtual ModelShape Adapt(ModelShape shape) => shape;

    internal ModelTask Task(ulong seed) => ModelTask.Default
        .WithEpochs(NumberOfEpochs)
        .WithBatch(BatchSize)
        .WithLearningRate(LearningRate, LearningRateSchedule)
        .WithDecay(WeightDecay, L2Regularization)
        .WithClip(MaximumGradientNorm)
        .WithDropout(FeatureDropout, HiddenDropout, StateDropout)
        .WithMissingRate(MissingRate)
        .WithFireRate(TrainingFireRate)
        .WithShift(Shift)
        .WithAveraging(WeightAveraging)
        .WithPatience(EarlyStoppingRounds)
        .WithRuleRate(RuleLearningRateShare)
        .WithSeed(seed);

    /// <summary>How neighbours that nothing but a weight tells apart are summed up.</summary>
    private protected virtual Perception Undirected => Perception.Diffusion;

    private Perception PerceptionOn(Graph graph) => graph.Topology switch
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

    /// <summary>The column of features: a known-size vector of Single.</summary>
    public string FeatureColumnName = "Features";

    /// <summary>The column of example weights (Single), or null: all rows count the same.</summary>
    public string? ExampleWeightColumnName;

    /// <summary>What the outputs mean, and the loss that they are trained under.</summary>
    internal abstract Head Objective { get; }
}
