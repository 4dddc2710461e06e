/// Real data, a part of it and a few passes: handwritten digits, and papers that cite each other.
module GaryMesh.MLNet.Tests.RealDataTests

open System
open System.IO
open Expecto
open GaryMesh.MLNet
open GaryMesh.MLNet.Tests.Support
open GaryMesh.Tests.DataFolder
open Microsoft.ML
open Microsoft.ML.Data

[<CLIMutable>]
type Digit =
    { [<VectorType(64)>]
      Features: float32[]
      Digit: int }

[<CLIMutable>]
type Paper =
    {
        Id: string
        /// 1 for those of the dictionary's words that the paper has.
        [<VectorType(1433)>]
        Features: float32[]
        Topic: string
        Split: string
    }

let private digits () =
    File.ReadLines(data [ "tabular"; "optdigits"; "optdigits-train.csv" ])
    |> Seq.map (fun line ->
        let numbers = line.Split ',' |> Array.map int
        { Features = numbers[..63] |> Array.map float32; Digit = numbers[64] })
    |> Array.ofSeq

let private papers () =
    File.ReadLines(data [ "graphs"; "cora"; "nodes.tsv" ])
    |> Seq.skip 1
    |> Seq.map (fun line ->
        let parts = line.Split '\t'
        let words = parts[3].Split(' ', StringSplitOptions.RemoveEmptyEntries) |> Array.map int
        let features = Array.zeroCreate 1433

        for word in words do
            features[word] <- 1.0f

        { Id = parts[0]; Features = features; Topic = parts[1]; Split = parts[2] })
    |> Array.ofSeq

let private citations (context: MLContext) =
    let column name index = TextLoader.Column(name, DataKind.String, index)

    context.Data.LoadFromTextFile(
        data [ "graphs"; "cora"; "edges.tsv" ],
        [| column "Source" 0; column "Target" 1 |],
        hasHeader = true
    )

let private accuracy (context: MLContext) (scored: IDataView) =
    context.MulticlassClassification.Evaluate(scored).MicroAccuracy

[<Tests>]
let tests =
    testList
        "Real data"
        [ test "digits: a quarter of the pictures and five passes tell nine of ten unseen ones" {
              let context = MLContext 1
              let digits = digits ()
              let train, others = digits[..954], digits[955..1910]

              let options =
                  MeshMulticlassTrainer.Options(
                      Graph = grid,
                      HiddenUnits = 32,
                      Steps = 6,
                      NumberOfEpochs = 5,
                      BatchSize = 8,
                      LearningRate = 0.01,
                      WeightAveraging = 0.0
                  )

              let model =
                  (context.Transforms.Conversion.MapValueToKey("Label", "Digit")
                   |> append (context.MulticlassClassification.Trainers.GaryMesh options))
                      .Fit(view context train)

              let told = accuracy context (model.Transform(view context others))
              Expect.isGreaterThan told 0.9 "accuracy"
          }

          test "papers: who cites whom tells more than a paper's own words" {
              let context = MLContext 1
              let nodes = view context (papers ())
              let labelled = context.Transforms.Conversion.MapValueToKey("Label", "Topic").Fit(nodes).Transform nodes

              let part split data =
                  context.Data.FilterByCustomPredicate<Paper>(data, (fun paper -> paper.Split <> split))

              let accuracy (model: ITransformer) = model.Transform labelled |> part "test" |> accuracy context
              let trainers = context.MulticlassClassification.Trainers
              let alone = accuracy (trainers.LbfgsMaximumEntropy().Fit(part "train" labelled))

              let options =
                  MeshNodeMulticlassTrainer.Options(
                      Edges = citations context,
                      SplitColumnName = "Split",
                      NumberOfEpochs = 30,
                      LearningRate = 0.03
                  )

              let citing = accuracy (trainers.GaryMeshNodes(options).Fit labelled)
              Expect.isGreaterThan citing (alone + 0.1) "a maximum entropy model has the words alone"
          }

          test "papers: citations that were held out are told from pairs of papers" {
              let context = MLContext 1
              let papers = papers ()
              let nodes = view context papers

              let pairs =
                  context.Data.CreateEnumerable<LinkTests.Pair>(citations context, false, true)
                  |> Seq.filter (fun pair -> pair.Source <> pair.Target)
                  |> Seq.distinctBy (fun pair -> min pair.Source pair.Target, max pair.Source pair.Target)
                  |> Array.ofSeq

              let random = Random 7
              random.Shuffle pairs
              let held, known = Array.splitAt (pairs.Length / 10) pairs

              let cited =
                  pairs |> Seq.collect (fun pair -> [ pair.Source, pair.Target; pair.Target, pair.Source ]) |> set

              let others =
                  Seq.initInfinite (fun _ -> papers[random.Next papers.Length].Id, papers[random.Next papers.Length].Id)
                  |> Seq.filter (fun (a, b) -> a <> b && not (cited.Contains(a, b)))
                  |> Seq.map (fun (a, b) -> ({ Source = a; Target = b; Label = false }: LinkTests.Pair))
                  |> Seq.truncate held.Length

              let options = MeshLinkTrainer.Options(Edges = view context known, NumberOfEpochs = 40)
              let model = context.BinaryClassification.Trainers.GaryMeshLinks(options).Fit nodes
              let asked = Seq.append (held |> Seq.map (fun pair -> { pair with Label = true })) others |> Array.ofSeq
              let metrics = context.BinaryClassification.Evaluate(model.Links(nodes, view context asked))
              Expect.isGreaterThan metrics.AreaUnderRocCurve 0.92 "area under the curve"
          } ]
