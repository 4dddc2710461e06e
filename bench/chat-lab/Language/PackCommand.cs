using System.CommandLine;
using GaryMesh.ChatGraft.Commands;

namespace GaryMesh.ChatLab.Language;

/// <summary>`pack`: a model with weights of one byte each, and a note of where it comes from.</summary>
internal static class PackCommand
{
    public static Command Create(TextWriter output)
    {
        var model = Options.Needed("--model", "The model to pack.");
        var file = Options.Needed("--out", "The model file to write.");
        var about = Options.File("--about", "A text file to keep in it as a note. [default: the model's own note]");
        var command = new Command("pack", "Write a model with weights of one byte each.") { model, file, about };
        command.SetAction(parsed =>
        {
            var read = ChatModelFile.Read(parsed.GetValue(model)!);

            if (parsed.GetValue(about) is { } note)
                read = read with { About = File.ReadAllText(note).Trim() };

            ChatModelFile.Write(parsed.GetValue(file)!, read, WeightPrecision.Int8);
            output.WriteLine($"Written to {parsed.GetValue(file)}: {new FileInfo(parsed.GetValue(file)!).Length:N0} bytes.");
            return ExitCode.Done;
        });
        return command;
    }
}
