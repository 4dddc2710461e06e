/// A rule between a learned embedding of the cell's inputs and a learned readout of its state.
namespace GaryMesh

open System
open System.Numerics
open Microsoft.FSharp.NativeInterop
open GaryMesh.Rules
open GaryMesh.Vectors

/// Where each part of the parameters begins: E [C x I], W [M x C], w [M], then the inner kind's.
[<Struct>]
type private EmbeddedOffsets(classes: int, sizes: RuleSizes) =
    member _.Readout = sizes.Channels * sizes.Inputs
    member offsets.Bias = offsets.Readout + classes * sizes.Channels
    member offsets.Inner = offsets.Bias + classes

/// The inner kind's kernel over rows whose own state has the embedding added.
[<Sealed>]
type private EmbeddedKernel(own: int, classes: int, inner: RuleKind, rows: RowSizes, lanes: int) =
    let sizes = rows.Sizes
    let innerSizes = { sizes with Inputs = 0 }

    let innerRows =
        { rows with
            Sizes = innerSizes
            UserOf = Array.truncate innerSizes.Read rows.UserOf }

    let kernel = RuleKernel.compile inner innerRows lanes
    let offsets = EmbeddedOffsets(classes, sizes)
    let zRow, channels = rows.ZRow, sizes.Channels
    let innerReports = inner.Auxiliary innerSizes
    let reports = classes + innerReports
    let parameters = Array.zeroCreate<float32> offsets.Inner
    let ownAt = Array.init channels (fun c -> Array.IndexOf(rows.UserOf, own + c))
    let inputAt = Array.init sizes.Inputs (fun i -> Array.IndexOf(rows.UserOf, sizes.Perceived + i))
    let block (p: P) (length: int) = NativePtr.add p length
    let get (p: P) at = NativePtr.get p at
    let add (p: P) at value = NativePtr.set p at (NativePtr.get p at + value)

    /// The rows with the embedding added; nearly all inputs of a cell are zero.
    let embed (z: P) count (into: P) =
        Span<float32>(NativePtr.toVoidPtr z, Pad.rows count * zRow)
            .CopyTo(Span(NativePtr.toVoidPtr into, Pad.rows count * zRow))

        for row in 0 .. count - 1 do
            let from = row * zRow

            for i in 0 .. inputAt.Length - 1 do
                let value = get z (from + inputAt[i])

                if value <> 0.0f then
                    for c in 0 .. channels - 1 do
                        add into (from + ownAt[c]) (value * parameters[c * sizes.Inputs + i])

    let room (scratch: P) count =
        let padded = Pad.rows count
        let auxiliary = block scratch (padded * zRow)
        struct (scratch, auxiliary, block auxiliary (padded * Pad.lanes innerReports))

    interface IRuleKernel with
        member _.KeptRow = kernel.KeptRow
        member _.ScratchRow = zRow + Pad.lanes innerReports + kernel.ScratchRow
        member _.SumsLength = Pad.lanes offsets.Inner + kernel.SumsLength

        member _.Load(given, timeStep, training) =
            given.Slice(0, offsets.Inner).CopyTo(Span parameters)
            kernel.Load(given.Slice offsets.Inner, timeStep, training)

        member _.Keep(z, count, kept, scratch) =
            let struct (embedded, _, inner) = room scratch count
            embed z count embedded
            kernel.Keep(embedded, count, kept, inner)

        member _.Forward(z, count, kept, change, auxiliary, scratch) =
            let struct (embedded, reported, inner) = room scratch count
            embed z count embedded
            kernel.Forward(embedded, count, kept, change, reported, inner)

            for row in 0 .. count - 1 do
                for m in 0 .. classes - 1 do
                    let mutable sum = parameters[offsets.Bias + m]

                    for c in 0 .. channels - 1 do
                        sum <- sum + parameters[offsets.Readout + m * channels + c] * get z (row * zRow + ownAt[c])

                    NativePtr.set auxiliary (row * reports + m) sum

                for i in 0 .. innerReports - 1 do
                    NativePtr.set auxiliary (row * reports + classes + i) (get reported (row * innerReports + i))

        member _.Backward(z, count, kept, changeBar, auxiliaryBar, zBar, scratch, sums) =
            let struct (embedded, reported, innerRoom) = room scratch count
            embed z count embedded

            for row in 0 .. count - 1 do
                for i in 0 .. innerReports - 1 do
                    NativePtr.set reported (row * innerReports + i) (get auxiliaryBar (row * reports + classes + i))

            let ofInner = block sums (Pad.lanes offsets.Inner)
            kernel.Backward(embedded, count, kept, changeBar, reported, zBar, innerRoom, ofInner)

            for row in 0 .. count - 1 do
                let from = row * zRow

                for i in 0 .. inputAt.Length - 1 do
                    let value = get z (from + inputAt[i])
                    let mutable bar = 0.0f

                    for c in 0 .. channels - 1 do
                        let ofOwn = get zBar (from + ownAt[c])
                        bar <- bar + parameters[c * sizes.Inputs + i] * ofOwn

                        if value <> 0.0f then
                            add sums (c * sizes.Inputs + i) (value * ofOwn)

                    NativePtr.set zBar (from + inputAt[i]) bar

                for m in 0 .. classes - 1 do
                    let bar = get auxiliaryBar (row * reports + m)

                    if bar <> 0.0f then
                        add sums (offsets.Bias + m) bar

                        for c in 0 .. channels - 1 do
                            let at = offsets.Readout + m * channels + c
                            add sums at (bar * get z (from + ownAt[c]))
                            add zBar (from + ownAt[c]) (bar * parameters[at])

        member _.AddTo(sums, timeStep, gradient) =
            for i in 0 .. offsets.Inner - 1 do
                gradient[i] <- gradient[i] + float (get sums i)

            let ofInner = Array.zeroCreate<float>(gradient.Length - offsets.Inner)
            kernel.AddTo(block sums (Pad.lanes offsets.Inner), timeStep, ofInner)

            for i in 0 .. ofInner.Length - 1 do
                gradient[offsets.Inner + i] <- gradient[offsets.Inner + i] + ofInner[i]

    interface IDisposable with
        member _.Dispose() = kernel.Dispose()

/// `embedded:OWN:CLASSES INNER`: the inner kind between a learned embedding and a learned readout. The cell's inputs, mapped to C
/// values by `embedding.weight` [C x I], are added to the C values from position OWN of what it perceives, its own state, and the inner
/// kind reads the sum and no inputs. An input that is 1 for one word and 0 for the others makes each column the embedding of a word.
///
/// A cell reports CLASSES logits, `readout.weight` [CLASSES x C] times its state before the change plus `readout.bias`, and then what the
/// inner kind reports. `Loss.OfReports` asks a loss such as `CrossEntropy` of them.
[<Sealed>]
type EmbeddedRule
    /// <summary>A rule of the inner kind with embedding and readout.</summary>
    /// <param name="own">Position of the own state's first channel in what a cell perceives.</param>
    /// <param name="classes">Logits that a cell reports.</param>
    /// <param name="inner">The kind that computes the change.</param>
    (own: int, classes: int, inner: RuleKind) =
    inherit RuleKind($"embedded:{WholeNumber.text own}:{WholeNumber.text classes} {inner.Name}")

    do
        Guard.notNegative (nameof own) "The position of the own state" own
        Guard.positive (nameof classes) "The number of classes" classes

    let innerSizes (sizes: RuleSizes) = { sizes with Inputs = 0 }

    /// The kind that computes the change.
    member _.Inner = inner
    /// Logits that a cell reports.
    member _.Classes = classes

    override _.Views sizes =
        if own > sizes.Perceived - sizes.Channels then
            Guard.refuse
                $"The own state is to be the {sizes.Channels} values from {own} on of what a cell perceives, but it perceives {sizes.Perceived}."

        if sizes.Inputs < 1 then
            Guard.refuse $"An embedding needs inputs to embed, but the rule has none."

        ParameterView.InOrder(
            seq {
                struct ("embedding.weight", ParameterRole.Embedding, sizes.Channels, sizes.Inputs)
                struct ("readout.weight", ParameterRole.Weight, classes, sizes.Channels)
                struct ("readout.bias", ParameterRole.Bias, classes, 1)

                for view in inner.Views(innerSizes sizes) do
                    struct (view.Name, view.Role, view.Rows, view.Columns)
            }
        )

    override _.Initial(sizes, seed) =
        let offsets = EmbeddedOffsets(classes, sizes)
        let normal part scale i = float32 (scale * Counter.normal (Counter.key seed [ part ]) (int64 i))

        Array.concat
            [ Array.init offsets.Readout (normal 1 0.5)
              Array.init (classes * sizes.Channels) (normal 2 (1.0 / sqrt (float sizes.Channels)))
              Array.zeroCreate classes
              inner.Initial(innerSizes sizes, Counter.subkey seed 3) ]

    override _.Auxiliary sizes = classes + inner.Auxiliary(innerSizes sizes)
    override _.Branches sizes = inner.Branches(innerSizes sizes)

    override _.MultiplyAdds sizes =
        inner.MultiplyAdds(innerSizes sizes) + int64 sizes.Channels * int64 (sizes.Inputs + classes)

    override _.Forward<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (
            sizes: RuleSizes,
            parameters: ReadOnlySpan<'T>,
            z: ReadOnlySpan<'T>,
            branches: Span<'T>,
            change: Span<'T>,
            auxiliary: Span<'T>
        ) =
        let offsets = EmbeddedOffsets(classes, sizes)
        let read = z.Slice(0, sizes.Perceived).ToArray()

        for c in 0 .. sizes.Channels - 1 do
            for i in 0 .. sizes.Inputs - 1 do
                read[own + c] <- read[own + c] + parameters[c * sizes.Inputs + i] * z[sizes.Perceived + i]

        for m in 0 .. classes - 1 do
            let mutable sum = parameters[offsets.Bias + m]

            for c in 0 .. sizes.Channels - 1 do
                sum <- sum + parameters[offsets.Readout + m * sizes.Channels + c] * z[own + c]

            auxiliary[m] <- sum

        inner.Forward<'T, 'F>(
            innerSizes sizes,
            parameters.Slice offsets.Inner,
            ReadOnlySpan read,
            branches,
            change,
            auxiliary.Slice classes
        )

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
        let offsets = EmbeddedOffsets(classes, sizes)
        let read = z.Slice(0, sizes.Perceived).ToArray()

        for c in 0 .. sizes.Channels - 1 do
            for i in 0 .. sizes.Inputs - 1 do
                read[own + c] <- read[own + c] + parameters[c * sizes.Inputs + i] * z[sizes.Perceived + i]

        let readBar = Array.zeroCreate<'T> sizes.Perceived

        inner.Backward<'T, 'F>(
            innerSizes sizes,
            parameters.Slice offsets.Inner,
            ReadOnlySpan read,
            branches,
            changeBar,
            auxiliaryBar.Slice classes,
            Span readBar,
            parametersBar.Slice offsets.Inner
        )

        for k in 0 .. sizes.Perceived - 1 do
            zBar[k] <- zBar[k] + readBar[k]

        for c in 0 .. sizes.Channels - 1 do
            for i in 0 .. sizes.Inputs - 1 do
                let at, from = c * sizes.Inputs + i, sizes.Perceived + i
                parametersBar[at] <- parametersBar[at] + readBar[own + c] * z[from]
                zBar[from] <- zBar[from] + parameters[at] * readBar[own + c]

        for m in 0 .. classes - 1 do
            parametersBar[offsets.Bias + m] <- parametersBar[offsets.Bias + m] + auxiliaryBar[m]

            for c in 0 .. sizes.Channels - 1 do
                let at = offsets.Readout + m * sizes.Channels + c
                parametersBar[at] <- parametersBar[at] + auxiliaryBar[m] * z[own + c]
                zBar[own + c] <- zBar[own + c] + parameters[at] * auxiliaryBar[m]

    interface IKernelSource with
        /// The engine's kernel.
        member _.Compile(rows, lanes) = new EmbeddedKernel(own, classes, inner, rows, lanes)
