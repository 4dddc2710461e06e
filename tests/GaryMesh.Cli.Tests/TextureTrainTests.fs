/// gary-mesh texture train: rules that paint are trained, and what does not fit is refused.
module GaryMesh.Cli.Tests.TextureTrainTests

open System
open System.IO
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Cli.Pictures
open GaryMesh.Cli.Tests.Support
open GaryMesh.Cli.Tests.TextureFixture

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

/// Name, arguments (a file of the folder is written @name), and words that the sentence must have.
let private refusals =
    let training more =
        [ "texture"; "train"; "--iterations"; "1"; "--out"; "@kept.npz"; "--preview"; "@kept.png" ] @ more

    let exemplar name more = training ([ "--exemplar"; name; "--graph"; "torus:8x8" ] @ more)

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
      "an unknown command of textures", [ "texture"; "paint" ], [ "paint" ] ]

[<Tests>]
let tests =
    testList
        "texture train"
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
                  Expect.stringContains alone.Error "--one-spacing" "the option"
                  let older = train [ "--out"; "@r.npz"; "--resume"; "@all"; "--new-starts"; "9" ] |> named at |> run
                  Expect.equal older.Code 2 "so are older states"
                  Expect.stringContains older.Error "--new-starts" "the option"

                  train [ "--out"; "@r.npz"; "--resume"; "@all"; "--new-starts"; "20" ]
                  |> named at
                  |> succeed
                  |> ignore)

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

          for name, arguments, words in refusals do
              testCase name <| fun () -> refuses prepare arguments words ]
