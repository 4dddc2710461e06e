namespace GaryMesh

open System
open MathNet.Numerics.LinearAlgebra
open GaryMesh.Builders

module ModelReference =
    /// W and b of a layer, or none: there may be no such layer.
    let private layer (model: Model) (parameters: 'T[]) name =
        let view part = model.Views |> Seq.tryFind (fun view -> view.Name = name + part)

        Option.map2
            (fun (weight: ParameterView) (bias: ParameterView) ->
                DenseMatrix.init weight.Rows weight.Columns (fun i j ->
                    parameters[weight.Offset + i * weight.Columns + j]),
                fun rows -> DenseMatrix.init rows bias.Rows (fun _ j -> parameters[bias.Offset + j]))
            (view ".weight")
            (view ".bias")

    /// y = x W' + b
    let private through (x: Matrix<'T>) (weight: Matrix<'T>, bias: int -> Matrix<'T>) =
        x * weight.Transpose() + bias x.RowCount

    let private relu (x: Matrix<'T>) = x.Map(fun x -> if Reference.real x > 0.0 then x else Reference.ofReal 0.0)

    /// The values of each stage of a row.
    type private Stages<'T
        when 'T: (new: unit -> 'T) and 'T: struct and 'T :> ValueType and 'T :> IEquatable<'T> and 'T :> IFormattable> =
        { Entered: Matrix<'T>
          EncoderSums: Matrix<'T> option
          Encoding: Matrix<'T>
          Moments: Reference.Moment<'T>[]
          Read: Matrix<'T>
          ReadoutSums: Matrix<'T> option
          CellOutputs: Matrix<'T> }

    [<CompiledName "Enter">]
    let enter (model: Model) (graph: Graph) (features: float32[]) =
        let shape, scaling, k = model.Shape, model.Scaling, model.Shape.Features

        if features.Length <> graph.Cells * k then
            Guard.refuse
                $"A row on {graph.Name} has {graph.Cells * k} features ({graph.Cells} cells x {k}), but {features.Length} are given."

        let own cell = Array.sub features (cell * k) k |> Array.map float
        let sum cell = own cell |> Array.sumBy (fun x -> if Double.IsNaN x then 0.0 else abs x)
        let residual = not shape.Residual.IsEmpty

        let bases =
            [| if residual then
                   for cell in 0 .. graph.Cells - 1 do
                       shape.Residual
                       |> Seq.map (fun column -> float features[cell * k + column])
                       |> Seq.tryFind (Double.IsNaN >> not)
                       |> Option.defaultValue (float scaling.FeatureShift[shape.Residual[0]]) |]

        let value cell column =
            let x = float features[cell * k + column]

            let x =
                match residual && column = shape.Residual[0], residual with
                | true, _ -> bases[cell]
                | _, true -> x - bases[cell]
                | _ when not scaling.UnitSum -> x
                | _ -> if Double.IsNaN x || sum cell > 0.0 then x / sum cell else 0.0

            if Double.IsNaN x then
                0.0
            else
                (x - float scaling.FeatureShift[column]) * float scaling.FeatureScale[column]

        let entered =
            DenseMatrix.init graph.Cells shape.EncoderInputs (fun cell column ->
                if column < k then value cell column
                elif Single.IsNaN features[cell * k + column - k] then 0.0
                else 1.0)

        struct (entered, bases)

    /// The rollout that lends the run its graph and firing; start and inputs are given beside it.
    let private prepare (model: Model) (graph: Graph) : Reference.Prepared<'T> =
        let shape = model.Shape
        let firing = if shape.FireRate < 1.0 then Firing.Seeded(0UL, 0) else Firing.All
        let rollout = Rollout.Of(State.Zeros(graph.Cells, shape.Channels), shape.Steps, firing)

        let rollout =
            if shape.EncodingAsInput then
                rollout.WithInputs(Inputs.Constant(State.Zeros(graph.Cells, shape.EncodedValues)))
            else
                rollout

        Reference.prepare model.Automaton graph rollout

    let private ruleOf (model: Model) (parameters: 'T[]) =
        Array.sub parameters model.Shape.RuleOffset model.Shape.RuleShape.ParameterCount

    let private stages (model: Model) (graph: Graph) (parameters: 'T[]) (features: float32[]) : Stages<'T> =
        let shape, cells = model.Shape, graph.Cells

        if parameters.Length <> model.ParameterCount then
            Guard.refuse $"The model has {model.ParameterCount} parameters, but {parameters.Length} are given."

        let layer name = layer model parameters name
        let struct (x, _) = enter model graph features
        let entered = x.Map(fun x -> Reference.ofReal x: 'T)
        let encoderSums = layer "encoder.hidden" |> Option.map (through entered)
        let codes = encoderSums |> Option.map relu |> Option.defaultValue entered
        let encoding = layer "encoder" |> Option.map (through codes) |> Option.defaultValue codes
        let zero columns = DenseMatrix.zero<'T> cells columns

        let start =
            let columns = shape.Channels - encoding.ColumnCount

            if not shape.EncodingAsState then zero shape.Channels
            elif columns = 0 then encoding
            else encoding.Append(zero columns)

        let inputs = if shape.EncodingAsInput then Array.replicate shape.Steps encoding else [||]
        let moments = Reference.forward (prepare model graph) (ruleOf model parameters) start inputs
        let final = (Array.last moments).State
        let read = if shape.SkipConnection then final.Append encoding else final
        let readoutSums = layer "readout.hidden" |> Option.map (through read)
        let said = readoutSums |> Option.map relu |> Option.defaultValue read

        { Entered = entered
          EncoderSums = encoderSums
          Encoding = encoding
          Moments = moments
          Read = read
          ReadoutSums = readoutSums
          CellOutputs = layer "readout" |> Option.map (through said) |> Option.defaultValue said }

    /// The cell of the largest output of a column, the first of equals.
    let private largest (outputs: Matrix<'T>) column =
        Seq.maxBy (fun cell -> Reference.real outputs[cell, column]) (seq { 0 .. outputs.RowCount - 1 })

    [<CompiledName "Outputs">]
    let outputs (model: Model) (graph: Graph) (parameters: 'T[]) (features: float32[]) : Matrix<'T> =
        let outputs = (stages model graph parameters features).CellOutputs

        match model.Shape.Pooling with
        | Pooling.Cells -> outputs
        | Pooling.Mean -> outputs.ColumnSums().ToRowMatrix().Multiply(Reference.ofReal (1.0 / float graph.Cells): 'T)
        | Pooling.Sum -> outputs.ColumnSums().ToRowMatrix()
        | Pooling.Max -> DenseMatrix.init 1 outputs.ColumnCount (fun _ j -> outputs[largest outputs j, j])

    [<CompiledName "Adjoint">]
    let adjoint (model: Model) (graph: Graph) (parameters: float[]) (features: float32[]) (adjoint: Matrix<float>) =
        let shape, cells = model.Shape, graph.Cells
        let stages = stages model graph parameters features
        let gradient = Array.zeroCreate<float> parameters.Length

        let put name (values: Matrix<float>) =
            let view = model.Views |> Seq.find (fun view -> view.Name = name)
            Array.Copy(values.ToRowMajorArray(), 0, gradient, view.Offset, view.Length)

        /// From the derivative by what a layer gave to that by what it read; a bar stands for the derivative.
        let back name (x: Matrix<float>) (yBar: Matrix<float>) =
            match layer model parameters name with
            | None -> yBar
            | Some(weight, _) ->
                put (name + ".weight") (yBar.TransposeThisAndMultiply x)
                put (name + ".bias") (yBar.ColumnSums().ToRowMatrix())
                yBar * weight

        /// The same through a layer and the hidden layer before it, if there is one.
        let backThrough name (x: Matrix<float>) (sums: Matrix<float> option) yBar =
            match sums with
            | None -> back name x yBar
            | Some sums ->
                let hiddenBar = back name (relu sums) yBar
                back (name + ".hidden") x (hiddenBar.PointwiseMultiply(sums.Map(fun a -> if a > 0.0 then 1.0 else 0.0)))

        let outputsBar =
            let spread value = DenseMatrix.init cells adjoint.ColumnCount value

            match shape.Pooling with
            | Pooling.Cells -> adjoint
            | Pooling.Mean -> spread (fun _ j -> adjoint[0, j] / float cells)
            | Pooling.Sum -> spread (fun _ j -> adjoint[0, j])
            | Pooling.Max -> spread (fun i j -> if i = largest stages.CellOutputs j then adjoint[0, j] else 0.0)

        let readBar = backThrough "readout" stages.Read stages.ReadoutSums outputsBar
        let finalBar = readBar.SubMatrix(0, cells, 0, shape.Channels)

        let rule =
            Reference.backward (prepare model graph) (ruleOf model parameters) stages.Moments (fun step ->
                if step = shape.Steps then Some { State = finalBar; Auxiliary = null } else None)

        Array.Copy(rule.Parameters, 0, gradient, shape.RuleOffset, rule.Parameters.Length)

        let encodingBar =
            [ if shape.EncodingAsState then
                  rule.Start.SubMatrix(0, cells, 0, shape.EncodedValues)
              if shape.SkipConnection then
                  readBar.SubMatrix(0, cells, shape.Channels, shape.EncodedValues)
              yield! rule.Inputs ]
            |> List.reduce (+)

        backThrough "encoder" stages.Entered stages.EncoderSums encodingBar |> ignore
        gradient
