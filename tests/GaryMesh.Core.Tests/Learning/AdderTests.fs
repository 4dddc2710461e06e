/// Strips of cells that add: the closure check, a trained rule, one made by hand, and the steps that they need.
module GaryMesh.Tests.Learning.AdderTests

open System
open System.Numerics
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Tests

let private below n (seed: uint64) part = Counter.below n (Counter.subkey seed part) 0L
let private number digits (seed: uint64) = String.init digits (fun i -> string (Counter.below 10 seed (int64 i)))
let private sumOf (a: string) (b: string) = string (BigInteger.Parse a + BigInteger.Parse b)
let private single = EngineOptions(Threads = 1)

/// A rule of 747 parameters, trained in two seconds.
let private trained =
    lazy
        (let learning = AdderRecipe.Learning(AdderRecipe.Automaton(32, 1UL), true)
         use trainer = new Trainer(learning, AdderRecipe.Graph, AdderRecipe.Task(learning, 1500, 1UL), single)
         let struct (training, _) = trainer.Run(trainer.Begin(), null, CancellationToken.None)
         AdderRecipe.Learning(learning.WithRule(trainer.Best training), false))

/// Two channels, carry and digit, and five hidden units of a + b + the left cell's carry: made by hand, 57 parameters.
let private byHand =
    let shape = RuleShape(2, 6, 5, 2)
    let parameters = Array.zeroCreate<float32> shape.ParameterCount
    let read = shape.Read
    let first unit position value = parameters[unit * read + position] <- value
    let bias unit value = parameters[5 * read + unit] <- value
    let second channel unit value = parameters[5 * read + 5 + channel * 5 + unit] <- value

    for unit in 0..2 do
        for position in [ 0; 6; 7 ] do
            first unit position 1f

    bias 1 -9f
    bias 2 -10f
    // The own state, which is taken away.
    first 3 2 1f
    first 4 3 1f
    List.iter (fun (unit, value) -> second 0 unit value) [ 1, 1f; 2, -1f; 3, -1f ]
    List.iter (fun (unit, value) -> second 1 unit value) [ 0, 1f; 1, -10f; 2, 10f; 4, -1f ]
    Automaton.Of(Perception.LeftSelfRight, Rule(shape, ReadOnlySpan parameters))

let private few = { FsCheckConfig.defaultConfig with maxTest = 20; replay = replay }

/// A cell that fires so often, from a start, beside one that says at each step what `hears` gives.
let private settled (automaton: Automaton) (told: float32[]) (hears: int -> int) (start: float32[]) firings =
    let channels = start.Length
    use prepared = new Prepared(automaton, Graph.Strip(2, [ -1 ]), single)
    let told = Inputs.Constant(State.Create(2, told.Length, fun _ input -> told[input]))

    let fire (own: float32[]) step =
        let state = State.Create(2, channels, fun cell c -> if cell = 1 then own[c] else float32 (hears step))
        let firing = Firing.Mask(fun _ cell -> cell = 1)
        let final = prepared.Run((Rollout.Of(state, 1, firing)).WithInputs told)
        Array.init channels (fun c -> final[1, c])

    Seq.fold fire start (seq { 0 .. firings - 1 })

[<Tests>]
let tests =
    testList
        "Adding"
        [ test "a rule trained on three digits is proved for all, and has 747 parameters" {
              let proof = AdderRecipe.Prove trained.Value

              Expect.equal
                  (proof.Contexts, proof.Wrong.Length, proof.Firings)
                  (300, 0, 1)
                  "every context, after a firing"

              Expect.isGreaterThan (min proof.Margin proof.Voice) 0.05 "with room to spare"
              Expect.equal trained.Value.Rule.ParameterCount 747 "small"
              Expect.equal trained.Value.Rule.Shape.Text "11 -> 32 -> 11" "a plain dense rule"
          }

          testPropertyWithConfig
              few
              "it adds numbers of any length, from any start, at any fire rate"
              (fun (seed: uint64) ->
                  let a, b = number (1 + below 150 seed 1) seed, number (1 + below 150 seed 2) (seed + 1UL)
                  let rate = [ 0.1; 0.5; 0.9; 1.0 ][below 4 seed 3]
                  let adder = Adder(trained.Value.WithFireRate rate, single)
                  // A carry that runs through the whole number, and any other.
                  let nines = String('9', a.Length)
                  let strips = [| Addends.Read(a, b); Addends.Read(nines, "1") |]
                  let cells = strips |> Array.sumBy _.Cells
                  let wild = [| 0f; nanf; infinityf; -3e38f; 1000f |]

                  let start =
                      State.Create(
                          cells,
                          11,
                          fun cell channel -> wild[Counter.below 5 seed (int64 (cell * 11 + channel))]
                      )

                  let longest = strips |> Seq.map _.Cells |> Seq.max
                  // NaN is gone once every cell has fired, which many steps are sure to see.
                  let steps = adder.Steps longest + adder.Steps 1 + 200
                  let addition = adder.Run(strips, Firing.Seeded(seed, 0), start, steps, null)
                  let given = addition.Digits |> Array.map Addends.Text
                  Expect.equal given [| sumOf a b; sumOf nines "1" |] "both sums"
                  Expect.isTrue addition.Settled "and nothing moves")

          testPropertyWithConfig few "so does the rule made by hand" (fun (seed: uint64) ->
              Expect.equal byHand.Rule.ParameterCount 57 "parameters"
              let strip = Addends.Read(number (1 + below 60 seed 1) seed, number (1 + below 60 seed 2) (seed + 1UL))
              let rate = [ 0.1; 0.5; 0.9 ][below 3 seed 3]
              let told = State.Create(strip.Cells, 2, fun i k -> float32 (if k = 0 then strip.A[i] else strip.B[i]))
              let start = State.Create(strip.Cells, 2, fun i c -> float32 (below 13 seed (10 + 2 * i + c)))
              let steps = AdderRecipe.Steps(strip.Cells, 1, rate, 1e-9)
              let rollout = Rollout.Of(start, steps, Firing.Seeded(seed, 0)).WithInputs(Inputs.Constant told)
              let final = Engine.Run(byHand.WithFireRate rate, Graph.Line strip.Cells, rollout)
              let struct (digits, carries) = strip.Sum
              Expect.equal (final.Channel 1 |> Array.map int) digits "digits"
              Expect.equal (final.Channel 0 |> Array.map int) carries "carries")

          property "schoolbook addition is that of whole numbers" (fun (seed: uint64) ->
              let a, b = number (1 + below 40 seed 1) seed, number (1 + below 40 seed 2) (seed + 1UL)
              let struct (digits, _) = (Addends.Read(a, b)).Sum
              Expect.equal (Addends.Text digits) (sumOf a b) "the sum")

          test "a rule that is wrong in one context is found out, and so is the sum that it gets wrong" {
              let rule = trained.Value.Rule
              // The cell is told 7 twice as 2, which no other pair is: what it then gives is one row of the second layer moved.
              let right = (AdderRecipe.Prove trained.Value).Contexts
              let spoilt = rule.ToArray()
              let bias = rule.Views |> Seq.find (fun view -> view.Name = "fc2.bias")
              let mutable push = 0f

              // As little as makes one context wrong.
              while (AdderRecipe.Prove(trained.Value.WithRule(Rule(rule.Shape, ReadOnlySpan spoilt)))).IsProved do
                  push <- push + 0.02f
                  spoilt[bias.Offset + 4] <- rule.Parameters[bias.Offset + 4] + push

              let automaton = trained.Value.WithRule(Rule(rule.Shape, ReadOnlySpan spoilt))
              let proof = AdderRecipe.Prove automaton
              Expect.isLessThan proof.Wrong.Length (right / 2) "some contexts alone"
              let wrong = proof.Wrong[0]
              let final = settled automaton wrong.Told (fun _ -> wrong.Hears[0]) (Array.zeroCreate 11) 1
              let lead = final[wrong.Answer] - (final |> Array.take 10 |> Array.max)
              let voice = float32 wrong.Says[0] * final[10]
              Expect.isTrue (lead <= 1e-3f || voice <= 1e-3f) "that cell does get it wrong, or nearly"
          }

          test "what the check proves of cells that keep and read their state holds from any start" {
              let left = Operator.Of(EdgeWeight.At -1, Messages.Value, Aggregation.Sum)
              let mutable proved = 0

              for seed in 1UL .. 60UL do
                  let reads = below 2 seed 0 = 1

                  let perception = Perception([ left; yield! (if reads then [ Operator.Own ] else []) ], Spoken(1, 2))

                  let shape = RuleShape.For(perception, 3, 6, 1)
                  let parameters = (GradientCheck.RuleFor(shape, seed, 0.6)).ToArray()
                  let keep = [ 0.0; 0.3; 0.8 ][below 3 seed 1]

                  let automaton =
                      Automaton
                          .Of(perception, Rule(shape, ReadOnlySpan parameters))
                          .WithKeep(keep)
                          .WithTimeStep(1.0 - 0.8 * keep)
                          .WithBound
                          4f

                  let told = [| float32 (below 3 seed 2) |]
                  // Nobody, a bit, or now this and now that.
                  let bit = [ -1; 0; 1; Context.Anything ][below 4 seed 3]

                  let hears part step =
                      if bit = Context.Anything then
                          Counter.below 3 (Counter.subkey seed (100 + part)) (int64 step) - 1
                      else
                          bit

                  let start part =
                      Array.init 3 (fun c -> float32 (8.0 * Counter.uniform (Counter.subkey seed part) (int64 c) - 4.0))

                  let end' = settled automaton told (hears 10) (start 10) 400
                  // What it comes to from one start is what is to be proved for all of them.
                  let context =
                      { Hears = [| bit |]
                        Told = told
                        Answer = (if end'[0] > end'[1] then 0 else 1)
                        Says = [| (if end'[2] > 0f then 1 else -1) |] }

                  let report = Closure.Check(automaton, 2, [ context ])

                  if report.IsProved then
                      proved <- proved + 1

                      for part in 11..16 do
                          for firings in [ report.Firings; report.Firings + 1; report.Firings + 7 ] do
                              let final = settled automaton told (hears part) (start part) firings
                              Expect.isTrue (final[context.Answer] > final[1 - context.Answer]) "its answer"
                              Expect.isTrue (float32 context.Says[0] * final[2] > 0f) "its word"

              Expect.isGreaterThan proved 25 "and most can be proved"
          }

          test "cells that a check does not cover are refused" {
              let refusal automaton =
                  (Expect.throwsC (fun () -> AdderRecipe.Prove automaton |> ignore) (fun error ->
                      error :?> ArgumentException))
                      .Message

              refusal (Automaton.GaryMesh 1UL) |> says [ "speak bits"; "own, mean difference cos" ]
              refusal (trained.Value.WithKeep 0.5) |> says [ "needs a bound" ]
              refusal (trained.Value.WithGate(Gate.Alive(0, 0.1f))) |> says [ "open gate" ]
          }

          test "the steps are the fewest whose binomial tail is small enough" {
              /// P(Binomial(steps, rate) < wanted), summed term by term.
              let tail steps wanted rate =
                  let term k =
                      let choose =
                          Seq.fold
                              (fun product j -> product * float (steps - j) / float (j + 1))
                              1.0
                              (seq { 0 .. k - 1 })

                      choose * Math.Pow(rate, float k) * Math.Pow(1.0 - rate, float (steps - k))

                  Seq.sum (Seq.init wanted term)

              for cells, firings in [ 1, 1; 8, 1; 5, 3; 30, 1 ] do
                  for rate in [ 0.1; 0.5; 0.9 ] do
                      let steps = AdderRecipe.Steps(cells, firings, rate, 1e-9)
                      Expect.isLessThanOrEqual (tail steps (cells * firings) rate) 1.0000001e-9 "enough"
                      Expect.isGreaterThan (tail (steps - 1) (cells * firings) rate) 0.9999999e-9 "no fewer"

              Expect.equal (AdderRecipe.Steps(8, 1, 1.0, 1e-9)) 8 "all fire"
              // Twenty-four steps, as published, miss one such chain in thirty.
              Expect.isGreaterThan (tail 24 8 0.5) 0.03 "24 steps"
          }

          test "several orders of firing vote, watching changes nothing, and threads change no bit" {
              let adder threads = Adder(trained.Value, EngineOptions(Threads = threads))
              let strips = [| Addends.Read("9999", "1"); Addends.Read("12", "345678") |]
              let seen = ResizeArray()
              let steps = (adder 1).Steps 7
              let run threads observe = (adder threads).Run(strips, Firing.Seeded(5UL, 0), null, steps, observe)
              let alone = run 1 null
              let watched = run 2 (Action<_, _>(fun step (_: State) -> seen.Add step))
              Expect.equal (watched.Digits, watched.Steps) (alone.Digits, alone.Steps) "the same"
              Expect.equal (List.ofSeq seen) [ 0 .. alone.Steps ] "every step"
              let voted = (adder 1).Vote(strips, 5UL, 3, steps)
              Expect.equal (voted.Digits |> Array.map Addends.Text) [| "10000"; "345690" |] "by majority"
              // Too few steps for the first one's carry: most orders disagree with the sum, none with itself.
              let early = (adder 1).Vote(strips, 5UL, 3, 1)
              Expect.isFalse early.Settled "not yet"
          }

          test "the published shape has 26,448 parameters, and a dense rule of equal compute" {
              let published, dense = PublishedAdder.Automaton 1UL, PublishedAdder.Dense(64, 1UL)
              Expect.equal published.Rule.ParameterCount 26448 "parameters"
              Expect.equal published.Rule.Shape.Text "embedded:32:10 mixture:2:6 114 -> 32 -> 32" "its kind"
              let router = 6L * 96L
              let compute (automaton: Automaton) = automaton.Rule.Shape.MultiplyAdds
              Expect.equal (compute published - router) (compute dense) "but for the router"
              Expect.isTrue (isNull (Adder(published, single)).Proof) "no bits, no proof"
          }

          test "the published shape is told digits and places, and adds seven digits at most" {
              let strip = PublishedAdder.Fit(Addends.Read("77", "70"))
              let struct (graph, told) = PublishedAdder.World [| strip; strip |]
              Expect.equal (graph.Cells, told.Channels) (16, 18) "two strips of eight cells"

              let ones cell =
                  [ for i in 0..17 do
                        if told[cell, i] <> 0f then
                            i, told[cell, i] ]

              Expect.equal (ones 1) [ 7, 2f; 11, 1f ] "7 and 7 at place 1"
              Expect.equal (ones 8) [ 0, 1f; 7, 1f; 10, 1f ] "7 and 0 at place 0 of the second"

              Expect.throwsC
                  (fun () ->
                      (Adder(PublishedAdder.Automaton 1UL, single))
                          .Vote([| Addends.Read("12345678", "1") |], 1UL, 1, 5)
                      |> ignore)
                  (fun error -> error.Message |> says [ "at most 7 digits"; "has 8" ])
          }

          test "the published shape learns: few iterations get many digits right, and the same bits for any threads" {
              let untrained = PublishedAdder.Automaton 1UL

              let parameters threads iterations =
                  let task = PublishedAdder.Task(untrained, iterations, 1UL)
                  use trainer = new Trainer(untrained, PublishedAdder.Graph, task, EngineOptions(Threads = threads))
                  let mutable training = trainer.Begin()

                  for _ in 1..iterations do
                      training <- nonNull (trainer.Advance training)

                  trainer.Rule training

              Expect.equal ((parameters 2 2).ToArray()) ((parameters 1 2).ToArray()) "the same bits"
              let learnt = untrained.WithRule(parameters 1 60)
              let strips = Array.init 100 (fun i -> Addends.Draw(7, Counter.subkey 9UL i))

              let right (automaton: Automaton) =
                  let answers = (Adder(automaton, single)).Run(strips, Firing.Seeded(1UL, 0), null, 60, null)

                  Seq.zip strips answers.Digits
                  |> Seq.sumBy (fun (strip, digits) ->
                      let struct (expected, _) = strip.Sum
                      Seq.zip expected digits |> Seq.filter (fun (a, b) -> a = b) |> Seq.length)

              Expect.isLessThan (right untrained) 200 "of 800 digits"
              Expect.isGreaterThan (right learnt) 300 "of 800 digits"
          }

          test "a number is written in digits" {
              for a, b in [ "", "1"; "12", "1x"; "-1", "2"; "1.5", "2"; " 1", "2"; "1", "٣" ] do
                  let message =
                      (Expect.throwsC (fun () -> Addends.Read(a, b) |> ignore) (fun error ->
                          error :?> ArgumentException))
                          .Message

                  message |> says [ "digits 0 to 9" ]

              Expect.equal (Addends.Read("0007", "0")).Cells 2 "zeros before a number are none of its digits"
          } ]
