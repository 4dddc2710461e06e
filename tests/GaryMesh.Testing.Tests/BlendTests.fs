/// Blends of built-in and own rules, and of blends: either rule at the ends, and exact derivatives by rules and weights.
module GaryMesh.Tests.BlendTests

open System
open System.Threading
open Expecto
open FsCheck
open FsCheck.FSharp
open GaryMesh
open GaryMesh.Testing
open GaryMesh.Tests.OwnMembers

let private blend (kind: RuleKind) : RuleKind = BlendRule kind

/// What is blended, and the inputs that it reads itself.
let private inners: (RuleKind * int) list =
    [ DenseRule.Kind, 0; Gated(), 0; blend DenseRule.Kind, 1; blend (Gated()), 1 ]

/// Several tiles and vectors, and yet rules that are small enough to be doubled twice.
let private middling = { Limits.Wide with Channels = 24; Hidden = 48 }

/// Worlds whose rule has `fewest` inputs or more.
let private worlds (limits: Limits) fewest =
    Arb.fromGenShrink (MeshGen.WorldPlans limits, fun plan -> Seq.ofList plan.Smaller)
    |> Arb.convert (fun plan -> World { plan with Blended = false; Inputs = max fewest plan.Inputs }) _.Plan

let private forAll cases worlds name (check: World -> unit) =
    let config = { FsCheckConfig.defaultConfig with maxTest = cases; replay = replay }
    testPropertyWithConfig config name (fun () -> Prop.forAll worlds check)

let private mapInputs (map: State -> State) (rollout: Rollout) =
    match rollout.Inputs with
    | Inputs.Absent -> rollout
    | Inputs.Constant given ->
        let mapped = map given
        rollout.WithInputs(if mapped.Channels = 0 then Inputs.Absent else Inputs.Constant mapped)
    | Inputs.PerStep given ->
        let mapped = Array.map map given
        rollout.WithInputs(if mapped[0].Channels = 0 then Inputs.Absent else Inputs.PerStep mapped)

let private first (count: int) (given: State) = State.Create(given.Cells, count, fun cell input -> given[cell, input])

let private ending (weight: float32) (given: State) =
    State.Create(
        given.Cells,
        given.Channels,
        fun cell input -> if input = given.Channels - 1 then weight else given[cell, input]
    )

let private noise (graph: Graph) channels seed = (Start.Noise 1.0f).On(graph, channels, seed)

[<Tests>]
let tests =
    testList
        "Blend"
        [ for inner, fewest in inners do
              for limits, cases in [ Limits.Small, 30; middling, 8 ] do
                  forAll
                      cases
                      (worlds limits (fewest + 1))
                      $"of {inner.Name}, {limits.Cells} cells: weights 0 and 1 give either rule"
                      (fun world ->
                          let own = world.Plan.Inputs - 1
                          let shape = world.Automaton.Rule.Shape.WithInputs(own).WithKind inner
                          let ruleOf seed = GradientCheck.RuleFor(shape, seed, 0.5)
                          let rules = [| ruleOf 1UL; ruleOf 2UL |]
                          let loss = MeanSquared(noise world.Graph world.Plan.Channels 3UL, null, null)

                          let gradient rule rollout =
                              use prepared =
                                  new Prepared(world.Automaton.WithRule rule, world.Graph, EngineOptions(Threads = 1))

                              prepared.Gradient([| rollout |], loss)

                          let alone = mapInputs (first own) world.Rollout

                          for side in 0..1 do
                              let both =
                                  gradient
                                      (Rule.Blend(rules[0], rules[1]))
                                      (mapInputs (ending (float32 side)) world.Rollout)

                              let one = gradient rules[side] alone
                              let count = shape.ParameterCount
                              let outcome, expected = both.Outcomes[0], one.Outcomes[0]
                              Expect.equal (outcome.Final.ToArray()) (expected.Final.ToArray()) "the final state"

                              Expect.equal
                                  (outcome.Start.ToArray())
                                  (expected.Start.ToArray())
                                  "the start's derivative"

                              // A blend may take fewer cells at a time, so its sums over cells may round otherwise.
                              let ofSide = Array.sub both.Parameters (side * count) count |> Array.map float32

                              Expect.isLessThanOrEqual
                                  (GradientCheck.Deviation(ReadOnlySpan one.Parameters, ReadOnlySpan ofSide))
                                  1e-6
                                  "the derivative by the rule's parameters"

                              Expect.equal
                                  (Array.sub both.Parameters ((1 - side) * count) count)
                                  (Array.zeroCreate count)
                                  "the other rule does not matter"

                              for given, expected in
                                  Array.zip outcome.Inputs (if own = 0 then outcome.Inputs else expected.Inputs) do
                                  Expect.equal
                                      ((first own given).ToArray())
                                      ((first own expected).ToArray())
                                      "the inputs"

                              let reference rule rollout =
                                  let automaton = world.Automaton.WithRule rule

                                  let states =
                                      Reference.rollout
                                          automaton
                                          world.Graph
                                          (Reference.parametersOf automaton)
                                          rollout

                                  states[rollout.Steps].ToRowMajorArray()

                              Expect.equal
                                  (reference
                                      (Rule.Blend(rules[0], rules[1]))
                                      (mapInputs (ending (float32 side)) world.Rollout))
                                  (reference rules[side] alone)
                                  "the reference")

              for law, limits, cases in
                  [ Laws.GradientAgreement, Limits.Small, 15
                    Laws.EngineValues, middling, 6
                    Laws.EngineGradient, Limits.Small, 20
                    Laws.EngineGradient, middling, 6
                    Laws.Threads, middling, 6
                    Laws.TraceMemory, middling, 6 ] do
                  forAll
                      cases
                      (worlds limits (fewest + 1))
                      $"of {inner.Name}, {limits.Cells} cells: {law.Statement}"
                      (fun world ->
                          let shape = world.Automaton.Rule.Shape.WithKind(blend inner)
                          let automaton = world.Automaton.WithRule(GradientCheck.RuleFor(shape, world.Plan.Seed, 0.5))

                          Expect.equal
                              (law.Check(automaton, world.Graph, world.Rollout, world.Plan.Seed))
                              LawResult.Holds
                              law.Name)

              test
                  $"of {inner.Name}: the derivatives by both rules and by the weights are the complex step's, and the engine's" {
                  let graph, perception = Graph.Icosphere 1, Perception.Harmonics.WithLift(Lengths 1)
                  let shape = RuleShape.For(perception, 3, 4, fewest + 1).WithKind(blend inner)
                  let automaton = Automaton.Of(perception, GradientCheck.RuleFor(shape, 3UL, 0.5))
                  let loss = Projected(noise graph 3 5UL)

                  let rollout =
                      Rollout
                          .Of(noise graph 3 6UL, 4, Firing.Seeded(1UL, 0))
                          .WithInputs(Inputs.PerStep(Array.init 4 (fun step -> noise graph (fewest + 1) (uint64 step))))

                  let report = GradientCheck.Run(automaton, graph, rollout, loss, true, null, CancellationToken.None)

                  Expect.isLessThanOrEqual report.ComplexStep 1e-12 "complex step"
                  let reference = GradientCheck.Gradient(automaton, graph, rollout, loss)
                  let given = Engine.Gradient(automaton, graph, [| rollout |], loss)

                  let deviation (reference: float[]) (given: float32[]) =
                      GradientCheck.Deviation(ReadOnlySpan reference, ReadOnlySpan given)

                  let byRules = deviation reference.Parameters (Array.map float32 given.Parameters)

                  let byWeights =
                      deviation
                          (reference.Inputs |> Array.collect _.Column(fewest).ToArray())
                          (given.Outcomes[0].Inputs |> Array.collect _.Channel(fewest))

                  Expect.isGreaterThan (reference.Inputs[0].Column(fewest).L2Norm()) 1e-3 "the weights matter"
                  Expect.isLessThanOrEqual byRules 1e-5 "by the rules"
                  Expect.isLessThanOrEqual byWeights 1e-5 "by the weights"
              } ]
