namespace GaryMesh

open System
open System.Numerics
open System.Threading
open System.Threading.Tasks
open MathNet.Numerics.LinearAlgebra
open GaryMesh.Builders

type GradientReport =
    { Parameters: int
      Compared: int
      Largest: float
      ComplexStep: float
      Central: float
      CentralExcluded: float }

/// A point at which a loss is differentiated, and a step away from it along one of its coordinates.
module private Point =
    type Point = { Parameters: float[]; Start: Matrix<float>; Inputs: Matrix<float>[] }

    let ofRollout (automaton: Automaton) (rollout: Rollout) =
        { Parameters = Reference.parametersOf automaton
          Start = Reference.matrixOf rollout.Start
          Inputs = Reference.inputsOf rollout }

    /// The coordinates in order: the parameters, then the start cell by cell, then the inputs step by step.
    let coordinates everything parameters (start: Matrix<float>) (inputs: Matrix<float>[]) =
        if everything then
            let values = Array.append [| start |] inputs |> Array.collect _.ToRowMajorArray()
            Array.append parameters values
        else
            parameters

    let private matrixWith (number: float -> 'T) (matrix: Matrix<float>) at (change: 'T -> 'T) =
        let copy = matrix.Map number
        let row, column = at / matrix.ColumnCount, at % matrix.ColumnCount
        copy[row, column] <- change copy[row, column]
        copy

    /// The states of a rollout, and its steps, from the point with one coordinate changed.
    let rolloutWith (prepared: Reference.Prepared<'T>) (number: float -> 'T) (point: Point) coordinate change =
        let parameters = point.Parameters |> Array.map number
        let ofStart = coordinate - parameters.Length
        let ofInputs = ofStart - point.Start.RowCount * point.Start.ColumnCount

        if ofStart < 0 then
            parameters[coordinate] <- change parameters[coordinate]

        let start =
            if ofStart >= 0 && ofInputs < 0 then
                matrixWith number point.Start ofStart change
            else
                point.Start.Map number

        let inputs =
            point.Inputs
            |> Array.mapi (fun t (given: Matrix<float>) ->
                let size = given.RowCount * given.ColumnCount

                if ofInputs >= 0 && ofInputs / size = t then
                    matrixWith number given (ofInputs % size) change
                else
                    given.Map number)

        Reference.forward prepared parameters start inputs

/// The loss of a check over the states of a rollout, by its specification.
module private Specified =
    let private context (graph: Graph) (rollout: Rollout) step =
        { Step = step; Steps = rollout.Steps; Graph = graph; Key = 0UL }

    let private flat (state: Matrix<'T>) = state.ToRowMajorArray()

    /// The sum over the steps that the loss sees, over numbers of any field.
    let total<'T, 'F
        when 'T: (new: unit -> 'T)
        and 'T: struct
        and 'T :> ValueType
        and 'T :> IEquatable<'T>
        and 'T :> IFormattable
        and 'T :> INumberBase<'T>
        and 'F: struct
        and 'F :> IField<'T>>
        (loss: Loss)
        (graph: Graph)
        (rollout: Rollout)
        (moments: Reference.Moment<'T>[])
        : 'T =
        let mutable sum = 'T.Zero

        for step in 1 .. rollout.Steps do
            if loss.Sees(step, rollout.Steps) then
                let moment = moments[step - 1]
                let state, auxiliary = flat moment.State, Array.concat moment.Auxiliary
                let context = context graph rollout step

                sum <-
                    sum
                    + loss.Value<'T, 'F>(moment.State.ColumnCount, ReadOnlySpan state, ReadOnlySpan auxiliary, context)

        sum

    /// The loss's own derivative at a step, by the complex step in each number that it sees.
    let bars
        (loss: Loss)
        (graph: Graph)
        (rollout: Rollout)
        (moments: Reference.Moment<float>[])
        step
        : Reference.Bars option =
        if step = 0 || not (loss.Sees(step, rollout.Steps)) then
            None
        else
            let moment = moments[step - 1]
            let channels = moment.State.ColumnCount
            let number (x: float) = Complex(x, 0.0)

            let state, auxiliary =
                flat moment.State |> Array.map number, Array.concat moment.Auxiliary |> Array.map number

            let tiny = 1e-30

            let derivative (values: Complex[]) at =
                let was = values[at]
                values[at] <- was + Complex(0.0, tiny)

                let value =
                    loss.Value<Complex, Complexes>(
                        channels,
                        ReadOnlySpan state,
                        ReadOnlySpan auxiliary,
                        context graph rollout step
                    )

                values[at] <- was
                value.Imaginary / tiny

            let all (values: Complex[]) = Array.init values.Length (derivative values)
            let ofState, ofAuxiliary = all state, all auxiliary
            let reports = auxiliary.Length / graph.Cells

            Some
                { State = DenseMatrix.init graph.Cells channels (fun i c -> ofState[i * channels + c])
                  Auxiliary = if reports = 0 then null else Array.chunkBySize reports ofAuxiliary }

/// Half the sum of squared differences to targets at named steps.
[<Sealed>]
type private SquaresAt(targets: (int * State) list) =
    inherit Loss "half the sum of squares"
    let here step = targets |> List.filter (fun (at, _) -> at = step) |> List.map snd
    override _.Sees(step, _) = targets |> List.exists (fun (at, _) -> at = step)

    override _.Evaluate(state, _, context) =
        let adjoint = Array.zeroCreate<float32> state.Data.Length
        let mutable sum = 0.0

        for target in here context.Step do
            for i in 0 .. adjoint.Length - 1 do
                let difference = state.Data[i] - target.Data[i]
                sum <- sum + 0.5 * float difference * float difference
                adjoint[i] <- adjoint[i] + difference

        LossValue.Of(sum, State(state.Cells, state.Channels, adjoint))

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (_: int, state: ReadOnlySpan<'T>, _: ReadOnlySpan<'T>, context: LossContext)
        : 'T =
        let mutable sum = 'T.Zero

        for target in here context.Step do
            for i in 0 .. state.Length - 1 do
                let difference: 'T = state[i] - 'F.Of(float target.Data[i])
                let square: 'T = difference * difference
                sum <- sum + 'F.Of 0.5 * square

        sum

[<AbstractClass; Sealed>]
type GradientCheck =
    static member Squares(targets: (struct (int * State)) seq) : Loss =
        SquaresAt
            [ for struct (step, target) in targets ->
                  Guard.positive null "The step of a target" step
                  step, target ]

    static member RuleFor(shape: RuleShape, seed: uint64, gain: float) =
        Guard.finite (nameof gain) "The gain" gain
        let parameters = Array.zeroCreate<float32> shape.ParameterCount

        for view in shape.Views do
            let key = Counter.key seed [ 0xC4EC; view.Offset ]
            let deviation = if view.Role.IsBias then gain / 2.0 else gain / sqrt (float view.Columns)

            for i in 0 .. view.Length - 1 do
                parameters[view.Offset + i] <- float32 (deviation * Counter.normal key (int64 i))

        Rule(shape, ReadOnlySpan parameters)

    static member Gradient(automaton: Automaton, graph: Graph, rollout: Rollout, loss: Loss) =
        let point = Point.ofRollout automaton rollout
        let prepared = Reference.prepare automaton graph rollout
        let moments = Reference.forward prepared point.Parameters point.Start point.Inputs
        let bars = Array.init (rollout.Steps + 1) (Specified.bars loss graph rollout moments)
        Reference.backward prepared point.Parameters moments (Array.get bars)

    static member Run
        (
            automaton: Automaton,
            graph: Graph,
            rollout: Rollout,
            loss: Loss,
            everything: bool,
            progress: IProgress<float> | null,
            cancellation: CancellationToken
        ) =
        let gradient = GradientCheck.Gradient(automaton, graph, rollout, loss)
        let point = Point.ofRollout automaton rollout
        let analytic = Point.coordinates everything gradient.Parameters gradient.Start gradient.Inputs
        let real: Reference.Prepared<float> = Reference.prepare automaton graph rollout
        let complex: Reference.Prepared<Complex> = Reference.prepare automaton graph rollout

        let complexStep coordinate =
            let tiny = 1e-30
            let number x = Complex(x, 0.0)
            let moments = Point.rolloutWith complex number point coordinate (fun x -> x + Complex(0.0, tiny))
            (Specified.total<Complex, Complexes> loss graph rollout moments).Imaginary / tiny

        /// Which side of every branch a rollout took.
        let sides (moments: Reference.Moment<float>[]) =
            [| for moment in moments ->
                   moment.Branches |> Array.map (Array.map (fun a -> a > 0.0)), moment.Alive, Reference.free real moment |]

        let central coordinate =
            let small = 1e-6
            let at change = Point.rolloutWith real id point coordinate (fun x -> x + change)
            let above, below = at small, at -small
            let value moments = Specified.total<float, Reals> loss graph rollout moments

            if sides above = sides below then
                Some((value above - value below) / (2.0 * small))
            else
                None

        let ofComplexStep = Array.zeroCreate analytic.Length
        let ofCentral = Array.zeroCreate analytic.Length
        let mutable finished = 0

        Parallel.For(
            0,
            analytic.Length,
            ParallelOptions(CancellationToken = cancellation),
            fun coordinate ->
                ofComplexStep[coordinate] <- complexStep coordinate
                ofCentral[coordinate] <- central coordinate
                let finished = Interlocked.Increment &finished

                match progress with
                | Null -> ()
                | NonNull progress -> progress.Report(float finished / float analytic.Length)
        )
        |> ignore

        let largest = analytic |> Array.map abs |> Array.max
        let share difference = if largest > 0.0 then difference / largest else difference

        let compared =
            Array.zip analytic ofCentral |> Array.choose (fun (a, b) -> b |> Option.map (fun b -> abs (a - b)))

        { Parameters = gradient.Parameters.Length
          Compared = analytic.Length
          Largest = largest
          ComplexStep = Array.map2 (fun a b -> abs (a - b)) analytic ofComplexStep |> Array.max |> share
          Central = (if compared.Length = 0 then 0.0 else Array.max compared |> share)
          CentralExcluded = float (analytic.Length - compared.Length) / float analytic.Length }

    static member Run(automaton: Automaton, graph: Graph, rollout: Rollout, loss: Loss) =
        GradientCheck.Run(automaton, graph, rollout, loss, false, null, CancellationToken.None)

    static member Deviation(reference: ReadOnlySpan<float>, given: ReadOnlySpan<float32>) =
        if reference.Length <> given.Length then
            Guard.refuse $"There are {reference.Length} derivatives of the reference, but {given.Length} to compare."

        let mutable largest = 0.0
        let mutable worst = 0.0

        for i in 0 .. reference.Length - 1 do
            largest <- Math.Max(largest, abs reference[i])
            worst <- Math.Max(worst, abs (reference[i] - float given[i]))

        if largest > 0.0 then worst / largest else worst
