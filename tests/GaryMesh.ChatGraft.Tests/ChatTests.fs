/// A chat over a tiny untrained cortex: what holds for any weights.
module GaryMesh.ChatGraft.Tests.ChatTests

open System
open System.Collections.Generic
open System.IO
open System.Threading
open Expecto
open GaryMesh.ChatGraft
open GaryMesh.ChatGraft.Commands
open GaryMesh.ChatGraft.Tests.BrainTests
open GaryMesh.ChatLab.Brains
open Microsoft.Extensions.AI
open Microsoft.Extensions.DependencyInjection

let model =
    let shape = CortexShape(vocabulary = 256, width = 16, heads = 2, layers = 1, context = 32)
    ChatModel(Cortex.Random(shape, 1UL), ChatTokenizer([||]: struct (int * int)[]), "untrained")

/// A graft that says something.
let graft =
    let graft = MeshGraft(MeshGraftShape(Width = 16, Channels = 3, Hidden = 5), 4UL)

    for i in 0 .. graft.Parameters.Length - 1 do
        graft.Parameters[i] <- float32 (sin (float i))

    graft

let private session (brain: Brain | null) =
    new ChatSession((fun () -> model), brain, PlasticMemory.Random(16, 1UL), Settings = ChatSettings(SmallTalk = false))

/// What a chat answers to lines that come through a pipe.
let private piped (lines: string) =
    use output = new StringWriter()
    use talk = session null
    let chat = ChatConsole(talk, null, output, CancellationToken.None)
    let reader = BoundedReader(new StringReader(lines), talk.Settings.LongestMessage)
    let mutable talking = true

    while talking do
        let line = reader.ReadLine()
        talking <- line.HasValue && chat.Take(let struct (text, _) = line.Value in text)

    output.ToString()

let private user (text: string) = ChatMessage(ChatRole.User, text)

[<Tests>]
let tests =
    testList
        "chat"
        [ test "a told fact is answered after a restart" {
              withFolder (fun path ->
                  using (Brain.Open path) (fun brain ->
                      use talk = session brain
                      talk.Say("My dog is called Buddy.").Whole() |> ignore)

                  use brain = Brain.Open path
                  use talk = session brain
                  Expect.equal (talk.Say("What is my dog called?").Whole()) "Your dog is called Buddy." "kept")
          }

          test "a fact is in the brain before the answer begins" {
              withFolder (fun path ->
                  use brain = Brain.Open path
                  use talk = session brain
                  talk.Say "My dog is called Buddy." |> ignore
                  Expect.equal (brain.ReadFacts()).Count 1 "committed")
          }

          test "forgetting takes the words out of the replay buffer too" {
              withFolder (fun path ->
                  use brain = Brain.Open path
                  use talk = session brain
                  talk.Say("My dog is called Buddy.").Whole() |> ignore
                  talk.Forget "dog" |> ignore
                  Expect.isEmpty (brain.ReadFacts()) "no fact"
                  Expect.isFalse (brain.ReadTurns() |> Seq.exists (fun turn -> turn.Text.Contains "Buddy")) "no turn")
          }

          test "a brain keeps the graft that it was made with, and one made without gets none" {
              let withGraft brain grafting =
                  new ChatSession(
                      (fun () -> model),
                      brain,
                      PlasticMemory.Random(16, 1UL),
                      (fun () -> grafting),
                      Settings = ChatSettings(SmallTalk = false)
                  )

              let answer grafting =
                  withFolder (fun path ->
                      using (Brain.Open path) (fun brain -> using (withGraft brain grafting) ignore)
                      use brain = Brain.Open path
                      use talk = withGraft brain null
                      talk.HasGraft, talk.GraftOn, talk.Say("Hello").Whole())

              let has, on, grafted = answer (Grafting(graft, 1))
              Expect.isTrue (has && on) "kept and on"
              let none, _, bare = answer null
              Expect.isFalse none "none to keep"
              Expect.notEqual grafted bare "it takes part"
          }

          test "the same brain, seed and words give the same answer" {
              let said () =
                  use talk = session null
                  [ talk.Say("Hello").Whole(); talk.Say("And you?").Whole() ]

              Expect.equal (said ()) (said ()) "twice"
          }

          test "empty and endless messages are refused with a sentence" {
              use talk = session null
              Expect.throwsT<ArgumentException> (fun () -> talk.Say " \t\u0001 " |> ignore) "empty"
              Expect.throwsT<ArgumentException> (fun () -> talk.Say(String('x', 1_000_000)) |> ignore) "a megabyte"
          }

          test "control characters, direction marks and half surrogates leave nothing behind" {
              use talk = session null
              talk.Say("my \u001b[31mdog\u0000 is called \u202eBuddy\ud800 \U0001F415").Whole() |> ignore
              let struct (_, text) = talk.History[0]
              Expect.isFalse (text |> Seq.exists Char.IsControl) "no control characters"
              Expect.isFalse (text.Contains '\u202e') "no direction marks"
          }

          testProperty "any lines through a pipe are answered or refused" (fun (lines: string list) ->
              piped (String.Join('\n', lines)) |> ignore)

          test "the commands answer" {
              let said =
                  piped
                      "/help\n/facts\nMy dog is called Buddy.\n/facts\n/remember the keys are in the blue box\n/forget dog\n/graft on\n/nonsense\n/stats\n/quit\nHello"

              for part in
                  [ "no facts yet"
                    "your dog is called Buddy"
                    "remembered"
                    "forgot"
                    "no graft"
                    "no command"
                    "parameters" ] do
                  Expect.stringContains said part "said"
          }

          test "a line of a megabyte is cut at the door and the next one is read whole" {
              let reader = BoundedReader(new StringReader(String('x', 1_000_000) + "\nhello\r\n"), 4_000)
              let struct (first, length) = reader.ReadLine().Value
              let struct (second, _) = reader.ReadLine().Value
              Expect.equal (first.Length, length, second) (4_000, 1_000_000L, "hello") "bounded"
              Expect.isFalse (reader.ReadLine().HasValue) "the end"
          }

          test "the chat client streams, counts and remembers" {
              use client = new GaryChatClient(session null)
              let messages = List [ user "My dog is called Buddy." ]
              let first = (client :> IChatClient).GetResponseAsync(messages).Result
              Expect.isGreaterThan (nonNull first.Usage).InputTokenCount.Value 0L "input"
              messages.AddRange first.Messages
              messages.Add(user "What is my dog called?")
              let second = (client :> IChatClient).GetResponseAsync(messages).Result
              Expect.equal second.Text "Your dog is called Buddy." "text"
              Expect.equal client.Session.History.Count 4 "went on from the first"
              Expect.equal second.FinishReason (Nullable ChatFinishReason.Stop) "ended"
          }

          test "the chat client takes up a conversation that it has not held" {
              use client = new GaryChatClient(session null)

              let messages =
                  [ user "I live in Lisbon."; ChatMessage(ChatRole.Assistant, "Nice."); user "Where do I live?" ]

              Expect.equal
                  ((client :> IChatClient).GetResponseAsync(messages).Result.Text)
                  "You live in Lisbon."
                  "learnt from it"
          }

          test "a cancelled answer ends, and the next one is given" {
              use client = new GaryChatClient(session null)
              use stop = new CancellationTokenSource()
              stop.Cancel()

              Expect.throws
                  (fun () ->
                      (client :> IChatClient)
                          .GetResponseAsync([ user "Hello" ], null, stop.Token)
                          .GetAwaiter()
                          .GetResult()
                      |> ignore)
                  "cancelled"

              (client :> IChatClient).GetResponseAsync([ user "Hello" ]).Result |> ignore
          }

          test "the services get a chat client" {
              withFolder (fun path ->
                  let modelPath = path + ".npz"
                  ChatModelFile.Write(modelPath, model)

                  let services = ServiceCollection()

                  services.AddGaryChat(fun options ->
                      options.BrainPath <- path
                      options.ModelPath <- modelPath)
                  |> ignore

                  let descriptor = services |> Seq.exactlyOne
                  Expect.equal descriptor.Lifetime ServiceLifetime.Singleton "one for all"
                  use provider = services.BuildServiceProvider()
                  let client = provider.GetRequiredService<IChatClient>()
                  Expect.isTrue (File.Exists path) "with its brain"
                  Expect.isNotNull (client.GetService typeof<ChatSession>) "and its session")
          }

          test "a sleep learns what was said and wakes up another" {
              withFolder (fun path ->
                  use brain = Brain.Open path
                  use talk = session brain

                  for i in 1..6 do
                      talk.Say($"The code for room {i} is 48{i}.").Whole() |> ignore

                  let before = brain.ReadWeights "cortex"
                  let report = talk.Sleep(SleepSettings(Steps = 8, LearningRate = 1e-2, Length = 16, Base = 2))
                  Expect.isLessThan report.PerplexityAfter report.PerplexityBefore "learnt"
                  Expect.notEqual (brain.ReadWeights "cortex") before "and kept"
                  Expect.equal (talk.Sleep()).Turns 0 "nothing new to sleep over")
          }

          test "a sleep that is woken up changes nothing" {
              withFolder (fun path ->
                  use brain = Brain.Open path
                  use talk = session brain
                  talk.Say("Hello there").Whole() |> ignore
                  let before = brain.ReadWeights "cortex"

                  Expect.throwsT<OperationCanceledException>
                      (fun () -> talk.Sleep(stop = CancellationToken true) |> ignore)
                      "woken"

                  Expect.equal (brain.ReadWeights "cortex") before "the same weights"

                  Expect.isTrue
                      (brain.ReadTurns() |> Seq.forall (fun turn -> not turn.Slept))
                      "and all still to sleep over")
          }

          test "four kills lose nothing that was acknowledged" {
              withFolder (fun path ->
                  let modelPath = path + ".npz"
                  ChatModelFile.Write(modelPath, model)
                  let report = EndureCommand.Run(path, modelPath, 4, 1UL, CancellationToken.None)
                  Expect.equal (report.Opened, report.Lost) (4, 0) $"{report}"
                  Expect.isGreaterThan report.Acknowledged 0 "there was something to lose")
          } ]
