/// `gary-mesh view` and the sessions that `run` replays; what a page does is tested where a browser is driven.
module GaryMesh.Cli.Tests.ViewTests

open System.IO
open Expecto
open GaryMesh
open GaryMesh.Cli.Tests.Support

let private session words =
    $"""{{"format":"gary-mesh session","version":1,"words":{{{words}}},"cells":64,"channels":16,"seed":"7","steps":12,"events":[]}}"""

let private rust = "\"rule\":\"rust\",\"graph\":\"torus:8x8\",\"up\":\"y\""

[<Tests>]
let tests =
    testList
        "view"
        [ test "a page is one file that names its rule and its graph" {
              inFolder (fun at ->
                  let ran =
                      succeed
                          [ "view"
                            "--rule"
                            "rust"
                            "--graft"
                            "bark"
                            "--graph"
                            "icosphere:4"
                            "--out"
                            at "p.html"
                            "--json" ]

                  let html = File.ReadAllText(at "p.html")

                  Expect.equal
                      (ran.Json["bytes"] |> nonNull |> _.GetValue<int>())
                      (int (FileInfo(at "p.html").Length))
                      "the bytes"

                  Expect.stringContains html "<title>rust on icosphere:4</title>" "the title")
          }

          test "a gallery is a page of each texture that ships and one that shows them" {
              inFolder (fun at ->
                  let ran = succeed [ "view"; "--gallery"; at "g"; "--json" ]
                  let pages = Directory.GetFiles(at "g")
                  Expect.equal (ran.Json["pages"] |> nonNull |> _.GetValue<int>()) (pages.Length - 1) "the pages"
                  Expect.isLessThan (pages |> Array.sumBy (fun path -> FileInfo(path).Length)) 3000000L "bytes in all"
                  let index = File.ReadAllText(Path.Combine(at "g", "index.html"))

                  for path in pages do
                      let name = nonNull (Path.GetFileName path)

                      if name <> "index.html" then
                          Expect.stringContains index $"src=\"{name}#bare\"" "what it shows")
          }

          test "a session without events is a run" {
              inFolder (fun at ->
                  File.WriteAllText(at "s.json", session rust)
                  succeed [ "run"; "--session"; at "s.json"; "--out"; at "a.npz"; "--quiet" ] |> ignore

                  succeed
                      [ "texture"
                        "apply"
                        "--rule"
                        "rust"
                        "--graph"
                        "torus:8x8"
                        "--steps"
                        "12"
                        "--seed"
                        "7"
                        "--state-out"
                        at "b.npz"
                        "--quiet" ]
                  |> ignore

                  Expect.equal
                      ((StateFile.Read(at "a.npz")).ToArray())
                      ((StateFile.Read(at "b.npz")).ToArray())
                      "the states")
          }

          test "what is no session, names no rule or does not fit is refused" {
              let with' (text: string) (at: string -> string) = File.WriteAllText(at "s.json", text)
              refuses (with' "{}") [ "run"; "--session"; "@s.json" ] [ "s.json"; "format" ]
              refuses (with' "nonsense") [ "run"; "--session"; "@s.json" ] [ "s.json"; "JSON" ]
              refuses (with' (session "")) [ "run"; "--session"; "@s.json" ] [ "--rule" ]

              refuses
                  (with' (session rust))
                  [ "run"; "--session"; "@s.json"; "--graph"; "torus:4x4" ]
                  [ "64 cells"; "16 cells" ]

              refuses
                  (with' (session rust))
                  [ "run"; "--session"; "@s.json"; "--steps"; "4" ]
                  [ "--steps"; "--session" ]
          }

          test "a rule that a page cannot run, and a page that is no .html, are refused" {
              let nothing = ignore
              refuses nothing [ "view"; "--out"; "@p.html" ] [ "--rule" ]
              refuses nothing [ "view"; "--rule"; "rust" ] [ "--out" ]
              refuses nothing [ "view"; "--gallery"; "@g"; "--rule"; "rust" ] [ "--gallery"; "--rule" ]
              refuses nothing [ "studio"; "--folder"; "@s"; "--port"; "70000" ] [ "--port"; "70000" ]
              refuses nothing [ "view"; "--rule"; "growing"; "--graph"; "grid:8x8"; "--out"; "@p.txt" ] [ ".html" ]

              refuses
                  nothing
                  [ "view"; "--rule"; "40x4x3"; "--graph"; "ring:8"; "--out"; "@p.html" ]
                  [ "32 channels"; "40" ]

              refuses
                  nothing
                  [ "view"; "--rule"; "growing"; "--graft"; "gary-mesh"; "--graph"; "grid:8x8"; "--out"; "@p.html" ]
                  [ "128 hidden units"; "48 hidden units" ]
          } ]
