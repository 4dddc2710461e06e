namespace GaryMesh

open System
open System.Numerics

/// `spoken:HEARD:CHANNEL`: of the first HEARD operators a cell hears one bit each, the sign of one channel: -1 or +1, and 0 where
/// there is nobody to hear (or who says NaN). The other operators stay as they are. Meant for operators that look at one neighbour
/// (`at:D`): what cells tell each other is then quantised, whatever their states are, so that what a cell does follows from finitely many
/// contexts (`Closure`).
///
/// The adjoint takes the slope of 2 sigmoid(x) - 1 in place of the sign's (straight-through estimator: Bengio, Leonard and Courville,
/// arXiv 1308.3432); `SecantRule` gives the rule's side of it.
[<Sealed>]
type Spoken
    /// The first operators as the signs of a channel.
    (heard: int, channel: int) =
    inherit Lift($"spoken:{WholeNumber.text heard}:{WholeNumber.text channel}")

    do
        Guard.positive (nameof heard) "The number of operators that hear" heard
        Guard.notNegative (nameof channel) "The spoken channel" channel

    /// Number of operators that hear one bit.
    member _.Heard = heard
    /// The channel whose sign is heard.
    member _.Channel = channel

    override _.Width(operators, channels) =
        if heard > operators then
            Guard.refuse $"{heard} operators are to hear, but the perception has {operators}."

        if channel >= channels then
            Guard.refuse $"Channel {channel} is spoken, but there are {channels}, counted from 0."

        heard + (operators - heard) * channels

    override _.Apply<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, linear: ReadOnlySpan<'T>, lifted: Span<'T>)
        =
        for k in 0 .. heard - 1 do
            let said = 'F.Real linear[k * channels + channel]
            // NaN is neither.
            lifted[k] <-
                'F
                    .Of(
                        if said > 0.0 then 1.0
                        elif said < 0.0 then -1.0
                        else 0.0
                    )

        linear.Slice(heard * channels).CopyTo(lifted.Slice heard)

    override _.Adjoint<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, linear: ReadOnlySpan<'T>, liftedBar: ReadOnlySpan<'T>, linearBar: Span<'T>)
        =
        for k in 0 .. heard - 1 do
            let at = k * channels + channel
            // 2 sigmoid'(x) = 2 e / (1 + e)^2 with e = exp(-|x|), which does not overflow.
            let e = exp -(abs ('F.Real linear[at]))
            let slope = 'F.Of(2.0 * e / ((1.0 + e) * (1.0 + e)))
            let share: 'T = slope * liftedBar[k]
            linearBar[at] <- linearBar[at] + share

        let rest = heard * channels

        for i in 0 .. linear.Length - rest - 1 do
            linearBar[rest + i] <- linearBar[rest + i] + liftedBar[heard + i]
