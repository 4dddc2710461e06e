/// Grafts: their derivatives against the complex step, what an untrained one changes, causality, and the statistics of runs.
module GaryMesh.ChatGraft.Tests.GraftTests

open System
open System.Numerics
open Expecto
open MathNet.Numerics.LinearAlgebra
open GaryMesh
open GaryMesh.ChatGraft
open GaryMesh.ChatLab
open GaryMesh.ChatLab.Grafts
open GaryMesh.ChatLab.Tasks
open GaryMesh.ChatGraft.Tests.Support

let private real (x: float) = Complex(x, 0.0)
let private complex = Array.map (fun (x: float32) -> real (float x))

/// A row at mean 0 and deviation 1.
let private normal (row: Complex[]) =
    let width = real (float row.Length)
    let mean = Array.fold (+) Complex.Zero row / width
    let centred = row |> Array.map (fun x -> x - mean)
    let squares = centred |> Array.fold (fun sum x -> sum + x * x) Complex.Zero
    let scale = Complex.One / Complex.Sqrt(squares / width + real 1e-5)
    centred |> Array.map (fun x -> x * scale)

/// row times the matrix [rows x columns] that begins at `at`.
let private times (parameters: Complex[]) at columns (row: Complex[]) =
    Array.init columns (fun j ->
        row |> Array.mapi (fun i x -> x * parameters[at + i * columns + j]) |> Array.fold (+) Complex.Zero)

let private plus (x: Complex[]) (y: Complex[]) = Array.map2 (fun a b -> a + b) x y

/// The mesh graft over complex numbers: the rollout is the core's reference.
let private complexMesh (graft: MeshGraft) (parameters: Complex[]) (stream: Complex[][]) =
    let shape = graft.Shape
    let cells = stream.Length * shape.Population
    let orders = Array.init shape.Population graft.OrderOf
    let bias = shape.Width * shape.Channels

    let codes =
        Array.init cells (fun cell ->
            let row = normal stream[cell / shape.Population]
            let read = orders[cell % shape.Population] |> Array.map (fun i -> row[i])
            plus (times parameters 0 shape.Channels read) parameters[bias .. bias + shape.Channels - 1])

    let start = Matrix<Complex>.Build.Dense(cells, shape.Channels, fun i j -> codes[i][j])
    let graph = graft.GraphOf stream.Length
    let rollout = Rollout.Of(State.Zeros(cells, shape.Channels), shape.Steps, Firing.All)
    let ruleAt = bias + shape.Channels
    let rule = Array.sub parameters ruleAt shape.Rule.ParameterCount

    let states = Reference.rolloutFrom graft.Automaton graph rule rollout start [||]

    let final = Array.last states

    stream
    |> Array.mapi (fun position row ->
        let sum = Array.copy row

        for p in 0 .. shape.Population - 1 do
            let voice =
                times
                    parameters
                    (ruleAt + rule.Length)
                    shape.Width
                    (final.Row(position * shape.Population + p).ToArray())

            orders[p]
            |> Array.iteri (fun i at -> sum[at] <- sum[at] + voice[i] / real (sqrt (float shape.Population)))

        sum)

let private complexAdapter (graft: AdapterGraft) (parameters: Complex[]) (stream: Complex[][]) =
    let width, units = graft.Width, graft.Units
    let bias = 2 * width * units

    stream
    |> Array.map (fun row ->
        let inner = times parameters 0 units (normal row)

        let inner =
            if graft.Relu then
                plus inner parameters[bias .. bias + units - 1]
                |> Array.map (fun x -> if x.Real > 0.0 then x else Complex.Zero)
            else
                inner

        let out = plus row (times parameters (width * units) width inner)
        if graft.Relu then out else plus out parameters[bias .. bias + width - 1])

let private complexTwoTap (graft: AdapterGraft) (parameters: Complex[]) (stream: Complex[][]) =
    let width, units = graft.Width, graft.Units
    let rows = stream |> Array.map normal

    stream
    |> Array.mapi (fun position row ->
        let before = if position = 0 then Array.create width Complex.Zero else rows[position - 1]
        let inner = times parameters 0 units (Array.append rows[position] before)
        plus row (plus (times parameters (2 * width * units) width inner) parameters[3 * width * units ..]))

let private complexGru (graft: GruGraft) (parameters: Complex[]) (stream: Complex[][]) =
    let width, units = graft.Width, graft.Units
    let bias = 3 * width * units
    let across = bias + 3 * units
    let readout = across + 3 * units * units
    let sigmoid x = Complex.One / (Complex.One + Complex.Exp(-x))

    let next (before: Complex[]) (row: Complex[]) =
        let gates = plus (times parameters 0 (3 * units) (normal row)) parameters[bias .. across - 1]
        let recalled = times parameters across (3 * units) before

        Array.init units (fun i ->
            let keep = sigmoid (gates[i] + recalled[i])
            let recall = sigmoid (gates[units + i] + recalled[units + i])
            let fresh = Complex.Tanh(gates[2 * units + i] + recall * recalled[2 * units + i])
            (Complex.One - keep) * fresh + keep * before[i])

    stream
    |> Array.scan next (Array.create units Complex.Zero)
    |> Array.tail
    |> Array.map2 (fun row state -> plus row (times parameters readout width state)) stream

/// The carried mesh over complex numbers, cell by cell.
let private complexCarried (graft: CarriedMeshGraft) (parameters: Complex[]) (stream: Complex[][]) =
    let width, channels, read, cells = graft.Width, graft.Channels, graft.Read, graft.Population
    let gates = 3 * channels
    let coded = (2 * width + 1) * read
    let plain = coded + read * gates
    let across = plain + read * gates
    let bias = across + 2 * channels * gates
    let readout = bias + gates
    let sigmoid x = Complex.One / (Complex.One + Complex.Exp(-x))
    let rows = stream |> Array.map normal

    let encoded position =
        let before = if position = 0 then Array.create width Complex.Zero else rows[position - 1]
        plus (times parameters 0 read (Array.append rows[position] before)) parameters[2 * width * read .. coded - 1]

    let next (before: Complex[][], _) position =
        let seen = encoded position

        Array.init cells (fun cell ->
            let signed = seen |> Array.mapi (fun i x -> real (float (CarriedMeshGraft.Sign(cell, i))) * x)
            let own, beside = before[cell], before[(cell + 1) % cells]

            let all =
                [ times parameters coded gates signed
                  times parameters plain gates seen
                  times parameters across gates (Array.append own beside)
                  parameters[bias .. readout - 1] ]
                |> List.reduce plus

            Array.init channels (fun i ->
                let keep, fresh = sigmoid all[i], Complex.Tanh all[channels + i]
                let state = keep * own[i] + (Complex.One - keep) * fresh
                state, sigmoid all[2 * channels + i] * state)
            |> Array.unzip)
        |> Array.unzip

    let nothing = Array.init cells (fun _ -> Array.create channels Complex.Zero)

    Array.scan next (nothing, nothing) [| 0 .. stream.Length - 1 |]
    |> Array.tail
    |> Array.map2
        (fun row (_, said) ->
            let voice = Array.reduce plus said |> Array.map (fun x -> x / real (sqrt (float cells)))
            plus row (times parameters readout width voice))
        stream

/// Every parameter a number that matters.
let private stirred (graft: IGraft) =
    for i in 0 .. graft.Parameters.Length - 1 do
        graft.Parameters[i] <- graft.Parameters[i] + float32 (0.2 * Counter.normal 9UL (int64 i))

    graft

let private meshShape population =
    MeshGraftShape(
        Width = tinyShape.Width,
        Population = population,
        Distances = System.Collections.Immutable.ImmutableArray.Create(1, 2, 4),
        Channels = 3,
        Hidden = 5,
        Steps = 3
    )

let private kinds: (string * IGraft * (Complex[] -> Complex[][] -> Complex[][])) list =
    [ for population in [ 1; 3 ] do
          let graft = MeshGraft(meshShape population, 3UL)
          $"a mesh with {population} cells a position", stirred graft, complexMesh graft

      for relu in [ true; false ] do
          let graft = AdapterGraft(tinyShape.Width, 4, relu, 4UL)
          (if relu then "an adapter" else "a map of low rank"), stirred graft, complexAdapter graft

      let twoTap = AdapterGraft(tinyShape.Width, 4, false, 5UL, taps = 2)
      "a map of two positions", stirred twoTap, complexTwoTap twoTap

      for cells in [ 1; 3 ] do
          let carried = CarriedMeshGraft(tinyShape.Width, cells, 3, 4, 7UL)
          $"a carried mesh of {cells} cells", stirred carried, complexCarried carried

      let gru = GruGraft(tinyShape.Width, 5, 6UL)
      "a recurrent unit", stirred gru, complexGru gru ]

let private streamOf rows seed = Array.init (rows * tinyShape.Width) (fun i -> float32 (Counter.normal seed (int64 i)))

[<Tests>]
let tests =
    testList
        "Graft"
        [ for name, graft, over in kinds do
              for after in [ 1; 2 ] do
                  test $"{name} after block {after}: all derivatives are those of the complex step" {
                      let cortex = cortexOf tinyShape 15UL
                      let tokens = tokensOf tinyShape 17UL 7
                      let targets = tokens |> Array.mapi (fun i token -> if i % 3 = 1 then -1 else (token + i) % 5)
                      use packed = new PackedCortex(cortex, true)
                      use pass = new CortexPass(packed, 1, 7, Grafting(graft, after))
                      let cortexSums = Array.zeroCreate tinyShape.ParameterCount
                      let graftSums = Array.zeroCreate graft.Parameters.Length
                      pass.Forward(tokens, 7)
                      pass.Backward(targets, 1.0f, cortexSums, graftSums) |> ignore
                      let loss cortex graft = ComplexCortex.loss tinyShape cortex (over graft) after tokens targets

                      let ofCortex =
                          ComplexCortex.gradient (fun p -> loss p (complex graft.Parameters)) cortex.Parameters

                      let ofGraft = ComplexCortex.gradient (loss (complex cortex.Parameters)) graft.Parameters
                      Expect.isLessThan (relative ofCortex cortexSums) 1e-6 "the cortex"
                      Expect.isLessThan (relative ofGraft graftSums) 1e-6 "the graft"
                  }

              test $"{name}: no position feels a later one, and going on is beginning" {
                  let width = tinyShape.Width
                  use pass = graft.CreatePass(1, 7)
                  let whole = streamOf 7 1UL
                  pass.Forward(whole, 1, 7)
                  let changed = streamOf 7 1UL
                  changed[5 * width] <- changed[5 * width] + 1.0f
                  pass.Forward(changed, 1, 7)
                  Expect.sequenceEqual changed[.. 5 * width - 1] whole[.. 5 * width - 1] "the positions before"
                  Expect.notEqual changed[5 * width ..] whole[5 * width ..] "the positions from it on"
                  let parts = [| 0, 3; 3, 1; 4, 3 |]

                  let piecewise =
                      parts
                      |> Array.collect (fun (first, count) ->
                          let part = (streamOf 7 1UL)[first * width .. (first + count) * width - 1]
                          pass.Continue(part, first, count)
                          part)

                  Expect.sequenceEqual piecewise whole "bit for bit"
              }

          test "an untrained graft changes nothing, bit for bit" {
              for arm in [ "mesh"; "mlp"; "low-rank" ] do
                  let graft = GraftPlan(arm, 1, meshShape 2).Create 5UL |> nonNull
                  use pass = graft.CreatePass(2, 7)
                  let stream = streamOf 14 2UL
                  pass.Forward(stream, 2, 7)
                  Expect.sequenceEqual stream (streamOf 14 2UL) arm
          }

          test "a graft comes back from its file with every bit, its place and its sizes" {
              let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid():N}.npz")

              try
                  let graft = MeshGraft(meshShape 3, 6UL)
                  stirred graft |> ignore
                  GraftFile.Write(path, graft, 1, "made by a test")
                  let back = GraftFile.Read path
                  Expect.equal back.After 1 "the place"
                  Expect.sequenceEqual back.Graft.Parameters graft.Parameters "the parameters"
                  use one = (graft :> IGraft).CreatePass(1, 7)
                  use other = back.Graft.CreatePass(1, 7)
                  let here, there = streamOf 7 3UL, streamOf 7 3UL
                  one.Forward(here, 1, 7)
                  other.Forward(there, 1, 7)
                  Expect.sequenceEqual there here "what it adds"
                  PlasticMemoryFile.Write(path, PlasticMemory(2, Array.zeroCreate 11, 2), "no graft")
                  let read () = GraftFile.Read path |> ignore
                  Expect.throwsT<IO.InvalidDataException> read "a file of another kind"
              finally
                  IO.File.Delete path
          }

          test "the graft that ships fits the cortex that ships and changes what it says" {
              let grafting, shipped = GraftFile.Shipped(), ShippedModel.Read()
              use packed = new PackedCortex(shipped.Cortex)
              let tokens = shipped.Tokenizer.Encode "\nU: Hello! How are you?\nG: I am well, thank you."
              let score grafting = Scoring.Losses(packed, tokens, shipped.Tokenizer.LineBreak, 64, 1, grafting)
              let bare, grafted = score null, score grafting
              Expect.notEqual grafted bare "it was trained"
              Expect.isLessThan (abs (Seq.average grafted - Seq.average bare)) 0.1 "and gently"
          }

          test "the three arms have as many parameters, whatever the population" {
              let count arm population =
                  (nonNull (GraftPlan(arm, 4, MeshGraftShape(Population = population)).Create 1UL)).Parameters.Length

              Expect.equal (count "mesh" 16) (count "mesh" 2) "sixteen cells a position"

              for population in [ 1; 2 ] do
                  for control in [ "mlp"; "low-rank" ] do
                      let mesh = count "mesh" population
                      Expect.isLessThan (abs (float (count control population) / float mesh - 1.0)) 0.01 control
          }

          test "a run comes back from its line of JSON, and plans of the same sizes are the same plan" {
              let run =
                  GraftRun(
                      GraftPlan("mesh", 2, meshShape 3),
                      CortexTraining.Along,
                      7UL,
                      0.003,
                      10,
                      16,
                      99,
                      1.5,
                      1000.0,
                      Model = "fifth",
                      Nats = [| 1.5; 2.25 |],
                      Tokens = [| 1; 2 |]
                  )

              let line = JsonLines.Line run
              let back = JsonLines.Parse<GraftRun>(line, "results")
              Expect.equal (JsonLines.Line back) line "the run"
              Expect.equal back.Plan run.Plan "its plan"
              Expect.equal (back.Nats, back.Tokens) (run.Nats, run.Tokens) "its dialogues"
              Expect.notEqual back.Plan (GraftPlan("mesh", 2, meshShape 2)) "another population"
              let read () = JsonLines.Parse<GraftRun>("{}}", "results") |> ignore
              Expect.throwsT<IO.InvalidDataException> read "no JSON"
          }

          test "the signed-rank test is exact and Holm's correction keeps the order" {
              let all = [| for i in 1..8 -> -float i |]
              Expect.floatClose Accuracy.high (PairedTest.SignedRank all) (2.0 / 256.0) "all of one sign"
              Expect.floatClose Accuracy.high (PairedTest.SignedRank [| 1.0; -1.0 |]) 1.0 "as many up as down"
              Expect.equal (PairedTest.Holm [| 0.01; 0.04; 0.03 |]) [| 0.03; 0.06; 0.06 |] "Holm"
          }

          test "an interval over dialogues is that of their differences, and mirrored where the arms are exchanged" {
              let run (nats: float seq) =
                  GraftRun(
                      GraftPlan("mesh", 1, MeshGraftShape()),
                      CortexTraining.Frozen,
                      1UL,
                      0.01,
                      1,
                      2,
                      0,
                      0.0,
                      0.0,
                      Nats = Array.ofSeq nats,
                      Tokens = Array.create (Seq.length nats) 10
                  )

              let one, even = run [ 20.0; 30.0; 40.0 ], run [ 21.0; 31.0; 41.0 ]
              let struct (low, high) = DialogueBootstrap.Interval([| one |], [| even |])
              Expect.floatClose Accuracy.high low -0.1 "every dialogue the same"
              Expect.floatClose Accuracy.high high -0.1 "every dialogue the same"

              let many = run (Seq.replicate 50 20.0)
              let noisy = run [ for i in 1..50 -> 20.0 + float (i % 5 - 2) ]
              let struct (low, high) = DialogueBootstrap.Interval([| many |], [| noisy |])
              let struct (below, above) = DialogueBootstrap.Interval([| noisy |], [| many |])
              Expect.isTrue (low < 0.0 && high > 0.0) "no difference on the whole"
              // The standard error of a mean of fifty.
              let error = 1.96 * sqrt 2.0 / 10.0 / sqrt 50.0
              Expect.isTrue (abs (high - error) < error / 5.0) $"{high} is about {error}"
              Expect.floatClose Accuracy.high below -high "mirrored"
              Expect.floatClose Accuracy.high above -low "mirrored"

              Expect.throwsT<ArgumentException>
                  (fun () -> DialogueBootstrap.Interval([| one |], [| many |]) |> ignore)
                  "other groups"
          } ]
