module GaryMesh.ChatGraft.Tests.PassTests

open Expecto
open GaryMesh.ChatGraft
open GaryMesh.ChatGraft.Tests.Support
open GaryMesh.Tests

let private forward (pass: CortexPass) (tokens: int[]) length = pass.Forward(tokens, length)

let private readOne (reader: CortexReader) (token: int) = reader.Read(token).ToArray()

/// The hidden states and logits of every position, one array each.
let private run packed (grafting: Grafting | null) (tokens: int[]) length =
    let shape = (packed: PackedCortex).Cortex.Shape
    use pass = new CortexPass(packed, tokens.Length / length, length, grafting)
    forward pass tokens length

    pass.Hidden.ToArray() |> Array.chunkBySize shape.Width,
    Array.init tokens.Length (fun i -> pass.Logits(i / length, i % length).ToArray())

/// With the seed's lowest bit a graft, without it none.
let private graftingOf (shape: CortexShape) (seed: uint64) : Grafting | null =
    if seed % 2UL = 1UL then
        Grafting(NeighbourGraft(shape.Width, seed), int (seed / 2UL % uint64 (shape.Layers + 1)))
    else
        null

[<Tests>]
let tests =
    testList
        "Cortex"
        [ test "gary-4-petite has 656,448 parameters, eight layers 1,103,808" {
              Expect.equal (CortexShape().ParameterCount) 656448 "four layers"
              let eight = CortexShape(layers = 8)
              Expect.equal eight.ParameterCount 1103808 "eight"

              for shape in [ CortexShape(); eight; tinyShape ] do
                  let slices = Seq.toList shape.Slices
                  Expect.equal slices.Head.Offset 0 "the slices begin at 0"
                  Expect.isTrue (slices |> List.pairwise |> List.forall (fun (a, b) -> a.End = b.Offset)) "leave no gap"
                  Expect.equal (List.last slices).End shape.ParameterCount "and cover the vector"
          }

          property
              "no position feels a later one, with a graft or without"
              (fun seed (v, heads, head, layers, context) at ->
                  let shape = oddShape v heads head layers context
                  use packed = new PackedCortex(cortexOf shape seed)
                  let grafting = graftingOf shape seed
                  let tokens = tokensOf shape seed shape.Context
                  let from = 1 + abs (at % (shape.Context - 1))

                  let other =
                      tokens |> Array.mapi (fun i token -> if i < from then token else (token + 1) % shape.Vocabulary)

                  let hidden, logits = run packed grafting tokens shape.Context
                  let hidden', logits' = run packed grafting other shape.Context

                  hidden[.. from - 1] = hidden'[.. from - 1]
                  && logits[.. from - 1] = logits'[.. from - 1]
                  && hidden[from..] <> hidden'[from..])

          property
              "a batch is its sequences one by one, bit for bit"
              (fun seed (v, heads, head, layers, context) many ->
                  let shape = oddShape v heads head layers context
                  use packed = new PackedCortex(cortexOf shape seed)
                  let grafting = graftingOf shape seed
                  let many, length = 1 + abs (many % 5), shape.Context - 1
                  let tokens = tokensOf shape seed (many * length)
                  let hidden, logits = run packed grafting tokens length

                  tokens |> Array.chunkBySize length |> Array.forall (fun sequence -> Array.length sequence = length)
                  && (tokens |> Array.chunkBySize length |> Array.map (fun one -> run packed grafting one length))
                     |> fun alone -> Array.collect fst alone = hidden && Array.collect snd alone = logits)

          property
              "reading token by token, in pieces or at once is the same, bit for bit, and is the whole pass"
              (fun seed (v, heads, head, layers, context) cut ->
                  let shape = oddShape v heads head layers context
                  use packed = new PackedCortex(cortexOf shape seed)
                  let grafting = graftingOf shape seed
                  let tokens = tokensOf shape seed shape.Context
                  let expected = run packed grafting tokens shape.Context

                  let read (pieces: int[] list) =
                      use reader = new CortexReader(packed, grafting)

                      let parts =
                          pieces
                          |> List.map (fun piece ->
                              let hidden = Array.zeroCreate<float32>(piece.Length * shape.Width)
                              let logits = Array.zeroCreate<float32>(piece.Length * shape.Vocabulary)
                              let last = reader.Read(piece, hidden, logits).ToArray()
                              let logits = Array.chunkBySize shape.Vocabulary logits
                              Expect.equal last (Array.last logits) "what follows the last one"
                              Array.chunkBySize shape.Width hidden, logits)

                      Array.concat (List.map fst parts), Array.concat (List.map snd parts)

                  let at = 1 + abs (cut % (shape.Context - 1))

                  let hidden, logits = read [ tokens ]

                  close hidden (fst expected)
                  && close logits (snd expected)
                  && read [ tokens[.. at - 1]; tokens[at..] ] = (hidden, logits)
                  && read [ for token in tokens -> [| token |] ] = (hidden, logits))

          property
              "a window that is full goes on with its last half, however the tokens arrive"
              (fun seed (v, heads, head, layers, context) more ->
                  let shape = oddShape v heads head layers context
                  use packed = new PackedCortex(cortexOf shape seed)
                  let grafting = graftingOf shape seed
                  let tokens = tokensOf shape seed (shape.Context + 1 + abs (more % 40))
                  use one = new CortexReader(packed, grafting)
                  use all = new CortexReader(packed, grafting)

                  for token in tokens do
                      readOne one token |> ignore

                  let last = all.Read(tokens).ToArray()
                  let window = all.Window.ToArray()
                  let _, logits = run packed grafting window window.Length

                  last = one.Logits.ToArray()
                  && window = one.Window.ToArray()
                  && window = Array.skip (tokens.Length - window.Length) tokens
                  && close [| last |] [| Array.last logits |])

          test "what does not fit is refused with both sides named" {
              use packed = new PackedCortex(cortexOf tinyShape 1UL)
              use pass = new CortexPass(packed, 1, 7)
              use reader = new CortexReader(packed)
              let refusal action = (Expect.throwsC action (fun error -> error)).Message
              Expect.stringContains (refusal (fun () -> forward pass [| 17 |] 1)) "0 to 16" "a token"
              Expect.stringContains (refusal (fun () -> readOne reader 99 |> ignore)) "Token 99" "a token read"
              Expect.stringContains (refusal (fun () -> forward pass (Array.zeroCreate 14) 7)) "pass of 7" "too many"
              Expect.stringContains (refusal (fun () -> new CortexPass(packed, 1, 8) |> ignore)) "1 to 7" "too long"

              Expect.stringContains
                  (refusal (fun () -> new CortexPass(packed, 1, 7, Grafting(NeighbourGraft(9, 1UL), 1)) |> ignore))
                  "width 9"
                  "a graft of another width"

              Expect.stringContains
                  (refusal (fun () -> new CortexReader(packed, Grafting(NeighbourGraft(8, 1UL), 3)) |> ignore))
                  "0 to 2"
                  "a graft behind the last block"

              Expect.stringContains (refusal (fun () -> pass.BackwardFromLogits(null, null))) "training" "no adjoint"

              Expect.stringContains
                  (refusal (fun () -> Cortex(tinyShape, Array.zeroCreate 3) |> ignore))
                  $"{tinyShape.ParameterCount:N0}"
                  "parameters"

              Expect.stringContains
                  (refusal (fun () -> CortexShape(width = 10, heads = 4) |> ignore))
                  "width of 10"
                  "heads that do not divide"
          } ]
