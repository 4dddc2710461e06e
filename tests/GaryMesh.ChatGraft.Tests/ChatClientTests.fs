/// The chat client, held against the conventions of Microsoft.Extensions.AI.
module GaryMesh.ChatGraft.Tests.ChatClientTests

open System
open System.Collections.Generic
open System.IO
open System.Threading
open Expecto
open GaryMesh.ChatGraft
open GaryMesh.ChatGraft.Tests.BrainTests
open GaryMesh.ChatGraft.Tests.ChatTests
open Microsoft.Extensions.AI
open Microsoft.Extensions.Caching.Distributed
open Microsoft.Extensions.DependencyInjection

let private client () : IChatClient =
    let session =
        new ChatSession(
            (fun () -> model),
            null,
            PlasticMemory.Random(16, 1UL),
            Settings = ChatSettings(SmallTalk = false)
        )

    new GaryChatClient(session, session)

let private user (text: string) = ChatMessage(ChatRole.User, text)
let private chat (text: string) = ChatMessage(ChatRole.Assistant, text)

let private parts (contents: AIContent list) = ChatMessage(ChatRole.User, List contents)

let private ask (client: IChatClient) options (messages: ChatMessage list) =
    client.GetResponseAsync(messages, options).GetAwaiter().GetResult()

let private said client options messages = (ask client options messages).Text

let private facts (client: IChatClient) =
    [ for fact in (client.GetService typeof<ChatSession> |> unbox<ChatSession>).Memory.Facts -> fact.Told.Value ]

let private of' (name: string) =
    let options = ChatOptions(AdditionalProperties = AdditionalPropertiesDictionary())
    (nonNull options.AdditionalProperties)[GaryChatClient.UserProperty] <- name
    options

let private refused<'Refusal when 'Refusal :> exn> (says: string) call =
    Expect.throwsC (fun () -> call () |> ignore) (fun refusal ->
        Expect.equal (refusal.GetType()) typeof<'Refusal> refusal.Message
        Expect.stringContains refusal.Message says "it says why")

let private told = [ user "My dog is called Rex."; chat "I see."; user "What is my dog called?" ]

/// A cache that holds all it was given.
type private Cache() =
    let held = System.Collections.Concurrent.ConcurrentDictionary<string, byte[]>()
    let done' = System.Threading.Tasks.Task.CompletedTask

    let find key =
        match held.TryGetValue key with
        | true, value -> value
        | _ -> Unchecked.defaultof<byte[]>

    interface IDistributedCache with
        member _.Get key = find key
        member _.GetAsync(key, _) = System.Threading.Tasks.Task.FromResult(find key)
        member _.Set(key, value, _) = held[key] <- value

        member _.SetAsync(key, value, _, _) =
            held[key] <- value
            done'

        member _.Refresh _ = ()
        member _.RefreshAsync(_, _) = done'
        member _.Remove key = held.TryRemove key |> ignore

        member _.RemoveAsync(key, _) =
            held.TryRemove key |> ignore
            done'

let private builder path (services: IServiceCollection) =
    let modelPath = path + ".npz"

    if not (File.Exists modelPath) then
        ChatModelFile.Write(modelPath, model)

    Action<GaryChatOptions>(fun options ->
        options.BrainPath <- path
        options.ModelPath <- modelPath)

[<Tests>]
let tests =
    testList
        "chat client"
        [ test "text contents of one message are sentences of their own" {
              use client = client ()

              parts [ TextContent "My dog is called Rex"; TextContent "My cat is called Tom" ]
              |> List.singleton
              |> ask client null
              |> ignore

              Expect.equal (facts client) [ "Rex"; "Tom" ] "both"
          }

          test "MaxOutputTokens is refused below 0, and 0 is an empty answer of the longest length" {
              use client = client ()

              refused<ArgumentOutOfRangeException> "MaxOutputTokens" (fun () ->
                  ask client (ChatOptions(MaxOutputTokens = Nullable -5)) [ user "Hello" ])

              for messages in [ [ user "Hello" ]; told ] do
                  let none = ask client (ChatOptions(MaxOutputTokens = Nullable 0)) messages
                  Expect.equal none.Text "" "nothing"
                  Expect.equal none.FinishReason (Nullable ChatFinishReason.Length) "cut"
                  Expect.equal (nonNull none.Usage).OutputTokenCount (Nullable 0L) "counted"
          }

          test "MaxOutputTokens and StopSequences cut what the memory answers, too" {
              use client = client ()
              let short = ask client (ChatOptions(MaxOutputTokens = Nullable 5)) told
              Expect.equal short.FinishReason (Nullable ChatFinishReason.Length) "cut"
              Expect.equal (nonNull short.Usage).OutputTokenCount (Nullable 5L) "counted"
              Expect.isTrue ("Your dog is called Rex.".StartsWith short.Text) "the beginning"
              let stopped = ask client (ChatOptions(StopSequences = List [ "called" ])) told
              Expect.equal stopped.Text "Your dog is " "before the stop"
              Expect.equal stopped.FinishReason (Nullable ChatFinishReason.Stop) "stopped"
          }

          test "an empty stop ends nothing" {
              use client = client ()
              let options = ChatOptions(StopSequences = List [ "" ], Seed = Nullable 3L)
              Expect.equal (said client options told) "Your dog is called Rex." "the memory's"

              Expect.equal
                  (said client options [ user "Hello" ])
                  (said client (ChatOptions(Seed = Nullable 3L)) [ user "Hello" ])
                  "the cortex's"
          }

          test "a message without text is refused by what it holds, and what stands beside text is passed over" {
              use client = client ()
              let picture = DataContent(ReadOnlyMemory [| 1uy |], "image/png")
              refused<ArgumentException> "image/png" (fun () -> ask client null [ parts [ picture ] ])
              ask client null [ parts [ picture; TextContent "My dog is called Rex." ] ] |> ignore
              Expect.equal (facts client) [ "Rex" ] "read"
          }

          test "a response names its conversation, which goes on with new messages alone" {
              use client = client ()
              let first = ask client null [ user "My dog is called Rex." ]
              ask client null [ user "Hello" ] |> ignore
              let options = ChatOptions(ConversationId = first.ConversationId)
              let second = ask client options [ user "What is my dog called?" ]
              Expect.equal second.Text "Your dog is called Rex." "answered"
              Expect.equal second.ConversationId first.ConversationId "the same"
              let session = client.GetService typeof<ChatSession> |> unbox<ChatSession>
              Expect.equal session.History.Count 4 "both turns"

              refused<ArgumentException> "no conversation 99" (fun () ->
                  ask client (ChatOptions(ConversationId = "99")) [ user "Hello" ])
          }

          test "a conversation in a brain goes on after a restart" {
              withFolder (fun path ->
                  let opened () =
                      let brain = Brain.Open path

                      let session =
                          new ChatSession(
                              (fun () -> model),
                              brain,
                              PlasticMemory.Random(16, 1UL),
                              Settings = ChatSettings(SmallTalk = false)
                          )

                      new GaryChatClient(session, session, brain) :> IChatClient

                  let id = using (opened ()) (fun client -> (ask client null [ user "Hello" ]).ConversationId)
                  use client = opened ()
                  ask client (ChatOptions(ConversationId = id)) [ user "And you?" ] |> ignore
                  let session = client.GetService typeof<ChatSession> |> unbox<ChatSession>
                  let struct (_, text) = session.History[0]
                  Expect.equal text "Hello" "read back")
          }

          test "users of one client share no fact, by their name or by a conversation id of their own" {
              use client = client ()
              let byId name = ChatOptions(ConversationId = name)

              for options in [ of'; byId ] do
                  ask client (options "a") [ user "My name is Alice." ] |> ignore
                  let other = said client (options "b") [ user "What is my name?" ]
                  Expect.isFalse (other.Contains "Alice") "not told"
                  Expect.equal (said client (options "a") [ user "What is my name?" ]) "Your name is Alice." "her own"

              let hers = (ask client (of' "a") [ user "Hello" ]).ConversationId
              let with' = of' "b"
              with'.ConversationId <- hers
              refused<ArgumentException> "not one of the user" (fun () -> ask client with' [ user "Hello" ])
              Expect.isFalse ((said client null [ user "What is my name?" ]).Contains "Alice") "nor the owner"
          }

          test "JSON is refused" {
              use client = client ()

              refused<NotSupportedException> "JSON" (fun () ->
                  ask client (ChatOptions(ResponseFormat = ChatResponseFormat.Json)) [ user "Hello" ])
          }

          test "a registration can be built on, and made under keys" {
              withFolder (fun path ->
                  let services = ServiceCollection()
                  let seen = List<string>()

                  services.AddGaryChat(builder path services).ConfigureOptions(fun _ -> seen.Add "seen") |> ignore

                  services.AddKeyedGaryChat("other", builder (path + "2") services) |> ignore
                  use provider = services.BuildServiceProvider()
                  let one = provider.GetRequiredService<IChatClient>()
                  let other = provider.GetRequiredKeyedService<IChatClient> "other"
                  ask one null [ user "My dog is called Rex." ] |> ignore
                  Expect.equal seen.Count 1 "through the builder"
                  Expect.equal (facts one, facts other) ([ "Rex" ], []) "brains of their own")
          }

          test "the same seed and messages get the same answer" {
              use client = client ()
              let options = ChatOptions(Seed = Nullable 42L)
              let messages = [ user "Hello"; chat "Hi."; user "How are you?" ]
              let first = said client options messages
              ask client null [ user "Something else" ] |> ignore
              Expect.equal (said client options messages) first "again"
          }

          test "who speaks last is the last user, whatever the host adds" {
              use client = client ()
              let developer = ChatMessage(ChatRole "developer", "Be brief.")
              let system = ChatMessage(ChatRole.System, "Be kind.")
              let tool = ChatMessage(ChatRole.Tool, [| FunctionResultContent("1", "2") :> AIContent |])
              let call = ChatMessage(ChatRole.Assistant, [| FunctionCallContent("1", "f") :> AIContent |])

              for messages in [ developer :: told; told @ [ system ]; told @ [ call; tool ] ] do
                  Expect.equal (said client null messages) "Your dog is called Rex." "answered"

              refused<ArgumentException> "ends with a message of the user" (fun () ->
                  ask client null [ user "Hello"; chat "Hi." ])
          }

          test "an answer says when it was made, and counts all that was read" {
              use client = client ()
              let first = ask client null [ user "Hello" ]
              let age = DateTimeOffset.UtcNow - first.CreatedAt.Value
              Expect.isLessThan (abs age.TotalMinutes) 1.0 "just now"
              let read messages = (nonNull (ask client null messages).Usage).InputTokenCount.Value
              let short = read [ user "What is this?" ]

              Expect.isGreaterThan
                  (read [ user "Something long enough"; chat "I see."; user "What is this?" ])
                  (short + 10L)
                  "more"
          }

          test "arguments are checked at the call" {
              use client = client ()
              let messages = Unchecked.defaultof<IEnumerable<ChatMessage>>

              Expect.throwsT<ArgumentNullException>
                  (fun () -> client.GetStreamingResponseAsync messages |> ignore)
                  "messages"

              Expect.throwsT<ArgumentException> (fun () -> client.GetStreamingResponseAsync [] |> ignore) "no message"
          }

          test "a disposed client is refused by its own name" {
              let client = client ()
              client.Dispose()
              client.Dispose()

              Expect.throwsC (fun () -> ask client null [ user "Hello" ] |> ignore) (fun refusal ->
                  Expect.isTrue (refusal :? ObjectDisposedException) "its kind"
                  Expect.stringContains refusal.Message (nameof GaryChatClient) "its name")
          }

          test "a stream that is not read on holds nobody up, and goes on where it was" {
              use client = client ()
              use stop = new CancellationTokenSource(TimeSpan.FromSeconds 60.)
              let updates = client.GetStreamingResponseAsync([ user "Tell me a story" ]).GetAsyncEnumerator()
              let next () = updates.MoveNextAsync().AsTask().GetAwaiter().GetResult()
              Expect.isTrue (next ()) "begun"
              let other = client.GetResponseAsync([ user "Hello" ], null, stop.Token).GetAwaiter().GetResult()
              Expect.isNotEmpty other.Text "answered meanwhile"
              let mutable last = updates.Current

              while next () do
                  last <- updates.Current

              Expect.isTrue last.FinishReason.HasValue "to its end"
          }

          test "a request that names its conversation goes past a cache" {
              let cache = Cache()

              use client = (client ()).AsBuilder().UseDistributedCache(cache).Build()

              let id = (ask client null [ user "I live in Rome." ]).ConversationId
              let options = ChatOptions(ConversationId = id)
              let where () = said client options [ user "Where do I live?" ]
              Expect.equal (where ()) "You live in Rome." "told"
              ask client options [ user "I live in Oslo now." ] |> ignore
              Expect.stringContains (where ()) "Oslo" "not the answer of before"
          }

          test "tools are never called, and instructions and the name of a model are passed over" {
              let mutable calls = 0

              let tool =
                  AIFunctionFactory.Create(
                      Func<int>(fun () ->
                          calls <- calls + 1
                          calls),
                      "count"
                  )

              use client = (client ()).AsBuilder().UseFunctionInvocation().Build()

              let options =
                  ChatOptions(Tools = List [ tool :> AITool ], Instructions = "Say no.", ModelId = "another")

              let answer = ask client options told
              Expect.equal answer.Text "Your dog is called Rex." "the same answer"
              Expect.equal answer.ModelId "gary-chat" "its own name"
              Expect.equal calls 0 "no call"
          }

          test "services are found by their type, and none by a key" {
              use client = client ()
              Expect.isNotNull (client.GetService typeof<ChatSession>) "the session"
              Expect.isTrue (obj.ReferenceEquals(client.GetService typeof<IChatClient>, client)) "itself"
              let metadata = client.GetService typeof<ChatClientMetadata> |> unbox<ChatClientMetadata>
              Expect.equal (metadata.ProviderName, metadata.DefaultModelId) ("gary-mesh", "gary-chat") "metadata"
              Expect.isNull (client.GetService(typeof<ChatSession>, "key")) "keyed"
              Expect.isNull (client.GetService typeof<string>) "another type"

              Expect.throwsT<ArgumentNullException>
                  (fun () -> client.GetService(Unchecked.defaultof<Type>) |> ignore)
                  "no type"
          }

          test "what is out of range is refused with a sentence, and a negative seed is a seed" {
              use client = client ()

              for options in
                  [ ChatOptions(Temperature = Nullable -1f)
                    ChatOptions(TopK = Nullable -2)
                    ChatOptions(TopP = Nullable 2f) ] do
                  Expect.throws (fun () -> ask client options [ user "Hello" ] |> ignore) "refused"

              let options = ChatOptions(Seed = Nullable -7L)
              Expect.equal (said client options told) (said client options told) "the same"
          }

          test "a call that is cancelled keeps what was told and not the half answer" {
              use client = client ()
              use stop = new CancellationTokenSource()

              let updates =
                  client
                      .GetStreamingResponseAsync([ user "My dog is called Rex." ], null, stop.Token)
                      .GetAsyncEnumerator()

              Expect.isTrue (updates.MoveNextAsync().AsTask().GetAwaiter().GetResult()) "begun"
              stop.Cancel()

              Expect.throws
                  (fun () ->
                      while updates.MoveNextAsync().AsTask().GetAwaiter().GetResult() do
                          ())
                  "cancelled"

              Expect.equal (facts client) [ "Rex" ] "kept"
              use stopped = new CancellationTokenSource()
              stopped.Cancel()

              Expect.throws
                  (fun () ->
                      client.GetResponseAsync([ user "Hi" ], null, stopped.Token).GetAwaiter().GetResult() |> ignore)
                  "cancelled before it began"
          }

          test "calls from many threads each get their answer and keep their fact" {
              use client = client ()

              let answers =
                  [| for i in 1..24 ->
                         client.GetResponseAsync(
                             [ user $"The code of shed {i} is {1000 + i}." ],
                             ChatOptions(MaxOutputTokens = Nullable 2)
                         ) |]
                  |> System.Threading.Tasks.Task.WhenAll

              Expect.equal (answers.GetAwaiter().GetResult().Length) 24 "answers"
              Expect.equal (facts client).Length 24 "facts"
          } ]
