namespace GaryMesh

open System
open System.Numerics
open MathNet.Numerics.LinearAlgebra
open GaryMesh.Builders

module Reference =
    type Gradient = { Parameters: float[]; Start: Matrix<float>; Inputs: Matrix<float>[] }

    /// What the two kinds of numbers have in common beside their arithmetic, and the rule and lift of one cell over them.
    [<AbstractClass>]
    type private Numbers<'T>() =
        abstract Real: 'T -> float
        abstract Of: float -> 'T
        abstract Lift: Lift * channels: int * linear: 'T[] * lifted: 'T[] -> unit

        abstract Rule: RuleShape * parameters: 'T[] * z: 'T[] * branches: 'T[] * change: 'T[] * auxiliary: 'T[] -> unit

    type private NumbersOver<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>() =
        inherit Numbers<'T>()
        override _.Real x = 'F.Real x
        override _.Of x = 'F.Of x

        override _.Lift(lift, channels, linear, lifted) = lift.Apply<'T, 'F>(channels, ReadOnlySpan linear, Span lifted)

        override _.Rule(shape, parameters, z, branches, change, auxiliary) =
            shape.Kind.Forward<'T, 'F>(
                shape.Sizes,
                ReadOnlySpan parameters,
                ReadOnlySpan z,
                Span branches,
                Span change,
                Span auxiliary
            )

    let private reals: obj = NumbersOver<float, Reals>()
    let private complexes: obj = NumbersOver<Complex, Complexes>()

    let private numbers<'T> : Numbers<'T> =
        let known: obj =
            if typeof<'T> = typeof<float> then
                reals
            elif typeof<'T> = typeof<Complex> then
                complexes
            else
                Guard.refuse $"The reference computes with float and Complex, but not with {typeof<'T>.Name}."

        unbox known

    let real (x: 'T) = numbers<'T>.Real x
    let ofReal (x: float) : 'T = numbers<'T>.Of x

    type Prepared<'T
        when 'T: (new: unit -> 'T) and 'T: struct and 'T :> ValueType and 'T :> IEquatable<'T> and 'T :> IFormattable> =
        private
            {
                Shape: RuleShape
                Cells: int
                Numbers: Numbers<'T>
                Lift: Lift | null
                Steps: int
                TimeStep: float
                Keep: float
                Bound: float
                /// P_1 .. P_K.
                Operators: Matrix<'T> list
                /// Whether a cell fires: step -> cell.
                Fires: int -> int -> bool
                /// The gate: 1 where a cell lives in a state, 0 elsewhere [cells x channels]; `None` without a gate.
                Lives: Matrix<'T> -> Matrix<'T> option
                /// Whether a cell that is dead before the update fires.
                DeadFire: bool
            }

    type Bars = { State: Matrix<float>; Auxiliary: float[][] | null }

    type Moment<'T
        when 'T: (new: unit -> 'T) and 'T: struct and 'T :> ValueType and 'T :> IEquatable<'T> and 'T :> IFormattable> =
        { Linear: Matrix<'T>
          Read: 'T[][]
          Updates: bool[]
          Branches: 'T[][]
          Auxiliary: 'T[][]
          Moved: Matrix<'T>
          Alive: Matrix<'T> option
          State: Matrix<'T> }

    let private sees (graph: Graph) cell =
        [ for edge in graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 -> edge, graph.Neighbours[edge] ]

    /// P_k, with what a cell sees twice counted twice.
    let private operators (graph: Graph) (automaton: Automaton) =
        let perception = automaton.Perception
        let stencil = Stencil(perception, graph, automaton.Spacing)
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
            match automaton.Gate.Mask with
            | ValueNone -> fun _ -> None
            | ValueSome(channel, threshold) ->
                let near = Array.init cells (fun i -> i :: List.map snd (sees graph i))
                let above (x: Matrix<'T>) j = numbers.Real x[j, channel] > float threshold
                fun x -> Some(mask (fun i -> if List.exists (above x) near[i] then 1.0 else 0.0))

        { Shape = shape
          Cells = cells
          Numbers = numbers
          Lift = automaton.Perception.Lift
          Steps = rollout.Steps
          TimeStep = automaton.TimeStep
          Keep = automaton.Keep
          Bound = float automaton.Bound
          Operators =
            [ for entries in operators graph automaton ->
                  entries |> List.map (fun (i, j, w) -> i, j, numbers.Of w) |> SparseMatrix.ofListi cells cells ]
          Fires = fun step cell -> rollout.Firing.Fires(automaton.FireRate, step, cell)
          Lives = lives
          DeadFire = not automaton.Gate.IsAlive }

    let private gated (alive: Matrix<'T> option) (x: Matrix<'T>) =
        match alive with
        | Some mask -> x.PointwiseMultiply mask
        | None -> x

    /// The numbers of a state held within a bound, by their real parts.
    let private held (prepared: Prepared<'T>) (x: Matrix<'T>) =
        let numbers, bound = prepared.Numbers, prepared.Bound

        let hold value =
            if numbers.Real value >= bound then numbers.Of bound
            elif numbers.Real value <= -bound then numbers.Of -bound
            else value

        if Double.IsFinite bound then x.Map hold else x

    /// What a step keeps of a state: all of it in cells that do not update.
    let private kept (prepared: Prepared<'T>) (updates: bool[]) (x: Matrix<'T>) =
        let numbers, keep = prepared.Numbers, prepared.Keep

        if keep = 1.0 then
            x
        else
            let faded = x.Multiply(numbers.Of keep)

            x.MapIndexed(fun i c value ->
                if not updates[i] then value
                elif keep = 0.0 then numbers.Of 0.0
                else faded[i, c])

    let free (prepared: Prepared<float>) (moment: Moment<float>) =
        if Double.IsFinite prepared.Bound then
            Some(moment.Moved.Map(fun value -> if abs value < prepared.Bound then 1.0 else 0.0))
        else
            None

    /// Rows of cells as a matrix.
    let private ofRows columns (rows: 'T[][]) = DenseMatrix.init rows.Length columns (fun i c -> rows[i][c])

    let forward (prepared: Prepared<'T>) (parameters: 'T[]) (start: Matrix<'T>) (inputs: Matrix<'T>[]) =
        let numbers, shape, cells = prepared.Numbers, prepared.Shape, prepared.Cells

        if parameters.Length <> shape.ParameterCount then
            Guard.refuse
                $"A rule {shape.Text} has {shape.ParameterCount} parameters, but {parameters.Length} are given."

        let zeros count = Array.create count (numbers.Of 0.0)

        let step (t: int) (s: Matrix<'T>) =
            let y =
                prepared.Operators |> List.map (fun p -> p * s) |> List.reduce (fun left right -> left.Append right)

            let z =
                Array.init cells (fun i ->
                    let perceived =
                        match prepared.Lift with
                        | null -> y.Row(i).ToArray()
                        | lift ->
                            let lifted = zeros shape.Perceived
                            numbers.Lift(lift, shape.Channels, y.Row(i).ToArray(), lifted)
                            lifted

                    if shape.Inputs > 0 then
                        Array.append perceived (inputs[t].Row(i).ToArray())
                    else
                        perceived)

            let alive = prepared.Lives s

            let updates =
                Array.init cells (fun i ->
                    prepared.Fires t i && (prepared.DeadFire || numbers.Real alive.Value[i, 0] > 0.0))

            let branches, change =
                Array.init cells (fun _ -> zeros shape.Branches), Array.init cells (fun _ -> zeros shape.Channels)

            let auxiliary = Array.init cells (fun _ -> zeros shape.Auxiliary)

            for i in 0 .. cells - 1 do
                if updates[i] then
                    numbers.Rule(shape, parameters, z[i], branches[i], change[i], auxiliary[i])

            let d = ofRows shape.Channels change
            let moved = kept prepared updates s + d.Multiply(numbers.Of prepared.TimeStep)
            let s' = held prepared moved
            let survives = Option.map2 (fun (a: Matrix<'T>) b -> a.PointwiseMultiply b) alive (prepared.Lives s')

            { Linear = y
              Read = z
              Updates = updates
              Branches = branches
              Auxiliary = auxiliary
              Moved = moved
              Alive = survives
              State = gated survives s' }

        (start, [| 0 .. prepared.Steps - 1 |])
        ||> Array.mapFold (fun s t ->
            let moment = step t s
            moment, moment.State)
        |> fst

    let backward
        (prepared: Prepared<float>)
        (parameters: float[])
        (moments: Moment<float>[])
        (adjointOf: int -> Bars option)
        =
        let shape, cells, steps = prepared.Shape, prepared.Cells, moments.Length
        let linear = prepared.Operators.Length * shape.Channels

        let plus t (adjoint: Matrix<float>) =
            match adjointOf t |> Option.map (fun (bars: Bars) -> bars.State) with
            | None -> adjoint
            | Some own when own.RowCount = cells && own.ColumnCount = shape.Channels -> adjoint + own
            | Some own ->
                Guard.refuse
                    $"The adjoint of step {t} must be {cells} cells x {shape.Channels} channels, but is {own.RowCount} x {own.ColumnCount}."

        /// From the adjoint of a step's outcome to that of the state before it, and what the step adds to the gradient;
        /// a name with a bar stands for the derivative of the loss with respect to that name.
        let back t (s''Bar: Matrix<float>) =
            let moment = moments[t]
            // What survives was alive before, so this drops the changes of dead cells, too.
            let s'Bar = s''Bar |> gated moment.Alive |> gated (free prepared moment)
            let dBar = prepared.TimeStep * s'Bar
            let parametersBar = Array.zeroCreate<float> shape.ParameterCount
            let yBar = Array.init cells (fun _ -> Array.zeroCreate<float> linear)
            let uBar = Array.init cells (fun _ -> Array.zeroCreate<float> shape.Inputs)

            let auxiliaryBar =
                match adjointOf (t + 1) with
                | Some { Bars.Auxiliary = NonNull given } -> given
                | _ -> Array.init cells (fun _ -> Array.zeroCreate<float> shape.Auxiliary)

            for i in 0 .. cells - 1 do
                if moment.Updates[i] then
                    let zBar = Array.zeroCreate<float> shape.Read

                    shape.Kind.Backward<float, Reals>(
                        shape.Sizes,
                        ReadOnlySpan parameters,
                        ReadOnlySpan moment.Read[i],
                        ReadOnlySpan moment.Branches[i],
                        ReadOnlySpan(dBar.Row(i).ToArray()),
                        ReadOnlySpan auxiliaryBar[i],
                        Span zBar,
                        Span parametersBar
                    )

                    Array.Copy(zBar, shape.Perceived, uBar[i], 0, shape.Inputs)

                    match prepared.Lift with
                    | null -> Array.Copy(zBar, yBar[i], linear)
                    | lift ->
                        lift.Adjoint<float, Reals>(
                            shape.Channels,
                            ReadOnlySpan(moment.Linear.Row(i).ToArray()),
                            ReadOnlySpan(zBar, 0, shape.Perceived),
                            Span yBar[i]
                        )

            let yBar = ofRows linear yBar
            let ofOperator k = yBar.SubMatrix(0, cells, k * shape.Channels, shape.Channels)

            let sBar =
                (kept prepared moment.Updates s'Bar, Seq.indexed prepared.Operators)
                ||> Seq.fold (fun sum (k, p: Matrix<float>) -> sum + p.Transpose() * ofOperator k)

            sBar, parametersBar, (if shape.Inputs > 0 then ofRows shape.Inputs uBar else null)

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
    let adjoint
        (automaton: Automaton)
        (graph: Graph)
        (parameters: float[])
        (rollout: Rollout)
        (adjointOf: int -> Matrix<float> option)
        =
        let prepared = prepare automaton graph rollout
        let moments = forward prepared parameters (matrixOf rollout.Start) (inputsOf rollout)

        backward prepared parameters moments (fun step ->
            adjointOf step |> Option.map (fun state -> { Bars.State = state; Auxiliary = null }))
