module GaryMesh.MLNet.Tests.SavingTests

open System
open System.IO
open Expecto
open GaryMesh.MLNet
open GaryMesh.MLNet.Tests.Support
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

let private quick (options: #MeshSignalOptions) =
    options.NumberOfEpochs <- 2

[<Tests>]
let tests =
    testList
        "Saving"
        [ test "a multiclass pipeline loads through ML.NET's own format with identical scores and keys" {
              let context = MLContext 1
              let data = view context unseen
              let model = (multiclass context quick |> append (context.Transforms.Conversion.MapKeyToValue("Named", "PredictedLabel"))).Fit(view context train)
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
                  Expect.sequenceEqual (engine.Predict unseen[i]).Score (scores expected).[i] $"row {i} through an engine"
          } ]
