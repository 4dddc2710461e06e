namespace GaryMesh

open System
open System.Collections.Immutable

[<Struct; CustomEquality; NoComparison>]
type RuleShape =
    val Channels: int
    val Operators: int
    val Hidden: int
    val Inputs: int

    new(channels: int, operators: int, hidden: int, inputs: int) =
        Guard.positive "The number of channels" channels
        Guard.positive "The number of operators" operators
        Guard.positive "The number of hidden units" hidden
        Guard.notNegative "The number of inputs" inputs

        { Channels = channels; Operators = operators; Hidden = hidden; Inputs = inputs }

    new(channels: int, operators: int, hidden: int) = RuleShape(channels, operators, hidden, 0)

    member shape.Perceived = shape.Operators * shape.Channels + shape.Inputs

    member shape.ParameterCount =
        shape.Perceived * shape.Hidden + shape.Hidden + shape.Hidden * shape.Channels + shape.Channels

    member shape.Text = $"{shape.Perceived} -> {shape.Hidden} -> {shape.Channels}"
    override shape.ToString() = shape.Text
    override shape.GetHashCode() = HashCode.Combine(shape.Channels, shape.Operators, shape.Hidden, shape.Inputs)

    override shape.Equals(other: obj) =
        match other with
        | :? RuleShape as other -> (shape :> IEquatable<RuleShape>).Equals other
        | _ -> false

    interface IEquatable<RuleShape> with
        member shape.Equals other =
            shape.Channels = other.Channels
            && shape.Operators = other.Operators
            && shape.Hidden = other.Hidden
            && shape.Inputs = other.Inputs

[<Struct>]
type ParameterView =
    { Name: string
      Offset: int
      Rows: int
      Columns: int }

    member view.Length = view.Rows * view.Columns

[<Sealed>]
type Rule private (shape: RuleShape, parameters: float32[]) =
    do
        match Array.tryFindIndex (Single.IsFinite >> not) parameters with
        | Some at -> Guard.refuse $"Every parameter of a rule must be finite, but number {at} is {parameters[at]}."
        | None -> ()

    static let viewsOf (shape: RuleShape) : ImmutableArray<ParameterView> =
        let sizes =
            [ "fc1.weight", shape.Hidden, shape.Perceived
              "fc1.bias", shape.Hidden, 1
              "fc2.weight", shape.Channels, shape.Hidden
              "fc2.bias", shape.Channels, 1 ]

        (0, sizes)
        ||> List.mapFold (fun offset (name, rows, columns) ->
            { Name = name; Offset = offset; Rows = rows; Columns = columns }, offset + rows * columns)
        |> fst
        |> ImmutableArray.CreateRange

    new(shape: RuleShape, parameters: ReadOnlySpan<float32>) =
        if parameters.Length <> shape.ParameterCount then
            Guard.refuse
                $"A rule {shape.Text} has {shape.ParameterCount} parameters, but {parameters.Length} are given."

        Rule(shape, parameters.ToArray())

    member _.Shape = shape
    member _.Parameters = ReadOnlySpan parameters
    member _.ParameterCount = parameters.Length
    member _.ToArray() = Array.copy parameters
    member _.Views = viewsOf shape

    member _.View(name: string) =
        match viewsOf shape |> Seq.tryFind (fun view -> view.Name = name) with
        | Some view -> Array.sub parameters view.Offset view.Length
        | None -> Guard.refuse $"A rule has the parts fc1.weight, fc1.bias, fc2.weight and fc2.bias, but not '{name}'."

    static member ViewsOf(shape: RuleShape) = viewsOf shape
    static member Zero(shape: RuleShape) = Rule(shape, Array.zeroCreate<float32> shape.ParameterCount)

    /// Draws the values of the named weight matrices; biases and whatever has no drawing stay zero.
    static member private Draw
        (shape: RuleShape, seed: uint64, draw: ParameterView -> (uint64 -> int64 -> float) option)
        =
        let parameters = Array.zeroCreate<float32> shape.ParameterCount

        for view in viewsOf shape do
            match draw view with
            | Some value ->
                let key = Counter.key seed [ view.Offset ]

                for i in 0 .. view.Length - 1 do
                    parameters[view.Offset + i] <- float32 (value key (int64 i))
            | None -> ()

        Rule(shape, parameters)

    static member ZeroLast(shape: RuleShape, seed: uint64) =
        Rule.Draw(
            shape,
            seed,
            fun view ->
                if view.Name = "fc1.weight" then
                    let bound = 1.0 / sqrt (float view.Columns)
                    Some(fun key i -> (2.0 * Counter.uniform key i - 1.0) * bound)
                else
                    None
        )

    static member Xavier(shape: RuleShape, seed: uint64, hiddenGain: float, outputGain: float) =
        Guard.finite "The hidden layer's gain" hiddenGain
        Guard.finite "The output layer's gain" outputGain

        let drawing gain (view: ParameterView) =
            let deviation = gain * sqrt (2.0 / float (view.Rows + view.Columns))
            Some(fun key i -> deviation * Counter.normal key i)

        Rule.Draw(
            shape,
            seed,
            fun view ->
                match view.Name with
                | "fc1.weight" -> drawing hiddenGain view
                | "fc2.weight" -> drawing outputGain view
                | _ -> None
        )

    static member GaryMeshShape = RuleShape(12, 3, 48)
    static member MeshNcaShape = RuleShape(16, 5, 128)
    static member GrowingShape = RuleShape(16, 3, 128)
