/// Files of the first version load, and mean what they meant.
module GaryMesh.Tests.Files.VersionTests

open System
open System.IO
open System.Runtime.InteropServices
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Tests.Files.Support

let private numbers (key: uint64) scale count =
    Array.init count (fun i -> float32 (scale * Counter.normal key (int64 i)))

let private ring = Graph.Ring 12

let private automaton =
    let shape = RuleShape(4, 12, 6)

    Automaton
        .Of(Perception.Planar, Rule(shape, ReadOnlySpan(numbers 3UL 0.3 shape.ParameterCount)))
        .WithGate(Gate.Alive(1, -0.2f))
        .WithStart(Start.Noise 0.1f)
        .WithSteps(4, 9)

let private task =
    { TrainingTask.Of(MeanSquared(numbers 5UL 0.5 12, 0)) with
        Optimiser = (Adam.Of 5e-3).WithMilestones([ 7; 15 ], 0.5).WithWeightDecay 1e-3
        Iterations = 20
        Batch = 3
        Seed = 9UL
        ValidationEvery = 4
        ValidationRollouts = 2 }
        .WithPool(6, 2)

let private run iterations training =
    use trainer = new Trainer(automaton, ring, task.WithIterations iterations, EngineOptions(Lanes = 8))

    let training =
        match training with
        | Some training -> training
        | None -> trainer.Begin()

    let struct (training, _) = trainer.Run(training, null, CancellationToken.None)
    training

let private model =
    let shape =
        ModelShape
            .Of(Perception.Moore, 2, Head.Huber 1.5, 1, Pooling.Cells)
            .WithMissing(true)
            .WithEncoder(5, 3)
            .WithEncoding(true, true, true)
            .WithRule(6, 8, 3)
            .WithRunning(0.5, 0.9, Gate.Open)
            .WithReadout(4)
            .WithResidual([ 1 ])

    let scaling =
        { FeatureShift = [| 0.5f; -1.0f |]
          FeatureScale = [| 2.0f; 0.25f |]
          UnitSum = false
          OutputShift = [| 0.125f |]
          OutputScale = [| 3.0f |] }

    Model(shape, scaling, ReadOnlySpan(numbers 8UL 0.3 shape.ParameterCount))

let private predicted (model: Model) (graph: Graph) =
    use predictor = new Predictor(model, graph, EngineOptions(Lanes = 8, Threads = 1))
    let outputs = Array.zeroCreate graph.Cells
    predictor.Score(ReadOnlySpan(numbers 12UL 1.0 (2 * graph.Cells)), Span outputs)
    outputs

let private bits (values: float32[]) = Convert.ToHexString(MemoryMarshal.AsBytes(ReadOnlySpan values))

let private outcome () =
    let training = TrainingFile.Read(fixture "training_version1.npz", automaton, ring, task)

    let struct (model, graph) = ModelFile.Read(fixture "model_version1.npz")
    [ bits ((run 20 (Some training)).Parameters); bits (predicted model (nonNull graph)) ]

[<Tests>]
let tests =
    testList
        "Versions"
        [ test "a training and a model of version 1 go on to the same bits" {
              Expect.equal (outcome ()) (File.ReadAllLines(fixture "version1_bits.txt") |> List.ofArray) "the bits"
          } ]
