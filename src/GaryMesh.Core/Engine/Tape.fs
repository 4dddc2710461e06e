/// One rollout inside the engine: its buffers, and its steps forward and back as passes over stretches of cells.
namespace GaryMesh.Kernels

open System
open Microsoft.FSharp.NativeInterop
open GaryMesh

/// What a tape remembers of the way forward.
[<RequireQualifiedAccess>]
type internal Memory =
    /// The last state only: there is no way back.
    | Nothing
    /// Every state and what the rule saw and answered at every step.
    | Everything
    /// Every state; what the rule saw is computed again.
    | States
    /// As many states at a time as there are slots; the others are computed again, one interval at a time.
    | Checkpoints of slots: int

/// Which states lie in which slot of a tape with checkpoints.
///
/// Each interval begins with a state that stays, its checkpoint, in the interval's own slot, and its other states lie in
/// the slots after that one. On the way back those are free: the checkpoints of later intervals have served. So with S
/// slots the intervals have S, S - 1, ..., 2 states, and S slots serve S (S + 1) / 2 - 1 states.
module internal Checkpoints =
    /// The fewest slots that serve the states before and after `steps` steps.
    let slotsFor steps =
        Seq.initInfinite (fun i -> i + 2) |> Seq.find (fun slots -> slots * (slots + 1) / 2 - 1 > steps)

    /// The slot of each state 0 .. steps, and the first state of its interval.
    let layOut slots steps =
        let slot, first = Array.zeroCreate (steps + 1), Array.zeroCreate (steps + 1)
        let mutable start = 0
        let mutable interval = 0

        for state in 0..steps do
            if state - start = slots - interval then
                start <- state
                interval <- interval + 1

            slot[state] <- interval + state - start
            first[state] <- start

        struct (slot, first)

/// A state between the user's order and rows of whole cache lines by place, for the places `from` .. `until - 1`.
module internal Exchange =
    let inline private each (order: int[] | null) from until (move: int -> int -> unit) =
        match order with
        | null ->
            for cell in from .. until - 1 do
                move cell cell
        | order ->
            for place in from .. until - 1 do
                move place order[place]

    let enter (order: int[] | null) (state: State) (row: int) (buffer: P) from until =
        let channels = state.Channels
        let source = state.Data

        each order from until (fun place cell ->
            let target = Span<float32>(NativePtr.toVoidPtr (NativePtr.add buffer (place * row)), row)
            ReadOnlySpan(source, cell * channels, channels).CopyTo target
            target.Slice(channels).Clear())

    let leave (order: int[] | null) (channels: int) (row: int) (buffer: P) (values: float32[]) from until =
        each order from until (fun place cell ->
            ReadOnlySpan<float32>(NativePtr.toVoidPtr (NativePtr.add buffer (place * row)), channels)
                .CopyTo(Span(values, cell * channels, channels)))

    /// Adds a state of the user's to rows by place.
    let add (order: int[] | null) (state: State) (row: int) (buffer: P) from until =
        let channels = state.Channels
        let source = state.Data

        each order from until (fun place cell ->
            for channel in 0 .. channels - 1 do
                let at = place * row + channel
                NativePtr.set buffer at (NativePtr.get buffer at + source[cell * channels + channel]))

[<Sealed>]
type internal Tape(plan: Plan, kernels: IKernels, fireRate: float, memory: Memory, steps: int, stretch: int) =
    let layout, sizes = plan.Layout, plan.Sizes
    let cells = layout.Cells
    let words = (cells + 63) / 64
    let stretches = (cells + stretch - 1) / stretch
    let rows = stretches * stretch
    let stateLength = int64 cells * int64 sizes.StateRow
    let newState _ = new Buffer<float32>(stateLength)

    let struct (slotOfState, firstOfInterval) =
        match memory with
        | Memory.Nothing -> struct ([||], [||])
        | Memory.Everything
        | Memory.States -> struct ([| 0..steps |], Array.zeroCreate (steps + 1))
        | Memory.Checkpoints slots -> Checkpoints.layOut slots steps

    let states =
        match memory with
        | Memory.Nothing -> Array.init 2 newState
        | Memory.Everything
        | Memory.States -> Array.init (steps + 1) newState
        | Memory.Checkpoints slots -> Array.init slots newState

    let backward = memory <> Memory.Nothing
    let perStep = if backward then steps else 1
    let firing = new Buffer<uint64>(int64 perStep * int64 words)

    let living, after =
        if plan.Gate.IsOpen then
            new Buffer<uint64>(0L), new Buffer<uint64>(0L)
        else
            new Buffer<uint64>(int64 perStep * int64 words), new Buffer<uint64>(int64 words)

    let firingByUser = Array.zeroCreate<uint64> words
    let keeps = memory.IsEverything
    let zLength, hiddenLength = rows * sizes.PerceivedRow, rows * sizes.HiddenRow

    let kept length =
        if keeps then
            Array.init steps (fun _ -> new Buffer<float32>(int64 length))
        else
            [||]

    let keptZ, keptHidden = kept zLength, kept hiddenLength
    let only length = new Buffer<float32>(if backward then length else 0L)
    let dz = only (int64 (rows + 1) * int64 sizes.PerceivedRow + 16L)
    let slot = new Buffer<int>(if backward then int64 cells else 0L)
    let adjoints = if backward then Array.init 2 newState else [||]
    let sumsLength = GradientSums.length sizes
    let sums = only (int64 stretches * int64 sumsLength)
    let mutable inputs: Buffer<float32>[] = [||]
    let mutable rollout = Unchecked.defaultof<Rollout>
    let mutable current = 0

    let last index = min cells ((index + 1) * stretch)
    let wordsAt (buffer: Buffer<uint64>) step = if backward then buffer.At(int64 step * int64 words) else buffer.Pointer

    let inputsAt step : P =
        match inputs.Length with
        | 0 -> plan.Zeros
        | 1 -> inputs[0].Pointer
        | _ -> inputs[step].Pointer

    let keptAt step =
        if keeps then
            { Z = keptZ[step].Pointer; Hidden = keptHidden[step].Pointer }
        else
            { Z = NativePtr.ofNativeInt 0n; Hidden = NativePtr.ofNativeInt 0n }

    /// The buffer that holds the state before `step` (the last one: `step` = steps).
    let slotOf step = if memory.IsNothing then step % 2 else slotOfState[step]

    let stateAt step = states[slotOf step].Pointer

    member _.Stretches = stretches
    member _.Steps = rollout.Steps
    member _.Rollout = rollout

    /// Takes up a rollout of at most the tape's steps; its numbers follow by `Enter`, for all places.
    member _.Begin(next: Rollout) =
        rollout <- next
        current <- 0

        let given =
            match next.Inputs with
            | Inputs.Absent -> 0
            | Inputs.Constant _ -> 1
            | Inputs.PerStep _ -> next.Steps

        if inputs.Length <> given then
            for buffer in inputs do
                (buffer :> IDisposable).Dispose()

            inputs <- Array.init given (fun _ -> new Buffer<float32>(int64 cells * int64 sizes.InputRow))

    /// Copies in the start and the inputs of the places `from` .. `until - 1`.
    member _.Enter(from: int, until: int) =
        Exchange.enter layout.Order rollout.Start sizes.StateRow (stateAt 0) from until

        if sizes.Inputs > 0 then
            match rollout.Inputs with
            | Inputs.Absent -> ()
            | Inputs.Constant state -> Exchange.enter layout.Order state sizes.InputRow inputs[0].Pointer from until
            | Inputs.PerStep states ->
                for step in 0 .. rollout.Steps - 1 do
                    Exchange.enter layout.Order states[step] sizes.InputRow inputs[step].Pointer from until

    /// Draws who fires at `step`; then each stretch is placed by `ForwardPass`.
    member _.Draw(step: int) = rollout.Firing.Fill(fireRate, step, cells, firingByUser)

    /// The passes of one step, each of which must end for all stretches before the next begins.
    member _.ForwardPasses = if plan.Gate.IsOpen then 1 else 3

    member _.ForwardPass(step: int, pass: int, index: int, scratch: Scratch) =
        let from, until = index * stretch, last index
        let before, next = stateAt step, stateAt (step + 1)
        let fires = wordsAt firing step

        match plan.Gate, pass with
        | Gate.Open, _ ->
            Passes.place layout.Order firingByUser fires from until
            kernels.Forward(plan, scratch, before, next, inputsAt step, fires, keptAt step, from, until)
        | Gate.Alive(channel, threshold), 0 ->
            // A dead cell does not fire.
            let lives = wordsAt living step
            Passes.place layout.Order firingByUser fires from until
            Passes.alive layout sizes.StateRow channel threshold before from until lives

            for word in from >>> 6 .. (until - 1) >>> 6 do
                NativePtr.set fires word (NativePtr.get fires word &&& NativePtr.get lives word)

            kernels.Forward(plan, scratch, before, next, inputsAt step, fires, keptAt step, from, until)
        | Gate.Alive(channel, threshold), 1 ->
            let lives = wordsAt living step
            Passes.alive layout sizes.StateRow channel threshold next from until after.Pointer

            for word in from >>> 6 .. (until - 1) >>> 6 do
                NativePtr.set lives word (NativePtr.get lives word &&& NativePtr.get after.Pointer word)
        | Gate.Alive _, _ -> Passes.clear (wordsAt living step) sizes.StateRow next from until

    /// Copies out the state before `step`, in the user's order.
    member _.Leave(step: int, values: float32[], from: int, until: int) =
        Exchange.leave layout.Order sizes.Channels sizes.StateRow (stateAt step) values from until

    /// The step from which states must be computed again before the way back can pass `step`, or `step` itself: where the
    /// state after it begins another interval.
    member _.RecomputeFrom(step: int) = if firstOfInterval[step + 1] > step then firstOfInterval[step] else step

    /// Makes ready for the way back: no adjoint yet, no gradient.
    member _.BeginBack() =
        current <- 0
        adjoints[0].Clear()
        sums.Clear()

    /// Adds what the loss says of a state to the adjoint.
    member _.AddAdjoint(adjoint: State, from: int, until: int) =
        Exchange.add layout.Order adjoint sizes.StateRow adjoints[current].Pointer from until

    /// Two passes of one step back; after both, `Turn`.
    member _.BackwardPass(step: int, pass: int, index: int, scratch: Scratch) =
        let from, until = index * stretch, last index
        let adjoint, next = adjoints[current].Pointer, adjoints[1 - current].Pointer

        if pass = 0 then
            if not plan.Gate.IsOpen then
                Passes.clear (wordsAt living step) sizes.StateRow adjoint from until

            kernels.BackwardRule(
                plan,
                scratch,
                stateAt step,
                inputsAt step,
                wordsAt firing step,
                keptAt step,
                adjoint,
                dz.Pointer,
                rows,
                slot.Pointer,
                sums.At(int64 index * int64 sumsLength),
                from,
                until
            )
        else
            kernels.BackwardState(plan, adjoint, dz.Pointer, slot.Pointer, next, from, until)

    member _.Turn() = current <- 1 - current

    /// The adjoint of the inputs of the step whose passes back have just ended, added to `total` [cells x inputs].
    member _.AddInputAdjoint(total: float32[]) =
        let told = (sizes.Edged + sizes.Own) * sizes.Channels

        for place in 0 .. cells - 1 do
            let cell =
                match layout.Order with
                | null -> place
                | order -> order[place]

            let row = dz.At(int64 (NativePtr.get slot.Pointer place) * int64 sizes.PerceivedRow + int64 told)

            for i in 0 .. sizes.Inputs - 1 do
                let at = cell * sizes.Inputs + i
                total[at] <- total[at] + NativePtr.get row i

    /// Copies out the adjoint of the state before the first step, once every step has been walked back.
    member _.LeaveAdjoint(values: float32[], from: int, until: int) =
        Exchange.leave layout.Order sizes.Channels sizes.StateRow adjoints[current].Pointer values from until

    /// Adds the rollout's gradient, stretch by stretch in order, to one in the rule's own order.
    member _.AddGradient(timeStep: float, gradient: float[]) =
        for index in 0 .. stretches - 1 do
            GradientSums.addTo sizes timeStep (sums.At(int64 index * int64 sumsLength)) gradient

    member _.Bytes =
        let all = Array.concat [ states; keptZ; keptHidden; adjoints; inputs ]

        Array.sumBy (fun (buffer: Buffer<float32>) -> buffer.Bytes) all
        + dz.Bytes
        + sums.Bytes
        + firing.Bytes

    /// What a tape of these sizes would take, in bytes.
    static member Estimate(sizes: Sizes, cells: int, memory: Memory, steps: int) =
        let state = 4L * int64 cells * int64 sizes.StateRow
        let row = 4L * int64 (sizes.PerceivedRow + sizes.HiddenRow) * int64 cells

        match memory with
        | Memory.Nothing -> 2L * state
        | Memory.Everything -> int64 (steps + 1) * state + int64 steps * row
        | Memory.States -> int64 (steps + 1) * state
        | Memory.Checkpoints slots -> int64 slots * state

    interface IDisposable with
        member _.Dispose() =
            for buffer in Array.concat [ states; keptZ; keptHidden; adjoints; inputs; [| dz; sums |] ] do
                (buffer :> IDisposable).Dispose()

            for buffer in [ firing; living; after ] do
                (buffer :> IDisposable).Dispose()

            (slot :> IDisposable).Dispose()
