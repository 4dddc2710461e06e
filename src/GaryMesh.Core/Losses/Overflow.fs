namespace GaryMesh

open System
open System.Numerics

/// mean |s - clamp(s, -limit, limit)| over all channels (MeshNCA's overflow loss, TOG 2024), after the last step.
[<Sealed>]
type Overflow
    /// A loss for values beyond -limit .. limit.
    (limit: float32) =
    inherit Loss "overflow"
    do Guard.finite (nameof limit) "The limit of an overflow loss" (float limit)

    override _.Evaluate(state, _, _) =
        let share = 1.0 / float state.Data.Length
        let mutable sum = 0.0

        let adjoint =
            state.Data
            |> Array.map (fun value ->
                let excess = float value - float (Math.Clamp(value, -limit, limit))
                sum <- sum + abs excess
                float32 (float (sign excess) * share))

        LossValue.Of(sum * share, State(state.Cells, state.Channels, adjoint))

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (_: int, state: ReadOnlySpan<'T>, _: ReadOnlySpan<'T>, _: LossContext)
        : 'T =
        let bound = 'F.Of(float limit)
        let mutable sum = 'T.Zero

        for i in 0 .. state.Length - 1 do
            if 'F.Real state[i] > float limit then
                let excess: 'T = state[i] - bound
                sum <- sum + excess
            elif 'F.Real state[i] < -(float limit) then
                let excess: 'T = state[i] + bound
                sum <- sum - excess

        sum * 'F.Of(1.0 / float state.Length)
