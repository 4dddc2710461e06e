namespace GaryMesh

open System
open System.Threading

/// How the learning rate goes over the epochs.
type RateSchedule =
    | Constant = 0
    /// Down to zero along half a cosine (Loshchilov and Hutter, ICLR 2017, without restarts).
    | Cosine = 1

/// How a model is to be trained. Made from `ModelTask.Default` with the methods that begin with `With`.
[<NoComparison; ReferenceEquality>]
type ModelTask =
    {
        Epochs: int
        /// Rows of a batch.
        Batch: int
        LearningRate: float
        Schedule: RateSchedule
        /// Decoupled weight decay of the matrices (AdamW): each shrinks by learning rate x this a step.
        WeightDecay: float
        /// Half of this times the sum of squares of the encoder's first matrix is added to the loss.
        Penalty: float
        /// Gradients longer than this are shortened to it; 0 for none.
        Clip: float
        /// Share of what the encoder reads that is set to zero in training, and of its hidden units, and of what the readout reads.
        FeatureDropout: float
        HiddenDropout: float
        StateDropout: float
        /// Share of the feature values that count as not measured in training.
        MissingRate: float
        /// Share of the cells that update at a step in training. Their changes are divided by it, so that all cells firing give the same on
        /// average.
        FireRate: float
        /// Rows of a lattice are moved by up to so many cells in each direction in training; what comes in from outside is zero.
        Shift: int
        /// The model that is kept is a running mean over the training's, with this share of the old at each step; 0 for the last.
        Averaging: float
        /// Epochs without a better loss on the validation data after which training stops; 0 for never.
        Patience: int
        /// The rule's learning rate as a share of the encoder's and the readout's; 0 leaves the rule what it is.
        RuleRate: float
        Seed: uint64
    }

    /// 50 epochs in batches of 32 rows, Adam at 0.003 along a cosine, gradients no longer than 1; nothing else.
    static member Default: ModelTask
    member WithEpochs: epochs: int -> ModelTask
    member WithBatch: rows: int -> ModelTask
    member WithLearningRate: rate: float * schedule: RateSchedule -> ModelTask
    member WithDecay: weightDecay: float * penalty: float -> ModelTask
    member WithClip: length: float -> ModelTask
    member WithDropout: features: float * hidden: float * states: float -> ModelTask
    member WithMissingRate: rate: float -> ModelTask
    member WithFireRate: rate: float -> ModelTask
    member WithShift: cells: int -> ModelTask
    member WithAveraging: share: float -> ModelTask
    member WithPatience: epochs: int -> ModelTask
    member WithRuleRate: share: float -> ModelTask
    member WithSeed: seed: uint64 -> ModelTask
    /// <exception cref="T:System.ArgumentException">A number is out of range.</exception>
    member Check: unit -> unit

/// What a training has come to, after each epoch.
[<NoComparison; ReferenceEquality>]
type ModelReport =
    {
        /// Epochs so far, from 1.
        Epoch: int
        Epochs: int
        /// The mean loss over the epoch's batches.
        Loss: float
        /// The loss on the validation data; NaN without.
        Validation: float
        BestEpoch: int
        LearningRate: float
    }

/// A training that has ended.
[<NoComparison; ReferenceEquality>]
type ModelTraining =
    {
        /// The model of the best epoch on the validation data, or of the last epoch without.
        Model: Model
        End: TrainingEnd
        Epochs: int
        BestEpoch: int
        Loss: float
        Validation: float
    }

/// Trains a model on a graph: batches of rows, the gradient through every step of every rollout, Adam.
///
/// The result is a function of model, graph, data and task: the same bits for any number of threads on one vector width.
[<Sealed>]
type ModelTrainer =
    /// `validation` judges the epochs and may be null. The nodes of one graph are one row: training and validation then share their features and
    /// differ in the labels that are not NaN.
    /// <exception cref="T:System.ArgumentException">The parts do not fit each other; the message names both sides.</exception>
    new:
        model: Model *
        graph: Graph *
        task: ModelTask *
        training: ModelData *
        validation: (ModelData | null) *
        options: EngineOptions ->
            ModelTrainer

    member Task: ModelTask

    /// Iterations of an epoch.
    member Batches: int
    member internal Model: Model
    member internal Graph: Graph
    member internal Training: ModelData
    member internal Validation: ModelData | null

    /// The mean loss of a batch of the training data and its derivative by each of the parameters, as the iteration of that number sees it,
    /// without the penalty.
    member Gradient: parameters: float32[] * rows: int[] * iteration: int -> struct (float * float[])

    /// The mean loss of parameters on data, nothing left out.
    /// <exception cref="T:System.ArgumentException">The data does not fit.</exception>
    member Judge: parameters: float32[] * data: ModelData -> float

    /// Before the first iteration, with the model's own parameters.
    member Begin: unit -> Training
    /// One iteration (a batch), validated where an epoch ends; null when a number is not finite.
    member Advance: training: Training -> Training | null

    /// Iterates until the task is done, the patience is at its end, the token is cancelled or the training diverges; `progress`
    /// hears of each epoch, `checkpoint` is called every `every` iterations. The rest of a training stopped at any iteration is
    /// what it would have been, to the last bit.
    member Run:
        training: Training *
        progress: (IProgress<ModelReport> | null) *
        cancellation: CancellationToken *
        every: int *
        checkpoint: Action<Training> ->
            struct (Training * TrainingEnd)

    /// What a training comes to.
    member Result: training: Training * ending: TrainingEnd -> ModelTraining
    /// All of it, from the beginning.
    member Run: progress: (IProgress<ModelReport> | null) * cancellation: CancellationToken -> ModelTraining
    interface IDisposable
