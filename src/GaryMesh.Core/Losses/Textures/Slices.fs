namespace GaryMesh.Losses

open System
open System.Numerics
open System.Runtime.InteropServices
open System.Threading
open GaryMesh

/// Numbers of cells along a direction of their descriptors.
module internal Slice =
    /// A direction of length 1, evenly spread over all.
    let direction (size: int) (key: uint64) level number : float32[] =
        let stream = Counter.key key [ level; number ]
        let normal = Array.init size (fun at -> Counter.normal stream (int64 at))
        let length = sqrt (Array.sumBy (fun x -> x * x) normal)
        normal |> Array.map (fun x -> float32 (x / length))

    /// Adds a multiple: product, then sum, so that vectors of any width give the same bits.
    let add (factor: float32) (values: float32[]) (sums: float32[]) =
        let from = MemoryMarshal.Cast<float32, Vector<float32>>(ReadOnlySpan values)
        let into = MemoryMarshal.Cast<float32, Vector<float32>>(Span sums)

        for at in 0 .. into.Length - 1 do
            into[at] <- into[at] + factor * from[at]

        for at in into.Length * Vector<float32>.Count .. sums.Length - 1 do
            sums[at] <- sums[at] + factor * values[at]

    /// The numbers of all cells, from their descriptors number by number.
    let project (planes: float32[][]) (direction: float32[]) =
        let sums = Array.zeroCreate<float32> planes[0].Length
        Array.iter2 (fun factor plane -> add factor plane sums) direction planes
        sums

/// What an exemplar has along one direction.
[<Sealed>]
type internal Slice(planes: float32[][], direction: float32[], ranking: Ranking) =
    let values = Slice.project planes direction
    let count = values.Length
    /// Sums of the least 0, 1, 2, ... numbers.
    let sums = Array.zeroCreate<float>(count + 1)

    let precision =
        let order = ranking.Of values
        let mutable squares = 0.0

        for at in 0 .. count - 1 do
            let value = float values[order[at]]
            sums[at + 1] <- sums[at] + value
            squares <- squares + value * value

        let mean = sums[count] / float count
        1.0 / (max 0.0 (squares / float count - mean * mean) + 1e-8)

    member _.Direction = direction
    /// One over the variance.
    member _.Precision = precision

    /// The numbers in ascending order, as means over so many equal shares.
    member _.Shares(shares: int) : float[] =
        let means, per = Array.zeroCreate<float> shares, float shares / float count
        let struct (step, remainder) = Math.DivRem(count, shares)
        // A share ends after so many whole numbers and so many parts of one.
        let mutable whole, rest, before = 0, 0, 0.0

        for share in 0 .. shares - 1 do
            whole <- whole + step
            rest <- rest + remainder

            if rest >= shares then
                whole <- whole + 1
                rest <- rest - shares

            let sum = sums[whole]

            let until =
                if rest = 0 then
                    sum
                else
                    sum + float rest / float shares * (sums[whole + 1] - sum)

            means[share] <- per * (until - before)
            before <- until

        means

/// An exemplar's slices for the key that was asked for last: the worlds of a training ask for the same ones.
[<Sealed>]
type internal Slices(planes: float32[][][]) =
    let mutable last = 0UL, 0, Array.empty<Slice[]>

    /// So many slices of each of the first levels.
    member _.Of(key: uint64, levels: int, count: int) : Slice[][] =
        match Volatile.Read &last with
        | known, number, slices when known = key && number = count && slices.Length >= levels -> slices
        | _ ->
            let ranking = Ranking planes[0].[0].Length

            let slices =
                Array.init levels (fun level ->
                    Array.init count (fun number ->
                        Slice(planes[level], Slice.direction planes[level].Length key level number, ranking)))

            Volatile.Write(&last, (key, count, slices))
            slices
