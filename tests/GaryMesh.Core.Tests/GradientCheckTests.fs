/// The reference's gradient against the complex step and central differences.
module GaryMesh.Tests.GradientCheckTests

open System
open System.Collections.Generic
open System.Numerics
open System.Threading
open Expecto
open GaryMesh

let private noise cells channels (seed: uint64) part =
    let key = Counter.key seed [ part ]
    State.Create(cells, channels, fun i c -> float32 (Counter.normal key (int64 (i * channels + c))))

/// Graphs with a perception that makes something of them.
let private worlds =
    [ Perception.Planar, Graph.Ring 5
      Perception.Planar, Graph.Ring 2
      Perception.Planar, Graph.Ring 1
      Perception.Harmonics, Graph.Icosphere 1
      Perception.Harmonics, Graph.NearestNeighbours([| for i in 0L .. 20L -> Counter.normal 3UL i |], 3)
      Perception.Sobel, Graph.Grid(2, 3)
      Perception.Sobel, Graph.Torus(3, 3)
      Perception.Isotropic, Graph.Torus6(3, 3)
      Perception.LeftSelfRight, Graph.Line 4
      Perception.Diffusion, Graph.OfEdges(5, [| 0; 1; 1; 3 |], [| 1; 2; 3; 3 |], false, [| 1.0; -2.0; 0.5; 3.0 |], null)
      Perception.Offsets [ -1; -3 ], Graph.Strip(6, [ -1; -3 ]) ]

/// A small automaton with a rollout and a loss, every choice drawn from the seed.
let private drawn (perception: Perception) (graph: Graph) (seed: uint64) =
    let draw bound part = Counter.below bound (Counter.key seed [ part ]) 0L
    let channels, hidden, inputs, steps = 1 + draw 3 1, 1 + draw 5 2, draw 3 3, 1 + draw 5 4
    let shape = RuleShape.For(perception, channels, hidden, inputs)

    let automaton =
        Automaton
            .Of(perception, GradientCheck.RuleFor(shape, seed, 0.7))
            .WithTimeStep(if draw 2 5 = 0 then 1.0 else 0.3)
            .WithBound([| infinityf; 0.8f; 2f |][draw 3 12])
            .WithSpacing([| 1.0; 0.7 |][draw 2 13])
            .WithGate(
                match draw 3 6 with
                | 0 -> Gate.Open
                | 1 -> Gate.Alive(draw channels 7, 0.1f)
                | _ -> Gate.AlivePublished(draw channels 7, 0.1f)
            )

    let told part = noise graph.Cells inputs seed (100 + part)

    let rollout =
        Rollout
            .Of(
                noise graph.Cells channels seed 8,
                steps,
                match draw 3 9 with
                | 0 -> Firing.All
                | 1 -> Firing.Seeded(seed, 1)
                | _ -> Firing.Mask(fun step cell -> (step + cell) % 2 = 0)
            )
            .WithInputs(
                match inputs, draw 2 10 with
                | 0, _ -> Inputs.Absent
                | _, 0 -> Inputs.Constant(told 0)
                | _ -> Inputs.PerStep(Array.init steps told)
            )

    // A step may be looked at twice.
    let targets =
        [ for part in 0 .. draw 4 11 -> struct (1 + draw steps (20 + part), noise graph.Cells channels seed (30 + part)) ]

    automaton, rollout, GradientCheck.Squares targets

/// gary-mesh with nothing at zero on a ring, from noise to other noise.
let private garyMesh cells steps (seed: uint64) =
    let graph = Graph.Ring cells
    let rule = GradientCheck.RuleFor(Rule.GaryMeshShape, seed, 0.3)
    let automaton = (Automaton.GaryMesh seed).WithRule rule
    let rollout = Rollout.Of((Start.Noise 1.0f).On(graph, 12, seed), steps, Firing.Seeded(seed, 0))
    let target = (Start.Noise 1.0f).On(graph, 12, seed + 1UL)
    automaton, graph, rollout, GradientCheck.Squares [ struct (steps, target) ]

/// Two dense layers whose derivative is off by a thousandth.
[<Sealed>]
type private WrongRule() =
    inherit RuleKind "wrong"
    override _.Views sizes = DenseRule.Kind.Views sizes
    override _.Initial(sizes, seed) = DenseRule.Kind.Initial(sizes, seed)
    override _.Branches sizes = DenseRule.Kind.Branches sizes
    override _.MultiplyAdds sizes = DenseRule.Kind.MultiplyAdds sizes

    override _.Forward<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (
            sizes: RuleSizes,
            parameters: ReadOnlySpan<'T>,
            z: ReadOnlySpan<'T>,
            branches: Span<'T>,
            change: Span<'T>,
            auxiliary: Span<'T>
        ) =
        DenseRule.Kind.Forward<'T, 'F>(sizes, parameters, z, branches, change, auxiliary)

    override _.Backward<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (
            sizes: RuleSizes,
            parameters: ReadOnlySpan<'T>,
            z: ReadOnlySpan<'T>,
            branches: ReadOnlySpan<'T>,
            changeBar: ReadOnlySpan<'T>,
            auxiliaryBar: ReadOnlySpan<'T>,
            zBar: Span<'T>,
            parametersBar: Span<'T>
        ) =
        let off = Array.zeroCreate<'T> changeBar.Length

        for c in 0 .. off.Length - 1 do
            off[c] <- 'F.Of 1.001 * changeBar[c]

        let off = ReadOnlySpan<'T> off
        DenseRule.Kind.Backward<'T, 'F>(sizes, parameters, z, branches, off, auxiliaryBar, zBar, parametersBar)

/// The linear perceptions as they are, with a derivative that is off by a thousandth.
[<Sealed>]
type private WrongLift() =
    inherit Lift "wrong"
    override _.Width(operators, channels) = operators * channels

    override _.Apply<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (_: int, linear: ReadOnlySpan<'T>, lifted: Span<'T>)
        =
        linear.CopyTo lifted

    override _.Adjoint<'T, 'F when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
        (_: int, _: ReadOnlySpan<'T>, liftedBar: ReadOnlySpan<'T>, linearBar: Span<'T>)
        =
        for i in 0 .. linearBar.Length - 1 do
            linearBar[i] <- linearBar[i] + 'F.Of 1.001 * liftedBar[i]

[<Tests>]
let tests =
    testList
        "GradientCheck"
        [ for perception, graph in worlds do
              let operators = String.Join(", ", [ for operator in perception.Operators -> operator.Text ])

              property
                  $"every derivative of small automata on {graph.Name} is the complex step's ({operators})"
                  (fun (seed: uint64) ->
                      let automaton, rollout, loss = drawn perception graph seed

                      let report =
                          GradientCheck.Run(automaton, graph, rollout, loss, true, null, CancellationToken.None)

                      let shape = automaton.Rule.Shape
                      let inputs = if shape.Inputs > 0 then rollout.Steps * graph.Cells * shape.Inputs else 0

                      Expect.equal
                          report.Compared
                          (shape.ParameterCount + graph.Cells * shape.Channels + inputs)
                          "parameters, start and inputs"

                      Expect.isLessThanOrEqual report.ComplexStep 1e-12 "complex step"
                      Expect.isLessThanOrEqual report.Central 1e-6 "central differences"
                      Expect.isLessThanOrEqual report.CentralExcluded 0.1 "few excluded")

          test "all 2,364 derivatives of gary-mesh through 16 asynchronous steps on ring:16" {
              let automaton, graph, rollout, loss = garyMesh 16 16 1UL
              let report = GradientCheck.Run(automaton, graph, rollout, loss)
              Expect.equal (report.Parameters, report.Compared) (2364, 2364) "every parameter"
              Expect.isGreaterThan report.Largest 1.0 "there is something to compare"
              Expect.isLessThanOrEqual report.ComplexStep 1e-12 "complex step"
              Expect.isLessThanOrEqual report.Central 1e-9 "central differences"
              Expect.isLessThanOrEqual report.CentralExcluded 0.01 "at most one in a hundred excluded"
          }

          test "a derivative at a kink is excluded from central differences and has the side of the specification" {
              // From zero every activation is 0: its bias flips it, the weights do not.
              let shape = RuleShape(1, 1, 1)
              let rule = Rule(shape, ReadOnlySpan [| 1f; 0f; 1f; 0f |])
              let automaton = Automaton.Of(Perception [ Operator.Own ], rule)
              let graph = Graph.Ring 1
              let rollout = Rollout.Of(State.Zeros(1, 1), 1, Firing.All)
              let loss = GradientCheck.Squares [ struct (1, State(1, 1, ReadOnlySpan [| 1f |])) ]
              let report = GradientCheck.Run(automaton, graph, rollout, loss)
              Expect.equal report.CentralExcluded 0.25 "one of four"
              Expect.equal (report.ComplexStep, report.Largest) (0.0, 1.0) "the last bias alone matters"
              Expect.equal (GradientCheck.Gradient(automaton, graph, rollout, loss)).Parameters[1] 0.0 "0 at 0"
          }

          test "a rule's wrong gradient is seen" {
              let automaton, graph, rollout, loss = garyMesh 4 1 1UL
              let wrong = automaton.Rule.Shape.WithKind(WrongRule())
              let automaton = automaton.WithRule(Rule(wrong, automaton.Rule.Parameters))
              let report = GradientCheck.Run(automaton, graph, rollout, loss)
              Expect.floatClose Accuracy.low report.ComplexStep (0.001 / 1.001) "a thousandth"
              Expect.floatClose Accuracy.low report.Central (0.001 / 1.001) "a thousandth"
          }

          test "a lift's wrong gradient is seen" {
              let automaton, graph, rollout, loss = garyMesh 4 2 1UL
              let lifted = automaton.Perception.WithLift(WrongLift())
              let automaton = { automaton with Perception = lifted }
              let report = GradientCheck.Run(automaton, graph, rollout, loss)
              // It reaches the parameters through the first step alone.
              Expect.isGreaterThan report.ComplexStep 1e-5 "the complex step"
              Expect.isGreaterThan report.Central 1e-5 "central differences"
          }

          test "progress rises to 1, and a check can be cancelled" {
              let automaton, graph, rollout, loss = garyMesh 3 1 1UL
              let heard = List<float>()

              let progress (act: float -> unit) =
                  { new IProgress<float> with
                      member _.Report share = lock heard (fun () -> act share) }

              let all =
                  GradientCheck.Run(automaton, graph, rollout, loss, false, progress heard.Add, CancellationToken.None)

              Expect.hasLength heard all.Compared "once a derivative"
              Expect.equal (Seq.max heard) 1.0 "to the end"

              use source = new CancellationTokenSource()
              let stop = progress (fun _ -> source.Cancel())

              Expect.throwsT<OperationCanceledException>
                  (fun () -> GradientCheck.Run(automaton, graph, rollout, loss, false, stop, source.Token) |> ignore)
                  "cancelled"
          }

          test "the result is the same in every run" {
              let automaton, graph, rollout, loss = garyMesh 5 3 2UL
              let run () = GradientCheck.Run(automaton, graph, rollout, loss)
              Expect.equal (run ()) (run ()) "to the last bit"
          }

          test "deviation is the greatest difference over the largest reference" {
              let deviation (reference: float[]) (given: float32[]) =
                  GradientCheck.Deviation(ReadOnlySpan reference, ReadOnlySpan given)

              Expect.equal (deviation [| 1.0; -4.0; 0.5 |] [| 1.0f; -3.0f; 1.0f |]) 0.25 "1 of 4"
              Expect.equal (deviation [| 0.0 |] [| 0.5f |]) 0.5 "nothing to divide by"
              Expect.isTrue (Double.IsNaN(deviation [| 1.0; 2.0 |] [| nanf; 2.0f |])) "a NaN is not overlooked"

              Expect.throwsT<ArgumentException>
                  (fun () -> deviation [| 1.0; 2.0 |] [| 1.0f |] |> ignore)
                  "lengths differ"
          }

          property "a check rule has no zero and single-precision values" (fun (seed: uint64) ->
              let rule = GradientCheck.RuleFor(Rule.GaryMeshShape, seed, 1.0)
              Array.forall ((<>) 0.0f) (rule.ToArray())) ]
