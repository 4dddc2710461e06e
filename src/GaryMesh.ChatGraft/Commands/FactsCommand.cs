using System.CommandLine;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>`facts`: writes what a brain was told as JSON, also where its weights are damaged and no chat opens.</summary>
internal static class FactsCommand
{
    public static Command Create(TextWriter output)
    {
        var brainFile = Options.File("--brain", $"The brain. [default: {Brain.DefaultPath}]");
        var command = new Command("facts", "Write the facts of a brain as JSON, which '/import' of a chat reads.") { brainFile };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(brainFile) ?? Brain.DefaultPath;
            if (!File.Exists(path)) throw new FileNotFoundException($"There is no brain '{path}'.");
            using var brain = Brain.Open(path);
            output.WriteLine(FactsFile.Write(brain.ReadFacts()));
            return ExitCode.Done;
        });
        return command;
    }
}
