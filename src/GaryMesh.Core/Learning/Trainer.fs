namespace GaryMesh

open System
open System.Collections.Immutable
open System.Threading

[<NoComparison; ReferenceEquality>]
type TrainingTask =
    { Loss: Loss
      Optimiser: Adam
      Iterations: int
      Batch: int
      Seed: uint64
      PoolSize: int
      FreshEvery: int
      JudgeEvery: int
      JudgeRollouts: int
      JudgeLengths: int[] }

    static member Of(loss: Loss) =
        { Loss = loss
          Optimiser = Adam.Of 2e-3
          Iterations = 2000
          Batch = 8
          Seed = 0UL
          PoolSize = 0
          FreshEvery = 1
          JudgeEvery = 50
          JudgeRollouts = 8
          JudgeLengths = [| 1 |] }

    member task.WithIterations(iterations: int) = { task with Iterations = iterations }
    member task.WithOptimiser(optimiser: Adam) = { task with Optimiser = optimiser }
    member task.WithBatch(batch: int) = { task with Batch = batch }
    member task.WithSeed(seed: uint64) = { task with Seed = seed }

    member task.WithPool(size: int, freshEvery: int) = { task with PoolSize = size; FreshEvery = freshEvery }

    member task.WithJudge(every: int, rollouts: int, lengths: int[]) =
        { task with
            JudgeEvery = every
            JudgeRollouts = rollouts
            JudgeLengths = lengths }

    member task.Check() =
        Guard.positive "The number of iterations" task.Iterations
        Guard.positive "The batch" task.Batch
        Guard.notNegative "The pool's size" task.PoolSize
        Guard.positive "The number of iterations between fresh starts" task.FreshEvery
        Guard.positive "The number of iterations between judgements" task.JudgeEvery
        Guard.positive "The number of rollouts to judge by" task.JudgeRollouts
        task.JudgeLengths |> Array.iter (Guard.positive "A length to judge by")

        if task.PoolSize > 0 && task.PoolSize < task.Batch then
            Guard.refuse
                $"The pool must hold at least one batch, but holds {task.PoolSize} states against {task.Batch}."

[<NoComparison; ReferenceEquality>]
type Training =
    { Iteration: int
      Rule: Rule
      Moments: AdamMoments
      Pool: State[]
      Best: Rule
      BestLoss: float
      Losses: ImmutableList<float>
      Judged: ImmutableList<struct (int * float)> }

type TrainingEnd =
    | Finished = 0
    | Cancelled = 1
    | Diverged = 2

[<NoComparison; ReferenceEquality>]
type TrainingReport =
    { Iteration: int
      Iterations: int
      Loss: float
      LearningRate: float
      BestLoss: float }

/// The streams of randomness that a training draws from; each is a part of the seed's key.
module private Purpose =
    [<Literal>]
    let Steps = 1

    [<Literal>]
    let Members = 2

    [<Literal>]
    let Firing = 3

    [<Literal>]
    let Judge = 4

    [<Literal>]
    let Start = 5

    /// What the loss draws.
    [<Literal>]
    let Draws = 6

[<Sealed>]
type Trainer(automaton: Automaton, graph: Graph, task: TrainingTask, options: EngineOptions) =
    do task.Check()

    let prepared = new Prepared(automaton, graph, options)
    let channels = automaton.Rule.Shape.Channels
    let stream purpose part = Counter.key task.Seed [ purpose; part ]

    /// A start of its own for every rollout; only noise tells them apart.
    let start iteration sample =
        automaton.Start.On(graph, channels, Counter.subkey (stream Purpose.Start iteration) sample)

    let judgeRollouts =
        lazy
            [| for length in task.JudgeLengths do
                   for sample in 0 .. task.JudgeRollouts - 1 do
                       let firing = Firing.Seeded(stream Purpose.Judge 0, sample)
                       Rollout.Of(start -1 sample, length * automaton.MostSteps, firing) |]

    let judge (rule: Rule) =
        prepared.Load rule
        prepared.Evaluate(judgeRollouts.Value, task.Loss, stream Purpose.Draws -1) |> Array.average

    let judged (training: Training) =
        let loss = judge training.Rule
        let better = loss < training.BestLoss

        { training with
            Best = if better then training.Rule else training.Best
            BestLoss = if better then loss else training.BestLoss
            Judged = training.Judged.Add(struct (training.Iteration, loss)) }

    /// Which states of the pool an iteration goes on from: distinct ones.
    let members iteration =
        let key = stream Purpose.Members iteration
        let chosen = Array.init task.PoolSize id

        for i in 0 .. task.Batch - 1 do
            let other = i + Counter.below (task.PoolSize - i) key (int64 i)
            let kept = chosen[i]
            chosen[i] <- chosen[other]
            chosen[other] <- kept

        Array.truncate task.Batch chosen

    /// What the loss comes to after the last step, were a state of the pool the outcome.
    let lossOf iteration (state: State) =
        let context =
            { Step = automaton.MostSteps
              Steps = automaton.MostSteps
              Graph = graph
              Key = stream Purpose.Draws iteration }

        task.Loss.Evaluate(state, State.Zeros(graph.Cells, automaton.Rule.Shape.Auxiliary), context).Value

    /// The starts of an iteration's batch, and the pool's members that they are.
    let batch (training: Training) =
        let iteration = training.Iteration

        if task.PoolSize = 0 then
            Array.init task.Batch (start iteration), [||]
        else
            let members = members iteration
            let states = members |> Array.map (fun i -> training.Pool[i])

            if iteration % task.FreshEvery = 0 then
                let worst = [| 0 .. task.Batch - 1 |] |> Array.maxBy (fun i -> lossOf iteration states[i])

                states[worst] <- start iteration 0

            states, members

    let advance (training: Training) : Training | null =
        let iteration = training.Iteration
        let starts, members = batch training
        let spread = automaton.MostSteps - automaton.LeastSteps + 1
        let steps = automaton.LeastSteps + Counter.below spread (stream Purpose.Steps iteration) 0L
        let seed = stream Purpose.Firing iteration
        prepared.Load training.Rule

        let rollouts =
            starts |> Array.mapi (fun sample start -> Rollout.Of(start, steps, Firing.Seeded(seed, sample)))

        let losses = Array.create rollouts.Length task.Loss
        let gradient = prepared.Gradient(rollouts, losses, stream Purpose.Draws iteration)
        let share = 1.0 / float task.Batch
        let derivatives = gradient.Parameters |> Array.map (fun d -> d * share)

        if not (Double.IsFinite gradient.Loss) || not (Array.forall Double.IsFinite derivatives) then
            null
        else
            let struct (parameters, moments) =
                task.Optimiser.Step(training.Moments, training.Rule.Views, training.Rule.ToArray(), derivatives)

            if not (Array.forall Single.IsFinite parameters) then
                null
            else
                let pool =
                    if members.Length = 0 then
                        training.Pool
                    else
                        let pool = Array.copy training.Pool
                        members |> Array.iteri (fun i place -> pool[place] <- gradient.Outcomes[i].Final)
                        pool

                { training with
                    Iteration = iteration + 1
                    Rule = Rule(training.Rule.Shape, ReadOnlySpan parameters)
                    Moments = moments
                    Pool = pool
                    Losses = training.Losses.Add(gradient.Loss * share) }

    new(automaton: Automaton, graph: Graph, task: TrainingTask) = new Trainer(automaton, graph, task, EngineOptions())

    member _.Task = task

    member _.Best(training: Training) =
        if training.Iteration % task.JudgeEvery = 0 && training.Iteration > 0 then
            training.Best
        else
            (judged training).Best

    member _.Begin() =
        { Iteration = 0
          Rule = automaton.Rule
          Moments = AdamMoments.Zero automaton.Rule.ParameterCount
          Pool = Array.init task.PoolSize (start -2)
          Best = automaton.Rule
          BestLoss = Double.PositiveInfinity
          Losses = ImmutableList.Empty
          Judged = ImmutableList.Empty }

    member _.Advance(training: Training) = advance training
    member _.Judge(rule: Rule) = judge rule

    member _.Run
        (
            training: Training,
            progress: IProgress<TrainingReport> | null,
            cancellation: CancellationToken,
            every: int,
            checkpoint: Action<Training>
        ) =
        let mutable training = training
        let mutable ending = TrainingEnd.Finished
        let mutable running = training.Iteration < task.Iterations

        while running do
            if cancellation.IsCancellationRequested then
                ending <- TrainingEnd.Cancelled
                running <- false
            else
                match advance training with
                | null ->
                    ending <- TrainingEnd.Diverged
                    running <- false
                | next ->
                    let due = next.Iteration % task.JudgeEvery = 0
                    training <- if due then judged next else next
                    running <- training.Iteration < task.Iterations

                    match progress with
                    | null -> ()
                    | progress ->
                        progress.Report
                            { Iteration = training.Iteration
                              Iterations = task.Iterations
                              Loss = training.Losses[training.Losses.Count - 1]
                              LearningRate = task.Optimiser.RateAt(training.Iteration - 1)
                              BestLoss = training.BestLoss }

                    if every > 0 && training.Iteration % every = 0 then
                        checkpoint.Invoke training

        struct (training, ending)

    member trainer.Run
        (training: Training, progress: IProgress<TrainingReport> | null, cancellation: CancellationToken)
        =
        trainer.Run(training, progress, cancellation, 0, ignore)

    interface IDisposable with
        member _.Dispose() = (prepared :> IDisposable).Dispose()
