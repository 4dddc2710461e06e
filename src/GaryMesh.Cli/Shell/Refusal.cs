namespace GaryMesh.Cli.Shell;

/// <summary>What a command says of whatever it refuses.</summary>
internal static class Refusal
{
    /// <summary>One line, without the parameter's name that .NET adds, ending in a full stop.</summary>
    public static string Sentence(string message)
    {
        var parameter = message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        var text = Line((parameter < 0 ? message : message[..parameter]).ReplaceLineEndings(" ").Trim());
        return text.EndsWith('.') ? text : text + ".";
    }

    /// <summary>Text that a file or a user has given as a terminal may get it: without control characters.</summary>
    public static string Line(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
