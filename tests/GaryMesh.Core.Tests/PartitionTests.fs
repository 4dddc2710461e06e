/// Parts of a graph: who owns what, what lies in the halo, and that parts with exchanged ghosts compute what the whole does.
module GaryMesh.Tests.PartitionTests

open System
open System.Collections.Immutable
open Expecto
open GaryMesh

/// What a case draws: a number below a bound, by the purpose.
let private below (seed: uint64) purpose bound = Counter.below bound (Counter.key seed [ purpose ]) 0L

/// A graph of one of many kinds: regular ones, under their own or random numbers, point clouds, and listed edges with
/// directions, weights, loops, repeated edges and lonely cells.
let private graphOf (seed: uint64) =
    let below = below seed
    let side purpose = 3 + below purpose 5
    let normals count = Array.init count (int64 >> Counter.normal (Counter.key seed [ 50 ]))

    let graph =
        match below 1 9 with
        | 0 -> Graph.Ring(8 + below 2 60)
        | 1 -> Graph.Line(8 + below 2 40)
        | 2 -> Graph.Grid(side 2, side 3)
        | 3 -> Graph.Torus(side 2, side 3)
        | 4 -> Graph.Torus6(side 2, side 3)
        | 5 ->
            let sphere = Graph.Icosphere(1 + below 2 3)
            sphere.WithFrames(Frames.Towards(sphere, struct (0.2, 0.3, -1.0)))
        | 6 -> Graph.NearestNeighbours(normals (3 * (20 + below 2 30)), 1 + below 3 6)
        | _ ->
            let cells = 8 + below 2 40

            let ends purpose =
                Array.init (below 4 (3 * cells)) (int64 >> Counter.below cells (Counter.key seed [ purpose ]))

            let sources, targets = ends 51, ends 52
            Graph.OfEdges(cells, sources, targets, below 5 2 = 0, normals sources.Length, normals (3 * cells))

    if below 6 2 = 0 then
        graph
    else
        graph.Relabelled([| 0 .. graph.Cells - 1 |] |> Array.sortBy (int64 >> Counter.word seed))

/// A graph with its parts and their halo.
let private cut (seed: uint64) =
    let graph, parts, halo = graphOf seed, 2 + below seed 7 7, 1 + below seed 8 8
    graph, graph.Partition(parts, halo), halo

/// Two random operators along edges, and one whose weight depends on all that an edge knows.
let private perceptionOf (graph: Graph) (seed: uint64) =
    let names =
        EdgeWeight.Names
        |> Seq.filter (fun name -> not graph.Frames.IsEmpty || name <> "u" && name <> "v")
        |> Array.ofSeq

    let nosy =
        EdgeWeight(
            "nosy",
            fun edge ->
                0.1 * (edge.U - edge.N + edge.TotalWeight + edge.Length) / (0.1 + edge.MeanLength)
                + float edge.Degree / float (3 + edge.NeighbourDegree)
        )

    let random purpose =
        let weight = names[below seed purpose names.Length]
        let messages = if below seed (purpose + 1) 2 = 0 then Messages.Value else Messages.Difference
        let aggregation = if below seed (purpose + 2) 2 = 0 then Aggregation.Sum else Aggregation.Mean
        Operator.Neighbours(nonNull (EdgeWeight.Find weight), messages, aggregation)

    Perception [ random 20; random 30; Operator.Neighbours(nosy, Messages.Difference, Aggregation.Mean) ]

/// What gates a state: nothing, or the mask of cells with a neighbour above zero, before the update and after it.
type private Gated =
    | No
    | Before
    | Both

/// One step of a small automaton in float32, sums in the order of the edges: s_i + 2 tanh(sum of what i perceives) where the
/// cell of that global index fires. A state has one channel.
let private stepper (perception: Perception) (graph: Graph) (globalOf: int -> int) (gated: Gated) =
    let struct (edgeWeights, selfWeights) = Stencil(perception, graph).WeighAll()
    let edgesOf cell = seq { graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 }

    let alive (state: float32[]) cell =
        state[cell] > 0.0f || edgesOf cell |> Seq.exists (fun edge -> state[graph.Neighbours[edge]] > 0.0f)

    let masked on (state: float32[]) =
        Array.mapi (fun cell value -> if on && not (alive state cell) then 0.0f else value) state

    fun (time: int) (state: float32[]) ->
        let updated cell =
            let fires = Counter.below 4 (Counter.subkey 77UL time) (int64 (globalOf cell)) > 0

            if fires && (gated = No || alive state cell) then
                let mutable sum = -0.5f

                for k in 0..2 do
                    sum <- sum + float32 selfWeights[3 * cell + k] * state[cell]

                    for edge in edgesOf cell do
                        sum <- sum + float32 edgeWeights[3 * edge + k] * state[graph.Neighbours[edge]]

                state[cell] + 2.0f * MathF.Tanh sum
            else
                state[cell]

        Array.init state.Length updated |> masked (gated = Both)

/// How many cells differ in any bit between a run on the whole graph and one on its parts, the ghosts exchanged `rounds`
/// times, before every `steps` steps.
let private differences perception (graph: Graph) (parts: Part[]) gated rounds steps =
    let start = Array.init graph.Cells (fun cell -> float32 (Counter.normal 78UL (int64 cell) - 0.7))

    let run stepper first state =
        Seq.fold (fun state time -> stepper time state) state (seq { first .. first + steps - 1 })

    let whole = stepper perception graph id gated

    let stepsOf =
        parts |> Array.map (fun part -> stepper perception part.Graph (fun cell -> part.Global[cell]) gated)

    // A ghost that no exchange fills shows.
    let lost (part: Part) owned =
        Array.init part.Graph.Cells (fun cell -> if cell < part.Owned then owned cell else nanf)

    let expected =
        Seq.fold (fun state round -> run whole (round * steps) state) start (seq { 0 .. rounds - 1 })

    let states =
        (parts |> Array.map (fun part -> lost part (fun cell -> start[part.Global[cell]])), seq { 0 .. rounds - 1 })
        ||> Seq.fold (fun states round ->
            let exchanged =
                Array.map2
                    (fun (part: Part) (state: float32[]) ->
                        let state = lost part (Array.get state)

                        for exchange in part.Exchanges do
                            for source, target in Seq.zip exchange.Source exchange.Target do
                                state[target] <- states[exchange.From].[source]

                        state)
                    parts
                    states

            Array.map2 (fun stepper state -> run stepper (round * steps) state) stepsOf exchanged)

    Array.map2
        (fun (part: Part) state -> seq { for cell in 0 .. part.Owned - 1 -> part.Global[cell], Array.get state cell })
        parts
        states
    |> Seq.concat
    |> Seq.filter (fun (cell, value) ->
        BitConverter.SingleToInt32Bits value <> BitConverter.SingleToInt32Bits expected[cell])
    |> Seq.length

/// The five kinds of lattice, of sizes by a seed.
let private lattices =
    let side seed purpose = 3 + below seed purpose 6

    [ "ring", (fun seed -> Lattice.Ring(7 + below seed 60 60))
      "line", (fun seed -> Lattice.Line(7 + below seed 60 60))
      "grid", (fun seed -> Lattice.Grid(side seed 60, side seed 61))
      "torus", (fun seed -> Lattice.Torus(side seed 60, side seed 61))
      "torus6", (fun seed -> Lattice.Torus6(side seed 60, side seed 61)) ]

/// That two graphs are one to the last bit, but for names and places.
let private sameEdges (one: Graph) (other: Graph) =
    Expect.sequenceEqual one.RowStart other.RowStart "rows"
    Expect.sequenceEqual one.Neighbours other.Neighbours "neighbours"
    Expect.sequenceEqual one.Offsets other.Offsets "offsets"
    Expect.equal one.MeanLength other.MeanLength "mean length"
    let degrees (graph: Graph) = Array.init graph.Cells graph.WholeDegree
    // The outermost ghosts are wrong after one step whatever their degree.
    let seen = Set.ofSeq one.Neighbours
    let among (graph: Graph) = degrees graph |> Array.indexed |> Array.filter (fst >> seen.Contains)
    Expect.equal (among one) (among other) "degrees"

let private sameParts (one: Part) (other: Part) =
    Expect.equal (one.Owned, one.Cells) (other.Owned, other.Cells) "sizes"
    Expect.sequenceEqual one.Global other.Global "indices"
    sameEdges one.Graph other.Graph
    Expect.sequenceEqual one.Graph.Positions other.Graph.Positions "places"
    Expect.equal one.Graph.Name other.Graph.Name "name"
    Expect.equal one.Exchanges.Length other.Exchanges.Length "exchanges"

    for one, other in Seq.zip one.Exchanges other.Exchanges do
        Expect.equal one.From other.From "from"
        Expect.sequenceEqual one.Source other.Source "source"
        Expect.sequenceEqual one.Target other.Target "target"

let private refusal (action: unit -> 'a) =
    (Expect.throwsC (action >> ignore) (fun error -> error :?> ArgumentOutOfRangeException)).Message

[<Tests>]
let tests =
    testList
        "Partition"
        [ property "every cell is owned once, by parts of equal size to within one" (fun (seed: uint64) ->
              let graph, parts, _ = cut seed
              let owned = parts |> Array.map (fun part -> part.Global.AsSpan().Slice(0, part.Owned).ToArray())
              let sizes = owned |> Array.map _.Length

              Array.sort (Array.concat owned) = [| 0 .. graph.Cells - 1 |]
              && Array.max sizes - Array.min sizes <= 1
              && Array.min sizes >= 1
              && owned |> Array.forall (fun cells -> cells = Array.sort cells))

          property "the ghosts of a part are whatever its cells see within the halo" (fun (seed: uint64) ->
              let graph, parts, halo = cut seed
              // How far each cell lies from those that see it: hops of a change at that cell.
              let hops = Array.init graph.Cells graph.HopsFrom

              parts
              |> Array.forall (fun part ->
                  let near cell =
                      seq { 0 .. part.Owned - 1 }
                      |> Seq.exists (fun own ->
                          let hops = hops[cell].[part.Global[own]]
                          hops >= 0 && hops <= halo)

                  Set.ofSeq part.Global = Set.ofList (List.filter near [ 0 .. graph.Cells - 1 ])
                  && (Seq.distinct part.Global |> Seq.length) = part.Graph.Cells))

          property
              "cells inside the halo have the whole graph's rows in its order, those at its rim none"
              (fun (seed: uint64) ->
                  let graph, parts, halo = cut seed
                  let perception = perceptionOf graph seed
                  let weights graph = let struct (edges, own) = Stencil(perception, graph).WeighAll() in edges, own
                  let edgeWeights, selfWeights = weights graph

                  let slice per (values: ImmutableArray<'a>) first count =
                      if values.IsEmpty then
                          []
                      else
                          List.ofSeq (values.Slice(per * first, per * count))

                  for part in parts do
                      let local = part.Graph
                      let localEdges, localOwn = weights local
                      let hops = Array.init local.Cells local.HopsFrom

                      for cell in 0 .. local.Cells - 1 do
                          let whole = part.Global[cell]
                          Expect.equal (slice 3 local.Positions cell 1) (slice 3 graph.Positions whole 1) "its place"
                          Expect.equal (slice 9 local.Frames cell 1) (slice 9 graph.Frames whole 1) "its frame"

                          let inside =
                              seq { 0 .. part.Owned - 1 }
                              |> Seq.exists (fun own -> uint32 hops[cell].[own] < uint32 halo)

                          if inside then
                              let degree = graph.Degree whole
                              Expect.equal (local.Degree cell) degree "its degree"
                              let first, firstWhole = local.RowStart[cell], graph.RowStart[whole]

                              let seen =
                                  [ for edge in first .. first + degree - 1 -> part.Global[local.Neighbours[edge]] ]

                              Expect.equal seen (slice 1 graph.Neighbours firstWhole degree) "whom it sees"

                              Expect.equal
                                  (slice 3 local.Offsets first degree)
                                  (slice 3 graph.Offsets firstWhole degree)
                                  "where"

                              Expect.equal
                                  (slice 1 local.Weights first degree)
                                  (slice 1 graph.Weights firstWhole degree)
                                  "weights"

                              Expect.equal
                                  localEdges[3 * first .. 3 * (first + degree) - 1]
                                  edgeWeights[3 * firstWhole .. 3 * (firstWhole + degree) - 1]
                                  "operators"

                              Expect.equal
                                  localOwn[3 * cell .. 3 * cell + 2]
                                  selfWeights[3 * whole .. 3 * whole + 2]
                                  "own state"
                          else
                              Expect.equal (local.Degree cell) 0 "the rim sees nobody")

          property "exchanges fill every ghost once, from a cell that its part owns" (fun (seed: uint64) ->
              let _, parts, _ = cut seed

              for index in 0 .. parts.Length - 1 do
                  let part = parts[index]

                  let targets =
                      [ for exchange in part.Exchanges do
                            yield! exchange.Target ]

                  Expect.equal targets [ part.Owned .. part.Graph.Cells - 1 ] "each ghost once"
                  let owners = [ for exchange in part.Exchanges -> exchange.From ]
                  Expect.equal owners (List.distinct (List.sort owners)) "owners ascending"
                  Expect.isFalse (List.contains index owners) "others own the ghosts"

                  for exchange in part.Exchanges do
                      let owner = parts[exchange.From]
                      let sources = List.ofSeq exchange.Source
                      Expect.equal sources (List.sort sources) "in order"
                      Expect.isLessThan (List.last sources) owner.Owned "owned there"

                      Expect.equal
                          [ for source in sources -> owner.Global[source] ]
                          [ for target in exchange.Target -> part.Global[target] ]
                          "the same cells")

          property "with ghosts exchanged every `halo` steps the parts have the whole's bits" (fun (seed: uint64) ->
              let graph, parts, halo = cut seed
              differences (perceptionOf graph seed) graph parts No 3 halo = 0)

          property "a gate that looks before the update costs no more" (fun (seed: uint64) ->
              let graph, parts, halo = cut seed
              differences (perceptionOf graph seed) graph parts Before 3 halo = 0)

          property "a gate that looks after it costs two hops a step" (fun (seed: uint64) ->
              let graph, parts, halo = cut seed
              differences (perceptionOf graph seed) graph parts Both 3 (halo / 2) = 0)

          test "no halo is wider than it must be" {
              for halo in 1..4 do
                  let differing gated steps =
                      Seq.sum (
                          seq {
                              for seed in 0UL .. 9UL do
                                  let graph = Graph.NearestNeighbours(Array.init 300 (int64 >> Counter.normal seed), 3)
                                  differences (perceptionOf graph seed) graph (graph.Partition(4, halo)) gated 1 steps
                          }
                      )

                  Expect.equal (differing No halo) 0 "one hop a step"
                  Expect.isGreaterThan (differing No (halo + 1)) 0 "a step more"
                  Expect.equal (differing Both (halo / 2)) 0 "two hops a step"

                  // Of the last hop a gate sees little: a cell that lives by the update of one ghost alone.
                  if halo <= 2 then
                      Expect.isGreaterThan (differing Both (halo / 2 + 1)) 0 "a gated step more"
          }

          property
              "a part of a part under other numbers still knows the whole's degrees and mean length"
              (fun (seed: uint64) ->
                  let graph, parts, halo = cut seed
                  let part = parts[0]
                  let order = Array.rev [| 0 .. part.Graph.Cells - 1 |]

                  for inner in (part.Graph.Relabelled order).Partition(1 + below seed 9 part.Owned, halo) do
                      Expect.equal inner.Graph.MeanLength graph.MeanLength "the mean length"

                      for cell in 0 .. inner.Graph.Cells - 1 do
                          let whole = part.Global[order[inner.Global[cell]]]
                          Expect.equal (inner.Graph.WholeDegree cell) (graph.Degree whole) "a degree")

          test "one part is the whole graph without ghosts" {
              let graph = Graph.Icosphere 2
              let part = (graph.Partition(1, 3)).[0]
              Expect.sequenceEqual part.Global [ 0 .. graph.Cells - 1 ] "its cells"
              Expect.sequenceEqual part.Graph.Neighbours graph.Neighbours "its edges"
              Expect.isTrue part.Exchanges.IsEmpty "no ghosts"
              Expect.equal part.Graph.Name "icosphere:2, part 1 of 1" "its name"
          }

          for name, lattice in lattices do
              test $"parts of a {name} are made without it as they are cut from it" {
                  for count in 1..7 do
                      for halo in 1..8 do
                          let seed = uint64 (8 * count + halo)
                          let lattice: Lattice = lattice seed
                          let whole = Graph.OfLattice lattice
                          let made = Partition.Of(lattice, count, halo)
                          Expect.isTrue made.InOrder "in order"
                          Expect.equal (made.Cells, made.Count, made.Name) (whole.Cells, count, whole.Name) "its sizes"
                          let expected = GraphPartition.InBlocks(whole, count, halo)
                          let forms = Collections.Generic.Dictionary<string, Graph>()

                          for index in 0 .. count - 1 do
                              let part, cut = made[index], expected[index]
                              sameParts part cut
                              Expect.equal (made.Owned index) cut.Owned "owned cells"

                              let beside =
                                  [ for other in 0 .. count - 1 do
                                        if expected[other].Exchanges |> Seq.exists (fun one -> one.From = index) then
                                            other ]

                              Expect.equal (List.ofSeq (made.Beside index)) beside "who has ghosts there"

                              for start in [ Start.Zeros; Start.Seed; Start.OfNoise 0.5f ] do
                                  let all = start.On(whole, 5, seed)
                                  let here = start.On(part, 5, seed)

                                  for cell in 0 .. part.Cells - 1 do
                                      for channel in 0..4 do
                                          Expect.equal here[cell, channel] all[part.Global[cell], channel] "its start"

                              // Parts of one form have one graph but for the places.
                              match forms.TryGetValue part.Form with
                              | true, twin -> sameEdges part.Graph twin
                              | _ -> forms[part.Form] <- part.Graph
              }

          test "the parts of a torus have two forms, whatever their number" {
              let parts = Partition.Of(Lattice.Torus(64, 16), 16, 3)
              let forms = List.init 16 (fun part -> parts[part].Form)
              Expect.equal (List.distinct forms).Length 2 "the first and the last, and those between"
          }

          test "a part of a lattice that no memory holds is made at once" {
              let parts = Partition.Of(nonNull (GraphFile.Lattice "torus:32768x65000"), 60000, 2)
              let part = parts[59999]
              Expect.equal (part.Global[part.Owned - 1]) (32768 * 65000 - 1) "the last cell"

              Expect.equal
                  part.Graph.Edges
                  (8 * (part.Cells - Seq.length (Seq.filter (part.Graph.Degree >> (=) 0) [ 0 .. part.Cells - 1 ])))
                  "edges"

              Expect.isLessThan part.Cells 400000 "cells and ghosts"
          }

          test "a ring is cut into arcs, a grid into strips, whatever the cells are called" {
              let shuffled (graph: Graph) =
                  graph.Relabelled([| 0 .. graph.Cells - 1 |] |> Array.sortBy (int64 >> Counter.word 3UL))

              let ghosts (graph: Graph) = graph.Partition(4, 2) |> Array.map (fun part -> part.Graph.Cells - part.Owned)
              Expect.equal (ghosts (Graph.Ring 64)) [| 4; 4; 4; 4 |] "two at each end"
              Expect.equal (ghosts (Graph.Grid(16, 8))) [| 16; 32; 32; 16 |] "two rows at each side"
              // Breadth first, an arc is two.
              Expect.equal (ghosts (shuffled (Graph.Ring 64))) [| 4; 8; 8; 4 |] "round the ring both ways"
          }

          test "numbers of parts and halos out of range are refused" {
              let graph = Graph.Ring 5
              refusal (fun () -> graph.Partition(0, 1)) |> says [ "ring:5"; "1 to 5"; "0" ]
              refusal (fun () -> graph.Partition(6, 1)) |> says [ "1 to 5"; "6" ]
              refusal (fun () -> graph.Partition(2, 0)) |> says [ "at least 1"; "0" ]
          } ]
