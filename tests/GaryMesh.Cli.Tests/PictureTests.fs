/// Pictures that are read and drawn.
module GaryMesh.Cli.Tests.PictureTests

open System
open System.Buffers.Binary
open System.IO
open System.IO.Compression
open System.Text
open Expecto
open FsCheck.FSharp
open GaryMesh
open GaryMesh.Cli
open GaryMesh.Cli.Shell
open GaryMesh.Cli.Pictures
open GaryMesh.Cli.Reports
open GaryMesh.Cli.Words
open GaryMesh.Cli.Tests.Support

/// A PNG of given samples, row by row, each row under a filter of its own.
let private png
    (width: int, height: int, colour: int, depth: int, samples: int[], filters: int[], palette: byte[], opacity)
    =
    let perPixel = [| 1; 0; 3; 1; 2; 0; 4 |][colour]
    let perRow = width * perPixel
    let stride = (perRow * depth + 7) / 8
    let step = max 1 (perPixel * depth / 8)

    let rows =
        [| for row in 0 .. height - 1 ->
               let bytes = Array.zeroCreate<byte> stride

               for i in 0 .. perRow - 1 do
                   let sample = samples[row * perRow + i]

                   if depth = 16 then
                       BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2 * i), uint16 sample)
                   else
                       let bit = i * depth
                       bytes[bit / 8] <- bytes[bit / 8] ||| byte (sample <<< (8 - depth - bit % 8))

               bytes |]

    let filtered row =
        let at (bytes: byte[]) i = if i < 0 then 0 else int bytes[i]
        let above = if row = 0 then Array.zeroCreate stride else rows[row - 1]

        [| byte filters[row]
           for i in 0 .. stride - 1 do
               let left, up, corner = at rows[row] (i - step), at above i, at above (i - step)

               let paeth () = [ left; up; corner ] |> List.minBy (fun value -> abs (left + up - corner - value))

               let predicted =
                   match filters[row] with
                   | 0 -> 0
                   | 1 -> left
                   | 2 -> up
                   | 3 -> (left + up) / 2
                   | _ -> paeth ()

               byte (int (rows[row][i]) - predicted) |]

    use file = new MemoryStream()
    let number (value: int) = file.Write(ReadOnlySpan(Array.rev (BitConverter.GetBytes value)))

    let chunk (name: string) (data: byte[]) =
        if data.Length > 0 then
            number data.Length
            file.Write(ReadOnlySpan(Encoding.ASCII.GetBytes name))
            file.Write(ReadOnlySpan data)
            number 0

    file.Write(ReadOnlySpan [| 0x89uy; 0x50uy; 0x4Euy; 0x47uy; 0x0Duy; 0x0Auy; 0x1Auy; 0x0Auy |])

    let sizes =
        Array.append (Array.rev (BitConverter.GetBytes width)) (Array.rev (BitConverter.GetBytes height))

    chunk "IHDR" (Array.append sizes [| byte depth; byte colour; 0uy; 0uy; 0uy |])
    chunk "PLTE" palette
    chunk "tRNS" opacity
    use packed = new MemoryStream()

    using (new ZLibStream(packed, CompressionLevel.Fastest, true)) (fun stream ->
        for row in 0 .. height - 1 do
            stream.Write(ReadOnlySpan(filtered row)))

    let packed = packed.ToArray()
    // Two chunks, as longer images have.
    chunk "IDAT" packed[.. packed.Length / 2]
    chunk "IDAT" packed[packed.Length / 2 + 1 ..]
    file.ToArray()

let private image =
    gen {
        let! colour, depth =
            Gen.elements
                [ for colour, depths in
                      [ 0, [ 1; 2; 4; 8; 16 ]; 2, [ 8; 16 ]; 3, [ 1; 2; 4; 8 ]; 4, [ 8; 16 ]; 6, [ 8; 16 ] ] do
                      for depth in depths -> colour, depth ]

        let! width = Gen.choose (1, 9)
        let! height = Gen.choose (1, 6)
        let! samples = Gen.arrayOfLength (4 * width * height) (Gen.choose (0, (1 <<< depth) - 1))
        let! filters = Gen.arrayOfLength height (Gen.choose (0, 4))
        let! palette = Gen.arrayOfLength 768 (Gen.choose (0, 255) |> Gen.map byte)
        let! seen = Gen.choose (0, 2)
        let palette, opacity = if colour = 3 then palette, palette[.. seen - 1] else [||], [||]
        return width, height, colour, depth, samples, filters, palette, opacity
    }

/// What the format's words say that the image shows.
let private shown (width, height, colour, depth, samples: int[], _, palette: byte[], opacity: byte[]) =
    let most = float32 ((1 <<< depth) - 1)
    let premultiplied (rgb: float32[]) alpha = Array.append (Array.map ((*) alpha) rgb) [| alpha |]

    [| for pixel in 0 .. width * height - 1 do
           let at perPixel i = float32 samples[perPixel * pixel + i] / most

           yield!
               match colour with
               | 0 -> [| at 1 0 |]
               | 2 -> [| at 3 0; at 3 1; at 3 2 |]
               | 4 -> premultiplied (Array.replicate 3 (at 2 0)) (at 2 1)
               | 6 -> premultiplied [| at 4 0; at 4 1; at 4 2 |] (at 4 3)
               | _ ->
                   let entry = samples[pixel]
                   let rgb = [| for i in 0..2 -> float32 palette[3 * entry + i] / 255f |]

                   if opacity.Length = 0 then
                       rgb
                   elif entry < opacity.Length then
                       premultiplied rgb (float32 opacity[entry] / 255f)
                   else
                       premultiplied rgb 1f |]

let private any = Action<int, int>(fun _ _ -> ())

/// Remembers the horizontal stretch of each text.
type private TextPlaces() =
    member val Places = ResizeArray<string * float * float>()

    interface ICanvas with
        member _.Line(_, _, _, _) = ()
        member _.Disc(_, _, _) = ()
        member _.Image(_, _, _, _, _) = ()

        member canvas.Text(place, text, _, size, anchor, upwards) =
            if not upwards then
                let width = size / StrokeFont.Size * StrokeFont.Width text

                let from =
                    match anchor with
                    | Anchor.Start -> place.X
                    | Anchor.Middle -> place.X - 0.5 * width
                    | _ -> place.X - width

                canvas.Places.Add(text, from, from + width)

[<Tests>]
let tests =
    testList
        "pictures"
        [ testProperty "a PNG of any colour type, depth and filter is read"
          <| Prop.forAll (Arb.fromGen image) (fun image ->
              inFolder (fun at ->
                  File.WriteAllBytes(at "a.png", png image)
                  let struct (channels, values) = PngImage.Read(at "a.png", any)
                  let width, height, _, _, _, _, _, _ = image
                  Expect.equal values (shown image) "the values"
                  Expect.equal (values.Length / (width * height)) channels "the channels"))

          testCase "a damaged PNG is refused in a sentence, or read"
          <| fun () ->
              inFolder (fun at ->
                  let random = Random 3
                  let whole = png (5, 4, 6, 8, Array.init 80 (fun i -> i * 3), [| 0; 1; 2; 4 |], [||], [||])
                  let mutable refused = 0

                  for _ in 1..2000 do
                      let bytes = Array.copy whole

                      for _ in 0 .. random.Next 3 do
                          bytes[random.Next bytes.Length] <- byte (random.Next 256)

                      File.WriteAllBytes(at "a.png", Array.truncate (random.Next(10, 2 * bytes.Length)) bytes)

                      try
                          PngImage.Read(
                              at "a.png",
                              (fun height width ->
                                  if height <> 4 || width <> 5 then
                                      raise (UserErrorException "another size"))
                          )
                          |> ignore
                      with
                      | :? InvalidDataException
                      | :? UserErrorException -> refused <- refused + 1

                  Expect.isGreaterThan refused 100 "refusals")

          testCase "a picture is the target of a grid of its size"
          <| fun () ->
              inFolder (fun at ->
                  File.WriteAllBytes(at "a.png", png (3, 2, 6, 8, Array.init 24 ((*) 10), [| 0; 1 |], [||], [||]))

                  let train more =
                      run ([ "train"; "--iterations"; "2"; "--steps"; "2"; "--out"; at "r.npz"; "--target" ] @ more)

                  let ran = train [ at "a.png"; "--graph"; "grid:2x3"; "--rule"; "8x4x3"; "--channel"; "2"; "--json" ]
                  Expect.equal ran.Code 0 ran.Error
                  Expect.equal ((nonNull ran.Json["target_channels"]).GetValue<int>()) 4 "channels"
                  let ran = train [ at "a.png"; "--graph"; "grid:3x2"; "--rule"; "8x4x3" ]
                  Expect.equal ran.Code 2 "another size"
                  Expect.stringContains ran.Error "2 x 3 pixels" "the sizes"
                  let ran = train [ at "a.png"; "--graph"; "grid:2x3"; "--rule"; "8x4x3"; "--channel"; "5" ]
                  Expect.equal ran.Code 2 "too few channels"
                  Expect.stringContains ran.Error "4 channels" "the channels"
                  // The colours are those of the channels, not of their neighbours.
                  let target = TargetWord.Read(at "a.png", Graph.Grid(2, 3))
                  let state = State.Create(6, 8, fun cell channel -> target.Values[4 * cell + (channel + 2) % 4])
                  Expect.floatClose Accuracy.high (target.Correlation(state, 2)) 1.0 "the correlation"

                  let loss (first: int) =
                      target.Loss(first, 8).Evaluate(state, State.Zeros(6, 0), LossContext.After(Graph.Grid(2, 3)))

                  Expect.equal (loss 2).Value 0.0 "the loss on its channels"
                  Expect.isGreaterThan (loss 1).Value 0.0 "the loss beside them")

          testCase "an array of several columns is a target of several channels"
          <| fun () ->
              inFolder (fun at ->
                  let values = Array.init 16 float32
                  Npy.Write(at "two.npy", NpyArray.OfFloat32([| 8; 2 |], values))
                  let target = TargetWord.Read(at "two.npy", Graph.Ring 8)
                  Expect.equal (target.Channels, target.Values) (2, values) "two channels")

          testCase "no text of a chart leaves it"
          <| fun () ->
              for most in [ 1e3; 1e6; 1e7; 2.5e9 ] do
                  let canvas = TextPlaces()
                  let points = [| Place(64, 17); Place(most, 18) |]
                  DemoPictures.Scaling("cells", points).Draw(canvas, 0, 0, 560, 380)

                  for text, from, upto in canvas.Places do
                      Expect.isTrue (from >= 0 && upto <= 560) $"'{text}' stands from {from} to {upto}"

          testCase "the frames of a grid have a title, and a scale where they show one channel"
          <| fun () ->
              let frame = Pixels(4, 4, Array.zeroCreate 48)
              let plain = Frames.Draw("a", [ frame; frame ], [ 0; 9 ], Nullable())
              let scaled = Frames.Draw("a", [ frame; frame ], [ 0; 9 ], Nullable 1.0)
              Expect.isGreaterThan scaled.Width plain.Width "room for the scale"
              let long = Frames.Draw(String('a', 200), [ frame ], [ 0 ], Nullable())
              Expect.isGreaterThan long.Width scaled.Width "room for the title" ]
