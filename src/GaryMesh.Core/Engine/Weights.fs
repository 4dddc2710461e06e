/// A rule's parameters as the kernels read them, and the way back for their gradient.
namespace GaryMesh.Kernels

open System
open Microsoft.FSharp.NativeInterop
open GaryMesh

/// A matrix cut into panels of columns, each panel row by row: what a tile walks through lies in one stretch.
[<Sealed>]
type internal Panels(rows: int, columns: int, lanes: int) =
    let padded = (columns + lanes - 1) / lanes * lanes
    let panel = 3 * lanes
    let memory = new Buffer<float32>(int64 (rows * padded))
    member _.Rows = rows
    /// Columns with those that fill up the last vector.
    member _.Columns = padded
    /// The panel that starts at column `first`, a multiple of three vectors.
    member _.At(first: int) : P = memory.At(int64 (first * rows))
    /// The length of a row of the panel that starts at column `first`.
    member _.PanelWidth(first: int) = min panel (padded - first)

    member panels.Set(row: int, column: int, value: float32) =
        let first = column / panel * panel
        NativePtr.set (panels.At first) (row * panels.PanelWidth first + column - first) value

    interface IDisposable with
        member _.Dispose() = (memory :> IDisposable).Dispose()

/// Sizes of a rule inside the engine.
[<Sealed>]
type internal Sizes(shape: RuleShape, layout: Layout) =
    let perceived = shape.Perceived
    let edged, own = layout.Edged.Length, layout.Own.Length

    /// For each position inside the engine the position in the rule's own order: edged operators come first, then the
    /// own state, then the inputs.
    let userOf =
        let operators = Array.append layout.Edged layout.Own

        Array.init perceived (fun z ->
            let operator = z / shape.Channels

            if operator < operators.Length then
                operators[operator] * shape.Channels + z % shape.Channels
            else
                z)

    member _.Shape = shape
    member _.Channels = shape.Channels
    member _.Hidden = shape.Hidden
    member _.Inputs = shape.Inputs
    member _.Perceived = perceived
    member _.Edged = edged
    member _.Own = own
    /// Numbers from one cell's state to the next.
    member _.StateRow = Pad.lanes shape.Channels
    member _.InputRow = Pad.lanes shape.Inputs

    /// Numbers from one cell's perceived values to the next: whole vectors are stored over the last operator and the
    /// inputs, and the kernel reads eight at a time.
    member _.PerceivedRow =
        let states = (shape.Operators - 1) * shape.Channels + Pad.lanes shape.Channels
        let inputs = shape.Operators * shape.Channels + Pad.lanes shape.Inputs
        Pad.lanes (max (max states inputs) (Pad.rows perceived))

    member _.HiddenRow = Pad.lanes shape.Hidden

    /// Cells that go through the layers together: what they see, answer and change stays in the first-level cache,
    /// beside a panel of weights.
    member sizes.Tile =
        let bytes = 4 * (sizes.PerceivedRow + sizes.HiddenRow + sizes.StateRow)
        max 16 (min 64 (24576 / bytes / 8 * 8))

    member _.UserOf(z: int) = userOf[z]

/// W1, b1, W2, b2 packed for the kernels, W2 and b2 times the time step.
[<Sealed>]
type internal PackedRule(sizes: Sizes, lanes: int) =
    let perceived, hidden, channels = sizes.Perceived, sizes.Hidden, sizes.Channels
    let w1 = new Panels(perceived, sizes.HiddenRow, lanes)
    let w2 = new Panels(hidden, sizes.StateRow, lanes)
    let w2Back = new Panels(channels, sizes.HiddenRow, lanes)
    let w1Back = new Panels(hidden, Pad.lanes perceived, lanes)
    let b1 = new Buffer<float32>(int64 sizes.HiddenRow)
    let b2 = new Buffer<float32>(int64 sizes.StateRow)
    /// [perceived x hidden]
    member _.W1 = w1
    /// [hidden x channels]
    member _.W2 = w2
    /// [channels x hidden]
    member _.W2Back = w2Back
    /// [hidden x perceived]
    member _.W1Back = w1Back
    member _.B1 = b1.Pointer
    member _.B2 = b2.Pointer

    /// Takes new parameters, in the rule's own order; `training` packs what the adjoint reads, too.
    member _.Load(parameters: ReadOnlySpan<float32>, timeStep: float32, training: bool) =
        let b1Start = hidden * perceived
        let w2Start = b1Start + hidden
        let b2Start = w2Start + channels * hidden

        for z in 0 .. perceived - 1 do
            let user = sizes.UserOf z

            for h in 0 .. hidden - 1 do
                let value = parameters[h * perceived + user]
                w1.Set(z, h, value)

                if training then
                    w1Back.Set(h, z, value)

        for h in 0 .. hidden - 1 do
            NativePtr.set b1.Pointer h parameters[b1Start + h]

        for c in 0 .. channels - 1 do
            NativePtr.set b2.Pointer c (timeStep * parameters[b2Start + c])

            for h in 0 .. hidden - 1 do
                let value = timeStep * parameters[w2Start + c * hidden + h]
                w2.Set(h, c, value)

                if training then
                    w2Back.Set(c, h, value)

    interface IDisposable with
        member _.Dispose() =
            for part in [ w1; w2; w2Back; w1Back ] do
                (part :> IDisposable).Dispose()

            (b1 :> IDisposable).Dispose()
            (b2 :> IDisposable).Dispose()

/// Where the gradient of one piece of work adds up: dW1 [perceived x hidden], dW2 [hidden x channels], db1, db2, rows
/// filled up to what the kernel takes at a time.
module internal GradientSums =
    let w1 (_: Sizes) = 0
    let w2 (sizes: Sizes) = Pad.rows sizes.Perceived * sizes.HiddenRow
    let b1 (sizes: Sizes) = w2 sizes + Pad.rows sizes.Hidden * sizes.StateRow
    let b2 (sizes: Sizes) = b1 sizes + sizes.HiddenRow
    let length (sizes: Sizes) = b2 sizes + sizes.StateRow

    /// Adds the sums of one piece to a gradient in the rule's own order.
    let addTo (sizes: Sizes) (timeStep: float) (sums: P) (gradient: float[]) =
        let perceived, hidden, channels = sizes.Perceived, sizes.Hidden, sizes.Channels
        let b1Start = hidden * perceived
        let w2Start = b1Start + hidden
        let b2Start = w2Start + channels * hidden
        let at offset = float (NativePtr.get sums offset)

        let add index value = gradient[index] <- gradient[index] + value

        for z in 0 .. perceived - 1 do
            let user = sizes.UserOf z

            for h in 0 .. hidden - 1 do
                add (h * perceived + user) (at (w1 sizes + z * sizes.HiddenRow + h))

        for h in 0 .. hidden - 1 do
            add (b1Start + h) (at (b1 sizes + h))

            for c in 0 .. channels - 1 do
                add (w2Start + c * hidden + h) (timeStep * at (w2 sizes + h * sizes.StateRow + c))

        for c in 0 .. channels - 1 do
            add (b2Start + c) (timeStep * at (b2 sizes + c))
