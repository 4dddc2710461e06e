/// The look of cells: palettes, strides over graphs, and the loss that compares it with an exemplar's.
module GaryMesh.Tests.TextureTests

open System
open System.Numerics
open Expecto
open FsCheck
open GaryMesh
open GaryMesh.Graphs
open GaryMesh.Tests.Property
open GaryMesh.Tests.Surfaces

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

/// Both losses of an exemplar on a graph.
let private losses (exemplar: Exemplar) graph =
    TextureLoss.Names |> Seq.map (fun name -> TextureLoss.Of(name, exemplar, graph)) |> List.ofSeq

let private evaluate (loss: Loss) (graph: Graph) state =
    loss.Evaluate(state, State.Zeros(graph.Cells, 0), LossContext.After graph)

let private value (loss: Loss) (graph: Graph) (state: State) =
    let numbers = state.ToArray() |> Array.map float
    loss.Value<float, Reals>(state.Channels, ReadOnlySpan numbers, ReadOnlySpan.Empty, LossContext.After graph)

let private upright (graph: Graph) = graph.WithFrames(Frames.Upright(graph, struct (0.0, 1.0, 0.0), 50))

/// Surfaces whose frames alone say where right and down are.
let private surfaces =
    [ "sphere", upright (Graph.Icosphere 6)
      "torus6", upright (Graph.Torus6(12, 10))
      "rough sphere",
      (let positions, triangles = irregularSphere 5 3UL in upright (Graph.OfTriangles("sphere", positions, triangles))) ]

/// The one sentence with which a wrong argument is refused.
let private refused (words: string list) (act: unit -> 'a) =
    Expect.throwsC (act >> ignore) (fun error ->
        Expect.isTrue (error :? ArgumentException) $"an argument is refused, but: {error}"

        for word in words do
            Expect.stringContains error.Message word "the sentence")

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
              for loss in losses exemplar graph do
                  test $"the {loss.Name} on a {name} agrees with its specification" {
                      for seed in 10UL .. 14UL do
                          let state = noise seed graph.Cells 5
                          let given, expected = (evaluate loss graph state).Value, value loss graph state
                          Expect.isLessThan (abs (given / expected - 1.0)) 1e-6 "the value is the specification's"
                  }

                  test $"the derivative of the {loss.Name} on a {name} is that of the specification" {
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

                  for loss in losses exemplar graph do
                      Expect.isLessThan (evaluate loss graph state).Value 1e-9 "nothing differs"
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

          for name, graph in surfaces do
              test $"on a {name} a stride leads at most two hops away and mostly back" {
                  let table = (Strides.Of(graph, 3)).Table 0
                  let hops = Array.init graph.Cells graph.HopsFrom
                  let mutable back, itself = 0, 0

                  for at in 0 .. table.Length - 1 do
                      let cell, d, far = at / 8, at % 8, table[at]
                      Expect.isLessThanOrEqual (hops[far].[cell]) 2 $"cell {cell}, direction {d}"

                      if far = cell then
                          itself <- itself + 1

                      if table[8 * far + (d + 4) % 8] = cell then
                          back <- back + 1

                  let share count = float count / float table.Length
                  Expect.isGreaterThan (share back) (if name = "rough sphere" then 0.5 else 0.7) "there and back"
                  Expect.isLessThan (share itself) 0.05 "a surface goes on"
              }

              test $"on a {name} directions are those of the frames" {
                  // Where several neighbours are, the one that a stride leads to lies in its half of the plane.
                  let table = (Strides.Of(graph, 1)).Table 0
                  let frames, positions = vectors graph.Frames, graph.Positions |> Seq.toArray |> Array.chunkBySize 3
                  let mutable right = 0

                  for cell in 0 .. graph.Cells - 1 do
                      let along axis d =
                          let edges = [| graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 |]
                          let far = table[8 * cell + d]

                          match edges |> Array.tryFind (fun edge -> graph.Neighbours[edge] = far) with
                          | Some edge -> dot (frames[cell].[axis]) [| for k in 0..2 -> graph.Offsets[3 * edge + k] |]
                          | None -> dot (frames[cell].[axis]) (Array.map2 (-) positions[far] positions[cell])

                      if along 0 0 > 0.0 && along 1 2 > 0.0 && along 0 4 < 0.0 && along 1 6 < 0.0 then
                          right <- right + 1

                  Expect.isGreaterThan (float right / float graph.Cells) 0.95 "east, south, west and north"
              }

              test $"relabelling the cells of a {name} turns its strides along and leaves the loss" {
                  let order = Shuffle.all graph.Cells 5UL
                  let relabelled = graph.Relabelled order
                  let levels = 3
                  let strides, turned = Strides.Of(graph, levels), Strides.Of(relabelled, levels)
                  let mutable equal = 0

                  for level in 0 .. levels - 1 do
                      for cell in 0 .. graph.Cells - 1 do
                          for d in 0..7 do
                              if
                                  (turned.Table level)[8 * order[cell] + d] = order[(strides.Table level)[8 * cell + d]]
                              then
                                  equal <- equal + 1

                  Expect.equal equal (levels * 8 * graph.Cells) "the same neighbours under other numbers"
                  let exemplar, state = picture 8UL 32 32 3 true, noise 9UL graph.Cells 3
                  let given = (evaluate (RectifiedGram(exemplar, graph)) graph state).Value
                  let again = (evaluate (RectifiedGram(exemplar, relabelled)) relabelled (state.Relabelled order)).Value
                  Expect.isLessThan (abs (again / given - 1.0)) 1e-6 "the loss"
              }

          test "levels of strides are the first one composed with itself" {
              let strides = Strides.Of(snd surfaces[0], 4)

              for level in 1..3 do
                  let finer, table = strides.Table(level - 1), strides.Table level

                  for at in 0 .. table.Length - 1 do
                      Expect.equal table[at] finer[8 * finer[at] + at % 8] $"level {level}"
          }

          test "a loss names its parts, which add up, and each scale that an exemplar is large enough for" {
              for side, scales in [ 16, 2; 32, 3; 64, 4; 128, 5; 300, 5 ] do
                  let exemplar = picture 11UL side 16 1 true
                  let wide = picture 11UL side side 1 true
                  let graph = Graph.Torus(6, 6)
                  let found = evaluate (RectifiedGram(wide, graph)) graph (noise 12UL 36 1)
                  let parts = [ for struct (name, value) in found.Parts -> name, value ]

                  Expect.equal
                      (List.map fst parts)
                      ("colours" :: [ for j in 0 .. scales - 1 -> $"scale {1 <<< j}" ])
                      "names"

                  Expect.floatClose Accuracy.high (List.sumBy snd parts) found.Value "the sum"

                  Expect.equal
                      (evaluate (RectifiedGram(exemplar, graph)) graph (noise 12UL 36 1)).Parts.Length
                      3
                      "by the shortest side"
          }

          test "graphs, exemplars and states that do not fit a loss are refused, naming both" {
              let exemplar, signal = picture 13UL 16 16 3 true, Exemplar.Signal(1, Array.init 20 float32, false)
              refused [ "torus:16x16"; "ring:9" ] (fun () -> RectifiedGram(exemplar, Graph.Ring 9))
              refused [ "torus:16x16"; "ring:9" ] (fun () -> SlicedWasserstein(exemplar, Graph.Ring 9))
              refused [ "line:20"; "torus:5x5" ] (fun () -> RectifiedGram(signal, Graph.Torus(5, 5)))
              refused [ "torus6:6x6"; "WithFrames" ] (fun () -> RectifiedGram(exemplar, Graph.Torus6(6, 6)))
              refused [ "icosphere:2"; "WithFrames" ] (fun () -> RectifiedGram(signal, Graph.Icosphere 2))
              let graph = Graph.Torus(5, 5)
              let loss = RectifiedGram(exemplar, graph)
              refused [ "25 cells"; "3 channels"; "24 cells" ] (fun () -> evaluate loss graph (State.Zeros(24, 3)))
              refused [ "at least 3 channels"; "x 2 channels" ] (fun () -> evaluate loss graph (State.Zeros(25, 2)))
              refused [ "at least 3 channels"; "x 2 channels" ] (fun () -> value loss graph (State.Zeros(25, 2)))
          }

          test "exemplars of wrong sizes and numbers are refused, naming both" {
              let values = Array.zeroCreate<float32>(16 * 16 * 3)
              refused [ "16 x 16"; "15 x 16" ] (fun () -> Exemplar.Picture(15, 16, 3, values, true))
              refused [ "16 x 16"; "16 x 0" ] (fun () -> Exemplar.Picture(16, 0, 3, values, true))
              refused [ "256 cells"; "3 maps"; "767" ] (fun () -> Exemplar.Picture(16, 16, 3, values[1..], true))
              refused [ "0 maps" ] (fun () -> Exemplar.Picture(16, 16, 0, [||], true))
              refused [ "16 values"; "15" ] (fun () -> Exemplar.Signal(1, values[..14], true))
              refused [ "16 x 2"; "33" ] (fun () -> Exemplar.Signal(2, values[..32], true))
              refused [ "0 maps" ] (fun () -> Exemplar.Signal(0, values[..32], true))

              for bad in [ nanf; infinityf ] do
                  let values = Array.mapi (fun i x -> if i = 100 then bad else x) values
                  refused [ "finite"; $"{bad}" ] (fun () -> Exemplar.Picture(16, 16, 3, values, false))
                  refused [ "finite"; $"{bad}" ] (fun () -> Exemplar.Signal(1, values, false))
                  refused [ "finite"; $"{bad}" ] (fun () -> Palette.Of(values, 3))
          }

          property
              "an enlarged exemplar has the same palette, and as many pixels as it is said to"
              (fun (seed: uint64) ->
                  let tiles = seed % 2UL = 0UL
                  let exemplar = picture seed 20 32 2 tiles
                  let plain = Exemplar.Picture(16, 20, 1, Array.create 320 0.25f, tiles)

                  Expect.sequenceEqual
                      ((exemplar.Enlarged 1.0).Values.ToArray())
                      (exemplar.Values.ToArray())
                      "by 1: itself"

                  for factor, sides in [ 0.8, "16x26"; 1.5, "30x48"; 2.0, "40x64" ] do
                      let enlarged = exemplar.Enlarged factor
                      Expect.stringEnds enlarged.Graph.Name sides $"{factor}"
                      Expect.equal enlarged.Palette exemplar.Palette "the palette"

                      Expect.all
                          ((plain.Enlarged 1.5).Values.ToArray())
                          (fun value -> abs (value - 0.25f) < 1e-6f)
                          "one colour stays"

                  // Of a picture that tiles every pixel has its share: the mean stays.
                  if tiles then
                      let mean (exemplar: Exemplar) = Array.average (exemplar.Values.ToArray())

                      Expect.floatClose
                          Accuracy.low
                          (float (mean (exemplar.Enlarged 2.0)))
                          (float (mean exemplar))
                          "the mean"

                  // Twice the size and half of it again: between neighbours it is smoother, but no pixel moves.
                  let ramp = Exemplar.Picture(16, 16, 1, Array.init 256 (fun at -> float32 (at % 16)), false)
                  let there = (ramp.Enlarged 2.0).Enlarged 0.5

                  for at in 0..255 do
                      if at % 16 > 0 && at % 16 < 15 then
                          Expect.floatClose Accuracy.medium (float there.Values.Span[at]) (float (at % 16)) "a ramp")

          test "a signal is enlarged, and a size that is none is refused" {
              let signal = Exemplar.Signal(1, Array.init 20 float32, false)
              Expect.equal (signal.Enlarged 2.0).Graph.Name "line:40" "twice as long"
              refused [ "20 pixels"; "0.5"; "10" ] (fun () -> signal.Enlarged 0.5)

              for bad in [ 0.0; -1.0; nan; infinity ] do
                  refused [ "finite number above 0"; $"{bad}" ] (fun () -> signal.Enlarged bad)
          }

          test "on cells of a spacing a texture is compared with the exemplar as large as they show it" {
              let exemplar = picture 60UL 32 40 3 true
              let graph = Graph.Torus(12, 10)
              let state = noise 61UL 120 4

              for spacing in [ 0.5; 2.0 ] do
                  for spaced, plain in
                      List.zip
                          (losses exemplar (graph.WithSpacing spacing))
                          (losses (exemplar.Enlarged(1.0 / spacing)) graph) do
                      Expect.equal (evaluate spaced graph state).Value (evaluate plain graph state).Value spaced.Name

              refused [ "one spacing"; "torus:12x10" ] (fun () ->
                  RectifiedGram(exemplar, graph.WithSpacing(Array.init 120 (fun cell -> 1.0 + float (cell % 2)))))

              Expect.equal
                  [ for world in TextureRecipe.Spaced exemplar -> world.Spacings[0] ]
                  [ 1.41; 0.5; 2.0 ]
                  "large and small"

              Expect.equal (TextureRecipe.Spaced(picture 62UL 16 40 3 true)).Length 1 "no room for the small ones"
              Expect.isEmpty (TextureRecipe.Spaced(Exemplar.Signal(1, Array.init 64 float32, true))) "a signal has none"
          }

          test "pictures of one size are stacked map by map, and their palette names them" {
              let colours, heights = picture 50UL 16 18 3 true, picture 51UL 16 18 1 true
              let stacked = Exemplar.Stacked([| "albedo"; "height" |], [| colours; heights |])
              Expect.equal stacked.Maps 4 "maps"
              Expect.equal (List.ofSeq stacked.Palette.Pictures) [ struct ("albedo", 3); struct ("height", 1) ] "names"
              let at maps map (values: ReadOnlyMemory<float32>) = [| for i in 0..287 -> values.Span[maps * i + map] |]

              for map in 0..2 do
                  Expect.equal (at 4 map stacked.Values) (at 3 map colours.Values) $"colour {map}"

              Expect.equal (at 4 3 stacked.Values) (at 1 0 heights.Values) "heights"
              let automaton = TextureRecipe.Automaton(stacked, 1UL)
              Expect.equal (nonNull automaton.Palette).Pictures stacked.Palette.Pictures "the automaton's"

              let other = picture 52UL 18 16 1 true

              refused [ "a"; "torus:16x18"; "b"; "torus:18x16" ] (fun () ->
                  Exemplar.Stacked([| "a"; "b" |], [| colours; other |]))

              refused [ "grid:16x18" ] (fun () ->
                  Exemplar.Stacked([| "a"; "b" |], [| colours; picture 52UL 16 18 1 false |]))

              refused [ "1 pictures"; "2 names" ] (fun () -> Exemplar.Stacked([| "a"; "b" |], [| colours |]))
              refused [ "0 pictures" ] (fun () -> Exemplar.Stacked([||], [||]))
              refused [ "'a b'" ] (fun () -> Exemplar.Stacked([| "a b"; "b" |], [| colours; heights |]))
          }

          test "palettes of wrong sizes, numbers that are none and axes that fall together are refused" {
              refused [ "0 maps" ] (fun () -> Palette([||], [||]))
              refused [ "2 x 2"; "3" ] (fun () -> Palette([| 0.0; 0.0 |], [| 1.0; 0.0; 0.0 |]))
              refused [ "finite"; "NaN" ] (fun () -> Palette([| nan |], [| 1.0 |]))
              refused [ "2 maps"; "inverted" ] (fun () -> Palette([| 0.0; 0.0 |], [| 1.0; 2.0; 2.0; 4.0 |]))
              refused [ "multiple of 3"; "4" ] (fun () -> Palette.Of([| 1f; 2f; 3f; 4f |], 3))
              refused [ "multiple of 3"; "0" ] (fun () -> Palette.Of([||], 3))
              let palette = Palette.Of([| 0f; 1f; 1f; 0f |], 2)
              refused [ "2 maps"; "1 channels" ] (fun () -> palette.Values(State.Zeros(3, 1)))
              refused [ "2 maps"; "3 values" ] (fun () -> palette.Channels [| 1f; 2f; 3f |])
          }

          test "an exemplar of one colour has a palette and a loss" {
              let exemplar = Exemplar.Picture(16, 16, 3, Array.create 768 0.5f, true)
              let graph = Graph.Torus(6, 6)
              let loss = RectifiedGram(exemplar, graph)
              Expect.isLessThan (evaluate loss graph (State.Zeros(36, 3))).Value 1e-6 "no distance from itself"
              let found = evaluate loss graph (noise 14UL 36 3)
              Expect.isTrue (Double.IsFinite found.Value && found.Adjoint.IsFinite) "finite elsewhere"
          }

          for name, exemplar, graph in worlds do
              test $"zeros on a {name} are about one exemplar's variance away, and never more by another key" {
                  let loss = SlicedWasserstein(exemplar, graph, SlicedWassersteinSettings.Default.WithDirections 200)

                  for key in 1UL .. 3UL do
                      let context = { LossContext.After graph with Key = key }
                      let zeros = State.Zeros(graph.Cells, exemplar.Maps)
                      let found = loss.Evaluate(zeros, State.Zeros(graph.Cells, 0), context)
                      Expect.isGreaterThan found.Value 0.8 "the mean colour everywhere"
                      Expect.isLessThan found.Value 1.2 "the mean colour everywhere"
              }

              test $"on a {name} directions follow from the key alone" {
                  let loss, state = SlicedWasserstein(exemplar, graph), noise 30UL graph.Cells exemplar.Maps

                  let value key =
                      (loss.Evaluate(state, State.Zeros(graph.Cells, 0), { LossContext.After graph with Key = key }))
                          .Value

                  Expect.equal (value 5UL) (value 5UL) "the same bits"
                  Expect.notEqual (value 5UL) (value 6UL) "others"
              }

          test "a sliced distance is that of sorted values, whose quantiles stand for an exemplar of another size" {
              // One scale and one map: its descriptors' projections sorted by hand.
              let exemplar, graph = Exemplar.Signal(1, (noise 40UL 48 1).ToArray(), true), Graph.Ring 16
              let settings = SlicedWassersteinSettings.Default.WithDirections(1).WithScales(1)
              let loss = SlicedWasserstein(exemplar, graph, settings)
              let own = noise 41UL 16 1

              let direction =
                  let key = Counter.key 0UL [ 0; 0 ]
                  let normal = Array.init 3 (fun at -> Counter.normal key (int64 at))
                  let length = sqrt (Array.sumBy (fun x -> x * x) normal)
                  normal |> Array.map (fun x -> x / length)

              let sorted (values: float32[]) =
                  let n, at = values.Length, (fun i -> float values[(i + values.Length) % values.Length])

                  Array.init n (fun i ->
                      let laplacian = 0.25 * at (i - 1) + 0.25 * at (i + 1) - 0.5 * at i

                      direction[0] * at i + direction[1] * 0.5 * (at (i + 1) - at (i - 1)) + direction[2] * laplacian)
                  |> Array.sort

              let whole = sorted (exemplar.Palette.Channels(exemplar.Values.ToArray()))
              let mean = Array.average whole
              let variance = whole |> Array.averageBy (fun x -> (x - mean) * (x - mean))
              let wanted = whole |> Array.chunkBySize 3 |> Array.map Array.average

              let expected =
                  (Array.map2 (fun a b -> (a - b) * (a - b)) (sorted (own.ToArray())) wanted |> Array.average)
                  / variance

              Expect.isLessThan (abs ((evaluate loss graph own).Value / expected - 1.0)) 1e-5 "by hand"
          }

          test "equal cells have equal derivatives, and relabelled cells a loss of the same bits" {
              let exemplar, graph = picture 42UL 32 32 3 true, Graph.Torus(8, 9)
              let loss = SlicedWasserstein(exemplar, graph)
              let flat = evaluate loss graph (State.Create(graph.Cells, 3, (fun _ channel -> 0.1f * float32 channel)))
              let adjoint = flat.Adjoint.ToArray() |> Array.chunkBySize 3

              for map in 0..2 do
                  let first = adjoint[0].[map]

                  for cell in adjoint do
                      Expect.isLessThan (abs (cell[map] - first)) 1e-6f "as the first"

              let graph = snd surfaces[2]
              let order = Shuffle.all graph.Cells 5UL
              let relabelled, state = graph.Relabelled order, noise 9UL graph.Cells 3

              Expect.equal
                  (evaluate (SlicedWasserstein(exemplar, relabelled)) relabelled (state.Relabelled order)).Value
                  (evaluate (SlicedWasserstein(exemplar, graph)) graph state).Value
                  "the bits"
          }

          property "a ranking is a stable sort" (fun (values: NormalFloat[]) ->
              let values = values |> Array.map (fun (NormalFloat x) -> float32 (Math.Round x) + 0f)
              let order = (Losses.Ranking values.Length).Of values
              order = (List.indexed (List.ofArray values) |> List.sortBy snd |> List.map fst |> Array.ofList))

          test "a loss of another name, and settings of nothing, are refused" {
              let exemplar, graph = picture 13UL 16 16 3 true, Graph.Torus(5, 5)
              refused [ "gram or sliced"; "'style'" ] (fun () -> TextureLoss.Of("style", exemplar, graph))
              let with' (settings: SlicedWassersteinSettings) = fun () -> SlicedWasserstein(exemplar, graph, settings)
              refused [ "directions"; "0" ] (with' (SlicedWassersteinSettings.Default.WithDirections 0))
              refused [ "scales"; "-1" ] (with' (SlicedWassersteinSettings.Default.WithScales -1))
          }

          property "a palette gives back the values that it was given channels for" (fun (PositiveInt seed) ->
              let maps = 1 + seed % 6
              let values = (noise (uint64 seed) 40 maps).ToArray()
              let palette = Palette.Of(values, maps)
              let again = palette.Values(State(40, maps, ReadOnlySpan(palette.Channels values)))
              Array.forall2 (fun (a: float32) b -> abs (a - b) < 1e-4f) values again) ]
