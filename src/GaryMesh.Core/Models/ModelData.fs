namespace GaryMesh

open System

[<Sealed>]
type ModelData
    private
    (graphs: Graph[], rows: int, features: float32[], labels: float32[], weights: float32[] | null, links: Links | null)
    =
    let weights =
        match weights with
        | null -> [||]
        | weights -> weights

    /// The first cell of each row's own graph, then the number of all cells.
    let starts = graphs |> Array.scan (fun sum graph -> sum + graph.Cells) 0
    let cellsInAll = Array.last starts
    let own = graphs.Length > 0

    do
        Guard.positive (nameof rows) "The number of rows" rows

        match graphs |> Array.tryFindIndex (fun graph -> not graph.Offsets.IsEmpty) with
        | Some at ->
            Guard.refuse $"Rows with graphs of their own take edges and weights, but the graph of row {at} has offsets."
        | None -> ()

        if own && features.Length % cellsInAll <> 0 then
            Guard.refuse $"{cellsInAll} cells cannot share {features.Length} features evenly."

        for what, values in
            [ if not own then
                  "features", features
              "labels", labels
              "weights", weights ] do
            if values.Length % rows <> 0 then
                Guard.refuse $"{rows} rows cannot share {values.Length} {what} evenly."

        for what, values in [ "features", features; "labels", labels; "weights", weights ] do
            match Array.tryFindIndex Single.IsInfinity values with
            | Some at -> Guard.refuse $"The {what} must not be infinite, but number {at} is {values[at]}."
            | None -> ()

        match weights |> Array.tryFindIndex (fun weight -> not (weight >= 0.0f)) with
        | Some at -> Guard.refuse $"A weight must not be negative or NaN, but number {at} is {weights[at]}."
        | None -> ()

    let pick (values: float32[]) (chosen: int[]) =
        let each = values.Length / rows
        let picked = Array.zeroCreate (each * chosen.Length)
        chosen |> Array.iteri (fun i row -> Array.Copy(values, row * each, picked, i * each, each))
        picked

    let pickFeatures (chosen: int[]) =
        if own then
            let k = features.Length / cellsInAll

            chosen
            |> Array.map (fun row -> ArraySegment(features, k * starts[row], k * graphs[row].Cells))
            |> Seq.concat
            |> Array.ofSeq
        else
            pick features chosen

    /// The number of the row, and of the cell in it, that has a cell of all.
    let ownerOf cells cell =
        if own then
            let row = Array.FindLastIndex(starts, (fun start -> start <= cell))
            struct (row, cell - starts[row])
        else
            struct (cell / cells, cell % cells)

    new(rows: int, features: float32[], labels: float32[], weights: float32[] | null) =
        ModelData([||], rows, features, labels, weights, null)

    new(graphs: Graph seq, features: float32[], labels: float32[], weights: float32[] | null) =
        let graphs = Array.ofSeq graphs
        ModelData(graphs, graphs.Length, features, labels, weights, null)

    new(features: float32[], links: Links) = ModelData([||], 1, features, [||], null, links)

    member _.Rows = rows
    member _.Graphs = graphs
    member _.Features = features
    member _.Labels = labels
    member _.Links = links
    member _.Weights = weights

    /// Names the feature at a place of [rows x cells x k] that is NaN where none may be.
    static member RefuseMissing(shape: ModelShape, cells: int, at: int) : unit =
        Guard.refuse
            $"Feature {at % shape.Features} of cell {at / shape.Features % cells} in row {at / shape.Features / cells} is NaN, but the model takes no missing values."

    member _.Union(chosen: int[]) =
        let parts = chosen |> Array.map (fun row -> graphs[row])
        let starts = parts |> Array.scan (fun sum graph -> sum + graph.Cells) 0
        let rowStart, neighbours = ResizeArray [ 0 ], ResizeArray()
        let weighted = parts |> Array.exists (fun graph -> not graph.Weights.IsEmpty)
        let edgeWeights = ResizeArray()

        for i in 0 .. parts.Length - 1 do
            let graph, before = parts[i], neighbours.Count

            for cell in 1 .. graph.Cells do
                rowStart.Add(before + graph.RowStart[cell])

            for edge in 0 .. graph.Edges - 1 do
                neighbours.Add(starts[i] + graph.Neighbours[edge])

                if weighted then
                    edgeWeights.Add(if graph.Weights.IsEmpty then 1.0 else graph.Weights[edge])

        let union = Graph.OfRows(rowStart.ToArray(), neighbours.ToArray(), null, edgeWeights.ToArray(), null)

        struct (union, starts, ModelData(1, pickFeatures chosen, pick labels chosen, pick weights chosen))

    member _.Check(shape: ModelShape, cells: int) =
        let fits what (values: float32[]) each reason =
            if int64 values.Length <> int64 rows * int64 each then
                Guard.refuse
                    $"{rows} rows need {int64 rows * int64 each} {what} ({reason}), but there are {values.Length}."

        if own && shape.Pooling.IsCells then
            Guard.refuse
                $"Rows with graphs of their own have a label for each graph, but the model's cells answer for themselves."

        let targets = if own then 1 else shape.TargetsOn cells
        let width = shape.Head.LabelWidth shape.Outputs

        if own then
            if int64 features.Length <> int64 cellsInAll * int64 shape.Features then
                Guard.refuse
                    $"The {cellsInAll} cells of {rows} graphs need {int64 cellsInAll * int64 shape.Features} features ({shape.Features} a cell), but there are {features.Length}."
        else
            fits "features" features (cells * shape.Features) $"{cells} cells x {shape.Features}"

        if isNull links then
            fits "labels" labels (targets * width) $"{targets} targets x {width}"
        elif not shape.Pooling.IsCells || shape.Outputs = 0 then
            Guard.refuse
                $"Links are told by the outputs of cells, but the model has {shape.Outputs} outputs under {shape.Pooling}."

        if weights.Length > 0 then
            fits "weights" weights targets $"{targets} targets"

        if not shape.Missing then
            match Array.tryFindIndex Single.IsNaN features with
            | Some at ->
                let struct (row, cell) = ownerOf cells (at / shape.Features)

                Guard.refuse
                    $"Feature {at % shape.Features} of cell {cell} in row {row} is NaN, but the model takes no missing values."
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
        match chosen |> Array.tryFind (fun row -> uint32 row >= uint32 rows) with
        | Some row -> Guard.refuse $"Row {row} is asked for, but the data has the rows 0 to {rows - 1}."
        | None -> ()

        Guard.positive (nameof chosen) "The number of rows" chosen.Length
        let graphs = if own then chosen |> Array.map (fun row -> graphs[row]) else [||]
        ModelData(graphs, chosen.Length, pickFeatures chosen, pick labels chosen, pick weights chosen, links)
