namespace GaryMesh

open System
open System.Numerics

/// The mean squared difference between a state and a target over chosen channels and cells, after the last step.
[<Sealed>]
type MeanSquared
    private (cells: int, fits: int -> bool, ofChannels: string, channels: int[], chosen: int[], target: float32[]) =
    inherit Loss "mean squared difference"

    let share = 1.0 / float target.Length

    let check (state: State) =
        if state.Cells <> cells || not (fits state.Channels) then
            Guard.refuse
                $"The target has {cells} cells {ofChannels}, but the state has {state.Cells} cells x {state.Channels} channels."

    let index channels' at = chosen[at / channels.Length] * channels' + channels[at % channels.Length]

    /// <summary>Between one channel and a target value for each cell.</summary>
    /// <exception cref="T:System.ArgumentException">There is not one target a cell, or no such channel; found out when a
    /// state is at hand.</exception>
    new(target: float32[], channel: int) =
        MeanSquared(
            target.Length,
            (fun channels -> uint32 channel < uint32 channels),
            $"on channel {channel}",
            [| channel |],
            [| 0 .. target.Length - 1 |],
            Array.copy target
        )

    /// <summary>Between whole states [cells x channels], over chosen channels and cells; null for all of them.</summary>
    /// <exception cref="T:System.ArgumentException">A channel or cell is not in the target.</exception>
    new(target: State, channels: int[] | null, cells: int[] | null) =
        let all count (chosen: int[] | null) =
            match chosen with
            | null -> [| 0 .. count - 1 |]
            | chosen ->
                for index in chosen do
                    if uint32 index >= uint32 count then
                        Guard.refuse $"The loss looks at index {index}, but the target has 0 to {count - 1}."

                chosen

        let channels, cells = all target.Channels channels, all target.Cells cells

        MeanSquared(
            target.Cells,
            (fun given -> given = target.Channels),
            $"x {target.Channels} channels",
            channels,
            cells,
            [| for cell in cells do
                   for channel in channels -> target.Data[cell * target.Channels + channel] |]
        )

    override _.Evaluate(state, _, _) =
        check state
        let adjoint = Array.zeroCreate<float32> state.Data.Length
        let mutable sum = 0.0

        for i in 0 .. target.Length - 1 do
            let at = index state.Channels i
            let difference = float state.Data[at] - float target[i]
            sum <- sum + difference * difference
            // A channel or cell may be chosen twice.
            adjoint[at] <- adjoint[at] + float32 (2.0 * difference * share)

        LossValue.Of(sum * share, State(state.Cells, state.Channels, adjoint))

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, state: ReadOnlySpan<'T>, _: ReadOnlySpan<'T>, _: LossContext)
        : 'T =
        let mutable sum = 'T.Zero

        for i in 0 .. target.Length - 1 do
            let difference = state[index channels i] - 'F.Of(float target[i])
            sum <- sum + difference * difference

        sum * 'F.Of share
