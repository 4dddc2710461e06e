using System.CommandLine;
using GaryMesh.Cli.Commands.Growing;
using GaryMesh.Cli.Shell;
using GaryMesh.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace GaryMesh.Cli.Commands.Clusters;

/// <summary>`gary-mesh cluster train`: `grow train` with the rollouts of each batch spread over silos.</summary>
internal static class ClusterTrainCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var redis = Options.File("--redis", "The Redis that knows the silos. [default: none; a silo in this process does the work]", "HOST:PORT");
        var shares = Options.Whole("--shares", "S", "Shares of a batch, such as one a silo.", 2);
        return GrowTrainCommand.Create(output, error, stop, new GradientOptions(
            [redis, shares],
            parsed =>
            {
                var (where, count) = (parsed.GetValue(redis), parsed.GetValue(shares));
                return (automaton, graph, targets, overflow, stop) => new Silos(where, count, TrainSpec.Of(automaton, graph, targets, overflow), stop);
            },
            """
            gary-mesh cluster train --redis localhost:6379 --shares 4 --target lizard.png --out lizard.npz
            gary-mesh cluster train --target heart.png --iterations 100 --out heart.npz
            """,
            """
            The rollouts of a batch are spread over the silos, and their gradients are added in one order: the rule file has the bytes of grow train,
            whatever the shares and silos. A share whose silo is lost is computed again. Pool, optimiser and validation stay here.
            """));
    }

    private sealed class Silos : IElsewhere
    {
        private readonly IHost _host;
        private readonly ClusterGradients _gradients;

        public Silos(string? redis, int shares, TrainSpec spec, CancellationToken stop)
        {
            _host = ClusterConnection.Start(() => redis is null ? ClusterHost.Embedded(0) : ClusterHost.Client(redis), redis, stop);
            _gradients = new(_host.Services.GetRequiredService<IGrainFactory>(), spec, shares);
        }

        public IBatchGradients Gradients => _gradients;

        public void Dispose()
        {
            _gradients.Dispose();
            _host.StopAsync(CancellationToken.None).GetAwaiter().GetResult();
            _host.Dispose();
        }
    }
}
