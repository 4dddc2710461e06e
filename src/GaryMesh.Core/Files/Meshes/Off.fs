/// OFF: counts, vertices and polygons as text.
module internal GaryMesh.Meshes.Off

open System
open GaryMesh
open GaryMesh.Meshes.MeshText

let read (name: string) (bytes: byte[]) : TriangleMesh =
    let words = Words(name, bytes, false)

    if not (words.NextAnywhere()) then
        words.Bad $"an OFF file begins with the word OFF"

    let kind = words.Word.TrimEnd([| '0' .. '9' |])

    if not (List.contains kind [ "OFF"; "COFF"; "NOFF"; "CNOFF" ]) then
        if kind.EndsWith("OFF", StringComparison.Ordinal) then
            words.Bad $"{words.Shown} is not read; OFF, COFF, NOFF and CNOFF are"

        words.Bad $"an OFF file begins with the word OFF"

    // The files of ModelNet begin with OFF216 183 0.
    let mutable glued = words.Length > kind.Length

    let count (what: string) : int64 =
        if glued then
            words.Drop kind.Length
            glued <- false
        elif not (words.NextAnywhere()) then
            words.Bad $"the number of {what} is missing"
        elif words.Is "BINARY" then
            words.Bad $"a binary OFF file is not read, only text is"

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
