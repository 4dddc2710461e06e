namespace GaryMesh

/// What a pattern that grows is trained to do.
[<RequireQualifiedAccess>]
type GrowingRegime =
    /// To be there when the steps of a rollout are over; what comes later is not trained, and decays as a rule.
    | Grow
    /// To grow and to stay.
    | Persist
    /// To grow, to stay and to heal holes.
    | Regenerate

/// How a pattern that grows is trained.
[<NoComparison>]
type GrowingSettings =
    {
        /// What it is trained to do.
        Regime: GrowingRegime
        /// Optimiser steps; the learning rate comes down over them.
        Iterations: int
        /// Rollouts an iteration.
        Batch: int
        /// States that rollouts go on from; `Grow` has none.
        Pool: int
        /// The worst rollouts of each batch, which start from the seed.
        Fresh: int
        /// The best rollouts of each batch, which are damaged under `Regenerate`.
        Damaged: int
        /// The largest hole, as a share of the pattern.
        Hole: float
        /// How rollouts grow to the automaton's lengths.
        WarmUp: RolloutWarmUp
        /// The learning rate at its highest.
        LearningRate: float
        /// The weight of the overflow of states beyond [-2, 2]; 0 for none.
        Overflow: float
        /// The least fire rate that an iteration draws; 0 for the automaton's own.
        MinFireRate: float
        /// The largest.
        MaxFireRate: float
        /// Everything random in the training follows from it.
        Seed: uint64
    }

    /// Batches of 8 from a pool of 256 with one new start each, three of them damaged under `Regenerate`, a learning rate of 2e-3, and
    /// rollouts that grow from 24 to 32 steps over the first 400 iterations, or a tenth of them where that is less.
    static member Of(regime: GrowingRegime, iterations: int, seed: uint64) : GrowingSettings =
        { Regime = regime
          Iterations = iterations
          Batch = 8
          Pool = 256
          Fresh = 1
          Damaged = 3
          Hole = 0.5
          WarmUp = RolloutWarmUp.Of(min 400 (iterations / 10), 24, 32)
          LearningRate = 2e-3
          Overflow = 0.0
          MinFireRate = 0.0
          MaxFireRate = 0.0
          Seed = seed }

    /// The same with another batch, of whose rollouts so many start from the seed.
    member settings.WithBatch(batch: int, fresh: int) = { settings with Batch = batch; Fresh = fresh }
    /// The same with another pool.
    member settings.WithPool(size: int) = { settings with Pool = size }
    /// The same with so many damaged rollouts, and holes of at most this share of the pattern.
    member settings.WithHoles(damaged: int, hole: float) = { settings with Damaged = damaged; Hole = hole }
    /// The same with rollouts that grow otherwise.
    member settings.WithWarmUp(warmUp: RolloutWarmUp) = { settings with WarmUp = warmUp }
    /// The same with another learning rate.
    member settings.WithLearningRate(rate: float) = { settings with LearningRate = rate }
    /// The same with another weight of overflow.
    member settings.WithOverflow(weight: float) = { settings with Overflow = weight }
    /// The same with a fire rate that each iteration draws between these.
    member settings.WithFireRates(least: float, most: float) = { settings with MinFireRate = least; MaxFireRate = most }
