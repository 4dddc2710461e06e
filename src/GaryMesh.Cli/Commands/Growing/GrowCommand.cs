using System.CommandLine;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Commands.Growing;

/// <summary>`gary-mesh grow`: patterns that grow from one cell.</summary>
internal static class GrowCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var command = new Command("grow", "Learn a pattern that grows from one cell, stays and heals, and let it grow.")
        {
            GrowTrainCommand.Create(output, error, stop),
            GrowRunCommand.Create(output, error, stop),
            GrowEvalCommand.Create(output, error, stop),
        };
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh grow train --target lizard.png --regime regenerate --out lizard.npz --preview strip.png
            gary-mesh grow run --rule lizard --steps 400 --damage 36,30,8@200 --animation lizard.png
            gary-mesh grow eval --rule lizard --target lizard.png
            """,
            "");
        return command;
    }
}
