namespace GaryMesh

open System

/// What a loss says of a state: its value, and its derivative by each number of the state.
[<NoComparison; ReferenceEquality>]
type LossValue = { Value: float; Adjoint: State }

/// A loss: which steps it looks at, and what it says of the states after them.
///
/// Its functions must be pure: they are called from several threads.
[<Sealed>]
type Loss =
    /// `sees step steps`: whether it looks at the state after `step` (1 .. steps) of a rollout of `steps` steps.
    new: name: string * sees: Func<int, int, bool> * evaluate: Func<State, LossValue> -> Loss
    /// A loss that looks at the last state only.
    new: name: string * evaluate: Func<State, LossValue> -> Loss
    member Name: string
    member Sees: step: int * steps: int -> bool
    member Evaluate: state: State -> LossValue

    /// The mean squared difference between one channel and a target value for each cell, after the last step.
    /// <exception cref="T:System.ArgumentException">There is not one finite target a cell, or no such channel; found
    /// out when a state is at hand.</exception>
    static member MeanSquared: target: float32[] * channel: int -> Loss

    /// The mean squared difference to a target state over chosen channels and cells, after the last step; null for all
    /// of them. `target` is a whole state [cells x channels].
    static member MeanSquared: target: State * channels: (int[] | null) * cells: (int[] | null) -> Loss

    /// mean |s - clamp(s, -limit, limit)| over all channels (MeshNCA's overflow loss, TOG 2024), after the last step.
    static member Overflow: limit: float32 -> Loss

    /// The losses' sum, each times its weight, at the steps that the first of them sees.
    /// <exception cref="T:System.ArgumentException">There are not as many weights as losses.</exception>
    static member Sum: weights: float[] * losses: Loss[] -> Loss

    /// The same loss, at every step that `sees` names.
    member At: sees: Func<int, int, bool> -> Loss

    /// Pearson's correlation between two series of the same length: a metric rather than a loss, and 0 where one of
    /// them does not vary.
    static member Correlation: a: float32[] * b: float32[] -> float
