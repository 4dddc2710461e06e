module GaryMesh.MLNet.Tests.FieldTests

open System
open Expecto
open GaryMesh
open GaryMesh.MLNet
open GaryMesh.MLNet.Tests.Support
open Microsoft.ML
open Microsoft.ML.Data

/// Two moments of a wave on a ring of 12 cells, and the next two.
[<CLIMutable>]
type Snapshot =
    { [<VectorType(24)>]
      Features: float32[]
      [<VectorType(24)>]
      Label: float32[] }

let private ring = MeshGraph.Ring 12

let private snapshots (seed: uint64) count =
    [| for row in 0 .. count - 1 ->
           let key = Counter.key seed [ row ]
           let phase = 6.3 * Counter.uniform key 0L
           let value cell moment = float32 (10.0 + 5.0 * sin (phase + float cell * Math.PI / 6.0 + 0.4 * float moment))

           { Features =
               [| for cell in 0..11 do
                      for moment in 0..1 do
                          value cell moment |]
             Label =
               [| for cell in 0..11 do
                      for moment in 2..3 do
                          value cell moment |] } |]

let private hide share (rows: Snapshot[]) =
    rows
    |> Array.mapi (fun row snapshot ->
        let hidden slot = Counter.uniform (Counter.key 77UL [ row ]) (int64 slot) < share

        { snapshot with
            Features = snapshot.Features |> Array.mapi (fun slot value -> if hidden slot then nanf else value) })

let private options () =
    let options = small (MeshFieldTrainer.Options())
    options.Graph <- ring
    options.Perception <- Perception.Diffusion
    options.NumberOfEpochs <- 30
    options.MissingRate <- 0.2
    options.ResidualFeatures <- [| 1; 0 |]
    options

let private learnt =
    lazy
        (let context = MLContext 3
         context, context.Regression.Trainers.GaryMeshField(options ()).Fit(view context (snapshots 1UL 200)))

let private errorOf (context: MLContext) (model: ITransformer) rows =
    context.Regression.EvaluateGaryMeshField(model.Transform(view context rows), 2)

[<Tests>]
let tests =
    testList
        "Fields"
        [ test "a snapshot's next moments are forecast, in the label's unit" {
              let context, model = learnt.Value
              let metrics = errorOf context model (snapshots 2UL 50)
              Expect.isLessThan metrics.RootMeanSquaredError 1.0 "where a cell's deviation is 3.5"
              Expect.equal metrics.Outputs.Count 2 "horizons"

              Expect.isLessThan
                  metrics.Outputs[0].MeanAbsoluteError
                  metrics.Outputs[1].MeanAbsoluteError
                  "the farther is harder"

              Expect.equal metrics.Count (50L * 24L) "labels"
          }

          test "values that were not measured are legal and cost little" {
              let context, model = learnt.Value
              let rows = snapshots 2UL 50
              let whole, holes = errorOf context model rows, errorOf context model (hide 0.2 rows)
              Expect.isLessThan holes.RootMeanSquaredError (2.0 * whole.RootMeanSquaredError + 1.0) "error"
              Expect.isGreaterThan holes.RootMeanSquaredError whole.RootMeanSquaredError "but something"
          }

          test "labels that are missing do not count, in training and evaluation" {
              let context = MLContext 3

              let half (rows: Snapshot[]) =
                  [| for row in rows ->
                         { row with
                             Label = row.Label |> Array.mapi (fun slot value -> if slot % 4 < 2 then nanf else value) } |]

              let model =
                  context.Regression.Trainers.GaryMeshField(options ()).Fit(view context (half (snapshots 1UL 200)))

              let unseen = snapshots 2UL 50

              Expect.isLessThan
                  (errorOf context model unseen).RootMeanSquaredError
                  1.5
                  "also of cells that never had a label"

              Expect.equal (errorOf context model (half unseen)).Count (25L * 24L) "labels"
          }

          test "the same parameters run on a larger ring" {
              let context, model = learnt.Value
              let larger = model.On(MeshGraph.Ring 24)
              Expect.equal larger.Model.ParameterCount model.Model.ParameterCount "parameters"
              let row = (snapshots 2UL 1)[0]
              let definition = SchemaDefinition.Create typeof<Snapshot>
              definition["Features"].ColumnType <- VectorDataViewType(NumberDataViewType.Single, 48)
              definition["Label"].ColumnType <- VectorDataViewType(NumberDataViewType.Single, 48)

              let twice =
                  { Features = Array.append row.Features row.Features
                    Label = Array.append row.Label row.Label }

              let scored = larger.Transform(context.Data.LoadFromEnumerable([ twice ], definition))
              // The wave closes twice: every cell of the larger ring stands as one of the smaller does.
              let once = (scores (model.Transform(view context [| row |]))).[0]

              for found, expected in Seq.zip (scores scored).[0] (Array.append once once) do
                  Expect.floatClose Accuracy.medium (float found) (float expected) "score"
          }

          test "metrics refuse columns of different sizes" {
              let context, model = learnt.Value
              let scored = model.Transform(view context (snapshots 2UL 1))

              refuses<ArgumentException> [ "'Score'"; "24"; "5" ] (fun () ->
                  context.Regression.EvaluateGaryMeshField(scored, 5) |> ignore)
          } ]
