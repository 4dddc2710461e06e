using System.CommandLine;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Commands.Clusters;

/// <summary>`gary-mesh cluster`: one automaton over several machines.</summary>
internal static class ClusterCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var command = new Command("cluster", "Run one automaton over several processes or machines, with the bits of one.")
        {
            ClusterRunCommand.Create(output, error, stop),
            ClusterSiloCommand.Create(output, error, stop),
            ClusterTrainCommand.Create(output, error, stop),
        };
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh cluster run --rule bumps.npz --graph ring:1000000 --steps 200 --parts 4 --out state.npz
            gary-mesh cluster silo --redis localhost:6379
            gary-mesh cluster run --redis localhost:6379 --rule bumps.npz --graph ring:1000000 --steps 200 --parts 8 --halo 8 --out state.npz
            """,
            "");
        return command;
    }
}
