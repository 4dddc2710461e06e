namespace GaryMesh

open System
open System.Collections.Immutable

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

    /// What each rollout comes to in a prepared run, and the sum of their derivatives by each parameter.
    member batch.On(prepared: Prepared) : struct (RolloutOutcome[] * float[]) =
        let rule = Rule(prepared.Automaton.Rule.Shape, ReadOnlySpan batch.Parameters)
        prepared.Load(rule, batch.TimeStep, batch.FireRate)
        let found = prepared.Gradient(batch.Rollouts, batch.Losses, batch.Key)
        let outcome (one: Outcome) : RolloutOutcome = { Loss = one.Loss; Parts = one.Parts; Final = one.Final }
        struct (Array.map outcome found.Outcomes, found.Parameters)

/// Computes the gradients of a training's batches in place of the trainer, such as over several machines. The bits must be those of
/// `Prepared.Gradient`.
type IBatchGradients =
    /// What each rollout came to, and the sum of their derivatives by each parameter.
    abstract Gradient: batch: GradientBatch -> struct (RolloutOutcome[] * float[])
