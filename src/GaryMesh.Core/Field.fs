namespace GaryMesh

open System
open System.Numerics

type IField<'T> =
    static abstract Of: float -> 'T
    static abstract Real: 'T -> float
    static abstract Sqrt: 'T -> 'T
    static abstract Exp: 'T -> 'T
    static abstract Log: 'T -> 'T
    static abstract Sin: 'T -> 'T
    static abstract Cos: 'T -> 'T

[<Struct>]
type Reals =
    interface IField<float> with
        static member Of x = x
        static member Real x = x
        static member Sqrt x = Math.Sqrt x
        static member Exp x = Math.Exp x
        static member Log x = Math.Log x
        static member Sin x = Math.Sin x
        static member Cos x = Math.Cos x

[<Struct>]
type Complexes =
    interface IField<Complex> with
        static member Of x = Complex(x, 0.0)
        static member Real x = x.Real
        static member Sqrt x = Complex.Sqrt x
        static member Exp x = Complex.Exp x
        static member Log x = Complex.Log x
        static member Sin x = Complex.Sin x
        static member Cos x = Complex.Cos x

[<Struct>]
type Singles =
    interface IField<float32> with
        static member Of x = float32 x
        static member Real x = float x
        static member Sqrt x = MathF.Sqrt x
        static member Exp x = MathF.Exp x
        static member Log x = MathF.Log x
        static member Sin x = MathF.Sin x
        static member Cos x = MathF.Cos x
