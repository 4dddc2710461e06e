/// The reference: one step by hand, and the laws that every rollout keeps.
module GaryMesh.Tests.ReferenceTests

open System
open System.Numerics
open Expecto
open MathNet.Numerics.LinearAlgebra
open GaryMesh

let private matrix (rows: float list list) = Matrix<float>.Build.DenseOfRows(List.map Seq.ofList rows)
let private zeros (graph: Graph) channels = State.Zeros(graph.Cells, channels)

let private noise (graph: Graph) channels (seed: uint64) =
    State.Create(graph.Cells, channels, fun i c -> float32 (Counter.normal seed (int64 (i * channels + c))))

let private close (a: Matrix<float>) (b: Matrix<float>) = (a - b).L2Norm() < 1e-12 * (1.0 + a.L2Norm())

/// A gary-mesh-like automaton with nothing at zero.
let private automatonOf perception channels hidden seed =
    Automaton.Of(
        perception,
        GradientCheck.RuleFor(RuleShape.For((perception: Perception), channels, hidden), seed, 0.5)
    )

let private run (automaton: Automaton) graph rollout =
    Reference.rollout automaton graph (Reference.parametersOf automaton) rollout

let private refusal (action: unit -> 'a) =
    (Expect.throwsC (action >> ignore) (fun error -> error :?> ArgumentException)).Message

[<Tests>]
let tests =
    testList
        "Reference"
        [ test "one step on three cells, by hand" {
              let shape = RuleShape(1, 3, 2)
              let automaton = Automaton.Of(Perception.LeftSelfRight, Rule.Zero shape).WithTimeStep 0.5
              // W1 = [1 -1 0.5; -1 0 2], b1 = [0.5 -1], W2 = [2 -3], b2 = [0.25].
              let parameters = [| 1.0; -1.0; 0.5; -1.0; 0.0; 2.0; 0.5; -1.0; 2.0; -3.0; 0.25 |]
              let start = State(3, 1, ReadOnlySpan [| 1f; 2f; 4f |])
              let rollout = Rollout.Of(start, 1, Firing.Mask(fun _ cell -> cell <> 1))
              let states = Reference.rollout automaton (Graph.Line 3) parameters rollout
              Expect.equal states[0] (matrix [ [ 1.0 ]; [ 2.0 ]; [ 4.0 ] ]) "the start"
              // Cell 0: z = (0, 1, 2), a = (0.5, 3), d = 1 - 9 + 0.25. Cell 2: z = (2, 4, 0), a = (-1.5, -3), d = 0.25.
              Expect.equal states[1] (matrix [ [ -2.875 ]; [ 2.0 ]; [ 4.125 ] ]) "half of each change; cell 1 waits"
          }

          test "its gradient, by hand" {
              let automaton = Automaton.Of(Perception.LeftSelfRight, Rule.Zero(RuleShape(1, 3, 2))).WithTimeStep 0.5
              let parameters = [| 1.0; -1.0; 0.5; -1.0; 0.0; 2.0; 0.5; -1.0; 2.0; -3.0; 0.25 |]
              let start = State(3, 1, ReadOnlySpan [| 1f; 2f; 4f |])
              let rollout = Rollout.Of(start, 1, Firing.Mask(fun _ cell -> cell <> 1))
              let first = Some(matrix [ [ 1.0 ]; [ 0.0 ]; [ 0.0 ] ])

              let gradient =
                  Reference.adjoint automaton (Graph.Line 3) parameters rollout (fun step ->
                      if step = 1 then first else None)

              // d s'_0 / d a = 0.5 W2 = (1, -1.5); z = (0, 1, 2); h = (0.5, 3).
              let expected = [| 0.0; 1.0; 2.0; 0.0; -1.5; -3.0; 1.0; -1.5; 0.25; 1.5; 0.5 |]
              Expect.equal gradient.Parameters expected "parameters"
              // W1' (1, -1.5) = (2.5, -1, -2.5): of the left neighbour, which is not there, of itself and of the right.
              Expect.equal gradient.Start (matrix [ [ 1.0 - 1.0 ]; [ -2.5 ]; [ 0.0 ] ]) "start"
              Expect.isEmpty gradient.Inputs "no inputs"
          }

          test "inputs come after what is perceived, at their step" {
              let automaton = Automaton.Of(Perception [ Operator.Own ], Rule.Zero(RuleShape(1, 1, 1, 2)))
              // h = s + 10 u_0 + 100 u_1, d = h.
              let parameters = [| 1.0; 10.0; 100.0; 0.0; 1.0; 0.0 |]
              let told (a: float32) (b: float32) = State(1, 2, ReadOnlySpan [| a; b |])
              let start = State(1, 1, ReadOnlySpan [| 1f |])
              let rollout = Rollout.Of(start, 2, Firing.All)
              let perStep = rollout.WithInputs(Inputs.PerStep [| told 1f 2f; told 3f 4f |])
              let constant = rollout.WithInputs(Inputs.Constant(told 1f 2f))
              let last rollout = (Reference.rollout automaton (Graph.Line 1) parameters rollout).[2].[0, 0]
              Expect.equal (last perStep) (2.0 * (2.0 + 210.0) + 430.0) "one a step"
              Expect.equal (last constant) (2.0 * (2.0 + 210.0) + 210.0) "the same at every step"
          }

          test "a cell lives while it or one it sees is above the threshold, before and after" {
              // The rule adds 1 to channel 0 where channel 0 is at most 0.5 and nothing else: d = relu(1 - 2 s_0) - 0.
              let automaton =
                  Automaton.Of(Perception [ Operator.Own ], Rule.Zero(RuleShape(2, 2, 1))).WithGate(Gate.Alive(1, 0.5f))

              let parameters = [| -2.0; 0.0; 1.0; 1.0; 0.0; 0.0; 0.0 |]
              let alive = [| 0f; 1f; 0f; 0f; 0f; 0f; 0f; 0.5f; 0f; 0.5f |]
              let start = State(5, 2, ReadOnlySpan alive)
              let states = Reference.rollout automaton (Graph.Line 5) parameters (Rollout.Of(start, 1, Firing.All))

              let expected = [ [ 1.0; 1.0 ]; [ 1.0; 0.0 ]; [ 0.0; 0.0 ]; [ 0.0; 0.0 ]; [ 0.0; 0.0 ] ]
              Expect.equal states[1] (matrix expected) "cells 0 and 1; 0.5 is not above 0.5"
          }

          test "a cell that the update kills, and one that it would bring to life, are zero" {
              // d = b2 alone: -1 on channel 0.
              let gated change =
                  let automaton =
                      Automaton
                          .Of(Perception [ Operator.Own ], Rule.Zero(RuleShape(1, 1, 1)))
                          .WithGate(Gate.Alive(0, 0.1f))

                  let start = State(2, 1, ReadOnlySpan [| 1f; 0f |])
                  let apart = Graph.OfEdges(2, [||], [||], true)

                  let states =
                      Reference.rollout automaton apart [| 0.0; 0.0; 0.0; change |] (Rollout.Of(start, 1, Firing.All))

                  List.ofSeq (states[1].Column 0)

              Expect.equal (gated -0.95) [ 0.0; 0.0 ] "0.05 is dead"
              Expect.equal (gated 1.0) [ 2.0; 0.0 ] "dead before"
          }

          test "in the published order a dead cell fires, and keeps a neighbour alive before it is cleared" {
              // d_0 = relu(0.5 - s_0) - relu(s_0): cell 3 dies, and cells 1 and 5, dead before, would come to life.
              let automaton = Automaton.Of(Perception [ Operator.Own ], Rule.Zero(RuleShape(2, 2, 2)))
              let parameters = [| -1.0; 0.0; 1.0; 0.0; 0.5; 0.0; 1.0; -1.0; 0.0; 0.0; 0.0; 0.0 |]
              let start = State.Create(7, 2, (fun cell channel -> if channel = 1 || cell = 3 then 1f else 0f))
              let rollout = Rollout.Of(start, 1, Firing.Mask(fun _ cell -> cell % 2 = 1))

              let after (gate: Gate) =
                  (Reference.rollout (automaton.WithGate gate) (Graph.Line 7) parameters rollout)[1]

              Expect.equal (after (Gate.Alive(0, 0.1f))) (Matrix<float>.Build.Dense(7, 2)) "nobody lives"

              let kept =
                  Matrix<float>
                      .Build
                      .Dense(7, 2, (fun cell channel -> if channel = 1 && (cell = 2 || cell = 4) then 1.0 else 0.0))

              Expect.equal (after (Gate.AlivePublished(0, 0.1f))) kept "cells 2 and 4, which lived before"
          }

          property "the published order is x' = (x + mask dx) pre post" (fun (seed: uint64) ->
              let graph = Graph.Torus(7, 8)

              let alive (x: Matrix<float>) cell =
                  let near = [ graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 ]
                  let mature = cell :: List.map (fun edge -> graph.Neighbours[edge]) near
                  if List.exists (fun cell -> x[cell, 3] > float 0.1f) mature then 1.0 else 0.0

              let open' = automatonOf Perception.Sobel 4 6 seed
              let mask step cell = Firing.Of(seed, 0).Fires(0.5, step, cell)
              let rollout = Rollout.Of(Start.Seed.On(graph, 4, 0UL), 3, Firing.Mask mask)
              let published = run (open'.WithGate(Gate.AlivePublished(3, 0.1f))) graph rollout

              for step in 0..2 do
                  let x = published[step]
                  let one = { rollout with Steps = 1; Firing = Firing.Mask(fun _ cell -> mask step cell) }
                  let moved = (Reference.rolloutFrom open' graph (Reference.parametersOf open') one x [||])[1]
                  let expected = moved.MapIndexed(fun cell _ value -> value * alive x cell * alive moved cell)
                  Expect.equal published[step + 1] expected $"step {step}")

          property "a cell that does not fire keeps its state" (fun (seed: uint64) ->
              let graph = Graph.Ring 9
              let automaton = automatonOf Perception.Planar 3 4 seed
              let firing = Firing.Seeded(seed, 0)
              let states = run automaton graph (Rollout.Of(noise graph 3 seed, 4, firing))

              Seq.allPairs [ 0..3 ] [ 0..8 ]
              |> Seq.forall (fun (t, i) ->
                  states[t].Row(i).Equals(states[t + 1].Row i) <> firing.Fires(automaton.FireRate, t, i)))

          property "a change travels one hop a step" (fun (seed: uint64) ->
              let places = Array.init 45 (fun i -> Counter.uniform seed (int64 i))
              let graph = Graph.NearestNeighbours(places, 2)
              let automaton = automatonOf Perception.Harmonics 2 5 seed
              let source = Counter.below 15 seed 99L
              let start = noise graph 2 seed
              let touched = State.Create(15, 2, fun i c -> if i = source then 1f + start[i, c] else start[i, c])
              let states start = run automaton graph (Rollout.Of(start, 4, Firing.All))
              let before, after = states start, states touched
              let hops = graph.HopsFrom source

              Seq.allPairs [ 0..4 ] [ 0..14 ]
              |> Seq.forall (fun (t, i) -> (hops[i] >= 0 && hops[i] <= t) || before[t].Row(i).Equals(after[t].Row i)))

          property "under other cell numbers, and the same cells firing, it computes the same" (fun (seed: uint64) ->
              let graph = Graph.Icosphere 1
              let order = [| 0..11 |] |> Array.sortBy (fun i -> Counter.word seed (int64 i))
              let automaton = (automatonOf Perception.Harmonics 3 6 seed).WithGate(Gate.Alive(0, 0.2f))
              let start = noise graph 3 seed
              let fires step cell = Counter.below 2 seed (int64 (100 * step + cell)) = 1
              let relabelled step cell = fires step (Array.IndexOf(order, cell))
              let states = run automaton graph (Rollout.Of(start, 5, Firing.Mask fires))

              let other =
                  Rollout.Of(start.Relabelled order, 5, Firing.Mask relabelled)
                  |> run automaton (graph.Relabelled order)

              Seq.allPairs [ 0..5 ] [ 0..11 ]
              |> Seq.forall (fun (t, i) ->
                  (states[t].Row i - other[t].Row order[i]).L2Norm() < 1e-9 * (1.0 + states[t].L2Norm())))

          property "on a closed lattice a shifted start gives the shifted rollout" (fun (seed: uint64) ->
              let graph = Graph.Torus(4, 5)
              let automaton = automatonOf Perception.Sobel 2 5 seed
              let start = noise graph 2 seed
              let shifted i = (i / 5 + 1) % 4 * 5 + (i % 5 + 2) % 5
              let states start = run automaton graph (Rollout.Of(start, 3, Firing.All))
              let here = (states start).[3]
              let there = (states (start.Relabelled(Array.init 20 shifted))).[3]
              close here (Matrix<float>.Build.Dense(20, 2, fun i c -> there[shifted i, c])))

          property "on complex numbers without imaginary part it computes the same" (fun (seed: uint64) ->
              let graph = Graph.Ring 6
              let automaton = (automatonOf Perception.Planar 2 4 seed).WithGate(Gate.Alive(1, 0.1f))
              let start = noise graph 2 seed
              let rollout = Rollout.Of(start, 4, Firing.Seeded(seed, 0))
              let parameters = Reference.parametersOf automaton |> Array.map (fun x -> Complex(x, 0.0))

              let complex =
                  Reference.rolloutFrom
                      automaton
                      graph
                      parameters
                      rollout
                      ((Reference.matrixOf start).ToComplex())
                      [||]

              Array.forall2
                  (fun real (state: Matrix<Complex>) -> close real (state.Real()))
                  (run automaton graph rollout)
                  complex
              && complex |> Array.forall (fun state -> state.Imaginary().L2Norm() = 0.0))

          test "what does not fit is refused, naming both sides" {
              let graph, automaton = Graph.Ring 4, Automaton.GaryMesh 1UL
              let rollout = Rollout.Of(zeros graph 12, 2, Firing.All)
              let parameters = Reference.parametersOf automaton
              let says message parts = List.iter (fun part -> Expect.stringContains message part "named") parts
              says (refusal (fun () -> Reference.rollout automaton graph [| 1.0 |] rollout)) [ "2364"; "1 are" ]

              let start = Matrix<float>.Build.Dense(4, 11)
              let wrong = refusal (fun () -> Reference.rolloutFrom automaton graph parameters rollout start [||])
              says wrong [ "4 cells x 12"; "4 x 11" ]

              let adjoint =
                  refusal (fun () -> Reference.adjoint automaton graph parameters rollout (fun _ -> Some start))

              says adjoint [ "4 cells x 12"; "4 x 11" ]

              let single = Array.map float32 parameters
              let start = Matrix<float32>.Build.Dense(4, 12)
              says (refusal (fun () -> Reference.rolloutFrom automaton graph single rollout start [||])) [ "Single" ]
          } ]
