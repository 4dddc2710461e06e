using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.ChatGraft.Commands;

namespace GaryMesh.ChatLab.Facts;

/// <summary>`memory-train`: teaches a plastic memory over a frozen cortex.</summary>
internal static class MemoryTrainCommand
{
    private const int Batch = 8;

    public static Command Create(TextWriter output, CancellationToken stop)
    {
        var model = Options.File("--model", "The cortex. [default: the one that ships]");
        var to = Options.Needed("--out", "The .npz file that the memory is written to.");
        var lessons = Options.Whole("--lessons", "Dialogues to learn from.", 400, Batch);
        var steps = Options.Whole("--steps", "Optimiser steps of 8 dialogues.", 600);
        var rate = Options.Positive("--learning-rate", "The greatest learning rate; it falls along a cosine.", 0.01);
        var seed = Options.Number<ulong>("--seed", "Everything random follows from it.", 1, _ => true, "a whole number");
        var json = Options.Json();
        var command = new Command("memory-train", "Teach a plastic memory on dialogues that tell and ask facts with invented names.")
        {
            model, to, lessons, steps, rate, seed, json,
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
            var without = Loss(null, tried);
            var moments = new AdamW(memory.Parameters.Length);
            var count = parsed.GetValue(steps);

            for (var step = 1; step <= count; step++)
            {
                stop.ThrowIfCancellationRequested();
                var loss = Step(memory, moments, learnt, step, parsed.GetValue(rate) * 0.5 * (1 + Math.Cos(Math.PI * (step - 1) / count)), chosen);
                if (!silent && (step % 50 == 0 || step == 1))
                    output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {step,5}  loss {loss:F4}  held out {Loss(memory, tried):F4} (cortex alone {without:F4})"));
            }

            var (reached, weights) = (Loss(memory, tried), memory.Parameters[^3..]);
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

            return ExitCode.Done;
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

    private static double Step(PlasticMemory memory, AdamW moments, PlasticExample<float>[] examples, int step, double rate, ulong seed)
    {
        var sums = new float[Batch][];
        var losses = new (float Loss, float Weight)[Batch];
        var key = Counter.Subkey(seed, 3);

        Parallel.For(0, Batch, i =>
        {
            sums[i] = new float[memory.Parameters.Length];
            var example = examples[Counter.Below(examples.Length, key, ((long)step * Batch) + i)];
            losses[i] = PlasticAdjoint<float>.Run(memory.Parameters, memory.KeyWidth, example, sums[i]);
        });

        // Added up in their order, so that the number of threads does not matter.
        var total = new float[memory.Parameters.Length];
        foreach (var sum in sums) System.Numerics.Tensors.TensorPrimitives.Add(total, sum, total);
        var weight = losses.Sum(one => one.Weight);
        var norm = Math.Sqrt(System.Numerics.Tensors.TensorPrimitives.SumOfSquares<float>(total)) / weight;
        if (!double.IsFinite(norm)) throw new InvalidDataException($"The training diverged at step {step}: the gradient's norm is {norm}.");
        moments.Step(memory.Parameters, total, (float)(Math.Min(1, 1 / norm) / weight), rate, 0, step, 0, total.Length);
        return losses.Sum(one => one.Loss) / weight;
    }

    // Mean loss over held-out dialogues; without a memory that of the cortex.
    private static double Loss(PlasticMemory? memory, PlasticExample<float>[] examples)
    {
        var losses = examples.AsParallel().AsOrdered().Select(example => memory is null
            ? (-example.LogProbabilities.Zip(example.Weights).Sum(pair => pair.First * pair.Second), example.Weights.Sum())
            : PlasticAdjoint<float>.Run(memory.Parameters, memory.KeyWidth, example, [])).ToArray();
        return losses.Sum(one => (double)one.Item1) / losses.Sum(one => (double)one.Item2);
    }
}
