/// The engine's bits, state and gradient, against digests that were taken when the rule was one class without a seam.
module GaryMesh.Tests.BitsTests

open System
open System.IO
open System.Runtime.InteropServices
open System.Security.Cryptography
open Expecto
open GaryMesh
open GaryMesh.Tests.Files.Support

let private numbers (key: uint64) scale count =
    Array.init count (fun i -> float32 (scale * Counter.normal key (int64 i)))

let private automaton (automaton: Automaton) =
    let shape = automaton.Rule.Shape
    automaton.WithRule(Rule(shape, ReadOnlySpan(numbers 7UL 0.15 shape.ParameterCount)))

let private told =
    Automaton.Of(Perception.LeftSelfRight, Rule.Zero(RuleShape(5, 15, 11, 3))).WithTimeStep(0.75).WithFireRate 0.3

/// A grid whose cells lie in an order that the engine changes.
let private shuffled =
    let graph = Graph.Grid(50, 60)
    let order = [| 0 .. graph.Cells - 1 |]

    for i in graph.Cells - 1 .. -1 .. 1 do
        let other = Counter.below (i + 1) 3UL (int64 i)
        let kept = order[i]
        order[i] <- order[other]
        order[other] <- kept

    graph.Relabelled order

let private published = (Automaton.Growing 1UL).WithGate(Gate.AlivePublished(3, 0.1f))

/// A name with "patch" stands for starts with a few living cells, and a few that hold something and are dead.
let private cases =
    [ "gary-mesh", automaton (Automaton.GaryMesh 1UL), Graph.Ring 64, 12
      "mesh-nca", automaton (Automaton.MeshNca 1UL), Graph.Icosphere 6, 6
      "growing", automaton (Automaton.Growing 1UL), Graph.Grid(14, 11), 8
      "told", automaton told, Graph.Line 70, 9
      "shuffled", automaton (Automaton.GaryMesh 1UL), shuffled, 4
      "patch", automaton (Automaton.Growing 1UL), Graph.Grid(25, 70), 7
      "shuffled-patch", automaton (Automaton.Growing 1UL), shuffled, 5
      "published-patch", automaton published, Graph.Grid(25, 70), 7 ]

let private memories = [ TraceMemory.Everything; TraceMemory.States; TraceMemory.Checkpoints ]

let private digest (parts: byte[] seq) =
    use hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256
    parts |> Seq.iter hash.AppendData
    Convert.ToHexStringLower(hash.GetHashAndReset())

let private bytes (values: 'T[]) = MemoryMarshal.AsBytes(ReadOnlySpan values).ToArray()

let private bits (name: string) (automaton: Automaton) (graph: Graph) steps lanes memory =
    use prepared =
        new Prepared(automaton, graph, EngineOptions(Threads = 2, Lanes = lanes, TraceMemory = memory))

    let state channels key = State(graph.Cells, channels, ReadOnlySpan(numbers key 0.4 (graph.Cells * channels)))
    let shape = automaton.Rule.Shape

    let start key =
        let whole = state shape.Channels key

        let holds cell channel = cell % 300 < 12 || (cell % 97 = 0 && channel <> 3) || not (name.Contains "patch")

        State.Create(graph.Cells, shape.Channels, fun cell i -> if holds cell i then whole[cell, i] else 0f)

    let rollouts =
        [| for sample in 0..1 ->
               let rollout = Rollout.Of(start (uint64 sample), steps, Firing.Seeded(5UL, sample))

               if shape.Inputs = 0 then
                   rollout
               else
                   rollout.WithInputs(Inputs.Constant(state shape.Inputs 9UL)) |]

    let loss = MeanSquared(state shape.Channels 11UL, null, null).At(fun step steps -> step >= steps - 1)

    let gradient = prepared.Gradient(rollouts, loss)

    digest
        [ for final in prepared.Run rollouts do
              bytes (final.ToArray())

          bytes gradient.Parameters

          for outcome in gradient.Outcomes do
              bytes (outcome.Start.ToArray())
              yield! outcome.Inputs |> Array.map (fun inputs -> bytes (inputs.ToArray()))

          bytes [| gradient.Loss |] ]

[<Tests>]
let tests =
    testList
        "Bits"
        [ for name, automaton, graph, steps in cases do
              test $"{name} runs and trains to the bits that it always had, at every width" {
                  let known = File.ReadAllLines(fixture "engine_bits.txt")

                  for lanes in [ 1; 4; 8; 16 ] do
                      for memory in memories do
                          let line = $"{name} {lanes} {bits name automaton graph steps lanes memory}"
                          Expect.contains known line $"{lanes} lanes, {memory}"
              } ]
