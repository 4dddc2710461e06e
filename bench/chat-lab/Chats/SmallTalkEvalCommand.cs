using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.ChatGraft.Commands;

namespace GaryMesh.ChatLab.Chats;

/// <summary>`small-talk-eval`: how many of the ways in which people open a chat get an apt answer, and how many answers claim actions.</summary>
internal static class SmallTalkEvalCommand
{
    public static Command Create(TextWriter output, CancellationToken stop)
    {
        var model = Options.File("--model", "The cortex. [default: the one that ships]");
        var file = Options.File("--openers", "Openers of your own: tab-separated, with a heading of id, kind, opener, apt and not-apt (patterns; the last may be empty). [default: the sixty that come with it]");
        var seed = Options.Number<ulong>("--seed", "Draws what the cortex says.", 1, _ => true, "a whole number");
        var show = new Option<bool>("--show") { Description = "Print every answer." };
        var json = Options.Json();
        var command = new Command("small-talk-eval", "Open a fresh chat with each of sixty openers, and count apt answers and claims of actions.") { model, file, seed, show, json };
        command.SetAction(parsed =>
        {
            var judged = SmallTalkMeasure.Run(ShippedModel.Or(parsed.GetValue(model)), Openers(parsed.GetValue(file)), parsed.GetValue(seed), stop);

            if (parsed.GetValue(show))
                foreach (var one in judged) output.WriteLine($"{(one.Apt ? "apt    " : one.Claims ? "claims " : "not apt")} {one.Opener.Kind}: {one.Opener.Text} -> {one.Answer}");
            if (parsed.GetValue(json))
            {
                output.WriteLine(new JsonObject
                {
                    ["openers"] = judged.Length,
                    ["apt"] = judged.Count(one => one.Apt),
                    ["claims_of_actions"] = judged.Count(one => one.Claims),
                    ["kinds"] = new JsonObject(judged.GroupBy(one => one.Opener.Kind).Select(kind => KeyValuePair.Create<string, JsonNode?>(kind.Key, new JsonObject { ["openers"] = kind.Count(), ["apt"] = kind.Count(one => one.Apt) }))),
                }.ToJsonString());
                return ExitCode.Done;
            }

            foreach (var kind in judged.GroupBy(one => one.Opener.Kind)) output.WriteLine($"{kind.Key,-12} {kind.Count(one => one.Apt),2} of {kind.Count(),2} apt");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"all",-12} {judged.Count(one => one.Apt),2} of {judged.Length,2} apt, {judged.Count(one => one.Claims)} claims of actions"));
            return ExitCode.Done;
        });
        return command;
    }

    private static Opener[] Openers(string? path)
    {
        if (path is null) return Opener.Shipped;
        using var reader = new StreamReader(path);
        return Opener.Read(reader, path);
    }
}
