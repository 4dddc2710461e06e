/// Bad input: one sentence, exit code 2, and nothing is written or overwritten.
module GaryMesh.Cli.Tests.RefusalTests

open System
open System.Collections.Generic
open System.IO
open Expecto
open GaryMesh
open GaryMesh.Cli.Tests.Support

/// Files that the cases below name: whole ones, broken ones, and an output that must survive.
let private prepare (at: string -> string) =
    let write name (text: string) = File.WriteAllText(at name, text)
    RuleFile.Write(at "rule.npz", Automaton.GaryMesh 1UL)
    StateFile.Write(at "state.npz", State.Zeros(8, 12))
    StateFile.Write(at "narrow.npz", State.Zeros(64, 5))
    let whole = File.ReadAllBytes(at "rule.npz")
    File.WriteAllBytes(at "truncated.npz", whole[.. whole.Length / 2])
    write "foreign.npz" "no archive at all"
    write "foreign.png" "no picture at all, but longer than the header of one"
    write "square.obj" "v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 3\n"
    write "empty.csv" "source,target\n"
    write "negative.csv" "0,1\n1,-2\n"
    write "beyond.csv" "# cells 3\n0,1\n1,7\n"
    write "words.csv" "0,1\none,two\n"
    write "bad.obj" "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n"
    write "nan.obj" "v 0 0 nan\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
    write "short.csv" "1\n2\n3\n"
    write "nan.csv" (String.replicate 63 "0\n" + "nan\n")
    write "huge.csv" (String.replicate 63 "0\n" + "1e300\n")
    write "escape.csv" "0,1\n1,\u001b[31mred\u0007\n"
    write "kept.npz" "what was there before"
    Npz.Write(at "escape.npz", dict [ "format", NpyArray.OfText "a\u001b[31m\nb" ])

    let edges = NpyArray.OfInt32([| 1; 2 |], [| 0; 1 |])
    Npz.Write(at "entry.npz", dict [ "edges", edges; "a\u001b[31m\nb", NpyArray.OfText "x" ])

    let graph name (positions: float[]) =
        Npz.Write(
            at name,
            [ KeyValuePair("edges", edges)
              KeyValuePair("positions", NpyArray.OfFloat64([| 2; 3 |], positions)) ]
        )

    graph "nan.npz" [| 0.0; 0.0; nan; 1.0; 0.0; 0.0 |]
    graph "infinite.npz" [| 0.0; 0.0; infinity; 1.0; 0.0; 0.0 |]

/// Name, arguments (a file of the folder is written @name), and words that the sentence must have.
let private cases =
    let rollout more = [ "run"; "--rule"; "@rule.npz"; "--out"; "@kept.npz"; "--png"; "@new.png" ] @ more
    let training more = [ "train"; "--iterations"; "1"; "--out"; "@kept.npz"; "--curve"; "@new.csv" ] @ more

    [ "an empty ring", rollout [ "--graph"; "ring:0" ], [ "at least 1" ]
      "a list without edges", rollout [ "--graph"; "@empty.csv" ], [ "no edge" ]
      "an edge to a negative cell", rollout [ "--graph"; "@negative.csv" ], [ "line 2"; "-2" ]
      "an edge beyond the cells", rollout [ "--graph"; "@beyond.csv" ], [ "cell 7"; "0 to 2" ]
      "an edge of words", rollout [ "--graph"; "@words.csv" ], [ "line 2"; "one" ]
      "a position that is not a number", rollout [ "--graph"; "@nan.npz" ], [ "finite" ]
      "an infinite position", rollout [ "--graph"; "@infinite.npz" ], [ "finite" ]
      "a face that names no vertex", rollout [ "--graph"; "@bad.obj" ], [ "bad.obj"; "9" ]
      "a vertex that is no number", rollout [ "--graph"; "@nan.obj" ], [ "nan.obj" ]
      "a mesh that is not there", rollout [ "--graph"; "@none.obj" ], [ "none.obj" ]
      "an unknown graph word", rollout [ "--graph"; "rings:64" ], [ "rings:64" ]
      "a graph with one side", rollout [ "--graph"; "grid:12" ], [ "grid:12" ]
      "a graph too large to mean", rollout [ "--graph"; "grid:1000000x1000000" ], [ "1,000,000,000,000" ]
      "a state of other cells", rollout [ "--state"; "@state.npz" ], [ "8 cells x 12"; "64 cells" ]
      "a state of other channels", rollout [ "--state"; "@narrow.npz" ], [ "5 channels"; "12 channels" ]
      "a state that is none", rollout [ "--state"; "@rule.npz" ], [ "state" ]
      "an unknown state word", rollout [ "--state"; "ones" ], [ "ones" ]
      "no steps", rollout [ "--steps"; "0" ], [ "--steps"; "'0'" ]
      "negative steps", rollout [ "--steps"; "-3" ], [ "--steps"; "'-3'" ]
      "steps that are no number", rollout [ "--steps"; "many" ], [ "--steps"; "'many'" ]
      "a fire rate above 1", rollout [ "--fire-rate"; "1.5" ], [ "--fire-rate"; "0 to 1"; "1.5" ]
      "a fire rate below 0", rollout [ "--fire-rate"; "-0.1" ], [ "--fire-rate"; "0 to 1" ]
      "a fire rate that is no number", rollout [ "--fire-rate"; "nan" ], [ "--fire-rate"; "nan" ]
      "a fire rate that would never fire", rollout [ "--fire-rate"; "1e-6" ], [ "fire rate"; "1E-06 would be 0" ]
      "a fire rate that would always fire", rollout [ "--fire"; "0.999995" ], [ "fire rate"; "0.999995 would be 1" ]
      "a time step of none", rollout [ "--time-step"; "0" ], [ "--time-step"; "above 0"; "'0'" ]
      "a spacing of none", rollout [ "--spacing"; "0" ], [ "--spacing"; "above 0"; "'0'" ]
      "an endless spacing", rollout [ "--spacing"; "inf" ], [ "--spacing"; "above 0" ]
      "a field of control characters", rollout [ "--graph"; "@escape.csv" ], [ "line 2"; "?[31mred?" ]
      "a format of control characters", [ "run"; "--rule"; "@escape.npz" ], [ "'a?[31m?b'" ]
      "an entry of control characters", rollout [ "--graph"; "@entry.npz" ], [ "a?[31m?b" ]
      "a state file to train from", training [ "--state"; "@state.npz" ], [ "--state of train"; "noise:A" ]
      "a target too large for float32", training [ "--target"; "@huge.csv" ], [ "number 63"; "1E+300" ]
      "a negative seed", rollout [ "--seed"; "-1" ], [ "--seed"; "-1" ]
      "a channel that is not there", rollout [ "--channel"; "12" ], [ "12"; "0 to 11" ]
      "colours of a ring", rollout [ "--colour" ], [ "ring:64 is neither grid nor torus" ]
      "colours of too few channels",
      [ "run"; "--rule"; "3x4x3"; "--graph"; "grid:4x4"; "--colour"; "--out"; "@kept.npz" ],
      [ "at least 4 channels"; "has 3" ]
      "colours of too few channels for a mesh",
      [ "run"; "--rule"; "2x4x3"; "--graph"; "@square.obj"; "--colour"; "--ply"; "@new.ply" ],
      [ "at least 3 channels"; "has 2" ]
      "a mesh of a graph that has none", rollout [ "--ply"; "@new.ply" ], [ "--ply"; "ring:64" ]
      "a mesh under another ending", rollout [ "--graph"; "@square.obj"; "--ply"; "@new.stl" ], [ ".ply"; "new.stl" ]
      "a trajectory under another ending", rollout [ "--trajectory"; "@new.txt" ], [ ".npy or .npz"; "new.txt" ]
      "a trajectory that no memory holds",
      rollout [ "--graph"; "ring:1000000"; "--trajectory"; "@new.npy"; "--steps"; "1000000" ],
      [ "1,000,001 states"; "--every" ]
      "a target that is no picture", training [ "--target"; "@foreign.png" ], [ "foreign.png"; "PNG" ]
      "a truncated rule", [ "run"; "--rule"; "@truncated.npz"; "--out"; "@kept.npz" ], [ "truncated.npz" ]
      "a foreign rule", [ "run"; "--rule"; "@foreign.npz"; "--out"; "@kept.npz" ], [ "foreign.npz" ]
      "a state for a rule", [ "run"; "--rule"; "@state.npz"; "--out"; "@kept.npz" ], [ "state.npz" ]
      "an unknown rule", [ "run"; "--rule"; "gary"; "--out"; "@kept.npz" ], [ "gary" ]
      "no rule", [ "run"; "--out"; "@kept.npz" ], [ "--rule" ]
      "an output in no folder", [ "run"; "--rule"; "@rule.npz"; "--out"; "@none/state.npz" ], [ "none" ]
      "an output that is a folder", [ "run"; "--rule"; "@rule.npz"; "--out"; "@" ], [ "folder" ]
      "one output named twice", [ "train"; "--out"; "@a.npz"; "--checkpoint"; "@a.npz" ], [ "two outputs" ]
      "a rule under a name that no command reads", [ "train"; "--out"; "@new" ], [ "--out"; ".npz" ]
      "a state under a name that no command reads",
      [ "run"; "--rule"; "12x8x3"; "--out"; "@a.npy" ],
      [ "--out"; ".npz" ]
      "a picture that says to be another kind", [ "run"; "--rule"; "12x8x3"; "--png"; "@a.jpg" ], [ "--png"; ".png" ]
      "a picture of times of another kind", [ "bench"; "--png"; "@a.svg" ], [ "--png"; ".png" ]
      "a curve that says to be a rule", [ "train"; "--curve"; "@a.npz" ], [ "--curve"; ".csv" ]
      "a state over the rule",
      [ "run"; "--rule"; "@rule.npz"; "--out"; "@rule.npz" ],
      [ "--out"; "rule.npz"; "overwrite" ]
      "a state over its start",
      [ "run"
        "--rule"
        "@rule.npz"
        "--graph"
        "ring:8"
        "--state"
        "@state.npz"
        "--out"
        "@./state.npz" ],
      [ "--out"; "state.npz"; "overwrite" ]
      "a rule over its target", [ "train"; "--target"; "@kept.npz"; "--out"; "@kept.npz" ], [ "--out"; "overwrite" ]
      "a checkpoint over the rule to begin with",
      training [ "--rule"; "@rule.npz"; "--checkpoint"; "@rule.npz" ],
      [ "overwrite" ]
      "a rule over the checkpoint that it goes on from", training [ "--resume"; "@kept.npz" ], [ "--out"; "overwrite" ]
      "an output folder that is a file", [ "demo"; "--out"; "@kept.npz" ], [ "is a file" ]
      "no iterations", training [ "--iterations"; "0" ], [ "--iterations" ]
      "an unknown target", training [ "--target"; "waves" ], [ "waves" ]
      "a target of other length", training [ "--target"; "@short.csv" ], [ "3 numbers"; "64 cells" ]
      "a target that is not finite", training [ "--target"; "@nan.csv" ], [ "finite" ]
      "a channel to train that is not there", training [ "--channel"; "99" ], [ "99" ]
      "a range of steps backwards", training [ "--steps"; "48-32" ], [ "48-32" ]
      "a learning rate of 0", training [ "--learning-rate"; "0" ], [ "--learning-rate" ]
      "a checkpoint that is none", training [ "--resume"; "@rule.npz" ], [ "rule.npz" ]
      "a pool smaller than the batch", training [ "--pool"; "2" ], [ "holds 2"; "against 4" ]
      "a pool that no memory holds", training [ "--pool"; "2000000000" ], [ "--pool 2000000000"; "bytes" ]
      "a check of no steps", [ "check"; "--steps"; "0" ], [ "--steps" ]
      "sizes of no rule", [ "bench"; "--rule"; "12x0x3"; "--graph"; "ring:8" ], [ "12x0x3" ]
      "a width that no vector has", [ "bench"; "--lanes"; "3"; "--graph"; "ring:8" ], [ "--lanes" ]
      "an unknown file", [ "info"; "@nothing.npz" ], [ "nothing.npz" ]
      "an unknown option", [ "demo"; "--outt"; "x" ], [ "--outt" ]
      "an unknown command", [ "dance" ], [ "dance" ] ]

[<Tests>]
let tests =
    testList
        "refusals"
        [ for name, arguments, words in cases do
              testCase name <| fun () -> refuses prepare arguments words ]
