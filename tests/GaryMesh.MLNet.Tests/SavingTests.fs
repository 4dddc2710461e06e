module GaryMesh.MLNet.Tests.SavingTests

open System
open System.IO
open Expecto
open FsCheck
open GaryMesh
open GaryMesh.MLNet
open GaryMesh.MLNet.Saving
open GaryMesh.MLNet.Tests.Support
open GaryMesh.Tests
open Microsoft.ML
open Microsoft.ML.Data

[<CLIMutable>]
type Prediction = { Score: float32[] }

let private train = pictures 1UL 60
let private unseen = pictures 2UL 20

/// Saves in ML.NET's own format and loads in another context.
let private throughStock (context: MLContext) (model: ITransformer) (data: IDataView) =
    use stream = new MemoryStream()
    context.Model.Save(model, data.Schema, stream)
    stream.Position <- 0L
    let loaded, schema = (MLContext 99).Model.Load stream
    Expect.equal schema.Count data.Schema.Count "the input's columns"
    loaded, stream.Length

let private column<'value> (name: string) (data: IDataView) = data.GetColumn<'value> name |> Array.ofSeq

let private quick (options: #MeshSignalOptions) = options.NumberOfEpochs <- 2

[<Tests>]
let tests =
    testList
        "Saving"
        [ test "a multiclass pipeline loads through ML.NET's own format with identical scores and keys" {
              let context = MLContext 1
              let data = view context unseen

              let model =
                  (multiclass context quick
                   |> append (context.Transforms.Conversion.MapKeyToValue("Named", "PredictedLabel")))
                      .Fit(view context train)

              let loaded, _ = throughStock context model data
              let expected, found = model.Transform data, loaded.Transform data
              Expect.equal (scores found) (scores expected) "scores"
              Expect.equal (column<uint32> "PredictedLabel" found) (column<uint32> "PredictedLabel" expected) "keys"
              Expect.equal (column<string> "Named" found) (column<string> "Named" expected) "names"

              let visible (view: IDataView) =
                  [ for column in view.Schema do
                        if not column.IsHidden then
                            column.Name, string column.Type ]

              Expect.equal (List.sort (visible found)) (List.sort (visible expected)) "columns"
              let metrics = context.MulticlassClassification.Evaluate found
              Expect.equal metrics.LogLoss (context.MulticlassClassification.Evaluate expected).LogLoss "evaluation"
              use engine = context.Model.CreatePredictionEngine<Picture, Prediction> loaded

              for i in [ 2; 0; 1 ] do
                  Expect.sequenceEqual
                      (engine.Predict unseen[i]).Score
                      (scores expected).[i]
                      $"row {i} through an engine"
          }
          test "binary, regression and field stages load with identical scores" {
              let context = MLContext 1
              let data = view context train
              let binary = small (MeshBinaryTrainer.Options(LabelColumnName = "Across"))
              quick binary
              let model = (context.BinaryClassification.Trainers.GaryMesh binary).Fit data
              let loaded, _ = throughStock context model data

              for name in [ "Score"; "Probability" ] do
                  Expect.equal
                      (column<float32> name (loaded.Transform data))
                      (column<float32> name (model.Transform data))
                      name

              Expect.equal
                  (column<bool> "PredictedLabel" (loaded.Transform data))
                  (column<bool> "PredictedLabel" (model.Transform data))
                  "labels"

              let regression = small (MeshRegressionTrainer.Options(LabelColumnName = "Place"))
              quick regression
              let model = (context.Regression.Trainers.GaryMesh regression).Fit data
              let loaded, _ = throughStock context model data

              Expect.equal
                  (column<float32> "Score" (loaded.Transform data))
                  (column<float32> "Score" (model.Transform data))
                  "numbers"

              // A field that learns its own features.
              let field = small (MeshFieldTrainer.Options(LabelColumnName = "Features"))
              quick field
              let model = (context.Regression.Trainers.GaryMeshField field).Fit data
              let loaded, _ = throughStock context model data
              let found, expected = loaded.Transform data, model.Transform data
              Expect.equal (scores found) (scores expected) "fields"
              Expect.equal (string found.Schema["Score"].Type) (string expected.Schema["Score"].Type) "of a known size"
          }

          test "features of any number load in their order" {
              let context = MLContext 1
              let data = view context unseen

              let options =
                  MeshFeaturizingEstimator.Options(
                      OutputColumnName = "Mesh",
                      InputColumnName = "Features",
                      Graph = grid
                  )

              options.Channels <- 7
              options.OutputChannels <- [| 6; 0; 3 |]
              options.NumberOfEpochs <- 1
              let model = (context.Transforms.GaryMesh options).Fit data
              let loaded, _ = throughStock context model data

              Expect.equal
                  (column<float32[]> "Mesh" (loaded.Transform data))
                  (column<float32[]> "Mesh" (model.Transform data))
                  "192 features"
          }

          testProperty "blocks of powers of two make up a vector of any known size"
          <| fun (PositiveInt number) ->
              let size = number * 7919 % Blocks.Limit
              let blocks = Blocks.Of size |> Array.ofSeq
              let sizes = blocks |> Array.map _.Size
              Expect.equal (Array.sum sizes) size "no value is left out"
              Expect.sequenceEqual sizes (Array.sortDescending sizes) "the largest first"

              for block in blocks do
                  Expect.equal block.Name $"GaryMesh.Block{int (Math.Log2(float block.Size))}" "as files name it"

          test "two stages and stock ones between them load as one pipeline" {

              let context = MLContext 1
              let data = view context train
              let mesh = MeshFeaturizingEstimator.Options(OutputColumnName = "Features", Graph = grid)
              mesh.Channels <- 4
              mesh.OutputChannels <- [| 0 |]
              mesh.NumberOfEpochs <- 1

              let pipeline =
                  context.Transforms.NormalizeMinMax "Features"
                  |> append (context.Transforms.GaryMesh mesh)
                  |> append (context.Transforms.NormalizeMeanVariance "Features")
                  |> append (multiclass context quick)

              let model = pipeline.Fit data
              let loaded, _ = throughStock context model data
              Expect.equal (scores (loaded.Transform data)) (scores (model.Transform data)) "scores"
          }

          test "classes that are numbers keep their type" {
              let context = MLContext 1
              let data = view context train
              let options = small (MeshMulticlassTrainer.Options())
              quick options

              let pipeline =
                  context.Transforms.Conversion.MapValueToKey("Label", "Place")
                  |> append (context.MulticlassClassification.Trainers.GaryMesh options)
                  |> append (context.Transforms.Conversion.MapKeyToValue("Named", "PredictedLabel"))

              let model = pipeline.Fit data
              let loaded, _ = throughStock context model data

              Expect.equal
                  (column<float32> "Named" (loaded.Transform data))
                  (column<float32> "Named" (model.Transform data))
                  "Single"
          }

          test "the file of a trainer with its own defaults stays below a megabyte" {
              let context = MLContext 1
              let data = view context unseen
              let options = MeshMulticlassTrainer.Options(Graph = grid)
              options.NumberOfEpochs <- 1

              let pipeline =
                  context.Transforms.Conversion.MapValueToKey("Label", "Kind")
                  |> append (context.MulticlassClassification.Trainers.GaryMesh options)

              let _, size = throughStock context (pipeline.Fit data) data
              Expect.isLessThan size 300_000L "bytes"
          }

          test "MeshModel brings the stage back with its names and annotations" {
              let context = MLContext 1
              let data = view context unseen
              let model = (multiclass context quick).Fit(view context train)
              use stream = new MemoryStream()
              model.LastTransformer.Model.Save stream
              stream.Position <- 0L

              let loaded =
                  MeshModel.Load(stream, "the stream").CreateTransformer(MLContext 7) :?> MeshPredictionTransformer

              let keyed = (Seq.head model).Transform data
              let found, expected = loaded.Transform keyed, model.LastTransformer.Transform keyed
              Expect.equal (scores found) (scores expected) "scores"

              let annotations (view: IDataView) (name: string) =
                  [ for annotation in view.Schema[name].Annotations.Schema -> annotation.Name, string annotation.Type ]

              for name in [ "Score"; "PredictedLabel" ] do
                  Expect.equal (annotations found name) (annotations expected name) name

              Expect.equal loaded.Model.Task MeshTask.Multiclass "task"
          }

          test "a model trained under any culture loads under any other" {
              let context = MLContext 1
              let data = view context unseen

              for name, culture in Cultures.all do
                  let model = Cultures.under culture (fun () -> (multiclass context quick).Fit(view context train))

                  let expected = scores (model.Transform data)

                  for reader, other in Cultures.all do
                      let found =
                          Cultures.under other (fun () ->
                              let loaded, _ = throughStock context model data
                              scores (loaded.Transform data))

                      Expect.equal found expected $"ML.NET's format, from {name} to {reader}"

                  use stream = new MemoryStream()
                  Cultures.under culture (fun () -> model.LastTransformer.Model.Save stream)
                  stream.Position <- 0L

                  let own =
                      MeshModel.Load(stream, "the stream").CreateTransformer(MLContext 7) :?> MeshPredictionTransformer

                  Expect.equal
                      (scores (own.Transform((Seq.head model).Transform data)))
                      expected
                      $"own format, from {name}"
          }

          test "a file cut short, of a newer format or with an unknown entry is refused by name" {
              let context = MLContext 1
              let model = (multiclass context quick).Fit(view context train)

              inFile "model.npz" (fun path ->
                  model.LastTransformer.Model.Save path
                  let bytes = File.ReadAllBytes path

                  for length in [ 0; bytes.Length / 2; bytes.Length - 1 ] do
                      File.WriteAllBytes(path, bytes[.. length - 1])
                      refuses<InvalidDataException> [ path ] (fun () -> MeshModel.Load path |> ignore)

                  let change (entry: string) value =
                      File.WriteAllBytes(path, bytes)
                      let entries = Collections.Generic.Dictionary(Npz.Read path)
                      entries[entry] <- value
                      Npz.Write(path, entries)

                  change "format_version" (NpyArray.OfInt32([||], [| 3 |]))

                  refuses<InvalidDataException> [ path; "version 3"; "versions 1 to 2 are read" ] (fun () ->
                      MeshModel.Load path |> ignore)

                  change "stranger" (NpyArray.OfText "hello")
                  refuses<InvalidDataException> [ path; "'stranger'" ] (fun () -> MeshModel.Load path |> ignore)
                  change "classes" (NpyArray.OfText([| 2 |], [| "a"; "b" |]))

                  refuses<InvalidDataException> [ path; "'classes'"; "[3]"; "[2]" ] (fun () ->
                      MeshModel.Load path |> ignore))
          } ]
