using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.ChatGraft.Commands;

namespace GaryMesh.ChatLab.Facts;

/// <summary>`memory-train`: teaches a plastic memory over a frozen cortex.</summary>
internal static class MemoryTrainCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var model = Options.File("--model", "The cortex. [default: the one that ships]");
        var to = Options.Needed("--out", "The .npz file that the memory is written to.");
        var lessons = Options.Whole("--lessons", "Dialogues to learn from.", 400, PlasticTraining.Batch);
        var steps = Options.Whole("--steps", "Optimiser steps of 8 dialogues.", 600);
        var rate = Options.Positive("--learning-rate", "The greatest learning rate; it falls along a cosine.", 0.01);
        var seed = Options.Number<ulong>("--seed", "Everything random follows from it.", 1, _ => true, "a whole number");
        var (json, resume) = (Options.Json(), CheckpointedTraining.Resume());
        var command = new Command(
            "memory-train",
            "Teach a plastic memory on dialogues that tell and ask facts with invented names. A checkpoint is kept in OUT.checkpoint, also at Ctrl-C.")
        {
            model, to, lessons, steps, rate, seed, json, resume,
        };
        command.SetAction(parsed =>
        {
            var read = ShippedModel.Or(parsed.GetValue(model));
            var silent = parsed.GetValue(json);
            var chosen = parsed.GetValue(seed);
            using var packed = new PackedCortex(read.Cortex);
            var small = SmallTalk(packed, read.Tokenizer, 60, stop);
            var templates = FactTemplates.Tuning;
            var all = new PlasticExample<float>[parsed.GetValue(lessons) + 64];
            Parallel.For(0, all.Length, new ParallelOptions { CancellationToken = stop }, i => all[i] = PlasticLessons.Make(packed, read.Tokenizer, templates, small, chosen, i));
            var (learnt, tried) = (all[64..], all[..64]);
            var memory = PlasticMemory.Random(read.Cortex.Shape.Width, chosen);
            var without = PlasticTraining.Loss(null, tried);
            var plastic = new PlasticTraining(memory, learnt, tried, parsed.GetValue(steps), parsed.GetValue(rate), chosen);
            var run = new CheckpointedTraining(parsed.GetValue(to)!, plastic.Description, error);

            void Tell(Training training)
            {
                if (!silent && training.ValidationLosses is [.., (var at, var heldOut)] && at == training.Iteration)
                    output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {at,5}  loss {training.Losses[^1]:F4}  held out {heldOut:F4} (cortex alone {without:F4})"));
            }

            if (run.Run(plastic.Loop, plastic.Begin(), parsed.GetValue(resume), every: 50, Tell, stop) is not { } learned)
                return run.ExitCode;

            learned.Parameters.CopyTo(memory.Parameters, 0);
            var (reached, weights) = (PlasticTraining.Loss(memory, tried), memory.Parameters[^3..]);
            PlasticMemoryFile.Write(parsed.GetValue(to)!, memory, $"Learnt from {learnt.Length} generated dialogues with `memory-train`, seed {chosen}.");

            if (silent)
            {
                output.WriteLine(new JsonObject
                {
                    ["parameters"] = memory.Parameters.Length,
                    ["loss_cortex_alone"] = without,
                    ["loss_with_memory"] = reached,
                    ["weights"] = new JsonArray(weights[0], weights[1], weights[2]),
                }.ToJsonString());
            }
            else
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{memory.Parameters.Length:N0} parameters; match {weights[0]:F2}, surprise {weights[1]:F2}, recency {weights[2]:F2}"));
            }

            return run.ExitCode;
        });
        return command;
    }

    /// <summary>What the cortex itself says to hello and the like: fillers that are neither facts nor templates.</summary>
    internal static string[] SmallTalk(PackedCortex packed, ChatTokenizer tokenizer, int count, CancellationToken stop)
    {
        var chat = FactTemplates.Tuning.Chat;
        var options = new GenerationOptions { MaxTokens = 24 };
        return
        [
            .. Enumerable.Range(0, count).Select(i =>
                Utterance.Clean(Generator.Complete(packed, tokenizer, $"U: {chat[i % chat.Count]}\nG:", options with { Seed = (ulong)i }, stop: stop).Text)),
        ];
    }
}
