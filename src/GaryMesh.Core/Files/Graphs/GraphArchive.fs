/// Archives of edges (.npz): our own, and sparse matrices as SciPy saves them.
module internal GaryMesh.Graphs.GraphArchive

open System
open System.Collections.Generic
open GaryMesh
open GaryMesh.Arrays

/// Whether the arrays are those of a sparse matrix.
let isSparse (arrays: IReadOnlyDictionary<string, NpyArray>) =
    arrays.ContainsKey "indptr"
    || arrays.ContainsKey "row"
    || arrays.ContainsKey "offsets" && arrays.ContainsKey "data"

let private shown (shape: int[]) = String.Join(" x ", shape)

let private own (path: string) (wishes: Wishes) (entries: IReadOnlyDictionary<string, NpyArray>) : Reading =
    let file = ArchiveReader(path, entries)
    let perhaps entry read = if file.Has entry then Some(read entry) else None
    let edges = file.Longs("edges", -1, 2)
    let weights = perhaps "weights" (fun entry -> file.Doubles(entry, edges.Length / 2))
    let positions = perhaps "positions" (fun entry -> file.Doubles(entry, -1, 3))
    let table = EdgeTable(path, wishes, 4L * edges.LongLength)
    perhaps "directed" file.Truth |> Option.iter table.Says

    match perhaps "cells" file.Int with
    | Some cells when cells < 1 -> file.Bad $"the number of cells is at least 1, but 'cells' is {cells}"
    | Some cells -> table.Cells(int64 cells)
    | None -> ()

    file.CheckAllRead "the graph"

    for edge in 0 .. edges.Length / 2 - 1 do
        let source, target = table.Numbered edges[2 * edge], table.Numbered edges[2 * edge + 1]

        match weights with
        | Some weights -> table.Add(source, target, weights[edge])
        | None -> table.Add(source, target)

    table.Finish positions

let private sparse (path: string) (wishes: Wishes) (entries: IReadOnlyDictionary<string, NpyArray>) : Reading =
    let bad (what: FormattableString) : 'a = Guard.badData $"{path}: {what}."

    let get (name: string) =
        match entries.TryGetValue name with
        | true, found when found.Shape.Length <= 1 -> found
        | true, found -> bad $"'{name}' of a sparse matrix must have one axis, but is [{shown found.Shape}]"
        | _ -> bad $"a sparse matrix needs the array '{name}', but there is none"

    let format =
        match (get "format").ToText() with
        | [| "csr" | "csc" | "coo" as format |] -> format
        | texts ->
            bad
                $"sparse matrices are read as csr, csc and coo, but the format is '{Foreign.shown (String.Join(' ', texts))}'"

    let cells =
        match (get "shape").ToInt64() with
        | [| rows; columns |] when rows = columns && rows > 0L -> rows
        | shape -> bad $"""a matrix of edges is as high as wide, but the shape is [{String.Join(" x ", shape)}]"""

    let values =
        match get "data" with
        | data when data.Type = NpyType.Bool -> data.ToBool() |> Array.map (fun held -> if held then 1.0 else 0.0)
        | data -> data.ToFloat64()

    let index (name: string) =
        let found = (get name).ToInt64()

        if found.Length <> values.Length then
            bad $"there are {values.Length} values, but {found.Length} of '{name}'"

        found

    let rows, columns =
        if format = "coo" then
            index "row", index "col"
        else
            let other, starts = index "indices", (get "indptr").ToInt64()

            if
                starts.LongLength <> cells + 1L
                || starts[0] <> 0L
                || starts[starts.Length - 1] <> values.LongLength
                || Array.exists2 (>) starts[.. starts.Length - 2] starts[1..]
            then
                bad $"'indptr' must rise from 0 to {values.Length} in {cells + 1L} numbers, but does not"

            let lines = Array.zeroCreate values.Length

            for line in 0 .. starts.Length - 2 do
                Array.Fill(lines, int64 line, int starts[line], int (starts[line + 1] - starts[line]))

            if format = "csr" then lines, other else other, lines

    // A matrix with an index array of rows has described each of its cells.
    let table =
        EdgeTable(path, wishes, 16L * values.LongLength + (if format = "coo" then 0L else 4L * cells))

    table.Note $"a sparse matrix ({format}): entry [i, j] is an edge from i to j"
    table.Says true
    table.Cells cells
    let weighted = Array.exists (fun value -> value <> 1.0) values

    for edge in 0 .. values.Length - 1 do
        let source, target = table.Numbered rows[edge], table.Numbered columns[edge]

        if weighted then
            table.Add(source, target, values[edge])
        else
            table.Add(source, target)

    table.Finish None

let read (path: string) (wishes: Wishes) (entries: IReadOnlyDictionary<string, NpyArray>) : Reading =
    if isSparse entries then sparse path wishes entries else own path wishes entries
