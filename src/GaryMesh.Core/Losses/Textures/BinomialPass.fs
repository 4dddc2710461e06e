namespace GaryMesh.Losses

open GaryMesh.Graphs

/// A pass of `Bank`'s binomial filter at a stride in single precision, over maps [cells x maps], and its adjoint.
[<Sealed>]
type internal BinomialPass(maps: int, strides: Strides, cells: int) =
    let directions = strides.Directions
    let struct (own, others) = Bank.weights directions
    let own, others = float32 own, Array.map float32 others

    member _.Forward(level: int, values: float32[]) : float32[] =
        let table, next = strides.Table level, Array.zeroCreate<float32> values.Length

        for cell in 0 .. cells - 1 do
            for m in 0 .. maps - 1 do
                let mutable sum = own * values[cell * maps + m]

                for d in 0 .. directions - 1 do
                    sum <- sum + others[d] * values[table[cell * directions + d] * maps + m]

                next[cell * maps + m] <- sum

        next

    /// Scatters along the same table.
    member _.Back(level: int, bar: float32[]) : float32[] =
        let table, next = strides.Table level, Array.zeroCreate<float32> bar.Length

        for cell in 0 .. cells - 1 do
            for m in 0 .. maps - 1 do
                let b = bar[cell * maps + m]
                next[cell * maps + m] <- next[cell * maps + m] + own * b

                for d in 0 .. directions - 1 do
                    let at = table[cell * directions + d] * maps + m
                    next[at] <- next[at] + others[d] * b

        next
