/// Members of one's own, each in one file outside the core: trained, differentiated, run by the engine, saved and loaded.
module GaryMesh.Tests.OwnMembersTests

open System
open System.IO
open System.Runtime.Intrinsics
open System.Threading
open Expecto
open FsCheck
open FsCheck.FSharp
open GaryMesh
open GaryMesh.Testing
open GaryMesh.Tests.OwnMembers

let private around =
    Perception.Planar.Operators.Add(Operator.Neighbours(EdgeWeight.One, Messages.Difference, Aggregation.Mean))

/// The own lift over a ring's directions and difference, and over a sphere's three directions.
let private places =
    [ "a ring", Graph.Ring 16, Perception(around, Lengths 1)
      "an icosphere", Graph.Icosphere 2, Perception.Harmonics.WithLift(Lengths 1) ]

let private automatonOf (perception: Perception) channels hidden (rule: RuleShape -> Rule) =
    Automaton.Of(perception, rule (RuleShape.For(perception, channels, hidden).WithKind(Gated())))

let private checkRule seed shape = GradientCheck.RuleFor(shape, seed, 0.7)

/// The own kind, and the lift where three operators are there for it, in a world of any other kind.
let private worlds (limits: Limits) =
    let own (plan: WorldPlan) =
        let world = World { plan with Lift = LiftPlan.Absent; Blended = false }
        let perception = world.Automaton.Perception
        let lifted = if perception.Count < 3 then perception else perception.WithLift(Lengths 0)
        let shape = RuleShape.For(lifted, plan.Channels, plan.Hidden, plan.Inputs).WithKind(Gated())

        { world.Automaton with Perception = lifted; Rule = checkRule plan.Seed shape }, world

    Arb.fromGenShrink (MeshGen.WorldPlans limits, fun plan -> Seq.ofList plan.Smaller)
    |> Arb.convert own (fun (_, world) -> world.Plan)

let private obeys limits cases (law: Law) =
    let config = { FsCheckConfig.defaultConfig with maxTest = cases; replay = replay }

    testPropertyWithConfig config law.Statement (fun () ->
        Prop.forAll (worlds limits) (fun (automaton, world) ->
            Expect.equal (law.Check(automaton, world.Graph, world.Rollout, world.Plan.Seed)) LawResult.Holds law.Name))

let private bytesOf (automaton: Automaton) =
    use memory = new MemoryStream()
    RuleFile.Write(memory, automaton)
    memory.ToArray()

let private readBytes (bytes: byte[]) known =
    use memory = new MemoryStream(bytes)
    RuleFile.Read(memory, "own.npz", known)

[<Tests>]
let tests =
    testList
        "Members of one's own"
        [ testList "in small worlds" [ for law in Laws.All -> obeys Limits.Small 30 law ]

          testList
              "in wide worlds"
              [ for law in [ Laws.Threads; Laws.Batch; Laws.TraceMemory ] do
                    obeys Limits.Wide 12 law

                for lanes, there in
                    [ 1, true
                      4, Vector128.IsHardwareAccelerated
                      8, Vector256.IsHardwareAccelerated
                      16, Vector512.IsHardwareAccelerated ] do
                    if there then
                        obeys Limits.Wide 12 (Laws.Width lanes) ]

          for name, graph, perception in places do
              test $"on {name} every derivative is the complex step's, and the engine's" {
                  let automaton = automatonOf perception 3 5 (checkRule 3UL)
                  let noise = Start.Noise 1.0f
                  let loss = Projected(noise.On(graph, 3, 8UL))
                  let rollout = Rollout.Of(noise.On(graph, 3, 7UL), 5, Firing.Seeded(2UL, 0))

                  let report = GradientCheck.Run(automaton, graph, rollout, loss, true, null, CancellationToken.None)

                  Expect.isLessThanOrEqual report.ComplexStep 1e-12 "complex step"
                  Expect.isLessThanOrEqual report.Central 1e-6 "central differences"
                  let reference = GradientCheck.Gradient(automaton, graph, rollout, loss)

                  let engine threads =
                      use prepared = new Prepared(automaton, graph, EngineOptions(Threads = threads))
                      prepared.Gradient([| rollout |], loss)

                  let one, two = engine 1, engine 2
                  Expect.equal one.Parameters two.Parameters "one thread and two"
                  let given = one.Parameters |> Array.map float32

                  let deviation = GradientCheck.Deviation(ReadOnlySpan reference.Parameters, ReadOnlySpan given)

                  Expect.isLessThanOrEqual deviation 1e-5 "the engine"
                  Expect.equal [ for struct (name, _) in one.Parts -> name ] [ "projection"; "load" ] "named parts"

                  Expect.floatClose
                      Accuracy.high
                      (Seq.sum (seq { for struct (_, value) in one.Parts -> value }))
                      one.Loss
                      "the parts make the loss"
              }

              test $"on {name} they train together" {
                  let automaton =
                      (automatonOf perception 4 8 (fun shape -> Rule.ZeroLast(shape, 1UL)))
                          .WithStart(Start.Noise 0.5f)
                          .WithSteps(6, 8)

                  let target =
                      State.Create(
                          graph.Cells,
                          4,
                          fun cell channel ->
                              float32 (sin (float graph.Positions[3 * cell + channel % 3] + float channel))
                      )

                  let task =
                      TrainingTask
                          .Of(Projected target)
                          .WithIterations(150)
                          .WithBatch(4)
                          .WithOptimiser(Adam.Of(0.01))
                          .WithValidation(50, 4, [| 1 |])
                          .WithPool(12, 2)
                          .WithHook(Holes 0.1)

                  use trainer = new Trainer(automaton, graph, task)
                  let begun = trainer.Begin()
                  let before = trainer.Validate(trainer.Rule begun)
                  use file = new MemoryStream()

                  let keep training = TrainingFile.Write(file, automaton, graph, task, training)

                  let struct (training, ended) =
                      trainer.Run(begun, null, CancellationToken.None, 90, fun training -> keep training)

                  Expect.equal ended TrainingEnd.Finished "to the end"
                  Expect.isLessThan training.BestLoss (0.5 * before) "the loss falls"

                  let read task =
                      file.Position <- 0L
                      TrainingFile.Read(file, "checkpoint", automaton, graph, task)

                  use rest = new Trainer(automaton, graph, task)
                  let struct (resumed, _) = rest.Run(read task, null, CancellationToken.None)
                  Expect.equal resumed.Parameters training.Parameters "resumed, the same bits"

                  Expect.throwsT<InvalidDataException>
                      (fun () -> read (task.WithHook(Holes 0.2)) |> ignore)
                      "a hook of other settings"
              }

          test "a file holds their names, and opens where they are handed in" {
              let _, graph, perception = places[1]
              let automaton = automatonOf perception 3 5 (checkRule 1UL)
              let bytes = bytesOf automaton
              let both = Known(Lifts = [ Lengths 1 ], RuleKinds = [ Gated() ])
              let again = readBytes bytes both
              Expect.equal (bytesOf again) bytes "the same bytes"

              let run (automaton: Automaton) =
                  let rollout = Rollout.Of((Start.Noise 1.0f).On(graph, 3, 1UL), 4, Firing.Seeded(1UL, 0))
                  (Engine.Run(automaton, graph, rollout)).ToArray()

              Expect.equal (run again) (run automaton) "the same run"

              let blend = automaton.WithRule(Rule.Blend(automaton.Rule, checkRule 2UL automaton.Rule.Shape))
              let bytesOfBlend = bytesOf blend
              Expect.equal (bytesOf (readBytes bytesOfBlend both)) bytesOfBlend "a blend of them, too"

              for bytes, name, known in
                  [ bytes, "'gated'", Known(Lifts = [ Lengths 1 ])
                    bytesOfBlend, "'gated'", Known(Lifts = [ Lengths 1 ])
                    bytes, "'lengths:1'", Known(RuleKinds = [ Gated() ])
                    bytes, "'lengths:1'", Known() ] do
                  let refusal =
                      Expect.throwsC (fun () -> readBytes bytes known |> ignore) (fun error ->
                          Expect.isTrue (error :? InvalidDataException) "of the file"
                          error.Message)

                  Expect.stringContains refusal name "by name"
          }

          test "a rule that reads thousands of values leaves the stack alone" {
              let graph = Graph.Ring 3
              let channels = 1 <<< 14
              let perception = Perception.Planar.WithLift(Lengths 0)
              let automaton = automatonOf perception channels 2 (checkRule 1UL)
              let rollout = Rollout.Of((Start.Noise 1.0f).On(graph, channels, 1UL), 2, Firing.All)
              let loss = MeanSquared(State.Zeros(3, channels), null, null)
              let mutable loss' = nan

              // A stack of 256 KiB: fewer bytes than one cell's numbers.
              let run () =
                  use prepared =
                      new Prepared(automaton, graph, EngineOptions(Threads = 1, TraceMemory = TraceMemory.States))

                  loss' <- (prepared.Gradient([| rollout |], loss)).Loss

              let thread = Thread(run, 1 <<< 18)
              thread.Start()
              thread.Join()
              Expect.isTrue (Double.IsFinite loss') "it came to its end"
          } ]
