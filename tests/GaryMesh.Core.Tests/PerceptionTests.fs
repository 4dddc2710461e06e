/// Perceptions: what each operator makes of a state, against sums written out by hand.
module GaryMesh.Tests.PerceptionTests

open System
open Expecto
open MathNet.Numerics.LinearAlgebra
open GaryMesh

/// What each operator perceives of a state [cells x channels]: the changes that rules bring about whose hidden layer
/// splits one operator's values by sign and whose last layer puts them together again.
let private perceiveAt spacing (perception: Perception) (graph: Graph) (state: Matrix<float>) =
    let channels, operators = state.ColumnCount, perception.Count
    let shape = RuleShape.For(perception, channels, 2 * channels)
    let automaton = Automaton.Of(perception, Rule.Zero shape).WithSpacing spacing
    let rollout = Rollout.Of(State.Zeros(graph.Cells, channels), 1, Firing.All)
    let views = shape.Views

    [ for k in 0 .. operators - 1 ->
          let parameters = Array.zeroCreate shape.ParameterCount

          for c in 0 .. channels - 1 do
              for half, sign in [ 0, 1.0; 1, -1.0 ] do
                  let unit = 2 * c + half
                  parameters[views[0].Offset + unit * shape.Read + k * channels + c] <- sign
                  parameters[views[2].Offset + c * shape.Hidden + unit] <- sign

          (Reference.rolloutFrom automaton graph parameters rollout state [||]).[1] - state ]

let private perceive = perceiveAt 1.0

let private random (seed: uint64) cells channels =
    Matrix<float>.Build.Dense(cells, channels, fun i c -> Counter.normal seed (int64 (i * channels + c)))

let private close (a: Matrix<float>) (b: Matrix<float>) = (a - b).L2Norm() < 1e-12 * (1.0 + a.L2Norm())

/// The sum over a cell's edges of a function of the edge and of the cell seen.
let private sum (graph: Graph) (state: Matrix<float>) (term: int -> int -> int -> Vector<float>) =
    Matrix<float>
        .Build.DenseOfRowVectors(
            [ for i in 0 .. graph.Cells - 1 ->
                  [ for edge in graph.RowStart[i] .. graph.RowStart[i + 1] - 1 -> term i graph.Neighbours[edge] edge ]
                  |> List.fold (+) (Vector<float>.Build.Dense state.ColumnCount) ]
        )

/// A 3 x 3 kernel laid over every cell of an image; outside is zero, or the other side where the image is closed.
let private correlate (kernel: float list list) height width closed (image: Matrix<float>) =
    let at row column c =
        if closed then
            image[(row + height) % height * width + (column + width) % width, c]
        elif row < 0 || row >= height || column < 0 || column >= width then
            0.0
        else
            image[row * width + column, c]

    Matrix<float>
        .Build.Dense(
            height * width,
            image.ColumnCount,
            fun i c ->
                Seq.sum (
                    seq {
                        for down in -1 .. 1 do
                            for right in -1 .. 1 do
                                kernel[down + 1][right + 1] * at (i / width + down) (i % width + right) c
                    }
                )
        )

let private scaled factor = List.map (List.map ((*) factor))
let private sobelX = scaled 0.125 [ [ -1.0; 0.0; 1.0 ]; [ -2.0; 0.0; 2.0 ]; [ -1.0; 0.0; 1.0 ] ]
let private sobelY = scaled 0.125 [ [ -1.0; -2.0; -1.0 ]; [ 0.0; 0.0; 0.0 ]; [ 1.0; 2.0; 1.0 ] ]
let private laplacian = scaled 0.0625 [ [ 1.0; 2.0; 1.0 ]; [ 2.0; -12.0; 2.0 ]; [ 1.0; 2.0; 1.0 ] ]

let private normal (seed: uint64) (i: int) = Counter.normal seed (int64 i)

/// The edges of a graph as weights see them, each with its cell.
let private edgesOf (graph: Graph) =
    let seen = ResizeArray()

    let watch =
        EdgeWeight(
            "watch",
            fun edge ->
                seen.Add edge
                1.0
        )

    let operator = Operator.Neighbours(watch, Messages.Value, Aggregation.Sum)
    Stencil(Perception [ operator ], graph).WeighAll() |> ignore

    [ for cell in 0 .. graph.Cells - 1 do
          for at in graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 -> cell, seen[at] ]

/// The one edge of a graph of two cells.
let private edge (offset: float[]) =
    snd (edgesOf (Graph.OfEdges(2, [| 1 |], [| 0 |], true, null, Array.append (Array.zeroCreate 3) offset))).[0]

let private refusal (action: unit -> 'a) =
    (Expect.throwsC (action >> ignore) (fun error -> error :?> ArgumentException)).Message

let private column (values: float list) = Matrix<float>.Build.DenseOfColumns [ values ]

[<Tests>]
let tests =
    testList
        "Perception"
        [ testPropertyWithConfig
              { FsCheckConfig.defaultConfig with maxTest = 5; replay = replay }
              "a spacing divides first derivatives by itself and second ones by its square"
              (fun (seed: uint64) ->
                  let graph =
                      Graph
                          .Torus(3, 3)
                          .WithFrames(Frames.Towards(Array.init 27 (normal seed), struct (0.3, -1.0, 0.2)))

                  let first = [ "cos"; "sin"; "x"; "y"; "z"; "u"; "v"; "sobel-x"; "sobel-y" ]

                  let texts, orders =
                      [ "own", 0
                        for name in [ yield! EdgeWeight.Names; "at:1"; "at:0:-1" ] do
                            let order = if List.contains name first || name.StartsWith "at" then 1 else 2
                            $"mean difference {name}", order
                            $"sum value {name}", (if name.StartsWith "sobel" then 1 else 0) ]
                      |> List.unzip

                  let perception = Perception [ for text in texts -> Operator.Parse(text, []) ]
                  Expect.equal [ for operator in perception.Operators -> operator.Order ] orders "the orders"
                  let state, spacing = random seed 9 1, 0.25 + abs (normal seed 99)

                  List.zip3 orders (perceive perception graph state) (perceiveAt spacing perception graph state)
                  |> List.forall (fun (order, plain, spaced) -> close (plain / spacing ** float order) spaced))

          test "a weight of one's own has the order that it is given, and 2 otherwise" {
              let order (weight: EdgeWeight) = Operator.Of(weight, Messages.Difference, Aggregation.Sum).Order
              Expect.equal (order (EdgeWeight("mine", (fun edge -> edge.X), 1))) 1 "given"
              Expect.equal (order (EdgeWeight("mine", (fun edge -> edge.Weight)))) 2 "not given"
              refusal (fun () -> EdgeWeight("mine", (fun edge -> edge.X), -1)) |> ignore
          }

          testPropertyWithConfig
              { FsCheckConfig.defaultConfig with maxTest = 5; replay = replay }
              "a cell perceives at its own spacing, times the automaton's"
              (fun (seed: uint64) ->
                  let graph, state = Graph.Torus(4, 3), random seed 12 2
                  let spacing = 0.25 + abs (normal seed 99)
                  let spacings = Array.init 12 (fun cell -> 0.25 + abs (normal seed (100 + cell)))
                  let uneven = graph.WithSpacing spacings
                  let found = perceiveAt spacing Perception.Planar uneven state

                  // Under another order of the cells, too.
                  let turned = uneven.Relabelled(Array.rev [| 0..11 |])
                  Expect.sequenceEqual turned.Spacings (Array.rev spacings) "each goes with its cell"

                  List.allPairs [ 0..11 ] [ 0 .. found.Length - 1 ]
                  |> List.forall (fun (cell, k) ->
                      let alone = (perceiveAt (spacing * spacings[cell]) Perception.Planar graph state)[k]
                      (found[k].Row cell).ToArray() = (alone.Row cell).ToArray()))

          test "spacings that are no distances are refused, and those of 1 are none" {
              let graph = Graph.Ring 3
              Expect.isTrue (graph.WithSpacing 1.0).Spacings.IsEmpty "none"
              Expect.sequenceEqual (graph.WithSpacing 0.5).Spacings [ 0.5; 0.5; 0.5 ] "one for all"

              for bad in [ 0.0; -1.0; nan; infinity ] do
                  Expect.stringContains (refusal (fun () -> graph.WithSpacing bad)) "finite and above 0" $"{bad}"

              let short = refusal (fun () -> graph.WithSpacing [| 1.0; 2.0 |])
              Expect.stringContains short "3 for ring:3, but 2" "too few"
          }

          test "half the spacing on twice as many cells perceives the same" {
              let wave cells =
                  Matrix<float>.Build.Dense(cells, 1, fun i _ -> sin (2.0 * Math.PI * float i / float cells))

              let mean weight = Operator.Of(weight, Messages.Difference, Aggregation.Mean)
              let perception = Perception [ mean EdgeWeight.Cos; mean EdgeWeight.One ]
              let coarse = perceive perception (Graph.Ring 128) (wave 128)
              let fine = perceiveAt 0.5 perception (Graph.Ring 256) (wave 256)

              for coarse, fine in List.zip coarse fine do
                  for i in 0..127 do
                      Expect.floatClose Accuracy.low fine[2 * i, 0] coarse[i, 0] "the same place"
          }

          property "Sobel on a grid is 2-D correlation with zero padding" (fun (seed: uint64) (h: int) (w: int) ->
              let h, w = 1 + abs (h % 7), 1 + abs (w % 7)
              let image = random seed (h * w) 2
              let correlated kernel = correlate kernel h w false image
              let perceived = perceive Perception.Sobel (Graph.Grid(h, w)) image
              List.forall2 close perceived [ image; correlated sobelX; correlated sobelY ])

          property
              "Sobel and the Laplacian on a torus are circular correlation"
              (fun (seed: uint64) (h: int) (w: int) ->
                  let h, w = 3 + abs (h % 4), 3 + abs (w % 4)
                  let image, torus = random seed (h * w) 2, Graph.Torus(h, w)
                  let correlated kernel = correlate kernel h w true image

                  List.forall2
                      close
                      (perceive Perception.Sobel torus image)
                      [ image; correlated sobelX; correlated sobelY ]
                  && List.forall2 close (perceive Perception.Isotropic torus image) [ image; correlated laplacian ])

          property
              "harmonics are 1, y, z, x of the differences along d / (|d| + 1e-8), then the own state"
              (fun (seed: uint64) ->
                  let places = Array.init 30 (fun i -> Counter.normal (Counter.key seed [ 7 ]) (int64 i))
                  let graph = Graph.NearestNeighbours(places, 4)
                  let state = random seed 10 3

                  let harmonic (of': float[] -> float) =
                      sum graph state (fun i j _ ->
                          let d = [| for axis in 0..2 -> places[3 * j + axis] - places[3 * i + axis] |]
                          let length = sqrt (d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
                          of' (Array.map (fun x -> x / (length + 1e-8)) d) * (state.Row j - state.Row i))

                  let expected =
                      [ harmonic (fun _ -> 1.0)
                        harmonic (fun d -> d[1])
                        harmonic (fun d -> d[2])
                        harmonic (fun d -> d[0])
                        state ]

                  List.forall2 close (perceive Perception.Harmonics graph state) expected)

          test "the guard of the harmonics shows on an edge as short as itself" {
              let graph = Graph.OfEdges(2, [| 1 |], [| 0 |], true, null, [| 0.0; 0.0; 0.0; 1e-8; 0.0; 0.0 |])
              let perceived = perceive Perception.Harmonics graph (column [ 1.0; 3.0 ])
              Expect.floatClose Accuracy.high perceived[3].[0, 0] 1.0 "half of the difference of 2"
              Expect.floatClose Accuracy.high perceived[0].[0, 0] 2.0 "the whole difference"
          }

          property
              "planar perception of a ring is the mean of cos and sin of the world direction times the difference"
              (fun (seed: uint64) (n: int) ->
                  let n = 3 + abs (n % 30)
                  let graph, state = Graph.Ring n, random seed n 2
                  let angle i = 2.0 * Math.PI * float i / float n

                  let mean (turn: float -> float) =
                      sum graph state (fun i j _ ->
                          let direction = Math.Atan2(sin (angle j) - sin (angle i), cos (angle j) - cos (angle i))
                          0.5 * turn direction * (state.Row j - state.Row i))

                  List.forall2 close (perceive Perception.Planar graph state) [ state; mean cos; mean sin ])

          test "planar perception of ring:4, by hand" {
              let perceived = perceive Perception.Planar (Graph.Ring 4) (column [ 1.0; 2.0; 5.0; 11.0 ])
              // Cell 0 sees cell 3 (+10) at -135 degrees and cell 1 (+1) at 135 degrees.
              Expect.floatClose Accuracy.high perceived[1].[0, 0] (-0.5 * sqrt 0.5 * 11.0) "cos"
              Expect.floatClose Accuracy.high perceived[2].[0, 0] (0.5 * sqrt 0.5 * (1.0 - 10.0)) "sin"
          }

          test "a ring of two counts its neighbour twice, a ring of one sees nothing" {
              let two = perceive Perception.Planar (Graph.Ring 2) (column [ 1.0; 4.0 ])
              Expect.floatClose Accuracy.high two[1].[0, 0] -3.0 "mean of twice the same"
              let one = perceive Perception.Planar (Graph.Ring 1) (column [ 1.0 ])
              Expect.equal [ for z in one -> z[0, 0] ] [ 1.0; 0.0; 0.0 ] "own state alone"
          }

          test "left, self, right on a line" {
              let perceived = perceive Perception.LeftSelfRight (Graph.Line 3) (column [ 1.0; 2.0; 4.0 ])
              let expected = [ [ 0.0; 1.0; 2.0 ]; [ 1.0; 2.0; 4.0 ]; [ 2.0; 4.0; 0.0 ] ]
              Expect.isTrue (List.forall2 close perceived (List.map column expected)) "zero past the ends"
          }

          test "own state and far cells of a strip, each under an operator of its own" {
              let strip = Graph.Strip(5, [ -1; -3 ])
              let perceived = perceive (Perception.Offsets [ -1; -3 ]) strip (column [ 1.0 .. 5.0 ])

              let expected = [ [ 1.0 .. 5.0 ]; [ 0.0; 1.0; 2.0; 3.0; 4.0 ]; [ 0.0; 0.0; 0.0; 1.0; 2.0 ] ]

              Expect.isTrue (List.forall2 close perceived (List.map column expected)) "looking back"
          }

          test "symmetric weights divide by both degrees" {
              let star = Graph.OfEdges(4, [| 0; 0; 0 |], [| 1; 2; 3 |], false, [| 1.0; 2.0; 3.0 |], null)
              let sum = Operator.Neighbours(EdgeWeight.Symmetric, Messages.Value, Aggregation.Sum)
              let perceived = perceive (Perception [ sum ]) star (column [ 1.0; 10.0; 100.0; 1000.0 ])
              // The middle has degree 3, the others 1: every edge counts weight / sqrt(4 x 2).
              let expected = [ 3210.0; 1.0; 2.0; 3.0 ] |> List.map (fun x -> x / sqrt 8.0)
              Expect.isTrue (close perceived[0] (column expected)) "Kipf and Welling"
          }

          test
              "diffusion keeps a share of the own state, all of it where a cell sees nobody, whatever the unit of the weights" {
              for unit in [ 1e-6; 1.0; 1e6 ] do
                  let weights = [| unit; 3.0 * unit |]
                  let graph = Graph.OfEdges(4, [| 0; 0 |], [| 1; 2 |], false, weights, null)
                  let perceived = perceive Perception.Diffusion graph (column [ 6.0; 10.0; 20.0; 7.0 ])
                  // The first keeps a third and takes a quarter and three quarters of the rest, the others keep a half.
                  let next = [ (6.0 + 0.5 * 10.0 + 1.5 * 20.0) / 3.0; 8.0; 13.0; 7.0 ]
                  let change = List.map2 (-) next [ 6.0; 10.0; 20.0; 7.0 ]
                  Expect.isTrue (close perceived[1] (column change)) $"weights in units of {unit}"
          }

          property
              "a directed edge carries its source's state, times its weight, to its target"
              (fun (seed: uint64) (n: int) ->
                  let n = 2 + abs (n % 30)
                  let state = random seed n 3
                  let weights = Array.init n (fun i -> Counter.normal seed (int64 i))
                  // A ring whose edges lead from each cell to the next.
                  let ring = Graph.OfEdges(n, [| 0 .. n - 1 |], [| for i in 1..n -> i % n |], true, weights, null)
                  let given = Operator.Neighbours(EdgeWeight.Given, Messages.Value, Aggregation.Sum)
                  let arrived = (perceive (Perception [ given ]) ring state)[0]

                  let sent i = (i + n - 1) % n
                  let expected = Matrix<float>.Build.Dense(n, 3, fun i c -> weights[sent i] * state[sent i, c])
                  ring.HopsFrom 0 = [| 0 .. n - 1 |] && close arrived expected)

          test "the weights of a random walk add up to 1, and to 0 where a cell sees nobody" {
              let walk = Operator.Neighbours(EdgeWeight.RandomWalk, Messages.Value, Aggregation.Sum)
              let given = Operator.Neighbours(EdgeWeight.Given, Messages.Value, Aggregation.Mean)
              let graph = Graph.OfEdges(4, [| 1; 2; 0 |], [| 0; 0; 1 |], true, [| 1.0; 3.0; 5.0 |], null)
              let perceived = perceive (Perception [ walk; given ]) graph (column [ 1.0; 1.0; 1.0; 1.0 ])
              Expect.isTrue (close perceived[0] (column [ 1.0; 1.0; 0.0; 0.0 ])) "weights"
              Expect.isTrue (close perceived[1] (column [ 2.0; 5.0; 0.0; 0.0 ])) "means of the weights"
          }

          test "files of the first version say `share` for the random walk" {
              let now = Operator.Neighbours(EdgeWeight.RandomWalk, Messages.Value, Aggregation.Sum).Text
              Expect.stringContains now "random-walk" "the name of today"
              Expect.equal (Operator.Parse(now.Replace("random-walk", "share"), [])).Text now "read by its old name"
          }

          property
              "a perception of differences sees nothing in a state that is the same everywhere"
              (fun (value: float) ->
                  let value = if Double.IsFinite value then value % 1000.0 else 1.0
                  let state = Matrix<float>.Build.Dense(42, 1, value)
                  let perceived = perceive Perception.Harmonics (Graph.Icosphere 2) state
                  perceived |> List.take 4 |> List.forall (fun z -> z.L2Norm() < 1e-9))

          property
              "harmonics of degree 2 obey the addition theorem, so that a rotation turns them into each other"
              (fun (seed: uint64) ->
                  let a, b = Array.init 3 (normal seed), Array.init 3 (fun i -> normal seed (3 + i))

                  let harmonics offset =
                      let edge = edge offset
                      [ for name in [ "xy"; "yz"; "z2"; "xz"; "x2-y2" ] -> (nonNull (EdgeWeight.Find name)).Of edge ]

                  let dot x y = Array.sum (Array.map2 (*) x y)
                  let cosine = dot a b / sqrt (dot a a * dot b b)
                  let sum = List.sum (List.map2 (*) (harmonics a) (harmonics b))
                  abs (sum - (cosine * cosine - 1.0 / 3.0) / 2.0) < 1e-6)

          test "harmonics of degree 2, by hand" {
              let of' (weight: EdgeWeight) = weight.Of(edge [| 2.0; 3.0; 6.0 |])
              let close weight expected = Expect.floatClose Accuracy.medium (of' weight) expected weight.Name
              close EdgeWeight.XY (6.0 / 49.0)
              close EdgeWeight.YZ (18.0 / 49.0)
              close EdgeWeight.XZ (12.0 / 49.0)
              close EdgeWeight.Z2 (59.0 / 49.0 / (2.0 * sqrt 3.0))
              close EdgeWeight.X2Y2 (-5.0 / 98.0)

              for weight in [ EdgeWeight.XY; EdgeWeight.Z2; EdgeWeight.U; EdgeWeight.V; EdgeWeight.Length ] do
                  Expect.equal (weight.Of(edge [| 0.0; 0.0; 0.0 |])) 0.0 "no length"
          }

          property
              "an edge lies in its seer's frame as its offset does in the world, and its tangents have the frame's cosines"
              (fun (seed: uint64) ->
                  let graph = Graph.NearestNeighbours(Array.init 30 (normal seed), 4)

                  let normals, directions =
                      Array.init 30 (fun i -> normal seed (30 + i)), Array.init 30 (normal (seed + 1UL))

                  let framed = graph.WithFrames(Frames.Along(normals, directions))
                  let edges = edgesOf framed

                  edges
                  |> List.forall (fun (cell, edge) ->
                      let at vector axis = framed.Frames[9 * cell + 3 * vector + axis]

                      let back axis = edge.U * at 0 axis + edge.V * at 1 axis + edge.N * at 2 axis
                      let near a b = abs (a - b) < 1e-14 * (1.0 + edge.Length)

                      near (back 0) edge.X
                      && near (back 1) edge.Y
                      && near (back 2) edge.Z
                      && near (edge.U * edge.U + edge.V * edge.V + edge.N * edge.N) (edge.Length * edge.Length)
                      && near (EdgeWeight.U.Of edge * edge.Length) edge.U
                      && near (EdgeWeight.V.Of edge * edge.Length) edge.V
                      && edge.MeanLength = framed.MeanLength)
                  && abs (List.averageBy (snd >> EdgeWeight.Length.Of) edges - 1.0) < 1e-14)

          test "in a plane whose frames point along x, u is cos and v is sin; without frames both are 0" {
              for graph in [ Graph.Ring 7; Graph.Grid(3, 4); Graph.Torus6(3, 5) ] do
                  let framed = graph.WithFrames(Frames.Towards(graph, struct (1.0, 0.0, 0.0)))

                  for _, edge in edgesOf framed do
                      Expect.equal (EdgeWeight.U.Of edge) (EdgeWeight.Cos.Of edge) "cos"
                      Expect.equal (EdgeWeight.V.Of edge) (EdgeWeight.Sin.Of edge) "sin"
                      Expect.equal edge.N 0.0 "flat"

                  for _, edge in edgesOf graph do
                      Expect.equal (edge.U, edge.V, edge.N) (0.0, 0.0, 0.0) "no frames"
          }

          test "an operator's text reads back" {
              for name in Seq.append EdgeWeight.Names [ "at:-3"; "at:12" ] do
                  for messages in [ Messages.Value; Messages.Difference ] do
                      for aggregation in [ Aggregation.Sum; Aggregation.Mean ] do
                          let weight = Option.get (Option.ofObj (EdgeWeight.Find name))
                          let text = Operator.Neighbours(weight, messages, aggregation).Text
                          Expect.equal (Operator.Parse(text, [])).Text text "there and back"

              Expect.equal (Operator.Parse("own", [])) Operator.Own "own"
          }

          test "a weight of your own is found by its name" {
              let twice = EdgeWeight("twice", fun edge -> 2.0 * edge.Weight)
              let operator = Operator.Parse("sum value twice", [ twice ])
              let perceived = perceive (Perception [ operator ]) (Graph.Line 2) (column [ 3.0; 4.0 ])
              Expect.isTrue (close perceived[0] (column [ 8.0; 6.0 ])) "twice the neighbour"
              let unknown = refusal (fun () -> Operator.Parse("sum value twice", []))
              Expect.stringContains unknown "'twice'" "unknown without it"
              Expect.stringContains unknown "sobel-x" "the known ones are named"
          }

          test "what is no operator is refused" {
              for text in [ ""; "own state"; "sum value"; "max value one"; "sum values one" ] do
                  Expect.stringContains (refusal (fun () -> Operator.Parse(text, []))) $"'{text}'" "named"

              Expect.isNull (EdgeWeight.Find "at:x") "no whole number"
              refusal (fun () -> Perception []) |> ignore
          } ]
