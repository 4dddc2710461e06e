/// Grafts made by a command, and the laboratory's series of them: what it writes, that it goes on where it stopped, and what it
/// reports.
module GaryMesh.ChatGraft.Tests.GraftCommandTests

open System
open System.IO
open System.Threading
open Expecto
open GaryMesh.ChatGraft
open GaryMesh.ChatGraft.Commands
open GaryMesh.ChatLab

let private running program (arguments: string) =
    use output = new StringWriter()
    use error = new StringWriter()

    let code: int =
        program (arguments.Split ' ', output :> TextWriter, error :> TextWriter, CancellationToken.None)

    code, output.ToString(), error.ToString()

let private chat = running CommandLine.Run
let private lab = running Laboratory.Run

/// Paths of a folder that holds an untrained cortex and two texts.
let private inFolder action =
    let folder = Directory.CreateTempSubdirectory "gary-graft-"
    let path name = Path.Combine(folder.FullName, name)

    try
        let shape = CortexShape(vocabulary = 256, width = 8, heads = 2, layers = 1, context = 128)
        let letters = ChatTokenizer [||]
        ChatModelFile.Write(path "model.npz", ChatModel(Cortex.Random(shape, 1UL), letters, "untrained"))
        File.WriteAllText(path "text.txt", String.replicate 120 "U: hello there\nG: hello, how are you?\n\n")
        File.WriteAllText(path "held.txt", String.replicate 5 "U: hello, how are you?\nG: hello there\n\n")

        action
            {| Model = path "model.npz"
               Train = path "text.txt"
               Held = path "held.txt"
               Results = path "results.jsonl"
               Graft = path "graft.npz" |}
    finally
        folder.Delete true

[<Tests>]
let tests =
    testList
        "graft command"
        [ test "train runs every arm and seed once, goes on where it stopped, and report compares them" {
              inFolder (fun files ->
                  let train seeds rest =
                      lab (
                          $"graft train --model {files.Model} --data {files.Train} --valid {files.Held} "
                          + $"--results {files.Results} --steps 2 --batch 2 --rates 0.01 --after 1 --seeds {seeds} --distances 1 3{rest}"
                      )

                  let code, _, error = train 1 ""
                  Expect.equal (code, File.ReadAllLines(files.Results).Length) (0, 4) error
                  let first = File.ReadAllLines(files.Results)
                  Expect.equal (train 2 "" |> fun (code, _, _) -> code) 0 "another seed"
                  let lines = File.ReadAllLines(files.Results)
                  Expect.equal lines.Length 8 "four more runs"
                  Expect.sequenceEqual lines[..3] first "none again"
                  let _, report, _ = lab $"graft report --results {files.Results}"

                  Expect.stringContains
                      report
                      "| model | mesh | 1 | 36-32-36, T = 1, 1 a position, back 1 3 | Frozen |"
                      "the row of the mesh"

                  for control in [ "two-tap"; "low-rank"; "mlp" ] do
                      Expect.stringContains
                          report
                          $"after block 1: mesh (2 steps) against {control} (2)"
                          "the comparison"

                  Expect.stringContains report "over dialogues" "and its bootstrap"

                  let code, _, error = train 1 " --arms none"
                  Expect.equal code ExitCode.Refused "nothing to train"
                  Expect.stringContains error "needs --cortex" "and why"
                  let code, _, error = train 1 " --arms none --cortex Along"
                  Expect.equal (code, File.ReadAllLines(files.Results).Length) (0, 9) error)
          }

          test "speed trains every arm in turns and says how many steps it makes in the mesh's time" {
              inFolder (fun files ->
                  let code, said, error =
                      lab
                          $"graft speed --model {files.Model} --data {files.Train} --steps 300 --rounds 1 --burst 1 --batch 2 --after 1"

                  Expect.equal code 0 error

                  for arm in [ "mesh"; "two-tap"; "low-rank"; "mlp" ] do
                      Expect.stringContains said $"| {arm} |" "its row"

                  let mesh = said.Split '\n' |> Array.find (fun line -> line.StartsWith "| mesh |")
                  Expect.stringEnds (mesh.TrimEnd()) "| 1.00 (1.00 to 1.00) | 300 |" "beside itself")
          }

          test "make writes a graft that eval scores with" {
              inFolder (fun files ->
                  let code, said, error =
                      chat (
                          $"graft make --model {files.Model} --data {files.Train} --valid {files.Held} "
                          + $"--out {files.Graft} --steps 3 --batch 2 --learning-rate 0.02 --after 1 --channels 4"
                      )

                  Expect.equal code 0 error
                  Expect.stringContains said "parameters written" "says so"

                  let score rest =
                      let _, figures, _ = lab $"eval --model {files.Model} --text {files.Held} --json{rest}"

                      (Text.Json.JsonDocument.Parse figures)
                          .RootElement.GetProperty("perplexity_per_token")
                          .GetDouble()

                  let bare, grafted = score "", score $" --graft on --graft-file {files.Graft}"
                  Expect.isLessThan grafted bare "it has learnt")
          } ]
