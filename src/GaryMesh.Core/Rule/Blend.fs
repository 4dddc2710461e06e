/// Two rules of one kind and size in one automaton, mixed cell by cell: grafting.
namespace GaryMesh

open System
open System.Numerics
open Microsoft.FSharp.NativeInterop
open GaryMesh.Rules
open GaryMesh.Vectors

/// The kernels of both rules, one after the other over the same rows; rows are cut into blocks one after the other.
[<Sealed>]
type private BlendKernel(inner: RuleKind, rows: RowSizes, lanes: int) =
    let sizes = { rows.Sizes with Inputs = rows.Sizes.Inputs - 1 }
    let innerRows = { rows with Sizes = sizes; UserOf = Array.truncate sizes.Read rows.UserOf }
    let a, b = RuleKernel.compile inner innerRows lanes, RuleKernel.compile inner innerRows lanes
    let count = inner.Views sizes |> Seq.sumBy _.Length
    let auxiliaries = inner.Auxiliary sizes
    let changeRow, zRow = rows.ChangeRow, rows.ZRow
    let weightAt = sizes.Read
    let block (p: P) (length: int) = NativePtr.add p length

    /// Where the blocks of so many rows begin: kept of a and b, their changes, their auxiliary values.
    let keptOf (kept: P) (padded: int) =
        let keptB = block kept (padded * a.KeptRow)
        let changeA = block keptB (padded * b.KeptRow)
        let changeB = block changeA (padded * changeRow)
        let auxiliaryA = block changeB (padded * changeRow)
        struct (kept, keptB, changeA, changeB, auxiliaryA, block auxiliaryA (padded * auxiliaries))

    let weight (z: P) row = NativePtr.get z (row * zRow + weightAt)

    let forward (z: P) count (kept: P) (scratch: P) =
        let struct (keptA, keptB, changeA, changeB, auxiliaryA, auxiliaryB) = keptOf kept (Pad.rows count)
        a.Forward(z, count, keptA, changeA, auxiliaryA, scratch)
        b.Forward(z, count, keptB, changeB, auxiliaryB, scratch)

    interface IRuleKernel with
        member _.KeptRow = a.KeptRow + b.KeptRow + 2 * changeRow + Pad.lanes (2 * auxiliaries)
        member _.ScratchRow = a.ScratchRow + changeRow + zRow + Pad.lanes auxiliaries
        member _.SumsLength = a.SumsLength + b.SumsLength

        member _.Load(parameters, step, training) =
            a.Load(parameters.Slice(0, count), step, training)
            b.Load(parameters.Slice count, step, training)

        member _.Keep(z, count, kept, scratch) = forward z count kept scratch

        member _.Forward(z, count, kept, change, auxiliary, scratch) =
            forward z count kept scratch
            let struct (_, _, changeA, changeB, auxiliaryA, auxiliaryB) = keptOf kept (Pad.rows count)

            for row in 0 .. count - 1 do
                let w = weight z row

                for at in row * changeRow .. (row + 1) * changeRow - 1 do
                    let a, b = NativePtr.get changeA at, NativePtr.get changeB at
                    NativePtr.set change at ((1.0f - w) * a + w * b)

                for i in 0 .. auxiliaries - 1 do
                    let at = row * auxiliaries + i
                    NativePtr.set auxiliary (2 * row * auxiliaries + i) (NativePtr.get auxiliaryA at)
                    NativePtr.set auxiliary ((2 * row + 1) * auxiliaries + i) (NativePtr.get auxiliaryB at)

        member _.Backward(z, count, kept, changeBar, auxiliaryBar, zBar, scratch, sums) =
            let padded = Pad.rows count
            let struct (keptA, keptB, changeA, changeB, _, _) = keptOf kept padded
            let scaled = block scratch (padded * a.ScratchRow)
            let zBarB = block scaled (padded * changeRow)
            let own = block zBarB (padded * zRow)

            let back (kernel: IRuleKernel) side kept zBar sums share =
                for row in 0 .. padded - 1 do
                    let factor = if row < count then share (weight z row) else 0.0f

                    for at in row * changeRow .. (row + 1) * changeRow - 1 do
                        NativePtr.set scaled at (factor * NativePtr.get changeBar at)

                for row in 0 .. count - 1 do
                    for i in 0 .. auxiliaries - 1 do
                        let given = NativePtr.get auxiliaryBar ((2 * row + side) * auxiliaries + i)
                        NativePtr.set own (row * auxiliaries + i) given

                kernel.Backward(z, count, kept, scaled, own, zBar, scratch, sums)

            back a 0 keptA zBar sums (fun w -> 1.0f - w)
            back b 1 keptB zBarB (block sums a.SumsLength) id

            for row in 0 .. count - 1 do
                let mutable weightBar = 0.0f

                for at in row * changeRow .. row * changeRow + sizes.Channels - 1 do
                    let difference = NativePtr.get changeB at - NativePtr.get changeA at
                    weightBar <- weightBar + difference * NativePtr.get changeBar at

                for i in 0 .. sizes.Read - 1 do
                    let at = row * zRow + i
                    NativePtr.set zBar at (NativePtr.get zBar at + NativePtr.get zBarB at)

                NativePtr.set zBar (row * zRow + weightAt) weightBar

        member _.AddTo(sums, timeStep, gradient) =
            let half = Array.zeroCreate<float> count

            let add (kernel: IRuleKernel) sums from =
                Array.Clear half
                kernel.AddTo(sums, timeStep, half)

                for i in 0 .. count - 1 do
                    gradient[from + i] <- gradient[from + i] + half[i]

            add a sums 0
            add b (block sums a.SumsLength) count

    interface IDisposable with
        member _.Dispose() =
            a.Dispose()
            b.Dispose()

/// `blend INNER`: change = (1 - w) x that of rule a + w x that of rule b, where w is the last of the cell's inputs: 0 for rule
/// a, 1 for rule b. Both are of the inner kind and read the same perception and the same inputs but the last.
///
/// Its parameters are those of a, then those of b, their parts named `a.` and `b.`; the auxiliary values likewise.
[<Sealed>]
type BlendRule
    /// A blend of two rules of the inner kind.
    (inner: RuleKind) =
    inherit RuleKind("blend " + inner.Name)

    let innerSizes (sizes: RuleSizes) = { sizes with Inputs = sizes.Inputs - 1 }
    let half (sizes: RuleSizes) = inner.Views(innerSizes sizes) |> Seq.sumBy _.Length

    /// Two rules of the inner kind.
    member _.Inner = inner

    override _.Views sizes =
        if sizes.Inputs < 1 then
            Guard.refuse $"A blend reads its weight from the last input, but the rule has no inputs."

        ParameterView.InOrder(
            seq {
                for name in [ "a."; "b." ] do
                    for view in inner.Views(innerSizes sizes) do
                        struct (name + view.Name, view.Role, view.Rows, view.Columns)
            }
        )

    override _.Initial(sizes, seed) =
        let part side = inner.Initial(innerSizes sizes, Counter.subkey seed side)
        Array.append (part 0) (part 1)

    override _.Auxiliary sizes = 2 * inner.Auxiliary(innerSizes sizes)
    override _.Branches sizes = 2 * inner.Branches(innerSizes sizes)
    override _.MultiplyAdds sizes = 2L * inner.MultiplyAdds(innerSizes sizes) + 2L * int64 sizes.Channels

    override _.Forward<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (
            sizes: RuleSizes,
            parameters: ReadOnlySpan<'T>,
            z: ReadOnlySpan<'T>,
            branches: Span<'T>,
            change: Span<'T>,
            auxiliary: Span<'T>
        ) =
        let count, own = half sizes, innerSizes sizes
        let sides, reports = branches.Length / 2, auxiliary.Length / 2
        let other = Span<'T>(Array.zeroCreate change.Length)
        let w = z[own.Read]
        let z = z.Slice(0, own.Read)

        inner.Forward<'T, 'F>(
            own,
            parameters.Slice(0, count),
            z,
            branches.Slice(0, sides),
            change,
            auxiliary.Slice(0, reports)
        )

        inner.Forward<'T, 'F>(own, parameters.Slice count, z, branches.Slice sides, other, auxiliary.Slice reports)

        let rest: 'T = 'T.One - w

        for c in 0 .. change.Length - 1 do
            let ofA: 'T = rest * change[c]
            let ofB: 'T = w * other[c]
            change[c] <- ofA + ofB

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
        let count, own = half sizes, innerSizes sizes
        let sides, reports = branches.Length / 2, auxiliaryBar.Length / 2
        let w = z[own.Read]
        let scaled = Span<'T>(Array.zeroCreate changeBar.Length)
        let change = Span<'T>(Array.zeroCreate changeBar.Length)
        let mutable weightBar = 'T.Zero

        for side in 0..1 do
            let share = if side = 0 then 'T.One - w else w
            let sign = if side = 0 then -'T.One else 'T.One

            inner.Forward<'T, 'F>(
                own,
                parameters.Slice(side * count, count),
                z.Slice(0, own.Read),
                Span<'T>(Array.zeroCreate sides),
                change,
                Span<'T>(Array.zeroCreate reports)
            )

            for c in 0 .. changeBar.Length - 1 do
                scaled[c] <- share * changeBar[c]
                let product: 'T = change[c] * changeBar[c]
                weightBar <- weightBar + sign * product

            inner.Backward<'T, 'F>(
                own,
                parameters.Slice(side * count, count),
                z.Slice(0, own.Read),
                branches.Slice(side * sides, sides),
                Span.op_Implicit scaled,
                auxiliaryBar.Slice(side * reports, reports),
                zBar.Slice(0, own.Read),
                parametersBar.Slice(side * count, count)
            )

        zBar[own.Read] <- zBar[own.Read] + weightBar

    interface IKernelSource with
        /// The engine's kernel of the blend.
        member _.Compile(rows, lanes) = new BlendKernel(inner, rows, lanes)
