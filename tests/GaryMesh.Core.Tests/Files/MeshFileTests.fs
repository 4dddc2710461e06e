module GaryMesh.Tests.Files.MeshFileTests

open System
open System.Diagnostics
open System.IO
open System.IO.Compression
open System.Text
open Expecto
open FsCheck
open FsCheck.FSharp
open GaryMesh
open GaryMesh.Tests.DataFolder
open GaryMesh.Tests.Mutants
open GaryMesh.Tests.Files.Support

let private readBytes (name: string) (bytes: byte[]) : TriangleMesh =
    use memory = new MemoryStream(bytes)
    MeshFile.Read(memory, name)

let private read (name: string) (text: string) : TriangleMesh = readBytes name (Encoding.UTF8.GetBytes text)

let private written (format: MeshFormat) (mesh: TriangleMesh) (colours: byte[]) : byte[] =
    use memory = new MemoryStream()

    if colours.Length = 0 then
        MeshFile.Write(memory, format, mesh)
    else
        MeshFile.Write(memory, format, mesh, colours)

    memory.ToArray()

let private vertices (mesh: TriangleMesh) = mesh.Vertices.ToArray()
let private faces (mesh: TriangleMesh) = mesh.Faces.ToArray()

let private square = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"
let private fan = [| 0; 1; 2; 0; 2; 3 |]

let private name (format: MeshFormat) = if format = MeshFormat.Obj then "m.obj" else "m.ply"

/// Any mesh: 1 to 20 vertices, 1 to 30 triangles, degenerate ones too.
let private mesh: Gen<TriangleMesh> =
    gen {
        let! count = Gen.choose (1, 20)
        let! triangles = Gen.choose (1, 30)

        let value =
            ArbMap.defaults |> ArbMap.generate<NormalFloat> |> Gen.map (fun (NormalFloat value) -> value)

        let! positions = Gen.arrayOfLength (3 * count) value
        let! corners = Gen.arrayOfLength (3 * triangles) (Gen.choose (0, count - 1))
        return TriangleMesh(positions, corners)
    }

let private ply (format: string) (elements: string list) =
    String.concat "\n" ([ "ply"; $"format {format} 1.0" ] @ elements @ [ "end_header"; "" ])

let private plySquare =
    [ "comment a square"
      "element vertex 4"
      "property float x"
      "property float y"
      "property list uchar float extra"
      "property float z"
      "property uchar red"
      "element face 1"
      "property uchar flag"
      "property list uchar int vertex_indices" ]

let private plyBody = "0 0 2 7 8 0 255\n1 0 0 0 255\n1 1 0 0 255\n0 1 1 3 0 255\n9 4 0 1 2 3\n"

let private stl =
    "solid s\nfacet normal 0 0 1\n outer loop\n vertex 0 0 0\n vertex 1 0 0\n vertex 1 1 0\n endloop\nendfacet\n\
     facet normal 0 0 1\n outer loop\n vertex 0 0 0\n vertex 1 1 0\n vertex 0 1 -0\n endloop\nendfacet\nendsolid s\n"

let private stlBinary (triangles: float32[][]) : byte[] =
    use memory = new MemoryStream()
    use writer = new BinaryWriter(memory)
    writer.Write(Array.create 80 (byte 's'))
    writer.Write(uint32 triangles.Length)

    for triangle in triangles do
        for value in Array.append [| 0f; 0f; 1f |] triangle do
            writer.Write value

        writer.Write 0us

    memory.ToArray()

let private gzip (bytes: byte[]) : byte[] =
    use memory = new MemoryStream()
    using (new GZipStream(memory, CompressionLevel.Optimal)) (fun stream -> stream.Write(ReadOnlySpan bytes))
    memory.ToArray()

/// The triangles of a strip by the format's words: corners i, i+1, i+2, every other one turned over, none with equal corners.
let private triangles (strip: int[]) : int[][] =
    let run (corners: int[]) =
        corners
        |> Array.windowed 3
        |> Array.mapi (fun i at -> if i % 2 = 0 then at else [| at[1]; at[0]; at[2] |])
        |> Array.filter (fun at -> (Array.distinct at).Length = 3)

    let rec runs (corners: int list) =
        match List.tryFindIndex (fun corner -> corner = -1) corners with
        | Some at -> Array.append (run (Array.ofList (List.take at corners))) (runs (List.skip (at + 1) corners))
        | None -> run (Array.ofList corners)

    runs (List.ofArray strip)

let private plyKinds =
    [ "char", 1; "uint8", 1; "short", 2; "uint16", 2; "int32", 4; "uint", 4; "float", 4; "double", 8 ]

/// The types of the coordinates, of a list's length and of its corners; points of small whole numbers; a strip.
let private plyOfAnyTypes =
    gen {
        let! coordinates = Gen.arrayOfLength 3 (Gen.elements plyKinds)
        let! length = Gen.elements (List.take 6 plyKinds)
        let! corner = Gen.elements [ "char", 1; "short", 2; "int", 4; "float32", 4; "float64", 8 ]
        let! count = Gen.choose (3, 9)
        let! points = Gen.arrayOfLength count (Gen.arrayOfLength 3 (Gen.choose (0, 99)))
        let! strip = Gen.arrayOf (Gen.choose (-1, count - 1))
        return (coordinates, length, corner), points, Array.append [| 0; 1; 2 |] (Array.truncate 90 strip)
    }

let private plyBytes (format: string) (coordinates: (string * int)[], length, corner) (points: int[][]) (strip: int[]) =
    use memory = new MemoryStream()

    let write (kind: string, size: int) (value: int) =
        if format = "ascii" then
            memory.Write(ReadOnlySpan(Encoding.ASCII.GetBytes(FormattableString.Invariant $"{value} ")))
        else
            let bytes =
                match kind with
                | "float"
                | "float32" -> BitConverter.GetBytes(float32 value)
                | "double"
                | "float64" -> BitConverter.GetBytes(float value)
                | _ -> (BitConverter.GetBytes value)[.. size - 1]

            memory.Write(ReadOnlySpan(if format = "binary_big_endian" then Array.rev bytes else bytes))

    let line () =
        if format = "ascii" then
            memory.WriteByte 10uy

    [ $"element vertex {points.Length}"
      for axis, (kind, _) in Array.zip [| "x"; "y"; "z" |] coordinates do
          $"property {kind} {axis}"
      "element tristrips 1"
      $"property list {fst length} {fst corner} vertex_indices" ]
    |> ply format
    |> Encoding.ASCII.GetBytes
    |> fun head -> memory.Write(ReadOnlySpan head)

    for point in points do
        Array.iter2 write coordinates point
        line ()

    write length strip.Length
    Array.iter (write corner) strip
    line ()
    memory.ToArray()

[<Tests>]
let tests =
    testList
        "MeshFile"
        [ testList
              "OBJ"
              [ for title, text in
                    [ "v", "f 1 2 3 4"
                      "v/vt", "f 1/1 2/2 3/3 4/4"
                      "v//vn", "f 1//1 2//1 3//1 4//1"
                      "v/vt/vn", "f 1/1/1 2/2/1 3/3/1 4/4/1"
                      "v/", "f 1/ 2/ 3/ 4/"
                      "negative", "f -4 -3 -2 -1"
                      "negative with normals", "f -4//-1 -3//-1 -2//-1 -1//-1"
                      "two triangles", "f 1 2 3\nf 1 3 4"
                      "a comment", "# a square\nf 1 2 3 4 # all\n"
                      "a comment that ends in a backslash", "# c:\\\nf 1 2 3 4"
                      "continued lines", "f 1 2 \\\n 3 \\\r\n 4"
                      "other statements",
                      "mtllib a.mtl\no thing\ng a b\ns off\nusemtl x\nvt 0 0\nvn 0 0 1\nl 1 2\nf 1 2 3 4\n" ] do
                    test title {
                        let mesh = read "m.obj" (square + text)
                        Expect.equal (faces mesh) fan "faces"
                        Expect.equal (vertices mesh) [| 0; 0; 0; 1; 0; 0; 1; 1; 0; 0; 1; 0 |] "vertices"
                    }

                test "line ends of every system, tabs and a byte-order mark" {
                    for ending in [ "\n"; "\r\n"; "\r" ] do
                        let text = ("\uFEFF" + square + "f 1\t2  3 4 ").Replace("\n", ending)
                        Expect.equal (faces (read "m.OBJ" text)) fan "faces"
                }

                test "colours and weights after positions are skipped" {
                    let text = "v 1e-3 -.5 +2. 1\nv 1 2 3 0.1 0.2 0.3\nv 4 5 6 1 0 0\nf 1 2 3"
                    Expect.equal (vertices (read "m.obj" text)) [| 0.001; -0.5; 2; 1; 2; 3; 4; 5; 6 |] "vertices"
                }

                test "a face may stand before its vertices" {
                    Expect.equal (faces (read "m.obj" ("f 1 2 3 4\n" + square))) fan "faces"
                }

                for title, text, words in
                    [ "index 0", square + "f 0 1 2", [ "line 5"; "vertex 0" ]
                      "out of range", square + "\nf 1 2 5", [ "line 6"; "vertex 5"; "4 vertices" ]
                      "too far back", square + "f -5 1 2", [ "line 5"; "-5"; "4 vertices" ]
                      "an enormous index", square + "f 1 2 99999999999", [ "line 5"; "99999999999" ]
                      "beyond 64 bits", square + "f 1 2 99999999999999999999999", [ "line 5" ]
                      "two corners", square + "f 1 2", [ "line 5"; "3 corners"; "has 2" ]
                      "no corner", square + "f", [ "line 5"; "has 0" ]
                      "not a number", square + "f 1 2 x", [ "line 5"; "'x'" ]
                      "a fraction", square + "f 1 2 3.5", [ "line 5"; "'3.5'" ]
                      "too many parts", square + "f 1/1/1/1 2 3", [ "line 5"; "1/1/1/1" ]
                      "NaN", "v 0 0 NaN\nf 1 1 1", [ "line 1"; "NaN" ]
                      "infinite", "v 0 0 1e999\nf 1 1 1", [ "line 1"; "1e999" ]
                      "two coordinates", "v 0 0\nf 1 1 1", [ "line 1"; "3 coordinates" ]
                      "a comma", "v 0,5 0 0\nf 1 1 1", [ "line 1"; "0,5" ]
                      "no face", square, [ "4 vertices"; "no face" ]
                      "nothing", "", [ "0 vertices" ]
                      "continued line counted", square + "f 1 2 \\\n3\nf 1 2 9", [ "line 7"; "vertex 9" ] ] do
                    test $"refuses {title}" { refused ("m.obj" :: words) (fun () -> read "m.obj" text |> ignore) } ]

          testList
              "PLY, OFF and STL"
              [ test "PLY as text, with other elements and properties" {
                    let mesh = read "m.ply" (ply "ascii" plySquare + plyBody)
                    Expect.equal (faces mesh) fan "faces"
                    Expect.equal (vertices mesh) [| 0; 0; 0; 1; 0; 0; 1; 1; 0; 0; 1; 0 |] "vertices"
                }

                test "PLY, binary, with other elements and properties" {
                    use memory = new MemoryStream()
                    use writer = new BinaryWriter(memory)
                    writer.Write(Encoding.ASCII.GetBytes(ply "binary_little_endian" plySquare))

                    for x, y, extra in [ 0f, 0f, 2; 1f, 0f, 0; 1f, 1f, 0; 0f, 1f, 1 ] do
                        writer.Write x
                        writer.Write y
                        writer.Write(byte extra)

                        for _ in 1..extra do
                            writer.Write 7f

                        writer.Write 0f
                        writer.Write 255uy

                    writer.Write [| 9uy; 4uy |]

                    for corner in 0..3 do
                        writer.Write corner

                    Expect.equal (faces (readBytes "m.ply" (memory.ToArray()))) fan "faces"
                }

                test "PLY text has one element a line, whose surplus values are skipped" {
                    let header =
                        [ "element vertex 4"
                          "property float x"
                          "property float y"
                          "property float z"
                          "element face 1"
                          "property list uchar int vertex_indices" ]

                    let body = "0 0 0 9\n1 0 0 9\n\n1 1 0 9\n0 1 0 9\n4 0 1 2 3 255 0 0\n\n"
                    let mesh = read "m.ply" (ply "ascii" header + body)
                    Expect.equal (faces mesh) fan "faces"
                    Expect.equal (vertices mesh) [| 0; 0; 0; 1; 0; 0; 1; 1; 0; 0; 1; 0 |] "vertices"
                }

                propertyOf
                    (Gen.zip (Gen.elements [ "ascii"; "binary_little_endian"; "binary_big_endian" ]) plyOfAnyTypes)
                    "PLY of every type and encoding is the same mesh"
                    (fun (format, (kinds, points, strip)) ->
                        let mesh = readBytes "m.ply" (plyBytes format kinds points strip)
                        Expect.equal (vertices mesh) (Array.map float (Array.concat points)) "vertices"
                        Expect.equal (faces mesh) (Array.concat (triangles strip)) "faces")

                test "OFF, with comments, colours and no number of edges" {
                    for head in
                        [ "OFF\n4 1 0"; "# c\nOFF\n# d\n4 1"; "OFF 4 1 0"; "COFF\n4 1 0"; "OFF4 1 0"; "NOFF4\n1" ] do
                        let text = head + "\n0 0 0 1 1 1\n\n1 0 0\n1 1 0 # here\n0 1 0\n4 0 1 2 3 255 0 0\n"
                        Expect.equal (faces (read "m.off" text)) fan "faces"
                }

                test "STL as text and binary: equal corners are one vertex" {
                    let a, b, c, d = [| 0f; 0f; 0f |], [| 1f; 0f; 0f |], [| 1f; 1f; 0f |], [| 0f; 1f; -0f |]
                    let binary = stlBinary [| Array.concat [ a; b; c ]; Array.concat [ a; c; d ] |]

                    for mesh in [ read "m.stl" stl; readBytes "m.stl" binary ] do
                        Expect.equal (faces mesh) fan "faces"
                        Expect.equal mesh.VertexCount 4 "vertices"
                }

                for file, title, text, words in
                    [ "m.ply", "another form", "solid", [ "line 1"; "ply" ]
                      "m.ply", "another encoding", ply "binary" plySquare, [ "line 2"; "'binary'"; "binary_big_endian" ]
                      "m.ply", "an open header", "ply\nformat ascii 1.0\n", [ "end_header" ]
                      "m.ply", "no format", "ply\nend_header\n", [ "format" ]
                      "m.ply",
                      "no vertices",
                      ply "ascii" [ "element face 1"; "property list uchar int vertex_index" ],
                      [ "'vertex'" ]
                      "m.ply",
                      "a strange type",
                      ply "ascii" [ "element vertex 1"; "property half x" ],
                      [ "line 4"; "half" ]
                      "m.ply", "a short body", ply "ascii" plySquare + "0 0 0 0 1", [ "ends before its last element" ]
                      "m.ply",
                      "an element over two lines",
                      ply "ascii" plySquare + plyBody.Replace("1 0 0 0 255", "1 0 0\n0 255"),
                      [ "line 15"; "ends before"; "vertex" ]
                      "m.ply",
                      "more elements than the header names",
                      ply "ascii" plySquare + plyBody + "\n9 4 0 1 2 3\n",
                      [ "line 20"; "'9' comes after the last element" ]
                      "m.ply",
                      "neither faces nor strips",
                      ply "ascii" [ "element vertex 1"; "property float x"; "property float y"; "property float z" ]
                      + "0 0 0\n",
                      [ "'face' or 'tristrips'" ]
                      "m.ply",
                      "a bad index",
                      ply "ascii" plySquare + plyBody.Replace("0 1 2 3\n", "0 1 2 4\n"),
                      [ "line 18"; "vertex 4" ]
                      "m.ply",
                      "a negative index",
                      ply "ascii" plySquare + plyBody.Replace("0 1 2 3\n", "0 1 2 -1\n"),
                      [ "line 18"; "vertex -1" ]
                      "m.ply",
                      "a broken index",
                      ply "ascii" plySquare + plyBody.Replace("0 1 2 3\n", "0 1 2 1.5\n"),
                      [ "line 18"; "1.5" ]
                      "m.ply",
                      "two corners",
                      ply "ascii" plySquare + plyBody.Replace("4 0 1 2 3\n", "2 0 1\n"),
                      [ "line 18"; "has 2" ]
                      "m.ply", "NaN", ply "ascii" plySquare + "NaN 0 0 0 1\n", [ "line 14"; "finite" ]
                      "m.ply",
                      "an absurd number",
                      ply
                          "binary_little_endian"
                          [ "element vertex 2000000000"
                            "property float x"
                            "property float y"
                            "property float z"
                            "element face 1"
                            "property list uchar int vertex_index" ],
                      [ "ends after" ]
                      "m.off", "another form", "ply", [ "line 1"; "begins with the word OFF" ]
                      for kind in [ "STOFF"; "4OFF"; "nOFF"; "ST4nOFF" ] do
                          "m.off", kind, $"{kind}\n4 1 0\n", [ "line 1"; $"{kind} is not read; OFF, COFF" ]
                      "m.off", "binary", "OFF BINARY\n", [ "binary OFF file is not read" ]
                      "m.off", "a short body", "OFF\n4 1 0\n0 0 0\n", [ "1 of 4 vertices" ]
                      "m.off", "a bad index", "OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 3\n", [ "line 6"; "vertex 3" ]
                      "m.off", "a short face", "OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1\n", [ "line 6"; "claims 3" ]
                      "m.off", "a negative face", "OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n-3 0 1 2\n", [ "line 6"; "has 0" ]
                      "m.stl", "another form", "ply", [ "STL" ]
                      "m.stl", "an open end", stl.Replace("endsolid s\n", ""), [ "endsolid" ]
                      "m.stl", "an infinite corner", stl.Replace("vertex 1 0 0", "vertex 1 inf 0"), [ "line 5"; "inf" ]
                      "m.stl", "a stray vertex", "solid\nvertex 0 0 0\nendsolid", [ "line 2"; "vertex" ]
                      "m.stl",
                      "a facet of four",
                      stl.Replace("vertex 1 0 0\n", "vertex 1 0 0\nvertex 2 0 0\n"),
                      [ "line 9"; "3 vertices"; "has 4" ]
                      "m.obj", "a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\n", [ "git lfs pull" ] ] do
                    test $"refuses {file} of {title}" { refused (file :: words) (fun () -> read file text |> ignore) }

                test "STL text in capitals, with its ends in two words" {
                    let other = stl.Replace("endfacet", "end facet").Replace("endloop", "end loop").ToUpperInvariant()
                    Expect.equal (faces (read "m.stl" other)) fan "faces"
                }

                test "a binary STL may begin with 'solid', and end in more bytes" {
                    let bytes = stlBinary [| [| 0f; 0f; 0f; 1f; 0f; 0f; 0f; 1f; 0f |] |]

                    for head in [ "solid facet of something"; "a part" ] do
                        for surplus in [ 0; 2; 49; 50; 120 ] do
                            let bytes = Array.append bytes (Array.create surplus 7uy)
                            Encoding.ASCII.GetBytes(head.PadRight 80).CopyTo(bytes, 0)
                            Expect.equal (faces (readBytes "m.stl" bytes)) [| 0; 1; 2 |] $"{head}, {surplus}"

                    Encoding.ASCII.GetBytes("solid".PadRight 80).CopyTo(bytes, 0)
                    refused [ "1 triangles"; "134 bytes"; "133" ] (fun () -> readBytes "m.stl" bytes[..132] |> ignore)
                }

                test "a mesh compressed with gzip is read, and a bomb is refused without its memory" {
                    let text = Encoding.UTF8.GetBytes(square + "f 1 2 3 4\n")

                    for name in [ "m.obj.gz"; "m.obj"; "M.OBJ.GZ" ] do
                        Expect.equal (faces (readBytes name (gzip text))) fan name

                    Expect.equal (faces (readBytes "m.obj.gz" text)) fan "not compressed, in spite of its name"
                    let bomb = gzip (Array.zeroCreate 200_000_000)
                    let before = GC.GetAllocatedBytesForCurrentThread()
                    refused [ "m.obj.gz"; "gunzip" ] (fun () -> readBytes "m.obj.gz" bomb |> ignore)
                    let taken = GC.GetAllocatedBytesForCurrentThread() - before
                    Expect.isLessThan taken (16L <<< 20) "allocated"
                    let whole = gzip text

                    for length in 3 .. whole.Length - 1 do
                        refused [ "m.obj.gz"; "damaged" ] (fun () ->
                            readBytes "m.obj.gz" (Array.truncate length whole) |> ignore)
                }

                test "UTF-16 is named" {
                    for encoding: Encoding in [ Encoding.Unicode; Encoding.BigEndianUnicode ] do
                        let bytes = Array.append (encoding.GetPreamble()) (encoding.GetBytes square)
                        refused [ "m.obj"; "UTF-16" ] (fun () -> readBytes "m.obj" bytes |> ignore)
                }

                test "refuses a binary STL of the wrong length" {
                    let bytes = stlBinary [| Array.zeroCreate 9 |]

                    refused [ "m.stl"; "1 triangles"; "134 bytes"; "133" ] (fun () ->
                        readBytes "m.stl" bytes[..132] |> ignore)
                }

                test "refuses an unknown ending" {
                    Expect.throwsT<ArgumentException> (fun () -> read "m.fbx" "" |> ignore) "fbx"
                    let mesh = read "m.obj" (square + "f 1 2 3")
                    Expect.throwsT<ArgumentException> (fun () -> MeshFile.Write("m.stl", mesh)) "stl"
                } ]

          propertyOf mesh "what is written is read: positions and faces, exactly, with colours or without" (fun mesh ->
              let colours = Array.init (3 * mesh.VertexCount) byte

              for format in Enum.GetValues<MeshFormat>() do
                  for colours in [ [||]; colours ] do
                      let again = readBytes (name format) (written format mesh colours)
                      Expect.equal (vertices again) (vertices mesh) "positions"
                      Expect.equal (faces again) (faces mesh) "faces")

          propertyOf mesh "normals stand in the files, and the mesh is read past them" (fun mesh ->
              let colours = Array.init (3 * mesh.VertexCount) byte
              let normals = Array.init (3 * mesh.VertexCount) (fun i -> 1.0 / float (i + 3))

              let file format =
                  use memory = new MemoryStream()
                  MeshFile.Write(memory, format, mesh, colours, normals)
                  memory.ToArray()

              for format in Enum.GetValues<MeshFormat>() do
                  let again = readBytes (name format) (file format)
                  Expect.equal (vertices again) (vertices mesh) "positions"
                  Expect.equal (faces again) (faces mesh) "faces"

              let near (words: string seq) =
                  Seq.map float32 words |> List.ofSeq = [ for normal in normals -> float32 normal ]

              let lines format = Encoding.UTF8.GetString(file format).Split '\n'
              let said = lines MeshFormat.Obj |> Array.filter (fun line -> line.StartsWith "vn ")
              Expect.isTrue (near (said |> Seq.collect (fun line -> Array.tail (line.Split ' ')))) "OBJ"
              let text = lines MeshFormat.PlyText
              let first = 1 + Array.IndexOf(text, "end_header")
              Expect.equal (Array.IndexOf(text, "property float nx")) 6 "PLY's header"

              Expect.isTrue
                  (near (
                      text[first .. first + mesh.VertexCount - 1] |> Seq.collect (fun line -> (line.Split ' ')[3..5])
                  ))
                  "PLY")

          test "normals that do not fit are refused" {
              let mesh = TriangleMesh.Grid(2, 2)
              let write normals = MeshFile.Write(Stream.Null, MeshFormat.Ply, mesh, Array.zeroCreate 12, normals)

              for normals, words in
                  [ Array.zeroCreate 11, "12 numbers of normals, but 11"; Array.create 12 nan, "vertex 0" ] do
                  Expect.throwsC (fun () -> write normals) (fun error ->
                      Expect.stringContains error.Message words "why")
          }

          test "the mesh of a sphere, a torus or a grid has the graph's cells, and faces outwards" {
              let undirected (graph: Graph) =
                  [| for cell in 0 .. graph.Cells - 1 do
                         for edge in graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 do
                             if cell < graph.Neighbours[edge] then
                                 struct (cell, graph.Neighbours[edge]) |]
                  |> Array.sort

              for frequency in [ 1; 2; 5 ] do
                  let mesh, graph = TriangleMesh.Icosphere frequency, Graph.Icosphere frequency
                  Expect.equal (mesh.Edges()) (undirected graph) "a sphere's edges"
                  Expect.equal (vertices mesh) (graph.Positions.AsSpan().ToArray()) "a sphere's places"

              for cells in [ 4; 5; 300 ] do
                  let mesh, graph = TriangleMesh.Delaunay(cells, 3UL), Graph.Delaunay(cells, 3UL)
                  Expect.equal (mesh.Edges()) (undirected graph) "an irregular sphere's edges"
                  Expect.equal (vertices mesh) (graph.Positions.AsSpan().ToArray()) "an irregular sphere's places"

              for height, width in [ 3, 3; 4, 9; 20, 5 ] do
                  let mesh = TriangleMesh.Torus(height, width)

                  if height > 3 then
                      Expect.equal (mesh.Edges()) (undirected (Graph.Torus6(height, width))) "a torus's edges"

                  let normals = Frames.Normals(vertices mesh, faces mesh)

                  for cell in 0 .. mesh.VertexCount - 1 do
                      // From the nearest point of the ring within the tube.
                      let x, y, z = normals[3 * cell], normals[3 * cell + 1], normals[3 * cell + 2]
                      let at = (vertices mesh)[3 * cell .. 3 * cell + 2]
                      let axis = sqrt (at[0] * at[0] + at[2] * at[2])
                      let away = x * (at[0] - at[0] / axis) + y * at[1] + z * (at[2] - at[2] / axis)
                      Expect.isGreaterThan away 0.0 "outwards"

              let sheet = TriangleMesh.Grid(4, 3)
              Expect.equal ((vertices sheet)[15..17]) [| 2.0; -1.0; 0.0 |] "the second row's last cell"

              Expect.all
                  (Array.chunkBySize 3 (Frames.Normals(vertices sheet, faces sheet)))
                  (fun n -> n[2] = 1.0)
                  "to z"

              Expect.equal sheet.FaceCount 12 "triangles"

              for act in
                  [ (fun () -> TriangleMesh.Torus(2, 9))
                    (fun () -> TriangleMesh.Grid(9, 1))
                    (fun () -> TriangleMesh.Icosphere 0)
                    (fun () -> TriangleMesh.Delaunay(3, 1UL)) ] do
                  Expect.throwsT<ArgumentOutOfRangeException> (act >> ignore) "too small"
          }

          test "colours stand in the files" {
              let mesh = read "m.obj" "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3"
              let colours = [| 255uy; 0uy; 51uy; 1uy; 2uy; 3uy; 4uy; 5uy; 6uy |]
              let text = Encoding.UTF8.GetString(written MeshFormat.Obj mesh colours)
              Expect.stringStarts text "v 0 0 0 1 0 0.2\n" "OBJ"
              let text = Encoding.UTF8.GetString(written MeshFormat.PlyText mesh colours)
              Expect.stringContains text "property uchar blue\n" "PLY"
              Expect.stringContains text "\n0 0 0 255 0 51\n" "PLY"

              inFolder (fun folder ->
                  let path = Path.Combine(folder, "m.ply")
                  MeshFile.Write(path, mesh, colours)

                  Expect.equal
                      (File.ReadAllBytes path)
                      (written MeshFormat.Ply mesh colours)
                      "a file is the stream's bytes"

                  Expect.equal (faces (MeshFile.Read path)) (faces mesh) "read")

              Expect.throwsT<ArgumentException> (fun () -> written MeshFormat.Ply mesh colours[..5] |> ignore) "too few"
          }

          test "normalised sees points apart far from the origin" {
              for far in [ 1e6; 1e300; 1.7e308; -1.7e308 ] do
                  let mesh = TriangleMesh([| far; 0; 0; far; 1; 0; far; 0; 1 |], [| 0; 1; 2 |]).Normalised()
                  let near = TriangleMesh([| 0.0; 0; 0; 0; 1; 0; 0; 0; 1 |], [| 0; 1; 2 |]).Normalised()
                  Expect.equal (vertices mesh) (vertices near) $"at {far}"
          }

          propertyOf mesh "edges are the triangles' sides, each once, in order" (fun mesh ->
              let corners = faces mesh

              let expected =
                  [ for at in 0..3 .. corners.Length - 3 do
                        for a, b in [ 0, 1; 1, 2; 2, 0 ] do
                            let a, b = corners[at + a], corners[at + b]

                            if a <> b then
                                struct (min a b, max a b) ]
                  |> List.distinct
                  |> List.sort

              Expect.equal (List.ofArray (mesh.Edges())) expected "edges")

          propertyOf mesh "normalised is centred and reaches 1" (fun mesh ->
              let distinct = vertices mesh |> Array.chunkBySize 3 |> Array.distinct

              if distinct.Length = 1 then
                  refused [ "one point" ] (fun () -> mesh.Normalised() |> ignore)
              else
                  let points = vertices (mesh.Normalised()) |> Array.chunkBySize 3
                  let farthest = points |> Array.map (Array.sumBy (fun x -> x * x)) |> Array.max
                  Expect.floatClose Accuracy.high farthest 1.0 "farthest"

                  for axis in 0..2 do
                      let mean = points |> Array.averageBy (fun point -> point[axis])
                      Expect.isLessThan (abs mean) 1e-6 "centred")

          test "normalised holds at the ends of the range" {
              for scale in [ 1e-320; 1e-300; 1.0; 1e300; 1.7e308 ] do
                  let mesh = TriangleMesh([| 0; 0; 0; scale; 0; 0; -scale; 0; 0 |], [| 0; 1; 2 |]).Normalised()
                  Expect.equal (vertices mesh) [| 0; 0; 0; 1; 0; 0; -1; 0; 0 |] $"scale {scale}"
          }

          test "a mesh keeps copies and refuses what is no mesh" {
              let positions, corners = [| 0.0; 0; 0; 1; 0; 0; 0; 1; 0 |], [| 0; 1; 2 |]
              let mesh = TriangleMesh(positions, corners)
              positions[0] <- 9.0
              corners[0] <- 2
              Expect.equal (Array.head (vertices mesh)) 0.0 "vertices"
              Expect.equal (Array.head (faces mesh)) 0 "faces"

              for positions, corners in
                  [ [| 0.0; 0 |], [| 0; 0; 0 |]
                    [| 0.0; 0; 0 |], [| 0; 0 |]
                    [| 0.0; 0; 0 |], [||]
                    [| 0.0; 0; nan |], [| 0; 0; 0 |]
                    [| 0.0; 0; 0 |], [| 0; 0; 1 |]
                    [| 0.0; 0; 0 |], [| 0; 0; -1 |] ] do
                  Expect.throwsT<ArgumentException> (fun () -> TriangleMesh(positions, corners) |> ignore) "refused"
          }

          testList
              "damage is refused or harmless"
              [ let obj = square + "vn 0 0 1\nf 1//1 2//1 \\\n3//1 4//1\nf -1 -2 -3 # back\n"
                let mesh = read "m.obj" obj

                let kinds = [| "float", 4; "double", 8; "short", 2 |], ("uchar", 1), ("int", 4)

                let strip format =
                    plyBytes format kinds [| for i in 0..3 -> [| i; i * i; 1 |] |] [| 0; 1; 2; 3; -1; 3; 2; 1 |]

                for name, bytes in
                    [ "m.obj", Encoding.UTF8.GetBytes obj
                      "m.obj.gz", gzip (Encoding.UTF8.GetBytes obj)
                      "m.ply", Encoding.UTF8.GetBytes(ply "ascii" plySquare + plyBody)
                      "m.ply", written MeshFormat.Ply mesh [||]
                      for format in [ "ascii"; "binary_little_endian"; "binary_big_endian" ] do
                          "m.ply", strip format
                      "m.off", "OFF4 1 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2 3\n"B
                      "m.stl", Encoding.UTF8.GetBytes stl
                      "m.stl", stlBinary [| Array.init 9 float32; Array.init 9 (fun i -> float32 (i * i)) |] ] do
                    test $"{name} of {bytes.Length} bytes" {
                        survives name 3000 4 bytes (fun bytes ->
                            let before = GC.GetAllocatedBytesForCurrentThread()

                            let mesh =
                                try
                                    readBytes name bytes
                                finally
                                    let taken = GC.GetAllocatedBytesForCurrentThread() - before
                                    Expect.isLessThan taken (1L <<< 20) "allocated"

                            // What is read is a mesh by the constructor's rules too.
                            TriangleMesh(vertices mesh, faces mesh).Edges() |> ignore)
                    } ]

          testList
              "shared meshes"
              [ for file in [ "spot_low.off"; "spot_low_ascii.ply"; "spot_low_binary_le.ply"; "spot_low_binary.stl" ] do
                    test $"{file} is the cow of 829 vertices" {
                        let mesh = MeshFile.Read(data [ "meshes"; "formats"; file ])
                        Expect.equal mesh.VertexCount 829 "vertices"
                        Expect.equal mesh.FaceCount 1654 "faces"
                        let off = MeshFile.Read(data [ "meshes"; "formats"; "spot_low.off" ])

                        if not (file.EndsWith ".stl") then
                            Expect.equal (faces mesh) (faces off) "the same faces"

                        Expect.equal (mesh.Edges().Length) (off.Edges().Length) "as many edges"
                    }

                test "the cow in other forms is the same cow" {
                    let bytes = File.ReadAllBytes(data [ "meshes"; "formats"; "spot_low.off" ])
                    let off = readBytes "m.off" bytes
                    let text = Encoding.UTF8.GetString bytes
                    let head = text.Substring(0, text.IndexOf "829")
                    let surplus = (Encoding.UTF8.GetString(written MeshFormat.PlyText off [||])).Split "end_header\n"

                    for name, bytes in
                        [ "m.off", Encoding.UTF8.GetBytes("OFF" + text.Substring head.Length)
                          "m.off.gz", gzip bytes
                          "m.ply",
                          Encoding.UTF8.GetBytes(surplus[0] + "end_header\n" + surplus[1].Replace("\n", " 1 2\n"))
                          "m.ply", gzip (written MeshFormat.Ply off [||]) ] do
                        Expect.equal (faces (readBytes name bytes)) (faces off) name
                        Expect.equal (vertices (readBytes name bytes)) (vertices off) name

                    let stl = File.ReadAllBytes(data [ "meshes"; "formats"; "spot_low_binary.stl" ])
                    let more = Array.append stl [| 1uy; 2uy |]
                    Encoding.ASCII.GetBytes("solid".PadRight 80).CopyTo(more, 0)
                    Expect.equal (faces (readBytes "m.stl" more)) (faces (readBytes "m.stl" stl)) "STL"
                }

                test "every OBJ is read" {
                    let folder = Path.GetDirectoryName(data [ "meshes"; "formats"; "spot_low.off" ])
                    let folder = Path.Combine(string folder, "..")

                    for file in Directory.EnumerateFiles(folder, "*.obj", SearchOption.AllDirectories) do
                        let clock = Stopwatch.StartNew()
                        let mesh = MeshFile.Read file
                        let taken = clock.Elapsed.TotalSeconds
                        Expect.isLessThan taken 5.0 $"{file} is read in time"
                        let corners = faces mesh
                        Expect.isLessThan (Array.max corners) mesh.VertexCount "indices"
                        Expect.isGreaterThan (mesh.Edges().Length) mesh.FaceCount "edges"
                } ] ]
