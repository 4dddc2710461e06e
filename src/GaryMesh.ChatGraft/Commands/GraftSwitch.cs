using System.CommandLine;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>The options `--graft on|off` and `--graft-file` of commands that run a cortex with or without a mesh graft.</summary>
internal sealed class GraftSwitch
{
    private readonly Option<string> _graft = new("--graft") { Description = "`on` to run with a mesh graft.", DefaultValueFactory = _ => "off" };
    private readonly Option<string?> _file = Options.File("--graft-file", "The graft of `--graft on`. [default: the one that ships]");

    public void AddTo(Command command)
    {
        _graft.AcceptOnlyFromAmong("on", "off");
        command.Options.Add(_graft);
        command.Options.Add(_file);
    }

    /// <summary>The graft that is asked for, or null.</summary>
    public Grafting? Read(ParseResult parsed) => parsed.GetValue(_graft) == "off" ? null
        : parsed.GetValue(_file) is { } file ? GraftFile.Read(file) : GraftFile.Shipped();
}
