using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>Options that several commands have, each with the sentence that refuses what it cannot take.</summary>
internal static class Options
{
    public static Option<bool> Json() =>
        new("--json") { Description = "Print the figures as exactly one JSON object, and nothing else on the output." };

    public static Option<int> Threads() => Whole("--threads", "Threads; 0 for one per processor. Results do not depend on it.", 0, 0);

    public static Option<string?> File(string name, string description) =>
        new(name) { Description = description, HelpName = "FILE" };

    public static Option<string> Needed(string name, string description) =>
        new(name) { Description = description, HelpName = "FILE", Required = true };

    public static Option<int> Whole(string name, string description, int standard, int least = 1) =>
        Number(name, description, standard, value => value >= least, $"a whole number of at least {least}");

    public static Option<double> Positive(string name, string description, double standard) =>
        Number(name, description, standard, value => value > 0 && double.IsFinite(value), "a number above 0");

    public static Option<T> Number<T>(string name, string description, T standard, Func<T, bool> accepts, string takes)
        where T : INumber<T> =>
        new(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => standard,
            CustomParser = result =>
            {
                var text = result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;

                if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && accepts(value))
                    return value;

                result.AddError($"{name} takes {takes}, but '{text}' is not one.");
                return default;
            },
        };
}
