/// An answer that is open while its session is used otherwise: it goes on, or ends with a sentence.
module GaryMesh.ChatGraft.Tests.AnswerTests

open System
open System.Collections.Generic
open System.Threading
open Expecto
open GaryMesh.ChatGraft
open GaryMesh.ChatGraft.Tests.ChatTests
open GaryMesh.ChatLab.Chats
open GaryMesh.Tests
open Microsoft.Extensions.AI

let private session () =
    new ChatSession(
        (fun () -> model),
        null,
        PlasticMemory.Random(16, 1UL),
        (fun () -> Grafting(graft, 1)),
        Settings = ChatSettings(SmallTalk = false)
    )

let private nap = SleepSettings(Steps = 1, Replayed = 1, Base = 1, Length = 8)

/// What changes the conversation, once a dog was told of.
let private changes: (string * (ChatSession -> unit)) list =
    [ "Restart", _.Restart()
      "Sleep", (fun talk -> talk.Sleep nap |> ignore)
      "SwitchGraft", _.SwitchGraft(false)
      "Say", (fun talk -> talk.Say "And you?" |> ignore)
      "Say, to the end", (fun talk -> talk.Say("And you?").Whole() |> ignore)
      "Recite", _.Recite(Speaker.User, "I like tea.")
      "Forget", (fun talk -> talk.Forget "dog" |> ignore) ]

/// What leaves it as it is.
let private others: (string * (ChatSession -> unit)) list =
    [ "Remember", (fun talk -> talk.Remember "the keys are in the blue box" |> ignore)
      "Forget what was never told", (fun talk -> talk.Forget "zebra" |> ignore)
      "Recite nothing", _.Recite(Speaker.User, " ")
      "SwitchGraft to what it is", _.SwitchGraft(true)
      "Say nothing", (fun talk -> Expect.throwsT<ArgumentException> (fun () -> talk.Say " " |> ignore) "refused")
      "Sleep, woken up",
      fun talk ->
          Expect.throwsT<OperationCanceledException>
              (fun () -> talk.Sleep(nap, stop = CancellationToken true) |> ignore)
              "woken" ]

/// Every call that a disposed session must refuse.
let private calls = changes @ [ "Remember", snd others[0] ]

let private ask (talk: ChatSession) =
    talk.Say("My dog is called Buddy.").Whole() |> ignore
    talk.Say "Tell me a long story"

/// The pieces of an answer of which one has come.
let private opened (turn: ChatTurn) =
    let pieces = turn.Pieces().GetEnumerator()
    Expect.isTrue (pieces.MoveNext()) "a first piece"
    pieces

/// An open stream of a client, and its next update.
let private streamed (client: GaryChatClient) =
    let messages =
        [ ChatMessage(ChatRole.User, "My dog is called Buddy.")
          ChatMessage(ChatRole.Assistant, "I see.")
          ChatMessage(ChatRole.User, "Tell me a long story") ]

    let updates = (client :> IChatClient).GetStreamingResponseAsync(messages).GetAsyncEnumerator()
    let next () = updates.MoveNextAsync().AsTask().GetAwaiter().GetResult()
    Expect.isTrue (next ()) "a first update"
    next

let private later (client: GaryChatClient) =
    (client :> IChatClient).GetResponseAsync([ ChatMessage(ChatRole.User, "Hello") ])

let private isChanged name (refusal: exn) =
    Expect.equal (refusal.GetType()) typeof<InvalidOperationException> name
    Expect.stringContains refusal.Message "the conversation has changed" name

let private isDisposed name (refusal: exn) = Expect.equal (refusal.GetType()) typeof<ObjectDisposedException> name

/// A call of the session, or for the next piece of one of the answers so far.
type Call =
    | Say of message: int
    | Piece of answer: int
    | Recite
    | Restart
    | Sleep
    | SwitchGraft of on: bool
    | Remember
    | Forget

let private messages =
    [ "Hello"; "My dog is called Buddy."; "What is my dog called?"; "Please forget my dog." ]

/// What came of a call.
type private Outcome =
    | Done
    | Ended
    | Changed
    | Disposed

/// Calls one after the other, each with the outcome that is due: only the last message's answer is open, as long as the
/// conversation stays as it is.
let private play (before: Call list) (after: Call list) =
    let talk = session ()
    let turns = List<ChatTurn>()
    let answers = List<IEnumerator<string>>()
    let over = HashSet<int>()
    let mutable awaited = -1
    let mutable disposed = false

    let outcome call =
        try
            call ()
        with
        | :? ObjectDisposedException -> Disposed
        | :? InvalidOperationException -> Changed

    let changing (call: unit -> unit) (changed: unit -> bool) =
        let found =
            outcome (fun () ->
                call ()
                Done)

        Expect.equal found (if disposed then Disposed else Done) "a call"

        if changed () then
            awaited <- -1

    let piece answer =
        let due =
            if over.Contains answer then Some Ended
            elif disposed then Some Disposed
            elif answer <> awaited then Some Changed
            else None

        let found = outcome (fun () -> if answers[answer].MoveNext() then Done else Ended)

        match due with
        | Some due -> Expect.equal found due "a piece of an answer that has ended"
        | None -> Expect.isTrue (found.IsDone || found.IsEnded) $"a piece of the open answer: {found}"

        // What the memory answers comes in one piece.
        if not found.IsDone || turns[answer].FromMemory then
            over.Add answer |> ignore

            if answer = awaited then
                awaited <- -1

    let run call =
        let history = talk.History.Count
        let always () = true

        match call with
        | Say message ->
            changing
                (fun () ->
                    let turn = talk.Say messages[abs (message % messages.Length)]
                    turns.Add turn
                    answers.Add(turn.Pieces().GetEnumerator()))
                always

            if not disposed then
                awaited <- turns.Count - 1
        | Piece answer ->
            if turns.Count > 0 then
                piece (abs (answer % turns.Count))
        | Recite -> changing (fun () -> talk.Recite(Speaker.Chat, "I see.")) always
        | Restart -> changing talk.Restart always
        | Sleep -> changing (fun () -> talk.Sleep nap |> ignore) (fun () -> history > 0)
        | SwitchGraft on ->
            let before = talk.GraftOn
            changing (fun () -> talk.SwitchGraft on) (fun () -> talk.GraftOn <> before)
        | Remember -> changing (fun () -> talk.Remember "the keys are in the blue box" |> ignore) (fun () -> false)
        | Forget -> changing (fun () -> talk.Forget "dog" |> ignore) (fun () -> talk.History.Count < history)

    List.iter run before
    talk.Dispose()
    disposed <- true
    List.iter run after
    talk.Dispose()

[<Tests>]
let tests =
    testList
        "open answers"
        [ test "whatever changes the conversation ends an open answer with a sentence" {
              for name, change in changes do
                  use talk = session ()
                  let pieces = opened (ask talk)
                  change talk
                  Expect.throwsC (fun () -> pieces.MoveNext() |> ignore) (isChanged name)
                  Expect.isFalse (pieces.MoveNext()) $"{name}: it stays ended"
                  Expect.isNotEmpty (talk.Say("Hello").Whole()) $"{name}: the next answer comes"
          }

          test "whatever leaves the conversation as it is leaves an open answer too" {
              use quiet = session ()
              let undisturbed = (ask quiet).Whole()

              for name, call in others do
                  use talk = session ()
                  let turn = ask talk

                  for _ in turn.Pieces() do
                      call talk

                  Expect.equal turn.Text undisturbed name
          }

          test "an answer that was not begun is refused, too, once something else was said" {
              use talk = session ()
              let first = talk.Say "What is my dog called?"
              let second = talk.Say "My dog is called Buddy."
              Expect.throwsC (fun () -> first.Whole() |> ignore) (isChanged "the first")
              Expect.isNotEmpty (second.Whole()) "the second is answered"
          }

          test "an answer is the same however much came of one that was broken off before it" {
              let after pieces =
                  use talk = session ()
                  talk.Settings <- ChatSettings(Plastic = true, SmallTalk = false)
                  talk.Say("Hello").Whole() |> ignore
                  talk.Say("Tell me a long story").Pieces() |> Seq.truncate pieces |> Seq.iter ignore
                  talk.Say("And you?").Whole()

              for pieces in [ 1; 5 ] do
                  Expect.equal (after pieces) (after 0) $"{pieces} pieces"
          }

          test "a disposed session ends its open answer and refuses every call" {
              let talk = session ()
              let pieces = opened (ask talk)
              talk.Dispose()
              Expect.throwsC (fun () -> pieces.MoveNext() |> ignore) (isDisposed "the answer")

              for name, call in calls do
                  Expect.throwsC (fun () -> call talk) (isDisposed name)
          }

          test "a client's open stream ends as its session's answer does, and the next call is answered" {
              for name, change in changes do
                  use talk = session ()
                  use client = new GaryChatClient(talk)
                  let next = streamed client
                  change talk
                  Expect.throwsC (fun () -> next () |> ignore) (isChanged name)
                  Expect.isNotEmpty (later client).Result.Text name
          }

          test "a disposed client ends its open stream, and those who wait for it" {
              for owns in [ true; false ] do
                  use talk = session ()

                  let client =
                      new GaryChatClient(
                          talk,
                          [| if owns then
                                 talk :> IDisposable |]
                      )

                  let next = streamed client
                  let waiting = later client
                  client.Dispose()
                  Expect.throwsC (fun () -> next () |> ignore) (isDisposed "the stream")

                  for call in [ waiting; later client ] do
                      Expect.throwsC (fun () -> call.GetAwaiter().GetResult() |> ignore) (fun refusal ->
                          isDisposed "a caller" refusal
                          Expect.stringContains refusal.Message "GaryChatClient" "by its name")
          }

          test "a session is disposed of while another thread makes an answer" {
              for _ in 1..20 do
                  let talk = session ()
                  let turn = ask talk
                  use begun = new ManualResetEventSlim()

                  let speaker =
                      Thread(fun () ->
                          try
                              for _ in turn.Pieces() do
                                  begun.Set()
                          with :? InvalidOperationException ->
                              ())

                  speaker.Start()
                  begun.Wait()
                  talk.Dispose()
                  speaker.Join()
          }

          test "sequences of calls of sessions and clients, from several threads, end with answers or refusals" {
              let report = SequencesCommand.Run(300, 7UL, CancellationToken.None)
              Expect.isEmpty report.Faults "no crash and no hang"
              Expect.equal (report.Sequences, report.Crashes, report.Hangs) (300, 0, 0) "all"
          }

          property "calls in any order are answered or refused" play ]
