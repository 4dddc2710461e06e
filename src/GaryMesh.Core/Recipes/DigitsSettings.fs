namespace GaryMesh

/// How cells are trained to name the digit that they are a part of.
[<NoComparison>]
type DigitsSettings =
    {
        /// Optimiser steps; the learning rate comes down over them.
        Iterations: int
        /// Pictures an iteration.
        Batch: int
        /// Batches of states that are kept and gone on with in turn.
        Batches: int
        /// The chance that a state is shown another digit before a rollout.
        Exchange: float
        /// The share of these that start from zeros; the others keep the state, under another picture.
        Fresh: float
        /// How far pictures are turned, stretched and slanted at random; 0 for not at all, 1 for some twelve degrees and a sixth.
        Warp: float
        /// The learning rate at its highest.
        LearningRate: float
        /// The last steps of a rollout, after each of which the votes count.
        Counted: int
        /// Iterations from one validation to the next.
        ValidationEvery: int
        /// Steps after which the votes of a validation count.
        ValidationSteps: int
        /// Everything random in the training follows from it.
        Seed: uint64
    }

    /// 12 pictures an iteration, 48 batches of states, a digit shown for four rollouts in the mean, a learning rate of 4e-3, twenty validations.
    static member Of(iterations: int, seed: uint64) : DigitsSettings =
        { Iterations = iterations
          Batch = 12
          Batches = 48
          Exchange = 0.25
          Fresh = 0.25
          Warp = 1.0
          LearningRate = 4e-3
          Counted = 8
          ValidationEvery = max 1 (iterations / 20)
          ValidationSteps = 100
          Seed = seed }

    /// The same with so many optimiser steps, and a validation after each twentieth of them.
    member settings.WithIterations(iterations: int) =
        { settings with
            Iterations = iterations
            ValidationEvery = max 1 (iterations / 20) }

    /// The same with so many pictures an iteration, and so many batches of states.
    member settings.WithBatch(batch: int, batches: int) = { settings with Batch = batch; Batches = batches }

    /// The same with other chances that a state is shown another digit, and that it starts from zeros then.
    member settings.WithExchange(exchange: float, fresh: float) = { settings with Exchange = exchange; Fresh = fresh }

    /// The same with pictures that are warped more or less.
    member settings.WithWarp(strength: float) = { settings with Warp = strength }
    /// The same with another learning rate.
    member settings.WithLearningRate(rate: float) = { settings with LearningRate = rate }

    /// The same with another validation: how often, and after how many steps.
    member settings.WithValidation(every: int, steps: int) =
        { settings with ValidationEvery = every; ValidationSteps = steps }

    member internal settings.Check() =
        Guard.positive null "The number of pictures an iteration" settings.Batch
        Guard.positive null "The number of batches" settings.Batches
        Guard.probability null "The chance of an exchange" settings.Exchange
        Guard.probability null "The share that starts from zeros" settings.Fresh
        Guard.positive null "The number of steps that count" settings.Counted
        Guard.positive null "The number of steps of a validation" settings.ValidationSteps

        if not (settings.Warp >= 0.0 && settings.Warp <= 4.0) then
            Guard.outOfRange null $"The strength of warping must lie in 0..4, but is {settings.Warp}."
