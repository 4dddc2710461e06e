namespace GaryMesh

open System
open System.Numerics
open System.Threading
open System.Threading.Tasks
open MathNet.Numerics.LinearAlgebra

type IAnalyticLoss =
    abstract Value: states: Matrix<float>[] -> float
    abstract Value: states: Matrix<Complex>[] -> Complex
    abstract Adjoint: states: Matrix<float>[] * step: int -> Matrix<float> | null

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

        let moments = Reference.forward prepared parameters start inputs
        Array.append [| start |] (moments |> Array.map _.State), moments

[<AbstractClass; Sealed>]
type GradientCheck =
    static member Squares(targets: (struct (int * State)) seq) =
        let targets =
            [ for struct (step, target) in targets ->
                  Guard.notNegative "The step of a target" step
                  step, Reference.matrixOf target ]

        { new IAnalyticLoss with
            member _.Value(states: Matrix<float>[]) : float =
                targets
                |> List.sumBy (fun (step, target) ->
                    let difference = states[step] - target
                    0.5 * difference.PointwiseMultiply(difference).ColumnSums().Sum())

            member _.Value(states: Matrix<Complex>[]) : Complex =
                (Complex.Zero, targets)
                ||> List.fold (fun sum (step, target) ->
                    let difference = states[step] - target.ToComplex()
                    sum + Complex(0.5, 0.0) * difference.PointwiseMultiply(difference).ColumnSums().Sum())

            member _.Adjoint(states, step) =
                match targets |> List.filter (fun (at, _) -> at = step) with
                | [] -> null
                | here -> here |> List.map (fun (_, target) -> states[step] - target) |> List.reduce (+) }

    static member RuleFor(shape: RuleShape, seed: uint64, gain: float) =
        Guard.finite "The gain" gain
        let parameters = Array.zeroCreate<float32> shape.ParameterCount

        for view in Rule.ViewsOf shape do
            let key = Counter.key seed [ 0xC4EC; view.Offset ]
            let deviation = if view.Columns = 1 then gain / 2.0 else gain / sqrt (float view.Columns)

            for i in 0 .. view.Length - 1 do
                parameters[view.Offset + i] <- float32 (deviation * Counter.normal key (int64 i))

        Rule(shape, ReadOnlySpan parameters)

    static member private Back(automaton: Automaton, graph: Graph, rollout: Rollout, loss: IAnalyticLoss) =
        let point = Point.ofRollout automaton rollout
        let prepared = Reference.prepare automaton graph rollout
        let moments = Reference.forward prepared point.Parameters point.Start point.Inputs
        let states = Array.append [| point.Start |] (moments |> Array.map _.State)

        Reference.backward prepared point.Parameters moments (fun step ->
            match loss.Adjoint(states, step) with
            | Null -> None
            | NonNull adjoint -> Some adjoint)

    static member Gradient(automaton: Automaton, graph: Graph, rollout: Rollout, loss: IAnalyticLoss) =
        GradientCheck.Back(automaton, graph, rollout, loss)

    static member Run
        (
            automaton: Automaton,
            graph: Graph,
            rollout: Rollout,
            loss: IAnalyticLoss,
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
            let states, _ = Point.rolloutWith complex number point coordinate (fun x -> x + Complex(0.0, tiny))
            loss.Value(states).Imaginary / tiny

        /// Which side of every branch a rollout took.
        let sides (moments: Reference.Moment<float>[]) =
            [| for moment in moments do
                   moment.Activation.Map(fun a -> if a > 0.0 then 1.0 else 0.0)
                   yield! Option.toList moment.Alive |]

        let central coordinate =
            let small = 1e-6
            let at change = Point.rolloutWith real id point coordinate (fun x -> x + change)
            let above, momentsAbove = at small
            let below, momentsBelow = at -small

            if sides momentsAbove = sides momentsBelow then
                Some((loss.Value above - loss.Value below) / (2.0 * small))
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

    static member Run(automaton: Automaton, graph: Graph, rollout: Rollout, loss: IAnalyticLoss) =
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
