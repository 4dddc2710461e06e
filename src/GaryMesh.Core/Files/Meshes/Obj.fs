/// Wavefront OBJ: vertices and polygons as text.
module internal GaryMesh.Meshes.Obj

open System.IO
open GaryMesh
open GaryMesh.Meshes.MeshText

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
        words.Bad $"the face names vertex 0, but OBJ counts vertices from 1"
    elif index > 0L then
        index - 1L
    elif index < -(int64 count) then
        words.Bad $"the face names vertex {index}, counted back from {count} vertices"
    else
        int64 count + index

let read (name: string) (bytes: byte[]) : TriangleMesh =
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

let write (stream: Stream) (mesh: TriangleMesh) (paint: Paint) : unit =
    text stream (fun writer ->
        let vertices = mesh.Vertices.ToArray()
        let faces = mesh.Faces.ToArray()

        for at in 0..3 .. vertices.Length - 3 do
            writer.Write "v"

            for axis in 0..2 do
                writer.Write ' '
                writer.Write(number vertices[at + axis])

            if paint.Colours.Length > 0 then
                for part in 0..2 do
                    writer.Write ' '
                    writer.Write((float paint.Colours[at + part] / 255.0).ToString("0.####", invariant))

            writer.WriteLine()

        for at in 0..3 .. paint.Normals.Length - 3 do
            writer.Write "vn"

            for axis in 0..2 do
                writer.Write ' '
                writer.Write(single paint.Normals[at + axis])

            writer.WriteLine()

        for at in 0..3 .. faces.Length - 3 do
            writer.Write "f"

            for corner in 0..2 do
                writer.Write ' '
                let vertex = (int64 faces[at + corner] + 1L).ToString invariant
                writer.Write(if paint.Normals.Length > 0 then $"{vertex}//{vertex}" else vertex)

            writer.WriteLine())
