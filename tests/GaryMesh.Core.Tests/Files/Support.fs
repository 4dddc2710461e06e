/// What the tests of files share.
module GaryMesh.Tests.Files.Support

open System
open System.IO
open Expecto
open FsCheck
open FsCheck.FSharp
open GaryMesh.Tests

/// A fixture: beside the test assembly, or in the sources above it.
let fixture (name: string) : string =
    let rec search (folder: DirectoryInfo | null) =
        match folder with
        | null -> failwith $"The fixture {name} was not found."
        | folder ->
            let candidates =
                [ Path.Combine(folder.FullName, "fixtures", name)
                  Path.Combine(folder.FullName, "tests", "GaryMesh.Core.Tests", "fixtures", name) ]

            match List.tryFind File.Exists candidates with
            | Some path -> path
            | None -> search folder.Parent

    search (DirectoryInfo AppContext.BaseDirectory)

/// Runs something in a folder of its own.
let inFolder (run: string -> 'a) : 'a =
    let folder = Directory.CreateTempSubdirectory "garymesh"

    try
        run folder.FullName
    finally
        folder.Delete true

/// The one sentence with which bad data is refused; every word given must stand in it.
let refused (words: string list) (read: unit -> unit) : unit =
    try
        read ()
        failtest $"""Nothing was refused where {String.concat ", " words} was expected."""
    with :? InvalidDataException as error ->
        for word in words do
            Expect.stringContains error.Message word "the message names both sides"

        Expect.isFalse (error.Message.Contains '\n') "one line"
        Expect.stringEnds error.Message "." "a sentence"

/// Random damage: bytes flipped, a part cut out, the end cut off.
let damaged (random: Random) (bytes: byte[]) : byte[] =
    let copy = Array.copy bytes

    match random.Next 4 with
    | 0 -> Array.truncate (random.Next bytes.Length) copy
    | 1 ->
        let at = random.Next bytes.Length
        Array.append copy[.. at - 1] copy[min bytes.Length (at + random.Next(1, 20)) ..]
    | _ ->
        for _ in 0 .. random.Next 4 do
            copy[random.Next copy.Length] <- byte (random.Next 256)

        copy

/// Damages bytes many times: each must be read or refused as bad data, in a sentence that begins with the name.
let survives (name: string) (rounds: int) (seed: int) (bytes: byte[]) (read: byte[] -> unit) : unit =
    let random = Random seed
    let mutable refusals = 0

    for round in 1..rounds do
        let bytes = damaged random bytes

        try
            read bytes
        with
        | :? InvalidDataException as error ->
            refusals <- refusals + 1
            Expect.stringStarts error.Message name $"round {round} names the file"
        | error -> failtest $"Round {round} of seed {seed} threw {error}"

    Expect.isGreaterThan refusals 0 "some damage shows"

/// A property over values of one generator.
let propertyOf (gen: Gen<'T>) (name: string) (holds: 'T -> unit) : Test =
    property name (fun () -> Prop.forAll (Arb.fromGen gen) holds)
