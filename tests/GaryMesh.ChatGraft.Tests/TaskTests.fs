/// The laboratory's tasks: what their texts ask, the arms, and the lines of their results.
module GaryMesh.ChatGraft.Tests.TaskTests

open System
open Expecto
open GaryMesh.ChatGraft
open GaryMesh.ChatLab
open GaryMesh.ChatLab.Tasks
open GaryMesh.Tests

let private groups = [ GroupTask.Parity; GroupTask.Three; GroupTask.Five ]
let private tasks: TaskText list = [ for group in groups -> group :> TaskText ] @ [ RecallTask() ]

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

              Expect.throwsT<ArgumentException> (fun () -> TaskArm.Create("mesh-0", 32, 1UL) |> ignore) "no steps"
          }

          test "an arm holds as far as it answers everything shorter too" {
              let held accuracy = TasksReportCommand.Held([| 0; 1; 2; 4 |], accuracy)
              Expect.equal (held [| 1.0; 0.9; 0.5; 1.0 |]) 1 "up to the first that is not held"
              Expect.equal (held [| 0.5; 1.0; 1.0; 1.0 |]) -1 "nothing"
              Expect.equal (held [| 1.0; 1.0; 1.0; 1.0 |]) 4 "all"
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
