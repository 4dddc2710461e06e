namespace GaryMesh

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.Globalization
open System.IO
open System.Runtime.InteropServices
open System.Security.Cryptography
open System.Text

/// What a training is a training of, as name and text: equal settings are equal texts.
module private Settings =
    let private text (value: float) = value.ToString("R", CultureInfo.InvariantCulture)

    let private digest (parts: byte[] seq) =
        use hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256

        for part in parts do
            hash.AppendData(BitConverter.GetBytes part.Length)
            hash.AppendData part

        Convert.ToHexStringLower(ReadOnlySpan(hash.GetHashAndReset(), 0, 8))

    let private floats (values: float seq) = MemoryMarshal.AsBytes(ReadOnlySpan(Array.ofSeq values)).ToArray()
    let private ints (values: int seq) = MemoryMarshal.AsBytes(ReadOnlySpan(Array.ofSeq values)).ToArray()

    /// Edges, and their weights under the perception, which are all that a training sees of a graph.
    let private edges (automaton: Automaton) (graph: Graph) =
        let struct (edgeWeights, selfWeights) = Stencil(automaton.Perception, graph).WeighAll()

        digest [ ints graph.RowStart; ints graph.Neighbours; floats edgeWeights; floats selfWeights ]

    /// A loss is a function, so what it says of a noise state stands for it, and which steps it looks at.
    let private loss (automaton: Automaton) (graph: Graph) (loss: Loss) =
        let shape, steps = automaton.Rule.Shape, automaton.MostSteps
        let state = Start.Noise(1.0f).On(graph, shape.Channels, 0x10555UL)
        let context = { LossContext.After graph with Step = steps; Steps = steps }
        let said = loss.Evaluate(state, State.Zeros(graph.Cells, shape.Auxiliary), context)

        let sees =
            [ for steps in automaton.LeastSteps .. automaton.MostSteps do
                  for step in 1..steps -> if loss.Sees(step, steps) then 1 else 0 ]

        digest [ floats [ said.Value ]; floats (said.Adjoint.ToArray() |> Array.map float); ints sees ]

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
            "steps", $"{automaton.LeastSteps} to {automaton.MostSteps}"
            "graph", $"{graph.Name} ({graph.Cells} cells, {graph.Edges} edges)"
            "middle", string<int> graph.Middle
            "edges", edges automaton graph
            "loss", $"{task.Loss.Name} ({loss automaton graph task.Loss})"
            "learning rate", text adam.LearningRate
            "betas", list [ text adam.Beta1; text adam.Beta2 ]
            "epsilon", text adam.Epsilon
            "milestones", list (adam.Milestones |> Seq.map string<int>)
            "decay", text adam.Decay
            "normalised gradients", (if adam.Normalise then "yes" else "no")
            "weight decay", text adam.WeightDecay
            "batch", string<int> task.Batch
            "seed", string<uint64> task.Seed
            "pool", string<int> task.PoolSize
            "fresh every", string<int> task.FreshEvery
            "judge every", string<int> task.JudgeEvery
            "judge rollouts", string<int> task.JudgeRollouts
            "judge lengths", list (task.JudgeLengths |> Seq.map string<int>)
        }

module private Checkpoint =
    [<Literal>]
    let Kind = "gary-mesh training"

    [<Literal>]
    let Version = 1

    let known =
        [ "format"
          "format_version"
          "settings"
          "iteration"
          "rule"
          "best"
          "best_loss"
          "first_moment"
          "second_moment"
          "moment_steps"
          "pool"
          "losses"
          "judged_iterations"
          "judged_losses" ]

    let entries (automaton: Automaton) (graph: Graph) (task: TrainingTask) (training: Training) =
        let settings = List.ofSeq (Settings.of' automaton graph task)
        let shape = automaton.Rule.Shape
        let int32 value = NpyArray.OfInt32([||], [| value |])
        let floats (values: float[]) = NpyArray.OfFloat64([| values.Length |], values)
        let parameters (rule: Rule) = NpyArray.OfFloat32([| rule.ParameterCount |], rule.ToArray())
        let poolShape = [| training.Pool.Length; graph.Cells; shape.Channels |]
        let judged = Array.ofSeq training.Judged

        [ "format", NpyArray.OfText Kind
          "format_version", int32 Version
          "settings",
          NpyArray.OfText(
              [| settings.Length; 2 |],
              [| for name, text in settings do
                     yield! [ name; text ] |]
          )
          "iteration", int32 training.Iteration
          "rule", parameters training.Rule
          "best", parameters training.Best
          "best_loss", NpyArray.OfFloat64([||], [| training.BestLoss |])
          "first_moment", floats training.Moments.First
          "second_moment", floats training.Moments.Second
          "moment_steps", int32 training.Moments.Steps
          "pool", NpyArray.OfFloat32(poolShape, training.Pool |> Array.collect _.ToArray())
          "losses", floats (Array.ofSeq training.Losses)
          "judged_iterations",
          NpyArray.OfInt32([| judged.Length |], judged |> Array.map (fun (struct (iteration, _)) -> iteration))
          "judged_losses", floats (judged |> Array.map (fun (struct (_, loss)) -> loss)) ]
        |> List.map KeyValuePair

    let private compare (entries: ArchiveReader) (here: (string * string) seq) =
        let there = entries.Texts("settings", [ -1; 2 ]) |> Array.chunkBySize 2
        let mutable count = 0

        for name, text in here do
            if count >= there.Length || there[count][0] <> name then
                entries.Bad $"setting {count} must be '{name}', but is missing"

            if WholeNumber.mend (there[count][1]) <> text then
                entries.Bad
                    $"the training in the file has the {name} {there[count][1]}, but the one to be resumed has {text}"

            count <- count + 1

        if count < there.Length then
            entries.Bad
                $"the setting '{there[count][0]}' is unknown, and the training may not go on the same without it"

    let read name arrays (automaton: Automaton) (graph: Graph) (task: TrainingTask) : Training =
        let entries = ArchiveReader(name, arrays)
        let version = entries.Version(Kind, Version)

        if version < Version then
            entries.Bad $"checkpoints of version {Version} are read, but this is version {version}"

        entries.Only("the training", known)
        compare entries (Settings.of' automaton graph task)
        let shape = automaton.Rule.Shape
        let count = shape.ParameterCount

        let rule entry =
            let struct (_, values) = entries.Floats(entry, [ count ])
            Rule(shape, ReadOnlySpan values)

        let struct (_, pool) = entries.Floats("pool", [ task.PoolSize; graph.Cells; shape.Channels ])
        let length = graph.Cells * shape.Channels

        let whole entry =
            match entries.Ints(entry, [])[0] with
            | value when value >= 0 -> value
            | value -> entries.Bad $"'{entry}' must not be negative, but is {value}"

        let iteration = whole "iteration"
        let judged = entries.Ints("judged_iterations", [ -1 ])

        { Iteration = iteration
          Rule = rule "rule"
          Moments =
            { First = entries.Doubles("first_moment", [ count ])
              Second = entries.Doubles("second_moment", [ count ])
              Steps = whole "moment_steps" }
          Pool =
            Array.init task.PoolSize (fun i ->
                State(graph.Cells, shape.Channels, ReadOnlySpan(pool, i * length, length)))
          Best = rule "best"
          BestLoss = entries.Doubles("best_loss", [])[0]
          Losses = ImmutableList.CreateRange(entries.Doubles("losses", [ iteration ]))
          Judged =
            (judged, entries.Doubles("judged_losses", [ judged.Length ]))
            ||> Seq.map2 (fun iteration loss -> struct (iteration, loss))
            |> ImmutableList.CreateRange }

[<AbstractClass; Sealed>]
type TrainingFile =

    static member Write(path: string, automaton: Automaton, graph: Graph, task: TrainingTask, training: Training) =
        Npz.Write(path, Checkpoint.entries automaton graph task training, false)

    static member Write(stream: Stream, automaton: Automaton, graph: Graph, task: TrainingTask, training: Training) =
        Npz.Write(stream, Checkpoint.entries automaton graph task training, false)

    static member Read(path: string, automaton: Automaton, graph: Graph, task: TrainingTask) : Training =
        Checkpoint.read path (Npz.Read path) automaton graph task

    static member Read
        (stream: Stream, name: string, automaton: Automaton, graph: Graph, task: TrainingTask)
        : Training =
        Checkpoint.read name (Npz.Read(stream, name)) automaton graph task

[<AbstractClass; Sealed>]
type TrainingCurve =

    static member Write(stream: Stream, training: Training) =
        let invariant = CultureInfo.InvariantCulture
        use writer = new StreamWriter(stream, UTF8Encoding false, -1, true)
        let judged = Dictionary<int, float>()

        for struct (iteration, loss) in training.Judged do
            judged[iteration] <- loss

        writer.Write "iteration,loss,judged\n"

        training.Losses
        |> Seq.iteri (fun i loss ->
            let iteration = i + 1
            let loss = loss.ToString("R", invariant)

            let judged =
                match judged.TryGetValue iteration with
                | true, loss -> loss.ToString("R", invariant)
                | _ -> ""

            writer.Write $"{iteration},{loss},{judged}\n")

    static member Write(path: string, training: Training) =
        SafeFile.Write(path, fun stream -> TrainingCurve.Write(stream, training))
