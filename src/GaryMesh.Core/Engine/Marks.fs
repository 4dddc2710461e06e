/// Sets of cells: a bit for each in words of 64 cells, and the words and stretches that a pass goes through.
namespace GaryMesh.Kernels

open System
open System.Numerics
open Microsoft.FSharp.NativeInterop
open GaryMesh.Vectors

module internal Bits =
    let words count = (count + 63) / 64

    /// Each bit of a word, counted from `start`.
    let inline each (bits: uint64) (start: int) ([<InlineIfLambda>] act: int -> unit) =
        let mutable left = bits

        while left <> 0UL do
            act (start + BitOperations.TrailingZeroCount left)
            left <- left &&& (left - 1UL)

    /// Each run of bits from `first`, a multiple of 64, to `last` - 1.
    let inline runs
        ([<InlineIfLambda>] bitsOf: int -> uint64)
        (first: int)
        (last: int)
        ([<InlineIfLambda>] act: int -> int -> unit)
        =
        let mutable start = -1

        for word in first >>> 6 .. (last - 1) >>> 6 do
            let bits = bitsOf word
            let mutable at = 0

            while at < 64 do
                if start < 0 then
                    at <- min 64 (at + BitOperations.TrailingZeroCount(bits >>> at))

                    if at < 64 then
                        start <- 64 * word + at
                else
                    at <- at + BitOperations.TrailingZeroCount(~~~(bits >>> at))

                    if at < 64 then
                        act start (64 * word + at)
                        start <- -1

        if start >= 0 then
            act start last

    /// The words of a graph of so many cells, all bits set.
    let all cells =
        let marks = new Buffer<uint64>(int64 (words cells))

        for cell in 0..64 .. cells - 1 do
            NativePtr.set marks.Pointer (cell >>> 6) (UInt64.MaxValue >>> max 0 (cell + 64 - cells))

        marks

/// The words of cells that a step has to do with, and the stretches that they lie in.
[<Sealed>]
type internal Region(words: int, wordsInStretch: int) =
    let set = Array.zeroCreate<uint64>(Bits.words words)
    let spare = Array.zeroCreate<uint64> set.Length
    let stretches = Array.zeroCreate<int>((words + wordsInStretch - 1) / wordsInStretch)
    let mutable busy = 0

    let add word = set[word >>> 6] <- set[word >>> 6] ||| (1UL <<< (word &&& 63))

    /// A bit for each word.
    member _.Set = set
    member _.Has(word: int) = (set[word >>> 6] >>> (word &&& 63)) &&& 1UL = 1UL
    member _.Clear() = Array.Clear set
    member _.Add(word: int) = add word

    member _.Add(others: uint64[]) =
        for i in 0 .. set.Length - 1 do
            set[i] <- set[i] ||| others[i]

    member _.Fill() =
        for word in 0 .. words - 1 do
            add word

    /// Takes in the words that its words are joined to.
    member _.Widen(start: int[], joined: int[]) =
        Array.Copy(set, spare, set.Length)

        for i in 0 .. spare.Length - 1 do
            Bits.each spare[i] (64 * i) (fun word ->
                for at in start[word] .. start[word + 1] - 1 do
                    add joined[at])

    /// Takes in every word of the stretches that its words lie in.
    member _.WidenToStretches() =
        Array.Copy(set, spare, set.Length)

        for i in 0 .. spare.Length - 1 do
            Bits.each spare[i] (64 * i) (fun word ->
                let first = word / wordsInStretch * wordsInStretch

                for other in first .. min words (first + wordsInStretch) - 1 do
                    add other)

    /// Lists the stretches, once every word is in.
    member _.Close() =
        busy <- 0

        for i in 0 .. set.Length - 1 do
            Bits.each set[i] (64 * i) (fun word ->
                let stretch = word / wordsInStretch

                if busy = 0 || stretches[busy - 1] <> stretch then
                    stretches[busy] <- stretch
                    busy <- busy + 1)

    member _.Stretches = busy
    member _.Stretch(index: int) = stretches[index]

module internal Region =
    /// The region's words among the cells `from` .. `until - 1`; `from` is a multiple of 64.
    let inline each (region: Region) (from: int) (until: int) ([<InlineIfLambda>] act: int -> unit) =
        for word in from >>> 6 .. (until - 1) >>> 6 do
            if region.Has word then
                act word

/// A bit for each cell, the `index`-th of as many in some memory; none is set outside the words that are held.
[<Sealed>]
type internal Marks(memory: Buffer<uint64>, index: int, words: int) =
    let bits = memory.At(int64 index * int64 words)
    let held = Array.zeroCreate<uint64>(Bits.words words)

    member _.Bits = bits
    /// A bit for each word.
    member _.Held = held
    member _.Hold(word: int) = held[word >>> 6] <- held[word >>> 6] ||| (1UL <<< (word &&& 63))

    member marks.HoldAll() =
        for word in 0 .. words - 1 do
            marks.Hold word

    /// Holds the words of a region and no others.
    member _.Renew(region: Region) =
        for i in 0 .. held.Length - 1 do
            Bits.each (held[i] &&& ~~~region.Set[i]) (64 * i) (fun word -> NativePtr.set bits word 0UL)
            held[i] <- region.Set[i]

    /// So many sets in one memory.
    static member Many(memory: Buffer<uint64>, count: int, words: int) =
        Array.init count (fun index -> Marks(memory, index, words))
