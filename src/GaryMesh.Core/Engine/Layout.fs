/// A graph and its perception as the kernels read them: cells in an order that keeps neighbours close, rows forward and
/// backward, weights beside the edges.
namespace GaryMesh.Kernels

open System
open Microsoft.FSharp.NativeInterop
open GaryMesh.Vectors
open GaryMesh
open GaryMesh.Graphs

/// The order of cells inside the engine.
module internal CellOrder =
    /// The mean distance in memory between a cell and those it sees.
    let private spread (graph: Graph) (placeOf: int -> int) =
        let mutable sum = 0.0

        for cell in 0 .. graph.Cells - 1 do
            for edge in graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 do
                sum <- sum + float (abs (placeOf cell - placeOf graph.Neighbours[edge]))

        sum / float (max 1 graph.Edges)

    /// The order in which cells lie in memory, or null for the user's own, which is kept where it is near enough.
    let choose (graph: Graph) : int[] | null =
        // A small graph fits the cache in any order.
        if graph.Cells <= 2048 || graph.Edges = 0 then
            null
        else
            let own = spread graph id

            if own < 256.0 then
                null
            else
                let order = BreadthFirst.order graph
                let placeOf = Array.zeroCreate graph.Cells
                order |> Array.iteri (fun place cell -> placeOf[cell] <- place)
                if spread graph (fun cell -> placeOf[cell]) < 0.7 * own then order else null

/// Rows of edges: for each cell the cells it is joined to and a weight per edge for each edged operator. Filled in place
/// by whoever makes them.
[<Sealed>]
type internal EdgeRows(cells: int, edges: int, width: int) =
    let start = new Buffer<int>(int64 cells + 1L)
    let joined = new Buffer<int>(int64 edges)
    let weights = new Buffer<float32>(int64 edges * int64 width)
    /// `cells + 1` positions, as in a graph.
    member _.Start = start.Pointer
    member _.Joined = joined.Pointer
    /// [edges x width]
    member _.Weights = weights.Pointer
    member _.Bytes = start.Bytes + joined.Bytes + weights.Bytes

    interface IDisposable with
        member _.Dispose() =
            (start :> IDisposable).Dispose()
            (joined :> IDisposable).Dispose()
            (weights :> IDisposable).Dispose()

/// Which words of 64 cells see which, as rows of a graph's: a word sees those that its cells see, and itself.
[<NoComparison; NoEquality>]
type internal WordRows =
    { Start: int[]
      Joined: int[] }

    /// Of so many words, by what each hands on.
    static member Of(words: int, each: int -> (int -> unit) -> unit) =
        let start, joined = Array.zeroCreate (words + 1), ResizeArray<int>()
        let lastSeer = Array.create words -1

        for word in 0 .. words - 1 do
            each word (fun other ->
                if lastSeer[other] <> word then
                    lastSeer[other] <- word
                    joined.Add other)

            start[word + 1] <- joined.Count

        { Start = start; Joined = joined.ToArray() }

    member rows.Bytes = 4L * int64 (rows.Start.Length + rows.Joined.Length)

    /// By the word that is seen.
    member rows.Turned =
        let words = rows.Start.Length - 1
        let seers = Array.init words (fun _ -> ResizeArray<int>())

        for word in 0 .. words - 1 do
            for at in rows.Start[word] .. rows.Start[word + 1] - 1 do
                seers[rows.Joined[at]].Add word

        WordRows.Of(words, (fun word take -> seers[word].ForEach take))

/// Everything about a graph under a perception that does not depend on the rule's weights.
[<Sealed>]
type internal Layout(graph: Graph, perception: Perception, spacing: float) =
    let stencil = Stencil(perception, graph, spacing)
    let edged, own = stencil.Edged, stencil.Own
    let width = edged.Length
    let order = CellOrder.choose graph

    let placeOf =
        match order with
        | null -> null
        | order ->
            let placeOf = Array.zeroCreate graph.Cells
            order |> Array.iteri (fun place cell -> placeOf[cell] <- place)
            placeOf

    let userOf place =
        match order with
        | null -> place
        | order -> order[place]

    let placeOfCell cell =
        match placeOf with
        | null -> cell
        | placeOf -> placeOf[cell]

    let forwardRows = new EdgeRows(graph.Cells, graph.Edges, width)
    let selfWeights = new Buffer<float32>(int64 graph.Cells * int64 width)

    do
        let rowStart, joined, weights = forwardRows.Start, forwardRows.Joined, forwardRows.Weights
        let mutable most = 0

        for cell in 0 .. graph.Cells - 1 do
            most <- max most (graph.Degree cell)

        // One cell's weights in double precision at a time.
        let itsEdges = Array.zeroCreate (most * width)
        let itsOwn = Array.zeroCreate width

        for place in 0 .. graph.Cells - 1 do
            let cell = userOf place
            let degree = graph.Degree cell
            let at = NativePtr.get rowStart place
            stencil.Weigh(cell, itsEdges, 0, itsOwn, 0)

            for i in 0 .. degree - 1 do
                NativePtr.set joined (at + i) (placeOfCell graph.Neighbours[graph.RowStart[cell] + i])

            for i in 0 .. degree * width - 1 do
                NativePtr.set weights (at * width + i) (float32 itsEdges[i])

            for k in 0 .. width - 1 do
                NativePtr.set selfWeights.Pointer (place * width + k) (float32 itsOwn[k])

            NativePtr.set rowStart (place + 1) (at + degree)

    /// The same edges by the cell that is seen: the adjoint gathers along them instead of scattering.
    let backwardRows =
        lazy
            (let rows = new EdgeRows(graph.Cells, graph.Edges, width)
             let rowStart, joined, weights = forwardRows.Start, forwardRows.Joined, forwardRows.Weights
             let backStart, seers, backWeights = rows.Start, rows.Joined, rows.Weights
             let next = Array.zeroCreate (graph.Cells + 1)

             for edge in 0 .. graph.Edges - 1 do
                 let seen = NativePtr.get joined edge
                 next[seen + 1] <- next[seen + 1] + 1

             for cell in 0 .. graph.Cells - 1 do
                 next[cell + 1] <- next[cell + 1] + next[cell]
                 NativePtr.set backStart (cell + 1) next[cell + 1]

             for cell in 0 .. graph.Cells - 1 do
                 for edge in NativePtr.get rowStart cell .. NativePtr.get rowStart (cell + 1) - 1 do
                     let seen = NativePtr.get joined edge
                     let at = next[seen]
                     next[seen] <- at + 1
                     NativePtr.set seers at cell

                     for k in 0 .. width - 1 do
                         NativePtr.set backWeights (at * width + k) (NativePtr.get weights (edge * width + k))

             rows)

    let seen =
        lazy
            (WordRows.Of(
                (graph.Cells + 63) / 64,
                fun word take ->
                    let first, last = 64 * word, min graph.Cells (64 * word + 64)
                    take word

                    for edge in NativePtr.get forwardRows.Start first .. NativePtr.get forwardRows.Start last - 1 do
                        take (NativePtr.get forwardRows.Joined edge >>> 6)
            ))

    let seers = lazy seen.Value.Turned

    member _.Graph = graph
    member _.Cells = graph.Cells
    /// The positions in the perception of the operators that look along edges; they come first inside the engine.
    member _.Edged = edged
    /// The positions of the operators that give the own state; they follow.
    member _.Own = own
    member _.Forward = forwardRows
    member _.Backward = backwardRows.Value
    /// The words that the words see.
    member _.Seen = seen.Value
    /// The words that see the words.
    member _.Seers = seers.Value
    /// Weight of the own state under each edged operator: [place x Edged.Length].
    member _.SelfWeights = selfWeights.Pointer
    /// The user's cell at each place, or null where both are the same.
    member _.Order = order

    /// The user's cell at a place.
    member _.UserOf(place: int) = userOf place
    /// The place of a cell of the user's.
    member _.PlaceOf(cell: int) = placeOfCell cell

    member _.Bytes =
        forwardRows.Bytes
        + selfWeights.Bytes
        + (if backwardRows.IsValueCreated then backwardRows.Value.Bytes else 0L)
        + (if seers.IsValueCreated then seen.Value.Bytes + seers.Value.Bytes else 0L)

    interface IDisposable with
        member _.Dispose() =
            (forwardRows :> IDisposable).Dispose()
            (selfWeights :> IDisposable).Dispose()

            if backwardRows.IsValueCreated then
                (backwardRows.Value :> IDisposable).Dispose()
