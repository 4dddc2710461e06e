/// The model that ships.
module GaryMesh.ChatGraft.Tests.ShippedTests

open System.IO
open Expecto
open GaryMesh.ChatGraft
open GaryMesh.Tests.DataFolder

[<Tests>]
let tests =
    testList
        "The model that ships"
        [ test "is gary-4-petite in at most 1.5 MB, with its origin in the file" {
              let model = ShippedModel.Read()
              Expect.equal model.Cortex.Shape.ParameterCount 656448 "parameters"
              Expect.equal model.Tokenizer.Vocabulary 2048 "tokens"

              use stream = nonNull (typeof<ChatModel>.Assembly.GetManifestResourceStream "gary-cortex.npz")

              Expect.isLessThan stream.Length 1_500_000L "bytes"

              for corpus in
                  [ "Synthetic-Persona-Chat"
                    "Taskmaster-3"
                    "Taskmaster-4"
                    "MultiWOZ 2.1"
                    "CamRest676"
                    "Personality Chat" ] do
                  Expect.stringContains model.About corpus "attribution"
          }

          test "answers a greeting, to the same words with the same seed" {
              let model = ShippedModel.Read()
              use packed = new PackedCortex(model.Cortex)

              let answer seed =
                  Generator.Complete(
                      packed,
                      model.Tokenizer,
                      "U: Hello! How are you?\nG:",
                      GenerationOptions(Seed = seed)
                  )

              let struct (text, _) = answer 1UL
              Expect.isGreaterThan (text.Trim().Length) 1 "words"
              Expect.equal (answer 1UL) (answer 1UL) "the same seed"
          }

          test "predicts dialogues it has not seen" {
              let text = File.ReadAllText(data [ "dialogue"; "dialogue_permissive_valid.txt" ])[..39_999]
              let model = ShippedModel.Read()
              use packed = new PackedCortex(model.Cortex)
              let score = Scoring.Score(packed, model.Tokenizer, text)
              Expect.equal score.Characters 40_000L "characters"
              Expect.isLessThan score.BitsPerCharacter 0.76 "bits a character"
          } ]
