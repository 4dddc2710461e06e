namespace GaryMesh

open System
open System.Numerics

/// Every cell's own class: the cross-entropy of the softmax over some channels of a cell, mean over the cells that have a label, after the
/// last step.
[<Sealed>]
type CrossEntropy
    /// <summary>Against a label a cell.</summary>
    /// <param name="labels">The class of each cell, from 0; -1 where none is asked for.</param>
    /// <param name="first">The channel of class 0.</param>
    /// <param name="classes">Number of classes, and of channels from there on.</param>
    /// <exception cref="T:System.ArgumentException">A label is no class, or no cell has one.</exception>
    (labels: int[], first: int, classes: int) =
    inherit Loss "cross-entropy"

    do
        Guard.notNegative (nameof first) "The channel of the first class" first
        Guard.positive (nameof classes) "The number of classes" classes

        for label in labels do
            if label < -1 || label >= classes then
                Guard.refuse $"A label is -1 or a class 0 to {classes - 1}, but one is {label}."

    let labels = Array.copy labels
    let labelled = [| 0 .. labels.Length - 1 |] |> Array.filter (fun cell -> labels[cell] >= 0)

    do
        if labelled.Length = 0 then
            Guard.refuse $"Of {labels.Length} cells none has a label."

    let share = 1.0 / float labelled.Length

    let check cells channels =
        if cells <> labels.Length || first + classes > channels then
            Guard.refuse
                $"There are labels for {labels.Length} cells and {classes} classes from channel {first} on, but the state has {cells} cells x {channels} channels."

    override _.Evaluate(state, _, _) =
        check state.Cells state.Channels
        let adjoint = Array.zeroCreate<float32> state.Data.Length
        let mutable sum = 0.0

        for cell in labelled do
            let at = cell * state.Channels + first
            let logits = Array.init classes (fun c -> float state.Data[at + c])
            let most = Array.max logits
            let weights = logits |> Array.map (fun x -> exp (x - most))
            let total = Array.sum weights
            sum <- sum + log total + most - logits[labels[cell]]

            for c in 0 .. classes - 1 do
                let right = if c = labels[cell] then 1.0 else 0.0
                adjoint[at + c] <- float32 (share * (weights[c] / total - right))

        LossValue.Of(share * sum, State(state.Cells, state.Channels, adjoint))

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, state: ReadOnlySpan<'T>, _: ReadOnlySpan<'T>, _: LossContext)
        : 'T =
        check (state.Length / channels) channels
        let mutable sum = 'T.Zero

        for cell in labelled do
            let logits = state.Slice(cell * channels + first, classes)
            let mutable most = 'F.Real logits[0]

            for c in 1 .. classes - 1 do
                most <- max most ('F.Real logits[c])

            let shift = 'F.Of most
            let mutable total = 'T.Zero

            for c in 0 .. classes - 1 do
                let weight: 'T = 'F.Exp(logits[c] - shift)
                total <- total + weight

            let all: 'T = 'F.Log total + shift
            let surprise: 'T = all - logits[labels[cell]]
            sum <- sum + surprise

        sum * 'F.Of share
