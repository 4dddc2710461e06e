/// A rule's parameters as the kernels read them, and the way back for their gradient.
namespace GaryMesh.Kernels

open System
open Microsoft.FSharp.NativeInterop
open GaryMesh

/// A matrix cut into panels of columns, each panel row by row: what a tile walks through lies in one stretch.
[<Sealed>]
type internal Panels private (rows: int, columns: int, lanes: int, memory: Buffer<float32>) =
    let padded = Panels.Padded(columns, lanes)
    let panel = 3 * lanes

    new(rows: int, columns: int, lanes: int) =
        new Panels(rows, columns, lanes, new Buffer<float32>(int64 rows * int64 (Panels.Padded(columns, lanes))))

    static member private Padded(columns: int, lanes: int) = (columns + lanes - 1) / lanes * lanes

    /// The numbers that a matrix cut into panels takes up.
    static member Length(rows: int, columns: int, lanes: int) = int64 rows * int64 (Panels.Padded(columns, lanes))

    /// Panels that lie in memory of somebody else, which is long enough; they are not to be disposed of.
    static member Over(memory: Buffer<float32>, rows: int, columns: int, lanes: int) =
        new Panels(rows, columns, lanes, memory)

    member _.Rows = rows
    /// Columns with those that fill up the last vector.
    member _.Columns = padded
    /// The panel that starts at column `first`, a multiple of three vectors.
    member _.At(first: int) : P = memory.At(int64 first * int64 rows)
    /// The length of a row of the panel that starts at column `first`.
    member _.PanelWidth(first: int) = min panel (padded - first)

    /// Takes up a matrix that lies in an array: element (row, column) at rowAt[row] + columnAt[column], times `scale`.
    /// Columns past those of `columnAt` stay zero.
    member panels.Fill(source: ReadOnlySpan<float32>, rowAt: int[], columnAt: int[], scale: float32) =
        let mutable first = 0

        while first < columnAt.Length do
            let width = panels.PanelWidth first
            let filled = min width (columnAt.Length - first)
            let mutable target = panels.At first

            for row in 0 .. rows - 1 do
                let start = rowAt[row]

                for column in 0 .. filled - 1 do
                    NativePtr.set target column (scale * source[start + columnAt[first + column]])

                target <- NativePtr.add target width

            first <- first + width

    interface IDisposable with
        member _.Dispose() = (memory :> IDisposable).Dispose()

/// Sizes of a rule inside the engine.
[<Sealed>]
type internal Sizes(shape: RuleShape, layout: Layout) =
    let perceived = shape.Perceived
    let edged, own = layout.Edged.Length, layout.Own.Length

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

    /// For each position inside the engine the position in the rule's own order: edged operators come first, then the
    /// own state, then the inputs.
    member _.UserOf: int[] = userOf

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
    // Where the rows and columns of W1 [hidden x perceived] and W2 [channels x hidden] begin.
    let hiddenByPerceived = Array.init hidden (fun h -> h * perceived)
    let channelByHidden = Array.init channels (fun c -> c * hidden)
    let hiddenAlone = Array.init hidden id
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
        let w1Of = parameters.Slice(0, b1Start)
        let w2Of = parameters.Slice(w2Start, channels * hidden)
        w1.Fill(w1Of, sizes.UserOf, hiddenByPerceived, 1.0f)
        w2.Fill(w2Of, hiddenAlone, channelByHidden, timeStep)

        if training then
            w1Back.Fill(w1Of, hiddenByPerceived, sizes.UserOf, 1.0f)
            w2Back.Fill(w2Of, channelByHidden, hiddenAlone, timeStep)

        for h in 0 .. hidden - 1 do
            NativePtr.set b1.Pointer h parameters[b1Start + h]

        for c in 0 .. channels - 1 do
            NativePtr.set b2.Pointer c (timeStep * parameters[b2Start + c])

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
        let userOf = sizes.UserOf
        let mutable row = sums

        for z in 0 .. perceived - 1 do
            let user = userOf[z]

            for h in 0 .. hidden - 1 do
                let at = h * perceived + user
                gradient[at] <- gradient[at] + float (NativePtr.get row h)

            row <- NativePtr.add row sizes.HiddenRow

        let mutable row = NativePtr.add sums (w2 sizes)

        for h in 0 .. hidden - 1 do
            for c in 0 .. channels - 1 do
                let at = w2Start + c * hidden + h
                gradient[at] <- gradient[at] + timeStep * float (NativePtr.get row c)

            row <- NativePtr.add row sizes.StateRow

        let ofB1, ofB2 = NativePtr.add sums (b1 sizes), NativePtr.add sums (b2 sizes)

        for h in 0 .. hidden - 1 do
            gradient[b1Start + h] <- gradient[b1Start + h] + float (NativePtr.get ofB1 h)

        for c in 0 .. channels - 1 do
            gradient[b2Start + c] <- gradient[b2Start + c] + timeStep * float (NativePtr.get ofB2 c)
