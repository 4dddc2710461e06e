namespace GaryMesh

open System
open System.Numerics
open MathNet.Numerics.LinearAlgebra
open GaryMesh.Builders

module Reference =
    type Gradient = { Parameters: float[]; Start: Matrix<float>; Inputs: Matrix<float>[] }

    /// What the two kinds of numbers have in common beside their arithmetic.
    type private Numbers<'T> = { Real: 'T -> float; Of: float -> 'T }

    let private numbers<'T> : Numbers<'T> =
        let known: obj =
            if typeof<'T> = typeof<float> then
                { Numbers.Real = id<float>; Of = id<float> }
            elif typeof<'T> = typeof<Complex> then
                { Real = fun (x: Complex) -> x.Real
                  Of = fun x -> Complex(x, 0.0) }
            else
                Guard.refuse $"The reference computes with float and Complex, but not with {typeof<'T>.Name}."

        unbox known

    type Prepared<'T
        when 'T: (new: unit -> 'T) and 'T: struct and 'T :> ValueType and 'T :> IEquatable<'T> and 'T :> IFormattable> =
        private
            {
                Shape: RuleShape
                Cells: int
                Numbers: Numbers<'T>
                /// P_1 .. P_K.
                Operators: Matrix<'T> list
                /// For each step the time step where a cell fires and 0 elsewhere [cells x channels].
                Fires: Matrix<'T>[]
                /// The gate: 1 where a cell lives in a state, 0 elsewhere [cells x channels]; `None` without a gate.
                Lives: Matrix<'T> -> Matrix<'T> option
            }

    type Moment<'T
        when 'T: (new: unit -> 'T) and 'T: struct and 'T :> ValueType and 'T :> IEquatable<'T> and 'T :> IFormattable> =
        { Perceived: Matrix<'T>
          Activation: Matrix<'T>
          Alive: Matrix<'T> option
          State: Matrix<'T> }

    let private sees (graph: Graph) cell =
        [ for edge in graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 -> edge, graph.Neighbours[edge] ]

    /// P_k, with what a cell sees twice counted twice.
    let private operators (graph: Graph) (perception: Perception) =
        let stencil = Stencil(perception, graph)
        let struct (edgeWeights, selfWeights) = stencil.WeighAll()
        let cells, width = graph.Cells, stencil.Edged.Length

        [ for k in 0 .. perception.Count - 1 ->
              match Array.IndexOf(stencil.Edged, k) with
              | -1 -> [ for i in 0 .. cells - 1 -> i, i, 1.0 ]
              | e ->
                  [ for i in 0 .. cells - 1 do
                        i, i, selfWeights[i * width + e]

                        for edge, j in sees graph i do
                            i, j, edgeWeights[edge * width + e] ]
                  |> List.groupBy (fun (i, j, _) -> i, j)
                  |> List.map (fun ((i, j), entries) -> i, j, entries |> List.sumBy (fun (_, _, weight) -> weight)) ]

    let prepare (automaton: Automaton) (graph: Graph) (rollout: Rollout) =
        automaton.Check(graph, rollout)
        let numbers = numbers<'T>
        let shape, cells = automaton.Rule.Shape, graph.Cells
        let mask value = DenseMatrix.init cells shape.Channels (fun i _ -> numbers.Of(value i))

        let lives =
            match automaton.Gate with
            | Gate.Open -> fun _ -> None
            | Gate.Alive(channel, threshold) ->
                let near = Array.init cells (fun i -> i :: List.map snd (sees graph i))
                let above (x: Matrix<'T>) j = numbers.Real x[j, channel] > float threshold
                fun x -> Some(mask (fun i -> if List.exists (above x) near[i] then 1.0 else 0.0))

        { Shape = shape
          Cells = cells
          Numbers = numbers
          Operators =
            [ for entries in operators graph automaton.Perception ->
                  entries |> List.map (fun (i, j, w) -> i, j, numbers.Of w) |> SparseMatrix.ofListi cells cells ]
          Fires =
            [| for step in 0 .. rollout.Steps - 1 ->
                   let fires i = rollout.Firing.Fires(automaton.FireRate, step, i)
                   mask (fun i -> if fires i then automaton.TimeStep else 0.0) |]
          Lives = lives }

    /// W1' [Perceived x H] and W2' [H x C], and b1 [cells x H] and b2 [cells x C] repeated for every cell.
    let private layers (prepared: Prepared<'T>) (parameters: 'T[]) =
        let shape, cells = prepared.Shape, prepared.Cells

        if parameters.Length <> shape.ParameterCount then
            Guard.refuse
                $"A rule {shape.Text} has {shape.ParameterCount} parameters, but {parameters.Length} are given."

        let offsets = [ for view in Rule.ViewsOf shape -> view.Offset ]
        let w1, b1, w2, b2 = offsets[0], offsets[1], offsets[2], offsets[3]

        DenseMatrix.init shape.Perceived shape.Hidden (fun p h -> parameters[w1 + h * shape.Perceived + p]),
        DenseMatrix.init cells shape.Hidden (fun _ h -> parameters[b1 + h]),
        DenseMatrix.init shape.Hidden shape.Channels (fun h c -> parameters[w2 + c * shape.Hidden + h]),
        DenseMatrix.init cells shape.Channels (fun _ c -> parameters[b2 + c])

    let private gated (alive: Matrix<'T> option) (x: Matrix<'T>) =
        match alive with
        | Some mask -> x.PointwiseMultiply mask
        | None -> x

    let forward (prepared: Prepared<'T>) (parameters: 'T[]) (start: Matrix<'T>) (inputs: Matrix<'T>[]) =
        let w1', b1, w2', b2 = layers prepared parameters
        let real, zero = prepared.Numbers.Real, prepared.Numbers.Of 0.0
        let relu x = if real x > 0.0 then x else zero

        let step (t: int) (s: Matrix<'T>) =
            let u = if prepared.Shape.Inputs > 0 then [ inputs[t] ] else []

            let z =
                [ for p in prepared.Operators -> p * s ] @ u |> List.reduce (fun left right -> left.Append right)

            let a = z * w1' + b1
            let d = a.Map relu * w2' + b2
            let alive = prepared.Lives s
            let s' = s + gated alive (prepared.Fires[t].PointwiseMultiply d)
            let survives = Option.map2 (fun (a: Matrix<'T>) b -> a.PointwiseMultiply b) alive (prepared.Lives s')

            { Perceived = z; Activation = a; Alive = survives; State = gated survives s' }

        (start, [| 0 .. prepared.Fires.Length - 1 |])
        ||> Array.mapFold (fun s t ->
            let moment = step t s
            moment, moment.State)
        |> fst

    let backward
        (prepared: Prepared<float>)
        (parameters: float[])
        (moments: Moment<float>[])
        (adjointOf: int -> Matrix<float> option)
        =
        let shape, cells, steps = prepared.Shape, prepared.Cells, moments.Length
        let w1', _, w2', _ = layers prepared parameters

        let plus t (adjoint: Matrix<float>) =
            match adjointOf t with
            | None -> adjoint
            | Some own when own.RowCount = cells && own.ColumnCount = shape.Channels -> adjoint + own
            | Some own ->
                Guard.refuse
                    $"The adjoint of step {t} must be {cells} cells x {shape.Channels} channels, but is {own.RowCount} x {own.ColumnCount}."

        /// From the adjoint of a step's outcome to that of the state before it, and what the step adds to the gradient;
        /// a name with a bar stands for the derivative of the loss with respect to that name.
        let back t (s''Bar: Matrix<float>) =
            let { Perceived = z; Activation = a; Alive = alive } = moments[t]
            // What survives was alive before, so this drops the changes of dead cells, too.
            let s'Bar = gated alive s''Bar
            let dBar = prepared.Fires[t].PointwiseMultiply s'Bar
            let w2Bar = dBar.TransposeThisAndMultiply(a.Map(max 0.0))
            let aBar = (dBar * w2'.Transpose()).PointwiseMultiply(a.Map(fun x -> if x > 0.0 then 1.0 else 0.0))
            let w1Bar = aBar.TransposeThisAndMultiply z
            let zBar = aBar * w1'.Transpose()
            let ofOperator k = zBar.SubMatrix(0, cells, k * shape.Channels, shape.Channels)

            let sBar =
                (s'Bar, Seq.indexed prepared.Operators)
                ||> Seq.fold (fun sum (k, p: Matrix<float>) -> sum + p.Transpose() * ofOperator k)

            let parts = [ w1Bar; aBar.ColumnSums().ToRowMatrix(); w2Bar; dBar.ColumnSums().ToRowMatrix() ]
            let uBar = zBar.SubMatrix(0, cells, shape.Operators * shape.Channels, shape.Inputs)
            sBar, Array.collect (fun (part: Matrix<float>) -> part.ToRowMajorArray()) (Array.ofList parts), uBar

        let adjoint = plus steps (DenseMatrix.zero<float> cells shape.Channels)

        let ofSteps, start =
            ([| 0 .. steps - 1 |], adjoint)
            ||> Array.mapFoldBack (fun t adjoint ->
                let before, ofParameters, ofInputs = back t adjoint
                (ofParameters, ofInputs), plus t before)

        { Parameters = ofSteps |> Array.map fst |> Array.reduceBack (Array.map2 (+))
          Start = start
          Inputs = if shape.Inputs > 0 then Array.map snd ofSteps else [||] }

    [<CompiledName "ParametersOf">]
    let parametersOf (automaton: Automaton) = automaton.Rule.ToArray() |> Array.map float

    [<CompiledName "MatrixOf">]
    let matrixOf (state: State) = DenseMatrix.init state.Cells state.Channels (fun i c -> float state[i, c])

    [<CompiledName "InputsOf">]
    let inputsOf (rollout: Rollout) =
        match rollout.Inputs with
        | Inputs.Absent -> [||]
        | Inputs.Constant state -> Array.replicate rollout.Steps (matrixOf state)
        | Inputs.PerStep states -> Array.init rollout.Steps (fun t -> matrixOf states[t])

    [<CompiledName "RolloutFrom">]
    let rolloutFrom
        (automaton: Automaton)
        (graph: Graph)
        (parameters: 'T[])
        (rollout: Rollout)
        (start: Matrix<'T>)
        (inputs: Matrix<'T>[])
        =
        let prepared = prepare automaton graph rollout
        let shape = prepared.Shape

        let fits what (given: Matrix<'T>) columns =
            if given.RowCount <> graph.Cells || given.ColumnCount <> columns then
                Guard.refuse
                    $"The {what} must be {graph.Cells} cells x {columns}, for {graph.Name} and a rule {shape.Text}, but is {given.RowCount} x {given.ColumnCount}."

        fits "start" start shape.Channels

        if shape.Inputs > 0 && inputs.Length < rollout.Steps then
            Guard.refuse $"The rollout has {rollout.Steps} steps, but inputs for {inputs.Length}."

        inputs |> Array.iter (fun given -> fits "inputs" given shape.Inputs)

        Array.append [| start |] (forward prepared parameters start inputs |> Array.map _.State)

    [<CompiledName "Rollout">]
    let rollout (automaton: Automaton) (graph: Graph) (parameters: float[]) (rollout: Rollout) =
        automaton.Check(graph, rollout)
        rolloutFrom automaton graph parameters rollout (matrixOf rollout.Start) (inputsOf rollout)

    [<CompiledName "Adjoint">]
    let adjoint (automaton: Automaton) (graph: Graph) (parameters: float[]) (rollout: Rollout) adjointOf =
        let prepared = prepare automaton graph rollout
        let moments = forward prepared parameters (matrixOf rollout.Start) (inputsOf rollout)
        backward prepared parameters moments adjointOf
