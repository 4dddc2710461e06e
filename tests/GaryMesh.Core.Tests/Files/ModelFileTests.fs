/// Model files: what is written is what is read, and whatever else is refused.
module GaryMesh.Tests.Files.ModelFileTests

open System
open System.Collections.Generic
open System.IO
open Expecto
open GaryMesh
open GaryMesh.Tests
open GaryMesh.Tests.Mutants
open GaryMesh.Tests.Files.Support
open GaryMesh.Tests.Models.Support

let private bytesOf (model: Model) (graph: Graph | null) =
    use memory = new MemoryStream()
    ModelFile.Write(memory, model, graph)
    memory.ToArray()

let private readBytes (bytes: byte[]) =
    use memory = new MemoryStream(bytes)
    ModelFile.Read(memory, "model.npz")

/// Reads a model's file with one entry changed.
let private changed (bytes: byte[]) (entry: string) (array: NpyArray | null) () =
    let entries =
        use memory = new MemoryStream(bytes)
        Dictionary(Npz.Read(memory, "model.npz"))

    match array with
    | null -> entries.Remove entry |> ignore
    | array -> entries[entry] <- array

    use memory = new MemoryStream()
    Npz.Write(memory, entries)
    readBytes (memory.ToArray()) |> ignore

[<Tests>]
let tests =
    testList
        "ModelFile"
        [ property "a model and its graph come back, and answer with the same bits" (fun (seed: uint64) ->
              let struct (model, graph) = draw seed
              let bytes = bytesOf model graph
              let struct (again, graphAgain) = readBytes bytes
              let graphAgain = nonNull graphAgain
              Expect.equal (again.ToArray()) (model.ToArray()) "the parameters"
              Expect.equal (bytesOf again graphAgain) bytes "the same bytes when written again"
              let features = featuresOf model graph 1 seed

              let score (model: Model) (graph: Graph) =
                  use predictor = new Predictor(model, graph, options 1)
                  let outputs = Array.zeroCreate (model.Shape.OutputsOn graph.Cells)
                  predictor.Score(ReadOnlySpan features, Span outputs)
                  bits outputs

              Expect.equal (score again graphAgain) (score model graph) "the answers")

          test "a lift comes back, also one of one's own, and is asked for where it is not at hand" {
              let lifted lift =
                  let perception = Perception.Planar.WithLift lift
                  let shape = ModelShape.Of(perception, 2, Head.Squared, 1, Pooling.Mean).WithRule(4, 6, 2)
                  Model.Create(shape, Scaling.None shape, RuleStart.Zero, 3UL)

              let steered = bytesOf (lifted (Steering(0, 1, 2, 3))) null
              let struct (again, _) = readBytes steered
              Expect.equal again.Shape.Perception.Text (lifted (Steering(0, 1, 2, 3))).Shape.Perception.Text "the lift"
              Expect.equal (bytesOf again null) steered "the same bytes when written again"
              changed steered "lift" null |> refused [ "'lift'" ]

              let own =
                  { new Lift("mine") with
                      member _.Width(operators, channels) = operators * channels

                      member _.Apply<'T, 'F
                          when 'T: struct and 'T :> System.Numerics.INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
                          (_: int, linear: ReadOnlySpan<'T>, lifted: Span<'T>)
                          =
                          linear.CopyTo lifted

                      member _.Adjoint<'T, 'F
                          when 'T: struct and 'T :> System.Numerics.INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
                          (_: int, _: ReadOnlySpan<'T>, liftedBar: ReadOnlySpan<'T>, linearBar: Span<'T>)
                          =
                          for i in 0 .. liftedBar.Length - 1 do
                              linearBar[i] <- linearBar[i] + liftedBar[i] }

              let bytes = bytesOf (lifted own) null
              use memory = new MemoryStream(bytes)
              let struct (again, _) = ModelFile.Read(memory, "model.npz", Known(Lifts = [ own ]))
              Expect.isTrue (obj.ReferenceEquals(again.Shape.Perception.Lift, own)) "the one given"
              refused [ "model.npz"; "'mine'" ] (fun () -> readBytes bytes |> ignore)
          }

          test "a rule of another kind is no model's" {
              let half = RuleShape.For(Perception.Planar, 3, 4)

              let blend =
                  Automaton.Of(Perception.Planar, Rule.Blend(Rule.ZeroLast(half, 1UL), Rule.ZeroLast(half, 2UL)))

              let error = Expect.throwsC (fun () -> Model.OfAutomaton(blend, 1) |> ignore) id
              Expect.stringContains error.Message "blend dense" "the sentence"
          }

          test "an automaton with a bound or a spacing is no model's" {
              let automaton = Automaton.GaryMesh 1UL
              Model.OfAutomaton(automaton, 1) |> ignore

              for other, words in [ automaton.WithBound 2f, "bound of 2"; automaton.WithSpacing 0.5, "spacing of 0.5" ] do
                  let error = Expect.throwsC (fun () -> Model.OfAutomaton(other, 1) |> ignore) id
                  Expect.stringContains error.Message words "the sentence"
          }

          test "a model without a graph has none when it is read" {
              let struct (model, _) = draw 3UL
              let struct (_, graph) = readBytes (bytesOf model null)
              Expect.isNull graph "no graph"
          }

          property
              "frames and spacings come back, on a graph that a word stands for and on one of listed rows"
              (fun (seed: uint64) ->
                  let struct (model, _) = draw seed
                  let word = Graph.Icosphere(1 + Counter.below 3 seed 77L)
                  let rows = word.Relabelled(Array.rev [| 0 .. word.Cells - 1 |])

                  for graph in [ word; rows ] do
                      let framed =
                          graph
                              .WithFrames(Frames.Towards(graph, struct (0.3, -1.0, 0.2)))
                              .WithSpacing(Array.init graph.Cells (fun cell -> 1.0 + float (cell % 3)))

                      let bytes = bytesOf model framed
                      let struct (again, graphAgain) = readBytes bytes
                      let graphAgain = nonNull graphAgain
                      Expect.sequenceEqual graphAgain.Frames framed.Frames "the frames"
                      Expect.sequenceEqual graphAgain.Spacings framed.Spacings "the spacings"
                      Expect.sequenceEqual graphAgain.Neighbours framed.Neighbours "the rows"
                      Expect.equal graphAgain.MeanLength framed.MeanLength "the mean length"
                      Expect.equal graphAgain.Topology framed.Topology "the topology"
                      Expect.equal (bytesOf again graphAgain) bytes "the same bytes when written again"
                      let without = bytesOf model graph
                      Expect.notEqual without bytes "a graph without frames is another"

                      for bad in
                          [ NpyArray.OfFloat64([| framed.Cells; 9 |], Array.zeroCreate (9 * framed.Cells))
                            NpyArray.OfFloat64([| 1; 9 |], Array.init 9 (fun i -> if i % 4 = 0 then 1.0 else 0.0)) ] do
                          changed bytes "graph.frames" bad |> refused [ "model.npz"; "rame" ]

                      for bad in [ Array.zeroCreate framed.Cells; [| 1.0 |] ] do
                          let bad = NpyArray.OfFloat64([| bad.Length |], bad)
                          changed bytes "graph.spacings" bad |> refused [ "model.npz"; "pacing" ])

          test "rows or frames without the entry that they belong to are refused" {
              let struct (model, _) = draw 3UL
              let ring = Graph.Ring 3
              let stray = NpyArray.OfFloat64([| 3; 9 |], Array.init 27 (fun i -> if i % 9 % 4 = 0 then 1.0 else 0.0))
              changed (bytesOf model null) "graph.frames" stray |> refused [ "'graph.frames'"; "'graph'" ]
              let one = NpyArray.OfFloat64([| 1 |], [| 2.0 |])
              changed (bytesOf model null) "graph.spacings" one |> refused [ "'graph.spacings'"; "'graph'" ]
              let positions = NpyArray.OfFloat64([| 3; 3 |], Array.zeroCreate 9)
              changed (bytesOf model ring) "graph.positions" positions |> refused [ "'graph.row_start'" ]
              changed (bytesOf model ring) "graph.frames" stray ()
          }

          test "a newer version, an unknown entry, a missing one and a wrong size are refused" {
              let struct (model, graph) = draw 5UL
              let bytes = bytesOf model graph
              let newer = NpyArray.OfInt32([||], [| ModelFile.Version + 1 |])
              changed bytes "format_version" newer |> refused [ "version"; $"{ModelFile.Version + 1}" ]
              let unknown = NpyArray.OfFloat32([| 1 |], [| 1f |])
              changed bytes "wings" unknown |> refused [ "wings" ]
              changed bytes "fc1.weight" null |> refused [ "fc1.weight" ]
              changed bytes "fc1.bias" unknown |> refused [ "fc1.bias" ]
          }

          test "a file of another kind is refused" {
              use memory = new MemoryStream()
              RuleFile.Write(memory, Automaton.GaryMesh 1UL)
              (fun () -> readBytes (memory.ToArray()) |> ignore) |> refused [ "model.npz" ]
          }

          test "two thousand damaged files are read or refused" {
              let struct (model, graph) = draw 7UL
              survives "model.npz" 2000 11 (bytesOf model graph) (readBytes >> ignore)
          } ]
