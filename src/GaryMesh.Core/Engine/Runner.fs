/// One automaton on one graph made ready for the kernels, with its threads: what simulations, batches and gradients share.
namespace GaryMesh.Kernels

open System
open System.Collections.Generic
open GaryMesh
open GaryMesh.Rules
open GaryMesh.Vectors

/// Whether the passes of a step are shared among the threads, or run here and now by one worker.
[<RequireQualifiedAccess>]
type internal Hands =
    | All
    | One of worker: int

[<Sealed>]
type internal Runner(automaton: Automaton, graph: Graph, options: EngineOptions) =
    do automaton.Check()

    /// Cells that one pass goes through at a time, at most.
    static let longest = 4096

    let threads = if options.Threads > 0 then options.Threads else Environment.ProcessorCount
    let kernels = Kernels.ofLanes (if options.Lanes > 0 then options.Lanes else Lanes.widest)
    let shape = automaton.Rule.Shape
    let layout = new Layout(graph, automaton.Perception, automaton.Spacing)
    let sizes = Sizes(shape, automaton.Perception, layout)
    let packed = RuleKernel.compile shape.Kind sizes.Rows kernels.Lanes

    do
        let row = max sizes.LinearRow (max packed.KeptRow sizes.StateRow)

        // Rows are counted up to whole stretches.
        let most = Int32.MaxValue / row - longest

        if graph.Cells > most then
            Guard.refuse $"A rule {shape.Text} runs on up to {most} cells, but {graph.Name} has {graph.Cells}."

    let plan = new Plan(layout, sizes, packed, automaton.Gate, automaton.Bound, float32 automaton.Keep)
    // Independent of the number of threads, as the gradient adds up by stretches.
    let stretch = max 256 (min longest ((graph.Cells / 128 + 63) &&& ~~~63))
    let workers = new Workers(threads)
    let scratches = Array.init threads (fun _ -> new Scratch(plan, stretch))
    let alone = Hands.One 0
    let mutable automaton = automaton
    let mutable changes = 0
    let mutable training = false
    let load () = packed.Load(automaton.Rule.Parameters, float32 automaton.TimeStep, training)
    do load ()

    /// Tapes in use, which go when the last call has gone. Locked, as a simulation lets go of its own while others work.
    let tapes = HashSet<Tape>()

    let door =
        new Door(
            "Prepared",
            1,
            fun () ->
                (workers :> IDisposable).Dispose()

                lock tapes (fun () ->
                    for tape in tapes do
                        (tape :> IDisposable).Dispose()

                    tapes.Clear())

                for scratch in scratches do
                    (scratch :> IDisposable).Dispose()

                (plan :> IDisposable).Dispose()
                packed.Dispose()
                (layout :> IDisposable).Dispose()
        )

    member _.Graph = graph
    member _.Threads = threads
    member _.Lanes = kernels.Lanes
    member _.Door = door
    member _.Shape = shape
    member _.Bytes = layout.Bytes + lock tapes (fun () -> tapes |> Seq.sumBy _.Bytes)
    member _.Plan = plan
    member _.Workers = workers
    member _.Automaton = automaton

    /// Whether a graph is so small that sharing it out costs more than it brings.
    member _.IsSmall = graph.Cells <= 2 * stretch

    /// One thread for a small graph, all for a large one.
    member runner.Fitting = if runner.IsSmall then alone else Hands.All

    /// Takes up the automaton with another rule, time step or fire rate.
    member _.Change(next: Automaton) =
        if not ((next.Rule.Shape :> IEquatable<RuleShape>).Equals shape) then
            Guard.refuse $"The run is prepared for a rule {shape.Text}, but is given a rule {next.Rule.Shape.Text}."

        next.Check()
        automaton <- next
        changes <- changes + 1
        load ()

    /// How often the automaton has changed.
    member _.Changes = changes

    /// Packs what the backward pass reads, too, from here on.
    member _.Train() =
        layout.Backward |> ignore

        if not training then
            training <- true
            load ()

    member _.NewTape(memory: Memory, steps: int) =
        let tape = new Tape(plan, kernels, memory, steps, stretch, scratches)
        lock tapes (fun () -> tapes.Add tape |> ignore)
        tape

    member _.Free(tape: Tape) =
        lock tapes (fun () ->
            if tapes.Remove tape then
                (tape :> IDisposable).Dispose())

    member _.Pass(hands: Hands, tape: Tape, pass: Piece) =
        match hands with
        | Hands.All -> workers.Run(tape.Stretches, pass)
        | Hands.One worker ->
            for index in 0 .. tape.Stretches - 1 do
                pass.Invoke(worker, index)

    /// Copying in and out, too, is shared out by stretches.
    member _.ShareOut(hands: Hands, work: int -> int -> unit) =
        match hands with
        | Hands.All ->
            let piece = Piece(fun _ index -> work (index * stretch) (min graph.Cells ((index + 1) * stretch)))
            workers.Run((graph.Cells + stretch - 1) / stretch, piece)
        | Hands.One _ -> work 0 graph.Cells

    member runner.Begin(hands: Hands, tape: Tape, rollout: Rollout) =
        tape.Begin rollout
        runner.ShareOut(hands, (fun from until -> tape.Enter(from, until)))

    /// From the state before `step` to the one after it; the firing is that of the step `number`.
    member runner.Step(hands: Hands, tape: Tape, step: int, number: int) =
        tape.Draw(step, number, automaton.FireRate)

        for pass in tape.Forward do
            runner.Pass(hands, tape, pass)

    /// The state before a step: a copy for the user.
    member runner.StateBefore(hands: Hands, tape: Tape, step: int) =
        let values = GC.AllocateUninitializedArray<float32>(graph.Cells * shape.Channels)
        runner.ShareOut(hands, (fun from until -> tape.Leave(step, values, from, until)))
        State(graph.Cells, shape.Channels, values)

    /// What the cells reported at the step before a state.
    member _.AuxiliaryBefore(tape: Tape, step: int) =
        let values = Array.zeroCreate<float32>(graph.Cells * shape.Auxiliary)
        tape.LeaveAuxiliary(step, values)
        State(graph.Cells, shape.Auxiliary, values)

    /// Rollouts side by side where there are enough of them to keep every thread busy, else the cells of one after the
    /// other. Results are the same.
    member runner.OverBatch(count: int, work: Hands -> int -> unit) =
        if count > 1 && (count >= threads || runner.IsSmall) then
            workers.Run(count, Piece(fun worker index -> work (Hands.One worker) index))
        else
            for index in 0 .. count - 1 do
                work Hands.All index
