/// STL: loose triangles as text or bytes; corners at one position become one vertex.
module internal GaryMesh.Meshes.Stl

open System
open System.Buffers.Binary
open GaryMesh
open GaryMesh.Meshes.MeshText

let readBinary (name: string) (bytes: byte[]) (count: int64) : TriangleMesh =
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

let readText (name: string) (bytes: byte[]) : TriangleMesh =
    let words = Words(name, bytes, false)
    let builder = Builder(name, 0, atLine)
    let welder = Welder builder
    let mutable inFace = false
    let mutable inSolid = false
    let mutable corners = 0
    let mutable more = true

    while more do
        if words.Next() then
            let word = words.Word.ToLowerInvariant()

            // "end facet" stands in files for "endfacet".
            let word =
                if word = "end" && words.Next() then
                    "end" + words.Word.ToLowerInvariant()
                else
                    word

            match word with
            | "solid" when not inSolid -> inSolid <- true
            | "facet" when inSolid && not inFace ->
                inFace <- true
                corners <- 0
                builder.BeginFace words.Line
            | "vertex" when inFace ->
                let x = coordinate words
                let y = coordinate words
                let z = coordinate words
                corners <- corners + 1
                welder.Corner(x, y, z)
            | "endfacet" when inFace ->
                inFace <- false

                if corners <> 3 then
                    words.Bad $"a facet has 3 vertices, but this one has {corners}"
            | "endsolid" when inSolid && not inFace -> inSolid <- false
            | "outer"
            | "endloop" when inFace -> ()
            | _ -> words.Bad $"'{words.Shown}' is not expected here in an STL file"

        more <- words.NextLine()

    if inSolid then
        words.Bad $"the file ends before its endsolid"

    builder.Finish()

let read (name: string) (bytes: byte[]) : TriangleMesh =
    let count =
        if bytes.Length < 84 then
            -1L
        else
            int64 (BinaryPrimitives.ReadUInt32LittleEndian(ReadOnlySpan(bytes, 80, 4)))

    let needed = 84L + 50L * count
    let head = bytes.AsSpan(0, min 84 bytes.Length)

    // A binary header may begin with "solid" too, but the number of triangles after it has a zero byte, which no text has.
    let isText =
        Text.Encoding.ASCII.GetString(head).TrimStart().StartsWith("solid", StringComparison.OrdinalIgnoreCase)
        && not (head.Contains 0uy)
        && needed <> int64 bytes.Length

    if isText then
        readText name bytes
    elif count < 0L then
        Guard.badData
            $"{name}: an STL file begins with 'solid' or has at least 84 bytes, but this one has {bytes.Length}."
    elif needed > int64 bytes.Length then
        Guard.badData
            $"{name}: the file claims {count} triangles, which need {needed} bytes, but it has {bytes.Length}."
    else
        // What stands after the triangles is skipped, as numpy-stl and MeshLab do.
        readBinary name bytes count
