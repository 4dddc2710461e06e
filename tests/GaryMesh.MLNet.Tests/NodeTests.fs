module GaryMesh.MLNet.Tests.NodeTests

open System
open Expecto
open GaryMesh
open GaryMesh.MLNet
open GaryMesh.MLNet.Tests.Support
open Microsoft.ML
open Microsoft.ML.Data

/// A member of one of two parties, of whom few say which.
[<CLIMutable>]
type Member =
    { Id: string
      [<VectorType(6)>]
      Features: float32[]
      Party: string
      Share: float32
      Split: string }

[<CLIMutable>]
type Tie = { Source: string; Target: string }

/// Members of a party know 4 of their own each, and every eighth one of the others.
let private society (seed: uint64) count =
    let key part index = Counter.key seed [ part; index ]
    let party index = index % 2
    let of' side index = 2 * Counter.below (count / 2) (key 1 index) 0L + side

    let members =
        [| for index in 0 .. count - 1 ->
               let noise slot = float32 (Counter.uniform (key 2 index) (int64 slot))
               let said = Counter.below 3 (key 3 index) 0L + 3 * party index

               { Id = $"m{index:D3}"
                 // One word in four speaks for the member's own party; the others are chance.
                 Features = [| for slot in 0..5 -> noise slot + (if slot = said && index % 4 < 2 then 1.0f else 0.0f) |]
                 Party = [| "left"; "right" |][party index]
                 Share = float32 (party index)
                 Split =
                   (if index < 20 then "train"
                    elif index < 40 then "valid"
                    else "test") } |]

    let ties =
        [| for index in 0 .. count - 1 do
               for friend in 0..3 do
                   { Source = $"m{index:D3}"
                     Target = $"m{of' (party index) (10 * index + friend):D3}" }

               if index % 8 = 0 then
                   { Source = $"m{index:D3}"; Target = $"m{of' (1 - party index) index:D3}" } |]
        |> Array.filter (fun tie -> tie.Source <> tie.Target)

    members, ties

let private options (context: MLContext) ties (options: 'options :> MeshNodeOptions) =
    options.Edges <- view context ties
    options.SplitColumnName <- "Split"
    options.EncoderUnits <- 0
    options.FeatureDropout <- 0.0
    options.EncodedValues <- 4
    options.Channels <- 4
    options.HiddenUnits <- 8
    options.Steps <- 4
    options.NumberOfEpochs <- 60
    options.LearningRate <- 0.02
    options

let private classifier (context: MLContext) ties =
    let options = options context ties (MeshNodeMulticlassTrainer.Options())

    context.Transforms.Conversion.MapValueToKey("Label", "Party")
    |> append (context.MulticlassClassification.Trainers.GaryMeshNodes options)

let private learnt =
    lazy
        (let context = MLContext 1
         let members, ties = society 1UL 200
         let model = (classifier context ties).Fit(view context members)
         context, members, ties, model)

let private testsOf (context: MLContext) (scored: IDataView) =
    context.Data.FilterByCustomPredicate(scored, (fun (row: Member) -> row.Split <> "test"))

let private scoresById (scored: IDataView) = Seq.zip (scored.GetColumn<string> "Id") (scores scored) |> Map.ofSeq

[<Tests>]
let tests =
    testList
        "Nodes"
        [ test "nodes are classified from a few labels and their neighbours" {
              let context, members, _, model = learnt.Value

              let metrics =
                  context.MulticlassClassification.Evaluate(testsOf context (model.Transform(view context members)))

              Expect.isGreaterThan metrics.MicroAccuracy 0.9 "accuracy on the test rows"
          }

          test "scores do not depend on the order of rows" {
              let context, members, _, model = learnt.Value
              let scored rows = scoresById (model.Transform(view context rows))
              Expect.equal (scored (Array.rev members)) (scored members) "identical"
          }

          test "training does not depend on the order of rows" {
              let context, members, ties, model = learnt.Value

              let keys =
                  context.Transforms.Conversion.MapValueToKey(
                      "Label",
                      "Party",
                      keyOrdinality = Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue
                  )

              let options () =
                  let options = options context ties (MeshNodeMulticlassTrainer.Options())
                  options.Seed <- Nullable 4
                  options.NumberOfEpochs <- 5
                  options

              let scored rows =
                  let model =
                      (keys |> append (context.MulticlassClassification.Trainers.GaryMeshNodes(options ())))
                          .Fit(view context rows)

                  scoresById (model.Transform(view context members))

              Expect.equal (scored (Array.rev members)) (scored members) "identical"
          }

          test "another graph of another size is scored with the same parameters" {
              let context, _, _, model = learnt.Value
              let members, ties = society 9UL 320
              let there = model.LastTransformer.On(view context ties)
              Expect.equal there.Model.ParameterCount model.LastTransformer.Model.ParameterCount "parameters"
              let keyed = (Seq.head model).Transform(view context members)
              let metrics = context.MulticlassClassification.Evaluate(there.Transform keyed)
              Expect.isGreaterThan metrics.MicroAccuracy 0.75 "accuracy on all rows of another graph"
          }

          test "along directed edges a node's features reach those after it alone" {
              let context, members, _, _ = learnt.Value
              let path = [| for i in 0..8 -> { Source = $"m{i:D3}"; Target = $"m{i + 1:D3}" } |]
              let options = options context path (MeshNodeRegressionTrainer.Options(LabelColumnName = "Share"))
              options.Directed <- true
              options.NumberOfEpochs <- 1
              options.Steps <- 3
              options.NormalizeRows <- false
              let rows = members[..9]
              let model = (context.Regression.Trainers.GaryMeshNodes options).Fit(view context rows)
              let scored rows = (model.Transform(view context rows)).GetColumn<float32> "Score" |> Array.ofSeq

              let changed =
                  rows |> Array.mapi (fun i row -> if i = 4 then { row with Features = Array.create 6 9.0f } else row)

              Expect.equal
                  [ for before, after in Array.zip (scored rows) (scored changed) -> before <> after ]
                  [ for i in 0..9 -> i >= 4 && i <= 7 ]
                  "the fifth and the three after it"
          }

          test "rows without a label are scored and not learnt from" {
              let context, members, ties, _ = learnt.Value

              let silent =
                  members |> Array.mapi (fun index row -> if index % 3 = 0 then { row with Party = "" } else row)

              let model = (classifier context ties).Fit(view context silent)
              let scored = model.Transform(view context silent)
              Expect.equal (scores scored).Length 200 "rows"
              Expect.equal (scores scored).[0].Length 2 "classes: a missing one is none"
          }

          test "a number is predicted for each node" {
              let context, members, ties, _ = learnt.Value
              let options = options context ties (MeshNodeRegressionTrainer.Options(LabelColumnName = "Share"))
              let model = (context.Regression.Trainers.GaryMeshNodes options).Fit(view context members)

              let metrics =
                  context.Regression.Evaluate(testsOf context (model.Transform(view context members)), "Share")

              Expect.isGreaterThan metrics.RSquared 0.5 "on the test rows"
          }

          test "the table is read when a score is, and the row count is known before" {
              let context, members, _, model = learnt.Value
              let scored = model.Transform(view context members)
              Expect.equal (scored.GetRowCount()) (Nullable 200L) "rows"
              Expect.isFalse scored.CanShuffle "rows are known by their number"
              Expect.equal (Seq.length (scored.GetColumn<string> "Id")) 200 "other columns stream through"
          }

          test "permuting the slots of the features says which matter" {
              let context, members, _, model = learnt.Value
              let scored = model.Transform(view context members)

              let importance =
                  context.MulticlassClassification.PermutationFeatureImportance(
                      model.LastTransformer,
                      scored,
                      permutationCount = 1
                  )

              Expect.equal importance.Length 6 "one a slot"
          }

          test "a node stage says which call keeps it" {
              let context, members, _, model = learnt.Value
              let data = view context members

              refuses<NotSupportedException> [ "Model.Save"; "MeshModel.Load" ] (fun () ->
                  context.Model.Save(model, data.Schema, IO.Stream.Null))

              refuses<NotSupportedException> [ "Transform" ] (fun () ->
                  model.LastTransformer.GetRowToRowMapper data.Schema |> ignore)
          }

          test "MeshModel keeps a node stage with its edges" {
              let context, members, _, model = learnt.Value

              inFile "parties.npz" (fun path ->
                  model.LastTransformer.Model.Save path
                  let loaded = MeshModel.Load(path).CreateTransformer(MLContext 5)
                  let keyed = (Seq.head model).Transform(view context members)

                  Expect.equal
                      (scores (loaded.Transform keyed))
                      (scores (model.LastTransformer.Transform keyed))
                      "scores")
          } ]
