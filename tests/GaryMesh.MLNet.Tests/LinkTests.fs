/// Which nodes are joined: people who know each other because they like the same things.
module GaryMesh.MLNet.Tests.LinkTests

open System
open Expecto
open GaryMesh
open GaryMesh.MLNet
open GaryMesh.MLNet.Tests.Support
open Microsoft.ML
open Microsoft.ML.Data

[<CLIMutable>]
type Person =
    { Id: string
      [<VectorType(12)>]
      Features: float32[] }

[<CLIMutable>]
type Pair = { Source: string; Target: string; Label: bool }

let private people = 240

/// Twelve circles; a person's features say which, but for noise. Half of the pairs within a circle are joined.
let private circle person = person % 12

let private name person = $"p{person:D3}"

let private rows =
    [| for person in 0 .. people - 1 ->
           let noise i = float32 (Counter.normal (Counter.key 3UL [ person ]) (int64 i))

           { Id = name person
             Features = Array.init 12 (fun i -> noise i + (if i = circle person then 1.5f else 0.0f)) } |]

let private pairsWhere chosen joined =
    [| for a in 0 .. people - 1 do
           for b in a + 1 .. people - 1 do
               let draw = Counter.uniform (Counter.key 5UL [ a; b ]) 0L

               if chosen (circle a = circle b) draw then
                   { Source = name a; Target = name b; Label = joined } |]

/// The edges that are known, those that are not known to the trainer, and as many pairs that are not joined.
let private known = pairsWhere (fun same draw -> same && draw < 0.4) true
let private hidden = pairsWhere (fun same draw -> same && draw > 0.4 && draw < 0.5) true
let private apart = pairsWhere (fun same draw -> not same && draw < 0.01) false

let private options (context: MLContext) (edges: Pair[]) =
    MeshLinkTrainer.Options(
        Edges = view context edges,
        NumberOfEpochs = 60,
        EncodedValues = 8,
        EmbeddingSize = 8,
        Channels = 8,
        HiddenUnits = 16,
        Seed = 1
    )

let private fit (context: MLContext) (options: MeshLinkTrainer.Options) (nodes: IDataView) =
    context.BinaryClassification.Trainers.GaryMeshLinks(options).Fit nodes

let private auc (context: MLContext) (model: MeshNodeTransformer) (nodes: IDataView) =
    context.BinaryClassification
        .Evaluate(model.Links(nodes, view context (Array.append hidden apart)))
        .AreaUnderRocCurve

let private score (model: MeshNodeTransformer) nodes pairs =
    model.Links(nodes, pairs).GetColumn<float32> "Score" |> Array.ofSeq

[<Tests>]
let tests =
    testList
        "Links"
        [ test "edges that were hidden are told from pairs that are apart, by more than features alone" {
              let context = MLContext 1
              let nodes = view context rows
              let joined = auc context (fit context (options context known) nodes) nodes
              Expect.isGreaterThan joined 0.95 "with the edges between them"

              // The control: as many edges, of which none says anything.
              let shuffled =
                  known |> Array.mapi (fun i pair -> { pair with Target = known[(i * 7 + 5) % known.Length].Target })

              let strayed = shuffled |> Array.filter (fun pair -> pair.Source <> pair.Target)
              let control = auc context (fit context (options context strayed) nodes) nodes
              Expect.isLessThan control 0.75 "with edges that join anyone"
          }

          test "a saved model scores pairs to the same bits, whatever their order" {
              let context = MLContext 1
              let nodes = view context rows
              let model = fit context (options context known) nodes
              let pairs = Array.append hidden[..9] apart[..9]
              let before = score model nodes (view context pairs)

              inFile "links.npz" (fun path ->
                  model.Model.Save path
                  let again = (MeshModel.Load path).CreateTransformer(MLContext 9) :?> MeshNodeTransformer
                  Expect.equal (score again nodes (view context pairs)) before "loaded"

                  let swapped =
                      pairs |> Array.map (fun pair -> { pair with Source = pair.Target; Target = pair.Source })

                  Expect.equal (score again nodes (view context swapped)) before "a pair has no direction"

                  Expect.equal
                      (score again nodes (view context (Array.rev pairs)))
                      (Array.rev before)
                      "in another order"

                  Expect.equal
                      (score again (view context (Array.rev rows)) (view context pairs))
                      before
                      "nodes in another order")
          }

          test "what cannot be scored is refused by name" {
              let context = MLContext 1
              let nodes = view context rows
              let few = options context known
              few.NumberOfEpochs <- 1
              let model = fit context few nodes

              let stranger = view context [| { Source = "p000"; Target = "nobody"; Label = true } |]

              refuses<InvalidOperationException> [ "Target"; "'nobody'" ] (fun () ->
                  score model nodes stranger |> ignore)

              few.ValidationFraction <- 1.0
              refuses<ArgumentOutOfRangeException> [ "ValidationFraction" ] (fun () -> fit context few nodes |> ignore)
              few.ValidationFraction <- 0.0
              few.SplitColumnName <- "Split"
              refuses<ArgumentException> [ "'Split'"; "edges" ] (fun () -> fit context few nodes |> ignore)
              few.SplitColumnName <- null
              few.Edges <- view context [| { Source = "p000"; Target = "p000"; Label = true } |]
              refuses<InvalidOperationException> [ "No two nodes" ] (fun () -> fit context few nodes |> ignore)
          }

          test "the same seed gives the same bits for any number of threads" {
              let context = MLContext 1
              let nodes = view context rows

              let parameters threads =
                  let options = options context known
                  options.NumberOfEpochs <- 5
                  options.NumberOfThreads <- Nullable<int> threads
                  (fit context options nodes).Model.Network.Parameters.ToArray()

              Expect.equal (parameters 2) (parameters 1) "two threads"
          } ]
