namespace GaryMesh

open System
open System.Numerics

[<AbstractClass>]
type Lift(name: string) =
    member _.Name = name
    abstract Width: operators: int * channels: int -> int

    abstract Apply<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>> :
        channels: int * linear: ReadOnlySpan<'T> * lifted: Span<'T> -> unit

    abstract Adjoint<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>> :
        channels: int * linear: ReadOnlySpan<'T> * liftedBar: ReadOnlySpan<'T> * linearBar: Span<'T> -> unit
