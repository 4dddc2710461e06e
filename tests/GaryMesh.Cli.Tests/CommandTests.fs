/// What each command does when it is asked properly.
module GaryMesh.Cli.Tests.CommandTests

open System
open System.IO
open System.IO.Compression
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Cli
open GaryMesh.Cli.Shell
open GaryMesh.Cli.Meshes
open GaryMesh.Cli.Pictures
open GaryMesh.Cli.Words
open GaryMesh.Cli.Tests.Support

let private keys (ran: Ran) = ran.Json |> Seq.map _.Key |> Set.ofSeq

let private has (names: string list) (ran: Ran) =
    for name in names do
        Expect.isTrue ((keys ran).Contains name) $"the figures have {name}"

let private png = [| 0x89uy; 0x50uy; 0x4Euy; 0x47uy |]

[<Tests>]
let tests =
    testList
        "commands"
        [ testCase "every help has examples"
          <| fun () ->
              for words in [ []; [ "demo" ]; [ "train" ]; [ "run" ]; [ "check" ]; [ "info" ]; [ "bench" ] ] do
                  let ran = succeed (words @ [ "--help" ])
                  Expect.stringContains ran.Output "Examples:" $"the help of {words}"
                  Expect.stringContains ran.Output "gary-mesh" $"the help of {words}"
                  Expect.equal ran.Error "" "errors"

          testCase "targets are the curves that they are called after"
          <| fun () ->
              let curve name cells = TargetWord.Read(name, Graph.Ring cells).Values
              let wave = curve "wave" 64
              Expect.floatClose Accuracy.medium (float (Array.max wave)) 1.0 "the wave's highest"
              Expect.floatClose Accuracy.medium (float wave[48]) (float -wave[16]) "the wave's two sides"
              let square = curve "square" 64
              Expect.equal [ square[0]; square[8]; square[16]; square[24] ] [ 0f; 1f; 0f; -1f ] "the square"
              let bumps = curve "bumps" 64
              Expect.floatClose Accuracy.medium (float bumps[16]) 1.0 "the bump up"
              Expect.floatClose Accuracy.medium (float bumps[48]) -1.0 "the bump down"
              Expect.equal (curve "flag" 6) [| 1f; 1f; 0f; 0f; -1f; -1f |] "the flag"

          testCase "a rule that ships runs by its name"
          <| fun () ->
              Expect.containsAll
                  ShippedRules.OnTheirOwn
                  [ "brick"; "moss"; "lizard"; "lizard-persist" ]
                  "textures and patterns"

              inFolder (fun at ->
                  for name in ShippedRules.OnTheirOwn do
                      let words = [ "run"; "--rule"; name; "--graph"; "torus:24x24"; "--steps"; "30" ]
                      let ran = succeed (words @ [ "--out"; at "state.npz"; "--quiet" ])
                      Expect.equal ran.Error "" "not said to be untrained"
                      let state = StateFile.Read(at "state.npz")
                      Expect.isTrue (state.IsFinite && state.ToArray() |> Array.exists ((<>) 0f)) name)

          testCase "eight textures ship in small files, and one is of 223 parameters"
          <| fun () ->
              let names = ShippedRules.Names ShippedRules.Textures
              Expect.hasLength names 8 "textures"

              for name in names do
                  use file = typeof<ShippedRules>.Assembly.GetManifestResourceStream $"textures/{name}.npz" |> nonNull
                  Expect.isLessThanOrEqual file.Length 60000L name

              Expect.equal (nonNull (ShippedRules.Find "moss-tiny")).Rule.ParameterCount 223 "the smallest"

          testCase "run knows which way a texture lies, as texture apply does"
          <| fun () ->
              inFolder (fun at ->
                  for graph in [ "torus:24x24"; "icosphere:6" ] do
                      let on = [ "--rule"; "brick"; "--graph"; graph; "--steps"; "30"; "--seed"; "3"; "--quiet" ]
                      succeed ("run" :: on @ [ "--out"; at "a.npz" ]) |> ignore
                      succeed ("texture" :: "apply" :: on @ [ "--state-out"; at "b.npz" ]) |> ignore
                      let ran, applied = StateFile.Read(at "a.npz"), StateFile.Read(at "b.npz")
                      Expect.equal (ran.ToArray()) (applied.ToArray()) graph

                  let ran = run [ "cluster"; "run"; "--rule"; "brick"; "--graph"; "torus:9x9"; "--out"; at "c.npz" ]

                  Expect.equal ran.Code 2 "a cluster says that it does not"
                  Expect.stringContains ran.Error "directions" "the sentence")

          testCase "the demo writes its files and one object of figures"
          <| fun () ->
              inFolder (fun at ->
                  let ran =
                      [ "demo"
                        "--out"
                        at "demo"
                        "--iterations"
                        "4"
                        "--max-cells"
                        "1024"
                        "--gradient-steps"
                        "1"
                        "--json" ]
                      |> succeed

                  ran
                  |> has
                      [ "correlation"
                        "correlation_min"
                        "training_seconds"
                        "iterations"
                        "parameters"
                        "gradient_error"
                        "gradient_error_central"
                        "gradient_error_engine"
                        "steps"
                        "state"
                        "channel"
                        "fire_rate" ]

                  let scaling = (nonNull ran.Json["scaling"]).AsArray()
                  Expect.equal scaling.Count 2 "sizes in the table"

                  for row in scaling do
                      for name in [ "cells"; "parameters"; "ns_per_cell_step"; "ms_per_cell_rollout" ] do
                          Expect.isTrue ((nonNull row).AsObject().ContainsKey name) $"a row has {name}"

                  Expect.equal (RuleFile.Read(at "demo/rule.npz").Rule.ParameterCount) 2364 "parameters"
                  let target = Npz.Read(at "demo/target.npz")
                  Expect.equal (target["target"].Shape) [| 64 |] "the target"

                  for picture in [ "demo/pattern.png"; "demo/space-time.png" ] do
                      Expect.equal (File.ReadAllBytes(at picture)[..3]) png picture

                  let report = File.ReadAllText(at "demo/report.html")
                  Expect.stringContains report "data:image/png;base64," "the picture within"
                  Expect.isFalse (report.Contains "http") "nothing from elsewhere")

          testCase "one thread and two write the same files"
          <| fun () ->
              inFolder (fun at ->
                  for threads in [ "1"; "2" ] do
                      let name ending = at $"{threads}{ending}"

                      [ "train"
                        "--target"
                        "square"
                        "--iterations"
                        "30"
                        "--threads"
                        threads
                        "--out"
                        name "rule.npz" ]
                      @ [ "--curve"; name "curve.csv"; "--checkpoint"; name "all"; "--json" ]
                      |> succeed
                      |> ignore

                      [ "run"
                        "--rule"
                        "12x48x3"
                        "--graph"
                        "torus:40x40"
                        "--state"
                        "noise:1"
                        "--threads"
                        threads ]
                      @ [ "--out"; name "state.npz"; "--png"; name "picture.png"; "--every"; "12"; "--json" ]
                      |> succeed
                      |> ignore

                  for ending in [ "rule.npz"; "curve.csv"; "all"; "state.npz"; "picture.png" ] do
                      Expect.equal (File.ReadAllBytes(at $"1{ending}")) (File.ReadAllBytes(at $"2{ending}")) ending)

          testCase "a resumed training comes to the same bits"
          <| fun () ->
              inFolder (fun at ->
                  let train iterations more =
                      [ "train"
                        "--target"
                        "bumps"
                        "--decay-at"
                        "20"
                        "--pool"
                        "8"
                        "--iterations"
                        string iterations ]
                      @ [ "--quiet" ]
                      @ more
                      |> succeed
                      |> ignore

                  train 60 [ "--out"; at "a.npz"; "--checkpoint"; at "a.all"; "--curve"; at "a.csv" ]
                  train 25 [ "--out"; at "b.npz"; "--checkpoint"; at "b.all" ]

                  train
                      60
                      [ "--resume"
                        at "b.all"
                        "--out"
                        at "b.npz"
                        "--checkpoint"
                        at "b.all"
                        "--curve"
                        at "b.csv" ]

                  for ending in [ "npz"; "all"; "csv" ] do
                      Expect.equal (File.ReadAllBytes(at $"a.{ending}")) (File.ReadAllBytes(at $"b.{ending}")) ending)

          testCase "a file that cannot be written costs neither the training nor the other files"
          <| fun () ->
              // A full disk that every Linux has; its writes fail after the output's check, which leaves devices alone.
              if not (File.Exists "/dev/full") then
                  skiptest "this system has no /dev/full"

              inFolder (fun at ->
                  let train more =
                      run ([ "train"; "--iterations"; "30"; "--checkpoint-every"; "10"; "--quiet" ] @ more)

                  Expect.equal (train [ "--out"; at "whole.npz" ]).Code 0 "a training with all its files"
                  let whole = File.ReadAllBytes(at "whole.npz")

                  for option in [ "--checkpoint"; "--curve" ] do
                      let ran = train [ "--out"; at "rule.npz"; option; "/dev/full" ]
                      Expect.equal ran.Code 1 $"the exit code with {option}"
                      Expect.equal (File.ReadAllBytes(at "rule.npz")) whole $"the rule with {option}"
                      let lines = ran.Error.TrimEnd().Split '\n'
                      Expect.equal lines.Length 1 $"one line, but: {ran.Error}"
                      Expect.stringContains lines[0] "/dev/full" "the line"
                      File.Delete(at "rule.npz")

                  let ran = train [ "--out"; "/dev/full"; "--checkpoint"; at "all.npz"; "--curve"; at "all.csv" ]
                  Expect.equal ran.Code 1 "the exit code without the rule"
                  Expect.isTrue (File.Exists(at "all.npz") && File.Exists(at "all.csv")) "the other files")

          testCase "a training under other settings is not resumed, and the sentence names the option"
          <| fun () ->
              inFolder (fun at ->
                  let train iterations more =
                      run ([ "train"; "--iterations"; string iterations; "--out"; at "r.npz"; "--quiet" ] @ more)

                  Expect.equal (train 3 [ "--checkpoint"; at "all" ]).Code 0 "a training"

                  for more, words in
                      [ [ "--seed"; "2" ], [ "the seed 1"; "has 2"; "give the same --seed" ]
                        [ "--learning-rate"; "1" ], [ "give the same --learning-rate" ]
                        [ "--decay-at"; "2" ], [ "[1]"; "[2]"; "give the same --decay-at" ]
                        [ "--fire-rate"; "0.25" ], [ "0.5"; "0.25"; "give the same --fire-rate" ]
                        [ "--graph"; "ring:65" ], [ "give the same --graph" ]
                        [ "--rule"; "12x8x3" ], [ "give the same --rule" ]
                        [ "--target"; "bumps" ], [ "another --target and --channel" ]
                        [ "--channel"; "1" ], [ "another --target and --channel" ] ] do
                      let ran = train 3 ([ "--resume"; at "all" ] @ more)
                      Expect.equal ran.Code 2 "the exit code"

                      for word in words do
                          Expect.stringContains ran.Error word "the sentence"

                  // The default of --decay-at moves with the iterations: the checkpoint's own is kept.
                  let ran = train 9 [ "--resume"; at "all"; "--checkpoint"; at "all" ]
                  Expect.equal (ran.Code, ran.Error) (0, "") "more iterations")

          testCase "a training that is stopped keeps its best rule"
          <| fun () ->
              inFolder (fun at ->
                  use stop = new CancellationTokenSource()
                  stop.Cancel()
                  let ran = runUntil stop.Token [ "train"; "--out"; at "rule.npz"; "--json" ]
                  Expect.equal ran.Code 130 "the exit code"
                  Expect.equal (string ran.Json["end"]) "cancelled" "the end"
                  Expect.equal (RuleFile.Read(at "rule.npz").Rule.ParameterCount) 2364 "the rule")

          testCase "a demo that is stopped after its training says what it has written"
          <| fun () ->
              inFolder (fun at ->
                  use stop = new CancellationTokenSource()

                  let demo =
                      Tasks.Task.Run(fun () ->
                          [ "demo"; "--iterations"; "2"; "--max-cells"; "64"; "--gradient-steps"; "4000" ]
                          @ [ "--out"; at "demo" ]
                          |> runUntil stop.Token)

                  SpinWait.SpinUntil(fun () -> File.Exists(at "demo/target.npz")) |> ignore
                  stop.Cancel()
                  let ran = demo.Result
                  Expect.equal ran.Code 130 "the exit code"
                  Expect.stringContains ran.Error "Stopped" "the sentence"
                  Expect.isFalse (ran.Error.Contains "nothing was written") "the rule is there")

          testCase "a run goes on from the state of another"
          <| fun () ->
              inFolder (fun at ->
                  let go more =
                      [ "run"; "--rule"; "12x8x3"; "--graph"; "line:9"; "--fire-rate"; "1"; "--quiet" ] @ more
                      |> succeed
                      |> ignore

                  go [ "--state"; "noise:0.5"; "--steps"; "4"; "--out"; at "four.npz" ]
                  go [ "--state"; "noise:0.5"; "--steps"; "2"; "--out"; at "two.npz" ]
                  go [ "--state"; at "two.npz"; "--steps"; "2"; "--out"; at "again.npz" ]
                  Expect.equal (File.ReadAllBytes(at "again.npz")) (File.ReadAllBytes(at "four.npz")) "the states")

          testCase "pictures of rings, grids and colours are PNG"
          <| fun () ->
              inFolder (fun at ->
                  for words in [ [ "ring:4096" ]; [ "icosphere:2" ]; [ "grid:9x12" ]; [ "grid:9x12"; "--colour" ] ] do
                      let picture = at "trajectory.png"

                      [ "run"; "--rule"; "growing"; "--steps"; "3"; "--png"; picture; "--quiet"; "--graph" ] @ words
                      |> succeed
                      |> ignore

                      Expect.equal (File.ReadAllBytes(picture)[..3]) png $"{words}")

          testCase "a run on a mesh writes the mesh in the colours of its last state"
          <| fun () ->
              inFolder (fun at ->
                  File.WriteAllText(at "m.off", "OFF4 2 0\n0 0 7\n2 0 7\n2 2 7\n0 2 7\n4 0 1 2 3\n3 0 1 2\n")
                  let mesh = MeshFile.Read(at "m.off")

                  let coloured more =
                      [ "run"; "--rule"; "mesh-nca"; "--graph"; at "m.off"; "--state"; "noise:1"; "--steps"; "2" ]
                      @ [ "--out"; at "s.npz"; "--ply"; at "m.ply"; "--quiet" ]
                      @ more
                      |> succeed
                      |> ignore

                      StateFile.Read(at "s.npz"), File.ReadAllBytes(at "m.ply")

                  let expected (colours: byte[]) =
                      use memory = new MemoryStream()
                      MeshFile.Write(memory, MeshFormat.Ply, mesh, colours, ColouredMesh.NormalsOf mesh)
                      memory.ToArray()

                  let state, file = coloured [ "--colour" ]

                  let colours =
                      [| for cell in 0..3 do
                             for channel in 0..2 -> byte (MathF.Round(255f * Math.Clamp(state[cell, channel], 0f, 1f))) |]

                  Expect.equal file (expected colours) "three channels"
                  let state, file = coloured [ "--channel"; "5" ]
                  Expect.equal file (expected (Colours.OfChannel(state, 5))) "one channel"

                  Expect.equal
                      (MeshFile.Read(at "m.ply").Vertices.ToArray())
                      (mesh.Vertices.ToArray())
                      "places as in the file"

                  let sphere = [ "run"; "--rule"; "12x8x3"; "--graph"; "icosphere:2"; "--ply"; at "i.ply"; "--quiet" ]
                  succeed sphere |> ignore
                  Expect.equal (MeshFile.Read(at "i.ply").VertexCount) 42 "a word's own mesh"
                  let ran = run [ "run"; "--rule"; "mesh-nca"; "--graph"; "ring:8"; "--ply"; at "n.ply" ]
                  Expect.equal ran.Code 2 "no mesh"
                  Expect.stringContains ran.Error "ring:8" "the sentence")

          testCase "the states on the way are one array, from the start to the last"
          <| fun () ->
              inFolder (fun at ->
                  for name in [ "t.npy"; "t.npz" ] do
                      let start = at "start.npz"
                      StateFile.Write(start, State.Create(6, 4, fun cell channel -> float32 (cell + channel)))

                      [ "run"
                        "--rule"
                        "4x6x3"
                        "--graph"
                        "ring:6"
                        "--state"
                        start
                        "--steps"
                        "7"
                        "--every"
                        "3" ]
                      @ [ "--trajectory"; at name; "--out"; at "s.npz"; "--quiet" ]
                      |> succeed
                      |> ignore

                      let states = if name = "t.npy" then Npy.Read(at name) else (Npz.Read(at name))["trajectory"]
                      Expect.equal states.Shape [| 4; 6; 4 |] "steps 0, 3, 6 and 7"
                      let values = states.ToFloat32()
                      Expect.equal values[..23] (StateFile.Read(start).ToArray()) "the start"
                      Expect.equal values[72..] (StateFile.Read(at "s.npz").ToArray()) "the last state"

                  let steps = (Npz.Read(at "t.npz"))["steps"]
                  Expect.equal (steps.ToInt32()) [| 0; 3; 6; 7 |] "the steps")

          testCase "a run of a new rule says that it has learnt nothing"
          <| fun () ->
              let ran = succeed [ "run"; "--rule"; "mesh-nca"; "--graph"; "icosphere:1"; "--steps"; "1" ]
              Expect.stringContains ran.Error "learnt nothing" "the notice"
              Expect.stringContains ran.Output "1 step at" "one step is no steps"
              Expect.stringContains ran.Output "directed edges" "what is counted"

          testCase "an output that is full fails, but costs no file"
          <| fun () ->
              inFolder (fun at ->
                  let full =
                      { new MemoryStream() with
                          override _.Write(_: byte[], _: int, _: int) = raise (IOException "No space left : '/x/.tmp'") }

                  use output = new StreamWriter(new OutputStream(full, false), AutoFlush = true)
                  use error = new StringWriter()

                  let code =
                      CommandLine.Run(
                          [| "run"; "--rule"; "4x6x3"; "--graph"; "ring:6"; "--steps"; "1"; "--out"; at "s.npz" |],
                          output,
                          error,
                          CancellationToken.None
                      )

                  Expect.equal code 1 "the exit code"

                  Expect.equal
                      (error.ToString())
                      $"gary-mesh: The output could not be written: No space left.{Environment.NewLine}"
                      "the sentence"

                  Expect.isTrue (File.Exists(at "s.npz")) "the file"
                  use silent = new StreamWriter(new OutputStream(full, true), AutoFlush = true)
                  silent.WriteLine "nobody hears this")

          testCase "a check of a small rule agrees"
          <| fun () ->
              let ran = succeed [ "check"; "--rule"; "4x6x3"; "--graph"; "ring:6"; "--steps"; "8"; "--json" ]
              Expect.isTrue ((nonNull ran.Json["agrees"]).GetValue<bool>()) "the gradients agree"
              Expect.equal ((nonNull ran.Json["parameters"]).GetValue<int>()) 106 "parameters"
              has [ "gradient_error"; "gradient_error_central"; "gradient_error_engine" ] ran

          testCase "info tells a rule, a state and a graph apart"
          <| fun () ->
              inFolder (fun at ->
                  RuleFile.Write(at "rule.npz", Automaton.MeshNca 1UL)
                  StateFile.Write(at "state.npz", State.Zeros(7, 3))

                  let kind word = string (succeed [ "info"; word; "--json" ]).Json["kind"]
                  Expect.equal (kind (at "rule.npz")) "rule" "a rule"
                  Expect.equal (kind (at "state.npz")) "state" "a state"
                  Expect.equal (kind "torus:3x3") "graph" "a graph"

                  for more in [ []; [ "--json" ] ] do
                      Expect.stringContains
                          (succeed ([ "info"; at "rule.npz" ] @ more)).Output
                          "80 -> 128 -> 16"
                          "the rule's shape, without escapes"

                  File.WriteAllText(at "m.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\nf 1 1 1\nf 2 3 3\n")
                  let mesh = (succeed [ "info"; at "m.obj"; "--json" ]).Json
                  Expect.equal ((nonNull mesh["degenerate_triangles"]).GetValue<int>()) 2 "degenerate triangles"
                  has [ "min_steps"; "steps" ] (succeed [ "info"; at "rule.npz"; "--json" ]))

          testCase "info lists what an archive holds, and no control character of it reaches the terminal"
          <| fun () ->
              inFolder (fun at ->
                  let escape = "a\u001b[31m\nb"

                  ArchiveWriter(escape, 1)
                      .Texts("settings", [| escape; escape |], 1, 2)
                      .Text(escape, escape)
                      .Doubles("numbers", [| 1.0; 2.0 |])
                      .Write(at "strange.npz")

                  use archive = ZipFile.Open(at "strange.npz", ZipArchiveMode.Update)
                  using (archive.CreateEntry("later.npy").Open()) (fun stream -> stream.WriteByte 1uy)
                  archive.Dispose()
                  let ran = succeed [ "info"; at "strange.npz" ]
                  let controls = ran.Output |> Seq.filter (fun c -> Char.IsControl c && c <> '\n' && c <> '\r')
                  Expect.isEmpty controls "the table"
                  Expect.stringContains ran.Output "float64 [2]" "an array that can be read"
                  Expect.stringContains ran.Output "later.npy" "and one that cannot")

          testCase "info counts an edge seen from both ends twice, and says so"
          <| fun () ->
              let ran = succeed [ "info"; "ring:8"; "--json" ]
              Expect.equal ((nonNull ran.Json["edges"]).GetValue<int>()) 16 "edges"
              has [ "min_degree"; "mean_degree"; "max_degree" ] ran
              Expect.stringContains (succeed [ "info"; "ring:8" ]).Output "directed edges" "the table"

          testCase "--fire is --fire-rate"
          <| fun () ->
              let rate option =
                  let ran =
                      succeed
                          [ "run"; "--rule"; "4x6x3"; "--graph"; "ring:6"; "--steps"; "2"; option; "0.25"; "--json" ]

                  (nonNull ran.Json["fire_rate"]).GetValue<float>()

              Expect.equal (rate "--fire-rate", rate "--fire") (0.25, 0.25) "the rates"

          testCase "a run takes another time step and spacing, and info tells what a rule's are"
          <| fun () ->
              inFolder (fun at ->
                  let number (ran: Ran) (name: string) = (nonNull ran.Json[name]).GetValue<float>()
                  let rule = (Automaton.MeshNca 1UL).WithSpacing(2.0).WithBound 1.5f
                  RuleFile.Write(at "r.npz", rule)

                  let ran words =
                      [ "run"; "--rule"; at "r.npz"; "--graph"; "icosphere:2"; "--state"; "noise:1"; "--steps"; "2" ]
                      @ [ "--out"; at "s.npz"; "--json" ]
                      @ words
                      |> succeed

                  let plain = ran []
                  let state () = (StateFile.Read(at "s.npz")).ToArray()
                  let before = state ()
                  Expect.equal (number plain "time_step", number plain "spacing") (1.0, 2.0) "the rule's own"
                  let other = ran [ "--time-step"; "0.5"; "--spacing"; "0.25" ]
                  Expect.equal (number other "time_step", number other "spacing") (0.5, 0.25) "those asked for"
                  Expect.notEqual (state ()) before "which change the run"
                  let told = succeed [ "info"; at "r.npz"; "--json" ]
                  Expect.equal (number told "bound", number told "spacing") (1.5, 2.0) "info"
                  RuleFile.Write(at "r.npz", Automaton.MeshNca 1UL)
                  let told = (succeed [ "info"; at "r.npz"; "--json" ]).Json
                  Expect.isFalse (told.ContainsKey "bound" || told.ContainsKey "spacing") "the defaults are not told")

          testCase "bench reports what it measured"
          <| fun () ->
              let ran =
                  succeed
                      [ "bench"; "--graph"; "ring:512"; "--steps"; "4"; "--rounds"; "2"; "--threads"; "1"; "--json" ]

              ran
              |> has
                  [ "cells"
                    "steps"
                    "seconds_per_rollout"
                    "ns_per_cell_step"
                    "gflops_executed"
                    "peak_gflops"
                    "seconds_min"
                    "seconds_max"
                    "peak_gflops_min"
                    "peak_gflops_max"
                    "fraction_min"
                    "fraction_max"
                    "threads"
                    "bytes_peak" ]

              Expect.isGreaterThan ((nonNull ran.Json["gflops_executed"]).GetValue<float>()) 0.0 "operations"

          testCase "bench times several graphs and draws them"
          <| fun () ->
              inFolder (fun at ->
                  let picture = at "scaling.png"

                  let ran =
                      succeed
                          [ "bench"
                            "--graph"
                            "ring:64"
                            "grid:8x16"
                            "--steps"
                            "2"
                            "--rounds"
                            "1"
                            "--png"
                            picture
                            "--json" ]

                  let runs = (nonNull ran.Json["runs"]).AsArray() |> Seq.map (fun run -> (nonNull run).AsObject())

                  Expect.equal [ for run in runs -> (nonNull run["cells"]).GetValue<int>() ] [ 64; 128 ] "in order"

                  Expect.isTrue (File.Exists picture) "the picture"

                  let table =
                      (succeed [ "bench"; "--graph"; "ring:64"; "ring:96"; "--steps"; "2"; "--rounds"; "1" ]).Output

                  Expect.stringContains table "96" "a row for each") ]
