namespace GaryMesh

open System
open System.Collections.Immutable
open System.Threading
open System.Threading.Tasks

/// Trains cells to name the digit that they are a part of: each iteration runs on a graph of its own, the ink of its pictures.
///
/// A state is kept for each of a number of slots, whose batches take turns. Which digit a slot is shown follows from the seed and the iteration
/// alone; where it is exchanged for another, cells that have ink in both keep their state, and the others start from zeros.
[<Sealed>]
type DigitsTrainer
    /// <summary>A trainer of an automaton on pictures.</summary>
    /// <param name="automaton">An automaton of `DigitsRecipe.Automaton`.</param>
    /// <param name="digits">The pictures to learn from.</param>
    /// <param name="held">Pictures that validate the rule, or null to keep the latest.</param>
    /// <param name="settings">How it is trained.</param>
    /// <param name="options">The engine's options.</param>
    /// <exception cref="T:System.ArgumentException">A setting is out of range, the automaton does not fit, or there are no pictures.</exception>
    (automaton: Automaton, digits: Digits, held: Digits | null, settings: DigitsSettings, options: EngineOptions) =
    do
        settings.Check()
        DigitsRecipe.Check automaton

        if digits.Count = 0 then
            Guard.refuse $"There are {digits.Count} pictures to learn from."

        match held with
        | NonNull held when held.Height <> digits.Height || held.Width <> digits.Width ->
            Guard.refuse
                $"The pictures have {digits.Height} x {digits.Width} pixels, but those held out {held.Height} x {held.Width}."
        | _ -> ()

    let shape = automaton.Rule.Shape
    let threads = if options.Threads = 0 then Environment.ProcessorCount else options.Threads
    let key parts = Counter.key settings.Seed parts
    let ruleOf (parameters: float32[]) = Rule(shape, ReadOnlySpan parameters)

    /// Pictures that run as one graph; a batch is several, so that threads share it and each fits a core's cache.
    let together = 6

    /// The visit at which a slot began to be shown what it is shown now.
    let rec since slot visit =
        if visit = 0 || Counter.uniform (key [ 1; slot; visit ]) 0L < settings.Exchange then
            visit
        else
            since slot (visit - 1)

    /// Ink and label of what a slot is shown since a visit.
    let shown slot visit =
        let key = key [ 2; slot; visit ]
        let number = Counter.below digits.Count key 0L

        let ink =
            DigitsRecipe.Warp(digits.Height, digits.Width, digits.Ink number, settings.Warp, Counter.subkey key 1)

        struct (ink, digits.Label number)

    /// Runs some slots of an iteration forward and back; null where their pictures have no ink.
    let part
        (rule: Automaton)
        (training: Training)
        steps
        (slots: int[])
        : struct (InkSheet * Outcome * float[]) voption =
        let iteration = training.Iteration
        let visit = iteration / settings.Batches
        let began = slots |> Array.map (fun slot -> since slot visit)
        let pictures = Array.map2 shown slots began
        let inks = pictures |> Array.map (fun (struct (ink, _)) -> ink)

        if inks |> Array.forall (Array.forall (fun ink -> ink <= InkSheet.Threshold)) then
            ValueNone
        else
            let sheet = InkSheet.Of(digits.Height, digits.Width, inks)

            let starts =
                Array.map2
                    (fun slot began ->
                        if began = visit && Counter.uniform (key [ 3; slot; visit ]) 0L < settings.Fresh then
                            State.Zeros(digits.Height * digits.Width, shape.Channels)
                        else
                            training.Pool.States.Span[slot])
                    slots
                    began

            use prepared = new Prepared(rule, sheet.Graph, EngineOptions(Threads = 1, Lanes = options.Lanes))

            let rollout =
                (Rollout.Of(sheet.Gather starts, steps, Firing.Seeded(key [ 5; iteration ], slots[0])))
                    .WithInputs(Inputs.Constant sheet.Inks)

            let labels = pictures |> Array.map (fun (struct (_, label)) -> label)
            let loss = DigitsRecipe.Loss(sheet, labels).At(fun step steps -> step > steps - settings.Counted)
            let gradient = prepared.Gradient([| rollout |], loss)
            ValueSome(struct (sheet, gradient.Outcomes[0], gradient.Parameters))

    let gradient (training: Training) =
        let iteration = training.Iteration
        let first = iteration % settings.Batches * settings.Batch
        let parts = [| first .. first + settings.Batch - 1 |] |> Array.chunkBySize together
        let least, most = automaton.MinSteps, automaton.MaxSteps
        let steps = least + Counter.below (most - least + 1) (key [ 4; iteration ]) 0L
        let rule = automaton.WithRule(ruleOf training.Parameters)
        let found = Array.zeroCreate parts.Length

        Parallel.For(
            0,
            parts.Length,
            ParallelOptions(MaxDegreeOfParallelism = threads),
            fun i -> found[i] <- part rule training steps parts[i]
        )
        |> ignore

        let derivatives = Array.zeroCreate<float> shape.ParameterCount
        let mutable loss, pool = 0.0, training.Pool

        // In order, so that the sum does not depend on the threads; each picture counts as much as any other.
        for slots, found in Array.zip parts found do
            match found with
            | ValueNone -> ()
            | ValueSome(struct (sheet, outcome, gradient)) ->
                let share = float slots.Length / float settings.Batch / float (min steps settings.Counted)
                loss <- loss + share * outcome.Loss
                gradient |> Array.iteri (fun i d -> derivatives[i] <- derivatives[i] + share * d)
                pool <- pool.Update(slots, sheet.Scatter outcome.Final, Array.create slots.Length outcome.Loss)

        { Loss = loss
          Parts = ImmutableArray.Empty
          Derivatives = derivatives
          Pool = pool }

    let validate (held: Digits) (rule: Rule) =
        let scores =
            DigitsRecipe.Evaluate(automaton.WithRule rule, held, [| settings.ValidationSteps |], settings.Seed, options)

        1.0 - 0.5 * (scores[0].CellAccuracy + scores[0].Agreement)

    let validation: Func<float32[], float> | null =
        match held with
        | null -> null
        | held -> ruleOf >> validate held

    let optimiser =
        (Adam.Of settings.LearningRate).WithNormalise(true).WithSchedule(Schedule.Cosine(0, settings.Iterations, 0.02))

    let loop =
        TrainingLoop(
            { Parts = TrainedPart.All automaton.Rule.Views
              Gradient = gradient
              Validation = validation },
            { LoopSettings.Of(optimiser, settings.Iterations) with
                ValidationEvery = settings.ValidationEvery }
        )

    /// The automaton that is trained.
    member _.Automaton = automaton
    /// The pictures to learn from.
    member _.Digits = digits
    /// Those held out, or null.
    member _.Held = held
    /// How it is trained.
    member _.Settings = settings
    /// The latest rule of a training.
    member _.Rule(training: Training) = ruleOf training.Parameters
    /// The rule to keep of a training: the best so far, or its latest where that is better.
    member _.Best(training: Training) = ruleOf (loop.Best training)

    /// Before the first iteration, with the automaton's own rule.
    member _.Begin() =
        let zeros = State.Zeros(digits.Height * digits.Width, shape.Channels)
        loop.Begin(automaton.Rule.ToArray(), Pool(Array.create (settings.Batch * settings.Batches) zeros))

    /// One iteration, with the validation where it is due; null when a number is not finite.
    member _.Advance(training: Training) = loop.Advance training

    /// Iterates until the task is done, the token is cancelled or the training diverges; `progress` may be null, and `checkpoint` is called
    /// with the training every `every` iterations, 0 for never.
    member _.Run
        (
            training: Training,
            progress: IProgress<TrainingReport> | null,
            cancellation: CancellationToken,
            every: int,
            checkpoint: Action<Training>
        ) =
        loop.Run(training, progress, cancellation, every, checkpoint)
