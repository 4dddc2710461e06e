namespace GaryMesh

open System
open System.Buffers.Binary
open System.Collections.Generic
open System.Globalization
open System.IO
open System.Text

type MeshFormat =
    | Obj = 0
    | Ply = 1
    | PlyText = 2

module private MeshReading =
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

        member _.Bad(what: string) : 'a = Guard.badData $"{name}, line {line}: {what}."

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

        member _.Is(word: string) : bool =
            let mutable same = stop - start = word.Length
            let mutable i = 0

            while same && i < word.Length do
                same <- bytes[start + i] = byte word[i]
                i <- i + 1

            same

        member this.Number() : float =
            let mutable value = 0.0

            if
                not (Double.TryParse(ReadOnlySpan(bytes, start, stop - start), NumberStyles.Float, invariant, &value))
            then
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
                Guard.badData $"{name}, {place where}: the face names vertex {index + int64 first}, which no mesh has."

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
                    Guard.badData (
                        $"{name}, {place places[at / 3]}: the face names vertex {int64 faces[at] + int64 first}, "
                        + $"but the mesh has {count} vertices, counted from {first}."
                    )

            if faces.Count = 0 then
                Guard.badData
                    $"{name}: a mesh needs at least one triangle, but this one has {count} vertices and no face."

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
            words.Bad "a position needs 3 coordinates, but the line has fewer"

        let value = words.Number()

        if not (Double.IsFinite value) then
            words.Bad $"the coordinate '{words.Shown}' is not finite"

        value

    let vertex (words: Words) (builder: Builder) =
        let x = coordinate words
        let y = coordinate words
        let z = coordinate words
        builder.Vertex(x, y, z)

    /// The vertex index, from 0, of an OBJ corner: v, v/vt, v//vn or v/vt/vn, each from 1 or counted back from the end.
    let objCorner (words: Words) (count: int) : int64 =
        let mutable index = 0L
        let mutable part = 0
        let mutable from = 0

        for at in 0 .. words.Length do
            if at = words.Length || words.Byte at = byte '/' then
                let mutable value = 0L

                let right = part < 3 && (words.TryWhole(from, at - from, &value) || (part > 0 && at = from))

                if not right then
                    words.Bad $"the corner '{words.Shown}' is not of the form v, v/vt, v//vn or v/vt/vn"

                if part = 0 then
                    index <- value

                part <- part + 1
                from <- at + 1

        if index = 0L then
            words.Bad "the face names vertex 0, but OBJ counts vertices from 1"
        elif index > 0L then
            index - 1L
        elif index < -(int64 count) then
            words.Bad $"the face names vertex {index}, counted back from {count} vertices"
        else
            int64 count + index

    let readObj (name: string) (bytes: byte[]) : TriangleMesh =
        let words = Words(name, bytes, true)
        let builder = Builder(name, 1, atLine)
        let mutable more = true

        while more do
            if words.Next() then
                if words.Is "v" then
                    vertex words builder
                elif words.Is "f" then
                    builder.BeginFace words.Line

                    while words.Next() do
                        builder.Corner(objCorner words builder.VertexCount)

                    builder.EndFace()

                // What is left may go on over several lines.
                while words.Next() do
                    ()

            more <- words.NextLine()

        builder.Finish()

    let readOff (name: string) (bytes: byte[]) : TriangleMesh =
        let words = Words(name, bytes, false)

        if
            not (words.NextAnywhere())
            || not (words.Is "OFF" || words.Is "COFF" || words.Is "NOFF" || words.Is "CNOFF")
        then
            words.Bad "an OFF file begins with the word OFF"

        let count (what: string) : int64 =
            if not (words.NextAnywhere()) then
                words.Bad $"the number of {what} is missing"

            let value = words.Whole()

            if value < 0L then
                words.Bad $"the number of {what} is negative"

            value

        let vertices = count "vertices"
        let faces = count "faces"
        let builder = Builder(name, 0, atLine)

        /// Goes to the first word of the next line that has one.
        let record (what: string) (index: int64) (all: int64) =
            if not (words.NextLine()) || not (words.NextAnywhere()) then
                words.Bad $"the file ends after {index} of {all} {what}"

        let mutable index = 0L

        while index < vertices do
            record "vertices" index vertices
            let x = words.Number()

            if not (Double.IsFinite x) then
                words.Bad $"the coordinate '{words.Shown}' is not finite"

            let y = coordinate words
            let z = coordinate words
            builder.Vertex(x, y, z)
            index <- index + 1L

        index <- 0L

        while index < faces do
            record "faces" index faces
            let corners = words.Whole()
            builder.BeginFace words.Line
            let mutable corner = 0L

            while corner < corners do
                if not (words.Next()) then
                    words.Bad $"the face claims {corners} corners, but the line has {corner}"

                builder.Corner(words.Whole())
                corner <- corner + 1L

            builder.EndFace()
            index <- index + 1L

        builder.Finish()

    type PlyType =
        | Int8 = 0
        | UInt8 = 1
        | Int16 = 2
        | UInt16 = 3
        | Int32 = 4
        | UInt32 = 5
        | Float32 = 6
        | Float64 = 7

    let plySize (kind: PlyType) : int64 =
        match kind with
        | PlyType.Int8
        | PlyType.UInt8 -> 1L
        | PlyType.Int16
        | PlyType.UInt16 -> 2L
        | PlyType.Float64 -> 8L
        | _ -> 4L

    [<NoComparison; NoEquality>]
    type PlyProperty =
        {
            Name: string
            Kind: PlyType
            /// The type of a list's length.
            Length: PlyType voption
        }

    [<NoComparison; NoEquality>]
    type PlyElement = { Name: string; Count: int64; Properties: ResizeArray<PlyProperty> }

    /// The values of a PLY body, one after the other.
    [<AbstractClass>]
    type PlyValues() =
        abstract Value: PlyType -> float
        /// Words where the last value stood: a line, or else the record.
        abstract Place: element: string * index: int64 -> string
        /// The same as a number that the builder keeps.
        abstract Mark: index: int64 -> int

    [<Sealed>]
    type PlyText(words: Words) =
        inherit PlyValues()

        override _.Value(_: PlyType) : float =
            if not (words.NextAnywhere()) then
                words.Bad "the file ends before its last element"

            words.Number()

        override _.Place(_, _) = atLine words.Line
        override _.Mark _ = words.Line

    [<Sealed>]
    type PlyBinary(name: string, bytes: byte[], start: int) =
        inherit PlyValues()
        let mutable at = start

        member _.Left = int64 (bytes.Length - at)

        override this.Value(kind: PlyType) : float =
            let size = plySize kind

            if this.Left < size then
                Guard.badData $"{name}: the file ends after {bytes.Length} bytes, before its last element."

            let here = ReadOnlySpan(bytes, at, int size)
            at <- at + int size

            match kind with
            | PlyType.Int8 -> float (sbyte here[0])
            | PlyType.UInt8 -> float here[0]
            | PlyType.Int16 -> float (BinaryPrimitives.ReadInt16LittleEndian here)
            | PlyType.UInt16 -> float (BinaryPrimitives.ReadUInt16LittleEndian here)
            | PlyType.Int32 -> float (BinaryPrimitives.ReadInt32LittleEndian here)
            | PlyType.UInt32 -> float (BinaryPrimitives.ReadUInt32LittleEndian here)
            | PlyType.Float32 -> float (BinaryPrimitives.ReadSingleLittleEndian here)
            | _ -> BinaryPrimitives.ReadDoubleLittleEndian here

        override _.Place(element, index) = $"{element} {index}"
        override _.Mark index = int index

    /// The type that the current word names.
    let plyTypeHere (words: Words) : PlyType =
        match words.Word with
        | "char"
        | "int8" -> PlyType.Int8
        | "uchar"
        | "uint8" -> PlyType.UInt8
        | "short"
        | "int16" -> PlyType.Int16
        | "ushort"
        | "uint16" -> PlyType.UInt16
        | "int"
        | "int32" -> PlyType.Int32
        | "uint"
        | "uint32" -> PlyType.UInt32
        | "float"
        | "float32" -> PlyType.Float32
        | "double"
        | "float64" -> PlyType.Float64
        | _ -> words.Bad $"'{words.Shown}' is no type of a PLY property"

    let plyType (words: Words) : PlyType =
        if not (words.Next()) then
            words.Bad "a property needs a type and a name"

        plyTypeHere words

    let plyWord (words: Words) (what: string) : string =
        if not (words.Next()) then
            words.Bad $"the {what} is missing"

        words.Word

    /// Reads the header and leaves the words at the body's beginning.
    let plyHeader (words: Words) : struct (bool * ResizeArray<PlyElement>) =
        if not (words.Next()) || not (words.Is "ply") then
            words.Bad "a PLY file begins with the word ply"

        let elements = ResizeArray<PlyElement>()
        let mutable binary = ValueNone
        let mutable inside = true

        while inside do
            if not (words.NextLine()) then
                words.Bad "the header has no end_header"

            if words.Next() then
                match words.Word with
                | "comment"
                | "obj_info" -> ()
                | "format" ->
                    match plyWord words "format" with
                    | "ascii" -> binary <- ValueSome false
                    | "binary_little_endian" -> binary <- ValueSome true
                    | _ -> words.Bad $"the format '{words.Shown}' is not read, only ascii and binary_little_endian are"
                | "element" ->
                    let name = plyWord words "element's name"
                    plyWord words "number of elements" |> ignore
                    let count = words.Whole()

                    if count < 0L || count > int64 Int32.MaxValue then
                        words.Bad $"the number of elements {count} is not in 0..{Int32.MaxValue}"

                    elements.Add { Name = name; Count = count; Properties = ResizeArray() }
                | "property" ->
                    if elements.Count = 0 then
                        words.Bad "a property stands before the first element"

                    if not (words.Next()) then
                        words.Bad "a property needs a type and a name"

                    let list = words.Is "list"

                    let length =
                        if list then
                            match plyType words with
                            | PlyType.Float32
                            | PlyType.Float64 -> words.Bad "the length of a list is a whole number"
                            | kind -> ValueSome kind
                        else
                            ValueNone

                    let kind = if list then plyType words else plyTypeHere words

                    elements[elements.Count - 1].Properties.Add
                        { Name = plyWord words "property's name"; Kind = kind; Length = length }
                | "end_header" ->
                    inside <- false
                    words.NextLine() |> ignore
                | _ -> words.Bad $"'{words.Shown}' is no word of a PLY header"

        match binary with
        | ValueSome binary -> struct (binary, elements)
        | ValueNone -> words.Bad "the header names no format"

    let readPly (name: string) (bytes: byte[]) : TriangleMesh =
        let words = Words(name, bytes, false)
        let struct (binary, elements) = plyHeader words

        let values: PlyValues = if binary then PlyBinary(name, bytes, words.Position) else PlyText words

        let builder = Builder(name, 0, (if binary then atFace else atLine))

        let single (what: string) : PlyElement =
            match elements.FindAll(fun element -> element.Name = what) with
            | found when found.Count = 1 -> found[0]
            | found -> Guard.badData $"{name}: a mesh has one element '{what}', but the header names {found.Count}."

        let vertices = single "vertex"
        let faces = single "face"

        let property (element: PlyElement) (isList: bool) (names: string list) : int =
            let at =
                element.Properties.FindIndex(fun property ->
                    List.contains property.Name names && property.Length.IsSome = isList)

            if at < 0 then
                let kind = if isList then "list property" else "property"
                Guard.badData $"{name}: the element '{element.Name}' has no {kind} '{names.Head}'."

            at

        let x = property vertices false [ "x" ]
        let y = property vertices false [ "y" ]
        let z = property vertices false [ "z" ]
        let corners = property faces true [ "vertex_indices"; "vertex_index" ]
        let position = Array.zeroCreate<float> 3

        let whole (element: PlyElement) (index: int64) (value: float) : int64 =
            if not (Double.IsInteger value && abs value < 9e15) then
                Guard.badData
                    $"{name}, {values.Place(element.Name, index)}: {value} stands where a whole number is expected."

            int64 value

        let read (element: PlyElement) (index: int64) =
            for at in 0 .. element.Properties.Count - 1 do
                let property = element.Properties[at]

                match property.Length with
                | ValueNone ->
                    let value = values.Value property.Kind

                    if obj.ReferenceEquals(element, vertices) && (at = x || at = y || at = z) then
                        if not (Double.IsFinite value) then
                            Guard.badData
                                $"{name}, {values.Place(element.Name, index)}: the coordinate {value} is not finite."

                        position[if at = x then 0
                                 elif at = y then 1
                                 else 2] <- value
                | ValueSome kind ->
                    let length = whole element index (values.Value kind)

                    if length < 0L then
                        Guard.badData
                            $"{name}, {values.Place(element.Name, index)}: a list has the negative length {length}."

                    let isFace = obj.ReferenceEquals(element, faces) && at = corners

                    if isFace then
                        builder.BeginFace(values.Mark index)

                    let mutable item = 0L

                    while item < length do
                        let value = values.Value property.Kind

                        if isFace then
                            builder.Corner(whole element index value)

                        item <- item + 1L

                    if isFace then
                        builder.EndFace()

            if obj.ReferenceEquals(element, vertices) then
                builder.Vertex(position[0], position[1], position[2])

        for element in elements do
            // An element without properties takes no room, so that its number means nothing.
            if element.Properties.Count > 0 then
                let mutable index = 0L

                while index < element.Count do
                    read element index
                    index <- index + 1L

        builder.Finish()

    let readStlBinary (name: string) (bytes: byte[]) (count: int64) : TriangleMesh =
        let builder = Builder(name, 0, atFace)
        let welder = Welder builder

        let value (at: int) (face: int) : float =
            let value = BinaryPrimitives.ReadSingleLittleEndian(ReadOnlySpan(bytes, at, 4))

            if not (Single.IsFinite value) then
                Guard.badData $"{name}, face {face}: the coordinate {value} is not finite."

            float value

        for face in 0 .. int count - 1 do
            // 80 bytes of header, 4 of count; each face: a normal, three corners, 2 bytes of attributes.
            let at = 84 + 50 * face + 12
            builder.BeginFace face

            for corner in 0..2 do
                let at = at + 12 * corner
                welder.Corner(value at face, value (at + 4) face, value (at + 8) face)

            builder.EndFace()

        builder.Finish()

    let readStlText (name: string) (bytes: byte[]) : TriangleMesh =
        let words = Words(name, bytes, false)
        let builder = Builder(name, 0, atLine)
        let welder = Welder builder
        let mutable inFace = false
        let mutable inSolid = false
        let mutable more = true

        while more do
            if words.Next() then
                match words.Word with
                | "solid" when not inSolid -> inSolid <- true
                | "facet" when inSolid && not inFace ->
                    inFace <- true
                    builder.BeginFace words.Line
                | "vertex" when inFace ->
                    let x = coordinate words
                    let y = coordinate words
                    let z = coordinate words
                    welder.Corner(x, y, z)
                | "endfacet" when inFace ->
                    inFace <- false
                    builder.EndFace()
                | "endsolid" when inSolid && not inFace -> inSolid <- false
                | "outer"
                | "endloop" when inFace -> ()
                | _ -> words.Bad $"'{words.Shown}' is not expected here in an STL file"

            more <- words.NextLine()

        if inSolid then
            words.Bad "the file ends before its endsolid"

        builder.Finish()

    let readStl (name: string) (bytes: byte[]) : TriangleMesh =
        let count =
            if bytes.Length < 84 then
                -1L
            else
                int64 (BinaryPrimitives.ReadUInt32LittleEndian(ReadOnlySpan(bytes, 80, 4)))

        // A binary header may begin with "solid" too: the size decides.
        if count >= 0L && 84L + 50L * count = int64 bytes.Length then
            readStlBinary name bytes count
        elif bytes.AsSpan().TrimStart(" \t\r\n"B).StartsWith(ReadOnlySpan("solid"B)) then
            readStlText name bytes
        elif count < 0L then
            Guard.badData
                $"{name}: an STL file begins with 'solid' or has at least 84 bytes, but this one has {bytes.Length}."
        else
            Guard.badData (
                $"{name}: the file claims {count} triangles, which need {84L + 50L * count} bytes, "
                + $"but it has {bytes.Length}."
            )

    let ending (name: string) : string =
        match Path.GetExtension name with
        | null -> ""
        | ending -> ending.ToLowerInvariant()

    let reader (name: string) : byte[] -> TriangleMesh =
        match ending name with
        | ".obj" -> readObj name
        | ".ply" -> readPly name
        | ".off" -> readOff name
        | ".stl" -> readStl name
        | _ -> Guard.refuse $"A mesh is read from .obj, .ply, .off or .stl, but the file is '{name}'."

module private MeshWriting =
    let invariant = CultureInfo.InvariantCulture

    /// Text without a byte-order mark, the same line ends everywhere.
    let text (stream: Stream) (write: StreamWriter -> unit) : unit =
        use writer = new StreamWriter(stream, UTF8Encoding false, 1 <<< 16, true)
        writer.NewLine <- "\n"
        write writer

    let number (value: float) : string = value.ToString("R", invariant)

    let writeObj (stream: Stream) (mesh: TriangleMesh) (colours: byte[]) : unit =
        text stream (fun writer ->
            let vertices = mesh.Vertices.ToArray()
            let faces = mesh.Faces.ToArray()

            for at in 0..3 .. vertices.Length - 3 do
                writer.Write "v"

                for axis in 0..2 do
                    writer.Write ' '
                    writer.Write(number vertices[at + axis])

                if colours.Length > 0 then
                    for part in 0..2 do
                        writer.Write ' '
                        writer.Write((float colours[at + part] / 255.0).ToString("0.####", invariant))

                writer.WriteLine()

            for at in 0..3 .. faces.Length - 3 do
                writer.Write "f"

                for corner in 0..2 do
                    writer.Write ' '
                    writer.Write((int64 faces[at + corner] + 1L).ToString invariant)

                writer.WriteLine())

    let plyHead (format: string) (mesh: TriangleMesh) (coloured: bool) : string =
        String.concat
            "\n"
            [ "ply"
              $"format {format} 1.0"
              $"element vertex {mesh.VertexCount}"
              for axis in [ "x"; "y"; "z" ] do
                  $"property double {axis}"
              if coloured then
                  for part in [ "red"; "green"; "blue" ] do
                      $"property uchar {part}"
              $"element face {mesh.FaceCount}"
              "property list uchar int vertex_indices"
              "end_header"
              "" ]

    let writePlyText (stream: Stream) (mesh: TriangleMesh) (colours: byte[]) : unit =
        text stream (fun writer ->
            writer.Write(plyHead "ascii" mesh (colours.Length > 0))
            let vertices = mesh.Vertices.ToArray()
            let faces = mesh.Faces.ToArray()

            for at in 0..3 .. vertices.Length - 3 do
                for axis in 0..2 do
                    if axis > 0 then
                        writer.Write ' '

                    writer.Write(number vertices[at + axis])

                if colours.Length > 0 then
                    for part in 0..2 do
                        writer.Write ' '
                        writer.Write(colours[at + part].ToString invariant)

                writer.WriteLine()

            for at in 0..3 .. faces.Length - 3 do
                writer.Write "3"

                for corner in 0..2 do
                    writer.Write ' '
                    writer.Write(faces[at + corner].ToString invariant)

                writer.WriteLine())

    let writePlyBinary (stream: Stream) (mesh: TriangleMesh) (colours: byte[]) : unit =
        let head = plyHead "binary_little_endian" mesh (colours.Length > 0)
        stream.Write(ReadOnlySpan(Encoding.ASCII.GetBytes head))

        use writer = new BinaryWriter(stream, Encoding.ASCII, true)
        let vertices = mesh.Vertices.ToArray()
        let faces = mesh.Faces.ToArray()

        for at in 0..3 .. vertices.Length - 3 do
            for axis in 0..2 do
                writer.Write vertices[at + axis]

            if colours.Length > 0 then
                writer.Write(colours, at, 3)

        for at in 0..3 .. faces.Length - 3 do
            writer.Write 3uy

            for corner in 0..2 do
                writer.Write faces[at + corner]

    let write (format: MeshFormat) (mesh: TriangleMesh) (colours: byte[]) (stream: Stream) : unit =
        match format with
        | MeshFormat.Obj -> writeObj stream mesh colours
        | MeshFormat.Ply -> writePlyBinary stream mesh colours
        | MeshFormat.PlyText -> writePlyText stream mesh colours
        | _ ->
            Guard.outOfRange
                (nameof format)
                $"A mesh is written as Obj, Ply or PlyText, but the format is {int format}."

    let format (path: string) : MeshFormat =
        match MeshReading.ending path with
        | ".obj" -> MeshFormat.Obj
        | ".ply" -> MeshFormat.Ply
        | _ -> Guard.refuse $"A mesh is written as .obj or .ply, but the file is '{path}'."

    let checkColours (mesh: TriangleMesh) (colours: byte[]) : unit =
        if colours.Length <> 3 * mesh.VertexCount then
            Guard.refuse (
                $"The mesh's {mesh.VertexCount} vertices need {3 * mesh.VertexCount} colour values, "
                + $"but {colours.Length} are given."
            )

[<AbstractClass; Sealed>]
type MeshFile =

    static member Read(path: string) : TriangleMesh =
        ArgumentException.ThrowIfNullOrWhiteSpace(path, nameof path)
        let read = MeshReading.reader path
        read (File.ReadAllBytes path)

    static member Read(stream: Stream, name: string) : TriangleMesh =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(name, nameof name)
        let read = MeshReading.reader name
        use memory = new MemoryStream()
        stream.CopyTo memory
        read (memory.ToArray())

    static member Write(path: string, mesh: TriangleMesh) : unit =
        ArgumentException.ThrowIfNullOrWhiteSpace(path, nameof path)
        ArgumentNullException.ThrowIfNull(mesh, nameof mesh)
        let format = MeshWriting.format path
        SafeFile.Write(path, (fun stream -> MeshWriting.write format mesh [||] stream))

    static member Write(path: string, mesh: TriangleMesh, colours: byte[]) : unit =
        ArgumentException.ThrowIfNullOrWhiteSpace(path, nameof path)
        ArgumentNullException.ThrowIfNull(mesh, nameof mesh)
        ArgumentNullException.ThrowIfNull(colours, nameof colours)
        let format = MeshWriting.format path
        MeshWriting.checkColours mesh colours
        SafeFile.Write(path, (fun stream -> MeshWriting.write format mesh colours stream))

    static member Write(stream: Stream, format: MeshFormat, mesh: TriangleMesh) : unit =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(mesh, nameof mesh)
        MeshWriting.write format mesh [||] stream

    static member Write(stream: Stream, format: MeshFormat, mesh: TriangleMesh, colours: byte[]) : unit =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(mesh, nameof mesh)
        ArgumentNullException.ThrowIfNull(colours, nameof colours)
        MeshWriting.checkColours mesh colours
        MeshWriting.write format mesh colours stream
