namespace GaryMesh

open System
open System.Collections.Immutable
open System.Threading

/// What a trainer is to do.
[<NoComparison; ReferenceEquality>]
type TrainingTask =
    {
        Loss: Loss
        Optimiser: Adam
        /// Number of optimiser steps.
        Iterations: int
        /// Rollouts an iteration.
        Batch: int
        /// Everything random in the training follows from it.
        Seed: uint64
        /// States kept from which rollouts go on; 0 to start each rollout afresh. A pool teaches a pattern to persist
        /// (Growing NCA, Distill 2020, experiment 2).
        PoolSize: int
        /// Every so many iterations the worst rollout of the batch starts afresh (with a pool; 1 for every iteration, 0 for never).
        FreshEvery: int
        /// What else is done to each batch, or null.
        Hook: BatchHook | null
        Clip: Clip
        /// The rule that is judged and kept is a running mean with this share of the old at each step; 0 for the latest.
        Averaging: float
        /// Judgements without a better loss after which training stops; 0 for never.
        Patience: int
        /// Every so many iterations the rule is judged.
        JudgeEvery: int
        /// Rollouts by which the rule is judged: always the same firing seeds, none of which training uses.
        JudgeRollouts: int
        /// The lengths of those rollouts, as multiples of the automaton's most steps: 1; 2 judges whether a pattern stays.
        JudgeLengths: int[]
    }

    /// Batches of 8 from fresh starts, 2,000 iterations of Adam at 2e-3, judged every 50 by 8 rollouts of full length.
    static member Of: loss: Loss -> TrainingTask
    member WithIterations: iterations: int -> TrainingTask
    member WithOptimiser: optimiser: Adam -> TrainingTask
    member WithBatch: batch: int -> TrainingTask
    member WithSeed: seed: uint64 -> TrainingTask
    member WithPool: size: int * freshEvery: int -> TrainingTask
    member WithHook: hook: BatchHook -> TrainingTask
    member WithClip: clip: Clip -> TrainingTask
    member WithAveraging: share: float -> TrainingTask
    member WithPatience: judgements: int -> TrainingTask
    member WithJudge: every: int * rollouts: int * lengths: int[] -> TrainingTask

/// Progress of a training, once an iteration.
[<NoComparison; ReferenceEquality>]
type TrainingReport =
    {
        /// Iterations done.
        Iteration: int
        Iterations: int
        /// The mean loss of the batch.
        Loss: float
        /// Its named parts; empty for a loss of one part.
        Parts: ImmutableArray<struct (string * float)>
        LearningRate: float
        /// The best judged loss so far.
        BestLoss: float
    }

/// Trains a rule on a graph: loss, optimiser and pool, repeated. Cancelled or resumed from a checkpoint, it goes the way
/// that it would have gone without, to the last bit.
[<Sealed>]
type Trainer =
    /// <exception cref="T:System.ArgumentException">A number of the task is out of range, or the automaton does not fit.</exception>
    new: automaton: Automaton * graph: Graph * task: TrainingTask * options: EngineOptions -> Trainer
    new: automaton: Automaton * graph: Graph * task: TrainingTask -> Trainer
    member Task: TrainingTask
    /// The rule that a training has come to.
    member Rule: training: Training -> Rule
    /// The rule to keep of a training: the best so far, or its latest where that is better. Does not change what the
    /// training comes to when it goes on.
    member Best: training: Training -> Rule
    /// Before the first iteration, with the automaton's own rule.
    member Begin: unit -> Training
    /// One iteration, judged where that is due; null when a number is not finite.
    member Advance: training: Training -> Training | null
    /// The mean loss of a rule over the held-out rollouts.
    member Judge: rule: Rule -> float

    /// Iterates until the task is done, the token is cancelled or the training diverges; `progress` may be null. Whatever
    /// ends it, `Best` gives the rule to keep.
    member Run:
        training: Training * progress: (IProgress<TrainingReport> | null) * cancellation: CancellationToken ->
            struct (Training * TrainingEnd)

    /// As above, `checkpoint` called with the training every `every` iterations.
    member Run:
        training: Training *
        progress: (IProgress<TrainingReport> | null) *
        cancellation: CancellationToken *
        every: int *
        checkpoint: Action<Training> ->
            struct (Training * TrainingEnd)

    interface IDisposable
