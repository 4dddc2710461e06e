// Trains gary-mesh's rule to draw a wave on a ring of 64 cells and runs it.
//   dotnet build src/GaryMesh.Core.fsproj && dotnet fsi --optimize samples/Ring.fsx
#r "../artifacts/bin/GaryMesh.Core/release/GaryMesh.Core.dll"

open System.Threading
open GaryMesh

let ring = Graph.Ring 64
let target = [| for i in 0..63 -> sin (2.0f * System.MathF.PI * float32 i / 64.0f) |]
let automaton = (Automaton.GaryMesh 1UL).WithSteps(32, 48)

let task =
    { TrainingTask.Of(MeanSquared(target, 0)) with
        Iterations = 800
        Batch = 4
        Optimiser = (Adam.Of 4e-3).WithMilestones([ 530 ], 0.3) }

let trained =
    use trainer = new Trainer(automaton, ring, task)
    let struct (training, _) = trainer.Run(trainer.Begin(), null, CancellationToken.None)
    automaton.WithRule(trainer.Best training)

let start = trained.Start.On(ring, 12, 0UL)
let final = Engine.Run(trained, ring, Rollout.Of(start, 48, Firing.Seeded(99UL, 0)))

printfn $"{trained.Rule.ParameterCount} parameters, correlation {Metrics.Correlation(final.Channel 0, target):F4}"
