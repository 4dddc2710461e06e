/// States held within a bound: by hand, over random graphs, and through every kind of trace.
module GaryMesh.Tests.BoundTests

open System
open Expecto
open GaryMesh

let private noise cells channels (seed: uint64) part =
    let key = Counter.key seed [ part ]
    State.Create(cells, channels, fun i c -> float32 (Counter.normal key (int64 (i * channels + c))))

let private bits (values: float32[]) = Array.map BitConverter.SingleToInt32Bits values
let private bits64 (values: float[]) = Array.map BitConverter.DoubleToInt64Bits values

/// A rule of one channel that adds what its cell is told.
let private adding =
    Rule(RuleShape(1, 1, 2, 1), ReadOnlySpan [| 0f; 1f; 0f; -1f; 0f; 0f; 1f; -1f; 0f |])

/// One step of cells that add what they are told, by the reference and by the engine, which must agree.
let private step (automaton: Automaton) (start: float32 list) (told: float32 list) (firing: Firing) =
    let column (values: float32 list) = State(values.Length, 1, ReadOnlySpan(Array.ofList values))
    let graph = Graph.Line start.Length
    let rollout = Rollout.Of(column start, 1, firing).WithInputs(Inputs.Constant(column told))
    let reference = Reference.rollout automaton graph (Reference.parametersOf automaton) rollout
    let engine = (Engine.Run(automaton, graph, rollout)).ToArray()
    let expected = reference[1].ToColumnMajorArray() |> Array.map float32
    Expect.equal (bits engine) (bits expected) "the engine does what the reference does"
    List.ofArray engine

let private own = Automaton.Of(Perception [ Operator.Own ], adding)

/// A wide, stormy automaton on a random graph of several stretches and a rollout that no bound of 1 lets be.
let private storm (seed: uint64) =
    let cells = 600 + Counter.below 200 seed 0L
    let positions = [| for i in 0L .. int64 (3 * cells) - 1L -> Counter.normal seed i |]
    let graph = Graph.NearestNeighbours(positions, 1 + Counter.below 5 seed 1L)
    let perception = Perception.Harmonics
    let channels = 1 + Counter.below 18 seed 2L
    let shape = RuleShape.For(perception, channels, 1 + Counter.below 12 seed 3L)

    let gate =
        match Counter.below 3 seed 4L with
        | 0 -> Gate.Open
        | 1 -> Gate.Alive(0, 0.3f)
        | _ -> Gate.AlivePublished(0, 0.3f)

    let automaton =
        Automaton.Of(perception, GradientCheck.RuleFor(shape, seed, 0.4)).WithGate(gate).WithBound 1f

    let rollout = Rollout.Of(noise cells channels seed 1, 17, Firing.Seeded(seed, 0))

    let loss =
        MeanSquared(noise cells channels seed 2, null, null).At(fun step steps -> step = steps || step % 5 = 2)

    automaton, graph, rollout, loss

let private gradient threads memory (automaton: Automaton) graph (rollout: Rollout) (loss: Loss) =
    use prepared = new Prepared(automaton, graph, EngineOptions(Threads = threads, TraceMemory = memory))
    let gradient = prepared.Gradient([| rollout |], loss)
    let outcome = gradient.Outcomes[0]
    bits64 gradient.Parameters, bits (outcome.Start.ToArray()), bits (outcome.Final.ToArray()), gradient.Loss

[<Tests>]
let tests =
    testList
        "Bounds"
        [ test "a step ends within the bound, in cells that fire and in those that do not" {
              let bounded = own.WithBound 2f
              let start = [ 1f; 1f; -1f; 5f; -5f; 5f; 0f; 2f ]
              let told = [ 0.5f; 1.5f; -9f; 0f; 1f; -4f; 0f; 0f ]
              let held = [ 1.5f; 2f; -2f; 2f; -2f; 1f; 0f; 2f ]
              Expect.equal (step bounded start told Firing.All) held "from the start as it is"
              let silent = Firing.Mask(fun _ _ -> false)
              Expect.equal (step bounded start told silent) [ 1f; 1f; -1f; 2f; -2f; 2f; 0f; 2f ] "nobody fires"
              Expect.equal (step (own.WithTimeStep(2.0).WithBound 2f) [ 1f ] [ -1f ] Firing.All) [ -1f ] "times dt"
              Expect.isTrue (Single.IsNaN (step bounded [ nanf ] [ 0f ] silent).Head) "an overflow is not hidden"
          }

          test "a gate after the update looks at what the bound has left" {
              let alive = own.WithGate(Gate.Alive(0, 0.5f))
              Expect.equal (step (alive.WithBound 0.5f) [ 1f ] [ 1f ] Firing.All) [ 0f ] "at the threshold, not above"
              Expect.equal (step (alive.WithBound 0.75f) [ 1f ] [ 1f ] Firing.All) [ 0.75f ] "above"
          }

          test "the derivative is 1 within the bound, 0 at it and beyond, for the state and for the change" {
              let graph = Graph.Line 4
              let column values = State(4, 1, ReadOnlySpan(Array.ofList values))
              let told = column [ 0.5f; 1f; 1.5f; 0f ]
              let rollout = Rollout.Of(column [ 1f; 1f; 1f; -2f ], 1, Firing.All).WithInputs(Inputs.Constant told)
              // Its derivative by each number is 1.
              let loss = GradientCheck.Squares [ struct (1, column [ 0.5f; 1f; 1f; -3f ]) ]
              let bounded = own.WithBound 2f
              let specified = GradientCheck.Gradient(bounded, graph, rollout, loss)
              let engine = (Engine.Gradient(bounded, graph, [| rollout |], loss)).Outcomes[0]
              let expected = [| 1f; 0f; 0f; 0f |]
              Expect.equal (specified.Start.ToColumnMajorArray() |> Array.map float32) expected "the reference, state"
              Expect.equal (specified.Inputs[0].ToColumnMajorArray() |> Array.map float32) expected "change"
              Expect.equal (engine.Start.ToArray()) expected "the engine, state"
              Expect.equal (engine.Inputs[0].ToArray()) expected "change"
          }

          property
              "every state after the first step lies within the bound, and some numbers at it"
              (fun (seed: uint64) ->
                  let automaton, graph, rollout, _ = storm seed
                  let states = Engine.Trajectory(automaton, graph, rollout) |> Array.tail
                  let largest = states |> Array.map (fun state -> state.ToArray() |> Array.map abs |> Array.max)
                  Expect.isLessThanOrEqual (Array.max largest) 1f "within"
                  Expect.equal largest[0] 1f "noise reaches it")

          testPropertyWithConfig
              { FsCheckConfig.defaultConfig with maxTest = 10; replay = replay }
              "what a trace keeps and the number of threads change no bit where the bound bites"
              (fun (seed: uint64) ->
                  let automaton, graph, rollout, loss = storm seed
                  let expected = gradient 1 TraceMemory.Everything automaton graph rollout loss

                  for memory in [ TraceMemory.States; TraceMemory.Checkpoints; TraceMemory.Within 1L ] do
                      for threads in [ 1; 2 ] do
                          Expect.equal
                              (gradient threads memory automaton graph rollout loss)
                              expected
                              $"{memory}, {threads}")

          testPropertyWithConfig
              { FsCheckConfig.defaultConfig with maxTest = 10; replay = replay }
              "a bound that nothing reaches is none, bit for bit"
              (fun (seed: uint64) ->
                  let automaton, graph, rollout, loss = storm seed
                  let calm = automaton.WithTimeStep 0.01
                  let under limit = gradient 1 TraceMemory.Checkpoints (calm.WithBound limit) graph rollout loss
                  Expect.equal (under 1e30f) (under infinityf) "values and derivatives") ]
