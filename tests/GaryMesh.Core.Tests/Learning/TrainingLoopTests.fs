/// The training loop and its pieces, and rule training with everything that a task can ask for.
module GaryMesh.Tests.Learning.TrainingLoopTests

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.IO
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Tests
open GaryMesh.Tests.Files.Support

let private view name role offset length = { Name = name; Role = role; Offset = offset; Rows = length; Columns = 1 }

let private views = [ view "w" ParameterRole.Weight 0 3; view "b" ParameterRole.Bias 3 2 ]

let private settings =
    LoopSettings.Of((Adam.Of 0.1).WithNormalise false, 200).WithValidation(5, Double.NegativeInfinity)

/// Half the squared distance from 1, 2, ...
let private bowl (parameters: float32[]) =
    let differences = parameters |> Array.mapi (fun i p -> float p - float (i + 1))

    { Loss = 0.5 * Array.sumBy (fun d -> d * d) differences
      Parts = ImmutableArray.Empty
      Derivatives = differences
      Pool = Pool [||] }

let private objective parts (gradient: float32[] -> LossGradient) validation =
    { Parts = parts
      Gradient = Func<_, _>(fun training -> gradient training.Parameters)
      Validation = validation }

let private run (objective: Objective) settings =
    let loop = TrainingLoop(objective, settings)
    loop.Run(loop.Begin(Array.zeroCreate 5, Pool [||]), CancellationToken.None, ignore)

let private lossOf = Func<float32[], float>(fun parameters -> (bowl parameters).Loss)

let private graph = Graph.Ring 9

let private target = Array.init 9 (fun cell -> float32 (sin (float cell)))

/// Damages the better half, and gives each rollout inputs of its own.
type private Damage() =
    inherit BatchHook("damage and inputs")

    let inputs key number =
        let key = Counter.subkey key number
        Inputs.Constant(State(9, 1, ReadOnlySpan(Array.init 9 (fun i -> float32 (Counter.uniform key (int64 i))))))

    override _.Prepare(samples, context) =
        let median = context.Losses |> Array.sort |> Array.item (samples.Length / 2)

        samples
        |> Array.mapi (fun i sample ->
            let values = sample.Start.ToArray()

            if context.Losses[i] < median then
                let cell = Counter.below 9 context.Key (int64 i)
                Array.Clear(values, cell * sample.Start.Channels, sample.Start.Channels)

            { sample with
                Start = State(9, sample.Start.Channels, ReadOnlySpan values)
                Inputs = inputs context.Key i })

    override _.PrepareValidation samples =
        samples |> Array.mapi (fun i sample -> { sample with Inputs = inputs 77UL i })

let private automaton =
    Automaton
        .Of(Perception.Planar, Rule.ZeroLast(RuleShape(4, 12, 6, 1), 3UL))
        .WithStart(Start.Noise 0.1f)
        .WithSteps(3, 6)

let private task =
    TrainingTask
        .Of(WeightedSum([| 1.0; 2.0 |], [| MeanSquared(target, 0); Overflow(1.0f) |]))
        .WithIterations(30)
        .WithBatch(4)
        .WithSeed(8UL)
        .WithPool(7, 3)
        .WithHook(Damage())
        .WithClip(Clip.ByNorm 0.5)
        .WithWeightAveraging(0.9)
        .WithPatience(20)
        .WithOptimiser(
            (Adam.Of 5e-3).WithSchedule(Schedule.Cosine(4, 30, 0.1)).WithWeightDecay(1e-2, [ ParameterRole.Weight ])
        )
        .WithValidation(5, 2, [| 1; 2 |])

let private bytesOf (training: Training) =
    use memory = new MemoryStream()
    TrainingFile.Write(memory, automaton, graph, task, training)
    memory.ToArray()

let private read (bytes: byte[]) =
    use memory = new MemoryStream(bytes)
    TrainingFile.Read(memory, "training.npz", automaton, graph, task)

[<Tests>]
let shareTests =
    testList
        "Shares of a batch"
        [ property "added one after the other they have the bits of the whole batch" (fun (seed: uint64) ->
              let below purpose bound = Counter.below bound (Counter.key seed [ purpose ]) 0L
              let graph = Graph.Torus(3 + below 1 20, 17 + below 2 20)
              let shape = RuleShape.For(Perception.Isotropic, 4, 6)
              let automaton = Automaton.Of(Perception.Isotropic, GradientCheck.RuleFor(shape, seed, 0.2))
              let count = 1 + below 3 6

              let rollouts =
                  Array.init count (fun number ->
                      let start = (Start.OfNoise 1f).On(graph, 4, seed + uint64 number)
                      Rollout.Of(start, 3 + below 4 3, Firing.Of(seed, number)))

              let loss: Loss = MeanSquared(State.Zeros(graph.Cells, 4), null, null)
              let losses = Array.create count loss
              use prepared = new Prepared(automaton, graph)
              let whole = prepared.Gradient(rollouts, losses, 5UL)
              let summed = Array.zeroCreate<float> shape.ParameterCount
              let cut = below 6 (count + 1)

              for share in [ rollouts[.. cut - 1]; rollouts[cut..] ] do
                  if share.Length > 0 then
                      use elsewhere = new Prepared(automaton, graph)
                      let outcomes = elsewhere.Differentiate(share, losses[.. share.Length - 1], 5UL)
                      elsewhere.AddGradient summed

                      let first =
                          if share.Length = cut && Object.ReferenceEquals(share[0], rollouts[0]) then
                              0
                          else
                              cut

                      for at in 0 .. share.Length - 1 do
                          let expected = whole.Outcomes[first + at]
                          Expect.equal outcomes[at].Loss expected.Loss "the loss"

                          Expect.isTrue
                              (outcomes[at].Final.Values.SequenceEqual expected.Final.Values)
                              "the last state"

              Expect.equal summed whole.Parameters "the gradient")

          test "a gradient that is no longer there is refused" {
              let graph = Graph.Ring 9
              let automaton = Automaton.GaryMesh 1UL
              use prepared = new Prepared(automaton, graph)
              let gradient = Array.zeroCreate<float> automaton.Rule.ParameterCount
              let refused add = Expect.throwsT<ArgumentException> add "refused" |> ignore
              refused (fun () -> prepared.AddGradient gradient)
              let loss: Loss = MeanSquared(State.Zeros(9, 12), null, null)
              let rollout = Rollout.Of(State.Zeros(9, 12), 2, Firing.All)
              prepared.Differentiate([| rollout |], [| loss |], 0UL) |> ignore
              prepared.AddGradient gradient
              refused (fun () -> prepared.AddGradient [| 0.0 |])
              prepared.Load automaton.Rule
              refused (fun () -> prepared.AddGradient gradient)
              prepared.Differentiate([| rollout |], [| loss |], 0UL) |> ignore
              prepared.Gradient([| rollout |], loss) |> ignore
              refused (fun () -> prepared.AddGradient gradient)
          } ]

[<Tests>]
let tests =
    testList
        "Training loop"
        [ test "a bowl is descended to its bottom, and parts with the rate 0 stay" {
              let struct (training, ending) = run (objective (TrainedPart.All views) bowl lossOf) settings
              Expect.equal ending TrainingEnd.Finished "to the end"
              Expect.isLessThan training.BestLoss 1e-3 "the bottom"
              Expect.equal (lossOf.Invoke training.Best) training.BestLoss "the best has its loss"
              Expect.equal (training.BestIteration % 5) 0 "found by a validation"

              let parts = (TrainedPart.All views).SetItem(1, { View = views[1]; Rate = 0.0; L2 = 0.0 })
              let struct (training, _) = run (objective parts bowl null) settings
              Expect.equal training.Parameters[3..] [| 0.0f; 0.0f |] "the bias"
              Expect.isTrue (training.Best = training.Parameters) "the latest is kept without a validation"
          }

          test "a penalty is a part of the loss, and pulls its part to zero" {
              let parts = (TrainedPart.All views).SetItem(0, { View = views[0]; Rate = 1.0; L2 = 1.0 })
              let struct (training, _) = run (objective parts bowl null) { settings with Iterations = 1000 }
              // Half (w - t)^2 + half w^2 is least at t / 2.
              Expect.isTrue
                  (Array.forall2 (fun p t -> abs (p - t) < 1e-2f) training.Parameters [| 0.5f; 1.0f; 1.5f; 4.0f; 5.0f |])
                  "halfway"

              let parts = [ for struct (name, value) in training.Parts -> name, value ]
              Expect.equal (List.map fst parts) [ "loss"; "penalty" ] "named"
              Expect.floatClose Accuracy.high (List.sumBy snd parts) training.Losses[999] "they add up"
          }

          test "a loss that is no longer finite ends with the best before" {
              let mutable calls = 0

              let breaks parameters =
                  calls <- calls + 1
                  let found = bowl parameters

                  if calls = 13 then
                      found.Derivatives[2] <- nan

                  found

              let struct (training, ending) = run (objective (TrainedPart.All views) breaks lossOf) settings
              Expect.equal (training.Iteration, ending) (12, TrainingEnd.Diverged) "after 12"
              Expect.equal training.BestIteration 10 "the last validation"
          }

          test "without a validation, too, the parameters that are kept had a finite loss" {
              // The step to the tenth iteration, whose parameters are kept, leads where the loss is infinite.
              let mutable calls = 0
              let seen = Collections.Generic.List<float32[]>()

              let breaks parameters =
                  calls <- calls + 1
                  seen.Add parameters
                  let found = bowl parameters
                  if calls = 11 then { found with Loss = infinity } else found

              let struct (training, ending) = run (objective (TrainedPart.All views) breaks null) settings
              Expect.equal (training.Iteration, ending) (10, TrainingEnd.Diverged) "after 10"
              Expect.isTrue (training.Best = seen[5]) "the parameters of the fifth"
          }

          test "patience counts validations without a better loss, and cancelling stops between iterations" {
              let mutable losses = [ 3.0; 2.0; 2.5; nan; 2.0; 1.0 ]

              let validation _ =
                  let loss = List.head losses
                  losses <- List.tail losses
                  loss

              let objective = objective (TrainedPart.All views) bowl (Func<_, _> validation)
              let struct (training, ending) = run objective { settings with Patience = 3 }

              Expect.equal
                  (training.Iteration, ending, training.BestIteration)
                  (25, TrainingEnd.EarlyStopped, 10)
                  "3 x 5 after"

              let loop = TrainingLoop(objective, settings)
              use source = new CancellationTokenSource()
              source.Cancel()
              let struct (again, ending) = loop.Run(training, source.Token, ignore)
              Expect.isTrue (Object.ReferenceEquals(again, training)) "nothing done"
              Expect.equal ending TrainingEnd.Cancelled "said so"
          }

          test "a training ends at the first validation that reaches its goal" {
              let objective = objective (TrainedPart.All views) bowl lossOf
              let goal = 0.5 * lossOf.Invoke(Array.zeroCreate 5)
              let struct (training, ending) = run objective (settings.WithValidation(5, goal))
              let losses = [ for struct (_, loss) in training.ValidationLosses -> loss ]
              Expect.equal ending TrainingEnd.GoalReached "said so"
              Expect.isLessThanOrEqual (List.last losses) goal "reached"
              Expect.all losses[.. losses.Length - 2] (fun loss -> loss > goal) "not before"
          }

          test "an optimiser's step over any place and length is that of each parameter by itself" {
              let adam = (Adam.Of 0.01).WithNormalise(false).WithWeightDecay(0.3, [ ParameterRole.Weight ])
              let number key i = Counter.normal (Counter.key 5UL [ key ]) (int64 i)
              let parameters = Array.init 40 (number 0 >> float32)
              let gradient = Array.init 40 (number 1)

              let moments =
                  { First = Array.init 40 (number 2)
                    Second = Array.init 40 (number 3 >> abs)
                    Steps = 3 }

              let step (views: ParameterView seq) =
                  let struct (next, moments) = adam.Step(moments, views, parameters, gradient)
                  next, moments.First, moments.Second

              for offset, length in [ 0, 40; 0, 1; 3, 5; 7, 16; 5, 29; 39, 1 ] do
                  let one = step [ view "all" ParameterRole.Weight offset length ]
                  let each = step [ for i in 0 .. length - 1 -> view $"{i}" ParameterRole.Weight (offset + i) 1 ]
                  Expect.equal one each $"{length} from {offset}"
          }

          property "a schedule warms up in a line and comes down to its final share" (fun (seed: uint64) ->
              let warmUp, length = Counter.below 20 seed 0L, 1 + Counter.below 50 seed 1L
              let final = Counter.uniform seed 2L
              let schedule = Schedule.Cosine(warmUp, warmUp + length, final)
              let shares = Array.init (warmUp + length + 3) schedule.ShareAt

              let rising =
                  Array.take warmUp shares |> Array.mapi (fun i share -> share = float (i + 1) / float warmUp)

              let falling = Array.skip warmUp shares

              Array.forall id rising
              && falling[0] = 1.0
              && Array.pairwise falling |> Array.forall (fun (a, b) -> b <= a)
              && abs (Array.last falling - final) < 1e-12)

          property "a clipped gradient keeps its direction and is no longer than asked" (fun (seed: uint64) ->
              let gradient _ = Array.init 5 (fun i -> 3.0 * Counter.normal seed (int64 i))
              let length (values: float[]) = sqrt (Array.sumBy (fun x -> x * x) values)
              let longest = 4.0 * Counter.uniform seed 9L

              let clipped (clip: Clip) =
                  let found = ref [||]

                  let keep parameters =
                      found.Value <- gradient ()
                      { bowl parameters with Derivatives = found.Value }

                  run (objective (TrainedPart.All views) keep null) { settings with Clip = clip; Iterations = 1 }
                  |> ignore

                  found.Value

              let fits (given: float[]) (clipped: float[]) =
                  let share = min 1.0 (longest / length given)
                  Array.forall2 (fun g c -> abs (share * g - c) < 1e-12) given clipped

              let all, each = clipped (Clip.ByNorm longest), clipped (Clip.ByTensor longest)
              let given = gradient ()
              fits given all && fits given[..2] each[..2] && fits given[3..] each[3..])

          property "a pool gives distinct places, and an update changes these alone" (fun (seed: uint64) ->
              let size = 1 + Counter.below 20 seed 0L
              let count = 1 + Counter.below size seed 1L
              let states = Array.init size (fun i -> State(1, 1, ReadOnlySpan [| float32 i |]))
              let pool = Pool states
              let places = pool.Sample(seed, count)
              let other = State(1, 1, ReadOnlySpan [| -1.0f |])
              let next = pool.Update(places, Array.create count other, Array.init count float)

              let fits place =
                  match Array.tryFindIndex ((=) place) places with
                  | Some i -> next.States.Span[place][0, 0] = -1.0f && next.Losses.Span[place] = float i
                  | None -> next.States.Span[place][0, 0] = float32 place && Double.IsNaN(next.Losses.Span[place])

              Array.distinct places = places
              && places = pool.Sample(seed, count)
              && Seq.forall fits (seq { 0 .. size - 1 })
              && Double.IsNaN(pool.Losses.Span[places[0]]))

          property
              "a rule's training with a hook, filed at any iteration, goes on as if unbroken"
              (fun (seed: uint64) ->
                  use trainer = new Trainer(automaton, graph, task, EngineOptions(Threads = 1))
                  let struct (expected, _) = trainer.Run(trainer.Begin(), null, CancellationToken.None)
                  let stop = Counter.below 30 seed 0L
                  let mutable training = trainer.Begin()

                  for _ in 1..stop do
                      training <- nonNull (trainer.Advance training)

                  let struct (training, ending) = trainer.Run(read (bytesOf training), null, CancellationToken.None)
                  ending = TrainingEnd.Finished && bytesOf training = bytesOf expected)

          test "progress names the parts of the loss" {
              use trainer = new Trainer(automaton, graph, task)
              let reports = List<TrainingReport>()

              let progress =
                  { new IProgress<TrainingReport> with
                      member _.Report report = reports.Add report }

              trainer.Run(trainer.Begin(), progress, CancellationToken.None) |> ignore

              for report in reports do
                  Expect.equal report.Parts.Length 2 "two losses"
                  let sum = report.Parts |> Seq.sumBy (fun (struct (_, value)) -> value)
                  Expect.floatClose Accuracy.high sum report.Loss "they add up"
          }

          test "a hook is given the losses with which states were left, and none of fresh ones" {
              let seen = List<float * float>()

              let hook =
                  { new BatchHook("listening") with
                      override _.Prepare(samples, context) =
                          for sample, loss in Seq.zip samples context.Losses do
                              seen.Add(loss, context.Evaluate.Invoke sample.Start)

                          samples }

              let automaton = automaton.WithRule(Rule.ZeroLast(RuleShape(4, 12, 6), 3UL))

              let task =
                  (TrainingTask.Of(MeanSquared(target, 0))).WithIterations(20).WithBatch(3).WithPool(5, 1).WithHook hook

              use trainer = new Trainer(automaton, graph, task)
              trainer.Run(trainer.Begin(), null, CancellationToken.None) |> ignore
              let known = seen |> Seq.filter (fst >> Double.IsNaN >> not) |> Array.ofSeq
              Expect.isTrue (known |> Array.forall (fun (kept, now) -> kept = now)) "what evaluating again would give"
              Expect.isGreaterThan known.Length 20 "most of 60"
              Expect.isGreaterThanOrEqual (seen.Count - known.Length) 20 "a fresh one each iteration"
          }

          test "inputs without a hook are refused at the door" {
              GaryMesh.Tests.Models.Support.refusal (fun () -> new Trainer(automaton, graph, { task with Hook = null }))
              |> GaryMesh.Tests.Models.Support.says [ "1 inputs"; "no batch hook" ]
          }

          test "a checkpoint with numbers that no training comes to is refused" {
              use trainer = new Trainer(automaton, graph, task.WithIterations 12)
              let struct (training, _) = trainer.Run(trainer.Begin(), null, CancellationToken.None)
              let moments = training.Moments
              let bad (values: float[]) value = Array.mapi (fun i x -> if i = 5 then value else x) values
              read (bytesOf training) |> ignore

              for words, damaged in
                  [ [ "first_moment"; "NaN" ],
                    { training with Moments = { moments with First = bad moments.First nan } }
                    [ "second_moment"; "-1" ],
                    { training with Moments = { moments with Second = bad moments.Second -1.0 } }
                    [ "moment_steps"; "12"; "0" ], { training with Moments = { moments with Steps = 0 } }
                    [ "losses"; "number 3"; "NaN" ], { training with Losses = training.Losses.SetItem(3, nan) }
                    [ "best_loss"; "NaN" ], { training with BestLoss = nan }
                    [ "best_loss"; "-1" ], { training with BestLoss = -1.0 }
                    [ "validation_iterations"; "-5" ],
                    { training with
                        ValidationLosses = training.ValidationLosses.SetItem(0, struct (-5, 1.0)) }
                    [ "validation_iterations"; "2000000000" ],
                    { training with
                        ValidationLosses = training.ValidationLosses.SetItem(1, struct (2_000_000_000, 1.0)) } ] do
                  refused ("training.npz" :: words) (fun () -> read (bytesOf damaged) |> ignore)
          } ]
