/// Tables of nodes as they come: in another order each time, with misspelt splits, with edges listed from both ends.
module GaryMesh.MLNet.Tests.NodeTableTests

open System
open System.Collections.Generic
open Expecto
open GaryMesh
open GaryMesh.MLNet
open GaryMesh.MLNet.Tests.Support
open Microsoft.ML
open Microsoft.ML.Data

[<CLIMutable>]
type Row =
    { Id: string
      [<VectorType(3)>]
      Features: float32[]
      Camp: string
      Level: float32
      Split: string }

[<CLIMutable>]
type Tie = { Source: string; Target: string; Weight: float32 }

let private table =
    [| for index in 0..79 ->
           { Id = $"n{index:D2}"
             Features =
               [| for slot in 0..2 ->
                      float32 (index % 2) + 0.3f * float32 (Counter.normal 5UL (int64 (3 * index + slot))) |]
             Camp = [| "a"; "b" |][index % 2]
             Level = float32 index
             Split = [| "train"; "train"; "valid"; "valid"; "test" |][index % 5] } |]

let private ties =
    [| for index in 0..79 do
           for step in [ 2; 6 ] ->
               { Source = $"n{index:D2}"
                 Target = $"n{(index + step) % 80:D2}"
                 Weight = float32 (1 + index % 3) } |]

/// Gives its rows in another order each time that it is asked, as a database without ORDER BY may.
let private restless (context: MLContext) (rows: Row[]) =
    let mutable asked = 0

    let shuffled () =
        asked <- asked + 1

        let order =
            [| 0 .. rows.Length - 1 |] |> Array.sortBy (fun index -> Counter.key (uint64 asked) [ index ])

        [ for index in order -> rows[index] ]

    context.Data.LoadFromEnumerable(Seq.delay (fun () -> Seq.ofList (shuffled ())))

let private context () =
    let context = MLContext 1
    let messages = List<string>()

    context.Log.Add(fun event ->
        if string event.Kind = "Warning" then
            messages.Add event.RawMessage)

    context, messages

let private options (context: MLContext) ties change =
    let options = MeshNodeMulticlassTrainer.Options(Edges = view context ties, SplitColumnName = "Split")
    options.NumberOfEpochs <- 10
    options.EncoderUnits <- 8
    options.EncodedValues <- 4
    options.Channels <- 4
    options.HiddenUnits <- 8
    options.Steps <- 3
    options.FeatureDropout <- 0.0
    options.HiddenDropout <- 0.0
    options.Seed <- Nullable 2
    change options
    options

let private keyed (context: MLContext) =
    let byValue = Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue
    context.Transforms.Conversion.MapValueToKey("Label", "Camp", keyOrdinality = byValue)

let private fitTo (data: IDataView) context ties change =
    (keyed context
     |> append (context.MulticlassClassification.Trainers.GaryMeshNodes(options context ties change)))
        .Fit
        data

let private fit context ties change = fitTo (view context table) context ties change
let private byId (scored: IDataView) = Seq.zip (scored.GetColumn<string> "Id") (scores scored) |> Map.ofSeq

[<Tests>]
let tests =
    testList
        "Node tables"
        [ test "a table whose rows come in another order each time is learnt from and scored as a stable one" {
              let context, _ = context ()
              let stable = view context table
              let expected = byId ((fit context ties ignore).Transform stable)
              let model = fitTo (restless context table) context ties ignore
              Expect.equal (byId (model.Transform stable)) expected "training"

              // Ids and scores are read in two passes of their own, and one row holds both.
              let scored = model.Transform(restless context table)

              use cursor =
                  scored.GetRowCursor(
                      scored.Schema |> Seq.filter (fun column -> column.Name = "Id" || column.Name = "Score")
                  )

              let id = cursor.GetGetter<ReadOnlyMemory<char>> scored.Schema["Id"]
              let score = cursor.GetGetter<VBuffer<float32>> scored.Schema["Score"]
              let mutable name, values = ReadOnlyMemory<char>(), VBuffer<float32>()
              let mutable count = 0

              while cursor.MoveNext() do
                  score.Invoke &values
                  id.Invoke &name
                  Expect.equal (values.DenseValues() |> Array.ofSeq) expected[string name] $"node {name}"
                  count <- count + 1

              Expect.equal count 80 "rows"
          }

          test "a table that gives other rows than before is refused by name" {
              let context, _ = context ()
              let model = fit context ties ignore
              let mutable asked = 0

              let rows =
                  context.Data.LoadFromEnumerable(
                      Seq.delay (fun () ->
                          asked <- asked + 1

                          if asked = 1 then
                              seq {
                                  yield { table[0] with Id = "stranger" }
                                  yield! table[1..]
                              }
                          else
                              Seq.ofArray table)
                  )

              let scored = model.Transform rows

              refuses<InvalidOperationException> [ "Row 0"; "'Id'"; "'stranger'" ] (fun () -> scores scored |> ignore)
          }

          test "a NaN names its row and id, in training and in scoring" {
              let context, _ = context ()

              let spoilt =
                  table
                  |> Array.mapi (fun at row -> if at = 57 then { row with Features = [| 1.0f; nanf; 1.0f |] } else row)

              refuses<InvalidOperationException>
                  [ "Row 57 ('n57')"; "'Features'"; "NaN"; "HandleMissingValues" ]
                  (fun () -> fitTo (view context spoilt) context ties ignore |> ignore)

              let model = fit context ties ignore

              refuses<InvalidOperationException> [ "Row 57 ('n57')"; "NaN"; "whole table" ] (fun () ->
                  model.Transform(view context spoilt) |> scores |> ignore)
          }

          test "missing features are legal with the option, and fill in little" {
              let context, _ = context ()

              let holes =
                  table
                  |> Array.mapi (fun at row ->
                      if at % 4 = 0 then
                          { row with Features = [| nanf; nanf; row.Features[2] |] }
                      else
                          row)

              let model = fitTo (view context holes) context ties (fun options -> options.HandleMissingValues <- true)
              let found = model.Transform(view context holes) |> byId
              Expect.isTrue (found |> Map.forall (fun _ score -> Array.forall Single.IsFinite score)) "finite"

              inFile "holes.npz" (fun path ->
                  model.LastTransformer.Model.Save path
                  let keyed = (Seq.head model).Transform(view context holes)
                  let loaded = MeshModel.Load(path).CreateTransformer context
                  Expect.equal (byId (loaded.Transform keyed)) found "kept")
          }

          test "a misspelt split is answered by the values that there are" {
              let context, messages = context ()
              fit context ties (fun options -> options.ValidationSplit <- "validation") |> ignore
              let said = Seq.exactlyOne messages

              for part in
                  [ "'validation'"; "'train' (32 rows)"; "'valid' (32 rows)"; "'test' (16 rows)"; "early stopping" ] do
                  Expect.stringContains said part "the warning"

              refuses<InvalidOperationException> [ "'teach'"; "'train' (32 rows)"; "'test' (16 rows)" ] (fun () ->
                  fit context ties (fun options -> options.TrainingSplit <- "teach") |> ignore)
          }

          test "an edge without a row hints at what took the row away" {
              let context, _ = context ()

              refuses<InvalidOperationException> [ "'n71'"; "split column"; "SkipUnknownNodes" ] (fun () ->
                  fitTo (view context table[..70]) context ties ignore |> ignore)
          }

          test "edges that are listed from both ends count once, with a notice" {
              let context, messages = context ()
              let weighted (options: MeshNodeMulticlassTrainer.Options) = options.EdgeWeightColumnName <- "Weight"
              let turned = ties |> Array.map (fun tie -> { tie with Source = tie.Target; Target = tie.Source })
              let expected = byId ((fit context ties weighted).Transform(view context table))
              Expect.isEmpty messages "nothing to say"
              let both = Array.append ties turned
              let model = fit context both weighted
              Expect.equal (byId (model.Transform(view context table))) expected "the same"
              Expect.stringContains (Seq.exactlyOne messages) "160 of 320 edges" "a notice"
              let keyed = (Seq.head model).Transform(view context table)
              let on = model.LastTransformer.On(view context both)
              Expect.equal (byId (on.Transform keyed)) expected "and on other edges"

              let names = [| for row in table -> row.Id |]
              let graph list = MeshGraph.FromEdges(view context list, names, weightColumnName = "Weight")
              Expect.equal (graph both).Edges (graph ties).Edges "edges of a signal's graph"
          }

          test "edges that stand twice in one direction count twice, with a notice" {
              let context, messages = context ()
              fit context (Array.append ties ties[..2]) ignore |> ignore
              Expect.stringContains (Seq.exactlyOne messages) "3 of 163 edges" "a notice"
          }

          test "a factor on all weights changes no score" {
              let context, _ = context ()

              let scored (unit: float32) =
                  let ties = ties |> Array.map (fun tie -> { tie with Weight = unit * tie.Weight })
                  let weighted (options: MeshNodeMulticlassTrainer.Options) = options.EdgeWeightColumnName <- "Weight"
                  byId ((fit context ties weighted).Transform(view context table))

              let expected = scored 1.0f

              for unit in [ 1.0f / 1048576.0f; 1048576.0f ] do
                  Expect.equal (scored unit) expected $"a power of two, {unit}"

              for unit in [ 1e-6f; 1e6f ] do
                  let found = scored unit

                  for KeyValue(id, score) in expected do
                      for one, other in Array.zip score found[id] do
                          Expect.isLessThan (abs (one - other)) 1e-4f $"{id} in units of {unit}"
          }

          test "a negative weight is refused by its row, where the weights are divided by their sum" {
              let context, _ = context ()
              let ties = ties |> Array.mapi (fun at tie -> if at = 7 then { tie with Weight = -1.0f } else tie)
              let weighted (options: MeshNodeMulticlassTrainer.Options) = options.EdgeWeightColumnName <- "Weight"
              let names = [| for row in table -> row.Id |]

              refuses<InvalidOperationException> [ "Row 7"; "'Weight'"; "-1"; "Perception" ] (fun () ->
                  fit context ties weighted |> ignore)

              refuses<InvalidOperationException> [ "cell 1"; "weight -1"; "Perception" ] (fun () ->
                  let options = small (MeshRegressionTrainer.Options(LabelColumnName = "Place"))
                  options.Graph <- MeshGraph.FromEdges(64, [| 0 |], [| 1 |], [| -1.0 |])
                  context.Regression.Trainers.GaryMesh(options).Fit(view context (pictures 1UL 5)) |> ignore)

              refuses<InvalidOperationException> [ "Row 7"; "'Weight'"; "-1" ] (fun () ->
                  let whole = [| for tie in ties -> { tie with Weight = 1.0f } |]
                  (fit context whole weighted).LastTransformer.On(view context ties) |> ignore)

              fit context ties (fun options ->
                  weighted options

                  options.Perception <-
                      Perception [ Operator.Own; Operator.Of(EdgeWeight.Symmetric, Messages.Value, Aggregation.Sum) ])
              |> ignore
          } ]
