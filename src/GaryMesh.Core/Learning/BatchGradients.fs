namespace GaryMesh

open System.Collections.Immutable

/// A batch whose gradient is asked for.
[<NoComparison; ReferenceEquality>]
type GradientBatch =
    {
        /// The rule's parameters.
        Parameters: float32[]
        /// What the rule's change is multiplied by.
        TimeStep: float
        /// The share of the cells that fire in a step.
        FireRate: float
        /// The rollouts, whose gradients are summed in this order.
        Rollouts: Rollout[]
        /// The loss of each.
        Losses: Loss[]
        /// The key of what the losses draw.
        Key: uint64
    }

/// What a rollout of a batch came to.
[<NoComparison; ReferenceEquality>]
type RolloutOutcome =
    {
        /// Its loss.
        Loss: float
        /// The loss's named parts; empty for a loss of one part.
        Parts: ImmutableArray<struct (string * float)>
        /// The state after the last step.
        Final: State
    }

/// Computes the gradients of a training's batches in place of the trainer, such as over several machines. The bits must be those of
/// `Prepared.Gradient`.
type IBatchGradients =
    /// What each rollout came to, and the sum of their derivatives by each parameter.
    abstract Gradient: batch: GradientBatch -> struct (RolloutOutcome[] * float[])
