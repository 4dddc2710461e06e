namespace GaryMesh

open System
open System.Numerics

/// What a cell makes of its K x C linear perceptions before the rule reads them: a smooth function of its own, with its
/// adjoint. One text serves the specification (over `float` and `Complex`) and the engine (over `float32`).
///
/// A lift of your own overrides the abstract members. The linear perceptions lie operator by operator: value c of operator k
/// at k x channels + c.
[<AbstractClass>]
type Lift =
    /// `name` stands in files, settings and all; a rule with a lift of your own loads only where the lift is handed in.
    new: name: string -> Lift
    /// The name by which files know the lift, settings included.
    member Name: string

    /// <summary>Number of values that the rule reads in place of the K x C.</summary>
    /// <exception cref="T:System.ArgumentException">The lift does not fit so many operators or channels.</exception>
    abstract Width: operators: int * channels: int -> int

    /// lifted = f(linear); writes every value of `lifted`.
    abstract Apply<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>> :
        channels: int * linear: ReadOnlySpan<'T> * lifted: Span<'T> -> unit

    /// Adds f'(linear)^T liftedBar to `linearBar`.
    abstract Adjoint<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>> :
        channels: int * linear: ReadOnlySpan<'T> * liftedBar: ReadOnlySpan<'T> * linearBar: Span<'T> -> unit
