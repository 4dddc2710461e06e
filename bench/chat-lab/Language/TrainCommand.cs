using System.CommandLine;
using System.Diagnostics;
using GaryMesh.ChatGraft.Commands;

namespace GaryMesh.ChatLab.Language;

/// <summary>`train`: learns a vocabulary and a cortex from a text.</summary>
internal static class TrainCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var standard = new TrainingSettings();
        var data = Options.Needed("--data", "The text to learn from, UTF-8.");
        var valid = Options.File("--valid", "A text held out, to watch the training by.");
        var file = Options.Needed("--out", "The model file to write, in float32 (see --small).");
        var small = Options.File("--small", "Write the model here too, with weights of one byte each.");
        var about = new Option<string>("--about")
        {
            Description = "A note to keep in the file: where the text comes from and its licence.",
            DefaultValueFactory = _ => "",
        };
        var from = Options.File("--from", "Begin with this model, its sizes and its tokens, instead of an untrained one.");
        var vocabulary = Options.Whole("--vocabulary", "Tokens, the 256 bytes included.", 2048, 256);
        var layers = Options.Whole("--layers", "Blocks of the cortex.", 4);
        var steps = Options.Whole("--steps", "Optimiser steps.", standard.Steps);
        var batch = Options.Whole("--batch", "Windows of 128 tokens a step, a multiple of 2.", standard.Batch);
        var rate = Options.Positive("--learning-rate", "Learning rate after the warm-up.", standard.LearningRate);
        var decay = Options.Number(
            "--weight-decay", "Decay of the weight matrices.", standard.WeightDecay, value => value >= 0, "a number of at least 0");
        var beta2 = Options.Number(
            "--beta2",
            "Share of the mean squared gradient that stays each step.",
            standard.Beta2,
            value => value is >= 0 and < 1,
            "a number of at least 0 and below 1");
        var seed = Options.Number<ulong>("--seed", "Everything random follows from it.", 1, _ => true, "a whole number");
        var threads = Options.Threads();
        var every = Options.Whole("--every", "Steps between two looks at the text held out and two checkpoints.", 250);
        var resume = new Option<bool>("--resume")
        {
            Description = "Go on from the checkpoint that stands beside the model file, to the same bits as without the stop.",
        };
        var command = new Command(
            "train",
            "Learn a byte-pair vocabulary and a cortex from a text. A checkpoint is kept in OUT.checkpoint, also at Ctrl-C.")
        {
            data, valid, file, small, about, from, vocabulary, layers, steps, batch, rate, decay, beta2, seed, threads, every, resume,
        };
        command.SetAction(parsed =>
        {
            var text = File.ReadAllText(parsed.GetValue(data)!);
            var held = parsed.GetValue(valid) is { } path ? File.ReadAllText(path) : null;
            var target = parsed.GetValue(file)!;
            var checkpoint = target + ".checkpoint";
            var note = parsed.GetValue(about)!;
            var shape = new CortexShape(parsed.GetValue(vocabulary), layers: parsed.GetValue(layers));
            var model = (parsed.GetValue(resume) ? checkpoint : parsed.GetValue(from)) is { } start
                ? ChatModelFile.Read(start)
                : new ChatModel(
                    Cortex.Random(shape, parsed.GetValue(seed)), new ChatTokenizer(Vocabulary.Learn(text, shape.Vocabulary)), note);

            if (note.Length > 0)
                model = model with { About = note };

            var settings = standard with
            {
                Steps = parsed.GetValue(steps),
                Batch = parsed.GetValue(batch),
                LearningRate = parsed.GetValue(rate),
                WeightDecay = parsed.GetValue(decay),
                Beta2 = parsed.GetValue(beta2),
                Seed = parsed.GetValue(seed),
            };
            var tokens = model.Tokenizer.Encode(text);
            output.WriteLine(
                $"{model.Cortex.Shape.ParameterCount:N0} parameters ({model.Cortex.Shape.Text}); {tokens.Length:N0} tokens, "
                + $"{(double)TextScore.CountCharacters(text) / tokens.Length:F2} characters each");
            using var trainer = new CortexTrainer(model.Cortex, tokens, settings, parsed.GetValue(threads));

            if (parsed.GetValue(resume))
                CheckpointFile.Restore(checkpoint, trainer);

            var watch = new Watch(output, trainer, model, held, parsed.GetValue(threads));

            while (trainer.Step < settings.Steps)
            {
                StepReport report;

                try
                {
                    report = trainer.Next();
                }
                catch (InvalidDataException diverged)
                {
                    error.WriteLine($"{diverged.Message} {target} was not written.");
                    return ExitCode.Failed;
                }

                watch.Tell(report, parsed.GetValue(every));

                if (stop.IsCancellationRequested || report.Step % parsed.GetValue(every) == 0)
                    CheckpointFile.Write(checkpoint, trainer, model);

                if (stop.IsCancellationRequested)
                {
                    error.WriteLine($"Stopped after {report.Step:N0} steps; {checkpoint} holds them, --resume goes on.");
                    return ExitCode.Interrupted;
                }
            }

            CheckpointFile.Write(checkpoint, trainer, model);
            ChatModelFile.Write(target, model);

            if (parsed.GetValue(small) is { } smallFile)
                ChatModelFile.Write(smallFile, model, WeightPrecision.Int8);

            watch.Finish(target);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Says how the training goes.</summary>
    private sealed class Watch(TextWriter output, CortexTrainer trainer, ChatModel model, string? held, int threads)
    {
        // So much of the text held out is enough to see where a training is going; the whole of it is scored at the end.
        private const int Glance = 60_000;

        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly int _first = trainer.Step;
        private double _loss;
        private int _count;
        private TimeSpan _looking;

        public void Tell(StepReport report, int every)
        {
            _loss += report.Loss;
            _count++;

            if (report.Step % every != 0 && report.Step % 50 != 0)
                return;

            var learning = (_clock.Elapsed - _looking).TotalSeconds;
            var pace = (report.Step - _first) / learning;
            var left = TimeSpan.FromSeconds((trainer.Settings.Steps - report.Step) / pace);
            var line = $"step {report.Step,6:N0} of {trainer.Settings.Steps:N0}  loss {_loss / _count:F4}  "
                + $"rate {report.LearningRate:E2}  norm {report.GradientNorm:F2}  "
                + $"{pace * trainer.TokensPerStep,7:N0} tokens/s  {left:h\\:mm\\:ss} left";
            (_loss, _count) = (0.0, 0);

            if (held is not null && report.Step % every == 0)
                line += $"  held out {Score(held[..Math.Min(held.Length, Glance)]).BitsPerCharacter:F4} bits a character";

            output.WriteLine(line);
            output.Flush();
        }

        public void Finish(string target)
        {
            if (held is not null)
            {
                var score = Score(held);
                output.WriteLine(
                    $"held out: {score.BitsPerCharacter:F4} bits a character, perplexity {score.PerplexityPerToken:F3} a token");
            }

            output.WriteLine($"Written to {target} after {_clock.Elapsed.TotalMinutes:F1} minutes.");
        }

        private TextScore Score(string text)
        {
            var start = _clock.Elapsed;
            var score = Scoring.Score(trainer.Packed, model.Tokenizer, text, threads: threads);
            _looking += _clock.Elapsed - start;
            return score;
        }
    }
}
