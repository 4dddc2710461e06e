/// Digits whose ink votes: what a sheet's graph is, how votes are counted, and how a training goes.
module GaryMesh.Tests.Learning.DigitsTests

open System
open System.IO
open System.Threading
open Expecto
open FsCheck
open GaryMesh
open GaryMesh.Tests

let private single = EngineOptions(Threads = 1)

/// Random ink, a pixel in so many, with the two corners inked, which lie far apart.
let private ink height width oneIn seed =
    Array.init (height * width) (fun pixel ->
        if
            pixel = 0
            || pixel = height * width - 1
            || Counter.below oneIn (Counter.subkey seed 1) (int64 pixel) = 0
        then
            0.11f + 0.8f * float32 (Counter.uniform seed (int64 pixel))
        else
            0.09f * float32 (Counter.uniform seed (int64 pixel)))

/// A ring is 0, a bar 1 and a bar with a roof 7.
let private shapes =
    let paint (rows: string list) =
        rows |> String.concat "" |> Seq.map (fun c -> if c = '#' then 1f else 0f) |> Array.ofSeq

    let zero =
        paint [ "........"; "..###..."; ".#...#.."; ".#...#.."; ".#...#.."; ".#...#.."; "..###..."; "........" ]

    let one =
        paint [ "........"; "...#...."; "...#...."; "...#...."; "...#...."; "...#...."; "...#...."; "........" ]

    let seven =
        paint [ "........"; ".#####.."; ".....#.."; "....#..."; "....#..."; "...#...."; "...#...."; "........" ]

    Digits(8, 8, Array.concat [ zero; one; seven ], [| 0; 1; 7 |])

let private small = (DigitsRecipe.Automaton(12, 16, 3UL)).WithSteps(6, 9)

let private settings =
    (DigitsSettings.Of(12, 5UL)).WithBatch(8, 3).WithValidation(4, 10).WithLearningRate(1e-2)

let private trainerOf settings threads =
    DigitsTrainer(small, shapes, shapes, settings, EngineOptions(Threads = threads))

let private run (trainer: DigitsTrainer) training =
    let struct (training, ending) = trainer.Run(training, null, CancellationToken.None, 0, ignore)
    Expect.equal ending TrainingEnd.Finished "to its end"
    training

let private refused (words: string list) (act: unit -> 'a) =
    Expect.throwsC (act >> ignore) (fun error -> says words error.Message)

[<Tests>]
let tests =
    testList
        "Digits"
        [ property "the inked pixels of each picture are joined cells that see those within three pixels" (fun seed ->
              let height, width = 9 + Counter.below 8 seed 2L, 11 + Counter.below 8 seed 3L
              let inks = Array.init 3 (fun i -> ink height width (4 + 9 * i) (Counter.subkey seed i))
              let sheet = InkSheet.Of(height, width, inks)
              let graph = sheet.Graph

              for picture in 0..2 do
                  let first, last = sheet.First picture, sheet.First(picture + 1) - 1

                  let pixels = [| for cell in first..last -> sheet.Pixel cell |]
                  let inked = [| 0 .. height * width - 1 |] |> Array.filter (fun pixel -> inks[picture][pixel] > 0.1f)
                  Expect.equal pixels inked "a cell for each pixel with ink, row by row"

                  Expect.isFalse
                      (graph.HopsFrom(first)[first..last] |> Array.contains -1)
                      "news reaches every cell of the picture"

                  for cell in first..last do
                      let row, column = sheet.Pixel cell / width, sheet.Pixel cell % width

                      let away =
                          [| for edge in graph.RowStart[cell] .. graph.RowStart[cell + 1] - 1 do
                                 let other = graph.Neighbours[edge]
                                 Expect.isTrue (other >= first && other <= last) "nobody sees another picture"
                                 let right = sheet.Pixel other % width - column
                                 let down = sheet.Pixel other / width - row

                                 Expect.equal
                                     [ for axis in 0..2 -> graph.Offsets[3 * edge + axis] ]
                                     [ float right; float down; 0.0 ]
                                     "the direction"

                                 max (abs right) (abs down) |]

                      let near =
                          pixels
                          |> Array.filter (fun pixel ->
                              max (abs (pixel % width - column)) (abs (pixel / width - row)) <= 3)

                      Expect.equal
                          (away |> Array.filter (fun away -> away <= 3) |> Array.length)
                          (near.Length - 1)
                          "all those near"

                      for down in -2 .. 2 do
                          for right in -2 .. 2 do
                              let r, c = row + down, column + right

                              let expected =
                                  if r < 0 || r >= height || c < 0 || c >= width then
                                      0f
                                  else
                                      inks[picture][r * width + c]

                              Expect.equal sheet.Inks[cell, 5 * (down + 2) + right + 2] expected "the ink about it")

          property "states of whole pictures go to the cells and back, and are zero where there is no ink" (fun seed ->
              let inks = Array.init 2 (fun i -> ink 9 8 3 (Counter.subkey seed i))
              let sheet = InkSheet.Of(9, 8, inks)

              let whole =
                  Array.init 2 (fun i -> (Start.OfNoise 1f).On(Graph.Grid(9, 8), 3, Counter.subkey seed (5 + i)))

              let back = sheet.Scatter(sheet.Gather whole)

              for picture in 0..1 do
                  for pixel in 0..71 do
                      for channel in 0..2 do
                          let expected = if inks[picture][pixel] > 0.1f then whole[picture][pixel, channel] else 0f
                          Expect.equal (back[picture][pixel, channel]) expected "the value")

          property "pictures side by side become what each becomes alone, and votes are counted by picture" (fun seed ->
              let inks = Array.init 3 (fun i -> ink 10 10 4 (Counter.subkey seed i))
              let automaton = DigitsRecipe.Automaton(11, 8, seed)

              let final (sheet: InkSheet) =
                  let start = State.Zeros(sheet.Graph.Cells, 11)
                  let rollout = (Rollout.Of(start, 6, Firing.All)).WithInputs(Inputs.Constant sheet.Inks)
                  Engine.Run(automaton, sheet.Graph, rollout)

              let sheet = InkSheet.Of(10, 10, inks)
              let together = final sheet
              let labels = [| 2; DigitsRecipe.Vote(together, sheet.First 1); 7 |]

              let alone =
                  inks
                  |> Array.map (fun ink ->
                      let sheet = InkSheet.Of(10, 10, [| ink |])
                      sheet, final sheet)

              alone
              |> Array.iteri (fun i (one, state) ->
                  let cells = one.Graph.Cells
                  let part = together.Values.Slice(11 * sheet.First i, 11 * cells)
                  Expect.isTrue (part.SequenceEqual state.Values) "the same bits")

              let sum =
                  alone
                  |> Array.mapi (fun i (one, state) -> DigitsRecipe.Score(one, state, [| labels[i] |]))
                  |> Array.reduce (fun one other -> one.Add other)

              let score = DigitsRecipe.Score(sheet, together, labels)

              Expect.equal
                  (score.Cells, score.Right, score.Agreed, score.MajorityRight)
                  (sum.Cells, sum.Right, sum.Agreed, sum.MajorityRight)
                  "the same votes"

              for picture in 0..2 do
                  let votes = DigitsRecipe.Count(sheet, together, picture)
                  Expect.equal (Array.sum votes) (sheet.First(picture + 1) - sheet.First picture) "a vote a cell")

          test "a picture agrees only where all of its cells do, and a majority needs no more than the most votes" {
              let sheet = InkSheet.Of(1, 4, [| [| 1f; 1f; 1f; 0f |]; [| 0f; 0f; 0f; 0f |]; [| 1f; 1f; 0f; 0f |] |])

              let state (votes: int list) =
                  State.Create(votes.Length, 10, fun cell channel -> if votes[cell] = channel then 2f else 1f)

              let score votes labels =
                  let score = DigitsRecipe.Score(sheet, state votes, labels)
                  score.Right, score.Agreed, score.MajorityRight

              Expect.equal (score [ 4; 4; 4; 9; 9 ] [| 4; 0; 9 |]) (5, 2, 2) "all but the one without ink"
              Expect.equal (score [ 4; 5; 4; 9; 8 ] [| 4; 0; 9 |]) (3, 0, 1) "two of three; of one and one the lesser"
              Expect.equal (score [ 4; 5; 6; 9; 8 ] [| 4; 0; 8 |]) (2, 0, 2) "the first of three with a vote each"
          }

          test "the gradient of the votes' loss through a rollout on a sheet is exact" {
              let sheet = InkSheet.Of(6, 6, [| ink 6 6 3 4UL; ink 6 6 4 9UL |])
              let shape = small.Rule.Shape
              let automaton = small.WithRule(GradientCheck.RuleFor(shape, 7UL, 0.4))
              let start = (Start.OfNoise 1f).On(sheet.Graph, shape.Channels, 3UL)
              let rollout = (Rollout.Of(start, 4, Firing.Seeded(1UL, 0))).WithInputs(Inputs.Constant sheet.Inks)
              let loss = DigitsRecipe.Loss(sheet, [| 3; 8 |]).At(fun step _ -> step > 2)
              let report = GradientCheck.Run(automaton, sheet.Graph, rollout, loss)
              Expect.isLessThan report.ComplexStep 1e-12 "by the complex step"
          }

          property
              "a warp follows from its key, keeps ink between none and full, and of strength 0 is none"
              (fun seed ->
                  let picture = ink 12 10 3 seed
                  Expect.equal (DigitsRecipe.Warp(12, 10, picture, 0.0, seed)) picture "none"
                  let warped = DigitsRecipe.Warp(12, 10, picture, 1.0, seed)
                  Expect.equal (DigitsRecipe.Warp(12, 10, picture, 1.0, seed)) warped "by the key alone"
                  Expect.notEqual (DigitsRecipe.Warp(12, 10, picture, 1.0, seed + 1UL)) warped "another by another"
                  Expect.isTrue (warped |> Array.forall (fun value -> value >= 0f && value <= 1f)) "ink")

          test "a training has the same bits by one thread and two, and resumed from its file" {
              let one, two = trainerOf settings 1, trainerOf settings 2
              let whole = run one (one.Begin())
              let other = run two (two.Begin())
              let path = Path.GetTempFileName()

              try
                  let halfway = [ 1..7 ] |> List.fold (fun training _ -> nonNull (one.Advance training)) (one.Begin())
                  TrainingFile.Write(path, one, halfway)
                  let resumed = run two (TrainingFile.Read(path, two))

                  for training in [ other; resumed ] do
                      Expect.equal training.Parameters whole.Parameters "the parameters"
                      Expect.equal training.Best whole.Best "the best ones"
                      Expect.equal (Seq.toArray training.Losses) (Seq.toArray whole.Losses) "the losses"

                      Expect.equal
                          (training.Pool.States.ToArray() |> Array.map _.ToArray())
                          (whole.Pool.States.ToArray() |> Array.map _.ToArray())
                          "the pool"

                  let elsewhere = trainerOf (settings.WithExchange(0.5, 0.25)) 1
                  refused [ "exchange"; "0.25"; "0.5" ] (fun () -> TrainingFile.Read(path, elsewhere))
              finally
                  File.Delete path
          }

          test "a digit that is exchanged keeps the state where both have ink, unless it starts from zeros" {
              let changes exchange fresh =
                  let trainer = trainerOf (settings.WithExchange(exchange, fresh).WithWarp 0.0) 1
                  let begun = trainer.Begin()

                  let scrambled =
                      { begun with
                          Pool =
                              Pool(
                                  Array.init begun.Pool.Count (fun i ->
                                      (Start.OfNoise 3f).On(Graph.Grid(8, 8), 12, uint64 i))
                              )
                          // Past the first visit, which every slot begins at.
                          Iteration = 3 }

                  let quiet = { begun with Iteration = 3 }
                  let next training = (nonNull (trainer.Advance training)).Losses |> Seq.last
                  next scrambled <> next quiet

              Expect.isTrue (changes 0.0 1.0) "the same digit goes on from its state"
              Expect.isTrue (changes 1.0 0.0) "another one, too"
              Expect.isFalse (changes 1.0 1.0) "but not one that starts from zeros"
          }

          test "a short training tells a ring from a bar, turned and stretched, and the votes stay" {
              let learned = shapes.Some [| 0; 1 |]
              let automaton = (DigitsRecipe.Automaton(12, 48, 1UL)).WithSteps(8, 12)
              let settings = (DigitsSettings.Of(400, 2UL)).WithBatch(6, 8).WithLearningRate(5e-3)
              let trainer = DigitsTrainer(automaton, learned, null, settings, single)
              let rule = automaton.WithRule(trainer.Best(run trainer (trainer.Begin())))

              let warped =
                  let ink i = DigitsRecipe.Warp(8, 8, learned.Ink(i % 2), 1.0, uint64 (900 + i))
                  Digits(8, 8, Array.collect ink [| 0..59 |], Array.init 60 (fun i -> learned.Label(i % 2)))

              for score in DigitsRecipe.Evaluate(rule, warped, [| 60; 1000 |], 1UL, single) do
                  Expect.isGreaterThan score.CellAccuracy 0.9 "of the cells"
                  Expect.isGreaterThan score.Agreement 0.8 "of the pictures"
          }

          test "what does not fit is refused, and the sentence names both sides" {
              refused [ "2 pictures of 3 x 4"; "24"; "25" ] (fun () -> Digits(3, 4, Array.zeroCreate 25, [| 1; 2 |]))
              refused [ "0 to 9"; "10" ] (fun () -> Digits(1, 1, [| 1f |], [| 10 |]))
              refused [ "3 x 4"; "12"; "11" ] (fun () -> InkSheet.Of(3, 4, [| Array.create 11 1f |]))
              refused [ "2 pictures"; "ink" ] (fun () -> InkSheet.Of(1, 2, Array.create 2 [| 0f; 0.1f |]))
              refused [ "10 logits"; "9 channels" ] (fun () -> DigitsRecipe.Automaton(9, 8, 1UL))

              let other = (DigitsRecipe.Automaton(12, 8, 1UL)).Rule.Shape.WithInputs 24
              let blind = small.WithRule(Rule.Zero other)
              refused [ "25 inputs"; "24" ] (fun () -> DigitsRecipe.Evaluate(blind, shapes, [| 1 |], 1UL, single))
              refused [ "0..1"; "1.5" ] (fun () -> trainerOf (settings.WithExchange(1.5, 0.0)) 1)
              let wide = Digits(8, 9, Array.create 72 1f, [| 1 |])
              refused [ "8 x 8"; "8 x 9" ] (fun () -> DigitsTrainer(small, shapes, wide, settings, single))
          } ]
