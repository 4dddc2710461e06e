namespace GaryMesh

open System
open System.Numerics

/// How far a channel is from a clear sign: mean max(0, 1 - |s|) over some cells, after the last step. Where the sign is heard as a bit, this
/// leaves room between both; its kinks are at 0 and at the distance of 1.
[<Sealed>]
type ClearSigns
    /// <summary>Over some cells.</summary>
    /// <param name="asked">Whether a cell is asked.</param>
    /// <param name="channel">The channel.</param>
    /// <exception cref="T:System.ArgumentException">No cell is asked.</exception>
    (asked: bool[], channel: int) =
    inherit Loss "clear signs"
    let cells = [| 0 .. asked.Length - 1 |] |> Array.filter (fun cell -> asked[cell])

    do
        Guard.notNegative (nameof channel) "The channel" channel

        if cells.Length = 0 then
            Guard.refuse $"Of {asked.Length} cells none is asked for a clear sign."

    let share = 1.0 / float cells.Length

    let check count channels =
        if count <> asked.Length || channel >= channels then
            Guard.refuse
                $"There are {asked.Length} cells that say channel {channel}, but the state has {count} cells x {channels} channels."

    override _.Evaluate(state, _, _) =
        check state.Cells state.Channels
        let adjoint = Array.zeroCreate<float32> state.Data.Length
        let mutable sum = 0.0

        for cell in cells do
            let at = cell * state.Channels + channel
            let said = float state.Data[at]

            if abs said < 1.0 then
                sum <- sum + 1.0 - abs said
                adjoint[at] <- float32 (if said >= 0.0 then -share else share)

        LossValue.Of(share * sum, State(state.Cells, state.Channels, adjoint))

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, state: ReadOnlySpan<'T>, _: ReadOnlySpan<'T>, _: LossContext)
        : 'T =
        check (state.Length / channels) channels
        let mutable sum = 'T.Zero

        for cell in cells do
            let said = state[cell * channels + channel]
            let real = 'F.Real said

            if abs real < 1.0 then
                let short: 'T = if real >= 0.0 then 'T.One - said else 'T.One + said
                sum <- sum + short

        sum * 'F.Of share
