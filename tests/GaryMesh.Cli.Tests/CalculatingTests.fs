/// gary-mesh calculate: four operations on two numbers and on files, refusals, a training without a proof.
module GaryMesh.Cli.Tests.CalculatingTests

open System
open System.IO
open System.Numerics
open Expecto
open GaryMesh
open GaryMesh.Cli.Tests.Support

let private digits count (seed: int) = String.init count (fun i -> string (Counter.below 10 (uint64 seed) (int64 i)))

let private expected operation (a: string) (b: string) =
    let a, b = BigInteger.Parse a, BigInteger.Parse b

    match operation with
    | "add" -> string (a + b)
    | "subtract" -> string (a - b)
    | "compare" -> if a > b then "1" else "0"
    | _ -> string (max a b)

let private operations = [ "add"; "subtract"; "compare"; "maximum" ]

[<Tests>]
let tests =
    testList
        "gary-mesh calculate"
        [ test "two numbers are added, subtracted, compared, and the greater one found, by the rule that ships" {
              for a, b, more in
                  [ "1000000", "1", []
                    "7", "12", [ "--fire-rate"; "1" ]
                    "0", "0", [ "--seed"; "5" ]
                    digits 90 1, digits 90 1, []
                    digits 60 3, digits 90 4, [ "--fire-rate"; "0.2" ] ] do
                  for operation in operations do
                      let ran = succeed ([ "calculate"; a; operation; b; "--json" ] @ more)
                      Expect.equal (string ran.Json["answer"]) (expected operation a b) $"{a} {operation} {b}"

              Expect.stringStarts (succeed [ "calculate"; "7"; "-"; "12" ]).Output "7 - 12 = -5" "as text"
              Expect.stringStarts (succeed [ "calculate"; "7"; ">"; "12" ]).Output "7 is not greater than 12" "as text"
          }

          test "a file of tasks is answered line by line, in its order" {
              inFolder (fun at ->
                  let tasks =
                      [ for i in 0..79 ->
                            digits (1 + i * 7 % 20) i, operations[i % 4], digits (1 + i * 11 % 9) (i + 500) ]

                  let text = [ for a, operation, b in tasks -> $"{a}, {operation},{b}" ]
                  File.WriteAllLines(at "in.csv", "a,operation,b" :: text)
                  succeed [ "calculate"; "--tasks"; at "in.csv"; "--out"; at "out.csv" ] |> ignore
                  let answers = [ for a, operation, b in tasks -> $"{a},{operation},{b},{expected operation a b}" ]

                  Expect.equal
                      (List.ofArray (File.ReadAllLines(at "out.csv")))
                      ("a,operation,b,answer" :: answers)
                      "every line")
          }

          test "what is no task is refused in one sentence, and nothing is written" {
              inFolder (fun at ->
                  File.WriteAllText(at "kept.csv", "what was there before")
                  File.WriteAllText(at "in.csv", "1,add,2\n3,times,4\n")
                  RuleFile.Write(at "ring.npz", Automaton.GaryMesh 1UL)

                  for arguments, parts in
                      [ [ "1"; "add" ], [ "2 words" ]
                        [ "1"; "times"; "2" ], [ "'times'"; "subtract" ]
                        [ "1"; "add"; "x2" ], [ "digits 0 to 9"; "'x2'" ]
                        [ "--tasks"; at "in.csv" ], [ "--out" ]
                        [ "--tasks"; at "in.csv"; "--out"; at "kept.csv" ], [ "Line 2"; "'3,times,4'" ]
                        [ "1"; "add"; "2"; "--rule"; at "ring.npz" ], [ "24 inputs" ]
                        [ "1"; "add"; "2"; "--fire-rate"; "0" ], [ "never fire" ] ] do
                      let ran = run ("calculate" :: arguments)
                      Expect.equal (ran.Code, ran.Output) (2, "") $"{arguments}"

                      for part: string in parts do
                          Expect.stringContains ran.Error part "says why"

                  Expect.equal (File.ReadAllText(at "kept.csv")) "what was there before" "nothing lost")
          }

          test "a training without a proof says so and ends with 1, and so does a proof of its rule" {
              inFolder (fun at ->
                  let train =
                      [ "calculate"; "train"; "--hidden"; "4"; "--iterations"; "3"; "--out"; at "r.npz"; "--json" ]

                  let ran = run train
                  Expect.equal ran.Code 1 "not proved"
                  Expect.isFalse ((nonNull ran.Json["proved"]).GetValue<bool>()) "and says so"
                  Expect.equal (run [ "calculate"; "prove"; "--rule"; at "r.npz" ]).Code 1 "nor is the file's rule"
                  Expect.equal (succeed [ "calculate"; "prove" ]).Code 0 "the one that ships is")
          } ]
