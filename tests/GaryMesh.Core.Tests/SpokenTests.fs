/// Cells that speak bits and keep nothing of their state: by hand, against the specification, and on the way back.
module GaryMesh.Tests.SpokenTests

open System
open System.Numerics
open Expecto
open GaryMesh

let private normal (seed: uint64) part i = Counter.normal (Counter.subkey seed part) (int64 i)

let private noise (seed: uint64) part cells channels =
    State.Create(cells, channels, fun cell channel -> float32 (normal seed part (cell * channels + channel)))

let private left = Operator.Of(EdgeWeight.At -1, Messages.Value, Aggregation.Sum)
let private right = Operator.Of(EdgeWeight.At 1, Messages.Value, Aggregation.Sum)
let private column (values: float32 list) = State(values.Length, 1, ReadOnlySpan(Array.ofList values))

/// One step on a strip by the engine, which must do what the reference does; numbers that are not finite are the engine's own matter,
/// which multiplies them by weights of 0, too.
let private step (automaton: Automaton) (start: State) (firing: Firing) =
    let graph = Graph.Strip(start.Cells, [ -1; 1 ])
    let rollout = Rollout.Of(start, 1, firing)

    let reference = (Reference.rollout automaton graph (Reference.parametersOf automaton) rollout)[1]

    let engine = Engine.Run(automaton, graph, rollout)

    for i in 0 .. (if start.IsFinite then start.Cells - 1 else -1) do
        for c in 0 .. start.Channels - 1 do
            Expect.equal engine[i, c] (float32 reference[i, c]) $"cell {i}"

    List.ofArray (engine.ToArray())

/// A rule of one value read that gives it back: relu(x) - relu(-x).
let private echo = Rule(RuleShape(1, 1, 2), ReadOnlySpan [| 1f; -1f; 0f; 0f; 1f; -1f; 0f |])

/// A random strip whose cells hear both sides, some reading their own state, and a rollout on it.
let private strip (seed: uint64) secant =
    let below n part = Counter.below n (Counter.subkey seed part) 0L
    let channels, own = 2 + below 9 1, below 2 2

    let perception =
        Perception(
            [ left; right; yield! List.replicate own Operator.Own ],
            (if below 2 20 = 0 then
                 Spoken(2, below channels 3)
             else
                 Spoken [ below channels 3; below channels 21 ])
        )

    let kind: RuleKind = if secant then SecantRule(2, DenseRule.Kind) else DenseRule.Kind
    let shape = RuleShape.For(perception, channels, 1 + below 20 4, below 3 5).WithKind kind
    let cells = 2 + below 300 6

    let automaton =
        Automaton
            .Of(perception, GradientCheck.RuleFor(shape, seed, 1.0))
            .WithKeep([ 0.0; 0.5; 1.0 ][below 3 7])
            .WithTimeStep
            0.5

    let rollout =
        { Rollout.Of(noise seed 8 cells channels, 1 + below 3 9, Firing.Seeded(seed, 0)) with
            Inputs =
                if shape.Inputs = 0 then
                    Inputs.Absent
                else
                    Inputs.Constant(noise seed 10 cells shape.Inputs) }

    automaton, Graph.Line cells, rollout, MeanSquared(noise seed 11 cells channels, null, null)

let private some = { FsCheckConfig.defaultConfig with maxTest = 20; replay = replay }

[<Tests>]
let tests =
    testList
        "Spoken"
        [ test "a cell hears the sign of its neighbour, and 0 where there is nobody or NaN" {
              let hearing = Automaton.Of(Perception([ left ], Spoken(1, 0)), echo).WithKeep 0.0

              let heard = step hearing (column [ 3f; -0.25f; 1e-30f; -1e30f; 0f ]) Firing.All
              Expect.equal heard [ 0f; 1f; -1f; 1f; -1f ] "signs, the first cell hears nobody"
              // NaN times the weight 0 of a neighbour on the other side is NaN, too: heard as nobody, so it does not spread.
              let spoilt = step hearing (column [ 3f; nanf; 1f; 2f ]) Firing.All
              Expect.equal spoilt [ 0f; 0f; 0f; 1f ] "NaN is nobody's word"
          }

          test "what is not heard is read as it is" {
              let perception = Perception([ left; Operator.Own ], Spoken(1, 1))
              Expect.equal (perception.Width 3) 4 "a bit and a state"
              let lifted = Array.zeroCreate<float> 4
              (Spoken(1, 1)).Apply<float, Reals>(3, ReadOnlySpan [| 9.; -2.; 9.; 4.; 5.; 6. |], Span lifted)
              Expect.equal lifted [| -1.; 4.; 5.; 6. |] "values"
          }

          test "each ear may have a channel of its own" {
              let both = Perception([ left; right ], Spoken [ 0; 2 ])
              let lifted = Array.zeroCreate<float> 2
              (Spoken [ 0; 2 ]).Apply<float, Reals>(3, ReadOnlySpan [| -1.; 9.; 9.; 9.; 9.; 4. |], Span lifted)
              Expect.equal lifted [| -1.; 1. |] "one of the left, one of the right"
              Expect.equal (both.Width 3) 2 "two bits"
              Expect.equal (Spoken [ 0; 2 ]).Name "spoken:2:0:2" "named"
              Expect.equal (Spoken [ 5; 5 ]).Name (Spoken(2, 5)).Name "one channel is named once"
          }

          test "bits that cannot be heard are refused, both sides named" {
              let refusal (make: unit -> obj) =
                  (Expect.throwsC (make >> ignore) (fun error -> error :?> ArgumentException)).Message

              refusal (fun () -> Perception([ left ], Spoken(2, 0)).Width 3) |> says [ "2 operators"; "has 1" ]

              refusal (fun () -> Perception([ left ], Spoken(1, 3)).Width 3)
              |> says [ "Channel 3"; "there are 3" ]

              refusal (fun () -> RuleShape(1, 1, 1).WithKind(SecantRule(2, DenseRule.Kind)))
              |> says [ "2 bits"; "perceives 1" ]
          }

          property "the way back through a bit has the slope of 2 sigmoid(x) - 1" (fun (seed: uint64) ->
              let x = 5.0 * normal seed 0 0
              let bar, bars = [| normal seed 1 0 |], Array.zeroCreate<float> 1
              (Spoken(1, 0)).Adjoint<float, Reals>(1, ReadOnlySpan [| x |], ReadOnlySpan bar, Span bars)
              let soft (x: Complex) = 2.0 / (1.0 + Complex.Exp(-x)) - Complex.One
              let expected = bar[0] * (soft (Complex(x, 1e-30))).Imaginary / 1e-30
              Expect.floatClose Accuracy.veryHigh bars[0] expected "the complex step")

          property
              "a secant rule computes as its inner kind, and differs from it on the way back by the difference of both ends alone"
              (fun (seed: uint64) ->
                  let shape = RuleShape(3, 2, 7, 2)
                  let sizes, inner = shape.Sizes, DenseRule.Kind :> RuleKind
                  let parameters = Array.init shape.ParameterCount (normal seed 0)
                  let z = Array.init 4 (normal seed 1)
                  z[0] <- -1.0
                  z[1] <- 1.0
                  let bar = Array.init 3 (normal seed 2)

                  let forward (kind: RuleKind) (z: float[]) =
                      let branches, change = Array.zeroCreate<float> 7, Array.zeroCreate<float> 3

                      kind.Forward<float, Reals>(
                          sizes,
                          ReadOnlySpan parameters,
                          ReadOnlySpan z,
                          Span branches,
                          Span change,
                          Span.Empty
                      )

                      branches, change

                  let backward (kind: RuleKind) =
                      let zBar, parametersBar = Array.zeroCreate<float> 4, Array.zeroCreate<float> parameters.Length

                      kind.Backward<float, Reals>(
                          sizes,
                          ReadOnlySpan parameters,
                          ReadOnlySpan z,
                          ReadOnlySpan(fst (forward kind z)),
                          ReadOnlySpan bar,
                          ReadOnlySpan.Empty,
                          Span zBar,
                          Span parametersBar
                      )

                      zBar, parametersBar

                  let secant = SecantRule(1, inner)
                  Expect.equal (forward secant z) (forward inner z) "forward"
                  let zBar, parametersBar = backward secant
                  let innerBar, innerParametersBar = backward inner
                  Expect.equal parametersBar innerParametersBar "the parameters'"
                  Expect.equal (Array.tail zBar) (Array.tail innerBar) "the other values'"
                  let at value = snd (forward inner (Array.append [| value |] (Array.tail z)))

                  let expected =
                      Array.map3 (fun bar high low -> bar * (high - low) / 2.0) bar (at 1.0) (at -1.0) |> Array.sum

                  Expect.floatClose Accuracy.veryHigh zBar[0] expected "the difference")

          testPropertyWithConfig
              some
              "the engine differentiates strips that hear bits as the reference does"
              (fun (seed: uint64) (secant: bool) ->
                  let automaton, graph, rollout, loss = strip seed secant
                  let specified = GradientCheck.Gradient(automaton, graph, rollout, loss)
                  let engine = Engine.Gradient(automaton, graph, [| rollout |], loss)

                  let near (what: string) (expected: float[]) given =
                      let deviation =
                          GradientCheck.Deviation(ReadOnlySpan expected, ReadOnlySpan(Array.map float32 given))

                      Expect.isLessThan deviation 1e-4 what

                  near "parameters" specified.Parameters engine.Parameters
                  let rows (m: MathNet.Numerics.LinearAlgebra.Matrix<float>) = m.ToRowMajorArray()
                  near "start" (rows specified.Start) (engine.Outcomes[0].Start.ToArray() |> Array.map float))

          testPropertyWithConfig some "the number of threads changes no bit of it" (fun (seed: uint64) ->
              let automaton, graph, rollout, loss = strip seed true

              let bits threads =
                  use prepared = new Prepared(automaton, graph, EngineOptions(Threads = threads))
                  let gradient = prepared.Gradient([| rollout |], loss)
                  gradient.Parameters |> Array.map BitConverter.DoubleToInt64Bits, gradient.Loss

              Expect.equal (bits 2) (bits 1) "one or two") ]

[<Tests>]
let keeping =
    testList
        "Keep"
        [ test "a cell that fires keeps its share, and at 0 nothing, whatever it was" {
              let own = Automaton.Of(Perception([ left ], Spoken(1, 0)), echo)
              let first = Firing.Mask(fun _ cell -> cell > 0)
              let start = column [ 4f; 8f; -8f ]
              Expect.equal (step own start first) [ 4f; 9f; -7f ] "all"
              Expect.equal (step (own.WithKeep 0.25) start first) [ 4f; 3f; -1f ] "a quarter"
              let wild = column [ 4f; nanf; infinityf; 3e38f; nanf ]
              // What it hears beside or of numbers that are not finite is nobody, 0.
              Expect.equal (step (own.WithKeep 0.0) wild first) [ 4f; 0f; 0f; 0f; 0f ] "nothing"
          }

          testPropertyWithConfig some "its derivative is exact" (fun (seed: uint64) ->
              let keep = [ 0.0; 0.3; 0.9 ][Counter.below 3 seed 0L]
              let shape = RuleShape.For(Perception.Planar, 3, 5, 2)
              let gate = [ Gate.Open; Gate.Alive(0, 0.1f); Gate.AlivePublished(1, 0.1f) ][Counter.below 3 seed 1L]

              let automaton =
                  Automaton
                      .Of(Perception.Planar, GradientCheck.RuleFor(shape, seed, 0.8))
                      .WithKeep(keep)
                      .WithGate(gate)
                      .WithTimeStep
                      0.7

              let graph = Graph.Grid(3, 4)

              let rollout =
                  Rollout
                      .Of(noise seed 1 12 3, 4, Firing.Seeded(seed, 0))
                      .WithInputs(Inputs.Constant(noise seed 2 12 2))

              let loss = MeanSquared(noise seed 3 12 3, null, null)

              let report =
                  GradientCheck.Run(automaton, graph, rollout, loss, true, null, Threading.CancellationToken.None)

              Expect.isLessThan report.ComplexStep 1e-12 "the complex step"
              let engine = Engine.Gradient(automaton, graph, [| rollout |], loss)
              let specified = GradientCheck.Gradient(automaton, graph, rollout, loss)

              let deviation =
                  GradientCheck.Deviation(
                      ReadOnlySpan specified.Parameters,
                      ReadOnlySpan(Array.map float32 engine.Parameters)
                  )

              Expect.isLessThan deviation 1e-4 "the engine")

          test "a share beyond 0 .. 1 is refused" {
              let message =
                  (Expect.throwsC (fun () -> (Automaton.GaryMesh 1UL).WithKeep(1.5).Check()) (fun error ->
                      error :?> ArgumentException))
                      .Message

              message |> says [ "0..1"; "1.5" ]
          } ]
