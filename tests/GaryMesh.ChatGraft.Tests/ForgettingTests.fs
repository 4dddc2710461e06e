/// What was told once, corrected or forgotten stays so: in the file, in conversations, in answers and in what is replayed.
module GaryMesh.ChatGraft.Tests.ForgettingTests

open System
open System.Collections.Generic
open System.IO
open System.Text
open System.Threading
open Expecto
open GaryMesh.ChatGraft
open GaryMesh.ChatGraft.Commands
open GaryMesh.ChatGraft.Tests.BrainTests
open GaryMesh.ChatGraft.Tests.ChatTests
open GaryMesh.Tests
open Microsoft.Extensions.AI

let private opened (brain: Brain | null) =
    new ChatSession((fun () -> model), brain, PlasticMemory.Random(16, 1UL), Settings = ChatSettings(SmallTalk = false))

let private held run =
    withFolder (fun path ->
        use brain = Brain.Open path
        use talk = opened brain
        run path brain talk)

let private say (talk: ChatSession) (text: string) = talk.Say(text).Whole()
let private saying (talk: ChatSession) texts = texts |> List.iter (say talk >> ignore)

let private values (talk: ChatSession) = [ for fact in talk.Memory.Facts -> fact.Told.Value ]

/// Whether a file holds a text, in any page of it.
let private holds (path: string) (text: string) =
    // The brain is locked against programs, not against reading.
    use file =
        new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite ||| FileShare.Delete)

    use bytes = new MemoryStream()
    file.CopyTo bytes
    Encoding.Latin1.GetString(bytes.ToArray()).Contains(text, StringComparison.OrdinalIgnoreCase)

let private user (text: string) = ChatMessage(ChatRole.User, text)
let private chat (text: string) = ChatMessage(ChatRole.Assistant, text)

/// A conversation that a caller keeps and sends whole each time.
type private Thread(client: IChatClient) =
    let messages = List<ChatMessage>()

    member _.Say(text: string) =
        messages.Add(user text)
        let answer = client.GetResponseAsync(messages).GetAwaiter().GetResult()
        messages.AddRange answer.Messages
        answer.Text

    /// The last messages alone, as a reducer sends them.
    member _.Window(count: int, text: string) =
        let window = [ yield! messages |> Seq.skip (max 0 (messages.Count - count)); user text ]
        client.GetResponseAsync(window).GetAwaiter().GetResult().Text

let private threads run =
    use talk = opened null
    use client = new GaryChatClient(talk)
    run talk (fun () -> Thread client)

let private notTold (text: string) = not (text.Contains("48209913", StringComparison.Ordinal))

/// What people say about something that they will want forgotten.
let private tellings (x: string) =
    [ $"My locker code is {x}."
      $"I was diagnosed with {x} in May."
      $"do you know what {x} is?"
      $"Is my {x} contagious?"
      $"My dog is called {x}."
      $"Please remember that {x} is my favourite tea."
      $"well, {x}... and so on"
      $"What's {x}'s code?" ]

let private others =
    [ "My sister is called Ada."
      "I live in Rome."
      "I live in Oslo now."
      "Hello"
      "Where do I live?"
      "What is my sister called?" ]

/// What comes to pass in a random conversation.
type Step =
    | Tell of which: int
    | Other of which: int
    | NewThread
    | Switch of thread: int
    | Windowed of turns: int

[<Tests>]
let tests =
    testList
        "forgetting"
        [ test "letters that look alike are one word, and a path is said back as it was told" {
              for told, asked, answer in
                  [ "My friend Zo\u00eb lives in Rome.", "Where does Zoe\u0308 live?", "Rome"
                    "My friend Zoe\u0308 lives in Rome.", "Where does Zo\u00eb live?", "Rome"
                    "My dog is called Rex.", "What is my \uff44\uff4f\uff47 called?", "Rex"
                    "My \ufb01sh is called Rex.", "What is my fish called?", "Rex"
                    "My dog is called Rex.", "What is my do\u200dg called?", "Rex"
                    "My vault is at /home/me/MyVault.", "Where is my vault?", "/home/me/MyVault"
                    "i work at Shell", "where do i work?", "You work at Shell." ] do
                  use talk = opened null
                  say talk told |> ignore
                  Expect.stringContains (say talk asked) answer told
          }

          test "a replayed conversation does not bring back what was forgotten" {
              threads (fun talk thread ->
                  let a = thread ()
                  a.Say "My locker code is 48209913." |> ignore
                  talk.Forget "locker" |> ignore
                  a.Say "Hello" |> ignore
                  Expect.isEmpty talk.Memory.Facts "no fact"
                  Expect.isTrue (notTold (a.Say "What is my locker code?")) "no answer"
                  let b = thread ()
                  a.Say "My locker code is 48209913." |> ignore
                  b.Say "Please forget my locker code." |> ignore
                  Expect.isEmpty talk.Memory.Facts "forgotten on request"
                  a.Say "And now?" |> ignore
                  b.Say "And now?" |> ignore
                  Expect.isEmpty talk.Memory.Facts "for good"

                  Expect.isTrue
                      (talk.History |> Seq.forall (fun (struct (_, text)) -> notTold text))
                      "nor in what is read")
          }

          test "a replayed conversation neither tells twice nor undoes a correction" {
              threads (fun talk thread ->
                  let a, b = thread (), thread ()
                  a.Say "I live in Rome." |> ignore
                  b.Say "I live in Oslo now." |> ignore

                  for _ in 1..5 do
                      a.Say "Hello" |> ignore
                      b.Window(1, "Hello again") |> ignore
                      a.Window(3, "Go on") |> ignore

                  Expect.equal (values talk) [ "Oslo" ] "the newest"
                  Expect.isLessThanOrEqual (talk.Memory.Facts[0].StrengthAt talk.Age) 1.0 "told once"
                  Expect.equal (a.Say "Where do I live?") "You live in Oslo." "answered")
          }

          test "what is told anew after a forgetting is known again" {
              threads (fun talk thread ->
                  let a = thread ()
                  a.Say "My locker code is 48209913." |> ignore
                  talk.Forget "locker" |> ignore
                  a.Say "My locker code is 48209913." |> ignore
                  Expect.equal (a.Say "What is my locker code?") "Your locker code is 48209913." "known")
          }

          test "forgetting takes the request, former values and every turn that names it out of the file" {
              held (fun path brain talk ->
                  saying
                      talk
                      [ "I was diagnosed with lupussy in May."
                        "do you know what lupussy is?"
                        "is my lupussy contagious?"
                        "My PIN is 48213377."
                        "Actually, my PIN is 99112244."
                        "so 48213377 was wrong"
                        "My niece is called Vanesska."
                        "Please forget everything about Vanesska." ]

                  talk.Forget "lupussy" |> ignore
                  talk.Forget "PIN" |> ignore

                  for word in [ "lupussy"; "48213377"; "99112244"; "Vanesska" ] do
                      Expect.isFalse (holds path word) $"{word} in the file"

                      Expect.isFalse
                          (talk.History |> Seq.exists (fun (struct (_, text)) -> text.Contains word))
                          $"{word} in the conversation"

                  Expect.isEmpty (brain.ReadFacts()) "no facts")
          }

          test "without a brain forgetting takes the turns out of the conversation, too" {
              use talk = opened null
              saying talk [ "My locker code is 48209913."; "So 48209913 it is." ]
              talk.Forget "locker" |> ignore
              Expect.isTrue (talk.History |> Seq.forall (fun (struct (_, text)) -> notTold text)) "gone"
          }

          test "a forgetting is undone until the session ends" {
              held (fun path brain talk ->
                  saying talk [ "Hello"; "My locker code is 48209913."; "My dog is called Rex." ]
                  let before = talk.History, brain.ReadFacts(), brain.ReadTurns()
                  Expect.isNull (talk.Undo()) "nothing yet"
                  talk.Forget "locker" |> ignore
                  talk.Forget "dog" |> ignore
                  Expect.equal (nonNull (talk.Undo())).Count 1 "the dog"
                  Expect.equal (nonNull (talk.Undo())).Count 1 "the locker"
                  Expect.isNull (talk.Undo()) "no more"
                  let history, facts, turns = before
                  Expect.sequenceEqual talk.History history "the conversation"
                  Expect.sequenceEqual (brain.ReadFacts()) facts "the facts"
                  Expect.sequenceEqual (brain.ReadTurns()) turns "the buffer")
          }

          test "more than one fact is forgotten only when it is asked for twice" {
              use talk = opened null
              saying talk [ "My dog is called Rex."; "My dog sleeps in the Blue Room." ]
              Expect.stringContains (say talk "Please forget my dog.") "Rex" "what would go"
              Expect.hasLength talk.Memory.Facts 2 "nothing went"
              say talk "Please forget my dog." |> ignore
              Expect.isEmpty talk.Memory.Facts "confirmed"
              use output = new StringWriter()
              let console = ChatConsole(talk, null, output, CancellationToken.None)
              saying talk [ "My dog is called Rex."; "My cat is called Tom." ]
              console.Take "/forget called" |> ignore
              Expect.hasLength talk.Memory.Facts 2 "listed"
              Expect.stringContains (output.ToString()) "your cat is called Tom" "what would go"
              console.Take "/forget called" |> ignore
              Expect.isEmpty talk.Memory.Facts "confirmed"
              console.Take "/undo" |> ignore
              Expect.hasLength talk.Memory.Facts 2 "back"
          }

          test "forgetting and listing work as people say it" {
              for request, left in
                  [ "forget that", [ "Rex" ]
                    "Forget what I just told you.", [ "Rex" ]
                    "don't remember my locker code", [ "Rex" ] ] do
                  use talk = opened null
                  saying talk [ "My dog is called Rex."; "My locker code is 48209913."; request ]
                  Expect.equal (values talk) left request

              use talk = opened null
              saying talk [ "My dog is called Rex."; "My locker code is 48209913." ]
              let listed = say talk "What do you know about me?"
              Expect.isTrue (listed.Contains "Rex" && listed.Contains "48209913") listed

              Expect.stringContains
                  (say talk "Tell me everything you know about Rex.")
                  "your dog is called Rex"
                  "of one"

              saying talk [ "Delete everything you know about me."; "Delete everything you know about me." ]
              Expect.isEmpty talk.Memory.Facts "all"
              Expect.hasLength talk.History 1 "nothing but that it is done"
          }

          test "a fact knows its turn, conversation, day and user, also after opening again" {
              withFolder (fun path ->
                  let clock =
                      { new TimeProvider() with
                          override _.GetUtcNow() = DateTimeOffset(2026, 3, 4, 12, 0, 0, TimeSpan.Zero)
                          override _.LocalTimeZone = TimeZoneInfo.Utc }

                  using (Brain.Open path) (fun brain ->
                      use talk =
                          new ChatSession(
                              (fun () -> model),
                              brain,
                              PlasticMemory.Random(16, 1UL),
                              Clock = clock,
                              Settings = ChatSettings(SmallTalk = false)
                          )

                      saying talk [ "Hello"; "My exam is tomorrow." ]
                      talk.SwitchUser "kim"
                      saying talk [ "My dog is called Rex." ])

                  use brain = Brain.Open path
                  let facts = brain.ReadFacts()
                  Expect.equal [ for fact in facts -> fact.User ] [ ""; "kim" ] "users"
                  Expect.equal [ for fact in facts -> fact.Turn ] [ 2L; 3L ] "turns"
                  Expect.equal [ for fact in facts -> fact.Conversation ] [ 1L; 2L ] "conversations"
                  Expect.all facts (fun fact -> fact.Day = DateOnly(2026, 3, 4)) "day"
                  use talk = opened brain
                  Expect.stringContains (say talk "When is my exam?") "told on 4 March 2026" "an old tomorrow"
                  Expect.equal talk.Memory.Count 1 "the owner's alone")
          }

          test "a failed write leaves the session where the file is" {
              held (fun path brain talk ->
                  say talk "My dog is called Rex." |> ignore
                  let bytes = File.ReadAllBytes path
                  File.Delete path

                  for call in
                      [ fun () -> talk.Say "My cat is called Tom." |> ignore
                        fun () -> talk.Remember "my code is 48209913" |> ignore
                        fun () -> talk.Forget "dog" |> ignore
                        fun () -> talk.Say "Please forget my dog." |> ignore ] do
                      Expect.throwsC call (fun refusal ->
                          Expect.equal (refusal.GetType()) typeof<BrainException> "refused"
                          Expect.stringContains refusal.Message "deleted" "it says why")

                  Expect.equal (values talk) [ "Rex" ] "as the file was"
                  Expect.equal (talk.Age, talk.History.Count) (1L, 2) "nothing was said"
                  File.WriteAllBytes(path, bytes)
                  Expect.equal (values talk) [ "Rex" ] "still")
          }

          test "facts are exported and imported, and what was forgotten stays so" {
              use talk = opened null
              saying talk [ "My dog is called Rex."; "My locker code is 48209913." ]
              talk.SwitchUser "kim"
              say talk "My name is Kim." |> ignore
              talk.SwitchUser ""
              let json = talk.Export()
              Expect.stringContains json "Rex" "readable"
              Expect.equal (talk.Import json) 0 "known"
              talk.Forget "locker" |> ignore
              Expect.equal (talk.Import json) 0 "nor back"

              held (fun _ brain other ->
                  Expect.equal (other.Import json) 3 "all"
                  Expect.equal (other.Import json) 0 "once"
                  Expect.equal (say other "What is my locker code?") "Your locker code is 48209913." "the owner's"
                  Expect.equal (brain.ReadFacts()).Count 3 "kept"
                  other.SwitchUser "kim"
                  Expect.equal (say other "What is my name?") "Your name is Kim." "the other's")

              for text in [ ""; "{"; "{}"; "[null]"; "[{}]"; "[1]" ] do
                  Expect.throwsT<InvalidDataException> (fun () -> talk.Import text |> ignore) text
          }

          test "what was forgotten stays so after opening again" {
              withFolder (fun path ->
                  let history =
                      [ user "My locker code is 48209913."; chat "I see."; user "My locker code is still 48209913!" ]

                  let replayed (messages: ChatMessage list) =
                      use brain = Brain.Open path
                      use talk = opened brain
                      use client = new GaryChatClient(talk) :> IChatClient

                      client
                          .GetResponseAsync([ yield! messages; chat "I see."; user "Hello" ])
                          .GetAwaiter()
                          .GetResult()
                      |> ignore

                      talk.Forget "48209913" |> ignore

                  replayed history

                  for messages in
                      [ history; [ user "48209913 it is, my locker code" ]; [ chat "Your locker code is 48209913." ] ] do
                      using (Brain.Open path) (fun brain ->
                          use talk = opened brain
                          use client = new GaryChatClient(talk) :> IChatClient

                          client.GetResponseAsync([ yield! messages; user "Hello" ]).GetAwaiter().GetResult()
                          |> ignore

                          Expect.isEmpty talk.Memory.Facts "not back")

                      Expect.isFalse (holds path "48209913") "nor in the file")
          }

          test "facts are rescued from a brain whose weights are damaged" {
              withFolder (fun path ->
                  using (Brain.Open path) (fun brain ->
                      using (opened brain) (fun talk -> say talk "My dog is called Rex." |> ignore)
                      brain.Commit(BrainChange(Weights = readOnlyDict [ "cortex", [| 1uy |] ])) |> ignore
                      Expect.throws (fun () -> (opened brain).Dispose()) "no chat")

                  use output = new StringWriter()
                  use error = new StringWriter()

                  Expect.equal
                      (CommandLine.Run([| "facts"; "--brain"; path |], output, error, CancellationToken.None))
                      0
                      (error.ToString())

                  use talk = opened null
                  Expect.equal (talk.Import(output.ToString())) 1 "read by another"
                  Expect.equal (values talk) [ "Rex" ] "as it was")
          }

          test "a brain is copied while it is open, without what was deleted" {
              held (fun path brain talk ->
                  saying talk [ "My dog is called Rex."; "My locker code is 48209913." ]
                  brain.Backup(path + ".copy")
                  talk.Forget "locker" |> ignore
                  brain.Backup(path + ".later")
                  Expect.throwsT<BrainException> (fun () -> brain.Backup(path + ".later")) "not over another"
                  Expect.isFalse (holds (path + ".later") "48209913") "gone"
                  use copy = Brain.Open(path + ".copy")
                  Expect.equal (copy.ReadFacts()).Count 2 "as it was"
                  Expect.equal (copy.ReadTurns()).Count 4 "all of it")
          }

          test "an empty file is said to have been one" {
              withFolder (fun path ->
                  File.WriteAllBytes(path, [||])
                  Expect.isTrue (using (Brain.Open path) _.WasEmpty) "empty"
                  Expect.isFalse (using (Brain.Open path) _.WasEmpty) "no longer"
                  Expect.isFalse (using (Brain.Open(path + "2")) _.WasEmpty) "nor a new one")
          }

          test "a brain of the first format opens, and what it heard is not told again" {
              withFolder (fun path ->
                  File.Copy(Path.Combine(__SOURCE_DIRECTORY__, "fixtures", "format-1.brain"), path)
                  use brain = Brain.Open path
                  use talk = opened brain
                  Expect.equal (values talk) [ "Buddy"; "Oslo"; "4821"; "7731" ] "its facts"
                  Expect.equal talk.Age 6L "its age"
                  use client = new GaryChatClient(talk) :> IChatClient

                  client
                      .GetResponseAsync([ user "I live in Rome."; chat "I see."; user "Hello" ])
                      .GetAwaiter()
                      .GetResult()
                  |> ignore

                  Expect.equal (say talk "Where do I live?") "You live in Oslo." "not undone"
                  talk.Forget "PIN" |> ignore
                  Expect.isFalse (holds path "4821") "and forgets as a new one does")
          }

          property
              "after a forgetting no byte of it is in the file, the conversation, an answer or what is replayed"
              (fun (steps: Step list) (afterwards: Step list) ->
                  let secret = "Zqxvorna"

                  held (fun path brain talk ->
                      talk.Settings <- ChatSettings(MaxTokens = 3, SmallTalk = false)
                      use client = new GaryChatClient(talk) :> IChatClient
                      let threads = List [ Thread client ]
                      let mutable current = threads[0]
                      let pick (list: 'a list) i = list[abs (i % list.Length)]

                      let play step =
                          match step with
                          | Tell which -> current.Say(pick (tellings secret) which)
                          | Other which -> current.Say(pick others which)
                          | Windowed turns -> current.Window(abs (turns % 8), "Go on")
                          | NewThread ->
                              current <- Thread client
                              threads.Add current
                              ""
                          | Switch thread ->
                              current <- threads[abs (thread % threads.Count)]
                              ""

                      for step in List.truncate 10 steps do
                          play step |> ignore

                      let lastHome =
                          [ for fact in talk.Memory.Facts do
                                if fact.Told.Sentence.Contains "live" then
                                    fact.Told.Value ]

                      talk.Forget secret |> ignore

                      let clean where (text: string) =
                          Expect.isFalse (text.Contains(secret, StringComparison.OrdinalIgnoreCase)) where

                      let check () =
                          for struct (_, text) in talk.History do
                              clean "the conversation" text

                          for turn in brain.ReadTurns() do
                              clean "the buffer" turn.Text

                          clean "the facts" (talk.Export())
                          Expect.isFalse (holds path secret) "the file"

                      check ()

                      for thread in threads do
                          clean "an answer" (thread.Say "Hello")
                          clean "an answer" (thread.Say "What is my locker code?")
                          check ()

                      let home =
                          [ for fact in talk.Memory.Facts do
                                if fact.Told.Sentence.Contains "live" then
                                    fact.Told.Value ]

                      Expect.equal home lastHome "no correction is undone"

                      for step in List.truncate 5 afterwards do
                          match step with
                          | Tell _ -> ()
                          | step -> clean "an answer" (play step)

                      check ())) ]
