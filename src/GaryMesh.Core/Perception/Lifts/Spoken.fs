namespace GaryMesh

open System
open System.Collections.Immutable
open System.Numerics

module private SpokenName =
    /// One channel is named once, however many hear it.
    let of' (channels: int list) =
        String.Join(
            ':',
            "spoken"
            :: List.map
                WholeNumber.text
                (channels.Length :: (if List.distinct channels |> _.Length = 1 then [ channels[0] ] else channels))
        )

/// `spoken:HEARD:CHANNEL`: of the first HEARD operators a cell hears one bit each, the sign of one channel: -1 or +1, and 0 where
/// there is nobody to hear (or who says NaN). The other operators stay as they are. `spoken:HEARD:CHANNEL:CHANNEL...` names a channel for each
/// operator that hears. Meant for operators that look at one neighbour (`at:D`): what cells tell each other is then quantised, whatever
/// their states are, so that what a cell does follows from finitely many contexts (`Closure`).
///
/// The adjoint takes the slope of 2 sigmoid(x) - 1 in place of the sign's (straight-through estimator: Bengio, Leonard and Courville,
/// arXiv 1308.3432); `SecantRule` gives the rule's side of it.
[<Sealed>]
type Spoken
    /// <summary>The first operators as signs.</summary>
    /// <param name="channels">The channel that each of them hears.</param>
    (channels: int seq) =
    inherit Lift(SpokenName.of' (List.ofSeq channels))
    let channels = Array.ofSeq channels
    let heard = channels.Length

    do
        Guard.positive (nameof channels) "The number of operators that hear" heard
        channels |> Array.iter (Guard.notNegative (nameof channels) "The spoken channel")

    /// <summary>The first operators as the signs of one channel.</summary>
    /// <param name="heard">Number of operators that hear.</param>
    /// <param name="channel">The channel.</param>
    new(heard: int, channel: int) = Spoken(Seq.replicate (max 0 heard) channel)

    /// The channel that each operator hears whose bit is heard.
    member _.Channels = channels.AsSpan().ToImmutableArray()

    override _.Width(operators, count) =
        if heard > operators then
            Guard.refuse $"{heard} operators are to hear, but the perception has {operators}."

        for channel in channels do
            if channel >= count then
                Guard.refuse $"Channel {channel} is spoken, but there are {count}, counted from 0."

        heard + (operators - heard) * count

    override _.Apply<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (count: int, linear: ReadOnlySpan<'T>, lifted: Span<'T>)
        =
        for k in 0 .. heard - 1 do
            let said = 'F.Real linear[k * count + channels[k]]
            // NaN is neither.
            lifted[k] <-
                'F
                    .Of(
                        if said > 0.0 then 1.0
                        elif said < 0.0 then -1.0
                        else 0.0
                    )

        linear.Slice(heard * count).CopyTo(lifted.Slice heard)

    override _.Adjoint<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (count: int, linear: ReadOnlySpan<'T>, liftedBar: ReadOnlySpan<'T>, linearBar: Span<'T>)
        =
        for k in 0 .. heard - 1 do
            let at = k * count + channels[k]
            // 2 sigmoid'(x) = 2 e / (1 + e)^2 with e = exp(-|x|), which does not overflow.
            let e = exp -(abs ('F.Real linear[at]))
            let slope = 'F.Of(2.0 * e / ((1.0 + e) * (1.0 + e)))
            let share: 'T = slope * liftedBar[k]
            linearBar[at] <- linearBar[at] + share

        let rest = heard * count

        for i in 0 .. linear.Length - rest - 1 do
            linearBar[rest + i] <- linearBar[rest + i] + liftedBar[heard + i]
