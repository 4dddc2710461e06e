/// Trainings of textures: they lower the loss, and go on after a stop as if there had been none.
module GaryMesh.Tests.Learning.TextureRecipeTests

open System
open System.IO
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Tests

/// Slanted stripes in two colours.
let private stripes =
    let value at =
        let y, x, map = at / 60, at / 3 % 20, at % 3
        if (x + y) % 5 < 2 then 0.8f - 0.1f * float32 map else 0.1f + 0.2f * float32 map

    Exemplar.Picture(20, 20, 3, Array.init 1200 value, true)

let private wave = Exemplar.Signal(1, Array.init 48 (fun i -> sin (MathF.PI * float32 i / 4f)), true)

let private up = struct (0.0, 1.0, 0.0)
let private world graph = TextureRecipe.World(graph, up)

let private cases =
    [ "one world", stripes, [| world (Graph.Torus(10, 10)) |]
      "two worlds", stripes, [| world (Graph.Icosphere 2); world (Graph.Torus(6, 7)) |]
      "a ring with a signal", wave, [| world (Graph.Ring 24) |] ]

let private automatonOf exemplar = (TextureRecipe.Automaton(exemplar, 6, 12, 4UL)).WithSteps(4, 8)

let private run options exemplar worlds (task: TrainingTask) (from: Training option) =
    use trainer = new Trainer(automatonOf exemplar, TextureRecipe.Graph worlds, task, options)

    let struct (training, ending) =
        trainer.Run(defaultArg from (trainer.Begin()), null, CancellationToken.None)

    Expect.equal ending TrainingEnd.Finished "to its end"
    training

let private bytesOf exemplar worlds task (training: Training) =
    use memory = new MemoryStream()
    TrainingFile.Write(memory, automatonOf exemplar, TextureRecipe.Graph worlds, task, training)
    memory.ToArray()

let private read exemplar worlds task (bytes: byte[]) =
    use memory = new MemoryStream(bytes)
    TrainingFile.Read(memory, "training.npz", automatonOf exemplar, TextureRecipe.Graph worlds, task)

let private refused (words: string list) (act: unit -> 'a) =
    Expect.throwsC (act >> ignore) (fun error ->
        Expect.isTrue (error :? ArgumentException) $"an argument is refused, but: {error}"

        for word in words do
            Expect.stringContains error.Message word "the sentence")

[<Tests>]
let tests =
    testList
        "Texture recipe"
        [ for name, exemplar, worlds in cases do
              for loss in TextureLoss.Names do
                  test $"a short training from noise lowers the {loss} loss on {name}" {
                      // From zeros it would first rise: grey is nearer than a half-grown texture.
                      let automaton = (automatonOf exemplar).WithStart(Start.Noise 1f)
                      let task = TextureRecipe.Task(exemplar, worlds, 150, 2UL, loss)
                      use trainer = new Trainer(automaton, TextureRecipe.Graph worlds, task)
                      let struct (training, _) = trainer.Run(trainer.Begin(), null, CancellationToken.None)
                      let mean from = Seq.skip from training.Losses |> Seq.truncate 10 |> Seq.average
                      Expect.isLessThan (mean 140) (0.5 * mean 0) "the end is below the beginning"
                  }

                  test
                      $"a training on {name} by the {loss} loss that was stopped has the bits of one that was not, by one thread and two" {
                      let task = (TextureRecipe.Task(exemplar, worlds, 24, 3UL, loss)).WithValidation(7, 1, [| 1; 2 |])

                      let files =
                          [ for threads in 1..2 do
                                let options = EngineOptions(Threads = threads)
                                let write = bytesOf exemplar worlds task
                                write (run options exemplar worlds task None)
                                // Iterations are no setting, but the schedule's end is: it stays that of the whole.
                                let first = run options exemplar worlds (task.WithIterations 11) None
                                write (run options exemplar worlds task (Some(read exemplar worlds task (write first)))) ]

                      Expect.allEqual files files[0] "four times the same bytes"
                  }

          test "an exemplar that is even about its mean is learnt, though grey is level there" {
              let exemplar = Exemplar.Signal(1, Array.init 48 (fun i -> if i % 6 < 3 then 1f else 0f), true)
              let ring = [| world (Graph.Ring 48) |]
              let automaton = TextureRecipe.Automaton(exemplar, 12, 48, 4UL)
              use trainer = new Trainer(automaton, ring[0], TextureRecipe.Task(exemplar, ring, 1500, 2UL))
              let struct (training, _) = trainer.Run(trainer.Begin(), null, CancellationToken.None)
              let still = Rule.Zero automaton.Rule.Shape
              Expect.isLessThan training.BestLoss (0.4 * trainer.Validate still) "better than grey"
          }

          test "a training goes on under the same hooks, schedule and exemplar alone" {
              let _, exemplar, worlds = cases[1]
              let task = TextureRecipe.Task(exemplar, worlds, 20, 3UL)

              let bytes =
                  bytesOf exemplar worlds task (run (EngineOptions()) exemplar worlds (task.WithIterations 2) None)

              let refused words exemplar worlds task =
                  Files.Support.refused ("training.npz" :: words) (fun () -> read exemplar worlds task bytes |> ignore)

              read exemplar worlds task bytes |> ignore
              let hooked (hook: BatchHook) = task.WithHook hook

              refused
                  [ "renew:20:3, damage:5:0.2:2"; "renew:4:3" ]
                  exemplar
                  worlds
                  (hooked (Hooks [ Renew(4, 3.0); Damage(5, 0.2, 2) ]))

              refused
                  [ "damage:5:0.2:2"; "damage:5:0.1:2" ]
                  exemplar
                  worlds
                  (hooked (Hooks [ Renew(20, 3.0); Damage(5, 0.1, 2) ]))

              refused [ "renew:20:3" ] exemplar worlds (hooked (Hooks [ Damage(5, 0.2, 2); Renew(20, 3.0) ]))
              refused [ "validation every 20"; "30" ] exemplar worlds (TextureRecipe.Task(exemplar, worlds, 30, 3UL))
              let values = exemplar.Values.ToArray() |> Array.map (fun x -> 1f - x)
              let other = Exemplar.Picture(20, 20, 3, values, true)
              refused [ "loss" ] other worlds (TextureRecipe.Task(other, worlds, 20, 3UL))

              refused
                  [ "loss"; "rectified Gram"; "sliced Wasserstein" ]
                  exemplar
                  worlds
                  (TextureRecipe.Task(exemplar, worlds, 20, 3UL, TextureLoss.Sliced))

              let turned = [| worlds[1]; worlds[0] |]

              refused
                  [ "icosphere:2 + torus:6x7"; "torus:6x7 + icosphere:2" ]
                  exemplar
                  turned
                  (TextureRecipe.Task(exemplar, turned, 20, 3UL))
          }

          test "what a training damages heals: some batches begin with cells that are zero though their pool grew old" {
              let _, exemplar, worlds = cases[0]
              let mutable damaged = 0

              let counting (hook: BatchHook) =
                  { new BatchHook(hook.Name) with
                      member _.Prepare(samples, context) =
                          let prepared = hook.Prepare(samples, context)
                          let state = prepared[0].Start

                          let zero cell =
                              Seq.forall (fun channel -> state[cell, channel] = 0f) (seq { 0 .. state.Channels - 1 })

                          let zeros = Seq.filter zero (seq { 0 .. state.Cells - 1 }) |> Seq.length

                          if zeros > 0 && zeros < state.Cells then
                              damaged <- damaged + 1

                          prepared }

              let task = TextureRecipe.Task(exemplar, worlds, 100, 2UL)
              run (EngineOptions()) exemplar worlds (task.WithHook(counting (nonNull task.Hook))) None |> ignore
              Expect.isGreaterThan damaged 10 "damaged batches"
          }

          test "iterations draw their time steps between two factors, which are settings of the training" {
              let _, exemplar, worlds = cases[2]
              let task = (TextureRecipe.Task(exemplar, worlds, 6, 2UL)).WithTimeSteps(1.0, 1.0)
              let graph = TextureRecipe.Graph worlds

              let trained (automaton: Automaton) (task: TrainingTask) =
                  use trainer = new Trainer(automaton, graph, task)
                  let struct (training, _) = trainer.Run(trainer.Begin(), null, CancellationToken.None)
                  training.Parameters

              let automaton = automatonOf exemplar
              let half = trained (automaton.WithTimeStep 0.5) task
              Expect.equal (trained automaton (task.WithTimeSteps(0.5, 0.5))) half "half of the automaton's"
              let drawn = trained automaton (task.WithTimeSteps(0.5, 2.0))
              Expect.notEqual drawn half "neither the least"
              Expect.notEqual drawn (trained automaton (task.WithTimeSteps(2.0, 2.0))) "nor the largest"
              Expect.equal drawn (trained automaton (task.WithTimeSteps(0.5, 2.0))) "the same again"
              let wide = task.WithTimeSteps(0.5, 2.0)
              let bytes = bytesOf exemplar worlds wide (run (EngineOptions()) exemplar worlds wide None)

              Expect.throwsC
                  (fun () -> read exemplar worlds (task.WithTimeSteps(0.5, 1.0)) bytes |> ignore)
                  (fun error -> Expect.stringContains error.Message "time steps" "the setting")

              for least, most in [ 0.0, 1.0; 2.0, 1.0; 1.0, infinity; nan, 1.0 ] do
                  refused [ "time step" ] (fun () -> new Trainer(automaton, graph, task.WithTimeSteps(least, most)))
          }

          test "the loss of several worlds is the mean of each one's, and of what keeps states within 1" {
              let _, exemplar, worlds = cases[1]
              let graph = TextureRecipe.Graph worlds

              let state =
                  State.Create(
                      graph.Cells,
                      4,
                      (fun cell channel -> float32 (Counter.normal 8UL (int64 (4 * cell + channel))))
                  )

              let evaluate (loss: Loss) (graph: Graph) state =
                  loss.Evaluate(state, State.Zeros(graph.Cells, 0), LossContext.After graph)

              let values, first = state.ToArray(), worlds[0].Cells

              let own i =
                  let at, count = (if i = 0 then 0 else 4 * first), 4 * worlds[i].Cells

                  (evaluate
                      (RectifiedGram(exemplar, worlds[i]))
                      worlds[i]
                      (State(worlds[i].Cells, 4, ReadOnlySpan(values, at, count))))
                      .Value

              let expected = 0.5 * (own 0 + own 1) + 10.0 * (evaluate (Overflow 1f) graph state).Value

              Expect.floatClose
                  Accuracy.high
                  (evaluate (TextureRecipe.Loss(exemplar, worlds)) graph state).Value
                  expected
                  "the sum"
          }

          test "worlds stand in their graphs, and a sphere's are upright" {
              let sphere = world (Graph.Icosphere 3)
              Expect.isFalse sphere.Frames.IsEmpty "frames of its own"
              Expect.isTrue (Object.ReferenceEquals(world sphere, sphere)) "frames that are there stay"
              Expect.isFalse (world (Graph.Ring 9)).Frames.IsEmpty "a ring has frames along it"
              let one = [| sphere |]
              Expect.isTrue (Object.ReferenceEquals(TextureRecipe.Graph one, sphere)) "one world is its own graph"

              Expect.equal
                  (TextureRecipe.Graph [| sphere; world (Graph.Torus(4, 5)) |]).Name
                  "icosphere:3 + torus:4x5"
                  "a name"
          }

          test "what does not fit is refused, naming both" {
              refused [ "3 maps"; "2 channels" ] (fun () -> TextureRecipe.Automaton(stripes, 2, 8, 1UL))
              let ring, torus = world (Graph.Ring 24), world (Graph.Torus(6, 6))
              refused [ "torus:20x20"; "ring:24" ] (fun () -> TextureRecipe.Loss(stripes, [| ring |]))
              refused [ "ring:48"; "torus:6x6" ] (fun () -> TextureRecipe.Loss(wave, [| torus |]))
              refused [ "frames"; "ring:24"; "torus:6x6" ] (fun () -> TextureRecipe.Graph [| torus; Graph.Ring 24 |])
              refused [ "at least one" ] (fun () -> TextureRecipe.Graph [||])
          } ]
