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

/// A property over values of one generator.
let propertyOf (gen: Gen<'T>) (name: string) (holds: 'T -> unit) : Test =
    property name (fun () -> Prop.forAll (Arb.fromGen gen) holds)
