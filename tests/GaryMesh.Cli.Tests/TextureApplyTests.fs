/// gary-mesh texture apply: rules paint graphs and are grafted, and what does not fit is refused.
module GaryMesh.Cli.Tests.TextureApplyTests

open System
open System.IO
open System.Text
open Expecto
open GaryMesh
open GaryMesh.Cli.Pictures
open GaryMesh.Cli.Words
open GaryMesh.Cli.Tests.Support
open GaryMesh.Cli.Tests.TextureFixture

let private apply more = [ "texture"; "apply"; "--rule"; "@rule.npz"; "--steps"; "5" ] @ more

/// Name, arguments (a file of the folder is written @name), and words that the sentence must have.
let private refusals =
    let applied more = [ "texture"; "apply"; "--rule"; "@rule.npz"; "--state-out"; "@kept.npz" ] @ more
    let onTorus more = applied ([ "--graph"; "torus:8x8" ] @ more)

    [ "a picture over the exemplar's height",
      [ "texture"
        "apply"
        "--rule"
        "@maps.npz"
        "--graph"
        "torus:16x20"
        "--png"
        "@m.png"
        "--exemplar"
        "@m.height.png" ],
      [ "--png"; "m.height.png" ]
      "a graft of other pictures",
      [ "texture"; "apply"; "--rule"; "@rule.npz"; "--graft"; "@maps.npz"; "--state-out"; "@s.npz" ],
      [ "one picture"; "albedo, height" ]
      "a rule without a palette",
      [ "texture"; "apply"; "--rule"; "@plain.npz"; "--state-out"; "@kept.npz" ],
      [ "plain.npz"; "palette"; "gary-mesh run" ]
      "a rule that is missing",
      [ "texture"; "apply"; "--rule"; "@none.npz"; "--state-out"; "@kept.npz" ],
      [ "none.npz" ]
      "no rule", [ "texture"; "apply"; "--state-out"; "@kept.npz" ], [ "--rule" ]
      "nothing asked for", [ "texture"; "apply"; "--rule"; "@rule.npz" ], [ "--out"; "--png"; "--state-out" ]
      "a mesh of no known ending", onTorus [ "--out"; "@mesh.stl" ], [ ".glb"; "mesh.stl" ]
      "a mesh of a ring",
      [ "texture"; "apply"; "--rule"; "@ring-rule.npz"; "--graph"; "ring:9"; "--out"; "@m.glb" ],
      [ "--out"; "ring:9" ]
      "a picture of a ring",
      [ "texture"; "apply"; "--rule"; "@ring-rule.npz"; "--graph"; "ring:9"; "--png"; "@kept.png" ],
      [ "--png"; "ring:9" ]
      "a turned ring",
      [ "texture"
        "apply"
        "--rule"
        "@ring-rule.npz"
        "--graph"
        "ring:9"
        "--turn"
        "9"
        "--state-out"
        "@kept.npz" ],
      [ "--turn 9"; "ring:9" ]
      "a turn that is none", onTorus [ "--turn"; "nan" ], [ "--turn"; "nan" ]
      "an exemplar of other maps", onTorus [ "--exemplar"; "@grey.png" ], [ "grey.png"; "1 map"; "rule.npz"; "3" ]
      "a signal beside a torus", onTorus [ "--exemplar"; "@signal.csv" ], [ "signal"; "torus:8x8" ]
      "a picture beside a ring",
      [ "texture"; "apply"; "--rule"; "@ring-rule.npz"; "--graph"; "ring:9"; "--exemplar"; "@grey.png" ],
      [ "picture"; "ring:9" ]
      "an up on a mesh that is none", onTorus [ "--up"; "left" ], [ "--up"; "left" ]
      "a picture too large", onTorus [ "--size"; "5000"; "--png"; "@kept.png" ], [ "--size"; "5000" ]
      "a spacing of 0", onTorus [ "--spacing"; "0" ], [ "--spacing" ]
      "a spacing at which the exemplar is too small",
      onTorus [ "--spacing"; "2"; "--exemplar"; "@a.png" ],
      [ "16 pixels"; "0.5"; "has 8" ]
      "a rule that overflows",
      [ "texture"; "apply"; "--rule"; "@wild.npz"; "--graph"; "torus:8x8"; "--state-out"; "@kept.npz" ],
      [ "not stable"; "200 steps"; "torus:8x8" ]
      "a signal's rule on a graph without places",
      [ "texture"
        "apply"
        "--rule"
        "@ring-rule.npz"
        "--graph"
        "@edges.csv"
        "--state-out"
        "@kept.npz" ],
      [ "edges.csv" ] ]

[<Tests>]
let tests =
    testList
        "texture apply"
        [ testCase "a torus is painted as a picture of one pixel a cell, the same by one thread and two"
          <| fun () ->
              inFolder (fun at ->
                  prepare at

                  let files =
                      [ for threads in [ "1"; "2" ] do
                            let go =
                                [ "--graph"
                                  "torus:24x32"
                                  "--png"
                                  "@t.png"
                                  "--state-out"
                                  "@s.npz"
                                  "--out"
                                  "@t.glb" ]
                                @ [ "--threads"; threads; "--quiet" ]

                            apply go |> named at |> succeed |> ignore
                            Expect.equal (sizeOf (at "t.png")) (24, 32) "rows and columns"
                            [ for name in [ "t.png"; "s.npz"; "t.glb" ] -> File.ReadAllBytes(at name) ] ]

                  Expect.equal files[0] files[1] "the same bytes"
                  let state = StateFile.Read(at "s.npz")
                  Expect.equal (state.Cells, state.Channels) (24 * 32, 6) "the state"
                  let seeded = apply [ "--graph"; "torus:24x32"; "--png"; "@t.png"; "--seed"; "2"; "--quiet" ]
                  seeded |> named at |> succeed |> ignore
                  Expect.notEqual (File.ReadAllBytes(at "t.png")) (List.head files[0]) "another seed"
                  let large = apply [ "--graph"; "torus:24x32"; "--png"; "@t.png"; "--size"; "100"; "--quiet" ]
                  large |> named at |> succeed |> ignore
                  Expect.equal (sizeOf (at "t.png")) (96, 128) "four pixels a cell")

          testCase "the pixels of a picture are the palette's colours of the state"
          <| fun () ->
              inFolder (fun at ->
                  prepare at

                  apply [ "--graph"; "grid:5x7"; "--png"; "@g.png"; "--state-out"; "@s.npz"; "--quiet" ]
                  |> named at
                  |> succeed
                  |> ignore

                  let palette = nonNull (RuleFile.Read(at "rule.npz")).Palette

                  let expected =
                      palette.Values(StateFile.Read(at "s.npz")) |> Array.map (fun x -> 255f * Math.Clamp(x, 0f, 1f))

                  let struct (channels, values) = PngImage.Read(at "g.png", (fun _ _ -> ()))
                  Expect.equal (values.Length / channels) 35 "pixels"

                  for i in 0..104 do
                      let shown = 255f * values[i / 3 * channels + i % 3]
                      Expect.isLessThan (abs (shown - expected[i])) 0.51f $"value {i}")

          testCase "spheres and meshes are written in colour, and drawn"
          <| fun () ->
              inFolder (fun at ->
                  prepare at
                  MeshFile.Write(at "m.obj", TriangleMesh.Icosphere 4)

                  for graph in [ "icosphere:4"; "@m.obj"; "torus6:6x8"; "grid:4x5" ] do
                      let cells =
                          if graph.StartsWith "torus6" then 48
                          elif graph.StartsWith "grid" then 20
                          else 162

                      for ending in [ ".glb"; ".ply"; ".obj" ] do
                          apply [ "--graph"; graph; "--out"; $"@m2{ending}"; "--png"; "@m.png"; "--quiet" ]
                          |> named at
                          |> succeed
                          |> ignore

                      let glb = GlbCheck.read (File.ReadAllBytes(at "m2.glb"))
                      let _, colours = glb.Attributes["COLOR_0"]
                      Expect.isGreaterThan (colours |> Array.distinct).Length 12 $"{graph} has colours"
                      Expect.equal (MeshFile.Read(at "m2.ply")).VertexCount cells $"{graph} as .ply"
                      Expect.equal (MeshFile.Read(at "m2.obj")).VertexCount cells $"{graph} as .obj"
                      let header = Encoding.Latin1.GetString(File.ReadAllBytes(at "m2.ply"), 0, 400)
                      Expect.stringContains header "property uchar red" $"{graph} has colours in .ply"

                      if not (graph.StartsWith "grid") then
                          Expect.equal (fst (sizeOf (at "m.png"))) 512 $"{graph} is drawn")

          testCase "turn, up, spacing and time step change what is painted, and a full turn does not"
          <| fun () ->
              inFolder (fun at ->
                  prepare at

                  let state more =
                      apply ([ "--graph"; "icosphere:4"; "--state-out"; "@s.npz"; "--quiet" ] @ more)
                      |> named at
                      |> succeed
                      |> ignore

                      (StateFile.Read(at "s.npz")).ToArray()

                  let plain = state []

                  for more in [ [ "--turn"; "90" ]; [ "--up"; "z" ]; [ "--spacing"; "0.5" ]; [ "--time-step"; "0.5" ] ] do
                      Expect.notEqual (state more) plain $"{more}"

                  Expect.equal (state [ "--up"; "0,1,0"; "--spacing"; "1"; "--time-step"; "1" ]) plain "the defaults"
                  let full = state [ "--turn"; "-360" ]

                  Expect.isLessThan
                      (Array.map2 (fun (a: float32) b -> abs (a - b)) full plain |> Array.max)
                      1e-3f
                      "a full turn")

          testCase "an exemplar adds its loss, the loss's parts and that of shuffled cells"
          <| fun () ->
              inFolder (fun at ->
                  prepare at

                  for graph, rule, exemplar in
                      [ "torus:16x20", "@rule.npz", "@stripes.png"; "ring:40", "@ring-rule.npz", "@signal.csv" ] do
                      let ran =
                          [ "texture"
                            "apply"
                            "--rule"
                            rule
                            "--graph"
                            graph
                            "--exemplar"
                            exemplar
                            "--steps"
                            "4" ]
                          @ [ "--tiles"; "--json" ]
                          |> named at
                          |> succeed

                      let number (key: string) = float (string ran.Json[key])

                      let parts =
                          (nonNull ran.Json["loss_parts"]).AsObject()
                          |> Seq.sumBy (fun part -> float (string part.Value))

                      Expect.floatClose Accuracy.medium parts (number "loss") "the parts add up"
                      Expect.isGreaterThan (number "loss_shuffled") 0.0 "shuffled"
                      Expect.notEqual (number "loss_shuffled") (number "loss") "shuffled is another"
                      Expect.isGreaterThan (number "largest") 0.0 "the largest value"
                      Expect.equal (string ran.Json["graph"]) graph "the graph")

          testCase "at half the spacing an exemplar is compared at twice its size"
          <| fun () ->
              inFolder (fun at ->
                  prepare at

                  let ran =
                      apply [ "--graph"; "torus:16x20"; "--spacing"; "0.5"; "--state-out"; "@s.npz"; "--exemplar" ]
                      @ [ "@wall.png"; "--tiles"; "--json" ]
                      |> named at
                      |> succeed

                  let graph = Graph.Torus(16, 20)
                  let rule = RuleFile.Read(at "rule.npz")
                  let painted = (nonNull rule.Palette).Values(StateFile.Read(at "s.npz"))
                  let exemplar = (ExemplarWord.Read([| at "wall.png" |], true)).Enlarged 2.0
                  let state = State(graph.Cells, 3, ReadOnlySpan(exemplar.Palette.Channels painted))
                  let loss = RectifiedGram(exemplar, graph)
                  let expected = loss.Evaluate(state, State.Zeros(graph.Cells, 0), LossContext.After graph).Value
                  Expect.floatClose Accuracy.medium (float (string ran.Json["loss"])) expected "the loss"

                  let plain = apply [ "--graph"; "torus:16x20"; "--state-out"; "@p.npz" ] |> named at |> succeed
                  Expect.notEqual (StateFile.Read(at "p.npz")) (StateFile.Read(at "s.npz")) plain.Output)

          for name, arguments, words in refusals do
              testCase name <| fun () -> refuses prepare arguments words ]
