/// What the laws are checked with: runs of the engine and the reference, and where their numbers lie apart.
module internal GaryMesh.Testing.Evidence

open System
open System.Collections.Immutable
open System.Numerics
open MathNet.Numerics.LinearAlgebra
open GaryMesh

let engine (threads: int) (memory: TraceMemory) (automaton: Automaton) (graph: Graph) =
    new Prepared(automaton, graph, EngineOptions(Threads = threads, TraceMemory = memory))

/// As above, on one thread and vectors of a given width, 0 for the widest.
let wide (lanes: int) (automaton: Automaton) (graph: Graph) =
    new Prepared(automaton, graph, EngineOptions(Threads = 1, Lanes = lanes))

let plain = TraceMemory.Within(1L <<< 28)

let run (automaton: Automaton) (graph: Graph) (rollout: Rollout) =
    use prepared = engine 1 plain automaton graph
    prepared.Run rollout

let noise (cells: int) (channels: int) (seed: uint64) =
    State.Create(
        cells,
        channels,
        fun cell channel -> float32 (Counter.normal seed (int64 cell * int64 channels + int64 channel))
    )

/// The mean squared distance of states, and of what the cells report beside their change, to noise.
[<Sealed>]
type private Distance(target: State, reports: State) =
    inherit Loss "distance"

    let ofState = MeanSquared(target, null, null)
    let ofReports = if reports.Channels = 0 then null else MeanSquared(reports, null, null)
    let none = State.Zeros(target.Cells, 0)

    override _.Sees(step, steps) = step = steps || step % 3 = 1

    override _.Evaluate(state, auxiliary, context) =
        let seen = ofState.Evaluate(state, none, context)

        match ofReports with
        | null -> seen
        | ofReports ->
            let reported = ofReports.Evaluate(auxiliary, none, context)

            { seen with
                Value = seen.Value + reported.Value
                AuxiliaryAdjoint = reported.Adjoint }

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, state: ReadOnlySpan<'T>, auxiliary: ReadOnlySpan<'T>, context: LossContext)
        : 'T =
        let seen = ofState.Value<'T, 'F>(channels, state, ReadOnlySpan.Empty, context)

        match ofReports with
        | null -> seen
        | ofReports -> seen + ofReports.Value<'T, 'F>(reports.Channels, auxiliary, ReadOnlySpan.Empty, context)

/// A loss that looks at several steps of a rollout.
let loss (automaton: Automaton) (graph: Graph) (seed: uint64) : Loss =
    let shape = automaton.Rule.Shape
    let noise channels part = noise graph.Cells channels (Counter.key seed [ part ])
    Distance(noise shape.Channels 1, noise shape.Auxiliary 5)

let gradient threads memory (automaton: Automaton) (graph: Graph) (rollouts: Rollout[]) (loss: Loss) =
    use prepared = engine threads memory automaton graph
    prepared.Gradient(rollouts, loss)

/// Where two states differ in a bit, among the cells that count.
let bits (what: string) (counts: int -> bool) (a: State) (b: State) () =
    let channels = max 1 a.Channels
    let bitsOf (state: State) i = BitConverter.SingleToInt32Bits state.Data[i]

    if a.Cells <> b.Cells || a.Channels <> b.Channels then
        Some $"{what}: one is {a.Cells} cells x {a.Channels}, the other {b.Cells} x {b.Channels}."
    else
        seq { 0 .. a.Data.Length - 1 }
        |> Seq.tryFind (fun i -> counts (i / channels) && bitsOf a i <> bitsOf b i)
        |> Option.map (fun i ->
            $"{what}: channel {i % channels} of cell {i / channels} is {a.Data[i]:R} in one and {b.Data[i]:R} in the other.")

let everyCell (_: int) = true

let bitsOfAll (what: string) (a: float[]) (b: float[]) () =
    let differs i = BitConverter.DoubleToInt64Bits a[i] <> BitConverter.DoubleToInt64Bits b[i]

    if a.Length <> b.Length then
        Some $"{what}: there are {a.Length} in one and {b.Length} in the other."
    else
        seq { 0 .. a.Length - 1 }
        |> Seq.tryFind differs
        |> Option.map (fun i -> $"{what}: number {i} is {a[i]:R} in one and {b[i]:R} in the other.")

/// Whether one rollout's outcome is another's, bit for bit.
let outcomes (what: string) (a: Outcome) (b: Outcome) =
    [ bitsOfAll $"{what}, the loss" [| a.Loss |] [| b.Loss |]
      bits $"{what}, the final state" everyCell a.Final b.Final
      bits $"{what}, the derivative by the start" everyCell a.Start b.Start
      bitsOfAll $"{what}, the number of inputs" [| float a.Inputs.Length |] [| float b.Inputs.Length |]
      for a, b in Seq.zip a.Inputs b.Inputs do
          bits $"{what}, the derivative by the inputs" everyCell a b ]

let gradients (what: string) (a: BatchGradient) (b: BatchGradient) =
    [ yield bitsOfAll $"{what}, the derivative by the parameters" a.Parameters b.Parameters
      for a, b in Array.zip a.Outcomes b.Outcomes do
          yield! outcomes what a b ]

let largest (values: float seq) = values |> Seq.fold (fun most value -> max most (abs value)) 0.0

/// How far numbers lie apart at most, NaN being farthest.
let apart (a: float seq) (b: float seq) =
    Seq.zip a b
    |> Seq.fold
        (fun most (x, y) ->
            let gap = abs (x - y)
            if Double.IsNaN gap then infinity else max most gap)
        0.0

let close (what: string) (share: float) (slack: float) (expected: float[]) (given: float[]) () =
    let scale = largest expected
    let gap = apart expected given

    if expected.Length <> given.Length then
        Some $"{what}: {expected.Length} are expected, but there are {given.Length}."
    elif gap <= share * scale + slack then
        None
    else
        Some
            $"{what}: they lie {gap:g3} apart, where the largest is {scale:g3} and {share * scale + slack:g3} is allowed."

let floats (state: State) = Array.map float (state.ToArray())
let rowMajor (matrix: Matrix<float>) = matrix.ToRowMajorArray()

/// The reference's rollout with what single precision can make of it: the largest absolute value, and whether the
/// gate's decisions are clear enough for both to take the same.
let reference (automaton: Automaton) (graph: Graph) (rollout: Rollout) =
    let prepared: Reference.Prepared<float> = Reference.prepare automaton graph rollout
    let start = Reference.matrixOf rollout.Start

    let moments =
        Reference.forward prepared (Reference.parametersOf automaton) start (Reference.inputsOf rollout)

    let states = Array.append [| start |] (moments |> Array.map _.State)
    let scale = states |> Seq.collect rowMajor |> largest |> max 1.0

    let decided =
        match automaton.Gate.Mask with
        | ValueNone -> true
        | ValueSome(channel, threshold) ->
            // The second mask looks at a state that is not kept: the step of the automaton without a gate gives what
            // it looks at (and moves of dead cells, at worst making this too careful).
            let near (x: float) = abs (x - float threshold) < 1e-5 * scale

            moments
            |> Array.indexed
            |> Array.forall (fun (t, _) ->
                let before = states[t]

                let bare =
                    Reference.rolloutFrom
                        (automaton.WithGate Gate.Open)
                        graph
                        (Reference.parametersOf automaton)
                        { rollout with
                            Steps = 1
                            Firing = Firing.Mask(fun _ cell -> rollout.Firing.Fires(automaton.FireRate, t, cell))
                            Inputs =
                                match rollout.Inputs.At t with
                                | null -> Inputs.Absent
                                | told -> Inputs.Constant told }
                        before
                        (match rollout.Inputs.At t with
                         | null -> [||]
                         | told -> [| Reference.matrixOf told |])

                let clear (state: Matrix<float>) = state.Column(channel) |> Seq.exists near |> not
                clear before && clear bare[1])

    {| Prepared = prepared
       Moments = moments
       States = states
       Scale = scale
       Speaks = decided && scale < 1e12 |}

/// The reference's gradient, and how much the activations next to ReLU's kink, and the numbers next to the bound's, matter to
/// it.
let referenceGradient (automaton: Automaton) (graph: Graph) (rollout: Rollout) (loss: Loss) =
    let found = reference automaton graph rollout
    let parameters = Reference.parametersOf automaton
    let channels = automaton.Rule.Shape.Channels

    let seen =
        found.Moments
        |> Array.mapi (fun at moment ->
            if loss.Sees(at + 1, rollout.Steps) then
                let shape = automaton.Rule.Shape
                let rounded = State(graph.Cells, channels, rowMajor moment.State |> Array.map float32)
                let reported = Array.concat moment.Auxiliary |> Array.map float32
                let context = { Step = at + 1; Steps = rollout.Steps; Graph = graph; Key = 0UL }
                Some(loss.Evaluate(rounded, State(graph.Cells, shape.Auxiliary, reported), context))
            else
                None)

    let adjointOf step : Reference.Bars option =
        if step = 0 then
            None
        else
            seen[step - 1]
            |> Option.map (fun value ->
                { State = Reference.matrixOf value.Adjoint
                  Auxiliary =
                    match value.AuxiliaryAdjoint with
                    | null -> null
                    | adjoint when adjoint.Channels = 0 -> null
                    | adjoint -> floats adjoint |> Array.chunkBySize adjoint.Channels })

    let shifted by =
        let moments =
            found.Moments
            |> Array.map (fun moment ->
                { moment with
                    Reference.Moment.Branches = moment.Branches |> Array.map (Array.map (fun a -> a + by))
                    Moved = moment.Moved.Map(fun x -> x + (if x < 0.0 then -by else by)) })

        Reference.backward found.Prepared parameters moments adjointOf

    let scale =
        found.Moments
        |> Seq.collect (fun moment -> Seq.append (Seq.concat moment.Branches) (rowMajor moment.Moved))
        |> largest
        |> max 1.0

    let kink = 3e-6 * scale

    {| Found = found
       Loss = seen |> Array.sumBy (Option.map _.Value >> Option.defaultValue 0.0)
       Exact = shifted 0.0
       Above = shifted kink
       Below = shifted -kink |}

let mapInputs (map: State -> State) (inputs: Inputs) =
    match inputs with
    | Inputs.Absent -> Inputs.Absent
    | Inputs.Constant told -> Inputs.Constant(map told)
    | Inputs.PerStep told -> Inputs.PerStep(Array.map map told)

/// Some cells of a state, in the order given.
let cellsOf (state: State) (cells: ImmutableArray<int>) =
    State.Create(cells.Length, state.Channels, fun cell channel -> state[cells[cell], channel])

/// The simulation of a part of a graph under a rollout of the whole: the firing and the inputs are those of its cells, the
/// ghosts have yet to be filled.
let simulationOf (threads: int) (automaton: Automaton) (part: Part) (rollout: Rollout) =
    let start =
        State.Create(
            part.Graph.Cells,
            rollout.Start.Channels,
            fun cell channel -> if cell < part.Owned then rollout.Start[part.Global[cell], channel] else nanf
        )

    let ofPart =
        { rollout with
            Start = start
            Firing = rollout.Firing.For part.Global
            Inputs = mapInputs (fun given -> cellsOf given part.Global) rollout.Inputs }

    new Simulation(new Kernels.Runner(automaton, part.Graph, EngineOptions(Threads = threads)), ofPart, true)

/// Fills the ghosts of each part from the parts that own them.
let exchange (parts: Part[]) (simulations: Simulation[]) =
    for part, simulation in Array.zip parts simulations do
        for exchange in part.Exchanges do
            let values =
                Array.zeroCreate<float32>(exchange.Source.Length * simulation.Automaton.Rule.Shape.Channels)

            simulations[exchange.From].ReadCells(exchange.Source.AsSpan(), Span values)
            simulation.Write(exchange.Target.AsSpan(), ReadOnlySpan values)

let order (cells: int) (seed: uint64) =
    [| 0 .. cells - 1 |] |> Array.sortBy (fun cell -> Counter.word seed (int64 cell))

/// The rollout's firing as a mask under other names: `userOf` gives a cell's old name.
let renamed (automaton: Automaton) (rollout: Rollout) (userOf: int -> int) =
    Firing.Mask(fun step cell -> rollout.Firing.Fires(automaton.FireRate, step, userOf cell))
