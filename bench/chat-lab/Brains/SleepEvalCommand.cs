using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.ChatGraft.Commands;
using GaryMesh.ChatLab.Facts;

namespace GaryMesh.ChatLab.Brains;

/// <summary>`sleep-eval`: what one sleep over generated conversations does to them and to a text that the cortex knew
/// before.</summary>
internal static class SleepEvalCommand
{
    public static Command Create(TextWriter output, CancellationToken stop)
    {
        var model = Options.File("--model", "The cortex. [default: the one that ships]");
        var text = Options.Needed("--text", "A base text that was not trained on.");
        var conversations = Options.Whole("--conversations", "Conversations of about a dozen turns to sleep over.", 6);
        var characters = Options.Whole("--characters", "So many characters of the base text are scored.", 60_000);
        var steps = Options.Whole("--steps", "Optimiser steps.", new SleepSettings().Steps);
        var rate = Options.Positive("--learning-rate", "The greatest learning rate.", new SleepSettings().LearningRate);
        var stay = Options.Number("--stay", "What staying oneself weighs.", new SleepSettings().StayWeight, value => value >= 0, "a number of at least 0");
        var seed = Options.Number<ulong>("--seed", "Draws the conversations.", 1, _ => true, "a whole number");
        var json = Options.Json();
        var command = new Command("sleep-eval", "Sleep over generated conversations and score them and a base text before and after.")
        {
            model, text, conversations, characters, steps, rate, stay, seed, json,
        };
        command.SetAction(parsed =>
        {
            var read = ShippedModel.Or(parsed.GetValue(model));
            var all = File.ReadAllText(parsed.GetValue(text)!);
            var whole = all[..Math.Min(all.Length, parsed.GetValue(characters))];
            var turns = Turns(read, parsed.GetValue(conversations), parsed.GetValue(seed), stop);
            var settings = new SleepSettings { Steps = parsed.GetValue(steps), LearningRate = parsed.GetValue(rate), StayWeight = parsed.GetValue(stay) };
            var watch = System.Diagnostics.Stopwatch.StartNew();
            var (cortex, report) = Sleeper.Sleep(read, turns, settings, null, stop);
            var seconds = watch.Elapsed.TotalSeconds;
            using var before = new PackedCortex(read.Cortex);
            using var after = new PackedCortex(cortex!);
            var (known, kept) = (Scoring.Score(before, read.Tokenizer, whole).PerplexityPerToken, Scoring.Score(after, read.Tokenizer, whole).PerplexityPerToken);
            var (learnt, drift) = ((report.PerplexityAfter / report.PerplexityBefore) - 1, (kept / known) - 1);

            if (parsed.GetValue(json))
            {
                output.WriteLine(new JsonObject
                {
                    ["turns"] = turns.Count,
                    ["seconds"] = seconds,
                    ["replayed_perplexity_before"] = report.PerplexityBefore,
                    ["replayed_perplexity_after"] = report.PerplexityAfter,
                    ["replayed_change"] = learnt,
                    ["base_perplexity_before"] = known,
                    ["base_perplexity_after"] = kept,
                    ["base_change"] = drift,
                }.ToJsonString());
            }
            else
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{turns.Count} turns, {seconds:F1} s: replayed perplexity {report.PerplexityBefore:F2} -> {report.PerplexityAfter:F2} ({learnt:+0.0%;-0.0%}), base {known:F3} -> {kept:F3} ({drift:+0.00%;-0.00%})"));
            }

            return ExitCode.Done;
        });
        return command;
    }

    // Conversations as they would be buffered: facts of the held-out templates, other talk, questions, and the chat's answers.
    private static List<BufferedTurn> Turns(ChatModel model, int conversations, ulong seed, CancellationToken stop)
    {
        var templates = FactTemplates.HeldOut;
        var turns = new List<BufferedTurn>();

        for (var c = 0; c < conversations; c++)
        {
            using var session = new ChatSession(() => model) { Settings = new ChatSettings { SmallTalk = false } };
            var dice = new Dice(seed, c);
            var facts = Enumerable.Range(0, 3).Select(i => templates.Draw(seed, (c * 3) + i)).ToArray();
            string[] said = [.. facts.Select(fact => fact.Tell), dice.Pick(templates.Chat), .. facts.Select(fact => fact.Ask), dice.Pick(templates.Chat)];
            foreach (var message in said) session.Say(message, stop).Whole();
            turns.AddRange(session.History.Select(turn => new BufferedTurn(turns.Count + 1, c + 1, turn.Speaker, turn.Text, false)));
        }

        return turns;
    }
}
