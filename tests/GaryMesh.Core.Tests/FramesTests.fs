/// Frames: normals, tangents along a direction, and what a graph does with them.
module GaryMesh.Tests.FramesTests

open System
open Expecto
open GaryMesh
open GaryMesh.Graphs
open GaryMesh.Tests.Surfaces

let private bumpy (seed: uint64) = bumpySphere (1 + Counter.below 4 seed 0L) seed

let private refusal (action: unit -> 'a) =
    (Expect.throwsC (action >> ignore) (fun error -> error :?> ArgumentException)).Message

let private up = struct (0.0, 0.0, 1.0)

[<Tests>]
let tests =
    testList
        "Frames"
        [ for f in 1..6 do
              test $"the normals of icosphere:{f} are its positions, by its edges as by its triangles" {
                  let struct (positions, triangles) = Icosphere.make f
                  let graph = Graph.Icosphere f
                  Expect.isTrue (near 1e-12 (Frames.Normals graph) positions) "by edges"
                  Expect.isTrue (near 1e-12 (Frames.Normals(positions, triangles)) positions) "by triangles"
              }

          test "a mesh's normals point to where its corners run counterclockwise" {
              let places = [| 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0; 0.0 |]
              Expect.sequenceEqual (Frames.Normals(places, [| 0; 1; 2 |])) [ 0.; 0.; 1.; 0.; 0.; 1.; 0.; 0.; 1. ] "up"
              Expect.sequenceEqual (Frames.Normals(places, [| 1; 0; 2 |])).[0..2] [ 0.0; 0.0; -1.0 ] "down"
          }

          test "a vertex whose triangles settle no normal has the one that is given for it" {
              // The last two are of no triangle and of one without area.
              let places = [| 0.; 0.; 0.; 1.; 0.; 0.; 0.; 1.; 0.; 9.; 9.; 9.; 2.; 0.; 0. |]
              let normals = Frames.Normals(places, [| 0; 1; 2; 0; 1; 4; 0; 0; 1 |], struct (1.0, 0.0, 0.0))
              Expect.sequenceEqual normals[..8] (Frames.Normals(places[..8], [| 0; 1; 2 |])) "settled"
              Expect.sequenceEqual normals[9..] [ 1.; 0.; 0.; 1.; 0.; 0. ] "given"
          }

          test "the normals of everything flat point along z" {
              for graph in [ Graph.Grid(2, 2); Graph.Grid(5, 7); Graph.Torus(3, 4); Graph.Torus6(5, 4); Graph.Ring 9 ] do
                  for vector in Frames.Normals graph |> Array.chunkBySize 3 do
                      Expect.sequenceEqual vector [ 0.0; 0.0; 1.0 ] graph.Name
          }

          property
              "the normals of a sheet with small bumps stay near the sheet's, at its corners too"
              (fun (seed: uint64) ->
                  let graph = Graph.Grid(4, 5)

                  let places =
                      Array.mapi
                          (fun i x -> if i % 3 = 2 then 0.01 * Counter.normal seed (int64 i) else x)
                          (Seq.toArray graph.Positions)

                  let sheet =
                      Graph.OfRows(Seq.toArray graph.RowStart, Seq.toArray graph.Neighbours, null, null, places)

                  Frames.Normals sheet |> Array.chunkBySize 3 |> Array.forall (fun n -> abs n[2] > 0.99))

          property "frames are orthonormal and right-handed, u along the direction's part in the surface" (fun seed ->
              let positions, triangles = bumpy seed
              let normals = Frames.Normals(positions, triangles)
              let directions = random seed 1 positions.Length

              vectors (Frames.Along(normals, directions))
              |> Array.indexed
              |> Array.forall (fun (cell, frame) ->
                  let u, v, n = frame[0], frame[1], frame[2]
                  let direction = directions[3 * cell .. 3 * cell + 2]

                  near 1e-14 [ for a in frame -> dot a a ] [ 1.0; 1.0; 1.0 ]
                  && near 1e-14 [ dot u v; dot v n; dot n u ] [ 0.0; 0.0; 0.0 ]
                  && abs (dot v direction) <= 1e-14
                  && near 1e-14 (cross n u) v
                  && near 1e-14 n (unit normals[3 * cell .. 3 * cell + 2])
                  && dot u direction > 0.0))

          test "where the direction runs along the normal, another axis takes its place" {
              let normals = [| 0.0; 0.0; 2.0; 0.0; 1e-9; 1.0; 1.0; 0.0; 0.0 |]
              let frames = vectors (Frames.Towards(normals, up))
              Expect.sequenceEqual frames[0].[0] [ 1.0; 0.0; 0.0 ] "x instead"
              Expect.isTrue (near 1e-14 frames[1].[0] [ 1.0; 0.0; 0.0 ]) "nearly along the normal"
              Expect.sequenceEqual frames[2].[0] [ 0.0; 0.0; 1.0 ] "not along it"
              // At the poles of an icosphere the graph still takes its frames.
              let sphere = Graph.Icosphere 2
              Expect.equal (sphere.WithFrames(Frames.Towards(sphere, up))).Frames.Length (9 * sphere.Cells) "poles"
          }

          property "a turned surface has turned frames, and the same edges in them" (fun (seed: uint64) ->
              let positions, triangles = bumpy seed
              let turn = rotation seed
              let direction = random seed 2 3
              let frames positions direction = Frames.Towards(Frames.Normals(positions, triangles), triple direction)
              let before, after = frames positions direction, frames (turn positions) (turn direction)

              let tangents positions frames =
                  let graph = Graph.OfTriangles("bumpy", positions, triangles).WithFrames frames

                  let operators =
                      [ for weight in [ EdgeWeight.U; EdgeWeight.V; EdgeWeight.Length ] ->
                            Operator.Neighbours(weight, Messages.Value, Aggregation.Sum) ]

                  let struct (weights, _) = Stencil(Perception operators, graph).WeighAll()
                  weights

              near 1e-12 (turn before) after
              && near 1e-12 (tangents positions before) (tangents (turn positions) after))

          test "a graph keeps its frames under another name and other numbers" {
              let sphere = Graph.Icosphere 2
              Expect.isTrue sphere.Frames.IsEmpty "none at first"
              let frames = Frames.Towards(sphere, up)
              let framed = sphere.WithFrames frames
              Expect.sequenceEqual framed.Frames frames "taken"
              Expect.sequenceEqual (framed.Named "another").Frames frames "another name"
              let order = [| 0 .. sphere.Cells - 1 |] |> Array.sortBy (fun i -> Counter.word 5UL (int64 i))
              let relabelled = vectors (framed.Relabelled order).Frames

              vectors frames
              |> Array.iteri (fun cell frame -> Expect.equal relabelled[order[cell]] frame $"cell {cell}")
          }

          test "frames that are none are refused, naming the cell and what is wrong" {
              let graph = Graph.Line 2
              let good = [| 1.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 |]
              let bad at value = Array.append good (Array.mapi (fun i x -> if i = at then value else x) good)
              let refused frames = refusal (fun () -> graph.WithFrames frames)
              refused good |> says [ "18"; "9 are given"; "line:2" ]
              refused (bad 0 1.1) |> says [ "cell 1"; "u . u" ]
              refused (bad 1 2e-6) |> says [ "cell 1"; "u . v"; "2E-06" ]
              refused (bad 8 nan) |> says [ "number of a frame"; "number 17"; "NaN" ]
              refused (bad 4 0.5) |> says [ "v . v" ]
              Expect.equal (graph.WithFrames(bad 1 1e-7)).Frames.Length 18 "rounding is forgiven"
              // Of the left hand.
              Expect.equal (graph.WithFrames(bad 8 -1.0)).Frames.Length 18 "either hand"
          }

          test "normals and directions that do not do are refused" {
              refusal (fun () -> Frames.Normals(Graph.Line 3)) |> says [ "Cell 0"; "line:3"; "no plane" ]
              refusal (fun () -> Frames.Normals(Graph.OfEdges(2, [| 0 |], [| 1 |], false))) |> says [ "Cell 0" ]
              refusal (fun () -> Frames.Normals([| 0.0; 1.0 |], [||])) |> says [ "threes"; "2" ]

              refusal (fun () -> Frames.Normals([| 0.0; 1.0; 0.0 |], [| 0; 0; 1 |]))
              |> says [ "corner 1"; "0 to 0" ]

              refusal (fun () -> Frames.Normals(Array.zeroCreate 9, [| 0; 1; 2 |])) |> says [ "Vertex 0" ]
              refusal (fun () -> Frames.Along([| 0.0; 0.0; 1.0 |], [||])) |> says [ "0 and 3" ]

              refusal (fun () -> Frames.Along([| 0.0; 0.0; 0.0 |], [| 1.0; 0.0; 0.0 |]))
              |> says [ "cell 0"; "zero" ]

              refusal (fun () -> Frames.Along([| 0.0; nan; 0.0 |], [| 1.0; 0.0; 0.0 |]))
              |> says [ "normal"; "NaN" ]

              refusal (fun () -> Frames.Towards(Graph.Ring 5, struct (0.0, infinity, 0.0)))
              |> says [ "direction"; "cell 0" ]
          }

          property "the mean length has the same bits in whatever order the edges come" (fun (seed: uint64) ->
              let graph = Graph.NearestNeighbours(random seed 3 60, 4)
              let order = [| 0..19 |] |> Array.sortBy (fun i -> Counter.word seed (int64 i))
              let other = graph.Relabelled order

              // Made again from its rows, it is summed in their order.
              let again =
                  Graph.OfRows(
                      Seq.toArray other.RowStart,
                      Seq.toArray other.Neighbours,
                      Seq.toArray other.Offsets,
                      null,
                      null
                  )

              let plain = graph.Offsets |> Seq.chunkBySize 3 |> Seq.averageBy (fun offset -> sqrt (dot offset offset))

              again.MeanLength = graph.MeanLength
              && other.MeanLength = graph.MeanLength
              && abs (graph.MeanLength / plain - 1.0) < 1e-14)

          test "the mean length of lattices and of graphs without directions" {
              Expect.equal (Graph.Line 5).MeanLength 1.0 "a line"
              Expect.floatClose Accuracy.veryHigh (Graph.Torus6(4, 4)).MeanLength 1.0 "a triangular torus"
              Expect.floatClose Accuracy.veryHigh (Graph.Torus(3, 3)).MeanLength ((1.0 + sqrt 2.0) / 2.0) "a torus"
              Expect.equal (Graph.OfEdges(2, [| 0 |], [| 1 |], false)).MeanLength 0.0 "no directions"
              Expect.equal (Graph.Ring 1).MeanLength 0.0 "no edges"
          } ]
