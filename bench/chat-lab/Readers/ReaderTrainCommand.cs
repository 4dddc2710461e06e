using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using GaryMesh.ChatGraft.Commands;
using GaryMesh.ChatLab.Facts;

namespace GaryMesh.ChatLab.Readers;

/// <summary>`reader-train`: teaches the reader's head over a frozen cortex.</summary>
internal static class ReaderTrainCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var to = Options.Needed("--out", "The .npz file that the head is written to.");
        var count = Options.Whole("--lessons", "Conversations to learn from.", 4000, ReaderTraining.Batch);
        var steps = Options.Whole("--steps", "Optimiser steps of 16 conversations.", 3000);
        var rate = Options.Positive("--learning-rate", "The greatest learning rate; it falls along a cosine.", 0.004);
        var seed = Options.Number<ulong>("--seed", "Everything random follows from it.", 1, _ => true, "a whole number");
        var (json, resume) = (Options.Json(), CheckpointedTraining.Resume());
        var command = new Command(
            "reader-train",
            "Teach the reader's head on conversations made of templates, over the cortex that ships. A checkpoint is kept in OUT.checkpoint, also at Ctrl-C.")
        {
            to, count, steps, rate, seed, json, resume,
        };
        command.SetAction(parsed =>
        {
            var (silent, chosen) = (parsed.GetValue(json), parsed.GetValue(seed));
            using var states = new CortexStates(ShippedModel.Read());
            var lessons = new ReaderLessons(FreeTalk.Shipped, FactTemplates.Tuning, states, chosen);
            var all = new ReaderLesson<float>[parsed.GetValue(count) + 100];

            for (var i = 0; i < all.Length; i++)
            {
                stop.ThrowIfCancellationRequested();
                all[i] = lessons.Make(i);
            }

            var (learnt, tried) = (all[100..], all[..100]);
            var head = ReaderHead.Random(states.Width, chosen);
            var reader = new ReaderTraining(head, learnt, tried, parsed.GetValue(steps), parsed.GetValue(rate), chosen);
            var run = new CheckpointedTraining(parsed.GetValue(to)!, reader.Description, error);

            void Tell(Training training)
            {
                if (!silent && training.ValidationLosses is [.., (var at, var heldOut)] && at == training.Iteration)
                    output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {at,5}  loss {training.Losses[^1]:F4}  held out {heldOut:F4}"));
            }

            if (run.Run(reader.Loop, reader.Begin(), parsed.GetValue(resume), every: 200, Tell, stop) is not { } learned) return run.ExitCode;
            ReaderHeadFile.Write(parsed.GetValue(to)!, new ReaderHead(states.Width, learned.Parameters), $"Learnt from {learnt.Length} generated conversations with `reader-train`, seed {chosen}.");
            if (silent) output.WriteLine(new JsonObject { ["parameters"] = learned.Parameters.Length, ["held_out_loss"] = learned.ValidationLosses[^1].Item2 }.ToJsonString());
            else output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{learned.Parameters.Length:N0} parameters"));
            return run.ExitCode;
        });
        return command;
    }
}
