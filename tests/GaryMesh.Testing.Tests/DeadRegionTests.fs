/// Dead regions, which the engine leaves out: the states and derivatives are to the bit what the gate's definition makes of
/// an engine that goes through every cell.
module GaryMesh.Tests.DeadRegionTests

open System
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Testing
open GaryMesh.Tests.OwnMembers

/// Numbers of a case: `below n purpose` is one of 0 .. n - 1.
type private Draw(seed: uint64) =
    member _.Below(bound: int, purpose: int) = Counter.below bound (Counter.key seed [ purpose ]) 0L
    member draw.From(choices: 'a list, purpose) = choices[draw.Below(choices.Length, purpose)]
    member _.Normal(purpose: int, index: int) = float32 (Counter.normal (Counter.key seed [ purpose ]) (int64 index))

let private shuffled (graph: Graph) =
    graph.Relabelled([| 0 .. graph.Cells - 1 |] |> Array.sortBy (fun cell -> Counter.word 3UL (int64 cell)))

/// Cells that each see a few others no further off than `reach`, whom they need not be seen by.
let private directed (draw: Draw) cells reach =
    let sources = Array.init (3 * cells) (fun i -> i / 3)

    let targets =
        sources
        |> Array.mapi (fun i cell ->
            let away = Counter.below (2 * reach) (uint64 (draw.Below(1000, 90))) (int64 i) - reach
            ((cell + (if away = 0 then 1 else away)) % cells + cells) % cells)

    Graph.OfEdges(cells, sources, targets, true)

let private graphOf (draw: Draw) =
    match draw.Below(7, 0) with
    | 0 -> Graph.Grid(5 + draw.Below(15, 1), 60 + draw.Below(80, 2))
    | 1 -> Graph.Torus(5 + draw.Below(15, 1), 60 + draw.Below(80, 2))
    | 2 -> Graph.Ring(500 + draw.Below(400, 1))
    | 3 -> directed draw (600 + draw.Below(600, 1)) 70
    | 4 -> directed draw (600 + draw.Below(600, 1)) 500
    | 5 -> shuffled (Graph.Grid(40, 60))
    | _ -> Graph.Union("both", [ Graph.Grid(9, 70); Graph.Ring(400 + draw.Below(100, 1)) ])

let private gateOf (automaton: Automaton) =
    match automaton.Gate with
    | Gate.Alive(channel, threshold)
    | Gate.AlivePublished(channel, threshold) -> struct (channel, threshold)
    | gate -> failwith $"{gate} has no channel."

let private automatonOf (draw: Draw) (graph: Graph) =
    let perception =
        if graph.Offsets.IsEmpty then
            Perception.Diffusion
        else
            draw.From([ Perception.Diffusion; Perception.LeftSelfRight ], 10)

    let inputs, channel = draw.Below(2, 11), draw.Below(3, 12)
    let threshold = draw.From([ 0.1f; 0.5f; 0.0f; -0.2f ], 13)

    let rule =
        GradientCheck.RuleFor(RuleShape.For(perception, 3, 9, inputs), uint64 (draw.Below(1000, 14)), 0.4)

    Automaton
        .Of(perception, rule)
        .WithGate(draw.From([ Gate.Alive(channel, threshold); Gate.AlivePublished(channel, threshold) ], 15))
        .WithBound(draw.From([ infinityf; 0.9f ], 16))
        .WithFireRate(0.5)
        .WithTimeStep(0.5)

/// A few patches that live, here and there a cell that holds something and is dead, and zeros elsewhere.
let private startOf (draw: Draw) (automaton: Automaton) (graph: Graph) purpose =
    let channels = automaton.Rule.Shape.Channels
    let struct (gate, _) = gateOf automaton
    let state = Array.zeroCreate<float32>(graph.Cells * channels)
    let put cell channel value = state[cell * channels + channel] <- value

    for patch in 0 .. draw.Below(3, purpose) do
        let first = draw.Below(graph.Cells, purpose + 10 + patch)

        for cell in first .. min graph.Cells (first + 1 + draw.Below(40, purpose + 20 + patch)) - 1 do
            for channel in 0 .. channels - 1 do
                put
                    cell
                    channel
                    (if channel = gate then
                         1f
                     else
                         draw.Normal(purpose + 30, cell * channels + channel))

    for odd in 0..7 do
        let cell = draw.Below(graph.Cells, purpose + 40 + odd)

        for channel in 0 .. channels - 1 do
            put
                cell
                channel
                (if channel = gate then
                     draw.From([ -0.4f; -0.0f; 0f ], purpose + 50 + odd)
                 else
                     draw.Normal(purpose + 60, odd * channels + channel))

    State(graph.Cells, channels, ReadOnlySpan state)

/// Steps as the gate is defined, by an engine without one.
type private Plain(automaton: Automaton, graph: Graph) =
    let bare = automaton.WithGate Gate.Open
    let prepared = new Prepared(bare, graph, EngineOptions(Threads = 1))
    let struct (channel, threshold) = gateOf automaton

    let alive (state: State) =
        let above cell = state[cell, channel] > threshold

        Array.init graph.Cells (fun cell ->
            above cell
            || Seq.exists
                (fun edge -> above graph.Neighbours[edge])
                (seq { graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 }))

    let masked (cells: bool[]) (state: State) =
        State.Create(state.Cells, state.Channels, fun cell i -> if cells[cell] then state[cell, i] else 0f)

    /// One step of a rollout without a gate, but with the firing that the gate leaves.
    let single (rollout: Rollout) step (state: State) =
        let lives = alive state

        let fires cell =
            rollout.Firing.Fires(automaton.FireRate, step, cell) && (not automaton.Gate.IsAlive || lives[cell])

        lives,
        { rollout with
            Start = state
            Steps = 1
            Firing = Firing.Mask(fun _ cell -> fires cell) }

    /// The state after a step and who has lived through it.
    member _.Step(rollout: Rollout, step: int, state: State) =
        let lives, rollout = single rollout step state
        let moved = prepared.Run rollout
        let lives = Array.map2 (&&) lives (alive moved)
        struct (masked lives moved, lives)

    member plain.Run(rollout: Rollout) =
        (struct (rollout.Start, [||]), [| 0 .. rollout.Steps - 1 |])
        ||> Array.scan (fun (struct (state, _)) step -> plain.Step(rollout, step, state))

    /// The derivatives by the parameters, the start and the inputs.
    member plain.Differentiate(rollout: Rollout, loss: Loss) =
        let states = plain.Run rollout
        let parameters = Array.zeroCreate<float> automaton.Rule.Shape.ParameterCount
        let inputs = Array.zeroCreate<float32>(graph.Cells * automaton.Rule.Shape.Inputs)
        let mutable adjoint = State.Zeros(graph.Cells, automaton.Rule.Shape.Channels)

        for step in rollout.Steps - 1 .. -1 .. 0 do
            let struct (after, lives) = states[step + 1]
            let struct (before, _) = states[step]

            if loss.Sees(step + 1, rollout.Steps) then
                let context = { LossContext.After graph with Step = step + 1; Steps = rollout.Steps }
                let own = loss.Evaluate(after, State.Zeros(graph.Cells, 0), context).Adjoint
                let sum = adjoint
                adjoint <- State.Create(graph.Cells, own.Channels, fun cell i -> sum[cell, i] + own[cell, i])

            let given = masked lives adjoint
            let _, rollout = single rollout step before
            let outcome = prepared.Gradient([| rollout |], Loss.Of("given", fun _ -> LossValue.Of(0.0, given)))
            outcome.Parameters |> Array.iteri (fun i value -> parameters[i] <- parameters[i] + value)
            adjoint <- outcome.Outcomes[0].Start

            for own in outcome.Outcomes[0].Inputs do
                own.ToArray() |> Array.iteri (fun i value -> inputs[i] <- inputs[i] + value)

        struct (parameters, adjoint, inputs)

    interface IDisposable with
        member _.Dispose() = prepared.Dispose()

let private rolloutOf (draw: Draw) (automaton: Automaton) (graph: Graph) purpose =
    let rollout =
        Rollout.Of(
            startOf draw automaton graph purpose,
            1 + draw.Below(8, purpose + 1),
            Firing.Seeded(uint64 (draw.Below(1000, purpose + 2)), 0)
        )

    match automaton.Rule.Shape.Inputs with
    | 0 -> rollout
    | inputs -> rollout.WithInputs(Inputs.Constant(Start.OfNoise(0.5f).On(graph, inputs, 7UL)))

let private same (given: State) (expected: State) what =
    let bits (state: State) = state.ToArray() |> Array.map BitConverter.SingleToInt32Bits
    Expect.sequenceEqual (bits given) (bits expected) what

let private memories = [ TraceMemory.Everything; TraceMemory.States; TraceMemory.Checkpoints ]

let private everyThird (target: State) =
    MeanSquared(target, null, null).At(fun step steps -> step = steps || step % 3 = 1)

[<Tests>]
let tests =
    testList
        "Dead regions"
        [ property "every step of rollouts on the same buffers has the bits of going through every cell" (fun seed ->
              let draw = Draw seed
              let graph = graphOf draw
              let automaton = automatonOf draw graph
              use plain = new Plain(automaton, graph)
              use prepared = new Prepared(automaton, graph, EngineOptions(Threads = draw.From([ 1; 2 ], 3)))

              for purpose in [ 100; 200; 300 ] do
                  let rollout = rolloutOf draw automaton graph purpose
                  let states = plain.Run rollout

                  let look step state =
                      let struct (expected, _) = states[step]
                      same state expected $"step {step} of rollout {purpose}"

                  prepared.Run(rollout, 1, Action<int, State> look, CancellationToken.None) |> ignore)

          property "derivatives by the start and the inputs have the bits of going through every cell" (fun seed ->
              let draw = Draw seed
              let graph = graphOf draw
              let automaton = automatonOf draw graph
              use plain = new Plain(automaton, graph)

              let options = EngineOptions(Threads = draw.From([ 1; 2 ], 3), TraceMemory = draw.From(memories, 4))

              use prepared = new Prepared(automaton, graph, options)
              let loss = everyThird (Start.OfNoise(0.5f).On(graph, 3, 5UL))

              // The second batch finds what the first one has left.
              for purposes in [ [ 100; 200 ]; [ 300; 400; 500 ] ] do
                  let rollouts = [| for purpose in purposes -> rolloutOf draw automaton graph purpose |]
                  let given = prepared.Gradient(rollouts, loss)
                  let parameters = Array.zeroCreate<float> given.Parameters.Length

                  for rollout, outcome in Array.zip rollouts given.Outcomes do
                      let struct (ofRule, start, inputs) = plain.Differentiate(rollout, loss)
                      let struct (final, _) = Array.last (plain.Run rollout)
                      same outcome.Final final "the final state"
                      same outcome.Start start "the derivative by the start"

                      for own in outcome.Inputs do
                          same own (State(graph.Cells, 1, ReadOnlySpan inputs)) "the derivative by the inputs"

                      ofRule |> Array.iteri (fun i value -> parameters[i] <- parameters[i] + value)

                  // Sums of single precision over the steps here, of double precision there.
                  let largest = parameters |> Seq.map abs |> Seq.max

                  for i in 0 .. parameters.Length - 1 do
                      Expect.isLessThan
                          (abs (parameters[i] - given.Parameters[i]))
                          (1e-5 * largest + 1e-12)
                          "by the rule")

          property "a simulation that is damaged, written and read on the way has them, too" (fun seed ->
              let draw = Draw seed
              let graph = graphOf draw
              let automaton = automatonOf draw graph
              let rollout = rolloutOf draw automaton graph 100
              let channels = rollout.Start.Channels
              use plain = new Plain(automaton, graph)

              let inputs: State | null =
                  match rollout.Inputs with
                  | Inputs.Constant state -> state
                  | _ -> null

              use simulation =
                  new Simulation(
                      automaton,
                      graph,
                      rollout.Start,
                      rollout.Firing,
                      inputs,
                      EngineOptions(Threads = draw.From([ 1; 2 ], 3))
                  )

              let mutable expected = rollout.Start

              for step in 0..11 do
                  let purpose = 1000 + 100 * step

                  match draw.Below(6, purpose) with
                  | 0 ->
                      // A hole, or some of a new start, within a few rows of cells.
                      let first = draw.Below(graph.Cells, purpose + 1)
                      let cells = [| first .. min graph.Cells (first + 150) - 1 |]

                      let values =
                          if draw.Below(2, purpose + 2) = 0 then
                              State.Zeros(graph.Cells, channels)
                          else
                              startOf draw automaton graph (purpose + 3)

                      let rows =
                          [| for cell in cells do
                                 for i in 0 .. channels - 1 -> values[cell, i] |]

                      simulation.Write(ReadOnlySpan cells, ReadOnlySpan rows)
                      let kept = expected

                      expected <-
                          State.Create(
                              graph.Cells,
                              channels,
                              fun cell i -> (if Array.contains cell cells then values else kept)[cell, i]
                          )
                  | 1 ->
                      expected <- startOf draw automaton graph (purpose + 3)
                      simulation.Write expected
                  | _ -> ()

                  same simulation.State expected $"before step {step}"
                  simulation.Step()
                  let struct (next, _) = plain.Step(rollout, step, expected)
                  expected <- next
                  let read = Array.zeroCreate<float32>(graph.Cells * channels)
                  simulation.Read(Span read)
                  same (State(graph.Cells, channels, ReadOnlySpan read)) expected $"after step {step}")

          test "in the published order a dead cell far from everything that lives still keeps alive who sees it" {
              // One channel that turns from 1 to 0 and from 0 to 1: cell 100 sees the cell that falls and the one that rises.
              let rule = Rule(RuleShape(2, 2, 1), ReadOnlySpan [| 1f; 0f; 0f; -2f; 0f; 1f; 0f |])
              let graph = Graph.OfEdges(400, [| 10; 300 |], [| 100; 100 |], true)

              let start =
                  State.Create(
                      400,
                      2,
                      fun cell i ->
                          match cell, i with
                          | 10, 0 -> 1f
                          | 100, 1 -> 5f
                          | _ -> 0f
                  )

              let rollout = Rollout.Of(start, 1, Firing.Mask(fun _ cell -> cell = 10 || cell = 300))

              for gate, kept in [ Gate.Alive(0, 0.5f), 0f; Gate.AlivePublished(0, 0.5f), 5f ] do
                  let automaton = Automaton.Of(Perception [ Operator.Own ], rule).WithGate gate
                  use prepared = new Prepared(automaton, graph)

                  let expected = State.Create(400, 2, fun cell i -> if cell = 100 && i = 1 then kept else 0f)

                  same (prepared.Run rollout) expected $"{gate}"
          }

          test "the laws hold where most cells are dead, with and without reports" {
              let graph = Graph.Grid(9, 90)
              let shape (kind: RuleKind) = RuleShape(3, 9, 7, 0, kind)

              for kind in [ DenseRule.Kind :> RuleKind; Gated() ] do
                  for gate in [ Gate.Alive(1, 0.1f); Gate.AlivePublished(1, 0.1f) ] do
                      let rule = GradientCheck.RuleFor(shape kind, 4UL, 0.3)
                      let automaton = Automaton.Of(Perception.Sobel, rule).WithGate(gate).WithTimeStep(0.5)
                      let noise = Start.OfNoise(0.5f).On(graph, 3, 8UL)

                      let start =
                          State.Create(
                              graph.Cells,
                              3,
                              fun cell i ->
                                  if cell % 90 < 70 || cell / 90 > 5 then 0f
                                  elif i = 1 then 1f
                                  else noise[cell, i]
                          )

                      for law in
                          [ Laws.EngineValues
                            Laws.EngineGradient
                            Laws.Parts
                            Laws.Threads
                            Laws.Batch
                            Laws.TraceMemory ] do
                          let result = law.Check(automaton, graph, Rollout.Of(start, 5, Firing.Seeded(6UL, 2)), 5UL)
                          Expect.equal result LawResult.Holds $"{law.Statement} ({kind.Name}, {gate})"
          } ]
