module GaryMesh.MLNet.Tests.SignalTests

open System
open System.Collections.Generic
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.MLNet
open GaryMesh.MLNet.Tests.Support
open Microsoft.ML
open Microsoft.ML.Data

[<CLIMutable>]
type Prediction = { PredictedKind: string; Score: float32[] }

let private train = pictures 1UL 300
let private unseen = pictures 2UL 200

let private learnt =
    lazy
        (let context = MLContext 3
         let model = (multiclass context ignore).Fit(view context train)
         context, model, model.Transform(view context unseen))

[<Tests>]
let tests =
    testList
        "Signals"
        [ test "pictures are told apart, and ML.NET's own evaluation reads the columns" {
              let context, _, scored = learnt.Value
              let metrics = context.MulticlassClassification.Evaluate(scored, topKPredictionCount = 2)
              Expect.isGreaterThan metrics.MicroAccuracy 0.95 "accuracy"
              Expect.isGreaterThanOrEqual metrics.TopKAccuracy metrics.MicroAccuracy "top 2"
              Expect.isLessThan metrics.LogLoss 0.3 "log loss"
              let table = metrics.ConfusionMatrix.GetFormattedConfusionTable()

              for kind in [ "across"; "down"; "diagonal" ] do
                  Expect.stringContains table kind "the confusion table names the classes"
          }

          test "predicted keys map back to the classes' names" {
              let context, _, scored = learnt.Value

              let named =
                  context.Transforms.Conversion.MapKeyToValue("Named", "PredictedLabel").Fit(scored).Transform scored

              let right =
                  Seq.zip (named.GetColumn<string> "Named") unseen |> Seq.filter (fun (name, row) -> name = row.Kind)

              Expect.isGreaterThan (Seq.length right) 190 "of 200"
          }

          test "slots of the score bear the classes' names" {
              let _, _, scored = learnt.Value
              let mutable names = VBuffer<ReadOnlyMemory<char>>()
              scored.Schema["Score"].GetSlotNames(&names)
              let names = names.DenseValues() |> Seq.map string |> List.ofSeq
              let mutable keys = VBuffer<ReadOnlyMemory<char>>()
              scored.Schema["PredictedLabel"].GetKeyValues(&keys)
              Expect.sequenceEqual names (keys.DenseValues() |> Seq.map string) "in the order of the keys"
          }

          test "a stage scores as the core's predictor does" {
              let _, model, scored = learnt.Value
              let model = model.LastTransformer.Model
              use predictor = new Predictor(model.Network, grid.Graph)
              let expected = Array.zeroCreate 3
              predictor.Score(ReadOnlySpan unseen[7].Features, Span expected)
              model.Network.Shape.Head.Probabilities(ReadOnlySpan expected, 3, Span expected)
              Expect.sequenceEqual (scores scored).[7] expected "softmax of the outputs"
          }

          test "cross-validation works" {
              let context = MLContext 1
              let data = view context train
              let folds = context.MulticlassClassification.CrossValidate(data, general (multiclass context ignore), 3)
              let mean = folds |> Seq.averageBy _.Metrics.MicroAccuracy
              Expect.isGreaterThan mean 0.8 "mean accuracy of three folds"
          }

          test "permuting the slots of a score's features says which matter" {
              let context, model, scored = learnt.Value

              let importance =
                  context.MulticlassClassification.PermutationFeatureImportance(
                      model.LastTransformer,
                      scored,
                      permutationCount = 1
                  )

              Expect.equal importance.Length 64 "one a slot"
              Expect.isTrue (importance |> Seq.exists (fun slot -> slot.LogLoss.Mean <> 0.0)) "some matter"
          }

          test "a prediction engine gives what a stream gives" {
              let context, model, scored = learnt.Value
              let named = context.Transforms.Conversion.MapKeyToValue("PredictedKind", "PredictedLabel").Fit scored
              let chain = new TransformerChain<ITransformer>(model, named)
              use engine = context.Model.CreatePredictionEngine<Picture, Prediction>(chain)
              let streamed = scores scored

              for i in [ 3; 0; 4 ] do
                  Expect.sequenceEqual (engine.Predict unseen[i]).Score streamed[i] $"row {i}"
          }

          test "the same seed gives the same scores, another one others, also through the context" {
              let run (context: MLContext) change =
                  scores (
                      (multiclass context (fun options ->
                          options.NumberOfEpochs <- 1
                          change options))
                          .Fit(view context train)
                          .Transform(view context unseen)
                  )

              let ofContext (seed: int) = run (MLContext(Nullable seed)) ignore
              Expect.equal (ofContext 5) (ofContext 5) "context"
              Expect.notEqual (ofContext 5) (ofContext 6) "another context"
              let ofOptions seed = run (MLContext 9) (fun options -> options.Seed <- Nullable<int> seed)
              Expect.equal (ofOptions 5) (ofOptions 5) "options"
              Expect.notEqual (ofOptions 5) (ofOptions 6) "other options"
          }

          test "an estimator trains the same model each time" {
              let context = MLContext 1
              let estimator = multiclass context (fun options -> options.NumberOfEpochs <- 1)
              let scored () = scores (estimator.Fit(view context train).Transform(view context unseen))
              Expect.equal (scored ()) (scored ()) "twice"
          }

          test "rows without weight teach nothing" {
              let context = MLContext 2
              // As many wrong rows as right ones: learnt from, they would leave accuracy at chance between two classes.
              let wrong =
                  [| for row in train ->
                         { row with
                             Kind = (if row.Kind = "across" then "down" else "across")
                             Weight = 0.0f } |]

              let fitted =
                  (multiclass context (fun options -> options.ExampleWeightColumnName <- "Weight"))
                      .Fit(view context (Array.append train wrong))

              let metrics = context.MulticlassClassification.Evaluate(fitted.Transform(view context unseen))
              Expect.isGreaterThan metrics.MicroAccuracy 0.9 "accuracy"
          }

          test "progress reaches the context's log every so many epochs" {
              let context = MLContext 1
              let epochs = List<string>()

              context.Log.Add(fun event ->
                  if event.RawMessage.StartsWith "Epoch" then
                      epochs.Add event.RawMessage)

              (multiclass context (fun options ->
                  options.NumberOfEpochs <- 5
                  options.ReportEvery <- 2))
                  .Fit(view context train)
              |> ignore

              Expect.equal epochs.Count 3 "after epochs 2, 4 and 5"
              Expect.stringContains epochs[0] "Epoch 2 of 5: loss" "the first"
          }

          test "a cancelled token ends training" {
              let context = MLContext 1
              use source = new CancellationTokenSource()

              context.Log.Add(fun event ->
                  if event.RawMessage.StartsWith "Epoch 1 " then
                      source.Cancel())

              let estimator =
                  multiclass context (fun options ->
                      options.NumberOfEpochs <- 1000
                      options.ReportEvery <- 1
                      options.CancellationToken <- source.Token)

              Expect.throwsT<OperationCanceledException>
                  (fun () -> estimator.Fit(view context train) |> ignore)
                  "cancelled"
          }

          test "training stops early on validation rows and keeps the best model" {
              let context = MLContext 1
              let options = small (MeshRegressionTrainer.Options(LabelColumnName = "Place", NumberOfEpochs = 60))
              options.NumberOfEpochs <- 60
              options.EarlyStoppingRounds <- 2
              let messages = List<string>()
              context.Log.Add(fun event -> messages.Add event.RawMessage)
              let trainer = context.Regression.Trainers.GaryMesh options
              // Labels without sense: what fits the training rows does not fit the others.
              let senseless seed =
                  view
                      context
                      [| for row in pictures seed 40 ->
                             { row with
                                 Place = float32 (Counter.normal seed (int64 (100.0f * row.Features[0]))) } |]

              trainer.Fit(senseless 11UL, senseless 12UL) |> ignore
              Expect.isTrue (messages.Exists(fun message -> message.StartsWith "Training stopped early")) "stopped"
          }

          test "two classes get logits and probabilities" {
              let context = MLContext 1

              let trainer =
                  context.BinaryClassification.Trainers.GaryMesh(
                      small (MeshBinaryTrainer.Options(LabelColumnName = "Across"))
                  )

              let scored = trainer.Fit(view context train).Transform(view context unseen)
              let metrics = context.BinaryClassification.Evaluate(scored, "Across")
              Expect.isGreaterThan metrics.AreaUnderRocCurve 0.95 "area under the curve"
              Expect.isLessThan metrics.LogLoss 0.5 "log loss in bits"

              for score, probability in
                  Seq.zip (scored.GetColumn<float32> "Score") (scored.GetColumn<float32> "Probability") do
                  Expect.floatClose Accuracy.low (float probability) (1.0 / (1.0 + exp (float -score))) "probability"
          }

          test "a number is predicted in the label's unit" {
              let context = MLContext 1
              let across = Array.filter _.Across
              let options = small (MeshRegressionTrainer.Options(LabelColumnName = "Place"))
              options.NumberOfEpochs <- 40
              let trainer = context.Regression.Trainers.GaryMesh options

              let scored =
                  trainer.Fit(view context (across (pictures 4UL 600))).Transform(view context (across unseen))

              let metrics = context.Regression.Evaluate(scored, "Place")
              Expect.isGreaterThan metrics.RSquared 0.5 "of the bar's row"
          }

          test "a row with a value that was not measured has no score" {
              let context, model, _ = learnt.Value

              let row =
                  { unseen[0] with
                      Features = Array.mapi (fun i x -> if i = 3 then nanf else x) unseen[0].Features }

              let scored = model.Transform(view context [| row; unseen[0] |])
              Expect.isTrue (Array.forall Single.IsNaN (scores scored).[0]) "NaN"
              Expect.equal (Seq.head (scored.GetColumn<uint32> "PredictedLabel")) 0u "a missing key"
              Expect.isFalse (Array.exists Single.IsNaN (scores scored).[1]) "the next row"
          } ]
