namespace GaryMesh

open System
open System.Collections.Immutable
open System.Numerics

/// Where in a rollout a loss looks, and with which randomness.
[<Struct; NoComparison; NoEquality>]
type LossContext =
    {
        /// The number of the step after which it looks, 1 .. Steps.
        Step: int
        /// Steps of the rollout.
        Steps: int
        /// The graph of the rollout.
        Graph: Graph
        /// The key of whatever the loss draws: one for all rollouts of a batch, another for each batch.
        Key: uint64
    }

    /// After the only step of a rollout, with key 0.
    static member After: graph: Graph -> LossContext

/// The value of a loss at one step, and its derivative by each number that it has seen.
[<NoComparison; ReferenceEquality>]
type LossValue =
    {
        /// The loss.
        Value: float
        /// The derivative by the state [cells x channels].
        Adjoint: State
        /// The derivative by what the cells report beside their change [cells x auxiliary], or null for none.
        AuxiliaryAdjoint: State | null
        /// The parts that `Value` is the sum of, by name; empty for a loss of one part.
        Parts: ImmutableArray<struct (string * float)>
    }

    /// A loss of one part that looks at the state alone.
    static member Of: value: float * adjoint: State -> LossValue

/// A loss: which steps of a rollout it sees, and the value of the states after them.
///
/// A loss of your own overrides `Evaluate` and its specification `Value`, and `Sees` unless it looks at the last state only.
/// They must be pure: they are called from several threads.
[<AbstractClass>]
type Loss =
    /// `name` stands in messages, progress and files.
    new: name: string -> Loss
    /// What to call the loss in messages and files.
    member Name: string

    /// Whether it looks at the state after `step` (1 .. steps) of a rollout of `steps` steps; by default at the last.
    abstract Sees: step: int * steps: int -> bool
    default Sees: step: int * steps: int -> bool

    /// <summary>Value and derivative in single precision. `auxiliary` is [cells x the rule's own number], zero for cells that did
    /// not update.</summary>
    /// <exception cref="T:System.ArgumentException">The state does not fit the loss.</exception>
    abstract Evaluate: state: State * auxiliary: State * context: LossContext -> LossValue

    /// <summary>The same value over numbers of any field: the specification, by which `Evaluate` is checked. States lie cell by
    /// cell: channel c of cell i at i x channels + c.</summary>
    /// <exception cref="T:System.NotSupportedException">The loss has no specification.</exception>
    abstract Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>> :
        channels: int * state: ReadOnlySpan<'T> * auxiliary: ReadOnlySpan<'T> * context: LossContext -> 'T

    /// The same loss, at every step that `sees step steps` names.
    member At: sees: Func<int, int, bool> -> Loss

    /// <summary>The same loss of a part of a larger graph: of its cells from <c>first</c> on, which make up <c>part</c>, such as a graph
    /// of a <c>Graph.Union</c>.</summary>
    /// <exception cref="T:System.ArgumentException">A state has no such cells; found out when one is at hand.</exception>
    member On: part: Graph * first: int -> Loss

    /// The same loss of what cells report, as if it were their state. Cells that do not update report zeros, so a loss that has a value
    /// for those is larger by it; no derivative is.
    member OfReports: unit -> Loss

    /// A loss after the last step, without a specification: for a quick trial.
    static member Of: name: string * evaluate: Func<State, LossValue> -> Loss
