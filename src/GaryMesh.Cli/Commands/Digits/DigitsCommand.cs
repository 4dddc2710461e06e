using System.CommandLine;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Commands.Digits;

/// <summary>`gary-mesh digits`: the ink of a digit votes on which it is.</summary>
internal static class DigitsCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var command = new Command("digits", "Learn to tell digits by the votes of their own inked pixels, which see their neighbours only.")
        {
            DigitsTrainCommand.Create(output, error, stop),
            DigitsRunCommand.Create(output, error, stop),
            DigitsEvalCommand.Create(output, error, stop),
        };
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh digits run --images digits.npz --picture 3 --then 8@100 --png votes.png --animation votes-moving.png
            gary-mesh digits eval --images unseen.npz --steps 200
            gary-mesh digits train --images digits.npz --minutes 25 --out my-digits.npz
            """,
            "");
        return command;
    }
}
