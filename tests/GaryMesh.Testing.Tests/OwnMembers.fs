/// A rule kind, a lift and a loss of one's own: all that a member of each family needs.
module GaryMesh.Tests.OwnMembers

open System
open System.Collections.Immutable
open System.Numerics
open GaryMesh

/// change = W (relu(V z) * g) with the gates g = sigmoid(G z + b), which each cell reports.
[<Sealed>]
type Gated() =
    inherit RuleKind "gated"

    /// Row `row` of a matrix that begins at `offset`, times z.
    static member private Row<'T when 'T: struct and 'T :> INumberBase<'T>>
        (parameters: ReadOnlySpan<'T>, offset: int, row: int, z: ReadOnlySpan<'T>)
        : 'T =
        let mutable sum = 'T.Zero

        for i in 0 .. z.Length - 1 do
            sum <- sum + parameters[offset + row * z.Length + i] * z[i]

        sum

    static member private Gate<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (sizes: RuleSizes, parameters: ReadOnlySpan<'T>, h: int, z: ReadOnlySpan<'T>)
        : 'T =
        let matrix = sizes.Hidden * sizes.Read
        let product: 'T = Gated.Row(parameters, matrix, h, z)
        let sum: 'T = product + parameters[2 * matrix + h]
        'T.One / ('T.One + 'F.Exp(-sum))

    override _.Views sizes =
        ParameterView.InOrder
            [ struct ("value.weight", ParameterRole.Weight, sizes.Hidden, sizes.Read)
              struct ("gate.weight", ParameterRole.Weight, sizes.Hidden, sizes.Read)
              struct ("gate.bias", ParameterRole.Bias, sizes.Hidden, 1)
              struct ("out.weight", ParameterRole.Weight, sizes.Channels, sizes.Hidden) ]

    override kind.Initial(sizes, seed) =
        let views = kind.Views sizes
        let deviation = 1.0 / sqrt (float sizes.Read)

        Array.init (views |> Seq.sumBy _.Length) (fun at ->
            if at < views[2].Offset then
                float32 (deviation * Counter.normal seed (int64 at))
            else
                0.0f)

    override _.Auxiliary sizes = sizes.Hidden
    override _.Branches sizes = sizes.Hidden
    override _.MultiplyAdds sizes = int64 sizes.Hidden * int64 (2 * sizes.Read + 1 + sizes.Channels)

    override _.Forward<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (
            sizes: RuleSizes,
            parameters: ReadOnlySpan<'T>,
            z: ReadOnlySpan<'T>,
            branches: Span<'T>,
            change: Span<'T>,
            auxiliary: Span<'T>
        ) =
        let out = (2 * sizes.Read + 1) * sizes.Hidden

        for h in 0 .. sizes.Hidden - 1 do
            branches[h] <- Gated.Row(parameters, 0, h, z)
            auxiliary[h] <- Gated.Gate<'T, 'F>(sizes, parameters, h, z)

        for c in 0 .. sizes.Channels - 1 do
            let mutable sum = 'T.Zero

            for h in 0 .. sizes.Hidden - 1 do
                if 'F.Real branches[h] > 0.0 then
                    let unit: 'T = branches[h] * auxiliary[h]
                    let part: 'T = parameters[out + c * sizes.Hidden + h] * unit
                    sum <- sum + part

            change[c] <- sum

    override _.Backward<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (
            sizes: RuleSizes,
            parameters: ReadOnlySpan<'T>,
            z: ReadOnlySpan<'T>,
            branches: ReadOnlySpan<'T>,
            changeBar: ReadOnlySpan<'T>,
            auxiliaryBar: ReadOnlySpan<'T>,
            zBar: Span<'T>,
            parametersBar: Span<'T>
        ) =
        let matrix = sizes.Hidden * sizes.Read
        let out = 2 * matrix + sizes.Hidden

        for h in 0 .. sizes.Hidden - 1 do
            let gate = Gated.Gate<'T, 'F>(sizes, parameters, h, z)
            let mutable gateBar: 'T = auxiliaryBar[h]
            let mutable valueBar = 'T.Zero

            if 'F.Real branches[h] > 0.0 then
                let unit: 'T = branches[h] * gate
                let mutable unitBar = 'T.Zero

                for c in 0 .. sizes.Channels - 1 do
                    let at = out + c * sizes.Hidden + h
                    unitBar <- unitBar + parameters[at] * changeBar[c]
                    parametersBar[at] <- parametersBar[at] + unit * changeBar[c]

                let ofGate: 'T = unitBar * branches[h]
                gateBar <- gateBar + ofGate
                let ofValue: 'T = unitBar * gate
                valueBar <- ofValue

            let closed: 'T = 'T.One - gate
            let slope: 'T = gate * closed
            let sumBar: 'T = gateBar * slope
            parametersBar[2 * matrix + h] <- parametersBar[2 * matrix + h] + sumBar

            for i in 0 .. sizes.Read - 1 do
                let value, given = h * sizes.Read + i, matrix + h * sizes.Read + i
                parametersBar[value] <- parametersBar[value] + valueBar * z[i]
                parametersBar[given] <- parametersBar[given] + sumBar * z[i]
                let through: 'T = parameters[value] * valueBar
                let gated: 'T = parameters[given] * sumBar
                let both: 'T = through + gated
                zBar[i] <- zBar[i] + both

/// q / (1 + q) with q = x^2 + y^2 + z^2 in place of three operators from `first` on, after all others: a length between 0
/// and 1 that no rotation changes.
[<Sealed>]
type Lengths(first: int) =
    inherit Lift($"lengths:{first}")

    static member private Squares<'T when 'T: struct and 'T :> INumberBase<'T>>
        (channels: int, linear: ReadOnlySpan<'T>, from: int)
        : 'T =
        let mutable sum = 'T.Zero

        for k in 0..2 do
            let value = linear[from + k * channels]
            sum <- sum + value * value

        sum

    override _.Width(operators, channels) =
        if operators < first + 3 then
            invalidArg "operators" $"The lengths are of three operators from {first} on, but there are {operators}."

        (operators - 2) * channels

    override _.Apply<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, linear: ReadOnlySpan<'T>, lifted: Span<'T>)
        =
        let before, after = first * channels, (first + 3) * channels
        linear.Slice(0, before).CopyTo lifted
        linear.Slice(after).CopyTo(lifted.Slice before)

        for c in 0 .. channels - 1 do
            let squares: 'T = Lengths.Squares(channels, linear, before + c)
            lifted[lifted.Length - channels + c] <- squares / ('T.One + squares)

    override _.Adjoint<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, linear: ReadOnlySpan<'T>, liftedBar: ReadOnlySpan<'T>, linearBar: Span<'T>)
        =
        let before, after = first * channels, (first + 3) * channels
        let last = liftedBar.Length - channels

        for i in 0 .. last - 1 do
            let at = if i < before then i else i - before + after
            linearBar[at] <- linearBar[at] + liftedBar[i]

        for c in 0 .. channels - 1 do
            let squares: 'T = Lengths.Squares(channels, linear, before + c)
            let rest: 'T = 'T.One + squares
            let twice: 'T = liftedBar[last + c] + liftedBar[last + c]
            let share: 'T = twice / (rest * rest)

            for k in 0..2 do
                let at = before + k * channels + c
                linearBar[at] <- linearBar[at] + share * linear[at]

/// Every other step and after the last one: the mean squared difference to a target along one direction, which the key
/// draws for each step, times the share of the steps that are done; and how far each reported value's mean over the cells
/// lies from a half.
[<Sealed>]
type Projected(target: State) =
    inherit Loss "projected"

    let direction (context: LossContext) =
        let key = Counter.subkey context.Key context.Step
        Array.init target.Channels (fun channel -> Counter.normal key (int64 channel))

    let share (context: LossContext) = float context.Step / float context.Steps / float target.Cells

    override _.Sees(step, steps) = step = steps || step % 2 = 0

    override _.Evaluate(state, auxiliary, context) =
        let direction, share = direction context, share context

        let along cell =
            Seq.sum (
                seq { for c in 0 .. state.Channels - 1 -> direction[c] * float (state[cell, c] - target[cell, c]) }
            )

        let alongs = Array.init state.Cells along
        let projection = share * Array.sumBy (fun x -> x * x) alongs

        let excess = Array.init auxiliary.Channels (fun i -> Seq.averageBy float (auxiliary.Channel i) - 0.5)

        let load = excess |> Array.sumBy (fun x -> x * x)

        { Value = projection + load
          Adjoint =
            State.Create(state.Cells, state.Channels, fun cell c -> float32 (2.0 * share * alongs[cell] * direction[c]))
          AuxiliaryAdjoint =
            State.Create(
                auxiliary.Cells,
                auxiliary.Channels,
                fun _ i -> float32 (2.0 * excess[i] / float auxiliary.Cells)
            )
          Parts = ImmutableArray.Create(struct ("projection", projection), struct ("load", load)) }

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, state: ReadOnlySpan<'T>, auxiliary: ReadOnlySpan<'T>, context: LossContext)
        : 'T =
        let direction = direction context
        let share: 'T = 'F.Of(share context)
        let reports = auxiliary.Length / target.Cells
        let mutable total = 'T.Zero

        for cell in 0 .. target.Cells - 1 do
            let mutable along = 'T.Zero

            for c in 0 .. channels - 1 do
                let wanted: 'T = 'F.Of(float target[cell, c])
                let difference: 'T = state[cell * channels + c] - wanted
                let part: 'T = 'F.Of direction[c] * difference
                along <- along + part

            let square: 'T = along * along
            let part: 'T = share * square
            total <- total + part

        for i in 0 .. reports - 1 do
            let mutable sum = 'T.Zero

            for cell in 0 .. target.Cells - 1 do
                sum <- sum + auxiliary[cell * reports + i]

            let mean: 'T = sum * 'F.Of(1.0 / float target.Cells)
            let excess: 'T = mean - 'F.Of 0.5
            let square: 'T = excess * excess
            total <- total + square

        total

/// A batch hook of one's own: cells of pooled starts lose their state, so that the rule learns to mend them.
[<Sealed>]
type Holes(share: float) =
    inherit BatchHook($"holes:{share}")

    override _.Prepare(samples, context) =
        let torn number (sample: Sample) =
            let key = Counter.subkey context.Key number
            let state = sample.Start
            let keeps cell = Counter.uniform key (int64 cell) >= share
            let value cell channel = if keeps cell then state[cell, channel] else 0.0f
            { sample with Start = State.Create(state.Cells, state.Channels, value) }

        if context.Pooled then Array.mapi torn samples else samples
