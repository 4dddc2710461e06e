/// What the episodic memory makes of what is said to it.
module GaryMesh.ChatGraft.Tests.MemoryTests

open Expecto
open FsCheck
open GaryMesh.ChatGraft
open GaryMesh.ChatLab.Facts

let private hearing () =
    let memory = EpisodicMemory()
    memory, Hearing memory

/// Says lines to a fresh memory; the effect of the last one.
let private after (lines: string list) =
    let _, hearing = hearing ()
    lines |> List.mapi (fun i line -> hearing.Hear(line, int64 (i + 1))) |> List.last

let private answer lines =
    match (after lines).Answer with
    | null -> ""
    | text -> text

let private told =
    [ "My dog is called Buddy.", "What's my dog's name?", "Buddy"
      "by the way, my sister's name is Zorvanna", "who is my sister?", "Zorvanna"
      "I live in Lisbon.", "Which city do I live in?", "Lisbon"
      "The code for the garage is 4821", "what's the garage code?", "4821"
      "Zorbin works at Quillfax.", "Where does Zorbin work?", "Quillfax"
      "I was born on 3 May 1987", "When was I born?", "3 May 1987"
      "My favourite colour is teal", "what is my favorite color?", "teal"
      "I have a cat. Her name is Minka.", "how is my cat called?", "Minka"
      "I'm allergic to peanuts", "do you remember what I am allergic to?", "peanuts"
      "Please remember that the meeting is at half past four.", "When is the meeting?", "half past four"
      "I like every tea, but Zorvan is my favourite.", "Which tea do I like best?", "Zorvan"
      "I finally have a cockatoo! I call it Zorvan.", "what's the name of my cockatoo?", "Zorvan"
      "I had lunch with Zorvanna today, that's my landlord.", "Who is my landlord?", "Zorvanna"
      "My guitar is kept in the Zorvan, okay?", "I can't find my guitar, where is it?", "Zorvan"
      "They named me Zorvanna, and I've always liked it.", "Would you mind telling me my name?", "Zorvanna"
      "Fiorella took a job at Quillfax.", "Fiorella's employer, who is it?", "Quillfax"
      "My office door is secured with 3474.", "What's the code of my office door?", "3474"
      "You know what my favourite tree is? Zorvan!", "what is my favourite tree?", "Zorvan"
      "Мой... my friend is called Łukasz", "What is my friend called?", "Łukasz" ]

let private strangers =
    [ "What is my cat called?"
      "My cat, what's its name?"
      "I lost my wallet, where is it?"
      "Could you help me with the name of my cat?"
      "Where does my brother live?"
      "What is the code for the safe?"
      "What's my favourite food?"
      "When is my birthday?" ]

[<Tests>]
let tests =
    testList
        "episodic memory"
        [ testList
              "what is told is answered"
              [ for tell, ask, value in told ->
                    test $"{tell} {ask}" {
                        let said = answer [ tell; "It is raining here."; ask ]
                        Expect.isTrue (MemoryMeasure.Says(said, value)) $"'{said}' holds {value}"
                    } ]

          testList
              "what was never told is declined"
              [ for ask in strangers ->
                    test ask {
                        let effect = after [ "My dog is called Buddy."; "I live in Lisbon."; ask ]
                        Expect.isTrue effect.Abstained $"{effect.Answer}"
                    } ]

          testList
              "small talk is left to the cortex"
              [ for line in
                    [ "How are you?"
                      "I want a latte"
                      "Can you recommend a book?"
                      "What is your favourite film?"
                      "Can you help me with my homework?"
                      "How do I make pancakes?"
                      "What should I name my boat?"
                      "What's the capital of France?" ] -> test line { Expect.isNull (after [ line ]).Answer line } ]

          test "the chat lines of all templates are hardly ever answered from memory or declined" {
              let taken, lines = ResizeArray<string>(), ResizeArray<string>()

              for templates in [ FactTemplates.Tuning; FactTemplates.HeldOut ] do
                  let memory, hearing = hearing ()

                  for i in 0 .. templates.Kinds.Count - 1 do
                      hearing.Hear(templates.Draw(9UL, i).Tell, int64 i) |> ignore

                  for line in templates.Chat do
                      let effect = Hearing(EpisodicMemory memory.Facts).Hear(line, 500L)
                      lines.Add line

                      if effect.Recalled.Count > 0 || effect.Abstained then
                          taken.Add line

              Expect.isLessThan (float taken.Count / float lines.Count) 0.02 (String.concat "; " taken)
          }

          test "templates of one's own need a way of telling and of asking each kind" {
              Expect.throwsT<System.IO.InvalidDataException>
                  (fun () -> FactTemplates.Parse "kind pet name: dog\ntell: My {s} is {v}.\nchat: Hello." |> ignore)
                  "no way of asking"
          }

          test "the second value of a thing that has one takes the place of the first" {
              Expect.equal
                  (answer [ "I live in Lisbon"; "I live in Porto"; "where do I live?" ])
                  "You live in Porto."
                  "the later home"
          }

          test "a bare correction gives the last fact another value" {
              Expect.stringContains
                  (answer [ "My dog is called Buddy."; "Actually, it is Max."; "What is my dog called?" ])
                  "Max"
                  "corrected"
          }

          test "several likes are kept beside each other" {
              let said = answer [ "I like chess"; "I like tea"; "what do I like?" ]
              Expect.isTrue (said.Contains "chess" && said.Contains "tea") said
          }

          test "what is forgotten on request is gone" {
              let memory, hearing = hearing ()
              hearing.Hear("My dog is called Buddy.", 1L) |> ignore
              let effect = hearing.Hear("Please forget my dog.", 2L)
              Expect.equal effect.Forgotten.Count 1 "one fact"
              Expect.equal memory.Count 0 "none is left"
              Expect.isTrue (hearing.Hear("What is my dog called?", 3L)).Abstained "declined"
          }

          test "what stood beside the forgotten in one sentence stays, without it" {
              let memory, hearing = hearing ()
              hearing.Hear("My dog is called Buddy and I live in Lisbon.", 1L) |> ignore
              hearing.Hear("We have a cat, her name is Minka.", 2L) |> ignore
              hearing.Hear("Please forget my dog.", 3L) |> ignore
              hearing.Hear("Please forget my cat.", 4L) |> ignore
              let kept = memory.Facts |> Seq.map _.Told.Sentence |> String.concat "; "
              Expect.equal kept "I live in Lisbon" "only the home"
          }

          test "strength halves in 200 turns and grows by one with a recall" {
              let memory, hearing = hearing ()
              hearing.Hear("My dog is called Buddy.", 0L) |> ignore
              Expect.floatClose Accuracy.high (memory.Facts[0].StrengthAt 200L) 0.5 "half"
              hearing.Hear("What is my dog called?", 200L) |> ignore
              Expect.floatClose Accuracy.high (memory.Facts[0].StrengthAt 200L) 1.5 "and one more"
          }

          test "a question about the chat is not answered with the user's affairs" {
              Expect.isNull
                  (after [ "My dog is called Buddy."; "What is your dog called?" ]).Answer
                  "left to the cortex"
          }

          testProperty "any text is heard without an exception" (fun (lines: string list) ->
              let _, hearing = hearing ()

              lines
              |> List.iteri (fun i line -> hearing.Hear((if isNull (box line) then "" else line), int64 i) |> ignore))

          test "the sets of templates share no sentence" {
              let sentences (templates: FactTemplates) =
                  set
                      [ for kind in templates.Kinds do
                            yield! kind.Tells
                            yield! kind.Asks
                        yield! templates.Chat ]

              let tuning, heldOut = sentences FactTemplates.Tuning, sentences FactTemplates.HeldOut
              Expect.isGreaterThan heldOut.Count 50 "they are there"
              let shared = Set.intersect tuning heldOut
              Expect.isEmpty shared "held out"
          } ]
