namespace GaryMesh

open System
open System.Collections.Immutable
open System.Threading
open GaryMesh.Models

/// Learning rate schedule over the epochs.
type RateSchedule =
    /// The same at every epoch.
    | Constant = 0
    /// Down to zero along half a cosine (Loshchilov and Hutter, ICLR 2017, without restarts).
    | Cosine = 1

/// How a model is to be trained. Made from `ModelTask.Default` with the methods that begin with `With`.
[<NoComparison; ReferenceEquality>]
type ModelTask =
    {
        /// Passes over the training data.
        Epochs: int
        /// Rows of a batch.
        Batch: int
        /// Step length before the schedule, above 0.
        LearningRate: float
        /// How the learning rate changes over the epochs.
        Schedule: RateSchedule
        /// Decoupled weight decay of the matrices (AdamW): each shrinks by learning rate x this a step.
        WeightDecay: float
        /// Half of this times the sum of squares of the encoder's first matrix is added to the loss.
        L2: float
        /// The gradient is scaled down to this norm where it is longer; 0 for no clipping.
        MaxGradientNorm: float
        /// Fraction of the encoder inputs that is set to zero in training, of its hidden units, and of the readout inputs.
        FeatureDropout: float
        /// Share of the encoder's hidden units that is set to zero in training.
        HiddenDropout: float
        /// Share of what the readout reads that is set to zero in training.
        StateDropout: float
        /// Fraction of the feature values that count as not measured in training.
        MissingRate: float
        /// Probability that a cell updates at a step in training. Their changes are divided by it, so that all cells firing give the same on
        /// average.
        TrainingFireRate: float
        /// Rows of a lattice are moved by up to so many cells in each direction in training; what comes in from outside is zero.
        ShiftAugmentation: int
        /// The model that is kept is an exponential moving average of the training's with this decay; 0 for the last.
        WeightAveraging: float
        /// Epochs without a better loss on the validation data after which training stops; 0 for never.
        Patience: int
        /// The rule's learning rate as a multiple of the encoder's and the readout's; 0 leaves the rule unchanged.
        RuleLearningRateFactor: float
        /// The readout's learning rate as a multiple of the encoder's; 0 leaves the readout unchanged.
        ReadoutLearningRateFactor: float
        /// Everything random in the training follows from it.
        Seed: uint64
    }

    /// 50 epochs in batches of 32 rows, Adam at 0.003 along a cosine, gradients no longer than 1; nothing else.
    static member Default =
        { Epochs = 50
          Batch = 32
          LearningRate = 3e-3
          Schedule = RateSchedule.Cosine
          WeightDecay = 0.0
          L2 = 0.0
          MaxGradientNorm = 1.0
          FeatureDropout = 0.0
          HiddenDropout = 0.0
          StateDropout = 0.0
          MissingRate = 0.0
          TrainingFireRate = 1.0
          ShiftAugmentation = 0
          WeightAveraging = 0.0
          Patience = 0
          RuleLearningRateFactor = 1.0
          ReadoutLearningRateFactor = 1.0
          Seed = 0UL }

    /// The same task with so many epochs.
    member task.WithEpochs(epochs: int) = { task with Epochs = epochs }
    /// The same task with batches of so many rows.
    member task.WithBatch(rows: int) = { task with Batch = rows }

    /// The same task with this learning rate and schedule.
    member task.WithLearningRate(rate: float, schedule: RateSchedule) =
        { task with LearningRate = rate; Schedule = schedule }

    /// The same task with this weight decay of the matrices and L2 penalty of the encoder's first matrix.
    member task.WithDecay(weightDecay: float, l2: float) = { task with WeightDecay = weightDecay; L2 = l2 }

    /// The same task with gradients clipped to this norm; 0 for no clipping.
    member task.WithClip(norm: float) = { task with MaxGradientNorm = norm }

    /// The same task with these dropout rates of features, hidden units and states.
    member task.WithDropout(features: float, hidden: float, states: float) =
        { task with
            FeatureDropout = features
            HiddenDropout = hidden
            StateDropout = states }

    /// The same task with this share of feature values that count as missing in training.
    member task.WithMissingRate(rate: float) = { task with MissingRate = rate }
    /// The same task with another fire rate while training.
    member task.WithTrainingFireRate(rate: float) = { task with TrainingFireRate = rate }
    /// The same task with rows shifted by up to so many cells of a lattice.
    member task.WithShiftAugmentation(cells: int) = { task with ShiftAugmentation = cells }
    /// The same task with a running mean of the parameters, this fraction of the old at each step.
    member task.WithWeightAveraging(decay: float) = { task with WeightAveraging = decay }
    /// The same task with early stopping after so many epochs without a better validation loss; 0 for never.
    member task.WithPatience(epochs: int) = { task with Patience = epochs }
    /// The same task with the rule's learning rate times a factor; 0 freezes the rule.
    member task.WithRuleLearningRateFactor(factor: float) = { task with RuleLearningRateFactor = factor }
    /// The same task with the readout's learning rate times a factor; 0 freezes the readout.
    member task.WithReadoutLearningRateFactor(factor: float) = { task with ReadoutLearningRateFactor = factor }
    /// The same task with another seed.
    member task.WithSeed(seed: uint64) = { task with Seed = seed }

    /// <summary>Refuses a task with a number out of range.</summary>
    /// <exception cref="T:System.ArgumentException">A number is out of range.</exception>
    member task.Check() =
        Guard.positive null "The number of epochs" task.Epochs
        Guard.positive null "The batch" task.Batch
        Guard.notNegative null "The shift" task.ShiftAugmentation
        Guard.notNegative null "The patience" task.Patience

        if not (task.LearningRate > 0.0 && Double.IsFinite task.LearningRate) then
            Guard.outOfRange null $"The learning rate must be above 0, but is {task.LearningRate}."

        for name, value in
            [ "The weight decay", task.WeightDecay
              "The L2 penalty", task.L2
              "The rule's learning rate factor", task.RuleLearningRateFactor
              "The readout's learning rate factor", task.ReadoutLearningRateFactor
              "The maximum gradient norm", task.MaxGradientNorm ] do
            if not (value >= 0.0 && Double.IsFinite value) then
                Guard.outOfRange null $"{name} must not be negative, but is {value}."

        for name, rate in
            [ "The dropout of features", task.FeatureDropout
              "The dropout of hidden units", task.HiddenDropout
              "The dropout of states", task.StateDropout
              "The fire rate", task.TrainingFireRate ] do
            Guard.drawn null name rate

        for name, value in
            [ "The dropout of features", task.FeatureDropout
              "The dropout of hidden units", task.HiddenDropout
              "The dropout of states", task.StateDropout
              "The missing rate", task.MissingRate
              "The decay of weight averaging", task.WeightAveraging ] do
            if not (value >= 0.0 && value < 1.0) then
                Guard.outOfRange null $"{name} must lie in 0 .. 1 (1 excluded), but is {value}."

        if task.TrainingFireRate = 0.0 then
            Guard.outOfRange null $"The fire rate must lie in 0 .. 1 (0 excluded), but is 0."

/// The state of a training after each epoch.
[<NoComparison; ReferenceEquality>]
type ModelReport =
    {
        /// Epochs so far, from 1.
        Epoch: int
        /// Epochs of the task.
        Epochs: int
        /// The mean loss over the epoch's batches.
        Loss: float
        /// The loss on the validation data; NaN without.
        ValidationLoss: float
        /// The epoch with the lowest validation loss so far, from 1.
        BestEpoch: int
        /// The learning rate at the end of the epoch.
        LearningRate: float
    }

/// A training that has ended.
[<NoComparison; ReferenceEquality>]
type ModelTraining =
    {
        /// The model of the best epoch on the validation data, or of the last epoch without.
        Model: Model
        /// Why the training ended.
        End: TrainingEnd
        /// Epochs done.
        Epochs: int
        /// The epoch of the model, from 1.
        BestEpoch: int
        /// The mean loss over the last epoch's batches.
        Loss: float
        /// The validation loss of the model that is kept; NaN without validation rows.
        ValidationLoss: float
    }

/// The streams of randomness that a training draws from; each is a part of the seed's key.
module private ModelStream =
    [<Literal>]
    let Order = 1

    [<Literal>]
    let Noise = 2

    [<Literal>]
    let Firing = 3

/// <summary>Trains a model on a graph: batches of rows, the gradient through every step of every rollout, Adam. The result is
/// a function of model, graph, data and task: the same bits for any number of threads on one vector width.</summary>
/// <remarks>`validation` is the data of the validation after each epoch and may be null. The nodes of one graph are one row:
/// training and validation then share their features and differ in the labels that are not NaN. `graph` is null where each row of
/// the data is a graph of its own: a batch then runs on the union of its graphs.</remarks>
/// <exception cref="T:System.ArgumentException">The parts do not fit each other; the message names both sides.</exception>
[<Sealed>]
type ModelTrainer
    /// A training of a model on rows of a graph.
    (
        model: Model,
        graph: Graph | null,
        task: ModelTask,
        training: ModelData,
        validation: ModelData | null,
        options: EngineOptions
    ) =
    let shape, scaling = model.Shape, model.Scaling

    let cells =
        match graph with
        | null -> 0
        | graph -> graph.Cells

    do
        task.Check()

        let fits (data: ModelData) =
            if (data.Graphs.Length = 0) = isNull graph then
                Guard.refuse $"Either the trainer is given a graph, or each row of its data brings its own."

        fits training
        training.Check(shape, cells)

        match validation with
        | null -> ()
        | validation ->
            fits validation
            validation.Check(shape, cells)

        if task.MissingRate > 0.0 && not shape.Missing then
            Guard.refuse
                $"A fraction {task.MissingRate} of the values is to count as missing, but the model takes no missing values."

    let counts (data: ModelData) =
        let width = shape.Head.LabelWidth shape.Outputs

        not (isNull data.Links)
        || data.Labels
           |> Seq.mapi (fun i label ->
               not (Single.IsNaN label) && (data.Weights.Length = 0 || data.Weights[i / width] > 0.0f))
           |> Seq.exists id

    do
        if not (counts training) then
            Guard.refuse
                $"No label of the training data counts: each is NaN or has the weight 0, but at least one must not be."

        match validation with
        | null -> ()
        | validation ->
            if not (counts validation) then
                Guard.refuse
                    $"No label of the validation data counts: each is NaN or has the weight 0, but at least one must not be."

    /// All cells fire in validation; in training fewer may.
    let layers = new ModelLayers(shape, options)

    let trainingAutomaton =
        if task.TrainingFireRate < 1.0 then
            let timeStep = shape.TimeStep / task.TrainingFireRate
            model.Automaton.WithFireRate(task.TrainingFireRate).WithTimeStep(timeStep)
        else
            model.Automaton

    let runOn options automaton (graph: Graph) starts =
        new ModelRun(shape, scaling, layers, graph, starts, automaton, options)

    /// The runs on the one graph of all rows, if there is one.
    let runs =
        match graph with
        | null -> None
        | graph ->
            let run = runOn options model.Automaton graph [| 0; cells |]

            let trainingRun =
                if task.TrainingFireRate < 1.0 then
                    runOn options trainingAutomaton graph [| 0; cells |]
                else
                    run

            trainingRun.Prepare training

            match validation with
            | null -> ()
            | validation -> run.Prepare validation

            Some struct (trainingRun, run)

    /// Works on some rows of data: on the one graph, or as one row on the union of their own.
    let onRows trains (parameters: float32[]) (data: ModelData) (rows: int[]) work =
        match runs with
        | Some struct (trainingRun, run) ->
            let run: ModelRun = if trains then trainingRun else run
            run.Load parameters
            work run data rows (shape.TargetsOn cells)
        | None ->
            let struct (union, starts, data) = data.Union rows
            let automaton = if trains then trainingAutomaton else model.Automaton
            use run = runOn (layers.Brief union.Cells) automaton union starts
            run.Load parameters
            work run data [| 0 |] rows.Length

    let stream purpose part = Counter.key task.Seed [ purpose; part ]

    /// The penalty is on the encoder's first matrix alone.
    let parts =
        let first = shape.Views |> Seq.tryFind (fun view -> shape.PartOf view = ModelPart.Encoder)

        shape.Views
        |> Seq.map (fun view ->
            { View = view
              Rate =
                match shape.PartOf view with
                | ModelPart.Rule -> task.RuleLearningRateFactor
                | ModelPart.Readout -> task.ReadoutLearningRateFactor
                | _ -> 1.0
              L2 = if Some view = first then task.L2 else 0.0 })

    let noiseOf iteration =
        { Key = stream ModelStream.Noise iteration
          FeatureDropout = task.FeatureDropout
          HiddenDropout = task.HiddenDropout
          StateDropout = task.StateDropout
          MissingRate = task.MissingRate
          Shift = task.ShiftAugmentation }

    let validationFiring (_: int) = if shape.FireRate < 1.0 then Firing.Seeded(0UL, 0) else Firing.All

    let gradient (parameters: float32[]) (rows: int[]) iteration =
        let firing sample =
            if task.TrainingFireRate < 1.0 || shape.FireRate < 1.0 then
                Firing.Seeded(stream ModelStream.Firing iteration, sample)
            else
                Firing.All

        onRows true parameters training rows (fun run data rows targets ->
            let outputs = run.Forward(data, rows, noiseOf iteration, firing, true)

            let struct (loss, total, adjoint) =
                Validation.of' iteration shape scaling targets data rows run.Bases outputs

            let sums = Array.zeroCreate<float32> parameters.Length
            run.Backward(adjoint, sums)
            struct (loss / max total 1e-30, Array.map float sums))

    let validate (parameters: float32[]) (data: ModelData) =
        let mutable loss, total = 0.0, 0.0
        let atOnce = max task.Batch (1 + 8192 / (if cells = 0 then 16 else cells))

        for rows in [| 0 .. data.Rows - 1 |] |> Array.chunkBySize atOnce do
            let struct (sum, weight) =
                onRows false parameters data rows (fun run data rows targets ->
                    let outputs = run.Forward(data, rows, Noise.None, validationFiring, false)
                    let struct (sum, weight, _) = Validation.of' -1 shape scaling targets data rows run.Bases outputs
                    struct (sum, weight))

            loss <- loss + sum
            total <- total + weight

        loss / max total 1e-30

    let batches = (training.Rows + task.Batch - 1) / task.Batch
    let mutable drawn = struct (-1, [||])

    /// The rows of an iteration's batch; each epoch has them in an order of its own, which is drawn once.
    let rowsOf iteration =
        let epoch = iteration / batches

        match drawn with
        | struct (known, _) when known = epoch -> ()
        | _ -> drawn <- struct (epoch, Shuffle.all training.Rows (stream ModelStream.Order epoch))

        let struct (_, rows) = drawn
        let first = iteration % batches * task.Batch
        Array.sub rows first (min task.Batch (rows.Length - first))

    let optimiser =
        let iterations = task.Epochs * batches

        Adam
            .Of(task.LearningRate)
            .WithNormalise(false)
            .WithWeightDecay(task.WeightDecay, [ ParameterRole.Weight ])
            .WithSchedule(
                match task.Schedule with
                | RateSchedule.Cosine -> Schedule.Cosine(0, iterations, 0.0)
                | _ -> Schedule.Constant
            )

    let learn (state: Training) =
        let struct (loss, derivatives) = gradient state.Parameters (rowsOf state.Iteration) state.Iteration

        { Loss = loss
          Parts = ImmutableArray.Empty
          Derivatives = derivatives
          Pool = state.Pool }

    let loop =
        TrainingLoop(
            { Parts = parts.ToImmutableArray()
              Gradient = learn
              Validation =
                match validation with
                | null -> null
                | validation -> Func<_, _>(fun parameters -> validate parameters validation) },
            { Optimiser = optimiser
              Iterations = task.Epochs * batches
              ValidationEvery = batches
              Clip = Clip.ByNorm task.MaxGradientNorm
              WeightAveraging = task.WeightAveraging
              Patience = task.Patience
              Goal = Double.NegativeInfinity
              Projection = null }
        )

    /// The state of a training after its last whole epoch.
    let report (training: Training) : ModelReport =
        let epoch = training.Iteration / batches

        let loss =
            if epoch = 0 then
                nan
            else
                Seq.init batches (fun i -> training.Losses[(epoch - 1) * batches + i])
                |> Seq.fold (fun sum loss -> sum + loss / float batches) 0.0

        { Epoch = epoch
          Epochs = task.Epochs
          Loss = loss
          ValidationLoss =
            match training.ValidationLosses.Count with
            | 0 -> nan
            | count ->
                let struct (_, loss) = training.ValidationLosses[count - 1]
                loss
          BestEpoch = if isNull validation then epoch else training.BestIteration / batches
          LearningRate = optimiser.RateAt(max 0 (training.Iteration - 1)) }

    /// How the model is trained.
    member _.Task = task
    member internal _.Model = model
    member internal _.Graph = graph
    member internal _.Training = training
    member internal _.Validation = validation
    /// Iterations of an epoch.
    member _.Batches = batches
    /// The mean loss of a batch of the training data and its derivative by each of the parameters, as the iteration of that number sees it,
    /// without the L2 penalty.
    member _.Gradient(parameters: float32[], rows: int[], iteration: int) = gradient parameters rows iteration

    /// <summary>The mean loss of parameters on data, nothing left out.</summary>
    /// <exception cref="T:System.ArgumentException">The data does not fit.</exception>
    member _.Validate(parameters: float32[], data: ModelData) =
        data.Check(shape, cells)
        validate parameters data

    /// Before the first iteration, with the model's own parameters.
    member _.Begin() = loop.Begin(model.ToArray(), Pool [||])
    /// One iteration (a batch), validated where an epoch ends; null when a number is not finite.
    member _.Advance(training: Training) = loop.Advance training

    /// Iterates until the task is done, the patience is at its end, the token is cancelled or the training diverges; `progress`
    /// hears of each epoch, `checkpoint` is called every `every` iterations. The rest of a training stopped at any iteration is
    /// what it would have been, to the last bit.
    member _.Run
        (
            training: Training,
            progress: IProgress<ModelReport> | null,
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
                    if training.Iteration % batches = 0 then
                        progress.Report(report training)

                if every > 0 && training.Iteration % every = 0 then
                    checkpoint.Invoke training
        )

    /// The result of a training.
    member _.Result(training: Training, ending: TrainingEnd) : ModelTraining =
        let report = report training

        { Model = model.WithParameters(ReadOnlySpan training.Best)
          End = ending
          Epochs = report.Epoch
          // Of a training that diverged right after an epoch, the epoch before is kept.
          BestEpoch =
            if isNull validation && ending = TrainingEnd.Diverged && training.Iteration % batches = 0 then
                max 0 (report.Epoch - 1)
            else
                report.BestEpoch
          Loss = report.Loss
          ValidationLoss = if isNull validation then nan else training.BestLoss }

    /// All of it, from the beginning.
    member trainer.Run(progress: IProgress<ModelReport> | null, cancellation: CancellationToken) =
        let struct (training, ending) = trainer.Run(trainer.Begin(), progress, cancellation, 0, ignore)
        trainer.Result(training, ending)

    /// Gives the native memory back.
    member _.Dispose() =
        match runs with
        | Some struct (trainingRun, run) ->
            if not (Object.ReferenceEquals(run, trainingRun)) then
                (trainingRun :> IDisposable).Dispose()

            (run :> IDisposable).Dispose()
        | None -> ()

        (layers :> IDisposable).Dispose()

    interface IDisposable with
        member trainer.Dispose() = trainer.Dispose()
