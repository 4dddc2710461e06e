namespace GaryMesh

open System
open System.Numerics

/// How far a channel is from saying either sign as often in each group of cells: the sum over groups of the square of the mean of tanh s, after the
/// last step. A bit that is always the same carries no news, so nothing is ever learned from it; this keeps it from getting stuck.
[<Sealed>]
type EvenSigns
    /// <summary>Over groups of cells.</summary>
    /// <param name="groups">The group of each cell, from 0; -1 for none.</param>
    /// <param name="channel">The channel.</param>
    /// <exception cref="T:System.ArgumentException">A group is below -1, or no cell has one.</exception>
    (groups: int[], channel: int) =
    inherit Loss "even signs"

    do
        Guard.notNegative (nameof channel) "The channel" channel

        if groups |> Array.forall ((=) -1) || Array.min groups < -1 then
            Guard.refuse
                $"A group is -1 or counted from 0, and some cell has one; the least of {groups.Length} is {Seq.fold min 0 groups}."

    let members =
        groups
        |> Seq.indexed
        |> Seq.filter (fun (_, group) -> group >= 0)
        |> Seq.groupBy snd
        |> Seq.map (fun (_, cells) -> cells |> Seq.map fst |> Array.ofSeq)
        |> Array.ofSeq

    let check cells channels =
        if cells <> groups.Length || channel >= channels then
            Guard.refuse
                $"There are groups of {groups.Length} cells that say channel {channel}, but the state has {cells} cells x {channels} channels."

    override _.Evaluate(state, _, _) =
        check state.Cells state.Channels
        let adjoint = Array.zeroCreate<float32> state.Data.Length
        let mutable sum = 0.0

        for cells in members do
            let said = cells |> Array.map (fun cell -> tanh (float state.Data[cell * state.Channels + channel]))
            let mean = Array.average said
            sum <- sum + mean * mean

            for i in 0 .. cells.Length - 1 do
                adjoint[cells[i] * state.Channels + channel] <-
                    float32 (2.0 * mean / float cells.Length * (1.0 - said[i] * said[i]))

        LossValue.Of(sum, State(state.Cells, state.Channels, adjoint))

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, state: ReadOnlySpan<'T>, _: ReadOnlySpan<'T>, _: LossContext)
        : 'T =
        check (state.Length / channels) channels
        let two = 'F.Of 2.0
        let mutable sum = 'T.Zero

        for cells in members do
            let mutable mean = 'T.Zero

            for cell in cells do
                // tanh s = 1 - 2 / (exp 2s + 1)
                let twice: 'T = two * state[cell * channels + channel]
                let grown: 'T = 'F.Exp twice + 'T.One
                let less: 'T = two / grown
                let said: 'T = 'T.One - less
                mean <- mean + said

            let mean: 'T = mean * 'F.Of(1.0 / float cells.Length)
            let square: 'T = mean * mean
            sum <- sum + square

        sum
