namespace GaryMesh

open System
open System.IO
open GaryMesh.Meshes

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

    let write (format: MeshFormat) (mesh: TriangleMesh) (colours: byte[]) (stream: Stream) : unit =
        match format with
        | MeshFormat.Obj -> Obj.write stream mesh colours
        | MeshFormat.Ply -> Ply.writeBinary stream mesh colours
        | MeshFormat.PlyText -> Ply.writeText stream mesh colours
        | _ ->
            Guard.outOfRange
                (nameof format)
                $"A mesh is written as Obj, Ply or PlyText, but the format is {int format}."

    let format (path: string) : MeshFormat =
        match ending path with
        | ".obj" -> MeshFormat.Obj
        | ".ply" -> MeshFormat.Ply
        | _ -> Guard.refuse $"A mesh is written as .obj or .ply, but the file is '{path}'."

    let checkColours (mesh: TriangleMesh) (colours: byte[]) : unit =
        if colours.Length <> 3 * mesh.VertexCount then
            Guard.refuse
                $"The mesh's {mesh.VertexCount} vertices need {3 * mesh.VertexCount} colour values, but {colours.Length} are given."

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
        SafeFile.Write(path, (fun stream -> Formats.write format mesh [||] stream))

    static member Write(path: string, mesh: TriangleMesh, colours: byte[]) : unit =
        ArgumentException.ThrowIfNullOrWhiteSpace(path, nameof path)
        ArgumentNullException.ThrowIfNull(mesh, nameof mesh)
        ArgumentNullException.ThrowIfNull(colours, nameof colours)
        let format = Formats.format path
        Formats.checkColours mesh colours
        SafeFile.Write(path, (fun stream -> Formats.write format mesh colours stream))

    static member Write(stream: Stream, format: MeshFormat, mesh: TriangleMesh) : unit =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(mesh, nameof mesh)
        Formats.write format mesh [||] stream

    static member Write(stream: Stream, format: MeshFormat, mesh: TriangleMesh, colours: byte[]) : unit =
        ArgumentNullException.ThrowIfNull(stream, nameof stream)
        ArgumentNullException.ThrowIfNull(mesh, nameof mesh)
        ArgumentNullException.ThrowIfNull(colours, nameof colours)
        Formats.checkColours mesh colours
        Formats.write format mesh colours stream
