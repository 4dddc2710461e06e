using System.CommandLine;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Commands.Textures;

/// <summary>`gary-mesh texture`: rules that paint surfaces like an exemplar.</summary>
internal static class TextureCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var command = new Command("texture", "Learn a rule that paints any surface like a picture, and apply it.")
        {
            TextureTrainCommand.Create(output, error, stop),
            TextureApplyCommand.Create(output, error, stop),
            TextureGalleryCommand.Create(output, error, stop),
        };
        ExamplesHelp.Attach(
            command,
            """
            gary-mesh texture train --exemplar rust.png --minutes 5 --out rust.npz
            gary-mesh texture apply --rule rust.npz --graph bunny.obj --out bunny.glb --png bunny.png
            """,
            "");
        return command;
    }
}
