/// PLY: elements with typed properties, as text or as bytes of either order.
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

/// How the body of a PLY file is written.
type PlyEncoding =
    | Text = 0
    | LittleEndian = 1
    | BigEndian = 2

/// The values of a PLY body, one after the other.
[<AbstractClass>]
type PlyValues() =
    /// Goes to the next element of this kind.
    abstract Begin: element: string -> unit
    abstract Value: PlyType -> float
    /// Words where the last value stood: a line, or else the record.
    abstract Place: element: string * index: int64 -> string
    /// The same as a number that the builder keeps.
    abstract Mark: index: int64 -> int
    /// Refuses what stands after the last element.
    abstract End: unit -> unit

/// One element a line, as the format's author and the tools in use read it: what a line has beyond its properties is skipped.
[<Sealed>]
type PlyText(words: Words) =
    inherit PlyValues()
    let mutable started = false
    let mutable ahead = false
    let mutable within = ""

    let next () =
        let found = (not started || words.NextLine()) && words.NextAnywhere()
        started <- true
        found

    override _.Begin element =
        within <- element

        if not (next ()) then
            words.Bad $"the file ends before its last element"

        ahead <- true

    override _.Value(_: PlyType) : float =
        if not ahead && not (words.Next()) then
            words.Bad $"the line ends before the last value of its {within}"

        ahead <- false
        words.Number()

    override _.Place(_, _) = atLine words.Line
    override _.Mark _ = words.Line

    override _.End() =
        if next () then
            words.Bad $"'{words.Shown}' comes after the last element that the header names"

[<Sealed>]
type PlyBinary(name: string, bytes: byte[], start: int, bigEndian: bool) =
    inherit PlyValues()
    let mutable at = start
    let value = Array.zeroCreate<byte> 8

    override _.Begin _ = ()

    override _.Value(kind: PlyType) : float =
        let size = int (plySize kind)

        if bytes.Length - at < size then
            Guard.badData $"{name}: the file ends after {bytes.Length} bytes, before its last element."

        Array.Copy(bytes, at, value, 0, size)
        at <- at + size

        if bigEndian then
            Array.Reverse(value, 0, size)

        match kind with
        | PlyType.Int8 -> float (sbyte value[0])
        | PlyType.UInt8 -> float value[0]
        | PlyType.Int16 -> float (BinaryPrimitives.ReadInt16LittleEndian value)
        | PlyType.UInt16 -> float (BinaryPrimitives.ReadUInt16LittleEndian value)
        | PlyType.Int32 -> float (BinaryPrimitives.ReadInt32LittleEndian value)
        | PlyType.UInt32 -> float (BinaryPrimitives.ReadUInt32LittleEndian value)
        | PlyType.Float32 -> float (BinaryPrimitives.ReadSingleLittleEndian value)
        | _ -> BinaryPrimitives.ReadDoubleLittleEndian value

    override _.Place(element, index) = $"{element} {index}"
    override _.Mark index = int index
    override _.End() = ()

/// The triangles of strips: each corner after the second makes one with the two before it, every other one turned over;
/// -1 begins a new strip.
[<Sealed>]
type PlyStrip(builder: Builder) =
    let mutable first = 0L
    let mutable second = 0L
    let mutable corners = 0

    member _.Begin() = corners <- 0

    member _.Corner(mark: int, index: int64) =
        if index = -1L then
            corners <- 0
        else
            // Equal corners turn a strip, and make no triangle.
            if corners >= 2 && first <> second && second <> index && index <> first then
                builder.BeginFace mark
                builder.Corner(if corners % 2 = 0 then first else second)
                builder.Corner(if corners % 2 = 0 then second else first)
                builder.Corner index

            first <- second
            second <- index
            corners <- corners + 1

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
    | _ -> words.Bad $"'{words.Shown}' is not a type of a PLY property"

let plyType (words: Words) : PlyType =
    if not (words.Next()) then
        words.Bad $"a property needs a type and a name"

    plyTypeHere words

let plyWord (words: Words) (what: string) : string =
    if not (words.Next()) then
        words.Bad $"the {what} is missing"

    words.Shown

/// Reads the header and leaves the words at the body's beginning.
let plyHeader (words: Words) : struct (PlyEncoding * ResizeArray<PlyElement>) =
    if not (words.Next()) || not (words.Is "ply") then
        words.Bad $"a PLY file begins with the word ply"

    let elements = ResizeArray<PlyElement>()
    let mutable encoding = ValueNone
    let mutable inside = true

    while inside do
        if not (words.NextLine()) then
            words.Bad $"the header has no end_header"

        if words.Next() then
            match words.Word with
            | "comment"
            | "obj_info" -> ()
            | "format" ->
                match plyWord words "format" with
                | "ascii" -> encoding <- ValueSome PlyEncoding.Text
                | "binary_little_endian" -> encoding <- ValueSome PlyEncoding.LittleEndian
                | "binary_big_endian" -> encoding <- ValueSome PlyEncoding.BigEndian
                | _ ->
                    words.Bad
                        $"the format '{words.Shown}' is not read; ascii, binary_little_endian and binary_big_endian are"
            | "element" ->
                let name = plyWord words "element's name"
                plyWord words "number of elements" |> ignore
                let count = words.Whole()

                if count < 0L || count > int64 Int32.MaxValue then
                    words.Bad $"the number of elements {count} is not in 0..{Int32.MaxValue}"

                elements.Add { Name = name; Count = count; Properties = ResizeArray() }
            | "property" ->
                if elements.Count = 0 then
                    words.Bad $"a property comes before the first element"

                if not (words.Next()) then
                    words.Bad $"a property needs a type and a name"

                let list = words.Is "list"

                let length =
                    if list then
                        match plyType words with
                        | PlyType.Float32
                        | PlyType.Float64 -> words.Bad $"the length of a list is a whole number"
                        | kind -> ValueSome kind
                    else
                        ValueNone

                let kind = if list then plyType words else plyTypeHere words

                elements[elements.Count - 1].Properties.Add
                    { Name = plyWord words "property's name"; Kind = kind; Length = length }
            | "end_header" ->
                inside <- false
                words.NextLine() |> ignore
            | _ -> words.Bad $"'{words.Shown}' is not a word of a PLY header"

    match encoding with
    | ValueSome encoding -> struct (encoding, elements)
    | ValueNone -> words.Bad $"the header names no format"

let read (name: string) (bytes: byte[]) : TriangleMesh =
    let words = Words(name, bytes, false)
    let struct (encoding, elements) = plyHeader words

    let values: PlyValues =
        match encoding with
        | PlyEncoding.Text -> PlyText words
        | _ -> PlyBinary(name, bytes, words.Position, (encoding = PlyEncoding.BigEndian))

    let builder = Builder(name, 0, (if encoding = PlyEncoding.Text then atLine else atFace))
    let strip = PlyStrip builder

    let find (what: string) : PlyElement option =
        match elements.FindAll(fun element -> element.Name = what) with
        | found when found.Count > 1 ->
            Guard.badData $"{name}: a mesh has one element '{what}', but the header names {found.Count}."
        | found -> Seq.tryHead found

    let property (isList: bool) (names: string list) (element: PlyElement) : int =
        let at =
            element.Properties.FindIndex(fun property ->
                List.contains property.Name names && property.Length.IsSome = isList)

        if at < 0 then
            let kind = if isList then "list property" else "property"
            Guard.badData $"{name}: the element '{element.Name}' has no {kind} '{names.Head}'."

        at

    let vertices, axes =
        match find "vertex" with
        | Some element -> element, [| for axis in [ "x"; "y"; "z" ] -> property false [ axis ] element |]
        | None -> Guard.badData $"{name}: a mesh needs an element 'vertex', but the header names none."

    /// An element of corners, and where its list stands among its properties.
    let surface (what: string) =
        find what
        |> Option.map (fun element -> element, property true [ "vertex_indices"; "vertex_index" ] element)

    let faces, strips = surface "face", surface "tristrips"

    if faces.IsNone && strips.IsNone then
        Guard.badData $"{name}: a mesh needs an element 'face' or 'tristrips', but the header names neither."

    let holds (what: (PlyElement * int) option) (element: PlyElement) (at: int) =
        match what with
        | Some(found, corners) -> obj.ReferenceEquals(found, element) && corners = at
        | None -> false

    let whole (element: PlyElement) (index: int64) (value: float) : int64 =
        if not (Double.IsInteger value && abs value < 9e15) then
            Guard.badData $"{name}, {values.Place(element.Name, index)}: {value} is not a whole number."

        int64 value

    let position = Array.zeroCreate<float> 3

    let read (element: PlyElement) (index: int64) =
        let isVertex = obj.ReferenceEquals(element, vertices)
        values.Begin element.Name

        for at in 0 .. element.Properties.Count - 1 do
            let property = element.Properties[at]

            match property.Length with
            | ValueNone ->
                let value = values.Value property.Kind
                let axis = if isVertex then Array.IndexOf(axes, at) else -1

                if axis >= 0 then
                    if not (Double.IsFinite value) then
                        Guard.badData
                            $"{name}, {values.Place(element.Name, index)}: the coordinate {value} is not finite."

                    position[axis] <- value
            | ValueSome kind ->
                let length = whole element index (values.Value kind)

                if length < 0L then
                    Guard.badData
                        $"{name}, {values.Place(element.Name, index)}: a list has the negative length {length}."

                let isFace, isStrip = holds faces element at, holds strips element at
                let mark = values.Mark index

                if isFace then
                    builder.BeginFace mark

                strip.Begin()
                let mutable item = 0L

                while item < length do
                    let value = values.Value property.Kind

                    if isFace then
                        builder.Corner(whole element index value)
                    elif isStrip then
                        strip.Corner(mark, whole element index value)

                    item <- item + 1L

                if isFace then
                    builder.EndFace()

        if isVertex then
            builder.Vertex(position[0], position[1], position[2])

    for element in elements do
        // An element without properties takes no room, so that its number means nothing.
        if element.Properties.Count > 0 then
            let mutable index = 0L

            while index < element.Count do
                read element index
                index <- index + 1L

    values.End()
    builder.Finish()

let plyHead (format: string) (mesh: TriangleMesh) (paint: Paint) : string =
    String.concat
        "\n"
        [ "ply"
          $"format {format} 1.0"
          $"element vertex {mesh.VertexCount}"
          for axis in [ "x"; "y"; "z" ] do
              $"property double {axis}"
          if paint.Normals.Length > 0 then
              for axis in [ "nx"; "ny"; "nz" ] do
                  $"property float {axis}"
          if paint.Colours.Length > 0 then
              for part in [ "red"; "green"; "blue" ] do
                  $"property uchar {part}"
          $"element face {mesh.FaceCount}"
          "property list uchar int vertex_indices"
          "end_header"
          "" ]

let writeText (stream: Stream) (mesh: TriangleMesh) (paint: Paint) : unit =
    text stream (fun writer ->
        writer.Write(plyHead "ascii" mesh paint)
        let vertices = mesh.Vertices.ToArray()
        let faces = mesh.Faces.ToArray()

        for at in 0..3 .. vertices.Length - 3 do
            for axis in 0..2 do
                if axis > 0 then
                    writer.Write ' '

                writer.Write(number vertices[at + axis])

            if paint.Normals.Length > 0 then
                for axis in 0..2 do
                    writer.Write ' '
                    writer.Write(single paint.Normals[at + axis])

            if paint.Colours.Length > 0 then
                for part in 0..2 do
                    writer.Write ' '
                    writer.Write(paint.Colours[at + part].ToString invariant)

            writer.WriteLine()

        for at in 0..3 .. faces.Length - 3 do
            writer.Write "3"

            for corner in 0..2 do
                writer.Write ' '
                writer.Write(faces[at + corner].ToString invariant)

            writer.WriteLine())

let writeBinary (stream: Stream) (mesh: TriangleMesh) (paint: Paint) : unit =
    let head = plyHead "binary_little_endian" mesh paint
    stream.Write(ReadOnlySpan(Encoding.ASCII.GetBytes head))

    use writer = new BinaryWriter(stream, Encoding.ASCII, true)
    let vertices = mesh.Vertices.ToArray()
    let faces = mesh.Faces.ToArray()

    for at in 0..3 .. vertices.Length - 3 do
        for axis in 0..2 do
            writer.Write vertices[at + axis]

        if paint.Normals.Length > 0 then
            for axis in 0..2 do
                writer.Write(float32 paint.Normals[at + axis])

        if paint.Colours.Length > 0 then
            writer.Write(paint.Colours, at, 3)

    for at in 0..3 .. faces.Length - 3 do
        writer.Write 3uy

        for corner in 0..2 do
            writer.Write faces[at + corner]
