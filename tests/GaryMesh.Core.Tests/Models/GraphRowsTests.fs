/// Rows that are each a graph of its own: gradients against the reference graph by graph, and the same bits alone and in any batch.
module GaryMesh.Tests.Models.GraphRowsTests

open System
open System.IO
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Models
open GaryMesh.Tests
open GaryMesh.Tests.Models.Support
open GaryMesh.Tests.Models.ModelTests

/// A random graph of a few cells, weighted or not; some have no edge at all.
let private graphOf (key: uint64) =
    let cells = 1 + Counter.below 8 key 0L
    let edges = Counter.below 12 key 1L
    let ends from = Array.init edges (fun i -> Counter.below cells key (from + int64 i))

    let weights =
        if Counter.below 2 key 2L = 0 then
            null
        else
            Array.init edges (fun i -> 0.1 + Counter.uniform key (300L + int64 i))

    Graph.OfEdges(cells, ends 100L, ends 200L, Counter.below 2 key 3L = 0, weights, null)

/// A pooled model in which all cells fire, and rows of graphs for it.
let private drawRows (seed: uint64) count =
    let struct (model, _) = draw seed
    let key = Counter.key seed [ 77 ]

    let perception =
        Perception
            [ Operator.Own
              Operator.Of(EdgeWeight.Given, Messages.Value, Aggregation.Sum)
              Operator.Of(EdgeWeight.SelfLoopWalk, Messages.Difference, Aggregation.Mean) ]

    let pooling = [| Pooling.Mean; Pooling.Sum; Pooling.Max |][Counter.below 3 key 0L]
    let old = model.Shape

    let shape =
        ModelShape
            .Of(perception, old.Features, old.Head, old.Outputs, pooling)
            .WithEncoder(old.EncoderHidden, old.EncoderOutputs)
            .WithEncoding(old.EncodingAsInput, old.EncodingAsState, old.SkipConnection)
            .WithRule(6, 5, old.Steps)
            .WithReadout(old.ReadoutHidden)
            .WithMissing
            old.Missing

    let parameters =
        Array.init shape.ParameterCount (fun i -> 0.3f * float32 (Counter.normal key (1000L + int64 i)))

    let model = Model(shape, model.Scaling, ReadOnlySpan parameters)
    let graphs = Array.init count (fun i -> graphOf (Counter.subkey key i))
    let rows = Array.mapi (fun i graph -> dataOf model graph 1 (Counter.subkey key (100 + i))) graphs

    let data =
        ModelData(
            graphs,
            rows |> Array.collect _.Features,
            rows |> Array.collect _.Labels,
            rows |> Array.collect _.Weights
        )

    struct (model, graphs, rows, data)

let private learn threads (seed: uint64) =
    let struct (model, _, _, data) = drawRows seed 9
    let struct (_, _, _, held) = drawRows seed 4
    let task = ModelTask.Default.WithEpochs(4).WithBatch(3).WithSeed(seed).WithTrainingFireRate 0.7
    let task = if model.Shape.Missing then task.WithMissingRate 0.2 else task
    new ModelTrainer(model, null, task, data, held, options threads)

[<Tests>]
let tests =
    testList
        "Rows with graphs of their own"
        [ property "a batch's gradient is the sum of the reference's, graph by graph" (fun (seed: uint64) ->
              let struct (model, graphs, rows, data) = drawRows seed 5
              use trainer = new ModelTrainer(model, null, ModelTask.Default, data, null, options 2)
              let struct (loss, gradient) = trainer.Gradient(model.ToArray(), [| 0..4 |], 0)
              let width = model.Shape.Head.LabelWidth model.Shape.Outputs

              let weightOf (row: ModelData) =
                  float row.Weights[0] * float (Seq.length (Seq.filter (Single.IsNaN >> not) row.Labels))

              let total = Array.sumBy weightOf rows

              let expected =
                  Array.zip graphs rows
                  |> Array.filter (fun (_, row) -> weightOf row > 0.0)
                  |> Array.map (fun (graph, row) ->
                      specifiedGradient model graph row |> Array.map (fun x -> x * weightOf row / total))
                  |> Array.reduce (Array.map2 (+))

              Expect.equal (data.Labels.Length) (5 * width) "a label a graph"
              let deviation = GradientCheck.Deviation(ReadOnlySpan expected, ReadOnlySpan(Array.map float32 gradient))
              Expect.isLessThan deviation 5e-5 "as a share of the largest"
              Expect.isLessThan (abs (loss - trainer.Validate(model.ToArray(), data))) (1e-6 * (1.0 + loss)) "the loss")

          property "a graph alone is the graph in a batch, on any number of threads, bit for bit" (fun (seed: uint64) ->
              let struct (model, graphs, rows, data) = drawRows seed 7
              let outputs = model.Shape.Outputs

              let alone threads =
                  use predictor = new GraphPredictor(model, options threads)

                  Array.zip graphs rows
                  |> Array.collect (fun (graph, row) ->
                      let into = Array.zeroCreate outputs
                      predictor.Score(graph, ReadOnlySpan row.Features, Span into)
                      into)

              let struct (union, starts, one) = data.Union [| 0..6 |]
              use layers = new ModelLayers(model.Shape, options 1)
              layers.Load(model.ToArray())

              use run = new ModelRun(model.Shape, model.Scaling, layers, union, starts, model.Automaton, options 3)

              let own = run.Forward(one, [| 0 |], Noise.None, (fun _ -> Firing.All), false)

              let together =
                  Array.init (7 * outputs) (fun i ->
                      let j = i % outputs
                      model.Scaling.OutputShift[j] + model.Scaling.OutputScale[j] * own[i])

              Expect.equal (bits together) (bits (alone 1)) "in a batch"
              seed % 10UL > 0UL || bits (alone 16) = bits (alone 1))

          test "training comes to the same bits on 1 and 16 threads, and through a file at any iteration" {
              for seed in [ 1UL; 2UL; 5UL ] do
                  use one = learn 1 seed
                  use many = learn 16 seed
                  let result = one.Run(null, CancellationToken.None)
                  let other = many.Run(null, CancellationToken.None)
                  Expect.equal (bits (other.Model.ToArray())) (bits (result.Model.ToArray())) "threads"

                  let mutable training = one.Begin()

                  for _ in 1..5 do
                      training <- Option.get (Option.ofObj (one.Advance training))

                  use memory = new MemoryStream()
                  TrainingFile.Write(memory, one, training)
                  memory.Position <- 0L
                  let read = TrainingFile.Read(memory, "training.npz", many)
                  let struct (training, ending) = many.Run(read, null, CancellationToken.None, 0, ignore)

                  Expect.equal
                      (bits (many.Result(training, ending).Model.ToArray()))
                      (bits (result.Model.ToArray()))
                      "resumed"
          }

          test "a training does not go on with other graphs" {
              use trainer = learn 1 3UL
              use memory = new MemoryStream()
              TrainingFile.Write(memory, trainer, trainer.Begin())
              let struct (model, graphs, _, data) = drawRows 3UL 9
              let struct (_, _, _, held) = drawRows 3UL 4

              let turned =
                  graphs
                  |> Array.map (fun graph ->
                      if graph.Edges = 0 then
                          graph
                      else
                          let next cell = (cell + 1) % graph.Cells

                          Graph.OfRows(
                              Seq.toArray graph.RowStart,
                              [| for cell in graph.Neighbours -> next cell |],
                              null,
                              null,
                              null
                          ))

              let other = ModelData(turned, data.Features, data.Labels, data.Weights)
              use there = new ModelTrainer(model, null, trainer.Task, other, held, options 1)
              memory.Position <- 0L

              Expect.throwsT<InvalidDataException>
                  (fun () -> TrainingFile.Read(memory, "training.npz", there) |> ignore)
                  "other edges"
          }

          test "what does not fit is refused in a sentence" {
              let struct (model, graphs, _, data) = drawRows 1UL 3
              let cells = graphs |> Array.sumBy _.Cells

              let refused part (run: unit -> unit) =
                  let message =
                      try
                          run ()
                          failtest "Nothing was refused."
                      with :? ArgumentException as error ->
                          error.Message

                  Expect.stringContains message part "the message names it"

              let trainer (graph: Graph | null) data =
                  (new ModelTrainer(model, graph, ModelTask.Default, data, null, options 1)).Dispose()

              refused "brings its own" (fun () -> trainer (Graph.Ring 4) data)
              refused "brings its own" (fun () -> trainer null (dataOf model (Graph.Ring 4) 2 1UL))

              refused $"The {cells} cells of 3 graphs" (fun () ->
                  let wide = Array.zeroCreate (cells * (model.Shape.Features + 1))
                  trainer null (ModelData(graphs, wide, data.Labels, data.Weights)))

              refused "row 1 has offsets" (fun () -> ModelData([ graphs[0]; Graph.Ring 3 ], [||], [||], null) |> ignore)

              use predictor = new GraphPredictor(model, options 1)

              refused $"A graph of {graphs[0].Cells} cells" (fun () ->
                  predictor.Score(graphs[0], ReadOnlySpan [||], Span(Array.zeroCreate model.Shape.Outputs)))
          } ]
