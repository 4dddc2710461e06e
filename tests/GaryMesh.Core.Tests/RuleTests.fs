/// Rules: sizes, layout and starts.
module GaryMesh.Tests.RuleTests

open System
open Expecto
open GaryMesh

let private shapeOf (channels: int) (operators: int) (hidden: int) (inputs: int) =
    let channels = 1 + abs (channels % 8)
    RuleShape(channels, channels * (1 + abs (operators % 5)), 1 + abs (hidden % 9), abs (inputs % 4))

let private deviation (values: float32[]) = sqrt (Array.averageBy (fun (x: float32) -> float x * float x) values)

let private refusal (action: unit -> 'a) =
    (Expect.throwsC (action >> ignore) (fun error -> error :?> ArgumentException)).Message

[<Tests>]
let tests =
    testList
        "Rule"
        [ for name, shape, count, text in
              [ "gary-mesh", Rule.GaryMeshShape, 2364, "36 -> 48 -> 12"
                "MeshNCA", Rule.MeshNcaShape, 12432, "80 -> 128 -> 16"
                "Growing NCA", Rule.GrowingShape, 8336, "48 -> 128 -> 16" ] do
              test $"{name} has {count} parameters" {
                  Expect.equal shape.ParameterCount count "by its shape"
                  Expect.equal (Rule.Zero shape).ParameterCount count "by its rule"
                  Expect.equal shape.Text text "in words"
              }

          property "the parts follow each other and fill the vector" (fun (c: int) (k: int) (h: int) (i: int) ->
              let shape = shapeOf c k h i
              let views = shape.Views
              let ends = views |> Seq.scan (fun at view -> at + view.Length) 0 |> Seq.toList

              [ for view in views -> view.Offset ] = List.truncate 4 ends
              && List.last ends = shape.ParameterCount
              && [ for view in views -> view.Name, view.Rows, view.Columns ] =
                  [ "fc1.weight", shape.Hidden, shape.Read
                    "fc1.bias", shape.Hidden, 1
                    "fc2.weight", shape.Channels, shape.Hidden
                    "fc2.bias", shape.Channels, 1 ])

          test "a part is that stretch of the vector" {
              let shape = RuleShape(2, 2, 3)
              let rule = Rule(shape, ReadOnlySpan [| 0.0f .. 16.0f |])
              Expect.equal (rule.View "fc1.weight") [| 0.0f .. 5.0f |] "W1 [3 x 2]"
              Expect.equal (rule.View "fc1.bias") [| 6.0f .. 8.0f |] "b1"
              Expect.equal (rule.View "fc2.weight") [| 9.0f .. 14.0f |] "W2 [2 x 3]"
              Expect.equal (rule.View "fc2.bias") [| 15.0f; 16.0f |] "b2"
              Expect.stringContains (refusal (fun () -> rule.View "fc3.bias")) "fc3.bias" "no such part"
          }

          test "a rule keeps its own copy" {
              let values = Array.create 17 1.0f
              let rule = Rule(RuleShape(2, 2, 3), ReadOnlySpan values)
              values[0] <- 9.0f
              rule.ToArray().[1] <- 9.0f
              rule.View("fc1.weight").[2] <- 9.0f
              Expect.equal (rule.ToArray()) (Array.create 17 1.0f) "unchanged"
          }

          test "a wrong number of parameters and one that is not finite are refused" {
              let wrong = refusal (fun () -> Rule(RuleShape(2, 2, 3), ReadOnlySpan(Array.zeroCreate<float32> 16)))
              Expect.stringContains wrong "2 -> 3 -> 2 has 17 parameters, but 16" "both sides"

              for bad in [ nanf; infinityf; -infinityf ] do
                  let values = Array.init 17 (fun i -> if i = 4 then bad else 0.0f)
                  let message = refusal (fun () -> Rule(RuleShape(2, 2, 3), ReadOnlySpan values))
                  Expect.stringContains message "number 4" "which one"
          }

          test "sizes below 1 are refused" {
              for make in
                  [ fun () -> RuleShape(0, 1, 1)
                    fun () -> RuleShape(1, 0, 1)
                    fun () -> RuleShape(1, 1, 0)
                    fun () -> RuleShape(1, 1, 1, -1) ] do
                  Expect.throwsT<ArgumentOutOfRangeException> (make >> ignore) "out of range"
          }

          property "shapes are equal when their sizes are" (fun (c: int) (k: int) (h: int) (i: int) ->
              let a, b = shapeOf c k h i, shapeOf c k h i
              let other = RuleShape(a.Channels, a.Perceived, a.Hidden, a.Inputs + 1)
              a.Equals b && a.GetHashCode() = b.GetHashCode() && not (a.Equals other))

          property
              "the zero-last start has a zero last layer and a first layer within 1 / sqrt(inputs)"
              (fun (seed: uint64) ->
                  let rule = Rule.ZeroLast(Rule.GaryMeshShape, seed)
                  let first = rule.View "fc1.weight"
                  let zero name = Array.forall ((=) 0.0f) (rule.View name)

                  first |> Array.forall (fun w -> abs w <= 1.0f / 6.0f)
                  && abs (deviation first - 1.0 / 6.0 / sqrt 3.0) < 0.01
                  && zero "fc1.bias"
                  && zero "fc2.weight"
                  && zero "fc2.bias")

          property "Xavier's start has Glorot's deviation times the gain" (fun (seed: uint64) ->
              let rule = Rule.Xavier(Rule.MeshNcaShape, seed, 0.2, 1.2)
              let near name expected = abs (deviation (rule.View name) / expected - 1.0) < 0.08

              near "fc1.weight" (0.2 * sqrt (2.0 / 208.0))
              && near "fc2.weight" (1.2 * sqrt (2.0 / 144.0))
              && Array.forall ((=) 0.0f) (rule.View "fc1.bias"))

          property "a start is a function of its seed" (fun (seed: uint64) ->
              let start seed = Rule.ZeroLast(Rule.GaryMeshShape, seed).ToArray()
              start seed = start seed && start seed <> start (seed + 1UL)) ]
