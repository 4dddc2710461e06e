namespace GaryMesh

open System
open System.Collections.Immutable
open System.Threading

/// What a trainer is to do.
[<NoComparison; ReferenceEquality>]
type TrainingTask =
    {
        /// The loss to minimise.
        Loss: Loss
        /// The optimiser with its settings.
        Optimiser: Adam
        /// Number of optimiser steps.
        Iterations: int
        /// Rollouts an iteration.
        Batch: int
        /// Everything random in the training follows from it.
        Seed: uint64
        /// States kept from which rollouts go on; 0 to start each rollout from a new initial state. A pool teaches a pattern
        /// to persist (Growing NCA, Distill 2020, experiment 2).
        PoolSize: int
        /// Every so many iterations the worst rollout of the batch starts from a new initial state (with a pool; 0 for never).
        ReseedEvery: int
        /// What else is done to each batch, or null.
        Hook: BatchHook | null
        /// How rollouts grow to the automaton's lengths over the first iterations.
        WarmUp: RolloutWarmUp
        /// The least factor on the automaton's time step that an iteration draws, evenly by its logarithm; 1 for none.
        MinTimeStep: float
        /// The largest factor on the automaton's time step. A rule that was trained at several speeds keeps its look at any between them.
        MaxTimeStep: float
        /// The least fire rate that an iteration draws, evenly; 0 for the automaton's own.
        MinFireRate: float
        /// The largest. Its rollouts have as many firings as at the automaton's own rate, so that they take more or fewer steps.
        MaxFireRate: float
        /// The norm that gradients are cut to.
        Clip: Clip
        /// The rule that is validated and kept is an exponential moving average with this decay; 0 for the latest.
        WeightAveraging: float
        /// Validations without a better loss after which training stops; 0 for never.
        Patience: int
        /// Every so many iterations the rule is validated.
        ValidationEvery: int
        /// Rollouts of a validation: always the same firing seeds, none of which training uses.
        ValidationRollouts: int
        /// The lengths of those rollouts, as multiples of the automaton's maximum steps: 1; 2 tells whether a pattern persists.
        ValidationLengths: int[]
        /// What validates the rule in place of such rollouts, or null; lower is better.
        Judge: Func<Rule, float> | null
        /// What is done to the rule after each step of the optimiser, so that it stays among those allowed, or null. No file keeps it.
        Projection: Func<Rule, Rule> | null
        /// What computes the gradients of batches, or null for the trainer itself. No file keeps it.
        Gradients: IBatchGradients | null
    }

    /// Batches of 8 from new initial states, 2,000 iterations of Adam at 2e-3, validated every 50 by 8 rollouts of full length.
    static member Of(loss: Loss) =
        { Loss = loss
          Optimiser = Adam.Of 2e-3
          Iterations = 2000
          Batch = 8
          Seed = 0UL
          PoolSize = 0
          ReseedEvery = 1
          Hook = null
          WarmUp = RolloutWarmUp.None
          MinTimeStep = 1.0
          MaxTimeStep = 1.0
          MinFireRate = 0.0
          MaxFireRate = 0.0
          Clip = Clip.None
          WeightAveraging = 0.0
          Patience = 0
          ValidationEvery = 50
          ValidationRollouts = 8
          ValidationLengths = [| 1 |]
          Judge = null
          Projection = null
          Gradients = null }

    /// The same task with so many optimiser steps.
    member task.WithIterations(iterations: int) = { task with Iterations = iterations }
    /// The same task with another optimiser.
    member task.WithOptimiser(optimiser: Adam) = { task with Optimiser = optimiser }
    /// The same task with so many rollouts an iteration.
    member task.WithBatch(batch: int) = { task with Batch = batch }
    /// The same task with another seed.
    member task.WithSeed(seed: uint64) = { task with Seed = seed }

    /// The same task with a pool of so many states; every `reseedEvery` iterations the worst rollout starts from a new initial
    /// state.
    member task.WithPool(size: int, reseedEvery: int) = { task with PoolSize = size; ReseedEvery = reseedEvery }

    /// The same task with something done to each batch.
    member task.WithHook(hook: BatchHook) = { task with Hook = hook }
    /// The same task with rollouts that grow to their full lengths.
    member task.WithWarmUp(warmUp: RolloutWarmUp) = { task with WarmUp = warmUp }
    /// The same task with a time step that each iteration draws between these factors on the automaton's own.
    member task.WithTimeSteps(least: float, most: float) = { task with MinTimeStep = least; MaxTimeStep = most }
    /// The same task with a fire rate that each iteration draws between these, so that the rule works at any of them.
    member task.WithFireRates(least: float, most: float) = { task with MinFireRate = least; MaxFireRate = most }
    /// The same task with gradients cut to a norm.
    member task.WithClip(clip: Clip) = { task with Clip = clip }
    /// The same task with a running mean of the parameters, this fraction of the old at each step.
    member task.WithWeightAveraging(decay: float) = { task with WeightAveraging = decay }
    /// The same task with early stopping after so many validations without a better loss; 0 for none.
    member task.WithPatience(validations: int) = { task with Patience = validations }

    /// The same task with another validation: how often, by how many rollouts, and of which lengths.
    member task.WithValidation(every: int, rollouts: int, lengths: int[]) =
        { task with
            ValidationEvery = every
            ValidationRollouts = rollouts
            ValidationLengths = lengths }

    /// The same task with rules validated by a function of their own every so many iterations, such as a proof; lower is better.
    member task.WithJudge(every: int, judge: Func<Rule, float>) = { task with ValidationEvery = every; Judge = judge }

    /// The same task with the rule brought back among those allowed after each step of the optimiser (a projection).
    member task.WithProjection(projection: Func<Rule, Rule>) = { task with Projection = projection }

    /// The same task with gradients that something else computes, to the same bits.
    member task.WithGradients(gradients: IBatchGradients) = { task with Gradients = gradients }

    member internal task.Loop(shape: RuleShape) =
        { Optimiser = task.Optimiser
          Iterations = task.Iterations
          ValidationEvery = task.ValidationEvery
          Clip = task.Clip
          WeightAveraging = task.WeightAveraging
          Patience = task.Patience
          Goal = Double.NegativeInfinity
          Projection =
            match task.Projection with
            | null -> null
            | project -> Func<_, _>(fun parameters -> (project.Invoke(Rule(shape, ReadOnlySpan parameters))).ToArray()) }

    member internal task.Check(shape: RuleShape) =
        (task.Loop shape).Check()
        Guard.positive null "The batch" task.Batch
        Guard.notNegative null "The pool's size" task.PoolSize
        Guard.notNegative null "The number of iterations between new initial states" task.ReseedEvery
        Guard.positive null "The number of validation rollouts" task.ValidationRollouts
        task.ValidationLengths |> Array.iter (Guard.positive null "A validation length")

        if not (task.MinTimeStep > 0.0 && task.MinTimeStep <= task.MaxTimeStep && Double.IsFinite task.MaxTimeStep) then
            Guard.outOfRange
                null
                $"The factors on the time step must be positive and ascending, but are {task.MinTimeStep} and {task.MaxTimeStep}."

        if task.MaxFireRate <> 0.0 || task.MinFireRate <> 0.0 then
            Guard.drawn null "The least fire rate" task.MinFireRate
            Guard.drawn null "The largest fire rate" task.MaxFireRate

            if not (task.MinFireRate > 0.0 && task.MinFireRate <= task.MaxFireRate) then
                Guard.outOfRange
                    null
                    $"The fire rates must be positive and ascending, but are {task.MinFireRate} and {task.MaxFireRate}."

        if task.PoolSize > 0 && task.PoolSize < task.Batch then
            Guard.refuse
                $"The pool must hold at least one batch, but holds {task.PoolSize} states against {task.Batch}."

/// The streams of randomness that a training draws from; each is a part of the seed's key.
module private Purpose =
    [<Literal>]
    let Steps = 1

    [<Literal>]
    let Members = 2

    [<Literal>]
    let Firing = 3

    [<Literal>]
    let Validation = 4

    [<Literal>]
    let Start = 5

    /// What the loss draws.
    [<Literal>]
    let Draws = 6

    /// What the batch hook draws.
    [<Literal>]
    let Hook = 7

/// Trains a rule on a graph: loss, optimiser and pool, repeated. Resumed from a checkpoint it has the bits of a
/// training that was not stopped.
[<Sealed>]
type Trainer
    /// A trainer of an automaton on a graph.
    (automaton: Automaton, graph: Graph, task: TrainingTask, options: EngineOptions) =
    do
        task.Check automaton.Rule.Shape
        let inputs = automaton.Rule.Shape.Inputs

        if inputs > 0 && isNull task.Hook then
            Guard.refuse $"The rule has {inputs} inputs a cell, but the task has no batch hook that gives them."

    let prepared = new Prepared(automaton, graph, options)
    let shape = automaton.Rule.Shape
    let stream purpose part = Counter.key task.Seed [ purpose; part ]

    /// A start of its own for every rollout; only noise tells them apart.
    let start iteration sample =
        automaton.Start.On(graph, shape.Channels, Counter.subkey (stream Purpose.Start iteration) sample)

    let sampleOf state = { Start = state; Inputs = Inputs.Absent; Loss = task.Loss }
    let ruleOf (parameters: float32[]) = Rule(shape, ReadOnlySpan parameters)

    let validationRollouts =
        lazy
            [| for length in task.ValidationLengths do
                   let samples = Array.init task.ValidationRollouts (start -1 >> sampleOf)

                   let samples =
                       match task.Hook with
                       | null -> samples
                       | hook -> hook.PrepareValidation samples

                   for number in 0 .. samples.Length - 1 do
                       let sample, firing = samples[number], Firing.Seeded(stream Purpose.Validation 0, number)
                       let rollout = Rollout.Of(sample.Start, length * automaton.MaxSteps, firing)
                       struct (sample.Loss, { rollout with Inputs = sample.Inputs }) |]

    let validateByRollouts (rule: Rule) =
        prepared.Load(rule, automaton.TimeStep, automaton.FireRate)

        validationRollouts.Value
        |> Array.groupBy (fun (struct (loss, _)) -> loss)
        |> Array.collect (fun (loss, rollouts) ->
            let rollouts = rollouts |> Array.map (fun (struct (_, rollout)) -> rollout)
            prepared.Evaluate(rollouts, loss, stream Purpose.Draws -1))
        |> Array.average

    let validate (rule: Rule) =
        match task.Judge with
        | null -> validateByRollouts rule
        | judge -> judge.Invoke rule

    /// The loss, were a state of the pool the final state of a rollout.
    let lossOf iteration (state: State) =
        let context =
            { Step = automaton.MaxSteps
              Steps = automaton.MaxSteps
              Graph = graph
              Key = stream Purpose.Draws iteration }

        task.Loss.Evaluate(state, State.Zeros(graph.Cells, shape.Auxiliary), context).Value

    let hooks: BatchHook list =
        [ ReseedWorst task.ReseedEvery
          match task.Hook with
          | null -> ()
          | hook -> hook ]

    /// The batch of an iteration, and the places of the pool that it is from.
    let batch (training: Training) =
        let iteration, pool = training.Iteration, training.Pool
        let pooled = task.PoolSize > 0

        let places =
            if pooled then
                pool.Sample(stream Purpose.Members iteration, task.Batch)
            else
                [||]

        let starts =
            if pooled then
                places |> Array.map (fun place -> pool.States.Span[place])
            else
                Array.init task.Batch (start iteration)

        let prepare (samples: Sample[]) (hook: BatchHook) =
            let loss i (sample: Sample) =
                if pooled && Object.ReferenceEquals(sample.Start, starts[i]) then
                    pool.Losses.Span[places[i]]
                else
                    nan

            let prepared =
                hook.Prepare(
                    samples,
                    { Iteration = iteration
                      Key = stream Purpose.Hook iteration
                      Graph = graph
                      Pooled = pooled
                      Losses = samples |> Array.mapi loss
                      Fresh = start iteration
                      Evaluate = lossOf iteration }
                )

            if prepared.Length <> samples.Length then
                Guard.refuse
                    $"The batch hook '{hook.Name}' is given {samples.Length} samples and must give as many, but gives {prepared.Length}."

            prepared

        struct (hooks |> List.fold prepare (starts |> Array.map sampleOf), places)

    /// What the rollouts of a batch came to, and the sum of their derivatives.
    let differentiate (batch: GradientBatch) =
        match task.Gradients with
        | null -> batch.On prepared
        | gradients -> gradients.Gradient batch

    let gradient (training: Training) =
        let iteration = training.Iteration
        let struct (samples, places) = batch training
        let struct (least, most) = task.WarmUp.StepsAt(iteration, automaton.MinSteps, automaton.MaxSteps)
        let steps = least + Counter.below (most - least + 1) (stream Purpose.Steps iteration) 0L
        let seed = stream Purpose.Firing iteration
        let speed = Counter.uniform (stream Purpose.Steps iteration) 7L
        let factor = task.MinTimeStep * Math.Pow(task.MaxTimeStep / task.MinTimeStep, speed)

        let struct (fireRate, steps) =
            if task.MaxFireRate = 0.0 then
                struct (automaton.FireRate, steps)
            else
                let place = Counter.uniform (stream Purpose.Steps iteration) 8L
                let rate = task.MinFireRate + (task.MaxFireRate - task.MinFireRate) * place
                struct (rate, max 1 (int (Math.Round(float steps * automaton.FireRate / rate))))

        let rollouts =
            samples
            |> Array.mapi (fun number sample ->
                { Rollout.Of(sample.Start, steps, Firing.Seeded(seed, number)) with
                    Inputs = sample.Inputs })

        let struct (outcomes, derivatives) =
            differentiate
                { Parameters = training.Parameters
                  TimeStep = factor * automaton.TimeStep
                  FireRate = fireRate
                  Rollouts = rollouts
                  Losses = samples |> Array.map _.Loss
                  Key = stream Purpose.Draws iteration }

        let share = 1.0 / float task.Batch
        let parts = outcomes |> Seq.collect _.Parts |> LossParts.sum

        { Loss = (outcomes |> Array.sumBy _.Loss) * share
          Parts = ImmutableArray.CreateRange(parts, fun (struct (name, value)) -> struct (name, value * share))
          Derivatives = derivatives |> Array.map (fun d -> d * share)
          Pool = training.Pool.Update(places, outcomes |> Array.map _.Final, outcomes |> Array.map _.Loss) }

    let loop =
        TrainingLoop(
            { Parts = TrainedPart.All automaton.Rule.Views
              Gradient = gradient
              Validation = ruleOf >> validate },
            task.Loop shape
        )

    /// <summary>A trainer of an automaton on a graph.</summary>
    /// <exception cref="T:System.ArgumentException">A number of the task is out of range, or the automaton does not fit.</exception>
    new(automaton: Automaton, graph: Graph, task: TrainingTask) = new Trainer(automaton, graph, task, EngineOptions())

    /// What the trainer is to do.
    member _.Task = task
    /// The latest rule of a training.
    member _.Rule(training: Training) = ruleOf training.Parameters
    /// The rule to keep of a training: the best so far, or its latest where that is better. Does not change how the
    /// training goes on.
    member _.Best(training: Training) = ruleOf (loop.Best training)

    /// Before the first iteration, with the automaton's own rule.
    member _.Begin() = loop.Begin(automaton.Rule.ToArray(), Pool(Array.init task.PoolSize (start -2)))

    /// One iteration, with the validation where it is due; null when a number is not finite.
    member _.Advance(training: Training) = loop.Advance training

    /// The mean loss of a rule over the held-out rollouts.
    member _.Validate(rule: Rule) = validate rule

    /// Iterates until the task is done, the token is cancelled or the training diverges; `progress` may be null, and
    /// `checkpoint` is called with the training every `every` iterations. Whatever ends it, `Best` gives the rule to keep.
    member _.Run
        (
            training: Training,
            progress: IProgress<TrainingReport> | null,
            cancellation: CancellationToken,
            every: int,
            checkpoint: Action<Training>
        ) =
        loop.Run(training, progress, cancellation, every, checkpoint)

    /// As above, without checkpoints.
    member trainer.Run
        (training: Training, progress: IProgress<TrainingReport> | null, cancellation: CancellationToken)
        =
        trainer.Run(training, progress, cancellation, 0, ignore)

    /// Gives the native memory back.
    member _.Dispose() = prepared.Dispose()

    interface IDisposable with
        member trainer.Dispose() = trainer.Dispose()
