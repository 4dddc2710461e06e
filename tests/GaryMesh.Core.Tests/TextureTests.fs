/// The look of cells: palettes, strides over graphs, and the loss that compares it with an exemplar's.
module GaryMesh.Tests.TextureTests

open System
open System.Numerics
open Expecto
open FsCheck
open GaryMesh
open GaryMesh.Graphs
open GaryMesh.Tests.Property

let private noise (seed: uint64) cells channels =
    State.Create(
        cells,
        channels,
        fun cell channel -> float32 (0.3 * Counter.normal seed (int64 (cell * channels + channel)))
    )

let private picture seed height width maps tiles =
    let values = (noise seed (height * width) maps).ToArray() |> Array.map (fun x -> 0.5f + 0.4f * x)
    Exemplar.Picture(height, width, maps, values, tiles)

/// A lattice told apart from its kind: the frames alone say where right and down are.
let private framed (graph: Graph) =
    graph.WithFrames(Array.init (9 * graph.Cells) (fun at -> if at % 9 % 4 = 0 then 1.0 else 0.0)).Relabelled
        [| 0 .. graph.Cells - 1 |]

let private evaluate (loss: Loss) (graph: Graph) state =
    loss.Evaluate(state, State.Zeros(graph.Cells, 0), LossContext.After graph)

let private value (loss: Loss) (graph: Graph) (state: State) =
    let numbers = state.ToArray() |> Array.map float
    loss.Value<float, Reals>(state.Channels, ReadOnlySpan numbers, ReadOnlySpan.Empty, LossContext.After graph)

/// Rings and surfaces, each with an exemplar of its kind.
let private worlds =
    [ "torus", picture 1UL 24 20 3 true, Graph.Torus(9, 12)
      "grid", picture 2UL 17 30 1 false, Graph.Grid(8, 11)
      "frames", picture 3UL 20 20 2 true, framed (Graph.Torus(8, 9))
      "ring", Exemplar.Signal(1, (noise 4UL 50 1).ToArray(), false), Graph.Ring 40
      "line", Exemplar.Signal(2, (noise 5UL 64 2).ToArray(), true), Graph.Line 33 ]

[<Tests>]
let tests =
    testList
        "Textures"
        [ for name, exemplar, graph in worlds do
              let loss = RectifiedGram(exemplar, graph)

              test $"the loss on a {name} agrees with its specification" {
                  for seed in 10UL .. 14UL do
                      let state = noise seed graph.Cells 5
                      let given, expected = (evaluate loss graph state).Value, value loss graph state
                      Expect.isLessThan (abs (given / expected - 1.0)) 1e-6 "the value is the specification's"
              }

              test $"the derivative on a {name} is that of the specification" {
                  let state = noise 20UL graph.Cells 4
                  let adjoint = (evaluate loss graph state).Adjoint.ToArray()
                  let numbers = state.ToArray() |> Array.map float
                  let tiny = 1e-30

                  let derivative at =
                      let stepped = numbers |> Array.mapi (fun i x -> Complex(x, (if i = at then tiny else 0.0)))

                      loss
                          .Value<Complex, Complexes>(
                              4,
                              ReadOnlySpan stepped,
                              ReadOnlySpan.Empty,
                              LossContext.After graph
                          )
                          .Imaginary
                      / tiny

                  let chosen = [| for i in 0..23 -> Counter.below numbers.Length 7UL (int64 i) |]
                  let expected = chosen |> Array.map derivative
                  let largest = expected |> Array.map abs |> Array.max

                  for at, expected in Array.zip chosen expected do
                      Expect.isLessThan (abs (float adjoint[at] - expected)) (1e-5 * largest) $"number {at}"
              }

          test "an exemplar that tiles has no distance from itself" {
              for exemplar, graph in
                  [ picture 6UL 32 16 3 true, Graph.Torus(32, 16); picture 7UL 16 24 1 true, Graph.Torus(16, 24) ] do
                  let state =
                      State(
                          graph.Cells,
                          exemplar.Maps,
                          ReadOnlySpan(exemplar.Palette.Channels(exemplar.Values.ToArray()))
                      )

                  Expect.isLessThan (evaluate (RectifiedGram(exemplar, graph)) graph state).Value 1e-9 "nothing differs"
          }

          test "the loss does not see a shift, but a turn by a quarter and shuffled cells" {
              // Stripes, so that directions matter.
              let side = 24

              let values =
                  Array.init (side * side) (fun at ->
                      if at / side % 6 < 2 then 1.0f else 0.0f + 0.01f * float32 (at % 7))

              let exemplar = Exemplar.Picture(side, side, 1, values, true)
              let graph = Graph.Torus(side, side)
              let loss = RectifiedGram(exemplar, graph)
              let own = exemplar.Palette.Channels values

              let look (from: int -> int) =
                  (evaluate
                      loss
                      graph
                      (State(graph.Cells, 1, ReadOnlySpan(Array.init own.Length (fun at -> own[from at])))))
                      .Value

              let shifted = look (fun at -> (at / side + 5) % side * side + (at + 11) % side)
              Expect.isLessThan shifted 1e-4 "a shift"
              Expect.isGreaterThan (look (fun at -> at % side * side + at / side)) 0.1 "a turn"
              let order = Shuffle.some own.Length own.Length 1UL
              Expect.isGreaterThan (look (fun at -> order[at])) 0.1 "a shuffle"
          }

          test "frames that say what a lattice says give the same strides" {
              let graph = Graph.Torus(16, 12)
              let expected, given = Strides.Of(graph, 3), Strides.Of(framed graph, 3)

              for level in 0..2 do
                  Expect.equal (given.Table level) (expected.Table level) $"level {level}"
          }

          property "a palette gives back the values that it was given channels for" (fun (PositiveInt seed) ->
              let maps = 1 + seed % 6
              let values = (noise (uint64 seed) 40 maps).ToArray()
              let palette = Palette.Of(values, maps)
              let again = palette.Values(State(40, maps, ReadOnlySpan(palette.Channels values)))
              Array.forall2 (fun (a: float32) b -> abs (a - b) < 1e-4f) values again) ]
