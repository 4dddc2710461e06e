/// The learned reader: its gradient, and what it makes of free words.
module GaryMesh.ChatGraft.Tests.ReaderTests

open System
open System.Collections.Generic
open System.IO
open Expecto
open GaryMesh.ChatGraft
open GaryMesh.ChatLab
open GaryMesh.ChatLab.Facts
open GaryMesh.ChatLab.Readers

let private pairs half =
    ToldAsked.Read(Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "bench", "chat-lab", "Facts", "Pairs", half + ".tsv"))

let private heard (lines: string list) =
    let hearing = Hearing(EpisodicMemory())
    lines |> List.mapi (fun i line -> hearing.Hear(line, int64 (i + 1))) |> List.last

let private answer lines =
    match (heard lines).Answer with
    | null -> ""
    | text -> text

let private holds (pattern: Text.RegularExpressions.Regex | null) (said: string) =
    match pattern with
    | null -> false
    | pattern -> pattern.IsMatch said

/// A lesson of random numbers.
let private lesson (random: Random) width =
    let struct (parameters, answers, relations, acts) = ReaderAdjoint<float>.Sizes width
    let numbers count = Array.init count (fun _ -> random.NextDouble() - 0.5)

    let line words =
        SeenLine<float>(numbers (words * width), Array.init words (fun i -> i <> 1), Array.init words (fun i -> i = 0))

    let lesson =
        ReaderLesson<float>(
            [| line 3; line 4; line 2; line 3; line 2 |],
            3,
            [| AskedLine<float>(3, [| numbers answers; numbers answers; numbers answers |], [| 0; 2 |])
               AskedLine<float>(4, [| numbers answers; numbers answers; numbers answers |], [||]) |],
            [| RelatedLines<float>(1, 0, numbers relations, numbers acts, 2)
               RelatedLines<float>(0, 1, numbers relations, numbers acts, 0) |],
            [| struct (numbers acts, 1); struct (numbers acts, 3) |]
        )

    numbers parameters, lesson

[<Tests>]
let tests =
    testList
        "reader"
        [ test "each template of free talk is filled" {
              let talk = FreeTalk.Shipped

              for number, block in Seq.indexed talk.Blocks do
                  Expect.isNonEmpty block.Tells $"told in block {number + 1}"
                  let slots, dice = Dictionary<string, string>(), Dice(7UL, number)

                  for template in Seq.concat [ block.Tells; block.Asks; block.Misses; block.Corrections ] do
                      let said = talk.Fill(template, slots, dice)
                      Expect.isFalse (said.Contains '{' || said.Contains '}') said
          }

          test "a word stands in one family, and is thought of from one line" {
              let lines (name: string) (head: string) =
                  use stream = nonNull (typeof<Fact>.Assembly.GetManifestResourceStream name)
                  use reader = new StreamReader(stream)

                  [ for line in reader.ReadToEnd().Split '\n' do
                        if line.StartsWith(head + ": ", StringComparison.Ordinal) then
                            line[head.Length + 2 ..].Split(' ', StringSplitOptions.RemoveEmptyEntries) ]

              let twice words = words |> Seq.countBy id |> Seq.filter (fun (_, times) -> times > 1) |> Seq.map fst
              Expect.isEmpty (twice (Seq.concat (lines "lexicon.txt" "family"))) "words of two families"
              Expect.isEmpty (twice (lines "thesaurus.txt" "near" |> Seq.map Array.head)) "heads of two lines"
          }

          test "the gradient of a lesson agrees with central differences" {
              let random = Random 5
              let width = 6
              let parameters, lesson = lesson random width
              let sums = Array.zeroCreate parameters.Length
              ReaderAdjoint<float>.Run(parameters, width, lesson, sums) |> ignore

              let loss change place =
                  let moved = Array.copy parameters
                  moved[place] <- moved[place] + change
                  ReaderAdjoint<float>.Run(moved, width, lesson, [||])

              for _ in 1..200 do
                  let place = random.Next parameters.Length
                  let difference = (loss 1e-5 place - loss -1e-5 place) / 2e-5
                  Expect.floatClose { absolute = 1e-7; relative = 1e-5 } sums[place] difference $"parameter {place}"
          }

          test "the development pairs share no sentence with the second half" {
              let sentences half = set [ for pair in pairs half -> pair.Told, pair.Question ]

              for other in [ "development"; "validation" ] do
                  Expect.isEmpty (Set.intersect (sentences other) (sentences "after")) $"{other} written apart"
          }

          test "what is told of somebody's brother says nothing of themselves" {
              let told = "Leonie's brother is a pilot"
              Expect.isFalse ((answer [ told; "What does Leonie do for work?" ]).Contains "pilot") "of Leonie"
              Expect.stringContains (answer [ told; "What does Leonie's brother do?" ]) "pilot" "of her brother"
          }

          test "the two halves of the pairs share no sentence" {
              let sentences half = set [ for pair in pairs half -> pair.Told, pair.Question ]
              Expect.isEmpty (Set.intersect (sentences "before") (sentences "after")) "written apart"
              Expect.isGreaterThan ((pairs "before").Length + (pairs "after").Length) 300 "they are there"
          }

          test "of what is told in free words most is found, and most of what was never told declined" {
              for half in [ "before"; "after" ] do
                  let told, never = pairs half |> Array.partition (fun pair -> not (isNull pair.Must))

                  let found =
                      told
                      |> Array.filter (fun pair ->
                          let said = answer [ yield! pair.Told; pair.Question ]
                          holds pair.Must said && not (holds pair.MustNot said))

                  let declined =
                      never |> Array.filter (fun pair -> (heard [ yield! pair.Told; pair.Question ]).Abstained)

                  Expect.isGreaterThan
                      (float found.Length / float told.Length)
                      0.7
                      $"{half}: {found.Length} of {told.Length}"

                  Expect.isGreaterThan
                      (float declined.Length / float never.Length)
                      0.7
                      $"{half}: {declined.Length} of {never.Length}"
          }

          testList
              "what is no fact of the user's is not taken for one"
              [ for lines in
                    [ [ "In the film the hero says: my name is Maximus."; "What's my name?" ]
                      [ "He said: I live in Prague."; "Where do I live?" ]
                      [ "Suppose my code was 9999, would that be safe?"; "What is my code?" ]
                      [ "Imagine I lived in Tokyo."; "Where do I live?" ] ] ->
                    test (List.head lines) { Expect.isEmpty (heard lines).Recalled $"{(heard lines).Answer}" } ]

          testList
              "the newest sentence about a thing counts"
              [ for lines, right, wrong in
                    [ [ "my favourite band is Radiohead"
                        "nah scratch that, it's Portishead"
                        "what's my favourite band?" ],
                      "Portishead",
                      "Radiohead"
                      [ "My phone number is 555-0142."; "I got a new number: 555-0199"; "what's my phone number?" ],
                      "0199",
                      "0142"
                      [ "the meeting is at 3pm"; "actually it got pushed to 4:30"; "when is the meeting?" ],
                      "4:30",
                      "3pm"
                      [ "Remember: the safe code is 8842."; "no wait, 8824"; "what's the safe code?" ], "8824", "8842" ] ->
                    test lines[1] {
                        let said = answer lines
                        Expect.stringContains said right "the newest"
                        Expect.isFalse (said.Contains wrong) said
                    } ]

          testList
              "how it is written makes no difference"
              [ for told, asked, value in
                    [ "my brohter works at the post office", "where does my brother work?", "post office"
                      "Zoe\u0308 is my flatmate", "who is Zo\u00eb?", "flatmate"
                      "my sister is called Ada", "whats my sisters name", "Ada"
                      "im allergic to cats", "what am i allergic to", "cats" ] ->
                    test told { Expect.stringContains (answer [ told; asked ]) value asked } ] ]
