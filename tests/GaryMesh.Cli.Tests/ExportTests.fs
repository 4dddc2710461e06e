/// `gary-mesh export`; what an export computes is tested where exporters are.
module GaryMesh.Cli.Tests.ExportTests

open System.IO
open Expecto
open GaryMesh
open GaryMesh.Cli.Tests.Support

let private nothing = ignore

[<Tests>]
let tests =
    testList
        "export"
        [ test "what is written is run beside the engine on one cell, no edges and 100,000 cells" {
              inFolder (fun at ->
                  let automaton = Automaton.GaryMesh(1UL).WithTimeStep 0.5
                  let rule = GradientCheck.RuleFor(automaton.Rule.Shape, 1UL, 0.3)
                  RuleFile.Write(at "r.npz", automaton.WithRule rule)

                  let ran =
                      succeed
                          [ "export"
                            "--rule"
                            at "r.npz"
                            "--onnx"
                            at "m.onnx"
                            "--c"
                            at "m.c"
                            "--steps"
                            "3"
                            "--json" ]

                  Expect.isTrue (nonNull ran.Json["holds"] |> _.GetValue<bool>()) "all holds"
                  Expect.isTrue (File.Exists(at "m-rollout.onnx")) "the rollout's model"

                  for language in [ "onnx"; "c" ] do
                      let figures = nonNull ran.Json[language]

                      if isNull figures["runner"] then
                          skiptest (string figures["not_compared"])

                      let graphs = (nonNull figures["graphs"]).AsArray()

                      let cells =
                          [ for one in graphs ->
                                let one = nonNull one
                                nonNull one["cells"] |> _.GetValue<int>() ]

                      Expect.isGreaterThanOrEqual cells.Length 5 "graphs"
                      Expect.contains cells 1 "one cell"
                      Expect.contains cells 100000 "many cells"

                      for one in graphs do
                          let one = nonNull one
                          let step = nonNull one["a_step"] |> _.GetValue<float>()
                          Expect.isLessThanOrEqual step 1e-6 $"{one}")
          }

          test "tables are those of the graph, for any rule" {
              inFolder (fun at ->
                  succeed [ "export"; "--rule"; "rust"; "--graph"; "icosphere:3"; "--tables"; at "t.npz"; "--quiet" ]
                  |> ignore

                  let arrays = Npz.Read(at "t.npz")
                  Expect.equal arrays["neighbours"].Shape [| 92; 6 |] "neighbours"
                  Expect.equal arrays["weights"].Shape [| 92; 3; 6 |] "weights"
                  let neighbours = arrays["neighbours"].ToInt64()
                  Expect.equal (neighbours |> Array.filter ((=) -1L) |> Array.length) 12 "places of nobody"
                  Expect.equal (Array.max neighbours) 91L "the last cell")
          }

          test "nothing to write, other endings and rules that a language cannot say are refused" {
              refuses nothing [ "export"; "--rule"; "rust" ] [ "--onnx"; "--glsl"; "--c"; "--tables" ]
              refuses nothing [ "export"; "--rule"; "rust"; "--onnx"; "@m.txt" ] [ ".onnx" ]
              refuses nothing [ "export"; "--rule"; "rust"; "--c"; "@m.h" ] [ ".c" ]

              refuses
                  nothing
                  [ "export"; "--rule"; "12x8x3:mixture:1:2"; "--c"; "@m.c"; "--glsl"; "@m.glsl" ]
                  [ "mixture:1:2"; "dense" ]

              refuses nothing [ "export"; "--rule"; "no-such.npz"; "--onnx"; "@m.onnx" ] [ "no-such.npz" ]
          } ]
