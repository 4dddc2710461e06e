namespace GaryMesh

open System
open System.Collections.Immutable

/// The built-in rule kinds by the names that files hold.
module internal RuleKinds =
    let rec parse (name: string) (known: RuleKind seq) : RuleKind =
        match known |> Seq.tryFind (fun kind -> kind.Name = name) with
        | Some kind -> kind
        | None when name = DenseRule.Kind.Name -> DenseRule.Kind
        | None when name.StartsWith("blend ", StringComparison.Ordinal) -> BlendRule(parse (name.Substring 6) known)
        | None when name.StartsWith("secant:", StringComparison.Ordinal) && name.Contains ' ' ->
            let at = name.IndexOf ' '

            match WholeNumber.read (name.Substring(7, at - 7)) with
            | Some heard -> SecantRule(heard, parse (name.Substring(at + 1)) known)
            | None -> Guard.refuse $"A secant rule says how many bits it hears, but '{name}' does not."
        | None when name.StartsWith("mixture:", StringComparison.Ordinal) ->
            match name.Substring(8).Split ':' |> Array.map WholeNumber.read with
            | [| Some top; Some experts |] -> MixtureRule(top, experts)
            | _ -> Guard.refuse $"A mixture is written mixture:TOP:EXPERTS, but not '{name}'."
        | None when name.StartsWith("embedded:", StringComparison.Ordinal) && name.Contains ' ' ->
            let at = name.IndexOf ' '

            match name.Substring(9, at - 9).Split ':' |> Array.map WholeNumber.read with
            | [| Some own; Some classes |] -> EmbeddedRule(own, classes, parse (name.Substring(at + 1)) known)
            | _ -> Guard.refuse $"An embedded rule is written embedded:OWN:CLASSES INNER, but not '{name}'."
        | None ->
            Guard.refuse
                $"A rule is dense, a mixture, an embedded, blended or secant one of these, or of a kind that is handed in, but '{name}' is none of them."

[<Sealed>]
type RuleShape(channels: int, perceived: int, hidden: int, inputs: int, kind: RuleKind) =
    do
        Guard.positive (nameof channels) "The number of channels" channels
        Guard.positive (nameof perceived) "The number of perceived values" perceived
        Guard.positive (nameof hidden) "The number of hidden units" hidden
        Guard.notNegative (nameof inputs) "The number of inputs" inputs

    let sizes = { Channels = channels; Perceived = perceived; Hidden = hidden; Inputs = inputs }
    let views = kind.Views sizes
    let parameterCount = views |> Seq.sumBy _.Length

    new(channels: int, perceived: int, hidden: int, inputs: int) =
        RuleShape(channels, perceived, hidden, inputs, DenseRule.Kind)

    new(channels: int, perceived: int, hidden: int) = RuleShape(channels, perceived, hidden, 0)

    static member For(perception: Perception, channels: int, hidden: int, inputs: int) =
        Guard.positive (nameof channels) "The number of channels" channels
        RuleShape(channels, perception.Width channels, hidden, inputs)

    static member For(perception: Perception, channels: int, hidden: int) =
        RuleShape.For(perception, channels, hidden, 0)

    member _.WithKind(kind: RuleKind) = RuleShape(channels, perceived, hidden, inputs, kind)
    member _.WithInputs(inputs: int) = RuleShape(channels, perceived, hidden, inputs, kind)
    member _.Kind = kind
    member _.Sizes = sizes
    member _.Channels = channels
    member _.Perceived = perceived
    member _.Hidden = hidden
    member _.Inputs = inputs
    member _.Read = sizes.Read
    member _.Views = views
    member _.ParameterCount = parameterCount
    member _.Auxiliary = kind.Auxiliary sizes
    member _.Branches = kind.Branches sizes
    member _.MultiplyAdds = kind.MultiplyAdds sizes

    member _.Text =
        let sizes = $"{sizes.Read} -> {hidden} -> {channels}"
        if kind.Name = DenseRule.Kind.Name then sizes else $"{kind.Name} {sizes}"

    override shape.ToString() = shape.Text
    override _.GetHashCode() = HashCode.Combine(sizes, kind.Name)

    override shape.Equals(other: obj) =
        match other with
        | :? RuleShape as other -> (shape :> IEquatable<RuleShape>).Equals other
        | _ -> false

    interface IEquatable<RuleShape> with
        member _.Equals(other: RuleShape | null) =
            match other with
            | null -> false
            | other -> sizes = other.Sizes && kind.Name = other.Kind.Name

[<Sealed>]
type Rule private (shape: RuleShape, parameters: float32[]) =
    do
        match Array.tryFindIndex (Single.IsFinite >> not) parameters with
        | Some at -> Guard.refuse $"Every parameter of a rule must be finite, but number {at} is {parameters[at]}."
        | None -> ()

    new(shape: RuleShape, parameters: ReadOnlySpan<float32>) =
        if parameters.Length <> shape.ParameterCount then
            Guard.refuse
                $"A rule {shape.Text} has {shape.ParameterCount} parameters, but {parameters.Length} are given."

        Rule(shape, parameters.ToArray())

    member _.Shape = shape
    member _.Parameters = ReadOnlySpan parameters
    member _.ParameterCount = parameters.Length
    member _.ToArray() = Array.copy parameters
    member _.Views = shape.Views

    member _.View(name: string) =
        match shape.Views |> Seq.tryFind (fun view -> view.Name = name) with
        | Some view -> Array.sub parameters view.Offset view.Length
        | None ->
            let names = String.Join(", ", shape.Views |> Seq.map _.Name)
            Guard.refuse $"A rule {shape.Text} has the parts {names}, but not '{name}'."

    static member Zero(shape: RuleShape) = Rule(shape, Array.zeroCreate<float32> shape.ParameterCount)
    static member ZeroLast(shape: RuleShape, seed: uint64) = Rule(shape, shape.Kind.Initial(shape.Sizes, seed))

    static member internal Drawn(shape: RuleShape, seed: uint64, deviation: ParameterView -> int -> float) =
        let parameters = Array.zeroCreate<float32> shape.ParameterCount

        for view in shape.Views do
            let key = Counter.key seed [ view.Offset ]

            for i in 0 .. view.Length - 1 do
                parameters[view.Offset + i] <- float32 (deviation view i * Counter.normal key (int64 i))

        Rule(shape, parameters)

    static member Xavier(shape: RuleShape, seed: uint64, hiddenGain: float, outputGain: float) =
        Guard.finite (nameof hiddenGain) "The hidden layer's gain" hiddenGain
        Guard.finite (nameof outputGain) "The output layer's gain" outputGain
        let parameters = Array.zeroCreate<float32> shape.ParameterCount

        for view in shape.Views |> Seq.filter _.Role.IsWeight do
            let gain =
                if view.Name.EndsWith("fc2.weight", StringComparison.Ordinal) then
                    outputGain
                else
                    hiddenGain

            let deviation = gain * sqrt (2.0 / float (view.Rows + view.Columns))
            let key = Counter.key seed [ view.Offset ]

            for i in 0 .. view.Length - 1 do
                parameters[view.Offset + i] <- float32 (deviation * Counter.normal key (int64 i))

        Rule(shape, parameters)

    /// The two rules of a blend.
    static member Blend(a: Rule, b: Rule) =
        let same = (a.Shape :> IEquatable<RuleShape>).Equals b.Shape

        if not same then
            Guard.refuse $"A blend needs two rules of one shape, but they are {a.Shape.Text} and {b.Shape.Text}."

        let shape = a.Shape.WithInputs(a.Shape.Inputs + 1).WithKind(BlendRule a.Shape.Kind)
        Rule(shape, Array.append (a.ToArray()) (b.ToArray()))

    static member GaryMeshShape = RuleShape.For(Perception.Planar, 12, 48)
    static member MeshNcaShape = RuleShape.For(Perception.Harmonics, 16, 128)
    static member GrowingShape = RuleShape.For(Perception.Sobel, 16, 128)
