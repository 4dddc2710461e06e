/// What surrounds training: rare classes, validation within a pipeline, evaluation of a part, and whole pipelines of nodes in one file.
module GaryMesh.MLNet.Tests.PipelineTests

open System
open System.Collections.Generic
open System.IO
open Expecto
open GaryMesh
open GaryMesh.MLNet
open GaryMesh.MLNet.Tests.Support
open Microsoft.ML
open Microsoft.ML.Data

/// An account that is false or not, by what it writes and who its friends are.
[<CLIMutable>]
type Account =
    { Id: string
      Words: string
      [<VectorType(3)>]
      Features: float32[]
      False: bool
      Kind: string
      Split: string }

[<CLIMutable>]
type Moment =
    { [<VectorType(4)>]
      Values: float32[] }

[<CLIMutable>]
type Friend = { Source: string; Target: string }

/// One account of ten is false; false ones flock together.
let private accounts =
    [| for index in 0..399 do
           let wrong = index % 10 = 3

           { Id = $"u{index}"
             Words = (if wrong && index % 20 = 3 then "win money now" else "good morning world")
             Features =
               [| for slot in 0..2 ->
                      (if wrong then 0.7f else 0.0f) + float32 (Counter.normal (Counter.key 4UL [ index ]) (int64 slot)) |]
             False = wrong
             Kind = (if wrong then "false" else "true")
             Split = [| "train"; "valid"; "test"; "test" |][index / 10 % 4] } |]

let private friends =
    [| for index in 0..399 do
           for step in [ 10; 30; 70; (if index % 7 = 0 then 13 else 110) ] ->
               { Source = $"u{index}"; Target = $"u{(index + step) % 400}" } |]

let private options (context: MLContext) (options: 'options :> MeshNodeOptions) =
    options.Edges <- view context friends
    options.SplitColumnName <- "Split"
    options.NumberOfEpochs <- 40
    options.EncoderUnits <- 16
    options.EncodedValues <- 8
    options.Channels <- 8
    options.HiddenUnits <- 16
    options.HiddenDropout <- 0.5
    options.Steps <- 3
    options.Seed <- Nullable 1
    options

let private binary (context: MLContext) change =
    let options = options context (MeshNodeBinaryTrainer.Options(LabelColumnName = "False"))
    change options
    context.BinaryClassification.Trainers.GaryMeshNodes(options).Fit(view context accounts)

let private test' (context: MLContext) (data: IDataView) = context.Data.FilterRowsByValue(data, "Split", "test")
let private column<'value> (name: string) (data: IDataView) = data.GetColumn<'value> name |> Array.ofSeq

[<Tests>]
let tests =
    testList
        "Pipelines"
        [ test "nodes are told from two classes, better than by their own features" {
              let context = MLContext 1
              let scored = (binary context ignore).Transform(view context accounts)
              let metrics = context.BinaryClassification.Evaluate(test' context scored, "False")
              let train = context.Data.FilterRowsByValue(view context accounts, "Split", "train")
              let alone = context.BinaryClassification.Trainers.SdcaLogisticRegression("False").Fit train
              let others = alone.Transform(view context accounts) |> test' context
              let expected = context.BinaryClassification.Evaluate(others, "False")
              Expect.isGreaterThan metrics.AreaUnderRocCurve (expected.AreaUnderRocCurve + 0.1) "area under the curve"
              Expect.isGreaterThan metrics.AreaUnderRocCurve 0.9 "area under the curve"

              for score, probability in
                  Array.zip (column<float32> "Score" scored) (column<float32> "Probability" scored) do
                  Expect.floatClose Accuracy.medium (float probability) (1.0 / (1.0 + exp (float -score))) "logistic"
          }

          test "a binary stage of nodes is kept, and scored by many threads at once" {
              let context = MLContext 1
              let data = view context accounts
              let model = binary context (fun options -> options.NumberOfEpochs <- 3)
              let expected = column<float32> "Probability" (model.Transform data)

              inFile "accounts.npz" (fun path ->
                  model.Model.Save path
                  let loaded = MeshModel.Load(path).CreateTransformer(MLContext 7)
                  Expect.equal (string (loaded :?> MeshNodeTransformer).Model.Task) "NodeBinary" "task"

                  let found = Array.Parallel.init 16 (fun _ -> column<float32> "Probability" (loaded.Transform data))

                  for one in found do
                      Expect.equal one expected "probabilities")
          }

          test "balanced classes find more of the few" {
              let context = MLContext 1

              let recall balanced =
                  let model =
                      binary context (fun options ->
                          // Without friends to speak of, little is known of anyone.
                          options.Edges <- view context friends[..0]
                          options.BalanceClasses <- balanced)

                  let scored = model.Transform(view context accounts) |> test' context
                  context.BinaryClassification.Evaluate(scored, "False").PositiveRecall

              Expect.isGreaterThan (recall true) (recall false + 0.1) "recall"
              let weights = GaryMesh.MLNet.Training.ClassWeights.Balance([| 0.0f; 0.0f; 0.0f; 1.0f; nanf |], null)

              Expect.equal
                  weights
                  [| 2.0f / 3.0f; 2.0f / 3.0f; 2.0f / 3.0f; 2.0f; 0.0f |]
                  "as much for one as for three"

              let weights =
                  GaryMesh.MLNet.Training.ClassWeights.Balance([| 0.0f; 0.0f; 1.0f |], [| 3.0f; 1.0f; 2.0f |])

              Expect.equal weights [| 2.25f; 0.75f; 3.0f |] "by the rows' weights"
          }

          test "rows are chosen by text and by key" {
              let context = MLContext 1
              let data = view context accounts
              let keyed = context.Transforms.Conversion.MapValueToKey("Split").Fit(data).Transform data

              for data in [ data; keyed ] do
                  let chosen = context.Data.FilterRowsByValue(data, "Split", "train", "valid")

                  let expected =
                      [| for account in accounts do
                             if account.Split <> "test" then
                                 account.Id |]

                  Expect.equal (column<string> "Id" chosen) expected "the others"

              refuses<ArgumentOutOfRangeException> [ "filter column 'Part'" ] (fun () ->
                  context.Data.FilterRowsByValue(data, "Part", "test") |> ignore)
          }

          test "a fraction of the rows is held out for validation within a pipeline and in cross-validation" {
              let context = MLContext 1
              let messages = List<string>()
              context.Log.Add(fun event -> messages.Add event.RawMessage)

              let pipeline =
                  multiclass context (fun options ->
                      options.ValidationFraction <- 0.25
                      options.EarlyStoppingRounds <- 1
                      options.LearningRate <- 0.1
                      options.NumberOfEpochs <- 60)

              pipeline.Fit(view context (pictures 1UL 60)) |> ignore
              Expect.exists messages (fun message -> message.Contains "on 45 rows") "the others are learnt from"
              Expect.exists messages (fun message -> message.Contains "stopped early") "and stop it"

              let folds =
                  context.MulticlassClassification.CrossValidate(view context (pictures 1UL 60), general pipeline, 2)

              Expect.equal folds.Count 2 "folds"
          }

          test "nodes' final states are features for another trainer, and are kept" {
              let context = MLContext 1
              let data = view context accounts
              let stage = (binary context ignore).Embedding "State"
              let states = stage.Transform data
              Expect.equal (string states.Schema["State"].Type) "Vector<Single, 8>" "one number a channel"
              let train = context.Data.FilterRowsByValue(states, "Split", "train")
              let own = context.BinaryClassification.Trainers.SdcaLogisticRegression("False", "State").Fit train
              let metrics = context.BinaryClassification.Evaluate(test' context (own.Transform states), "False")
              Expect.isGreaterThan metrics.AreaUnderRocCurve 0.9 "area under the curve"

              inFile "states.npz" (fun path ->
                  stage.Model.Save path
                  let loaded = MeshModel.Load(path).CreateTransformer(MLContext 3)
                  let read (data: IDataView) = column<float32[]> "State" data
                  Expect.equal (read (loaded.Transform data)) (read states) "states")
          }

          test "a training goes on from a model" {
              let context = MLContext 1
              let train, others = view context (pictures 1UL 200), view context (pictures 2UL 200)
              let byValue = Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue

              let fit change =
                  let options = small (MeshMulticlassTrainer.Options(Seed = Nullable 1))
                  change options

                  (context.Transforms.Conversion.MapValueToKey("Label", "Kind", keyOrdinality = byValue)
                   |> append (context.MulticlassClassification.Trainers.GaryMesh options))
                      .Fit
                      train

              let lossOf (model: ITransformer) =
                  context.MulticlassClassification.Evaluate(model.Transform others).LogLoss

              let first = fit (fun options -> options.NumberOfEpochs <- 4)
              let few (options: MeshMulticlassTrainer.Options) = options.NumberOfEpochs <- 2

              let further =
                  fit (fun options ->
                      few options
                      options.InitialModel <- first.LastTransformer.Model)

              Expect.isLessThan (lossOf further) (lossOf first) "lower than before"
              Expect.isLessThan (lossOf further) (lossOf (fit few)) "lower than from the start"

              let model = first.LastTransformer.Model

              refuses<ArgumentException> [ "InitialModel"; "8 channels"; "9 channels" ] (fun () ->
                  fit (fun options ->
                      options.InitialModel <- model
                      options.Channels <- 9)
                  |> ignore)

              refuses<ArgumentException> [ "InitialModel"; "across, diagonal, down"; "'Label'" ] (fun () ->
                  (multiclass context (fun options -> options.InitialModel <- model))
                      .Fit(view context (pictures 4UL 20))
                  |> ignore)
          }

          test "windows hold each cell's last values, and those to come" {
              let context = MLContext 1
              // Two cells of two values: moment t holds 10 t + 0 .. 3.
              let moments =
                  view context [| for t in 0..4 -> { Values = [| for slot in 0..3 -> float32 (10 * t + slot) |] } |]

              let read partial = context.Data.Windows(moments, "Values", 2, [| 1; 2 |], 2, partial)
              let whole = read false
              Expect.equal (string whole.Schema["Features"].Type) "Vector<Single, 8>" "2 cells x 2 lags x 2 values"
              let features, labels = column<float32[]> "Features" whole, column<float32[]> "Label" whole
              Expect.equal features.Length 2 "windows whose labels lie within"

              Expect.equal
                  features[0]
                  [| 0.0f; 1.0f; 10.0f; 11.0f; 2.0f; 3.0f; 12.0f; 13.0f |]
                  "the first, cell by cell"

              Expect.equal labels[0] [| 20.0f; 30.0f; 22.0f; 32.0f |] "cell by cell, by horizon"
              Expect.equal (column<int64> "Moment" (read true)) [| 1L; 2L; 3L; 4L |] "all"
              let late = (column<float32[]> "Label" (read true))[2..]

              Expect.equal
                  (late |> Array.map (Array.map Single.IsNaN))
                  [| [| false; true; false; true |]; Array.create 4 true |]
                  "past the end"

              let options = small (MeshFieldTrainer.Options(ResidualFeatures = [| 2 |]))
              options.Graph <- MeshGraph.Line 2
              options.NumberOfEpochs <- 1
              let scored = context.Regression.Trainers.GaryMeshField(options).Fit(whole).Transform(read true)
              Expect.equal (scores scored).Length 4 "a forecast from the last moment, too"

              refuses<ArgumentException> [ "horizons"; "0" ] (fun () ->
                  context.Data.Windows(moments, "Values", 2, [| 0 |]) |> ignore)

              refuses<ArgumentException> [ "'Values'"; "3 values a cell" ] (fun () ->
                  context.Data.Windows(moments, "Values", 2, [| 1 |], 3) |> ignore)
          }

          test "a whole pipeline with nodes is one file, which one call brings back" {
              let context = MLContext 1
              let data = view context accounts
              let trainer = options context (MeshNodeMulticlassTrainer.Options(FeatureColumnName = "Text"))

              let pipeline =
                  context.Transforms.Text.FeaturizeText("Text", "Words")
                  |> append (context.Transforms.Conversion.MapValueToKey("Label", "Kind"))
                  |> append (context.MulticlassClassification.Trainers.GaryMeshNodes trainer)
                  |> append (context.Transforms.Conversion.MapKeyToValue("Told", "PredictedLabel"))

              let model = pipeline.Fit data

              inFile "pipeline.npz" (fun path ->
                  context.SaveNodePipeline(model, data.Schema, path)
                  let loaded = (MLContext 9).LoadNodePipeline path
                  let expected, found = model.Transform data, loaded.Transform data
                  Expect.equal (scores found) (scores expected) "scores"
                  Expect.equal (column<string> "Told" found) (column<string> "Told" expected) "names"

                  let bytes = File.ReadAllBytes path
                  File.WriteAllBytes(path, bytes[.. bytes.Length / 2])
                  refuses<InvalidDataException> [ path ] (fun () -> context.LoadNodePipeline path |> ignore)
                  (binary context (fun options -> options.NumberOfEpochs <- 1)).Model.Save path

                  refuses<InvalidDataException> [ path; "gary-mesh ML.NET pipeline" ] (fun () ->
                      context.LoadNodePipeline path |> ignore))
          } ]
