/// The rule of two dense layers: z -> W1 z + b1 -> ReLU -> W2 h + b2 = the change of the state.
namespace GaryMesh

open System
open System.Numerics
open Microsoft.FSharp.NativeInterop
open GaryMesh.Rules
open GaryMesh.Vectors

/// Where each part of the parameters begins: W1 [H x Read], b1 [H], W2 [C x H], b2 [C].
[<Struct>]
type private DenseOffsets(sizes: RuleSizes) =
    member _.B1 = sizes.Hidden * sizes.Read
    member _.W2 = sizes.Hidden * sizes.Read + sizes.Hidden
    member _.B2 = sizes.Hidden * sizes.Read + sizes.Hidden + sizes.Channels * sizes.Hidden
    member offsets.Count = offsets.B2 + sizes.Channels

/// W1, b1, W2, b2 packed for the kernels, W2 and b2 times the time step; gradients add up as dW1 [Read x H], dW2 [H x C],
/// db1, db2, rows filled up to what the kernel takes at a time.
[<Sealed>]
type private DenseKernel<'O, 'V when 'O: struct and 'O :> ILanes<'V>>(rows: RowSizes) =
    let sizes = rows.Sizes
    let read, hidden, channels, row = sizes.Read, sizes.Hidden, sizes.Channels, rows.ChangeRow
    let lanes = 'O.Width
    let offsets = DenseOffsets sizes
    let hiddenRow = Pad.lanes hidden
    let w1 = new Panels(read, hiddenRow, lanes)
    let w2 = new Panels(hidden, row, lanes)
    let w2Back = new Panels(channels, hiddenRow, lanes)
    let w1Back = new Panels(hidden, Pad.lanes read, lanes)
    let b1, b2 = new Buffer<float32>(int64 hiddenRow), new Buffer<float32>(int64 row)
    let zeros = new Buffer<float32>(int64 (hiddenRow + rows.ZRow))
    // Where the rows and columns of W1 and W2 begin.
    let hiddenByRead = Array.init hidden (fun h -> h * read)
    let channelByHidden = Array.init channels (fun c -> c * hidden)
    let hiddenAlone = Array.init hidden id
    let sumOfW2 = Pad.rows read * hiddenRow
    let sumOfB1 = sumOfW2 + Pad.rows hidden * row
    let sumOfB2 = sumOfB1 + hiddenRow

    let keep (z: P) count (kept: P) =
        Product.packed<'O, 'V> z rows.ZRow (Pad.rows count) w1 b1.Pointer kept hiddenRow Finish.Relu kept

    interface IRuleKernel with
        member _.KeptRow = hiddenRow
        member _.ScratchRow = hiddenRow
        member _.SumsLength = sumOfB2 + row

        member _.Load(parameters, timeStep, training) =
            let w1Of = parameters.Slice(0, offsets.B1)
            let w2Of = parameters.Slice(offsets.W2, channels * hidden)
            w1.Fill(w1Of, rows.UserOf, hiddenByRead, 1.0f)
            w2.Fill(w2Of, hiddenAlone, channelByHidden, timeStep)

            if training then
                w1Back.Fill(w1Of, hiddenByRead, rows.UserOf, 1.0f)
                w2Back.Fill(w2Of, channelByHidden, hiddenAlone, timeStep)

            for h in 0 .. hidden - 1 do
                NativePtr.set b1.Pointer h parameters[offsets.B1 + h]

            for c in 0 .. channels - 1 do
                NativePtr.set b2.Pointer c (timeStep * parameters[offsets.B2 + c])

        member _.Keep(z, count, kept, _) = keep z count kept

        member _.Forward(z, count, kept, change, _, _) =
            keep z count kept
            Product.packed<'O, 'V> kept hiddenRow (Pad.rows count) w2 b2.Pointer change row Finish.Plain kept

        member _.Backward(z, count, kept, changeBar, _, zBar, scratch, sums) =
            let padded = Pad.rows count
            let back = scratch

            Product.packed<'O, 'V> changeBar row padded w2Back zeros.Pointer back hiddenRow Finish.Gated kept

            Product.packed<'O, 'V> back hiddenRow padded w1Back zeros.Pointer zBar rows.ZRow Finish.Plain zBar

            let sum offset = NativePtr.add sums offset
            Product.addOuter<'O, 'V> z rows.ZRow (Pad.rows read) back hiddenRow hiddenRow count sums
            Product.addOuter<'O, 'V> kept hiddenRow (Pad.rows hidden) changeBar row row count (sum sumOfW2)
            Product.addRows<'O, 'V> back hiddenRow hiddenRow count (sum sumOfB1)
            Product.addRows<'O, 'V> changeBar row row count (sum sumOfB2)

        member _.AddTo(sums, timeStep, gradient) =
            let mutable row' = sums

            for z in 0 .. read - 1 do
                let user = rows.UserOf[z]

                for h in 0 .. hidden - 1 do
                    let at = h * read + user
                    gradient[at] <- gradient[at] + float (NativePtr.get row' h)

                row' <- NativePtr.add row' hiddenRow

            row' <- NativePtr.add sums sumOfW2

            for h in 0 .. hidden - 1 do
                for c in 0 .. channels - 1 do
                    let at = offsets.W2 + c * hidden + h
                    gradient[at] <- gradient[at] + timeStep * float (NativePtr.get row' c)

                row' <- NativePtr.add row' row

            for h in 0 .. hidden - 1 do
                let at = offsets.B1 + h
                gradient[at] <- gradient[at] + float (NativePtr.get sums (sumOfB1 + h))

            for c in 0 .. channels - 1 do
                let at = offsets.B2 + c
                gradient[at] <- gradient[at] + timeStep * float (NativePtr.get sums (sumOfB2 + c))

    interface IDisposable with
        member _.Dispose() =
            for part in [ w1; w2; w2Back; w1Back ] do
                (part :> IDisposable).Dispose()

            for part in [ b1; b2; zeros ] do
                (part :> IDisposable).Dispose()

/// `dense`, the rule of gary-mesh, Growing NCA and MeshNCA. Its parts are W1 [H x Read], b1 [H], W2 [C x H] and b2 [C], named
/// `fc1.weight`, `fc1.bias`, `fc2.weight` and `fc2.bias`.
///
/// It begins as Growing NCA does: W1 uniform within 1 / sqrt(Read), as PyTorch's linear layer has it, and everything else
/// zero, so that the first step changes nothing.
[<Sealed>]
type DenseRule private () =
    inherit RuleKind "dense"

    /// The kind itself: it has no settings.
    static member val Kind = DenseRule()


    override _.Views sizes =
        ParameterView.InOrder
            [ struct ("fc1.weight", ParameterRole.Weight, sizes.Hidden, sizes.Read)
              struct ("fc1.bias", ParameterRole.Bias, sizes.Hidden, 1)
              struct ("fc2.weight", ParameterRole.Weight, sizes.Channels, sizes.Hidden)
              struct ("fc2.bias", ParameterRole.Bias, sizes.Channels, 1) ]

    override _.Initial(sizes, seed) =
        let parameters = Array.zeroCreate<float32> (DenseOffsets sizes).Count
        let bound = 1.0 / sqrt (float sizes.Read)
        let key = Counter.key seed [ 0 ]

        for i in 0 .. sizes.Hidden * sizes.Read - 1 do
            parameters[i] <- float32 ((2.0 * Counter.uniform key (int64 i) - 1.0) * bound)

        parameters

    override _.Branches sizes = sizes.Hidden

    override _.MultiplyAdds sizes = int64 sizes.Hidden * int64 (sizes.Read + sizes.Channels)

    override _.Forward<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (
            sizes: RuleSizes,
            parameters: ReadOnlySpan<'T>,
            z: ReadOnlySpan<'T>,
            branches: Span<'T>,
            change: Span<'T>,
            _: Span<'T>
        ) =
        let offsets = DenseOffsets sizes

        for h in 0 .. sizes.Hidden - 1 do
            let mutable sum = parameters[offsets.B1 + h]

            for p in 0 .. sizes.Read - 1 do
                sum <- sum + parameters[h * sizes.Read + p] * z[p]

            branches[h] <- sum

        for c in 0 .. sizes.Channels - 1 do
            let mutable sum = parameters[offsets.B2 + c]

            for h in 0 .. sizes.Hidden - 1 do
                if 'F.Real branches[h] > 0.0 then
                    sum <- sum + parameters[offsets.W2 + c * sizes.Hidden + h] * branches[h]

            change[c] <- sum

    override _.Backward<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (
            sizes: RuleSizes,
            parameters: ReadOnlySpan<'T>,
            z: ReadOnlySpan<'T>,
            branches: ReadOnlySpan<'T>,
            changeBar: ReadOnlySpan<'T>,
            _: ReadOnlySpan<'T>,
            zBar: Span<'T>,
            parametersBar: Span<'T>
        ) =
        let offsets = DenseOffsets sizes

        for c in 0 .. sizes.Channels - 1 do
            parametersBar[offsets.B2 + c] <- parametersBar[offsets.B2 + c] + changeBar[c]

        for h in 0 .. sizes.Hidden - 1 do
            if 'F.Real branches[h] > 0.0 then
                let mutable aBar = 'T.Zero

                for c in 0 .. sizes.Channels - 1 do
                    let at = offsets.W2 + c * sizes.Hidden + h
                    aBar <- aBar + parameters[at] * changeBar[c]
                    parametersBar[at] <- parametersBar[at] + branches[h] * changeBar[c]

                parametersBar[offsets.B1 + h] <- parametersBar[offsets.B1 + h] + aBar

                for p in 0 .. sizes.Read - 1 do
                    let at = h * sizes.Read + p
                    parametersBar[at] <- parametersBar[at] + aBar * z[p]
                    zBar[p] <- zBar[p] + parameters[at] * aBar

    interface IKernelSource with
        /// The engine's kernel of two dense layers.
        member _.Compile(rows, lanes) =
            match lanes with
            | 16 -> new DenseKernel<Lanes512, _>(rows)
            | 8 -> new DenseKernel<Lanes256, _>(rows)
            | 4 -> new DenseKernel<Lanes128, _>(rows)
            | _ -> new DenseKernel<Scalar, _>(rows)
