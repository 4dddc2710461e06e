/// PLY: elements with typed properties, as text or little-endian bytes.
module internal GaryMesh.Meshes.Ply

open System
open System.Buffers.Binary
open System.IO
open System.Text
open GaryMesh
open GaryMesh.Meshes.MeshText

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

let read (name: string) (bytes: byte[]) : TriangleMesh =
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

let writeText (stream: Stream) (mesh: TriangleMesh) (colours: byte[]) : unit =
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

let writeBinary (stream: Stream) (mesh: TriangleMesh) (colours: byte[]) : unit =
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
