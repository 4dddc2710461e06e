/// Runs over silos of one process against one machine: over all their numbers, parts, halos and graphs.
module GaryMesh.Cluster.Tests.Bits

open System
open System.IO
open System.Threading
open System.Threading.Tasks
open GaryMesh
open GaryMesh.Cluster
open GaryMesh.Cluster.Tests.Faults

let bytesOf (automaton: Automaton) =
    use stream = new MemoryStream()
    RuleFile.Write(stream, automaton)
    stream.ToArray()

/// A rule none of whose parameters is zero.
let private automatonOf (perception: Perception) gate =
    let rule = GradientCheck.RuleFor(RuleShape.For(perception, 6, 8), 3UL, 0.3)
    Automaton.Of(perception, rule).WithGate(gate).WithBound(2f).WithFireRate(0.5)

let living = automatonOf Perception.Sobel (Gate.Alive(3, 0.1f))

let open' =
    automatonOf
        (Perception [ Operator.Own; Operator.Of(EdgeWeight.One, Messages.Difference, Aggregation.Mean) ])
        Gate.Open

/// A run that keeps a checkpoint every so many epochs.
let keeping every (automaton: Automaton) (graph: string) parts halo steps =
    RunSpec(
        Rule = bytesOf automaton,
        Graph = graph,
        Start = "noise:1",
        Steps = steps,
        Seed = 7UL,
        Parts = parts,
        Halo = halo,
        CheckpointEvery = every
    )

let spec = keeping 5

/// What one machine comes to.
let alone (spec: RunSpec) =
    let automaton, graph = spec.Automaton(), spec.WholeGraph()
    use prepared = new Prepared(automaton, graph, EngineOptions())
    let start = spec.StartWord(automaton).On(graph, automaton.Rule.Shape.Channels, spec.Seed)
    prepared.Run(Rollout.Of(start, spec.Steps, Firing.Of(spec.Seed, 0)))

/// What a cluster comes to.
let completing
    (cluster: Orleans.TestingHost.TestCluster)
    (name: string)
    (spec: RunSpec | null)
    progress
    (patience: TimeSpan)
    =
    task {
        use stop = new CancellationTokenSource(patience)
        return! ClusterRun(cluster.GrainFactory, name).Complete(spec, progress, false, stop.Token)
    }

let complete cluster name (spec: RunSpec | null) progress =
    (completing cluster name spec progress (TimeSpan.FromMinutes 2.0)).GetAwaiter().GetResult()

/// Runs over so many silos on one graph: how many there were, and how many have the bits of one machine.
type Row = { Silos: int; Graph: string; Runs: int; Same: int }

/// What is varied; each with each.
type Matrix =
    {
        Silos: int list
        Parts: int list
        Halos: int list
        Steps: int
        /// The share of the messages that are lost on the way there, lost on the way back, late and repeated; each.
        Faults: float
    }

    /// All that is promised.
    static member Whole =
        { Silos = [ 1; 2; 4; 7 ]
          Parts = [ 1; 2; 4; 7 ]
          Halos = [ 1..8 ]
          Steps = 1000
          Faults = 0.0 }

    /// The same with messages of which a tenth is lost, a tenth late and a tenth repeated.
    static member Faulty = { Matrix.Whole with Silos = [ 2; 7 ]; Parts = [ 2; 7 ]; Faults = 0.1 }

/// Lattices with and without edges of their own, and a mesh; under the alive gate a step reads two hops.
let private graphs =
    [ "ring:1000", open'
      "line:900", open'
      "grid:40x25", living
      "torus:40x30", open'
      "torus6:40x28", open'
      "icosphere:10", open' ]

/// The rows of a matrix, one after the other. Where messages are late, most is waiting, and the runs of all graphs take place at the same time.
let rows (matrix: Matrix) =
    seq {
        for silos in matrix.Silos do
            let cluster = cluster silos
            share <- matrix.Faults

            try
                let same automaton graph (expected: State) parts halo =
                    task {
                        let spec = spec automaton graph parts halo matrix.Steps
                        let! result = completing cluster $"{graph}-{parts}-{halo}" spec null (TimeSpan.FromHours 1.0)
                        return expected.Values.SequenceEqual result.Final.Values
                    }

                let all =
                    seq {
                        for graph, automaton in graphs do
                            let expected = alone (spec automaton graph 1 8 matrix.Steps)

                            graph,
                            Task.WhenAll
                                [ for parts in matrix.Parts do
                                      for halo in matrix.Halos do
                                          if halo >= automaton.HopsPerStep then
                                              same automaton graph expected parts halo ]
                    }

                for graph, runs in (if matrix.Faults > 0.0 then Seq.ofArray (Seq.toArray all) else all) do
                    let found = runs.GetAwaiter().GetResult()

                    { Silos = silos
                      Graph = graph
                      Runs = found.Length
                      Same = found |> Seq.filter id |> Seq.length }
            finally
                share <- 0.0
                cluster.StopAllSilos()
                cluster.Dispose()
    }
