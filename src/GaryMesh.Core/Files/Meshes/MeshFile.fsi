namespace GaryMesh

open System.IO

/// <summary>The form of a mesh file that is written.</summary>
type MeshFormat =
    /// Wavefront OBJ; colours follow the positions as 0 to 1.
    | Obj = 0
    /// PLY, binary little-endian; colours are red, green and blue of 0 to 255.
    | Ply = 1
    /// PLY as text; colours are red, green and blue of 0 to 255.
    | PlyText = 2

/// <summary>Reads meshes from OBJ, PLY (text or binary of either byte order), OFF (text) and STL (text or binary), each
/// also compressed with gzip (<c>.obj.gz</c>), and writes OBJ and PLY. The file's ending tells the form.</summary>
/// <remarks>Polygons become fans of triangles around their first corner, and triangle strips of PLY their triangles; texture
/// coordinates, normals and colours are skipped; vertices keep their order, and STL corners at the same position become
/// one vertex. A triangle with two equal corners is kept. As other readers do, PLY text has one element a line, and what a
/// line has beyond the header's properties is skipped, as are bytes after the last element of binary PLY or STL.</remarks>
[<AbstractClass; Sealed>]
type MeshFile =

    /// <summary>Reads a mesh file.</summary>
    /// <param name="path">The file, ending in <c>.obj</c>, <c>.ply</c>, <c>.off</c> or <c>.stl</c>.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The file is no valid mesh of at least one triangle: one
    /// sentence names the file and the line (or, in a binary file, the vertex or face, counted from 0).</exception>
    /// <exception cref="T:System.ArgumentException">The ending is none of these.</exception>
    /// <exception cref="T:System.IO.IOException">The file is missing or cannot be opened.</exception>
    static member Read: path: string -> TriangleMesh

    /// <summary>Reads a mesh from a stream's position to its end.</summary>
    /// <param name="stream">The stream to read; left open.</param>
    /// <param name="name">A file name, whose ending tells the form and which messages name.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The stream holds no valid mesh of at least one
    /// triangle.</exception>
    /// <exception cref="T:System.ArgumentException">The ending is none of those that are read.</exception>
    static member Read: stream: Stream * name: string -> TriangleMesh

    /// <summary>Writes a mesh as <c>.obj</c> or (binary) <c>.ply</c>, replacing a file that stands there only once the
    /// new one is complete. Positions are written so that reading gives the same numbers.</summary>
    /// <param name="path">The file, ending in <c>.obj</c> or <c>.ply</c>.</param>
    /// <param name="mesh">The mesh.</param>
    /// <exception cref="T:System.ArgumentException">The ending is neither.</exception>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member Write: path: string * mesh: TriangleMesh -> unit

    /// <summary>Writes a mesh with a colour per vertex as <c>.obj</c> or (binary) <c>.ply</c>.</summary>
    /// <param name="path">The file, ending in <c>.obj</c> or <c>.ply</c>.</param>
    /// <param name="mesh">The mesh.</param>
    /// <param name="colours">Red, green and blue of 0 to 255: [VertexCount x 3].</param>
    /// <exception cref="T:System.ArgumentException">The ending is neither, or the colours do not fit the
    /// mesh.</exception>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member Write: path: string * mesh: TriangleMesh * colours: byte[] -> unit

    /// <summary>Writes a mesh with a colour and a normal per vertex as <c>.obj</c> or (binary) <c>.ply</c>; the normals in
    /// single precision.</summary>
    /// <param name="path">The file, ending in <c>.obj</c> or <c>.ply</c>.</param>
    /// <param name="mesh">The mesh.</param>
    /// <param name="colours">Red, green and blue of 0 to 255: [VertexCount x 3].</param>
    /// <param name="normals">x, y and z: [VertexCount x 3].</param>
    /// <exception cref="T:System.ArgumentException">The ending is neither, or colours or normals do not fit the mesh or
    /// are not finite.</exception>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member Write: path: string * mesh: TriangleMesh * colours: byte[] * normals: float[] -> unit

    /// <summary>Writes a mesh to a stream.</summary>
    /// <param name="stream">The stream to write to; left open.</param>
    /// <param name="format">The form to write.</param>
    /// <param name="mesh">The mesh.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The form is none of the known ones.</exception>
    static member Write: stream: Stream * format: MeshFormat * mesh: TriangleMesh -> unit

    /// <summary>Writes a mesh with a colour per vertex to a stream.</summary>
    /// <param name="stream">The stream to write to; left open.</param>
    /// <param name="format">The form to write.</param>
    /// <param name="mesh">The mesh.</param>
    /// <param name="colours">Red, green and blue of 0 to 255: [VertexCount x 3].</param>
    /// <exception cref="T:System.ArgumentException">The colours do not fit the mesh.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The form is none of the known ones.</exception>
    static member Write: stream: Stream * format: MeshFormat * mesh: TriangleMesh * colours: byte[] -> unit

    /// <summary>Writes a mesh with a colour and a normal per vertex to a stream.</summary>
    /// <param name="stream">The stream to write to; left open.</param>
    /// <param name="format">The form to write.</param>
    /// <param name="mesh">The mesh.</param>
    /// <param name="colours">Red, green and blue of 0 to 255: [VertexCount x 3].</param>
    /// <param name="normals">x, y and z: [VertexCount x 3].</param>
    /// <exception cref="T:System.ArgumentException">Colours or normals do not fit the mesh or are not
    /// finite.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The form is none of the known ones.</exception>
    static member Write:
        stream: Stream * format: MeshFormat * mesh: TriangleMesh * colours: byte[] * normals: float[] -> unit
