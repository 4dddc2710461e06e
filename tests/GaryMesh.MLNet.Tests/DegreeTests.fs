/// A node's number of neighbours and the scale of its features do not decide how well it is classified.
module GaryMesh.MLNet.Tests.DegreeTests

open System
open Expecto
open GaryMesh
open GaryMesh.MLNet
open GaryMesh.MLNet.Nodes
open GaryMesh.MLNet.Tests.Support
open Microsoft.ML
open Microsoft.ML.Data

[<CLIMutable>]
type Person =
    { Id: string
      [<VectorType(4)>]
      Features: float32[]
      Camp: string
      Split: string }

[<CLIMutable>]
type Bond = { Source: string; Target: string }

/// Half of the people are in each camp. What each says tells the camp with a noise of `noise`; how many friends they have does not depend on it,
/// but nine of ten friends are of the same camp.
let private loyalty = 0.9

let private people (seed: uint64) (count: int) noise =
    let key part index = Counter.key seed [ part; index ]
    let camp index = index % 2
    let sign index = if camp index = 0 then 1.0 else -1.0

    let persons =
        [| for index in 0 .. count - 1 ->
               { Id = $"p{index:D4}"
                 Features =
                   [| for slot in 0..3 -> float32 (sign index + noise * Counter.normal (key 1 index) (int64 slot)) |]
                 Camp = [| "one"; "two" |][camp index]
                 Split =
                   (if index % 10 < 2 then "train"
                    elif index % 10 = 2 then "valid"
                    else "test") } |]

    // A third have no wish for friends, a third have few, and a third many.
    let wishes = [| for index in 0 .. count - 1 -> [| 0; 1; 5 |][Counter.below 3 (key 2 index) 0L] |]
    let sociable = [| for index in 0 .. count - 1 -> Array.create wishes[index] index |] |> Array.concat
    let members side = sociable |> Array.filter (fun index -> camp index = side)
    let camps = [| members 0; members 1 |]

    let pairs =
        [| for n in 0 .. sociable.Length / 2 - 1 do
               let one = sociable[Counter.below sociable.Length (key 3 n) 0L]
               let same = Counter.uniform (key 3 n) 1L < loyalty
               let others = camps[if same then camp one else 1 - camp one]
               let other = others[Counter.below others.Length (key 3 n) 2L]

               if one <> other then
                   one, other |]
        |> Array.distinctBy (fun (one, other) -> min one other, max one other)

    persons, pairs

let private bonds pairs = [| for one, other in pairs -> { Source = $"p{one:D4}"; Target = $"p{other:D4}" } |]

/// The log-odds of the first camp by all that is known, as the generator has it: sums over the tree around each person, to its depth of ten.
let private bayes noise (persons: Person[]) (pairs: (int * int)[]) =
    let own = [| for person in persons -> 2.0 * float (Array.sum person.Features) / (noise * noise) |]
    let edges = Array.append pairs (Array.map (fun (one, other) -> other, one) pairs)
    let count = pairs.Length
    let mutable messages = Array.zeroCreate edges.Length

    let totals () =
        let sums = Array.copy own
        edges |> Array.iteri (fun edge (_, target) -> sums[target] <- sums[target] + messages[edge])
        sums

    for _ in 1..10 do
        let sums = totals ()

        messages <-
            edges
            |> Array.mapi (fun edge (source, _) ->
                let reverse = messages[(edge + count) % edges.Length]
                2.0 * Math.Atanh((2.0 * loyalty - 1.0) * tanh ((sums[source] - reverse) / 2.0)))

    totals ()

let private options (context: MLContext) (bonds: Bond[]) =
    MeshNodeMulticlassTrainer.Options(Edges = view context bonds, SplitColumnName = "Split")

let private fit (context: MLContext) (options: MeshNodeMulticlassTrainer.Options) (persons: Person[]) =
    let data = view context persons

    let model =
        (context.Transforms.Conversion.MapValueToKey("Label", "Camp")
         |> append (context.MulticlassClassification.Trainers.GaryMeshNodes options))
            .Fit
            data

    model.Transform data

[<Tests>]
let tests =
    testList
        "Degrees"
        [ test "people with few friends or none are told as well as what is known of them allows" {
              let noise = 2.5
              let persons, pairs = people 2UL 6000 noise
              let context = MLContext 1
              let options = options context (bonds pairs)
              options.NumberOfEpochs <- 60
              let scored = fit context options persons |> scores
              let best = bayes noise persons pairs
              let degrees = Array.zeroCreate persons.Length

              for one, other in pairs do
                  degrees[one] <- degrees[one] + 1
                  degrees[other] <- degrees[other] + 1

              for degree in 0..2 do
                  let chosen =
                      [| for index in 0 .. persons.Length - 1 do
                             if persons[index].Split = "test" && degrees[index] = degree then
                                 index |]

                  let share (told: int -> bool) =
                      chosen |> Array.averageBy (fun index -> if told index = (index % 2 = 0) then 100.0 else 0.0)

                  // The first person is of the first camp, which is the first key.
                  let reached = share (fun index -> scored[index][0] > 0.5f)
                  let possible = share (fun index -> best[index] > 0.0)

                  Expect.isGreaterThan
                      reached
                      (possible - 3.0)
                      $"{chosen.Length} people with {degree} friends, of {possible} %%"
          }

          test "features of any size are learnt from as their standard scores are" {
              let persons, pairs = people 3UL 1000 1.5

              let accuracy change =
                  let context = MLContext 1
                  let options = options context (bonds pairs)
                  options.NumberOfEpochs <- 30
                  let persons = persons |> Array.map (fun person -> { person with Features = change person.Features })
                  let scored = fit context options persons
                  let tests = context.Data.FilterByCustomPredicate(scored, (fun (row: Person) -> row.Split <> "test"))
                  100.0 * context.MulticlassClassification.Evaluate(tests).MicroAccuracy

              let expected = accuracy id
              Expect.isGreaterThan expected 85.0 "as they are"

              for income in [ 1e2f; 1e4f; 1e6f ] do
                  let found =
                      accuracy (fun features ->
                          [| income * features[0]; features[1]; 30.0f + 10.0f * features[2]; features[3] / income |])

                  Expect.isLessThan (abs (found - expected)) 1.0 $"one is {income} times as large"
          }

          test "bags of words are told from measurements" {
              let words =
                  [| for row in 0..49 do
                         for slot in 0..19 ->
                             if Counter.below 10 (Counter.key 1UL [ row ]) (int64 slot) = 0 then
                                 1.0f
                             else
                                 0.0f |]

              let told (features: float32[]) = Counts.AreCounts(ReadOnlySpan features, 20)
              Expect.isTrue (told words) "words"
              Expect.isTrue (told (Array.mapi (fun at word -> word * float32 (1 + at % 3)) words)) "counts"
              Expect.isFalse (told (Array.map (fun word -> word - 0.05f) words)) "below 0"

              Expect.isFalse
                  (told (Array.mapi (fun at word -> if at % 20 = 0 then 40.0f else word) words))
                  "an age among indicators"

              Expect.isFalse (told (Array.mapi (fun at word -> word + float32 (at % 2)) words)) "mostly there"
              Expect.isFalse (told (Array.create 100 nanf)) "nothing at all"
          } ]
