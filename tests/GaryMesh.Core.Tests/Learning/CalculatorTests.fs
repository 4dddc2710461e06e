/// Strips of cells that calculate as they are told: what is asked of them, what a rule must not see, and a rule that ships, proved and run.
module GaryMesh.Tests.Learning.CalculatorTests

open System
open System.IO
open System.Numerics
open Expecto
open GaryMesh
open GaryMesh.Tests

let private below n (seed: uint64) part = Counter.below n (Counter.subkey seed part) 0L
let private number digits (seed: uint64) = String.init digits (fun i -> string (Counter.below 10 seed (int64 i)))
let private operations = Enum.GetValues<Operation>()
let private single = EngineOptions(Threads = 1)

/// By whole numbers.
let private expected operation (a: string) (b: string) =
    let a, b = BigInteger.Parse a, BigInteger.Parse b

    match operation with
    | Operation.Add -> string (a + b)
    | Operation.Subtract -> string (a - b)
    | Operation.Compare -> if a > b then "1" else "0"
    | _ -> string (max a b)

/// Random numbers, of which every other pair is nearly the same, or adds up to nines.
let private pair (seed: uint64) digits =
    let a = number (1 + below digits seed 1) (seed + 7UL)
    let flip (digit: char) = char (int '0' + 9 - (int digit - int '0'))

    match below 4 seed 2 with
    | 0 -> a, String.mapi (fun i digit -> if i = below a.Length seed 3 then '5' else digit) a
    | 1 -> a, String.map flip a
    | _ -> a, number (1 + below digits seed 4) (seed + 11UL)

let private shipped =
    lazy
        (Calculator(RuleFile.Read(Path.Combine(__SOURCE_DIRECTORY__, "../../../models/adding/operations.npz")), single))

let private few = { FsCheckConfig.defaultConfig with maxTest = 20; replay = replay }

[<Tests>]
let tests =
    testList
        "Calculating"
        [ property "the digits that cells are asked for are those of whole numbers" (fun (seed: uint64) ->
              let a, b = pair seed 30

              for operation in operations do
                  let exercise = Exercise.Read(a, operation, b)

                  Expect.equal
                      (Calculator.Text(operation, exercise.Answers))
                      (expected operation a b)
                      $"{a} {operation} {b}")

          property
              "a projected rule is its own projection, contracts, and sends nothing up of what comes down"
              (fun (seed: uint64) ->
                  let automaton = CalculatorRecipe.Automaton(10 + below 20 seed 1, seed)
                  let shape = automaton.Rule.Shape
                  let wild = CalculatorRecipe.Project(GradientCheck.RuleFor(shape, seed, 2.0))
                  Expect.equal ((CalculatorRecipe.Project wild).ToArray()) (wild.ToArray()) "no change"

                  // One step of a cell in the middle, from two states that differ in what may not matter.
                  let step own right =
                      let state =
                          State.Create(
                              3,
                              shape.Channels,
                              fun cell c ->
                                  let noise = float32 (Counter.normal seed (int64 (cell * 20 + c)))

                                  if cell = 1 && c <> CalculatorRecipe.Up then own * noise
                                  elif cell = 2 then right
                                  else noise
                          )

                      let told = State.Create(3, shape.Inputs, fun _ input -> float32 (input % 3))
                      let rollout = (Rollout.Of(state, 1, Firing.All)).WithInputs(Inputs.Constant told)
                      let final = Engine.Run(automaton.WithRule wild, Graph.Strip(3, [ -1; 1 ]), rollout)
                      Array.init shape.Channels (fun c -> final[1, c])

                  let one, other = step 1f 1f, step -3f -1f
                  Expect.equal other[CalculatorRecipe.Up] one[CalculatorRecipe.Up] "the bit that goes up"
                  Expect.notEqual other one "the others do see it")

          test "every context of a rule is asked for, whatever comes down" {
              let contexts = CalculatorRecipe.Contexts(CalculatorRecipe.Automaton(8, 1UL))
              Expect.equal contexts.Length (3 * 300 + 300 + 900) "contexts"
              let anything = contexts |> Array.filter (fun context -> context.Hears[1] = Context.Anything)
              Expect.equal anything.Length 1200 "of which so many hear anything"
          }

          test "the rule that ships is proved, with fewer than 4,000 parameters" {
              let calculator = shipped.Value
              Expect.isTrue calculator.Proof.IsProved "proved"
              Expect.isLessThan calculator.Automaton.Rule.ParameterCount 4000 "parameters"
          }

          testPropertyWithConfig
              few
              "it is right at any length, from any start, at any fire rate"
              (fun (seed: uint64) ->
                  let rate = [ 0.1; 0.5; 0.9; 1.0 ][below 4 seed 20]
                  let automaton = shipped.Value.Automaton.WithFireRate rate
                  let calculator = Calculator(automaton, single)

                  let asked =
                      [| for i in 0..7 do
                             let seed = Counter.subkey seed i
                             let operation = operations[i % 4]
                             let a, b = pair seed 40
                             struct (operation, a, b) |]

                  let strips = asked |> Array.map (fun struct (operation, a, b) -> Exercise.Read(a, operation, b))
                  let cells = strips |> Array.sumBy _.Cells

                  let start =
                      State.Create(
                          cells,
                          12,
                          fun cell c -> float32 (1000.0 * Counter.normal seed (int64 (cell * 12 + c)))
                      )

                  let steps = strips |> Array.map calculator.Steps |> Array.max
                  let found = calculator.Run(strips, Firing.Seeded(seed, 0), start, steps, null)

                  for i in 0 .. asked.Length - 1 do
                      let struct (operation, a, b) = asked[i]

                      Expect.equal
                          (Calculator.Text(operation, found.Digits[i]))
                          (expected operation a b)
                          $"{a} {operation} {b}")

          test "a training repeats to the last bit, and keeps to what is allowed" {
              let train () =
                  let learning = CalculatorRecipe.Learning(CalculatorRecipe.Automaton(12, 3UL), true)

                  use trainer =
                      new Trainer(learning, CalculatorRecipe.Graph, CalculatorRecipe.Task(learning, 20, 3UL), single)

                  let mutable training = trainer.Begin()

                  for _ in 1..12 do
                      training <- nonNull (trainer.Advance training)

                  trainer.Rule training

              let rule = train ()
              Expect.equal ((train ()).ToArray()) (rule.ToArray()) "the same bits"
              Expect.equal ((CalculatorRecipe.Project rule).ToArray()) (rule.ToArray()) "allowed"
          } ]
