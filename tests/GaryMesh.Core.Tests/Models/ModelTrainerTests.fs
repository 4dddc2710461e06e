/// Model training: the bits of what it comes to, against digests that were taken when it had a loop of its own, and resuming.
module GaryMesh.Tests.Models.ModelTrainerTests

open System
open System.IO
open System.Runtime.InteropServices
open System.Security.Cryptography
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Tests
open GaryMesh.Tests.Models.Support
open GaryMesh.Tests.Files.Support

let private eightLanes = EngineOptions(Lanes = 8, Threads = 2)

/// Models and tasks that use all that a training has, by name.
let private cases =
    let model (shape: ModelShape) = Model.Create(shape, Scaling.None shape, RuleStart.Zero, 5UL)

    let softmax =
        ModelShape
            .Of(Perception.Planar, 2, Head.Softmax 0.1, 3, Pooling.Mean)
            .WithEncoder(5, 4)
            .WithRule(4, 6, 3)
            .WithReadout
            4
        |> model

    let huber =
        ModelShape
            .Of(Perception.Sobel, 2, Head.Huber 0.7, 1, Pooling.Cells)
            .WithRule(4, 6, 2)
            .WithEncoder(0, 3)
            .WithResidual
            [ 1 ]
        |> model

    let binary =
        ModelShape
            .Of(Perception.Planar, 3, Head.Logistic, 2, Pooling.Mean)
            .WithMissing(true)
            .WithEncoder(0, 4)
            .WithRule(4, 6, 2)
        |> model

    let task = ModelTask.Default.WithEpochs(6).WithBatch(3).WithSeed 4UL

    [ "softmax", softmax, Graph.Ring 10, task.WithDecay(1e-2, 1e-2).WithClip(0.2).WithPatience 2, 7, 0
      "patience",
      softmax,
      Graph.Ring 10,
      task.WithEpochs(40).WithLearningRate(0.05, RateSchedule.Constant).WithPatience 3,
      16,
      12
      "huber",
      huber,
      Graph.Grid(3, 4),
      task
          .WithWeightAveraging(0.9)
          .WithRuleLearningRateFactor(0.3)
          .WithTrainingFireRate(0.5)
          .WithClip(0.0)
          .WithShiftAugmentation(1)
          .WithLearningRate(2e-3, RateSchedule.Constant),
      8,
      0
      "binary",
      binary,
      Graph.Ring 9,
      task
          .WithDropout(0.2, 0.0, 0.3)
          .WithMissingRate(0.1)
          .WithRuleLearningRateFactor(0.0)
          .WithWeightAveraging(0.5)
          .WithDecay(0.1, 0.0),
      10,
      4 ]

let private trainer (model: Model, graph: Graph, task, rows, held) =
    let validation = if held = 0 then null else dataOf model graph held 1UL
    new ModelTrainer(model, graph, task, dataOf model graph rows 1UL, validation, eightLanes)

let private bytesOf (trainer: ModelTrainer) (training: Training) =
    use memory = new MemoryStream()
    TrainingFile.Write(memory, trainer, training)
    memory.ToArray()

let private read (trainer: ModelTrainer) (bytes: byte[]) =
    use memory = new MemoryStream(bytes)
    TrainingFile.Read(memory, "training.npz", trainer)

let private filed trainer training = read trainer (bytesOf trainer training)

let private digest (result: ModelTraining) =
    let bytes = MemoryMarshal.AsBytes(ReadOnlySpan(result.Model.ToArray())).ToArray()

    let numbers =
        [ result.Loss; result.ValidationLoss ]
        |> List.map (fun x -> Convert.ToHexString(BitConverter.GetBytes x))

    let hash = Convert.ToHexString(SHA256.HashData bytes).Substring(0, 24)
    String.Join(" ", hash :: string<int> result.Epochs :: string<int> result.BestEpoch :: numbers)

[<Tests>]
let tests =
    testList
        "Model training"
        [ test "the derivative of links is that of their loss, and what is drawn is not joined" {
              let cells, width = 9, 3
              let links = Links(cells, [| 0; 1; 4; 7 |], [| 3; 2; 5; 8 |], 5UL)
              let outputs = Array.init (cells * width) (fun i -> float32 (Counter.normal 8UL (int64 i)))
              let struct (loss, total, adjoint) = links.Evaluate(3, outputs, width)
              Expect.equal total 8.0 "four pairs, and four others"
              let struct (again, _, _) = links.Evaluate(3, outputs, width)
              Expect.equal again loss "the same at the same iteration"

              for i in 0 .. outputs.Length - 1 do
                  let at step =
                      let moved = Array.copy outputs
                      moved[i] <- moved[i] + step
                      let struct (loss, total, _) = links.Evaluate(3, moved, width)
                      struct (loss / total, float moved[i])

                  let struct (up, right) = at 1e-3f
                  let struct (down, left) = at -1e-3f

                  Expect.floatClose
                      { absolute = 1e-6; relative = 1e-3 }
                      (float adjoint[i])
                      ((up - down) / (right - left))
                      $"output {i}"

              let nearly = Links(3, [| 0; 0 |], [| 1; 2 |], 1UL)
              let units = [| 1.0f; 0.0f; 1.0f; 0.0f; 1.0f; 0.0f |]
              let struct (_, _, pull) = nearly.Evaluate(0, [| yield! units[..3]; 0.0f; 1.0f |], 2)
              Expect.isTrue (pull[3] <> 0.0f || pull[5] <> 0.0f) "cells 1 and 2 are the pair that is left"

              Expect.floatClose
                  Accuracy.high
                  (Links.Logit(ReadOnlySpan units[..1], ReadOnlySpan units[..1]))
                  3.0
                  "the same direction"
          }

          test "models come to the bits that they came to" {
              let lines =
                  [ for name, model, graph, task, rows, held in cases do
                        use trainer = trainer (model, graph, task, rows, held)
                        let result = trainer.Run(null, CancellationToken.None)
                        $"{name} {result.End} {digest result}" ]

              Expect.equal lines (List.ofArray (File.ReadAllLines(fixture "model_training_bits.txt"))) "the bits"
          }

          property "a training stopped, filed and resumed at any iterations is the unbroken one" (fun (seed: uint64) ->
              let case = cases[Counter.below cases.Length seed 0L]
              let _, model, graph, task, rows, held = case
              use whole = trainer (model, graph, task, rows, held)
              let expected = whole.Run(null, CancellationToken.None)

              /// Stops after `left` more iterations.
              let rec go (training: Training) draw =
                  use source = new CancellationTokenSource()
                  use trainer = trainer (model, graph, task, rows, held)
                  let training = filed trainer training
                  let left = 1 + Counter.below 30 seed draw
                  let until = training.Iteration + left

                  let stop (training: Training) =
                      if training.Iteration = until then
                          source.Cancel()

                  let struct (training, ending) = trainer.Run(training, null, source.Token, 1, stop)

                  if ending = TrainingEnd.Cancelled then
                      go training (draw + 1L)
                  else
                      trainer.Result(training, ending)

              let result = go (whole.Begin()) 1L
              digest result = digest expected && result.End = expected.End)

          test "a checkpoint of another training is refused, naming both" {
              let _, model, graph, task, rows, held = cases[1]
              use first = trainer (model, graph, task, rows, held)
              let bytes = bytesOf first (first.Begin())

              let refused words task rows held =
                  use other = trainer (model, graph, task, rows, held)
                  refused ("training.npz" :: words) (fun () -> read other bytes |> ignore)

              refused [ "training data 16 rows"; "15 rows" ] task 15 held
              refused [ "validation data 12 rows"; "none" ] task rows 0
              refused [ "penalty 0"; "0.5" ] (task.WithDecay(0.0, 0.5)) rows held
              refused [ "seed 4"; "5" ] (task.WithSeed 5UL) rows held
              use longer = trainer (model, graph, task.WithEpochs 90, rows, held)
              Expect.equal (read longer bytes).Iteration 0 "at a constant rate it may be longer"
          } ]
