/// Graphs from words and files.
module GaryMesh.Cli.Tests.GraphFileTests

open System
open System.Collections.Generic
open System.IO
open Expecto
open GaryMesh
open GaryMesh.Cli.Tests.Support

[<Tests>]
let tests =
    testList
        "graph files"
        [ testCase "a word is what the graph calls itself"
          <| fun () ->
              for word in [ "ring:64"; "line:9"; "grid:4x6"; "torus:5x4"; "torus6:6x8"; "icosphere:3"; "delaunay:9" ] do
                  Expect.equal (GraphFile.Of word).Name word "the name"

          testCase "edges are seen from both ends, but for a directed list"
          <| fun () ->
              inFolder (fun at ->
                  File.WriteAllText(at "both.csv", "source,target\n0,1\n1,2\n")
                  File.WriteAllText(at "one.tsv", "# directed\n# cells 5\n0\t1\t0.5\n1\t2\t2\n")
                  let both, one = GraphFile.Of(at "both.csv"), GraphFile.Of(at "one.tsv")
                  Expect.equal (both.Cells, both.Edges, both.Degree 1) (3, 4, 2) "cells, edges and the middle's degree"
                  Expect.equal (one.Cells, one.Edges, one.Degree 0) (5, 2, 0) "cells, edges and the first one's degree"
                  Expect.equal (one.HopsFrom 0) [| 0; 1; 2; -1; -1 |] "from source to target"
                  Expect.equal (Seq.toList one.Weights) [ 0.5; 2.0 ] "weights")

          testCase "an archive gives edges and places"
          <| fun () ->
              inFolder (fun at ->
                  Npz.Write(
                      at "graph.npz",
                      [ KeyValuePair("edges", NpyArray.OfInt64([| 1; 2 |], [| 0L; 1L |]))
                        KeyValuePair("positions", NpyArray.OfFloat32([| 3; 3 |], Array.init 9 float32)) ]
                  )

                  let graph = GraphFile.Of(at "graph.npz")
                  Expect.equal (graph.Cells, graph.Edges) (3, 2) "cells and edges"
                  Expect.equal (Seq.toList graph.Offsets |> List.take 3) [ 3.0; 3.0; 3.0 ] "the first offset")

          testCase "a number that stands in a file is refused before memory is taken for it"
          <| fun () ->
              inFolder (fun at ->
                  let refuses (words: string list) (path: string) =
                      let before = GC.GetAllocatedBytesForCurrentThread()

                      try
                          GraphFile.Of path |> ignore
                          failtest "Nothing was refused."
                      with :? InvalidDataException as error ->
                          for word in path :: words do
                              Expect.stringContains error.Message word "the sentence"

                      Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 1_000_000L "bytes taken"

                  for text, words in
                      [ "0,2000000000\n", [ "cell 2000000000"; "2,000,000,001 cells"; "67,108,864"; "without gaps" ]
                        "0,67108864\n", [ "67,108,865 cells" ]
                        "0,1\n7,9007199254740993\n", [ "cell 9007199254740993" ]
                        "# cells 300000000\n0,1\n", [ "300,000,000 cells" ]
                        "0,2147483647\n", [ "cell 2147483647" ] ] do
                      File.WriteAllText(at "edges.csv", text)
                      refuses words (at "edges.csv")

                  let archive (entries: (string * NpyArray) list) =
                      Npz.Write(at "graph.npz", entries |> List.map KeyValuePair)
                      at "graph.npz"

                  let edges last = "edges", NpyArray.OfInt64([| 1; 2 |], [| 0L; last |])
                  let cells count = "cells", NpyArray.OfInt32([||], [| count |])
                  refuses [ "2,147,483,647 cells" ] (archive [ edges 1L; cells Int32.MaxValue ])
                  refuses [ "872,415,235 cells" ] (archive [ edges 1L; cells 872415235 ])
                  refuses [ "cell 2147483646" ] (archive [ edges 2147483646L ]))

          testCase "a mesh is centred and has unit radius"
          <| fun () ->
              inFolder (fun at ->
                  File.WriteAllText(at "square.obj", "v 0 0 5\nv 4 0 5\nv 4 4 5\nv 0 4 5\nf 1 2 3 4\n")
                  let graph = GraphFile.Of(at "square.obj")
                  Expect.equal (graph.Name, graph.Cells, graph.Edges) ("square.obj", 4, 10) "name, cells and edges"

                  Expect.floatClose
                      Accuracy.high
                      (graph.Positions |> Seq.toList |> List.max)
                      (sqrt 0.5)
                      "the farthest coordinate") ]
