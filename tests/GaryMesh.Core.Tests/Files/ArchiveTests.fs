/// Archives of formats of one's own: what a writer gathers is what a reader gives, and whatever else is refused.
module GaryMesh.Tests.Files.ArchiveTests

open System
open System.IO
open Expecto
open FsCheck.FSharp
open GaryMesh
open GaryMesh.Tests.Files.Support

let private bytesOf (file: ArchiveWriter) =
    use memory = new MemoryStream()
    file.Write memory
    memory.ToArray()

let private reading (file: ArchiveWriter) = ArchiveReader.Open(new MemoryStream(bytesOf file), "own.npz")

let private whole = ArchiveWriter("own", 3).Int("count", 7).Texts("names", [| "a"; "b" |])

[<Tests>]
let tests =
    testList
        "Archive"
        [ propertyOf
              (Gen.zip (Gen.choose (0, 4)) (Gen.choose (0, 5)))
              "what is written is what is read"
              (fun (rows, columns) ->
                  let count = rows * columns
                  let floats = Array.init count (fun i -> float32 i / 3f)
                  let ints = Array.init count (fun i -> 5 - i)
                  let truths = Array.init count (fun i -> i % 3 = 0)
                  let texts = Array.init count (fun i -> String('x', i))

                  let file =
                      ArchiveWriter("own", 3)
                          .Int("int", -7)
                          .Double("double", nan)
                          .Truth("truth", true)
                          .Text("text", "größe")
                          .Floats("floats", floats, rows, columns)
                          .Doubles("doubles", Array.map float floats)
                          .Ints("ints", ints, rows, columns)
                          .Truths("truths", truths)
                          .Texts("texts", texts)
                          .Bytes("bytes", Array.map byte ints)

                  let read = reading file
                  Expect.equal (read.Version("own", 1, 3)) 3 "the version"

                  Expect.equal
                      (read.Int "int", read.Truth "truth", read.Text "text")
                      (-7, true, "größe")
                      "single values"

                  Expect.isTrue (Double.IsNaN(read.Double "double")) "a float64 as it is"
                  Expect.equal (read.Shape "floats") [| rows; columns |] "a shape"
                  Expect.equal (read.Floats("floats", rows, -1)) floats "floats"
                  Expect.equal (read.Doubles "doubles") (Array.map float floats) "doubles"
                  Expect.equal (read.Ints("ints", -1, columns)) ints "ints"
                  Expect.equal (read.Truths("truths", count)) truths "truths"
                  Expect.equal (read.Texts "texts") texts "texts"
                  refused [ "own.npz"; "'bytes'"; "the file" ] (fun () -> read.CheckAllRead "the file")
                  Expect.equal (read.Bytes "bytes") (Array.map byte ints) "bytes"
                  read.CheckAllRead "the file")

          test "equal entries are equal bytes, whatever the order" {
              let turned = ArchiveWriter().Texts("names", [| "a"; "b" |]).Int("count", 7)
              Expect.equal (bytesOf (turned.Int("format_version", 3).Text("format", "own"))) (bytesOf whole) "the bytes"
          }

          test "a format that names its version in one text is read, too" {
              Expect.equal ((reading (ArchiveWriter().Text("format", "own 1"))).Version("own", 1, 3)) 1 "version 1"

              refused [ "own.npz"; "'own'"; "'own 9'" ] (fun () ->
                  (reading (ArchiveWriter().Text("format", "own 9"))).Version("own", 1, 3) |> ignore)
          }

          test "what does not fit is refused in one sentence that names the file" {
              let bad words (read: ArchiveReader -> 'a) =
                  refused ("own.npz" :: words) (fun () -> read (reading whole) |> ignore)

              bad [ "'missing'"; "missing" ] (fun file -> file.Int "missing")
              bad [ "'count'"; "[any]"; "[]" ] (fun file -> file.Ints "count")
              bad [ "'names'"; "[3]"; "[2]" ] (fun file -> file.Texts("names", 3))
              bad [ "'names'"; "single"; "[2]" ] (fun file -> file.Text "names")
              bad [ "'names'"; "numbers"; "text" ] (fun file -> file.Doubles "names")
              bad [ "'count'"; "text"; "int32" ] (fun file -> file.Text "count")
              bad [ "'other'"; "'own'" ] (fun file -> file.Version("other", 1, 3))
              bad [ "version 3"; "versions 1 to 2" ] (fun file -> file.Version("own", 1, 2))
              bad [ "version 3"; "version 2 is" ] (fun file -> file.Version("own", 2, 2))
              bad [ "it is odd" ] (fun file -> raise (file.Refusal "it is odd"))
              bad [ "a?[31m?b" ] (fun file -> raise (file.Refusal "a\u001b[31m\nb"))

              bad [ "at least 3" ] (fun file ->
                  file.Trying(fun () -> raise (ArgumentOutOfRangeException("size", "It is at least 3."))))
          }

          test "an entry is given once, and its values fill its shape" {
              let refuses (write: ArchiveWriter -> ArchiveWriter) =
                  Expect.throwsC (fun () -> write (ArchiveWriter().Int("a", 1)) |> ignore) (fun error ->
                      Expect.isTrue (error :? ArgumentException) $"{error}")

              refuses (fun file -> file.Int("a", 2))
              refuses (fun file -> file.Floats("b", [| 1f; 2f |], 3))
          } ]
