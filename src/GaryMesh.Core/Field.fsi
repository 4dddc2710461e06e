namespace GaryMesh

open System.Numerics

/// The numbers that a rule, a lift or a loss is written over, beside their arithmetic (`INumberBase`): real and complex
/// in double precision, where the specification is computed and differentiated, and the engine's float32.
///
/// Every branch looks at `Real`, so that the imaginary part of a result at x + i h is h times the derivative at x
/// (complex-step differentiation: Squire and Trapp, SIAM Review 40, 1998).
type IField<'T> =
    /// A real number as one of the field.
    static abstract Of: float -> 'T
    /// The real part.
    static abstract Real: 'T -> float
    /// The square root.
    static abstract Sqrt: 'T -> 'T
    /// The exponential.
    static abstract Exp: 'T -> 'T
    /// The natural logarithm.
    static abstract Log: 'T -> 'T
    /// The sine.
    static abstract Sin: 'T -> 'T
    /// The cosine.
    static abstract Cos: 'T -> 'T

/// Double precision.
[<Struct>]
type Reals =
    interface IField<float>

/// Complex numbers in double precision.
[<Struct>]
type Complexes =
    interface IField<Complex>

/// Single precision.
[<Struct>]
type Singles =
    interface IField<float32>
