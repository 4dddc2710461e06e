/// Meshes as files and pictures.
module GaryMesh.Cli.Tests.MeshExportTests

open System
open System.IO
open System.Text
open Expecto
open GaryMesh
open GaryMesh.Cli.Meshes
open GaryMesh.Cli.Pictures
open GaryMesh.Cli.Words
open GaryMesh.Cli.Tests.Support

let private plain (mesh: TriangleMesh) (rgb: float32 list) =
    ColouredMesh(mesh, Array.init (3 * mesh.VertexCount) (fun i -> rgb[i % 3]))

let private painted (mesh: TriangleMesh) =
    let random = Random 7
    ColouredMesh(mesh, Array.init (3 * mesh.VertexCount) (fun _ -> random.NextSingle()))

/// The file is valid and holds the mesh.
let private isWritten (mesh: TriangleMesh) =
    let coloured = painted mesh
    let glb = GlbCheck.read (Glb.Encode coloured)
    Expect.equal glb.Indices (mesh.Faces.ToArray()) "the triangles"
    let _, positions = glb.Attributes["POSITION"]
    Expect.equal positions (Array.map float32 (mesh.Vertices.ToArray())) "the positions"
    let _, colours = glb.Attributes["COLOR_0"]

    for linear, shown in Array.zip colours coloured.Colours do
        let back =
            if linear <= 0.0031308f then
                12.92f * linear
            else
                1.055f * linear ** (1f / 2.4f) - 0.055f

        Expect.isLessThan (abs (back - shown)) 1e-4f "a viewer shows the colour that was given"

    glb

let private pixel (picture: Pixels) row column =
    let at = 3 * (row * picture.Width + column)
    [ for part in 0..2 -> picture.Rgb[at + part] ]

/// Two triangles over the same place, red at z = 1 and green at z = 0.
let private layers (order: int[]) =
    let corners z = [ -1.0; -1.0; z; 1.0; -1.0; z; 0.0; 1.0; z ]
    let mesh = TriangleMesh(Array.ofList (corners 1.0 @ corners 0.0), order)
    ColouredMesh(mesh, Array.init 18 (fun i -> if i % 3 = (if i < 9 then 0 else 1) then 1f else 0f))

let private red, green = [ 255uy; 0uy; 0uy ], [ 0uy; 255uy; 0uy ]

[<Tests>]
let tests =
    testList
        "mesh exports"
        [ testCase "a .glb is valid and holds the mesh"
          <| fun () ->
              for mesh in
                  [ TriangleMesh.Icosphere 6
                    TriangleMesh.Torus(12, 30)
                    TriangleMesh.Grid(2, 3)
                    // An unused vertex, a triangle without area and one that is a point.
                    TriangleMesh(
                        [| 0.; 0.; 0.; 1.; 0.; 0.; 0.; 1.; 0.; 5.; 5.; 5.; 2.; 0.; 0. |],
                        [| 0; 1; 2; 0; 1; 4; 4; 4; 4 |]
                    ) ] do
                  let glb = isWritten mesh
                  Expect.equal glb.IndexBytes 2 "short indices"
                  let asset = nonNull glb.Json["asset"]
                  Expect.equal ((nonNull asset["generator"]).GetValue<string>()) "gary-mesh" "the generator"

          testCase "a .glb of 65,535 vertices has short indices, one of more has long ones"
          <| fun () ->
              for sides, bytes in [ (255, 257), 2; (256, 256), 4 ] do
                  Expect.equal (isWritten (TriangleMesh.Grid sides)).IndexBytes bytes $"{sides}"

          testCase "a .glb is the same bits each time and carries further values"
          <| fun () ->
              let mesh = TriangleMesh.Icosphere 3
              let heights = Array.init mesh.VertexCount float32
              let encode () = Glb.Encode(painted mesh, struct ("height", heights))
              Expect.equal (encode ()) (encode ()) "the bits"
              let glb = GlbCheck.read (encode ())
              Expect.equal glb.Attributes["_HEIGHT"] (1, heights) "the values"

          testCase "the check of a .glb finds what is wrong"
          <| fun () ->
              let good = Glb.Encode(painted (TriangleMesh.Icosphere 2))
              let text = Encoding.Latin1.GetString good

              let spoilt (word: string) (other: string) =
                  Expect.stringContains text word "the word is there"
                  Encoding.Latin1.GetBytes(text.Replace(word, other))

              let json = text.IndexOf("\"min\":[", StringComparison.Ordinal)
              let minus = text.IndexOf('-', json)
              let bin = good.Length - 4
              let changed (at: int) (value: byte) = Array.mapi (fun i b -> if i = at then value else b) good

              for what, file in
                  [ "length", good[.. good.Length - 5]
                    "minimum", changed minus (byte ' ')
                    "index", changed (bin + 3) 255uy
                    "type", spoilt "VEC3" "VEC2"
                    "component", spoilt "5126" "5125"
                    "version", spoilt "\"2.0\"" "\"1.0\"" ] do
                  Expect.throws (fun () -> GlbCheck.read file |> ignore) what

          testCase "positions beyond single precision, and colours that do not fit, are refused"
          <| fun () ->
              let mesh = TriangleMesh([| 0.; 0.; 0.; 1e300; 0.; 0.; 0.; 1.; 0. |], [| 0; 1; 2 |])

              Expect.throwsC (fun () -> Glb.Encode(plain mesh [ 0f; 0f; 0f ]) |> ignore) (fun error ->
                  Expect.stringContains error.Message "vertex 1" "the vertex")

              for colours, word in [ Array.zeroCreate 8, "9"; Array.create 9 nanf, "NaN" ] do
                  Expect.throwsC (fun () -> ColouredMesh(mesh, colours) |> ignore) (fun error ->
                      Expect.stringContains error.Message word "the sentence")

          testCase "every real mesh is written as .glb and .ply and drawn"
          <| fun () ->
              match Environment.GetEnvironmentVariable "GARYMESH_DATA" with
              | null
              | "" -> skiptest "GARYMESH_DATA names no folder of real data."
              | data ->
                  let files =
                      Directory.GetFiles(Path.Combine(data, "meshes"), "*", SearchOption.AllDirectories)
                      |> Array.filter GraphWord.IsMesh
                      |> Array.sort

                  Expect.isNonEmpty files "meshes"

                  for file in files do
                      let mesh = MeshFile.Read file
                      isWritten mesh |> ignore
                      let drawn = MeshPicture.Draw(plain mesh [ 0f; 0f; 0f ], 64, View.ThreeQuarter)
                      let dark = drawn.Rgb |> Array.filter ((=) 0uy) |> Array.length
                      Expect.isGreaterThan dark (drawn.Rgb.Length / 50) $"{file} is seen"

          testCase "a nearer triangle hides another, from both sides and in either order"
          <| fun () ->
              for order in [ [| 0; 1; 2; 3; 4; 5 |]; [| 3; 4; 5; 0; 1; 2 |] ] do
                  let seen eye = pixel (MeshPicture.Draw(layers order, 33, View(eye, struct (0.0, 1.0, 0.0)))) 16 16

                  Expect.equal (seen (struct (0.0, 0.0, 2.0))) red "from the front"
                  Expect.equal (seen (struct (0.0, 0.0, -2.0))) green "from behind"

          testCase "a sphere's picture is a disc without gaps from every side"
          <| fun () ->
              let size = 200
              let sphere = plain (TriangleMesh.Icosphere 24) [ 0f; 0f; 0f ]

              for view in [ View.Front; View.ThreeQuarter; View(struct (0.0, 3.0, 0.0), struct (0.0, 1.0, 0.0)) ] do
                  let picture = MeshPicture.Draw(sphere, size, view)
                  let covered = picture.Rgb |> Array.sumBy (fun value -> (255.0 - float value) / 765.0)
                  let radius = 0.46 * float size
                  Expect.isLessThan (abs (covered / (Math.PI * radius * radius) - 1.0)) 0.01 "the disc's area"

                  for row in 0 .. size - 1 do
                      for column in 0 .. size - 1 do
                          let x, y = float column + 0.5 - 100.0, float row + 0.5 - 100.0

                          if sqrt (x * x + y * y) < 0.97 * radius then
                              Expect.equal (pixel picture row column) [ 0uy; 0uy; 0uy ] "within the disc"

          testCase "a sheet that faces the eye has its true colours, the right way round"
          <| fun () ->
              // Red grows to the right, green downwards.
              let size, cells = 100, 11
              let share i = float32 i / float32 (cells - 1)

              let colours =
                  [| for row in 0 .. cells - 1 do
                         for column in 0 .. cells - 1 do
                             yield! [ share column; share row; 0.6f ] |]

              let sheet = ColouredMesh(TriangleMesh.Grid(cells, cells), colours)
              let picture = MeshPicture.Draw(sheet, size, View.Front)

              for row in 5..94 do
                  for column in 5..94 do
                      let expected i = 255.0 * (float i + 0.5 - 4.0) / 92.0

                      for value, wanted in List.zip (pixel picture row column) [ expected column; expected row; 153.0 ] do
                          Expect.isLessThan (abs (float value - wanted)) 0.6 "the colour"

              Expect.equal (pixel picture 2 50) [ 255uy; 255uy; 255uy ] "white around it"
              let tilted = MeshPicture.Draw(plain (TriangleMesh.Grid(2, 2)) [ 1f; 1f; 1f ], 40, View.ThreeQuarter)
              Expect.isLessThan (List.head (pixel tilted 20 20)) 255uy "less light on what turns away"

          testCase "a mesh is drawn at any size and place, but not one that is a point"
          <| fun () ->
              let sphere = TriangleMesh.Icosphere 5

              let drawn scale (shift: float) =
                  let mesh =
                      TriangleMesh(
                          Array.append
                              (Array.map (fun x -> scale * (x + shift)) (sphere.Vertices.ToArray()))
                              [| 0.; 0.; 0. |],
                          sphere.Faces.ToArray()
                      )

                  MeshPicture.Draw(plain mesh [ 0.2f; 0.4f; 0.6f ], 50, View.ThreeQuarter).Rgb

              for scale, shift in [ 1e-30, 0.0; 1e30, 0.0; 7.0, 1000.0 ] do
                  let off =
                      Array.map2 (fun (a: byte) (b: byte) -> abs (int a - int b)) (drawn scale shift) (drawn 1.0 0.0)

                  Expect.isLessThan (off |> Array.filter (fun x -> x > 1) |> Array.length) 20 $"{scale} {shift}"

              let point = TriangleMesh(Array.zeroCreate 9, [| 0; 1; 2 |])
              Expect.throws (fun () -> MeshPicture.Draw(plain point [ 0f; 0f; 0f ], 9, View.Front) |> ignore) "a point"

              for view in
                  [ View(struct (0.0, 0.0, 0.0), struct (0.0, 1.0, 0.0))
                    View(struct (nan, 0.0, 0.0), struct (0.0, 1.0, 0.0)) ] do
                  Expect.throws
                      (fun () -> MeshPicture.Draw(plain sphere [ 0f; 0f; 0f ], 9, view) |> ignore)
                      "no direction"

          testCase "a sheet of views has them side by side"
          <| fun () ->
              let mesh = painted (TriangleMesh.Torus(9, 24))
              let sheet = MeshPicture.Sheet(mesh, 30, View.Front, View.ThreeQuarter)
              Expect.equal (sheet.Width, sheet.Height) (60, 30) "its size"

              for i, view in [ 0, View.Front; 1, View.ThreeQuarter ] do
                  let one = MeshPicture.Draw(mesh, 30, view)

                  for row in 0..29 do
                      for column in 0..29 do
                          Expect.equal (pixel sheet row (30 * i + column)) (pixel one row column) "a view"

          testCase "cells are pixels, or squares of them"
          <| fun () ->
              let values = Array.init 18 (fun i -> float32 i / 17f)
              let image = Colours.Image(2, 3, values, 4)
              Expect.equal (image.Width, image.Height) (12, 8) "its size"

              for row in 0..7 do
                  for column in 0..11 do
                      let cell = 3 * (row / 4) + column / 4
                      let expected = [ for part in 0..2 -> byte (MathF.Round(255f * values[3 * cell + part])) ]
                      Expect.equal (pixel image row column) expected "a pixel"

          testCase "a word's mesh has the graph's cells as vertices"
          <| fun () ->
              inFolder (fun at ->
                  File.WriteAllText(at "m.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")

                  for word in [ at "m.obj"; "icosphere:4"; "torus:5x7"; "torus6:4x3"; "grid:3x2" ] do
                      let graph = GraphFile.Of word

                      match MeshWord.Read(word, graph) with
                      | null -> failtest $"{word} has no mesh"
                      | mesh ->
                          Expect.equal mesh.VertexCount graph.Cells word

                          for struct (a, b) in mesh.Edges() do
                              let row = graph.Neighbours.AsSpan().Slice(graph.RowStart[a], graph.Degree a)
                              Expect.isTrue (row.Contains b) $"{word}: {a} sees {b}"

                  for word in [ "ring:8"; "line:8"; "grid:1x8" ] do
                      Expect.isNull (MeshWord.Read(word, GraphFile.Of word)) word) ]
