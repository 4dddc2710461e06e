namespace GaryMesh

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.Globalization
open System.IO
open System.Runtime.InteropServices
open System.Security.Cryptography
open System.Text
open System.Text.RegularExpressions
open GaryMesh.Arrays

/// What a training is a training of, as name and text: equal settings are equal texts.
module private Settings =
    let private text (value: float) = value.ToString("R", CultureInfo.InvariantCulture)

    let digest (parts: byte[] seq) =
        use hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256

        for part in parts do
            hash.AppendData(BitConverter.GetBytes part.Length)
            hash.AppendData part

        Convert.ToHexStringLower(ReadOnlySpan(hash.GetHashAndReset(), 0, 8))

    let private floats (values: float seq) = MemoryMarshal.AsBytes(ReadOnlySpan(Array.ofSeq values)).ToArray()
    let private ints (values: int seq) = MemoryMarshal.AsBytes(ReadOnlySpan(Array.ofSeq values)).ToArray()

    /// Edges, and their weights under the perception, which are all that a training sees of a graph.
    let private edges (automaton: Automaton) (graph: Graph) =
        let struct (edgeWeights, selfWeights) =
            Stencil(automaton.Perception, graph, automaton.Spacing).WeighAll()

        digest [ ints graph.RowStart; ints graph.Neighbours; floats edgeWeights; floats selfWeights ]

    /// A loss is a function, so its value and derivative at a noise state stand for it, and the steps that it sees.
    let private loss (automaton: Automaton) (graph: Graph) (loss: Loss) =
        let shape, steps = automaton.Rule.Shape, automaton.MaxSteps
        let state = Start.Noise(1.0f).On(graph, shape.Channels, 0x10555UL)
        let context = { LossContext.After graph with Step = steps; Steps = steps }
        let value = loss.Evaluate(state, State.Zeros(graph.Cells, shape.Auxiliary), context)

        let sees =
            [ for steps in automaton.MinSteps .. automaton.MaxSteps do
                  for step in 1..steps -> if loss.Sees(step, steps) then 1 else 0 ]

        digest [ floats [ value.Value ]; floats (value.Adjoint.ToArray() |> Array.map float); ints sees ]

    let list (values: string seq) = "[" + String.Join(", ", values) + "]"

    /// In an order in which what comes first must agree for the rest to make sense: a loss may not fit another graph.
    let of' (automaton: Automaton) (graph: Graph) (task: TrainingTask) =
        let adam, shape = task.Optimiser, automaton.Rule.Shape

        seq {
            "perception", list (automaton.Perception.Operators |> Seq.map _.Text)
            "rule", $"{shape.Text} ({shape.Inputs} inputs)"
            "fire rate", text automaton.FireRate
            "time step", text automaton.TimeStep
            "gate", GateText.write automaton.Gate
            "start", automaton.Start.Text
            "steps", $"{automaton.MinSteps} to {automaton.MaxSteps}"
            "graph", $"{graph.Name} ({graph.Cells} cells, {graph.Edges} edges)"
            "middle", string<int> graph.Middle
            "edges", edges automaton graph
            "loss", $"{task.Loss.Name} ({loss automaton graph task.Loss})"
            "learning rate", text adam.LearningRate
            "betas", list [ text adam.Beta1; text adam.Beta2 ]
            "epsilon", text adam.Epsilon
            "milestones", list (adam.Schedule.Milestones |> Seq.map string<int>)
            "decay", text adam.Schedule.Factor
            "normalised gradients", (if adam.Normalise then "yes" else "no")
            "weight decay", text adam.WeightDecay
            "batch", string<int> task.Batch
            "seed", string<uint64> task.Seed
            "pool", string<int> task.PoolSize
            "reseed every", string<int> task.ReseedEvery
            "validation every", string<int> task.ValidationEvery
            "validation rollouts", string<int> task.ValidationRollouts
            "validation lengths", list (task.ValidationLengths |> Seq.map string<int>)

            // What version 1 did not have is named where it is not what version 1 did.
            if automaton.Bound < infinityf then
                "bound", text (float automaton.Bound)

            match automaton.Perception.Lift with
            | null -> ()
            | lift -> "lift", lift.Name

            if adam.Schedule.WarmUp > 0 || adam.Schedule.Until > 0 then
                "warm-up", string<int> adam.Schedule.WarmUp
                "cosine", $"to {text adam.Schedule.Final} at {adam.Schedule.Until}"

            if not adam.Decaying.IsEmpty then
                "decaying", list (adam.Decaying |> Seq.map string)

            match task.Hook with
            | null -> ()
            | hook -> "hook", hook.Name

            if task.WarmUp.Iterations > 0 then
                let warmUp = task.WarmUp
                "rollout warm-up", $"{warmUp.MinSteps} to {warmUp.MaxSteps} steps over {warmUp.Iterations} iterations"

            if task.MinTimeStep <> 1.0 || task.MaxTimeStep <> 1.0 then
                "time steps", $"{text task.MinTimeStep} to {text task.MaxTimeStep} times the automaton's"

            if task.MaxFireRate <> 0.0 then
                "fire rates", $"{text task.MinFireRate} to {text task.MaxFireRate}"

            if task.Clip <> Clip.None then
                "clip", $"{text task.Clip.Global} in all, {text task.Clip.PerTensor} a part"

            if task.WeightAveraging > 0.0 then
                "weight averaging", text task.WeightAveraging

            if task.Patience > 0 then
                "patience", string<int> task.Patience
        }

    /// The model's own parameters do not matter; its shape and scaling are digested with the edges' weights.
    let ofModel (trainer: ModelTrainer) =
        let task, model = trainer.Task, trainer.Model

        let struct (graph, name) =
            match trainer.Graph with
            | null ->
                let struct (union, _, _) = trainer.Training.Union [| 0 .. trainer.Training.Rows - 1 |]
                struct (union, $"each row's own, {trainer.Training.Rows} in all")
            | graph -> struct (graph, graph.Name)

        let bytes (values: float32[]) = MemoryMarshal.AsBytes(ReadOnlySpan values).ToArray()

        let shape =
            use stream = new MemoryStream()
            ModelFile.Write(stream, model.WithParameters(ReadOnlySpan(Array.zeroCreate model.ParameterCount)), null)
            digest [ stream.ToArray() ]

        let data (data: ModelData) =
            let parts =
                [ bytes data.Features
                  bytes data.Labels
                  bytes data.Weights

                  match data.Links with
                  | null -> ()
                  | links ->
                      ints (links.Sources.ToArray())
                      ints (links.Targets.ToArray())

                  for graph in data.Graphs do
                      ints graph.RowStart
                      ints graph.Neighbours
                      floats graph.Weights ]

            $"{data.Rows} rows ({digest parts})"

        seq {
            "model", $"{model.Shape.RuleShape.Text} and {model.Shape.Head.Text} ({shape})"
            "graph", $"{name} ({graph.Cells} cells, {graph.Edges} edges)"
            "edges", edges model.Automaton graph
            "training data", data trainer.Training

            "validation data",
            (match trainer.Validation with
             | null -> "none"
             | given -> data given)

            "batch", string<int> task.Batch
            "learning rate", text task.LearningRate

            "schedule",
            (if task.Schedule = RateSchedule.Cosine then
                 $"cosine over {task.Epochs} epochs"
             else
                 "constant")

            "weight decay", text task.WeightDecay
            "L2 penalty", text task.L2
            "maximum gradient norm", text task.MaxGradientNorm
            "dropout", list (List.map text [ task.FeatureDropout; task.HiddenDropout; task.StateDropout ])
            "missing rate", text task.MissingRate
            "training fire rate", text task.TrainingFireRate
            "shift augmentation", string<int> task.ShiftAugmentation
            "weight averaging", text task.WeightAveraging
            "patience", string<int> task.Patience
            "rule learning rate factor", text task.RuleLearningRateFactor
            "readout learning rate factor", text task.ReadoutLearningRateFactor
            "seed", string<uint64> task.Seed
        }

    /// The pictures are digested whole; the automaton's own parameters do not matter.
    let ofDigits (trainer: DigitsTrainer) =
        let automaton, settings = trainer.Automaton, trainer.Settings

        let data (digits: Digits) =
            let ink = Array.init digits.Count (fun i -> MemoryMarshal.AsBytes(ReadOnlySpan(digits.Ink i)).ToArray())
            let labels = ints [ for i in 0 .. digits.Count - 1 -> digits.Label i ]
            $"{digits.Count} pictures of {digits.Height} x {digits.Width} ({digest (Seq.append ink [ labels ])})"

        seq {
            "perception", list (automaton.Perception.Operators |> Seq.map _.Text)
            "rule", $"{automaton.Rule.Shape.Text} ({automaton.Rule.Shape.Inputs} inputs)"
            "fire rate", text automaton.FireRate
            "keep", text automaton.Keep
            "bound", text (float automaton.Bound)
            "steps", $"{automaton.MinSteps} to {automaton.MaxSteps}"
            "training data", data trainer.Digits

            "validation data",
            (match trainer.Held with
             | null -> "none"
             | held -> data held)

            "batch", string<int> settings.Batch
            "batches", string<int> settings.Batches
            "exchange", text settings.Exchange
            "fresh", text settings.Fresh
            "warp", text settings.Warp
            "steps that count", string<int> settings.Counted
            "learning rate", text settings.LearningRate
            "cosine", $"over {settings.Iterations} iterations"
            "validation", $"every {settings.ValidationEvery}, after {settings.ValidationSteps} steps"
            "seed", string<uint64> settings.Seed
        }

module private Checkpoint =
    [<Literal>]
    let Kind = "gary-mesh training"

    [<Literal>]
    let Version = 2

    /// The sizes of a pool and its states.
    [<Struct>]
    type PoolSize = { States: int; Cells: int; Channels: int }

    let write struct (settings: (string * string) seq, _: int, pool: PoolSize) (training: Training) =
        let settings = Array.ofSeq settings
        let validated = training.ValidationLosses

        ArchiveWriter(Kind, Version)
            .Texts("settings", settings |> Array.collect (fun (name, text) -> [| name; text |]), settings.Length, 2)
            .Int("iteration", training.Iteration)
            .Floats("rule", training.Parameters)
            .Floats("average", training.Average)
            .Floats("best", training.Best)
            .Double("best_loss", training.BestLoss)
            .Doubles("first_moment", training.Moments.First)
            .Doubles("second_moment", training.Moments.Second)
            .Int("moment_steps", training.Moments.Steps)
            .Floats(
                "pool",
                training.Pool.States.ToArray() |> Array.collect _.ToArray(),
                pool.States,
                pool.Cells,
                pool.Channels
            )
            .Doubles("pool_losses", training.Pool.Losses.ToArray())
            .Doubles("losses", Seq.toArray training.Losses)
            .Ints("validation_iterations", [| for struct (iteration, _) in validated -> iteration |])
            .Doubles("validation_losses", [| for struct (_, loss) in validated -> loss |])

    /// What a setting or an entry is called in a version.
    let private nameIn version name =
        match version, name with
        | 1, "reseed every" -> "fresh every"
        | 1, "validation every" -> "judge every"
        | 1, "validation rollouts" -> "judge rollouts"
        | 1, "validation lengths" -> "judge lengths"
        | 1, "validation_iterations" -> "judged_iterations"
        | 1, "validation_losses" -> "judged_losses"
        | _ -> name

    /// A setting as version 2 spells it.
    let private mended version name text =
        match version, name with
        | 1, "perception" -> Regex.Replace(WholeNumber.mend text, @"(?<![\w-])share(?![\w-])", "random-walk")
        | _ -> WholeNumber.mend text

    /// Refuses a file of other settings; `setting` in the refusal's data is the name of the first.
    let private compare (file: ArchiveReader) version (here: (string * string) seq) =
        let refuse name there here =
            let refusal = file.Refusal $"the training in the file has {there}, but the one to be resumed has {here}"

            refusal.Data["setting"] <- name
            raise refusal

        let there = file.Texts("settings", -1, 2) |> Array.chunkBySize 2
        let isThere name = there |> Array.exists (fun entry -> entry[0] = name)

        /// Some settings stand only where they are not as usual.
        let none (entry: string[]) = refuse entry[0] $"the {Foreign.shown entry[0]} {Foreign.shown entry[1]}" "none"

        let mutable count = 0

        for name, text in here do
            let named = nameIn version name

            if count >= there.Length || there[count][0] <> named then
                if count < there.Length && isThere named then
                    none there[count]
                else
                    refuse name $"no {name}" $"the {name} {text}"

            let found = there[count][1]

            if mended version name found <> text then
                refuse name $"the {name} {Foreign.shown found}" text

            count <- count + 1

        if count < there.Length then
            none there[count]

    /// Refuses numbers that no training has.
    let private sound (file: ArchiveReader) version (training: Training) =
        let each entry what (fits: float -> bool) (values: float seq) =
            match values |> Seq.tryFindIndex (fits >> not) with
            | Some at -> file.Bad $"every number of '{entry}' must be {what}, but number {at} is {Seq.item at values}"
            | None -> ()

        each "losses" "finite" Double.IsFinite training.Losses
        each "first_moment" "finite" Double.IsFinite training.Moments.First
        each "second_moment" "finite and not negative" (fun m -> m >= 0.0 && Double.IsFinite m) training.Moments.Second

        if training.Moments.Steps <> training.Iteration then
            file.Bad $"'moment_steps' must be the iteration, {training.Iteration}, but is {training.Moments.Steps}"

        let iterations, losses = nameIn version "validation_iterations", nameIn version "validation_losses"
        let mutable before, best = 0, Double.PositiveInfinity

        for struct (iteration, loss) in training.ValidationLosses do
            if iteration <= before || iteration > training.Iteration then
                file.Bad
                    $"'{iterations}' must rise within 1 to {training.Iteration}, but {iteration} follows on {before}"

            before <- iteration

            if loss < best then
                best <- loss

        if training.BestLoss <> best then
            file.Bad $"'best_loss' must be the minimum of '{losses}', {best}, but is {training.BestLoss}"

    let read (file: ArchiveReader) struct (settings: (string * string) seq, count: int, size: PoolSize) : Training =
        let version = file.Version(Kind, 1, Version)
        compare file version settings
        let iteration = file.Int "iteration"

        if iteration < 0 then
            file.Bad $"'iteration' must not be negative, but is {iteration}"

        let pool = file.Floats("pool", size.States, size.Cells, size.Channels)
        let length = size.Cells * size.Channels

        let states =
            Array.init size.States (fun i -> State(size.Cells, size.Channels, ReadOnlySpan(pool, i * length, length)))

        let validated = file.Ints(nameIn version "validation_iterations")

        let training =
            { Iteration = iteration
              Parameters = file.Floats("rule", count)
              Moments =
                { First = file.Doubles("first_moment", count)
                  Second = file.Doubles("second_moment", count)
                  Steps = file.Int "moment_steps" }
              Average = file.Floats((if version = 1 then "rule" else "average"), count)
              Pool =
                if version = 1 then
                    Pool states
                else
                    Pool(states, file.Doubles("pool_losses", size.States))
              Best = file.Floats("best", count)
              BestLoss = file.Double "best_loss"
              Losses = ImmutableList.CreateRange(file.Doubles("losses", iteration))
              Parts = ImmutableArray.Empty
              ValidationLosses =
                (validated, file.Doubles(nameIn version "validation_losses", validated.Length))
                ||> Seq.map2 (fun iteration loss -> struct (iteration, loss))
                |> ImmutableList.CreateRange }

        sound file version training
        file.CheckAllRead "the training"
        training

    /// Settings, parameters and pool of a rule's training.
    let ofRule (automaton: Automaton) (graph: Graph) (task: TrainingTask) =
        let shape = automaton.Rule.Shape
        let size = { States = task.PoolSize; Cells = graph.Cells; Channels = shape.Channels }
        struct (Settings.of' automaton graph task, shape.ParameterCount, size)

    let noPool = { States = 0; Cells = 1; Channels = 1 }

    let ofModel (trainer: ModelTrainer) = struct (Settings.ofModel trainer, trainer.Model.ParameterCount, noPool)

    let ofDigits (trainer: DigitsTrainer) =
        let shape, digits, settings = trainer.Automaton.Rule.Shape, trainer.Digits, trainer.Settings

        let size =
            { States = settings.Batch * settings.Batches
              Cells = digits.Height * digits.Width
              Channels = shape.Channels }

        struct (Settings.ofDigits trainer, shape.ParameterCount, size)

    let ofAny (settings: struct (string * string) seq) (parameters: int) =
        struct (settings |> Seq.map (fun (struct (name, text)) -> name, text), parameters, noPool)

[<AbstractClass; Sealed>]
type TrainingFile =

    static member Write(stream: Stream, automaton: Automaton, graph: Graph, task: TrainingTask, training: Training) =
        (Checkpoint.write (Checkpoint.ofRule automaton graph task) training).Write stream

    static member Write(path: string, automaton: Automaton, graph: Graph, task: TrainingTask, training: Training) =
        (Checkpoint.write (Checkpoint.ofRule automaton graph task) training).Write path

    static member Write(stream: Stream, trainer: ModelTrainer, training: Training) =
        (Checkpoint.write (Checkpoint.ofModel trainer) training).Write stream

    static member Write(path: string, trainer: ModelTrainer, training: Training) =
        (Checkpoint.write (Checkpoint.ofModel trainer) training).Write path

    static member Read(path: string, automaton: Automaton, graph: Graph, task: TrainingTask) : Training =
        Checkpoint.read (ArchiveReader.Open path) (Checkpoint.ofRule automaton graph task)

    static member Read
        (stream: Stream, name: string, automaton: Automaton, graph: Graph, task: TrainingTask)
        : Training =
        Checkpoint.read (ArchiveReader.Open(stream, name)) (Checkpoint.ofRule automaton graph task)

    static member Read(path: string, trainer: ModelTrainer) : Training =
        Checkpoint.read (ArchiveReader.Open path) (Checkpoint.ofModel trainer)

    static member Read(stream: Stream, name: string, trainer: ModelTrainer) : Training =
        Checkpoint.read (ArchiveReader.Open(stream, name)) (Checkpoint.ofModel trainer)

    static member Write(path: string, trainer: DigitsTrainer, training: Training) =
        (Checkpoint.write (Checkpoint.ofDigits trainer) training).Write path

    static member Read(path: string, trainer: DigitsTrainer) : Training =
        Checkpoint.read (ArchiveReader.Open path) (Checkpoint.ofDigits trainer)

    static member Digest(data: ReadOnlySpan<byte>) = Settings.digest [ data.ToArray() ]

    static member Write(path: string, settings: struct (string * string) seq, training: Training) =
        if training.Pool.Count > 0 then
            Guard.refuse
                $"A training described by its settings alone keeps no pool, but has one of {training.Pool.Count}."

        (Checkpoint.write (Checkpoint.ofAny settings training.Parameters.Length) training).Write path

    static member Read(path: string, settings: struct (string * string) seq, parameters: int) : Training =
        Checkpoint.read (ArchiveReader.Open path) (Checkpoint.ofAny settings parameters)

[<AbstractClass; Sealed>]
type TrainingCurve =

    static member Write(stream: Stream, training: Training) =
        let invariant = CultureInfo.InvariantCulture
        use writer = new StreamWriter(stream, UTF8Encoding false, -1, true)
        let validated = Dictionary<int, float>()

        for struct (iteration, loss) in training.ValidationLosses do
            validated[iteration] <- loss

        writer.Write "iteration,loss,validation_loss\n"

        training.Losses
        |> Seq.iteri (fun i loss ->
            let iteration = i + 1
            let loss = loss.ToString("R", invariant)

            let validation =
                match validated.TryGetValue iteration with
                | true, loss -> loss.ToString("R", invariant)
                | _ -> ""

            writer.Write $"{iteration},{loss},{validation}\n")

    static member Write(path: string, training: Training) =
        SafeFile.Write(path, fun stream -> TrainingCurve.Write(stream, training))
