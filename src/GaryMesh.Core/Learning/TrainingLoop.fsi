namespace GaryMesh

open System
open System.Collections.Immutable
open System.Threading

/// Everything that a training has come to: what a checkpoint holds, and all that the rest of it depends on.
[<NoComparison; ReferenceEquality>]
type Training =
    {
        /// Iterations done.
        Iteration: int
        Parameters: float32[]
        Moments: AdamMoments
        /// The parameters that are validated and kept: the running mean of the training's, or these themselves.
        Average: float32[]
        /// The states that rollouts go on from, or nothing.
        Pool: Pool
        /// The parameters with the lowest validation loss so far, or the latest to be kept where there is no validation.
        Best: float32[]
        /// Their validation loss; infinity before the first validation.
        BestLoss: float
        /// The loss of each iteration's batch, mean over its samples.
        Losses: ImmutableList<float>
        /// The named parts of the last of them, empty for a loss of one part; no file keeps them.
        Parts: ImmutableArray<struct (string * float)>
        /// Iteration and validation loss, as they were judged.
        Judged: ImmutableList<struct (int * float)>
    }

    /// The iteration that `Best` is from; 0 before the first validation.
    member BestIteration: int

/// Why a training ended.
type TrainingEnd =
    /// All iterations are done.
    | Finished = 0
    /// The token was cancelled.
    | Cancelled = 1
    /// A loss, a gradient or a parameter was no longer finite; the best parameters are the last good ones.
    | Diverged = 2
    /// The validation loss did not get better for as long as the patience.
    | Stopped = 3

/// The loss of an iteration's batch and its derivative.
[<NoComparison; ReferenceEquality>]
type LossGradient =
    {
        Loss: float
        /// The named parts of the loss; empty for a loss of one part.
        Parts: ImmutableArray<struct (string * float)>
        /// By each of the parameters; the loop takes the array over.
        Derivatives: float[]
        /// The pool after the batch.
        Pool: Pool
    }

/// What is trained: the parts of the parameters that learn, a loss with its gradient, and a validation.
[<NoComparison; ReferenceEquality>]
type Objective =
    {
        Parts: ImmutableArray<TrainedPart>
        /// The gradient at a training's parameters, for the iteration that it has come to: a function of these and of the pool.
        Gradient: Func<Training, LossGradient>
        /// The validation loss of parameters; null for none.
        Validation: Func<float32[], float> | null
    }

/// How an objective is trained.
[<NoComparison; ReferenceEquality>]
type LoopSettings =
    {
        Optimiser: Adam
        /// Number of optimiser steps.
        Iterations: int
        /// Every so many iterations there is a validation.
        ValidateEvery: int
        Clip: Clip
        /// The parameters that are kept are a running mean with this share of the old at each step; 0 for the latest.
        Averaging: float
        /// Validations without a better loss after which training stops; 0 for never.
        Patience: int
    }

/// The training loop: gradient, clipping, optimiser, average and validation, repeated. Stopped at any iteration and resumed, it
/// goes the way that it would have gone without, to the last bit.
[<Sealed>]
type TrainingLoop =
    /// <exception cref="T:System.ArgumentException">A setting is out of range.</exception>
    new: objective: Objective * settings: LoopSettings -> TrainingLoop
    /// Before the first iteration.
    member Begin: parameters: float32[] * pool: Pool -> Training
    /// One iteration, with the validation where it is due; null when a number is not finite.
    member Advance: training: Training -> Training | null
    /// The training with its parameters validated now, `Best` among them.
    member Validate: training: Training -> Training
    /// The best parameters, or the latest where these are better though no validation was due.
    member Best: training: Training -> float32[]

    /// Iterates until an end; `observe` is called with the training after each iteration.
    member Run:
        training: Training * cancellation: CancellationToken * observe: Action<Training> ->
            struct (Training * TrainingEnd)
