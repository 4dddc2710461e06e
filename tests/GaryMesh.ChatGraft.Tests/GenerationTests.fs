module GaryMesh.ChatGraft.Tests.GenerationTests

open System
open System.Threading
open Expecto
open GaryMesh.ChatGraft
open GaryMesh.ChatGraft.Tests.Support
open GaryMesh.Tests

let private letters = ChatTokenizer [||]

/// A cortex over the 256 bytes.
let private packedOf seed =
    new PackedCortex(cortexOf (CortexShape(vocabulary = 256, width = 16, heads = 2, layers = 2, context = 24)) seed)

let private steps packed (options: GenerationOptions) =
    use reader = new CortexReader(packed)
    reader.Read(letters.Encode "\nU: hi").ToArray() |> ignore
    Generator.Generate(reader, letters, options) |> Seq.toList

let private textOf (steps: GenerationStep list) = steps |> List.map _.Text |> String.concat ""

/// Lets only certain letters come.
let private only (allowed: string) =
    LogitAdjustment(fun _ _ logits ->
        for i in 0 .. logits.Length - 1 do
            if not (allowed.Contains(char i)) then
                logits[i] <- Single.NegativeInfinity)

let private chooseAfter (recent: int list) (logits: float32 list) options uniform =
    let logits, recent = List.toArray logits, List.toArray recent
    Sampler.Choose(logits, recent, options, uniform)

let private choose = chooseAfter []

let private plain = SamplingOptions(Temperature = 1.0, TopK = 0, TopP = 1.0, RepetitionPenalty = 1.0)

[<Tests>]
let tests =
    testList
        "Generation"
        [ property "the same seed gives the same text, another one another" (fun (seed: uint64) ->
              use packed = packedOf 3UL
              let options seed = GenerationOptions(Seed = seed, MaxTokens = 40, Stops = [||])
              let once = steps packed (options seed)
              once = steps packed (options seed) && once <> steps packed (options (seed + 1UL)))

          test "a generation has as many tokens as it may, and says why it ended" {
              use packed = packedOf 4UL
              let steps = steps packed (GenerationOptions(MaxTokens = 60, Stops = [||], Adjust = only "abc"))
              Expect.equal steps.Length 60 "steps"
              Expect.equal (textOf steps).Length 60 "a letter each"
              Expect.equal (List.last steps).End GenerationEnd.Length "the last"

              Expect.isTrue
                  (steps |> List.take 59 |> List.forall (fun one -> one.End = GenerationEnd.None))
                  "the others"
          }

          test "a reader refuses once it or its cortex is disposed of" {
              let read (reader: CortexReader) = reader.Read([| 65 |]).ToArray() |> ignore
              let refused reader = Expect.throwsT<ObjectDisposedException> (fun () -> read reader) "disposed of"
              let packed = packedOf 7UL
              use first = new CortexReader(packed)
              use second = new CortexReader(packed)
              read first
              read second
              first.Dispose()
              refused first
              read second
              packed.Dispose()
              refused second
          }

          property "the text ends before the first stop, and no part of a stop ever shows" (fun (seed: uint64) ->
              use packed = packedOf seed
              let options = GenerationOptions(Seed = seed, MaxTokens = 200, Stops = [||], Adjust = only "ab\n")
              let whole = textOf (steps packed options)
              let stops = [| "ab\n"; "\n\n"; "bbbb" |]

              let found =
                  steps packed (GenerationOptions(Seed = seed, MaxTokens = 200, Stops = stops, Adjust = only "ab\n"))

              let first =
                  stops
                  |> Seq.map (fun stop -> whole.IndexOf(stop, StringComparison.Ordinal))
                  |> Seq.filter (fun at -> at >= 0)
                  |> Seq.fold min whole.Length

              textOf found = whole[.. first - 1]
              && (List.last found).End = (if first = whole.Length then GenerationEnd.Length else GenerationEnd.Stop))

          test "a character of several bytes shows when its last byte has come" {
              use packed = packedOf 5UL
              let bytes = Text.Encoding.UTF8.GetBytes "a🐈é"
              let mutable next = 0

              let adjust =
                  LogitAdjustment(fun _ _ logits ->
                      logits.Fill Single.NegativeInfinity
                      logits[int bytes[next]] <- 0.0f
                      next <- next + 1)

              let steps = steps packed (GenerationOptions(MaxTokens = bytes.Length, Stops = [||], Adjust = adjust))
              Expect.equal (steps |> List.map _.Text) [ "a"; ""; ""; ""; "🐈"; ""; "é" ] "step by step"
          }

          test "a cancelled generation stops between two tokens" {
              use packed = packedOf 6UL
              use reader = new CortexReader(packed)
              reader.Read([| 65; 66 |]).ToArray() |> ignore
              use source = new CancellationTokenSource()
              let mutable seen = 0

              Expect.throwsT<OperationCanceledException>
                  (fun () ->
                      for _ in Generator.Generate(reader, letters, GenerationOptions(Stops = [||]), source.Token) do
                          seen <- seen + 1

                          if seen = 3 then
                              source.Cancel())
                  "cancelled"

              Expect.equal seen 3 "steps"
              use fresh = new CortexReader(packed)

              Expect.throwsT<InvalidOperationException>
                  (fun () -> Generator.Generate(fresh, letters, GenerationOptions()) |> ignore)
                  "nothing to go on from"
          }

          test "temperature 0 takes the most probable token, whatever the number" {
              for uniform in [ 0.0; 0.5; 0.999 ] do
                  Expect.equal
                      (choose [ 1.0f; 3.0f; 2.0f ] (SamplingOptions(Temperature = 0.0)) uniform)
                      1
                      "the largest"
          }

          test "tokens come as often as their probabilities say" {
              let logits = [ log 0.2f; log 0.5f; log 0.3f ]
              let counts = Array.zeroCreate 3

              for i in 0..999 do
                  let token = choose logits plain ((float i + 0.5) / 1000.0)
                  counts[token] <- counts[token] + 1

              Expect.sequenceEqual counts [ 200; 500; 300 ] "of a thousand equal parts"
          }

          test "top-k and top-p leave the most probable tokens" {
              let logits = [ log 0.2f; log 0.5f; log 0.3f ]
              let drawn (options: SamplingOptions) = set [ for i in 0..99 -> choose logits options (float i / 100.0) ]
              Expect.equal (drawn (SamplingOptions(Temperature = 1.0, TopK = 2, TopP = 1.0))) (set [ 1; 2 ]) "top 2"
              Expect.equal (drawn (SamplingOptions(Temperature = 1.0, TopK = 0, TopP = 0.45))) (set [ 1 ]) "0.45"
              Expect.equal (drawn (SamplingOptions(Temperature = 1.0, TopK = 0, TopP = 0.75))) (set [ 1; 2 ]) "0.75"
              Expect.equal (drawn plain) (set [ 0; 1; 2 ]) "all"
          }

          test "what came lately is less probable, above zero and below" {
              let options = SamplingOptions(Temperature = 0.0, RepetitionPenalty = 2.0, RepetitionWindow = 2)
              Expect.equal (chooseAfter [ 0; 0 ] [ 3.0f; 2.0f ] options 0.0) 1 "positive"
              Expect.equal (chooseAfter [ 0 ] [ -1.0f; -1.5f ] options 0.0) 1 "negative"
              Expect.equal (chooseAfter [ 0; 1; 1 ] [ 3.0f; 2.0f ] options 0.0) 0 "long ago"
          }

          test "options outside their range are refused by name" {
              for options, name in
                  [ SamplingOptions(Temperature = -1.0), "Temperature"
                    SamplingOptions(TopK = -1), "TopK"
                    SamplingOptions(TopP = 0.0), "TopP"
                    SamplingOptions(RepetitionPenalty = 0.0), "RepetitionPenalty" ] do
                  let refusal = Expect.throwsC (fun () -> choose [ 1.0f ] options 0.0 |> ignore) (fun error -> error)
                  Expect.stringContains refusal.Message name name
          } ]
