/// Several graphs as one: rollouts and losses on the union are those on each.
module GaryMesh.Tests.UnionTests

open System
open System.Collections.Immutable
open System.Numerics
open Expecto
open FsCheck
open GaryMesh

let private below (seed: uint64) purpose bound = Counter.below bound (Counter.key seed [ 40; purpose ]) 0L

let private noise (seed: uint64) cells channels =
    State.Create(
        cells,
        channels,
        fun cell channel -> float32 (Counter.normal (Counter.key seed [ 41 ]) (int64 (cell * channels + channel)))
    )

/// A graph with directions and positions; regular ones also under random numbers.
let private graphOf seed =
    let side purpose = 3 + below seed purpose 5

    let graph =
        match below seed 1 6 with
        | 0 -> Graph.Ring(3 + below seed 2 40)
        | 1 -> Graph.Grid(side 2, side 3)
        | 2 -> Graph.Torus(side 2, side 3)
        | 3 -> Graph.Torus6(side 2, side 3)
        | 4 -> Graph.Icosphere(1 + below seed 2 3)
        | _ ->
            let count = 8 + below seed 2 20
            Graph.NearestNeighbours(Array.init (3 * count) (int64 >> Counter.normal (Counter.key seed [ 42 ])), 3)

    if below seed 4 2 = 0 then
        graph
    else
        graph.Relabelled([| 0 .. graph.Cells - 1 |] |> Array.sortBy (int64 >> Counter.word seed))

let private framed (graph: Graph) = graph.WithFrames(Frames.Upright(graph, struct (0.1, 1.0, 0.2), 2))

let private perceptions =
    [| Perception.Planar; Perception.Harmonics; Perception.Isotropic; Perception.Tangent |]

/// Graphs, where each begins in their union, and the union.
let private united seed =
    let graphs = Array.init (1 + below seed 5 4) (fun i -> graphOf (Counter.subkey seed i))
    let tangent = below seed 6 perceptions.Length = 3
    let graphs = if tangent then graphs |> Array.map framed else graphs

    let graphs =
        graphs
        |> Array.mapi (fun i graph ->
            match below seed (20 + i) 3 with
            | 0 -> graph.WithSpacing 0.5
            | 1 -> graph.WithSpacing(Array.init graph.Cells (fun cell -> 0.5 + float (cell % 4)))
            | _ -> graph)

    graphs, graphs |> Array.map _.Cells |> Array.scan (+) 0, Graph.Union("all", graphs)

let private automatonOf seed =
    let perception = perceptions[below seed 6 perceptions.Length]
    let rule = GradientCheck.RuleFor(RuleShape.For(perception, 5, 9), seed, 0.3)
    Automaton.Of(perception, rule).WithBound(2f)

let private part (state: State) first cells =
    State(cells, state.Channels, ReadOnlySpan(state.ToArray(), first * state.Channels, cells * state.Channels))

/// The one sentence with which a wrong argument is refused.
let private refused (words: string list) (act: unit -> 'a) =
    Expect.throwsC (act >> ignore) (fun error ->
        Expect.isTrue (error :? ArgumentException) $"an argument is refused, but: {error}"

        for word in words do
            Expect.stringContains error.Message word "the sentence"

        Expect.stringEnds error.Message "." "a sentence")

[<Tests>]
let tests =
    testList
        "Unions"
        [ property "a rollout on a union is a rollout on each of its graphs, bit for bit" (fun (seed: uint64) ->
              let graphs, first, union = united seed
              let automaton = automatonOf seed
              let start, steps = noise seed union.Cells 5, 1 + below seed 7 6
              let firing = if below seed 8 3 = 0 then Firing.All else Firing.Seeded(seed, 2)
              let final = Engine.Run(automaton, union, Rollout.Of(start, steps, firing))

              graphs
              |> Array.iteri (fun i graph ->
                  let own = firing.For(ImmutableArray.CreateRange(seq { first[i] .. first[i + 1] - 1 }))
                  let alone = Engine.Run(automaton, graph, Rollout.Of(part start first[i] graph.Cells, steps, own))

                  Expect.equal
                      ((part final first[i] graph.Cells).ToArray() |> Array.map BitConverter.SingleToInt32Bits)
                      (alone.ToArray() |> Array.map BitConverter.SingleToInt32Bits)
                      $"{graph.Name}, number {i} of {graphs.Length}"))

          property "a union holds its graphs' edges, positions, frames and weights side by side" (fun (seed: uint64) ->
              let graphs, first, union = united seed
              Expect.equal union.Cells first[graphs.Length] "cells"
              Expect.equal union.Name "all" "its name"

              let edges (graph: Graph) shift =
                  [ for cell in 0 .. graph.Cells - 1 do
                        for edge in graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 ->
                            cell + shift,
                            graph.Neighbours[edge] + shift,
                            [ for k in 0..2 -> graph.Offsets[3 * edge + k] ] ]

              Expect.equal
                  (edges union 0)
                  (List.concat (List.mapi (fun i g -> edges g first[i]) (List.ofArray graphs)))
                  "edges"

              Expect.sequenceEqual union.Positions (graphs |> Seq.collect _.Positions) "positions"
              Expect.sequenceEqual union.Frames (graphs |> Seq.collect _.Frames) "frames")

          test "weights of some graphs alone are one in the others" {
              let weighted = Graph.OfEdges(2, [| 0 |], [| 1 |], true, [| 3.0 |], null)
              let plain = Graph.OfEdges(2, [| 1 |], [| 0 |], true)
              let union = Graph.Union("both", [ weighted; plain ])
              Expect.sequenceEqual union.Weights [ 3.0; 1.0 ] "weights"
              Expect.isTrue (Graph.Union("both", [ plain; plain ]).Weights.IsEmpty) "none"
          }

          test "graphs of which one has what another lacks are refused, and so are none, naming both" {
              let ring, listed = Graph.Ring 5, (Graph.OfEdges(3, [| 0 |], [| 1 |], true)).Named "listed"
              refused [ "at least one graph"; "none" ] (fun () -> Graph.Union("u", []))
              refused [ "directions"; "ring:5"; "listed" ] (fun () -> Graph.Union("u", [ ring; listed ]))
              refused [ "directions"; "ring:5"; "listed" ] (fun () -> Graph.Union("u", [ listed; ring ]))
              let sphere = Graph.Icosphere 1

              refused [ "frames"; "ring:5"; "icosphere:1" ] (fun () -> Graph.Union("u", [ framed sphere; ring ]))
          }

          test "cells without edges have no directions to lack, but positions" {
              let lonely = (Graph.OfEdges(2, [||], [||], true)).Named "lonely"
              let listed = (Graph.OfEdges(3, [| 0 |], [| 1 |], true)).Named "listed"
              Expect.equal (Graph.Union("u", [ lonely; listed ])).Cells 5 "neither has positions"
              refused [ "positions"; "ring:5"; "lonely" ] (fun () -> Graph.Union("u", [ Graph.Ring 5; lonely ]))
              let placed = Graph.Grid(1, 1)
              let union = Graph.Union("u", [ Graph.Ring 5; placed ])
              Expect.equal (union.Positions.Length, union.Edges) (18, 10) "positions of all cells"
          }

          property "a loss on a part has the part's value and adjoint, and none elsewhere" (fun (seed: uint64) ->
              let graphs, first, union = united seed
              let i = below seed 9 graphs.Length
              let graph, at = graphs[i], first[i]
              let target = Array.init graph.Cells (int64 >> Counter.normal (Counter.key seed [ 43 ]) >> float32)
              let loss: Loss = WeightedSum([| 1.0; 2.0 |], [| MeanSquared(target, 1); Overflow 0.5f |])
              let on = loss.On(graph, at)
              let state, none = noise seed union.Cells 3, State.Zeros(union.Cells, 0)
              let own = part state at graph.Cells
              let found = on.Evaluate(state, none, LossContext.After union)
              let alone = loss.Evaluate(own, State.Zeros(graph.Cells, 0), LossContext.After graph)
              Expect.equal found.Value alone.Value "value"
              Expect.equal (Seq.toList found.Parts) (Seq.toList alone.Parts) "parts"
              Expect.equal ((part found.Adjoint at graph.Cells).ToArray()) (alone.Adjoint.ToArray()) "adjoint"

              let elsewhere =
                  found.Adjoint.ToArray()
                  |> Array.mapi (fun k x -> if k / 3 >= at && k / 3 < at + graph.Cells then 0f else x)

              Expect.all elsewhere ((=) 0f) "zero elsewhere"

              let value (loss: Loss) (state: State) graph =
                  let numbers = state.ToArray() |> Array.map (fun x -> Complex(float x, 0.0))
                  loss.Value<Complex, Complexes>(3, ReadOnlySpan numbers, ReadOnlySpan.Empty, LossContext.After graph)

              Expect.equal (value on state union) (value loss own graph) "specification")

          test "a loss on a part sees the auxiliary outputs and the graph of the part" {
              let seen = Collections.Generic.List<string>()

              let spy =
                  { new Loss("spy") with
                      member _.Evaluate(state, auxiliary, context) =
                          seen.Add $"{state.Cells} {auxiliary[0, 0]} {context.Graph.Name}"

                          { LossValue.Of(1.0, State.Zeros(state.Cells, state.Channels)) with
                              AuxiliaryAdjoint = State.Create(state.Cells, 1, (fun _ _ -> 7f)) }

                      member _.Value<'T, 'F
                          when 'T: struct and 'T :> INumberBase<'T> and 'F: struct and 'F :> IField<'T>>
                          (_, _, auxiliary: ReadOnlySpan<'T>, _)
                          : 'T =
                          auxiliary[0] }

              let part, union = Graph.Ring 4, Graph.Union("u", [ Graph.Ring 3; Graph.Ring 4; Graph.Ring 3 ])
              let on = spy.On(part, 3)
              let auxiliary = State.Create(10, 1, (fun cell _ -> float32 cell))
              let found = on.Evaluate(State.Zeros(10, 2), auxiliary, LossContext.After union)
              Expect.sequenceEqual seen [ "4 3 ring:4" ] "what it sees"
              let adjoint = (nonNull found.AuxiliaryAdjoint).ToArray()
              Expect.equal adjoint [| 0f; 0f; 0f; 7f; 7f; 7f; 7f; 0f; 0f; 0f |] "the auxiliary adjoint"
              let numbers = Array.init 10 float

              let value =
                  on.Value<float, Reals>(
                      2,
                      ReadOnlySpan(Array.zeroCreate 20),
                      ReadOnlySpan numbers,
                      LossContext.After union
                  )

              Expect.equal value 3.0 "the specification's auxiliary"
              Expect.equal on.Name "spy" "its name"
              let every = (spy.At(fun _ _ -> true)).On(part, 3)
              Expect.isTrue (every.Sees(1, 5)) "the steps of the inner loss"
              Expect.isFalse (on.Sees(1, 5)) "the last step"
          }

          test "a gradient through a union is that through each graph" {
              let graphs = [| framed (Graph.Icosphere 2); framed (Graph.Torus(5, 6)) |]
              let union = Graph.Union("u", graphs)

              let automaton =
                  Automaton.Of(
                      Perception.Tangent,
                      GradientCheck.RuleFor(RuleShape.For(Perception.Tangent, 4, 8), 3UL, 0.3)
                  )

              let start, first = noise 5UL union.Cells 4, graphs[0].Cells
              let loss = MeanSquared(Array.create graphs[1].Cells 0.5f, 0)

              let gradient graph start firing (loss: Loss) =
                  (Engine.Gradient(automaton, graph, [| Rollout.Of(start, 3, firing) |], loss)).Parameters

              let whole = gradient union start Firing.All (loss.On(graphs[1], first))
              let alone = gradient graphs[1] (part start first graphs[1].Cells) Firing.All loss
              let largest = alone |> Array.map abs |> Array.max

              Expect.all
                  (Array.map2 (fun a b -> abs (a - b) / largest) whole alone)
                  (fun x -> x < 1e-6)
                  "the parameters'"
          }

          test "a loss on cells that a state lacks is refused, naming both" {
              let loss = (Overflow 1f).On(Graph.Ring 5, 8)
              let graph = Graph.Ring 12

              refused [ "8 to 12"; "has 12" ] (fun () ->
                  loss.Evaluate(State.Zeros(12, 2), State.Zeros(12, 0), LossContext.After graph))

              refused [ "8 to 12"; "has 12" ] (fun () ->
                  loss.Value<float, Reals>(
                      2,
                      ReadOnlySpan(Array.zeroCreate 24),
                      ReadOnlySpan.Empty,
                      LossContext.After graph
                  ))
          } ]
