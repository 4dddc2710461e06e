/// A mixture of experts: of several rules of two dense layers each cell runs the few that a router picks for it.
namespace GaryMesh

open System
open System.Numerics
open Microsoft.FSharp.NativeInterop
open GaryMesh.Rules
open GaryMesh.Vectors

/// Where each part of the parameters begins: the router R [K x Read], r [K], then of all experts W1 [K H x Read], b1 [K H],
/// W2 [K C x H], b2 [K C].
[<Struct>]
type private MixtureOffsets(experts: int, sizes: RuleSizes) =
    member _.Bias = experts * sizes.Read
    member offsets.W1 = offsets.Bias + experts
    member offsets.B1 = offsets.W1 + experts * sizes.Hidden * sizes.Read
    member offsets.W2 = offsets.B1 + experts * sizes.Hidden
    member offsets.B2 = offsets.W2 + experts * sizes.Channels * sizes.Hidden

    /// The four parts of one expert: where each begins, and its length.
    member offsets.Parts(expert: int) =
        let part from length = struct (from + expert * length, length)

        [| part offsets.W1 (sizes.Hidden * sizes.Read)
           part offsets.B1 sizes.Hidden
           part offsets.W2 (sizes.Channels * sizes.Hidden)
           part offsets.B2 sizes.Channels |]

module private Routing =
    /// The experts chosen, exactly `top` of them whatever the logits, and the weight of each: softmax over the greatest logits, of equal
    /// ones the first; 0 for the others.
    let gates<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (top: int)
        (logits: ReadOnlySpan<'T>)
        (chosen: Span<bool>)
        (gates: Span<'T>)
        =
        chosen.Clear()
        gates.Clear()
        let mutable most = 0.0

        for rank in 1..top do
            let mutable best = -1

            for e in 0 .. logits.Length - 1 do
                if not chosen[e] && (best < 0 || 'F.Real logits[e] > 'F.Real logits[best]) then
                    best <- e

            chosen[best] <- true

            if rank = 1 then
                most <- 'F.Real logits[best]

        let shift = 'F.Of most
        let mutable total = 'T.Zero

        for e in 0 .. logits.Length - 1 do
            if chosen[e] then
                gates[e] <- 'F.Exp(logits[e] - shift)
                total <- total + gates[e]

        for e in 0 .. logits.Length - 1 do
            if chosen[e] then
                gates[e] <- gates[e] / total

    /// Softmax over all logits.
    let probabilities<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (logits: ReadOnlySpan<'T>)
        (probabilities: Span<'T>)
        =
        let mutable most = 'F.Real logits[0]

        for e in 1 .. logits.Length - 1 do
            most <- max most ('F.Real logits[e])

        let shift = 'F.Of most
        let mutable total = 'T.Zero

        for e in 0 .. logits.Length - 1 do
            probabilities[e] <- 'F.Exp(logits[e] - shift)
            total <- total + probabilities[e]

        for e in 0 .. logits.Length - 1 do
            probabilities[e] <- probabilities[e] / total

    /// Adds to `bar` the adjoint of a softmax by its logits, given what came out and the adjoint of that.
    let softmaxAdjoint<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (out: ReadOnlySpan<'T>)
        (outBar: ReadOnlySpan<'T>)
        (bar: Span<'T>)
        =
        let mutable mean = 'T.Zero

        for e in 0 .. out.Length - 1 do
            let part: 'T = out[e] * outBar[e]
            mean <- mean + part

        for e in 0 .. out.Length - 1 do
            let centred: 'T = outBar[e] - mean
            let part: 'T = out[e] * centred
            bar[e] <- bar[e] + part

/// The router as one product for all rows; then each expert's dense kernel over the rows that chose it, gathered. What is kept are
/// the logits; the way back runs the experts again.
[<Sealed>]
type private MixtureKernel<'O, 'V when 'O: struct and 'O :> ILanes<'V>>(top: int, experts: int, rows: RowSizes) =
    let sizes = rows.Sizes
    let read = sizes.Read
    let zRow, changeRow, logitRow = rows.ZRow, rows.ChangeRow, Pad.lanes experts
    let offsets = MixtureOffsets(experts, sizes)
    let kernels = Array.init experts (fun _ -> RuleKernel.compile DenseRule.Kind rows 'O.Width)
    let own = Array.init experts offsets.Parts
    let ownLength = own[0] |> Seq.sumBy (fun struct (_, length) -> length)
    let router = new Panels(read, logitRow, 'O.Width)
    let routerBack = new Panels(experts, Pad.lanes read, 'O.Width)
    let bias, zeros = new Buffer<float32>(int64 logitRow), new Buffer<float32>(int64 zRow)
    let expertByRead = Array.init experts (fun e -> e * read)
    let sumOfBias = Pad.rows read * logitRow
    let sumOfExperts = sumOfBias + logitRow
    let block (p: P) (length: int) = NativePtr.add p length
    let span (p: P) (length: int) = Span<float32>(NativePtr.toVoidPtr p, length)
    let row (p: P) (width: int) i = span (NativePtr.add p (i * width)) width

    let route (z: P) count (logits: P) =
        Product.packed<'O, 'V> z zRow (Pad.rows count) router bias.Pointer logits logitRow Finish.Plain logits

    /// The weights of the experts, -1 for those that a row did not choose.
    let weigh count (logits: P) (gates: P) =
        let chosen = Span<bool>(Array.zeroCreate experts)

        for i in 0 .. count - 1 do
            let own = (row gates logitRow i).Slice(0, experts)
            let given = Span.op_Implicit ((row logits logitRow i).Slice(0, experts))
            Routing.gates<float32, Singles> top given chosen own

            for e in 0 .. experts - 1 do
                if not chosen[e] then
                    own[e] <- -1.0f

    let weightOf (gates: P) i e = NativePtr.get gates (i * logitRow + e)

    /// The rows of z that chose an expert one after the other, and their number.
    let gather (z: P) count (gates: P) e (into: P) =
        let mutable taken = 0

        for i in 0 .. count - 1 do
            if weightOf gates i e >= 0.0f then
                (row z zRow i).CopyTo(row into zRow taken)
                taken <- taken + 1

        for i in taken .. Pad.rows taken - 1 do
            (row into zRow i).Clear()

        taken

    /// Room of a worker: gathered z, their adjoints, changes, scaled adjoints of changes, kept, the kernel's own, weights, their adjoints.
    let room (scratch: P) count =
        let padded = Pad.rows count
        let zBar = block scratch (padded * zRow)
        let change = block zBar (padded * zRow)
        let scaled = block change (padded * changeRow)
        let kept = block scaled (padded * changeRow)
        let inner = block kept (padded * kernels[0].KeptRow)
        let gates = block inner (padded * kernels[0].ScratchRow)
        struct (scratch, zBar, change, scaled, kept, inner, gates, block gates (padded * logitRow))

    interface IRuleKernel with
        member _.KeptRow = logitRow

        member _.ScratchRow = 2 * (zRow + changeRow + logitRow) + kernels[0].KeptRow + kernels[0].ScratchRow

        member _.SumsLength = sumOfExperts + experts * kernels[0].SumsLength

        member _.Load(parameters, timeStep, training) =
            router.Fill(parameters, rows.UserOf, expertByRead, 1.0f)

            if training then
                routerBack.Fill(parameters, expertByRead, rows.UserOf, 1.0f)

            for e in 0 .. experts - 1 do
                NativePtr.set bias.Pointer e parameters[offsets.Bias + e]
                let mine = Array.zeroCreate<float32> ownLength
                let mutable at = 0

                for struct (from, length) in own[e] do
                    parameters.Slice(from, length).CopyTo(Span(mine, at, length))
                    at <- at + length

                kernels[e].Load(ReadOnlySpan mine, timeStep, training)

        member _.Keep(z, count, kept, _) = route z count kept

        member _.Forward(z, count, kept, change, auxiliary, scratch) =
            route z count kept
            let struct (taken, _, changes, _, keptOf, inner, gates, _) = room scratch count
            weigh count kept gates
            (span change (Pad.rows count * changeRow)).Clear()

            for e in 0 .. experts - 1 do
                let chosen = gather z count gates e taken

                if chosen > 0 then
                    kernels[e].Forward(taken, chosen, keptOf, changes, auxiliary, inner)
                    let mutable from = 0

                    for i in 0 .. count - 1 do
                        let weight = weightOf gates i e

                        if weight >= 0.0f then
                            let sum = row change changeRow i
                            let part = row changes changeRow from

                            for c in 0 .. changeRow - 1 do
                                sum[c] <- sum[c] + weight * part[c]

                            from <- from + 1

            for i in 0 .. count - 1 do
                Routing.probabilities<float32, Singles>
                    (Span.op_Implicit ((row kept logitRow i).Slice(0, experts)))
                    (span (block auxiliary (i * experts)) experts)

        member _.Backward(z, count, kept, changeBar, auxiliaryBar, zBar, scratch, sums) =
            let struct (taken, takenBar, changes, scaled, keptOf, inner, gates, bars) = room scratch count
            weigh count kept gates
            (span bars (Pad.rows count * logitRow)).Clear()
            (span zBar (Pad.rows count * zRow)).Clear()

            for e in 0 .. experts - 1 do
                let chosen = gather z count gates e taken

                if chosen > 0 then
                    kernels[e].Forward(taken, chosen, keptOf, changes, auxiliaryBar, inner)
                    (span scaled (Pad.rows chosen * changeRow)).Clear()
                    let mutable from = 0

                    for i in 0 .. count - 1 do
                        let weight = weightOf gates i e

                        if weight >= 0.0f then
                            let given = row changeBar changeRow i
                            let answer = row changes changeRow from
                            let into = row scaled changeRow from
                            let mutable sum = 0.0f

                            for c in 0 .. sizes.Channels - 1 do
                                sum <- sum + given[c] * answer[c]
                                into[c] <- weight * given[c]

                            NativePtr.set bars (i * logitRow + e) sum
                            from <- from + 1

                    kernels[e]
                        .Backward(
                            taken,
                            chosen,
                            keptOf,
                            scaled,
                            auxiliaryBar,
                            takenBar,
                            inner,
                            block sums (sumOfExperts + e * kernels[e].SumsLength)
                        )

                    from <- 0

                    for i in 0 .. count - 1 do
                        if weightOf gates i e >= 0.0f then
                            let sum = row zBar zRow i
                            let part = row takenBar zRow from

                            for k in 0 .. read - 1 do
                                sum[k] <- sum[k] + part[k]

                            from <- from + 1

            // From the weights' adjoints to the logits'.
            let found = Span<float32>(Array.zeroCreate experts)
            let out = Span<float32>(Array.zeroCreate experts)

            for i in 0 .. count - 1 do
                let bar = (row bars logitRow i).Slice(0, experts)
                let weights = (row gates logitRow i).Slice(0, experts)

                for e in 0 .. experts - 1 do
                    weights[e] <- max 0.0f weights[e]

                found.Clear()
                Routing.softmaxAdjoint<float32, Singles> (Span.op_Implicit weights) (Span.op_Implicit bar) found
                Routing.probabilities<float32, Singles> (Span.op_Implicit ((row kept logitRow i).Slice(0, experts))) out
                let reported = span (block auxiliaryBar (i * experts)) experts
                Routing.softmaxAdjoint<float32, Singles> (Span.op_Implicit out) (Span.op_Implicit reported) found
                found.CopyTo bar

            Product.packed<'O, 'V>
                bars
                logitRow
                (Pad.rows count)
                routerBack
                zeros.Pointer
                takenBar
                zRow
                Finish.Plain
                takenBar

            for i in 0 .. count - 1 do
                let sum = row zBar zRow i
                let part = row takenBar zRow i

                for k in 0 .. read - 1 do
                    sum[k] <- sum[k] + part[k]

            Product.addOuter<'O, 'V> z zRow (Pad.rows read) bars logitRow logitRow count sums
            Product.addRows<'O, 'V> bars logitRow logitRow count (block sums sumOfBias)

        member _.AddTo(sums, timeStep, gradient) =
            for z in 0 .. read - 1 do
                for e in 0 .. experts - 1 do
                    let at = e * read + rows.UserOf[z]
                    gradient[at] <- gradient[at] + float (NativePtr.get sums (z * logitRow + e))

            for e in 0 .. experts - 1 do
                let at = offsets.Bias + e
                gradient[at] <- gradient[at] + float (NativePtr.get sums (sumOfBias + e))
                let mine = Array.zeroCreate<float> ownLength
                kernels[e].AddTo(block sums (sumOfExperts + e * kernels[e].SumsLength), timeStep, mine)
                let mutable from = 0

                for struct (first, length) in own[e] do
                    for i in 0 .. length - 1 do
                        gradient[first + i] <- gradient[first + i] + mine[from + i]

                    from <- from + length

    interface IDisposable with
        member _.Dispose() =
            for kernel in kernels do
                kernel.Dispose()

            for part in [ router; routerBack ] do
                (part :> IDisposable).Dispose()

            for part in [ bias; zeros ] do
                (part :> IDisposable).Dispose()

/// `mixture:TOP:EXPERTS`: several experts, each two dense layers, of which a cell runs the few with the greatest logits of a router, a
/// linear map of what it reads; of equal logits the first ones. Its change is the sum of theirs, weighted by the softmax over the chosen
/// (Shazeer et al., ICLR 2017, without noise).
///
/// A cell reports the softmax over all logits, one probability an expert, which `LoadBalance` looks at. Its parts are
/// `router.weight` [K x Read], `router.bias` [K], and of all experts one below the other `fc1.weight` [K H x Read], `fc1.bias`,
/// `fc2.weight` [K C x H] and `fc2.bias`. It jumps where the least logit that is chosen equals the greatest that is not; no derivative
/// knows of that. The router and the first layers begin as dense ones do, the rest at zero.
[<Sealed>]
type MixtureRule
    /// <summary>So many of so many experts.</summary>
    /// <exception cref="T:System.ArgumentException">More are to run than there are.</exception>
    (top: int, experts: int) =
    inherit RuleKind($"mixture:{WholeNumber.text top}:{WholeNumber.text experts}")

    do
        Guard.positive (nameof top) "The number of experts that a cell runs" top

        if top > experts then
            Guard.refuse $"A cell is to run {top} experts, but the mixture has {experts}."

    /// K: number of experts.
    member _.Experts = experts
    /// Experts that a cell runs.
    member _.Top = top

    override _.Views sizes =
        if int64 experts * int64 (max sizes.Hidden sizes.Channels) > int64 Int32.MaxValue then
            Guard.refuse
                $"{experts} experts of {sizes.Hidden} hidden units and {sizes.Channels} channels are more than one matrix can hold."

        ParameterView.InOrder
            [ struct ("router.weight", ParameterRole.Router, experts, sizes.Read)
              struct ("router.bias", ParameterRole.Bias, experts, 1)
              struct ("fc1.weight", ParameterRole.Weight, experts * sizes.Hidden, sizes.Read)
              struct ("fc1.bias", ParameterRole.Bias, experts * sizes.Hidden, 1)
              struct ("fc2.weight", ParameterRole.Weight, experts * sizes.Channels, sizes.Hidden)
              struct ("fc2.bias", ParameterRole.Bias, experts * sizes.Channels, 1) ]

    override rule.Initial(sizes, seed) =
        let parameters = Array.zeroCreate<float32>(rule.Views sizes |> Seq.sumBy _.Length)
        let bound = 1.0 / sqrt (float sizes.Read)

        for view in rule.Views sizes do
            if view.Name = "router.weight" || view.Name = "fc1.weight" then
                let key = Counter.key seed [ view.Offset ]

                for i in 0 .. view.Length - 1 do
                    parameters[view.Offset + i] <- float32 ((2.0 * Counter.uniform key (int64 i) - 1.0) * bound)

        parameters

    override _.Auxiliary _ = experts
    override _.Branches sizes = experts + top * sizes.Hidden

    override _.MultiplyAdds sizes =
        int64 experts * int64 sizes.Read
        + int64 top * int64 sizes.Hidden * int64 (sizes.Read + sizes.Channels)

    override _.Forward<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (
            sizes: RuleSizes,
            parameters: ReadOnlySpan<'T>,
            z: ReadOnlySpan<'T>,
            branches: Span<'T>,
            change: Span<'T>,
            auxiliary: Span<'T>
        ) =
        let offsets = MixtureOffsets(experts, sizes)
        let logits = branches.Slice(0, experts)

        for e in 0 .. experts - 1 do
            let mutable sum = parameters[offsets.Bias + e]

            for i in 0 .. sizes.Read - 1 do
                sum <- sum + parameters[e * sizes.Read + i] * z[i]

            logits[e] <- sum

        let chosen = Span<bool>(Array.zeroCreate experts)
        let gates = Span<'T>(Array.zeroCreate experts)
        Routing.gates<'T, 'F> top (Span.op_Implicit logits) chosen gates
        Routing.probabilities<'T, 'F> (Span.op_Implicit logits) auxiliary
        change.Clear()
        let mutable from = experts

        for e in 0 .. experts - 1 do
            if chosen[e] then
                let units = branches.Slice(from, sizes.Hidden)
                from <- from + sizes.Hidden

                for h in 0 .. sizes.Hidden - 1 do
                    let mutable sum = parameters[offsets.B1 + e * sizes.Hidden + h]
                    let row = offsets.W1 + (e * sizes.Hidden + h) * sizes.Read

                    for i in 0 .. sizes.Read - 1 do
                        sum <- sum + parameters[row + i] * z[i]

                    units[h] <- sum

                for c in 0 .. sizes.Channels - 1 do
                    let mutable sum = parameters[offsets.B2 + e * sizes.Channels + c]
                    let row = offsets.W2 + (e * sizes.Channels + c) * sizes.Hidden

                    for h in 0 .. sizes.Hidden - 1 do
                        if 'F.Real units[h] > 0.0 then
                            sum <- sum + parameters[row + h] * units[h]

                    change[c] <- change[c] + gates[e] * sum

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
        let offsets = MixtureOffsets(experts, sizes)
        let logits = branches.Slice(0, experts)
        let chosen = Span<bool>(Array.zeroCreate experts)
        let gates = Span<'T>(Array.zeroCreate experts)
        Routing.gates<'T, 'F> top logits chosen gates
        let gateBar = Span<'T>(Array.zeroCreate experts)
        let logitBar = Span<'T>(Array.zeroCreate experts)
        let mutable from = experts

        for e in 0 .. experts - 1 do
            if chosen[e] then
                let units = branches.Slice(from, sizes.Hidden)
                from <- from + sizes.Hidden

                for c in 0 .. sizes.Channels - 1 do
                    let bias = offsets.B2 + e * sizes.Channels + c
                    let share: 'T = gates[e] * changeBar[c]
                    parametersBar[bias] <- parametersBar[bias] + share
                    let mutable answer = parameters[bias]

                    for h in 0 .. sizes.Hidden - 1 do
                        if 'F.Real units[h] > 0.0 then
                            let at = offsets.W2 + (e * sizes.Channels + c) * sizes.Hidden + h
                            answer <- answer + parameters[at] * units[h]
                            parametersBar[at] <- parametersBar[at] + units[h] * share

                    gateBar[e] <- gateBar[e] + answer * changeBar[c]

                for h in 0 .. sizes.Hidden - 1 do
                    if 'F.Real units[h] > 0.0 then
                        let mutable unitBar = 'T.Zero

                        for c in 0 .. sizes.Channels - 1 do
                            let at = offsets.W2 + (e * sizes.Channels + c) * sizes.Hidden + h
                            unitBar <- unitBar + parameters[at] * changeBar[c]

                        let unitBar: 'T = gates[e] * unitBar
                        let bias = offsets.B1 + e * sizes.Hidden + h
                        parametersBar[bias] <- parametersBar[bias] + unitBar

                        for i in 0 .. sizes.Read - 1 do
                            let at = offsets.W1 + (e * sizes.Hidden + h) * sizes.Read + i
                            parametersBar[at] <- parametersBar[at] + unitBar * z[i]
                            zBar[i] <- zBar[i] + parameters[at] * unitBar

        Routing.softmaxAdjoint<'T, 'F> (Span.op_Implicit gates) (Span.op_Implicit gateBar) logitBar
        Routing.probabilities<'T, 'F> logits gates
        Routing.softmaxAdjoint<'T, 'F> (Span.op_Implicit gates) auxiliaryBar logitBar

        for e in 0 .. experts - 1 do
            parametersBar[offsets.Bias + e] <- parametersBar[offsets.Bias + e] + logitBar[e]

            for i in 0 .. sizes.Read - 1 do
                let at = e * sizes.Read + i
                parametersBar[at] <- parametersBar[at] + logitBar[e] * z[i]
                zBar[i] <- zBar[i] + parameters[at] * logitBar[e]

    interface IKernelSource with
        /// The engine's kernel of the mixture.
        member _.Compile(rows, lanes) =
            match lanes with
            | 16 -> new MixtureKernel<Lanes512, _>(top, experts, rows)
            | 8 -> new MixtureKernel<Lanes256, _>(top, experts, rows)
            | 4 -> new MixtureKernel<Lanes128, _>(top, experts, rows)
            | _ -> new MixtureKernel<Scalar, _>(top, experts, rows)
