/// A run over several parts and silos has the bits of one machine, whatever happens to its messages and silos.
module GaryMesh.Cluster.Tests.ClusterTests

open System
open System.Collections.Concurrent
open System.Diagnostics
open System.Diagnostics.Metrics
open System.Threading
open System.Threading.Tasks
open Expecto
open GaryMesh
open GaryMesh.Cluster
open GaryMesh.Cluster.Tests.Bits
open GaryMesh.Cluster.Tests.Faults

let private same (expected: State) (result: ClusterResult) (what: string) =
    Expect.isTrue (expected.Values.SequenceEqual result.Final.Values) $"the bits of {what}"

/// A small pattern's training, its task and what silos must know of it.
let private growth () =
    let graph = Graph.Grid(9, 9)

    let target = GrowingRecipe.Picture(graph, 3, 3, Array.init 36 (fun i -> float32 (i % 4) / 4f + 0.25f))

    let automaton = (GrowingRecipe.Automaton(graph, 8, 12, 5UL)).WithSteps(10, 14)

    let settings =
        GrowingSettings.Of(GrowingRegime.Regenerate, 12, 3UL).WithBatch(5, 1).WithPool(16).WithOverflow(0.1)

    let task = GrowingRecipe.Task(target, 8, settings).WithValidation(6, 2, [| 1 |])
    graph, automaton, task, TrainSpec.Of(automaton, graph, [| target |], 0.1)

/// The bytes of the rule file that a training comes to.
let private trained (automaton: Automaton) (graph: Graph) (task: TrainingTask) =
    use trainer = new Trainer(automaton, graph, task)
    let struct (training, ended) = trainer.Run(trainer.Begin(), null, CancellationToken.None, 0, ignore)
    Expect.equal ended TrainingEnd.Finished "its end"
    bytesOf (automaton.WithRule(trainer.Best training))

[<Tests>]
let training =
    testSequenced
    <| testList
        "training over a cluster"
        [ for silos, shares in [ 1, 1; 2, 2; 4, 4; 2, 7 ] do
              test $"{shares} shares over {silos} silos have the rule file of one machine" {
                  let cluster = cluster silos

                  try
                      let graph, automaton, task, spec = growth ()
                      use gradients = new ClusterGradients(cluster.GrainFactory, spec, shares)

                      Expect.equal
                          (trained automaton graph (task.WithGradients gradients))
                          (trained automaton graph task)
                          "the bytes"

                      Expect.equal gradients.Again 0 "shares computed again"
                  finally
                      cluster.StopAllSilos()
                      cluster.Dispose()
              }

          test "the share of a silo that is killed is computed again, and messages may be lost" {
              let cluster = cluster 3
              share <- 0.05

              try
                  let graph, automaton, task, spec = growth ()
                  use gradients = new ClusterGradients(cluster.GrainFactory, spec, 3)
                  let mutable batches = 0

                  let killing =
                      { new IBatchGradients with
                          member _.Gradient batch =
                              batches <- batches + 1

                              if batches = 4 then
                                  cluster.KillSiloAsync(cluster.Silos[2]).GetAwaiter().GetResult()

                              (gradients :> IBatchGradients).Gradient batch }

                  Expect.equal
                      (trained automaton graph (task.WithGradients killing))
                      (trained automaton graph task)
                      "the bytes"
              finally
                  share <- 0.0
                  cluster.StopAllSilos()
                  cluster.Dispose()
          }

          test "losses of a rollout's own and silos of another version are refused" {
              let cluster = cluster 1

              try
                  let graph, automaton, task, spec = growth ()

                  let other =
                      TrainSpec(
                          Rule = spec.Rule,
                          Graph = spec.Graph,
                          Targets = spec.Targets,
                          Overflow = 0.1,
                          Version = "0"
                      )

                  use gradients = new ClusterGradients(cluster.GrainFactory, other, 2)
                  let run () = trained automaton graph (task.WithGradients gradients) |> ignore
                  let fault = Expect.throwsT<ArgumentException> run "another version"
                  ignore fault
              finally
                  cluster.StopAllSilos()
                  cluster.Dispose()
          } ]

[<Tests>]
let tests =
    testSequenced
    <| testList
        "a cluster"
        [ for silos in [ 1; 2; 4; 7 ] do
              test $"six kinds of graph over {silos} silos have the bits of one machine" {
                  for row in rows { Matrix.Whole with Silos = [ silos ]; Halos = [ 1; 3; 8 ]; Steps = 60 } do
                      Expect.equal row.Same row.Runs row.Graph
              }

          test "repeated, late, overtaken and lost messages change nothing" {
              met <- 0

              for row in rows { Matrix.Faulty with Silos = [ 2 ]; Halos = [ 4; 8 ]; Steps = 40 } do
                  Expect.equal row.Same row.Runs row.Graph

              Expect.isGreaterThan met 100 "messages met"
          }

          test "the meter, the traces and a silo's line tell what the parts say" {
              let cluster = cluster 2
              let sums = ConcurrentDictionary<string, float>()
              let add name value = sums.AddOrUpdate(name, value, fun _ before -> before + value) |> ignore
              let spans = ConcurrentBag<string>()

              use meter =
                  new MeterListener(
                      InstrumentPublished =
                          fun instrument listener ->
                              if instrument.Meter.Name = "GaryMesh.Cluster" then
                                  listener.EnableMeasurementEvents instrument
                  )

              meter.SetMeasurementEventCallback<float>(fun instrument value _ _ ->
                  add instrument.Name value
                  add (instrument.Name + " count") 1.0)

              meter.SetMeasurementEventCallback<int64>(fun instrument value _ _ -> add instrument.Name (float value))
              meter.Start()

              use traces =
                  new ActivityListener(
                      ShouldListenTo = (fun source -> source.Name = "GaryMesh.Cluster"),
                      Sample = (fun _ -> ActivitySamplingResult.AllData),
                      ActivityStopped = fun span -> spans.Add span.OperationName
                  )

              ActivitySource.AddActivityListener traces
              use figures = new SiloFigures()

              try
                  let result = complete cluster "told" (spec open' "torus:24x20" 3 2 40) null
                  let said = result.Last.Parts |> Seq.map (fun part -> (nonNull part).Figures) |> Seq.toArray
                  let figure name = sums["garymesh.cluster." + name]
                  // Parts say that they are done before their last epoch is told.
                  Thread.Sleep 200
                  Expect.equal (figure "epoch count") 60.0 "epochs: 20 of 3 parts"
                  Expect.equal (figure "checkpoint count") 9.0 "checkpoints: every 5 epochs but the last"
                  Expect.equal (figure "cell_steps") (480.0 * 40.0) "cell-steps"
                  Expect.equal (figure "messages") (said |> Array.sumBy _.Messages |> float) "messages"
                  Expect.equal (figure "bytes") (said |> Array.sumBy _.Bytes |> float) "bytes"
                  Expect.equal (figure "parts") 0.0 "parts that are held after the run"
                  Expect.isLessThanOrEqual (figure "wait" + figure "checkpoint") (figure "epoch") "seconds"

                  Expect.equal
                      (spans |> Seq.countBy id |> Seq.sort |> Seq.toList)
                      [ "checkpoint", 9; "epoch", 60 ]
                      "spans"

                  let line = figures.Line()

                  for word in [ "0 parts"; "million cell-steps/s"; "waiting"; "checkpoints"; "messages/s"; "MB/s" ] do
                      Expect.stringContains line word "the line"

                  Expect.equal (figures.Line()) "idle" "the line after nothing"
              finally
                  cluster.StopAllSilos()
                  cluster.Dispose()
          }

          test "a torus costs its states, its boundaries and one part's tables, however many parts there are" {
              let cluster = cluster 1

              try
                  // 32 parts of 2 forms: rows of 128 cells, 16 a part, of 6 channels.
                  let spec = spec open' "torus:512x128" 32 2 6
                  let result = complete cluster "memory" spec null
                  let memory = result.Last.Parts |> Seq.map (fun part -> (nonNull part).Memory) |> Seq.toArray
                  let own = float (memory |> Array.sumBy _.Own) / float (512 * 128)
                  // Ghosts are 4 of 16 rows; boundaries are kept twice; indices of both are 16 bytes a ghost.
                  let ghosts = 4.0 / 16.0

                  Expect.floatClose
                      Accuracy.high
                      own
                      (24.0 * (1.0 + ghosts) + ghosts * (2.0 * 24.0 + 16.0))
                      "own bytes a cell"

                  let shared = float (memory |> Array.map _.Shared |> Array.max)
                  Expect.isLessThan (shared / 2.0 / float (20 * 128)) 700.0 "bytes a cell of a form"
              finally
                  cluster.StopAllSilos()
                  cluster.Dispose()
          }

          for every, spaced in [ 5, false; 1, true ] do
              test
                  $"a silo that is killed costs no bit, checkpoints every {every} epochs, spaced by their cost: {spaced}" {
                  let cluster = cluster 3

                  try
                      let spec =
                          RunSpec(
                              Rule = bytesOf open',
                              Graph = "torus:30x30",
                              Start = "noise:1",
                              Steps = 400,
                              Seed = 7UL,
                              Parts = 6,
                              Halo = 1,
                              CheckpointEvery = every,
                              Spaced = spaced
                          )

                      let mutable killed = false

                      let kill =
                          { new IProgress<ClusterProgress> with
                              member _.Report now =
                                  if not killed && now.Steps > 50 then
                                      killed <- true
                                      cluster.KillSiloAsync(cluster.Silos[2]).GetAwaiter().GetResult() }

                      let result = complete cluster "killed" spec kill
                      Expect.isTrue killed "a silo was killed"
                      same (alone spec) result "a run that lost a silo"
                  finally
                      cluster.StopAllSilos()
                      cluster.Dispose()
              }

          test "however far parts are ahead of each other, all have a checkpoint in common" {
              let cluster = cluster 3

              try
                  // Sixteen parts in a ring, a checkpoint each epoch, and one part that is held up by its lost messages.
                  let spec = keeping 1 open' "ring:4000" 16 1 120

                  let mutable killed = false

                  let kill =
                      { new IProgress<ClusterProgress> with
                          member _.Report now =
                              if not killed && now.Steps > 30 then
                                  killed <- true
                                  cluster.KillSiloAsync(cluster.Silos[1]).GetAwaiter().GetResult() }

                  share <- 0.01
                  let result = complete cluster "apart" spec kill
                  same (alone spec) result "a run that lost a silo"
                  Expect.isNonEmpty result.Last.Losses "a loss was noticed"

                  for loss in result.Last.Losses do
                      Expect.isLessThanOrEqual loss.Epochs 1 "epochs done again"
              finally
                  share <- 0.0
                  cluster.StopAllSilos()
                  cluster.Dispose()
          }

          test "who goes on with a run whose parts still work begins where they are" {
              let cluster = cluster 2

              let spec = keeping 1 open' "ring:400" 4 1 400

              use away = new ManualResetEventSlim()
              use gone = new CancellationTokenSource()
              let mutable reached = 0

              // A client that looks away once the run is on its way, and the answers of one part held up meanwhile.
              let looks =
                  { new IProgress<ClusterProgress> with
                      member _.Report now =
                          if now.Steps > 50 then
                              Volatile.Write(&reached, now.Steps)
                              away.Wait() }

              let first =
                  Task.Run(fun () ->
                      ClusterRun(cluster.GrainFactory, "away").Complete(spec, looks, true, gone.Token).Wait())

              held <-
                  fun name grain ->
                      if (name = "Halt" || name = "Checkpoints") && (string grain).Contains "away/0" then
                          500
                      else
                          0

              try
                  SpinWait.SpinUntil((fun () -> Volatile.Read &reached > 0), 60_000) |> Expect.isTrue <| "on its way"

                  let mutable began = -1

                  let hears =
                      { new IProgress<ClusterProgress> with
                          member _.Report now =
                              if began < 0 && now.Parts |> Seq.forall (fun part -> part <> null) then
                                  began <- now.Steps }

                  let result =
                      ClusterRun(cluster.GrainFactory, "away")
                          .Complete(null, hears, true, CancellationToken.None)
                          .Result

                  same (alone spec) result "a run that another client went on with"
                  Expect.isGreaterThanOrEqual began (reached - 1) "steps that were done"
              finally
                  held <- fun _ _ -> 0
                  gone.Cancel()
                  away.Set()
                  Expect.throws first.Wait "the first client was told to stop"
                  cluster.StopAllSilos()
                  cluster.Dispose()
          }

          test "what cannot run is refused in a sentence" {
              let cluster = cluster 1

              let refused name (spec: RunSpec | null) =
                  let ran () = complete cluster name spec null |> ignore
                  let fault = Expect.throwsT<ArgumentException> ran "refused"
                  ignore fault

              try
                  refused "narrow" (spec living "grid:9x9" 2 1 5)
                  refused "many" (spec open' "ring:3" 4 1 5)

                  refused
                      "version"
                      (RunSpec(
                          Rule = bytesOf open',
                          Graph = "ring:9",
                          Steps = 3,
                          Seed = 1UL,
                          Parts = 2,
                          Halo = 1,
                          CheckpointEvery = 0,
                          Version = "0"
                      ))

                  refused "unknown" null
                  refused "checkpoint" (spec open' "torus:5000x5000" 1 1 1)
                  refused "large" (spec open' "torus:40000x50000" 1 1 1)
                  refused "larger" (spec open' "torus:40000x50000" 8 1 1)
                  let first, other = spec open' "ring:30" 2 1 8, spec open' "ring:30" 2 1 9

                  let keep (spec: RunSpec | null) =
                      ClusterRun(cluster.GrainFactory, "kept")
                          .Complete(spec, null, true, CancellationToken.None)
                          .GetAwaiter()
                          .GetResult()

                  same (alone first) (keep first) "a run that is kept"
                  refused "kept" other
                  same (alone first) (keep null) "the run that is gone on with"
              finally
                  cluster.StopAllSilos()
                  cluster.Dispose()
          } ]
