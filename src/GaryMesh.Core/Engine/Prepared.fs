namespace GaryMesh

open System
open System.Collections.Immutable
open System.Threading
open GaryMesh.Kernels

[<NoComparison; ReferenceEquality>]
type Outcome =
    { Loss: float
      Parts: ImmutableArray<struct (string * float)>
      Final: State
      Start: State
      Inputs: State[] }

[<NoComparison; ReferenceEquality>]
type BatchGradient =
    { Loss: float
      Parts: ImmutableArray<struct (string * float)>
      Parameters: float[]
      Outcomes: Outcome[] }

[<Sealed>]
type Prepared private (runner: Runner, options: EngineOptions) =
    let graph, shape = runner.Graph, runner.Shape
    /// For runs that keep nothing: two states each.
    let mutable loops: Tape[] = [||]
    /// For runs with a backward pass, of at most `room` steps.
    let mutable tapes: Tape[] = [||]
    let mutable room = 0
    /// The states in which `Trace` has ended and from which `Adjoint` has yet to walk back.
    let mutable traced: State[] = [||]
    /// `runner.Changes` at that trace.
    let mutable tracedAt = 0
    /// The rollouts whose gradient the tapes hold, for `AddGradient`.
    let mutable held = 0
    /// `runner.Changes` at that batch.
    let mutable heldAt = 0

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
            |> List.tryFind (fun (memory, limit) -> Tape.Estimate(runner.Plan, memory, steps) <= limit)
            |> Option.map fst
            |> Option.defaultValue checkpoints

    let more count (kept: Tape[]) memory steps =
        if kept.Length < count then
            Array.append kept (Array.init (count - kept.Length) (fun _ -> runner.NewTape(memory, steps)))
        else
            kept

    let loopsOf count =
        loops <- more count loops Memory.Nothing 1
        loops

    /// Makes ready for a batch with a backward pass, and gives each rollout its tape. The tapes' room only grows, so that rollouts
    /// of random lengths do not have them made anew each time another kind would serve a little better.
    let tapesFor (rollouts: Rollout[]) =
        runner.Train()
        traced <- [||]
        held <- 0
        let steps = rollouts |> Array.map _.Steps |> Array.max

        if steps > room then
            tapes |> Array.iter runner.Free
            tapes <- [||]
            room <- steps

        tapes <- more rollouts.Length tapes (memoryFor room) room
        tapes

    /// Every step of a rollout, from its start on; `look` is called after each.
    let stepThrough hands (tape: Tape) (rollout: Rollout) (look: int -> unit) =
        runner.Begin(hands, tape, rollout)

        for step in 0 .. rollout.Steps - 1 do
            runner.Step(hands, tape, step, step)
            look (step + 1)

    let runOne hands (tape: Tape) (rollout: Rollout) =
        stepThrough hands tape rollout ignore
        runner.StateBefore(hands, tape, rollout.Steps)

    /// The value of a loss after a step, or null where the loss does not see it.
    let seen hands (tape: Tape) (rollout: Rollout) (loss: Loss) key step (state: State | null) : LossValue | null =
        if not (loss.Sees(step, rollout.Steps)) then
            null
        else
            let state =
                match state with
                | null -> runner.StateBefore(hands, tape, step)
                | state -> state

            let context = { Step = step; Steps = rollout.Steps; Graph = graph; Key = key }
            loss.Evaluate(state, runner.AuxiliaryBefore(tape, step), context)

    /// The backward pass over a rollout that the tape has just run. `look` says what the loss sees after a step.
    let walkBack hands (tape: Tape) (look: int -> LossValue | null) : struct (State * State[]) =
        let rollout = tape.Rollout
        tape.BeginBack()
        let zeros _ = Array.zeroCreate<float32>(graph.Cells * shape.Inputs)

        let inputs =
            match rollout.Inputs with
            | Inputs.Absent -> [||]
            | Inputs.Constant _ -> [| zeros 0 |]
            | Inputs.PerStep _ -> Array.init rollout.Steps zeros

        for step in rollout.Steps - 1 .. -1 .. 0 do
            match look (step + 1) with
            | null -> tape.SetAuxiliaryAdjoint null
            | value ->
                let adjoint = value.Adjoint

                if adjoint.Cells <> graph.Cells || adjoint.Channels <> shape.Channels then
                    Guard.refuse
                        $"The adjoint of a state must have {graph.Cells} cells x {shape.Channels}, but has {adjoint.Cells} x {adjoint.Channels}."

                match value.AuxiliaryAdjoint with
                | NonNull given when given.Cells <> graph.Cells || given.Channels <> shape.Auxiliary ->
                    Guard.refuse
                        $"The adjoint of what the cells report must have {graph.Cells} cells x {shape.Auxiliary}, but has {given.Cells} x {given.Channels}."
                | _ -> ()

                runner.ShareOut(hands, (fun from until -> tape.AddAdjoint(step + 1, adjoint, from, until)))
                tape.SetAuxiliaryAdjoint value.AuxiliaryAdjoint

            if runner.Plan.IsBounded then
                runner.ShareOut(hands, (fun from until -> tape.HoldBack(step + 1, from, until)))

            // Only now: the state that the loss and the bound have seen may lie where one of these will.
            for again in tape.RecomputeFrom step .. step - 1 do
                runner.Step(hands, tape, again, again)

            tape.BackOver step

            for pass in tape.Back do
                runner.Pass(hands, tape, pass)

            if inputs.Length > 0 && shape.Inputs > 0 then
                tape.AddInputAdjoint inputs[min step (inputs.Length - 1)]

            tape.Turn()

        let values = GC.AllocateUninitializedArray<float32>(graph.Cells * shape.Channels)
        runner.ShareOut(hands, (fun from until -> tape.LeaveAdjoint(values, from, until)))

        struct (State(graph.Cells, shape.Channels, values),
                inputs |> Array.map (fun values -> State(graph.Cells, shape.Inputs, values)))

    let differentiateOne hands (tape: Tape) (rollout: Rollout) (loss: Loss) key : Outcome =
        let final = runOne hands tape rollout
        let values = Array.zeroCreate<LossValue | null>(rollout.Steps + 1)

        let look step =
            values[step] <- seen hands tape rollout loss key step (if step = rollout.Steps then final else null)
            values[step]

        let struct (start, inputs) = walkBack hands tape look
        let values = values |> Array.rev |> Array.choose Option.ofObj

        { Loss = values |> Array.sumBy _.Value
          Parts = values |> Seq.collect _.Parts |> LossParts.sum
          Final = final
          Start = start
          Inputs = inputs }

    /// Adds the gradient of the first tapes, in their order.
    let addUp count (parameters: float[]) =
        for index in 0 .. count - 1 do
            tapes[index].AddGradient(runner.Automaton.TimeStep, parameters)

    /// The outcomes of a batch with the gradient that its tapes have summed.
    let sumUp (outcomes: Outcome[]) : BatchGradient =
        let parameters = Array.zeroCreate<float> shape.ParameterCount
        addUp outcomes.Length parameters

        { Loss = outcomes |> Array.sumBy _.Loss
          Parts = outcomes |> Seq.collect _.Parts |> LossParts.sum
          Parameters = parameters
          Outcomes = outcomes }

    let check (rollouts: Rollout[]) =
        for rollout in rollouts do
            runner.Automaton.Check(graph, rollout)

    /// Runs rollouts that keep nothing, each on a tape that no other has at the time.
    let onLoops (rollouts: Rollout[]) (work: Hands -> Tape -> int -> unit) =
        check rollouts
        let tapes = loopsOf (min rollouts.Length runner.Threads)

        let tapeOf hands index =
            match hands with
            | Hands.All -> tapes[0]
            | Hands.One _ when rollouts.Length <= runner.Threads -> tapes[index]
            | Hands.One worker -> tapes[worker]

        runner.OverBatch(rollouts.Length, (fun hands index -> work hands (tapeOf hands index) index))

    new(automaton: Automaton, graph: Graph, options: EngineOptions) =
        new Prepared(new Runner(automaton, graph, options), options)

    new(automaton: Automaton, graph: Graph) = new Prepared(automaton, graph, EngineOptions())

    member _.Automaton = runner.Automaton
    member _.Graph = graph
    member _.Threads = runner.Threads
    member _.Lanes = runner.Lanes
    member _.Bytes = runner.Bytes

    member _.Load(next: Rule) =
        use _ = runner.Door.Enter()
        runner.Change(runner.Automaton.WithRule next)

    member _.Load(next: Rule, timeStep: float, fireRate: float) =
        use _ = runner.Door.Enter()
        runner.Change(runner.Automaton.WithRule(next).WithTimeStep(timeStep).WithFireRate fireRate)

    member _.Begin(rollout: Rollout) = new Simulation(runner, rollout, false)

    member _.Run(rollouts: Rollout[]) : State[] =
        use _ = runner.Door.Enter()
        let finals = Array.zeroCreate<State> rollouts.Length
        onLoops rollouts (fun hands tape index -> finals[index] <- runOne hands tape rollouts[index])
        finals

    member prepared.Run(rollout: Rollout) : State = prepared.Run([| rollout |])[0]

    member _.Run(rollout: Rollout, every: int, observe: Action<int, State>, cancellation: CancellationToken) : State =
        use _ = runner.Door.Enter()
        check [| rollout |]
        Guard.positive (nameof every) "The number of steps between observations" every
        let tape = (loopsOf 1)[0]
        observe.Invoke(0, rollout.Start)

        stepThrough Hands.All tape rollout (fun step ->
            if step % every = 0 || step = rollout.Steps then
                observe.Invoke(step, runner.StateBefore(Hands.All, tape, step))

            cancellation.ThrowIfCancellationRequested())

        runner.StateBefore(Hands.All, tape, rollout.Steps)

    member _.RunInto(rollout: Rollout, final: float32[]) =
        use _ = runner.Door.Enter()
        let tape, hands = (loopsOf 1)[0], runner.Fitting

        // As `stepThrough` and `ShareOut`, without their closures.
        tape.Begin rollout
        tape.Enter(0, graph.Cells)

        for step in 0 .. rollout.Steps - 1 do
            runner.Step(hands, tape, step, step)

        tape.Leave(rollout.Steps, final, 0, graph.Cells)

    member _.Evaluate(rollouts: Rollout[], loss: Loss, key: uint64) : float[] =
        use _ = runner.Door.Enter()
        let losses = Array.zeroCreate<float> rollouts.Length

        onLoops rollouts (fun hands tape index ->
            let rollout = rollouts[index]

            stepThrough hands tape rollout (fun step ->
                match seen hands tape rollout loss key step null with
                | null -> ()
                | value -> losses[index] <- losses[index] + value.Value))

        losses

    /// The outcomes of a batch, whose gradient its tapes have summed.
    member private _.Differentiated(rollouts: Rollout[], losses: Loss[], key: uint64) : Outcome[] =
        if losses.Length <> rollouts.Length then
            Guard.refuse
                $"Each rollout needs a loss, but there are {rollouts.Length} rollouts and {losses.Length} losses."

        check rollouts
        let outcomes = Array.zeroCreate<Outcome> rollouts.Length

        if rollouts.Length > 0 then
            let tapes = tapesFor rollouts

            runner.OverBatch(
                rollouts.Length,
                fun hands index ->
                    outcomes[index] <- differentiateOne hands tapes[index] rollouts[index] losses[index] key
            )

        outcomes

    member prepared.Gradient(rollouts: Rollout[], losses: Loss[], key: uint64) : BatchGradient =
        use _ = runner.Door.Enter()
        sumUp (prepared.Differentiated(rollouts, losses, key))

    member prepared.Differentiate(rollouts: Rollout[], losses: Loss[], key: uint64) : Outcome[] =
        use _ = runner.Door.Enter()
        let outcomes = prepared.Differentiated(rollouts, losses, key)
        held <- outcomes.Length
        heldAt <- runner.Changes
        outcomes

    member _.AddGradient(gradient: float[]) =
        use _ = runner.Door.Enter()

        if gradient.Length <> shape.ParameterCount then
            Guard.refuse
                $"The gradient of a rule {shape.Text} has {shape.ParameterCount} numbers, but {gradient.Length} are given."

        if held = 0 || heldAt <> runner.Changes then
            Guard.refuse $"There is no batch whose gradient could be added: another rule or batch has come between."

        addUp held gradient

    member prepared.Gradient(rollouts: Rollout[], losses: Loss[]) = prepared.Gradient(rollouts, losses, 0UL)

    member prepared.Gradient(rollouts: Rollout[], loss: Loss) : BatchGradient =
        prepared.Gradient(rollouts, Array.create rollouts.Length loss, 0UL)

    member _.Trace(rollouts: Rollout[]) : State[] =
        use _ = runner.Door.Enter()
        check rollouts
        let finals = Array.zeroCreate<State> rollouts.Length

        if rollouts.Length > 0 then
            let tapes = tapesFor rollouts

            runner.OverBatch(
                rollouts.Length,
                fun hands index -> finals[index] <- runOne hands tapes[index] rollouts[index]
            )

        traced <- finals
        tracedAt <- runner.Changes
        finals

    member _.Adjoint(adjoints: State[]) : BatchGradient =
        use _ = runner.Door.Enter()
        let finals = if runner.Changes = tracedAt then traced else [||]
        traced <- [||]

        if adjoints.Length <> finals.Length then
            Guard.refuse
                $"The backward pass needs an adjoint for each rollout of the trace before it, but there are {finals.Length} rollouts and {adjoints.Length} adjoints."

        let outcomes = Array.zeroCreate<Outcome> finals.Length

        runner.OverBatch(
            finals.Length,
            fun hands index ->
                let tape = tapes[index]

                let look step : LossValue | null =
                    if step = tape.Steps then LossValue.Of(0.0, adjoints[index]) else null

                let struct (start, inputs) = walkBack hands tape look

                outcomes[index] <-
                    { Loss = 0.0
                      Parts = ImmutableArray.Empty
                      Final = finals[index]
                      Start = start
                      Inputs = inputs }
        )

        sumUp outcomes

    member _.Dispose() = (runner.Door :> IDisposable).Dispose()

    interface IDisposable with
        member prepared.Dispose() = prepared.Dispose()
