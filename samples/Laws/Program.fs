/// The laws on a rule of your own: dotnet run --project samples/Laws
module Sample.Program

open Expecto
open FsCheck.FSharp
open GaryMesh
open GaryMesh.Testing

/// An edge weight of your own: neighbours count for less the farther away they are.
let near =
    EdgeWeight("near", fun edge -> 1.0 / (1.0 + edge.X * edge.X + edge.Y * edge.Y + edge.Z * edge.Z))

let automaton =
    let perception =
        Perception [ Operator.Own; Operator.Neighbours(near, Messages.Difference, Aggregation.Mean) ]

    Automaton.Of(perception, Rule.Xavier(RuleShape.For(perception, 4, 12), 1UL, 1.0, 0.5)).WithFireRate(0.3)

/// Graphs of every kind, each with a rollout of the automaton on it.
let cases =
    gen {
        let! graph = MeshGen.Graphs Limits.Small
        let! rollout = MeshGen.Rollouts(automaton, graph, 6)
        return graph, rollout
    }

let holds (law: Law) =
    testPropertyWithConfig { FsCheckConfig.defaultConfig with maxTest = 30 } law.Statement (fun () ->
        Prop.forAll (Arb.fromGen cases) (fun (graph, rollout) ->
            match law.Check(automaton, graph, rollout) with
            | LawResult.Holds -> ()
            | LawResult.Broken reason -> failtest $"{graph.Name}: {reason}"))

[<EntryPoint>]
let main arguments = testList "Laws of my rule" [ for law in Laws.All -> holds law ] |> runTestsWithCLIArgs [] arguments
