namespace GaryMesh

open System
open System.Collections.Immutable
open System.Threading

/// The result of one rollout of a batch.
[<NoComparison; ReferenceEquality>]
type Outcome =
    {
        /// The sum of the loss over the steps it looked at; 0 from `Adjoint`, whose caller has the loss.
        Loss: float
        /// The sums of the loss's parts, by name; empty for a loss of one part.
        Parts: ImmutableArray<struct (string * float)>
        /// The state after the last step.
        Final: State
        /// The loss's derivative by the start [cells x channels].
        Start: State
        /// The loss's derivative by the inputs [cells x inputs]: one a step for inputs a step, one in all for constant
        /// inputs, none where there are none.
        Inputs: State[]
    }

/// The gradient of a loss over a batch of rollouts.
[<NoComparison; ReferenceEquality>]
type BatchGradient =
    {
        /// The losses' sum.
        Loss: float
        /// The sums of the losses' parts, by name.
        Parts: ImmutableArray<struct (string * float)>
        /// The sum's derivative by each parameter, in the order of `Rule.Parameters`.
        Parameters: float[]
        /// One for each rollout.
        Outcomes: Outcome[]
    }

/// A graph, a perception and a rule made ready once and run many times: float32, vectorised, parallel over cells or over
/// the rollouts of a batch.
///
/// This object holds native memory and changes as it runs: the one exception to the core's purity. What it returns is
/// new each time, and the same, bit for bit, for any number of threads and for a batch as for its rollouts one by one.
/// It takes one call at a time: another at the same time, from another thread or from a loss or an observer, is refused
/// with an `InvalidOperationException`, one after disposal with an `ObjectDisposedException`.
[<Sealed>]
type Prepared =
    /// <summary>An automaton made ready on a graph.</summary>
    /// <exception cref="T:System.ArgumentException">The automaton's parts do not fit each other, or the graph is too large
    /// for the rule.</exception>
    new: automaton: Automaton * graph: Graph * options: EngineOptions -> Prepared
    /// An automaton made ready on a graph.
    new: automaton: Automaton * graph: Graph -> Prepared
    /// The automaton, with the rule in use.
    member Automaton: Automaton
    /// The graph.
    member Graph: Graph
    /// Number of threads, the caller's among them.
    member Threads: int
    /// Numbers in a vector.
    member Lanes: int
    /// Native memory in use, in bytes.
    member Bytes: int64

    /// <summary>Takes up another rule of the same shape.</summary>
    /// <exception cref="T:System.ArgumentException">The shape differs.</exception>
    member Load: next: Rule -> unit

    /// <summary>Takes up another rule of the same shape, a time step and a fire rate.</summary>
    /// <exception cref="T:System.ArgumentException">The shape differs, the time step is not finite, or the fire rate is not above 0 and at most 1.</exception>
    member Load: next: Rule * timeStep: float * fireRate: float -> unit

    /// <summary>A run that is stepped, read and written, with the rule, rates and threads of this one: changing them there
    /// changes them here.</summary>
    /// <exception cref="T:System.ArgumentException">The rollout does not fit; the message names both sizes.</exception>
    member Begin: rollout: Rollout -> Simulation

    /// <summary>The state after a rollout.</summary>
    /// <exception cref="T:System.ArgumentException">The rollout does not fit; the message names both sizes.</exception>
    member Run: rollout: Rollout -> State

    /// The states after the rollouts of a batch.
    member Run: rollouts: Rollout[] -> State[]

    /// <summary>The state after a rollout; `observe` is shown the start and every `every`-th state on the way, the last
    /// included.</summary>
    /// <exception cref="T:System.OperationCanceledException">The token was cancelled between two steps.</exception>
    member Run: rollout: Rollout * every: int * observe: Action<int, State> * cancellation: CancellationToken -> State

    /// The loss of a batch of rollouts and its gradient, through every step (backpropagation through time).
    member Gradient: rollouts: Rollout[] * loss: Loss -> BatchGradient

    /// As above, each rollout under a loss of its own.
    member Gradient: rollouts: Rollout[] * losses: Loss[] -> BatchGradient

    /// As above; `key` is that of whatever the losses draw.
    member Gradient: rollouts: Rollout[] * losses: Loss[] * key: uint64 -> BatchGradient

    /// A batch's outcomes as `Gradient` has them; its gradient stays here, for `AddGradient`. So batches may be differentiated in
    /// several places at once and added one after the other.
    member Differentiate: rollouts: Rollout[] * losses: Loss[] * key: uint64 -> Outcome[]

    /// <summary>Adds the gradient of the last `Differentiate`, rollout by rollout: after that of the rollouts before them, it has the
    /// bits of one batch. May be called again.</summary>
    /// <exception cref="T:System.ArgumentException">The gradient has another length, or another rule or batch has come between.</exception>
    member AddGradient: gradient: float[] -> unit

    /// The loss of each rollout of a batch, at the steps where it looks.
    member Evaluate: rollouts: Rollout[] * loss: Loss * key: uint64 -> float[]

    /// The states after the rollouts of a batch, with what the backward pass needs kept: the first half of a gradient, for a
    /// loss that more than the rollouts leads to (a readout, the layers of another network).
    member Trace: rollouts: Rollout[] -> State[]

    /// <summary>The second half: from the loss's derivative by the state in which each rollout of the last `Trace`
    /// ended [cells x channels], once for each trace.</summary>
    /// <exception cref="T:System.ArgumentException">The adjoints do not fit the trace, or another rule or gradient has
    /// come between.</exception>
    member Adjoint: adjoints: State[] -> BatchGradient

    /// As `Run`, into an array of the caller's [cells x channels]; unchecked, and without allocation on a small graph.
    member internal RunInto: rollout: Rollout * final: float32[] -> unit

    /// Gives the native memory back.
    member Dispose: unit -> unit
    interface IDisposable
