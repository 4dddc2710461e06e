/// gary-mesh cluster: the same bytes as gary-mesh run, also when silos are killed; what cannot run is refused.
module GaryMesh.Cli.Tests.ClusterTests

open System
open System.Diagnostics
open System.IO
open System.Net
open System.Reflection.Metadata
open System.Reflection.Metadata.Ecma335
open System.Reflection.PortableExecutable
open System.Net.Sockets
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Cli.Tests.Support

let private prepare (at: string -> string) =
    RuleFile.Write(at "rule.npz", (Automaton.GaryMesh 1UL).WithSteps(20, 20))
    RuleFile.Write(at "growing.npz", Automaton.Growing 1UL)
    File.WriteAllText(at "kept.npz", "what was there before")

let private refusals =
    let running more = [ "cluster"; "run"; "--out"; "@kept.npz" ] @ more
    let ruled more = running ([ "--rule"; "@rule.npz" ] @ more)

    [ "neither rule nor run", running [], [ "--rule"; "--resume" ]
      "a run of no cluster", running [ "--resume"; "mine" ], [ "--resume mine"; "--redis" ]
      "a run and a rule", ruled [ "--resume"; "mine"; "--redis"; "localhost:1" ], [ "--resume"; "--rule" ]
      "more parts than cells", ruled [ "--graph"; "ring:9"; "--parts"; "10" ], [ "10 parts"; "9 cells" ]
      "a part that no memory holds",
      ruled [ "--graph"; "torus:40000x50000"; "--state"; "zeros"; "--parts"; "8" ],
      [ "part"; "GB"; "more parts" ]
      "a start that is none", ruled [ "--graph"; "torus:40000x50000"; "--state"; "one" ], [ "zeros, seed"; "'one'" ]
      "a lattice too large to count", ruled [ "--graph"; "torus:90000x90000" ], [ "8,100,000,000 cells" ]
      "a halo too narrow",
      running [ "--rule"; "@growing.npz"; "--graph"; "grid:9x9"; "--halo"; "1" ],
      [ "2 hops"; "--halo is 1" ]
      "Redis that is not there", ruled [ "--redis"; "localhost:1" ], [ "localhost:1" ]
      "a silo without Redis", [ "cluster"; "silo" ], [ "--redis" ]
      "a silo whose Redis is not there", [ "cluster"; "silo"; "--redis"; "localhost:1" ], [ "localhost:1" ]
      "an address that is none",
      [ "cluster"; "silo"; "--redis"; "localhost:1"; "--address"; "here" ],
      [ "--address"; "'here'" ] ]

let private start program (arguments: string list) =
    nonNull (
        Process.Start(ProcessStartInfo(program, arguments, RedirectStandardOutput = true, RedirectStandardError = true))
    )

/// A Redis server of its own at a free port; none where the machine has none.
let private redis (folder: string) =
    let found =
        (nonNull (Environment.GetEnvironmentVariable "PATH")).Split Path.PathSeparator
        |> Array.exists (fun place -> File.Exists(Path.Combine(place, "redis-server")))

    if not found then
        None
    else
        use listener = new TcpListener(IPAddress.Loopback, 0)
        listener.Start()
        let port = string (listener.LocalEndpoint :?> IPEndPoint).Port
        listener.Stop()
        let server = start "redis-server" [ "--port"; port; "--dir"; folder; "--save"; "" ]
        Some(server, $"127.0.0.1:{port}")

let private command = Path.Combine(AppContext.BaseDirectory, "GaryMesh.Cli.dll")

/// The command as another version would have it: a copy, of which the library's number alone differs.
let private later (folder: string) =
    for file in Directory.GetFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories) do
        let target = Path.Combine(folder, Path.GetRelativePath(AppContext.BaseDirectory, file))
        Directory.CreateDirectory(nonNull (Path.GetDirectoryName target)) |> ignore
        File.Copy(file, target)

    let library = Path.Combine(folder, "GaryMesh.Cluster.dll")
    let bytes = File.ReadAllBytes library
    use image = new PEReader(new MemoryStream(bytes))
    let row = image.GetMetadataReader().GetTableMetadataOffset TableIndex.Assembly
    // The number follows the name of the hash.
    let at = image.PEHeaders.MetadataStartOffset + row + 4
    bytes[at] <- bytes[at] + 1uy
    File.WriteAllBytes(library, bytes)
    Path.Combine(folder, "GaryMesh.Cli.dll")

/// A silo of its own process, once it says that it works.
let private silo (command: string) redis =
    let started = start "dotnet" [ command; "cluster"; "silo"; "--redis"; redis ]
    let line = started.StandardOutput.ReadLine()
    Expect.stringContains (string line) "works at" "what the silo says"
    started

[<Tests>]
let tests =
    testSequenced
    <| testList
        "gary-mesh cluster"
        [ test "every help of the cluster has examples" {
              for words in [ []; [ "run" ]; [ "silo" ]; [ "train" ] ] do
                  Expect.stringContains (succeed ("cluster" :: words @ [ "--help" ])).Output "Examples:" $"{words}"
          }

          for name, arguments, words in refusals do
              test $"{name}: refused in a sentence, and nothing is written" { refuses prepare arguments words }

          test "a run in parts has the bytes of a run in one, also of graphs and states in files" {
              inFolder (fun at ->
                  prepare at
                  // An octahedron, whose state after the third run is the start of the fourth.
                  let corners = [ "1 0 0"; "-1 0 0"; "0 1 0"; "0 -1 0"; "0 0 1"; "0 0 -1" ]
                  let faces = [ "1 3 5"; "3 2 5"; "2 4 5"; "4 1 5"; "3 1 6"; "2 3 6"; "4 2 6"; "1 4 6" ]
                  File.WriteAllLines(at "mesh.obj", List.map ((+) "v ") corners @ List.map ((+) "f ") faces)

                  for graph, rule, start, parts, halo in
                      [ "ring:500", "rule.npz", "noise:1", "3", "5"
                        "grid:20x20", "growing.npz", "noise:1", "4", "4"
                        at "mesh.obj", "rule.npz", "noise:1", "3", "2"
                        at "mesh.obj", "rule.npz", at "start.npz", "3", "2" ] do
                      let given =
                          [ "--rule"; at rule; "--graph"; graph; "--state"; start; "--seed"; "5"; "--steps"; "30" ]

                      succeed ("run" :: given @ [ "--out"; at "one.npz" ]) |> ignore

                      let ran =
                          [ "cluster"; "run" ]
                          @ given
                          @ [ "--parts"; parts; "--halo"; halo; "--out"; at "parts.npz"; "--json" ]
                          |> succeed

                      Expect.equal (string ran.Json["steps"]) "30" "steps"
                      Expect.equal (File.ReadAllBytes(at "parts.npz")) (File.ReadAllBytes(at "one.npz")) graph
                      File.Copy(at "one.npz", at "start.npz", true))
          }

          test "silos of several processes, of which one is killed, come to the bytes of one process" {
              inFolder (fun at ->
                  prepare at

                  match redis (at "") with
                  | None -> skiptest "There is no redis-server here."
                  | Some(server, redis) ->
                      use server = server
                      let mutable silos = []

                      try
                          silos <- List.init 3 (fun _ -> silo command redis)

                          let given =
                              [ "--rule"
                                at "rule.npz"
                                "--graph"
                                "ring:20000"
                                "--state"
                                "noise:1"
                                "--steps"
                                "800" ]

                          succeed ("run" :: given @ [ "--out"; at "one.npz" ]) |> ignore

                          let asked =
                              [ "cluster"; "run" ]
                              @ given
                              @ [ "--redis"
                                  redis
                                  "--parts"
                                  "4"
                                  "--halo"
                                  "4"
                                  "--checkpoint-every"
                                  "20"
                                  "--json"
                                  "--out"
                                  at "parts.npz" ]

                          use killing =
                              new Timer(
                                  (fun _ -> silos.Head.Kill()),
                                  null,
                                  TimeSpan.FromSeconds 4.0,
                                  Timeout.InfiniteTimeSpan
                              )

                          succeed asked |> ignore

                          let unknown =
                              run [ "cluster"; "run"; "--redis"; redis; "--resume"; "none"; "--out"; at "none.npz" ]

                          Expect.equal unknown.Code 2 "a run that does not exist"
                          Expect.stringContains unknown.Error "no run 'none'" "its name"
                          Expect.isFalse (File.Exists(at "none.npz")) "no file"

                          Expect.equal
                              (File.ReadAllBytes(at "parts.npz"))
                              (File.ReadAllBytes(at "one.npz"))
                              "the bytes"
                      finally
                          for silo in silos do
                              silo.Kill()

                          server.Kill()
                          server.WaitForExit())
          }

          test "a silo of another version is named in a sentence, and nothing is written" {
              inFolder (fun at ->
                  prepare at

                  match redis (at "") with
                  | None -> skiptest "There is no redis-server here."
                  | Some(server, redis) ->
                      use server = server
                      let mutable silos = []

                      try
                          silos <- [ silo command redis; silo (later (at "later")) redis ]

                          let ran =
                              run
                                  [ "cluster"
                                    "run"
                                    "--rule"
                                    at "rule.npz"
                                    "--graph"
                                    "ring:200"
                                    "--redis"
                                    redis
                                    "--out"
                                    at "none.npz" ]

                          Expect.equal ran.Code 2 "the code"
                          let own = nonNull (typeof<GaryMesh.Cluster.RunSpec>.Assembly.GetName().Version)
                          Expect.stringContains ran.Error $"version {own.Major + 1}." "the silo's version"
                          Expect.stringContains ran.Error $"described by version {own}" "the run's version"
                          Expect.isFalse (File.Exists(at "none.npz")) "no file"
                      finally
                          for silo in silos do
                              silo.Kill()

                          server.Kill()
                          server.WaitForExit())
          } ]
