namespace GaryMesh

open System
open Microsoft.FSharp.NativeInterop
open GaryMesh.Kernels
open GaryMesh.Vectors

[<Sealed>]
type Simulation internal (runner: Runner, rollout: Rollout, owned: bool) =
    let graph, channels = runner.Graph, runner.Shape.Channels
    let hands = runner.Fitting

    let letGo () = (runner.Door :> IDisposable).Dispose()

    let tape =
        try
            use _ = runner.Door.Enter()
            runner.Automaton.Check(graph, rollout)
            let tape = runner.NewTape(Memory.Nothing, 1)
            runner.Begin(hands, tape, rollout)
            tape
        with _ ->
            if owned then
                letGo ()

            reraise ()

    /// The simulation's own door stands before the runner's, which it may share: disposed of, it is closed while others go
    /// on.
    let door = new Door("Simulation", 1, (fun () -> if owned then letGo () else runner.Free tape))

    /// Steps done since the start: where the state lies.
    let mutable steps = 0
    let mutable number = 0

    let checkLength given wanted =
        if given <> wanted then
            Guard.refuse $"{wanted} values are {wanted / channels} cells x {channels} channels, but {given} are given."

    let checkCells (cells: ReadOnlySpan<int>) =
        for cell in cells do
            if uint32 cell >= uint32 graph.Cells then
                Guard.refuse $"Cell {cell} is not among the cells 0 to {graph.Cells - 1}."

    let rowOf cell = ReadOnlySpan<float32>(NativePtr.toVoidPtr (tape.RowOf(steps, cell)), channels)

    let writeAll (values: ReadOnlySpan<float32>) =
        for cell in 0 .. graph.Cells - 1 do
            tape.Write(steps, cell, values.Slice(cell * channels, channels))

    let change next =
        use _ = door.Enter()
        use _ = runner.Door.Enter()
        runner.Change next

    static let rolloutOf start firing (inputs: State | null) : Rollout =
        { Start = start
          Steps = 1
          Firing = firing
          Inputs =
            match inputs with
            | null -> Inputs.Absent
            | inputs -> Inputs.Constant inputs }

    new(automaton: Automaton, graph: Graph, start: State, firing: Firing, inputs: State | null, options: EngineOptions) =
        new Simulation(new Runner(automaton, graph, options), rolloutOf start firing inputs, true)

    new(automaton: Automaton, graph: Graph, start: State, firing: Firing) =
        new Simulation(automaton, graph, start, firing, null, EngineOptions())

    member _.Graph = graph
    member _.Automaton = runner.Automaton

    member _.StepNumber
        with get () = number
        and set value =
            use _ = door.Enter()
            use _ = runner.Door.Enter()
            Guard.notNegative null "The number of the next step" value
            number <- value

    member _.Step(count: int) =
        use _ = door.Enter()
        use _ = runner.Door.Enter()
        Guard.notNegative (nameof count) "The number of steps" count

        match rollout.Inputs with
        | Inputs.PerStep _ when count > rollout.Steps - steps ->
            Guard.refuse
                $"The run was begun with inputs for {rollout.Steps} steps, of which {rollout.Steps - steps} are left, but {count} are asked for."
        | _ -> ()

        for _ in 1..count do
            runner.Step(hands, tape, steps, number)
            steps <- steps + 1
            number <- number + 1

    member simulation.Step() = simulation.Step 1

    member _.State =
        use _ = door.Enter()
        use _ = runner.Door.Enter()
        runner.StateBefore(hands, tape, steps)

    member _.Read(into: Span<float32>) =
        use _ = door.Enter()
        use _ = runner.Door.Enter()
        checkLength into.Length (graph.Cells * channels)

        for cell in 0 .. graph.Cells - 1 do
            (rowOf cell).CopyTo(into.Slice(cell * channels))

    member _.ReadCells(cells: ReadOnlySpan<int>, into: Span<float32>) =
        use _ = door.Enter()
        use _ = runner.Door.Enter()
        checkLength into.Length (cells.Length * channels)

        checkCells cells

        for i in 0 .. cells.Length - 1 do
            (rowOf cells[i]).CopyTo(into.Slice(i * channels))

    member _.Auxiliary =
        use _ = door.Enter()
        use _ = runner.Door.Enter()
        runner.AuxiliaryBefore(tape, steps)

    member _.Write(cells: ReadOnlySpan<int>, values: ReadOnlySpan<float32>) =
        use _ = door.Enter()
        use _ = runner.Door.Enter()
        checkLength values.Length (cells.Length * channels)

        checkCells cells

        for i in 0 .. cells.Length - 1 do
            tape.Write(steps, cells[i], values.Slice(i * channels, channels))

    member _.Write(state: State) =
        use _ = door.Enter()
        use _ = runner.Door.Enter()

        if state.Cells <> graph.Cells || state.Channels <> channels then
            Guard.refuse
                $"The state must be {graph.Cells} cells x {channels}, for {graph.Name}, but is {state.Cells} x {state.Channels}."

        writeAll state.Values

    member _.Write(values: ReadOnlySpan<float32>) =
        use _ = door.Enter()
        use _ = runner.Door.Enter()
        checkLength values.Length (graph.Cells * channels)
        writeAll values

    member _.Rule
        with get () = runner.Automaton.Rule
        and set (rule: Rule) = change (runner.Automaton.WithRule rule)

    member _.FireRate
        with get () = runner.Automaton.FireRate
        and set rate = change (runner.Automaton.WithFireRate rate)

    member _.TimeStep
        with get () = runner.Automaton.TimeStep
        and set step = change (runner.Automaton.WithTimeStep step)

    member _.Firing
        with get () = tape.Firing
        and set (value: Firing) =
            use _ = door.Enter()
            use _ = runner.Door.Enter()
            value.Check graph
            tape.Firing <- value

    member _.SetInputs(inputs: State) =
        use _ = door.Enter()
        use _ = runner.Door.Enter()
        let wanted = runner.Shape.Inputs

        if wanted = 0 || inputs.Cells <> graph.Cells || inputs.Channels <> wanted then
            Guard.refuse
                $"The inputs must be {graph.Cells} cells x {wanted}, for {graph.Name} and a rule {runner.Shape.Text}, but are {inputs.Cells} x {inputs.Channels}."

        match rollout.Inputs with
        | Inputs.Constant _ -> tape.EnterInputs inputs.Data
        | _ -> Guard.refuse $"The run was begun with inputs for each step, which stay as they are."

    member _.Dispose() = (door :> IDisposable).Dispose()

    interface IDisposable with
        member simulation.Dispose() = simulation.Dispose()
