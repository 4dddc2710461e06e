namespace GaryMesh.Losses

open System

/// Puts cells into the order of their values by a radix sort, equal ones as they stand; the result is valid until the next call.
[<Sealed>]
type internal Ranking(cells: int) =
    let mutable keys, others = Array.zeroCreate<uint32> cells, Array.zeroCreate<uint32> cells
    let mutable order, next = Array.zeroCreate<int> cells, Array.zeroCreate<int> cells
    /// Bits of a digit: few cells have few digits, which are counted all.
    let bits = if cells < 2048 then 8 else 11
    let starts = Array.zeroCreate<int>(1 <<< bits)

    /// An unsigned number in whose order floats lie.
    static let key (value: float32) =
        let bits = BitConverter.SingleToUInt32Bits value
        if bits >>> 31 = 0u then bits ||| 0x80000000u else ~~~bits

    member _.Of(values: float32[]) : int[] =
        for cell in 0 .. cells - 1 do
            keys[cell] <- key values[cell]
            order[cell] <- cell

        for shift in 0..bits..31 do
            Array.Clear starts

            for at in 0 .. cells - 1 do
                let digit = int (keys[at] >>> shift) &&& (starts.Length - 1)
                starts[digit] <- starts[digit] + 1

            let mutable first = 0

            for digit in 0 .. starts.Length - 1 do
                let count = starts[digit]
                starts[digit] <- first
                first <- first + count

            for at in 0 .. cells - 1 do
                let digit = int (keys[at] >>> shift) &&& (starts.Length - 1)
                let place = starts[digit]
                starts[digit] <- place + 1
                others[place] <- keys[at]
                next[place] <- order[at]

            let sorted, sortedKeys = next, others
            next <- order
            others <- keys
            order <- sorted
            keys <- sortedKeys

        order
