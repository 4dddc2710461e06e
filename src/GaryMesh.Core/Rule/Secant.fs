/// Rules that hear bits: the derivative by a heard value is a true difference.
namespace GaryMesh

open System
open System.Numerics
open Microsoft.FSharp.NativeInterop
open GaryMesh.Rules
open GaryMesh.Vectors

/// The inner kind's kernel; on the way back it runs at both ends of what is heard.
[<Sealed>]
type private SecantKernel(heard: int, inner: RuleKind, rows: RowSizes, lanes: int) =
    let kernel = RuleKernel.compile inner rows lanes
    let channels, changeRow, zRow = rows.Sizes.Channels, rows.ChangeRow, rows.ZRow
    let auxiliaries = inner.Auxiliary rows.Sizes
    let places = Array.init heard (fun k -> Array.IndexOf(rows.UserOf, k))
    let block (p: P) (length: int) = NativePtr.add p length

    interface IRuleKernel with
        member _.KeptRow = kernel.KeptRow

        member _.ScratchRow =
            kernel.ScratchRow + zRow + kernel.KeptRow + 2 * changeRow + Pad.lanes (2 * auxiliaries)

        member _.SumsLength = kernel.SumsLength
        member _.Load(parameters, step, training) = kernel.Load(parameters, step, training)
        member _.Keep(z, count, kept, scratch) = kernel.Keep(z, count, kept, scratch)

        member _.Forward(z, count, kept, change, auxiliary, scratch) =
            kernel.Forward(z, count, kept, change, auxiliary, scratch)

        member _.Backward(z, count, kept, changeBar, auxiliaryBar, zBar, scratch, sums) =
            kernel.Backward(z, count, kept, changeBar, auxiliaryBar, zBar, scratch, sums)
            let padded = Pad.rows count
            let copy = block scratch (padded * kernel.ScratchRow)
            let keptAt = block copy (padded * zRow)
            let high = block keptAt (padded * kernel.KeptRow)
            let low = block high (padded * changeRow)
            let highAuxiliary = block low (padded * changeRow)
            let lowAuxiliary = block highAuxiliary (padded * auxiliaries)

            let difference (bar: P) (high: P) (low: P) from length =
                let mutable sum = 0.0f

                for at in from .. from + length - 1 do
                    sum <- sum + NativePtr.get bar at * (NativePtr.get high at - NativePtr.get low at)

                sum

            for place in places do
                Span<float32>(NativePtr.toVoidPtr z, padded * zRow)
                    .CopyTo(Span(NativePtr.toVoidPtr copy, padded * zRow))

                let at value change auxiliary =
                    for row in 0 .. count - 1 do
                        NativePtr.set copy (row * zRow + place) value

                    kernel.Forward(copy, count, keptAt, change, auxiliary, scratch)

                at 1.0f high highAuxiliary
                at -1.0f low lowAuxiliary

                for row in 0 .. count - 1 do
                    let ofChange = difference changeBar high low (row * changeRow) channels

                    let ofAuxiliary = difference auxiliaryBar highAuxiliary lowAuxiliary (row * auxiliaries) auxiliaries

                    NativePtr.set zBar (row * zRow + place) (0.5f * (ofChange + ofAuxiliary))

        member _.AddTo(sums, timeStep, gradient) = kernel.AddTo(sums, timeStep, gradient)

    interface IDisposable with
        member _.Dispose() = kernel.Dispose()

/// `secant:HEARD INNER`: the inner kind, whose first HEARD values read are bits, -1 or +1 (`Spoken`). It computes the same; its
/// derivative by such a value is the slope of the straight line between both ends, (g(1) - g(-1)) / 2, in place of that at the end where
/// the value lies. A unit of the rule that is silent at one end and not at the other has no derivative at the one and a wrong one at the
/// other; the difference is what hearing the other bit would change.
[<Sealed>]
type SecantRule
    /// A rule of the inner kind that hears so many bits.
    (heard: int, inner: RuleKind) =
    inherit RuleKind($"secant:{WholeNumber.text heard} {inner.Name}")
    do Guard.positive (nameof heard) "The number of bits heard" heard

    /// The kind that computes.
    member _.Inner = inner

    override _.Views sizes =
        if heard > sizes.Perceived then
            Guard.refuse $"The rule is to hear {heard} bits, but perceives {sizes.Perceived} values."

        inner.Views sizes

    override _.Initial(sizes, seed) = inner.Initial(sizes, seed)
    override _.Auxiliary sizes = inner.Auxiliary sizes
    override _.Branches sizes = inner.Branches sizes
    override _.MultiplyAdds sizes = inner.MultiplyAdds sizes

    override _.Forward<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (
            sizes: RuleSizes,
            parameters: ReadOnlySpan<'T>,
            z: ReadOnlySpan<'T>,
            branches: Span<'T>,
            change: Span<'T>,
            auxiliary: Span<'T>
        ) =
        inner.Forward<'T, 'F>(sizes, parameters, z, branches, change, auxiliary)

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
        let own = Span<'T>(Array.zeroCreate sizes.Read)

        inner.Backward<'T, 'F>(sizes, parameters, z, branches, changeBar, auxiliaryBar, own, parametersBar)

        let read = Span<'T>(z.ToArray())
        let change = Span<'T>(Array.zeroCreate changeBar.Length)
        let auxiliary = Span<'T>(Array.zeroCreate auxiliaryBar.Length)
        let sides = Span<'T>(Array.zeroCreate branches.Length)

        for k in 0 .. heard - 1 do
            own[k] <- 'T.Zero

            for value in [ 1.0; -1.0 ] do
                read[k] <- 'F.Of value
                inner.Forward<'T, 'F>(sizes, parameters, Span.op_Implicit read, sides, change, auxiliary)
                let half = 'F.Of(0.5 * value)

                for c in 0 .. change.Length - 1 do
                    let share: 'T = half * changeBar[c]
                    let part: 'T = share * change[c]
                    own[k] <- own[k] + part

                for c in 0 .. auxiliary.Length - 1 do
                    let share: 'T = half * auxiliaryBar[c]
                    let part: 'T = share * auxiliary[c]
                    own[k] <- own[k] + part

            read[k] <- z[k]

        for i in 0 .. own.Length - 1 do
            zBar[i] <- zBar[i] + own[i]

    interface IKernelSource with
        /// The engine's kernel.
        member _.Compile(rows, lanes) = new SecantKernel(heard, inner, rows, lanes)
