/// The folder of real data that GARYMESH_DATA names, for tests that need more than the repository holds.
module GaryMesh.Tests.DataFolder

open System
open System.IO
open Expecto

/// A file of the folder; the test is skipped where there is none.
let data (parts: string list) : string =
    let name = String.Join('/', parts)

    match Environment.GetEnvironmentVariable "GARYMESH_DATA" with
    | null
    | "" -> skiptest $"GARYMESH_DATA names no folder of data, so {name} is not read."
    | folder ->
        let path = Path.Combine(folder, name)

        if not (File.Exists path) then
            skiptest $"The data folder has no {name}."

        path
