namespace GaryMesh

open System
open System.Collections.Generic
open System.Globalization
open System.IO

module private Ending =
    let of' (path: string) =
        match Path.GetExtension(Gzip.inner path) with
        | null -> ""
        | ending -> ending.ToLowerInvariant()

    let known = [ ".obj"; ".ply"; ".off"; ".stl"; ".csv"; ".tsv"; ".npz" ]

/// How many cells a word or file may name: a number is quickly written by a few zeros too many, and a graph of so many
/// cells would fill the memory before anything is wrong.
module private Limit =
    let private most = 1L <<< 26
    let private shown (number: int64) = number.ToString("N0", CultureInfo.InvariantCulture)

    let word (word: string) (cells: int64) =
        if cells > most then
            Guard.refuse $"{word} has {shown cells} cells, more than the {shown most} that a graph word may ask for."

    let cells (path: string) (cells: int64) =
        if cells > most then
            Guard.badData $"{path} asks for {shown cells} cells, more than {shown most}."

    let last (path: string) (cell: int64) =
        if cell >= most then
            let numbered = "number the cells from 0 without gaps"

            Guard.badData
                $"{path} names cell {cell}, so the graph would have {shown (cell + 1L)} cells, more than {shown most}; {numbered}."

module private EdgeList =
    let number (text: string) =
        match Int64.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) with
        | true, value when value < Int64.MaxValue -> ValueSome value
        | _ -> ValueNone

    let read (path: string) =
        let separator = if Ending.of' path = ".tsv" then '\t' else ','
        let sources, targets, weights = List<int>(), List<int>(), List<float>()
        let mutable cells = ValueNone
        let mutable directed = false
        let mutable line = 0
        let mutable first = true
        let bad what = Guard.badData $"{path}, line {line}: {what}."

        let add (text: string) =
            let fields = text.Split(separator, StringSplitOptions.TrimEntries)

            if first && (number fields[0]).IsNone then
                ()
            elif fields.Length < 2 || fields.Length > 3 then
                bad $"an edge has a source, a target and perhaps a weight, but there are {fields.Length} fields"
            else
                for field, ends in [ fields[0], sources; fields[1], targets ] do
                    match number field with
                    | ValueSome cell when cell >= 0L ->
                        Limit.last path cell
                        ends.Add(int cell)
                    | ValueSome cell -> bad $"cells are counted from 0, but an edge names cell {cell}"
                    | ValueNone -> bad $"a cell is a whole number, but '{field}' is none"

                if fields.Length = 3 then
                    match Double.TryParse(fields[2], NumberStyles.Float, CultureInfo.InvariantCulture) with
                    | true, weight when Double.IsFinite weight -> weights.Add weight
                    | _ -> bad $"a weight is a finite number, but '{fields[2]}' is none"

                if weights.Count <> 0 && weights.Count <> sources.Count then
                    bad "either every edge has a weight or none, but here that changes"

            first <- false

        for text in File.ReadLines path do
            line <- line + 1
            let text = text.Trim()

            if text.StartsWith '#' then
                let words = text.Substring(1).Split([| ' '; ':'; '\t' |], StringSplitOptions.RemoveEmptyEntries)

                match words with
                | [| "directed" |] -> directed <- true
                | [| "cells"; count |] ->
                    match number count with
                    | ValueSome count when count >= 1L ->
                        Limit.cells path count
                        cells <- ValueSome(int count)
                    | _ -> bad $"the number of cells is a whole number of at least 1, but '{count}' is none"
                | _ -> ()
            elif text <> "" then
                add text

        if sources.Count = 0 && cells.IsNone then
            Guard.badData $"{path} holds no edge and does not say how many cells there are (# cells N)."

        let cells =
            match cells with
            | ValueSome cells -> cells
            | ValueNone -> 1 + max (Seq.max sources) (Seq.max targets)

        Graph.OfEdges(
            cells,
            sources.ToArray(),
            targets.ToArray(),
            directed,
            (if weights.Count = 0 then null else weights.ToArray()),
            null
        )

module private GraphArchive =
    let known = [ "edges"; "weights"; "positions"; "cells"; "directed" ]

    let read (path: string) =
        let entries = Npz.Read path
        let bad what : 'a = Guard.badData $"{path}: {what}."

        let get (name: string) =
            match entries.TryGetValue name with
            | true, found -> Some found
            | _ -> None

        for name in entries.Keys do
            if not (List.contains name known) then
                bad $"""a graph holds {String.Join(", ", known)}, but there is an entry '{name}'"""

        let edges =
            match get "edges" with
            | Some edges when edges.Shape.Length = 2 && edges.Shape[1] = 2 -> edges.ToInt32()
            | Some edges -> bad $"""'edges' must be [E x 2], but is [{String.Join(" x ", edges.Shape)}]"""
            | None -> bad "a graph needs the array 'edges' [E x 2], but there is none"

        let ends side = Array.init (edges.Length / 2) (fun e -> edges[2 * e + side])

        let positions =
            match get "positions" with
            | Some places when places.Shape.Length = 2 && places.Shape[1] = 3 -> Some(places.ToFloat64())
            | Some places -> bad $"""'positions' must be [cells x 3], but is [{String.Join(" x ", places.Shape)}]"""
            | None -> None

        let single name (value: NpyArray -> 'v) =
            match get name with
            | Some held when held.Length = 1 -> Some(value held)
            | Some held -> bad $"'{name}' must be a single value, but has {held.Length}"
            | None -> None

        let cells =
            match single "cells" (fun held -> held.ToInt32()[0]), positions with
            | Some cells, _ -> cells
            | None, Some positions -> positions.Length / 3
            | None, None when edges.Length = 0 -> bad "there is no edge, and nothing says how many cells there are"
            | None, None ->
                Limit.last path (int64 (Array.max edges))
                Array.max edges + 1

        Limit.cells path (int64 cells)

        let weights = get "weights" |> Option.map (fun held -> held.ToFloat64())
        let directed = single "directed" (fun held -> held.ToBool()[0])

        Graph.OfEdges(cells, ends 0, ends 1, defaultArg directed false, Option.toObj weights, Option.toObj positions)

[<AbstractClass; Sealed>]
type GraphFile =

    static member Parse(word: string) =
        let refuse () : 'a =
            Guard.refuse
                $"A graph is ring:N, line:N, grid:HxW, torus:HxW, torus6:HxW, icosphere:F or a file (.obj, .ply, .off, .stl, .csv, .tsv, .npz), but '{word}' is none of them."

        let whole (text: string) =
            match Int32.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) with
            | true, value -> value
            | _ -> refuse ()

        let single (text: string) (cellsOf: int64 -> int64) =
            let size = whole text
            Limit.word word (cellsOf (int64 size))
            size

        let sides (text: string) =
            match text.Split 'x' with
            | [| height; width |] ->
                let height, width = whole height, whole width
                Limit.word word (if height < 0 || width < 0 then 0L else int64 height * int64 width)
                height, width
            | _ -> refuse ()

        match word.Split ':' with
        | [| "ring"; cells |] -> Graph.Ring(single cells id)
        | [| "line"; cells |] -> Graph.Line(single cells id)
        | [| "grid"; text |] -> Graph.Grid(sides text)
        | [| "torus"; text |] -> Graph.Torus(sides text)
        | [| "torus6"; text |] -> Graph.Torus6(sides text)
        | [| "icosphere"; frequency |] -> Graph.Icosphere(single frequency (fun f -> 10L * f * f + 2L))
        | _ -> refuse ()

    static member Read(path: string) =
        let read () =
            match Ending.of' path with
            | ".csv"
            | ".tsv" -> EdgeList.read path
            | ".npz" -> GraphArchive.read path
            | _ ->
                let mesh = MeshFile.Read(path).Normalised()
                Graph.OfTriangles(path, mesh.Vertices.ToArray(), mesh.Faces.ToArray())

        if not (List.contains (Ending.of' path) Ending.known) then
            let known = String.Join(", ", Ending.known)
            Guard.refuse $"A graph file ends in one of {known}, but {path} does not."

        try
            read().Named(string (Path.GetFileName path))
        with :? ArgumentException as refusal ->
            // What a graph refuses is here what the file holds.
            let parameter = refusal.Message.IndexOf(" (Parameter '", StringComparison.Ordinal)

            let message =
                if parameter < 0 then
                    refusal.Message
                else
                    refusal.Message.Substring(0, parameter)

            raise (InvalidDataException($"{path}: {message}", refusal))

    static member Of(wordOrPath: string) =
        if List.contains (Ending.of' wordOrPath) Ending.known then
            GraphFile.Read wordOrPath
        else
            GraphFile.Parse wordOrPath
