/// Mixtures of experts: laws, exact derivatives with what cells report, routing under other names, and how even the load is.
module GaryMesh.Tests.MixtureTests

open System
open System.Threading
open Expecto
open FsCheck
open FsCheck.FSharp
open GaryMesh
open GaryMesh.Testing
open GaryMesh.Tests.OwnMembers

let private kinds: RuleKind list =
    [ MixtureRule(2, 3)
      MixtureRule(1, 4)
      MixtureRule(3, 3)
      SecantRule(1, MixtureRule(2, 3))
      EmbeddedRule(0, 4, MixtureRule(2, 3))
      EmbeddedRule(0, 1, DenseRule.Kind) ]

let private middling = { Limits.Wide with Channels = 24; Hidden = 48 }

let private worlds (limits: Limits) =
    Arb.fromGenShrink (MeshGen.WorldPlans limits, fun plan -> Seq.ofList plan.Smaller)
    |> Arb.convert (fun plan -> World { plan with Blended = false; Inputs = max 1 plan.Inputs }) _.Plan

let private noise (graph: Graph) channels seed = (Start.Noise 1.0f).On(graph, channels, seed)

/// What one cell comes to: its change and what it reports.
let private answer (kind: RuleKind) (sizes: RuleSizes) (parameters: float[]) (z: float[]) =
    let change, auxiliary =
        Array.zeroCreate<float> sizes.Channels, Array.zeroCreate<float>(kind.Auxiliary sizes)

    let branches = Array.zeroCreate<float>(kind.Branches sizes)
    kind.Forward<float, Reals>(sizes, parameters.AsSpan(), z.AsSpan(), Span branches, Span change, Span auxiliary)
    change, auxiliary

let private sizes = { Channels = 3; Perceived = 4; Hidden = 5; Inputs = 1 }
let private drawn seed count = Array.init count (fun i -> Counter.normal (Counter.key seed [ 1 ]) (int64 i))
let private countOf (kind: RuleKind) = kind.Views sizes |> Seq.sumBy _.Length

[<Tests>]
let tests =
    testList
        "Mixture"
        [ for kind in kinds do
              for law, limits, cases in
                  [ Laws.EngineValues, middling, 6
                    Laws.EngineGradient, Limits.Small, 15
                    Laws.EngineGradient, middling, 5
                    Laws.Threads, middling, 5
                    Laws.TraceMemory, middling, 5 ] do
                  let config = { FsCheckConfig.defaultConfig with maxTest = cases; replay = replay }

                  testPropertyWithConfig config $"{kind.Name}, {limits.Cells} cells: {law.Statement}" (fun () ->
                      Prop.forAll (worlds limits) (fun world ->
                          let shape = world.Automaton.Rule.Shape.WithKind kind
                          let automaton = world.Automaton.WithRule(GradientCheck.RuleFor(shape, world.Plan.Seed, 0.5))
                          let found = law.Check(automaton, world.Graph, world.Rollout, world.Plan.Seed)
                          Expect.equal found LawResult.Holds law.Name))

          for kind, balance in
              [ MixtureRule(2, 3) :> RuleKind, LoadBalance(0, 2, 3)
                MixtureRule(1, 4), LoadBalance(0, 1, 4)
                MixtureRule(3, 3), LoadBalance(0, 3, 3)
                EmbeddedRule(6, 4, MixtureRule(2, 3)), LoadBalance(4, 2, 3) ] do
              test $"{kind.Name}: every derivative is the complex step's, and the engine's, also by what cells report" {
                  let graph, perception = Graph.Icosphere 1, Perception.Harmonics.WithLift(Lengths 1)
                  let shape = RuleShape.For(perception, 3, 4, 2).WithKind kind
                  let automaton = Automaton.Of(perception, GradientCheck.RuleFor(shape, 3UL, 0.7))

                  let loss =
                      WeightedSum([| 1.0; 0.3 |], [| Projected(noise graph 3 5UL); balance.At(fun _ _ -> true) |])

                  let rollout =
                      Rollout
                          .Of(noise graph 3 6UL, 4, Firing.Seeded(1UL, 0))
                          .WithInputs(Inputs.PerStep(Array.init 4 (fun step -> noise graph 2 (uint64 step))))

                  let report = GradientCheck.Run(automaton, graph, rollout, loss, true, null, CancellationToken.None)
                  Expect.isLessThanOrEqual report.ComplexStep 1e-12 "complex step"
                  let reference = GradientCheck.Gradient(automaton, graph, rollout, loss)
                  let given = Engine.Gradient(automaton, graph, [| rollout |], loss)
                  let parameters = given.Parameters |> Array.map float32

                  Expect.isLessThanOrEqual
                      (GradientCheck.Deviation(ReadOnlySpan reference.Parameters, ReadOnlySpan parameters))
                      1e-5
                      "the engine"

                  let inputs = given.Outcomes[0].Inputs |> Array.collect _.ToArray()
                  let expected = reference.Inputs |> Array.collect (fun ofStep -> ofStep.ToRowMajorArray())
                  let deviation = GradientCheck.Deviation(ReadOnlySpan expected, ReadOnlySpan inputs)
                  Expect.isLessThanOrEqual deviation 1e-5 "by the inputs"

                  for view in shape.Views do
                      let own = Array.sub reference.Parameters view.Offset view.Length
                      Expect.isTrue (own |> Array.exists ((<>) 0.0)) $"{view.Name} learns"
              }

          property "a word's embedding is added to the own state, of which the readout speaks" (fun (seed: uint64) ->
              let sizes = { Channels = 2; Perceived = 6; Hidden = 5; Inputs = 3 }
              let inner = { sizes with Inputs = 0 }
              let kind = EmbeddedRule(4, 2, DenseRule.Kind)
              let parameters = drawn seed (kind.Views sizes |> Seq.sumBy _.Length)
              let perceived = drawn (seed + 1UL) 6
              let word = Counter.below 3 seed 0L
              let z = Array.append perceived (Array.init 3 (fun i -> if i = word then 1.0 else 0.0))
              let change, reported = answer kind sizes parameters z

              let embedded =
                  perceived |> Array.mapi (fun k x -> if k < 4 then x else x + parameters[(k - 4) * 3 + word])

              let logits =
                  Array.init 2 (fun m ->
                      parameters[6 + 4 + m]
                      + parameters[6 + 2 * m] * perceived[4]
                      + parameters[7 + 2 * m] * perceived[5])

              let expected, _ = answer DenseRule.Kind inner (Array.skip 12 parameters) embedded
              Expect.equal change expected "the change"

              for m in 0..1 do
                  Expect.floatClose Accuracy.veryHigh reported[m] logits[m] "a logit")

          property "experts under other names come to the same" (fun (seed: uint64) ->
              let kind = MixtureRule(2, 5)
              let parameters = drawn seed (countOf kind)
              let order = [| 0..4 |] |> Array.sortBy (fun e -> Counter.word seed (int64 e))

              // Each part is a stretch of rows an expert.
              let renamed =
                  [| for view in kind.Views sizes do
                         let length = view.Length / 5

                         for e in order do
                             yield! Array.sub parameters (view.Offset + e * length) length |]

              let z = drawn (seed + 1UL) 5
              let change, reported = answer kind sizes parameters z
              let change', reported' = answer kind sizes renamed z
              Expect.equal change' change "the change, bit for bit"

              for place in 0..4 do
                  Expect.floatClose Accuracy.veryHigh reported'[place] reported[order[place]] "its probability")

          property "one of one is the dense rule, and all experts alike are one of them" (fun (seed: uint64) ->
              let alone = drawn seed (countOf DenseRule.Kind)
              let z = drawn (seed + 1UL) 5
              let change, _ = answer DenseRule.Kind sizes alone z

              for top, experts in [ 1, 1; 2, 3; 4, 4 ] do
                  let kind = MixtureRule(top, experts)

                  let parameters =
                      [| yield! drawn (seed + 2UL) (6 * experts)
                         for view in DenseRule.Kind.Views sizes do
                             for _ in 1..experts do
                                 yield! Array.sub alone view.Offset view.Length |]

                  let mixed, reported = answer kind sizes parameters z

                  for c in 0..2 do
                      Expect.floatClose Accuracy.veryHigh mixed[c] change[c] $"{top} of {experts}"

                  Expect.floatClose Accuracy.veryHigh (Array.sum reported) 1.0 "probabilities")

          test "of equal logits the first are chosen, and as many as there should be even where all are NaN" {
              let kind = MixtureRule(2, 4)

              // Without weights every expert says its own number, and all logits are the bias.
              let parameters logit =
                  [| for view in kind.Views sizes do
                         let value i =
                             match view.Name with
                             | "router.bias" -> logit i
                             | "fc2.bias" -> float (pown 10 (i / sizes.Channels))
                             | _ -> 0.0

                         yield! Array.init view.Length value |]

              let said (logit: int -> float) = (answer kind sizes (parameters logit) (Array.zeroCreate 5) |> fst)[0]
              Expect.equal (said (fun _ -> 1.0)) 5.5 "the mean of the first two"
              Expect.equal (said (fun e -> if e > 1 then 1.0 else 0.0)) 550.0 "of the greatest two"

              Expect.equal
                  (said (fun e -> if e = 2 then 1.0 else 0.0))
                  (said (fun e -> if e = 2 then 1.0 else -0.0))
                  "ties"

              Expect.isTrue (Double.IsNaN(said (fun _ -> nan))) "no crash"
          }

          test "an even load balances at 1, one expert alone at K, and cells that do not fire do not count" {
              let balance = LoadBalance(1, 1, 3)

              let value (rows: float32 list list) =
                  let reported = State.Create(rows.Length, 4, fun cell i -> if i = 0 then 9f else rows[cell][i - 1])

                  (balance.Evaluate(State.Zeros(rows.Length, 2), reported, LossContext.After(Graph.Ring 3))).Value,
                  balance.Shares reported

              let even, shares = value [ [ 1f; 0f; 0f ]; [ 0f; 1f; 0f ]; [ 0f; 0f; 0f ]; [ 0f; 0f; 1f ] ]
              Expect.floatClose Accuracy.high even 1.0 "even"
              Expect.equal shares (Array.create 3 (1.0 / 3.0)) "shares"
              let alone, shares = value [ [ 1f; 0f; 0f ]; [ 0f; 0f; 0f ]; [ 1f; 0f; 0f ] ]
              Expect.floatClose Accuracy.high alone 3.0 "alone"
              Expect.equal shares [| 1.0; 0.0; 0.0 |] "shares"
          }

          test "mixtures and loads that cannot be are refused, both sides named" {
              let refusal (make: unit -> obj) =
                  (Expect.throwsC (make >> ignore) (fun error -> error :?> ArgumentException)).Message

              refusal (fun () -> MixtureRule(3, 2)) |> says [ "3 experts"; "has 2" ]

              refusal (fun () -> EmbeddedRule(3, 1, DenseRule.Kind).Views sizes)
              |> says [ "from 3 on"; "perceives 4" ]

              refusal (fun () -> EmbeddedRule(0, 1, DenseRule.Kind).Views { sizes with Inputs = 0 })
              |> says [ "inputs" ]

              refusal (fun () -> LoadBalance(0, 3, 2)) |> says [ "3 experts"; "are 2" ]

              refusal (fun () -> (LoadBalance(1, 1, 3)).Shares(State.Zeros(2, 3)))
              |> says [ "3 experts"; "reports 3" ]
          } ]
