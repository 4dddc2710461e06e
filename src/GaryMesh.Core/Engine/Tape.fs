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

    let private has (cells: nativeptr<uint64>) place =
        (NativePtr.get cells (place >>> 6) >>> (place &&& 63)) &&& 1UL = 1UL

    /// Those of the cells that are not marked are zero, whatever their rows hold.
    let leave
        (order: int[] | null)
        (marked: nativeptr<uint64>)
        (channels: int)
        (row: int)
        (buffer: P)
        (values: float32[])
        from
        until
        =
        each order from until (fun place cell ->
            let target = Span(values, cell * channels, channels)

            if has marked place then
                ReadOnlySpan<float32>(NativePtr.toVoidPtr (NativePtr.add buffer (place * row)), channels).CopyTo target
            else
                target.Clear())

    /// Adds a state of the user's to the rows by place of the cells that are marked.
    let add
        (order: int[] | null)
        (marked: nativeptr<uint64>)
        (source: float32[])
        (channels: int)
        (row: int)
        (buffer: P)
        from
        until
        =
        each order from until (fun place cell ->
            if has marked place then
                for channel in 0 .. channels - 1 do
                    let at = place * row + channel
                    NativePtr.set buffer at (NativePtr.get buffer at + source[cell * channels + channel]))

[<Sealed>]
type internal Tape(plan: Plan, kernels: IKernels, memory: Memory, steps: int, stretch: int, scratches: Scratch[]) =
    let layout, sizes, rule = plan.Layout, plan.Sizes, plan.Rule
    let cells = layout.Cells
    let words = Bits.words cells
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
    let firingBits = new Buffer<uint64>(int64 perStep * int64 words)
    let firing = Marks.Many(firingBits, perStep, words)
    let everyone = Bits.all cells
    let region = Region(words, stretch / 64)

    do
        region.Fill()
        region.Close()

    let isOpen = plan.Gate.IsOpen

    let life =
        match plan.Gate.Mask with
        | ValueNone -> null
        | ValueSome(channel, threshold) ->
            new Life(plan, channel, threshold, (if backward then steps + 1 else 2), backward)

    /// The state that each of `states` has held last; at first one that is all zeros.
    let holds =
        Array.init states.Length (fun place -> if backward then Array.IndexOf(slotOfState, place) else place)

    /// The cells whose adjoint a step back gives: at the first step all that may have one.
    let heardBits = new Buffer<uint64>(if backward && not isOpen then int64 words else 0L)
    let heard = Marks(heardBits, 0, words)
    /// The words with cells that may not have zero rows in `slot`.
    let slotted = Array.copy region.Set
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
    /// The stretches that have added to their sums.
    let summed = Array.zeroCreate<bool> stretches
    let sumsOf index = sums.At(int64 index * int64 rule.SumsLength)
    let mutable inputs: Buffer<float32>[] = [||]
    let mutable rollout = Unchecked.defaultof<Rollout>
    let mutable drawn = Firing.All
    /// The step that the passes go through, counted from the rollout's first.
    let mutable at = 0
    let mutable adjoint = 0

    let firingAt step = firing[if backward then step else 0]

    let nothing: P = NativePtr.ofNativeInt 0n

    /// Gives the cells of a word zero rows in `slot`.
    let forget word =
        Span<int>(NativePtr.toVoidPtr (NativePtr.add slot.Pointer (64 * word)), min 64 (cells - 64 * word)).Fill rows

    let inputsNow () : P =
        match inputs.Length with
        | 0 -> plan.Zeros
        | 1 -> inputs[0].Pointer
        | _ -> inputs[at].Pointer

    let auxiliaryAt step : P =
        if reports = 0 then nothing
        elif backward then auxiliaries[step].Pointer
        else auxiliaries[0].Pointer

    /// The state before `step` (the last one: `step` = steps) among those that are remembered, and where it lies.
    let numberOf step = if backward then step else step % 2
    let placeOf step = if backward then slotOfState[step] else step % 2
    let stateAt step = states[placeOf step].Pointer

    /// The cells of a state that may be other than zero.
    let presentAt step =
        match life with
        | null -> everyone.Pointer
        | life -> life.Present(numberOf step).Bits

    /// The cells whose adjoint the step back over `at` gives.
    let wanted () =
        if isOpen then everyone.Pointer
        elif at = 0 then heard.Bits
        else presentAt at

    let stepRows () : StepRows =
        { Before = stateAt at
          Inputs = inputsNow ()
          Firing = (firingAt at).Bits
          Written =
            (match life with
             | null -> everyone.Pointer
             | life -> life.Written.Bits)
          Linear = (if keeps then keptLinear[at].Pointer else nothing)
          Kept = (if keeps then keptRule[at].Pointer else nothing)
          Auxiliary = auxiliaryAt at }

    let adjointRows () : AdjointRows =
        { State = adjoints[adjoint].Pointer
          Auxiliary = auxiliaryBar.Pointer
          Linear = linearBar.Pointer
          Slot = slot.Pointer
          ZeroRow = rows }

    /// A pass as a piece of work: what a worker does to the cells `from` .. `until - 1` of a stretch of the region.
    let pass (work: Scratch -> int -> int -> int -> unit) =
        Piece(fun worker index ->
            let stretchAt = region.Stretch index
            work scratches[worker] stretchAt (stretchAt * stretch) (min cells ((stretchAt + 1) * stretch)))

    let update =
        pass (fun scratch _ from until ->
            let fires, after = (firingAt at).Bits, stateAt (at + 1)

            Region.each region from until (fun word ->
                let drawn = Passes.place layout.Order firingByUser cells word

                NativePtr.set
                    fires
                    word
                    (match life with
                     | null -> drawn
                     | life -> life.Fire(word, numberOf at, numberOf (at + 1), after, drawn)))

            let step = stepRows ()
            kernels.Forward(plan, scratch, step, after, from, until)

            if plan.IsBounded then
                Bits.runs (NativePtr.get step.Written) from until (fun from until ->
                    Passes.hold plan.Bound sizes.StateRow after from until)

            match life with
            | null -> ()
            | life -> Region.each region from until (fun word -> life.Move(word, after)))

    let bury (life: Life) =
        pass (fun _ _ from until ->
            Region.each region from until (fun word -> life.Bury(word, numberOf (at + 1), stateAt (at + 1))))

    let forward =
        match life with
        | null -> [| update |]
        | life -> [| update; bury life |]

    let throughRule =
        pass (fun scratch index from until ->
            let rows, fires, wanted, alive = adjointRows (), (firingAt at).Bits, wanted (), presentAt (at + 1)

            Region.each region from until (fun word ->
                // Of those who did not live on, nobody has set the rows that are read here.
                let read = NativePtr.get fires word ||| NativePtr.get wanted word
                Passes.clear rows.State sizes.StateRow word (read &&& ~~~(NativePtr.get alive word))
                forget word)

            summed[index] <- true
            kernels.BackwardRule(plan, scratch, stepRows (), rows, sumsOf index, from, until)

            if plan.Keep <> 1.0f then
                Region.each region from until (fun word ->
                    Passes.fade plan.Keep rows.State sizes.StateRow word (NativePtr.get fires word)))

    let throughGraph =
        pass (fun _ _ from until ->
            let rows, out = adjointRows (), adjoints[1 - adjoint].Pointer

            Bits.runs (NativePtr.get (wanted ())) from until (fun from until ->
                kernels.BackwardState(plan, rows, out, from, until)))

    let back = [| throughRule; throughGraph |]

    /// The stretches that the next pass goes through.
    member _.Stretches = region.Stretches
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

        match life with
        | null -> ()
        | life ->
            life.Begin(0, holds[0])
            holds[0] <- 0

    /// Copies in the start and the inputs of the places `from` .. `until - 1`.
    member _.Enter(from: int, until: int) =
        // Inline, as a closure would be memory for every row of a model that is asked row after row.
        let inline enter (state: State) row target =
            Exchange.enter layout.Order state.Data state.Channels row target from until

        match life with
        | null -> enter rollout.Start sizes.StateRow (stateAt 0)
        | life -> life.Enter(0, rollout.Start.Data, stateAt 0, from, until)

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

        match life with
        | null -> ()
        | life ->
            let next, place = numberOf (step + 1), placeOf (step + 1)
            life.Wake(numberOf step, region)
            region.Close()
            life.Turn(next, holds[place], stateAt (step + 1), region)
            (firingAt step).Renew region
            holds[place] <- next

        match layout.Order with
        | null ->
            Bits.runs (fun i -> region.Set[i]) 0 words (fun first last ->
                drawn.Fill(fireRate, number, cells, firingByUser, first, last))
        | _ -> drawn.Fill(fireRate, number, cells, firingByUser)

    /// The rollout's firing, or other draws from here on.
    member _.Firing
        with get () = drawn
        and set value = drawn <- value

    member _.Forward = forward

    /// Copies out the state before `step`, in the user's order.
    member _.Leave(step: int, values: float32[], from: int, until: int) =
        Exchange.leave layout.Order (presentAt step) sizes.Channels sizes.StateRow (stateAt step) values from until

    /// The row of a cell of the user's in the state before `step`.
    member _.RowOf(step: int, cell: int) : P = Passes.row (stateAt step) (layout.PlaceOf cell) sizes.StateRow

    /// Writes the row of a cell of the user's in the state before `step`.
    member _.Write(step: int, cell: int, values: ReadOnlySpan<float32>) =
        let place = layout.PlaceOf cell
        values.CopyTo(Passes.span (Passes.row (stateAt step) place sizes.StateRow) values.Length)

        match life with
        | null -> ()
        | life -> life.Notice(numberOf step, place, values)

    /// Copies out what the cells reported at the step before the state `step`.
    member _.LeaveAuxiliary(step: int, values: float32[]) =
        if reports > 0 && step > 0 then
            let fired = (firingAt (step - 1)).Bits
            Exchange.leave layout.Order fired reports reports (auxiliaryAt (step - 1)) values 0 cells

    /// The step from which states must be computed again before the backward pass can pass `step`, or `step` itself: where the
    /// state after it begins another interval.
    member _.RecomputeFrom(step: int) = if firstOfInterval[step + 1] > step then firstOfInterval[step] else step

    /// Makes ready for the backward pass: no adjoint yet, no gradient.
    member _.BeginBack() =
        adjoint <- 0

        Bits.runs (NativePtr.get (presentAt rollout.Steps)) 0 cells (fun from until ->
            let row = sizes.StateRow
            (Passes.span (Passes.row adjoints[0].Pointer from row) ((until - from) * row)).Clear())

        for index in 0 .. stretches - 1 do
            if summed[index] then
                (Passes.span (sumsOf index) rule.SumsLength).Clear()
                summed[index] <- false

    /// Adds the loss's derivative at the state before `step` to the adjoint, which counts for the cells present there alone.
    member _.AddAdjoint(step: int, given: State, from: int, until: int) =
        let rows = adjoints[adjoint].Pointer
        Exchange.add layout.Order (presentAt step) given.Data given.Channels sizes.StateRow rows from until

    /// Drops the adjoint of what the bound holds in the state before `step`.
    member _.HoldBack(step: int, from: int, until: int) =
        Bits.runs (NativePtr.get (presentAt step)) from until (fun from until ->
            Passes.holdBack plan.Bound sizes.StateRow (stateAt step) adjoints[adjoint].Pointer from until)

    /// Takes the loss's derivative by the auxiliary values of the backward pass's next step, or null.
    member _.SetAuxiliaryAdjoint(given: State | null) =
        if reports > 0 then
            match given with
            | null -> auxiliaryBar.Clear()
            | given -> Exchange.enter layout.Order given.Data reports reports auxiliaryBar.Pointer 0 cells

    /// Makes ready for the backward pass over `step`; after its passes, `Turn`.
    member _.BackOver(step: int) =
        at <- step

        match life with
        | null -> ()
        | life ->
            life.Wake(step, region)

            for i in 0 .. slotted.Length - 1 do
                Bits.each (slotted[i] &&& ~~~region.Set[i]) (64 * i) forget
                slotted[i] <- region.Set[i]

            if step > 0 then
                region.Add(life.Present(step).Held)
            else
                region.Widen(layout.Seen.Start, layout.Seen.Joined)
                heard.Renew region

                for word in 0 .. words - 1 do
                    if region.Has word then
                        NativePtr.set heard.Bits word (NativePtr.get everyone.Pointer word)

            region.Close()

    member _.Back = back
    member _.Turn() = adjoint <- 1 - adjoint

    /// The adjoint of the inputs of the step whose passes back have just ended, added to `total` [cells x inputs].
    member _.AddInputAdjoint(total: float32[]) =
        for word in 0 .. words - 1 do
            Bits.each (NativePtr.get (firingAt at).Bits word) (64 * word) (fun place ->
                let row = Passes.row linearBar.Pointer (NativePtr.get slot.Pointer place) sizes.LinearRow
                let cell = layout.UserOf place

                for i in 0 .. sizes.Inputs - 1 do
                    let into = cell * sizes.Inputs + i
                    total[into] <- total[into] + NativePtr.get row (sizes.Linear + i))

    /// Copies out the adjoint of the state before the first step, once every step has been walked back.
    member _.LeaveAdjoint(values: float32[], from: int, until: int) =
        let rows = adjoints[adjoint].Pointer
        Exchange.leave layout.Order (wanted ()) sizes.Channels sizes.StateRow rows values from until

    /// Adds the rollout's gradient, stretch by stretch in order, to one in the rule's own order.
    member _.AddGradient(timeStep: float, gradient: float[]) =
        for index in 0 .. stretches - 1 do
            if summed[index] then
                rule.AddTo(sumsOf index, timeStep, gradient)

    member private _.Floats =
        Array.concat
            [ states; keptLinear; keptRule; auxiliaries; adjoints; inputs; [| linearBar; sums; auxiliaryBar |] ]

    member tape.Bytes =
        firingBits.Bytes
        + (match life with
           | null -> 0L
           | life -> life.Bytes)
        + Array.sumBy (fun (buffer: Buffer<float32>) -> buffer.Bytes) tape.Floats

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

            for buffer in [ firingBits; everyone; heardBits ] do
                (buffer :> IDisposable).Dispose()

            match life with
            | null -> ()
            | life -> (life :> IDisposable).Dispose()

            (slot :> IDisposable).Dispose()
