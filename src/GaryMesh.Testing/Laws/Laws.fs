namespace GaryMesh.Testing

open System
open System.Collections.Immutable
open System.Threading
open GaryMesh
open GaryMesh.Testing.Evidence

[<RequireQualifiedAccess>]
type LawResult =
    | Holds
    | Broken of Reason: string

    member result.Text =
        match result with
        | Holds -> ""
        | Broken reason -> reason

[<Sealed>]
type Law(name: string, statement: string, check: Automaton -> Graph -> Rollout -> uint64 -> LawResult) =
    member _.Name = name
    member _.Statement = statement

    member _.Check(automaton: Automaton, graph: Graph, rollout: Rollout, seed: uint64) =
        automaton.Check(graph, rollout)
        check automaton graph rollout seed

    member law.Check(automaton: Automaton, graph: Graph, rollout: Rollout) = law.Check(automaton, graph, rollout, 0UL)

module private Checks =
    /// The first of several findings that is not empty.
    let first (findings: (unit -> string option) seq) =
        match findings |> Seq.tryPick (fun find -> find ()) with
        | Some reason -> LawResult.Broken reason
        | None -> LawResult.Holds

    let locality (automaton: Automaton) (graph: Graph) (rollout: Rollout) (seed: uint64) =
        let source = Counter.below graph.Cells (Counter.key seed [ 2 ]) 0L
        let start = rollout.Start

        let changed =
            State.Create(
                start.Cells,
                start.Channels,
                fun cell channel -> if cell = source then start[cell, channel] + 1.0f else start[cell, channel]
            )

        let reach = automaton.HopsPerStep * rollout.Steps
        let hops = graph.HopsFrom source
        let far cell = hops[cell] < 0 || hops[cell] > reach
        let a = run automaton graph rollout
        let b = run automaton graph { rollout with Start = changed }
        first [ bits $"Cell {source} was changed, and more than {reach} hops away" far a b ]

    let relabelling (automaton: Automaton) (graph: Graph) (rollout: Rollout) (seed: uint64) =
        let order = order graph.Cells (Counter.key seed [ 3 ])
        let userOf = Array.zeroCreate graph.Cells
        order |> Array.iteri (fun cell name -> userOf[name] <- cell)

        let other =
            { rollout with
                Start = rollout.Start.Relabelled order
                Firing = renamed automaton rollout (fun cell -> userOf[cell])
                Inputs = mapInputs _.Relabelled(order) rollout.Inputs }

        first
            [ bits
                  "Relabelled after the rollout and before it"
                  everyCell
                  ((run automaton graph rollout).Relabelled order)
                  (run automaton (graph.Relabelled order) other) ]

    /// The graph twice, side by side.
    let private doubled (graph: Graph) =
        let twice (values: ImmutableArray<float>) = Array.append (Array.ofSeq values) (Array.ofSeq values)
        let orNull (values: ImmutableArray<float>) = if values.IsEmpty then null else twice values

        let apart =
            Graph.OfRows(
                [| yield! graph.RowStart; for cell in 1 .. graph.Cells -> graph.RowStart[cell] + graph.Edges |],
                [| yield! graph.Neighbours; for seen in graph.Neighbours -> seen + graph.Cells |],
                orNull graph.Offsets,
                orNull graph.Weights,
                orNull graph.Positions
            )

        let framed = if graph.Frames.IsEmpty then apart else apart.WithFrames(twice graph.Frames)

        if graph.Spacings.IsEmpty then
            framed
        else
            framed.WithSpacing(twice graph.Spacings)

    /// The graph turned by a random rotation: its places, edges and frames.
    let private turned (graph: Graph) (seed: uint64) =
        let draw part = Array.init 3 (fun axis -> Counter.normal (Counter.key seed [ part ]) (int64 axis))
        let dot a b = Array.sum (Array.map2 (*) a b)
        let unit (a: float[]) = Array.map (fun x -> x / sqrt (dot a a)) a

        let cross (a: float[]) (b: float[]) =
            Array.init 3 (fun i -> a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3])

        let x = unit (draw 0)
        let y = unit (cross x (draw 1))
        let axes = [| x; y; cross x y |]

        let turn (values: ImmutableArray<float>) =
            values |> Array.ofSeq |> Array.chunkBySize 3 |> Array.collect (fun a -> Array.map (dot a) axes)

        let turned =
            Graph.OfRows(
                Array.ofSeq graph.RowStart,
                Array.ofSeq graph.Neighbours,
                turn graph.Offsets,
                Array.ofSeq graph.Weights,
                turn graph.Positions
            )

        let framed = if graph.Frames.IsEmpty then turned else turned.WithFrames(turn graph.Frames)

        if graph.Spacings.IsEmpty then
            framed
        else
            framed.WithSpacing(Seq.toArray graph.Spacings)

    let equivariance (automaton: Automaton) (graph: Graph) (rollout: Rollout) (seed: uint64) =
        let still = run automaton graph rollout
        let turned = run automaton (turned graph (Counter.key seed [ 8 ])) rollout
        first [ close "The final states on the graph and on the same turned" 1e-5 1e-5 (floats still) (floats turned) ]

    let flatParameters (automaton: Automaton) (graph: Graph) (rollout: Rollout) (seed: uint64) =
        let shape, cells = automaton.Rule.Shape, graph.Cells
        let twice (state: State) = State(2 * cells, state.Channels, Array.append state.Data state.Data)

        let both =
            { rollout with
                Start = twice rollout.Start
                Firing = renamed automaton rollout (fun cell -> cell % cells)
                Inputs = mapInputs twice rollout.Inputs }

        let wide = doubled graph
        let gradient = gradient 1 plain automaton wide [| both |] (loss automaton wide seed)

        let count (what: string) given () =
            if given = shape.ParameterCount then
                None
            else
                Some $"A rule {shape.Text} has {shape.ParameterCount} parameters, but {what} has {given}."

        first
            [ count "the rule" automaton.Rule.ParameterCount
              count "its gradient on twice the cells" gradient.Parameters.Length
              bits
                  "The graph alone and beside a copy"
                  everyCell
                  (twice (run automaton graph rollout))
                  gradient.Outcomes[0].Final ]

    let parts (count: int) (halo: int) (automaton: Automaton) (graph: Graph) (rollout: Rollout) (_: uint64) =
        let parts = graph.Partition(count, halo)
        let whole = run automaton graph rollout
        let simulations = parts |> Array.map (fun part -> simulationOf 1 automaton part rollout)

        try
            for step in 0 .. rollout.Steps - 1 do
                if step % (halo / automaton.HopsPerStep) = 0 then
                    exchange parts simulations

                for simulation in simulations do
                    simulation.Step()

            first
                [ for part, simulation in Array.zip parts simulations do
                      let name = $"The whole and {part.Graph.Name}, its ghosts {halo} hops wide"
                      bits name (fun cell -> cell < part.Owned) (cellsOf whole part.Global) simulation.State ]
        finally
            for simulation in simulations do
                simulation.Dispose()

    /// In 2 to 8 parts with ghosts up to 8 hops wide, as far as the graph has cells for them.
    let anyParts (automaton: Automaton) (graph: Graph) (rollout: Rollout) (seed: uint64) =
        let draw least most purpose = least + Counter.below (most - least + 1) (Counter.key seed [ purpose ]) 0L
        let count, halo = min graph.Cells (draw 2 8 6), draw automaton.HopsPerStep 8 7
        parts count halo automaton graph rollout seed

    let silence (automaton: Automaton) (graph: Graph) (rollout: Rollout) (seed: uint64) =
        let final = run (automaton.WithFireRate 0.0) graph { rollout with Firing = Firing.Seeded(seed, 0) }
        let zero cell = Seq.forall (fun channel -> final[cell, channel] = 0.0f) (seq { 0 .. final.Channels - 1 })
        let counts cell = automaton.Gate.IsOpen || not (zero cell)
        let start, bound = rollout.Start, automaton.Bound

        let held =
            State(start.Cells, start.Channels, start.Data |> Array.map (fun x -> max -bound (min bound x)))

        first [ bits "The start, within the bound, and the end at fire rate 0" counts held final ]

    let determinism (automaton: Automaton) (graph: Graph) (rollout: Rollout) (_: uint64) =
        first [ bits "Two runs" everyCell (run automaton graph rollout) (run automaton graph rollout) ]

    /// Three rollouts of different lengths, starts and firing.
    let private several (graph: Graph) (rollout: Rollout) (seed: uint64) =
        let start = noise graph.Cells rollout.Start.Channels (Counter.key seed [ 4 ])

        [| rollout
           { rollout with Start = start; Firing = Firing.Seeded(seed, 1) }
           { rollout with
               Steps = (rollout.Steps + 1) / 2
               Firing = Firing.Seeded(seed, 2) } |]

    let batch (automaton: Automaton) (graph: Graph) (rollout: Rollout) (seed: uint64) =
        let rollouts = several graph rollout seed
        let loss = loss automaton graph seed
        use prepared = engine 2 plain automaton graph
        let finals = prepared.Run rollouts
        let together = prepared.Gradient(rollouts, loss)
        let alone = rollouts |> Array.map (fun rollout -> gradient 1 plain automaton graph [| rollout |] loss)
        let sum = alone |> Array.map _.Parameters |> Array.reduce (Array.map2 (+))

        first
            [ for i in 0 .. rollouts.Length - 1 do
                  let name = $"Rollout {i} of a batch and alone"
                  yield bits name everyCell finals[i] (run automaton graph rollouts[i])
                  yield! outcomes name together.Outcomes[i] alone[i].Outcomes[0]
              yield
                  close
                      "The batch's derivative and the sum of those of its rollouts"
                      1e-12
                      1e-300
                      sum
                      together.Parameters ]

    let threads (automaton: Automaton) (graph: Graph) (rollout: Rollout) (seed: uint64) =
        let rollouts = several graph rollout seed
        let loss = loss automaton graph seed
        let on threads = gradient threads plain automaton graph rollouts loss
        let alone = on 1

        let finals threads =
            use prepared = engine threads plain automaton graph
            prepared.Run rollouts[0]

        first
            [ for threads in [ 2; 3 ] do
                  let name = $"One thread and {threads}"
                  yield bits name everyCell (finals 1) (finals threads)
                  yield! gradients name alone (on threads) ]

    let traceMemory (automaton: Automaton) (graph: Graph) (rollout: Rollout) (seed: uint64) =
        let loss = loss automaton graph seed
        let rollouts = several graph rollout seed
        let by memory = gradient 1 memory automaton graph rollouts loss
        let everything = by TraceMemory.Everything

        first
            [ for memory in [ TraceMemory.States; TraceMemory.Checkpoints ] do
                  yield! gradients $"A trace of everything and of {memory}" everything (by memory) ]

    let engineValues (lanes: int) (automaton: Automaton) (graph: Graph) (rollout: Rollout) (_: uint64) =
        let found = reference automaton graph rollout

        if not found.Speaks then
            LawResult.Holds
        else
            let expected = rowMajor found.States[rollout.Steps]
            use prepared = wide lanes automaton graph
            let final = floats (prepared.Run rollout)
            first [ close "The reference's final state and the engine's" 0.0 (1e-5 * found.Scale) expected final ]

    let engineGradient (lanes: int) (automaton: Automaton) (graph: Graph) (rollout: Rollout) (seed: uint64) =
        let loss = loss automaton graph seed
        let reference = referenceGradient automaton graph rollout loss

        if not reference.Found.Speaks then
            LawResult.Holds
        else
            use prepared = wide lanes automaton graph
            let given = prepared.Gradient([| rollout |], loss)
            let outcome = given.Outcomes[0]

            let agrees what (part: Reference.Gradient -> float[]) (engine: float[]) =
                let slack = 2.0 * apart (part reference.Above) (part reference.Below)

                close
                    $"The reference's derivative by the {what} and the engine's"
                    1e-4
                    (slack + 1e-30)
                    (part reference.Exact)
                    engine

            let inputs (gradient: Reference.Gradient) =
                match rollout.Inputs with
                | Inputs.Absent -> [||]
                | Inputs.Constant _ when gradient.Inputs.Length > 0 -> gradient.Inputs |> Array.reduce (+) |> rowMajor
                | _ -> gradient.Inputs |> Array.collect rowMajor

            first
                [ close "The reference's loss and the engine's" 1e-4 1e-30 [| reference.Loss |] [| given.Loss |]
                  agrees "parameters" _.Parameters given.Parameters
                  agrees "start" (fun gradient -> rowMajor gradient.Start) (floats outcome.Start)
                  agrees "inputs" inputs (outcome.Inputs |> Array.collect floats) ]

    let width lanes automaton graph rollout seed =
        match engineValues lanes automaton graph rollout seed with
        | LawResult.Holds -> engineGradient lanes automaton graph rollout seed
        | broken -> broken

    let gradientAgreement (automaton: Automaton) (graph: Graph) (rollout: Rollout) (seed: uint64) =
        let loss = loss automaton graph seed
        let report = GradientCheck.Run(automaton, graph, rollout, loss, true, null, CancellationToken.None)

        if report.ComplexStep <= 1e-12 then
            LawResult.Holds
        else
            LawResult.Broken
                $"The reference's derivatives and the complex step's lie {report.ComplexStep:g3} of the largest apart, where 1e-12 is allowed."

[<AbstractClass; Sealed>]
type Laws =
    static member Locality =
        Law("locality", "In T steps nothing travels farther than T hops (2 T under a gate).", Checks.locality)

    static member Relabelling = Law("relabelling", "Relabelling the cells relabels the result.", Checks.relabelling)

    static member Equivariance =
        Law("equivariance", "A turned graph with turned frames does what it did before.", Checks.equivariance)

    static member FlatParameters =
        Law(
            "flat parameters",
            "The number of parameters does not depend on the number of cells.",
            Checks.flatParameters
        )

    static member Parts =
        Law("parts", "The parts of a graph, ghosts exchanged, do what the whole does.", Checks.anyParts)

    static member PartsOf(parts: int, halo: int) =
        let check (automaton: Automaton) (graph: Graph) =
            if halo < automaton.HopsPerStep then
                let message =
                    $"A step of the automaton reads {automaton.HopsPerStep} hops, but the ghosts lie {halo} hops wide."

                raise (ArgumentOutOfRangeException(nameof halo, message))

            Checks.parts parts halo automaton graph

        Law(
            $"{parts} parts, {halo} hops",
            $"In {parts} parts with ghosts {halo} hops wide a graph does what it does as a whole.",
            check
        )

    static member Silence = Law("silence", "Fire rate 0 changes nothing within the bound.", Checks.silence)
    static member Determinism = Law("determinism", "The same seed gives the same bits.", Checks.determinism)
    static member Batch = Law("batch", "A batch does what its rollouts do one by one.", Checks.batch)
    static member Threads = Law("threads", "The number of threads does not change a bit.", Checks.threads)

    static member TraceMemory =
        Law("trace memory", "What a trace keeps does not change a bit of the gradient.", Checks.traceMemory)

    static member EngineValues =
        Law("engine values", "The engine computes what the reference does.", Checks.engineValues 0)

    static member EngineGradient =
        Law("engine gradient", "The engine's gradient is the reference's.", Checks.engineGradient 0)

    static member Width(lanes: int) =
        Law(
            $"width {lanes}",
            $"With {lanes} numbers in a vector the engine does what the reference does.",
            Checks.width lanes
        )

    static member GradientAgreement =
        Law("gradient agreement", "The reference's gradient is the complex step's.", Checks.gradientAgreement)

    static member All =
        ImmutableArray.Create(
            Laws.Locality,
            Laws.Relabelling,
            Laws.FlatParameters,
            Laws.Parts,
            Laws.Silence,
            Laws.Determinism,
            Laws.Batch,
            Laws.Threads,
            Laws.TraceMemory,
            Laws.EngineValues,
            Laws.EngineGradient,
            Laws.GradientAgreement
        )
