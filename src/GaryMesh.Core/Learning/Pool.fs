namespace GaryMesh

open System

/// States from which rollouts go on (Growing NCA, Distill 2020, experiment 2), each with the loss of the rollout that ended
/// in it.
[<Sealed>]
type Pool
    /// States with the losses of the rollouts that ended in them; NaN for a state that no rollout has ended in.
    (states: State[], losses: float[]) =
    do
        if states.Length <> losses.Length then
            Guard.refuse
                $"Every state of a pool has a loss, but there are {states.Length} states and {losses.Length} losses."

    /// States that no loss has seen yet.
    new(states: State[]) = Pool(states, Array.create states.Length nan)
    /// Number of states.
    member _.Count = states.Length
    /// The states, in their order.
    member _.States = ReadOnlyMemory states
    /// NaN for a state that no rollout has ended in.
    member _.Losses = ReadOnlyMemory losses

    /// The places of `count` distinct states, uniform, as a function of the key.
    member _.Sample(key: uint64, count: int) =
        if count > states.Length then
            Guard.refuse $"A pool of {states.Length} states has no {count} distinct ones."

        Shuffle.some count states.Length key

    /// The pool with other states in some places.
    member _.Update(places: int[], next: State[], nextLosses: float[]) =
        let states, losses = Array.copy states, Array.copy losses

        places
        |> Array.iteri (fun i place ->
            states[place] <- next[i]
            losses[place] <- nextLosses[i])

        Pool(states, losses)
