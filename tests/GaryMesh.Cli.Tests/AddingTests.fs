/// gary-mesh add: sums of two numbers and of files, their refusals, a training and a proof.
module GaryMesh.Cli.Tests.AddingTests

open System
open System.IO
open System.Numerics
open System.Threading
open Expecto
open GaryMesh
open GaryMesh.Cli.Tests.Support

let private sumOf (a: string) (b: string) = string (BigInteger.Parse a + BigInteger.Parse b)
let private lines (text: string) = text.Split('\n', StringSplitOptions.RemoveEmptyEntries)

let private digits count (seed: int) = String.init count (fun i -> string (Counter.below 10 (uint64 seed) (int64 i)))

let private number (ran: Ran) (key: string) = (nonNull ran.Json[key]).GetValue<int>()
let private is (ran: Ran) (key: string) = (nonNull ran.Json[key]).GetValue<bool>()

[<Tests>]
let tests =
    testList
        "gary-mesh add"
        [ test "two numbers are added, whatever their length, seed, votes and fire rate" {
              for a, b, more in
                  [ "9999999", "1", []
                    "0", "0", []
                    "007", "5", [ "--fire-rate"; "1" ]
                    digits 300 1, digits 1 2, [ "--fire-rate"; "0.1"; "--seed"; "9" ]
                    String('9', 70), String('9', 70), [ "--vote"; "3" ] ] do
                  let ran = succeed ([ "add"; a; b; "--json" ] @ more)
                  Expect.equal (string ran.Json["answer"]) (sumOf a b) $"{a} + {b}"
                  Expect.isTrue (is ran "settled") "nothing would change any more"

              let said = lines (succeed [ "add"; "9999999"; "1" ]).Output
              Expect.equal said[0] "9999999 + 1 = 10000000" "as text"
          }

          test "watching shows the carry go through, and gives the same answer" {
              let said = lines (succeed [ "add"; "999"; "1"; "--watch"; "--fire-rate"; "1" ]).Output

              Expect.equal
                  (said |> Array.map _.TrimEnd('\r'))
                  [| "      a 0999"
                     "      b 0001"
                     "  step  sum   carries"
                     "     0  ....  ...."
                     "     1  0990  ...1"
                     "     2  0900  ..11"
                     "     3  0000  .111"
                     "     4  1000  .111"
                     "999 + 1 = 1000"
                     "4 cells, 4 steps of at most 4; no cell that fires would change any more" |]
                  "one cell a step"
          }

          test "a file of pairs is answered line by line, in its order" {
              inFolder (fun at ->
                  let pairs =
                      [ for i in 0..199 -> digits (1 + i * 7 % 30) i, digits (1 + i * 11 % 9) (i + 500) ]
                      @ [ String('9', 3000), "1" ]

                  let text = [ for a, b in pairs -> $"{a}, {b}\r" ]
                  let write header = File.WriteAllText(at "in.csv", String.Join("\n", header @ text) + "\n")
                  let answers = [ for a, b in pairs -> $"{a},{b},{sumOf a b}" ]

                  for header, expected in [ [], answers; [ "a,b" ], "a,b,answer" :: answers ] do
                      write header

                      let ran =
                          succeed [ "add"; "--pairs"; at "in.csv"; "--out"; at "out.csv"; "--json"; "--vote"; "2" ]

                      Expect.equal (List.ofArray (File.ReadAllLines(at "out.csv"))) expected "every line"

                      Expect.equal (number ran "sums", number ran "longest") (201, 3000) "figures"

                  File.WriteAllText(at "in.csv", "")
                  let none = succeed [ "add"; "--pairs"; at "in.csv"; "--out"; at "out.csv" ]
                  Expect.stringContains none.Output "0 sums" "no line, no answer"
                  Expect.equal (File.ReadAllText(at "out.csv")) "" "an empty file")
          }

          test "what is no sum is refused in one sentence, and nothing is written" {
              inFolder (fun at ->
                  File.WriteAllText(at "kept.csv", "what was there before")
                  RuleFile.Write(at "ring.npz", Automaton.GaryMesh 1UL)

                  let refused arguments parts =
                      let ran = run ([ "add" ] @ arguments)
                      Expect.equal (ran.Code, ran.Output) (2, "") "bad input"
                      Expect.equal (lines ran.Error).Length 1 "one line"

                      for part in parts do
                          Expect.stringContains ran.Error part "it says why"

                  refused [ "5" ] [ "two numbers"; "1" ]
                  refused [ "1"; "2"; "3" ] [ "two numbers"; "3" ]
                  refused [ "1"; "2x" ] [ "digits 0 to 9"; "2x" ]
                  refused [ "1"; String('9', 500) + "x" ] [ "digits 0 to 9"; "999..." ]
                  refused [ "1"; "2"; "--fire-rate"; "0" ] [ "above 0" ]
                  refused [ "1"; "2"; "--pairs"; at "in.csv" ] [ "--out" ]
                  refused [ "1"; "2"; "--watch"; "--vote"; "3" ] [ "--watch"; "--vote" ]
                  refused [ "1"; "2"; "--rule"; at "ring.npz" ] [ "10 inputs" ]
                  refused [ "1"; "2"; "--rule"; at "missing.npz" ] [ "missing.npz" ]

                  for bad in [ "12;5"; "12"; "1,2,3"; "1,"; "1,-2"; "1.5,2"; "" ] do
                      File.WriteAllText(at "in.csv", $"1,2\n{bad}\n3,4\n")
                      refused [ "--pairs"; at "in.csv"; "--out"; at "kept.csv" ] [ "Line 2 of"; "in.csv"; $"'{bad}'" ]

                  refused [ "--pairs"; at "none.csv"; "--out"; at "kept.csv" ] [ "none.csv" ]
                  refused [ "--pairs"; at "kept.csv"; "--out"; at "kept.csv" ] [ "overwrite" ]
                  Expect.equal (File.ReadAllText(at "kept.csv")) "what was there before" "untouched")
          }

          test "an answer that came too soon, or from a rule that is not proved, has exit code 1 and says so" {
              let early = run [ "add"; "99999999"; "1"; "--steps"; "2" ]
              Expect.equal early.Code 1 "too soon"
              Expect.stringContains early.Error "may be wrong" "a warning"

              inFolder (fun at ->
                  RuleFile.Write(at "raw.npz", AdderRecipe.Automaton(8, 1UL))
                  let unproved = run [ "add"; "1"; "2"; "--rule"; at "raw.npz" ]
                  Expect.equal unproved.Code 1 "not proved"
                  Expect.stringContains unproved.Error "of 300 contexts" "a warning"
                  let proof = run [ "add"; "prove"; "--rule"; at "raw.npz"; "--json" ]
                  Expect.equal proof.Code 1 "no proof"
                  Expect.isGreaterThan ((nonNull proof.Json["wrong"]).AsArray().Count) 100 "each of them is named")

              let shipped = succeed [ "add"; "prove" ]
              Expect.stringContains shipped.Output "all 300 contexts" "the rule that ships"
          }

          test "the rule that ships is what its command writes, bit for bit" {
              inFolder (fun at ->
                  let ran = succeed [ "add"; "train"; "--seed"; "6"; "--out"; at "adder.npz"; "--json" ]
                  Expect.equal (number ran "parameters") 747 "small"
                  Expect.isTrue (is ran "proved") "proved"

                  use shipped =
                      typeof<GaryMesh.Cli.Shell.UserErrorException>.Assembly.GetManifestResourceStream
                          "adding/adder.npz"

                  use memory = new MemoryStream()
                  (nonNull shipped).CopyTo memory
                  let rule (stream: Stream) = (RuleFile.Read(stream, "adder.npz")).Rule.ToArray()
                  memory.Position <- 0L
                  use written = File.OpenRead(at "adder.npz")

                  // The last bits depend on the width of the machine's vectors.
                  use prepared = new Prepared(Automaton.GaryMesh 1UL, Graph.Ring 3)

                  if prepared.Lanes = 16 then
                      Expect.equal (rule written) (rule memory) "the same parameters"

                  let summed = succeed [ "add"; "123456789"; "987654321"; "--rule"; at "adder.npz"; "--json" ]
                  Expect.equal (string summed.Json["answer"]) "1111111110" "it adds")
          }

          test "the published rules that ship add seven digits, in bytes too, every expert at work" {
              inFolder (fun at ->
                  // A carry through the whole number, nines, and any others.
                  let pairs =
                      [ yield! [ "9999999", "1"; "1", "9999999"; "9999999", "9999999"; "5555555", "4444445"; "0", "0" ]
                        for i in 0..494 do
                            digits 7 i, digits (1 + i % 7) (i + 500) ]

                  File.WriteAllLines(at "in.csv", [ for a, b in pairs -> $"{a},{b}" ])

                  for rule in [ "published"; "published-int8" ] do
                      let ran =
                          succeed [ "add"; "--pairs"; at "in.csv"; "--out"; at "out.csv"; "--rule"; rule; "--json" ]

                      let expected = [ for a, b in pairs -> $"{a},{b},{sumOf a b}" ]
                      Expect.equal (List.ofArray (File.ReadAllLines(at "out.csv"))) expected "every line"
                      Expect.isFalse (is ran "proved") "no proof"

                      use shipped =
                          nonNull (
                              typeof<GaryMesh.Cli.Shell.UserErrorException>.Assembly.GetManifestResourceStream
                                  $"adding/{rule}.npz"
                          )

                      if rule = "published-int8" then
                          Expect.isLessThanOrEqual shipped.Length 36000L "36 kB"

                      let automaton = RuleFile.Read(shipped, rule)
                      Expect.equal automaton.Rule.ParameterCount 26448 "parameters"
                      let strips = [| for a, b in pairs -> Addends.Read(a, b) |]
                      let load = PublishedAdder.Load(automaton, Array.truncate 100 strips, 1UL)
                      Expect.floatClose Accuracy.medium (Array.sum load) 1.0 "shares"
                      Expect.isGreaterThan (Array.min load) 0.05 "every expert is used"

                  let watched = lines (succeed [ "add"; "999"; "1"; "--watch"; "--rule"; "published" ]).Output
                  Expect.stringContains watched[2] "step  sum" "a strip"
                  Expect.equal watched[watched.Length - 2] "999 + 1 = 1000" "and its sum"

                  for arguments, part in
                      [ [ "12345678"; "1"; "--rule"; "published" ], "at most 7 digits"
                        [ "prove"; "--rule"; "published" ], "bits alone"
                        [ "train"; "--shape"; "odd" ], "small, published or published-dense"
                        [ "train"; "--shape"; "published"; "--hidden"; "5" ], "--hidden" ] do
                      let ran = run ("add" :: arguments)
                      Expect.equal ran.Code 2 "bad input"
                      Expect.stringContains ran.Error part "it says why")
          }

          test "a training that is stopped keeps its rule" {
              inFolder (fun at ->
                  use stop = new CancellationTokenSource()
                  stop.Cancel()
                  let ran = runUntil stop.Token [ "add"; "train"; "--out"; at "adder.npz" ]
                  Expect.equal ran.Code 130 "as a shell counts it"
                  Expect.equal (RuleFile.Read(at "adder.npz")).Rule.ParameterCount 747 "a rule, if not a proved one"

                  let ran =
                      runUntil stop.Token [ "add"; "train"; "--shape"; "published"; "--int8"; "--out"; at "large.npz" ]

                  Expect.equal ran.Code 130 "as a shell counts it"
                  Expect.isLessThanOrEqual (FileInfo(at "large.npz")).Length 36000L "in bytes"
                  let dense = [ "add"; "train"; "--shape"; "published-dense"; "--out"; at "dense.npz" ]
                  Expect.equal (runUntil stop.Token dense).Code 130 "as a shell counts it"
                  Expect.equal (RuleFile.Read(at "dense.npz")).Rule.ParameterCount 9194 "one rule in place of experts")
          } ]
