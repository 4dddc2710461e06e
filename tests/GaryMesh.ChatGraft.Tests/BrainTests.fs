/// The brain file: what it keeps, and what it refuses.
module GaryMesh.ChatGraft.Tests.BrainTests

open System
open System.IO
open Expecto
open GaryMesh.ChatGraft

/// Runs with the path of a brain that does not exist yet.
let withFolder run =
    let folder = Directory.CreateTempSubdirectory "gary-brain-"

    try
        run (Path.Combine(folder.FullName, "gary.brain"))
    finally
        folder.Delete true

let private fact id =
    Fact(
        int64 id,
        Statement("my dog", "name", $"Buddy{id}", $"my dog is called Buddy{id}", FactOwner.User),
        1.5,
        int64 id
    )

let private change =
    BrainChange(
        Age = Nullable 3L,
        Facts = [| fact 1; fact 2 |],
        Turns = [| BufferedTurn(0L, 1L, Speaker.User, "my dog is called Buddy1", false) |],
        Weights = readOnlyDict [ "cortex", Array.init 200_000 byte ]
    )

let private made path =
    using (Brain.Open path) (fun brain -> brain.Commit change |> ignore)
    File.ReadAllBytes path

let private refusal path =
    try
        (Brain.Open path).Dispose()
        None
    with :? BrainException as error ->
        Some error.Message

let private refusedUntouched (path: string) (bytes: byte[]) (says: string) =
    File.WriteAllBytes(path, bytes)
    let message = refusal path
    Expect.isSome message "refused"
    Expect.stringContains message.Value says "it says why"
    Expect.isFalse (message.Value.TrimEnd('.').Contains ". ") "one sentence"
    Expect.sequenceEqual (File.ReadAllBytes path) bytes "untouched"
    Expect.isFalse (File.Exists(path + "-journal")) "and nothing beside it"

[<Tests>]
let tests =
    testList
        "brain"
        [ test "what is committed is there after opening again" {
              withFolder (fun path ->
                  made path |> ignore
                  use brain = Brain.Open path
                  Expect.equal brain.Age 3L "age"
                  Expect.sequenceEqual (brain.ReadFacts()) [ fact 1; fact 2 ] "facts"
                  Expect.equal (brain.ReadTurns()).Count 1 "turns"
                  Expect.sequenceEqual (brain.ReadWeights "cortex") (Array.init 200_000 byte) "weights"
                  Expect.isNull (brain.ReadWeights "graft") "no others")
          }

          test "a cut-off brain is refused and left untouched, wherever it is cut" {
              withFolder (fun path ->
                  let whole = made path

                  for length in [ 1; 99; 100; 4096; whole.Length / 2; whole.Length - 1 ] do
                      refusedUntouched path whole[.. length - 1] (if length < 100 then "not a brain" else "damaged"))
          }

          test "foreign, newer and garbled files are refused and left untouched" {
              withFolder (fun path ->
                  let whole = made path
                  let changed at (value: byte) = Array.mapi (fun i b -> if i = at then value else b) whole
                  refusedUntouched path (Text.Encoding.UTF8.GetBytes(String('x', 5000))) "not a brain"
                  refusedUntouched path (changed 68 1uy) "another program"
                  refusedUntouched path (changed 63 9uy) "newer version"

                  refusedUntouched
                      path
                      (Array.mapi (fun i b -> if i >= 4096 && i < 12288 then b ^^^ 0x5Auy else b) whole)
                      "damaged")
          }

          test "a brain is opened once at a time" {
              withFolder (fun path ->
                  use _ = Brain.Open path
                  Expect.stringContains (refusal path).Value "already open" "in one program")
          }

          test "an empty file is a brain about to be made" {
              withFolder (fun path ->
                  File.WriteAllBytes(path, [||])
                  use brain = Brain.Open path
                  Expect.isTrue brain.IsNew "new")
          }

          test "a folder is refused" {
              Expect.stringContains (refusal (Path.GetTempPath())).Value "folder" "it says so"
          }

          test "forgotten facts cannot be read from the file" {
              withFolder (fun path ->
                  made path |> ignore

                  using (Brain.Open path) (fun brain ->
                      brain.Commit(BrainChange(ForgottenFacts = [| 1L; 2L |], ForgottenTurns = [| 1L |])) |> ignore)

                  Expect.isFalse
                      (Text.Encoding.Latin1.GetString(File.ReadAllBytes path).Contains "Buddy")
                      "overwritten")
          } ]
