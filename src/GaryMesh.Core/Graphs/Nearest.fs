/// The nearest points of a point, found in buckets of space.
module internal GaryMesh.Graphs.Nearest

open System.Collections.Generic

/// For each of the points (x, y, z each) the `k` others nearest to it, nearest first, ties by the lower index.
let among (positions: float[]) (k: int) : int[][] =
    let cells = positions.Length / 3

    // Buckets of a regular grid with about two cells each; rings of buckets are searched until none can be nearer.
    let low = Array.init 3 (fun a -> Seq.min (seq { for i in 0 .. cells - 1 -> positions[3 * i + a] }))
    let high = Array.init 3 (fun a -> Seq.max (seq { for i in 0 .. cells - 1 -> positions[3 * i + a] }))

    // An extent that would fit into one bucket counts for none, or a thin sheet would get far too many buckets.
    let rec sideOf extents =
        let volume = List.fold (*) 1.0 extents
        let side = (volume * 2.0 / float cells) ** (1.0 / float extents.Length)

        match extents with
        | thinnest :: (_ :: _ as others) when thinnest < side || thinnest = 0.0 -> sideOf others
        | _ -> side

    let extents = Array.map2 (-) high low |> Array.sort |> List.ofArray
    let side = max (sideOf extents) (max (List.last extents * 1e-3) 1e-300)
    let slot i axis = int (floor ((positions[3 * i + axis] - low[axis]) / side))
    let bucketOf i = struct (slot i 0, slot i 1, slot i 2)
    let buckets = Dictionary<struct (int * int * int), List<int>>()

    for i in 0 .. cells - 1 do
        match buckets.TryGetValue(bucketOf i) with
        | true, members -> members.Add i
        | _ -> buckets[bucketOf i] <- List [ i ]

    let squared i j =
        let d axis = positions[3 * j + axis] - positions[3 * i + axis]
        d 0 * d 0 + d 1 * d 1 + d 2 * d 2

    let nearest i =
        let struct (bx, by, bz) = bucketOf i
        let found = List<struct (float * int)>()
        let mutable ring = 0
        let mutable searching = true

        while searching do
            // Where far more buckets than cells would be searched, the cells are quicker to look through.
            if float (2 * ring + 1) ** 3.0 > 8.0 * float cells then
                found.Clear()

                for j in 0 .. cells - 1 do
                    if j <> i then
                        found.Add(struct (squared i j, j))

                searching <- false
            else
                for dx in -ring .. ring do
                    for dy in -ring .. ring do
                        let rim = abs dx = ring || abs dy = ring

                        for dz in (if rim then [ -ring .. ring ] else List.distinct [ -ring; ring ]) do
                            match buckets.TryGetValue(struct (bx + dx, by + dy, bz + dz)) with
                            | true, members ->
                                for j in members do
                                    if j <> i then
                                        found.Add(struct (squared i j, j))
                            | _ -> ()

                // Whatever lies beyond the searched rings is at least `ring` bucket sides away.
                let safe = float ring * side
                let within = found |> Seq.filter (fun struct (d, _) -> d < safe * safe) |> Seq.length
                searching <- within < k
                ring <- ring + 1

        found.Sort()
        Array.init k (fun n -> let struct (_, j) = found[n] in j)

    Array.init cells nearest
