using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.ChatGraft.Commands;

namespace GaryMesh.ChatLab.Facts;

/// <summary>`memory-eval`: how well the chat remembers what it was told, with both memories and with each alone.</summary>
internal static class MemoryEvalCommand
{
    public static Command Create(TextWriter output, CancellationToken stop)
    {
        var model = Options.File("--model", "The cortex. [default: the one that ships]");
        var memory = Options.File("--memory", "The plastic memory. [default: the one that ships]");
        var facts = Options.Whole("--facts", "Generated facts, each in a chat of its own.", 200);
        var tuning = new Option<bool>("--tuning") { Description = "Use the templates that the memory was tuned with, not the held-out ones." };
        var other = Options.File("--templates", "Templates of your own, in the form of those in Facts/Templates, instead of either.");
        var ablation = new Option<bool>("--ablation") { Description = "Measure each memory alone, too." };
        var seed = Options.Number<ulong>("--seed", "Draws facts and talk.", 1, _ => true, "a whole number");
        var pairs = Options.File("--pairs", "Free words instead: tab-separated, with a heading of id, category, told (' || ' between messages), question, must and must-not (patterns; must is empty where nothing told answers).");
        var together = Options.Whole("--together", "Pairs that are told in one chat before the first of them is asked.", 1, 1);
        var head = Options.File("--reader", "The reader's head. [default: the one that ships]");
        var show = new Option<bool>("--show") { Description = "Print each pair that did not come out right, with the answer." };
        var json = Options.Json();
        var command = new Command("memory-eval", "Tell generated facts, talk of other things, ask, and count; or pairs of your own.")
        {
            model, memory, facts, tuning, other, ablation, pairs, together, head, show, seed, json,
        };
        command.SetAction(parsed =>
        {
            var read = ShippedModel.Or(parsed.GetValue(model));
            var reader = LearnedReader.Of(parsed.GetValue(head));

            if (parsed.GetValue(pairs) is { } free)
            {
                var judged = new PairMeasure(read, reader, parsed.GetValue(seed), stop).Run(ToldAsked.Read(free), parsed.GetValue(together));
                Report(output, judged, parsed.GetValue(json), parsed.GetValue(show));
                return ExitCode.Done;
            }

            var plastic = parsed.GetValue(memory) is { } file ? PlasticMemoryFile.Read(file) : PlasticMemoryFile.Shipped(read.Cortex.Shape.Width);
            var (templates, named) = (parsed.GetValue(other), parsed.GetValue(tuning)) switch
            {
                ({ } text, _) => (FactTemplates.Read(text), text),
                (_, true) => (FactTemplates.Tuning, "tuning"),
                _ => (FactTemplates.HeldOut, "held out"),
            };
            var measure = new MemoryMeasure(read, plastic, reader, templates, parsed.GetValue(seed), stop);
            var report = new JsonObject { ["facts"] = parsed.GetValue(facts), ["templates"] = named };
            Memories[] which = parsed.GetValue(ablation) ? [Memories.Both, Memories.EpisodicAlone, Memories.PlasticAlone] : [Memories.Both];

            foreach (var memories in which)
            {
                if (memories == Memories.PlasticAlone && plastic is null) continue;
                var figures = measure.Run(parsed.GetValue(facts), memories);
                var (name, words) = memories switch
                {
                    Memories.Both => ("both", "both memories"),
                    Memories.EpisodicAlone => ("episodic_alone", "episodic alone"),
                    _ => ("plastic_alone", "plastic alone"),
                };
                report[name] = new JsonObject
                {
                    ["after_five_turns"] = figures.AfterFiveTurns,
                    ["after_300_tokens_and_restart"] = figures.AfterRestart,
                    ["abstained"] = figures.Abstained,
                    ["after_five_turns_given_the_opening"] = figures.Opened,
                };
                if (!parsed.GetValue(json))
                {
                    output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{words,-15} after 5 turns {figures.AfterFiveTurns,7:P1}   after 300 tokens and a restart {figures.AfterRestart,7:P1}   abstained {figures.Abstained,7:P1}")
                        + (figures.Opened is { } opened ? string.Create(CultureInfo.InvariantCulture, $"   given the opening {opened:P1}") : ""));
                    output.Flush();
                }
            }

            if (parsed.GetValue(json)) output.WriteLine(report.ToJsonString());
            return ExitCode.Done;
        });
        return command;
    }

    private static void Report(TextWriter output, IReadOnlyList<PairMeasure.Judged> judged, bool json, bool show)
    {
        foreach (var one in judged.Where(one => show && one.Outcome != (one.Pair.Must is null ? Outcome.Declined : Outcome.Recalled)))
            output.WriteLine($"{one.Pair.Id} {one.Pair.Category} {one.Outcome} {(one.Kept || one.Pair.Must is null ? "" : "not kept ")}{one.Odds:F1}: {string.Join(" || ", one.Pair.Told)} / {one.Pair.Question} -> {one.Answer}{one.Former}");

        var all = Figures(judged);
        var categories = judged.GroupBy(one => one.Pair.Category).Select(group => (group.Key, Figures: Figures([.. group]))).ToArray();

        if (json)
        {
            all["categories"] = new JsonObject(categories.Select(one => KeyValuePair.Create<string, JsonNode?>(one.Key, one.Figures)));
            all["answers"] = new JsonArray([.. judged.Select(one => new JsonObject
            {
                ["id"] = one.Pair.Id,
                ["outcome"] = one.Outcome.ToString().ToLowerInvariant(),
                ["odds"] = double.IsFinite(one.Odds) ? Math.Round(one.Odds, 2) : null,
                ["answer"] = one.Answer,
            })]);
            output.WriteLine(all.ToJsonString());
            return;
        }

        foreach (var (name, figures) in categories.Append(("all", all)))
            output.WriteLine($"{name,-16} recalled {figures["recalled"],3} of {figures["told"],3}   declined {figures["declined"],3} of {figures["never_told"],3}   wrong {figures["wrong"],3}   left to the cortex {figures["talked"],3}");
    }

    private static JsonObject Figures(IReadOnlyList<PairMeasure.Judged> judged) => new()
    {
        ["pairs"] = judged.Count,
        ["told"] = judged.Count(one => one.Pair.Must is not null),
        ["kept"] = judged.Count(one => one.Kept),
        ["recalled"] = judged.Count(one => one.Outcome == Outcome.Recalled),
        ["never_told"] = judged.Count(one => one.Pair.Must is null),
        ["declined"] = judged.Count(one => one.Pair.Must is null && one.Outcome == Outcome.Declined),
        ["wrong"] = judged.Count(one => one.Outcome == Outcome.Wrong),
        ["talked"] = judged.Count(one => one.Outcome == Outcome.Talked),
    };
}
