namespace GaryMesh

open System
open System.Numerics

/// `steering:OWN:X:Y:CHANNEL`: the operators X and Y turned by the angle that the cell keeps in a channel of its own state,
/// operator OWN: x' = cos(a) x + sin(a) y, y' = cos(a) y - sin(a) x (Randazzo et al., "Growing Steerable Neural Cellular
/// Automata", ALIFE 2023, angle-based). The others stay as they are.
[<Sealed>]
type Steering
    /// Operators x and y turned by the angle in `channel` of operator `own`.
    (own: int, x: int, y: int, channel: int) =
    inherit
        Lift($"steering:{WholeNumber.text own}:{WholeNumber.text x}:{WholeNumber.text y}:{WholeNumber.text channel}")

    do
        if own < 0 || x < 0 || y < 0 || channel < 0 || x = y || own = x || own = y then
            Guard.refuse
                $"Steering needs three different operators and a channel, but is given the operators {own}, {x}, {y} and channel {channel}."

    /// a x + b y
    static member private Mix<'T when 'T: struct and 'T :> INumberBase<'T>>(a: 'T, x: 'T, b: 'T, y: 'T) : 'T =
        let ax: 'T = a * x
        let by: 'T = b * y
        ax + by

    override _.Width(operators, channels) =
        if max own (max x y) >= operators then
            Guard.refuse
                $"Steering looks at the operators {own}, {x} and {y}, but the perception has {operators}, counted from 0."

        if channel >= channels then
            Guard.refuse $"Steering reads its angle from channel {channel}, but there are {channels}, counted from 0."

        operators * channels

    override _.Apply<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, linear: ReadOnlySpan<'T>, lifted: Span<'T>)
        =
        linear.CopyTo lifted
        let angle = linear[own * channels + channel]
        let cos, sin = 'F.Cos angle, 'F.Sin angle

        for c in 0 .. channels - 1 do
            let gx, gy = linear[x * channels + c], linear[y * channels + c]
            lifted[x * channels + c] <- Steering.Mix(cos, gx, sin, gy)
            lifted[y * channels + c] <- Steering.Mix(cos, gy, -sin, gx)

    override _.Adjoint<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, linear: ReadOnlySpan<'T>, liftedBar: ReadOnlySpan<'T>, linearBar: Span<'T>)
        =
        let at = own * channels + channel
        let cos, sin = 'F.Cos linear[at], 'F.Sin linear[at]
        let mutable angleBar = 'F.Of 0.0

        for k in 0 .. linear.Length / channels - 1 do
            if k <> x && k <> y then
                for c in 0 .. channels - 1 do
                    linearBar[k * channels + c] <- linearBar[k * channels + c] + liftedBar[k * channels + c]

        for c in 0 .. channels - 1 do
            let i, j = x * channels + c, y * channels + c
            let xBar, yBar = liftedBar[i], liftedBar[j]
            linearBar[i] <- linearBar[i] + Steering.Mix(cos, xBar, -sin, yBar)
            linearBar[j] <- linearBar[j] + Steering.Mix(sin, xBar, cos, yBar)
            // The derivative of (x', y') by the angle is (y', -x').
            let turnedX = Steering.Mix(cos, linear[i], sin, linear[j])
            let turnedY = Steering.Mix(cos, linear[j], -sin, linear[i])
            angleBar <- angleBar + Steering.Mix(xBar, turnedY, -yBar, turnedX)

        linearBar[at] <- linearBar[at] + angleBar
