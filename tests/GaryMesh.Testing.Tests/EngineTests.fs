/// The engine beyond the laws: every vector width, graphs of several stretches and in another order, firing shares.
module GaryMesh.Tests.EngineTests

open System
open System.Runtime.Intrinsics
open Expecto
open FsCheck
open FsCheck.FSharp
open GaryMesh
open GaryMesh.Testing

let private widths =
    [ 1
      if Vector128.IsHardwareAccelerated then
          4
      if Vector256.IsHardwareAccelerated then
          8
      if Vector512.IsHardwareAccelerated then
          16 ]

let private noise cells channels seed =
    State.Create(cells, channels, fun cell channel -> float32 (Counter.normal seed (int64 (cell * channels + channel))))

let private everyThird (target: State) =
    MeanSquared(target, null, null).At(fun step steps -> step = steps || step % 3 = 1)

let private differentiate (lanes: int) (threads: int) (world: World) =
    let options = EngineOptions(Lanes = lanes, Threads = threads)
    use prepared = new Prepared(world.Automaton, world.Graph, options)
    let target = noise world.Graph.Cells world.Plan.Channels 77UL
    prepared.Gradient([| world.Rollout |], everyThird target)

/// The laws that speak of the engine, on one case.
let private obey (automaton: Automaton) (graph: Graph) (rollout: Rollout) (laws: Law list) =
    for law in laws do
        Expect.equal (law.Check(automaton, graph, rollout, 5UL)) LawResult.Holds law.Statement

let private shuffled (graph: Graph) =
    graph.Relabelled([| 0 .. graph.Cells - 1 |] |> Array.sortBy (fun cell -> Counter.word 3UL (int64 cell)))

let private worldOf perception graph channels hidden steps gate =
    let shape = RuleShape.For((perception: Perception), channels, hidden)

    let automaton =
        Automaton.Of(perception, GradientCheck.RuleFor(shape, 4UL, 0.4)).WithGate(gate).WithTimeStep(0.5)

    let noise = noise (graph: Graph).Cells channels 8UL

    let start =
        State.Create(
            graph.Cells,
            channels,
            fun cell channel -> if automaton.Gate.IsOpen || cell % 5 = 0 then noise[cell, channel] else 0.0f
        )

    automaton, graph, Rollout.Of(start, steps, Firing.Seeded(6UL, 2))

let private engineLaws =
    [ Laws.EngineValues
      Laws.EngineGradient
      Laws.Relabelling
      Laws.Locality
      Laws.Parts
      Laws.Threads
      Laws.Batch
      Laws.TraceMemory
      Laws.FlatParameters ]

let private evaluate (loss: Loss) (graph: Graph) (state: State) =
    loss.Evaluate(state, State.Zeros(graph.Cells, 0), LossContext.After graph)

[<Tests>]
let tests =
    testList
        "Engine"
        [ let config = { FsCheckConfig.defaultConfig with maxTest = 60; replay = replay }

          for lanes in widths do
              testList "small worlds" [ LawsTests.obeys Limits.Small 60 (Laws.Width lanes) ]
              testList "wide worlds" [ LawsTests.obeys Limits.Wide 60 (Laws.Width lanes) ]

          for lanes in widths do
              testPropertyWithConfig config $"{lanes} lanes: threads change no bit" (fun () ->
                  Prop.forAll (MeshArb.WorldsWithin Limits.Wide) (fun world ->
                      let one, two = differentiate lanes 1 world, differentiate lanes 2 world
                      Expect.equal one.Parameters two.Parameters "derivatives"

                      Expect.equal (one.Outcomes[0].Final.ToArray()) (two.Outcomes[0].Final.ToArray()) "final states"))

          test "a graph of several stretches" {
              let automaton, graph, rollout = worldOf Perception.Planar (Graph.Ring 700) 5 9 6 Gate.Open
              obey automaton graph rollout engineLaws
          }

          test "several stretches under a gate" {
              for gate in [ Gate.Alive(3, 0.1f); Gate.AlivePublished(3, 0.1f) ] do
                  let automaton, graph, rollout = worldOf Perception.Sobel (Graph.Torus(20, 31)) 6 7 6 gate
                  obey automaton graph rollout engineLaws
          }

          test "cells that lie in another order than the user's" {
              let automaton, graph, rollout =
                  worldOf Perception.Harmonics (shuffled (Graph.Icosphere 16)) 3 5 4 Gate.Open

              Expect.isGreaterThan graph.Cells 2048 "large enough to be ordered"
              obey automaton graph rollout engineLaws
          }

          test "another order under a gate, with inputs of each step" {
              let automaton, graph, rollout =
                  worldOf Perception.Diffusion (shuffled (Graph.Ring 2500)) 4 6 3 (Gate.Alive(0, 0.2f))

              let shape = RuleShape(4, 8, 6, 3)
              let automaton = automaton.WithRule(GradientCheck.RuleFor(shape, 9UL, 0.5))
              let told = Inputs.PerStep(Array.init 3 (fun step -> noise 2500 3 (uint64 step)))
              obey automaton graph (rollout.WithInputs told) engineLaws
          }

          test "a dead cell does not fire, so it wakes nobody" {
              // One channel on a line of four: d = 1 - 2 relu(s). Cell 0 falls from 1 to 0; cell 2, dead, would rise to 1
              // and keep cell 1 alive, which has a second channel to lose.
              let shape = RuleShape(2, 2, 1)
              let rule = Rule(shape, ReadOnlySpan [| 1f; 0f; 0f; -2f; 0f; 1f; 0f |])

              let automaton = Automaton.Of(Perception [ Operator.Own ], rule).WithGate(Gate.Alive(0, 0.5f))

              let start = State(4, 2, ReadOnlySpan [| 1f; 0f; 0f; 5f; 0f; 0f; 0f; 0f |])
              let rollout = Rollout.Of(start, 1, Firing.Mask(fun _ cell -> cell % 2 = 0))
              use prepared = new Prepared(automaton, Graph.Line 4)
              Expect.equal ((prepared.Run rollout).ToArray()) (Array.zeroCreate 8) "all dead in the engine"

              let states = Reference.rollout automaton (Graph.Line 4) (Reference.parametersOf automaton) rollout

              Expect.equal (states[1].ToRowMajorArray()) (Array.zeroCreate 8) "all dead in the reference"
              // Were cell 2 alive, it would have kept cell 1.
              let alive = State(4, 2, ReadOnlySpan [| 1f; 0f; 0f; 5f; 0f; 0f; 0.6f; 0f |])
              let final = prepared.Run { rollout with Start = alive }
              Expect.equal final[2, 0] 1f "cell 2 rises"
              Expect.equal final[1, 1] 5f "cell 1 lives on"
          }

          test "rollouts of different lengths share tapes, again and again" {
              let automaton, graph, rollout = worldOf Perception.Planar (Graph.Ring 40) 4 6 9 Gate.Open
              let loss = everyThird (noise 40 4 1UL)

              for memory in [ TraceMemory.Everything; TraceMemory.States; TraceMemory.Checkpoints ] do
                  use prepared = new Prepared(automaton, graph, EngineOptions(TraceMemory = memory, Threads = 1))

                  for steps in [ 9; 4; 7; 1; 9; 2 ] do
                      use fresh = new Prepared(automaton, graph, EngineOptions(TraceMemory = memory, Threads = 1))
                      let rollout = { rollout with Steps = steps }
                      prepared.Run rollout |> ignore
                      let again = prepared.Gradient([| rollout |], loss)
                      let once = fresh.Gradient([| rollout |], loss)
                      Expect.equal again.Parameters once.Parameters $"{memory}, {steps} steps"
                      Expect.equal (again.Outcomes[0].Start.ToArray()) (once.Outcomes[0].Start.ToArray()) "the start"
          }

          test "observing a rollout changes nothing and shows every state asked for" {
              let automaton, graph, rollout = worldOf Perception.Planar (Graph.Ring 300) 4 6 10 Gate.Open
              use prepared = new Prepared(automaton, graph)
              let seen = ResizeArray()

              let final =
                  prepared.Run(rollout, 4, (fun step state -> seen.Add(step, state)), Threading.CancellationToken.None)

              Expect.equal (seen |> Seq.map fst |> List.ofSeq) [ 0; 4; 8; 10 ] "the start, every fourth and the last"

              for step, state in seen do
                  if step > 0 then
                      let upTo = prepared.Run { rollout with Steps = step }
                      Expect.equal (state.ToArray()) (upTo.ToArray()) $"step {step}"

              Expect.equal (final.ToArray()) ((snd seen[3]).ToArray()) "the last is the final one"
          }

          test "a step at fire rate p moves a binomially plausible share of cells" {
              let cells = 20000
              let shape = RuleShape(2, 6, 4)
              let automaton = Automaton.Of(Perception.Planar, GradientCheck.RuleFor(shape, 2UL, 1.0))
              let start = noise cells 2 3UL

              for rate in [ 0.0; 0.1; 0.25; 0.5; 0.9; 1.0 ] do
                  use prepared = new Prepared(automaton.WithFireRate rate, Graph.Ring cells)

                  for seed in 1UL .. 5UL do
                      let final = prepared.Run(Rollout.Of(start, 1, Firing.Seeded(seed, 0)))

                      let moved =
                          seq { 0 .. cells - 1 }
                          |> Seq.filter (fun cell -> final[cell, 0] <> start[cell, 0])
                          |> Seq.length

                      let expected, deviation = rate * float cells, sqrt (rate * (1.0 - rate) * float cells)
                      // A change may round away; five deviations are met once in two million draws.
                      Expect.isLessThanOrEqual (abs (float moved - expected)) (5.0 * deviation + 3.0) $"rate {rate}"
          }

          testPropertyWithConfig config "a trace and its adjoint are the gradient in two halves" (fun () ->
              Prop.forAll (MeshArb.WorldsWithin Limits.Small) (fun world ->
                  let target = noise world.Graph.Cells world.Plan.Channels 77UL
                  let loss = MeanSquared(target, null, null)
                  let rollouts = [| world.Rollout; { world.Rollout with Start = target } |]
                  use prepared = new Prepared(world.Automaton, world.Graph)
                  let whole = prepared.Gradient(rollouts, loss)
                  let finals = prepared.Trace rollouts
                  // What is run in between leaves no mark.
                  prepared.Run rollouts[0] |> ignore

                  let halves =
                      prepared.Adjoint(finals |> Array.map (fun final -> (evaluate loss world.Graph final).Adjoint))

                  Expect.equal halves.Parameters whole.Parameters "derivatives by the parameters"

                  for one, other in Array.zip halves.Outcomes whole.Outcomes do
                      Expect.equal (one.Final.ToArray()) (other.Final.ToArray()) "final states"
                      Expect.equal (one.Start.ToArray()) (other.Start.ToArray()) "derivatives by the start"

                      Expect.equal
                          (one.Inputs |> Array.map _.ToArray())
                          (other.Inputs |> Array.map _.ToArray())
                          "derivatives by the inputs"))

          test "an adjoint without its trace is refused" {
              let automaton, graph, rollout = worldOf Perception.Planar (Graph.Ring 40) 4 6 3 Gate.Open
              use prepared = new Prepared(automaton, graph)
              let adjoint = noise 40 4 1UL

              let refused reason adjoints =
                  Expect.throwsT<ArgumentException> (fun () -> prepared.Adjoint adjoints |> ignore) reason

              refused "no trace" [| adjoint |]
              prepared.Trace [| rollout |] |> ignore
              refused "two adjoints for one rollout" [| adjoint; adjoint |]
              prepared.Trace [| rollout |] |> ignore
              refused "of another size" [| noise 40 3 1UL |]
              prepared.Trace [| rollout |] |> ignore
              prepared.Load automaton.Rule
              refused "another rule" [| adjoint |]
              prepared.Trace [| rollout |] |> ignore
              prepared.Adjoint [| adjoint |] |> ignore
              refused "a second time" [| adjoint |]
          }

          test "a loss that refuses is heard as it spoke, on one thread or two" {
              let automaton, graph, rollout = worldOf Perception.Planar (Graph.Ring 40) 4 6 3 Gate.Open
              let loss = MeanSquared([| 1f |], 0)

              for threads in [ 1; 2 ] do
                  use prepared = new Prepared(automaton, graph, EngineOptions(Threads = threads))

                  Expect.throwsT<ArgumentException>
                      (fun () -> prepared.Gradient(Array.replicate 4 rollout, loss) |> ignore)
                      $"{threads} threads"
          }

          test "what is disposed of takes no call, and one at work comes to its end" {
              let automaton, graph, rollout = worldOf Perception.Planar (Graph.Ring 40) 4 6 3 Gate.Open
              let loss = MeanSquared(noise 40 4 1UL, null, null)
              let expected = (Engine.Run(automaton, graph, rollout)).ToArray()

              for threads in [ 1; 2 ] do
                  let prepared = new Prepared(automaton, graph, EngineOptions(Threads = threads))

                  let final =
                      prepared.Run(
                          rollout,
                          1,
                          (fun _ _ -> (prepared :> IDisposable).Dispose()),
                          Threading.CancellationToken.None
                      )

                  Expect.equal (final.ToArray()) expected "the memory stayed"

                  for call in
                      [ fun () -> prepared.Run rollout |> ignore
                        fun () -> prepared.Gradient([| rollout |], loss) |> ignore
                        fun () -> prepared.Trace [| rollout |] |> ignore
                        fun () -> prepared.Adjoint [||] |> ignore
                        fun () -> prepared.Load automaton.Rule ] do
                      Expect.throwsT<ObjectDisposedException> call "disposed of"
          }

          test "a call within a call is refused, and the outer one goes on" {
              let automaton, graph, rollout = worldOf Perception.Planar (Graph.Ring 40) 4 6 3 Gate.Open
              let longer = Rollout.Of(rollout.Start, 9, Firing.All)
              use prepared = new Prepared(automaton, graph)
              let target = MeanSquared(noise 40 4 1UL, null, null)
              let expected = prepared.Gradient([| rollout |], target)

              let nosy =
                  Loss.Of(
                      "nosy",
                      fun state ->
                          Expect.throwsT<InvalidOperationException>
                              (fun () -> prepared.Gradient([| longer |], target) |> ignore)
                              "one at a time"

                          evaluate target graph state
                  )

              Expect.equal (prepared.Gradient([| rollout |], nosy)).Parameters expected.Parameters "untouched"
          } ]
