using GaryMesh.Cli.Shell;
using GaryMesh.Cluster;
using Microsoft.Extensions.Hosting;

namespace GaryMesh.Cli.Commands.Clusters;

/// <summary>Starts a silo or a client, and says in a sentence why it cannot.</summary>
internal static class ClusterConnection
{
    public static IHost Start(Func<IHost> make, string? redis, CancellationToken stop)
    {
        try
        {
            var host = make();
            host.StartAsync(stop).GetAwaiter().GetResult();
            return host;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            throw new UserErrorException(ClusterHost.Reason(fault) switch
            {
                ClusterFault.NoRedis => $"Redis does not answer at {redis}.",
                ClusterFault.NoSilo => $"No silo is known at {redis}: start one by gary-mesh cluster silo --redis {redis}.",
                _ => fault.Message,
            });
        }
    }
}
