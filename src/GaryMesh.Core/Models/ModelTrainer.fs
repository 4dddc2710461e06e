namespace GaryMesh

open System
open System.Threading
open GaryMesh.Models

type RateSchedule =
    | Constant = 0
    | Cosine = 1

[<NoComparison; ReferenceEquality>]
type ModelTask =
    { Epochs: int
      Batch: int
      LearningRate: float
      Schedule: RateSchedule
      WeightDecay: float
      Penalty: float
      Clip: float
      FeatureDropout: float
      HiddenDropout: float
      StateDropout: float
      MissingRate: float
      FireRate: float
      Shift: int
      Averaging: float
      Patience: int
      RuleRate: float
      Seed: uint64 }

    static member Default =
        { Epochs = 50
          Batch = 32
          LearningRate = 3e-3
          Schedule = RateSchedule.Cosine
          WeightDecay = 0.0
          Penalty = 0.0
          Clip = 1.0
          FeatureDropout = 0.0
          HiddenDropout = 0.0
          StateDropout = 0.0
          MissingRate = 0.0
          FireRate = 1.0
          Shift = 0
          Averaging = 0.0
          Patience = 0
          RuleRate = 1.0
          Seed = 0UL }

    member task.WithEpochs(epochs: int) = { task with Epochs = epochs }
    member task.WithBatch(rows: int) = { task with Batch = rows }

    member task.WithLearningRate(rate: float, schedule: RateSchedule) =
        { task with LearningRate = rate; Schedule = schedule }

    member task.WithDecay(weightDecay: float, penalty: float) =
        { task with WeightDecay = weightDecay; Penalty = penalty }

    member task.WithClip(length: float) = { task with Clip = length }

    member task.WithDropout(features: float, hidden: float, states: float) =
        { task with
            FeatureDropout = features
            HiddenDropout = hidden
            StateDropout = states }

    member task.WithMissingRate(rate: float) = { task with MissingRate = rate }
    member task.WithFireRate(rate: float) = { task with FireRate = rate }
    member task.WithShift(cells: int) = { task with Shift = cells }
    member task.WithAveraging(share: float) = { task with Averaging = share }
    member task.WithPatience(epochs: int) = { task with Patience = epochs }
    member task.WithRuleRate(share: float) = { task with RuleRate = share }
    member task.WithSeed(seed: uint64) = { task with Seed = seed }

    member task.Check() =
        Guard.positive "The number of epochs" task.Epochs
        Guard.positive "The batch" task.Batch
        Guard.notNegative "The shift" task.Shift
        Guard.notNegative "The patience" task.Patience

        if not (task.LearningRate > 0.0 && Double.IsFinite task.LearningRate) then
            Guard.outOfRange "learningRate" $"The learning rate must be above 0, but is {task.LearningRate}."

        for name, value in
            [ "The weight decay", task.WeightDecay
              "The penalty", task.Penalty
              "The rule's share of the learning rate", task.RuleRate
              "The longest gradient", task.Clip ] do
            if not (value >= 0.0 && Double.IsFinite value) then
                Guard.outOfRange name $"{name} must not be negative, but is {value}."

        for name, value in
            [ "The dropout of features", task.FeatureDropout
              "The dropout of hidden units", task.HiddenDropout
              "The dropout of states", task.StateDropout
              "The share of missing values", task.MissingRate
              "The averaging", task.Averaging ] do
            if not (value >= 0.0 && value < 1.0) then
                Guard.outOfRange name $"{name} must lie in 0 .. 1 (1 excluded), but is {value}."

        if not (task.FireRate > 0.0 && task.FireRate <= 1.0) then
            Guard.outOfRange "fireRate" $"The fire rate must lie in 0 .. 1 (0 excluded), but is {task.FireRate}."

[<NoComparison; ReferenceEquality>]
type ModelReport =
    { Epoch: int
      Epochs: int
      Loss: float
      Validation: float
      BestEpoch: int
      LearningRate: float }

type ModelEnd =
    | Finished = 0
    | Stopped = 1
    | Cancelled = 2
    | Diverged = 3

[<NoComparison; ReferenceEquality>]
type ModelTraining =
    { Model: Model
      End: ModelEnd
      Epochs: int
      BestEpoch: int
      Loss: float
      Validation: float }

/// The streams of randomness that a training draws from; each is a part of the seed's key.
module private ModelStream =
    [<Literal>]
    let Order = 1

    [<Literal>]
    let Noise = 2

    [<Literal>]
    let Firing = 3

[<Sealed>]
type ModelTrainer
    (
        model: Model,
        graph: Graph,
        task: ModelTask,
        training: ModelData,
        validation: ModelData | null,
        options: EngineOptions
    ) =
    let shape, scaling, cells = model.Shape, model.Scaling, graph.Cells

    do
        task.Check()
        training.Check(shape, cells)

        match validation with
        | null -> ()
        | validation -> validation.Check(shape, cells)

        if task.MissingRate > 0.0 && not shape.Missing then
            Guard.refuse
                $"A share of {task.MissingRate} of the values is to count as missing, but the model takes no missing values."

    let counts (data: ModelData) =
        let width = shape.Head.LabelWidth shape.Outputs

        data.Labels
        |> Seq.mapi (fun i label ->
            not (Single.IsNaN label) && (data.Weights.Length = 0 || data.Weights[i / width] > 0.0f))
        |> Seq.exists id

    do
        if not (counts training) then
            Guard.refuse
                "No label of the training data counts: each is NaN or has the weight 0, but at least one must not be."

        match validation with
        | null -> ()
        | validation ->
            if not (counts validation) then
                Guard.refuse
                    "No label of the validation data counts: each is NaN or has the weight 0, but at least one must not be."

    /// All cells fire in judgement; in training fewer may.
    let run = new ModelRun(shape, scaling, graph, model.Automaton, options)

    let trainingRun =
        if task.FireRate < 1.0 then
            let timeStep = shape.TimeStep / task.FireRate
            let automaton = model.Automaton.WithFireRate(task.FireRate).WithTimeStep(timeStep)
            new ModelRun(shape, scaling, graph, automaton, options)
        else
            run

    do
        trainingRun.Prepare training

        match validation with
        | null -> ()
        | validation -> run.Prepare validation

    let views = shape.Views
    let stream purpose part = Counter.key task.Seed [ purpose; part ]
    let isMatrix (view: ParameterView) = view.Name.EndsWith("weight", StringComparison.Ordinal)
    let isRule (view: ParameterView) = view.Name.StartsWith("fc", StringComparison.Ordinal)
    let learning = views |> Seq.filter (fun view -> task.RuleRate > 0.0 || not (isRule view)) |> Array.ofSeq

    let penalised =
        views |> Seq.filter (fun view -> isMatrix view && view.Name.StartsWith "encoder") |> Seq.truncate 1

    let noiseOf iteration =
        { Key = stream ModelStream.Noise iteration
          FeatureDropout = task.FeatureDropout
          HiddenDropout = task.HiddenDropout
          StateDropout = task.StateDropout
          MissingRate = task.MissingRate
          Shift = task.Shift }

    let judging (row: int) = if shape.FireRate < 1.0 then Firing.Seeded(0UL, 0) else Firing.All

    let gradient (parameters: float32[]) (rows: int[]) iteration =
        trainingRun.Load parameters

        let firing sample =
            if task.FireRate < 1.0 || shape.FireRate < 1.0 then
                Firing.Seeded(stream ModelStream.Firing iteration, sample)
            else
                Firing.All

        let outputs = trainingRun.Forward(training, rows, noiseOf iteration, firing, true)

        let struct (loss, total, adjoint) =
            Judgement.of' shape scaling cells training rows trainingRun.Bases outputs

        let sums = Array.zeroCreate<float32> parameters.Length
        trainingRun.Backward(adjoint, sums)
        let derivatives = Array.map float sums
        let mutable penalty = 0.0

        if task.Penalty > 0.0 then
            for view in penalised do
                for i in view.Offset .. view.Offset + view.Length - 1 do
                    let parameter = float parameters[i]
                    penalty <- penalty + 0.5 * task.Penalty * parameter * parameter
                    derivatives[i] <- derivatives[i] + task.Penalty * parameter

        struct (loss / max total 1e-30 + penalty, derivatives)

    let judge (parameters: float32[]) (data: ModelData) =
        run.Load parameters
        let mutable loss, total = 0.0, 0.0

        for rows in [| 0 .. data.Rows - 1 |] |> Array.chunkBySize (max task.Batch (1 + 8192 / cells)) do
            let outputs = run.Forward(data, rows, Noise.None, judging, false)
            let struct (sum, weight, _) = Judgement.of' shape scaling cells data rows run.Bases outputs
            loss <- loss + sum
            total <- total + weight

        loss / max total 1e-30

    let clip (derivatives: float[]) =
        if task.Clip > 0.0 then
            let mutable squares = 0.0

            for view in learning do
                for i in view.Offset .. view.Offset + view.Length - 1 do
                    squares <- squares + derivatives[i] * derivatives[i]

            let length = sqrt squares

            if length > task.Clip then
                for i in 0 .. derivatives.Length - 1 do
                    derivatives[i] <- derivatives[i] * task.Clip / length

    /// The rows of an epoch, in an order of its own.
    let order epoch =
        let key = stream ModelStream.Order epoch
        let rows = Array.init training.Rows id

        for i in training.Rows - 1 .. -1 .. 1 do
            let other = Counter.below (i + 1) key (int64 i)
            let kept = rows[i]
            rows[i] <- rows[other]
            rows[other] <- kept

        rows

    let batches = (training.Rows + task.Batch - 1) / task.Batch

    let rateAt iteration =
        match task.Schedule with
        | RateSchedule.Cosine ->
            let share = float iteration / float (task.Epochs * batches)
            task.LearningRate * 0.5 * (1.0 + cos (Math.PI * share))
        | _ -> task.LearningRate

    let step (parameters: float32[]) (moments: AdamMoments) (derivatives: float[]) rate =
        let shrunk = Array.copy parameters

        if task.WeightDecay > 0.0 then
            for view in learning |> Array.filter isMatrix do
                for i in view.Offset .. view.Offset + view.Length - 1 do
                    shrunk[i] <- shrunk[i] * float32 (1.0 - rate * task.WeightDecay)

        let struct (next, after) =
            Adam.Of(rate).WithNormalise(false).Step(moments, learning, shrunk, derivatives)

        // Adam's step is proportional to its rate, so a share of the rate is a share of the step.
        if task.RuleRate <> 1.0 then
            for view in learning |> Array.filter isRule do
                for i in view.Offset .. view.Offset + view.Length - 1 do
                    next[i] <- parameters[i] + float32 task.RuleRate * (next[i] - parameters[i])

        struct (next, after)

    /// A running mean that begins with the first steps' own.
    let average (mean: float32[]) (next: float32[]) iteration =
        let share = min task.Averaging ((1.0 + float iteration) / (10.0 + float iteration)) |> float32

        for i in 0 .. mean.Length - 1 do
            mean[i] <- share * mean[i] + (1.0f - share) * next[i]

    member _.Task = task
    member _.Gradient(parameters: float32[], rows: int[], iteration: int) = gradient parameters rows iteration

    member _.Judge(parameters: float32[], data: ModelData) =
        data.Check(shape, cells)
        judge parameters data

    member _.Run(progress: IProgress<ModelReport> | null, cancellation: CancellationToken) : ModelTraining =
        let mutable parameters = model.ToArray()
        let mutable moments = AdamMoments.Zero parameters.Length
        let mean = model.ToArray()
        let mutable best = model.ToArray()
        let mutable bestLoss, bestEpoch = Double.PositiveInfinity, 0
        let mutable ending = ModelEnd.Finished
        let mutable epoch, iteration = 0, 0
        let mutable lastLoss, lastValidation = nan, nan
        let mutable running = true

        while running do
            let mutable losses = 0.0

            for rows in order epoch |> Array.chunkBySize task.Batch do
                if running then
                    if cancellation.IsCancellationRequested then
                        ending <- ModelEnd.Cancelled
                        running <- false
                    else
                        let struct (loss, derivatives) = gradient parameters rows iteration

                        if not (Double.IsFinite loss && Array.forall Double.IsFinite derivatives) then
                            ending <- ModelEnd.Diverged
                            running <- false
                        else
                            clip derivatives
                            let struct (next, after) = step parameters moments derivatives (rateAt iteration)
                            parameters <- next
                            moments <- after
                            iteration <- iteration + 1
                            losses <- losses + loss / float batches

                            if task.Averaging > 0.0 then
                                average mean next iteration
                            else
                                Array.Copy(next, mean, next.Length)

            if running then
                epoch <- epoch + 1
                lastLoss <- losses

                if Array.forall Single.IsFinite mean then
                    match validation with
                    | null ->
                        best <- Array.copy mean
                        bestEpoch <- epoch
                    | validation ->
                        lastValidation <- judge mean validation

                        if lastValidation < bestLoss then
                            best <- Array.copy mean
                            bestLoss <- lastValidation
                            bestEpoch <- epoch
                else
                    ending <- ModelEnd.Diverged
                    running <- false

                match progress with
                | null -> ()
                | progress ->
                    progress.Report
                        { Epoch = epoch
                          Epochs = task.Epochs
                          Loss = lastLoss
                          Validation = lastValidation
                          BestEpoch = bestEpoch
                          LearningRate = rateAt (max 0 (iteration - 1)) }

                if running && epoch = task.Epochs then
                    running <- false
                elif running && task.Patience > 0 && epoch - bestEpoch >= task.Patience then
                    ending <- ModelEnd.Stopped
                    running <- false

        { Model = model.WithParameters(ReadOnlySpan best)
          End = ending
          Epochs = epoch
          BestEpoch = bestEpoch
          Loss = lastLoss
          Validation = if isNull validation then nan else bestLoss }

    interface IDisposable with
        member _.Dispose() =
            if not (Object.ReferenceEquals(run, trainingRun)) then
                (trainingRun :> IDisposable).Dispose()

            (run :> IDisposable).Dispose()
