/// Properties that draw the same cases in every run, and a message that is to name both sides.
[<AutoOpen>]
module GaryMesh.Tests.Property

open System
open Expecto

/// The seed of every property, unless fresh cases are asked for.
let replay =
    match Environment.GetEnvironmentVariable "GARYMESH_EXPLORE" with
    | null
    | "" -> Some(20261UL, 31UL, None)
    | _ -> None

/// A property over cases drawn by FsCheck: the same ones each time, so that a failure is a change of the code and never
/// of luck. With GARYMESH_EXPLORE=1 the cases are fresh; a failure then names the seed that brings it back.
let property (name: string) (body: 'a -> 'b) : Test =
    testPropertyWithConfig { FsCheckConfig.defaultConfig with replay = replay } name body

/// The message names all of the parts.
let says (parts: string list) (message: string) =
    for part in parts do
        Expect.stringContains message part "both sides are named"
