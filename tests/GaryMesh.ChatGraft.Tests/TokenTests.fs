module GaryMesh.ChatGraft.Tests.TokenTests

open System.Text
open Expecto
open FsCheck
open FsCheck.FSharp
open GaryMesh.ChatGraft
open GaryMesh.ChatLab.Language
open GaryMesh.Tests

let private text =
    "U: the cat sat on the mat, isn't it?\nG: it's the 42nd time!\nU: the cat\nG: the mat sat\n\n\
     U: Grüße aus Köln\nG: 数字と猫 🐈 the cat\n"

let private tokenizer = ChatTokenizer(Vocabulary.Learn(String.replicate 3 text, 330))

/// Texts of anything: every plane of Unicode, line breaks, marks of turns, controls.
type private AnyText =
    static member String() =
        let rune =
            Gen.oneof
                [ Gen.elements
                      [ "\nU:"; "\n\nG:"; " the"; "cat"; "'s"; "\r\n"; "\t"; "  "; "\u0000"; "\u200d"; "é"; "e\u0301" ]
                  Gen.choose (32, 126) |> Gen.map (Rune >> string)
                  Gen.choose (0, 0x10FFFF)
                  |> Gen.filter (fun point -> point < 0xD800 || point > 0xDFFF)
                  |> Gen.map (Rune >> string) ]

        Arb.fromGen (Gen.listOf rune |> Gen.map (String.concat ""))

let private anyText name (body: string -> bool) =
    testPropertyWithConfig
        { FsCheckConfig.defaultConfig with
            replay = replay
            maxTest = 500
            arbitrary = [ typeof<AnyText> ] }
        name
        body

[<Tests>]
let tests =
    testList
        "Tokens"
        [ anyText "every Unicode text comes back as it went in" (fun text ->
              tokenizer.Decode(tokenizer.Encode text) = text)

          anyText "token by token it comes back too, no character before its last byte" (fun text ->
              let stream = TokenText tokenizer
              let parts = [ for token in tokenizer.Encode text -> stream.Next token ]

              parts |> List.forall (fun part -> not (part.Contains '\uFFFD') || text.Contains '\uFFFD')
              && String.concat "" parts + stream.End() = text)

          anyText "the tokens' bytes are the text's" (fun text ->
              [| for token in tokenizer.Encode text do
                     yield! tokenizer.BytesOf(token).ToArray() |]
                  =
                  Encoding.UTF8.GetBytes text)

          test "half a surrogate pair is read as U+FFFD" {
              for broken, whole in [ "a\uD800b", "a\uFFFDb"; "\uDC00", "\uFFFD"; "🐈\uD83D", "🐈\uFFFD" ] do
                  Expect.equal (tokenizer.Decode(tokenizer.Encode broken)) whole "replaced"
          }

          test "the marks of turns, and what is frequent, are one token" {
              Expect.equal (tokenizer.Encode("\nU:").Length) 1 "a turn of the user"
              Expect.equal (tokenizer.Encode(" the").Length) 1 "a frequent word"
              Expect.equal (tokenizer.Encode("").Length) 0 "nothing"
              Expect.equal (tokenizer.Encode("\n")[0]) tokenizer.LineBreak "a line break"
          }

          test "the most frequent pair comes first, the smaller tokens where two are as frequent" {
              Expect.sequenceEqual
                  (Vocabulary.Learn("abab abab abab", 259))
                  [ struct (int 'a', int 'b'); struct (256, 256); struct (int ' ', 257) ]
                  "merges"

              Expect.sequenceEqual (Vocabulary.Learn("xy xy zw zw ab", 257)) [ struct (int ' ', int 'z') ] "a tie"
              Expect.isEmpty (Vocabulary.Learn("abc", 300)) "no pair occurs twice"
          }

          test "what is no vocabulary is refused" {
              let refusal action = (Expect.throwsC action (fun error -> error)).Message

              Expect.stringContains
                  (refusal (fun () -> ChatTokenizer [ struct (1, 300) ] |> ignore))
                  "1 and 300"
                  "a merge"

              Expect.stringContains (refusal (fun () -> Vocabulary.Learn("a", 12) |> ignore)) "256" "too few tokens"
              Expect.stringContains (refusal (fun () -> tokenizer.BytesOf(-1).ToArray() |> ignore)) "-1" "a token"
          } ]
