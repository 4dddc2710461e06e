/// Random closed surfaces, random rotations of them, and the singularities of their direction fields.
module GaryMesh.Tests.Surfaces

open System
open System.Collections.Generic
open GaryMesh
open GaryMesh.Graphs

let dot (a: float[]) (b: float[]) = Array.sum (Array.map2 (*) a b)

let cross (a: float[]) (b: float[]) =
    [| a[1] * b[2] - a[2] * b[1]; a[2] * b[0] - a[0] * b[2]; a[0] * b[1] - a[1] * b[0] |]

let unit (a: float[]) = Array.map (fun x -> x / sqrt (dot a a)) a
let near tolerance (a: float seq) (b: float seq) = Seq.forall2 (fun x y -> abs (x - y) <= tolerance) a b
let random (seed: uint64) part count = Array.init count (int64 >> Counter.normal (Counter.key seed [ part ]))
let triple (x: float[]) = struct (x[0], x[1], x[2])

/// u, v and n of each cell.
let vectors (frames: float seq) = frames |> Seq.toArray |> Array.chunkBySize 9 |> Array.map (Array.chunkBySize 3)

/// A random rotation, as a function of vectors that stand one after the other.
let rotation (seed: uint64) =
    let a = unit (random seed 91 3)
    let b = unit (cross a (random seed 92 3))
    let rows = [| a; b; cross a b |]
    Array.chunkBySize 3 >> Array.collect (fun x -> Array.map (dot x) rows)

/// A bumpy closed surface: an icosphere whose points are moved along their radii, with its triangles.
let bumpySphere (f: int) (seed: uint64) =
    let struct (positions, triangles) = Icosphere.make f

    let moved =
        positions
        |> Array.mapi (fun i x -> x * (1.0 + 0.3 * Counter.uniform (Counter.key seed [ 93 ]) (int64 (i / 3))))

    moved, triangles

/// An irregular sphere: an icosphere whose points are shifted by up to half an edge, many of whose edges are flipped, so that
/// triangles are stretched and the cells have from 3 neighbours on.
let irregularSphere (f: int) (seed: uint64) =
    let struct (positions, triangles) = Icosphere.make f
    let noise = Counter.key seed [ 94 ]

    let shifted =
        positions
        |> Array.mapi (fun i x -> x + 0.35 / float f * (2.0 * Counter.uniform noise (int64 i) - 1.0))
        |> Array.chunkBySize 3
        |> Array.collect unit

    let at cell = shifted[3 * cell .. 3 * cell + 2]

    let stands (a: int) (b: int) (c: int) =
        let normal = cross (Array.map2 (-) (at b) (at a)) (Array.map2 (-) (at c) (at a))
        sqrt (dot normal normal) * float (f * f) > 0.2 && dot (unit normal) (unit (at a)) > 0.8

    // The third corner of the triangle that has a side, by the side's direction.
    let third = Dictionary<struct (int * int), int>()

    let put a b c =
        third[struct (a, b)] <- c
        third[struct (b, c)] <- a
        third[struct (c, a)] <- b

    for corners in Array.chunkBySize 3 triangles do
        put corners[0] corners[1] corners[2]

    let sides = [| for side in third.Keys -> side |]

    for draw in 0L .. int64 (sides.Length / 6) do
        let struct (a, b) = sides[Counter.below sides.Length (Counter.key seed [ 95 ]) draw]

        if third.ContainsKey(struct (a, b)) then
            let c, d = third[struct (a, b)], third[struct (b, a)]

            if not (third.ContainsKey(struct (c, d))) && stands a d c && stands d b c then
                third.Remove(struct (a, b)) |> ignore
                third.Remove(struct (b, a)) |> ignore
                put a d c
                put d b c

    let corners =
        [| for entry in third do
               let struct (a, b) = entry.Key

               if a < b && a < entry.Value then
                   a
                   b
                   entry.Value |]

    shifted, corners

/// A bumpy torus of width x height points, with its triangles.
let bumpyTorus (width: int) (height: int) (seed: uint64) =
    let noise = Counter.key seed [ 96 ]

    let positions =
        [| for row in 0 .. height - 1 do
               for column in 0 .. width - 1 do
                   let a = 2.0 * Math.PI * float column / float width
                   let b = 2.0 * Math.PI * float row / float height
                   let tube = 0.7 + 0.1 * Counter.uniform noise (int64 (row * width + column))
                   let away = 2.0 + tube * cos b
                   away * cos a
                   away * sin a
                   tube * sin b |]

    let at row column = row % height * width + column % width

    let triangles =
        [| for row in 0 .. height - 1 do
               for column in 0 .. width - 1 do
                   at row column
                   at row (column + 1)
                   at (row + 1) column
                   at row (column + 1)
                   at (row + 1) (column + 1)
                   at (row + 1) column |]

    positions, triangles

/// How often frames' u turns around each triangle: the differences of angle along its sides, after transport by the smallest
/// rotation, and the angle by which transport around it turns, as a share of a full turn.
let indices (frames: float[]) (triangles: int[]) =
    let frame = vectors frames

    let transported into out (x: float[]) =
        let n, m = frame[into].[2], frame[out].[2]
        let share = dot n x / (1.0 + dot n m)
        Array.mapi (fun i x -> x - share * (n[i] + m[i])) x

    let angle cell (x: float[]) = atan2 (dot frame[cell].[1] x) (dot frame[cell].[0] x)

    triangles
    |> Array.chunkBySize 3
    |> Array.map (fun corners ->
        let a, b, c = corners[0], corners[1], corners[2]
        // Of b's u in a's frame, and so on: how far u turns from a to b.
        let turns = [ a, b; b, c; c, a ] |> List.sumBy (fun (a, b) -> angle a (transported a b frame[b].[0]))
        let around = transported a c (transported c b (transported b a frame[a].[0]))
        int (Math.Round((turns + angle a around) / (2.0 * Math.PI))))

/// The sum over all edges of the squared differences of u, transported.
let energy (graph: Graph) (frames: float[]) =
    let frame = vectors frames
    let mutable sum = 0.0

    for cell in 0 .. graph.Cells - 1 do
        for edge in graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 do
            let n, m, u = frame[cell].[2], frame[graph.Neighbours[edge]].[2], frame[graph.Neighbours[edge]].[0]
            let share = dot n u / (1.0 + dot n m)
            let gap = Array.mapi (fun i x -> x - share * (n[i] + m[i]) - frame[cell].[0].[i]) u
            sum <- sum + dot gap gap

    sum
