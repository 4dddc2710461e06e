using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using GaryMesh.ChatGraft.Commands;

namespace GaryMesh.ChatLab.Language;

/// <summary>`eval`: how well a model predicts a text.</summary>
internal static class EvalCommand
{
    public static Command Create(TextWriter output)
    {
        var text = Options.Needed("--text", "The text to score, UTF-8.");
        var model = Options.File("--model", "The model. [default: the one that ships]");
        var baseline = Options.File(
            "--baseline", "Score a Kneser-Ney 5-gram of this training text too, over the same tokens.");
        var graft = new GraftSwitch();
        var stride = Options.Whole("--stride", "Tokens from one scored window to the next; fewer give more context and take longer.", 64);
        var (threads, json) = (Options.Threads(), Options.Json());
        var command = new Command("eval", "Score a text: perplexity per token and bits per character.")
        {
            text, model, baseline, stride, threads, json,
        };
        graft.AddTo(command);
        command.SetAction(parsed =>
        {
            var words = File.ReadAllText(parsed.GetValue(text)!);
            var read = ShippedModel.Or(parsed.GetValue(model));
            using var packed = new PackedCortex(read.Cortex);
            var grafting = graft.Read(parsed);
            var watch = Stopwatch.StartNew();
            var score = Scoring.Score(
                packed, read.Tokenizer, words, parsed.GetValue(stride), parsed.GetValue(threads), grafting);
            var seconds = watch.Elapsed.TotalSeconds;

            var yardstick = parsed.GetValue(baseline) is { } corpus
                ? NGram(read.Tokenizer, File.ReadAllText(corpus), words)
                : (TextScore?)null;

            if (parsed.GetValue(json))
            {
                var figures = new JsonObject
                {
                    ["perplexity_per_token"] = score.PerplexityPerToken,
                    ["bits_per_character"] = score.BitsPerCharacter,
                    ["tokens"] = score.Tokens,
                    ["characters"] = score.Characters,
                    ["seconds"] = seconds,
                };

                if (yardstick is { } other)
                {
                    figures["baseline_perplexity_per_token"] = other.PerplexityPerToken;
                    figures["baseline_bits_per_character"] = other.BitsPerCharacter;
                }

                output.WriteLine(figures.ToJsonString());
                return ExitCode.Done;
            }

            output.WriteLine(
                $"{score.BitsPerCharacter:F4} bits a character, perplexity {score.PerplexityPerToken:F3} a token "
                + $"({score.Tokens:N0} tokens, {score.Characters:N0} characters, {seconds:F1} s)");

            if (yardstick is { } than)
            {
                output.WriteLine(
                    $"{than.BitsPerCharacter:F4} bits a character, perplexity {than.PerplexityPerToken:F3} a token of a "
                    + $"Kneser-Ney 5-gram: the cortex is {1.0 - (score.BitsPerCharacter / than.BitsPerCharacter):P1} below");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static TextScore NGram(ChatTokenizer tokenizer, string corpus, string text)
    {
        var model = new KneserNey([tokenizer.LineBreak, .. tokenizer.Encode(corpus)], tokenizer.Vocabulary);
        var losses = model.Losses(tokenizer.Encode(text), tokenizer.LineBreak);
        return new TextScore(losses.Length, TextScore.CountCharacters(text), losses.Sum());
    }
}
