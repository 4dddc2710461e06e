/// What the mesh formats share: words of a text in place, and a mesh under construction.
module internal GaryMesh.Meshes.MeshText

open System
open System.Buffers.Binary
open System.Collections.Generic
open System.Globalization
open System.IO
open System.Text
open GaryMesh

let invariant = CultureInfo.InvariantCulture

/// The lines of a text and the words on them. The current word is looked at in place.
[<Sealed>]
type Words(name: string, bytes: byte[], continues: bool) =
    let mutable at =
        if bytes.Length >= 3 && bytes[0] = 0xEFuy && bytes[1] = 0xBBuy && bytes[2] = 0xBFuy then
            3
        else
            0

    let mutable line = 1
    let mutable start = 0
    let mutable stop = 0

    let isBreak (c: byte) = c = 10uy || c = 13uy
    let isBlank (c: byte) = c = 32uy || c = 9uy || c = 11uy || c = 12uy

    /// The length of a backslash and the line break after it, or 0.
    let continuation (at: int) : int =
        if not continues || bytes[at] <> byte '\\' || at + 1 >= bytes.Length then 0
        elif bytes[at + 1] = 10uy then 2
        elif bytes[at + 1] <> 13uy then 0
        elif at + 2 < bytes.Length && bytes[at + 2] = 10uy then 3
        else 2

    member _.Line = line

    /// Where the text goes on.
    member _.Position = at

    member _.Length = stop - start
    member _.Byte(index: int) : byte = bytes[start + index]
    member _.Word: string = Encoding.UTF8.GetString(bytes, start, stop - start)

    member this.Shown: string =
        let text = this.Word
        let text = if text.Length > 40 then text.Substring(0, 37) + "..." else text
        String.map (fun c -> if Char.IsControl c then '?' else c) text

    member _.Bad(what: FormattableString) : 'a = Guard.badData $"{name}, line {line}: {what}."

    /// Moves to the next word of this line, if there is one; a '#' begins a comment.
    member _.Next() : bool =
        let mutable blank = true

        while blank && at < bytes.Length do
            if isBlank bytes[at] then
                at <- at + 1
            else
                match continuation at with
                | 0 -> blank <- false
                | length ->
                    at <- at + length
                    line <- line + 1

        if at >= bytes.Length || isBreak bytes[at] || bytes[at] = byte '#' then
            false
        else
            start <- at

            while at < bytes.Length && not (isBreak bytes[at]) && not (isBlank bytes[at]) && continuation at = 0 do
                at <- at + 1

            stop <- at
            true

    /// Moves behind the end of this line; false at the end of the text.
    member _.NextLine() : bool =
        while at < bytes.Length && not (isBreak bytes[at]) do
            at <- at + 1

        if at >= bytes.Length then
            false
        else
            at <-
                if bytes[at] = 13uy && at + 1 < bytes.Length && bytes[at + 1] = 10uy then
                    at + 2
                else
                    at + 1

            line <- line + 1
            true

    /// Moves to the next word on this line or a later one.
    member this.NextAnywhere() : bool =
        let mutable found = this.Next()

        while not found && this.NextLine() do
            found <- this.Next()

        found

    /// Leaves out the current word's beginning.
    member _.Drop(length: int) : unit = start <- start + length

    member _.Is(word: string) : bool =
        let mutable same = stop - start = word.Length
        let mutable i = 0

        while same && i < word.Length do
            same <- bytes[start + i] = byte word[i]
            i <- i + 1

        same

    member this.Number() : float =
        let mutable value = 0.0

        if not (Double.TryParse(ReadOnlySpan(bytes, start, stop - start), NumberStyles.Float, invariant, &value)) then
            this.Bad $"'{this.Shown}' is not a number"

        value

    member _.TryWhole(from: int, length: int, value: byref<int64>) : bool =
        Int64.TryParse(ReadOnlySpan(bytes, start + from, length), NumberStyles.AllowLeadingSign, invariant, &value)

    member this.Whole() : int64 =
        let mutable value = 0L

        if not (this.TryWhole(0, stop - start, &value)) then
            this.Bad $"'{this.Shown}' is not a whole number"

        value

/// Gathers vertices and polygons. An index may come before its vertex, so that ranges are looked at in the end.
/// 'place' words where a face stands, 'first' is the file's index of its first vertex.
[<Sealed>]
type Builder(name: string, first: int, place: int -> string) =
    let vertices = ResizeArray<float>()
    let faces = ResizeArray<int>()
    let places = ResizeArray<int>()
    let mutable corners = 0
    let mutable hub = 0
    let mutable before = 0
    let mutable where = 0

    member _.VertexCount = vertices.Count / 3

    member _.Vertex(x: float, y: float, z: float) : unit =
        vertices.Add x
        vertices.Add y
        vertices.Add z

    member _.BeginFace(at: int) : unit =
        where <- at
        corners <- 0

    member _.Corner(index: int64) : unit =
        if index < 0L || index > int64 Int32.MaxValue then
            Guard.badData
                $"{name}, {place where}: the face names vertex {index + int64 first}, but vertices are counted from {first} to {int64 Int32.MaxValue + int64 first}."

        let index = int index

        if corners = 0 then
            hub <- index
        elif corners > 1 then
            faces.Add hub
            faces.Add before
            faces.Add index
            places.Add where

        before <- index
        corners <- corners + 1

    member _.EndFace() : unit =
        if corners < 3 then
            Guard.badData $"{name}, {place where}: a face needs at least 3 corners, but this one has {corners}."

    member _.Finish() : TriangleMesh =
        let count = vertices.Count / 3

        for at in 0 .. faces.Count - 1 do
            if faces[at] >= count then
                Guard.badData
                    $"{name}, {place places[at / 3]}: the face names vertex {int64 faces[at] + int64 first}, but the mesh has {count} vertices, counted from {first}."

        if faces.Count = 0 then
            let vertices = if count = 1 then "1 vertex" else $"{count} vertices"
            Guard.badData $"{name}: a mesh needs at least one triangle, but this one has {vertices} and no face."

        TriangleMesh.Own(vertices.ToArray(), faces.ToArray())

let atLine (line: int) = $"line {line}"
let atFace (face: int) = $"face {face}"

/// Corners by position: equal positions are one vertex.
[<Sealed>]
type Welder(builder: Builder) =
    let known = Dictionary<struct (float * float * float), int64>()

    member _.Corner(x: float, y: float, z: float) : unit =
        // Adding zero makes a negative zero positive.
        let key = struct (x + 0.0, y + 0.0, z + 0.0)
        let mutable index = 0L

        if not (known.TryGetValue(key, &index)) then
            index <- int64 known.Count
            known.Add(key, index)
            let struct (x, y, z) = key
            builder.Vertex(x, y, z)

        builder.Corner index

let coordinate (words: Words) : float =
    if not (words.Next()) then
        words.Bad $"a position needs 3 coordinates, but the line has fewer"

    let value = words.Number()

    if not (Double.IsFinite value) then
        words.Bad $"the coordinate '{words.Shown}' is not finite"

    value

let vertex (words: Words) (builder: Builder) =
    let x = coordinate words
    let y = coordinate words
    let z = coordinate words
    builder.Vertex(x, y, z)


/// Text without a byte-order mark, the same line ends everywhere.
let text (stream: Stream) (write: StreamWriter -> unit) : unit =
    use writer = new StreamWriter(stream, UTF8Encoding false, 1 <<< 16, true)
    writer.NewLine <- "\n"
    write writer

let number (value: float) : string = value.ToString("R", invariant)

/// The same for what single precision is enough for.
let single (value: float) : string = (float32 value).ToString("R", invariant)

/// What is written of each vertex beside its place: red, green and blue of 0 to 255, and a normal; either may be empty.
[<NoComparison; NoEquality>]
type Paint = { Colours: byte[]; Normals: float[] }
