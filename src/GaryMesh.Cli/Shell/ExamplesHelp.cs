using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace GaryMesh.Cli.Shell;

/// <summary>The help of a command, followed by notes and by examples to copy.</summary>
internal sealed class ExamplesHelp(HelpAction standard, string examples, string notes) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        standard.MaxWidth = 120;
        var code = standard.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;

        Section(output, "Notes:", notes);
        Section(output, "Examples:", examples);
        return code;
    }

    /// <summary>Adds notes and examples to a command's help; on the root, to that of the root alone.</summary>
    public static void Attach(Command command, string examples, string notes)
    {
        // The root's option is recursive; a command with words of its own gets one of its own.
        if (command is not RootCommand)
            command.Options.Add(new HelpOption());

        foreach (var option in command.Options.OfType<HelpOption>())
            option.Action = new ExamplesHelp(new HelpAction(), examples, notes);
    }

    private static void Section(TextWriter output, string title, string text)
    {
        if (text.Length == 0)
            return;

        output.WriteLine(title);

        foreach (var line in text.Split('\n'))
            output.WriteLine($"  {line}".TrimEnd());

        output.WriteLine();
    }
}
