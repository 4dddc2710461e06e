/// One rollout inside the engine: its buffers, and its steps forward and back as passes over stretches of cells.
namespace GaryMesh.Kernels

open System
open Microsoft.FSharp.NativeInterop
open GaryMesh
open GaryMesh.Vectors

/// What a tape keeps of the forward pass.
[<RequireQualifiedAccess>]
type internal Memory =
    /// The last state only: there is no backward pass.
    | Nothing
    /// Every state and the rule's inputs and outputs at every step.
    | Everything
    /// Every state; what the rule saw is computed again.
    | States
    /// As many states at a time as there are slots; the others are computed again, one interval at a time.
    | Checkpoints of slots: int

/// Which states lie in which slot of a tape with checkpoints.
///
/// Each interval begins with a state that stays, its checkpoint, in the interval's own slot, and its other states lie in
/// the slots after that one. On the backward pass those are free: the checkpoints of later intervals have served. So with S
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

/// Numbers of cells between the user's order [cells x channels] and rows of whole cache lines by place, for the places
/// `from` .. `until - 1`.
module internal Exchange =
    let inline private each (order: int[] | null) from until (move: int -> int -> unit) =
        match order with
        | null ->
            for cell in from .. until - 1 do
                move cell cell
        | order ->
            for place in from .. until - 1 do
                move place order[place]

    let enter (order: int[] | null) (source: float32[]) (channels: int) (row: int) (buffer: P) from until =
        each order from until (fun place cell ->
            let target = Span<float32>(NativePtr.toVoidPtr (NativePtr.add buffer (place * row)), row)
            ReadOnlySpan(source, cell * channels, channels).CopyTo target
            target.Slice(channels).Clear())

    let leave (order: int[] | null) (channels: int) (row: int) (buffer: P) (values: float32[]) from until =
        each order from until (fun place cell ->
            ReadOnlySpan<float32>(NativePtr.toVoidPtr (NativePtr.add buffer (place * row)), channels)
                .CopyTo(Span(values, cell * channels, channels)))

    /// Adds a state of the user's to rows by place.
    let add (order: int[] | null) (source: float32[]) (channels: int) (row: int) (buffer: P) from until =
        each order from until (fun place cell ->
            for channel in 0 .. channels - 1 do
                let at = place * row + channel
                NativePtr.set buffer at (NativePtr.get buffer at + source[cell * channels + channel]))

[<Sealed>]
type internal Tape(plan: Plan, kernels: IKernels, memory: Memory, steps: int, stretch: int, scratches: Scratch[]) =
    let layout, sizes, rule = plan.Layout, plan.Sizes, plan.Rule
    let cells = layout.Cells
    let words = (cells + 63) / 64
    let stretches = (cells + stretch - 1) / stretch
    let rows = stretches * stretch
    let reports = sizes.Auxiliary
    let newRows count row _ = new Buffer<float32>(int64 count * int64 row)
    let newState = newRows cells sizes.StateRow

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
    let gatedWords n = new Buffer<uint64>(if plan.Gate.IsOpen then 0L else int64 n * int64 words)
    let living, after = gatedWords perStep, gatedWords 1
    let firingByUser = Array.zeroCreate<uint64> words
    let keeps = memory.IsEverything
    let kept row = Array.init (if keeps then steps else 0) (newRows rows row)
    let keptLinear, keptRule = kept sizes.LinearRow, kept rule.KeptRow
    let auxiliaries = Array.init (if reports = 0 then 0 else perStep) (newRows cells reports)
    let only length = new Buffer<float32>(if backward then length else 0L)
    let auxiliaryBar = only (int64 cells * int64 reports)
    let linearBar = only (int64 (rows + 1) * int64 sizes.LinearRow + 16L)
    let slot = new Buffer<int>(if backward then int64 cells else 0L)
    let adjoints = if backward then Array.init 2 newState else [||]
    let sums = only (int64 stretches * int64 rule.SumsLength)
    let mutable inputs: Buffer<float32>[] = [||]
    let mutable rollout = Unchecked.defaultof<Rollout>
    let mutable drawn = Firing.All
    /// The step that the passes go through, counted from the rollout's first.
    let mutable at = 0
    let mutable adjoint = 0

    let wordsAt (buffer: Buffer<uint64>) = if backward then buffer.At(int64 at * int64 words) else buffer.Pointer

    let nothing: P = NativePtr.ofNativeInt 0n

    let inputsNow () : P =
        match inputs.Length with
        | 0 -> plan.Zeros
        | 1 -> inputs[0].Pointer
        | _ -> inputs[at].Pointer

    let auxiliaryAt step : P =
        if reports = 0 then nothing
        elif backward then auxiliaries[step].Pointer
        else auxiliaries[0].Pointer

    /// Where the state before `step` lies (the last one: `step` = steps).
    let stateAt step = states[if memory.IsNothing then step % 2 else slotOfState[step]].Pointer

    let stepRows () : StepRows =
        { Before = stateAt at
          Inputs = inputsNow ()
          Firing = wordsAt firing
          Linear = (if keeps then keptLinear[at].Pointer else nothing)
          Kept = (if keeps then keptRule[at].Pointer else nothing)
          Auxiliary = auxiliaryAt at }

    let adjointRows () : AdjointRows =
        { State = adjoints[adjoint].Pointer
          Auxiliary = auxiliaryBar.Pointer
          Linear = linearBar.Pointer
          Slot = slot.Pointer
          ZeroRow = rows }

    /// A pass as a piece of work: what a worker does to the cells `from` .. `until - 1` of a stretch.
    let pass (work: Scratch -> int -> int -> int -> unit) =
        Piece(fun worker index -> work scratches[worker] index (index * stretch) (min cells ((index + 1) * stretch)))

    let update =
        pass (fun scratch _ from until ->
            let fires = wordsAt firing
            Passes.place layout.Order firingByUser fires from until

            match plan.Gate.Mask with
            | ValueNone -> ()
            | ValueSome(channel, threshold) ->
                let lives = wordsAt living
                Passes.alive layout sizes.StateRow channel threshold (stateAt at) from until lives

                // A dead cell does not fire but in the published order.
                if plan.Gate.IsAlive then
                    Passes.intersect fires lives from until

            kernels.Forward(plan, scratch, stepRows (), stateAt (at + 1), from, until)

            if plan.IsBounded then
                Passes.hold plan.Bound sizes.StateRow (stateAt (at + 1)) from until)

    /// Who lives after the update, too: it looks at the neighbours' new states.
    let survive =
        pass (fun _ _ from until ->
            match plan.Gate.Mask with
            | ValueNone -> ()
            | ValueSome(channel, threshold) ->
                Passes.alive layout sizes.StateRow channel threshold (stateAt (at + 1)) from until after.Pointer
                Passes.intersect (wordsAt living) after.Pointer from until)

    let bury =
        pass (fun _ _ from until -> Passes.clear (wordsAt living) sizes.StateRow (stateAt (at + 1)) from until)

    let forward = if plan.Gate.IsOpen then [| update |] else [| update; survive; bury |]

    let throughRule =
        pass (fun scratch index from until ->
            let rows = adjointRows ()

            if not plan.Gate.IsOpen then
                Passes.clear (wordsAt living) sizes.StateRow rows.State from until

            let sums = sums.At(int64 index * int64 rule.SumsLength)
            kernels.BackwardRule(plan, scratch, stepRows (), rows, sums, from, until)

            if plan.Keep <> 1.0f then
                Passes.fade plan.Keep (wordsAt firing) sizes.StateRow rows.State from until)

    let throughGraph =
        pass (fun _ _ from until ->
            kernels.BackwardState(plan, adjointRows (), adjoints[1 - adjoint].Pointer, from, until))

    let back = [| throughRule; throughGraph |]

    member _.Stretches = stretches
    member _.Steps = rollout.Steps
    member _.Rollout = rollout
    member _.Backward = backward

    /// Takes up a rollout of at most the tape's steps; its numbers follow by `Enter`, for all places.
    member _.Begin(next: Rollout) =
        rollout <- next
        drawn <- next.Firing
        at <- 0

        let given =
            match next.Inputs with
            | Inputs.Absent -> 0
            | Inputs.Constant _ -> 1
            | Inputs.PerStep _ -> next.Steps

        if inputs.Length <> given then
            for buffer in inputs do
                (buffer :> IDisposable).Dispose()

            inputs <- Array.init given (newRows cells sizes.InputRow)

    /// Copies in the start and the inputs of the places `from` .. `until - 1`.
    member _.Enter(from: int, until: int) =
        // Inline, as a closure would be memory for every row of a model that is asked row after row.
        let inline enter (state: State) row target =
            Exchange.enter layout.Order state.Data state.Channels row target from until

        enter rollout.Start sizes.StateRow (stateAt 0)

        if sizes.Inputs > 0 then
            match rollout.Inputs with
            | Inputs.Absent -> ()
            | Inputs.Constant state -> enter state sizes.InputRow inputs[0].Pointer
            | Inputs.PerStep states ->
                for step in 0 .. rollout.Steps - 1 do
                    enter states[step] sizes.InputRow inputs[step].Pointer

    /// Other inputs from here on, in place of one for every step.
    member _.EnterInputs(values: float32[]) =
        Exchange.enter layout.Order values sizes.Inputs sizes.InputRow inputs[0].Pointer 0 cells

    /// Makes ready for `step` and draws who fires; `number` is the step that the draw is for. After it the forward passes
    /// follow, each of which must end for all stretches before the next begins.
    member _.Draw(step: int, number: int, fireRate: float) =
        at <- step
        drawn.Fill(fireRate, number, cells, firingByUser)

    /// The rollout's firing, or other draws from here on.
    member _.Firing
        with get () = drawn
        and set value = drawn <- value

    member _.Forward = forward

    /// Copies out the state before `step`, in the user's order.
    member _.Leave(step: int, values: float32[], from: int, until: int) =
        Exchange.leave layout.Order sizes.Channels sizes.StateRow (stateAt step) values from until

    /// The row of a cell of the user's in the state before `step`.
    member _.RowOf(step: int, cell: int) : P = Passes.row (stateAt step) (layout.PlaceOf cell) sizes.StateRow

    /// Copies out what the cells reported at the step before the state `step`.
    member _.LeaveAuxiliary(step: int, values: float32[]) =
        if reports > 0 && step > 0 then
            Exchange.leave layout.Order reports reports (auxiliaryAt (step - 1)) values 0 cells

    /// The step from which states must be computed again before the backward pass can pass `step`, or `step` itself: where the
    /// state after it begins another interval.
    member _.RecomputeFrom(step: int) = if firstOfInterval[step + 1] > step then firstOfInterval[step] else step

    /// Makes ready for the backward pass: no adjoint yet, no gradient.
    member _.BeginBack() =
        adjoint <- 0
        adjoints[0].Clear()
        sums.Clear()

    /// Adds the loss's derivative at a state to the adjoint.
    member _.AddAdjoint(given: State, from: int, until: int) =
        Exchange.add layout.Order given.Data given.Channels sizes.StateRow adjoints[adjoint].Pointer from until

    /// Drops the adjoint of what the bound holds in the state before `step`.
    member _.HoldBack(step: int, from: int, until: int) =
        Passes.holdBack plan.Bound sizes.StateRow (stateAt step) adjoints[adjoint].Pointer from until

    /// Takes the loss's derivative by the auxiliary values of the backward pass's next step, or null.
    member _.SetAuxiliaryAdjoint(given: State | null) =
        if reports > 0 then
            match given with
            | null -> auxiliaryBar.Clear()
            | given -> Exchange.enter layout.Order given.Data reports reports auxiliaryBar.Pointer 0 cells

    /// Makes ready for the backward pass over `step`; after its passes, `Turn`.
    member _.BackOver(step: int) = at <- step
    member _.Back = back
    member _.Turn() = adjoint <- 1 - adjoint

    /// The adjoint of the inputs of the step whose passes back have just ended, added to `total` [cells x inputs].
    member _.AddInputAdjoint(total: float32[]) =
        for place in 0 .. cells - 1 do
            let cell =
                match layout.Order with
                | null -> place
                | order -> order[place]

            let row = Passes.row linearBar.Pointer (NativePtr.get slot.Pointer place) sizes.LinearRow

            for i in 0 .. sizes.Inputs - 1 do
                let into = cell * sizes.Inputs + i
                total[into] <- total[into] + NativePtr.get row (sizes.Linear + i)

    /// Copies out the adjoint of the state before the first step, once every step has been walked back.
    member _.LeaveAdjoint(values: float32[], from: int, until: int) =
        Exchange.leave layout.Order sizes.Channels sizes.StateRow adjoints[adjoint].Pointer values from until

    /// Adds the rollout's gradient, stretch by stretch in order, to one in the rule's own order.
    member _.AddGradient(timeStep: float, gradient: float[]) =
        for index in 0 .. stretches - 1 do
            rule.AddTo(sums.At(int64 index * int64 rule.SumsLength), timeStep, gradient)

    member private _.Floats =
        Array.concat
            [ states; keptLinear; keptRule; auxiliaries; adjoints; inputs; [| linearBar; sums; auxiliaryBar |] ]

    member tape.Bytes = firing.Bytes + Array.sumBy (fun (buffer: Buffer<float32>) -> buffer.Bytes) tape.Floats

    /// What a tape of these sizes would take, in bytes.
    static member Estimate(plan: Plan, memory: Memory, steps: int) =
        let cells = int64 plan.Layout.Cells
        let state = 4L * cells * int64 plan.Sizes.StateRow
        let row = 4L * int64 (plan.Sizes.LinearRow + plan.Rule.KeptRow) * cells

        match memory with
        | Memory.Nothing -> 2L * state
        | Memory.Everything -> int64 (steps + 1) * state + int64 steps * row
        | Memory.States -> int64 (steps + 1) * state
        | Memory.Checkpoints slots -> int64 slots * state

    interface IDisposable with
        member tape.Dispose() =
            for buffer in tape.Floats do
                (buffer :> IDisposable).Dispose()

            for buffer in [ firing; living; after ] do
                (buffer :> IDisposable).Dispose()

            (slot :> IDisposable).Dispose()
