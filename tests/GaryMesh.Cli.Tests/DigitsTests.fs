/// gary-mesh digits: a rule is trained and judged, a digit votes and is exchanged for another, and what does not fit is refused.
module GaryMesh.Cli.Tests.DigitsTests

open System
open System.Collections.Generic
open System.IO
open System.IO.Compression
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Cli.Tests.Support

/// Rings and bars of 8 x 8 pixels, here and there, in bytes up to `full`.
let private shapes count (full: byte) =
    let label picture = if picture % 2 = 0 then 0 else 1

    let pixel picture at =
        let row, column = at / 8, at % 8 - picture / 2 % 3

        let inked =
            if label picture = 1 then
                column = 2 && row > 0 && row < 7
            else
                row > 0 && row < 7 && column >= 0 && column < 5 && (row = 1 || row = 6 || column = 0 || column = 4)

        if inked then full else 0uy

    Array.init (64 * count) (fun i -> pixel (i / 64) (i % 64)), Array.init count (label >> byte)

let private archive (path: string) (entries: (string * NpyArray) list) =
    Npz.Write(path, [ for name, array in entries -> KeyValuePair(name, array) ])

let private digits path count full =
    let images, labels = shapes count full

    archive
        path
        [ "images", NpyArray.OfByte([| count; 8; 8 |], images)
          "labels", NpyArray.OfByte([| count |], labels) ]

let private idx (sides: int list) (bytes: byte[]) =
    Array.concat
        [ [| 0uy; 0uy; 8uy; byte sides.Length |]
          sides |> List.map (fun side -> [| 0uy; 0uy; byte (side / 256); byte side |]) |> Array.concat
          bytes ]

let private packed (path: string) (bytes: byte[]) =
    use stream = new GZipStream(File.Create path, CompressionLevel.Fastest)
    stream.Write(bytes, 0, bytes.Length)

let private prepare (at: string -> string) =
    let images, labels = shapes 12 255uy
    digits (at "some.npz") 12 255uy
    digits (at "faint.npz") 12 16uy
    digits (at "blank.npz") 2 0uy
    File.WriteAllBytes(at "t-images-idx3-ubyte", idx [ 12; 8; 8 ] images)
    File.WriteAllBytes(at "t-labels-idx1-ubyte", idx [ 12 ] labels)
    packed (at "z-images-idx3-ubyte.gz") (idx [ 12; 8; 8 ] images)
    packed (at "z-labels-idx1-ubyte.gz") (idx [ 12 ] labels)
    File.WriteAllBytes(at "lone-images", idx [ 12; 8; 8 ] images)
    File.WriteAllBytes(at "few-images", idx [ 12; 8; 8 ] images)
    File.WriteAllBytes(at "few-labels", idx [ 11 ] labels[..10])
    File.WriteAllBytes(at "cut-images", (idx [ 12; 8; 8 ] images)[..300])
    File.WriteAllText(at "text.txt", "no digits")
    let one = NpyArray.OfByte([| 12; 8; 8 |], images)
    archive (at "unlabelled.npz") [ "images", one ]
    archive (at "mislabelled.npz") [ "images", one; "labels", NpyArray.OfInt32([| 12 |], Array.create 12 10) ]
    archive (at "short.npz") [ "images", one; "labels", NpyArray.OfInt32([| 11 |], Array.create 11 1) ]

    archive
        (at "flat.npz")
        [ "images", NpyArray.OfByte([| 12; 64 |], images); "labels", NpyArray.OfByte([| 12 |], labels) ]

    File.WriteAllText(at "kept.npz", "what was there before")
    File.WriteAllText(at "kept.png", "what was there before")
    RuleFile.Write(at "rule.npz", (DigitsRecipe.Automaton(11, 8, 1UL)).WithSteps(4, 6))
    RuleFile.Write(at "other.npz", Automaton.Growing 1UL)

let private train more =
    [ "digits"
      "train"
      "--images"
      "@some.npz"
      "--held"
      "3"
      "--channels"
      "11"
      "--hidden"
      "8"
      "--steps"
      "4-6" ]
    @ [ "--batch"; "7"; "--pool"; "2"; "--iterations"; "6"; "--quiet" ]
    @ more

let private eval more = [ "digits"; "eval"; "--rule"; "@rule.npz"; "--steps"; "5" ] @ more
let private vote more = [ "digits"; "run"; "--images"; "@some.npz"; "--rule"; "@rule.npz"; "--steps"; "9" ] @ more

let private share (ran: Ran) (key: string) = (nonNull ran.Json[key]).GetValue<float>()
let private number (ran: Ran) (key: string) = (nonNull ran.Json[key]).GetValue<int>()

/// Name, arguments (a file of the folder is written @name), and words that the sentence must have.
let private refusals =
    [ "no images", eval [], [ "--images" ]
      "images that are missing", eval [ "--images"; "@none.npz" ], [ "none.npz" ]
      "no labels", eval [ "--images"; "@unlabelled.npz" ], [ "unlabelled.npz"; "'labels'" ]
      "labels that are no digits", eval [ "--images"; "@mislabelled.npz" ], [ "0 to 9"; "mislabelled.npz is 10" ]
      "fewer labels", eval [ "--images"; "@short.npz" ], [ "12 pictures"; "[11]" ]
      "flat images", eval [ "--images"; "@flat.npz" ], [ "flat.npz"; "[n x height x width]"; "[12 x 64]" ]
      "a file of another kind", eval [ "--images"; "@text.txt" ], [ "text.txt"; "IDX" ]
      "images without labels beside them", eval [ "--images"; "@lone-images" ], [ "lone-labels" ]
      "images with fewer labels beside them", eval [ "--images"; "@few-images" ], [ "12 pictures"; "11 labels" ]
      "images that are cut short", eval [ "--images"; "@cut-images" ], [ "12 x 8 x 8"; "285" ]
      "images without ink", eval [ "--images"; "@blank.npz" ], [ "blank.npz"; "ink" ]
      "a rule that does not vote",
      eval [ "--images"; "@some.npz" ] |> instead "--rule" "@other.npz",
      [ "25 inputs"; "other.npz has 0" ]
      "cells that never fire", eval [ "--images"; "@some.npz"; "--fire-rate"; "0" ], [ "--fire-rate" ]
      "no picture of that number", vote [ "--picture"; "12" ], [ "picture 12"; "0 to 11" ]
      "an exchange without a step", vote [ "--then"; "3" ], [ "'3'"; "PICTURE@STEP" ]
      "an exchange for none", vote [ "--then"; "12@3" ], [ "picture 12"; "0 to 11" ]
      "an exchange after the end", vote [ "--then"; "1@9" ], [ "step 9"; "9 steps" ]
      "an animation that is no picture", vote [ "--animation"; "@kept.npz" ], [ "--animation"; ".png" ]
      "a picture over what is read", vote [ "--png"; "@some.npz" ], [ "--png" ]
      "all held out", train [ "--out"; "@kept.npz" ] |> instead "--held" "12", [ "--held 12"; "12 pictures" ]
      "a preview of none",
      train [ "--preview"; "@kept.png"; "--out"; "@kept.npz" ] |> instead "--held" "0",
      [ "--preview"; "--held 0" ]
      "an exchange beyond 1", train [ "--exchange"; "1.5"; "--out"; "@kept.npz" ], [ "--exchange" ]
      "a warp beyond 4", train [ "--warp"; "5"; "--out"; "@kept.npz" ], [ "--warp" ]
      "too few channels", train [ "--out"; "@kept.npz" ] |> instead "--channels" "9", [ "--channels" ]
      "a rule of other sizes",
      train [ "--rule"; "@rule.npz"; "--out"; "@kept.npz" ] |> instead "--hidden" "9",
      [ "rule.npz"; "8 hidden" ]
      "minutes for a training that goes on",
      train [ "--minutes"; "1"; "--resume"; "@rule.npz"; "--out"; "@kept.npz" ],
      [ "--iterations"; "--minutes" ]
      "a checkpoint that is none", train [ "--resume"; "@rule.npz"; "--out"; "@kept.npz" ], [ "rule.npz"; "training" ] ]

[<Tests>]
let tests =
    testList
        "gary-mesh digits"
        [ test "every help on digits has examples" {
              for words in [ []; [ "train" ]; [ "run" ]; [ "eval" ] ] do
                  Expect.stringContains (succeed ("digits" :: words @ [ "--help" ])).Output "Examples:" $"{words}"
          }

          for name, arguments, words in refusals do
              test $"{name} is refused" { refuses prepare arguments words }

          test "a training has the same bytes by one thread and two, and resumed" {
              inFolder (fun at ->
                  prepare at

                  let go name more =
                      train (
                          [ "--out"
                            at $"{name}.npz"
                            "--preview"
                            at $"{name}.png"
                            "--checkpoint"
                            at $"{name}.all" ]
                          @ more
                      )
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

                  for option, other, words in
                      [ "--seed", "2", "--seed"
                        "--iterations", "9", "--iterations"
                        "--held", "2", "--images or --held"
                        "--images", "@faint.npz", ""
                        "--batch", "6", "--batch"
                        "--pool", "3", "--pool"
                        "--exchange", "0.5", "--exchange"
                        "--warp", "0.5", "--warp"
                        "--steps", "4-7", "--steps" ] do
                      let ran =
                          train [ "--out"; "@r.npz"; "--resume"; "@a.all" ] |> instead option other |> named at |> run

                      // Ink of 16 of 16 is that of 255 of 255.
                      Expect.equal ran.Code (if words = "" then 0 else 2) $"the exit code of {option}: {ran.Error}"
                      Expect.stringContains ran.Error words "the option's name")
          }

          test "minutes come to a number of iterations, ten at least" {
              inFolder (fun at ->
                  prepare at
                  let ran = train [ "--minutes"; "1e-7"; "--out"; "@r.npz"; "--json" ] |> named at |> succeed
                  Expect.equal (number ran "iterations") 10 "at least"
                  Expect.equal (number ran "pictures", number ran "held") (9, 3) "held out")
          }

          test "MNIST's own files, packed or not, and digits in bytes up to 16 are the same pictures" {
              inFolder (fun at ->
                  prepare at

                  let measured path =
                      let ran = eval [ "--images"; path; "--json"; "--threads"; "1" ] |> named at |> succeed
                      let json = ran.Json
                      json.Remove "images" |> ignore
                      json.Remove "seconds" |> ignore
                      string json

                  let expected = measured "@some.npz"

                  for path in [ "@faint.npz"; "@t-images-idx3-ubyte"; "@z-images-idx3-ubyte.gz" ] do
                      Expect.equal (measured path) expected path)
          }

          test "an evaluation counts as the recipe does, and says so as text, too" {
              inFolder (fun at ->
                  prepare at
                  let ran = eval [ "--images"; "@some.npz"; "--json" ] |> named at |> succeed
                  let images, labels = shapes 12 255uy
                  let digits = Digits(8, 8, images |> Array.map (fun b -> float32 b / 255f), labels |> Array.map int)
                  let automaton = RuleFile.Read(at "rule.npz")

                  let score =
                      (DigitsRecipe.Evaluate(automaton, digits, [| 5 |], Counter.subkey 1UL 0, EngineOptions()))[0]

                  Expect.equal
                      (number ran "pictures", number ran "cells", number ran "steps")
                      (12, score.Cells, 5)
                      "sizes"

                  Expect.equal (share ran "cell_accuracy") score.CellAccuracy "cells"
                  Expect.equal (share ran "agreement") score.Agreement "pictures"
                  Expect.equal (share ran "majority_accuracy") score.MajorityAccuracy "majorities"
                  let text = (eval [ "--images"; "@some.npz" ] |> named at |> succeed).Output
                  Expect.stringContains text "5 steps" "the table")
          }

          test "a run tells the votes step by step, under the digit that it is shown, and draws them" {
              inFolder (fun at ->
                  prepare at

                  let ran =
                      vote [ "--picture"; "2"; "--then"; "3@4"; "--png"; "@p.png"; "--animation"; "@a.png"; "--json" ]
                      |> named at
                      |> succeed

                  let votes = (nonNull ran.Json["votes"]).AsArray()

                  let told =
                      [ for one in votes do
                            let one = nonNull one

                            let counts =
                                (nonNull one["votes"]).AsArray() |> Seq.sumBy (fun n -> (nonNull n).GetValue<int>())

                            Expect.equal counts ((nonNull one["cells"]).GetValue<int>()) "a vote a cell"
                            string one["step"], string one["picture"], string one["label"] ]

                  Expect.equal
                      told
                      [ "1", "2", "0"; "4", "2", "0"; "5", "3", "1"; "9", "3", "1" ]
                      "steps 1 and 5 of each digit, and its last"

                  // Steps 0 to 4 of one and 4 to 9 of the other.
                  Expect.equal (number ran "frames") 11 "pictures"
                  Expect.equal (sizeOf (at "a.png")) (224, 448) "ink and votes, 28 pixels a cell"
                  Expect.isTrue (File.Exists(at "p.png")) "the picture"
                  let text = (vote [ "--picture"; "2"; "--then"; "3@4" ] |> named at |> succeed).Output
                  Expect.stringContains text "picture 3, a 1" "as text")
          }

          test "the rule that ships votes on digits of 28 x 28 pixels" {
              inFolder (fun at ->
                  // A bar, as thick as a pen's.
                  let inked pixel = (pixel % 28 = 13 || pixel % 28 = 14) && pixel / 28 > 4 && pixel / 28 < 23
                  let bar = Array.init 784 (fun pixel -> if inked pixel then 255uy else 0uy)

                  archive
                      (at "bar.npz")
                      [ "images", NpyArray.OfByte([| 1; 28; 28 |], bar)
                        "labels", NpyArray.OfInt64([| 1 |], [| 1L |]) ]

                  let ran = succeed [ "digits"; "eval"; "--images"; at "bar.npz"; "--json" ]
                  Expect.equal (number ran "cells", share ran "agreement") (36, 1.0) "a one")
          } ]
