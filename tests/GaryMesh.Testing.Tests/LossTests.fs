/// Every loss and its specification: value and derivatives by all that it sees, at any step and under any key.
module GaryMesh.Tests.LossTests

open System
open System.Collections.Immutable
open System.Numerics
open Expecto
open GaryMesh
open GaryMesh.Tests.OwnMembers

let private graph = Graph.Ring 6
let private channels, reports = 3, 2

let private noise columns (seed: uint64) =
    State.Create(6, columns, fun cell column -> float32 (Counter.normal seed (int64 (cell * columns + column))))

let private target = noise channels 1UL

/// One or more of every kind.
let private losses: Loss list =
    let parts: Loss[] =
        [| MeanSquared(target, null, null)
           Overflow(0.3f)
           Overflow(0.1f).At(fun step _ -> step % 3 = 0)
           Projected(noise channels 2UL) |]

    let sum = WeightedSum([| 2.0; -0.5; 0.75; 0.25 |], parts)

    [ yield! parts
      MeanSquared(target, [| 2; 0 |], [| 5; 1; 1 |])
      MeanSquared(Array.init 6 float32, 1)
      RectifiedGram(Exemplar.Signal(2, Array.init 40 (fun i -> float32 (sin (float (i * i)))), true), graph)
      SlicedWasserstein(Exemplar.Signal(1, Array.init 40 (fun i -> float32 (sin (float (i * i)))), true), graph)
      NearestTarget [ noise channels 3UL; target; noise channels 4UL ]
      NearestTarget [ noise 2 5UL; noise 2 6UL ]
      CrossEntropy([| 0; 1; -1; 1; 0; -1 |], 1, 2)
      LoadBalance(0, 1, 2)
      EvenSigns([| 0; 2; -1; 2; 0; 2 |], 1)
      ClearSigns([| true; true; false; true; true; true |], 2)
      CrossEntropy([| 0; 1; -1; 1; 0; -1 |], 0, 2).OfReports()
      Overflow(0.2f).On(Graph.Ring 4, 1)
      sum
      WeightedSum([| 1.0; 3.0 |], [| sum; Overflow(1.0f) |])
      GradientCheck.Squares [ for step in [ 1; 2; 2; 5 ] -> struct (step, noise channels (uint64 step)) ] ]

let private context step steps key = { Step = step; Steps = steps; Graph = graph; Key = key }

let private doubles (state: State) = state.ToArray() |> Array.map float

/// How far value and derivatives lie from the specification's, as a share of the value and of the largest derivative.
let private deviations (loss: Loss) (state: State) (auxiliary: State) (context: LossContext) =
    let given = loss.Evaluate(state, auxiliary, context)
    let real, reported = doubles state, doubles auxiliary
    let value = loss.Value<float, Reals>(channels, ReadOnlySpan real, ReadOnlySpan reported, context)
    let all = Array.append real reported

    let derivative at =
        let tiny = 1e-30
        let stepped = all |> Array.mapi (fun i x -> Complex(x, (if i = at then tiny else 0.0)))

        loss
            .Value<Complex, Complexes>(
                channels,
                ReadOnlySpan(stepped, 0, real.Length),
                ReadOnlySpan(stepped, real.Length, reported.Length),
                context
            )
            .Imaginary
        / tiny

    let ofAuxiliary =
        match given.AuxiliaryAdjoint with
        | null -> State.Zeros(auxiliary.Cells, auxiliary.Channels)
        | adjoint -> adjoint

    let adjoints = Array.append (given.Adjoint.ToArray()) (ofAuxiliary.ToArray())
    let expected = Array.init all.Length derivative

    struct (abs (given.Value - value) / max 1.0 (abs value),
            GradientCheck.Deviation(ReadOnlySpan expected, ReadOnlySpan adjoints))

/// A loss whose derivative is off by a thousandth.
[<Sealed>]
type private Wrong(inner: Loss) =
    inherit Loss "wrong"

    override _.Evaluate(state, auxiliary, context) =
        let value = inner.Evaluate(state, auxiliary, context)
        let adjoint = value.Adjoint

        { value with
            Adjoint = State.Create(adjoint.Cells, adjoint.Channels, fun cell c -> 1.001f * adjoint[cell, c]) }

    override _.Value<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (channels: int, state: ReadOnlySpan<'T>, auxiliary: ReadOnlySpan<'T>, context: LossContext)
        : 'T =
        inner.Value<'T, 'F>(channels, state, auxiliary, context)

[<Tests>]
let tests =
    testList
        "Losses"
        [ test "every loss of the core is among those checked" {
              let checked' = losses |> Seq.map (fun loss -> loss.GetType().FullName) |> Set.ofSeq

              for loss in typeof<Loss>.Assembly.GetExportedTypes() do
                  if loss.IsSubclassOf typeof<Loss> then
                      Expect.contains checked' loss.FullName "checked"
          }

          for index, loss in List.indexed losses do
              // Sums of products in single precision round more than sums of squares.
              let tolerance = if loss :? RectifiedGram || loss :? SlicedWasserstein then 1e-5 else 1e-6

              property $"{index}, {loss.Name}: value and derivatives are the specification's" (fun (seed: uint64) ->
                  let draw bound part = Counter.below bound seed part
                  let steps = 1 + draw 9 1L
                  let auxiliary = noise reports (seed + 1UL)

                  for step in 1..steps do
                      if loss.Sees(step, steps) then
                          let context = context step steps (Counter.word seed 2L)
                          let state = noise channels (seed + uint64 step)
                          let struct (value, derivatives) = deviations loss state auxiliary context
                          Expect.isLessThanOrEqual value tolerance $"the value after step {step} of {steps}"

                          Expect.isLessThanOrEqual
                              derivatives
                              tolerance
                              $"the derivatives after step {step} of {steps}"

                          let given = loss.Evaluate(state, auxiliary, context)

                          if not given.Parts.IsEmpty then
                              let sum = Seq.sum (seq { for struct (_, part) in given.Parts -> part })
                              Expect.floatClose Accuracy.veryHigh sum given.Value "the parts make the value")

          test "a wrong derivative is seen" {
              let loss = Wrong(MeanSquared(target, null, null))

              let struct (value, derivatives) =
                  deviations loss (noise channels 5UL) (noise reports 6UL) (context 1 1 0UL)

              Expect.isLessThan value 1e-12 "its value is right"
              Expect.floatClose Accuracy.low derivatives 1e-3 "by a thousandth"
          }

          test "adjoints of another size are refused" {
              let automaton = Automaton.Of(Perception.Planar, Rule.ZeroLast(RuleShape(channels, 9, 4), 1UL))
              let rollout = Rollout.Of(target, 2, Firing.All)

              let cases: (State * (State | null) * string) list =
                  [ noise 2 1UL, null, "6 x 2"; target, noise 1 1UL, "6 x 1" ]

              for adjoint, reported, sizes in cases do
                  let loss = Loss.Of("odd", fun _ -> { LossValue.Of(1.0, adjoint) with AuxiliaryAdjoint = reported })

                  Expect.throwsC
                      (fun () -> Engine.Gradient(automaton, graph, [| rollout |], loss) |> ignore)
                      (fun error -> Expect.stringContains error.Message sizes "its size")
          }

          test "a sum looks where each of its parts looks" {
              let even, third =
                  (Overflow(0.1f)).At(fun step _ -> step % 2 = 0),
                  MeanSquared(target, null, null).At(fun step _ -> step = 3)

              let last = MeanSquared(target, [| 1 |], null)
              let sum = WeightedSum([| 2.0; 3.0; 5.0 |], [| even; third; last |])
              let state, auxiliary = noise channels 4UL, noise reports 5UL

              for step, looking in [ 1, []; 2, [ 2.0, even ]; 3, [ 3.0, third ]; 4, [ 2.0, even ]; 5, [ 5.0, last ] ] do
                  Expect.equal (sum.Sees(step, 5)) (looking <> []) $"step {step}"
                  let context = context step 5 0UL
                  let given = sum.Evaluate(state, auxiliary, context)

                  let expected =
                      [ for weight, part in looking ->
                            struct (part.Name, weight * (part.Evaluate(state, auxiliary, context)).Value) ]

                  Expect.equal (List.ofSeq given.Parts) expected "the parts that look"
                  Expect.equal given.Value (List.sumBy (fun struct (_, value) -> value) expected) "and no other"
          }

          property "a rollout's loss is that of its steps, under its key" (fun (seed: uint64) ->
              let shape = RuleShape.For(Perception.Planar, channels, 4).WithKind(Gated())
              let automaton = Automaton.Of(Perception.Planar, GradientCheck.RuleFor(shape, seed, 0.5))
              let loss = WeightedSum([| 1.0; 0.5 |], [| Projected target; Overflow(0.5f) |])
              let rollout = Rollout.Of(noise channels seed, 5, Firing.Seeded(seed, 0))
              use prepared = new Prepared(automaton, graph, EngineOptions(Threads = 1))

              let stepped key =
                  use simulation = prepared.Begin rollout

                  [ for step in 1..5 do
                        simulation.Step()

                        if loss.Sees(step, 5) then
                            loss.Evaluate(simulation.State, simulation.Auxiliary, context step 5 key) ]

              for key in [ 0UL; seed ] do
                  let given = prepared.Gradient([| rollout |], [| loss |], key)
                  let expected = stepped key
                  Expect.floatClose Accuracy.veryHigh given.Loss (expected |> List.sumBy _.Value) "value"

                  for struct (name, value) in given.Parts do
                      let parts = expected |> Seq.collect _.Parts |> Seq.filter (fun struct (part, _) -> part = name)

                      Expect.floatClose
                          Accuracy.veryHigh
                          value
                          (parts |> Seq.sumBy (fun struct (_, value) -> value))
                          name

                  Expect.equal given.Parts.Length 3 "projection, load and overflow"

                  Expect.floatClose
                      Accuracy.veryHigh
                      (prepared.Evaluate([| rollout |], loss, key)).[0]
                      given.Loss
                      "evaluated") ]
