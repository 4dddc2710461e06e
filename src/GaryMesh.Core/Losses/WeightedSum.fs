namespace GaryMesh

open System
open System.Collections.Immutable
open System.Numerics

/// The sum of losses, each times its weight and at the steps where it looks.
[<Sealed>]
type WeightedSum
    /// A sum of as many losses as weights.
    (weights: float[], losses: Loss[]) =
    inherit Loss(String.Join(" + ", losses |> Array.map _.Name))

    do
        if weights.Length <> losses.Length || losses.Length = 0 then
            Guard.refuse
                $"Every loss needs a weight, but there are {losses.Length} losses and {weights.Length} weights."

    let looking (context: LossContext) =
        Seq.zip weights losses |> Seq.filter (fun (_, loss) -> loss.Sees(context.Step, context.Steps))

    override _.Sees(step, steps) = losses |> Array.exists _.Sees(step, steps)

    override _.Evaluate(state, auxiliary, context) =
        let adjoint = Array.zeroCreate<float32> state.Data.Length
        let auxiliaryAdjoint = Array.zeroCreate<float32> auxiliary.Data.Length
        let parts = ImmutableArray.CreateBuilder()
        let mutable sum = 0.0

        for weight, loss in looking context do
            let part = loss.Evaluate(state, auxiliary, context)
            sum <- sum + weight * part.Value

            if part.Parts.IsEmpty then
                parts.Add(struct (loss.Name, weight * part.Value))
            else
                for struct (name, value) in part.Parts do
                    parts.Add(struct (name, weight * value))

            let add (total: float32[]) (given: float32[]) =
                for i in 0 .. total.Length - 1 do
                    total[i] <- total[i] + float32 weight * given[i]

            add adjoint part.Adjoint.Data

            match part.AuxiliaryAdjoint with
            | null -> ()
            | given -> add auxiliaryAdjoint given.Data

        { Value = sum
          Adjoint = State(state.Cells, state.Channels, adjoint)
          AuxiliaryAdjoint = State(auxiliary.Cells, auxiliary.Channels, auxiliaryAdjoint)
          Parts = parts.ToImmutable() }

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, state: ReadOnlySpan<'T>, auxiliary: ReadOnlySpan<'T>, context: LossContext)
        : 'T =
        let mutable sum = 'T.Zero

        for i in 0 .. losses.Length - 1 do
            if losses[i].Sees(context.Step, context.Steps) then
                sum <- sum + 'F.Of weights[i] * losses[i].Value<'T, 'F>(channels, state, auxiliary, context)

        sum
