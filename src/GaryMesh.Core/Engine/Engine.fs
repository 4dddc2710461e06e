namespace GaryMesh

open System.Threading

[<AbstractClass; Sealed>]
type Engine =
    static member Run(automaton: Automaton, graph: Graph, rollouts: Rollout[]) : State[] =
        use prepared = new Prepared(automaton, graph)
        prepared.Run rollouts

    static member Run(automaton: Automaton, graph: Graph, rollout: Rollout) : State =
        Engine.Run(automaton, graph, [| rollout |])[0]

    static member Trajectory(automaton: Automaton, graph: Graph, rollout: Rollout) : State[] =
        use prepared = new Prepared(automaton, graph)
        let states = Array.create (rollout.Steps + 1) rollout.Start

        prepared.Run(rollout, 1, (fun step state -> states[step] <- state), CancellationToken.None)
        |> ignore

        states

    static member Gradient(automaton: Automaton, graph: Graph, rollouts: Rollout[], loss: Loss) =
        use prepared = new Prepared(automaton, graph)
        prepared.Gradient(rollouts, loss)
