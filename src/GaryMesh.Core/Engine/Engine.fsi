namespace GaryMesh

/// The engine as pure functions: the same meaning as `Reference`, in float32 and fast. Each call prepares a run and lets
/// it go; whoever runs one automaton on one graph many times prepares it once (`Prepared`).
[<AbstractClass; Sealed>]
type Engine =
    /// <summary>The state after a rollout.</summary>
    /// <exception cref="T:System.ArgumentException">The parts do not fit each other; the message names both
    /// sizes.</exception>
    static member Run: automaton: Automaton * graph: Graph * rollout: Rollout -> State

    /// The states after the rollouts of a batch.
    static member Run: automaton: Automaton * graph: Graph * rollouts: Rollout[] -> State[]

    /// The states before the first step and after each: steps + 1 of them.
    static member Trajectory: automaton: Automaton * graph: Graph * rollout: Rollout -> State[]

    /// The loss of a batch of rollouts and its gradient through every step.
    static member Gradient: automaton: Automaton * graph: Graph * rollouts: Rollout[] * loss: Loss -> BatchGradient
