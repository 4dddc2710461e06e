/// Automata: firing, starts, states, and what does not fit each other.
module GaryMesh.Tests.AutomatonTests

open System
open System.Collections.Immutable
open System.Numerics
open Expecto
open GaryMesh

let private refusal (action: unit -> 'a) =
    (Expect.throwsC (action >> ignore) (fun error -> error :?> ArgumentException)).Message

let private firingOf (seed: uint64) kind =
    match abs (kind % 3) with
    | 0 -> Firing.All
    | 1 -> Firing.Seeded(seed, 3)
    | _ -> Firing.Mask(fun step cell -> Counter.below 2 seed (int64 (1000 * step + cell)) = 1)

/// Indices of a larger graph: a few runs, some of them longer than a word, with single cells between and in any order.
let private cellsOf (seed: uint64) =
    let below bound purpose index = Counter.below bound (Counter.key seed [ purpose ]) (int64 index)

    [| for run in 0 .. below 8 1 0 do
           let first, length = below 5000 2 run, 1 + below (if below 2 3 run = 0 then 3 else 200) 4 run
           yield! seq { first .. first + length - 1 } |]
    |> ImmutableArray.Create<int>

/// The cells that fill as firing, of so many.
let private filled (firing: Firing) rate step cells =
    // A cell that should be cleared shows when the words start out set.
    let words = Array.create ((cells + 63) / 64) UInt64.MaxValue
    firing.Fill(rate, step, cells, words)
    let bit cell = (words[cell / 64] >>> (cell % 64)) &&& 1UL = 1UL
    Expect.isFalse (Seq.exists bit [ cells .. 64 * words.Length - 1 ]) "none past the last"
    List.init cells bit

[<Tests>]
let tests =
    testList
        "Automaton"
        [ testList
              "firing"
              [ for rate in [ 0.0; 1.0 / 65536.0; 0.25; 0.3; 0.5; 1.0 ] do
                    test $"a rate of {rate} fires that share of the cells, within five deviations" {
                        let cells, steps = 65536, 20
                        let words = Array.zeroCreate (cells / 64)

                        let fired =
                            Seq.sum (
                                seq {
                                    for step in 0 .. steps - 1 do
                                        Firing.Seeded(11UL, 0).Fill(rate, step, cells, words)
                                        words |> Array.sumBy (fun (word: uint64) -> BitOperations.PopCount word)
                                }
                            )

                        let rounded = Math.Round(rate * 65536.0) / 65536.0
                        let draws = float (cells * steps)
                        let deviation = sqrt (draws * rounded * (1.0 - rounded))

                        Expect.isLessThanOrEqual
                            (abs (float fired - draws * rounded))
                            (5.0 * deviation)
                            $"{fired} fired"
                    }

                property
                    "64 cells at once are the same cells one by one, and none past the last"
                    (fun (seed: uint64) (kind: int) (cells: int) (step: int) ->
                        let cells, step = 1 + abs (cells % 200), abs (step % 100)
                        let firing = firingOf seed kind
                        // A cell that should be cleared shows when the words start out set.
                        let words = Array.create ((cells + 63) / 64) UInt64.MaxValue
                        firing.Fill(0.3, step, cells, words)
                        let bit cell = (words[cell / 64] >>> (cell % 64)) &&& 1UL = 1UL

                        Seq.forall (fun cell -> bit cell = firing.Fires(0.3, step, cell)) [ 0 .. cells - 1 ]
                        && Seq.forall (bit >> not) [ cells .. 64 * words.Length - 1 ])

                property
                    "a firing is a function of seed, sample, step and cell, and of each of them"
                    (fun (seed: uint64) (sample: int) (step: int) ->
                        let fires seed sample step =
                            [ for cell in 0..127 -> Firing.Seeded(seed, sample).Fires(0.5, step, cell) ]

                        let once = fires seed sample step

                        once = fires seed sample step
                        && once <> fires (seed + 1UL) sample step
                        && once <> fires seed (sample + 1) step
                        && once <> fires seed sample (step + 1))

                property "a cell fires the same in a small graph and in a large one" (fun (seed: uint64) ->
                    let words cells =
                        let words = Array.zeroCreate ((cells + 63) / 64)
                        Firing.Seeded(seed, 0).Fill(0.3, 7, cells, words)
                        words

                    (words 64).[0] = (words 1000).[0])

                property
                    "a part's cell fires as that of the whole, one by one and 64 at once"
                    (fun (seed: uint64) (kind: int) (step: int) ->
                        let cells, step = cellsOf seed, abs (step % 100)
                        let whole = firingOf seed kind
                        let part = whole.For cells
                        let expected = [ for cell in cells -> whole.Fires(0.3, step, cell) ]
                        // A graph may have fewer cells than the firing knows.
                        let fewer = (cells.Length + 1) / 2

                        filled part 0.3 step cells.Length = expected
                        && [ for cell in 0 .. cells.Length - 1 -> part.Fires(0.3, step, cell) ] = expected
                        && filled part 0.3 step fewer = List.take fewer expected)

                property
                    "a part of a part fires as the whole, however it is said"
                    (fun (seed: uint64) (kind: int) (step: int) ->
                        let cells, step = cellsOf seed, abs (step % 100)
                        let whole = firingOf seed kind

                        let inner =
                            [| for i in 0..99 -> Counter.below cells.Length seed (int64 i) |]
                            |> ImmutableArray.Create<int>

                        let expected = [ for cell in inner -> whole.Fires(0.3, step, cells[cell]) ]

                        filled ((whole.For cells).For inner) 0.3 step inner.Length = expected
                        && filled (Firing.Part(Firing.Part(whole, cells), inner)) 0.3 step inner.Length = expected)

                test "parts of a firing are equal when they are the same description" {
                    let cells (values: int list) = ImmutableArray.CreateRange values
                    let seeded = Firing.Of(1UL, 2)
                    Expect.equal (seeded.For(cells [ 3; 4 ])) (seeded.For(cells [ 3; 4 ])) "the same cells"

                    Expect.equal
                        (seeded.For(cells [ 3; 4 ]).GetHashCode())
                        (seeded.For(cells [ 3; 4 ]).GetHashCode())
                        "hashed alike"

                    Expect.equal
                        (seeded.For(cells [ 5; 4; 3 ]).For(cells [ 2; 1 ]))
                        (seeded.For(cells [ 3; 4 ]))
                        "nested"

                    Expect.notEqual (seeded.For(cells [ 3; 4 ])) (seeded.For(cells [ 3; 5 ])) "other cells"
                    Expect.notEqual (seeded.For(cells [ 3; 4 ])) (Firing.Of(1UL, 3).For(cells [ 3; 4 ])) "another whole"
                    Expect.notEqual (seeded.For(cells [ 0; 1 ])) seeded "another kind"
                }

                test "cells that no whole has are refused" {
                    let cells (values: int list) = ImmutableArray.CreateRange values
                    refusal (fun () -> Firing.Of(1UL, 2).For(cells [ 3; -1 ])) |> says [ "-1" ]
                    let part = Firing.Of(1UL, 2).For(cells [ 3; 4 ])
                    refusal (fun () -> part.For(cells [ 1; 2 ])) |> says [ "2 cells"; "cell 2" ]
                }

                test "a mask of C#'s is a mask" {
                    let firing = Firing.Of(Func<int, int, bool>(fun step cell -> (step + cell) % 3 = 0))
                    Expect.equal (filled firing 0.5 1 5) [ false; false; true; false; false ] "step 1"
                }

                test "firings are equal when they are the same description" {
                    Expect.equal (Firing.Seeded(1UL, 2)) (Firing.Seeded(1UL, 2)) "seeded"
                    Expect.notEqual (Firing.Seeded(1UL, 2)) (Firing.Seeded(1UL, 3)) "another sample"
                    Expect.notEqual Firing.All (Firing.Seeded(1UL, 2)) "another kind"
                } ]

          testList
              "states and starts"
              [ test "the seed stands in the middle, on the channels from the fourth on" {
                    let state = Start.Seed.On(Graph.Grid(3, 3), 5, 0UL)
                    Expect.equal (state.Channel 3) [| for i in 0..8 -> if i = 4 then 1.0f else 0.0f |] "channel 3"
                    Expect.equal (Array.sum (state.ToArray())) 2.0f "channels 3 and 4 of one cell"

                    Expect.equal
                        (Start.Seed.On(Graph.Line 3, 2, 0UL).ToArray())
                        [| 0f; 0f; 0f; 1f; 0f; 0f |]
                        "two channels"
                }

                property "noise lies in [0, amplitude) and depends on its seed" (fun (seed: uint64) ->
                    let noise seed = (Start.Noise 0.5f).On(Graph.Ring 9, 4, seed).ToArray()

                    noise seed |> Array.forall (fun x -> x >= 0.0f && x < 0.5f)
                    && noise seed = noise seed
                    && noise seed <> noise (seed + 1UL))

                test "a start's text reads back" {
                    for start in [ Start.Zeros; Start.Seed; Start.Noise 0.1f; Start.Noise -2.5e-8f ] do
                        Expect.equal (Start.Parse start.Text) start start.Text

                    for text in [ "noise"; "noise:"; "noise:NaN"; "noise:Infinity"; "Zeros"; "" ] do
                        refusal (fun () -> Start.Parse text) |> says [ $"'{text}'" ]
                }

                test "a state keeps its own copy, row by row" {
                    let values = [| 1f; 2f; 3f; 4f; 5f; 6f |]
                    let state = State(3, 2, ReadOnlySpan values)
                    values[0] <- 9f
                    Expect.equal (state[0, 0], state[2, 1]) (1f, 6f) "cell by cell"
                    Expect.equal (state.Channel 1) [| 2f; 4f; 6f |] "a channel"
                    Expect.equal (state.Relabelled([| 1; 2; 0 |]).ToArray()) [| 5f; 6f; 1f; 2f; 3f; 4f |] "relabelled"
                }

                test "a state refuses what it does not hold" {
                    refusal (fun () -> State(3, 2, ReadOnlySpan [| 1f |])) |> says [ "6 values"; "1 are" ]
                    let state = State.Zeros(3, 2)
                    refusal (fun () -> state.Channel 2) |> says [ "2"; "0 to 1" ]
                    refusal (fun () -> state[0, 2]) |> says [ "channel 2"; "3 cells x 2" ]
                    refusal (fun () -> state[3, 0]) |> says [ "Cell 3"; "3 cells x 2" ]
                    refusal (fun () -> state.Relabelled [| 0; 1 |]) |> says [ "3 cells" ]
                    refusal (fun () -> state.Relabelled [| 0; 1; 1 |]) |> says [ "3 cells" ]
                } ]

          testList
              "what fits"
              [ test "the named automata are what they are said to be" {
                    let growing = Automaton.Growing 1UL
                    Expect.equal (growing.Gate, growing.Start) (Gate.Alive(3, 0.1f), Start.Seed) "Growing NCA"
                    Expect.equal (growing.MinSteps, growing.MaxSteps) (64, 96) "64 to 96 steps"
                    Expect.equal (Automaton.GaryMesh 1UL).FireRate 0.5 "gary-mesh"
                    Expect.equal (Automaton.MeshNca 1UL).Perception.Count 5 "MeshNCA"

                    for automaton in [ growing; Automaton.GaryMesh 1UL; Automaton.MeshNca 1UL ] do
                        automaton.Check()
                }

                test "a rule that reads another number of operators is refused, naming both" {
                    refusal (fun () -> Automaton.Of(Perception.Harmonics, Rule.Zero Rule.GaryMeshShape))
                    |> says [ "36"; "60" ]
                }

                test "a step reads one hop, or two under an alive gate" {
                    Expect.equal (Automaton.GaryMesh 1UL).HopsPerStep 1 "open"
                    Expect.equal (Automaton.Growing 1UL).HopsPerStep 2 "alive"
                }

                test "rates, steps and gates out of range are refused" {
                    let automaton = Automaton.GaryMesh 1UL
                    let refused (changed: Automaton) = refusal changed.Check
                    refused (automaton.WithFireRate 1.5) |> says [ "fire rate"; "1.5" ]
                    refused (automaton.WithFireRate nan) |> says [ "fire rate" ]
                    refused (automaton.WithFireRate 1e-6) |> says [ "fire rate"; "1/65,536"; "would be 0" ]
                    refused (automaton.WithFireRate 0.999995) |> says [ "fire rate"; "1/65,536"; "would be 1" ]
                    refused (automaton.WithTimeStep infinity) |> says [ "time step" ]

                    for limit in [ 0f; -0f; -1f; -infinityf; nanf ] do
                        refused (automaton.WithBound limit) |> says [ "bound must be above 0"; $"is {limit}" ]

                    for spacing in [ 0.0; -1.0; nan; infinity ] do
                        refused (automaton.WithSpacing spacing) |> says [ "spacing must be finite and above 0" ]

                    refused (automaton.WithSteps(5, 4)) |> says [ "4"; "5" ]
                    refused (automaton.WithSteps(0, 4)) |> says [ "at least 1" ]
                    refused (automaton.WithGate(Gate.Alive(12, 0.1f))) |> says [ "channel 12"; "0 to 11" ]
                    refused (automaton.WithGate(Gate.Alive(3, nanf))) |> says [ "threshold" ]
                }

                test "a rollout that does not fit is refused, naming both sides" {
                    let automaton, ring = Automaton.GaryMesh 1UL, Graph.Ring 8
                    let start = State.Zeros(8, 12)
                    let refused rollout = refusal (fun () -> automaton.Check(ring, rollout))
                    refused (Rollout.Of(State.Zeros(7, 12), 1, Firing.All)) |> says [ "8 cells x 12"; "7 x 12" ]
                    refused (Rollout.Of(State.Zeros(8, 11), 1, Firing.All)) |> says [ "8 cells x 12"; "8 x 11" ]
                    refused (Rollout.Of(start, 0, Firing.All)) |> says [ "steps"; "0" ]

                    let seven = Firing.Of(1UL, 0).For(ImmutableArray.CreateRange [ 0..6 ])
                    refused (Rollout.Of(start, 1, seven)) |> says [ "7 cells"; "ring:8 has 8" ]

                    let given = Inputs.Constant(State.Zeros(8, 1))
                    refused (Rollout.Of(start, 1, Firing.All).WithInputs given) |> says [ "8 cells x 0"; "8 x 1" ]

                    let told = automaton.WithRule(Rule.Zero(RuleShape(12, 36, 4, 2)))
                    let refused rollout = refusal (fun () -> told.Check(ring, rollout))
                    let inputs = State.Zeros(8, 2)
                    refused (Rollout.Of(start, 1, Firing.All)) |> says [ "2 inputs"; "none" ]

                    refused (Rollout.Of(start, 3, Firing.All).WithInputs(Inputs.PerStep [| inputs; inputs |]))
                    |> says [ "3 steps"; "2" ]

                    told.Check(ring, Rollout.Of(start, 3, Firing.All).WithInputs(Inputs.Constant inputs))
                } ] ]
