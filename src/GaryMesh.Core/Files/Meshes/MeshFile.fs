namespace GaryMesh

open System
open System.IO
open GaryMesh.Meshes
open GaryMesh.Meshes.MeshText

type MeshFormat =
    | Obj = 0
    | Ply = 1
    | PlyText = 2

/// Which format a file is in, by its ending.
module private Formats =
    let ending (name: string) : string =
        match Path.GetExtension name with
        | null -> ""
        | ending -> ending.ToLowerInvariant()

    let reader (name: string) : byte[] -> TriangleMesh =
        let read =
            match ending (Gzip.inner name) with
            | ".obj" -> Obj.read name
            | ".ply" -> Ply.read name
            | ".off" -> Off.read name
            | ".stl" -> Stl.read name
            | _ -> Guard.refuse $"A mesh is read from .obj, .ply, .off or .stl, but the file is '{name}'."

        Gzip.unpacked name >> read

    let write (format: MeshFormat) (mesh: TriangleMesh) (paint: Paint) (stream: Stream) : unit =
        match format with
        | MeshFormat.Obj -> Obj.write stream mesh paint
        | MeshFormat.Ply -> Ply.writeBinary stream mesh paint
        | MeshFormat.PlyText -> Ply.writeText stream mesh paint
        | _ ->
            Guard.outOfRange
                (nameof format)
                $"A mesh is written as Obj, Ply or PlyText, but the format is {int format}."

    let format (path: string) : MeshFormat =
        match ending path with
        | ".obj" -> MeshFormat.Obj
        | ".ply" -> MeshFormat.Ply
        | _ -> Guard.refuse $"A mesh is written as .obj or .ply, but the file is '{path}'."

    let plain = { Colours = [||]; Normals = [||] }

    let painted (mesh: TriangleMesh) (colours: byte[]) (normals: float[] | null) : Paint =
        let check what count =
            if count <> 3 * mesh.VertexCount then
                Guard.refuse
                    $"The mesh's {mesh.VertexCount} vertices need {3 * mesh.VertexCount} {what}, but {count} are given."

        check "colour values" colours.Length

        match normals with
        | null -> { plain with Colours = colours }
        | normals ->
            check "numbers of normals" normals.Length

            match Array.tryFindIndex (Double.IsFinite >> not) normals with
            | Some at -> Guard.refuse $"Every normal must be finite, but that of vertex {at / 3} has {normals[at]}."
            | None -> { Colours = colours; Normals = normals }

[<AbstractClass; Sealed>]
type MeshFile =

    static member Read(path: string) : TriangleMesh =
        ArgumentException.ThrowIfNullOrWhiteSpace(path, nameof path)
        let read = Formats.reader path
        read (File.ReadAllBytes path)

    static member Read(stream: Stream, name: string) : TriangleMesh =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(name, nameof name)
        let read = Formats.reader name
        use memory = new MemoryStream()
        stream.CopyTo memory
        read (memory.ToArray())

    static member Write(path: string, mesh: TriangleMesh) : unit =
        ArgumentException.ThrowIfNullOrWhiteSpace(path, nameof path)
        ArgumentNullException.ThrowIfNull(mesh, nameof mesh)
        let format = Formats.format path
        SafeFile.Write(path, (fun stream -> Formats.write format mesh Formats.plain stream))

    static member Write(path: string, mesh: TriangleMesh, colours: byte[]) : unit =
        ArgumentException.ThrowIfNullOrWhiteSpace(path, nameof path)
        ArgumentNullException.ThrowIfNull(mesh, nameof mesh)
        ArgumentNullException.ThrowIfNull(colours, nameof colours)
        let format = Formats.format path
        let paint = Formats.painted mesh colours null
        SafeFile.Write(path, (fun stream -> Formats.write format mesh paint stream))

    static member Write(path: string, mesh: TriangleMesh, colours: byte[], normals: float[]) : unit =
        ArgumentException.ThrowIfNullOrWhiteSpace(path, nameof path)
        ArgumentNullException.ThrowIfNull(mesh, nameof mesh)
        ArgumentNullException.ThrowIfNull(colours, nameof colours)
        ArgumentNullException.ThrowIfNull(normals, nameof normals)
        let format = Formats.format path
        let paint = Formats.painted mesh colours normals
        SafeFile.Write(path, (fun stream -> Formats.write format mesh paint stream))

    static member Write(stream: Stream, format: MeshFormat, mesh: TriangleMesh) : unit =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(mesh, nameof mesh)
        Formats.write format mesh Formats.plain stream

    static member Write(stream: Stream, format: MeshFormat, mesh: TriangleMesh, colours: byte[]) : unit =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(mesh, nameof mesh)
        ArgumentNullException.ThrowIfNull(colours, nameof colours)
        Formats.write format mesh (Formats.painted mesh colours null) stream

    static member Write
        (stream: Stream, format: MeshFormat, mesh: TriangleMesh, colours: byte[], normals: float[])
        : unit =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(mesh, nameof mesh)
        ArgumentNullException.ThrowIfNull(colours, nameof colours)
        ArgumentNullException.ThrowIfNull(normals, nameof normals)
        Formats.write format mesh (Formats.painted mesh colours normals) stream
