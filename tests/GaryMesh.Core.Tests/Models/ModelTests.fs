/// Models: the reference's derivative against the complex step, the engine against the reference, and what prediction keeps.
module GaryMesh.Tests.Models.ModelTests

open System
open System.Numerics
open Expecto
open MathNet.Numerics.LinearAlgebra
open GaryMesh
open GaryMesh.Tests
open GaryMesh.Tests.Models.Support

let private score (model: Model) (graph: Graph) threads rows (features: float32[]) =
    use predictor = new Predictor(model, graph, options threads)
    let outputs = Array.zeroCreate (rows * model.Shape.OutputsOn graph.Cells)
    predictor.ScoreRows(rows, ReadOnlySpan features, Span outputs)
    outputs

/// A row's features.
let private rowOf (model: Model) (graph: Graph) (features: float32[]) row =
    let each = graph.Cells * model.Shape.Features
    Array.sub features (row * each) each

/// Weights of a linear functional of the outputs.
let private functional (model: Model) (graph: Graph) seed =
    let key = Counter.key seed [ 9 ]
    let shape = model.Shape

    Matrix<float>
        .Build.Dense(
            shape.TargetsOn graph.Cells,
            shape.Outputs,
            fun i j -> Counter.normal key (int64 (i * shape.Outputs + j))
        )

/// The outputs of the specification in the label's unit.
let private specified (model: Model) (graph: Graph) (features: float32[]) =
    let parameters = model.ToArray() |> Array.map float
    let outputs = ModelReference.outputs model graph parameters features
    let struct (_, bases) = ModelReference.enter model graph features

    [| for i in 0 .. outputs.RowCount - 1 do
           for j in 0 .. outputs.ColumnCount - 1 do
               let value = float model.Scaling.OutputShift[j] + float model.Scaling.OutputScale[j] * outputs[i, j]

               if bases.Length = 0 then value else bases[i] + value |]

/// The loss of a batch as the specification has it, with the derivative by the parameters.
let specifiedGradient (model: Model) (graph: Graph) (data: ModelData) =
    let shape, scaling = model.Shape, model.Scaling
    let parameters = model.ToArray() |> Array.map float
    let targets, width = shape.TargetsOn graph.Cells, shape.Head.LabelWidth shape.Outputs

    let counted =
        data.Labels
        |> Array.mapi (fun i label -> if Single.IsNaN label then 0.0 else float data.Weights[i / width])

    let total = Array.sum counted

    [| for row in 0 .. data.Rows - 1 do
           let features = rowOf model graph data.Features row
           let outputs = ModelReference.outputs model graph parameters features
           let struct (_, bases) = ModelReference.enter model graph features

           let adjoint =
               Matrix<float>
                   .Build.Dense(
                       targets,
                       shape.Outputs,
                       fun i j ->
                           let place = row * targets + i
                           let weight = float data.Weights[place]
                           let o = outputs[i, j]

                           if shape.Head.IsSoftmax then
                               let label = data.Labels[place]

                               if Single.IsNaN label then
                                   0.0
                               else
                                   let sum = Seq.sum (Seq.map exp (outputs.Row i))
                                   let share = 0.1 / float shape.Outputs + (if int label = j then 0.9 else 0.0)
                                   weight * (exp o / sum - share)
                           else
                               let label = float data.Labels[place * width + j]

                               if Double.IsNaN label then
                                   0.0
                               else
                                   match shape.Head with
                                   | Head.Logistic -> weight * (1.0 / (1.0 + exp -o) - label)
                                   | head ->
                                       let added = if bases.Length = 0 then 0.0 else bases[i]

                                       let scaled =
                                           (label - added - float scaling.OutputShift[j]) / float scaling.OutputScale[j]

                                       let difference = o - scaled

                                       match head with
                                       | Head.Huber delta -> weight * max -delta (min delta difference)
                                       | _ -> weight * difference
                   )

           ModelReference.adjoint model graph parameters features (adjoint / total) |]
    |> Array.reduce (Array.map2 (+))

[<Tests>]
let tests =
    testList
        "Model"
        [ property "the reference's derivative is the complex step's, to 1e-12" (fun (seed: uint64) ->
              let struct (model, graph) = draw seed
              let features = featuresOf model graph 1 seed
              let weights = functional model graph seed
              let parameters = model.ToArray() |> Array.map float
              let gradient = ModelReference.adjoint model graph parameters features weights
              let largest = gradient |> Array.map abs |> Array.max

              [ for n in 0..9 do
                    let i = Counter.below parameters.Length seed (int64 n)
                    let moved = parameters |> Array.map (fun p -> Complex(p, 0.0))
                    moved[i] <- Complex(parameters[i], 1e-30)
                    let outputs = ModelReference.outputs model graph moved features

                    let step =
                        outputs.EnumerateIndexed()
                        |> Seq.sumBy (fun struct (r, c, o) -> weights[r, c] * o.Imaginary / 1e-30)

                    abs (step - gradient[i]) <= 1e-12 * (1.0 + largest) ]
              |> List.forall id)

          property "the engine's outputs are the reference's in single precision" (fun (seed: uint64) ->
              let struct (model, graph) = draw seed
              let features = featuresOf model graph 3 seed
              let outputs = score model graph 2 3 features
              let expected = [| 0..2 |] |> Array.collect (rowOf model graph features >> specified model graph)

              let deviation = GradientCheck.Deviation(ReadOnlySpan expected, ReadOnlySpan outputs)
              Expect.isLessThan deviation 2e-5 "as a share of the largest")

          property "the trainer's gradient is the reference's in single precision" (fun (seed: uint64) ->
              let struct (model, graph) = draw seed
              let data = dataOf model graph 3 seed
              // The trainer and the reference agree on who fires where all do.
              let model =
                  let shape = model.Shape.WithRunning(1.0, 0.8, Gate.Open)
                  Model(shape, model.Scaling, model.Parameters)

              use trainer = new ModelTrainer(model, graph, ModelTask.Default, data, null, options 2)
              let struct (loss, gradient) = trainer.Gradient(model.ToArray(), [| 0..2 |], 0)
              let expected = specifiedGradient model graph data
              let deviation = GradientCheck.Deviation(ReadOnlySpan expected, ReadOnlySpan(Array.map float32 gradient))
              Expect.isLessThan deviation 5e-5 "as a share of the largest"
              Expect.isLessThan (abs (loss - trainer.Validate(model.ToArray(), data))) (1e-6 * (1.0 + loss)) "the loss")

          property "a batch is its rows one by one, on any number of threads, bit for bit" (fun (seed: uint64) ->
              let struct (model, graph) = draw seed
              let rows = 1 + Counter.below 9 seed 0L
              let features = featuresOf model graph rows seed
              let together = score model graph 1 rows features
              use predictor = new Predictor(model, graph, options 3)
              let each = model.Shape.OutputsOn graph.Cells

              let apart =
                  [| 0 .. rows - 1 |]
                  |> Array.collect (fun row ->
                      let outputs = Array.zeroCreate each
                      predictor.Score(ReadOnlySpan(rowOf model graph features row), Span outputs)
                      outputs)

              bits together = bits apart && bits together = bits (score model graph 3 rows features))

          test "answering row after row allocates nothing" {
              for seed in 1UL .. 20UL do
                  let struct (model, graph) = draw seed
                  let features = featuresOf model graph 1 seed
                  let outputs = Array.zeroCreate (model.Shape.OutputsOn graph.Cells)
                  use predictor = new Predictor(model, graph, options 1)

                  // The first rows make room.
                  for _ in 1..3 do
                      predictor.Score(ReadOnlySpan features, Span outputs)

                  let taken _ =
                      let before = GC.GetAllocatedBytesForCurrentThread()

                      for _ in 1..1000 do
                          predictor.Score(ReadOnlySpan features, Span outputs)

                      GC.GetAllocatedBytesForCurrentThread() - before

                  // A collection that other tests cause counts what is left of a thread's own piece of the heap.
                  let bytes = Seq.min (Seq.map taken [ 1..3 ])
                  Expect.isLessThan bytes 1000L $"bytes for 1,000 rows, model {seed}"
          }

          property "cells in another order say the same" (fun (seed: uint64) ->
              let struct (model, graph) = draw seed
              // Who fires is drawn by the cell's number; all of them fire here.
              let shape = model.Shape.WithRunning(1.0, 0.8, Gate.Open)
              let model = Model(shape, model.Scaling, model.Parameters)
              let features = featuresOf model graph 1 seed
              let k, cells = shape.Features, graph.Cells
              let order = [| 0 .. cells - 1 |] |> Array.sortBy (fun cell -> Counter.word seed (int64 cell))
              let moved = Array.zeroCreate features.Length

              for cell in 0 .. cells - 1 do
                  Array.Copy(features, cell * k, moved, order[cell] * k, k)

              let here = score model graph 1 1 features
              let there = score model (graph.Relabelled order) 1 1 moved
              let m = shape.Outputs

              let back =
                  if shape.Pooling.IsCells then
                      [| 0 .. cells - 1 |] |> Array.collect (fun cell -> Array.sub there (order[cell] * m) m)
                  else
                      there

              GradientCheck.Deviation(ReadOnlySpan(Array.map float here), ReadOnlySpan back) < 1e-5)

          test "a rule initialised as diffusion is diffusion" {
              for operator, self in
                  [ Perception.Diffusion.Operators[1], 1.0
                    Operator.Of(EdgeWeight.Symmetric, Messages.Value, Aggregation.Sum), 0.0 ] do
                  let graph = Graph.Ring 9

                  let shape =
                      ModelShape
                          .Of(Perception [ Operator.Own; operator ], 3, Head.Squared, 0, Pooling.Cells)
                          .WithEncoding(true, true, false)
                          .WithRule(3, 8, 5)

                  let model = Model.Create(shape, Scaling.None shape, RuleStart.Diffusion(1, 0.2), 5UL)
                  let features = Array.init 27 (fun i -> float32 (Counter.normal 3UL (int64 i)))
                  use predictor = new Predictor(model, graph, options 1)
                  let state = Array.zeroCreate 27
                  predictor.State(ReadOnlySpan features, Span state)
                  let e = Array.init 9 (fun cell -> Array.init 3 (fun c -> float features[cell * 3 + c]))
                  let mutable s = e

                  for _ in 1..5 do
                      s <-
                          Array.init 9 (fun cell ->
                              Array.init 3 (fun c ->
                                  let seen = s[(cell + 8) % 9][c] + s[(cell + 1) % 9][c] + self * s[cell][c]
                                  0.8 * seen / 3.0 + 0.2 * e[cell][c]))

                  let deviation = GradientCheck.Deviation(ReadOnlySpan(Array.concat s), ReadOnlySpan state)
                  Expect.isLessThan deviation 1e-5 "five steps of (1 - 0.2) P s + 0.2 e"
          }

          test "wide sparse features are encoded as dense ones are" {
              let graph = Graph.Ring 6

              let shape =
                  ModelShape
                      .Of(Perception.Diffusion, 80, Head.Softmax 0.0, 3, Pooling.Cells)
                      .WithEncoder(8, 4)
                      .WithRule(4, 8, 2)

              let model = Model.Create(shape, Scaling.Sums shape, RuleStart.Diffusion(1, 0.1), 7UL)
              let features = Array.init (6 * 80) (fun i -> if Counter.below 20 5UL (int64 i) = 0 then 1.0f else 0.0f)
              let labels = [| 0.0f; 1.0f; 2.0f; nanf; 0.0f; 1.0f |]
              let data = ModelData(1, features, labels, Array.create 6 1.0f)
              use trainer = new ModelTrainer(model, graph, ModelTask.Default, data, null, options 1)
              let struct (_, gradient) = trainer.Gradient(model.ToArray(), [| 0 |], 0)
              let targets = labels |> Array.filter (Single.IsNaN >> not) |> Array.length
              Expect.equal targets 5 "one of six is not known"
              let parameters = model.ToArray() |> Array.map float
              let outputs = ModelReference.outputs model graph parameters features

              let adjoint =
                  Matrix<float>
                      .Build.Dense(
                          6,
                          3,
                          fun i j ->
                              if Single.IsNaN labels[i] then
                                  0.0
                              else
                                  let sum = Seq.sum (Seq.map exp (outputs.Row i))
                                  (exp outputs[i, j] / sum - (if int labels[i] = j then 1.0 else 0.0)) / 5.0
                      )

              let expected = ModelReference.adjoint model graph parameters features adjoint
              let deviation = GradientCheck.Deviation(ReadOnlySpan expected, ReadOnlySpan(Array.map float32 gradient))
              Expect.isLessThan deviation 1e-5 "the gradient"
              use predictor = new Predictor(model, graph, options 1)
              let scores = Array.zeroCreate 18
              predictor.Score(ReadOnlySpan features, Span scores)
              let said = GradientCheck.Deviation(ReadOnlySpan(specified model graph features), ReadOnlySpan scores)
              Expect.isLessThan said 1e-5 "the outputs"
          }

          property "a head's derivative is that of its loss" (fun (seed: uint64) ->
              let key = Counter.key seed [ 4 ]
              let number index = 2.0 * Counter.normal key index

              [ Head.Softmax 0.2, [| 1.0f |]
                Head.Logistic, [| 1.0f; 0.0f; nanf |]
                Head.Squared, [| 0.3f; nanf; -1.0f |]
                Head.Huber 0.5, [| 0.3f; 4.0f; -1.0f |] ]
              |> List.forall (fun (head, labels) ->
                  // Multiples of 1/128, so that steps of as much are exact.
                  let outputs = Array.init 3 (fun j -> float32 (Math.Round(128.0 * number (int64 j)) / 128.0))
                  let adjoint, unused = Array.zeroCreate 3, Array.zeroCreate 3

                  let value (outputs: float32[]) =
                      head.Evaluate(ReadOnlySpan outputs, ReadOnlySpan labels, 1.5, Span unused)

                  head.Evaluate(ReadOnlySpan outputs, ReadOnlySpan labels, 1.5, Span adjoint) |> ignore

                  [ 0..2 ]
                  |> List.forall (fun j ->
                      let at step = value (outputs |> Array.mapi (fun i o -> if i = j then o + step else o))
                      let step = 1.0f / 128.0f
                      let near = (at step - at -step) / 2.0 * 128.0
                      let far = (at (2.0f * step) - at (-2.0f * step)) / 4.0 * 128.0
                      let slope = (4.0 * near - far) / 3.0
                      // Huber's slope has a corner, of which the four points may see both sides.
                      let tolerance = if head.IsHuber then 2e-2 else 1e-6
                      abs (slope - float adjoint[j]) < tolerance)))

          test "what does not fit is refused, and both sides are named" {
              let shape = ModelShape.Of(Perception.Sobel, 2, Head.Softmax 0.0, 3, Pooling.Mean)
              let graph = Graph.Grid(3, 3)
              let model = Model.Create(shape, Scaling.None shape, RuleStart.Zero, 1UL)
              let count = shape.ParameterCount
              let short = Array.zeroCreate<float32>(count - 1)

              refusal (fun () -> Model(shape, Scaling.None shape, ReadOnlySpan short))
              |> says [ $"{count}"; $"{count - 1}" ]

              use predictor = new Predictor(model, graph, options 1)
              let features, outputs = Array.zeroCreate<float32> 17, Array.zeroCreate<float32> 3
              refusal (fun () -> predictor.Score(ReadOnlySpan features, Span outputs)) |> says [ "18"; "17" ]
              let features, outputs = Array.zeroCreate<float32> 18, Array.zeroCreate<float32> 4
              refusal (fun () -> predictor.Score(ReadOnlySpan features, Span outputs)) |> says [ "3"; "4" ]
              features[4] <- nanf
              let outputs = Array.zeroCreate<float32> 3

              refusal (fun () -> predictor.Score(ReadOnlySpan features, Span outputs))
              |> says [ "Feature 0 of cell 2"; "NaN" ]

              let data label = ModelData(1, Array.zeroCreate 18, [| label |], null)
              let train label = new ModelTrainer(model, graph, ModelTask.Default, data label, null, options 1)
              refusal (fun () -> train 3.0f) |> says [ "0 to 2"; "3" ]
              refusal (fun () -> train nanf) |> says [ "No label"; "counts" ]
              refusal (fun () -> shape.WithEncoder(4, 0)) |> says [ "4 hidden"; "0" ]

              refusal (fun () -> shape.WithEncoder(0, 17).WithEncoding(false, true, false).Check())
              |> says [ "17"; "16" ]

              let restless = RuleStart.Diffusion(1, 0.1)
              let narrow = shape.WithRule(16, 31, 2)
              refusal (fun () -> Model.Create(narrow, Scaling.None narrow, restless, 1UL)) |> says [ "32"; "31" ]
              refusal (fun () -> shape.WithResidual [ 2 ]) |> says [ "feature 2"; "0 to 1" ]

              refusal (fun () -> model.View "readout.hidden.weight")
              |> says [ "readout.weight"; "readout.hidden.weight" ]
          } ]
