/// Direction fields: smoothing, singularities where they are asked for, and pictures that lie upright.
module GaryMesh.Tests.DirectionFieldTests

open System
open Expecto
open GaryMesh
open GaryMesh.Tests.Surfaces

let private below (bound: int) (seed: uint64) part = Counter.below bound (Counter.key seed [ part ]) 0L

/// A random closed surface and its Euler characteristic.
let private surface (seed: uint64) =
    match below 3 seed 1 with
    | 0 -> bumpySphere (1 + below 5 seed 2) seed, 2
    | 1 -> irregularSphere (3 + below 4 seed 2) seed, 2
    | _ -> bumpyTorus (9 + below 8 seed 2) (7 + below 6 seed 3) seed, 0

/// A random sphere, and whether its triangles are stretched.
let private sphere (seed: uint64) =
    let f, irregular = 4 + below 5 seed 2, below 2 seed 1 = 0
    (if irregular then irregularSphere f seed else bumpySphere f seed), irregular

let private graphOf (positions, triangles) = Graph.OfTriangles("surface", positions, triangles)

let private refusal (action: unit -> float[]) =
    (Expect.throwsC (action >> ignore) (fun error -> error :?> ArgumentException)).Message

[<Tests>]
let tests =
    testList
        "Direction fields"
        [ property "the indices of a field's singularities add up to the Euler characteristic" (fun (seed: uint64) ->
              let (positions, triangles), euler = surface seed
              let graph, normals = graphOf (positions, triangles), Frames.Normals(positions, triangles)
              let start = random seed 4 positions.Length

              [ 0; 1; 40 ]
              |> List.forall (fun passes ->
                  Array.sum (indices (Frames.Smoothed(graph, normals, start, passes)) triangles) = euler))

          property "smoothing lets the sum of squared differences fall, whichever cells are held" (fun (seed: uint64) ->
              let (positions, triangles), _ = surface seed
              let graph, normals = graphOf (positions, triangles), Frames.Normals(positions, triangles)
              let start = random seed 4 positions.Length
              let held = Array.init graph.Cells (fun cell -> below 10 seed (100 + cell) < below 5 seed 5)

              [ for passes in [ 0..12 ] @ [ 50; 51 ] ->
                    energy graph (Frames.Smoothed(graph, normals, start, held, passes)) ]
              |> List.pairwise
              |> List.forall (fun (before, after) -> after <= before * (1.0 + 1e-12)))

          test "smoothing merges the singularities of a random field on a sphere until few are left" {
              let positions, triangles = irregularSphere 8 3UL
              let graph, normals = graphOf (positions, triangles), Frames.Normals(positions, triangles)
              let start = random 3UL 4 positions.Length

              let singular passes =
                  indices (Frames.Smoothed(graph, normals, start, passes)) triangles |> Array.sumBy abs

              Expect.isGreaterThan (singular 0) 100 "a random field"
              Expect.isLessThanOrEqual (singular 1000) 6 "a smooth one"
          }

          test "a constant field on a torus stays constant" {
              let graph = Graph.Torus(5, 7)
              let directions = Array.init (3 * graph.Cells) (fun i -> [| 3.0; -4.0; 0.0 |][i % 3])

              for frame in vectors (Frames.Smoothed(graph, Frames.Normals graph, directions, 100)) do
                  Expect.isTrue (near 1e-15 (Array.concat frame) [ 0.6; -0.8; 0.0; 0.8; 0.6; 0.0; 0.0; 0.0; 1.0 ]) "u"
          }

          property
              "cells that are held keep their direction, and a painted one spreads over a plane"
              (fun (seed: uint64) ->
                  let graph = Graph.Grid(5, 6)
                  let painted = below graph.Cells seed 1
                  let direction = unit [| yield! random seed 2 2; 0.0 |]

                  let frames =
                      Frames.Smoothed(
                          graph,
                          Frames.Normals graph,
                          Array.init 90 (fun i -> if i / 3 = painted then direction[i % 3] else 0.0),
                          Array.init 30 (fun cell -> cell = painted),
                          10
                      )

                  vectors frames |> Array.forall (fun frame -> near 1e-14 frame[0] direction))

          property
              "between a source and a sink the field has its two singularities there, and runs from one to the other"
              (fun (seed: uint64) ->
                  let (positions, triangles), irregular = sphere seed
                  let graph, normals = graphOf (positions, triangles), Frames.Normals(positions, triangles)
                  let source = below graph.Cells seed 3
                  let hops = graph.HopsFrom source
                  let far = [| 0 .. graph.Cells - 1 |] |> Array.filter (fun cell -> hops[cell] > 3)
                  let sink = far[below far.Length seed 4]
                  let frames = Frames.Between(graph, normals, source, sink)
                  let corners = Array.chunkBySize 3 triangles

                  let at cell =
                      Array.zip corners (indices frames triangles)
                      |> Array.filter (fun (corners, _) -> Array.contains cell corners)
                      |> Array.sumBy snd

                  let total = indices frames triangles |> Array.sumBy abs
                  let frame = vectors frames

                  let leaves sign cell =
                      let own = positions[3 * cell .. 3 * cell + 2]

                      seq { graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 }
                      |> Seq.sumBy (fun edge ->
                          let other = graph.Neighbours[edge]
                          let away = Array.map2 (-) positions[3 * other .. 3 * other + 2] own
                          sign * dot (unit away) frame[other].[0])
                      > 0.0

                  // Stretched triangles may bring forth a pair of opposite ones elsewhere, about once in 500 spheres.
                  at source = 1 && at sink = 1 && (total = 2 || irregular) && leaves 1.0 source && leaves -1.0 sink)

          property "a turned surface has a turned field" (fun (seed: uint64) ->
              let (positions, triangles), _ = surface seed
              let turn = rotation seed
              let up, painted, noise = random seed 6 3, random seed 7 positions.Length, random seed 8 positions.Length
              let held = Array.init (positions.Length / 3) (fun cell -> below 20 seed (100 + cell) = 0)

              let fields positions up painted noise =
                  let graph, normals = graphOf (positions, triangles), Frames.Normals(positions, triangles)
                  let some = Array.mapi (fun i x -> if held[i / 3] then x else 0.0) painted

                  [ 1e-12, Frames.Upright(graph, normals, triple up, 60)
                    1e-12, Frames.Between(graph, normals, 0, graph.Cells - 1)
                    // Where random directions nearly cancel, less is left of the digits.
                    1e-11, Frames.Smoothed(graph, normals, some, held, 60)
                    1e-11, Frames.Smoothed(graph, normals, noise, 60) ]

              List.forall2
                  (fun (tolerance, before) (_, after) -> near tolerance (turn before) after)
                  (fields positions up painted noise)
                  (fields (turn positions) (turn up) (turn painted) (turn noise)))

          test "a smooth field of many passes turns with an icosphere, whose up runs along the normals of two cells" {
              let struct (positions, triangles) = Graphs.Icosphere.make 8
              let up = Array.sub positions 0 3

              let frames (positions: float[]) up =
                  let graph = graphOf (positions, triangles)
                  Frames.Upright(graph, triple up, 500)

              for seed in 0UL .. 4UL do
                  let turn = rotation seed
                  Expect.isTrue (near 1e-12 (turn (frames positions up)) (frames (turn positions) (turn up))) "turned"
          }

          property "cells under other names have the same bits" (fun (seed: uint64) ->
              let (positions, triangles), _ = surface seed
              let graph, normals = graphOf (positions, triangles), Frames.Normals(positions, triangles)
              let directions = random seed 5 positions.Length
              let order = [| 0 .. graph.Cells - 1 |] |> Array.sortBy (fun i -> Counter.word seed (int64 i))

              let renamed per (values: float[]) =
                  let chunks = Array.chunkBySize per values
                  let result = Array.copy chunks
                  order |> Array.iteri (fun cell name -> result[name] <- chunks[cell])
                  Array.concat result

              let other = graph.Relabelled order
              let normalsOfOther = renamed 3 normals
              let smooth = Frames.Smoothed(graph, normals, directions, 30)
              let ofOther = Frames.Smoothed(other, normalsOfOther, renamed 3 directions, 30)
              let flow = Frames.Between(graph, normals, 0, 5)
              let flowOfOther = Frames.Between(other, normalsOfOther, order[0], order[5])
              renamed 9 smooth = ofOther && near 1e-9 (renamed 9 flow) flowOfOther)

          property
              "a picture lies upright: seen from outside u is right, v is down, and u x v points inwards"
              (fun seed ->
                  let (positions, triangles), _ = sphere seed
                  let graph, normals = graphOf (positions, triangles), Frames.Normals(positions, triangles)
                  let up = random seed 6 3

                  let checkAll passes check =
                      Array.zip
                          (vectors (Frames.Upright(graph, normals, triple up, passes)))
                          (Array.chunkBySize 3 normals)
                      |> Array.forall check

                  checkAll 30 (fun (frame, outwards) ->
                      near 1e-12 frame[2] (Array.map (~-) outwards) && near 1e-12 (cross frame[0] frame[1]) frame[2])
                  && checkAll 0 (fun (frame, outwards) ->
                      let pole = dot (unit up) outwards |> abs
                      pole > 0.999 || (dot frame[1] up < 0.0 && near 1e-12 [ dot frame[0] up ] [ 0.0 ])))

          test "the singularities of an upright field lie at the poles" {
              let struct (positions, triangles) = Graphs.Icosphere.make 8
              let up = [| 0.2; 1.0; 0.3 |]
              let frames = Frames.Upright(graphOf (positions, triangles), triple up, 200)

              let singular =
                  Array.zip (indices frames triangles) (Array.chunkBySize 3 triangles)
                  |> Array.filter (fun (index, _) -> index <> 0)

              Expect.equal (Array.map fst singular) [| -1; -1 |] "once around each, clockwise as seen along n"

              for _, corners in singular do
                  let at = positions[3 * corners[0] .. 3 * corners[0] + 2]
                  Expect.isGreaterThan (abs (dot at (unit up))) 0.95 "near a pole"
          }

          test "on lattices, rings and lines a picture is upright as it is" {
              let flat =
                  [ Graph.Grid(3, 4)
                    Graph.Torus(3, 4)
                    Graph.Torus6(3, 4)
                    Graph.Ring 5
                    Graph.Line 4
                    Graph.Grid(1, 1) ]

              for graph in flat do
                  let frames = Frames.Upright(graph, struct (0.3, 0.1, 0.7), 10)
                  Expect.equal (graph.WithFrames frames).Frames.Length (9 * graph.Cells) graph.Name

                  for frame in vectors frames do
                      Expect.equal frame [| [| 1.0; 0.0; 0.0 |]; [| 0.0; 1.0; 0.0 |]; [| 0.0; 0.0; 1.0 |] |] graph.Name
          }

          test "fields that cannot be are refused" {
              let graph = Graph.Icosphere 2
              let normals = Frames.Normals graph
              let two = Graph.OfEdges(4, [| 0; 2 |], [| 1; 3 |], false)

              refusal (fun () -> Frames.Smoothed(graph, normals[..5], normals[..5], 3))
              |> says [ "icosphere:2 has 42 cells"; "2 normals" ]

              refusal (fun () -> Frames.Smoothed(graph, normals, normals, -1)) |> says [ "passes"; "-1" ]

              refusal (fun () -> Frames.Smoothed(graph, normals, normals, [| true |], 1))
              |> says [ "42 cells"; "1 marks" ]

              refusal (fun () -> Frames.Smoothed(graph, normals, normals, Array.create 42 true, 1))
              |> says [ "Cell 0 is held"; "normal" ]

              refusal (fun () -> Frames.Between(graph, normals, 3, 42)) |> says [ "Cell 42"; "0 to 41" ]
              refusal (fun () -> Frames.Between(graph, normals, 3, 3)) |> says [ "two cells"; "cell 3" ]
              refusal (fun () -> Frames.Between(two, normals[..11], 1, 2)) |> says [ "cell 1"; "cell 2" ]
              refusal (fun () -> Frames.Upright(graph, struct (0.0, 0.0, 0.0), 1)) |> says [ "up"; "zero" ]
              refusal (fun () -> Frames.Upright(graph, struct (0.0, nan, 0.0), 1)) |> says [ "NaN" ]
          } ]
