namespace GaryMesh

open System
open System.Globalization

[<RequireQualifiedAccess>]
type Pooling =
    | Cells
    | Mean
    | Sum
    | Max

[<RequireQualifiedAccess>]
type Head =
    | Softmax of Smoothing: float
    | Logistic
    | Squared
    | Absolute
    | Huber of Delta: float

    member head.LabelWidth(outputs: int) = if head.IsSoftmax then 1 else outputs
    member head.IsRegression = not (head.IsSoftmax || head.IsLogistic)

    member head.Check(outputs: int) =
        match head with
        | Softmax smoothing ->
            if not (smoothing >= 0.0 && smoothing < 1.0) then
                Guard.outOfRange null $"The label smoothing must lie in 0 .. 1 (1 excluded), but is {smoothing}."

            if outputs < 2 then
                Guard.refuse $"A softmax needs at least 2 outputs, but has {outputs}."
        | Huber delta when not (delta > 0.0 && Double.IsFinite delta) ->
            Guard.outOfRange null $"The delta of Huber's loss must be above 0, but is {delta}."
        | _ -> ()

    member head.Probabilities(outputs: ReadOnlySpan<float32>, count: int, into: Span<float32>) =
        if into.Length <> outputs.Length || count < 1 || outputs.Length % count <> 0 then
            Guard.refuse
                $"The probabilities of {outputs.Length} outputs, {count} a target, cannot go into {into.Length} numbers."

        match head with
        | Softmax _ ->
            for target in 0 .. outputs.Length / count - 1 do
                let from = target * count
                let mutable most = outputs[from]

                for i in from + 1 .. from + count - 1 do
                    most <- max most outputs[i]

                let mutable sum = 0.0f

                for i in from .. from + count - 1 do
                    let e = MathF.Exp(outputs[i] - most)
                    into[i] <- e
                    sum <- sum + e

                for i in from .. from + count - 1 do
                    into[i] <- into[i] / sum
        | Logistic ->
            for i in 0 .. outputs.Length - 1 do
                into[i] <- 1.0f / (1.0f + MathF.Exp(-outputs[i]))
        | Squared
        | Absolute
        | Huber _ -> outputs.CopyTo into

    member head.Text =
        let number (value: float) = value.ToString("R", CultureInfo.InvariantCulture)

        match head with
        | Softmax smoothing -> "softmax:" + number smoothing
        | Logistic -> "logistic"
        | Squared -> "squared"
        | Absolute -> "absolute"
        | Huber delta -> "huber:" + number delta

    static member OfSoftmax(smoothing: float) = Softmax smoothing
    static member OfHuber(delta: float) = Huber delta

    static member Parse(text: string) =
        let number (digits: string) =
            match Double.TryParse(digits, CultureInfo.InvariantCulture) with
            | true, value when Double.IsFinite value -> value
            | _ -> Guard.refuse $"The head '{text}' needs a number after its colon, but '{digits}' is not one."

        match text.Split ':' with
        | [| "softmax"; smoothing |] -> Softmax(number smoothing)
        | [| "logistic" |] -> Logistic
        | [| "squared" |] -> Squared
        | [| "absolute" |] -> Absolute
        | [| "huber"; delta |] -> Huber(number delta)
        | _ ->
            Guard.refuse
                $"A head is 'softmax:S', 'logistic', 'squared', 'absolute' or 'huber:D', but '{text}' is none of these."

    member head.Evaluate
        (outputs: ReadOnlySpan<float32>, labels: ReadOnlySpan<float32>, weight: float, adjoint: Span<float32>)
        =
        let mutable loss = 0.0

        match head with
        | Softmax smoothing ->
            if Single.IsNaN labels[0] then
                adjoint.Clear()
            else
                let count = outputs.Length
                let right = int labels[0]
                let mutable most = float outputs[0]

                for i in 1 .. count - 1 do
                    most <- max most (float outputs[i])

                let mutable sum = 0.0

                for i in 0 .. count - 1 do
                    sum <- sum + Math.Exp(float outputs[i] - most)

                let normaliser = most + Math.Log sum

                for i in 0 .. count - 1 do
                    let share = smoothing / float count + (if i = right then 1.0 - smoothing else 0.0)
                    let logarithm = float outputs[i] - normaliser
                    loss <- loss - share * logarithm
                    adjoint[i] <- float32 (weight * (Math.Exp logarithm - share))
        | _ ->
            for i in 0 .. outputs.Length - 1 do
                if Single.IsNaN labels[i] then
                    adjoint[i] <- 0.0f
                else
                    let output, label = float outputs[i], float labels[i]
                    let difference = output - label

                    let struct (value, slope) =
                        match head with
                        | Logistic ->
                            // log(1 + exp(o)) - y o, without overflow on either side.
                            let value = max output 0.0 - output * label + Math.Log(1.0 + Math.Exp(-abs output))
                            struct (value, 1.0 / (1.0 + Math.Exp -output) - label)
                        | Absolute -> struct (abs difference, float (sign difference))
                        | Huber delta when abs difference > delta ->
                            struct (delta * (abs difference - 0.5 * delta), delta * float (sign difference))
                        | _ -> struct (0.5 * difference * difference, difference)

                    loss <- loss + value
                    adjoint[i] <- float32 (weight * slope)

        weight * loss
