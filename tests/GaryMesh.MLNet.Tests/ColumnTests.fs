/// Features in several columns, and pipelines that are given a column of another size.
module GaryMesh.MLNet.Tests.ColumnTests

open System
open System.IO
open Expecto
open GaryMesh
open GaryMesh.MLNet
open GaryMesh.MLNet.Data
open GaryMesh.MLNet.Tests.Support
open Microsoft.ML
open Microsoft.ML.Data

/// Two measurements at each of 8 cells, and the sum of their products.
[<CLIMutable>]
type Measured =
    { [<VectorType(8)>]
      Speed: float32[]
      [<VectorType(8)>]
      Flow: float32[]
      [<VectorType(16)>]
      Both: float32[]
      Label: float32 }

let private measured seed count =
    [| for row in 0 .. count - 1 do
           let draw part =
               [| for cell in 0..7 -> float32 (Counter.normal (Counter.key seed [ row; part ]) (int64 cell)) |]

           let speed, flow = draw 0, draw 1

           { Speed = speed
             Flow = flow
             Both = Array.collect (fun (s, f) -> [| s; f |]) (Array.zip speed flow)
             Label = Array.fold2 (fun sum s f -> sum + s * f) 0.0f speed flow } |]

let private options change =
    let options = small (MeshRegressionTrainer.Options())
    options.Graph <- MeshGraph.Ring 8
    options.HiddenUnits <- 32
    options.EncoderUnits <- 16
    options.NumberOfEpochs <- 20
    options.Steps <- 2
    change options
    options

let private throughFile (context: MLContext) (model: ITransformer) (schema: DataViewSchema) =
    use stream = new MemoryStream()
    context.Model.Save(model, schema, stream)
    stream.Position <- 0L
    (MLContext 5).Model.Load stream |> fst

let private numbers (data: IDataView) = data.GetColumn<float32> "Score" |> Array.ofSeq

[<Tests>]
let tests =
    testList
        "Columns"
        [ test "columns are interleaved cell by cell, whatever their sizes" {
              let layout = FeatureLayout([| "a"; "b" |], [| 2; 1 |])
              let into = Array.zeroCreate 9
              layout.Interleave(ReadOnlySpan [| 1.0f; 2.0f; 3.0f; 4.0f; 5.0f; 6.0f; 7.0f; 8.0f; 9.0f |], Span into)
              Expect.equal into [| 1.0f; 2.0f; 7.0f; 3.0f; 4.0f; 8.0f; 5.0f; 6.0f; 9.0f |] "three cells"
              Expect.equal [ for at in 0..5 -> layout.ColumnOf at ] [ "a"; "a"; "b"; "a"; "a"; "b" ] "whose they are"
          }

          test
              "two measured columns are learnt from as their interleaved vector is, to the bit, where Concatenate is not" {
              let context = MLContext 1
              let train, others = view context (measured 1UL 300), view context (measured 2UL 100)
              let fit change = context.Regression.Trainers.GaryMesh(options change).Fit train

              let several =
                  fit (fun options ->
                      options.FeatureColumnNames <- [| "Speed"; "Flow" |]
                      options.Seed <- Nullable 3)

              let by_hand =
                  fit (fun options ->
                      options.FeatureColumnName <- "Both"
                      options.Seed <- Nullable 3)

              Expect.equal (numbers (several.Transform others)) (numbers (by_hand.Transform others)) "scores"
              let fits (data: IDataView) = context.Regression.Evaluate(data).RSquared
              Expect.isGreaterThan (fits (several.Transform others)) 0.8 "R squared"
              Expect.sequenceEqual several.Model.FeatureColumnNames [ "Speed"; "Flow" ] "the model knows them"
          }

          test "a stage of several columns is kept by both formats" {
              let context = MLContext 1
              let data = view context (measured 1UL 50)

              let options =
                  options (fun options ->
                      options.FeatureColumnNames <- [| "Speed"; "Flow" |]
                      options.NumberOfEpochs <- 2)

              let model = context.Regression.Trainers.GaryMesh(options).Fit data
              let expected = numbers (model.Transform data)
              Expect.equal (numbers ((throughFile context model data.Schema).Transform data)) expected "ML.NET's own"

              inFile "several.npz" (fun path ->
                  model.Model.Save path

                  Expect.equal
                      (numbers ((MeshModel.Load(path).CreateTransformer context).Transform data))
                      expected
                      "npz")

              let features =
                  MeshFeaturizingEstimator.Options(
                      Graph = MeshGraph.Ring 8,
                      InputColumnNames = [| "Speed"; "Flow" |],
                      OutputColumnName = "Mesh",
                      NumberOfEpochs = 1
                  )

              let stage = context.Transforms.GaryMesh(features).Fit data
              let read (data: IDataView) = data.GetColumn<float32[]> "Mesh" |> Array.ofSeq
              let loaded = throughFile context stage data.Schema
              Expect.equal (read (loaded.Transform data)) (read (stage.Transform data)) "a featurizer"
          }

          test "permuting the slots of a fitted signal stage says which matter" {
              let context = MLContext 1
              let data = view context (measured 1UL 40)

              for names, slots in [ [| "Both" |], 16; [| "Speed"; "Flow" |], 8 ] do
                  let options =
                      options (fun options ->
                          options.FeatureColumnNames <- names
                          options.NumberOfEpochs <- 1)

                  let model = context.Regression.Trainers.GaryMesh(options).Fit data
                  let scored = model.Transform data
                  let importance = context.Regression.PermutationFeatureImportance(model, scored, permutationCount = 1)
                  Expect.equal importance.Length slots "one a slot of the first column"
          }

          test "a missing or wrong one among several columns is named" {
              let context = MLContext 1
              let data = view context (measured 1UL 5)

              let fit names () =
                  let options = options (fun options -> options.FeatureColumnNames <- names)
                  context.Regression.Trainers.GaryMesh(options).Fit data |> ignore

              refuses<ArgumentOutOfRangeException> [ "feature column 'Density'" ] (fit [| "Speed"; "Density" |])
              refuses<ArgumentOutOfRangeException> [ "'Label'"; "Single" ] (fit [| "Speed"; "Label" |])
              refuses<ArgumentException> [ "FeatureColumnNames" ] (fit [||])
          }

          test "a loaded pipeline refuses an input of another size at once, as the fitted one does" {
              let context = MLContext 1
              let data = view context (pictures 1UL 20)
              let options = small (MeshRegressionTrainer.Options(LabelColumnName = "Place"))
              options.NumberOfEpochs <- 1
              let fitted: ITransformer = context.Regression.Trainers.GaryMesh(options).Fit data
              let definition = SchemaDefinition.Create typeof<Picture>
              definition["Features"].ColumnType <- VectorDataViewType(NumberDataViewType.Single, 32)

              let halves =
                  context.Data.LoadFromEnumerable(
                      [ for picture in pictures 1UL 3 -> { picture with Features = picture.Features[..31] } ],
                      definition
                  )

              let sizes = [ "'Features'"; "expected Vector<Single, 64>"; "got Vector<Single, 32>" ]

              for model in [ fitted; throughFile context fitted data.Schema ] do
                  refuses<ArgumentOutOfRangeException> sizes (fun () -> model.GetOutputSchema halves.Schema |> ignore)
                  refuses<ArgumentOutOfRangeException> sizes (fun () -> model.Transform halves |> ignore)
          } ]
