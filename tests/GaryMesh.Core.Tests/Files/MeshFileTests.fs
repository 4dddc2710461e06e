module GaryMesh.Tests.Files.MeshFileTests

open System
open System.Diagnostics
open System.IO
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

                test "OFF, with comments, colours and no number of edges" {
                    for head in [ "OFF\n4 1 0"; "# c\nOFF\n# d\n4 1"; "OFF 4 1 0"; "COFF\n4 1 0" ] do
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
                      "m.ply", "big-endian", ply "binary_big_endian" plySquare, [ "line 2"; "binary_big_endian" ]
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
                      "m.ply", "a short body", ply "ascii" plySquare + "0 0 0 0 1", [ "ends before" ]
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
                      "m.off", "another form", "ply", [ "line 1"; "OFF" ]
                      "m.off", "a short body", "OFF\n4 1 0\n0 0 0\n", [ "1 of 4 vertices" ]
                      "m.off", "a bad index", "OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 3\n", [ "line 6"; "vertex 3" ]
                      "m.off", "a short face", "OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1\n", [ "line 6"; "claims 3" ]
                      "m.off", "a negative face", "OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n-3 0 1 2\n", [ "line 6"; "has 0" ]
                      "m.stl", "another form", "ply", [ "STL" ]
                      "m.stl", "an open end", stl.Replace("endsolid s\n", ""), [ "endsolid" ]
                      "m.stl", "an infinite corner", stl.Replace("vertex 1 0 0", "vertex 1 inf 0"), [ "line 5"; "inf" ]
                      "m.stl", "a stray vertex", "solid\nvertex 0 0 0\nendsolid", [ "line 2"; "vertex" ] ] do
                    test $"refuses {file} of {title}" { refused (file :: words) (fun () -> read file text |> ignore) }

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
                  // Positions that differ by rounding only may be told to lie at one point.
                  try
                      let points = vertices (mesh.Normalised()) |> Array.chunkBySize 3
                      let farthest = points |> Array.map (Array.sumBy (fun x -> x * x)) |> Array.max
                      Expect.floatClose Accuracy.high farthest 1.0 "farthest"

                      for axis in 0..2 do
                          let mean = points |> Array.averageBy (fun point -> point[axis])
                          Expect.isLessThan (abs mean) 1e-6 "centred"
                  with :? InvalidDataException ->
                      ())

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

                for name, bytes in
                    [ "m.obj", Encoding.UTF8.GetBytes obj
                      "m.ply", Encoding.UTF8.GetBytes(ply "ascii" plySquare + plyBody)
                      "m.ply", written MeshFormat.Ply mesh [||]
                      "m.off", "OFF\n4 1 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2 3\n"B
                      "m.stl", Encoding.UTF8.GetBytes stl
                      "m.stl", stlBinary [| Array.init 9 float32; Array.init 9 (fun i -> float32 (i * i)) |] ] do
                    test $"{name} of {bytes.Length} bytes" {
                        survives name 3000 4 bytes (fun bytes ->
                            let mesh = readBytes name bytes
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
