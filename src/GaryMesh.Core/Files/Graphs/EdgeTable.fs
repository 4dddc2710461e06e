namespace GaryMesh.Graphs

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.Globalization
open GaryMesh
open GaryMesh.Arrays

/// How many cells a word or file may name: a number is quickly written by a few zeros too many, and a graph of so many
/// cells would fill the memory before anything is wrong.
module internal CellLimit =
    /// Of a graph that is made whole.
    let graph = 1L <<< 26
    /// Of one that is made in parts: as many as an index counts.
    let lattice = int64 Int32.MaxValue - 64L
    let private shown (number: int64) = number.ToString("N0", CultureInfo.InvariantCulture)
    let private numbered = "number the cells from 0 without gaps"

    let word (most: int64) (word: string) (cells: int64) =
        if cells > most then
            Guard.refuse $"{word} has {shown cells} cells, more than the {shown most} that a graph word may ask for."

    let cells (path: string) (cells: int64) =
        if cells > graph then
            Guard.badData $"{path} asks for {shown cells} cells, more than {shown graph}."

    let last (path: string) (cell: int64) =
        if cell >= graph then
            Guard.badData
                $"{path} names cell {cell}, so the graph would have {shown (cell + 1L)} cells, more than {shown graph}; {numbered}, or ask for :named."

    /// A graph of more than 2^20 cells needs at least a byte of edges for each.
    let described (path: string) (cells: int64) (bytes: int64) =
        if cells > max bytes (1L <<< 20) then
            Guard.badData
                $"{path} has {shown bytes} bytes of edges, too few for a graph of {shown cells} cells; {numbered}."

/// What the words behind a file's name ask for, as in `web.txt:directed:merge`.
type internal Wishes =
    { Directed: bool option
      OneBased: bool
      Named: bool
      Merge: bool }

    static member None = { Directed = None; OneBased = false; Named = false; Merge = false }

    /// The wishes with one word more, where there is such a word.
    member wishes.With(word: string) =
        match word with
        | "directed" -> Some { wishes with Directed = Some true }
        | "undirected" -> Some { wishes with Directed = Some false }
        | "one-based" -> Some { wishes with OneBased = true }
        | "named" -> Some { wishes with Named = true }
        | "merge" -> Some { wishes with Merge = true }
        | _ -> None

/// What a reader made of a file.
[<NoComparison; NoEquality>]
type internal Reading = { Graph: Graph; Names: string[]; Notes: string list; Warnings: string list }

/// The edges of a file as every reader of edges gathers them, `bytes` long, and the graph that they come to.
[<Sealed>]
type internal EdgeTable(path: string, wishes: Wishes, bytes: int64) =
    let sources, targets, weights = List<int>(), List<int>(), List<float>()
    let names = Dictionary<string, int> StringComparer.Ordinal
    let notes, warnings = List<string>(), List<string>()
    let mutable directed = None
    let mutable cells = None
    let mutable nodes = None
    let mutable base' = if wishes.OneBased then 1 else 0
    let bad (what: FormattableString) : 'a = Guard.badData $"{path}: {what}."

    /// For each edge whether it repeats an earlier one; between the same cells either way round, unless directed.
    let repeats directed =
        let keys =
            Array.init sources.Count (fun edge ->
                let s, t = sources[edge], targets[edge]
                let s, t = if directed || s < t then s, t else t, s
                (int64 s <<< 32) ||| int64 t)

        let edges = Array.init keys.Length id
        Array.Sort(keys, edges)
        let first = Array.create keys.Length -1
        let mutable start = 0

        for at in 1 .. keys.Length do
            if at = keys.Length || keys[at] <> keys[start] then
                if at > start + 1 then
                    Array.Sort(edges, start, at - start)

                    for i in start + 1 .. at - 1 do
                        first[edges[i]] <- edges[start]

                start <- at

        first

    /// For each cell up to the highest whether an edge names it.
    let touched (highest: int) =
        let touched = Array.zeroCreate<bool>(highest + 1)

        for edge in 0 .. sources.Count - 1 do
            touched[sources[edge]] <- true
            touched[targets[edge]] <- true

        touched

    /// Cells that are named by numbers with gaps, numbered without them in the same order.
    let compact (count: int) (highest: int) =
        CellLimit.described path (int64 highest + 1L) bytes
        let touched = touched highest

        let known =
            [| for cell in 0..highest do
                   if touched[cell] then
                       cell |]

        if known.Length = count then
            let place = Array.zeroCreate (highest + 1)
            known |> Array.iteri (fun at cell -> place[cell] <- at)

            for ends in [ sources; targets ] do
                for edge in 0 .. ends.Count - 1 do
                    ends[edge] <- place[ends[edge]]

            notes.Add
                $"cell numbers have gaps up to {known[count - 1]}: the {count} that edges name are numbered in their order"
        else
            bad
                $"it says that it has {count} nodes, but its edges name {known.Length}, up to number {known[known.Length - 1]}"

    member _.Count = sources.Count
    member _.HasWeights = weights.Count > 0
    member _.Note(what: string) = notes.Add what
    member _.Warn(what: string) = warnings.Add what

    /// What the file says of its direction.
    member _.Says(isDirected: bool) =
        if directed = Some(not isDirected) then
            bad $"it says that its edges are directed, and that they are not"

        directed <- Some isDirected

    /// The number of cells, which are counted from 0.
    member _.Cells(count: int64) =
        CellLimit.cells path count
        cells <- Some(int count)

    /// The number of nodes that the file says it has, which may be numbered with gaps.
    member _.Nodes(count: int64) =
        CellLimit.cells path count
        nodes <- Some(int count)

    member _.CountsFromOne() = base' <- 1

    /// A cell by its name: cells are numbered as their names first come.
    member _.Called(name: string) : int =
        match names.TryGetValue name with
        | true, cell -> cell
        | _ ->
            names.Add(name, names.Count)
            names.Count - 1

    /// A cell by its number in the file.
    member table.Numbered(number: int64) : int =
        if wishes.Named then
            table.Called(number.ToString CultureInfo.InvariantCulture)
        else
            if number < 0L then
                bad $"cells are counted from 0, but an edge names cell {number}"

            CellLimit.last path number
            int number

    member _.Add(source: int, target: int) =
        sources.Add source
        targets.Add target

    member _.Add(source: int, target: int, weight: float) =
        if not (Double.IsFinite weight) then
            bad $"a weight is a finite number, but that of edge {sources.Count} is {weight}"

        sources.Add source
        targets.Add target
        weights.Add weight

    member _.Finish(positions: float[] option) : Reading =
        let isDirected = defaultArg wishes.Directed (defaultArg directed false)

        notes.Add(
            match wishes.Directed, directed, isDirected with
            | Some _, _, true -> "directed, as asked for: the target of an edge sees its source"
            | Some _, _, false -> "undirected, as asked for"
            | None, Some _, true -> "directed, as the file says: the target of an edge sees its source"
            | None, Some _, false -> "undirected, as the file says"
            | None, None, _ -> "undirected: the file does not say otherwise (:directed)"
        )

        if sources.Count = 0 && cells.IsNone && nodes.IsNone && positions.IsNone then
            Guard.badData $"{path} holds no edge and does not say how many cells there are (# cells N)."

        let mutable lowest, highest = Int32.MaxValue, -1

        for edge in 0 .. sources.Count - 1 do
            lowest <- min lowest (min sources[edge] targets[edge])
            highest <- max highest (max sources[edge] targets[edge])

        if names.Count > 0 then
            if wishes.OneBased then
                bad $"its cells are named, so that they cannot be counted from 1"

            let shown = names.Keys |> Seq.truncate 3 |> Seq.map Foreign.shown |> String.concat ", "
            notes.Add $"cells are named ({shown}, ...) and numbered in the order in which the names come"
        elif sources.Count > 0 then
            // A file that says how many nodes it has shows that it counts them from 1.
            if nodes = Some highest && lowest = 1 then
                base' <- 1

            if base' = 1 then
                if lowest < 1 then
                    bad $"cells are counted from 1, but an edge names cell 0"

                for ends in [ sources; targets ] do
                    for edge in 0 .. ends.Count - 1 do
                        ends[edge] <- ends[edge] - 1
            elif lowest = 1 && cells.IsNone && nodes.IsNone && positions.IsNone then
                warnings.Add "no edge names cell 0: a file that counts from 1 is read by :one-based"

            notes.Add $"cells are numbers counted from {base'}"

            match nodes with
            | Some count when highest - base' >= count -> compact count (highest - base')
            | _ -> ()

        let count =
            match cells, nodes, positions with
            | Some count, _, _ -> count
            | None, Some count, _ ->
                if names.Count > count then
                    bad $"it says that it has {count} nodes, but its edges name {names.Count}"

                count
            | None, None, None -> if names.Count > 0 then names.Count else highest - base' + 1
            | None, None, Some places -> places.Length / 3

        CellLimit.described
            path
            (int64 count)
            (bytes
             + (match positions with
                | Some places -> 8L * places.LongLength
                | None -> 0L))

        let first = repeats isDirected
        let repeated = first |> Array.sumBy (fun edge -> if edge < 0 then 0 else 1)

        let kept =
            if wishes.Merge then
                [| for edge in 0 .. first.Length - 1 do
                       if first[edge] < 0 then
                           edge |]
            else
                [||]

        if wishes.Merge then
            for edge in 0 .. first.Length - 1 do
                if weights.Count > 0 && first[edge] >= 0 && weights[edge] <> weights[first[edge]] then
                    bad
                        $"the edges {first[edge]} and {edge} cannot be merged: they join the same cells, but weigh {weights[first[edge]]} and {weights[edge]}"

            notes.Add $"repeated edges left out: {repeated}"
        elif repeated > 0 then
            let both = if isDirected then "" else " (both directions listed?)"

            warnings.Add
                $"{repeated} of {sources.Count} edges stand more than once{both}, and each time count; :merge keeps one of each"

        let pick (values: List<'a>) =
            if wishes.Merge then
                kept |> Array.map (fun edge -> values[edge])
            else
                values.ToArray()

        let weights = if weights.Count = 0 then null else pick weights

        let graph =
            Graph.OfEdges(count, pick sources, pick targets, isDirected, weights, Option.toObj positions)

        if names.Count = 0 && cells.IsNone && nodes.IsNone && positions.IsNone then
            let alone = touched (count - 1) |> Array.sumBy (fun named -> if named then 0 else 1)

            if alone > count / 2 then
                warnings.Add
                    $"{alone} of {count} cells have no edge: cell numbers with gaps are read as names by :named"

        { Graph = graph
          // A dictionary that nothing was taken from keeps its order. Nodes that no edge names have no name.
          Names =
            if names.Count = 0 then
                [||]
            else
                Array.append (Array.ofSeq names.Keys) (Array.create (count - names.Count) "")
          Notes = List.ofSeq notes
          Warnings = List.ofSeq warnings }
