/// What the generators draw: within the limits, of every kind, and shrinking to an end.
module GaryMesh.Tests.GeneratorTests

open System
open Expecto
open FsCheck.FSharp
open GaryMesh
open GaryMesh.Testing

let private sample (gen: FsCheck.Gen<'a>) count = Gen.sampleWithSeed (FsCheck.Rnd 11UL) 30 count gen

[<Tests>]
let tests =
    testList
        "Generators"
        [ test "worlds keep within their limits" {
              let limits = Limits.Wide

              for world in sample (MeshGen.Worlds limits) 200 do
                  let shape = world.Automaton.Rule.Shape
                  Expect.isLessThanOrEqual shape.Channels limits.Channels "channels"
                  Expect.isLessThanOrEqual shape.Hidden limits.Hidden "hidden"
                  Expect.isLessThanOrEqual world.Automaton.Perception.Count limits.Operators "operators"
                  Expect.isLessThanOrEqual shape.Inputs limits.Inputs "inputs"
                  Expect.isLessThanOrEqual world.Rollout.Steps limits.Steps "steps"
                  Expect.isLessThanOrEqual world.Graph.Cells limits.Cells "cells"
                  world.Automaton.Check(world.Graph, world.Rollout)
          }

          test "every kind of graph, of firing, of gate, of lift and of rule is drawn" {
              let plans = sample (MeshGen.WorldPlans Limits.Small) 300

              let kinds =
                  plans
                  |> Seq.map (fun plan -> Seq.takeWhile Char.IsLetterOrDigit (string plan.Graph) |> String.Concat)
                  |> Seq.distinct
                  |> Seq.length

              Expect.equal kinds 10 "graphs"
              Expect.equal (plans |> Seq.map _.Firing |> Set.ofSeq) (set [ 0; 1; 2 ]) "firings"
              Expect.equal (plans |> Seq.map _.Gated |> Set.ofSeq) (set [ false; true ]) "gates"
              Expect.equal (plans |> Seq.map _.Keep |> Set.ofSeq) (set [ 0.0; 0.75; 1.0 ]) "what is kept"
              Expect.equal (plans |> Seq.map _.Framed |> Set.ofSeq) (set [ false; true ]) "frames"
              Expect.equal (plans |> Seq.map _.Uneven |> Set.ofSeq) (set [ false; true ]) "spacings"

              Expect.equal
                  (plans |> Seq.map (fun plan -> plan.Lift.IsAbsent, plan.Lift.IsSteering) |> Set.ofSeq |> Set.count)
                  3
                  "lifts"

              Expect.equal (plans |> Seq.map _.Blended |> Set.ofSeq) (set [ false; true ]) "blends"
          }

          test "shrinking ends, and whatever it meets is a world" {
              for plan in sample (MeshGen.WorldPlans Limits.Small) 30 do
                  let rec smallest (plan: WorldPlan) steps =
                      Expect.isLessThan steps 200 "it ends"

                      match plan.Smaller with
                      | [] -> ()
                      | smaller ->
                          for plan in smaller do
                              World plan |> ignore

                          smallest (List.last smaller) (steps + 1)

                  smallest plan 0
          }

          test "rollouts fit an automaton of one's own" {
              let automaton = Automaton.Growing 1UL

              for rollout in sample (MeshGen.Rollouts(automaton, Graph.Grid(4, 5), 6)) 50 do
                  automaton.Check(Graph.Grid(4, 5), rollout)
          } ]
