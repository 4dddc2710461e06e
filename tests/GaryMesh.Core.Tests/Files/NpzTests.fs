module GaryMesh.Tests.Files.NpzTests

open System
open System.Collections.Generic
open System.IO
open System.IO.Compression
open System.Text
open Expecto
open FsCheck
open FsCheck.FSharp
open GaryMesh
open GaryMesh.Tests.Mutants
open GaryMesh.Tests.Files.Support

let private pack (compress: bool) (entries: (string * NpyArray) seq) : byte[] =
    use memory = new MemoryStream()
    Npz.Write(memory, entries |> Seq.map KeyValuePair, compress)
    memory.ToArray()

let private unpack (bytes: byte[]) : IReadOnlyDictionary<string, NpyArray> =
    use memory = new MemoryStream(bytes)
    Npz.Read(memory, "w.npz")

let private npyBytes (array: NpyArray) : byte[] =
    use memory = new MemoryStream()
    Npy.Write(memory, array)
    memory.ToArray()

let private readNpy (bytes: byte[]) : NpyArray =
    use memory = new MemoryStream(bytes)
    Npy.Read(memory, "w.npy")

/// An array as bytes: equal content is equal bytes, whatever the type (NaN included).
let private same (a: NpyArray) (b: NpyArray) = npyBytes a = npyBytes b

/// A .npy file of any header, version 1.0.
let private npy (header: string) (data: byte[]) : byte[] =
    let header = Encoding.Latin1.GetBytes header

    Array.concat
        [ [| 0x93uy |]
          "NUMPY"B
          [| 1uy; 0uy; byte (header.Length &&& 255); byte (header.Length >>> 8) |]
          header
          data ]

let private head (descr: string) (shape: string) = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"

/// A zip archive of any entries.
let private zip (entries: (string * byte[]) list) : byte[] =
    use memory = new MemoryStream()

    using (new ZipArchive(memory, ZipArchiveMode.Create, true)) (fun archive ->
        for name, bytes in entries do
            use stream = archive.CreateEntry(name).Open()
            stream.Write(ReadOnlySpan bytes))

    memory.ToArray()

let private any<'T> : Gen<'T> = ArbMap.defaults |> ArbMap.generate<'T>

let private text: Gen<string> =
    let letter =
        Gen.frequency [ 8, Gen.choose (32, 126); 2, Gen.choose (0xA0, 0xD7FF); 1, Gen.choose (0x10000, 0x10FFFF) ]

    Gen.listOf letter
    |> Gen.map (fun codes -> codes |> List.map (fun code -> Rune(code).ToString()) |> String.concat "")

let private shape: Gen<int[]> =
    gen {
        let! rank = Gen.choose (0, 4)
        return! Gen.arrayOfLength rank (Gen.frequency [ 8, Gen.choose (1, 5); 1, Gen.constant 0 ])
    }

let private array: Gen<NpyArray> =
    gen {
        let! shape = shape
        let length = Array.fold (*) 1 shape

        let values (make: int[] * 'T[] -> NpyArray) (item: Gen<'T>) =
            item |> Gen.arrayOfLength length |> Gen.map (fun data -> make (shape, data))

        return!
            Gen.oneof
                [ values NpyArray.OfFloat32 any<float32>
                  values NpyArray.OfFloat64 any<float>
                  values NpyArray.OfInt32 any<int>
                  values NpyArray.OfInt64 any<int64>
                  values NpyArray.OfByte any<byte>
                  values NpyArray.OfBool any<bool>
                  values NpyArray.OfText text ]
    }

let private entries: Gen<(string * NpyArray) list> =
    Gen.zip (Gen.map (fun name -> "n" + name) text) array |> Gen.listOf |> Gen.map (List.distinctBy fst)

/// The arrays that the script in fixtures/README.md makes with NumPy 1.24.
let private ofNumPy: (string * NpyArray) list =
    let floats n = Array.init n float

    [ "f4", NpyArray.OfFloat32([| 3; 4 |], Array.init 12 (fun i -> float32 i / 4f))
      "f8", NpyArray.OfFloat64([| 2; 3; 2 |], floats 12 |> Array.map (fun x -> x / 8.0 - 1.0))
      "i4", NpyArray.OfInt32([| 5 |], [| -2 .. 2 |])
      "i8", NpyArray.OfInt64([| 2; 2 |], Array.init 4 (fun i -> int64 i <<< 40))
      "u1", NpyArray.OfByte([| 7 |], [| 0uy; 40uy; 80uy; 120uy; 160uy; 200uy; 240uy |])
      "b1", NpyArray.OfBool([| 2; 2 |], [| true; false; false; true |])
      "U", NpyArray.OfText([| 4 |], [| "ring"; "größe"; ""; "鲸🐋" |])
      "fortran", NpyArray.OfFloat32([| 2; 3; 4 |], Array.init 24 float32)
      "scalar", NpyArray.OfFloat64([||], [| 2.5 |])
      "text", NpyArray.OfText "hello"
      "empty", NpyArray.OfFloat32([| 0; 3 |], [||])
      "special",
      NpyArray.OfFloat32([| 4 |], [| BitConverter.Int32BitsToSingle 0x7FC00000; infinityf; -infinityf; -0.0f |]) ]

[<Tests>]
let tests =
    testList
        "Npz"
        [ propertyOf entries "what is written is read, deflated or stored" (fun entries ->
              for compress in [ true; false ] do
                  let read = unpack (pack compress entries)
                  Expect.equal read.Count entries.Length "as many"

                  for name, array in entries do
                      Expect.equal read[name].Type array.Type "type"
                      Expect.equal read[name].Shape array.Shape "shape"
                      Expect.isTrue (same read[name] array) "values")

          propertyOf entries "equal content is equal bytes, whatever the order and the stream" (fun entries ->
              let bytes = pack true entries
              Expect.equal (pack true (List.rev entries)) bytes "order"

              inFolder (fun folder ->
                  let path = Path.Combine(folder, "w.npz")
                  Npz.Write(path, dict entries)
                  Expect.equal (File.ReadAllBytes path) bytes "file")

              use later = new MemoryStream()
              later.Write(ReadOnlySpan [| 1uy; 2uy |])
              Npz.Write(later, dict entries)
              Expect.equal (later.ToArray()[2..]) bytes "behind other bytes"
              later.Position <- 2L
              Expect.equal (Npz.Read(later, "later").Count) entries.Length "read behind other bytes")

          propertyOf array "a .npy file round-trips and its data begins at a multiple of 64" (fun array ->
              let bytes = npyBytes array
              Expect.isTrue (same (readNpy bytes) array) "values"
              Expect.equal ((int bytes[8] + 256 * int bytes[9] + 10) % 64) 0 "aligned")

          testList
              "reads what NumPy wrote"
              [ for name in [ "numpy_stored.npz"; "numpy_deflated.npz"; "numpy_streamed.npz" ] do
                    test name {
                        let read = Npz.Read(fixture name)
                        Expect.equal read.Count ofNumPy.Length "as many"

                        for name, array in ofNumPy do
                            Expect.equal read[name].Type array.Type $"type of {name}"
                            Expect.equal read[name].Shape array.Shape $"shape of {name}"
                            Expect.isTrue (same read[name] array) $"values of {name}"
                    }

                for version in [ 2; 3 ] do
                    test $"format version {version}.0" {
                        let read = Npy.Read(fixture $"numpy_version{version}.npy")
                        Expect.isTrue (same read (snd ofNumPy[0])) "values"
                    }

                test "and writes the same bytes" {
                    use archive = ZipFile.OpenRead(fixture "numpy_stored.npz")

                    for name, array in ofNumPy do
                        if name <> "fortran" then
                            use memory = new MemoryStream()
                            let entry = archive.GetEntry(name + ".npy")
                            Expect.isNotNull entry name

                            match entry with
                            | null -> ()
                            | entry ->
                                use stream = entry.Open()
                                stream.CopyTo memory

                            Expect.equal (npyBytes array) (memory.ToArray()) name
                } ]

          testList
              "refuses what NumPy wrote of other types, when it is asked for"
              [ for name, word in [ "numpy_objects.npz", "Python objects"; "numpy_structures.npz", "structures" ] do
                    test name {
                        let read = Npz.Read(fixture name)
                        refused [ name; "entry 'w.npy'"; word ] (fun () -> read["w"].Type |> ignore)
                    } ]

          test "every number type is read, in either byte order" {
              let numbers = [| 0.0; 1.0; 100.0 |]

              for kind, width, (bytes: float -> byte[]) in
                  [ "f2", 2, (fun v -> BitConverter.GetBytes(Half.CreateChecked<float> v))
                    "f4", 4, (fun v -> BitConverter.GetBytes(float32 v))
                    "f8", 8, (fun v -> BitConverter.GetBytes v)
                    "i1", 1, (fun v -> [| byte v |])
                    "u1", 1, (fun v -> [| byte v |])
                    "i2", 2, (fun v -> BitConverter.GetBytes(int16 v))
                    "u2", 2, (fun v -> BitConverter.GetBytes(uint16 v))
                    "i4", 4, (fun v -> BitConverter.GetBytes(int v))
                    "u4", 4, (fun v -> BitConverter.GetBytes(uint32 v))
                    "i8", 8, (fun v -> BitConverter.GetBytes(int64 v))
                    "u8", 8, (fun v -> BitConverter.GetBytes(uint64 v)) ] do
                  for order, turn in [ "<", id; ">", Array.rev ] do
                      let data = numbers |> Array.collect (bytes >> turn)
                      Expect.hasLength data (3 * width) "the data"
                      let read = readNpy (npy (head (order + kind) "(3,)") data)
                      Expect.equal (read.ToFloat64()) numbers $"{order}{kind}"
                      Expect.equal (read.ToFloat32()) (Array.map float32 numbers) $"{order}{kind} as float32"
                      Expect.equal (read.ToInt32()) (Array.map int numbers) $"{order}{kind} as int32"

              let half = Npz.Read(fixture "numpy_half.npz")["w"]
              Expect.equal half.Type NpyType.Float32 "NumPy's half precision"
              let big = Npz.Read(fixture "numpy_bigendian.npz")["w"]
              Expect.all (big.ToFloat64()) Double.IsFinite "NumPy's big-endian"

              Expect.equal
                  (readNpy(npy (head ">U2" "()") [| 0uy; 0uy; 0uy; 65uy; 0uy; 0uy; 0uy; 66uy |]).ToText())
                  [| "AB" |]
                  "text"
          }

          test "what is no array is left alone, and an array that cannot be read hinders no other" {
              let state = npyBytes (NpyArray.OfFloat32([| 1; 2 |], [| 1f; 2f |]))

              let beside =
                  [ "README.txt", "hello"B
                    "sub/", [||]
                    "__MACOSX/._state.npy", "\000\005\022\007"B
                    "meta.npy", npy (head "|O" "()") [| 1uy |]
                    "when.npy", npy (head "<M8[s]" "()") (Array.zeroCreate 8)
                    "state.npy", state ]

              let read = unpack (zip beside)
              Expect.sequenceEqual (Seq.sort read.Keys) [ "meta"; "state"; "when" ] "the arrays"
              use memory = new MemoryStream(zip beside)
              Expect.equal (StateFile.Read(memory, "s.npz").ToArray()) [| 1f; 2f |] "the state"
              refused [ "w.npz"; "'meta.npy'"; "objects" ] (fun () -> read["meta"].Type |> ignore)
              refused [ "w.npz"; "'when.npy'"; "<M8[s]" ] (fun () -> read["when"].Type |> ignore)
          }

          testList
              "refuses headers"
              [ let size n = Array.zeroCreate<byte> n

                for name, bytes, words in
                    [ "negative size", npy (head "<f4" "(-1,)") (size 4), [ "negative" ]
                      "too few bytes", npy (head "<f4" "(3, 4)") (size 47), [ "(3, 4)"; "47 bytes" ]
                      "too many bytes", npy (head "<f4" "(3, 4)") (size 49), [ "(3, 4)"; "49 bytes" ]
                      "overflow", npy (head "<f8" "(2147483647, 2147483647, 2147483647)") (size 8), [ "larger than" ]
                      "beyond 32 bits", npy (head "<f8" "(4294967297,)") (size 8), [ "beyond 32 bits" ]
                      "a bomb", npy (head "<f8" "(2000000000,)") (size 8), [ "2000000000"; "8 bytes" ]
                      "wide text", npy (head "<U2147483647" "(2000000000,)") (size 8), [ "8 bytes" ]
                      "text without width", npy (head "<U0" "(5,)") (size 0), [ "(5,)" ]
                      "no type", npy (head "" "()") (size 0), [ "type" ]
                      "complex", npy (head "<c8" "()") (size 8), [ "<c8" ]
                      "beyond int64", npy (head "<u8" "()") (Array.create 8 255uy), [ "18446744073709551615"; "int64" ]
                      "many axes", npy (head "|u1" ("(" + String.replicate 33 "1, " + ")")) (size 1), [ "32 axes" ]
                      "no dictionary", npy "hello" (size 0), [ "'{'" ]
                      "no shape", npy "{'descr': '<f4', 'fortran_order': False}" (size 4), [ "lacks" ]
                      "two shapes", npy "{'shape': (), 'shape': ()}" (size 4), [ "unexpected key 'shape'" ]
                      "a strange key", npy "{'descr': '<f4', 'x': 1}" (size 4), [ "unexpected key 'x'" ]
                      "open text", npy "{'descr" (size 4), [ "quoted" ]
                      "no truth", npy "{'fortran_order': 1}" (size 4), [ "fortran_order" ]
                      "text behind", npy (head "|u1" "()" + "x") (size 1), [ "goes on" ]
                      "another version", Array.append [| 0x93uy |] "NUMPY\004\000\000\000"B, [ "4.0" ]
                      "a long header", Array.append [| 0x93uy |] "NUMPY\002\000\000\000\000\127"B, [ "header claims" ]
                      "another magic", "PK\003\004aaaaaaaaaa"B, [ "no NumPy array" ]
                      "nothing", [||], [ "ends after 0 bytes" ]
                      "half a pair", npy (head "<U1" "()") [| 0uy; 0xD8uy; 0uy; 0uy |], [ "0xD800" ] ] do
                    test name { refused ("w.npy" :: words) (fun () -> readNpy bytes |> ignore) } ]

          test "reads headers as Python may write them" {
              let header = "{ \"shape\" : ( 2L ,1 ) , 'fortran_order':True,'descr':\"|u1\"}   \n"

              let read = readNpy (npy header [| 7uy; 8uy |])
              Expect.equal read.Shape [| 2; 1 |] "shape"
              Expect.equal (read.ToByte()) [| 7uy; 8uy |] "values"
          }

          testList
              "refuses archives"
              [ let array = npyBytes (NpyArray.OfByte([| 1 |], [| 7uy |]))

                test "a foreign file" {
                    refused [ "w.npz"; "zip" ] (fun () -> unpack "this is no archive"B |> ignore)
                    refused [ "w.npz"; "zip" ] (fun () -> unpack [||] |> ignore)
                }

                test "an entry that is no array, when it is asked for" {
                    let read = unpack (zip [ "a.npy", "hello"B; "b.npy", array ])
                    refused [ "w.npz"; "a.npy"; "ends after 5 bytes" ] (fun () -> read["a"].Shape |> ignore)
                    refused [ "w.npz"; "a.npy"; "ends after 5 bytes" ] (fun () -> read["a"].ToByte() |> ignore)
                    Expect.equal (read["b"].ToByte()) [| 7uy |] "the other"
                }

                test "an entry that stands twice" {
                    refused [ "w.npz"; "a.npy"; "two entries" ] (fun () ->
                        unpack (zip [ "a.npy", array; "a.npy", array ]) |> ignore)
                }

                test "a changed value" {
                    let bytes = pack false [ "a", NpyArray.OfByte([| 4 |], [| 201uy; 202uy; 203uy; 204uy |]) ]
                    let at = bytes.AsSpan().IndexOf(ReadOnlySpan [| 202uy; 203uy |])
                    bytes[at] <- 99uy

                    refused [ "w.npz"; "a.npy"; "check sum" ] (fun () ->
                        let read = unpack bytes
                        read["a"].Shape |> ignore)
                }

                test "entries that share their bytes" {
                    // Two names for one stored array: the second central entry points at the first's bytes.
                    let bytes =
                        pack
                            false
                            [ "a", NpyArray.OfByte([| 900 |], Array.create 900 7uy)
                              "b", NpyArray.OfByte([||], [| 7uy |]) ]

                    let entries =
                        [ for at in 0 .. bytes.Length - 4 do
                              if
                                  bytes[at] = 0x50uy
                                  && bytes[at + 1] = 0x4Buy
                                  && bytes[at + 2] = 1uy
                                  && bytes[at + 3] = 2uy
                              then
                                  at ]

                    // Crc, sizes and the offset of the local header.
                    Array.blit bytes (entries[0] + 16) bytes (entries[1] + 16) 12
                    Array.blit bytes (entries[0] + 42) bytes (entries[1] + 42) 4
                    refused [ "w.npz"; "compressed bytes" ] (fun () -> unpack bytes |> ignore)
                } ]

          testList
              "damage is refused or harmless"
              [ for name in [ "numpy_stored.npz"; "numpy_deflated.npz"; "numpy_streamed.npz" ] do
                    test name {
                        survives "w.npz" 3000 1 (File.ReadAllBytes(fixture name)) (fun bytes ->
                            for array in (unpack bytes).Values do
                                array.Length |> ignore)
                    }

                test "our own archive, value for value" {
                    let bytes = pack true ofNumPy

                    survivesAny damaged "w.npz" 3000 2 bytes (fun bytes ->
                        for entry in unpack bytes do
                            // A flipped name is still an entry; a value cannot change unnoticed.
                            match List.tryFind (fun (name, _) -> name = entry.Key) ofNumPy with
                            | Some(_, array) -> Expect.isTrue (same array entry.Value) "unchanged"
                            | None -> ())
                }

                test "single arrays" {
                    for _, array in ofNumPy do
                        survives "w.npy" 1000 3 (npyBytes array) (fun bytes -> readNpy bytes |> ignore)
                } ]

          testList
              "conversions"
              [ test "numbers become floats" {
                    let floats = NpyArray.OfFloat64([| 3 |], [| 0.1; 1e300; -2.0 |])
                    Expect.equal (floats.ToFloat32()) [| 0.1f; infinityf; -2f |] "as astype"
                    let ints = NpyArray.OfInt64([| 2 |], [| 16777217L; -1L |])
                    Expect.equal (ints.ToFloat32()) [| 16777216f; -1f |] "rounded"
                    Expect.equal (ints.ToFloat64()) [| 16777217.0; -1.0 |] "exact"
                    Expect.equal (NpyArray.OfByte([| 1 |], [| 200uy |]).ToInt32()) [| 200 |] "bytes"
                    Expect.equal (ints.ToInt32()) [| 16777217; -1 |] "narrowed"
                }

                test "whole numbers come of floats that are whole, truth values of 0 and 1" {
                    let whole = NpyArray.OfFloat64([| 2 |], [| 3.0; -9007199254740992.0 |])
                    Expect.equal (whole.ToInt64()) [| 3L; -9007199254740992L |] "whole floats"
                    let truths = NpyArray.OfBool([| 2 |], [| true; false |])
                    Expect.equal (truths.ToInt32()) [| 1; 0 |] "truth values as numbers"
                    Expect.equal (truths.ToFloat32()) [| 1f; 0f |] "and as floats"
                    Expect.equal (NpyArray.OfInt64([| 2 |], [| 0L; 1L |]).ToBool()) [| false; true |] "0 and 1"
                }

                test "nothing else is guessed" {
                    let float value = NpyArray.OfFloat64([||], [| value |])
                    refused [ "text"; "numbers" ] (fun () -> NpyArray.OfText("1").ToFloat32() |> ignore)
                    refused [ "1.5"; "whole" ] (fun () -> (float 1.5).ToInt64() |> ignore)
                    refused [ "NaN"; "whole" ] (fun () -> (float nan).ToInt32() |> ignore)
                    refused [ "1E+300"; "whole" ] (fun () -> (float 1e300).ToInt64() |> ignore)
                    refused [ "2"; "truth values" ] (fun () -> (float 2.0).ToBool() |> ignore)
                    refused [ "float64"; "bytes" ] (fun () -> (float 1.0).ToByte() |> ignore)
                    refused [ "uint8"; "text" ] (fun () -> NpyArray.OfByte([||], [| 1uy |]).ToText() |> ignore)

                    refused [ "4294967296"; "int32" ] (fun () ->
                        NpyArray.OfInt64([||], [| 1L <<< 32 |]).ToInt32() |> ignore)

                    refused [ "w.npz: 'a'"; "float32"; "text" ] (fun () ->
                        let read = unpack (pack true [ "a", NpyArray.OfFloat32([||], [| 1f |]) ])
                        read["a"].ToText() |> ignore)
                }

                test "arrays keep copies" {
                    let shape, data = [| 2 |], [| 1f; 2f |]
                    let array = NpyArray.OfFloat32(shape, data)
                    shape[0] <- 9
                    data[0] <- 9f
                    array.ToFloat32()[1] <- 9f
                    array.Shape[0] <- 9
                    Expect.equal (array.ToFloat32()) [| 1f; 2f |] "data"
                    Expect.equal array.Shape [| 2 |] "shape"
                } ]

          testList
              "arguments"
              [ for name, make in
                    [ "shape and data", (fun () -> NpyArray.OfInt32([| 2; 2 |], [| 1 |]) |> ignore)
                      "negative", (fun () -> NpyArray.OfInt32([| -1 |], [||]) |> ignore)
                      "overflow", (fun () -> NpyArray.OfInt32([| 65536; 65536 |], [||]) |> ignore)
                      "axes", (fun () -> NpyArray.OfInt32(Array.create 33 1, [| 1 |]) |> ignore)
                      "NUL", (fun () -> NpyArray.OfText "a\000" |> ignore)
                      "half a pair", (fun () -> NpyArray.OfText(String [| 'a'; char 0xD800 |]) |> ignore)
                      "empty name", (fun () -> pack true [ "", NpyArray.OfText "a" ] |> ignore)
                      "long name", (fun () -> pack true [ String.replicate 1001 "a", NpyArray.OfText "a" ] |> ignore)
                      "name twice",
                      (fun () -> pack true [ "a", NpyArray.OfText "a"; "a", NpyArray.OfText "b" ] |> ignore) ] do
                    test name {
                        let error = Expect.throwsC make id
                        Expect.isTrue (error :? ArgumentException) $"{error}"
                    } ] ]
