/// Lists of edges as text: a line for each, its fields between tabs, commas, semicolons or blanks.
module internal GaryMesh.Graphs.EdgeText

open System
open System.Collections.Generic
open System.Globalization
open System.IO
open System.Text
open GaryMesh
open GaryMesh.Arrays

let private invariant = CultureInfo.InvariantCulture

let private sourceNames =
    set [ "source"; "src"; "from"; "u"; "i"; "row"; "node1"; "id1"; "start"; "fromnode"; "fromnodeid" ]

let private targetNames =
    set
        [ "target"
          "dst"
          "dest"
          "destination"
          "to"
          "v"
          "j"
          "col"
          "column"
          "node2"
          "id2"
          "end"
          "tonode"
          "tonodeid" ]

let private weightNames = set [ "weight"; "w"; "value"; "cost"; "distance"; "length"; "sign" ]

/// A column's name without case, blanks and signs.
let private plain (name: string) = String.filter Char.IsLetterOrDigit (name.ToLowerInvariant())

/// A whole number, also one that was written as a decimal fraction (1.0, 1e0).
let whole (text: string) =
    match Int64.TryParse(text, NumberStyles.AllowLeadingSign, invariant) with
    | true, value when value < Int64.MaxValue -> ValueSome value
    | _ ->
        match Double.TryParse(text, NumberStyles.Float, invariant) with
        | true, value when abs value < 9e15 && Math.Floor value = value -> ValueSome(int64 value)
        | _ -> ValueNone

let private isNumber (text: string) = fst (Double.TryParse(text, NumberStyles.Float, invariant))

type private Separator =
    | Blanks
    | Sign of char

    static member Of(line: string) =
        // What NetworkX writes behind an edge may hold commas.
        let line = line.Split('{')[0]

        match [ '\t'; ','; ';' ] |> List.tryFind (fun sign -> line.Contains sign) with
        | Some sign -> Sign sign
        | None -> Blanks

    member separator.Text =
        match separator with
        | Blanks -> "blanks"
        | Sign '\t' -> "tabs"
        | Sign ',' -> "commas"
        | Sign _ -> "semicolons"

    member separator.Split(line: string) : string[] =
        match separator with
        | Blanks ->
            let edge, data =
                match line.IndexOf '{' with
                | -1 -> line, [||]
                | at -> line.Substring(0, at), [| line.Substring(at).Trim() |]

            Array.append (edge.Split([| ' '; '\t' |], StringSplitOptions.RemoveEmptyEntries)) data
        | Sign sign when not (line.Contains '"') -> line.Split(sign, StringSplitOptions.TrimEntries)
        | Sign sign ->
            // A quoted field may hold the separator, and a quote twice.
            let fields, field = List<string>(), StringBuilder()
            let mutable quoted = false

            for at in 0 .. line.Length - 1 do
                match line[at] with
                | '"' ->
                    if not quoted && at > 0 && line[at - 1] = '"' then
                        field.Append '"' |> ignore

                    quoted <- not quoted
                | c when c = sign && not quoted ->
                    fields.Add(field.ToString().Trim())
                    field.Clear() |> ignore
                | c -> field.Append c |> ignore

            fields.Add(field.ToString().Trim())
            fields.ToArray()

/// Where the fields of a line stand; a weight at -1 is none.
[<Struct>]
type private Columns = { Source: int; Target: int; Weight: int; Count: int }

/// What a line of names says of the columns, where its names are known.
let private named (fields: string[]) =
    let at names =
        match fields |> Array.indexed |> Array.filter (fun (_, name) -> Set.contains (plain name) names) with
        | [| place, _ |] -> place
        | _ -> -1

    let columns =
        { Source = at sourceNames
          Target = at targetNames
          Weight = at weightNames
          Count = fields.Length }

    if columns.Source >= 0 && columns.Target >= 0 then
        Some columns
    elif fields.Length = 3 && columns.Weight = 2 && fields[0] <> "" && fields[1] <> "" then
        Some { columns with Source = 0; Target = 1 }
    else
        None

/// What the comment lines of SNAP, KONECT, OGB and our own files say of the graph.
[<Sealed>]
type private Comments(path: string, table: EdgeTable) =
    let mutable konect = ""
    let mutable edges = None
    let mutable skipped = 0

    let counts =
        set
            [ "cells"
              "nodes"
              "vertices"
              "numnodes"
              "numbernodes"
              "nodecount"
              "numvertices"
              "numbervertices"
              "n" ]

    let edgeCounts = set [ "edges"; "numedges"; "numberedges"; "edgecount"; "arcs"; "m" ]
    let filling = set [ "graph"; "network"; "type"; "is"; "and"; "with"; "has"; "of"; "the"; "" ]

    /// Names and numbers in turn, as in `Nodes: 5 Edges: 7`; none where there is anything else.
    let pairs (words: string list) =
        let rec go name found words =
            match words with
            | [] -> if name = "" then List.rev found else []
            | word :: rest ->
                match whole word with
                | ValueSome _ when not (counts.Contains name || edgeCounts.Contains name) -> []
                | ValueSome value -> go "" ((name, value) :: found) rest
                | ValueNone -> go (name + word) found rest

        go "" [] words

    /// Direction and counts, where words say nothing else.
    let facts (words: string[]) =
        let isTrue word = List.contains word [ "true"; "yes"; "1" ]
        let isFalse word = List.contains word [ "false"; "no"; "0" ]

        let rec directions words =
            match words with
            | ("directed" | "undirected" as word) :: truth :: rest when isTrue truth || isFalse truth ->
                let more, others = directions rest
                ((word = "directed") = isTrue truth) :: more, others
            | ("directed" | "undirected" as word) :: rest ->
                let more, others = directions rest
                (word = "directed") :: more, others
            | word :: rest ->
                let more, others = directions rest
                more, word :: others
            | [] -> [], []

        let directions, others =
            words
            |> Array.map (fun word -> if isNumber word then word else plain word)
            |> Array.filter (filling.Contains >> not)
            |> List.ofArray
            |> directions

        // 5 nodes are nodes: 5.
        match others, pairs others, pairs (List.rev others) with
        | [], _, _ when not directions.IsEmpty -> Some(directions, [])
        | _, [], [] -> None
        | _, [], counted
        | _, counted, _ -> Some(directions, counted)

    member _.Konect = konect

    /// Takes a comment; a line of the columns' names is given back.
    member _.Take(line: int, sign: char, text: string) : Columns option =
        let bad (what: FormattableString) : 'a = Guard.badData $"{path}, line {line}: {what}."
        let words = text.Split([| ' '; ':'; '\t'; '='; ','; ';' |], StringSplitOptions.RemoveEmptyEntries)
        let lower = words |> Array.map _.ToLowerInvariant()

        // A longer line is prose.
        let facts = if lower.Length > 16 then None else facts lower

        match lower, facts, named words with
        | [||], _, _ -> None
        | [| "one-based" |], _, _ ->
            table.CountsFromOne()
            None
        | [| "cells"; count |], _, _ ->
            match whole count with
            | ValueSome count when count >= 1L -> table.Cells count
            | _ -> bad $"the number of cells is a whole number of at least 1, but '{Foreign.shown count}' is none"

            None
        | [| "sym" | "asym" | "bip"; weights |], _, _ when sign = '%' && konect = "" ->
            if lower[0] = "bip" then
                bad
                    $"the graph is bipartite (bip), its two columns number different cells: give the cells of one of them other numbers"

            table.Says((lower[0] = "asym"))
            table.CountsFromOne()
            konect <- weights
            None
        | [| size; count; same |], _, _ when konect <> "" && (whole size).IsSome && (whole count).IsSome && count = same ->
            edges <- Some (whole size).Value
            table.Nodes (whole count).Value
            None
        | _, Some(directions, counted), _ ->
            List.iter table.Says directions

            for name, value in counted do
                if value < 0L then
                    bad $"a graph cannot have {value} {name}"

                if edgeCounts.Contains name then
                    edges <- Some value
                elif value > 0L then
                    table.Nodes value

            None
        | _, _, Some columns -> Some columns
        // SNAP goes on with what the file is called and how it lists its edges.
        | _ when lower.Length > 1 && lower[1] = "graph" && (lower[0] = "directed" || lower[0] = "undirected") ->
            table.Says((lower[0] = "directed"))
            None
        | _ ->
            skipped <- skipped + 1
            let stems = [ "direct"; "node"; "vert"; "edge"; "cell" ]

            if lower |> Array.exists (fun word -> List.exists (fun (stem: string) -> word.Contains stem) stems) then
                table.Warn $"line {line} is a comment about the graph that is not understood: '{Foreign.shown text}'"

            None

    member _.Finish() =
        if skipped > 0 then
            table.Note $"""{skipped} {if skipped = 1 then "comment" else "comments"} left out"""

        match edges with
        | Some edges when edges <> int64 table.Count ->
            table.Warn $"the file says that it has {edges} edges, but lists {table.Count}"
        | _ -> ()

/// The weight in what NetworkX writes behind an edge: `{}` or `{'weight': 2.5}`.
let private networkX (bad: FormattableString -> float voption) (data: string) =
    let inside = data.Trim([| '{'; '}'; ' ' |])

    match inside.Split ':' with
    | [| "" |] -> ValueNone
    | [| name; value |] when plain name = "weight" && isNumber (value.Trim()) ->
        ValueSome(Double.Parse(value, NumberStyles.Float, invariant))
    | _ -> bad $"the edge has '{Foreign.shown data}', but only {{}} and {{'weight': number}} are read"

let read (path: string) (wishes: Wishes) (bytes: byte[]) : Reading =
    let table = EdgeTable(path, wishes, bytes.LongLength)
    let comments = Comments(path, table)
    use reader = new StreamReader(new MemoryStream(bytes), UTF8Encoding false)
    let mutable line = 0
    let mutable separator = None
    let mutable columns = None
    let mutable names = wishes.Named
    // The first line, while the second has not shown whether it is a header.
    let mutable pending = None
    let mutable headed = false
    // Whether each edge so far has its own number as source and a whole weight, as behind an index column.
    let mutable counting = true
    let bad (what: FormattableString) : 'a = Guard.badData $"{path}, line {line}: {what}."

    let cell (field: string) =
        match whole field with
        | ValueSome number when not names && number < 0L ->
            bad $"cells are counted from 0, but an edge names cell {number}"
        | ValueSome number when not names -> table.Numbered number
        | ValueSome _ when not wishes.Named ->
            bad
                $"the cell '{Foreign.shown field}' is a number, but those before are not: name all by numbers or none, or ask for :named"
        | ValueNone when not names -> bad $"'{Foreign.shown field}' is not a cell number"
        | _ when field = "" -> bad $"a cell's name is empty"
        | _ when Seq.exists (fun c -> Char.IsControl c || c = '\uFFFD') field ->
            bad $"'{Foreign.shown field}' is not text in UTF-8"
        | _ -> table.Called field

    let edge (fields: string[]) =
        let columns =
            match columns with
            | Some columns -> columns
            | None ->
                let dated = fields.Length = 4 && comments.Konect <> ""

                if dated then
                    table.Note "the 4th column (time) is left out"

                if fields.Length < 2 || fields.Length > 3 && not dated then
                    let hint = if fields.Length < 2 then "" else "; a header line names the columns"

                    bad
                        $"""an edge has a source, a target and perhaps a weight, but this line has {fields.Length} {if fields.Length = 1 then "field" else "fields"}{hint}"""

                let first =
                    { Source = 0
                      Target = 1
                      Weight = (if fields.Length = 2 then -1 else 2)
                      Count = fields.Length }

                columns <- Some first
                first

        if table.Count = 0 && not wishes.Named then
            names <-
                (whole fields[min columns.Source (fields.Length - 1)]).IsNone
                && (whole fields[min columns.Target (fields.Length - 1)]).IsNone

        if fields.Length <> columns.Count then
            bad $"there are {fields.Length} fields, but {columns.Count} in the lines before"

        let source = cell fields[columns.Source]
        let target = cell fields[columns.Target]

        let weight =
            if columns.Weight < 0 then
                ValueNone
            else
                let field = fields[columns.Weight]

                if field.StartsWith '{' then
                    networkX bad field
                else
                    match Double.TryParse(field, NumberStyles.Float, invariant) with
                    | true, weight when Double.IsFinite weight -> ValueSome weight
                    | _ -> bad $"a weight is a finite number, but '{Foreign.shown field}' is none"

        if table.Count > 0 && weight.IsSome <> table.HasWeights then
            bad $"either every edge has a weight or none, but here that changes"

        counting <- counting && source = table.Count && (whole fields[fields.Length - 1]).IsSome

        match weight with
        | ValueSome weight -> table.Add(source, target, weight)
        | ValueNone -> table.Add(source, target)

    let header (fields: string[]) (found: Columns) =
        let quoted at = $"'{Foreign.shown fields[at]}'"
        let weight = if found.Weight < 0 then "" else $", weight {quoted found.Weight}"

        let left =
            [ for at in 0 .. fields.Length - 1 do
                  if not (List.contains at [ found.Source; found.Target; found.Weight ]) then
                      quoted at ]

        let rest = if left.IsEmpty then "" else $"""; left out: {String.Join(", ", left)}"""

        table.Note
            $"the first line is a header: source {quoted found.Source}, target {quoted found.Target}{weight}{rest}"

        columns <- Some found
        headed <- true

    /// The first line that is no comment.
    let first (fields: string[]) =
        if Array.exists isNumber fields || fields.Length = 3 && fields[2].StartsWith '{' || columns.IsSome then
            edge fields
        else
            match named fields with
            | Some found -> header fields found
            | None when fields.Length = 2 -> pending <- Some fields
            | None when fields.Length < 2 -> edge fields
            | None ->
                let listed =
                    fields
                    |> Array.truncate 5
                    |> Array.map (fun name -> $"'{Foreign.shown name}'")
                    |> String.concat ", "

                bad $"the columns are called {listed}: call them source, target and weight"

    let settle (next: string[]) =
        match pending with
        | None -> ()
        | Some fields ->
            pending <- None

            if next |> Array.truncate 2 |> Array.exists (whole >> _.IsSome) then
                header fields { Source = 0; Target = 1; Weight = -1; Count = 2 }
            else
                edge fields

                if table.Count = 1 then
                    table.Note "the first line is an edge, no header"

    let mutable text = reader.ReadLine()

    while not (isNull text) do
        line <- line + 1
        let trimmed = (nonNull text).TrimEnd().TrimStart ' '

        if trimmed.StartsWith '#' || trimmed.StartsWith '%' then
            match comments.Take(line, trimmed[0], trimmed.Trim([| '#'; '%'; ' '; '\t' |])) with
            | Some found when separator.IsNone -> columns <- Some found
            | _ -> ()
        elif trimmed <> "" then
            match separator with
            | None ->
                let found = Separator.Of trimmed
                separator <- Some found
                table.Note $"fields are separated by {found.Text}"
                first (found.Split trimmed)
            | Some separator ->
                let fields = separator.Split trimmed
                settle fields
                edge fields

        text <- reader.ReadLine()

    settle [||]
    comments.Finish()

    if counting && not headed && table.HasWeights && table.Count >= 3 then
        table.Warn "the first column counts the lines: an index column would be read as sources"

    table.Finish None
