/// The passes over a stretch of cells that steps and their adjoints are made of, for one vector width.
namespace GaryMesh.Kernels

open System
open System.Numerics
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open Microsoft.FSharp.NativeInterop
open GaryMesh
open GaryMesh.Rules
open GaryMesh.Vectors

/// A prepared automaton: everything the kernels read that does not change from step to step.
[<Sealed>]
type internal Plan(layout: Layout, sizes: Sizes, rule: IRuleKernel, gate: Gate, bound: float32, keep: float32) =
    let zeros = new Buffer<float32>(int64 (sizes.InputRow + 16))

    let mask =
        Buffer.ofArray (Array.init sizes.StateRow (fun channel -> if channel < sizes.Channels then 1.0f else 0.0f))

    let tile = sizes.Tile rule.KeptRow

    member _.Layout = layout
    member _.Sizes = sizes
    member _.Rule = rule
    member _.Gate = gate
    member _.Bound = bound
    member _.IsBounded = bound < infinityf
    /// What a cell that fires keeps of its state.
    member _.Keep = keep
    member _.Tile = tile
    member _.Zeros = zeros.Pointer
    member _.ChannelMask = mask.Pointer

    interface IDisposable with
        member _.Dispose() =
            (zeros :> IDisposable).Dispose()
            (mask :> IDisposable).Dispose()

/// Buffers of one worker, one tile of cells long.
[<Sealed>]
type internal Scratch(plan: Plan, stretch: int) =
    let fired = new Buffer<int>(int64 (Pad.rows stretch))
    let rows row = new Buffer<float32>(int64 plan.Tile * int64 row)
    let sizes, rule = plan.Sizes, plan.Rule
    let lifted = if isNull sizes.Lift then 0 else sizes.ZRow
    let linear, z, zBar = rows sizes.LinearRow, rows lifted, rows lifted
    let kept, back, change = rows rule.KeptRow, rows rule.ScratchRow, rows sizes.StateRow
    let auxiliary = rows sizes.Auxiliary
    let own = new Buffer<float32>(if isNull sizes.Lift then 0L else 2L * int64 sizes.Linear)
    /// The cells of the stretch that fire.
    member _.Fired = fired.Pointer
    member _.Linear = linear.Pointer
    /// What the lift makes of the linear perceptions, and its adjoint.
    member _.Z = z.Pointer
    member _.ZBar = zBar.Pointer
    /// Linear perceptions of one cell in the user's order, and their adjoint.
    member _.Own = own.Pointer
    member _.Kept = kept.Pointer
    member _.Back = back.Pointer
    member _.Change = change.Pointer
    member _.Auxiliary = auxiliary.Pointer

    interface IDisposable with
        member _.Dispose() =
            (fired :> IDisposable).Dispose()

            for part in [ linear; z; zBar; kept; back; change; auxiliary; own ] do
                (part :> IDisposable).Dispose()

/// Where the numbers of one step lie: rows by place, of the whole graph.
[<Struct; NoComparison; NoEquality>]
type internal StepRows =
    {
        /// The state before the step.
        Before: P
        Inputs: P
        /// Who fires, by place, 64 cells a word.
        Firing: nativeptr<uint64>
        /// Linear perceptions and what the rule keeps, for the backward pass: a row for each cell that fired, those of a stretch
        /// from the row of its first cell on. Null where they are computed again.
        Linear: P
        Kept: P
        /// What the cells report beside their change [cells x auxiliary].
        Auxiliary: P
    }

/// Where the adjoint of one step lies.
[<Struct; NoComparison; NoEquality>]
type internal AdjointRows =
    {
        /// The adjoint of the state after the step.
        State: P
        /// The adjoint of what the cells reported.
        Auxiliary: P
        /// The adjoint of the linear perceptions: a row for each cell that fired.
        Linear: P
        /// The row of each cell in `Linear`; `ZeroRow` for a cell that did not fire.
        Slot: nativeptr<int>
        ZeroRow: int
    }

/// The passes, over the cells from `first` to `last` - 1; `first` is a multiple of 64.
type internal IKernels =
    /// Numbers in a vector.
    abstract Lanes: int

    /// after = keep x before + change where `step.Firing` is set.
    abstract Forward: plan: Plan * scratch: Scratch * step: StepRows * after: P * first: int * last: int -> unit

    /// From the adjoint after a step: that of the linear perceptions of every cell that fired, their slots, and the gradient
    /// of the rule added to `sums`.
    abstract BackwardRule:
        plan: Plan * scratch: Scratch * step: StepRows * adjoint: AdjointRows * sums: P * first: int * last: int -> unit

    /// From the adjoint of the linear perceptions: that of the state before the step.
    abstract BackwardState: plan: Plan * adjoint: AdjointRows * out: P * first: int * last: int -> unit

module internal Passes =
    let isNull (p: P) = NativePtr.toNativeInt p = 0n

    /// The row `index` of rows so long, however many there are.
    let row (rows: P) (index: int) (length: int) : P =
        NativePtr.ofNativeInt (NativePtr.toNativeInt rows + nativeint index * nativeint (4 * length))

    let span (p: P) (length: int) = Span<float32>(NativePtr.toVoidPtr p, length)

    /// The rows of a stretch as vectors, which rows of whole cache lines consist of.
    let private vectors (rows: P) (length: int) (first: int) (last: int) =
        MemoryMarshal.Cast<float32, Vector<float32>>(span (row rows first length) ((last - first) * length))

    /// Holds every number of a stretch within [-bound, bound]; NaN stays.
    let hold (bound: float32) (length: int) (state: P) (first: int) (last: int) =
        let most = Vector<float32> bound
        let numbers = vectors state length first last

        for i in 0 .. numbers.Length - 1 do
            numbers[i] <- Vector.Clamp(numbers[i], -most, most)

    /// The adjoint of `hold`, by what it left in the state: 0 for a number at the bound.
    let holdBack (bound: float32) (length: int) (state: P) (adjoint: P) (first: int) (last: int) =
        let most = Vector<float32> bound
        let numbers = vectors state length first last
        let bars = vectors adjoint length first last

        for i in 0 .. numbers.Length - 1 do
            bars[i] <-
                Vector.ConditionalSelect(Vector.LessThan(Vector.Abs numbers[i], most), bars[i], Vector<float32>.Zero)

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

    /// Keeps the bits of the stretch that are set in `others`, too.
    let intersect (words: nativeptr<uint64>) (others: nativeptr<uint64>) (first: int) (last: int) =
        for word in first >>> 6 .. (last - 1) >>> 6 do
            NativePtr.set words word (NativePtr.get words word &&& NativePtr.get others word)

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
                (span (NativePtr.add values (cell * row)) row).Clear()
                dead <- dead &&& (dead - 1UL)

    /// Multiplies the rows of the stretch where the mask is set; times 0 is 0 whatever it was.
    let fade (factor: float32) (mask: nativeptr<uint64>) (row: int) (values: P) (first: int) (last: int) =
        for word in first >>> 6 .. (last - 1) >>> 6 do
            let mutable bits = NativePtr.get mask word

            while bits <> 0UL do
                let cell = (word <<< 6) + BitOperations.TrailingZeroCount bits
                let numbers = span (NativePtr.add values (cell * row)) row

                if factor = 0.0f then
                    numbers.Clear()
                else
                    for i in 0 .. row - 1 do
                        numbers[i] <- factor * numbers[i]

                bits <- bits &&& (bits - 1UL)

    /// Rows of the cells listed, from and to places that are theirs.
    let gather (rows: P) (length: int) (cells: nativeptr<int>) (count: int) (target: P) =
        for i in 0 .. count - 1 do
            (span (row rows (NativePtr.get cells i) length) length).CopyTo(span (row target i length) length)

    let scatter (source: P) (length: int) (cells: nativeptr<int>) (count: int) (rows: P) =
        for i in 0 .. count - 1 do
            (span (row source i length) length).CopyTo(span (row rows (NativePtr.get cells i) length) length)

    /// z from the linear perceptions of some cells: what the lift makes of them, then the inputs.
    let lift (sizes: Sizes) (lift: Lift) (own: P) (linear: P) (count: int) (z: P) =
        let own = span own sizes.Linear
        let width = sizes.Shape.Perceived

        for i in 0 .. count - 1 do
            let source, target = row linear i sizes.LinearRow, row z i sizes.ZRow

            for at in 0 .. sizes.Linear - 1 do
                own[sizes.UserOfLinear[at]] <- NativePtr.get source at

            lift.Apply<float32, Singles>(sizes.Channels, Span.op_Implicit own, span target width)

            (span (NativePtr.add source sizes.Linear) sizes.Inputs)
                .CopyTo(span (NativePtr.add target width) sizes.Inputs)

    /// The adjoint of `lift`.
    let liftBack (sizes: Sizes) (lift: Lift) (own: P) (linear: P) (zBar: P) (count: int) (linearBar: P) =
        let ownBar = span (NativePtr.add own sizes.Linear) sizes.Linear
        let own = span own sizes.Linear
        let width = sizes.Shape.Perceived

        for i in 0 .. count - 1 do
            let source, given = row linear i sizes.LinearRow, row zBar i sizes.ZRow
            let target = row linearBar i sizes.LinearRow
            ownBar.Clear()

            for at in 0 .. sizes.Linear - 1 do
                own[sizes.UserOfLinear[at]] <- NativePtr.get source at

            lift.Adjoint<float32, Singles>(
                sizes.Channels,
                Span.op_Implicit own,
                Span.op_Implicit (span given width),
                ownBar
            )

            for at in 0 .. sizes.Linear - 1 do
                NativePtr.set target at ownBar[sizes.UserOfLinear[at]]

            (span (NativePtr.add given width) sizes.Inputs)
                .CopyTo(span (NativePtr.add target sizes.Linear) sizes.Inputs)

[<Sealed>]
type internal Kernels<'O, 'V when 'O: struct and 'O :> ILanes<'V>>() =
    /// What `count` cells read: linear perceptions into `linear`, and z, which is the same unless there is a lift.
    static member private Perceive
        (plan: Plan, scratch: Scratch, step: inref<StepRows>, fired, count: int, linear: P)
        : P =
        let sizes = plan.Sizes
        Cells.perceive<'O, 'V> plan.Layout sizes step.Before step.Inputs fired count linear

        match sizes.Lift with
        | null -> linear
        | lift ->
            Passes.lift sizes lift scratch.Own linear count scratch.Z
            scratch.Z

    interface IKernels with
        member _.Lanes = 'O.Width

        member _.Forward(plan, scratch, step, after, first, last) =
            let sizes = plan.Sizes
            let row = sizes.StateRow
            let whole, none = plan.Keep = 1.0f, plan.Keep = 0.0f
            let keep = 'O.Spread plan.Keep
            // The whole stretch, fired cells too: a plain copy brings the rows that are read next into the cache.
            let at = first * row
            let length = (last - first) * row

            (Passes.span (NativePtr.add step.Before at) length).CopyTo(Passes.span (NativePtr.add after at) length)

            let reports = sizes.Auxiliary

            if reports > 0 then
                (Passes.span (Passes.row step.Auxiliary first reports) ((last - first) * reports)).Clear()

            let count = Passes.collect step.Firing first last scratch.Fired
            let mutable done' = 0

            while done' < count do
                let tile = min plan.Tile (count - done')
                let fired = NativePtr.add scratch.Fired done'
                let keeps = not (Passes.isNull step.Kept)

                let linear =
                    if keeps then
                        Passes.row step.Linear (first + done') sizes.LinearRow
                    else
                        scratch.Linear

                let kept =
                    if keeps then
                        Passes.row step.Kept (first + done') plan.Rule.KeptRow
                    else
                        scratch.Kept

                let z = Kernels<'O, 'V>.Perceive(plan, scratch, &step, fired, tile, linear)
                plan.Rule.Forward(z, tile, kept, scratch.Change, scratch.Auxiliary, scratch.Back)

                for i in 0 .. tile - 1 do
                    let own = NativePtr.get fired i * row
                    let mutable channel = 0

                    while channel < row do
                        let change = 'O.Load(NativePtr.add scratch.Change (i * row + channel))
                        let was = 'O.Load(NativePtr.add step.Before (own + channel))

                        let next =
                            if whole then 'O.Add(was, change)
                            elif none then change
                            else 'O.Fma(keep, was, change)

                        'O.Store(next, NativePtr.add after (own + channel))
                        channel <- channel + 'O.Width

                if reports > 0 then
                    Passes.scatter scratch.Auxiliary reports fired tile step.Auxiliary

                done' <- done' + tile

        member _.BackwardRule(plan, scratch, step, adjoint, sums, first, last) =
            let sizes = plan.Sizes
            let row = sizes.StateRow

            for cell in first .. last - 1 do
                NativePtr.set adjoint.Slot cell adjoint.ZeroRow

            let count = Passes.collect step.Firing first last scratch.Fired
            let mutable done' = 0

            while done' < count do
                let tile = min plan.Tile (count - done')
                let fired = NativePtr.add scratch.Fired done'
                let start = first + done'
                let keeps = not (Passes.isNull step.Kept)
                let linear = if keeps then Passes.row step.Linear start sizes.LinearRow else scratch.Linear
                let kept = if keeps then Passes.row step.Kept start plan.Rule.KeptRow else scratch.Kept

                let z =
                    if not keeps then
                        let z = Kernels<'O, 'V>.Perceive(plan, scratch, &step, fired, tile, linear)
                        plan.Rule.Keep(z, tile, kept, scratch.Back)
                        z
                    else
                        match sizes.Lift with
                        | null -> linear
                        | lift ->
                            Passes.lift sizes lift scratch.Own linear tile scratch.Z
                            scratch.Z

                let change = scratch.Change

                for i in 0 .. tile - 1 do
                    let cell = NativePtr.get fired i
                    NativePtr.set adjoint.Slot cell (start + i)
                    let mutable channel = 0

                    while channel < row do
                        'O
                            .Store(
                                'O.Load(NativePtr.add adjoint.State (cell * row + channel)),
                                NativePtr.add change (i * row + channel)
                            )

                        channel <- channel + 'O.Width

                if sizes.Auxiliary > 0 then
                    Passes.gather adjoint.Auxiliary sizes.Auxiliary fired tile scratch.Auxiliary

                let linearBar = Passes.row adjoint.Linear start sizes.LinearRow
                let zBar = if isNull sizes.Lift then linearBar else scratch.ZBar
                plan.Rule.Backward(z, tile, kept, change, scratch.Auxiliary, zBar, scratch.Back, sums)

                match sizes.Lift with
                | null -> ()
                | lift -> Passes.liftBack sizes lift scratch.Own linear zBar tile linearBar

                done' <- done' + tile

        member _.BackwardState(plan, adjoint, out, first, last) =
            Cells.perceiveBack<'O, 'V>
                plan.Layout
                plan.Sizes
                adjoint.Linear
                adjoint.Slot
                plan.ChannelMask
                adjoint.State
                out
                first
                last

/// The kernels for a width of vectors.
module internal Kernels =
    let ofLanes lanes : IKernels =
        match lanes with
        | 16 -> Kernels<Lanes512, Vector512<float32>>()
        | 8 -> Kernels<Lanes256, Vector256<float32>>()
        | 4 -> Kernels<Lanes128, Vector128<float32>>()
        | 1 -> Kernels<Scalar, float32>()
        | _ -> Guard.outOfRange (nameof lanes) $"Vectors have 1, 4, 8 or 16 lanes, but {lanes} are asked for."
