/// gary-mesh texture: rules that paint are trained and applied, and what does not fit is refused.
module GaryMesh.Cli.Tests.TextureTests

open System
open System.IO
open System.Text
open System.Text.Json.Nodes
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Cli.Pictures
open GaryMesh.Cli.Words
open GaryMesh.Cli.Tests.Support

/// Slanted stripes of two colours, or of two greys.
let private stripes path height width grey =
    let value at =
        let y, x, map = at / 3 / width, at / 3 % width, (if grey then 0 else at % 3)
        if (x + y) % 5 < 2 then 0.8f - 0.1f * float32 map else 0.1f + 0.2f * float32 map

    PngCanvas.Write(path, Colours.Image(height, width, ReadOnlySpan(Array.init (3 * height * width) value), 1))

/// A rule that paints and needs no training.
let private painter exemplar =
    let automaton = TextureRecipe.Automaton(exemplar, 6, 12, 1UL)
    automaton.WithRule(GradientCheck.RuleFor(automaton.Rule.Shape, 3UL, 0.3)).WithSteps(4, 8)

let noise maps count = Array.init (maps * count) (fun i -> float32 (Counter.uniform 9UL (int64 i)))

/// Exemplars, rules and meshes that the cases below name, and an output that must survive.
let prepare (at: string -> string) =
    let write (name: string) (text: string) = File.WriteAllText(at name, text)
    stripes (at "stripes.png") 16 20 false
    stripes (at "grey.png") 16 16 true
    stripes (at "small.png") 16 15 false
    List.iter (fun name -> stripes (at $"{name}.png") 16 16 false) [ "a"; "b"; "c"; "d" ]
    stripes (at "wall_height.png") 16 20 true
    stripes (at "m.height.png") 16 20 true
    stripes (at "wall.png") 32 40 false
    let whole = File.ReadAllBytes(at "stripes.png")
    File.WriteAllBytes(at "cut.png", whole[.. whole.Length - 40])
    write "foreign.png" "no picture at all, but longer than the header of one"
    write "stripes.jpg" "a picture of another kind"
    write "signal.csv" ("value\n" + String.Join("\n", [ for i in 0..39 -> string (i % 5) ]) + "\n")
    write "short.csv" "1\n2\n3\n"
    write "words.csv" (String.replicate 20 "1\n" + "two\n")
    write "nan.csv" (String.replicate 20 "1\n" + "nan\n")
    write "kept.npz" "what was there before"
    write "kept.png" "what was there before"
    write "edges.csv" "0,1\n1,2\n2,0\n"
    write "bad.obj" "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n"
    RuleFile.Write(at "rule.npz", painter (Exemplar.Picture(16, 16, 3, noise 3 256, true)))

    let colours, heights =
        Exemplar.Picture(16, 16, 3, noise 3 256, true), Exemplar.Picture(16, 16, 1, noise 1 256, true)

    RuleFile.Write(at "maps.npz", painter (Exemplar.Stacked([| "albedo"; "height" |], [| colours; heights |])))
    RuleFile.Write(at "ring-rule.npz", painter (Exemplar.Signal(1, noise 1 32, true)))
    RuleFile.Write(at "plain.npz", Automaton.GaryMesh 1UL)
    let overflowing = (painter (Exemplar.Picture(16, 16, 3, noise 3 256, true))).WithBound(infinityf)
    let shape = overflowing.Rule.Shape
    RuleFile.Write(at "wild.npz", overflowing.WithRule(GradientCheck.RuleFor(shape, 3UL, 1e12)))

let private train more =
    [ "texture"
      "train"
      "--exemplar"
      "@stripes.png"
      "--tiles"
      "--graph"
      "icosphere:3"
      "--graph"
      "torus:8x9" ]
    @ [ "--channels"; "4"; "--hidden"; "6"; "--iterations"; "6"; "--quiet" ]
    @ more

let private text (node: JsonNode | null) (key: string) =
    let node = nonNull node
    string node[key]

let private apply more = [ "texture"; "apply"; "--rule"; "@rule.npz"; "--steps"; "5" ] @ more

/// Name, arguments (a file of the folder is written @name), and words that the sentence must have.
let private refusals =
    let training more =
        [ "texture"; "train"; "--iterations"; "1"; "--out"; "@kept.npz"; "--preview"; "@kept.png" ] @ more

    let exemplar name more = training ([ "--exemplar"; name; "--graph"; "torus:8x8" ] @ more)
    let applied more = [ "texture"; "apply"; "--rule"; "@rule.npz"; "--state-out"; "@kept.npz" ] @ more
    let onTorus more = applied ([ "--graph"; "torus:8x8" ] @ more)

    [ "no exemplar", training [], [ "--exemplar" ]
      "an exemplar that is missing", exemplar "@none.png" [], [ "none.png" ]
      "an exemplar of two sizes",
      exemplar "@stripes.png" [ "--exemplar"; "@grey.png" ],
      [ "stripes.png has 16 x 20 pixels"; "grey.png 16 x 16 pixels" ]
      "a picture beside a signal",
      exemplar "@stripes.png" [ "--exemplar"; "@signal.csv" ],
      [ "stripes.png has 16 x 20 pixels"; "signal.csv 40 numbers" ]
      "a picture given twice", exemplar "@stripes.png" [ "--exemplar"; "@stripes.png" ], [ "names"; "stripes.png" ]
      "more maps than nine",
      exemplar "@a.png" (List.collect (fun name -> [ "--exemplar"; $"@{name}.png" ]) [ "b"; "c"; "d" ]),
      [ "9 maps"; "12" ]
      "a rule to begin with and its size",
      exemplar "@stripes.png" [ "--rule"; "@rule.npz"; "--hidden"; "6" ],
      [ "rule.npz"; "--channels"; "--hidden" ]
      "a rule to begin with that paints other maps",
      exemplar "@grey.png" [ "--rule"; "@maps.npz" ],
      [ "maps.npz paints 4 maps"; "exemplar has 1" ]
      "a loss of no known name", exemplar "@stripes.png" [ "--loss"; "style" ], [ "gram or sliced"; "'style'" ]
      "a picture over the exemplar's height",
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
      "an exemplar too small", exemplar "@small.png" [], [ "small.png"; "16 x 15"; "16 x 16" ]
      "an exemplar of another ending", exemplar "@stripes.jpg" [], [ ".png"; ".csv"; "stripes.jpg" ]
      "an exemplar that was cut off", exemplar "@cut.png" [], [ "cut.png" ]
      "an exemplar that is no picture", exemplar "@foreign.png" [], [ "foreign.png" ]
      "a signal too short", exemplar "@short.csv" [], [ "short.csv"; "3 numbers"; "16" ]
      "a signal with a word", exemplar "@words.csv" [], [ "words.csv"; "line 21"; "two" ]
      "a signal that is no number", exemplar "@nan.csv" [], [ "nan.csv"; "line 21"; "nan" ]
      "a picture on a ring", training [ "--exemplar"; "@stripes.png"; "--graph"; "ring:32" ], [ "--preview"; "ring:32" ]
      "a picture on a ring, unseen",
      [ "texture"; "train"; "--exemplar"; "@stripes.png"; "--graph"; "ring:32"; "--out"; "@kept.npz" ],
      [ "picture"; "ring:32" ]
      "a signal on a torus", exemplar "@signal.csv" [], [ "signal"; "torus:8x8" ]
      "a ring beside a torus", exemplar "@stripes.png" [ "--graph"; "ring:9" ], [ "picture"; "ring:9" ]
      "a graph without a place", training [ "--exemplar"; "@stripes.png"; "--graph"; "@edges.csv" ], [ "edges.csv" ]
      "a mesh that is broken", training [ "--exemplar"; "@stripes.png"; "--graph"; "@bad.obj" ], [ "bad.obj"; "9" ]
      "an unknown graph", training [ "--exemplar"; "@stripes.png"; "--graph"; "dough:3" ], [ "dough:3" ]
      "an up that is none", exemplar "@stripes.png" [ "--up"; "sky" ], [ "--up"; "sky" ]
      "an up of two numbers", exemplar "@stripes.png" [ "--up"; "1,2" ], [ "--up"; "1,2" ]
      "an up without a length", exemplar "@stripes.png" [ "--up"; "0,0,0" ], [ "--up"; "0,0,0" ]
      "an up that is not finite", exemplar "@stripes.png" [ "--up"; "0,nan,0" ], [ "--up"; "0,nan,0" ]
      "fewer channels than maps", exemplar "@stripes.png" [ "--channels"; "2" ], [ "3 maps"; "2 channels" ]
      "no iterations", exemplar "@stripes.png" [ "--iterations"; "0" ], [ "--iterations" ]
      "no minutes", exemplar "@stripes.png" [ "--minutes"; "0" ], [ "--minutes" ]
      "minutes for a training that goes on",
      exemplar "@stripes.png" [ "--minutes"; "1"; "--resume"; "@rule.npz" ],
      [ "--iterations"; "--minutes" ]
      "a checkpoint that is none", exemplar "@stripes.png" [ "--resume"; "@rule.npz" ], [ "rule.npz"; "training" ]
      "a rule over the exemplar",
      [ "texture"
        "train"
        "--exemplar"
        "@stripes.png"
        "--out"
        "@x.npz"
        "--checkpoint"
        "@stripes.png" ],
      [ "--checkpoint"; "stripes.png" ]
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
      [ "edges.csv" ]
      "an unknown command of textures", [ "texture"; "paint" ], [ "paint" ] ]

[<Tests>]
let tests =
    testList
        "textures"
        [ testCase "every help of textures has examples"
          <| fun () ->
              for words in [ []; [ "train" ]; [ "apply" ]; [ "gallery" ] ] do
                  Expect.stringContains (succeed ("texture" :: words @ [ "--help" ])).Output "Examples:" $"{words}"

          testCase
              "a training writes a rule with its palette, a preview and a checkpoint, the same by one thread and two"
          <| fun () ->
              inFolder (fun at ->
                  prepare at

                  for threads in [ "1"; "2" ] do
                      let file ending = at $"{threads}{ending}"

                      train [ "--out"; file ".npz"; "--preview"; file ".png"; "--checkpoint"; file ".all" ]
                      @ [ "--threads"; threads ]
                      |> named at
                      |> succeed
                      |> ignore

                  for ending in [ ".npz"; ".png"; ".all" ] do
                      Expect.equal (File.ReadAllBytes(at $"1{ending}")) (File.ReadAllBytes(at $"2{ending}")) ending

                  let automaton = RuleFile.Read(at "1.npz")
                  Expect.equal (nonNull automaton.Palette).Maps 3 "a palette of three maps"
                  Expect.equal automaton.Rule.Shape.Channels 4 "channels"
                  let height, width = sizeOf (at "1.png")
                  Expect.equal height 256 "the sphere's height"
                  Expect.isGreaterThan width 512 "the sphere twice, and the torus")

          testCase "a resumed training comes to the same bytes of rule, checkpoint and preview"
          <| fun () ->
              inFolder (fun at ->
                  prepare at

                  let go name more =
                      train
                          [ "--out"
                            at $"{name}.npz"
                            "--checkpoint"
                            at $"{name}.all"
                            "--preview"
                            at $"{name}.png" ]
                      @ more
                      |> named at

                  succeed (go "a" [ "--checkpoint-every"; "2" ]) |> ignore
                  // A training that is stopped before its first step, and goes on in its own checkpoint.
                  use stop = new CancellationTokenSource()
                  stop.Cancel()
                  Expect.equal (runUntil stop.Token (go "b" [])).Code 130 "stopped"
                  succeed (go "b" [ "--resume"; at "b.all" ]) |> ignore

                  for ending in [ "npz"; "all"; "png" ] do
                      Expect.equal (File.ReadAllBytes(at $"b.{ending}")) (File.ReadAllBytes(at $"a.{ending}")) ending)

          testCase "a training under other settings is not resumed, and the sentence names the option"
          <| fun () ->
              inFolder (fun at ->
                  prepare at
                  stripes (at "other.png") 20 16 false
                  train [ "--out"; "@r.npz"; "--checkpoint"; "@all" ] |> named at |> succeed |> ignore

                  for option, other, words in
                      [ "--seed", "2", [ "the seed 1"; "has 2"; "give the same --seed" ]
                        "--iterations", "9", [ "6"; "9"; "give the same --iterations" ]
                        "--hidden", "7", [ "give the same --rule, --channels and --hidden" ]
                        "--up", "z", [ "another --graph, --up and --one-spacing" ]
                        "--graph", "icosphere:2", [ "give the same --graph" ]
                        "--loss", "sliced", [ "another --exemplar or --loss" ]
                        "--exemplar", "@a.png", [ "another --exemplar" ] ] do
                      let ran =
                          train [ "--out"; "@r.npz"; "--resume"; "@all" ] |> instead option other |> named at |> run

                      Expect.equal ran.Code 2 $"the exit code: {ran.Error}"
                      Expect.equal (ran.Error.TrimEnd().Split '\n').Length 1 "one line"

                      for word in words do
                          Expect.stringContains ran.Error word "the sentence"

                  let slow = train [ "--out"; "@r.npz"; "--resume"; "@all"; "--one-speed" ] |> named at |> run
                  Expect.equal slow.Code 2 "one speed is another training"
                  Expect.stringContains slow.Error "time steps" "the sentence"
                  let alone = train [ "--out"; "@r.npz"; "--resume"; "@all"; "--one-spacing" ] |> named at |> run
                  Expect.equal alone.Code 2 "so is one spacing"
                  Expect.stringContains alone.Error "--one-spacing" "the option")

          testCase "a training that is stopped keeps its best rule and says of how many iterations it is"
          <| fun () ->
              inFolder (fun at ->
                  prepare at
                  use stop = new CancellationTokenSource()
                  stop.Cancel()

                  let ran =
                      [ "texture"; "train"; "--exemplar"; "@stripes.png"; "--graph"; "torus:8x8"; "--hidden"; "6" ]
                      @ [ "--out"; "@rule2.npz"; "--json" ]
                      |> named at
                      |> runUntil stop.Token

                  Expect.equal ran.Code 130 "the exit code"
                  Expect.equal (string ran.Json["end"]) "cancelled" "the end"
                  Expect.stringContains ran.Error "0 of 10,000 iterations" "the sentence"
                  Expect.equal (nonNull (RuleFile.Read(at "rule2.npz")).Palette).Maps 3 "the rule"

                  let timed = train [ "--minutes"; "5"; "--out"; "@none.npz" ] |> named at |> runUntil stop.Token

                  Expect.equal timed.Code 130 "stopped while it is timed"
                  Expect.stringContains timed.Error "nothing was written" "the sentence"
                  Expect.isFalse (File.Exists(at "none.npz")) "no rule")

          testCase "a rule is written in bytes, and the figures are those of the file"
          <| fun () ->
              inFolder (fun at ->
                  prepare at

                  let loss (ran: Ran) =
                      [ for world in (nonNull ran.Json["worlds"]).AsArray() -> text world "loss_96_steps" ]

                  let whole = train [ "--out"; "@whole.npz"; "--json" ] |> named at |> succeed

                  let packed =
                      train [ "--out"; "@packed.npz"; "--int8"; "--checkpoint"; "@all"; "--json" ]
                      |> named at
                      |> succeed

                  let trained, kept = RuleFile.Read(at "whole.npz"), RuleFile.Read(at "packed.npz")
                  let largest = trained.Rule.ToArray() |> Array.map abs |> Array.max

                  for one, other in Seq.zip (trained.Rule.ToArray()) (kept.Rule.ToArray()) do
                      Expect.isLessThanOrEqual (abs (one - other)) (largest / 250.0f) "half a 127th of the greatest"

                  Expect.notEqual (loss packed) (loss whole) "another rule's figures"
                  // The training itself goes on in full.
                  let again = train [ "--out"; "@again.npz"; "--resume"; "@all"; "--json" ] |> named at |> succeed
                  Expect.equal (loss again) (loss whole) "the checkpoint's rule")

          testCase "a training begins with a rule, in the exemplar's colours"
          <| fun () ->
              inFolder (fun at ->
                  prepare at
                  train [ "--out"; "@first.npz" ] |> named at |> succeed |> ignore

                  let goOn iterations more =
                      [ "texture"; "train"; "--exemplar"; "@a.png"; "--graph"; "torus:8x9"; "--rule"; "@first.npz" ]
                      @ [ "--iterations"; iterations; "--out"; "@second.npz"; "--json" ]
                      @ more
                      |> named at
                      |> succeed
                      |> ignore

                      RuleFile.Read(at "second.npz")

                  let first = RuleFile.Read(at "first.npz")
                  let slow = goOn "1" [ "--learning-rate"; "1e-9" ]

                  let step (rule: Automaton) =
                      Seq.zip (first.Rule.ToArray()) (rule.Rule.ToArray())
                      |> Seq.map (fun (one, other) -> abs (one - other))
                      |> Seq.max

                  Expect.isLessThan (step slow) 1e-7f "a step of next to nothing"
                  Expect.isGreaterThan (step (goOn "3" [])) 1e-5f "and larger ones"

                  Expect.notEqual
                      (nonNull slow.Palette).Mean
                      (nonNull first.Palette).Mean
                      "the other exemplar's colours")

          testCase "minutes come to a number of iterations, ten at least"
          <| fun () ->
              inFolder (fun at ->
                  prepare at

                  let asked minutes =
                      let ran =
                          [ "texture"; "train"; "--exemplar"; "@signal.csv"; "--graph"; "ring:24"; "--hidden"; "6" ]
                          @ [ "--minutes"; minutes; "--out"; "@timed.npz"; "--json" ]
                          |> named at
                          |> succeed

                      Expect.equal (string ran.Json["iterations"]) (string ran.Json["iterations_asked"]) "all of them"
                      int (string ran.Json["iterations_asked"])

                  Expect.equal (asked "0.0000001") 10 "at least"
                  Expect.isGreaterThan (asked "0.02") 10 "more time, more iterations")

          testCase "a training prints one object of figures, with each world's loss"
          <| fun () ->
              inFolder (fun at ->
                  prepare at
                  let ran = train [ "--out"; "@r.npz"; "--json" ] |> named at |> succeed
                  let worlds = (nonNull ran.Json["worlds"]).AsArray()
                  let names = [ for world in worlds -> text world "graph" ]
                  Expect.equal names [ "icosphere:3"; "torus:8x9" ] "worlds"

                  for world in worlds do
                      Expect.isGreaterThan (float (text world "loss_96_steps")) 0.0 "a loss"

                  for key in [ "parameters"; "iterations"; "training_seconds"; "end"; "seed"; "out" ] do
                      Expect.isTrue (ran.Json.ContainsKey key) key)

          testCase "a torus is painted as a picture of one pixel a cell, the same by one thread and two"
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

          testCase "a rule of colours and heights is trained, and paints a picture of each"
          <| fun () ->
              inFolder (fun at ->
                  prepare at
                  let exemplars = [ "--exemplar"; "@stripes.png"; "--exemplar"; "@wall_height.png"; "--tiles" ]

                  [ "texture"
                    "train"
                    "--graph"
                    "torus:8x9"
                    "--channels"
                    "6"
                    "--hidden"
                    "6"
                    "--iterations"
                    "6" ]
                  @ exemplars
                  @ [ "--out"; "@wall.npz"; "--quiet" ]
                  |> named at
                  |> succeed
                  |> ignore

                  let palette = nonNull (RuleFile.Read(at "wall.npz")).Palette

                  Expect.equal
                      (List.ofSeq palette.Pictures)
                      [ struct ("stripes", 3); struct ("height", 1) ]
                      "the pictures"

                  let ran =
                      [ "texture"; "apply"; "--rule"; "@wall.npz"; "--graph"; "torus:16x20"; "--steps"; "5" ]
                      @ [ "--png"; "@p.png"; "--state-out"; "@s.npz"; "--json" ]
                      @ exemplars
                      |> named at
                      |> succeed

                  Expect.equal (text ran.Json["pictures"] "height") (at "p.height.png") "the other picture's file"
                  Expect.equal (string ran.Json["png"]) (at "p.png") "the first"
                  Expect.isTrue (ran.Json.ContainsKey "loss") "compared with both"
                  let values = palette.Values(StateFile.Read(at "s.npz"))

                  for file, first, shown in [ "p.png", 0, [ 0; 1; 2 ]; "p.height.png", 3, [ 0; 0; 0 ] ] do
                      let struct (channels, pixels) = PngImage.Read(at file, (fun _ _ -> ()))
                      Expect.equal (pixels.Length / channels) 320 "pixels"

                      for cell in 0..319 do
                          for colour, map in List.indexed shown do
                              let expected = 255f * Math.Clamp(values[4 * cell + first + map], 0f, 1f)
                              Expect.isLessThan (abs (255f * pixels[cell * channels + colour] - expected)) 0.51f file)

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
