/// gary-mesh grow: patterns are trained, grown, damaged and filmed, and what does not fit is refused.
module GaryMesh.Cli.Tests.GrowingTests

open System
open System.Buffers.Binary
open System.IO
open System.Text
open System.Text.Json.Nodes
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Cli.Pictures
open GaryMesh.Cli.Tests.Support

/// Two colours, side by side.
let private picture path height width =
    let value at =
        if at / 3 % width < width / 2 then
            [| 0.9f; 0.2f; 0.1f |][at % 3]
        else
            [| 0.1f; 0.3f; 0.8f |][at % 3]

    PngCanvas.Write(path, Colours.Image(height, width, ReadOnlySpan(Array.init (3 * height * width) value), 1))

/// A rule that spreads from its seed and needs no training.
let private grower =
    let automaton = (GrowingRecipe.Automaton(Graph.Grid(3, 3), 6, 8, 1UL)).WithSteps(4, 8)
    let shape = automaton.Rule.Shape
    let rule = Rule.Zero shape
    let parameters = rule.ToArray()
    let bias = rule.Views |> Seq.find (fun view -> view.Name = "fc2.bias")

    for i in 0..5 do
        parameters[bias.Offset + i] <- 0.2f

    automaton.WithRule(Rule(shape, ReadOnlySpan parameters)).WithBound(1f)

let private prepare (at: string -> string) =
    picture (at "flag.png") 4 6
    picture (at "other.png") 6 4
    File.WriteAllText(at "kept.npz", "what was there before")
    File.WriteAllText(at "kept.png", "what was there before")
    File.WriteAllText(at "edges.csv", "0,1\n1,2\n2,0\n")
    RuleFile.Write(at "rule.npz", grower)

    RuleFile.Write(
        at "narrow.npz",
        Automaton.Of(Perception.Sobel, Rule.ZeroLast(RuleShape.For(Perception.Sobel, 3, 4), 1UL))
    )

    Npz.Write(
        at "three.npz",
        [ Collections.Generic.KeyValuePair("target", NpyArray.OfFloat32([| 144; 3 |], Array.zeroCreate<float32> 432)) ]
    )

let private train more =
    [ "grow"; "train"; "--target"; "@flag.png"; "--size"; "12x12"; "--steps"; "4-6"; "--channels"; "6" ]
    @ [ "--hidden"; "8"; "--batch"; "4"; "--pool"; "6"; "--iterations"; "6"; "--warm-up"; "2"; "--quiet" ]
    @ more

let private grow more = [ "grow"; "run"; "--rule"; "@rule.npz"; "--graph"; "grid:12x12"; "--steps"; "9" ] @ more

let private number (ran: Ran) (key: string) = (nonNull ran.Json[key]).GetValue<int>()

let private text (node: JsonNode | null) (key: string) =
    let node = nonNull node
    string node[key]

/// Type and data of each chunk of a PNG, whose check sums hold.
let private chunks (bytes: byte[]) =
    let number (at: int) = BinaryPrimitives.ReadInt32BigEndian(ReadOnlySpan(bytes, at, 4))

    let sum (data: byte[]) =
        let step (sum: uint32) (one: byte) =
            Seq.fold
                (fun sum _ -> if sum &&& 1u = 1u then 0xEDB88320u ^^^ (sum >>> 1) else sum >>> 1)
                (sum ^^^ uint32 one)
                [ 1..8 ]

        ~~~(Array.fold step 0xFFFFFFFFu data)

    let rec from at =
        if at = bytes.Length then
            []
        else
            let length = number at
            Expect.equal (uint32 (number (at + 8 + length))) (sum bytes[at + 4 .. at + 7 + length]) "the check sum"

            (Encoding.ASCII.GetString(bytes, at + 4, 4), bytes[at + 8 .. at + 7 + length])
            :: from (at + 12 + length)

    Expect.equal bytes[..7] [| 0x89uy; 0x50uy; 0x4Euy; 0x47uy; 0x0Duy; 0x0Auy; 0x1Auy; 0x0Auy |] "the signature"
    from 8

/// Name, arguments (a file of the folder is written @name), and words that the sentence must have.
let private refusals =
    let training more = [ "grow"; "train"; "--iterations"; "1"; "--out"; "@kept.npz" ] @ more
    let flag more = training ([ "--target"; "@flag.png" ] @ more)
    let running more = grow ([ "--out"; "@kept.npz" ] @ more)

    [ "no target", training [], [ "--target" ]
      "a target that is missing", training [ "--target"; "@none.png" ], [ "none.png" ]
      "numbers without a graph", training [ "--target"; "@three.npz" ], [ "three.npz"; "--graph"; "--size" ]
      "numbers of three channels",
      training [ "--target"; "@three.npz"; "--size"; "12x12" ],
      [ "4 channels"; "three.npz has 3" ]
      "numbers for other cells", training [ "--target"; "@three.npz"; "--graph"; "grid:3x3" ], [ "9 cells"; "144 x 3" ]
      "a size that is none", flag [ "--size"; "12" ], [ "--size"; "'12'" ]
      "a size and a graph", flag [ "--size"; "12x12"; "--graph"; "torus:9x9" ], [ "--size 12x12"; "torus:9x9" ]
      "a grid too small", flag [ "--size"; "3x12" ], [ "4 x 6"; "grid:3x12" ]
      "a picture on a ring", flag [ "--graph"; "ring:9" ], [ "ring:9" ]
      "a picture on a graph without places", flag [ "--graph"; "@edges.csv" ], [ "edges.csv" ]
      "a preview of a graph without places",
      flag [ "--graph"; "@edges.csv"; "--preview"; "@kept.png" ],
      [ "--preview"; "edges.csv" ]
      "an unknown regime", flag [ "--regime"; "heal" ], [ "grow, persist or regenerate"; "'heal'" ]
      "too few channels", flag [ "--channels"; "4" ], [ "4 channels" ]
      "a pool below the batch", flag [ "--pool"; "2" ], [ "2"; "8" ]
      "no turns", flag [ "--turns"; "0" ], [ "--turns" ]
      "turns of numbers",
      training [ "--target"; "@three.npz"; "--size"; "12x12"; "--turns"; "4" ],
      [ "--turns"; "three.npz" ]
      "a rule that neither ships nor is a file",
      [ "grow"; "run"; "--rule"; "dragon"; "--out"; "@kept.npz" ],
      [ "'dragon'"; ".npz" ]
      "a negative overflow", flag [ "--overflow"; "-1" ], [ "--overflow" ]
      "fire rates of none", flag [ "--fire-rates"; "0-0.5" ], [ "--fire-rates"; "'0-0.5'" ]
      "fire rates that descend", flag [ "--fire-rates"; "0.9-0.3" ], [ "--fire-rates"; "'0.9-0.3'" ]
      "a rule of other sizes", flag [ "--rule"; "@rule.npz"; "--hidden"; "9" ], [ "rule.npz"; "8 hidden" ]
      "minutes for a training that goes on",
      flag [ "--minutes"; "1"; "--resume"; "@rule.npz" ],
      [ "--iterations"; "--minutes" ]
      "a checkpoint that is none", flag [ "--resume"; "@rule.npz" ], [ "rule.npz"; "training" ]
      "nothing asked for", grow [], [ "--out"; "--animation" ]
      "no rule", [ "grow"; "run"; "--out"; "@kept.npz" ], [ "--rule" ]
      "a rule of three channels",
      [ "grow"; "run"; "--rule"; "@narrow.npz"; "--out"; "@kept.npz" ],
      [ "narrow.npz has 3" ]
      "damage without a step", running [ "--damage"; "1,2,3" ], [ "@step"; "'1,2,3'" ]
      "damage of one number", running [ "--damage"; "1@2" ], [ "'1@2'" ]
      "damage that is no number", running [ "--damage"; "1,x,3@2" ], [ "'1,x,3@2'" ]
      "damage of a negative radius", running [ "--damage"; "1,2,-3@2" ], [ "'1,2,-3@2'" ]
      "damage after the end", running [ "--damage"; "1,2,3@10" ], [ "step 10"; "9 steps" ]
      "damage to a cell that is none", running [ "--damage"; "144,2@3" ], [ "cell 144"; "0 to 143" ]
      "a disc on a ring",
      [ "grow"
        "run"
        "--rule"
        "@rule.npz"
        "--graph"
        "ring:9"
        "--steps"
        "9"
        "--out"
        "@kept.npz"
        "--damage"
        "1,2,3@4" ],
      [ "ring:9"; "cell,hops@step" ]
      "a film of a ring",
      [ "grow"; "run"; "--rule"; "@rule.npz"; "--graph"; "ring:9"; "--animation"; "@kept.png" ],
      [ "--animation"; "ring:9" ]
      "nothing to compare with", [ "grow"; "eval"; "--rule"; "@rule.npz" ], [ "--target" ]
      "a hole larger than the pattern",
      [ "grow"; "eval"; "--rule"; "@rule.npz"; "--target"; "@flag.png"; "--hole"; "1.5" ],
      [ "--hole"; "1.5" ]
      "a target of another graph",
      [ "grow"; "eval"; "--rule"; "@rule.npz"; "--target"; "@three.npz"; "--size"; "9x9" ],
      [ "81 cells"; "144 x 3" ]
      "an unknown command of growing", [ "grow"; "back" ], [ "back" ] ]

[<Tests>]
let tests =
    testList
        "gary-mesh grow"
        [ test "every help of growing has examples" {
              for words in [ []; [ "train" ]; [ "run" ]; [ "eval" ] ] do
                  Expect.stringContains (succeed ("grow" :: words @ [ "--help" ])).Output "Examples:" $"{words}"
          }

          for regime in [ "grow"; "persist"; "regenerate" ] do
              test $"a training to {regime} has the same bytes by one thread and two, and resumed" {
                  inFolder (fun at ->
                      prepare at

                      let go name more =
                          train [ "--regime"; regime; "--out"; at $"{name}.npz"; "--preview"; at $"{name}.png" ]
                          @ [ "--checkpoint"; at $"{name}.all" ]
                          @ more
                          |> named at

                      succeed (go "a" [ "--threads"; "1"; "--checkpoint-every"; "4" ]) |> ignore
                      succeed (go "b" [ "--threads"; "2" ]) |> ignore
                      use stop = new CancellationTokenSource()
                      stop.Cancel()
                      Expect.equal (runUntil stop.Token (go "c" [])).Code 130 "stopped"
                      succeed (go "c" [ "--resume"; at "c.all" ]) |> ignore

                      for ending in [ "npz"; "all"; "png" ] do
                          for other in [ "b"; "c" ] do
                              Expect.equal
                                  (File.ReadAllBytes(at $"{other}.{ending}"))
                                  (File.ReadAllBytes(at $"a.{ending}"))
                                  $"{other}.{ending}"

                      let automaton = RuleFile.Read(at "a.npz")
                      Expect.equal automaton.Gate (Gate.Alive(3, 0.1f)) "the gate"
                      Expect.equal (automaton.MinSteps, automaton.MaxSteps) (4, 6) "the steps"
                      // The target and five states, twelve pixels a cell.
                      Expect.equal (sizeOf (at "a.png")) (144, 6 * 144) "the strip")
              }

          test "a training over a cluster has the bytes of one process, for any number of shares" {
              inFolder (fun at ->
                  prepare at
                  let words = train [ "--regime"; "regenerate"; "--fire-rates"; "0.3-0.9"; "--out"; at "one.npz" ]
                  succeed (named at words) |> ignore

                  for shares in [ "1"; "3" ] do
                      let spread =
                          train
                              [ "--regime"
                                "regenerate"
                                "--fire-rates"
                                "0.3-0.9"
                                "--shares"
                                shares
                                "--out"
                                at "spread.npz" ]

                      succeed (named at ("cluster" :: List.tail spread)) |> ignore

                      Expect.equal
                          (File.ReadAllBytes(at "spread.npz"))
                          (File.ReadAllBytes(at "one.npz"))
                          $"{shares} shares")
          }

          test "a training under other settings is not resumed, and the sentence names the option" {
              inFolder (fun at ->
                  prepare at
                  let first = train [ "--regime"; "regenerate"; "--out"; "@r.npz"; "--checkpoint"; "@all" ]
                  first |> named at |> succeed |> ignore

                  for option, other, words in
                      [ "--seed", "2", [ "give the same --seed" ]
                        "--iterations", "9", [ "give the same --iterations" ]
                        "--warm-up", "3", [ "give the same --warm-up" ]
                        "--regime", "persist", [ "--regime" ]
                        "--fresh", "2", [ "--fresh" ]
                        "--damaged", "1", [ "--damaged" ]
                        "--pool", "7", [ "--pool" ]
                        "--steps", "4-7", [ "--steps" ]
                        "--size", "13x12", [ "--size" ]
                        "--overflow", "0.5", [ "--overflow" ]
                        "--fire-rates", "0.3-0.9", [ "--fire-rates" ]
                        "--target", "@other.png", [ "another --target" ] ] do
                      let resumed = train [ "--regime"; "regenerate"; "--out"; "@r.npz"; "--resume"; "@all" ]
                      let ran = resumed |> instead option other |> named at |> run
                      Expect.equal ran.Code 2 $"the exit code of {option}: {ran.Error}"
                      Expect.equal (ran.Error.TrimEnd().Split '\n').Length 1 "one line"

                      for word in words do
                          Expect.stringContains ran.Error word "the sentence")
          }

          test "a short training lowers the loss, from a rule that was trained before, too" {
              inFolder (fun at ->
                  prepare at

                  let error more =
                      let ran =
                          train ([ "--learning-rate"; "0.01"; "--json" ] @ more)
                          |> instead "--iterations" "250"
                          |> named at
                          |> succeed

                      Expect.equal (number ran "iterations") 250 "iterations"
                      let mse = (nonNull ran.Json["mse"]).AsArray()
                      Expect.equal mse.Count 2 "after one and ten rollouts' length"
                      let first = mse[0]
                      float (text first "median"), float (string ran.Json["mean_square"])

                  let after, blank = error [ "--out"; "@one.npz" ]
                  Expect.isLessThan after (0.5 * blank) "nearer than nothing"
                  let further, _ = error [ "--rule"; "@one.npz"; "--seed"; "2"; "--out"; "@two.npz" ]
                  Expect.isLessThan further after "nearer still")
          }

          test "a pattern that may come out turned is measured by the nearest of its turns" {
              inFolder (fun at ->
                  prepare at
                  let words = train [ "--turns"; "4"; "--out"; "@free.npz"; "--json" ] |> named at
                  succeed words |> ignore
                  let automaton = RuleFile.Read(at "free.npz")
                  Expect.equal automaton.Perception.Operators.Length 4 "own state, both of Sobel's, Laplacian"

                  let error more =
                      let ran =
                          grow ([ "--target"; "@flag.png"; "--json" ] @ more)
                          |> instead "--rule" "@free.npz"
                          |> named at
                          |> succeed

                      float (string ran.Json["mse"])

                  Expect.isLessThanOrEqual (error [ "--turns"; "4" ]) (error []) "one of them is the picture as it is"
                  Expect.isLessThanOrEqual (error [ "--turns"; "8" ]) (error [ "--turns"; "4" ]) "eight hold four")
          }

          test "minutes come to a number of iterations, ten at least" {
              inFolder (fun at ->
                  prepare at
                  let words = train [ "--minutes"; "1e-7"; "--out"; "@r.npz"; "--json" ] |> named at
                  Expect.equal (number (succeed words) "iterations") 10 "at least")
          }

          test "an evaluation measures what runs measure, the same by one thread and two" {
              inFolder (fun at ->
                  prepare at

                  let evaluate threads =
                      [ "grow"; "eval"; "--rule"; "@rule.npz"; "--target"; "@flag.png"; "--size"; "12x12" ]
                      @ [ "--longest"; "60"; "--seeds"; "3"; "--holes"; "5"; "--json"; "--threads"; threads ]
                      |> named at
                      |> succeed
                      |> _.Json

                  let first = evaluate "1"

                  for part in [ "mse"; "fire_rates"; "holes"; "largest" ] do
                      Expect.equal (text (evaluate "2") part) (text first part) part

                  let steps = (nonNull first["mse"]).AsArray()
                  Expect.equal (steps |> Seq.map (fun one -> text one "steps") |> List.ofSeq) [ "8"; "60" ] "the steps"
                  // The rule fills the grid with one colour, whatever fires: after so long every run has the same error.
                  let ran = grow [ "--target"; "@flag.png"; "--json" ] |> instead "--steps" "60" |> named at |> succeed

                  let full = float (string ran.Json["mse"])

                  for key in [ "best"; "median"; "worst" ] do
                      Expect.floatClose Accuracy.medium (float (text steps[1] key)) full key

                  let rates = (nonNull first["fire_rates"]).AsArray()

                  Expect.equal
                      (rates |> Seq.map (fun one -> text one "steps") |> List.ofSeq)
                      [ "13"; "10"; "6"; "4" ]
                      "as many firings"
                  // A hole in the colour that is too much is nearer to the target, and the rule fills it again.
                  let holes = nonNull first["holes"]
                  Expect.isLessThan (abs (float (text holes "healed") - 1.0)) 0.02 "as before"
                  Expect.isLessThan (float (text holes "mse_cut")) full "the holes were there")
          }

          test "the lizards that ship grow and stay, and one of them heals" {
              match Environment.GetEnvironmentVariable "GARYMESH_DATA" with
              | null
              | "" -> skiptest "GARYMESH_DATA names no folder of real data."
              | data ->
                  let target = Path.Combine(data, "emoji", "40", "lizard_40.png")

                  let figures rule =
                      [ "grow"; "eval"; "--rule"; rule; "--target"; target; "--size"; "72x72" ]
                      @ [ "--longest"; "1000"; "--seeds"; "6"; "--holes"; "6"; "--json" ]
                      |> succeed
                      |> _.Json

                  let after (figures: JsonObject) (at: int) =
                      let errors = (nonNull figures["mse"]).AsArray()
                      float (text errors[at] "median")

                  let persists, heals = figures "lizard-persist", figures "lizard"
                  Expect.isLessThan (after persists 0) 8e-5 "after 96 steps"
                  Expect.isLessThan (after persists 2) 1e-5 "after 1,000 steps"
                  Expect.isLessThan (after heals 0) 2e-4 "after 96 steps, too"
                  Expect.isLessThan (after heals 2) 5e-5 "and after 1,000"
                  Expect.isGreaterThan (float (text heals["holes"] "healed_worst")) 0.75 "holes of a quarter"
          }

          test "a run grows from its seed, the same by one thread and two, and damage removes what it names" {
              inFolder (fun at ->
                  prepare at

                  let state name more =
                      grow ([ "--out"; at name; "--quiet" ] @ more) |> named at |> succeed |> ignore
                      StateFile.Read(at name)

                  let plain = state "a.npz" [ "--threads"; "1" ]
                  Expect.equal ((state "b.npz" [ "--threads"; "2" ]).ToArray()) (plain.ToArray()) "threads"

                  let expected =
                      let start = grower.Start.On(Graph.Grid(12, 12), 6, 1UL)
                      Engine.Run(grower, Graph.Grid(12, 12), Rollout.Of(start, 9, Firing.Of(1UL, 0)))

                  Expect.equal (plain.ToArray()) (expected.ToArray()) "the engine's rollout"

                  // A hole at the end is seen as it is; one before the first step is all of the seed.
                  let holed = state "c.npz" [ "--damage"; "6,5,1.5@9" ]
                  let hole = Damage.Disc(Graph.Grid(12, 12), 6.0, 5.0, 1.5)

                  for cell in 0..143 do
                      for channel in 0..5 do
                          let expected = if Array.contains cell hole then 0f else plain[cell, channel]
                          Expect.equal holed[cell, channel] expected "the hole alone"

                  let killed = state "d.npz" [ "--damage"; "78,0@0" ]
                  Expect.all (killed.ToArray()) ((=) 0f) "without a seed nothing lives"

                  let ran =
                      grow [ "--damage"; "6,5,1.5@5"; "--damage"; "78,2@7"; "--target"; "@flag.png"; "--json" ]
                      |> named at
                      |> succeed

                  let holes = (nonNull ran.Json["damage"]).AsArray()
                  Expect.equal [ for one in holes -> text one "step" ] [ "5"; "7" ] "in their order"
                  Expect.equal [ for one in holes -> text one "cells" ] [ "9"; "25" ] "their sizes"

                  for one in holes do
                      let value (key: string) = float (text one key)
                      Expect.isLessThan (value "living_after") (value "living_before") "it kills"
                      Expect.notEqual (value "mse_after") (value "mse_before") "it is seen"

                  Expect.isGreaterThan (number ran "living") 0 "what is left grows on")
          }

          test "a film has every frame, as an animated PNG should" {
              inFolder (fun at ->
                  prepare at

                  let ran =
                      grow
                          [ "--animation"
                            "@film.png"
                            "--png"
                            "@last.png"
                            "--every"
                            "4"
                            "--size"
                            "24"
                            "--json" ]
                      |> named at
                      |> succeed

                  Expect.equal (number ran "frames") 4 "steps 0, 4, 8 and 9"
                  let found = chunks (File.ReadAllBytes(at "film.png"))

                  Expect.equal
                      (List.map fst found)
                      [ "IHDR"; "acTL"; "fcTL"; "IDAT"; "fcTL"; "fdAT"; "fcTL"; "fdAT"; "fcTL"; "fdAT"; "IEND" ]
                      "the order"

                  let number (data: byte[]) at = BinaryPrimitives.ReadInt32BigEndian(ReadOnlySpan(data, at, 4))
                  let control = snd found[1]
                  Expect.equal (control.Length, number control 0, number control 4) (8, 4, 0) "four frames, for ever"

                  let sequence =
                      [ for kind, data in found do
                            if kind = "fcTL" || kind = "fdAT" then
                                number data 0 ]

                  Expect.equal sequence [ 0..6 ] "counted without a gap"

                  for kind, data in found do
                      if kind = "fcTL" then
                          Expect.equal data.Length 26 "its length"
                          Expect.equal [ for at in 4..4..16 -> number data at ] [ 24; 24; 0; 0 ] "the whole picture"
                          Expect.equal data[20..] [| 0uy; 50uy; 3uy; 232uy; 0uy; 0uy |] "50 of 1,000, nothing blended"

                  // Each frame's data is a picture's own; the last is that of --png.
                  let header = File.ReadAllBytes(at "film.png")[..32]

                  let pixels data =
                      let chunk (kind: string) (data: byte[]) =
                          let length = Array.zeroCreate<byte> 4
                          BinaryPrimitives.WriteInt32BigEndian(Span length, data.Length)
                          Array.concat [ length; Encoding.ASCII.GetBytes kind; data; Array.zeroCreate 4 ]

                      File.WriteAllBytes(at "frame.png", Array.concat [ header; chunk "IDAT" data; chunk "IEND" [||] ])
                      let struct (_, values) = PngImage.Read(at "frame.png", (fun _ _ -> ()))
                      values

                  let struct (_, last) = PngImage.Read(at "last.png", (fun _ _ -> ()))
                  let struct (_, first) = PngImage.Read(at "film.png", (fun _ _ -> ()))

                  let frames =
                      [ for kind, data in found do
                            if kind = "fdAT" then
                                pixels data[4..] ]

                  Expect.equal (List.last frames) last "the last frame"
                  Expect.equal (List.length (List.distinct (first :: frames))) 4 "each another")
          }

          test "pictures of two sizes make no animation" {
              let animation = Animation 50
              let white side = Pixels(side, side, Array.create (3 * side * side) 255uy)
              animation.Add(white 2)

              Expect.throwsC (fun () -> animation.Add(white 3)) (fun error ->
                  Expect.stringContains error.Message "one size" "the sentence")
          }

          for name, arguments, words in refusals do
              test name { refuses prepare arguments words } ]
