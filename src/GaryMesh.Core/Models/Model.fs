namespace GaryMesh

open System
open System.Collections.Immutable

[<NoComparison; ReferenceEquality>]
type Scaling =
    { FeatureShift: float32[]
      FeatureScale: float32[]
      UnitSum: bool
      OutputShift: float32[]
      OutputScale: float32[] }

    static member None(shape: ModelShape) =
        { FeatureShift = Array.zeroCreate shape.Features
          FeatureScale = Array.create shape.Features 1.0f
          UnitSum = false
          OutputShift = Array.zeroCreate shape.Outputs
          OutputScale = Array.create shape.Outputs 1.0f }

    static member Sums(shape: ModelShape) = { Scaling.None shape with UnitSum = true }

    /// The first measured of the residual's columns, or the mean of the first of them.
    member internal scaling.Base(shape: ModelShape, features: ReadOnlySpan<float32>) =
        let mutable value = nanf
        let mutable i = 0

        while i < shape.Residual.Length && Single.IsNaN value do
            value <- features[shape.Residual[i]]
            i <- i + 1

        if Single.IsNaN value then scaling.FeatureShift[shape.Residual[0]] else value

    static member OfData(shape: ModelShape, cells: int, data: ModelData) =
        data.Check(shape, cells)

        /// Shift and scale of `width` columns of values, NaN left out; a column that never varies keeps its scale.
        let moments width (values: float32[]) =
            let counts, sums, squares = Array.zeroCreate width, Array.zeroCreate width, Array.zeroCreate width

            let each action =
                values
                |> Array.iteri (fun i value ->
                    if not (Single.IsNaN value) then
                        action (i % width) (float value))

            each (fun column value ->
                counts[column] <- counts[column] + 1.0
                sums[column] <- sums[column] + value)

            let means = Array.map2 (fun sum count -> if count > 0.0 then sum / count else 0.0) sums counts
            each (fun column value -> squares[column] <- squares[column] + (value - means[column]) ** 2.0)

            let deviations =
                Array.map2 (fun sum count -> if sum > 0.0 then sqrt (sum / count) else 1.0) squares counts

            struct (Array.map float32 means, Array.map float32 deviations)

        /// What the outputs of each cell of each row are added to; 0 where there is no residual.
        let bases =
            if shape.Residual.IsEmpty then
                Array.zeroCreate (data.Rows * cells)
            else
                let column = shape.Residual[0]
                let own = Array.init (data.Rows * cells) (fun cell -> data.Features[cell * shape.Features + column])
                let struct (mean, _) = moments 1 own
                let scaling = Scaling.None shape
                scaling.FeatureShift[column] <- mean[0]

                Array.init (data.Rows * cells) (fun cell ->
                    scaling.Base(shape, ReadOnlySpan(data.Features, cell * shape.Features, shape.Features)))

        let features =
            data.Features
            |> Array.mapi (fun i value ->
                if shape.IsRelative(i % shape.Features) then
                    value - bases[i / shape.Features]
                else
                    value)

        let struct (featureShift, featureDeviation) = moments shape.Features features

        let scaling =
            { Scaling.None shape with
                FeatureShift = featureShift
                FeatureScale = featureDeviation |> Array.map (fun deviation -> 1.0f / deviation) }

        if not shape.Head.IsRegression || shape.Outputs = 0 then
            scaling
        else
            let labels =
                if shape.Residual.IsEmpty then
                    data.Labels
                else
                    data.Labels |> Array.mapi (fun i label -> label - bases[i / shape.Outputs])

            let struct (shift, deviation) = moments shape.Outputs labels

            // A sum over cells grows with their number: it starts from zero, not from the mean label.
            if shape.Pooling.IsSum then
                { scaling with
                    OutputScale = Array.map2 (fun x y -> MathF.Sqrt(x * x + y * y)) shift deviation }
            else
                { scaling with OutputShift = shift; OutputScale = deviation }

[<RequireQualifiedAccess>]
type RuleStart =
    | Zero
    | Diffusion of Operator: int * Restart: float

    static member OfDiffusion(operator: int, restart: float) = Diffusion(operator, restart)

[<Sealed>]
type Model private (shape: ModelShape, scaling: Scaling, parameters: float32[]) =
    do
        shape.Check()

        let finite what (values: float32[]) =
            match Array.tryFindIndex (Single.IsFinite >> not) values with
            | Some at -> Guard.refuse $"Every {what} of a model must be finite, but number {at} is {values[at]}."
            | None -> ()

        for what, values, count in
            [ "feature shift", scaling.FeatureShift, shape.Features
              "feature scale", scaling.FeatureScale, shape.Features
              "output shift", scaling.OutputShift, shape.Outputs
              "output scale", scaling.OutputScale, shape.Outputs
              "parameter", parameters, shape.ParameterCount ] do
            if values.Length <> count then
                Guard.refuse $"A model of this shape has {count} numbers as {what}, but {values.Length} are given."

            finite what values

    let views = shape.Views

    let rule =
        Rule(shape.RuleShape, ReadOnlySpan(parameters, shape.RuleOffset, shape.RuleShape.ParameterCount))

    new(shape: ModelShape, scaling: Scaling, parameters: ReadOnlySpan<float32>) =
        Model(shape, scaling, parameters.ToArray())

    member _.Shape = shape
    member _.Scaling = scaling
    member _.Parameters = ReadOnlySpan parameters
    member _.ParameterCount = parameters.Length
    member _.ToArray() = Array.copy parameters
    member _.Views = views

    member _.View(name: string) =
        match views |> Seq.tryFind (fun view -> view.Name = name) with
        | Some view -> Array.sub parameters view.Offset view.Length
        | None ->
            let names = String.Join(", ", views |> Seq.map _.Name)
            Guard.refuse $"The model has the parts {names}, but not '{name}'."

    member _.Rule = rule

    member _.Automaton =
        Automaton
            .Of(shape.Perception, rule)
            .WithFireRate(shape.FireRate)
            .WithTimeStep(shape.TimeStep)
            .WithGate(shape.Gate)
            .WithSteps(shape.Steps, shape.Steps)

    member _.WithParameters(parameters: ReadOnlySpan<float32>) = Model(shape, scaling, parameters)

    /// The parameters of a rule that is diffusion at first.
    static member private Diffusing(shape: ModelShape, operator: int, restart: float, seed: uint64) =
        let sizes = shape.RuleShape
        let channels = sizes.Channels

        let operators = shape.Perception.Count

        if uint32 operator >= uint32 operators then
            Guard.refuse $"Diffusion along operator {operator} is asked for, but the perception has {operators}."

        if sizes.Hidden < 2 * channels then
            Guard.refuse
                $"A rule initialised as diffusion needs two hidden units a channel ({2 * channels}), but has {sizes.Hidden}."

        let own = shape.Perception.Operators |> Seq.tryFindIndex _.IsOwn

        if own.IsNone then
            Guard.refuse
                $"A rule initialised as diffusion needs the own state among its operators, but perceives no 'own'."

        // Differences say how far the neighbours' mean is from the own state, which stays but for the restart.
        let kept =
            match shape.Perception.Operators[operator] with
            | Operator.Neighbours(_, Messages.Difference, _) -> 1.0 - restart
            | _ -> 0.0

        // The units left over start as `ZeroLast` has them, so that they say nothing yet but can learn to.
        let parameters = Rule.ZeroLast(sizes, seed).ToArray()
        let views = sizes.Views
        let first, last = views[0], views[2]

        for channel in 0 .. channels - 1 do
            for side in 0..1 do
                let unit = 2 * channel + side
                let sign = if side = 0 then 1.0 else -1.0
                let row = first.Offset + unit * first.Columns
                Array.Clear(parameters, row, first.Columns)
                parameters[row + operator * channels + channel] <- float32 (sign * (1.0 - restart))
                let self = row + own.Value * channels + channel
                parameters[self] <- parameters[self] - float32 (sign * (1.0 - kept))

                if channel < sizes.Inputs then
                    parameters[row + operators * channels + channel] <- float32 (sign * restart)

                parameters[last.Offset + channel * last.Columns + unit] <- float32 sign

        parameters

    static member Create(shape: ModelShape, scaling: Scaling, start: RuleStart, seed: uint64) =
        shape.Check()
        let parameters = Array.zeroCreate<float32> shape.ParameterCount
        let residual = not shape.Residual.IsEmpty

        for view in shape.Views do
            let around = shape.PartOf view <> ModelPart.Rule
            let last = view.Offset = shape.Views[shape.Views.Length - 2].Offset

            // What has diffused is read as it is, each output off a channel of its own.
            if last && start.IsDiffusion && shape.ReadoutHidden = 0 && shape.Outputs > 0 && not residual then
                for output in 0 .. min view.Rows shape.Channels - 1 do
                    parameters[view.Offset + output * view.Columns + output] <- 1.0f
            elif around && view.Role.IsWeight && not (residual && last) then
                let bound = sqrt (6.0 / float (view.Rows + view.Columns))
                let key = Counter.key seed [ view.Offset ]

                for i in 0 .. view.Length - 1 do
                    parameters[view.Offset + i] <- float32 ((2.0 * Counter.uniform key (int64 i) - 1.0) * bound)

        let rule =
            match start with
            | RuleStart.Zero -> Rule.ZeroLast(shape.RuleShape, seed).ToArray()
            | RuleStart.Diffusion(operator, restart) ->
                Guard.finite null "The restart" restart
                Model.Diffusing(shape, operator, restart, seed)

        Array.Copy(rule, 0, parameters, shape.RuleOffset, rule.Length)
        Model(shape, scaling, parameters)

    static member OfAutomaton(automaton: Automaton, features: int) =
        let rule = automaton.Rule.Shape

        if rule.Inputs > 0 && rule.Inputs <> features then
            Guard.refuse $"The rule has {rule.Inputs} inputs, but a cell has {features} features."

        if rule.Kind.Name <> DenseRule.Kind.Name then
            Guard.refuse $"A model runs two dense layers on every cell, but the automaton's rule is {rule.Text}."

        if automaton.Bound < infinityf || automaton.Spacing <> 1.0 || automaton.Keep <> 1.0 then
            Guard.refuse
                $"A model's state has no bound and is kept, and its cells have a spacing of 1, but the automaton has a bound of {automaton.Bound}, keeps {automaton.Keep} and has a spacing of {automaton.Spacing}."

        let shape =
            ModelShape
                .Of(automaton.Perception, features, Head.Squared, 0, Pooling.Cells)
                .WithEncoding(rule.Inputs > 0, rule.Inputs = 0, false)
                .WithRule(rule.Channels, rule.Hidden, automaton.MaxSteps)
                .WithRunning(automaton.FireRate, automaton.TimeStep, automaton.Gate)

        Model(shape, Scaling.None shape, automaton.Rule.ToArray())
