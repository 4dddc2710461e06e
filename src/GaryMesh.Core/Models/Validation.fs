/// The loss of a batch against its labels, in the model's own units: for training and for validation.
module internal GaryMesh.Models.Validation

open System
open GaryMesh

let private ofLabels
    (shape: ModelShape)
    (scaling: Scaling)
    (targets: int)
    (data: ModelData)
    (rows: int[])
    (bases: float32[])
    (outputs: float32[])
    =
    let width, count = shape.Head.LabelWidth shape.Outputs, shape.Outputs
    let regression = shape.Head.IsRegression
    let adjoint = Array.zeroCreate<float32>(rows.Length * targets * count)
    let label = Array.zeroCreate<float32> width
    let mutable loss, total = 0.0, 0.0

    for i in 0 .. rows.Length - 1 do
        for target in 0 .. targets - 1 do
            let place = rows[i] * targets + target
            let weight = if data.Weights.Length = 0 then 1.0 else float data.Weights[place]

            if weight > 0.0 then
                let mutable counted = 0

                for j in 0 .. width - 1 do
                    let given = data.Labels[place * width + j]

                    label[j] <-
                        if regression then
                            let added = if bases.Length = 0 then 0.0f else bases[i * targets + target]
                            (given - added - scaling.OutputShift[j]) / scaling.OutputScale[j]
                        else
                            given

                    if not (Single.IsNaN given) then
                        counted <- counted + 1

                if counted > 0 then
                    let at = (i * targets + target) * count
                    total <- total + weight * float counted

                    loss <-
                        loss
                        + shape.Head.Evaluate(
                            ReadOnlySpan(outputs, at, count),
                            ReadOnlySpan label,
                            weight,
                            Span(adjoint, at, count)
                        )

    if total > 0.0 then
        let share = float32 (1.0 / total)

        for i in 0 .. adjoint.Length - 1 do
            adjoint[i] <- adjoint[i] * share

    struct (loss, total, adjoint)

/// The sum of the losses over the labels or pairs that count, their weight, and the derivative of the mean by the outputs; so many
/// targets a row. What is drawn is drawn for an iteration.
let of' iteration (shape: ModelShape) scaling targets (data: ModelData) rows bases outputs =
    match data.Links with
    | null -> ofLabels shape scaling targets data rows bases outputs
    | links -> links.Evaluate(iteration, outputs, shape.Outputs)
