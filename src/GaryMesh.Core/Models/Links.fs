namespace GaryMesh

open System
open System.Collections.Generic

/// How the cosine of two cells' outputs becomes a logit.
module private Steepness =
    /// Found on validation edges of Cora, where 5, 6 and 8 come to the same within their spread.
    [<Literal>]
    let value = 6.0

    /// So that nothing is divided by zero.
    [<Literal>]
    let tiny = 1e-12

/// Which cells of a graph are joined, for a model that is to tell joined pairs from others. The logit of a pair goes by the cosine
/// of its cells' outputs: a graph autoencoder (Kipf and Welling, 2016) whose cells of few neighbours count like any other. Each
/// batch has as many pairs again that are not joined, drawn anew.
[<Sealed>]
type Links private (sources: int[], targets: int[], known: HashSet<struct (int * int)>, cells: int, seed: uint64) =
    let ordered a b = if a < b then struct (a, b) else struct (b, a)

    // A graph that joins nearly all pairs has few others: a joined pair is taken after so many draws.
    let tries = 64

    let other key number =
        let draw attempt =
            let at = 2L * (int64 number * int64 tries + int64 attempt)
            let a = Counter.below cells key at
            struct (a, (a + 1 + Counter.below (cells - 1) key (at + 1L)) % cells)

        let rec find attempt =
            let struct (a, b) = draw attempt

            if attempt + 1 < tries && known.Contains(ordered a b) then
                find (attempt + 1)
            else
                struct (a, b)

        find 0

    /// <summary>The pairs of a graph of so many cells; what is drawn follows from the seed.</summary>
    /// <exception cref="T:System.ArgumentException">There is no pair or not as many targets as sources, there are fewer than 2
    /// cells, or a cell is none of the graph's.</exception>
    new(cells: int, sources: int[], targets: int[], seed: uint64) =
        if sources.Length <> targets.Length || sources.Length = 0 then
            Guard.refuse
                $"Links are pairs of cells, at least one, but there are {sources.Length} sources and {targets.Length} targets."

        if cells < 2 then
            Guard.refuse $"Links join 2 cells, but the graph has {cells}."

        for cell in Seq.append sources targets do
            if uint32 cell >= uint32 cells then
                Guard.refuse $"A link names cell {cell}, but the graph has the cells 0 to {cells - 1}."

        let known = HashSet()

        for i in 0 .. sources.Length - 1 do
            known.Add(struct (min sources[i] targets[i], max sources[i] targets[i])) |> ignore

        Links(sources, targets, known, cells, seed)

    /// One cell of each pair.
    member _.Sources = ReadOnlyMemory sources
    /// The other.
    member _.Targets = ReadOnlyMemory targets

    /// The same for another set of pairs, of which those here count as joined, too: to validate by.
    member _.Others(sources: int[], targets: int[]) =
        let others = Links(cells, sources, targets, seed + 1UL)
        Links(sources, targets, HashSet(Seq.append known others.Known), cells, seed + 1UL)

    member internal _.Known = known

    /// <summary>How sure a pair of outputs is of being joined, as a logit: 6 (cosine - 1/2).</summary>
    /// <exception cref="T:System.ArgumentException">They are not of one length.</exception>
    static member Logit(one: ReadOnlySpan<float32>, another: ReadOnlySpan<float32>) =
        if one.Length <> another.Length then
            Guard.refuse $"Two cells have as many outputs each, but {one.Length} and {another.Length} are given."

        let mutable dot, ones, others = 0.0, 0.0, 0.0

        for j in 0 .. one.Length - 1 do
            dot <- dot + float one[j] * float another[j]
            ones <- ones + float one[j] * float one[j]
            others <- others + float another[j] * float another[j]

        Steepness.value * (dot / (sqrt ones * sqrt others + Steepness.tiny) - 0.5)

    /// The cross-entropy of joined and drawn pairs in nats, summed, the number of pairs, and the derivative of the mean by the
    /// outputs [cells x width].
    member internal _.Evaluate(iteration: int, outputs: float32[], width: int) : struct (float * float * float32[]) =
        let total = 2 * sources.Length
        let key = Counter.key seed [ iteration ]
        let units, norms = Array.zeroCreate<float> outputs.Length, Array.zeroCreate<float> cells
        let pull = Array.zeroCreate<float> outputs.Length
        let mutable loss = 0.0

        for cell in 0 .. cells - 1 do
            let mutable squares = 0.0

            for i in cell * width .. (cell + 1) * width - 1 do
                squares <- squares + float outputs[i] * float outputs[i]

            norms[cell] <- sqrt squares + Steepness.tiny

            for i in cell * width .. (cell + 1) * width - 1 do
                units[i] <- float outputs[i] / norms[cell]

        let pair struct (a, b) (joined: float) =
            let mutable cosine = 0.0

            for j in 0 .. width - 1 do
                cosine <- cosine + units[a * width + j] * units[b * width + j]

            let logit = Steepness.value * (cosine - 0.5)
            // log(1 + exp(-|logit|)) does not overflow.
            loss <- loss + max logit 0.0 - logit * joined + Math.Log(1.0 + exp -(abs logit))
            let slope = Steepness.value * (1.0 / (1.0 + exp -logit) - joined) / float total

            for j in 0 .. width - 1 do
                pull[a * width + j] <- pull[a * width + j] + slope * units[b * width + j]
                pull[b * width + j] <- pull[b * width + j] + slope * units[a * width + j]

        for i in 0 .. sources.Length - 1 do
            pair struct (sources[i], targets[i]) 1.0
            pair (other key i) 0.0

        // The derivative by an output leaves out what would only make it longer.
        let adjoint = Array.zeroCreate<float32> outputs.Length

        for cell in 0 .. cells - 1 do
            let mutable along = 0.0

            for i in cell * width .. (cell + 1) * width - 1 do
                along <- along + units[i] * pull[i]

            for i in cell * width .. (cell + 1) * width - 1 do
                adjoint[i] <- float32 ((pull[i] - units[i] * along) / norms[cell])

        struct (loss, float total, adjoint)
