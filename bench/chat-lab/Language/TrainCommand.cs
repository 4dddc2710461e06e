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
        var resume = CheckpointedTraining.Resume();
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
            var note = parsed.GetValue(about)!;
            var shape = new CortexShape(parsed.GetValue(vocabulary), layers: parsed.GetValue(layers));
            var model = parsed.GetValue(from) is { } start
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
                ValidationEvery = parsed.GetValue(every),
                Seed = parsed.GetValue(seed),
            };
            var tokens = model.Tokenizer.Encode(text);
            output.WriteLine(
                $"{model.Cortex.Shape.ParameterCount:N0} parameters ({model.Cortex.Shape.Text}); {tokens.Length:N0} tokens, "
                + $"{(double)TextScore.CountCharacters(text) / tokens.Length:F2} characters each");
            var watch = new Watch(output, settings, model.Tokenizer, settings.Batch * shape.Context, held, parsed.GetValue(threads));
            using var trainer = new CortexTrainer(
                model.Cortex, tokens, settings, parsed.GetValue(threads), validation: held is null ? null : watch.Glance);
            var run = new CheckpointedTraining(target, trainer.Description, error);

            if (run.Run(trainer.Loop, trainer.Begin(), parsed.GetValue(resume), parsed.GetValue(every), watch.Tell, stop) is not { } learned)
                return run.ExitCode;

            trainer.Load(learned.Parameters);
            ChatModelFile.Write(target, model);

            if (parsed.GetValue(small) is { } smallFile)
                ChatModelFile.Write(smallFile, model, WeightPrecision.Int8);

            watch.Finish(trainer.Packed, target);
            return run.ExitCode;
        });
        return command;
    }

    /// <summary>Says how the training goes.</summary>
    private sealed class Watch(TextWriter output, TrainingSettings settings, ChatTokenizer tokenizer, int tokensPerStep, string? held, int threads)
    {
        // So much of the text held out is enough to see where a training is going; the whole of it is scored at the end.
        private const int GlanceLength = 60_000;

        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private int? _first;
        private int _told;
        private TimeSpan _looking;

        /// <summary>Bits a character of the beginning of the text held out.</summary>
        public double Glance(PackedCortex packed)
        {
            var start = _clock.Elapsed;
            var bits = Score(packed, held![..Math.Min(held!.Length, GlanceLength)]).BitsPerCharacter;
            _looking += _clock.Elapsed - start;
            return bits;
        }

        public void Tell(Training training)
        {
            var step = training.Iteration;
            _first ??= step - 1;

            if (step % settings.ValidationEvery != 0 && step % 50 != 0)
                return;

            var pace = (step - _first.Value) / (_clock.Elapsed - _looking).TotalSeconds;
            var left = TimeSpan.FromSeconds((settings.Steps - step) / pace);
            var since = Math.Max(_told, _first.Value);
            var line = $"step {step,6:N0} of {settings.Steps:N0}  loss {training.Losses.Skip(since).Average():F4}  "
                + $"rate {settings.Optimiser.RateAt(step - 1):E2}  "
                + $"{pace * tokensPerStep,7:N0} tokens/s  {left:h\\:mm\\:ss} left";
            _told = step;

            if (training.ValidationLosses is [.., (var at, var bits)] && at == step)
                line += $"  held out {bits:F4} bits a character";

            output.WriteLine(line);
            output.Flush();
        }

        public void Finish(PackedCortex packed, string target)
        {
            if (held is not null)
            {
                var score = Score(packed, held);
                output.WriteLine(
                    $"held out: {score.BitsPerCharacter:F4} bits a character, perplexity {score.PerplexityPerToken:F3} a token");
            }

            output.WriteLine($"Written to {target} after {_clock.Elapsed.TotalMinutes:F1} minutes.");
        }

        private TextScore Score(PackedCortex packed, string text) => Scoring.Score(packed, tokenizer, text, threads: threads);
    }
}
