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

          test "every law has a name of its own and says what it means" {
              Expect.equal (Laws.All |> Seq.map _.Name |> Seq.distinct |> Seq.length) Laws.All.Length "names"

              for law in Laws.All do
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
