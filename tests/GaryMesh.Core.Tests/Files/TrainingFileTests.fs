/// Checkpoints: a training that was stopped, written, read and resumed goes the way of one that was not.
module GaryMesh.Tests.Files.TrainingFileTests

open System
open System.IO
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Tests.Mutants
open GaryMesh.Tests.Files.Support

let private graph = Graph.Ring 12
let private target = Array.init 12 (fun cell -> float32 (sin (float cell * Math.PI / 6.0)))

let private automaton =
    Automaton.Of(Perception.Planar, Rule.ZeroLast(RuleShape(4, 12, 6), 3UL)).WithStart(Start.Noise 0.1f).WithSteps(4, 9)

let private task =
    { TrainingTask.Of(MeanSquared(target, 0)) with
        Optimiser = (Adam.Of 5e-3).WithMilestones([ 20; 30 ], 0.5).WithWeightDecay 1e-3
        Iterations = 40
        Batch = 3
        Seed = 9UL
        ValidationEvery = 7
        ValidationRollouts = 2 }

let private pooled = task.WithPool(6, 2)

let private advance (task: TrainingTask) (training: Training) =
    use trainer = new Trainer(automaton, graph, task)
    let struct (training, ending) = trainer.Run(training, null, CancellationToken.None)
    Expect.equal ending TrainingEnd.Finished "it runs to its end"
    training

let private start (task: TrainingTask) =
    use trainer = new Trainer(automaton, graph, task)
    trainer.Begin()

let private bits (values: float seq) = values |> Seq.map BitConverter.DoubleToInt64Bits |> Array.ofSeq
let private bits32 (values: float32 seq) = values |> Seq.map BitConverter.SingleToInt32Bits |> Array.ofSeq

let private same (a: Training) (b: Training) =
    Expect.equal a.Iteration b.Iteration "iterations"
    Expect.equal (bits32 a.Parameters) (bits32 b.Parameters) "the rule"
    Expect.equal (bits32 a.Best) (bits32 b.Best) "the best rule"
    Expect.equal (bits32 a.Average) (bits32 b.Average) "the mean"
    Expect.equal (bits [ a.BestLoss ]) (bits [ b.BestLoss ]) "its loss"
    Expect.equal (bits a.Moments.First, bits a.Moments.Second) (bits b.Moments.First, bits b.Moments.Second) "moments"
    Expect.equal a.Moments.Steps b.Moments.Steps "the optimiser's steps"

    Expect.equal
        (a.Pool.States.ToArray() |> Array.map (fun s -> bits32 (s.ToArray())))
        (b.Pool.States.ToArray() |> Array.map (fun s -> bits32 (s.ToArray())))
        "the pool"

    Expect.equal (bits (a.Pool.Losses.ToArray())) (bits (b.Pool.Losses.ToArray())) "its losses"

    Expect.equal (bits a.Losses) (bits b.Losses) "the losses"
    Expect.sequenceEqual a.ValidationLosses b.ValidationLosses "the validations"

let private bytesOf (task: TrainingTask) (training: Training) =
    use memory = new MemoryStream()
    TrainingFile.Write(memory, automaton, graph, task, training)
    memory.ToArray()

let private read (automaton: Automaton) (graph: Graph) (task: TrainingTask) (bytes: byte[]) =
    use memory = new MemoryStream(bytes)
    TrainingFile.Read(memory, "training.npz", automaton, graph, task)

let private resumes (name: string) (task: TrainingTask) =
    test $"17 iterations, a file and 23 more are 40 iterations, {name}" {
        inFolder (fun folder ->
            let path = Path.Combine(folder, "training.npz")
            let first = advance (task.WithIterations 17) (start task)
            TrainingFile.Write(path, automaton, graph, task, first)
            let again = TrainingFile.Read(path, automaton, graph, task)
            same again first
            same (advance task again) (advance task (start task)))
    }

[<Tests>]
let tests =
    testList
        "Training files"
        [ resumes "from new initial states" task
          resumes "with a pool" pooled

          test "the beginning of a training is a checkpoint, too" {
              let training = start pooled
              same (read automaton graph pooled (bytesOf pooled training)) training
          }

          test "resuming under other settings is refused, naming both" {
              let bytes = bytesOf pooled (start pooled)

              let refused words automaton graph task =
                  refused ("training.npz" :: words) (fun () -> read automaton graph task bytes |> ignore)

              read (automaton.WithRule(Rule.Zero automaton.Rule.Shape)) graph (pooled.WithIterations 400) bytes
              |> ignore

              refused [ "batch 3"; "has 4" ] automaton graph (pooled.WithBatch 4)
              refused [ "seed 9"; "has 10" ] automaton graph (pooled.WithSeed 10UL)
              refused [ "pool 6"; "has 8" ] automaton graph (pooled.WithPool(8, 2))
              refused [ "learning rate 0.005"; "0.001" ] automaton graph (pooled.WithOptimiser(Adam.Of 1e-3))
              refused [ "fire rate 0.5"; "0.25" ] (automaton.WithFireRate 0.25) graph pooled
              refused [ "steps 4 to 9"; "4 to 10" ] (automaton.WithSteps(4, 10)) graph pooled
              refused [ "ring:12"; "ring:13" ] automaton (Graph.Ring 13) pooled
              // Steering leaves every size what it is.
              let steered = { automaton with Perception = Perception.Planar.WithLift(Steering(0, 1, 2, 3)) }
              refused [ "no lift"; "lift steering" ] steered graph pooled

              refused
                  [ "edges" ]
                  automaton
                  (Graph.NearestNeighbours(Array.ofSeq graph.Positions, 2).Named "ring:12")
                  pooled

              refused [ "gate open"; "alive:1:0.5" ] (automaton.WithGate(Gate.Alive(1, 0.5f))) graph pooled
              refused [ "no bound"; "bound 2" ] (automaton.WithBound 2f) graph pooled
              refused [ "edges" ] (automaton.WithSpacing 0.5) graph pooled
              let elsewhere = Array.map (fun x -> x + 1f) target
              refused [ "loss" ] automaton graph { pooled with Loss = MeanSquared(elsewhere, 0) }
              refused [ "loss" ] automaton graph { pooled with Loss = pooled.Loss.At(fun step _ -> step > 2) }
              let wider = Automaton.Of(Perception.Planar, Rule.Zero(RuleShape(4, 12, 7)))
              refused [ "12 -> 6 -> 4"; "12 -> 7 -> 4" ] (wider.WithStart(automaton.Start).WithSteps(4, 9)) graph pooled
          }

          test "a training under a bound goes on under that bound alone" {
              let bounded = automaton.WithBound 2f
              use memory = new MemoryStream()
              TrainingFile.Write(memory, bounded, graph, pooled, start pooled)
              let bytes = memory.ToArray()
              read bounded graph pooled bytes |> ignore
              refused [ "bound 2"; "has 3" ] (fun () -> read (automaton.WithBound 3f) graph pooled bytes |> ignore)
              refused [ "bound 2"; "none" ] (fun () -> read automaton graph pooled bytes |> ignore)
          }

          test "a rule file is no checkpoint" {
              refused [ "rule_numpy.npz"; "'gary-mesh training'"; "'gary-mesh rule'" ] (fun () ->
                  TrainingFile.Read(fixture "rule_numpy.npz", automaton, graph, task) |> ignore)
          }

          test "damaged files are read or refused, never worse" {
              let bytes = bytesOf pooled (advance (pooled.WithIterations 8) (start pooled))
              survives "training.npz" 500 11 bytes (fun bytes -> read automaton graph pooled bytes |> ignore)
          }

          test "the curve has a row for each iteration, with the validations beside" {
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "curve.csv")
                  let training = advance (task.WithIterations 15) (start task)
                  TrainingCurve.Write(path, training)
                  let rows = File.ReadAllLines path
                  Expect.equal rows[0] "iteration,loss,validation_loss" "the header"
                  Expect.hasLength rows 16 "a row each"
                  let cells = rows |> Array.skip 1 |> Array.map _.Split(',')
                  Expect.equal (cells |> Array.map (fun c -> int c[0])) [| 1..15 |] "numbered from 1"

                  Expect.equal
                      (cells |> Array.map (fun c -> float c[1]))
                      (Array.ofSeq training.Losses)
                      "losses to the bit"

                  let validated =
                      cells |> Array.filter (fun c -> c[2] <> "") |> Array.map (fun c -> struct (int c[0], float c[2]))

                  Expect.equal validated (Array.ofSeq training.ValidationLosses) "after 7 and 14")
          } ]
