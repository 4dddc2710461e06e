/// Small cortices, token streams and a graft to test with.
module GaryMesh.ChatGraft.Tests.Support

open System
open GaryMesh
open GaryMesh.ChatGraft

/// A cortex in which every parameter is a different number that matters: nothing is zero, no gain is 1.
let cortexOf (shape: CortexShape) (seed: uint64) =
    let cortex = Cortex.Random(shape, seed)
    let key = Counter.key seed [ 1 ]

    for slice in shape.Slices do
        let deviation = if slice.Name.EndsWith "weight" then 0.8 / sqrt (float slice.Rows) else 0.3

        for i in slice.Offset .. slice.End - 1 do
            cortex.Parameters[i] <- cortex.Parameters[i] + float32 (deviation * Counter.normal key (int64 i))

    cortex

let tinyShape = CortexShape(vocabulary = 17, width = 8, heads = 2, layers = 2, context = 7)

/// A shape whose sizes are no multiples of a vector, drawn by a property.
let oddShape (v: int) (heads: int) (head: int) (layers: int) (context: int) =
    let heads = 1 + abs (heads % 3)

    CortexShape(
        vocabulary = 5 + abs (v % 60),
        width = heads * (3 + abs (head % 9)),
        heads = heads,
        layers = 1 + abs (layers % 3),
        context = 3 + abs (context % 20)
    )

let tokensOf (shape: CortexShape) (seed: uint64) count =
    Array.init count (fun i -> Counter.below shape.Vocabulary (Counter.key seed [ 2 ]) (int64 i))

/// Whether two runs of rows are the same numbers, up to the rounding of sums in another order.
let close (a: float32[][]) (b: float32[][]) =
    a.Length = b.Length
    && Array.forall2
        (fun (a: float32[]) b ->
            let scale = a |> Array.map abs |> Array.max
            Array.forall2 (fun (x: float32) y -> abs (x - y) <= 1e-5f * (1.0f + scale)) a b)
        a
        b

/// The norm of the difference over the norm of what is expected.
let relative (expected: float[]) (actual: float32[]) =
    let difference = Array.map2 (fun e a -> (e - float a) ** 2.0) expected actual |> Array.sum
    sqrt (difference / (expected |> Array.sumBy (fun e -> e * e)))

/// A graft of a few lines: every position receives tanh (W x + U y), y being the stream of the position before it (zeros
/// at first), through a matrix R.
type NeighbourGraft(width: int, seed: uint64) =
    let parameters =
        Array.init (3 * width * width) (fun i -> float32 (0.4 * Counter.normal (Counter.key seed [ 3 ]) (int64 i)))

    let square (vector: float32[]) part i j = float vector[(part * width + i) * width + j]

    interface IGraft with
        member _.Width = width
        member _.Parameters = parameters

        member _.CreatePass(_, _) =
            let mutable kept: float32[] = [||]
            let mutable size = 0, 0
            let mutable last = Array.zeroCreate<float32> width

            let hidden (row: int -> float) (before: int -> float) =
                Array.init width (fun j ->
                    tanh (
                        Seq.sum (
                            seq {
                                for i in 0 .. width - 1 ->
                                    square parameters 0 i j * row i + square parameters 1 i j * before i
                            }
                        )
                    ))

            let addTo (stream: float32[]) at (h: float[]) =
                for j in 0 .. width - 1 do
                    let sum = Seq.sum (seq { for i in 0 .. width - 1 -> square parameters 2 i j * h[i] })
                    stream[at + j] <- stream[at + j] + float32 sum

            { new IGraftPass with
                member _.Reload() = ()
                member _.Dispose() = ()

                member _.Forward(stream, sequences, length) =
                    kept <- Array.copy stream
                    size <- sequences, length

                    for row in 0 .. sequences * length - 1 do
                        let at i = float kept[row * width + i]
                        let before i = if row % length = 0 then 0.0 else float kept[(row - 1) * width + i]
                        addTo stream (row * width) (hidden at before)

                member _.Backward(gradient, sums) =
                    let sequences, length = size
                    let up = Array.copy gradient

                    for row in 0 .. sequences * length - 1 do
                        let at i = float kept[row * width + i]
                        let before i = if row % length = 0 then 0.0 else float kept[(row - 1) * width + i]
                        let h = hidden at before

                        for i in 0 .. width - 1 do
                            let mutable back = 0.0

                            for j in 0 .. width - 1 do
                                let above = float up[row * width + j]
                                back <- back + square parameters 2 i j * above

                                match sums with
                                | null -> ()
                                | sums ->
                                    let index = (2 * width + i) * width + j
                                    sums[index] <- sums[index] + float32 (h[i] * above)

                            let inner = back * (1.0 - h[i] * h[i])

                            for j in 0 .. width - 1 do
                                let here, earlier = row * width + j, (row - 1) * width + j
                                gradient[here] <- gradient[here] + float32 (square parameters 0 j i * inner)

                                if row % length > 0 then
                                    gradient[earlier] <- gradient[earlier] + float32 (square parameters 1 j i * inner)

                                match sums with
                                | null -> ()
                                | sums ->
                                    let w, u = j * width + i, (width + j) * width + i
                                    sums[w] <- sums[w] + float32 (at j * inner)
                                    sums[u] <- sums[u] + float32 (before j * inner)

                member _.Continue(stream, first, count) =
                    if first = 0 then
                        last <- Array.zeroCreate width

                    for row in 0 .. count - 1 do
                        let seen = Array.sub stream (row * width) width
                        addTo stream (row * width) (hidden (fun i -> float seen[i]) (fun i -> float last[i]))
                        last <- seen }
