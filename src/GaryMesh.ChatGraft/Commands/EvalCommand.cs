using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>`eval`: how well a model predicts a text.</summary>
internal static class EvalCommand
{
    public static Command Create(TextWriter output)
    {
        var text = Options.Needed("--text", "The text to score, UTF-8.");
        var model = Options.File("--model", "The model. [default: the one that ships]");
        var (stride, threads, json) = (Options.Stride(), Options.Threads(), Options.Json());
        var command = new Command("eval", "Score a text: perplexity per token and bits per character.")
        {
            text, model, stride, threads, json,
        };
        command.SetAction(parsed =>
        {
            var words = File.ReadAllText(parsed.GetValue(text)!);
            var read = parsed.GetValue(model) is { } path ? ChatModelFile.Read(path) : ShippedModel.Read();
            using var packed = new PackedCortex(read.Cortex);
            var watch = Stopwatch.StartNew();
            var score = Scoring.Score(packed, read.Tokenizer, words, parsed.GetValue(stride), parsed.GetValue(threads));
            var seconds = watch.Elapsed.TotalSeconds;

            if (parsed.GetValue(json))
            {
                output.WriteLine(new JsonObject
                {
                    ["perplexity_per_token"] = score.PerplexityPerToken,
                    ["bits_per_character"] = score.BitsPerCharacter,
                    ["tokens"] = score.Tokens,
                    ["characters"] = score.Characters,
                    ["seconds"] = seconds,
                }.ToJsonString());
            }
            else
            {
                output.WriteLine(
                    $"{score.BitsPerCharacter:F4} bits a character, perplexity {score.PerplexityPerToken:F3} a token "
                    + $"({score.Tokens:N0} tokens, {score.Characters:N0} characters, {seconds:F1} s)");
            }

            return CommandLine.Done;
        });
        return command;
    }
}
