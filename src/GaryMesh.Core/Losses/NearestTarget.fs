namespace GaryMesh

open System
open System.Collections.Generic
open System.Numerics

/// The mean squared difference between a state and the nearest of several targets, after the last step: a pattern may come out as
/// any of them, such as one picture turned by many angles (Mordvintsev et al., "Growing Isotropic Neural Cellular Automata", ALIFE
/// 2022). Kink: where two targets are equally near.
[<Sealed>]
type NearestTarget
    /// <summary>Between the first channels and targets [cells x channels].</summary>
    /// <exception cref="T:System.ArgumentException">There is no target, or one has other sizes than the first.</exception>
    (targets: IEnumerable<State>) =
    inherit Loss "mean squared difference to the nearest target"

    let targets = Seq.toArray targets

    do
        if targets.Length = 0 then
            Guard.refuse $"There must be a target to be near to, but {targets.Length} are given."

        for target in targets do
            if target.Cells <> targets[0].Cells || target.Channels <> targets[0].Channels then
                Guard.refuse
                    $"All targets must have {targets[0].Cells} cells x {targets[0].Channels} channels as the first, but one has {target.Cells} x {target.Channels}."

    let cells, seen = targets[0].Cells, targets[0].Channels
    let share = 1.0 / float (max 1 (cells * seen))

    let check given channels =
        if given <> cells || channels < seen then
            Guard.refuse
                $"The targets have {cells} cells x {seen} channels, but the state has {given} cells x {channels} channels."

    /// How many targets there are.
    member _.Targets = targets.Length

    /// <summary>The number of the target that a state is nearest to, the first of equals.</summary>
    /// <exception cref="T:System.ArgumentException">The state does not fit the targets.</exception>
    member _.Nearest(state: State) : int =
        check state.Cells state.Channels

        let apart (target: State) =
            let mutable sum = 0.0

            for cell in 0 .. cells - 1 do
                for channel in 0 .. seen - 1 do
                    let difference =
                        float state.Data[cell * state.Channels + channel] - float target.Data[cell * seen + channel]

                    sum <- sum + difference * difference

            sum

        targets |> Array.map apart |> Array.indexed |> Array.minBy snd |> fst

    override this.Evaluate(state, _, _) =
        let target = targets[this.Nearest state]
        let adjoint = Array.zeroCreate<float32> state.Data.Length
        let mutable sum = 0.0

        for cell in 0 .. cells - 1 do
            for channel in 0 .. seen - 1 do
                let at = cell * state.Channels + channel
                let difference = float state.Data[at] - float target.Data[cell * seen + channel]
                sum <- sum + difference * difference
                adjoint[at] <- float32 (2.0 * difference * share)

        LossValue.Of(sum * share, State(state.Cells, state.Channels, adjoint))

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, state: ReadOnlySpan<'T>, _: ReadOnlySpan<'T>, _: LossContext)
        : 'T =
        check (state.Length / channels) channels
        let mutable least = Unchecked.defaultof<'T>

        for i in 0 .. targets.Length - 1 do
            let mutable sum = 'T.Zero

            for cell in 0 .. cells - 1 do
                for channel in 0 .. seen - 1 do
                    let difference =
                        state[cell * channels + channel] - 'F.Of(float targets[i].Data[cell * seen + channel])

                    sum <- sum + difference * difference

            if i = 0 || 'F.Real sum < 'F.Real least then
                least <- sum

        least * 'F.Of share
