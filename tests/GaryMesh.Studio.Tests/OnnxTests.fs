/// Models in ONNX: what ONNX Runtime makes of them, what the checker says, and what travels in them.
module GaryMesh.Studio.Tests.OnnxTests

open System
open System.Diagnostics
open System.IO
open System.Numerics
open System.Text.Json.Nodes
open Expecto
open GaryMesh
open GaryMesh.Studio.Descriptions
open GaryMesh.Studio.Exports
open GaryMesh.Studio.Tests.ExportWorlds
open Microsoft.ML.OnnxRuntime

let private onnx = Languages.Onnx

/// A lift of a user's own.
type private Halved() =
    inherit Lift("halved")
    override _.Width(operators, channels) = operators * channels

    override _.Apply<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (_, linear: ReadOnlySpan<'T>, lifted: Span<'T>)
        =
        linear.CopyTo lifted

    override _.Adjoint<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (_, _, liftedBar: ReadOnlySpan<'T>, linearBar: Span<'T>)
        =
        liftedBar.CopyTo linearBar

/// What a Python that has the package onnx says of some models, or None where there is none.
let private checkedBy (script: string) (paths: string list) =
    let python =
        match Environment.GetEnvironmentVariable "GARYMESH_PYTHON" with
        | null -> "/usr/bin/python3"
        | named -> named

    if not (File.Exists python) then
        None
    else
        let start =
            ProcessStartInfo(
                python,
                [ "-c"; script ] @ paths,
                RedirectStandardOutput = true,
                RedirectStandardError = true
            )

        use running = nonNull (Process.Start start)
        let said, failed = running.StandardOutput.ReadToEnd(), running.StandardError.ReadToEnd()
        running.WaitForExit()
        if failed.Contains "No module named" then None else Some(said, failed)

let private check =
    """
import sys, onnx
def nodes(graph):
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from nodes(attribute.g)
for path in sys.argv[1:]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    opsets = ",".join(f"{one.domain}{one.version}" for one in model.opset_import)
    free = ",".join(sorted({dim.dim_param for one in model.graph.input for dim in one.type.tensor_type.shape.dim if dim.dim_param}))
    print(opsets, free, ",".join(sorted({node.domain + node.op_type for node in nodes(model.graph)})))
"""

let private floats (vector: JsonNode) (name: string) =
    [| for value in (nonNull vector[name]).AsArray() -> (nonNull value).GetValue<float32>() |]

let private whole (vector: JsonNode) (name: string) = (nonNull vector[name]).GetValue<int>()

/// Runs a model on the test vector that it carries; the largest difference from what the vector says, over the largest value.
let private onItsVector (path: string) =
    use session = new InferenceSession(path)
    let vector = nonNull (JsonNode.Parse session.ModelMetadata.CustomMetadataMap["test_vector"])
    let cells, width = whole vector "cells", whole vector "neighbours_a_cell"

    let given =
        dict
            [ for name in session.InputNames do
                  let dimensions = session.InputMetadata[name].Dimensions |> Array.map int64
                  let node = (nonNull vector[name]).AsArray()

                  let shape =
                      match name with
                      | "neighbours" -> [| int64 cells; int64 width |]
                      | "weights" -> [| int64 cells; dimensions[1]; int64 width |]
                      | "fires" when dimensions.Length = 2 -> [| int64 (node.Count / cells); int64 cells |]
                      | "fires" -> [| int64 cells |]
                      | _ -> [| int64 cells; dimensions[1] |]

                  let value =
                      match name with
                      | "neighbours" ->
                          OrtValue.CreateTensorValueFromMemory(
                              [| for one in node -> (nonNull one).GetValue<int64>() |],
                              shape
                          )
                      | "fires" ->
                          OrtValue.CreateTensorValueFromMemory(
                              [| for one in node -> (nonNull one).GetValue<bool>() |],
                              shape
                          )
                      | _ -> OrtValue.CreateTensorValueFromMemory(floats vector name, shape)

                  name, value ]

    use options = new RunOptions()

    use outputs = session.Run(options, System.Collections.Generic.Dictionary given, session.OutputNames)

    [ for name, value in Seq.zip session.OutputNames outputs do
          let expected, found = floats vector name, value.GetTensorDataAsSpan<float32>().ToArray()
          let largest = Array.max (Array.map abs expected)
          BrowserTests.largestDifference expected found / max 1e-30f largest ]
    |> List.max

[<Tests>]
let tests =
    testList
        "ONNX"
        [ testPropertyWithConfig
              { FsCheckConfig.defaultConfig with maxTest = 25 }
              "a rule of any kind does in ONNX Runtime what it does in the engine"
          <| fun (seed: uint64) -> agrees onnx (automaton seed) 1000 12

          test "rules of ten kinds differ by at most 1e-6 a step and 1e-4 after 96 steps" {
              for seed in 1UL .. 10UL do
                  for one in differences onnx (automaton seed) 1000 96 do
                      Expect.isLessThanOrEqual one.AStep 1e-6 $"{text (automaton seed)}: {one}"
                      Expect.isLessThanOrEqual one.AtEnd 1e-4 $"{text (automaton seed)}: {one}"
          }

          test "a shipped texture does on 100,000 cells what it does in the engine" {
              agrees onnx (Worlds.texture "rust") 100000 13
          }

          test
              "the checker takes models of every kind: operator set 17, any number of cells and neighbours, nothing scattered or drawn" {
              let folder = Directory.CreateTempSubdirectory "gary-mesh-"

              try
                  let paths =
                      [ for seed in 1UL .. 30UL do
                            let path = Path.Combine(folder.FullName, $"rule{seed}.onnx")
                            onnx.Write(automaton seed, path)
                            yield! onnx.Files path ]

                  match checkedBy check paths with
                  | None -> skiptest "There is no ONNX checker here: install the package python3-onnx."
                  | Some(said, failed) ->
                      let lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                      Expect.equal lines.Length paths.Length failed

                      for path, line in Seq.zip paths lines do
                          match line.Split ' ' with
                          | [| opsets; free; operators |] ->
                              Expect.equal opsets "17" "the operator set"
                              Expect.stringContains free "cells" "any number of cells"

                              for word in [ "Scatter"; "Random"; "Bernoulli"; "." ] do
                                  Expect.isFalse (operators.Contains word) operators

                              if path.Contains "rollout" then
                                  Expect.stringContains operators "Loop" "a loop"
                                  Expect.stringContains free "steps" "any number of steps"
                          | _ -> failtest line
              finally
                  folder.Delete true
          }

          test "a model does on the test vector that it carries what the vector says" {
              for seed in 1UL .. 12UL do
                  opened onnx (automaton seed) (fun _ _ path ->
                      for file in onnx.Files path do
                          Expect.isLessThan (onItsVector file) 2e-6f (text (automaton seed)))
          }

          test "a model says how its rule runs" {
              opened onnx (fst Worlds.sphere) (fun _ _ path ->
                  use session = new InferenceSession(path)
                  let facts = session.ModelMetadata.CustomMetadataMap
                  Expect.equal facts["channels"] "16" "channels"
                  Expect.equal facts["fire_rate"] "0.5" "fire rate"
                  Expect.equal facts["gate"] "open" "gate"
                  Expect.equal facts["bound"] "2" "bound"
                  Expect.stringContains facts["palette"] "basis" "palette")
          }

          test "a table without columns is a graph without edges" {
              let automaton = Automaton.Growing(1UL).WithRule(GradientCheck.RuleFor(Rule.GrowingShape, 1UL, 0.3))

              opened onnx automaton (fun _ _ path ->
                  use session = new InferenceSession(path)
                  let state = Array.init (5 * 16) (fun at -> float32 (at % 7) / 7.0f)

                  let given =
                      dict
                          [ "state", OrtValue.CreateTensorValueFromMemory(state, [| 5L; 16L |])
                            "neighbours", OrtValue.CreateTensorValueFromMemory(Array.empty<int64>, [| 5L; 0L |])
                            "weights", OrtValue.CreateTensorValueFromMemory(Array.empty<float32>, [| 5L; 2L; 0L |])
                            "fires", OrtValue.CreateTensorValueFromMemory(Array.create 5 true, [| 5L |]) ]

                  use options = new RunOptions()

                  use outputs = session.Run(options, System.Collections.Generic.Dictionary given, session.OutputNames)

                  let graph = Graph.OfEdges(5, [||], [||], true)
                  let rollout = Rollout.Of(State(5, 16, ReadOnlySpan state), 1, Firing.All)
                  let expected = (Engine.Run(automaton, graph, rollout)).ToArray()

                  Expect.isLessThan
                      (BrowserTests.largestDifference expected (outputs[0].GetTensorDataAsSpan<float32>().ToArray()))
                      1e-6f
                      "the difference")
          }

          test "what is no number stays where it is seen" {
              // Value messages alone: a cell's own state is not among what it reads.
              let perception = Perception.LeftSelfRight
              let shape = RuleShape.For(perception, 4, 8)

              let automaton = Automaton.Of(perception, GradientCheck.RuleFor(shape, 5UL, 0.3)).WithFireRate 1.0

              opened onnx automaton (fun rule written _ ->
                  let line = Graph.Line 8
                  use run = written.On(GraphTables.Of(automaton, line), [||])
                  let state = Array.create 32 0.5f
                  state[28] <- nanf
                  let after = run.Run(state, 1UL, 0, Array.create 8 true).State

                  for cell in 0..7 do
                      let isNumber = Array.forall Single.IsFinite after[4 * cell .. 4 * cell + 3]
                      Expect.equal isNumber (cell < 6) $"cell {cell}")
          }

          test "what cannot be said is refused by name" {
              let said (automaton: Automaton) =
                  try
                      RuleDescription.Of automaton |> ignore
                      ""
                  with :? ArgumentException as refusal ->
                      refusal.Message

              let perception = Perception.Planar.WithLift(Halved())
              let shape = RuleShape.For(perception, 4, 8)
              Expect.stringContains (said (Automaton.Of(perception, Rule.Zero shape))) "halved" "a lift"
          } ]
