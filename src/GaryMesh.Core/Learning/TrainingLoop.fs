namespace GaryMesh

open System
open System.Collections.Immutable
open System.Threading

[<NoComparison; ReferenceEquality>]
type Training =
    { Iteration: int
      Parameters: float32[]
      Moments: AdamMoments
      Average: float32[]
      Pool: Pool
      Best: float32[]
      BestLoss: float
      Losses: ImmutableList<float>
      Parts: ImmutableArray<struct (string * float)>
      Judged: ImmutableList<struct (int * float)> }

    member training.BestIteration =
        match training.Judged |> Seq.tryFind (fun struct (_, loss) -> loss = training.BestLoss) with
        | Some(struct (iteration, _)) -> iteration
        | None -> 0

type TrainingEnd =
    | Finished = 0
    | Cancelled = 1
    | Diverged = 2
    | Stopped = 3

[<NoComparison; ReferenceEquality>]
type LossGradient =
    { Loss: float
      Parts: ImmutableArray<struct (string * float)>
      Derivatives: float[]
      Pool: Pool }

[<NoComparison; ReferenceEquality>]
type Objective =
    { Parts: ImmutableArray<TrainedPart>
      Gradient: Func<Training, LossGradient>
      Validation: Func<float32[], float> | null }

[<NoComparison; ReferenceEquality>]
type LoopSettings =
    { Optimiser: Adam
      Iterations: int
      ValidateEvery: int
      Clip: Clip
      Averaging: float
      Patience: int }

[<Sealed>]
type TrainingLoop(objective: Objective, settings: LoopSettings) =
    do
        Guard.positive "The number of iterations" settings.Iterations
        Guard.positive "The number of iterations between validations" settings.ValidateEvery
        Guard.notNegative "The patience" settings.Patience
        settings.Clip.Check()

        if not (settings.Averaging >= 0.0 && settings.Averaging < 1.0) then
            Guard.outOfRange "averaging" $"The averaging must lie in 0 .. 1 (1 excluded), but is {settings.Averaging}."

    let learning = objective.Parts |> Seq.filter (fun part -> part.Rate > 0.0) |> Array.ofSeq
    let views = learning |> Array.map _.View
    let penalised = objective.Parts |> Seq.filter (fun part -> part.Penalty > 0.0) |> Array.ofSeq

    /// Adds the derivative of the penalties; gives these.
    let penalise (parameters: float32[]) (derivatives: float[]) =
        let mutable penalty = 0.0

        for part in penalised do
            for i in part.View.Offset .. part.View.Offset + part.View.Length - 1 do
                let parameter = float parameters[i]
                penalty <- penalty + 0.5 * part.Penalty * parameter * parameter
                derivatives[i] <- derivatives[i] + part.Penalty * parameter

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
                Judged = training.Judged.Add(struct (training.Iteration, loss)) }

    let due (training: Training) = training.Iteration > 0 && training.Iteration % settings.ValidateEvery = 0

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
                            if settings.Averaging > 0.0 then
                                Average.next settings.Averaging iteration training.Average parameters
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
        && since / settings.ValidateEvery >= settings.Patience

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
          Judged = ImmutableList.Empty }

    member _.Advance(training: Training) = advance training
    member _.Validate(training: Training) = validate training
    member _.Best(training: Training) = if due training then training.Best else (validate training).Best

    member _.Run(training: Training, cancellation: CancellationToken, observe: Action<Training>) =
        let rec run (training: Training) =
            if training.Iteration >= settings.Iterations then
                struct (training, TrainingEnd.Finished)
            elif stops training then
                struct (training, TrainingEnd.Stopped)
            elif cancellation.IsCancellationRequested then
                struct (training, TrainingEnd.Cancelled)
            else
                match advance training with
                | null -> struct (training, TrainingEnd.Diverged)
                | next ->
                    observe.Invoke next
                    run next

        run training
