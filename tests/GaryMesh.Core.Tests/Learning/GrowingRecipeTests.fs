/// Patterns that grow: where a picture lies, how a training goes, and what never lives.
module GaryMesh.Tests.Learning.GrowingRecipeTests

open System
open System.Collections.Generic
open System.IO
open System.Threading
open Expecto
open FsCheck
open GaryMesh
open GaryMesh.Tests

/// A disc of one colour, half transparent at its edge.
let private disc height width =
    let value at =
        let y, x, channel = at / 4 / width, at / 4 % width, at % 4
        let apart = sqrt (float ((y - height / 2) * (y - height / 2) + (x - width / 2) * (x - width / 2)))
        let opacity = Math.Clamp(float (min height width) / 2.0 - apart, 0.0, 1.0)
        float32 (opacity * [| 0.9; 0.5; 0.1; 1.0 |][channel])

    Array.init (4 * height * width) value

let private sphere frequency =
    GrowingRecipe.World(TextureRecipe.World(Graph.Icosphere frequency, struct (0.0, 1.0, 0.0)))

let private cases =
    [ "a grid", Graph.Grid(12, 12)
      "a torus", Graph.Torus(12, 14)
      "a sphere", sphere 6
      "a list of edges", Graph.OfEdges(20, [| 0..18 |], [| 1..19 |], false) ]

/// A picture where the graph has places, and else a value for each cell.
let private targetOn (graph: Graph) =
    if graph.Topology = Topology.General && graph.Frames.IsEmpty then
        State.Create(graph.Cells, 4, fun cell _ -> if cell < 6 then 0.8f else 0f)
    else
        GrowingRecipe.Picture(graph, 7, 7, disc 7 7)

let private automatonOn graph = (GrowingRecipe.Automaton(graph, 8, 16, 4UL)).WithSteps(8, 12)

let private settings regime iterations =
    (GrowingSettings.Of(regime, iterations, 3UL)).WithBatch(4, 1).WithPool(8).WithWarmUp(RolloutWarmUp.Of(10, 4, 6))

let private taskOn graph settings = GrowingRecipe.Task(targetOn graph, 8, settings)

let private run options graph task (from: Training option) =
    use trainer = new Trainer(automatonOn graph, graph, task, options)

    let struct (training, ending) =
        trainer.Run(defaultArg from (trainer.Begin()), null, CancellationToken.None)

    Expect.equal ending TrainingEnd.Finished "to its end"
    training

let private bytesOf graph task training =
    use memory = new MemoryStream()
    TrainingFile.Write(memory, automatonOn graph, graph, task, training)
    memory.ToArray()

let private read graph task (bytes: byte[]) =
    use memory = new MemoryStream(bytes)
    TrainingFile.Read(memory, "training.npz", automatonOn graph, graph, task)

let private refused (words: string list) (act: unit -> 'a) =
    Expect.throwsC (act >> ignore) (fun error ->
        for word in words do
            Expect.stringContains error.Message word "the sentence")

[<Tests>]
let tests =
    testList
        "Growing recipe"
        [ test "on a grid and a torus a picture lies about the seed's cell, pixel by pixel" {
              let picture = Array.init (4 * 5 * 3) float32
              let grid, torus = Graph.Grid(9, 8), Graph.Torus(9, 8)

              for graph, row, column in [ grid, 4, 4; torus, 0, 0 ] do
                  let target = GrowingRecipe.Picture(graph, 5, 3, picture)

                  let expected =
                      State.Create(
                          72,
                          4,
                          fun cell channel ->
                              let wrap at size = (at % size + size) % size
                              let y, x = wrap (cell / 8 - row + 2) 9, wrap (cell % 8 - column + 1) 8
                              if y < 5 && x < 3 then picture[4 * (3 * y + x) + channel] else 0f
                      )

                  Expect.equal (target.ToArray()) (expected.ToArray()) graph.Name
          }

          test "a turned picture is the picture, turned about the seed, and then mirrored" {
              let grid = Graph.Grid(9, 9)
              let picture = Array.init (4 * 5 * 3) (fun i -> float32 (1 + i))
              let targets = GrowingRecipe.Turned(grid, 5, 3, picture, 8)
              Expect.equal targets.Length 16 "eight angles, twice"
              let whole = GrowingRecipe.Picture(grid, 5, 3, picture)
              Expect.equal (targets[0].ToArray()) (whole.ToArray()) "as it is"

              for row in 0..8 do
                  for column in 0..8 do
                      let at (target: State) row column = target[9 * row + column, 1]
                      // A quarter turn, from right to down, brings what was above the seed to its right.
                      Expect.equal (at targets[2] column (8 - row)) (at targets[0] row column) "a quarter turn"
                      Expect.equal (at targets[4] (8 - row) (8 - column)) (at targets[0] row column) "half a turn"
                      Expect.equal (at targets[8] row (8 - column)) (at targets[0] row column) "mirrored"

              // Between two pixels a picture is linear, so that a turn by an eighth keeps about what there is.
              let sum (target: State) = Array.sumBy float (target.ToArray())
              Expect.floatClose { absolute = 0.0; relative = 0.05 } (sum targets[1]) (sum targets[0]) "as much"
              refused [ "0" ] (fun () -> GrowingRecipe.Turned(grid, 5, 3, picture, 0))
          }

          property
              "a rule without directions grows turned and mirrored where the firing is, whatever its parameters"
              (fun (seed: uint64) ->
                  let side = 9
                  let graph = Graph.Grid(side, side)
                  let automaton = GrowingRecipe.Isotropic(graph, 6, 10, seed)
                  Expect.equal automaton.Rule.Shape.Perceived (3 * 6) "own state, gradient norm and Laplacian"
                  let automaton = automaton.WithRule(GradientCheck.RuleFor(automaton.Rule.Shape, seed, 0.3))
                  let start = automaton.Start.On(graph, 6, 0UL)
                  let fires (step: int) (cell: int) = Counter.uniform seed (int64 (step * side * side + cell)) < 0.5

                  let grown (where: int -> int) =
                      let firing = Firing.Mask(fun step cell -> fires step (where cell))
                      Engine.Run(automaton, graph, Rollout.Of(start, 8, firing))

                  let plain = grown id

                  for name, where in
                      [ "a quarter turn", (fun cell -> side * (cell % side) + side - 1 - cell / side)
                        "mirrored", (fun cell -> side * (cell / side) + side - 1 - cell % side) ] do
                      let other = grown where

                      for cell in 0 .. graph.Cells - 1 do
                          for channel in 0..5 do
                              let apart = abs (other[cell, channel] - plain[where cell, channel])
                              Expect.isLessThan apart (1e-4f * (1f + abs plain[where cell, channel])) name)

          test "on a sphere places run right and down as the seed's frame does, and as far as the ways are long" {
              let sphere = sphere 12
              let places, hops = GrowingRecipe.Places sphere, sphere.HopsFrom sphere.Middle
              let seed = sphere.Middle
              let place cell i = sphere.Positions[3 * cell + i]
              let dot f g = Seq.sum [ for i in 0..2 -> f i * g i ]
              let axis number i = sphere.Frames[9 * seed + 3 * number + i]

              for cell in 0 .. sphere.Cells - 1 do
                  let struct (x, y) = places[cell]
                  let distance = sqrt (x * x + y * y)
                  // The way along a great circle, from the seed in the direction in which the cell lies.
                  let angle = acos (Math.Clamp(dot (place cell) (place seed), -1.0, 1.0))
                  let away = angle / sphere.MeanLength

                  if hops[cell] > 0 && angle < 2.2 then
                      Expect.isLessThan (abs (distance - away)) (0.15 * away + 0.5) "as far"
                      let right, down = dot (place cell) (axis 0), dot (place cell) (axis 1)
                      let turned = (x * right + y * down) / (distance * sqrt (right * right + down * down))
                      Expect.isGreaterThan turned 0.9 "in its direction"
                  elif hops[cell] > 0 then
                      Expect.isGreaterThan distance 15.0 "the other side is far"
          }

          test "warm-up goes evenly from its lengths to the full ones, and no warm-up changes nothing" {
              let warmUp = RolloutWarmUp.Of(100, 24, 32)
              Expect.equal (warmUp.StepsAt(0, 64, 96)) (struct (24, 32)) "at first"
              Expect.equal (warmUp.StepsAt(50, 64, 96)) (struct (44, 64)) "halfway"
              Expect.equal (warmUp.StepsAt(100, 64, 96)) (struct (64, 96)) "full"
              Expect.equal (RolloutWarmUp.None.StepsAt(0, 64, 96)) (struct (64, 96)) "none"
              refused [ "32"; "40" ] (fun () -> RolloutWarmUp.Of(1, 40, 32))
              refused [ "warm-up"; "-1" ] (fun () -> RolloutWarmUp.Of(-1, 1, 1))
              refused [ "warm-up"; "0" ] (fun () -> RolloutWarmUp.Of(1, 0, 1))
          }

          for name, graph in cases do
              test $"a short training lowers the loss on {name}" {
                  let training =
                      run
                          (EngineOptions())
                          graph
                          (taskOn graph ((settings GrowingRegime.Persist 300).WithLearningRate 5e-3))
                          None

                  let mean from = Seq.skip from training.Losses |> Seq.truncate 10 |> Seq.average
                  Expect.isLessThan (mean 290) (0.5 * mean 0) "the end is below the beginning"
              }

          for regime in [ GrowingRegime.Grow; GrowingRegime.Persist; GrowingRegime.Regenerate ] do
              test $"a training to {regime} that was stopped has the bits of one that was not, by one thread and two" {
                  let graph = Graph.Grid(12, 12)
                  let task = (taskOn graph (settings regime 24)).WithValidation(7, 1, [| 1; 2 |])

                  let files =
                      [ for threads in 1..2 do
                            let options = EngineOptions(Threads = threads)
                            let write = bytesOf graph task
                            write (run options graph task None)
                            let first = run options graph (task.WithIterations 6) None
                            write (run options graph task (Some(read graph task (write first)))) ]

                  Expect.allEqual files files[0] "four times the same bytes"
              }

          test "a training goes on under the same warm-up, new starts and holes alone" {
              let graph = Graph.Grid(12, 12)
              let same = settings GrowingRegime.Regenerate 20
              let task = taskOn graph same
              let bytes = bytesOf graph task (run (EngineOptions()) graph (task.WithIterations 2) None)
              read graph task bytes |> ignore

              for other, word in
                  [ same.WithWarmUp(RolloutWarmUp.Of(9, 4, 6)), "rollout warm-up"
                    same.WithBatch(4, 2), "hook"
                    same.WithHoles(2, 0.5), "hook"
                    same.WithPool 9, "pool" ] do
                  refused [ word ] (fun () -> read graph (taskOn graph other) bytes)
          }

          test "iterations draw their fire rates, with as many firings a rollout, as a setting of the training" {
              let graph = Graph.Grid(12, 12)
              let own = settings GrowingRegime.Persist 6
              let parameters settings = (run (EngineOptions()) graph (taskOn graph settings) None).Parameters
              let drawn = own.WithFireRates(0.25, 1.0)
              Expect.equal (parameters (own.WithFireRates(0.5, 0.5))) (parameters own) "the automaton's own"
              Expect.notEqual (parameters drawn) (parameters own) "another"
              Expect.notEqual (parameters drawn) (parameters (own.WithFireRates(0.25, 0.25))) "not the least alone"
              Expect.equal (parameters drawn) (parameters drawn) "the same again"
              let lengths = HashSet()

              let counting =
                  { new IBatchGradients with
                      member _.Gradient batch =
                          for rollout in batch.Rollouts do
                              lengths.Add rollout.Steps |> ignore
                              let firings = float rollout.Steps * batch.FireRate
                              Expect.isTrue (firings > 1.5 && firings < 6.6) "8 to 12 steps at a half, 4 to 6 at first"

                          use prepared = new Prepared(automatonOn graph, graph)
                          batch.On prepared }

              let elsewhere = (taskOn graph drawn).WithGradients counting

              Expect.equal
                  (run (EngineOptions()) graph elsewhere None).Parameters
                  (parameters drawn)
                  "computed elsewhere"

              Expect.isGreaterThan lengths.Count 3 "rates of their own"
              let bytes = bytesOf graph (taskOn graph drawn) (run (EngineOptions()) graph (taskOn graph drawn) None)
              refused [ "fire rates" ] (fun () -> read graph (taskOn graph own) bytes)
              refused [ "fire rates" ] (fun () -> read graph (taskOn graph (own.WithFireRates(0.25, 0.9))) bytes)

              // Where no rate is drawn, none is divided by.
              let still = (automatonOn graph).WithFireRate 0.0
              let steps = ResizeArray()

              let noting =
                  { new IBatchGradients with
                      member _.Gradient batch =
                          steps.Add batch.Rollouts[0].Steps
                          use prepared = new Prepared(still, graph)
                          batch.On prepared }

              use trainer = new Trainer(still, graph, (taskOn graph own).WithGradients noting)
              trainer.Run(trainer.Begin(), null, CancellationToken.None) |> ignore
              Expect.isTrue (Seq.forall (fun count -> count >= 4 && count <= 12) steps) "as many steps as ever"
              Expect.equal steps.Count 6 "iterations"

              for least, most in [ 0.0, 0.5; 0.6, 0.5; 0.5, 1.5; nan, 0.5 ] do
                  refused [ "fire rate" ] (fun () ->
                      new Trainer(automatonOn graph, graph, taskOn graph (own.WithFireRates(least, most))))
          }

          property "where no seed was, nothing ever lives, whatever the rule" (fun (seed: uint64) ->
              let below purpose bound = Counter.below bound (Counter.key seed [ purpose ]) 0L
              let graph = Graph.Union("two", [ Graph.Grid(5, 6); Graph.Grid(4 + below 1 4, 5) ])
              let automaton = GrowingRecipe.Automaton(Graph.Grid(3, 3), 6, 10, seed)
              let automaton = automaton.WithRule(GradientCheck.RuleFor(automaton.Rule.Shape, seed, 0.5))
              let start = automaton.Start.On(graph, 6, 0UL)
              let final = Engine.Run(automaton, graph, Rollout.Of(start, 20, Firing.Of(seed, 0)))
              let unseeded = final.ToArray()[6 * 30 ..]
              Expect.all unseeded ((=) 0f) "exactly zero")

          test "what does not fit is refused" {
              let grid = Graph.Grid(6, 6)
              refused [ "4 channels"; "4." ] (fun () -> GrowingRecipe.Automaton(grid, 4, 8, 1UL))
              refused [ "7 x 7"; "grid:6x6" ] (fun () -> GrowingRecipe.Picture(grid, 7, 7, disc 7 7))
              refused [ "2 x 2"; "16"; "15" ] (fun () -> GrowingRecipe.Picture(grid, 2, 2, Array.zeroCreate 15))
              refused [ "frames"; "ring:9" ] (fun () -> GrowingRecipe.Picture(Graph.Ring 9, 1, 1, Array.zeroCreate 4))
              refused [ "4 channels"; "3" ] (fun () -> GrowingRecipe.Loss(State.Zeros(9, 3), 8))
              refused [ "frames"; "ring:9" ] (fun () -> GrowingRecipe.Isotropic(Graph.Ring 9, 8, 8, 1UL))
              refused [ "0" ] (fun () -> NearestTarget [])
              refused [ "9 cells x 4"; "8 x 4" ] (fun () -> NearestTarget [ State.Zeros(9, 4); State.Zeros(8, 4) ])

              refused [ "pool" ] (fun () ->
                  taskOn (Graph.Grid(12, 12)) ((settings GrowingRegime.Persist 5).WithPool 2)
                  |> fun task -> new Trainer(automatonOn (Graph.Grid(12, 12)), Graph.Grid(12, 12), task))
          } ]
