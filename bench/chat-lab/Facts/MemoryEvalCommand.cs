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
        var json = Options.Json();
        var command = new Command("memory-eval", "Tell generated facts, talk of other things, ask, and count.") { model, memory, facts, tuning, other, ablation, seed, json };
        command.SetAction(parsed =>
        {
            var read = ShippedModel.Or(parsed.GetValue(model));
            var plastic = parsed.GetValue(memory) is { } file ? PlasticMemoryFile.Read(file) : PlasticMemoryFile.Shipped(read.Cortex.Shape.Width);
            var (templates, named) = (parsed.GetValue(other), parsed.GetValue(tuning)) switch
            {
                ({ } text, _) => (FactTemplates.Read(text), text),
                (_, true) => (FactTemplates.Tuning, "tuning"),
                _ => (FactTemplates.HeldOut, "held out"),
            };
            var measure = new MemoryMeasure(read, plastic, templates, parsed.GetValue(seed), stop);
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
}
