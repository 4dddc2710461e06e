/// gary-mesh transfer: a texture's rule is tried on what it never saw.
module GaryMesh.Cli.Tests.TransferTests

open System.IO
open System.Text.Json.Nodes
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Cli.Commands.Textures
open GaryMesh.Cli.Pictures
open GaryMesh.Cli.Tests.Support
open GaryMesh.Cli.Tests.TextureFixture

let private small =
    [ "transfer"; "--rule"; "@rule.npz"; "--trained-on"; "torus:20x20"; "--longest"; "96" ]
    @ [ "--max-cells"; "1100"; "--seeds"; "2"; "--out"; "@page.html" ]

let private field (node: JsonNode | null) (key: string) : JsonNode =
    let node = nonNull node
    nonNull node[key]

let private trials (ran: Ran) = [ for trial in (field ran.Json "trials").AsArray() -> trial ]

let private trial (ran: Ran) group = trials ran |> List.find (fun trial -> string (field trial "group") = group)

let private ratios trial = [ for moment in (field trial "after").AsArray() -> float (string (field moment "ratio")) ]

[<Tests>]
let tests =
    testList
        "transfer"
        [ testCase "a report stands in one page with pictures, and its figures are the same by one thread and two"
          <| fun () ->
              inFolder (fun at ->
                  prepare at
                  MeshFile.Write(at "m.obj", TriangleMesh.Icosphere 4)

                  let go threads =
                      small
                      @ [ "--exemplar"
                          "@stripes.png"
                          "--tiles"
                          "--graph"
                          "@m.obj"
                          "--json"
                          "--threads"
                          threads ]
                      |> named at
                      |> succeed

                  let one, page = go "1", File.ReadAllText(at "page.html")
                  let two = go "2"
                  Expect.equal (string two.Json) (string one.Json) "figures"
                  Expect.equal (File.ReadAllText(at "page.html")) page "the page"

                  for word in
                      [ "<!doctype html>"; "data:image/png;base64,"; "m.obj"; "torus:32x32"; "hole"; "</html>" ] do
                      Expect.stringContains page word "the page"

                  Expect.isFalse (page.Contains "http://" || page.Contains "https://") "nothing from elsewhere"
                  let groups = trials one |> List.map (fun trial -> string (field trial "group")) |> List.distinct

                  for group in [ "trained on"; "size"; "asked for"; "life"; "hole of a fifth"; "time step"; "spacing" ] do
                      Expect.contains groups group "the trials"

                  let spaced = trials one |> List.filter (fun trial -> string (field trial "group") = "spacing")

                  Expect.equal
                      [ for trial in spaced -> string (field trial "name") ]
                      [ "0.71 on torus:28x28" ]
                      "as much of the picture, where cells and pixels suffice"

                  // The mean over the graphs of the training is the unit.
                  Expect.floatClose Accuracy.high (trial one "trained on" |> ratios |> List.head) 1.0 "the unit"

                  for trial in trials one do
                      Expect.isLessThanOrEqual (float (string (field trial "largest"))) 2.0 "within the bound")

          testCase "a graph of few cells is tried at the spacings for which a torus is large enough"
          <| fun () ->
              inFolder (fun at ->
                  prepare at

                  let ran =
                      [ "transfer"; "--rule"; "@rule.npz"; "--trained-on"; "torus:4x4"; "--longest"; "96" ]
                      @ [ "--max-cells"; "100"; "--seeds"; "1"; "--out"; "@page.html"; "--json" ]
                      |> named at
                      |> succeed

                  Expect.equal
                      [ for trial in trials ran do
                            if string (field trial "group") = "spacing" then
                                string (field trial "name") ]
                      [ "0.5 on torus:8x8"; "0.71 on torus:6x6"; "1.41 on torus:3x3" ]
                      "without a torus of 2 x 2")

          testCase "the losses of a life are those of single runs"
          <| fun () ->
              inFolder (fun at ->
                  prepare at
                  let ran = small @ [ "--exemplar"; "@stripes.png"; "--tiles"; "--json" ] |> named at |> succeed
                  let home = float (string (field ran.Json "loss_trained"))

                  let single steps =
                      let seeds = [ for run in 0..1 -> Counter.subkey 1UL run ]

                      [ for seed in seeds do
                            let once =
                                [ "texture"
                                  "apply"
                                  "--rule"
                                  "@rule.npz"
                                  "--graph"
                                  "torus:20x20"
                                  "--steps"
                                  string steps ]
                                @ [ "--exemplar"; "@stripes.png"; "--tiles"; "--json"; "--seed"; string seed ]
                                |> named at
                                |> succeed

                            float (string (field once.Json "loss")) ]
                      |> List.average

                  let life = trial ran "life" |> ratios
                  Expect.equal life.Length 2 "24 and 96 steps"

                  for steps, ratio in List.zip [ 24; 96 ] life do
                      Expect.floatClose Accuracy.medium (ratio * home) (single steps) $"after {steps} steps")

          testCase "a rule is compared with its own look where no exemplar is given, also on rings"
          <| fun () ->
              inFolder (fun at ->
                  prepare at
                  let own = small @ [ "--json" ] |> named at |> succeed
                  Expect.isTrue (isNull own.Json["exemplar"]) "no exemplar"

                  let ring =
                      [ "transfer"
                        "--rule"
                        "@ring-rule.npz"
                        "--longest"
                        "96"
                        "--max-cells"
                        "256"
                        "--seeds"
                        "1" ]
                      @ [ "--out"; "@ring.html"; "--json" ]
                      |> named at
                      |> succeed

                  let names = [ for trial in trials ring -> string (field trial "name") ]
                  Expect.contains names "ring:128" "what it was trained on"
                  Expect.contains names "line:256" "another lattice"
                  Expect.isFalse (names |> List.exists _.Contains("torus")) "no surface")

          testCase "a stopped report writes nothing, and what does not fit is refused"
          <| fun () ->
              inFolder (fun at ->
                  prepare at
                  use stop = new CancellationTokenSource()
                  stop.Cancel()
                  Expect.equal (small |> named at |> runUntil stop.Token).Code 130 "stopped"
                  Expect.isFalse (File.Exists(at "page.html")) "no page"

                  for more, words in
                      [ [ "--exemplar"; "@grey.png" ], [ "grey.png"; "1 map"; "3" ]
                        [ "--exemplar"; "@signal.csv" ], [ "signal.csv"; "1 map" ]
                        [ "--longest"; "5" ], [ "--longest" ]
                        [ "--graph"; "dough:3" ], [ "dough:3" ]
                        [ "--graph"; "ring:9" ], [ "picture"; "ring:9" ]
                        [ "--trained-on"; "ring:9" ], [ "picture"; "ring:9" ] ] do
                      let ran = small @ more |> named at |> run
                      Expect.equal ran.Code 2 $"{more}: {ran.Error}"

                      for word in words do
                          Expect.stringContains ran.Error word $"{more}")

          testCase "a gallery is one picture with a row a rule, the same by one thread and two"
          <| fun () ->
              inFolder (fun at ->
                  prepare at

                  let go threads rules =
                      [ "texture"; "gallery"; "--longest"; "24"; "--out"; "@g.png"; "--threads"; threads ]
                      @ List.collect (fun rule -> [ "--rule"; rule ]) rules
                      |> named at
                      |> succeed
                      |> ignore

                      File.ReadAllBytes(at "g.png"), sizeOf (at "g.png")

                  let one, (low, width) = go "1" [ "@rule.npz" ]
                  Expect.equal (fst (go "2" [ "@rule.npz" ])) one "the same bytes"
                  let _, (high, wide) = go "2" [ "@rule.npz"; "@rule.npz" ]
                  Expect.equal wide width "as wide"
                  Expect.isGreaterThan high (low + 100) "a row more"

                  let ring = [ "texture"; "gallery"; "--rule"; "@ring-rule.npz"; "--graph"; "ring:32" ]
                  let ran = ring @ [ "--out"; "@none.png" ] |> named at |> run
                  Expect.equal ran.Code 2 "refused"
                  Expect.isFalse (File.Exists(at "none.png")) "no picture") ]
