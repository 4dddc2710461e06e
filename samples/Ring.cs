// Trains gary-mesh's rule to draw a wave on a ring of 64 cells, keeps it in a file and runs it.
//   dotnet run -c Release samples/Ring.cs
#:project ../src/GaryMesh.Core.fsproj
#:property PublishAot=false

using GaryMesh;

var ring = Graph.Ring(64);
var target = Enumerable.Range(0, 64).Select(i => MathF.Sin(2 * MathF.PI * i / 64)).ToArray();
var automaton = Automaton.GaryMesh(seed: 1).WithSteps(32, 48);
var task = TrainingTask.Of(new MeanSquared(target, channel: 0))
    .WithIterations(800).WithBatch(4).WithOptimiser(Adam.Of(4e-3).WithMilestones([530], 0.3));

using var trainer = new Trainer(automaton, ring, task);
var (training, _) = trainer.Run(trainer.Begin(), progress: null, CancellationToken.None);
var trained = automaton.WithRule(trainer.Best(training));
RuleFile.Write(Path.Combine(Path.GetTempPath(), "wave.npz"), trained);

var start = trained.Start.On(ring, channels: 12, seed: 0);
var final = Engine.Run(trained, ring, Rollout.Of(start, steps: 48, Firing.Of(99, 0)));
Console.WriteLine($"{trained.Rule.ParameterCount} parameters, correlation {Metrics.Correlation(final.Channel(0), target):F4}");
