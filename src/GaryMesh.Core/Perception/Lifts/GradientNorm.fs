namespace GaryMesh

open System
open System.Numerics

/// `gradient-norm:X:Y`: sqrt(x^2 + y^2 + 1e-6) in place of the operators X and Y, after all others in their order: what a
/// gradient says without a direction (Mordvintsev et al., "Growing Isotropic Neural Cellular Automata", ALIFE 2022). The
/// small number keeps it smooth at 0.
[<Sealed>]
type GradientNorm
    /// The norm of the gradient that operators x and y give.
    (x: int, y: int) =
    inherit Lift($"gradient-norm:{WholeNumber.text x}:{WholeNumber.text y}")

    do
        if x < 0 || y < 0 || x = y then
            Guard.refuse $"A gradient norm needs two different operators, but is given {x} and {y}."

    /// sqrt(x^2 + y^2 + 1e-6)
    static member private Norm<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (x: 'T, y: 'T)
        : 'T =
        let xx: 'T = x * x
        let yy: 'T = y * y
        let sum: 'T = xx + yy
        'F.Sqrt(sum + 'F.Of 1e-6)

    override _.Width(operators, channels) =
        if max x y >= operators then
            Guard.refuse
                $"The gradient norm looks at the operators {x} and {y}, but the perception has {operators}, counted from 0."

        (operators - 1) * channels

    override _.Apply<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, linear: ReadOnlySpan<'T>, lifted: Span<'T>)
        =
        let mutable at = 0

        for k in 0 .. linear.Length / channels - 1 do
            if k <> x && k <> y then
                linear.Slice(k * channels, channels).CopyTo(lifted.Slice at)
                at <- at + channels

        for c in 0 .. channels - 1 do
            let gx, gy = linear[x * channels + c], linear[y * channels + c]
            lifted[at + c] <- GradientNorm.Norm<'T, 'F>(gx, gy)

    override _.Adjoint<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, linear: ReadOnlySpan<'T>, liftedBar: ReadOnlySpan<'T>, linearBar: Span<'T>)
        =
        let mutable at = 0

        for k in 0 .. linear.Length / channels - 1 do
            if k <> x && k <> y then
                for c in 0 .. channels - 1 do
                    linearBar[k * channels + c] <- linearBar[k * channels + c] + liftedBar[at + c]

                at <- at + channels

        for c in 0 .. channels - 1 do
            let gx, gy = linear[x * channels + c], linear[y * channels + c]
            let share: 'T = liftedBar[at + c] / GradientNorm.Norm<'T, 'F>(gx, gy)
            linearBar[x * channels + c] <- linearBar[x * channels + c] + share * gx
            linearBar[y * channels + c] <- linearBar[y * channels + c] + share * gy
