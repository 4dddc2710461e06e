/// Models in ONNX: what ONNX Runtime makes of them, and what the checker says.
module GaryMesh.Studio.Tests.OnnxTests

open System
open Expecto
open FsCheck
open GaryMesh
open GaryMesh.Studio.Exports
open GaryMesh.Studio.Tests.ExportWorlds

let private onnx = Export.All |> Seq.find (fun export -> export.Name = "onnx")

[<Tests>]
let tests =
    testList
        "ONNX"
        [ testPropertyWithConfig
              { FsCheckConfig.defaultConfig with maxTest = 60 }
              "a rule of any kind does in ONNX Runtime what it does in the engine"
          <| fun (seed: uint64) -> agrees onnx (automaton seed) 1000 12 ]
