/// Refusals at the door: one sentence that names both sides, the same under every culture, in the exception a .NET user expects.
module internal GaryMesh.Guard

open System
open System.IO

/// An argument has the wrong value or shape.
let inline refuse (message: FormattableString) : 'a = raise (ArgumentException(FormattableString.Invariant message))

/// An argument lies outside its range: that of a parameter by its name, or null for a value that is none.
let inline outOfRange (parameter: string | null) (message: FormattableString) : 'a =
    raise (ArgumentOutOfRangeException(parameter, FormattableString.Invariant message))

/// A message on one line: what it quotes of a file may hold control characters, which a terminal would obey.
let line (message: FormattableString) : string =
    FormattableString.Invariant message
    |> String.map (fun c -> if Char.IsControl c || c = '\u2028' || c = '\u2029' then '?' else c)

/// A file does not hold what it should.
let badData (message: FormattableString) : 'a = raise (InvalidDataException(line message))

/// A file does not hold what it should, as another refusal has shown.
let badDataFrom (cause: exn) (message: FormattableString) : 'a = raise (InvalidDataException(line message, cause))

/// What an argument's refusal says, without the parameter's name that .NET adds: it says nothing to who reads a file.
let sentence (error: ArgumentException) : string =
    match error.Message.IndexOf(" (Parameter '", StringComparison.Ordinal) with
    | -1 -> error.Message
    | at -> error.Message.Substring(0, at)

let positive (parameter: string | null) (what: string) (value: int) =
    if value < 1 then
        outOfRange parameter $"{what} must be at least 1, but is {value}."

let notNegative (parameter: string | null) (what: string) (value: int) =
    if value < 0 then
        outOfRange parameter $"{what} must not be negative, but is {value}."

let finite (parameter: string | null) (what: string) (value: float) =
    if not (Double.IsFinite value) then
        outOfRange parameter $"{what} must be finite, but is {value}."

let probability (parameter: string | null) (what: string) (value: float) =
    if not (value >= 0.0 && value <= 1.0) then
        outOfRange parameter $"{what} must lie in 0..1, but is {value}."

/// A probability that is drawn in steps of 1/65,536: one that would come to never or always without being that is a mistake.
let drawn (parameter: string | null) (what: string) (value: float) =
    probability parameter what value
    let steps = Math.Round(value * 65536.0)

    if steps = 0.0 && value > 0.0 || steps = 65536.0 && value < 1.0 then
        outOfRange parameter $"{what} is drawn in steps of 1/65,536, so that {value} would be {steps / 65536.0}."
