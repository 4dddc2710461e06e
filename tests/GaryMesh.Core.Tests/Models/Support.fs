/// Small models of every kind, with data that fits them, each a function of a seed.
module GaryMesh.Tests.Models.Support

open System
open Expecto
open GaryMesh

let refusal (action: unit -> 'a) =
    (Expect.throwsC (action >> ignore) (fun error -> error :?> ArgumentException)).Message

let says (parts: string list) (message: string) =
    for part in parts do
        Expect.stringContains message part "both sides are named"

let private graphs =
    [| Graph.Grid(3, 4)
       Graph.Ring 7
       Graph.OfEdges(6, [| 0; 1; 2; 2; 5 |], [| 1; 2; 3; 5; 4 |], false, [| 0.5; 2.0; 1.0; 0.25; 3.0 |], null) |]

let private perceptions =
    [| Perception.Sobel
       Perception.Planar
       Perception [ Operator.Own; Operator.Neighbours(EdgeWeight.RandomWalk, Messages.Value, Aggregation.Sum) ] |]

/// A model with nothing left at zero, and its graph. Every choice that a shape leaves is drawn from the seed.
let draw (seed: uint64) : struct (Model * Graph) =
    let key = Counter.key seed [ 1 ]
    let below bound index = Counter.below bound key index
    let coin index = below 2 index = 1
    let kind = below graphs.Length 0L
    let features, asInput, asState = 1 + below 3 1L, coin 2L, coin 3L
    let skip = coin 4L || not (asInput || asState)
    let residual = coin 5L

    let head, outputs =
        match below 5 6L with
        | 0 when not residual -> Head.Softmax 0.1, 3
        | 1 when not residual -> Head.Logistic, 2
        | 2 -> Head.Huber 0.7, 2
        | _ -> Head.Squared, 2

    let pooling =
        match below 6 7L with
        | 0 when not residual -> Pooling.Mean
        | 1 when not residual -> Pooling.Sum
        | 2 when not residual -> Pooling.Max
        | _ -> Pooling.Cells

    let shape =
        ModelShape
            .Of(perceptions[kind], features, head, outputs, pooling)
            .WithEncoder((if coin 8L then 4 else 0), (if coin 8L || coin 9L then 3 else 0))
            .WithEncoding(asInput, asState, skip)
            .WithRule(6, 5, 1 + below 3 10L)
            .WithRunning((if coin 11L then 1.0 else 0.6), 0.8, Gate.Open)
            .WithReadout(if coin 12L then 4 else 0)
            .WithMissing(coin 13L)
            .WithResidual(if residual then [ features - 1 .. -1 .. 0 ] else [])

    let number index = float32 (Counter.normal key (int64 index))

    let scaling =
        { FeatureShift = Array.init features (fun i -> number (100 + i))
          FeatureScale = Array.init features (fun i -> 0.5f + abs (number (200 + i)))
          UnitSum = coin 14L && not residual
          OutputShift =
            if head.IsRegression then
                Array.init outputs (fun i -> number (300 + i))
            else
                Array.zeroCreate outputs
          OutputScale =
            if head.IsRegression then
                Array.init outputs (fun i -> 0.5f + abs (number (400 + i)))
            else
                Array.create outputs 1.0f }

    let parameters = Array.init shape.ParameterCount (fun i -> 0.5f * number (1000 + i))
    struct (Model(shape, scaling, ReadOnlySpan parameters), graphs[kind])

/// Features of some rows, with gaps where the model takes them.
let featuresOf (model: Model) (graph: Graph) (rows: int) (seed: uint64) =
    let key = Counter.key seed [ 2 ]

    Array.init (rows * graph.Cells * model.Shape.Features) (fun i ->
        if model.Shape.Missing && Counter.below 5 key (int64 i + 1_000_000L) = 0 then
            nanf
        else
            float32 (Counter.normal key (int64 i)))

/// Rows with labels that the head takes, a sixth of them missing, and weights.
let dataOf (model: Model) (graph: Graph) (rows: int) (seed: uint64) =
    let key = Counter.key seed [ 3 ]
    let shape = model.Shape
    let targets = rows * shape.TargetsOn graph.Cells

    let label i =
        if Counter.below 6 key (int64 i + 1_000_000L) = 0 then
            nanf
        else
            match shape.Head with
            | Head.Softmax _ -> float32 (Counter.below shape.Outputs key (int64 i))
            | Head.Logistic -> float32 (Counter.below 2 key (int64 i))
            | _ -> 2.0f * float32 (Counter.normal key (int64 i))

    let labels = Array.init (targets * shape.Head.LabelWidth shape.Outputs) label
    // At least one label counts.
    labels[0] <- 1.0f

    let weights =
        Array.init targets (fun i -> if i = 0 then 1.0f else float32 (Counter.below 3 key (int64 i + 2_000_000L)))

    ModelData(rows, featuresOf model graph rows seed, labels, weights)

let options threads = EngineOptions(Threads = threads)
let bits (values: float32[]) = values |> Array.map BitConverter.SingleToInt32Bits
