namespace GaryMesh

open System

[<NoComparison; ReferenceEquality>]
type LossValue = { Value: float; Adjoint: State }

[<Sealed>]
type Loss(name: string, sees: Func<int, int, bool>, evaluate: Func<State, LossValue>) =
    new(name: string, evaluate: Func<State, LossValue>) = Loss(name, (fun step steps -> step = steps), evaluate)
    member _.Name = name
    member _.Sees(step: int, steps: int) = sees.Invoke(step, steps)
    member _.Evaluate(state: State) = evaluate.Invoke state
    member _.At(sees: Func<int, int, bool>) = Loss(name, sees, evaluate)

    /// The mean over `count` chosen numbers of a value that comes with its derivative.
    static member private Mean
        (name, count: State -> int, indices: State -> seq<int>, term: int -> float32 -> struct (float * float))
        =
        Loss(
            name,
            fun state ->
                let adjoint = Array.zeroCreate<float32> state.Data.Length
                let share = 1.0 / float (count state)
                let mutable sum = 0.0

                for index in indices state do
                    let struct (value, slope) = term index state.Data[index]
                    sum <- sum + value
                    adjoint[index] <- float32 (slope * share)

                { Value = sum * share; Adjoint = State(state.Cells, state.Channels, adjoint) }
        )

    static member MeanSquared(target: float32[], channel: int) =
        let index (state: State) cell = cell * state.Channels + channel

        Loss(
            "mean squared difference",
            fun state ->
                if state.Cells <> target.Length || uint32 channel >= uint32 state.Channels then
                    Guard.refuse
                        $"The target has {target.Length} cells on channel {channel}, but the state has {state.Cells} cells x {state.Channels} channels."

                let adjoint = Array.zeroCreate<float32> state.Data.Length
                let share = 1.0 / float target.Length
                let mutable sum = 0.0

                for cell in 0 .. target.Length - 1 do
                    let difference = float state.Data[index state cell] - float target[cell]
                    sum <- sum + difference * difference
                    adjoint[index state cell] <- float32 (2.0 * difference * share)

                { Value = sum * share; Adjoint = State(state.Cells, state.Channels, adjoint) }
        )

    static member MeanSquared(target: State, channels: int[] | null, cells: int[] | null) =
        let all count (chosen: int[] | null) =
            match chosen with
            | null -> [| 0 .. count - 1 |]
            | chosen ->
                for index in chosen do
                    if uint32 index >= uint32 count then
                        Guard.refuse $"The loss looks at index {index}, but the target has 0 to {count - 1}."

                chosen

        let channels, cells = all target.Channels channels, all target.Cells cells

        let indices =
            [| for cell in cells do
                   for channel in channels -> cell * target.Channels + channel |]

        Loss.Mean(
            "mean squared difference",
            (fun state ->
                if state.Cells <> target.Cells || state.Channels <> target.Channels then
                    Guard.refuse
                        $"The target is {target.Cells} cells x {target.Channels}, but the state is {state.Cells} x {state.Channels}."

                indices.Length),
            (fun _ -> indices),
            fun index value ->
                let difference = float value - float target.Data[index]
                struct (difference * difference, 2.0 * difference)
        )

    static member Overflow(limit: float32) =
        Guard.finite "The limit of an overflow loss" (float limit)

        Loss.Mean(
            "overflow",
            (fun state -> state.Data.Length),
            (fun state -> seq { 0 .. state.Data.Length - 1 }),
            fun _ value ->
                let excess = float value - float (Math.Clamp(value, -limit, limit))
                struct (abs excess, float (sign excess))
        )

    static member Sum(weights: float[], losses: Loss[]) =
        if weights.Length <> losses.Length || losses.Length = 0 then
            Guard.refuse
                $"Every loss needs a weight, but there are {losses.Length} losses and {weights.Length} weights."

        Loss(
            String.Join(" + ", losses |> Array.map _.Name),
            (fun step steps -> losses[0].Sees(step, steps)),
            fun state ->
                let parts = losses |> Array.map _.Evaluate(state)
                let adjoint = Array.zeroCreate<float32> state.Data.Length

                (weights, parts)
                ||> Array.iter2 (fun weight part ->
                    for i in 0 .. adjoint.Length - 1 do
                        adjoint[i] <- adjoint[i] + float32 weight * part.Adjoint.Data[i])

                { Value = Array.fold2 (fun sum weight (part: LossValue) -> sum + weight * part.Value) 0.0 weights parts
                  Adjoint = State(state.Cells, state.Channels, adjoint) }
        )

    static member Correlation(a: float32[], b: float32[]) =
        if a.Length <> b.Length || a.Length = 0 then
            Guard.refuse
                $"A correlation needs two series of one length, but they have {a.Length} and {b.Length} values."

        let meanOf (values: float32[]) = Array.sumBy float values / float values.Length
        let meanA, meanB = meanOf a, meanOf b
        let mutable covariance, varianceA, varianceB = 0.0, 0.0, 0.0

        for i in 0 .. a.Length - 1 do
            let da, db = float a[i] - meanA, float b[i] - meanB
            covariance <- covariance + da * db
            varianceA <- varianceA + da * da
            varianceB <- varianceB + db * db

        if varianceA = 0.0 || varianceB = 0.0 then
            0.0
        else
            covariance / sqrt (varianceA * varianceB)
