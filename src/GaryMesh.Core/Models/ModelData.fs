namespace GaryMesh

open System

[<Sealed>]
type ModelData(rows: int, features: float32[], labels: float32[], weights: float32[] | null) =
    let weights =
        match weights with
        | null -> [||]
        | weights -> weights

    do
        Guard.positive (nameof rows) "The number of rows" rows

        for what, values in [ "features", features; "labels", labels; "weights", weights ] do
            if values.Length % rows <> 0 then
                Guard.refuse $"{rows} rows cannot share {values.Length} {what} evenly."

            match Array.tryFindIndex Single.IsInfinity values with
            | Some at -> Guard.refuse $"The {what} must not be infinite, but number {at} is {values[at]}."
            | None -> ()

        match weights |> Array.tryFindIndex (fun weight -> not (weight >= 0.0f)) with
        | Some at -> Guard.refuse $"A weight must not be negative or NaN, but number {at} is {weights[at]}."
        | None -> ()

    member _.Rows = rows
    member _.Features = features
    member _.Labels = labels
    member _.Weights = weights

    /// Names the feature at a place of [rows x cells x k] that is NaN where none may be.
    static member RefuseMissing(shape: ModelShape, cells: int, at: int) : unit =
        Guard.refuse
            $"Feature {at % shape.Features} of cell {at / shape.Features % cells} in row {at / shape.Features / cells} is NaN, but the model takes no missing values."

    member _.Check(shape: ModelShape, cells: int) =
        let fits what (values: float32[]) each reason =
            if int64 values.Length <> int64 rows * int64 each then
                Guard.refuse
                    $"{rows} rows need {int64 rows * int64 each} {what} ({reason}), but there are {values.Length}."

        let targets = shape.TargetsOn cells
        let width = shape.Head.LabelWidth shape.Outputs
        fits "features" features (cells * shape.Features) $"{cells} cells x {shape.Features}"
        fits "labels" labels (targets * width) $"{targets} targets x {width}"

        if weights.Length > 0 then
            fits "weights" weights targets $"{targets} targets"

        if not shape.Missing then
            match Array.tryFindIndex Single.IsNaN features with
            | Some at -> ModelData.RefuseMissing(shape, cells, at)
            | None -> ()

        let allowed =
            match shape.Head with
            | Head.Softmax _ -> fun label -> label >= 0.0f && label < float32 shape.Outputs && label = MathF.Floor label
            | Head.Logistic -> fun label -> label >= 0.0f && label <= 1.0f
            | _ -> fun _ -> true

        match labels |> Array.tryFindIndex (fun label -> not (Single.IsNaN label || allowed label)) with
        | Some at ->
            let range =
                if shape.Head.IsSoftmax then
                    $"a class from 0 to {shape.Outputs - 1}"
                else
                    "a number from 0 to 1"

            Guard.refuse $"The label of row {at / (targets * width)} must be {range}, but is {labels[at]}."
        | None -> ()

    member _.Subset(chosen: int[]) =
        let pick (values: float32[]) =
            let each = values.Length / rows
            let picked = Array.zeroCreate (each * chosen.Length)
            chosen |> Array.iteri (fun i row -> Array.Copy(values, row * each, picked, i * each, each))
            picked

        match chosen |> Array.tryFind (fun row -> uint32 row >= uint32 rows) with
        | Some row -> Guard.refuse $"Row {row} is asked for, but the data has the rows 0 to {rows - 1}."
        | None -> ()

        Guard.positive (nameof chosen) "The number of rows" chosen.Length
        ModelData(chosen.Length, pick features, pick labels, pick weights)
