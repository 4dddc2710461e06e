/// The forms, patterns and phrases of the memory, each held against its own examples.
module GaryMesh.ChatGraft.Tests.EnglishTests

open Expecto
open GaryMesh.ChatGraft

let private ofKind kind = English.Blocks |> Seq.filter (fun block -> block.Kind = kind)

/// "said -> subject = value"
let private example (line: string) =
    match line.Split " -> " with
    | [| said; found |] ->
        match found.Split " = " with
        | [| subject; value |] -> said, subject, value
        | _ -> failtest $"'{line}' names no subject and value"
    | _ -> failtest $"'{line}' shows nothing found"

[<Tests>]
let tests =
    testList
        "English"
        [ testList
              "forms find subject and value in what they are made for, and nothing else"
              [ for form in ofKind "form" ->
                    test form.Name {
                        let pattern = English.PatternOf form
                        let likes, unlikes = List.ofSeq (form.Of "like"), List.ofSeq (form.Of "unlike")
                        Expect.isNonEmpty likes "an example"
                        Expect.isNonEmpty unlikes "a counterexample"

                        for said, subject, value in likes |> List.map example do
                            let found = pattern.Match said
                            Expect.isTrue found.Success said
                            Expect.equal (found.Groups["s"].Value, found.Groups["v"].Value) (subject, value) said

                            if Seq.isEmpty (form.Of "relation") then
                                Expect.notEqual found.Groups["r"].Value "" "the relation is open"

                        for said in unlikes do
                            Expect.isFalse (pattern.IsMatch said) said
                    } ]

          testList
              "patterns and phrases hear what they are made for, and nothing else"
              [ for block in Seq.append (ofKind "pattern") (ofKind "phrase") do
                    let first = Seq.head (block.Of "like")

                    test $"{block.Kind} {block.Name} ({first})" {
                        let pattern = English.PatternOf block

                        for said in block.Of "like" do
                            Expect.isTrue (pattern.IsMatch said) said

                        // What may be missing altogether is found in everything.
                        if not (pattern.IsMatch "") then
                            Expect.isNonEmpty (block.Of "unlike") "a counterexample"

                        for said in block.Of "unlike" do
                            Expect.isFalse (pattern.IsMatch said) said
                    } ]

          test "each pattern has one name, and each name in a pattern is a part" {
              let names = ofKind "pattern" |> Seq.map _.Name |> List.ofSeq
              Expect.equal names (List.distinct names) "names"

              for block in English.Blocks do
                  for text in Seq.append (block.Of "hears") (block.Of "cased") do
                      Expect.isFalse (System.Text.RegularExpressions.Regex.IsMatch(text, @"\{[a-z]")) text
          }

          test "what is no block is refused in a sentence that names the line" {
              Expect.throwsC
                  (fun () -> BlockText.Read("english.txt", [| "let" |], [| "is" |]) |> Seq.length |> ignore)
                  (fun refusal -> Expect.stringContains refusal.Message "is no line of 'english.txt'" "the sentence")
          } ]
