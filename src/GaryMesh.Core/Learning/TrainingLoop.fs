namespace GaryMesh

open System
open System.Collections.Immutable
open System.Threading

/// The state of a training: what a checkpoint holds, and all that the rest of it depends on.
[<NoComparison; ReferenceEquality>]
type Training =
    {
        /// Iterations done.
        Iteration: int
        /// The parameters after the last iteration.
        Parameters: float32[]
        /// The optimiser's running means.
        Moments: AdamMoments
        /// The parameters that are validated and kept: the running mean of the training's, or these themselves.
        Average: float32[]
        /// The states that rollouts go on from, or nothing.
        Pool: Pool
        /// The parameters with the lowest validation loss so far, or the latest to be kept where there is no validation.
        Best: float32[]
        /// Their validation loss; infinity before the first validation.
        BestLoss: float
        /// The loss of each iteration's batch, mean over its samples.
        Losses: ImmutableList<float>
        /// The named parts of the last of them, empty for a loss of one part; no file keeps them.
        Parts: ImmutableArray<struct (string * float)>
        /// Iteration and validation loss of each validation.
        ValidationLosses: ImmutableList<struct (int * float)>
    }

    /// The iteration that `Best` is from; 0 before the first validation.
    member training.BestIteration =
        match training.ValidationLosses |> Seq.tryFind (fun struct (_, loss) -> loss = training.BestLoss) with
        | Some(struct (iteration, _)) -> iteration
        | None -> 0

/// Why a training ended.
type TrainingEnd =
    /// All iterations are done.
    | Finished = 0
    /// The token was cancelled.
    | Cancelled = 1
    /// A loss, a gradient or a parameter was no longer finite; the best parameters are the last good ones.
    | Diverged = 2
    /// The validation loss did not get better for as long as the patience.
    | EarlyStopped = 3
    /// The validation loss came down to the goal.
    | GoalReached = 4

/// The loss of an iteration's batch and its derivative.
[<NoComparison; ReferenceEquality>]
type LossGradient =
    {
        /// The mean loss of the batch.
        Loss: float
        /// The named parts of the loss; empty for a loss of one part.
        Parts: ImmutableArray<struct (string * float)>
        /// By each of the parameters; the loop takes the array over.
        Derivatives: float[]
        /// The pool after the batch.
        Pool: Pool
    }

/// What is trained: the parts of the parameters that learn, a loss with its gradient, and a validation.
[<NoComparison; ReferenceEquality>]
type Objective =
    {
        /// The parts of the parameter vector that learn.
        Parts: ImmutableArray<TrainedPart>
        /// The gradient at a training's parameters, for its iteration: a function of these and of the pool.
        Gradient: Func<Training, LossGradient>
        /// The validation loss of parameters; null for none.
        Validation: Func<float32[], float> | null
    }

/// How an objective is trained.
[<NoComparison; ReferenceEquality>]
type LoopSettings =
    {
        /// The optimiser with its learning rate.
        Optimiser: Adam
        /// Number of optimiser steps.
        Iterations: int
        /// Every so many iterations there is a validation.
        ValidationEvery: int
        /// The norm that gradients are cut to.
        Clip: Clip
        /// The parameters that are kept are an exponential moving average with this decay; 0 for the latest.
        WeightAveraging: float
        /// Validations without a better loss after which training stops; 0 for never.
        Patience: int
        /// Training ends as soon as the validation loss is no higher; negative infinity for no such goal.
        Goal: float
        /// What is done to the parameters after each step, so that they stay in a set of those allowed (a projection), or null.
        Projection: Func<float32[], float32[]> | null
    }

    /// A validation every 50 iterations, and nothing cut, averaged or stopped early.
    static member Of(optimiser: Adam, iterations: int) =
        { Optimiser = optimiser
          Iterations = iterations
          ValidationEvery = 50
          Clip = Clip.None
          WeightAveraging = 0.0
          Patience = 0
          Goal = Double.NegativeInfinity
          Projection = null }

    /// The same settings with gradients cut to a norm.
    member settings.WithClip(clip: Clip) = { settings with Clip = clip }

    /// The same settings with a validation every so many iterations, and an end once its loss is no higher than the goal.
    member settings.WithValidation(every: int, goal: float) = { settings with ValidationEvery = every; Goal = goal }

    member internal settings.Check() =
        Guard.positive null "The number of iterations" settings.Iterations
        Guard.positive null "The number of iterations between validations" settings.ValidationEvery
        Guard.notNegative null "The patience" settings.Patience
        settings.Clip.Check()

        if not (settings.WeightAveraging >= 0.0 && settings.WeightAveraging < 1.0) then
            Guard.outOfRange
                null
                $"The decay of weight averaging must lie in 0 .. 1 (1 excluded), but is {settings.WeightAveraging}."

/// Progress of a training, once an iteration.
[<NoComparison; ReferenceEquality>]
type TrainingReport =
    {
        /// Iterations done.
        Iteration: int
        /// Iterations of the task.
        Iterations: int
        /// The mean loss of the batch.
        Loss: float
        /// Its named parts; empty for a loss of one part.
        Parts: ImmutableArray<struct (string * float)>
        /// The learning rate of the iteration.
        LearningRate: float
        /// The lowest validation loss so far.
        BestLoss: float
    }

/// <summary>The training loop: gradient, clipping, optimiser, average and validation, repeated. Stopped at any iteration and
/// resumed, it has the bits of a training that was not stopped.</summary>
/// <exception cref="T:System.ArgumentException">A setting is out of range.</exception>
[<Sealed>]
type TrainingLoop
    /// A loop over an objective.
    (objective: Objective, settings: LoopSettings) =
    do settings.Check()
    let learning = objective.Parts |> Seq.filter (fun part -> part.Rate > 0.0) |> Array.ofSeq
    let views = learning |> Array.map _.View
    let penalised = objective.Parts |> Seq.filter (fun part -> part.L2 > 0.0) |> Array.ofSeq

    /// Adds the derivative of the penalties; gives these.
    let penalise (parameters: float32[]) (derivatives: float[]) =
        let mutable penalty = 0.0

        for part in penalised do
            for i in part.View.Offset .. part.View.Offset + part.View.Length - 1 do
                let parameter = float parameters[i]
                penalty <- penalty + 0.5 * part.L2 * parameter * parameter
                derivatives[i] <- derivatives[i] + part.L2 * parameter

        penalty

    let validate (training: Training) =
        match objective.Validation with
        | null -> { training with Best = training.Average }
        | validation ->
            let loss = validation.Invoke training.Average
            let better = loss < training.BestLoss

            { training with
                Best = if better then training.Average else training.Best
                BestLoss = if better then loss else training.BestLoss
                ValidationLosses = training.ValidationLosses.Add(struct (training.Iteration, loss)) }

    let due (training: Training) = training.Iteration > 0 && training.Iteration % settings.ValidationEvery = 0

    let advance (training: Training) : Training | null =
        let found = objective.Gradient.Invoke training
        let penalty = penalise training.Parameters found.Derivatives
        let loss = found.Loss + penalty

        if not (Double.IsFinite loss && Array.forall Double.IsFinite found.Derivatives) then
            null
        else
            settings.Clip.Apply(views, found.Derivatives)

            let struct (parameters, moments) =
                settings.Optimiser.Step(training.Moments, learning, training.Parameters, found.Derivatives)

            let parameters =
                match settings.Projection with
                | null -> parameters
                | projection -> projection.Invoke parameters

            if not (Array.forall Single.IsFinite parameters) then
                null
            else
                let iteration = training.Iteration + 1

                let parts =
                    if penalised.Length = 0 then
                        found.Parts
                    elif found.Parts.IsEmpty then
                        [ struct ("loss", found.Loss); struct ("penalty", penalty) ].ToImmutableArray()
                    else
                        found.Parts.Add(struct ("penalty", penalty))

                let next =
                    { training with
                        Iteration = iteration
                        Parameters = parameters
                        Moments = moments
                        Average =
                            if settings.WeightAveraging > 0.0 then
                                Average.next settings.WeightAveraging iteration training.Average parameters
                            else
                                parameters
                        Pool = found.Pool
                        Losses = training.Losses.Add loss
                        Parts = parts }

                if due next then validate next else next

    /// Whether the patience is at its end.
    let stops (training: Training) =
        let since = training.Iteration - training.BestIteration

        settings.Patience > 0
        && not (isNull objective.Validation)
        && since / settings.ValidationEvery >= settings.Patience

    /// Before the first iteration.
    member _.Begin(parameters: float32[], pool: Pool) : Training =
        { Iteration = 0
          Parameters = parameters
          Moments = AdamMoments.Zero parameters.Length
          Average = parameters
          Pool = pool
          Best = parameters
          BestLoss = Double.PositiveInfinity
          Losses = ImmutableList.Empty
          Parts = ImmutableArray.Empty
          ValidationLosses = ImmutableList.Empty }

    /// One iteration, with the validation where it is due; null when a number is not finite.
    member _.Advance(training: Training) = advance training
    /// The training with its parameters validated now, `Best` among them.
    member _.Validate(training: Training) = validate training
    /// The best parameters, or the latest where these are better though no validation was due.
    member _.Best(training: Training) = if due training then training.Best else (validate training).Best

    /// Iterates until an end; `observe` is called with the training after each iteration.
    member _.Run(training: Training, cancellation: CancellationToken, observe: Action<Training>) =
        // Parameters are known to be good once a loss was finite there: the best of the iteration before.
        let rec run (before: Training) (training: Training) =
            if training.Iteration >= settings.Iterations then
                struct (training, TrainingEnd.Finished)
            elif training.BestLoss <= settings.Goal then
                struct (training, TrainingEnd.GoalReached)
            elif stops training then
                struct (training, TrainingEnd.EarlyStopped)
            elif cancellation.IsCancellationRequested then
                struct (training, TrainingEnd.Cancelled)
            else
                match advance training with
                | null -> struct ({ training with Best = before.Best }, TrainingEnd.Diverged)
                | next ->
                    observe.Invoke next
                    run training next

        run training training

    /// As above; `progress`, which may be null, hears of each iteration, and `checkpoint` is called with the training every `every`
    /// iterations, 0 for never.
    member loop.Run
        (
            training: Training,
            progress: IProgress<TrainingReport> | null,
            cancellation: CancellationToken,
            every: int,
            checkpoint: Action<Training>
        ) =
        loop.Run(
            training,
            cancellation,
            fun training ->
                match progress with
                | null -> ()
                | progress ->
                    progress.Report
                        { Iteration = training.Iteration
                          Iterations = settings.Iterations
                          Loss = training.Losses[training.Losses.Count - 1]
                          Parts = training.Parts
                          LearningRate = settings.Optimiser.RateAt(training.Iteration - 1)
                          BestLoss = training.BestLoss }

                if every > 0 && training.Iteration % every = 0 then
                    checkpoint.Invoke training
        )
