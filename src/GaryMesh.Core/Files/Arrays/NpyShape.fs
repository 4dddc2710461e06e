/// The shape of an array: how it is written, and how many elements it asks for.
module internal GaryMesh.Arrays.NpyShape

open System
open GaryMesh

let maxRank = 32

let show (shape: int[]) : string =
    match shape with
    | [| size |] -> $"({size},)"
    | _ -> "(" + String.Join(", ", shape) + ")"

/// The number of elements, or -1 if no array can hold as many.
let count (shape: int[]) : int =
    if Array.contains 0 shape then
        0
    else
        let mutable count = 1L

        for size in shape do
            if count >= 0L then
                count <- count * int64 size

                if count > int64 Array.MaxLength then
                    count <- -1L

        int count

/// A copy of a shape that agrees with so many elements.
let check (shape: int[]) (length: int) : int[] =
    if shape.Length > maxRank then
        Guard.refuse $"A shape has at most {maxRank} axes, but this one has {shape.Length}."

    for axis in 0 .. shape.Length - 1 do
        if shape[axis] < 0 then
            Guard.outOfRange (nameof shape) $"Axis {axis} of the shape {show shape} has a negative size."

    if count shape <> length then
        let told = String.Join(" x ", shape)
        let told = if shape.Length = 0 then "1" else told
        Guard.refuse $"The shape {show shape} asks for {told} values, but {length} are given."

    Array.copy shape
