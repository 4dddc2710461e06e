namespace GaryMesh

open System
open System.Threading
open GaryMesh.Kernels

[<RequireQualifiedAccess>]
type TraceMemory =
    | Within of Bytes: int64
    | Everything
    | States
    | Checkpoints

[<Sealed>]
type EngineOptions() =
    member val Threads = 0 with get, set
    member val Lanes = 0 with get, set
    member val TraceMemory = TraceMemory.Within(256L <<< 20) with get, set

[<NoComparison; ReferenceEquality>]
type Outcome = { Loss: float; Final: State; Start: State; Inputs: State[] }

[<NoComparison; ReferenceEquality>]
type BatchGradient = { Loss: float; Parameters: float[]; Outcomes: Outcome[] }

/// Whether the passes of a step are shared among the threads, or run here and now by one worker.
[<RequireQualifiedAccess>]
type private Hands =
    | All
    | One of worker: int

/// Cells that one pass goes through at a time, at most.
module private Stretch =
    [<Literal>]
    let Longest = 4096

[<Sealed>]
type Prepared(automaton: Automaton, graph: Graph, options: EngineOptions) =
    do automaton.Check()

    let threads = if options.Threads > 0 then options.Threads else Environment.ProcessorCount
    let kernels = Kernels.ofLanes (if options.Lanes > 0 then options.Lanes else Kernels.widest)
    let shape = automaton.Rule.Shape
    let layout = new Layout(graph, automaton.Perception)
    let sizes = Sizes(shape, layout)

    do
        let longest = max sizes.PerceivedRow (max sizes.HiddenRow sizes.StateRow)

        // Rows are counted up to whole stretches.
        let most = Int32.MaxValue / longest - Stretch.Longest

        if graph.Cells > most then
            Guard.refuse $"A rule {shape.Text} runs on up to {most} cells, but {graph.Name} has {graph.Cells}."

    let packed = new PackedRule(sizes, kernels.Lanes)
    let plan = new Plan(layout, sizes, packed, automaton.Gate)
    // Independent of the number of threads, as the gradient adds up by stretches.
    let stretch = max 256 (min Stretch.Longest ((graph.Cells / 128 + 63) &&& ~~~63))
    let workers = new Workers(threads)
    let scratches = Array.init threads (fun _ -> new Scratch(sizes, stretch))
    let timeStep = automaton.TimeStep
    let mutable rule = automaton.Rule
    let mutable packedForTraining = false
    /// For runs that keep nothing: two states each.
    let mutable loops: Tape[] = [||]
    /// For runs with a way back, of at most `room` steps.
    let mutable tapes: Tape[] = [||]
    let mutable room = 0
    /// The states in which `Trace` has ended and from which `Adjoint` has yet to walk back.
    let mutable traced: State[] = [||]

    do packed.Load(rule.Parameters, float32 timeStep, false)

    let memoryFor steps =
        let checkpoints = Memory.Checkpoints(Checkpoints.slotsFor steps)

        match options.TraceMemory with
        | TraceMemory.Everything -> Memory.Everything
        | TraceMemory.States -> Memory.States
        | TraceMemory.Checkpoints -> checkpoints
        | TraceMemory.Within bytes ->
            // What outgrows a core's cache is computed again faster than it is written and read back.
            let cache = 1L <<< 20

            [ Memory.Everything, min bytes cache; Memory.States, bytes ]
            |> List.tryFind (fun (memory, limit) -> Tape.Estimate(sizes, graph.Cells, memory, steps) <= limit)
            |> Option.map fst
            |> Option.defaultValue checkpoints

    let newTape memory steps _ = new Tape(plan, kernels, automaton.FireRate, memory, steps, stretch)

    let loopsOf count =
        if loops.Length < count then
            loops <- Array.append loops (Array.init (count - loops.Length) (newTape Memory.Nothing 1))

        loops

    /// Tapes for a batch of at most so many steps. Their room only grows, so that rollouts of random lengths do not have
    /// them made anew each time another kind would serve a little better.
    let tapesOf steps count =
        if steps > room then
            for tape in tapes do
                (tape :> IDisposable).Dispose()

            tapes <- [||]
            room <- steps

        if tapes.Length < count then
            tapes <- Array.append tapes (Array.init (count - tapes.Length) (newTape (memoryFor room) room))

        tapes

    let mutable passTape = Unchecked.defaultof<Tape>
    let mutable passStep = 0
    let mutable passNumber = 0

    let forwardPiece =
        Piece(fun worker index -> passTape.ForwardPass(passStep, passNumber, index, scratches[worker]))

    let backwardPiece =
        Piece(fun worker index -> passTape.BackwardPass(passStep, passNumber, index, scratches[worker]))

    let pass hands (tape: Tape) step number backward =
        match hands with
        | Hands.All ->
            passTape <- tape
            passStep <- step
            passNumber <- number
            workers.Run(tape.Stretches, (if backward then backwardPiece else forwardPiece))
        | Hands.One worker ->
            for index in 0 .. tape.Stretches - 1 do
                if backward then
                    tape.BackwardPass(step, number, index, scratches[worker])
                else
                    tape.ForwardPass(step, number, index, scratches[worker])

    /// Copying in and out, too, is shared out by stretches.
    let spread hands (work: int -> int -> unit) =
        match hands with
        | Hands.All ->
            let piece = Piece(fun _ index -> work (index * stretch) (min graph.Cells ((index + 1) * stretch)))
            workers.Run((graph.Cells + stretch - 1) / stretch, piece)
        | Hands.One _ -> work 0 graph.Cells

    /// A copy for the user, every number of which `leave` writes.
    let taken hands (leave: float32[] -> int -> int -> unit) =
        let values = GC.AllocateUninitializedArray<float32>(graph.Cells * shape.Channels)
        spread hands (leave values)
        State(graph.Cells, shape.Channels, values)

    let stateBefore hands (tape: Tape) step =
        taken hands (fun values from until -> tape.Leave(step, values, from, until))

    let begin' hands (tape: Tape) rollout =
        tape.Begin rollout
        spread hands (fun from until -> tape.Enter(from, until))

    let forward hands (tape: Tape) step =
        tape.Draw step

        for number in 0 .. tape.ForwardPasses - 1 do
            pass hands tape step number false

    /// The state after a rollout, from its start on.
    let runOne hands (tape: Tape) (rollout: Rollout) =
        begin' hands tape rollout

        for step in 0 .. rollout.Steps - 1 do
            forward hands tape step

        stateBefore hands tape rollout.Steps

    /// The way back over a rollout that the tape has just run. `look` says what the loss sees in the state after a step, or
    /// null where it does not look; it is given the state as a function, for the copy costs.
    let walkBack hands (tape: Tape) (look: int -> (unit -> State) -> State | null) : struct (State * State[]) =
        let rollout = tape.Rollout
        let steps = rollout.Steps
        tape.BeginBack()

        let inputs =
            match rollout.Inputs with
            | Inputs.Absent -> [||]
            | Inputs.Constant _ -> [| Array.zeroCreate<float32>(graph.Cells * shape.Inputs) |]
            | Inputs.PerStep _ -> Array.init steps (fun _ -> Array.zeroCreate<float32>(graph.Cells * shape.Inputs))

        for step in steps - 1 .. -1 .. 0 do
            match look (step + 1) (fun () -> stateBefore hands tape (step + 1)) with
            | null -> ()
            | adjoint ->
                if adjoint.Cells <> graph.Cells || adjoint.Channels <> shape.Channels then
                    Guard.refuse
                        $"The adjoint of a state must have {graph.Cells} cells x {shape.Channels}, but has {adjoint.Cells} x {adjoint.Channels}."

                spread hands (fun from until -> tape.AddAdjoint(adjoint, from, until))

            // Only now: the state that the loss has seen may lie where one of these will.
            for again in tape.RecomputeFrom step .. step - 1 do
                forward hands tape again

            pass hands tape step 0 true
            pass hands tape step 1 true

            if inputs.Length > 0 && shape.Inputs > 0 then
                tape.AddInputAdjoint inputs[min step (inputs.Length - 1)]

            tape.Turn()

        struct (taken hands (fun values from until -> tape.LeaveAdjoint(values, from, until)),
                inputs |> Array.map (fun values -> State(graph.Cells, shape.Inputs, values)))

    let differentiateOne hands (tape: Tape) (rollout: Rollout) (loss: Loss) : Outcome =
        let final = runOne hands tape rollout
        let mutable sum = 0.0

        let look step (state: unit -> State) : State | null =
            if loss.Sees(step, rollout.Steps) then
                let said = loss.Evaluate(if step = rollout.Steps then final else state ())
                sum <- sum + said.Value
                said.Adjoint
            else
                null

        let struct (start, inputs) = walkBack hands tape look
        { Loss = sum; Final = final; Start = start; Inputs = inputs }

    /// Rollouts side by side where there are enough of them to keep every thread busy, else the cells of one after the
    /// other. Results are the same.
    let overBatch count (work: Hands -> int -> unit) =
        if count > 1 && (count >= threads || graph.Cells <= 2 * stretch) then
            workers.Run(count, Piece(fun worker index -> work (Hands.One worker) index))
        else
            for index in 0 .. count - 1 do
                work Hands.All index

    /// Makes ready for a batch with a way back, and gives each rollout its tape.
    let tapesFor (rollouts: Rollout[]) =
        if not packedForTraining then
            packedForTraining <- true
            packed.Load(rule.Parameters, float32 timeStep, true)

        layout.Backward |> ignore
        let steps = rollouts |> Array.map _.Steps |> Array.max
        traced <- [||]
        tapesOf steps rollouts.Length

    /// The outcomes of a batch with the gradient that its tapes have summed.
    let together (outcomes: Outcome[]) : BatchGradient =
        let parameters = Array.zeroCreate<float> shape.ParameterCount

        for index in 0 .. outcomes.Length - 1 do
            tapes[index].AddGradient(timeStep, parameters)

        { Loss = outcomes |> Array.sumBy _.Loss
          Parameters = parameters
          Outcomes = outcomes }

    let alone = Hands.One 0

    let door =
        new Door(
            "Prepared",
            1,
            fun () ->
                (workers :> IDisposable).Dispose()

                for tape in Array.append loops tapes do
                    (tape :> IDisposable).Dispose()

                loops <- [||]
                tapes <- [||]

                for scratch in scratches do
                    (scratch :> IDisposable).Dispose()

                (plan :> IDisposable).Dispose()
                (packed :> IDisposable).Dispose()
                (layout :> IDisposable).Dispose()
        )

    new(automaton: Automaton, graph: Graph) = new Prepared(automaton, graph, EngineOptions())

    member _.Automaton = automaton.WithRule rule
    member _.Graph = graph
    member _.Threads = threads
    member _.Lanes = kernels.Lanes
    member _.Bytes = layout.Bytes + (Array.append loops tapes |> Array.sumBy _.Bytes)

    member _.Load(next: Rule) =
        use _ = door.Enter()

        if not ((next.Shape :> IEquatable<RuleShape>).Equals shape) then
            Guard.refuse $"The run is prepared for a rule {shape.Text}, but is given a rule {next.Shape.Text}."

        rule <- next
        traced <- [||]
        packed.Load(rule.Parameters, float32 timeStep, packedForTraining)

    member _.Run(rollouts: Rollout[]) : State[] =
        use _ = door.Enter()

        for rollout in rollouts do
            automaton.Check(graph, rollout)

        if rollouts.Length = 0 then
            [||]
        else
            let sideBySide = min rollouts.Length threads
            let tapes = loopsOf sideBySide
            let results = Array.zeroCreate<State> rollouts.Length

            // No two rollouts at once on one tape: one each while they are few, else one for each worker.
            let tapeOf hands index =
                match hands with
                | Hands.All -> tapes[0]
                | Hands.One _ when rollouts.Length <= threads -> tapes[index]
                | Hands.One worker -> tapes[worker]

            overBatch rollouts.Length (fun hands index ->
                results[index] <- runOne hands (tapeOf hands index) rollouts[index])

            results

    member prepared.Run(rollout: Rollout) : State = prepared.Run([| rollout |])[0]

    member _.Run(rollout: Rollout, every: int, observe: Action<int, State>, cancellation: CancellationToken) : State =
        use _ = door.Enter()
        automaton.Check(graph, rollout)
        Guard.positive "The number of steps between two looks" every
        let tape = (loopsOf 1)[0]
        begin' Hands.All tape rollout
        observe.Invoke(0, rollout.Start)

        for step in 0 .. rollout.Steps - 1 do
            cancellation.ThrowIfCancellationRequested()
            forward Hands.All tape step

            if (step + 1) % every = 0 || step + 1 = rollout.Steps then
                observe.Invoke(step + 1, stateBefore Hands.All tape (step + 1))

        stateBefore Hands.All tape rollout.Steps

    member _.RunInto(rollout: Rollout, final: float32[]) =
        use _ = door.Enter()
        let tape = (loopsOf 1)[0]

        if graph.Cells <= 2 * stretch then
            tape.Begin rollout
            tape.Enter(0, graph.Cells)

            for step in 0 .. rollout.Steps - 1 do
                forward alone tape step

            tape.Leave(rollout.Steps, final, 0, graph.Cells)
        else
            begin' Hands.All tape rollout

            for step in 0 .. rollout.Steps - 1 do
                forward Hands.All tape step

            spread Hands.All (fun from until -> tape.Leave(rollout.Steps, final, from, until))

    member _.Gradient(rollouts: Rollout[], losses: Loss[]) : BatchGradient =
        use _ = door.Enter()

        if losses.Length <> rollouts.Length then
            Guard.refuse
                $"Each rollout needs a loss, but there are {rollouts.Length} rollouts and {losses.Length} losses."

        for rollout in rollouts do
            automaton.Check(graph, rollout)

        if rollouts.Length = 0 then
            together [||]
        else
            let tapes = tapesFor rollouts
            let outcomes = Array.zeroCreate<Outcome> rollouts.Length

            overBatch rollouts.Length (fun hands index ->
                outcomes[index] <- differentiateOne hands tapes[index] rollouts[index] losses[index])

            together outcomes

    member prepared.Gradient(rollouts: Rollout[], loss: Loss) : BatchGradient =
        prepared.Gradient(rollouts, Array.create rollouts.Length loss)

    member _.Trace(rollouts: Rollout[]) : State[] =
        use _ = door.Enter()

        for rollout in rollouts do
            automaton.Check(graph, rollout)

        if rollouts.Length = 0 then
            traced <- [||]
            [||]
        else
            let tapes = tapesFor rollouts
            let finals = Array.zeroCreate<State> rollouts.Length

            overBatch rollouts.Length (fun hands index -> finals[index] <- runOne hands tapes[index] rollouts[index])

            traced <- finals
            finals

    member _.Adjoint(adjoints: State[]) : BatchGradient =
        use _ = door.Enter()
        let finals = traced
        traced <- [||]

        if adjoints.Length <> finals.Length then
            Guard.refuse
                $"The way back needs an adjoint for each rollout of the trace before it, but there are {finals.Length} rollouts and {adjoints.Length} adjoints."

        let outcomes = Array.zeroCreate<Outcome> finals.Length

        overBatch finals.Length (fun hands index ->
            let tape = tapes[index]
            let look step _ : State | null = if step = tape.Steps then adjoints[index] else null
            let struct (start, inputs) = walkBack hands tape look
            outcomes[index] <- { Loss = 0.0; Final = finals[index]; Start = start; Inputs = inputs })

        together outcomes

    interface IDisposable with
        member _.Dispose() = (door :> IDisposable).Dispose()
