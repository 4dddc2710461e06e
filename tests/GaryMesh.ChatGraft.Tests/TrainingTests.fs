module GaryMesh.ChatGraft.Tests.TrainingTests

open System
open System.Collections.Immutable
open System.IO
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.ChatGraft
open GaryMesh.ChatGraft.Commands
open GaryMesh.ChatGraft.Tests.Support
open GaryMesh.ChatLab
open GaryMesh.ChatLab.Language
open GaryMesh.Tests
open GaryMesh.Tests.Mutants

let private inFolder (test: (string -> string) -> unit) =
    let folder = Directory.CreateTempSubdirectory "gary-chat-"

    try
        test (fun name -> Path.Combine(folder.FullName, name))
    finally
        folder.Delete true

/// Sequences in which each token follows from the one before it, but for some noise.
let private stream (shape: CortexShape) seed count =
    let noise = tokensOf shape seed count
    let tokens = Array.zeroCreate count

    for i in 1 .. count - 1 do
        tokens[i] <-
            if noise[i] = 0 then
                noise[i - 1]
            else
                (3 * tokens[i - 1] + 1) % shape.Vocabulary

    tokens

let private settings =
    TrainingSettings(Steps = 40, Batch = 8, Piece = 2, LearningRate = 0.02, WarmUp = 5)

let private trainerOf' settings threads grafting frozen =
    new CortexTrainer(Cortex.Random(tinyShape, 7UL), stream tinyShape 8UL 400, settings, threads, grafting, frozen)

let private trainerOf threads grafting frozen = trainerOf' settings threads grafting frozen

/// The training after so many more steps.
let private advance (trainer: CortexTrainer) steps from =
    Seq.fold (fun training _ -> nonNull (trainer.Loop.Advance training)) from [ 1..steps ]

let private letters = ChatTokenizer [||]
let private byteShape = CortexShape(vocabulary = 256, width = 8, heads = 2, layers = 1, context = 16)

let private refusal action =
    (Expect.throwsC action (fun error ->
        Expect.isTrue (error :? InvalidDataException || error :? ArgumentException) $"{error}"
        error))
        .Message

let private runUntil (stop: CancellationToken) (arguments: string list) =
    use output = new StringWriter()
    use error = new StringWriter()
    let code = Laboratory.Run(List.toArray arguments, output, error, stop)
    code, output.ToString(), error.ToString()

let private run arguments = runUntil CancellationToken.None arguments

[<Tests>]
let tests =
    testList
        "Training"
        [ test "tokens that are not to be said teach nothing, and as many are given as the text has" {
              let tokens = stream tinyShape 8UL 400
              let settings = TrainingSettings(Steps = 3, Batch = 2, WarmUp = 1)

              let trainer (said: int[] | null) =
                  new CortexTrainer(Cortex.Random(tinyShape, 7UL), tokens, settings, 1, said = said)

              let losses (said: int[] | null) =
                  use trainer = trainer said
                  Seq.toList (trainer.Run CancellationToken.None).Losses

              Expect.equal (losses tokens) (losses null) "all of them, the same bits"
              Expect.all (losses (Array.create 400 -1)) (fun loss -> loss = 0.0) "none"
              Expect.throwsT<System.ArgumentException> (fun () -> (trainer [| 1 |]).Dispose()) "another length"
          }

          test "a training lowers the loss" {
              use trainer = trainerOf 1 null false
              let losses = Seq.toList (trainer.Run CancellationToken.None).Losses
              Expect.isGreaterThan losses.Head (0.9 * log 17.0) "at first it knows nothing"
              Expect.isLessThan (List.last losses) (0.6 * log 17.0) "then what follows from what"
          }

          test "the same seed gives the same bits for any number of threads" {
              let parameters threads =
                  use trainer = trainerOf threads (Grafting(NeighbourGraft(8, 9UL), 1)) false
                  let training = advance trainer 5 (trainer.Begin())
                  Seq.toList training.Losses, training.Parameters

              let one = parameters 1
              Expect.equal (parameters 3) one "three threads"
          }

          test "a graft learns while the frozen cortex stays as it is" {
              let graft = NeighbourGraft(8, 9UL)
              use trainer = trainerOf 1 (Grafting(graft, 1)) true
              let cortex = Array.copy trainer.Cortex.Parameters
              let before = Array.copy (graft :> IGraft).Parameters
              let losses = Seq.toList (trainer.Run CancellationToken.None).Losses
              Expect.sequenceEqual trainer.Cortex.Parameters cortex "the cortex"
              Expect.notEqual (graft :> IGraft).Parameters before "the graft"
              Expect.isLessThan (List.last losses) losses.Head "the loss"
          }

          test "a training of a cortex, of a graft or of both that was stopped anywhere goes on to the same bits" {
              inFolder (fun path ->
                  let file = path "training.npz"

                  for grafting, frozen in [ false, false; true, true; true, false ] do
                      let trainer threads (settings: TrainingSettings) =
                          let graft: Grafting | null = if grafting then Grafting(NeighbourGraft(8, 9UL), 1) else null
                          trainerOf' settings threads graft frozen

                      use whole = trainer 1 settings
                      let expected = advance whole 9 (whole.Begin())

                      for stop in [ 0; 4; 8 ] do
                          use first = trainer 1 settings
                          TrainingFile.Write(file, first.Description, advance first stop (first.Begin()))
                          use rest = trainer 2 settings

                          let training =
                              TrainingFile.Read(file, rest.Description, rest.Begin().Parameters.Length)
                              |> advance rest (9 - stop)

                          Expect.sequenceEqual training.Parameters expected.Parameters $"parameters, stopped at {stop}"
                          Expect.sequenceEqual training.Losses expected.Losses $"losses, stopped at {stop}"

                      let read (trainer: CortexTrainer) =
                          refusal (fun () ->
                              TrainingFile.Read(file, trainer.Description, trainer.Begin().Parameters.Length)
                              |> ignore)

                      use slower = trainer 1 (TrainingSettings(Steps = 40, Batch = 8, Piece = 2, LearningRate = 0.01))
                      Expect.stringContains (read slower) "learning rate 0.02" "other settings"

                      use other =
                          new CortexTrainer(Cortex.Random(tinyShape, 7UL), stream tinyShape 5UL 400, settings, 1)

                      Expect.stringContains
                          (read other)
                          (if frozen then "frozen"
                           elif grafting then "graft"
                           else "text")
                          "another training")
          }

          test "a model file holds the same bits, in one byte a weight close ones" {
              inFolder (fun path ->
                  let shape = CortexShape(vocabulary = 300, width = 24, heads = 3, layers = 2, context = 9)
                  let merges = [| struct (97, 98); struct (256, 99) |]
                  let model = ChatModel(cortexOf shape 3UL, ChatTokenizer merges, "what it was made of")
                  let file = path "model.npz"
                  ChatModelFile.Write(file, model)
                  let back = ChatModelFile.Read file
                  Expect.equal back.Cortex.Shape shape "shape"
                  Expect.sequenceEqual back.Cortex.Parameters model.Cortex.Parameters "parameters"
                  Expect.sequenceEqual back.Tokenizer.Merges merges "merges"
                  Expect.equal back.About "what it was made of" "note"
                  let size = FileInfo(file).Length
                  ChatModelFile.Write(file, model, WeightPrecision.Int8)
                  Expect.isLessThan (FileInfo(file).Length) (size / 2L) "smaller"
                  let small = ChatModelFile.Read file

                  Expect.sequenceEqual
                      small.Cortex.Parameters
                      (ChatModelFile.Quantised model).Cortex.Parameters
                      "the same"

                  for slice in shape.Slices do
                      for row in 0 .. slice.Rows - 1 do
                          let numbers (cortex: Cortex) =
                              cortex.Parameters[slice.Offset + row * slice.Columns .. slice.Offset
                                                                                      + (row + 1) * slice.Columns
                                                                                      - 1]

                          let exact, rounded = numbers model.Cortex, numbers small.Cortex
                          let step = (exact |> Array.map abs |> Array.max) / 127.0f
                          let bound = if slice.IsMatrix then 0.5001f * step else 0.0f

                          Expect.isTrue
                              (Array.forall2 (fun (a: float32) b -> abs (a - b) <= bound) exact rounded)
                              $"{slice.Name} is off by half a step at most")
          }

          property "a file that was cut off or changed is refused or reads as it was" (fun (at: int) (value: byte) ->
              inFolder (fun path ->
                  let model = ChatModel(cortexOf byteShape 4UL, letters, "")
                  let file = path "model.npz"
                  ChatModelFile.Write(file, model, WeightPrecision.Int8)
                  let bytes = File.ReadAllBytes file
                  let at = abs (at % bytes.Length)

                  let check (content: byte[]) =
                      File.WriteAllBytes(file, content)

                      try
                          let back = ChatModelFile.Read file
                          Expect.equal back.Cortex.Shape byteShape "what is read is whole"
                      with :? InvalidDataException as error ->
                          Expect.stringContains error.Message file "the sentence names the file"
                          Expect.isFalse (error.Message.Contains '\n') "one sentence"

                  check bytes[.. at - 1]
                  check [| yield! bytes[.. at - 1]; yield value; yield! bytes[at + 1 ..] |]))

          test "damaged models, grafts and memories are read or refused, never worse" {
              inFolder (fun path ->
                  let survives name write (read: string -> unit) =
                      let file = path name
                      write file

                      survives file 1000 3 (File.ReadAllBytes file) (fun bytes ->
                          File.WriteAllBytes(file, bytes)
                          read file)

                  let model = ChatModel(cortexOf byteShape 4UL, letters, "a note")

                  for precision in [ WeightPrecision.Float32; WeightPrecision.Int8 ] do
                      survives
                          "model.npz"
                          (fun file -> ChatModelFile.Write(file, model, precision))
                          (ChatModelFile.Read >> ignore)

                  let graft =
                      MeshGraft(
                          MeshGraftShape(Width = 6, Channels = 5, Hidden = 4, Distances = ImmutableArray.Create(1, 3)),
                          1UL
                      )

                  survives
                      "graft.npz"
                      (fun file -> GraftFile.Write(file, graft, 1, "a note"))
                      (GraftFile.Read >> ignore)

                  let memory = PlasticMemory(2, Array.zeroCreate 11, 2)

                  survives
                      "memory.npz"
                      (fun file -> PlasticMemoryFile.Write(file, memory, "a note"))
                      (PlasticMemoryFile.Read >> ignore))
          }

          test "what is written names format and version apart, and version 1, which ships, is read" {
              inFolder (fun path ->
                  let file = path "model.npz"
                  let model = ShippedModel.Read()
                  ChatModelFile.Write(file, model)
                  Expect.equal ((ArchiveReader.Open file).Version("gary-cortex", 1, 2)) 2 "the version"

                  Expect.sequenceEqual
                      (ChatModelFile.Read file).Cortex.Parameters
                      model.Cortex.Parameters
                      "the same bits")
          }

          test "files of something else are refused with one sentence" {
              inFolder (fun path ->
                  let file = path "other.npz"
                  Npz.Write(file, dict [ "numbers", NpyArray.OfInt32([| 1 |], [| 1 |]) ])

                  Expect.stringContains (refusal (fun () -> ChatModelFile.Read file |> ignore)) "'format'" "an archive"

                  File.WriteAllText(file, "hello")
                  Expect.stringContains (refusal (fun () -> ChatModelFile.Read file |> ignore)) file "a text")
          }

          test "a window's bits do not depend on how many are scored at once, and every token counts once" {
              use packed = new PackedCortex(cortexOf tinyShape 5UL)
              let tokens = tokensOf tinyShape 6UL 60

              let losses stride count threads =
                  let tokens: int[] = tokens[.. count - 1]
                  Scoring.Losses(packed, tokens, 3, stride, threads)

              Expect.sequenceEqual (losses 2 60 3) (losses 2 60 1) "threads"

              Expect.sequenceEqual
                  (Array.truncate 21 (losses 2 60 1))
                  (losses 2 21 1)
                  "what comes later does not matter"

              use pass = new CortexPass(packed, 1, 7)
              let seen = Array.append [| 3 |] tokens
              let alone = Array.zeroCreate<float> 7

              // Token 12 is the last of the third window, which begins at 2 x 3 with a token before it.
              let window: int[] = seen[6..12]
              let targets: int[] = Array.append (Array.create 6 -1) [| seen[13] |]
              pass.Forward(window, 7)
              pass.Losses(targets, alone)
              Expect.equal (Array.item 12 (losses 2 60 1)) alone[6] "the loss of a window"
              Expect.isTrue (losses 7 60 1 |> Array.forall (fun loss -> loss > 0.0)) "all are scored"
              Expect.stringContains (refusal (fun () -> losses 8 60 1 |> ignore)) "1 to 7" "stride"
          }

          property "Kneser-Ney probabilities of all tokens sum to one" (fun (seed: uint64) (order: int) (length: int) ->
              let order, length = 1 + abs (order % 5), abs (length % 60)
              let model = KneserNey(tokensOf tinyShape seed length, 17, order)
              let before = tokensOf tinyShape (seed + 1UL) 6

              Seq.forall
                  (fun count ->
                      let context: int[] = before[.. count - 1]
                      let sum = Seq.sum (Seq.map (fun token -> model.Probability(context, token)) [ 0..16 ])
                      abs (sum - 1.0) < 1e-12)
                  [ 0..6 ])

          test "Kneser-Ney counts what precedes, not how often" {
              // 'c' follows one token only, however often; 'd' follows three.
              let tokens = Array.concat [ Array.replicate 20 [| 0; 2 |] |> Array.concat; [| 0; 3; 1; 3; 4; 3 |] ]
              let model = KneserNey(tokens, 5, 2)

              let after (token: int) next =
                  let context = [| token |]
                  model.Probability(context, next)

              Expect.isGreaterThan (after 3 3) (after 3 2) "after something new"
              Expect.isGreaterThan (after 0 2) (after 0 3) "after what is known"
          }

          test "a training that is asked to stop keeps a checkpoint and goes on from there to the same model" {
              inFolder (fun path ->
                  File.WriteAllText(path "text.txt", String.replicate 60 "U: hello there\nG: hello, how are you?\n\n")

                  let arguments name =
                      [ "train"
                        "--data"
                        path "text.txt"
                        "--out"
                        path name
                        "--vocabulary"
                        "256"
                        "--layers"
                        "1"
                        "--batch"
                        "2"
                        "--steps"
                        "3" ]

                  let code, _, error = runUntil (CancellationToken true) (arguments "stopped.npz")
                  Expect.equal code ExitCode.Interrupted "interrupted"
                  Expect.stringContains error "after 0 steps" "says where"
                  Expect.isFalse (File.Exists(path "stopped.npz")) "no model yet"
                  Expect.equal (run (arguments "stopped.npz" @ [ "--resume" ]) |> fun (code, _, _) -> code) 0 "goes on"
                  Expect.equal (run (arguments "whole.npz") |> fun (code, _, _) -> code) 0 "without a stop"

                  Expect.sequenceEqual
                      (ChatModelFile.Read(path "stopped.npz")).Cortex.Parameters
                      (ChatModelFile.Read(path "whole.npz")).Cortex.Parameters
                      "the same bits")
          }

          test "the commands train, resume and score" {
              inFolder (fun path ->
                  let text = String.replicate 40 "U: hello there\nG: hello, how are you?\n\n"
                  File.WriteAllText(path "text.txt", text)

                  let arguments =
                      [ "train"
                        "--data"
                        path "text.txt"
                        "--out"
                        path "model.npz"
                        "--vocabulary"
                        "270"
                        "--layers"
                        "1"
                        "--batch"
                        "4"
                        "--threads"
                        "1"
                        "--valid"
                        path "text.txt"
                        "--every"
                        "5" ]

                  let code, output, error = run (arguments @ [ "--steps"; "6"; "--small"; path "small.npz" ])
                  Expect.equal code 0 error
                  Expect.stringContains output "bits a character" "figures"
                  let code, _, error = run (arguments @ [ "--steps"; "6"; "--resume" ])
                  Expect.equal code 0 error
                  let code, _, error = run (arguments @ [ "--steps"; "7"; "--resume" ])
                  Expect.equal code 2 "other settings"
                  Expect.stringContains error "steps 6" "are named"

                  let code, output, error =
                      run
                          [ "eval"
                            "--text"
                            path "text.txt"
                            "--model"
                            path "small.npz"
                            "--json"
                            "--baseline"
                            path "text.txt" ]

                  Expect.equal code 0 error
                  let figures = (nonNull (Text.Json.Nodes.JsonNode.Parse output)).AsObject()

                  for name in [ "perplexity_per_token"; "bits_per_character"; "tokens"; "baseline_bits_per_character" ] do
                      Expect.isTrue (figures.ContainsKey name) name

                  Expect.equal ((nonNull figures["characters"]).GetValue<int64>()) (int64 text.Length) "characters"
                  let code, _, error = run [ "eval"; "--text"; path "none.txt"; "--model"; path "small.npz" ]
                  Expect.equal code 2 "a file that is missing"
                  Expect.stringContains error "none.txt" "is named")
          } ]
