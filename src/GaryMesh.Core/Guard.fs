/// Refusals at the door: one sentence that names both sides, in the exception a .NET user expects.
module internal GaryMesh.Guard

open System
open System.IO

/// An argument has the wrong value or shape.
let inline refuse (message: string) : 'a = raise (ArgumentException message)

/// An argument lies outside its range.
let inline outOfRange (name: string) (message: string) : 'a = raise (ArgumentOutOfRangeException(name, message))

/// A file does not hold what it should.
let inline badData (message: string) : 'a = raise (InvalidDataException message)

let positive (name: string) (value: int) =
    if value < 1 then
        outOfRange name $"{name} must be at least 1, but is {value}."

let notNegative (name: string) (value: int) =
    if value < 0 then
        outOfRange name $"{name} must not be negative, but is {value}."

let finite (name: string) (value: float) =
    if not (Double.IsFinite value) then
        outOfRange name $"{name} must be finite, but is {value}."

let probability (name: string) (value: float) =
    if not (value >= 0.0 && value <= 1.0) then
        outOfRange name $"{name} must lie in 0..1, but is {value}."
