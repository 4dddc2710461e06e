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
        /// The cells whose state after the step is the kernel's to write: those that fire among them.
        Written: nativeptr<uint64>
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

/// The passes, over the cells from `first`, a multiple of 64, to `last` - 1.
type internal IKernels =
    /// Numbers in a vector.
    abstract Lanes: int

    /// after = keep x before + change where `step.Firing` is set, else before, in the rows of `step.Written`.
    abstract Forward: plan: Plan * scratch: Scratch * step: StepRows * after: P * first: int * last: int -> unit

    /// From the adjoint after a step: that of the linear perceptions of every cell that fired, their slots (the others'
    /// are zero rows already), and the gradient of the rule added to `sums`.
    abstract BackwardRule:
        plan: Plan * scratch: Scratch * step: StepRows * adjoint: AdjointRows * sums: P * first: int * last: int -> unit

    /// From the adjoint of the linear perceptions: that of the state before the step, for any run of cells.
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

    /// The bits of a word of places from those by the user's cell.
    let place (order: int[] | null) (byUser: uint64[]) (cells: int) (word: int) =
        match order with
        | null -> byUser[word]
        | order ->
            let mutable bits = 0UL

            for bit in 0 .. min 63 (cells - 1 - 64 * word) do
                let cell = order[64 * word + bit]
                bits <- bits ||| (((byUser[cell >>> 6] >>> (cell &&& 63)) &&& 1UL) <<< bit)

            bits

    /// Which of the cells asked about, of one word, are marked or see one that is.
    let near (layout: Layout) (marks: nativeptr<uint64>) (word: int) (asked: uint64) =
        let rows = layout.Forward
        let mutable found = NativePtr.get marks word &&& asked
        let mutable left = asked &&& ~~~found

        while left <> 0UL do
            let bit = BitOperations.TrailingZeroCount left
            let cell = 64 * word + bit
            let mutable seen = 0UL

            for edge in NativePtr.get rows.Start cell .. NativePtr.get rows.Start (cell + 1) - 1 do
                let other = NativePtr.get rows.Joined edge
                seen <- seen ||| (NativePtr.get marks (other >>> 6) >>> (other &&& 63))

            found <- found ||| ((seen &&& 1UL) <<< bit)
            left <- left &&& (left - 1UL)

        found

    /// Which of the cells asked about, of one word, have a channel above a threshold.
    let above (state: P) (stateRow: int) (channel: int) (threshold: float32) (word: int) (asked: uint64) =
        let mutable found = 0UL
        let mutable left = asked

        while left <> 0UL do
            let bit = BitOperations.TrailingZeroCount left

            if NativePtr.get state ((64 * word + bit) * stateRow + channel) > threshold then
                found <- found ||| (1UL <<< bit)

            left <- left &&& (left - 1UL)

        found

    /// Sets the rows of some cells of a word to zero.
    let clear (rows: P) (length: int) (word: int) (cells: uint64) =
        Bits.each cells (64 * word) (fun cell -> (span (row rows cell length) length).Clear())

    /// Multiplies the rows of some cells of a word; times 0 is 0 whatever it was.
    let fade (factor: float32) (rows: P) (length: int) (word: int) (cells: uint64) =
        Bits.each cells (64 * word) (fun cell ->
            let numbers = span (row rows cell length) length

            if factor = 0.0f then
                numbers.Clear()
            else
                for i in 0 .. length - 1 do
                    numbers[i] <- factor * numbers[i])

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
            let before, written, reports = step.Before, step.Written, sizes.Auxiliary
            let whole, none = plan.Keep = 1.0f, plan.Keep = 0.0f
            let keep = 'O.Spread plan.Keep

            // Fired cells, too: a plain copy brings the rows that are read next into the cache.
            Bits.runs (NativePtr.get written) first last (fun from until ->
                let length = (until - from) * row

                (Passes.span (Passes.row before from row) length)
                    .CopyTo(Passes.span (Passes.row after from row) length))

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
