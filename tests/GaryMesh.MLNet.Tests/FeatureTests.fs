module GaryMesh.MLNet.Tests.FeatureTests

open System
open Expecto
open GaryMesh
open GaryMesh.MLNet
open GaryMesh.MLNet.Tests.Support
open Microsoft.ML
open Microsoft.ML.Data

let private rows = pictures 1UL 80

let private automaton =
    Automaton.Of(Perception.Sobel, Rule.Xavier(RuleShape(6, 18, 8), 5UL, 1.0, 0.5)).WithSteps(3, 3)

let private featurize change =
    let context = MLContext 1

    let options =
        MeshFeaturizingEstimator.Options(OutputColumnName = "Mesh", InputColumnName = "Features", Graph = grid)

    change options
    context, (context.Transforms.GaryMesh options).Fit(view context rows)

let private features (context: MLContext, model: ITransformer) =
    (model.Transform(view context rows)).GetColumn<float32[]>("Mesh") |> Array.ofSeq

/// The state that the engine comes to from a row, every cell firing.
let private expected (row: Picture) =
    let start =
        State.Create(64, 6, Func<_, _, _>(fun cell channel -> if channel = 0 then row.Features[cell] else 0.0f))

    Engine.Run(automaton.WithFireRate 1.0, grid.Graph, Rollout.Of(start, 3, Firing.All))

[<Tests>]
let tests =
    testList
        "Featurizer"
        [ test "a given rule's final states are the features" {
              let found = features (featurize (fun options -> options.Rule <- automaton))
              Expect.sequenceEqual found[3] ((expected rows[3]).ToArray()) "cell by cell"
          }

          test "a rule file serves as a rule" {
              inFile "rule.npz" (fun path ->
                  RuleFile.Write(path, automaton)
                  let context = MLContext 1
                  let model = (context.Transforms.GaryMesh("Mesh", "Features", grid, path)).Fit(view context rows)
                  Expect.sequenceEqual (features (context, model)).[3] ((expected rows[3]).ToArray()) "cell by cell")
          }

          test "chosen channels of each cell, and their pooled statistics" {
              let chosen =
                  features (
                      featurize (fun options ->
                          options.Rule <- automaton
                          options.OutputChannels <- [| 4; 1 |])
                  )

              let state = expected rows[2]

              Expect.sequenceEqual
                  chosen[2]
                  [| for cell in 0..63 do
                         state[cell, 4]
                         state[cell, 1] |]
                  "channels 4 and 1"

              let context, model =
                  featurize (fun options ->
                      options.Rule <- automaton
                      options.OutputChannels <- [| 4 |]
                      options.Pooled <- true)

              let channel = state.Channel 4 |> Array.map float
              let mean = Array.average channel
              let deviation = sqrt (channel |> Array.averageBy (fun value -> (value - mean) ** 2.0))
              let pooled = (features (context, model)).[2]

              for found, statistic in Seq.zip pooled [ mean; deviation; Array.min channel; Array.max channel ] do
                  Expect.floatClose Accuracy.medium (float found) statistic "statistic"

              let mutable names = VBuffer<ReadOnlyMemory<char>>()
              model.GetOutputSchema((view context rows).Schema).["Mesh"].GetSlotNames &names

              Expect.sequenceEqual
                  (names.DenseValues() |> Seq.map string)
                  [ "channel 4 mean"; "channel 4 std"; "channel 4 min"; "channel 4 max" ]
                  "slot names"
          }

          test "a trained model's encoder and rule serve as features" {
              let context = MLContext 1
              let trained = (multiclass context (fun options -> options.NumberOfEpochs <- 1)).Fit(view context rows)

              let found =
                  features (
                      featurize (fun options ->
                          options.Model <- trained.LastTransformer.Model
                          options.Graph <- null)
                  )

              Expect.equal found[0].Length (64 * 8) "cells x channels"
          }

          test "a rule fitted to reconstruct hidden values makes features that a linear trainer tells apart" {
              let context = MLContext 1

              let options =
                  MeshFeaturizingEstimator.Options(
                      OutputColumnName = "Mesh",
                      InputColumnName = "Features",
                      Graph = grid,
                      Pooled = true
                  )

              options.Channels <- 8
              options.HiddenUnits <- 16
              options.Steps <- 4
              options.NumberOfEpochs <- 10
              options.LearningRate <- 0.01

              let accuracy (column: string) =
                  let trainer = context.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Label", column)

                  let pipeline =
                      context.Transforms.Conversion.MapValueToKey("Label", "Kind")
                      |> append (context.Transforms.GaryMesh options)
                      |> append (context.Transforms.NormalizeMeanVariance("Mesh"))
                      |> append trainer

                  let model = pipeline.Fit(view context (pictures 1UL 300))

                  (context.MulticlassClassification.Evaluate(model.Transform(view context (pictures 2UL 200))))
                      .MicroAccuracy

              Expect.isGreaterThan (accuracy "Mesh") (accuracy "Features" + 0.1) "than the pixels themselves"
          }

          test "a featurizer needs a graph, and takes one rule alone" {
              let context = MLContext 1

              refuses<ArgumentNullException> [ "Options.Graph" ] (fun () ->
                  context.Transforms.GaryMesh(MeshFeaturizingEstimator.Options()) |> ignore)

              refuses<ArgumentOutOfRangeException> [ "Channel 6"; "0 to 5" ] (fun () ->
                  featurize (fun options ->
                      options.Rule <- automaton
                      options.OutputChannels <- [| 6 |])
                  |> ignore)
          } ]
