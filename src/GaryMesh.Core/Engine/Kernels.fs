/// The passes over a stretch of cells that steps and their adjoints are made of, for one vector width.
namespace GaryMesh.Kernels

open System
open System.Numerics
open System.Runtime.Intrinsics
open Microsoft.FSharp.NativeInterop
open GaryMesh

/// Buffers of one worker, one tile of cells long.
[<Sealed>]
type internal Scratch(sizes: Sizes, stretch: int) =
    let fired = new Buffer<int>(int64 (Pad.rows stretch))
    let z = new Buffer<float32>(int64 (sizes.Tile * sizes.PerceivedRow))
    let hidden = new Buffer<float32>(int64 (sizes.Tile * sizes.HiddenRow))
    let hiddenBack = new Buffer<float32>(int64 (sizes.Tile * sizes.HiddenRow))
    let change = new Buffer<float32>(int64 (sizes.Tile * sizes.StateRow))
    /// The cells of the stretch that fire.
    member _.Fired = fired.Pointer
    member _.Z = z.Pointer
    member _.Hidden = hidden.Pointer
    member _.HiddenBack = hiddenBack.Pointer
    member _.Change = change.Pointer

    interface IDisposable with
        member _.Dispose() =
            (fired :> IDisposable).Dispose()

            for part in [ z; hidden; hiddenBack; change ] do
                (part :> IDisposable).Dispose()

/// What the rule saw and how it answered at one step, kept for the way back: a row for each cell that fired, those of a
/// stretch from the row of its first cell on. Null where they are computed again.
[<Struct>]
type internal Kept = { Z: P; Hidden: P }

/// A prepared automaton: everything the kernels read that does not change from step to step.
[<Sealed>]
type internal Plan(layout: Layout, sizes: Sizes, rule: PackedRule, gate: Gate) =
    let zeros = new Buffer<float32>(int64 (sizes.HiddenRow + sizes.PerceivedRow))

    let mask =
        Buffer.ofArray (Array.init sizes.StateRow (fun channel -> if channel < sizes.Channels then 1.0f else 0.0f))

    member _.Layout = layout
    member _.Sizes = sizes
    member _.Rule = rule
    member _.Gate = gate
    member _.Zeros = zeros.Pointer
    member _.ChannelMask = mask.Pointer

    interface IDisposable with
        member _.Dispose() =
            (zeros :> IDisposable).Dispose()
            (mask :> IDisposable).Dispose()

/// The passes, over the cells from `first` to `last` - 1; `first` is a multiple of 64. Masks have 64 cells a word.
type internal IKernels =
    /// Numbers in a vector.
    abstract Lanes: int

    /// after = before + change where `firing` (by place) is set. Keeps z and hidden where `kept` is given.
    abstract Forward:
        plan: Plan *
        scratch: Scratch *
        before: P *
        after: P *
        inputs: P *
        firing: nativeptr<uint64> *
        kept: Kept *
        first: int *
        last: int ->
            unit

    /// From the adjoint after a step: dz of every cell that fired into the rows of the stretch, their slots, and the
    /// gradient of the rule added to `sums`. `dz` and `slot` are the whole graph's.
    abstract BackwardRule:
        plan: Plan *
        scratch: Scratch *
        before: P *
        inputs: P *
        firing: nativeptr<uint64> *
        kept: Kept *
        adjoint: P *
        dz: P *
        zeroRow: int *
        slot: nativeptr<int> *
        sums: P *
        first: int *
        last: int ->
            unit

    /// From dz: the adjoint before the step.
    abstract BackwardState:
        plan: Plan * adjoint: P * dz: P * slot: nativeptr<int> * out: P * first: int * last: int -> unit

module internal Passes =
    /// Lists the cells of the stretch whose bit is set.
    let collect (firing: nativeptr<uint64>) (first: int) (last: int) (fired: nativeptr<int>) =
        let mutable count = 0

        for word in first >>> 6 .. (last - 1) >>> 6 do
            let mutable bits = NativePtr.get firing word
            let start = word <<< 6

            while bits <> 0UL do
                NativePtr.set fired count (start + BitOperations.TrailingZeroCount bits)
                count <- count + 1
                bits <- bits &&& (bits - 1UL)

        count

    /// The bits of the stretch by place from those by the user's cell.
    let place (order: int[] | null) (byUser: uint64[]) (byPlace: nativeptr<uint64>) (first: int) (last: int) =
        match order with
        | null ->
            for word in first >>> 6 .. (last - 1) >>> 6 do
                NativePtr.set byPlace word byUser[word]
        | order ->
            for word in first >>> 6 .. (last - 1) >>> 6 do
                let start = word <<< 6
                let mutable bits = 0UL

                for bit in 0 .. min 63 (last - 1 - start) do
                    let cell = order[start + bit]
                    bits <- bits ||| (((byUser[cell >>> 6] >>> (cell &&& 63)) &&& 1UL) <<< bit)

                NativePtr.set byPlace word bits

    /// Which cells of the stretch live: they or a neighbour have the gate's channel above its threshold.
    let alive
        (layout: Layout)
        (stateRow: int)
        (channel: int)
        (threshold: float32)
        (state: P)
        (first: int)
        (last: int)
        (mask: nativeptr<uint64>)
        =
        let rows = layout.Forward
        let mature cell = NativePtr.get state (cell * stateRow + channel) > threshold

        for word in first >>> 6 .. (last - 1) >>> 6 do
            let start = word <<< 6
            let mutable bits = 0UL

            for bit in 0 .. min 63 (last - 1 - start) do
                let cell = start + bit
                let mutable living = mature cell
                let mutable edge = NativePtr.get rows.Start cell

                while not living && edge < NativePtr.get rows.Start (cell + 1) do
                    living <- mature (NativePtr.get rows.Joined edge)
                    edge <- edge + 1

                if living then
                    bits <- bits ||| (1UL <<< bit)

            NativePtr.set mask word bits

    /// Sets the rows of the stretch to zero where the mask is not set.
    let clear (mask: nativeptr<uint64>) (row: int) (values: P) (first: int) (last: int) =
        for word in first >>> 6 .. (last - 1) >>> 6 do
            let start = word <<< 6
            let mutable dead = ~~~(NativePtr.get mask word)

            if last - start < 64 then
                dead <- dead &&& ((1UL <<< (last - start)) - 1UL)

            while dead <> 0UL do
                let cell = start + BitOperations.TrailingZeroCount dead
                Span<float32>(NativePtr.toVoidPtr (NativePtr.add values (cell * row)), row).Clear()
                dead <- dead &&& (dead - 1UL)

[<Sealed>]
type internal Kernels<'O, 'V when 'O: struct and 'O :> ILanes<'V>>() =
    static let isNull (p: P) = NativePtr.toNativeInt p = 0n

    /// Perceives `count` cells and lets the hidden layer answer.
    static member private Answer(plan: Plan, before, inputs, fired: nativeptr<int>, count: int, z: P, hidden: P) =
        let sizes = plan.Sizes

        Cells.perceive<'O, 'V> plan.Layout sizes before inputs fired count z

        Product.packed<'O, 'V>
            z
            sizes.PerceivedRow
            (Pad.rows count)
            plan.Rule.W1
            plan.Rule.B1
            hidden
            sizes.HiddenRow
            Finish.Relu
            hidden

    interface IKernels with
        member _.Lanes = 'O.Width

        member _.Forward(plan, scratch, before, after, inputs, firing, kept, first, last) =
            let sizes = plan.Sizes
            let row = sizes.StateRow
            // The whole stretch, fired cells too: a plain copy brings the rows that are read next into the cache.
            let at = first * row
            let length = (last - first) * row

            Span<float32>(NativePtr.toVoidPtr (NativePtr.add before at), length)
                .CopyTo(Span<float32>(NativePtr.toVoidPtr (NativePtr.add after at), length))

            let count = Passes.collect firing first last scratch.Fired
            let mutable done' = 0

            while done' < count do
                let tile = min sizes.Tile (count - done')
                let fired = NativePtr.add scratch.Fired done'
                let kept' = not (isNull kept.Z)

                let z =
                    if kept' then
                        NativePtr.add kept.Z ((first + done') * sizes.PerceivedRow)
                    else
                        scratch.Z

                let hidden =
                    if kept' then
                        NativePtr.add kept.Hidden ((first + done') * sizes.HiddenRow)
                    else
                        scratch.Hidden

                Kernels<'O, 'V>.Answer(plan, before, inputs, fired, tile, z, hidden)

                Product.packed<'O, 'V>
                    hidden
                    sizes.HiddenRow
                    (Pad.rows tile)
                    plan.Rule.W2
                    plan.Rule.B2
                    scratch.Change
                    row
                    Finish.Plain
                    hidden

                for i in 0 .. tile - 1 do
                    let own = NativePtr.get fired i * row
                    let mutable channel = 0

                    while channel < row do
                        let change = 'O.Load(NativePtr.add scratch.Change (i * row + channel))
                        let was = 'O.Load(NativePtr.add before (own + channel))
                        'O.Store('O.Add(was, change), NativePtr.add after (own + channel))
                        channel <- channel + 'O.Width

                done' <- done' + tile

        member _.BackwardRule
            (plan, scratch, before, inputs, firing, kept, adjoint, dz, zeroRow, slot, sums, first, last)
            =
            let sizes = plan.Sizes
            let row = sizes.StateRow
            let perceivedRows, hiddenRows = Pad.rows sizes.Perceived, Pad.rows sizes.Hidden

            for cell in first .. last - 1 do
                NativePtr.set slot cell zeroRow

            let count = Passes.collect firing first last scratch.Fired
            let mutable done' = 0

            while done' < count do
                let tile = min sizes.Tile (count - done')
                let fired = NativePtr.add scratch.Fired done'
                let start = first + done'

                let struct (z, hidden) =
                    if isNull kept.Z then
                        Kernels<'O, 'V>.Answer(plan, before, inputs, fired, tile, scratch.Z, scratch.Hidden)
                        struct (scratch.Z, scratch.Hidden)
                    else
                        struct (NativePtr.add kept.Z (start * sizes.PerceivedRow),
                                NativePtr.add kept.Hidden (start * sizes.HiddenRow))

                let change = scratch.Change

                for i in 0 .. tile - 1 do
                    let cell = NativePtr.get fired i
                    NativePtr.set slot cell (start + i)
                    let mutable channel = 0

                    while channel < row do
                        'O
                            .Store(
                                'O.Load(NativePtr.add adjoint (cell * row + channel)),
                                NativePtr.add change (i * row + channel)
                            )

                        channel <- channel + 'O.Width

                let rows = Pad.rows tile

                Product.packed<'O, 'V>
                    change
                    row
                    rows
                    plan.Rule.W2Back
                    plan.Zeros
                    scratch.HiddenBack
                    sizes.HiddenRow
                    Finish.Gated
                    hidden

                let dz =
                    NativePtr.ofNativeInt (
                        NativePtr.toNativeInt dz + nativeint start * nativeint (4 * sizes.PerceivedRow)
                    )

                Product.packed<'O, 'V>
                    scratch.HiddenBack
                    sizes.HiddenRow
                    rows
                    plan.Rule.W1Back
                    plan.Zeros
                    dz
                    sizes.PerceivedRow
                    Finish.Plain
                    dz

                let sum offset = NativePtr.add sums (offset sizes)
                let back = scratch.HiddenBack

                Product.addOuter<'O, 'V>
                    z
                    sizes.PerceivedRow
                    perceivedRows
                    back
                    sizes.HiddenRow
                    sizes.HiddenRow
                    tile
                    (sum GradientSums.w1)

                Product.addOuter<'O, 'V> hidden sizes.HiddenRow hiddenRows change row row tile (sum GradientSums.w2)
                Product.addRows<'O, 'V> back sizes.HiddenRow sizes.HiddenRow tile (sum GradientSums.b1)
                Product.addRows<'O, 'V> change row row tile (sum GradientSums.b2)
                done' <- done' + tile

        member _.BackwardState(plan, adjoint, dz, slot, out, first, last) =
            Cells.perceiveBack<'O, 'V> plan.Layout plan.Sizes dz slot plan.ChannelMask adjoint out first last

/// The widest vectors that the machine has, or a width asked for.
module internal Kernels =
    let ofLanes lanes : IKernels =
        match lanes with
        | 16 -> Kernels<Lanes512, Vector512<float32>>()
        | 8 -> Kernels<Lanes256, Vector256<float32>>()
        | 4 -> Kernels<Lanes128, Vector128<float32>>()
        | 1 -> Kernels<Scalar, float32>()
        | _ -> Guard.outOfRange "lanes" $"Vectors have 1, 4, 8 or 16 lanes, but {lanes} are asked for."

    let widest =
        if Vector512.IsHardwareAccelerated then 16
        elif Vector256.IsHardwareAccelerated then 8
        elif Vector128.IsHardwareAccelerated then 4
        else 1
