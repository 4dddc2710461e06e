/// Every law, in worlds of every kind; and that a law can be broken.
module GaryMesh.Tests.LawsTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open GaryMesh
open GaryMesh.Testing

/// A property over worlds within limits; `GARYMESH_EXPLORE=1` draws fresh ones.
let obeys (limits: Limits) (cases: int) (law: Law) =
    let config = { FsCheckConfig.defaultConfig with maxTest = cases; replay = replay }

    testPropertyWithConfig config law.Statement (fun () ->
        Prop.forAll (MeshArb.WorldsWithin limits) (fun world ->
            match world.Obeys law with
            | LawResult.Holds -> ()
            | LawResult.Broken reason -> failtest $"{reason}\n{world.Text}"))

/// The shapes that are cut, each with the perception that suits it.
let private shapes =
    let random seed directed = GraphPlan.Edges(90, 4, directed, true, true, seed).Build()

    [ Graph.Ring 96, Perception.Planar
      Graph.Grid(9, 11), Perception.Sobel
      Graph.Icosphere 3, Perception.Harmonics
      random 1UL false, Perception.Diffusion
      random 2UL true, Perception.Isotropic ]

/// A rollout of an automaton on such a shape, with an input for each step; under a gate about half of its cells die.
let private gatedOrNot (graph: Graph, perception: Perception) gate =
    let shape = RuleShape.For(perception, 4, 6, 1)
    let noise channels seed = Gen.sampleWithSeed (Rnd seed) 1 1 (MeshGen.States(graph.Cells, channels)) |> Array.head

    let automaton =
        Automaton.Of(perception, GradientCheck.RuleFor(shape, 4UL, 0.4)).WithGate(gate).WithTimeStep 0.3

    let inputs = Inputs.PerStep [| for step in 0UL .. 12UL -> noise 1 (100UL + step) |]
    automaton, Rollout.Of(noise 4 8UL, 13, Firing.Seeded(6UL, 2)).WithInputs inputs

[<Tests>]
let tests =
    testList
        "Laws"
        [ testList "in small worlds" [ for law in Laws.All -> obeys Limits.Small 100 law ]

          testList
              "in wide worlds"
              [ for law in Laws.All do
                    if law.Name <> Laws.GradientAgreement.Name then
                        obeys Limits.Wide 60 law ]

          test "rings, grids, icospheres and random graphs in 2 to 8 parts, ghosts 1 to 8 hops wide, gated or not" {
              let broken =
                  [ for graph, perception in shapes do
                        for gate in [ Gate.Open; Gate.Alive(1, 0.8f); Gate.AlivePublished(1, 0.8f) ] do
                            let automaton, rollout = gatedOrNot (graph, perception) gate

                            if not gate.IsOpen then
                                let final = Engine.Run(automaton, graph, rollout)
                                let alive = seq { 0 .. graph.Cells - 1 } |> Seq.filter (fun c -> final[c, 0] <> 0f)
                                let share = float (Seq.length alive) / float graph.Cells
                                Expect.isTrue (share > 0.1 && share < 0.95) $"{graph.Name}: {share} live"

                            for parts in 2..8 do
                                for halo in automaton.HopsPerStep .. 8 do
                                    Laws.PartsOf(parts, halo).Check(automaton, graph, rollout).Text ]

              let held = broken |> Seq.filter ((=) "") |> Seq.length

              Expect.equal
                  $"{held} of {broken.Length}"
                  $"{5 * 7 * (8 + 7 + 7)} of {5 * 7 * (8 + 7 + 7)}"
                  (String.concat "\n" broken)
          }

          test "ghosts that a step reads beyond are refused" {
              let automaton, rollout = gatedOrNot shapes.Head (Gate.Alive(1, 0.1f))

              Expect.throwsT<ArgumentOutOfRangeException>
                  (fun () -> Laws.PartsOf(4, 1).Check(automaton, fst shapes.Head, rollout) |> ignore)
                  "one hop under a gate"
          }

          testPropertyWithConfig
              { FsCheckConfig.defaultConfig with replay = replay }
              "turning a graph changes nothing for perceptions that turn with it"
              (fun () ->
                  Prop.forAll (MeshArb.WorldsWithin Limits.Wide) (fun world ->
                      let lift =
                          match world.Plan.Seed % 3UL with
                          | 0UL -> LiftPlan.Absent
                          | 1UL -> LiftPlan.GradientNorm(1, 2)
                          | _ -> LiftPlan.Steering(0, 1, 2, 0)

                      let plan =
                          { world.Plan with
                              Framed = true
                              Lift = lift
                              Operators = [ for operator in Perception.Tangent.Operators -> operator.Text ] }

                      Expect.equal ((World plan).Obeys Laws.Equivariance) LawResult.Holds "turned"))

          test "turning a mesh is seen by perceptions in the world frame" {
              for perception in [ Perception.Planar; Perception.Harmonics; Perception.Harmonics2 ] do
                  let graph = Graph.Icosphere 3

                  let automaton =
                      Automaton.Of(perception, GradientCheck.RuleFor(RuleShape.For(perception, 4, 6), 4UL, 0.4))

                  let start =
                      State.Create(
                          graph.Cells,
                          4,
                          fun cell channel -> float32 (Counter.normal 5UL (int64 (4 * cell + channel)))
                      )

                  let law = Laws.Equivariance.Check(automaton, graph, Rollout.Of(start, 8, Firing.All))
                  Expect.stringContains law.Text "apart" perception.Text
          }

          test "every law has a name of its own and says what it means" {
              Expect.isFalse (Laws.All.Contains Laws.Equivariance) "not a law of all"
              Expect.equal (Laws.All |> Seq.map _.Name |> Seq.distinct |> Seq.length) Laws.All.Length "names"

              for law in Laws.All.Add Laws.Equivariance do
                  Expect.stringEnds law.Statement "." law.Name
          }

          test "a firing that breaks its word breaks the law of the same bits" {
              let mutable calls = 0

              let fickle =
                  Firing.Mask(fun _ _ ->
                      calls <- calls + 1
                      calls % 3 = 0)

              let automaton = Automaton.Of(Perception.Planar, GradientCheck.RuleFor(RuleShape(3, 9, 5), 1UL, 1.0))
              let graph = Graph.Ring 10
              let start = State.Create(10, 3, fun cell channel -> float32 (cell + channel) / 7f)

              match Laws.Determinism.Check(automaton, graph, Rollout.Of(start, 5, fickle)) with
              | LawResult.Broken reason ->
                  Expect.stringContains reason "Two runs: channel" "it says where"
                  Expect.stringEnds reason "." "in a sentence"
              | LawResult.Holds -> failtest "it held"
          }

          test "a rollout that does not fit is refused" {
              let automaton = Automaton.GaryMesh 1UL
              let rollout = Rollout.Of(State.Zeros(9, 12), 3, Firing.All)

              Expect.throwsT<ArgumentException>
                  (fun () -> Laws.Silence.Check(automaton, Graph.Ring 10, rollout) |> ignore)
                  "9 cells on a ring of 10"
          } ]
