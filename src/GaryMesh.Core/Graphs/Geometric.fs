/// Points strewn in a square, joined where they are near (a random geometric graph; E. N. Gilbert, "Random Plane Networks", 1961).
module internal GaryMesh.Graphs.Geometric

open System
open System.Collections.Generic
open GaryMesh

/// Places (x, y, z each, z = 0) of one point a unit of area, the first one nearest to the middle, and the pairs of points nearer than what gives so
/// many neighbours in the mean, but for the rim.
let make (cells: int) (degree: float) (seed: uint64) : struct (float[] * struct (int * int)[]) =
    let side, reach = sqrt (float cells), sqrt (degree / Math.PI)
    let key = Counter.key seed [ 0 ]
    let at = Array.init (2 * cells) (fun i -> side * Counter.uniform key (int64 i))

    let squared i (x: float, y: float) =
        let dx, dy = at[2 * i] - x, at[2 * i + 1] - y
        dx * dx + dy * dy

    let bucket i = struct (int (floor (at[2 * i] / reach)), int (floor (at[2 * i + 1] / reach)))

    let middle = Array.minBy (fun i -> squared i (side / 2.0, side / 2.0)) [| 0 .. cells - 1 |]

    // Row by row, so that neighbours lie near one another in memory, too.
    let order =
        [| 0 .. cells - 1 |]
        |> Array.sortBy (fun i ->
            let struct (column, row) = bucket i
            struct (i <> middle, row, column, i))

    let buckets = Dictionary<struct (int * int), List<int>>()

    for number in 0 .. cells - 1 do
        match buckets.TryGetValue(bucket order[number]) with
        | true, members -> members.Add number
        | _ -> buckets[bucket order[number]] <- List [ number ]

    let pairs =
        [| for number in 0 .. cells - 1 do
               let i = order[number]
               let struct (column, row) = bucket i

               for dy in -1 .. 1 do
                   for dx in -1 .. 1 do
                       match buckets.TryGetValue(struct (column + dx, row + dy)) with
                       | true, members ->
                           for other in members do
                               if
                                   other < number
                                   && squared i (at[2 * order[other]], at[2 * order[other] + 1]) < reach * reach
                               then
                                   struct (other, number)
                       | _ -> () |]

    let places = Array.init (3 * cells) (fun k -> if k % 3 = 2 then 0.0 else at[2 * order[k / 3] + k % 3])
    struct (places, Array.sort pairs)
