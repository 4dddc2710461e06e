/// The laboratory's tasks: what their texts ask, the arms, and the lines of their results.
module GaryMesh.ChatGraft.Tests.TaskTests

open System
open Expecto
open GaryMesh.ChatGraft
open GaryMesh.ChatLab
open GaryMesh.ChatLab.Tasks
open GaryMesh.Tests

let private groups = [ GroupTask.Parity; GroupTask.Three; GroupTask.Five ]

let private tasks: TaskText list =
    [ for group in groups -> group :> TaskText ] @ [ RecallTask(); PairsTask() ]

/// One permutation after another.
let private after (next: int[]) (state: int[]) = state |> Array.map (fun point -> next[point])

/// The text cut after each question, with the answers: (generators between, the answer before, the answer).
let private parts (group: GroupTask) (text: int[]) =
    let asked =
        text |> Array.indexed |> Array.filter (fun (_, token) -> token = group.Asks) |> Array.map fst

    asked
    |> Array.pairwise
    |> Array.filter (fun (_, at) -> at + 1 < text.Length)
    |> Array.map (fun (last, at) -> text[last + 2 .. at - 1], text[last + 1], text[at + 1])

let private pairs = PairsTask()
let private asks = pairs.Vocabulary - pairs.Answers - 1
let private begins = asks - 1

/// The last part of a question's text: the pairs told, and the keys asked for with the answers given, the last without one.
let private lastPart (text: int[]) =
    let part = text[Array.LastIndexOf(text, begins) + 1 ..]
    let told = part |> Array.takeWhile (fun token -> token <> asks)
    told |> Array.chunkBySize 2, part[told.Length ..] |> Array.chunkBySize 3

[<Tests>]
let tests =
    testList
        "Tasks"
        [ property
              "the state asked for is the product of the generators since the answer before"
              (fun (seed: uint64) most ->
                  let most = abs (most % 20)

                  groups
                  |> List.forall (fun group ->
                      parts group (group.Text(300, most, seed))
                      |> Array.forall (fun (between, last, answer) ->
                          let state =
                              between
                              |> Array.fold
                                  (fun state token -> after group.Generators[token] state)
                                  (group.Element last)

                          between.Length <= most && state = group.Element answer)))

          property
              "a question stands at the end of its text, over the gap that was asked for"
              (fun (seed: uint64) gap ->
                  let gap = abs (gap % 40)

                  groups
                  |> List.forall (fun group ->
                      let question = group.Question(gap, 60, 8, seed)
                      let between, _, answer = Array.last (parts group [| yield! question.Tokens; question.Answer |])
                      question.Tokens.Length = 60 && between.Length = gap && answer = question.Answer))

          property "what recall asks for was told, so many tokens before" (fun (seed: uint64) gap ->
              let gap = abs (gap % 40)
              let question = RecallTask().Question(gap, 60, 8, seed)
              question.Tokens[60 - gap - 2] = question.Answer)

          property
              "a text of pairs tells as many as it says, each key once, and asks for what it told"
              (fun (seed: uint64) gap ->
                  let gap = 1 + abs (gap % 32)
                  let question = pairs.Question(gap, pairs.Longest gap + 16, 32, seed)
                  let told, asked = lastPart question.Tokens
                  let value key = (told |> Array.find (fun pair -> pair[0] = key))[1]
                  let keys = asked |> Array.map (fun one -> one[1])

                  told.Length = gap
                  && (told |> Array.distinctBy Array.head).Length = gap
                  && told |> Array.forall (fun pair -> pair[0] < begins && pair[1] > asks)
                  && keys.Length = min gap 4
                  && (Array.distinct keys).Length = keys.Length
                  && asked[.. keys.Length - 2] |> Array.forall (fun one -> one[2] = value one[1])
                  && question.Answer = value (Array.last keys))

          property "of a text of pairs only the answers are to be said" (fun (seed: uint64) ->
              let text = pairs.Text(200, 32, seed)
              let said = pairs.Said text |> nonNull

              Array.zip text said
              |> Array.indexed
              |> Array.forall (fun (i, (token, said)) -> said = (if i > 1 && text[i - 2] = asks then token else -1)))

          test "a run of carried cells has the same bits for any number of threads, in a cortex that stays as it was" {
              let run threads =
                  let plan = TaskPlan("pairs", "cells-4", 1, 1, 4, 0.01, 5, 4, true)
                  TaskExperiment(pairs, [| 1; 4 |], 16, threads).Run(plan, 1UL, Threading.CancellationToken.None)

              Expect.equal (run 3).Accuracy (run 1).Accuracy "the same answers"
              let alone = TaskPlan("pairs", "alone", 1, 1, 4, 0.01, 5, 4, true)

              Expect.throwsT<ArgumentException>
                  (fun () ->
                      TaskExperiment(pairs, [| 1 |], 1, 1).Run(alone, 1UL, Threading.CancellationToken.None) |> ignore)
                  "nothing to train"
          }

          test "other questions are drawn to tune with" {
              let plan = TaskPlan("parity", "alone", 0, 1, 2, 0.01, 1, 1)

              let run draw =
                  TaskExperiment(GroupTask.Parity, [| 0; 1; 2 |], 64, 1, draw)
                      .Run(plan, 1UL, Threading.CancellationToken.None)
                      .Accuracy

              Expect.notEqual (run 1) (run 0) "other shares"
          }

          property "every answer is as likely, and the same key draws the same text" (fun (seed: uint64) ->
              tasks
              |> List.forall (fun task ->
                  let text = task.Text(200, 8, seed)

                  text |> Array.forall (fun token -> token >= 0 && token < task.Vocabulary)
                  && text = task.Text(200, 8, seed)))

          test "answers are drawn evenly, and gaps of every length up to the longest" {
              let counts =
                  [| for i in 0..5999 -> GroupTask.Three.Question(3, 40, 8, uint64 i).Answer |] |> Array.countBy id

              Expect.equal counts.Length GroupTask.Three.Answers "every state"

              for _, count in counts do
                  Expect.isLessThan (abs (count - 1000)) 150 "a sixth each, to five deviations"

              let gaps =
                  parts GroupTask.Parity (GroupTask.Parity.Text(4000, 8, 1UL))
                  |> Array.map (fun (between, _, _) -> between.Length)
                  |> Array.distinct
                  |> Array.sort

              Expect.equal gaps [| 0..8 |] "none to eight"
          }

          test "an untrained arm changes nothing and all have as many parameters" {
              let whole = (TaskArm.Create("mesh-1", 32, 1UL) |> nonNull).Parameters.Length

              for arm in TaskArm.All |> Seq.filter (fun arm -> arm <> "alone") do
                  let graft = TaskArm.Create(arm, 32, 1UL) |> nonNull
                  Expect.isLessThan (abs (float graft.Parameters.Length / float whole - 1.0)) 0.1 arm
                  use pass = graft.CreatePass(1, 5)
                  let stream () = Array.init (5 * 32) (fun i -> sin (float32 i))
                  let added = stream ()
                  pass.Forward(added, 1, 5)
                  Expect.sequenceEqual added (stream ()) arm

              let carried arm = (TaskArm.Create(arm, 32, 1UL) |> nonNull).Parameters.Length
              Expect.equal (carried "cells-64") (carried "cells-1") "cells take no parameters"
              Expect.isGreaterThan (carried "wide-32") (carried "cells-64") "channels do"
              Expect.throwsT<ArgumentException> (fun () -> TaskArm.Create("mesh-0", 32, 1UL) |> ignore) "no steps"
          }

          test "an arm holds as far as it answers everything shorter too" {
              let held accuracy = TasksReportCommand.Held([| 0; 1; 2; 4 |], accuracy)
              Expect.equal (held [| 1.0; 0.9; 0.5; 1.0 |]) 1 "up to the first that is not held"
              Expect.equal (held [| 0.5; 1.0; 1.0; 1.0 |]) -1 "nothing"
              Expect.equal (held [| 1.0; 1.0; 1.0; 1.0 |]) 4 "all"
          }

          test "pairs that are known are those answered beyond guessing, of as many as training told" {
              let plan = TaskPlan("pairs", "cells-1", 1, 1, 4, 0.01, 1, 1, true)

              let known accuracy = CapacityReport.Known(TaskRun(plan, 1UL, 0, [| 1; 4; 32 |], accuracy, null, 0.0))

              Expect.floatClose Accuracy.high (known [| 1.0; 0.5625; 0.5 |]) 2.0 "half of four"
              Expect.floatClose Accuracy.high (known [| 0.1; 0.125; 1.0 |]) 0.0 "guessing"
          }

          test "a run beyond the window is the same twice" {
              let run arm gaps =
                  BeyondExperiment(RecallTask(), gaps, 4, 1)
                      .Run(TaskPlan("recall", arm, 0, 1, 20, 0.01, 2, 2), 1UL, Threading.CancellationToken.None)

              let one = run "gru" [| 5; 300 |]
              Expect.equal one.Accuracy (run "gru" [| 5; 300 |]).Accuracy "the same twice"
              Expect.equal one.Gaps [| 5; 300 |] "the gaps"
          }

          test "a graft that goes on beyond the window stands right after the embedding, or is refused" {
              let plan = TaskPlan("recall", "gru", 1, 2, 2, 0.01, 1, 2)

              Expect.throwsC
                  (fun () ->
                      BeyondExperiment(RecallTask(), [| 1 |], 1, 1).Run(plan, 1UL, Threading.CancellationToken.None)
                      |> ignore)
                  (fun refusal -> Expect.stringContains refusal.Message "--after 1 is given" "the sentence")
          }

          test "a run is the same twice, comes back from its line, and counts what it answered" {
              let plan = TaskPlan("parity", "mesh-2", 0, 1, 2, 0.01, 3, 2)

              let run () =
                  TaskExperiment(GroupTask.Parity, [| 0; 2 |], 16, 1).Run(plan, 1UL, Threading.CancellationToken.None)

              let one = run ()
              let path = IO.Path.GetTempFileName()

              try
                  IO.File.Delete path
                  JsonLines.Append(path, one)
                  let back = Array.exactlyOne (JsonLines.Read<TaskRun> path)
                  Expect.equal (JsonLines.Line back) (JsonLines.Line one) "the run"
                  Expect.equal back.Accuracy (run ()).Accuracy "twice"
                  Expect.all one.Accuracy (fun share -> share >= 0.0 && share <= 1.0) "shares"
                  IO.File.WriteAllText(path, "{}}")
                  Expect.throwsT<IO.InvalidDataException> (fun () -> JsonLines.Read<TaskRun> path |> ignore) "no JSON"
              finally
                  IO.File.Delete path
          } ]
