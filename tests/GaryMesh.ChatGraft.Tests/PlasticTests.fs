/// The plastic memory's numbers.
module GaryMesh.ChatGraft.Tests.PlasticTests

open System
open System.IO
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.ChatGraft
open GaryMesh.ChatLab.Facts

let private width, keyWidth, count = 6, 4, 19

let private example (seed: uint64) =
    let key = Counter.key seed [ 5 ]

    PlasticExample<float>(
        Array.init (count * width) (fun i -> Counter.normal key (int64 i)),
        Array.init count (fun i -> Counter.below 5 key (int64 (1000 + i))),
        Array.init count (fun i -> log (0.02 + 0.9 * Counter.uniform key (int64 (2000 + i)))),
        Array.init count (fun i -> if i % 4 = 3 then 0.0 else Counter.uniform key (int64 (3000 + i)))
    )

let private parameters seed =
    Array.init (PlasticMemory.Count(width, keyWidth)) (fun i -> 0.5 * Counter.normal (Counter.key seed [ 6 ]) (int64 i))

let private loss (parameters: float[]) example =
    let struct (loss, _) =
        PlasticAdjoint<float>.Run(ReadOnlySpan parameters, keyWidth, example, Span<float>.Empty)

    loss

[<Tests>]
let tests =
    testList
        "plastic memory"
        [ test "6,147 parameters over the cortex that ships" {
              Expect.equal (PlasticMemory.Count 96) 6_147 "2 x 96 x 32 + 3"
          }

          test "a training that was stopped anywhere goes on to the same bits" {
              let single seed =
                  let given: PlasticExample<float> = example seed
                  let floats = Array.map float32

                  PlasticExample<float32>(
                      floats given.Hidden,
                      given.Followers,
                      floats given.LogProbabilities,
                      floats given.Weights
                  )

              let memory = PlasticMemory(width, Array.map float32 (parameters 1UL), keyWidth)

              let training () =
                  let learnt, heldOut = Array.map single [| 1UL .. 9UL |], Array.map single [| 20UL .. 23UL |]
                  PlasticTraining(memory, learnt, heldOut, 60, 0.03, 4UL)

              let whole = training ()
              let run (plastic: PlasticTraining) from = plastic.Loop.Run(from, CancellationToken.None, ignore)
              let struct (expected, _) = run whole (whole.Begin())

              Expect.isLessThan
                  expected.BestLoss
                  (PlasticTraining.Loss(memory, Array.map single [| 20UL .. 23UL |]))
                  "learns"

              let file = Path.GetTempFileName()

              try
                  for stop in [ 0; 7; 50; 59 ] do
                      let first, rest = training (), training ()

                      let stopped =
                          Seq.fold (fun state _ -> nonNull (first.Loop.Advance state)) (first.Begin()) [ 1..stop ]

                      TrainingFile.Write(file, first.Description, stopped)

                      let struct (resumed, _) =
                          run rest (TrainingFile.Read(file, rest.Description, rest.Begin().Parameters.Length))

                      Expect.sequenceEqual resumed.Parameters expected.Parameters $"parameters, stopped at {stop}"
                      Expect.sequenceEqual resumed.ValidationLosses expected.ValidationLosses "validations"
              finally
                  File.Delete file
          }

          test "the gradient agrees with central differences to 1e-6" {
              for seed in 1UL .. 3UL do
                  let example, at = example seed, parameters seed
                  let gradient = Array.zeroCreate at.Length
                  PlasticAdjoint<float>.Run(ReadOnlySpan at, keyWidth, example, Span gradient) |> ignore
                  let scale = gradient |> Array.map abs |> Array.max

                  for i in 0 .. at.Length - 1 do
                      let shifted by = loss (Array.mapi (fun j x -> if j = i then x + by else x) at) example
                      let step = 1e-5
                      let difference = (shifted step - shifted -step) / (2.0 * step)
                      let error = abs (gradient[i] - difference) / (scale + abs difference)
                      Expect.isLessThan error 1e-6 $"parameter {i} of seed {seed}"
          }

          test "the mixture is a distribution, and the one that the loss is of" {
              let vocabulary = 11
              let memory = PlasticMemory.Random(width, 3UL, keyWidth)
              let reader = PlasticReader memory
              let key = Counter.key 4UL [ 7 ]
              let hidden = Array.init (count * width) (fun i -> float32 (Counter.normal key (int64 i)))
              let logits = Array.init (count * vocabulary) (fun i -> float32 (Counter.normal key (int64 (5000 + i))))
              let tokens = Array.init count (fun i -> Counter.below vocabulary key (int64 (9000 + i)))
              let row t = logits[t * vocabulary .. (t + 1) * vocabulary - 1]
              let alone = Array.init count (fun t -> Conversation.LogProbability(ReadOnlySpan(row t), tokens[t]))
              let mutable summed = 0.0

              for t in 0 .. count - 1 do
                  reader.Show(ReadOnlySpan(hidden, t * width, width))
                  let mixed = row t
                  reader.Mix(Span mixed)
                  // Without anything read the logits are left as they are.
                  if t > 0 then
                      Expect.floatClose Accuracy.medium (mixed |> Array.sumBy (float >> exp)) 1.0 "sums to one"

                  summed <- summed - (if t = 0 then float alone[0] else float mixed[tokens[t]])
                  reader.Follow(tokens[t], alone[t])

              let example = PlasticExample<float32>(hidden, tokens, alone, Array.create count 1.0f)

              let struct (loss, weight) =
                  PlasticAdjoint<float32>.Run(ReadOnlySpan memory.Parameters, keyWidth, example, Span<float32>.Empty)

              Expect.equal weight (float32 count) "every position counts"
              Expect.floatClose Accuracy.low summed (float loss) "the same losses"
          }

          test "a hidden state of another width is refused" {
              let reader = PlasticReader(PlasticMemory.Random(width, 1UL, keyWidth))
              Expect.throwsT<ArgumentException> (fun () -> reader.Show(ReadOnlySpan [| 1.0f |])) "width"
          } ]
