/// Graphs: who sees whom, at which offset, for every way to make one.
module GaryMesh.Tests.GraphTests

open System
open Expecto
open GaryMesh

let private neighbours (graph: Graph) cell =
    [ for edge in graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 -> graph.Neighbours[edge] ]

let private offset (graph: Graph) edge = [ for axis in 0..2 -> graph.Offsets[3 * edge + axis] ]
let private place (graph: Graph) cell = [ for axis in 0..2 -> graph.Positions[3 * cell + axis] ]
let private length (vector: float list) = sqrt (List.sumBy (fun x -> x * x) vector)
let private cellsOf (graph: Graph) = [ 0 .. graph.Cells - 1 ]
let private close (a: float) (b: float) = abs (a - b) < 1e-12

/// For each cell, the set of the cells it sees.
let private sight graph = [ for cell in cellsOf graph -> Set.ofList (neighbours graph cell) ]

let private isMutual graph =
    let sight = sight graph

    sight
    |> Seq.indexed
    |> Seq.forall (fun (i, seen) -> seen |> Set.forall (fun j -> sight[j].Contains i))

/// Whether every offset is the difference of the places of its ends.
let private offsetsFollow (graph: Graph) =
    cellsOf graph
    |> List.forall (fun i ->
        [ graph.RowStart[i] .. graph.RowStart[i + 1] - 1 ]
        |> List.forall (fun edge ->
            offset graph edge = List.map2 (-) (place graph graph.Neighbours[edge]) (place graph i)))

let private refusal (action: unit -> 'a) =
    (Expect.throwsC (action >> ignore) (fun error -> error :?> ArgumentException)).Message

/// Points of several kinds, some of them awkward: spread out, on a line, on a lattice, mostly the same point, in far
/// clusters, in a thin sheet.
let private points (seed: uint64) kind count =
    let uniform i = Counter.uniform (Counter.key seed [ 1 ]) (int64 i)
    let below bound i = float (Counter.below bound (Counter.key seed [ 2 ]) (int64 i))

    [| for cell in 0 .. count - 1 do
           for axis in 0..2 do
               let at = 3 * cell + axis

               match kind with
               | 0 -> uniform at
               | 1 -> uniform cell * float (axis + 1)
               | 2 -> below 4 at
               | 3 -> if cell < count / 2 then 1.0 else below 3 at
               | 4 -> 1000.0 * below 2 cell + uniform at
               | 5 -> if axis = 2 then 1e-7 * uniform at else uniform at
               | _ -> if axis = 0 then below 5 cell else 0.0 |]

let private nearest (points: float[]) k cell =
    let distance other =
        let d axis = points[3 * other + axis] - points[3 * cell + axis]
        d 0 * d 0 + d 1 * d 1 + d 2 * d 2

    [ 0 .. points.Length / 3 - 1 ]
    |> List.filter ((<>) cell)
    |> List.sortBy (fun other -> distance other, other)
    |> List.truncate k

/// A random permutation of 0 .. count - 1.
let private shuffled (seed: uint64) count = [| 0 .. count - 1 |] |> Array.sortBy (fun i -> Counter.word seed (int64 i))

[<Tests>]
let tests =
    testList
        "Graph"
        [ testList
              "rings, lines and strips"
              [ property
                    "a ring's cells sit on the unit circle and see the one before and the one after"
                    (fun (n: int) ->
                        let n = 3 + abs (n % 60)
                        let ring = Graph.Ring n

                        ring.Edges = 2 * n
                        && offsetsFollow ring
                        && cellsOf ring
                           |> List.forall (fun i ->
                               let angle = 2.0 * Math.PI * float i / float n

                               neighbours ring i = [ (i + n - 1) % n; (i + 1) % n ]
                               && close (place ring i).[0] (cos angle)
                               && close (place ring i).[1] (sin angle)
                               && (place ring i).[2] = 0.0))

                test "from cell 0 of ring:4 the neighbours lie down left and up left" {
                    let ring = Graph.Ring 4
                    Expect.isTrue (List.forall2 close (offset ring 0) [ -1.0; -1.0; 0.0 ]) "to cell 3"
                    Expect.isTrue (List.forall2 close (offset ring 1) [ -1.0; 1.0; 0.0 ]) "to cell 1"
                }

                test "a ring of two sees its neighbour twice, a ring of one nobody" {
                    Expect.equal (neighbours (Graph.Ring 2) 0) [ 1; 1 ] "two"
                    Expect.equal (Graph.Ring 1).Edges 0 "one"
                }

                test "the ends of a line see one cell, the middle is in the middle" {
                    let line = Graph.Line 5

                    Expect.equal
                        (List.map (neighbours line) [ 0..4 ])
                        [ [ 1 ]; [ 0; 2 ]; [ 1; 3 ]; [ 2; 4 ]; [ 3 ] ]
                        "line:5"

                    Expect.equal (line.Name, line.Middle) ("line:5", 2) "name and middle"
                }

                test "a causal strip looks back alone" {
                    let strip = Graph.Strip(6, [ -1; -4 ])
                    Expect.equal (List.map (neighbours strip) [ 0; 3; 5 ]) [ []; [ 2 ]; [ 4; 1 ] ] "offsets -1 and -4"
                }

                test "a strip refuses an offset of 0 and one that stands twice" {
                    refusal (fun () -> Graph.Strip(4, [ 1; 0 ])) |> says [ "0"; "1, 0" ]
                    refusal (fun () -> Graph.Strip(4, [ 1; 1 ])) |> says [ "1, 1" ]
                } ]

          testList
              "lattices"
              [ property "a grid's cell sees the Moore neighbours that exist" (fun (h: int) (w: int) ->
                    let h, w = 1 + abs (h % 6), 1 + abs (w % 6)
                    let grid = Graph.Grid(h, w)

                    offsetsFollow grid
                    && isMutual grid
                    && sight grid =
                        [ for row in 0 .. h - 1 do
                              for column in 0 .. w - 1 ->
                                  set
                                      [ for r in max 0 (row - 1) .. min (h - 1) (row + 1) do
                                            for c in max 0 (column - 1) .. min (w - 1) (column + 1) do
                                                if (r, c) <> (row, column) then
                                                    r * w + c ] ])

                property
                    "a torus's cell sees 8 cells, round the corner too, at lattice offsets"
                    (fun (h: int) (w: int) ->
                        let h, w = 3 + abs (h % 5), 3 + abs (w % 5)
                        let torus = Graph.Torus(h, w)

                        isMutual torus
                        && cellsOf torus
                           |> List.forall (fun i ->
                               let edges = [ torus.RowStart[i] .. torus.RowStart[i + 1] - 1 ]

                               Set.count (set (neighbours torus i)) = 8
                               && edges
                                  |> List.forall (fun edge ->
                                      let vector = offset torus edge
                                      let right, down = int vector[0], int vector[1]
                                      let wrapped size at = (at + size) % size
                                      let row, column = wrapped h (i / w + down), wrapped w (i % w + right)
                                      torus.Neighbours[edge] = row * w + column)))

                property
                    "a triangular torus's cell sees 6 cells at distance 1, in 6 directions 60 degrees apart"
                    (fun (h: int) (w: int) ->
                        let torus = Graph.Torus6(3 + abs (h % 5), 3 + abs (w % 5))
                        let sixth vector = Math.Round(Math.Atan2(List.item 1 vector, vector[0]) / (Math.PI / 3.0), 9)

                        isMutual torus
                        && cellsOf torus
                           |> List.forall (fun i ->
                               let vectors =
                                   [ for e in torus.RowStart[i] .. torus.RowStart[i + 1] - 1 -> offset torus e ]

                               Set.count (set (neighbours torus i)) = 6
                               && List.forall (length >> close 1.0) vectors
                               && set (List.map sixth vectors) |> Set.map (fun s -> (s + 6.0) % 6.0) =
                                   set [ 0.0 .. 5.0 ]))

                test "the middle of grid:4x6 is row 2, column 3" {
                    Expect.equal (Graph.Grid(4, 6)).Middle 15 "2 x 6 + 3"
                }

                test "a side below 3 does not close, and the refusal names it" {
                    refusal (fun () -> Graph.Torus(2, 5)) |> says [ "at least 3"; "2 x 5" ]
                    refusal (fun () -> Graph.Torus6(5, 2)) |> says [ "at least 3"; "5 x 2" ]
                    refusal (fun () -> Graph.Grid(0, 5)) |> says [ "at least 1"; "0" ]
                } ]

          testList
              "icospheres"
              [ for f in 1..8 do
                    test $"icosphere:{f} has 12 + 10 (f^2 - 1) cells, 12 of them with five neighbours" {
                        let sphere = Graph.Icosphere f
                        let degrees = cellsOf sphere |> List.countBy sphere.Degree |> Map.ofList
                        let cells = 12 + 10 * (f * f - 1)
                        Expect.equal sphere.Cells cells "cells"
                        Expect.equal degrees[5] 12 "five neighbours"
                        Expect.equal (defaultArg (degrees.TryFind 6) 0) (cells - 12) "six neighbours"

                        Expect.isTrue
                            (cellsOf sphere |> List.forall (place sphere >> length >> close 1.0))
                            "unit length"

                        Expect.isTrue (isMutual sphere && offsetsFollow sphere) "seen from both ends"
                        // 20 f^2 faces: V - E + F = 2.
                        Expect.equal (cells - sphere.Edges / 2 + 20 * f * f) 2 "Euler's characteristic"
                        let reached = sphere.HopsFrom 0
                        Expect.isTrue (Array.forall (fun hops -> hops >= 0) reached) "in one piece"
                    } ]

          testList
              "irregular spheres"
              [ property "are closed surfaces none of whose circles holds another cell" (fun (seed: uint64) ->
                    let count = 4 + Counter.below 150 seed 0L
                    let graph, mesh = Graph.Delaunay(count, seed), TriangleMesh.Delaunay(count, seed)
                    let minus = List.map2 (-)

                    let volume a b c =
                        match List.concat [ a; b; c ] with
                        | [ ax; ay; az; bx; by; bz; cx; cy; cz ] ->
                            ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
                        | _ -> nan

                    let empty (face: int[]) =
                        let a, b, c = place graph face[0], place graph face[1], place graph face[2]

                        volume a b c > 0.0
                        && cellsOf graph
                           |> List.forall (fun d -> volume (minus b a) (minus c a) (minus (place graph d) a) < 1e-12)

                    isMutual graph
                    && offsetsFollow graph
                    && cellsOf graph |> List.forall (place graph >> length >> close 1.0)
                    && cellsOf graph |> List.forall (fun cell -> graph.Degree cell >= 3)
                    && graph.Edges = 2 * (3 * count - 6)
                    && mesh.FaceCount = 2 * count - 4
                    && mesh.Faces.ToArray() |> Array.chunkBySize 3 |> Array.forall empty
                    && graph.HopsFrom 0 |> Array.forall (fun hops -> hops >= 0))

                test "are strewn evenly, and the same for the same seed" {
                    let graph = Graph.Delaunay(10_000, 1UL)
                    let mean axis = cellsOf graph |> List.averageBy (fun cell -> (place graph cell)[axis])
                    // Of 10,000 even places a mean coordinate has a deviation of .0058.
                    Expect.all [ 0..2 ] (fun axis -> abs (mean axis) < 0.025) "about the centre"

                    let degrees = cellsOf graph |> List.countBy graph.Degree |> Map.ofList
                    Expect.isTrue (degrees.ContainsKey 3 && degrees.ContainsKey 9) "few and many neighbours"

                    let again = GraphFile.Parse "delaunay:10000"
                    Expect.equal (again.Positions, again.Neighbours) (graph.Positions, graph.Neighbours) "the word's"
                    Expect.notEqual (Graph.Delaunay(9, 2UL)).Name "delaunay:9" "another seed is no word"
                    refusal (fun () -> GraphFile.Parse "delaunay:3") |> says [ "at least 4"; "3" ]
                } ]

          testList
              "random geometric graphs"
              [ property
                    "join the points that a search through all finds near, the middle one first"
                    (fun (seed: uint64) ->
                        let count = 1 + Counter.below 300 seed 0L
                        let degree = 1.0 + 14.0 * Counter.uniform seed 1L
                        let graph = Graph.Geometric(count, degree, seed)
                        let apart i j = length (List.map2 (-) (place graph i) (place graph j))
                        let side, reach = sqrt (float count), sqrt (degree / Math.PI)
                        let off i = length (List.map2 (-) (place graph i) [ side / 2.0; side / 2.0; 0.0 ])

                        let near i = cellsOf graph |> List.filter (fun j -> j <> i && apart i j < reach)

                        isMutual graph
                        && offsetsFollow graph
                        && cellsOf graph |> List.forall (fun i -> List.sort (neighbours graph i) = near i)
                        && cellsOf graph |> List.forall (fun i -> off i >= off 0))

                test "have about the neighbours that are asked for, and are the same for the same seed" {
                    let graph = Graph.Geometric(10_000, 10.0, 1UL)

                    Expect.floatClose
                        { absolute = 0.4; relative = 0.0 }
                        (float graph.Edges / 1e4)
                        9.8
                        "10, but for the rim"

                    let again = GraphFile.Parse "geometric:10000"
                    Expect.equal (again.Positions, again.Neighbours) (graph.Positions, graph.Neighbours) "the word's"
                    Expect.equal again.Name "geometric:10000" "its name"
                    Expect.notEqual (Graph.Geometric(9, 10.0, 2UL)).Name "geometric:9" "another seed is no word"
                }

                test "need a cell and a neighbour" {
                    refusal (fun () -> Graph.Geometric(0, 10.0, 1UL)) |> says [ "0" ]
                    refusal (fun () -> Graph.Geometric(9, nan, 1UL)) |> says [ "neighbours" ]
                    refusal (fun () -> GraphFile.Parse "geometric:0") |> says [ "at least 1"; "0" ]
                } ]

          testList
              "nearest neighbours"
              [ for kind in 0..6 do
                    property $"are those that a search through all points finds (kind {kind})" (fun (seed: uint64) ->
                        let count = 2 + Counter.below 60 seed 0L
                        let k = 1 + Counter.below (min 8 (count - 1)) seed 1L
                        let places = points seed kind count
                        let graph = Graph.NearestNeighbours(places, k)

                        offsetsFollow graph
                        && cellsOf graph |> List.forall (fun i -> neighbours graph i = nearest places k i))

                test "are found among points that are all the same" {
                    let graph = Graph.NearestNeighbours(Array.create 30 2.5, 3)
                    Expect.equal (List.map (neighbours graph) [ 0; 5 ]) [ [ 1; 2; 3 ]; [ 0; 1; 2 ] ] "the lower index"
                }

                test "must be fewer than the cells, at finite places" {
                    refusal (fun () -> Graph.NearestNeighbours(Array.zeroCreate 9, 3)) |> says [ "1 to 2"; "3" ]
                    refusal (fun () -> Graph.NearestNeighbours([||], 1)) |> says [ "0" ]

                    refusal (fun () -> Graph.NearestNeighbours([| 0.0; nan; 0.0; 1.0; 0.0; 0.0 |], 1))
                    |> says [ "cell 0" ]
                } ]

          testList
              "listed edges"
              [ test "are seen from both ends, or from the target alone" {
                    let sources, targets = [| 2; 0; 1 |], [| 0; 1; 1 |]
                    let both = Graph.OfEdges(3, sources, targets, false)
                    let directed = Graph.OfEdges(3, sources, targets, true)
                    Expect.equal (List.map (neighbours both) [ 0..2 ]) [ [ 2; 1 ]; [ 0; 1 ]; [ 0 ] ] "undirected"
                    Expect.equal (List.map (neighbours directed) [ 0..2 ]) [ [ 2 ]; [ 0; 1 ]; [] ] "directed"
                }

                test "carry their weights to both ends" {
                    let graph = Graph.OfEdges(3, [| 2; 0 |], [| 0; 1 |], false, [| 5.0; 7.0 |], null)
                    Expect.sequenceEqual graph.Weights [ 5.0; 7.0; 7.0; 5.0 ] "cell 0, cell 1, cell 2"
                    Expect.isTrue graph.Offsets.IsEmpty "no places, no offsets"
                }

                test "with places have offsets" {
                    let places = [| 0.0; 0.0; 0.0; 1.0; 2.0; 3.0 |]
                    let graph = Graph.OfEdges(2, [| 0 |], [| 1 |], false, null, places)
                    Expect.sequenceEqual graph.Offsets [ 1.0; 2.0; 3.0; -1.0; -2.0; -3.0 ] "there and back"
                }

                test "are refused where they do not fit, naming both sides" {
                    let edges sources targets weights places =
                        refusal (fun () -> Graph.OfEdges(3, sources, targets, true, weights, places))

                    edges [| 0; 1 |] [| 1 |] null null |> says [ "2 sources"; "1 targets" ]
                    edges [| 0; 3 |] [| 1; 1 |] null null |> says [ "cell 3"; "0 to 2" ]
                    edges [| 0 |] [| -1 |] null null |> says [ "cell -1"; "0 to 2" ]
                    edges [| 0 |] [| 1 |] [| 1.0; 2.0 |] null |> says [ "1 edges"; "2 weights" ]
                    edges [| 0 |] [| 1 |] [| nan |] null |> says [ "weight"; "NaN" ]
                    edges [| 0 |] [| 1 |] null [| 0.0; 1.0 |] |> says [ "9"; "2" ]

                    edges [| 0 |] [| 1 |] null [| for i in 0..8 -> if i = 4 then infinity else 0.0 |]
                    |> says [ "position" ]

                    refusal (fun () -> Graph.OfEdges(0, [||], [||], true)) |> says [ "at least one cell"; "0" ]
                }

                test "of a mesh stand once for two triangles that share a side" {
                    let places = [| 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0; 0.0; 1.0; 1.0; 0.0 |]
                    let square = Graph.OfTriangles("square", places, [| 0; 1; 2; 2; 1; 3 |])

                    Expect.equal
                        (sight square)
                        [ set [ 1; 2 ]; set [ 0; 2; 3 ]; set [ 0; 1; 3 ]; set [ 1; 2 ] ]
                        "five sides"

                    Expect.equal (square.Edges, square.Name) (10, "square") "each from both ends"
                }

                test "as rows are checked" {
                    let rows starts seen = refusal (fun () -> Graph.OfRows(starts, seen, null, null, null))
                    rows [| 0; 2 |] [| 0 |] |> says [ "2"; "1" ]
                    rows [| 0; 1; 0; 1 |] [| 0 |] |> says [ "cell 1" ]
                    rows [| 0; 1 |] [| 1 |] |> says [ "cell 1"; "0 to 0" ]
                } ]

          testList
              "relabelling and hops"
              [ property "a relabelled graph is the same graph under other numbers" (fun (seed: uint64) ->
                    let graph = Graph.NearestNeighbours(points seed 0 12, 3)
                    let order = shuffled seed 12
                    let other = graph.Relabelled order

                    cellsOf graph
                    |> List.forall (fun i ->
                        let first, firstOther = graph.RowStart[i], other.RowStart[order[i]]

                        neighbours other order[i] = List.map (Array.get order) (neighbours graph i)
                        && place other order[i] = place graph i
                        && List.forall (fun e -> offset graph (first + e) = offset other (firstOther + e)) [ 0..2 ]))

                property "a relabelled graph keeps its middle" (fun (seed: uint64) ->
                    let order = shuffled seed 20
                    (Graph.Grid(4, 5).Relabelled order).Middle = order[Graph.Grid(4, 5).Middle])

                property "relabelling there and back changes nothing" (fun (seed: uint64) ->
                    let graph = Graph.OfEdges(5, [| 0; 1; 3 |], [| 1; 2; 0 |], false, [| 2.0; 3.0; 4.0 |], null)
                    let order = shuffled seed 5
                    let back = Array.init 5 (fun label -> Array.IndexOf(order, label))
                    let same = (graph.Relabelled order).Relabelled back

                    List.map (neighbours same) [ 0..4 ] = List.map (neighbours graph) [ 0..4 ]
                    && Seq.toList same.Weights = Seq.toList graph.Weights)

                test "an order that is no permutation is refused" {
                    refusal (fun () -> (Graph.Ring 3).Relabelled [| 0; 1; 1 |]) |> says [ "each of the 3 cells once" ]
                    refusal (fun () -> (Graph.Ring 3).Relabelled [| 0; 1 |]) |> says [ "3" ]
                }

                test "hops count along the way that a change travels" {
                    let chain = Graph.OfEdges(4, [| 0; 1 |], [| 1; 2 |], true)
                    Expect.equal (chain.HopsFrom 0) [| 0; 1; 2; -1 |] "1 sees 0, 2 sees 1"
                    Expect.equal (chain.HopsFrom 2) [| -1; -1; 0; -1 |] "nobody sees 2"
                    Expect.equal ((Graph.Ring 6).HopsFrom 1) [| 1; 0; 1; 2; 3; 2 |] "a ring"
                    refusal (fun () -> chain.HopsFrom 4) |> says [ "4"; "0 to 3" ]
                } ] ]
