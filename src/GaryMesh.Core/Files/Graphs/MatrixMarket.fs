/// Sparse matrices as text in the Matrix Market's form (.mtx).
module internal GaryMesh.Graphs.MatrixMarket

open System
open System.Globalization
open System.IO
open System.Text
open GaryMesh
open GaryMesh.Arrays

let read (path: string) (wishes: Wishes) (bytes: byte[]) : Reading =
    use reader = new StreamReader(new MemoryStream(bytes), UTF8Encoding false)
    let mutable line = 0
    let bad (what: FormattableString) : 'a = Guard.badData $"{path}, line {line}: {what}."

    let next () =
        line <- line + 1
        reader.ReadLine()

    let words (text: string) = text.Split([| ' '; '\t' |], StringSplitOptions.RemoveEmptyEntries)

    let pattern, undirected =
        match
            (match next () with
             | null -> ""
             | text -> text)
                .ToLowerInvariant()
            |> words
        with
        | [| "%%matrixmarket"
             "matrix"
             "coordinate"
             ("real" | "integer" | "pattern") as field
             ("general" | "symmetric") as symmetry |] -> field = "pattern", (symmetry = "symmetric")
        | [| "%%matrixmarket"; _; _; _; _ |] as given ->
            bad
                $"a coordinate matrix is read that is real, integer or pattern and general or symmetric, but this is '{Foreign.shown (String.Join(' ', given[1..]))}'"
        | _ -> bad $"a Matrix Market file begins with '%%MatrixMarket matrix coordinate'"

    let table = EdgeTable(path, wishes, bytes.LongLength)
    table.Note "a sparse matrix: entry [i, j] is an edge from i to j"
    table.CountsFromOne()
    table.Says(not undirected)
    let mutable entries = -1L
    let mutable text = next ()

    let number (word: string) =
        match EdgeText.whole word with
        | ValueSome value -> value
        | ValueNone -> bad $"'{Foreign.shown word}' is not a whole number"

    while not (isNull text) do
        match words (nonNull text) with
        | [||] -> ()
        | given when given[0].StartsWith '%' -> ()
        | [| rows; columns; count |] when entries < 0L ->
            if number rows <> number columns || number rows < 1L then
                bad $"a matrix of edges is as high as wide, but the sizes are {number rows} x {number columns}"

            entries <- number count
            table.Cells(number rows)
        | given when entries >= 0L && given.Length = (if pattern then 2 else 3) ->
            let cell word = table.Numbered(number word)
            let source, target = cell given[0], cell given[1]

            if pattern then
                table.Add(source, target)
            else
                match Double.TryParse(given[2], NumberStyles.Float, CultureInfo.InvariantCulture) with
                | true, value when Double.IsFinite value -> table.Add(source, target, value)
                | _ -> bad $"a weight is a finite number, but '{Foreign.shown given[2]}' is none"
        | given ->
            bad
                $"""{if entries < 0L then "3 sizes"
                     elif pattern then "2 numbers"
                     else "3 numbers"} are expected, but the line has {given.Length} fields"""

        text <- next ()

    if entries <> int64 table.Count then
        Guard.badData $"{path}: the sizes promise {max 0L entries} entries, but there are {table.Count}."

    table.Finish None
