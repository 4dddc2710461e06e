using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace GaryMesh.Cli.Shell;

/// <summary>Options that several commands have, each with the error for a value that it does not accept.</summary>
internal static class Options
{
    public static Option<bool> Json() =>
        new("--json") { Description = "Print the figures as exactly one JSON object, and nothing else on the output." };

    public static Option<bool> Quiet() =>
        new("--quiet", "-q") { Description = "Say nothing but errors (and the JSON object, where asked for)." };

    public static Option<ulong> Seed() =>
        new("--seed")
        {
            Description = "Everything random follows from it: the same seed gives the same bits.",
            HelpName = "K",
            DefaultValueFactory = _ => 1,
            CustomParser = result => Read<ulong>(
                result, ulong.TryParse, _ => true, "must be a whole number from 0 to 18446744073709551615"),
        };

    public static Option<int> Threads() =>
        new("--threads")
        {
            Description = "Number of threads; 0 for one per processor. Results do not depend on it.",
            HelpName = "N",
            DefaultValueFactory = _ => 0,
            CustomParser = result => Read<int>(
                result, int.TryParse, value => value is >= 0 and <= 1024, "must be a whole number from 0 to 1,024"),
        };

    public static Option<string> Graph(string standard) =>
        new("--graph", "-g")
        {
            Description = "The graph: a word or a file (see the notes).",
            HelpName = "G",
            DefaultValueFactory = _ => standard,
        };

    public static Option<double?> FireRate(string description) =>
        new("--fire-rate", "--fire")
        {
            Description = description,
            HelpName = "P",
            CustomParser = result => Read<double>(
                result, double.TryParse, value => value is >= 0 and <= 1, "must be a number from 0 to 1"),
        };

    public static Option<int> Whole(string name, string help, string description, int standard, int min = 1) =>
        new(name)
        {
            Description = description,
            HelpName = help,
            DefaultValueFactory = _ => standard,
            CustomParser = result => Read<int>(
                result, int.TryParse, value => value >= min, $"must be a whole number of at least {min}"),
        };

    public static Option<int?> WholeOrNone(string name, string help, string description, int min = 1) =>
        new(name)
        {
            Description = description,
            HelpName = help,
            CustomParser = result => Read<int>(
                result, int.TryParse, value => value >= min, $"must be a whole number of at least {min}"),
        };

    public static Option<double> Positive(string name, string help, string description, double standard) =>
        new(name)
        {
            Description = description,
            HelpName = help,
            DefaultValueFactory = _ => standard,
            CustomParser = result => Read<double>(
                result, double.TryParse, value => value > 0 && double.IsFinite(value), "must be a number above 0"),
        };

    public static Option<double> Finite(string name, string help, string description) =>
        new(name)
        {
            Description = description,
            HelpName = help,
            CustomParser = result => Read<double>(result, double.TryParse, double.IsFinite, "must be a number"),
        };

    public static Option<double?> PositiveOrNone(string name, string help, string description) =>
        new(name)
        {
            Description = description,
            HelpName = help,
            CustomParser = result => Read<double>(
                result, double.TryParse, value => value > 0 && double.IsFinite(value), "must be a number above 0"),
        };

    public static Option<string?> File(string name, string description, string help = "FILE") =>
        new(name) { Description = description, HelpName = help };

    private delegate bool TryRead<T>(string text, NumberStyles styles, IFormatProvider provider, out T value);

    private static T Read<T>(ArgumentResult result, TryRead<T> read, Func<T, bool> accepts, string requirement)
    {
        var text = result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;
        var styles = typeof(T) == typeof(double) ? NumberStyles.Float : NumberStyles.AllowLeadingSign;

        if (read(text, styles, CultureInfo.InvariantCulture, out var value) && accepts(value))
            return value;

        var name = result.Parent is OptionResult option ? option.Option.Name : "The argument";
        result.AddError($"{name} {requirement}, not '{text}'.");
        return default!;
    }
}
