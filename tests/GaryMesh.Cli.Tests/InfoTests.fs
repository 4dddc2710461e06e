/// What `gary-mesh info` says of files of every kind.
module GaryMesh.Cli.Tests.InfoTests

open System
open System.Collections.Generic
open System.Diagnostics
open System.IO
open System.Threading.Tasks
open Expecto
open GaryMesh
open GaryMesh.Cli.Meshes
open GaryMesh.Cli.Tests.Support

let private kind (path: string) = string (succeed [ "info"; path; "--json" ]).Json["kind"]

/// Starts a program of the system; the test is skipped where there is none.
let private start (program: string) (arguments: string list) =
    try
        nonNull (Process.Start(ProcessStartInfo(program, arguments, RedirectStandardError = true)))
    with :? ComponentModel.Win32Exception ->
        skiptest $"this system has no {program}"

let private pipe (path: string) =
    use made = start "mkfifo" [ path ]
    made.WaitForExit()

let private mesh = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"

[<Tests>]
let tests =
    testList
        "info"
        [ testCase "names every format that is read or written"
          <| fun () ->
              inFolder (fun at ->
                  let write name (text: string) = File.WriteAllText(at name, text)
                  RuleFile.Write(at "rule.npz", Automaton.GaryMesh 1UL)
                  StateFile.Write(at "state.npz", State.Zeros(7, 3))
                  Npy.Write(at "array.npy", NpyArray.OfFloat32([| 2; 2 |], [| 1f; 2f; 3f; 4f |]))
                  Npz.Write(at "target.npz", [ KeyValuePair("target", NpyArray.OfFloat32([| 2 |], [| 1f; 2f |])) ])
                  write "mesh.obj" mesh
                  write "edges.txt" "0 1\n1 2\n"
                  write "target.csv" "1\n2.5\n"

                  let sphere = TriangleMesh.Icosphere 2
                  Glb.Write(at "mesh.glb", ColouredMesh(sphere, Array.zeroCreate (3 * sphere.VertexCount)))

                  [ "train"; "--iterations"; "2"; "--quiet"; "--out"; at "r.npz" ]
                  @ [ "--curve"; at "curve.csv"; "--checkpoint"; at "all.npz" ]
                  |> succeed
                  |> ignore

                  [ "run"; "--rule"; "4x6x3"; "--steps"; "2"; "--quiet"; "--png"; at "picture.png" ]
                  |> succeed
                  |> ignore

                  for name, expected in
                      [ "rule.npz", "rule"
                        "state.npz", "state"
                        "array.npy", "array"
                        "target.npz", "archive"
                        "all.npz", "gary-mesh training"
                        "mesh.obj", "mesh"
                        "mesh.glb", "mesh (glTF)"
                        "edges.txt", "graph"
                        "target.csv", "numbers"
                        "curve.csv", "training curve"
                        "picture.png", "picture (PNG)"
                        "", "folder"
                        "edges.txt:merge", "graph" ] do
                      Expect.equal (kind (at name)) expected name

                  Expect.stringContains (succeed [ "info"; at "array.npy" ]).Output "2 x 2" "the shape"
                  // By its content, whatever its name.
                  File.Copy(at "rule.npz", at "rule")
                  Expect.equal (kind (at "rule")) "rule" "a rule without an ending")

          testCase "says what a .glb holds, and refuses a damaged one in a sentence"
          <| fun () ->
              inFolder (fun at ->
                  let mesh = TriangleMesh.Icosphere 2
                  let whole = Glb.Encode(ColouredMesh(mesh, Array.zeroCreate (3 * mesh.VertexCount)))
                  File.WriteAllBytes(at "a.glb", whole)
                  let facts = (succeed [ "info"; at "a.glb"; "--json" ]).Json.ToJsonString()
                  Expect.stringContains facts "\"vertices\":42,\"triangles\":80" "the sizes"
                  Expect.stringContains facts "[\"COLOR_0\",\"NORMAL\",\"POSITION\"]" "what a vertex has"
                  let random = Random 5

                  for _ in 1..200 do
                      let bytes = Array.copy whole
                      bytes[random.Next(4, 1400)] <- byte (random.Next 256)
                      File.WriteAllBytes(at "b.glb", Array.truncate (random.Next(4, 2 * whole.Length)) bytes)
                      let ran = run [ "info"; at "b.glb" ]

                      if ran.Code <> 0 then
                          Expect.equal ran.Code 2 "a refusal"
                          Expect.stringContains ran.Error "b.glb is no binary glTF" "the sentence")

          testCase "says how a file of edges is read"
          <| fun () ->
              inFolder (fun at ->
                  File.WriteAllText(at "edges.csv", "source,target\n0,1\n1,0\n")
                  let read = succeed [ "info"; at "edges.csv"; "--json" ]
                  let text = read.Json.ToJsonString()

                  for words in [ "header"; "undirected"; "commas"; "stand more than once" ] do
                      Expect.stringContains text words "the facts"

                  let under rule = run [ "run"; "--rule"; rule; "--steps"; "1"; "--graph"; at "edges.csv"; "--json" ]

                  let ran = under "4x6x3:edges"

                  Expect.stringContains ran.Error "edges.csv: 1 of 2 edges stand more than once" "a warning elsewhere"
                  Expect.equal ran.Code 0 "the exit code"
                  let blind = under "4x6x3"
                  Expect.equal blind.Code 2 "no places to look at"
                  Expect.stringContains blind.Error "edges.csv has no places" "and says so")

          testCase "says that a file is there, what it looks like and which endings are read"
          <| fun () ->
              inFolder (fun at ->
                  for name, content, words in
                      [ "a.foo", [| 120uy |], [ "is there (1 bytes)"; ".foo"; ".csv"; ".npy" ]
                        "a", [| 0x1Fuy; 0x8Buy; 8uy |], [ "gzip data"; "no ending" ]
                        "a.bar", [| 0xFFuy; 0xFEuy; 48uy; 0uy |], [ "UTF-16" ]
                        "a.csv", [| 48uy; 0uy; 44uy; 0uy |], [ "UTF-16" ]
                        "a.npy", "version https://git-lfs.github.com/spec/v1\n"B, [ "Git LFS pointer" ] ] do
                      File.WriteAllBytes(at name, content)
                      let ran = run [ "info"; at name ]
                      Expect.equal ran.Code 2 "the exit code"

                      for word in at name :: words do
                          Expect.stringContains ran.Error word name

                  Expect.stringContains (run [ "info"; at "none" ]).Error "no such file" "a file that is not there"

                  Expect.stringContains
                      (run [ "info"; at "none.csv" ]).Error
                      "none.csv"
                      "a graph file that is not there")

          testCase "reads a pipe, which can be opened once"
          <| fun () ->
              inFolder (fun at ->
                  pipe (at "mesh.obj")
                  let writer = Task.Run(fun () -> File.WriteAllText(at "mesh.obj", mesh))
                  Expect.equal (kind (at "mesh.obj")) "mesh" "the kind"
                  writer.Wait())

          testCase "is ended by the first signal while it waits for a file"
          <| fun () ->
              inFolder (fun at ->
                  pipe (at "mesh.obj")
                  let own = Path.Combine(AppContext.BaseDirectory, "GaryMesh.Cli")

                  use waiting = start "dotnet" [ "exec"; own + ".dll"; "info"; at "mesh.obj" ]

                  // The command waits for the pipe's other end once it has started.
                  Task.Delay(1500).Wait()
                  Expect.isFalse waiting.HasExited "it waits"
                  using (start "kill" [ "-TERM"; string waiting.Id ]) (fun kill -> kill.WaitForExit())
                  let ended = waiting.WaitForExit 10_000

                  if not ended then
                      waiting.Kill()

                  Expect.isTrue ended "it ended"
                  Expect.equal waiting.ExitCode 130 "the exit code") ]
