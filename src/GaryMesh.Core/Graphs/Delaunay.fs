/// Points strewn on a sphere and their Delaunay triangulation: nobody sees the same neighbourhood (C. L. Lawson, "Software for C1 surface
/// interpolation", 1977: a point splits the triangle that it falls into, and edges are flipped until no circle holds a fourth point).
module internal GaryMesh.Graphs.Delaunay

open System
open System.Collections.Generic
open GaryMesh

/// Points (x, y, z each) and triangles (three points each, counterclockwise as seen from outside). The first four drawn are a tetrahedron's
/// corners, so that the others fall into a closed surface.
let make (cells: int) (seed: uint64) : struct (float[] * int[]) =
    if cells < 4 then
        Guard.outOfRange (nameof cells) $"A sphere of strewn cells needs at least 4 of them, but has {cells}."

    let key = Counter.key seed [ 0 ]

    let drawn =
        Array.init cells (fun i ->
            if i < 4 then
                let share = 1.0 / sqrt 3.0
                let sign bit = if bit then share else -share
                struct (sign (i < 2), sign (i % 2 = 0), sign (i = 0 || i = 3))
            else
                let y = 2.0 * Counter.uniform key (2L * int64 i) - 1.0
                let angle = 2.0 * Math.PI * Counter.uniform key (2L * int64 i + 1L)
                let radius = sqrt (1.0 - y * y)
                struct (radius * cos angle, y, radius * sin angle))

    // Along the y axis in bands, so that neighbours lie near one another in memory, too.
    let order =
        let bands = max 1.0 (sqrt (float cells) / 2.0)

        [| 0 .. cells - 1 |]
        |> Array.sortBy (fun i ->
            let struct (x, y, z) = drawn[i]
            struct (floor (bands * (1.0 - y)), atan2 z x, i))

    let number = Array.zeroCreate cells
    order |> Array.iteri (fun place i -> number[i] <- place)

    /// Six times the volume of the tetrahedron of a, b, c and the centre: positive where they turn counterclockwise.
    let turn (struct (ax, ay, az)) (struct (bx, by, bz)) (struct (cx, cy, cz)) =
        ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)

    let minus (struct (ax, ay, az)) (struct (bx, by, bz)) = struct (ax - bx, ay - by, az - bz)

    // Side e of triangle e / 3 leads from point start[e] to that of the next side; twin[e] is the same side of the triangle across.
    let start, twin = Array.zeroCreate (6 * cells - 12), Array.zeroCreate (6 * cells - 12)
    let next e = if e % 3 = 2 then e - 2 else e + 1
    let before e = if e % 3 = 0 then e + 2 else e - 1

    let link e f =
        twin[e] <- f
        twin[f] <- e

    [ 0, 1, 2; 0, 2, 3; 0, 3, 1; 1, 3, 2 ]
    |> List.iteri (fun t (a, b, c) ->
        start[3 * t] <- a
        start[3 * t + 1] <- (if turn drawn[a] drawn[b] drawn[c] > 0.0 then b else c)
        start[3 * t + 2] <- b + c - start[3 * t + 1])

    for e in 0..11 do
        for f in 0..11 do
            if start[e] = start[next f] && start[f] = start[next e] then
                link e f

    let flips = Stack<int>()

    for p in 4 .. cells - 1 do
        // Across the sides that have the point on their outside, from the triangle made last: in a Delaunay triangulation this ends.
        let mutable e = 6 * p - 15

        while e >= 0 do
            match
                [ e; next e; before e ]
                |> List.tryFind (fun s -> turn drawn[start[s]] drawn[start[next s]] drawn[p] < 0.0)
            with
            | Some side -> e <- twin[side]
            | None ->
                let e0, u, v = e, 6 * p - 12, 6 * p - 9
                let e1, e2 = next e, before e
                let b, c = start[e1], start[e2]
                link u twin[e1]
                link v twin[e2]
                start[u] <- b
                start[u + 1] <- c
                start[v] <- c
                start[v + 1] <- start[e0]

                for last in [ e2; u + 2; v + 2 ] do
                    start[last] <- p

                link e1 (u + 2)
                link (u + 1) (v + 2)
                link (v + 1) e2
                List.iter flips.Push [ e0; u; v ]
                e <- -1

        while flips.Count > 0 do
            let e = flips.Pop()
            let f = twin[e]
            let fourth = start[before f]
            let from q = minus drawn[q] drawn[start[e]]

            // Above the plane of the three is inside their circle: the side between the two triangles gives way to the one that joins the
            // fourth point and the new one. The margin keeps points on one circle from flipping for ever.
            if turn (from start[next e]) (from start[before e]) (from fourth) > 1e-14 then
                let m, last = before e, before f
                start[e] <- fourth
                start[f] <- p
                let outerM, outerLast = twin[m], twin[last]
                link e outerLast
                link f outerM
                link m last
                flips.Push e
                flips.Push(next f)

    let places =
        order
        |> Array.collect (fun i ->
            let struct (x, y, z) = drawn[i]
            [| x; y; z |])

    struct (places, Array.map (fun corner -> number[corner]) start)
