/// Simulations: stepped, read, written and changed on the way, they do what rollouts do, and allocate nothing.
module GaryMesh.Tests.SimulationTests

open System
open System.Collections.Immutable
open System.Threading
open Expecto
open FsCheck
open FsCheck.FSharp
open GaryMesh
open GaryMesh.Testing

/// A world, the threads it runs on, and a seed for what a case draws.
type private Case =
    { World: World
      Threads: int
      Seed: uint64 }

    member case.Below(bound: int, purpose: int) = Counter.below bound (Counter.key case.Seed [ purpose ]) 0L
    override case.ToString() = $"{case.Threads} threads, seed {case.Seed}: {case.World.Text}"

/// Small worlds, and some that are large enough to be shared out among the threads: in several stretches, or with cells in
/// another order than the user's.
let private cases =
    let large =
        Gen.elements
            [ GraphPlan.Ring 700
              GraphPlan.Torus(20, 31)
              GraphPlan.Icosphere 8
              GraphPlan.Nearest(2500, 3, 5UL) ]

    gen {
        let! plan = MeshGen.WorldPlans Limits.Small
        let! graph = Gen.frequency [ 3, Gen.constant plan.Graph; 1, large ]
        let! threads = Gen.elements [ 1; 2 ]
        let! seed = ArbMap.defaults |> ArbMap.generate<uint64>
        return { World = World { plan with Graph = graph }; Threads = threads; Seed = seed }
    }
    |> fun gen ->
        Arb.fromGenShrink (
            gen,
            fun case -> case.World.Plan.Smaller |> Seq.map (fun plan -> { case with World = World plan })
        )

let private holds (count: int) (name: string) (check: Case -> unit) =
    let config = { FsCheckConfig.defaultConfig with maxTest = count; replay = replay }
    testPropertyWithConfig config name (fun () -> Prop.forAll cases check)

let private noise cells channels seed =
    State.Create(cells, channels, fun cell channel -> float32 (Counter.normal seed (int64 (cell * channels + channel))))

let private same (given: State) (expected: State) (what: string) =
    let bits (state: State) = state.ToArray() |> Array.map BitConverter.SingleToInt32Bits
    Expect.equal (given.Cells, given.Channels) (expected.Cells, expected.Channels) what

    if bits given <> bits expected then
        let cell =
            seq { 0 .. given.Cells - 1 }
            |> Seq.find (fun cell ->
                Seq.exists (fun c -> given[cell, c] <> expected[cell, c]) [ 0 .. given.Channels - 1 ])

        failtest $"{what}: cell {cell} has other bits, such as {given[cell, 0]:R} and {expected[cell, 0]:R}"

let private prepare (case: Case) =
    new Prepared(case.World.Automaton, case.World.Graph, EngineOptions(Threads = case.Threads))

/// Where a rollout stands: what a run from here on needs, said without a simulation.
type private Standing =
    {
        Automaton: Automaton
        State: State
        /// Steps done, by which inputs for each step are counted.
        Done: int
        Number: int
        Firing: Firing
        Inputs: Inputs
    }

    static member Of(case: Case) =
        let rollout = case.World.Rollout

        { Automaton = case.World.Automaton
          State = rollout.Start
          Done = 0
          Number = 0
          Firing = rollout.Firing
          Inputs = rollout.Inputs }

    /// So many steps on, as a rollout of a run of its own.
    member at.After(graph: Graph, steps: int) =
        if steps = 0 then
            at
        else
            let firing, number, rate = at.Firing, at.Number, at.Automaton.FireRate

            let inputs =
                match at.Inputs with
                | Inputs.PerStep given -> Inputs.PerStep(Array.skip at.Done given)
                | inputs -> inputs

            let mask = Firing.Mask(fun step cell -> firing.Fires(rate, number + step, cell))
            use prepared = new Prepared(at.Automaton, graph, EngineOptions(Threads = 1))

            { at with
                State = prepared.Run(Rollout.Of(at.State, steps, mask).WithInputs inputs)
                Done = at.Done + steps
                Number = at.Number + steps }

/// Some cells, one of them twice where there is room.
let private someCells (case: Case) purpose =
    Array.init (1 + case.Below(5, purpose)) (fun i -> case.Below(case.World.Graph.Cells, 100 * purpose + i))

let private disposed (call: unit -> unit) (what: string) = Expect.throwsT<ObjectDisposedException> call what

let private refused (call: unit -> unit) (what: string) =
    Expect.throwsC call (fun error -> Expect.isTrue (error :? ArgumentException) what)

/// Calls that a simulation may get, in any order.
[<RequireQualifiedAccess>]
type private Call =
    | Step of int
    | WriteState of uint64
    | WriteCells of int[] * uint64
    | Rule of uint64
    | FireRate of float
    | TimeStep of float
    | Firing of Firing
    | Inputs of uint64
    | Number of int
    /// Another run on the same prepared automaton, a gradient, or a simulation beside this one.
    | Other of int
    | Dispose of prepared: bool

let private calls =
    let seeds = ArbMap.defaults |> ArbMap.generate<uint64>

    Gen.frequency
        [ 6, Gen.choose (0, 3) |> Gen.map Call.Step
          1, seeds |> Gen.map Call.WriteState
          3,
          Gen.zip (Gen.choose (0, 99) |> Gen.listOf) seeds
          |> Gen.map (fun (cells, seed) -> Call.WriteCells(Array.ofList cells, seed))
          1, seeds |> Gen.map Call.Rule
          1, Gen.elements [ 0.0; 0.3; 0.5; 1.0 ] |> Gen.map Call.FireRate
          1, Gen.elements [ 1.0; 0.5; -0.25 ] |> Gen.map Call.TimeStep
          1, MeshGen.Firings |> Gen.map Call.Firing
          1, seeds |> Gen.map Call.Inputs
          1, Gen.choose (0, 50) |> Gen.map Call.Number
          3, Gen.choose (0, 3) |> Gen.map Call.Other
          1, Gen.elements [ true; false; false ] |> Gen.map Call.Dispose ]
    |> Gen.listOf

/// What a call does to where the rollout stands, or nothing where it is refused.
let private stand (world: World) (at: Standing) (call: Call) : Standing option =
    let shape, cells = at.Automaton.Rule.Shape, world.Graph.Cells

    match call with
    | Call.Step count ->
        match at.Inputs with
        | Inputs.PerStep given when at.Done + count > given.Length -> None
        | _ -> Some(at.After(world.Graph, count))
    | Call.WriteState seed -> Some { at with State = noise cells shape.Channels seed }
    | Call.WriteCells(written, seed) ->
        let values = noise (written.Length + 1) shape.Channels seed

        let value cell channel =
            match Array.tryFindIndexBack (fun one -> one % cells = cell) written with
            | Some i -> values[i, channel]
            | None -> at.State[cell, channel]

        Some { at with State = State.Create(cells, shape.Channels, value) }
    | Call.Rule seed ->
        Some
            { at with
                Automaton = at.Automaton.WithRule(GradientCheck.RuleFor(shape, seed, 0.5)) }
    | Call.FireRate rate -> Some { at with Automaton = at.Automaton.WithFireRate rate }
    | Call.TimeStep step -> Some { at with Automaton = at.Automaton.WithTimeStep step }
    | Call.Firing firing -> Some { at with Firing = firing }
    | Call.Inputs seed ->
        match at.Inputs with
        | Inputs.Constant _ when shape.Inputs > 0 ->
            Some { at with Inputs = Inputs.Constant(noise cells shape.Inputs seed) }
        | _ -> None
    | Call.Number number -> Some { at with Number = number }
    | Call.Other _
    | Call.Dispose _ -> Some at

/// The call itself.
let private perform (world: World) (prepared: Prepared) (simulation: Simulation) (call: Call) =
    let shape, cells = simulation.Automaton.Rule.Shape, world.Graph.Cells

    match call with
    | Call.Step 1 -> simulation.Step()
    | Call.Step count -> simulation.Step count
    | Call.WriteState seed -> simulation.Write(noise cells shape.Channels seed)
    | Call.WriteCells(written, seed) ->
        let values = noise (written.Length + 1) shape.Channels seed
        let written = written |> Array.map (fun cell -> cell % cells)
        simulation.Write(ReadOnlySpan written, values.Values.Slice(0, written.Length * shape.Channels))
    | Call.Rule seed -> simulation.Rule <- GradientCheck.RuleFor(shape, seed, 0.5)
    | Call.FireRate rate -> simulation.FireRate <- rate
    | Call.TimeStep step -> simulation.TimeStep <- step
    | Call.Firing firing -> simulation.Firing <- firing
    | Call.Inputs seed -> simulation.SetInputs(noise cells (max 1 shape.Inputs) seed)
    | Call.Number number -> simulation.StepNumber <- number
    | Call.Other 0 -> prepared.Run world.Rollout |> ignore
    | Call.Other 1 -> prepared.Run [| world.Rollout; world.Rollout; world.Rollout |] |> ignore
    | Call.Other 2 ->
        let loss = MeanSquared(noise cells shape.Channels 3UL, null, null)
        prepared.Gradient([| world.Rollout |], loss) |> ignore
    | Call.Other _ ->
        use beside = prepared.Begin world.Rollout
        beside.Step()
    | Call.Dispose _ -> ()

let private withCalls =
    let gen = Gen.zip cases.Generator calls

    let shrink (case: Case, calls: Call list) =
        seq {
            for i in 0 .. calls.Length - 1 do
                case, List.removeAt i calls

            for smaller in cases.Shrinker case do
                smaller, calls
        }

    Arb.fromGenShrink (gen, shrink)

/// A graph of one stretch or of several, an automaton on it that reads one input, and a start.
let private growing (graph: Graph) gate =
    let shape = RuleShape.For(Perception.Planar, 12, 20, 1)

    let automaton =
        Automaton.Of(Perception.Planar, GradientCheck.RuleFor(shape, 4UL, 0.1)).WithGate(gate).WithTimeStep 0.1

    automaton, noise graph.Cells 12 8UL

[<Tests>]
let tests =
    testList
        "Simulation"
        [ holds 150 "steps one by one, in chunks or all at once are the rollout" (fun case ->
              use prepared = prepare case
              let rollout = case.World.Rollout
              let expected = prepared.Run rollout

              let follow (what: string) (chunks: int list) =
                  use simulation = prepared.Begin rollout

                  for chunk in chunks do
                      simulation.Step chunk

                  Expect.equal simulation.StepNumber rollout.Steps "the steps are counted"
                  same simulation.State expected what

              follow "all at once" [ rollout.Steps ]
              follow "one by one" (List.replicate rollout.Steps 1)
              let first = case.Below(rollout.Steps + 1, 1)
              follow "in chunks" [ first; 0; rollout.Steps - first ]

              match rollout.Inputs with
              | Inputs.PerStep _ -> ()
              | inputs ->
                  use alone =
                      new Simulation(
                          case.World.Automaton,
                          case.World.Graph,
                          rollout.Start,
                          rollout.Firing,
                          inputs.At 0,
                          EngineOptions(Threads = 3 - case.Threads)
                      )

                  alone.Step rollout.Steps
                  same alone.State expected "a run of its own on another number of threads")

          holds 150 "what is written between steps is what a rollout from there starts with" (fun case ->
              use prepared = prepare case
              let world = case.World
              let channels = world.Automaton.Rule.Shape.Channels
              use simulation = prepared.Begin world.Rollout
              let before = case.Below(world.Rollout.Steps + 1, 1)
              simulation.Step before
              let at = Standing.Of(case).After(world.Graph, before)
              let cells, values = someCells case 2, noise 6 channels case.Seed

              let written =
                  if case.Below(2, 3) = 0 then
                      let state = noise world.Graph.Cells channels case.Seed
                      simulation.Write state
                      state
                  else
                      simulation.Write(ReadOnlySpan cells, values.Values.Slice(0, cells.Length * channels))

                      State.Create(
                          world.Graph.Cells,
                          channels,
                          fun cell channel ->
                              match Array.tryFindIndexBack ((=) cell) cells with
                              | Some i -> values[i, channel]
                              | None -> at.State[cell, channel]
                      )

              same simulation.State written "as written"
              let left = world.Rollout.Steps - before
              simulation.Step left
              let expected = { at with State = written }.After(world.Graph, left)
              same simulation.State expected.State "from there on"

              match world.Rollout.Inputs with
              | Inputs.PerStep _ -> ()
              | inputs ->
                  use again = prepared.Begin(Rollout.Of(written, 1, world.Rollout.Firing).WithInputs inputs)
                  again.StepNumber <- before
                  again.Step left
                  same again.State expected.State "begun at that step")

          holds 100 "a state is read whole, into a span or cell by cell" (fun case ->
              use prepared = prepare case
              use simulation = prepared.Begin case.World.Rollout
              simulation.Step(case.Below(case.World.Rollout.Steps + 1, 1))
              let state = simulation.State
              let whole = Array.zeroCreate<float32> state.Values.Length
              simulation.Read(Span whole)
              same (State(state.Cells, state.Channels, ReadOnlySpan whole)) state "the whole"
              let cells = someCells case 2
              let some = Array.zeroCreate<float32>(cells.Length * state.Channels)
              simulation.ReadCells(ReadOnlySpan cells, Span some)

              same
                  (State(cells.Length, state.Channels, ReadOnlySpan some))
                  (State.Create(cells.Length, state.Channels, fun i channel -> state[cells[i], channel]))
                  "the cells")

          testPropertyWithConfig
              { FsCheckConfig.defaultConfig with maxTest = 250; replay = replay }
              "calls in any order do what runs from scratch do, until they are disposed of"
              (fun () ->
                  Prop.forAll withCalls (fun (case, calls) ->
                      let world = case.World
                      use prepared = prepare case
                      use simulation = prepared.Begin world.Rollout
                      let mutable at = Some(Standing.Of case)

                      for call in calls do
                          match at with
                          | None ->
                              if not call.IsOther then
                                  disposed
                                      (fun () ->
                                          perform
                                              world
                                              prepared
                                              simulation
                                              (match call with
                                               | Call.Dispose _ -> Call.Step 1
                                               | call -> call))
                                      $"{call}"

                                  disposed (fun () -> simulation.State |> ignore) "and no state"
                          | Some standing ->
                              match call, stand world standing call with
                              | Call.Dispose ofPrepared, _ ->
                                  if ofPrepared then prepared.Dispose() else simulation.Dispose()
                                  at <- None
                              | _, Some next ->
                                  perform world prepared simulation call
                                  same simulation.State next.State $"{call}"
                                  Expect.equal simulation.StepNumber next.Number $"the step after {call}"
                                  at <- Some next
                              | _, None ->
                                  refused (fun () -> perform world prepared simulation call) $"{call}"
                                  same simulation.State standing.State $"refused: {call}"))

          test "sizes and cells that do not fit are refused before anything is written" {
              let automaton, start = growing (Graph.Ring 40) Gate.Open
              use prepared = new Prepared(automaton, Graph.Ring 40)
              let given = Inputs.PerStep [| noise 40 1 1UL; noise 40 1 2UL; noise 40 1 3UL |]
              use simulation = prepared.Begin(Rollout.Of(start, 2, Firing.All).WithInputs given)
              simulation.Step()
              let before = simulation.State
              let into = Array.zeroCreate<float32> 24

              let refuses what call =
                  refused call what
                  same simulation.State before what
                  Expect.equal simulation.StepNumber 1 what
                  Expect.equal into (Array.zeroCreate 24) $"nothing read: {what}"

              let write (cells: int[]) count () =
                  simulation.Write(ReadOnlySpan cells, ReadOnlySpan(Array.create count 7f))

              refuses "the second cell" (write [| 1; 40 |] 24)
              refuses "a negative cell" (write [| 1; -1 |] 24)
              refuses "too few values" (write [| 1; 2 |] 23)
              refuses "too many values" (write [| 1; 2 |] 25)
              refuses "another state" (fun () -> simulation.Write(noise 40 11 1UL))
              refuses "other cells" (fun () -> simulation.Write(noise 39 12 1UL))
              refuses "a cell read" (fun () -> simulation.ReadCells(ReadOnlySpan [| 1; 40 |], Span into))
              refuses "a span to read into" (fun () -> simulation.ReadCells(ReadOnlySpan [| 1 |], Span into))
              refuses "a span for all" (fun () -> simulation.Read(Span into))
              refuses "a rule" (fun () -> simulation.Rule <- Rule.Zero(RuleShape.For(Perception.Planar, 12, 21, 1)))
              refuses "a fire rate" (fun () -> simulation.FireRate <- 1.5)
              refuses "a time step" (fun () -> simulation.TimeStep <- nan)
              refuses "steps" (fun () -> simulation.Step -1)
              refuses "more steps than inputs" (fun () -> simulation.Step 2)
              refuses "a step number" (fun () -> simulation.StepNumber <- -1)
              refuses "inputs once for all" (fun () -> simulation.SetInputs(noise 40 1 1UL))

              refuses "a part's firing" (fun () ->
                  simulation.Firing <- Firing.Of(1UL, 0).For(ImmutableArray.CreateRange [ 0..38 ]))

              Expect.equal (simulation.FireRate, simulation.TimeStep) (0.5, 0.1) "rates"
              simulation.Step()
              refused (fun () -> simulation.Step()) "the inputs are used up"

              use constant =
                  prepared.Begin(Rollout.Of(start, 1, Firing.All).WithInputs(Inputs.Constant(noise 40 1 1UL)))

              refused (fun () -> constant.SetInputs(noise 40 2 1UL)) "inputs"
              refused (fun () -> constant.SetInputs(noise 39 1 1UL)) "inputs of other cells"
              refused (fun () -> prepared.Begin(Rollout.Of(start, 1, Firing.All)) |> ignore) "no inputs"
          }

          test "a simulation that cannot begin leaves nothing behind" {
              let automaton, _ = growing (Graph.Ring 40) Gate.Open
              use prepared = new Prepared(automaton, Graph.Ring 40)
              let bytes = prepared.Bytes
              let rollout = Rollout.Of(State.Zeros(39, 12), 1, Firing.All)
              refused (fun () -> prepared.Begin rollout |> ignore) "39 cells"
              Expect.equal prepared.Bytes bytes "no memory kept"

              refused
                  (fun () -> new Simulation(automaton, Graph.Ring 40, State.Zeros(39, 12), Firing.All) |> ignore)
                  "39 cells"
          }

          test "what is disposed of takes no call, and its memory goes while others go on" {
              let automaton, start = growing (Graph.Ring 40) Gate.Open
              let rollout = Rollout.Of(start, 3, Firing.All).WithInputs(Inputs.Constant(noise 40 1 1UL))
              let prepared = new Prepared(automaton, Graph.Ring 40)
              let expected = prepared.Run rollout
              let bytes = prepared.Bytes
              let one, other = prepared.Begin rollout, prepared.Begin rollout
              one.Step()

              // Even from within a call on what it was begun from.
              prepared.Run(rollout, 1, (fun _ _ -> one.Dispose()), CancellationToken.None) |> ignore
              one.Dispose()
              other.Step 3
              same other.State expected "the other goes on"
              other.Dispose()
              Expect.equal prepared.Bytes bytes "the memory has gone"
              let last = prepared.Begin rollout
              prepared.Dispose()
              let alone = new Simulation(automaton, Graph.Ring 40, start, Firing.All, noise 40 1 1UL, EngineOptions())
              alone.Dispose()
              alone.Dispose()

              for simulation in [ one; other; last; alone ] do
                  let into = Array.zeroCreate<float32> 480

                  for call in
                      [ fun () -> simulation.Step()
                        fun () -> simulation.Step 0
                        fun () -> simulation.State |> ignore
                        fun () -> simulation.Read(Span into)
                        fun () -> simulation.ReadCells(ReadOnlySpan [| 1 |], Span(into, 0, 12))
                        fun () -> simulation.Auxiliary |> ignore
                        fun () -> simulation.Write start
                        fun () -> simulation.Write(ReadOnlySpan [| 1 |], ReadOnlySpan(into, 0, 12))
                        fun () -> simulation.Rule <- automaton.Rule
                        fun () -> simulation.StepNumber <- 1
                        fun () -> simulation.FireRate <- 0.5
                        fun () -> simulation.TimeStep <- 0.5
                        fun () -> simulation.Firing <- Firing.All
                        fun () -> simulation.SetInputs(noise 40 1 1UL) ] do
                      disposed call "disposed of"

              last.Dispose()
              disposed (fun () -> prepared.Begin rollout |> ignore) "none begins"
          }

          test "a rule changed by a simulation comes between a trace and its adjoint" {
              let automaton, start = growing (Graph.Ring 40) Gate.Open
              let rollout = Rollout.Of(start, 3, Firing.All).WithInputs(Inputs.Constant(noise 40 1 1UL))
              use prepared = new Prepared(automaton, Graph.Ring 40)
              use simulation = prepared.Begin rollout
              let adjoint = [| noise 40 12 2UL |]
              prepared.Trace [| rollout |] |> ignore
              simulation.Step 3
              prepared.Adjoint adjoint |> ignore
              prepared.Trace [| rollout |] |> ignore
              simulation.TimeStep <- 0.2
              refused (fun () -> prepared.Adjoint adjoint |> ignore) "another time step"
          }

          testSequenced
          <| testList
              "allocates nothing"
              [ for graph in [ Graph.Ring 64; Graph.Ring 700; Graph.Torus(20, 31) ] do
                    for gate in [ Gate.Open; Gate.Alive(0, 0.1f) ] do
                        for threads in [ 1; 2 ] do
                            test $"{graph.Name}, {threads} threads, {gate}" {
                                let automaton, start = growing graph gate
                                let inputs = noise graph.Cells 1 9UL
                                let options = EngineOptions(Threads = threads)
                                let part = Firing.Of(1UL, 0).For(ImmutableArray.CreateRange [ 5 .. graph.Cells + 4 ])

                                for firing in
                                    [ Firing.All
                                      Firing.Of(1UL, 0)
                                      Firing.Mask(fun step cell -> (step + cell) % 3 = 0)
                                      part ] do
                                    use simulation = new Simulation(automaton, graph, start, firing, inputs, options)
                                    let cells, values = [| 3; 1; 60 |], Array.create 36 0.5f
                                    let all = Array.zeroCreate<float32>(graph.Cells * 12)

                                    let run steps =
                                        for _ in 1..steps do
                                            simulation.Step()
                                            simulation.ReadCells(ReadOnlySpan cells, Span values)
                                            simulation.Write(ReadOnlySpan cells, ReadOnlySpan values)

                                        simulation.Step 3
                                        simulation.Read(Span all)
                                        simulation.Write start

                                    let bytes () =
                                        let collections = GC.CollectionCount 0
                                        let before = GC.GetAllocatedBytesForCurrentThread()
                                        run 1000
                                        let after = GC.GetAllocatedBytesForCurrentThread()
                                        Expect.equal (GC.CollectionCount 0) collections "collections in 1,000 steps"
                                        after - before

                                    run 50
                                    // The first sleeping thread costs a little, once.
                                    Expect.equal (List.min [ bytes (); bytes () ]) 0L $"bytes in 1,000 steps, {firing}"
                            } ] ]
