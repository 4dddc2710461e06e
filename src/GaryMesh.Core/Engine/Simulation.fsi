namespace GaryMesh

open System

/// An automaton on a graph, stepped, read and written: for viewers, brushes, and parts of a larger graph. It holds native
/// memory and changes as it runs; stepping, reading into spans and writing allocate nothing.
///
/// The same bits as a rollout, stepped one by one, in chunks or all at once, for any number of threads. It takes one call at
/// a time: another at the same time is refused with an `InvalidOperationException`, one after disposal, or after that of the
/// `Prepared` it was begun from, with an `ObjectDisposedException`.
[<Sealed>]
type Simulation =
    /// <summary>A run of its own from a start [cells x channels]; `inputs` [cells x I] is null for a rule without inputs.</summary>
    /// <exception cref="T:System.ArgumentException">The parts do not fit each other; the message names both sizes.</exception>
    new:
        automaton: Automaton *
        graph: Graph *
        start: State *
        firing: Firing *
        inputs: (State | null) *
        options: EngineOptions ->
            Simulation

    /// As above, without inputs and with the standard options.
    new: automaton: Automaton * graph: Graph * start: State * firing: Firing -> Simulation

    /// A run that borrows what has been prepared for others.
    internal new: runner: Kernels.Runner * rollout: Rollout * owned: bool -> Simulation

    /// The graph.
    member Graph: Graph
    /// The automaton as it runs now.
    member Automaton: Automaton
    /// Number of the next step, by which the firing is drawn: 0 at first. Setting it changes the draws to come alone.
    member StepNumber: int with get, set

    /// <summary>One step.</summary>
    /// <exception cref="T:System.ArgumentException">The run was begun with inputs for each step, and none are left.</exception>
    member Step: unit -> unit
    /// <summary>So many steps, or none at all where they cannot all be made.</summary>
    /// <exception cref="T:System.ArgumentException">The run was begun with inputs for each step, and fewer are left.</exception>
    member Step: count: int -> unit

    /// A copy of the state [cells x channels].
    member State: State
    /// <summary>Copies the state out, cell by cell [cells x channels].</summary>
    /// <exception cref="T:System.ArgumentException">The span has another length.</exception>
    member Read: into: Span<float32> -> unit
    /// <summary>Copies some cells out, in the order given [count x channels].</summary>
    /// <exception cref="T:System.ArgumentException">A cell is not in the graph, or the span has another length.</exception>
    member ReadCells: cells: ReadOnlySpan<int> * into: Span<float32> -> unit
    /// What the cells reported beside their change at the last step [cells x auxiliary]; zero before the first.
    member Auxiliary: State

    /// <summary>Overwrites the whole state.</summary>
    /// <exception cref="T:System.ArgumentException">The state has other sizes.</exception>
    member Write: state: State -> unit
    /// <summary>Overwrites the whole state, cell by cell [cells x channels].</summary>
    /// <exception cref="T:System.ArgumentException">The span has another length.</exception>
    member Write: values: ReadOnlySpan<float32> -> unit
    /// <summary>Overwrites some cells [count x channels]: a brush, damage, the ghosts of a part.</summary>
    /// <exception cref="T:System.ArgumentException">A cell is not in the graph, or the span has another length.</exception>
    member Write: cells: ReadOnlySpan<int> * values: ReadOnlySpan<float32> -> unit

    /// <summary>The rule from the next step on.</summary>
    /// <exception cref="T:System.ArgumentException">The shape differs.</exception>
    member Rule: Rule with get, set
    /// Probability that a cell updates at a step, from the next step on.
    member FireRate: float with get, set
    /// What the rule's change is multiplied by, from the next step on.
    member TimeStep: float with get, set
    /// <summary>Which cells update, from the next step on.</summary>
    /// <exception cref="T:System.ArgumentException">The firing knows fewer cells than the graph has.</exception>
    member Firing: Firing with get, set
    /// <summary>Other inputs [cells x I] from the next step on.</summary>
    /// <exception cref="T:System.ArgumentException">The rule has no inputs, or they have other sizes.</exception>
    member SetInputs: inputs: State -> unit

    /// Gives the native memory back.
    member Dispose: unit -> unit
    interface IDisposable
