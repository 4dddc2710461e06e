module GaryMesh.MLNet.Tests.RefusalTests

open System
open Expecto
open GaryMesh
open GaryMesh.MLNet
open GaryMesh.MLNet.Tests.Support
open Microsoft.ML
open Microsoft.ML.Data

[<CLIMutable>]
type Node =
    { Id: string
      [<VectorType(2)>]
      Features: float32[]
      Label: float32
      Split: string }

[<CLIMutable>]
type Edge = { Source: string; Target: string }

let private context = MLContext 1
let private rows = pictures 1UL 8

let private regression change =
    let options = small (MeshRegressionTrainer.Options(LabelColumnName = "Place"))
    change options
    context.Regression.Trainers.GaryMesh options

let private fit change () = (regression change).Fit(view context rows) |> ignore

/// A data view whose key column holds what it likes, as a reader of foreign data might.
type private Unruly(rows: IDataView, key: uint32, count: uint64) =
    let schema =
        let builder = DataViewSchema.Builder()
        builder.AddColumns rows.Schema
        builder.AddColumn("Label", KeyDataViewType(typeof<uint32>, count))
        builder.ToSchema()

    new(rows, key) = Unruly(rows, key, 3UL)

    interface IDataView with
        member _.Schema = schema
        member _.CanShuffle = false
        member _.GetRowCount() = rows.GetRowCount()

        member this.GetRowCursor(needed, _) =
            let own = rows.Schema

            let inner =
                rows.GetRowCursor(
                    needed
                    |> Seq.filter (fun column -> column.Index < own.Count)
                    |> Seq.map (fun column -> own[column.Index])
                )

            { new DataViewRowCursor() with
                member _.Schema = schema
                member _.Position = inner.Position
                member _.Batch = inner.Batch
                member _.MoveNext() = inner.MoveNext()
                member _.GetIdGetter() = inner.GetIdGetter()
                member _.IsColumnActive _ = true

                member _.GetGetter<'value>(column: DataViewSchema.Column) : ValueGetter<'value> =
                    if column.Index < own.Count then
                        inner.GetGetter<'value>(own[column.Index])
                    else
                        unbox<ValueGetter<'value>>(ValueGetter<uint32>(fun value -> value <- key)) }

        member this.GetRowCursorSet(needed, _, random) = [| (this :> IDataView).GetRowCursor(needed, random) |]

let private nodes =
    [| for id, split in [ "a", "train"; "b", "train"; "c", "test" ] ->
           { Id = id; Features = [| 1.0f; 2.0f |]; Label = 1.0f; Split = split } |]

let private edges = [| { Source = "a"; Target = "b" }; { Source = "b"; Target = "c" } |]

let private fitNodes change (nodes: Node[]) (edges: Edge[]) () =
    let options = MeshNodeRegressionTrainer.Options(Edges = view context edges)
    options.NumberOfEpochs <- 1
    change options
    (context.Regression.Trainers.GaryMeshNodes options).Fit(view context nodes) |> ignore

[<Tests>]
let tests =
    testList
        "Refusals"
        [ test "a missing column, before and after there are data" {
              refuses<ArgumentOutOfRangeException>
                  [ "Could not find feature column 'Pixels'" ]
                  (fit (fun options -> options.FeatureColumnName <- "Pixels"))

              refuses<ArgumentOutOfRangeException>
                  [ "Could not find label column 'Label'" ]
                  (fit (fun options -> options.LabelColumnName <- "Label"))

              refuses<ArgumentOutOfRangeException>
                  [ "Could not find weight column 'Worth'" ]
                  (fit (fun options -> options.ExampleWeightColumnName <- "Worth"))

              refuses<ArgumentOutOfRangeException> [ "Could not find feature column 'Pixels'" ] (fun () ->
                  let chain =
                      context.Transforms.CopyColumns("Copy", "Place")
                      |> append (regression (fun options -> options.FeatureColumnName <- "Pixels"))

                  chain.Fit(view context rows) |> ignore)
          }

          test "a column of another type" {
              refuses<ArgumentOutOfRangeException>
                  [ "Schema mismatch for label column 'Kind': expected Single, got String" ]
                  (fit (fun options -> options.LabelColumnName <- "Kind"))

              refuses<ArgumentOutOfRangeException>
                  [ "Schema mismatch for feature column 'Place': expected known-size vector of Single, got Single" ]
                  (fit (fun options -> options.FeatureColumnName <- "Place"))
          }

          test "a vector of the wrong size, in training and in scoring" {
              refuses<ArgumentOutOfRangeException>
                  [ "feature column 'Features'"; "multiple of 63 cells"; "Vector<Single, 64>" ]
                  (fit (fun options -> options.Graph <- MeshGraph.Ring 63))

              let model = (regression (fun options -> options.NumberOfEpochs <- 1)).Fit(view context rows)
              let shorter = view context [| { Edge.Source = ""; Target = "" } |]

              refuses<ArgumentOutOfRangeException> [ "Could not find feature column 'Features'" ] (fun () ->
                  model.Transform shorter |> ignore)

              let elsewhere = model.On(MeshGraph.Ring 10)

              refuses<ArgumentOutOfRangeException>
                  [ "feature column 'Features'"; "expected Vector<Single, 10>"; "got Vector<Single, 64>" ]
                  (fun () -> elsewhere.Transform(view context rows) |> ignore)
          }

          test "a trainer without a graph" {
              refuses<ArgumentNullException> [ "Options.Graph" ] (fun () ->
                  context.Regression.Trainers.GaryMesh(MeshRegressionTrainer.Options()) |> ignore)

              refuses<ArgumentNullException> [ "Options.Edges" ] (fun () ->
                  context.Regression.Trainers.GaryMeshNodes(MeshNodeRegressionTrainer.Options()) |> ignore)
          }

          test "options that are null, before anything else is read" {
              let makers: (unit -> obj) list =
                  [ fun () -> MeshFeaturizingEstimator(context, Unchecked.defaultof<_>)
                    fun () -> MeshMulticlassTrainer(context, Unchecked.defaultof<_>)
                    fun () -> MeshBinaryTrainer(context, Unchecked.defaultof<_>)
                    fun () -> MeshRegressionTrainer(context, Unchecked.defaultof<_>)
                    fun () -> MeshFieldTrainer(context, Unchecked.defaultof<_>)
                    fun () -> MeshNodeMulticlassTrainer(context, Unchecked.defaultof<_>)
                    fun () -> MeshNodeBinaryTrainer(context, Unchecked.defaultof<_>)
                    fun () -> MeshNodeRegressionTrainer(context, Unchecked.defaultof<_>) ]

              for make in makers do
                  refuses<ArgumentNullException> [ "Parameter 'options'" ] (fun () -> make () |> ignore)
          }

          test "an empty training set" {
              refuses<InvalidOperationException>
                  [ "Training set has 0 instances, aborting training"; "'Place'" ]
                  (fun () -> (regression ignore).Fit(view context (Array.empty<Picture>)) |> ignore)
          }

          test "labels, features and weights that are no numbers" {
              let spoilt change =
                  fun () ->
                      (regression (fun options -> options.ExampleWeightColumnName <- "Weight"))
                          .Fit(view context [| rows[0]; change rows[1] |])
                      |> ignore

              refuses<InvalidOperationException>
                  [ "Row 1"; "label column 'Place'" ]
                  (spoilt (fun row -> { row with Place = infinityf }))

              refuses<InvalidOperationException>
                  [ "Row 1"; "weight column 'Weight'"; "-1" ]
                  (spoilt (fun row -> { row with Weight = -1.0f }))

              refuses<InvalidOperationException>
                  [ "Row 1"; "feature column 'Features'" ]
                  (spoilt (fun row -> { row with Features = Array.create 64 infinityf }))
          }

          test "an array that is null is no row before it again" {
              let nothing = { rows[1] with Features = Unchecked.defaultof<float32[]> }

              refuses<InvalidOperationException> [ "Row 1"; "'Features'"; "0 values"; "64"; "null" ] (fun () ->
                  (regression ignore).Fit(view context [| rows[0]; nothing |]) |> ignore)

              refuses<InvalidOperationException> [ "Row 1"; "'Features'"; "0 values"; "2"; "null" ] (fun () ->
                  let nodes =
                      nodes
                      |> Array.mapi (fun at node ->
                          if at = 1 then { node with Features = Unchecked.defaultof<float32[]> } else node)

                  fitNodes ignore nodes edges ())

              let model = (regression (fun options -> options.NumberOfEpochs <- 1)).Fit(view context rows)

              refuses<InvalidOperationException> [ "'Features'"; "0 values"; "null" ] (fun () ->
                  (model.Transform(view context [| rows[0]; nothing |])).GetColumn<float32> "Score"
                  |> Seq.length
                  |> ignore)
          }

          test "rows without a label or a feature are skipped with a warning, as by stock trainers" {
              let context = MLContext 1
              let messages = Collections.Generic.List<string>()

              context.Log.Add(fun event ->
                  if string event.Kind = "Warning" then
                      messages.Add event.RawMessage)

              let fit (rows: Picture[]) =
                  let options = small (MeshRegressionTrainer.Options(LabelColumnName = "Place", Seed = Nullable 1))
                  options.NumberOfEpochs <- 2
                  context.Regression.Trainers.GaryMesh(options).Fit(view context rows)

              let spoilt =
                  [| yield! rows; { rows[0] with Place = nanf }; { rows[1] with Features = Array.create 64 nanf } |]

              let scored (model: ITransformer) =
                  (model.Transform(view context rows)).GetColumn<float32> "Score" |> List.ofSeq

              Expect.equal (scored (fit spoilt)) (scored (fit rows)) "the same model"
              let said = Seq.exactlyOne messages

              for part in
                  [ "1 rows without a value in label column 'Place'"
                    "1 rows with a missing feature"
                    "HandleMissingValues" ] do
                  Expect.stringContains said part "the warning"

              refuses<InvalidOperationException> [ "0 instances"; "2 rows without"; "skipped" ] (fun () ->
                  fit [| for row in rows[..1] -> { row with Place = nanf } |] |> ignore)
          }

          test "a label outside the key's range, or none in any row" {
              let trainer =
                  context.MulticlassClassification.Trainers.GaryMesh(small (MeshMulticlassTrainer.Options()))

              refuses<InvalidOperationException> [ "Row 0"; "label column 'Label'"; "key 4"; "3 values" ] (fun () ->
                  trainer.Fit(Unruly(view context rows, 4u)) |> ignore)

              refuses<InvalidOperationException> [ "0 instances"; "8 rows without"; "'Label'" ] (fun () ->
                  trainer.Fit(Unruly(view context rows, 0u)) |> ignore)
          }

          test "a label column of one class, of none, or of more than anyone has" {
              let fit (kinds: string list) =
                  let pictures = [| for kind in kinds -> { rows[0] with Kind = kind } |]

                  (multiclass context (fun options -> options.NumberOfEpochs <- 1)).Fit(view context pictures)
                  |> ignore

              refuses<InvalidOperationException> [ "abel column 'Label' has one class" ] (fun () ->
                  fit [ "across"; "across" ])

              refuses<InvalidOperationException> [ "Training set has 0 instances" ] (fun () -> fit [])

              let trainer =
                  context.MulticlassClassification.Trainers.GaryMesh(small (MeshMulticlassTrainer.Options()))

              refuses<InvalidOperationException> [ "Label column 'Label'"; "4,294,967,295 classes" ] (fun () ->
                  trainer.Fit(Unruly(view context rows, 1u, uint64 UInt32.MaxValue)) |> ignore)
          }

          test "options out of range, by their names and before there are data" {
              let refused option change =
                  refuses<ArgumentException> [ $"option {option} " ] (fun () -> regression change |> ignore)

              refused "Steps" (fun options -> options.Steps <- 0)
              refused "Channels" (fun options -> options.Channels <- -1)
              refused "BatchSize" (fun options -> options.BatchSize <- 0)
              refused "NumberOfThreads" (fun options -> options.NumberOfThreads <- Nullable 0)
              refused "NumberOfThreads" (fun options -> options.NumberOfThreads <- Nullable -2)
              refused "LearningRate" (fun options -> options.LearningRate <- nan)
              refused "FeatureDropout" (fun options -> options.FeatureDropout <- 1.0)
              refused "TrainingFireRate" (fun options -> options.TrainingFireRate <- 0.0)
              refused "EarlyStoppingRounds" (fun options -> options.EarlyStoppingRounds <- -1)
              refused "MissingRate" (fun options -> options.MissingRate <- 0.5)

              refused "ShiftAugmentation" (fun options ->
                  options.Graph <- MeshGraph.Ring 64
                  options.ShiftAugmentation <- 1)

              refuses<ArgumentException> [ "option LabelSmoothing "; "1.5" ] (fun () ->
                  multiclass context (fun options -> options.LabelSmoothing <- 1.5) |> ignore)
          }

          test "early stopping without validation rows is answered by a warning" {
              let context = MLContext 1
              let messages = Collections.Generic.List<string>()

              context.Log.Add(fun event ->
                  if string event.Kind = "Warning" then
                      messages.Add event.RawMessage)

              let options = small (MeshRegressionTrainer.Options(LabelColumnName = "Place", EarlyStoppingRounds = 3))
              options.NumberOfEpochs <- 1
              context.Regression.Trainers.GaryMesh(options).Fit(view context rows) |> ignore
              Expect.stringContains (Seq.exactlyOne messages) "EarlyStoppingRounds is 3" "the warning"
          }

          test "a training that diverges gives a model with finite scores, or none" {
              let context = MLContext 1
              let messages = Collections.Generic.List<string>()

              context.Log.Add(fun event ->
                  if string event.Kind = "Warning" then
                      messages.Add event.RawMessage)

              let fit rate =
                  let options = MeshRegressionTrainer.Options(LabelColumnName = "Place", LearningRate = rate)
                  options.Graph <- MeshGraph.Ring 64
                  options.NumberOfEpochs <- 5
                  context.Regression.Trainers.GaryMesh(options).Fit(view context (pictures 1UL 40))

              let refused =
                  [ for rate in [ 1.0; 100.0; 1e4; 1e6; 1e9 ] do
                        messages.Clear()

                        try
                            let scored = (fit rate).Transform(view context (pictures 2UL 40))
                            let finite = scored.GetColumn<float32> "Score" |> Seq.forall Single.IsFinite
                            Expect.isTrue finite $"scores at {rate}"
                            Expect.isNonEmpty messages $"a warning at {rate}"
                        with :? InvalidOperationException as error ->
                            Expect.stringContains error.Message "Training diverged" $"at {rate}"
                            Expect.stringContains error.Message "a lower one may help" $"at {rate}"
                            rate ]

              Expect.isNonEmpty refused "some of them"
          }

          test "a field's label that does not divide among the cells" {
              let options = small (MeshFieldTrainer.Options(LabelColumnName = "Label"))
              options.FeatureColumnName <- "Label"

              let half =
                  view
                      context
                      [| ({ Features = Array.zeroCreate 24; Label = Array.zeroCreate 24 }: FieldTests.Snapshot) |]

              options.FeatureColumnName <- "Features"
              options.Graph <- MeshGraph.Ring 24
              (context.Regression.Trainers.GaryMeshField options).Fit half |> ignore
              options.Graph <- MeshGraph.Ring 7

              refuses<ArgumentOutOfRangeException>
                  [ "feature column 'Features'"; "multiple of 7 cells"; "Vector<Single, 24>" ]
                  (fun () -> (context.Regression.Trainers.GaryMeshField options).Fit half |> ignore)
          }

          test "an edge to nowhere, a cell twice, a cell without a name" {
              refuses<InvalidOperationException>
                  [ "Row 1"; "target column 'Target'"; "'d'"; "3 values of id column 'Id'" ]
                  (fitNodes ignore nodes [| edges[0]; { Source = "a"; Target = "d" } |])

              refuses<InvalidOperationException>
                  [ "Row 1"; "id column 'Id'"; "'a'"; "row 0" ]
                  (fitNodes ignore [| nodes[0]; nodes[0] |] edges)

              refuses<InvalidOperationException>
                  [ "Row 1"; "id column 'Id'" ]
                  (fitNodes ignore [| nodes[0]; { nodes[1] with Id = "" } |] edges)

              fitNodes
                  (fun options -> options.SkipUnknownNodes <- true)
                  nodes
                  [| edges[0]; { Source = "a"; Target = "d" } |]
                  ()
          }

          test "an empty training split" {
              refuses<InvalidOperationException>
                  [ "Training set has 0 instances"; "'teach'"; "split column 'Split'"; "label column 'Label'" ]
                  (fitNodes
                      (fun options ->
                          options.SplitColumnName <- "Split"
                          options.TrainingSplit <- "teach")
                      nodes
                      edges)

              refuses<InvalidOperationException>
                  [ "Training set has 0 instances"; "'Label'" ]
                  (fitNodes ignore [| for node in nodes -> { node with Label = nanf } |] edges)
          } ]
