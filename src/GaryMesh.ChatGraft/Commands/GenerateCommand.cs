using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>`generate`: goes on from a prompt, and says how fast.</summary>
internal static class GenerateCommand
{
    public static Command Create(TextWriter output, CancellationToken stop)
    {
        var sampling = new SamplingOptions();
        var prompt = new Option<string>("--prompt")
        {
            Description = "The text to go on from; \\n stands for a line break.",
            DefaultValueFactory = _ => "U: Hello! How are you?\\nG:",
        };
        var model = Options.File("--model", "The model. [default: the one that ships]");
        var tokens = Options.Whole("--tokens", "Tokens at most.", 64);
        var stops = new Option<string[]>("--stop")
        {
            Description = "End before this text; may be given several times, \\n stands for a line break.",
            AllowMultipleArgumentsPerToken = true,
        };
        var temperature = Options.Number(
            "--temperature", "0 takes the most probable token.", sampling.Temperature, value => value >= 0, "a number of at least 0");
        var topK = Options.Whole("--top-k", "Draw from so many of the most probable tokens; 0 for all.", sampling.TopK, 0);
        var topP = Options.Number(
            "--top-p", "Draw from the most probable tokens that reach this share.", sampling.TopP, value => value is > 0 and <= 1,
            "a number above 0 and at most 1");
        var penalty = Options.Positive("--repetition-penalty", "Makes recent tokens less probable; 1 for none.", sampling.RepetitionPenalty);
        var seed = Options.Number<ulong>("--seed", "The same seed gives the same text.", 1, _ => true, "a whole number");
        var (json, graft) = (Options.Json(), new GraftSwitch());
        var command = new Command("generate", "Go on from a prompt, on one thread.")
        {
            prompt, model, tokens, stops, temperature, topK, topP, penalty, seed, json,
        };
        graft.AddTo(command);
        command.SetAction(parsed =>
        {
            var read = ShippedModel.Or(parsed.GetValue(model));
            using var packed = new PackedCortex(read.Cortex);
            using var reader = new CortexReader(packed, graft.Read(parsed));
            var options = new GenerationOptions
            {
                MaxTokens = parsed.GetValue(tokens),
                Stops = [.. (parsed.GetValue(stops) ?? []).Select(Unescape)],
                Seed = parsed.GetValue(seed),
                Sampling = sampling with
                {
                    Temperature = parsed.GetValue(temperature),
                    TopK = parsed.GetValue(topK),
                    TopP = parsed.GetValue(topP),
                    RepetitionPenalty = parsed.GetValue(penalty),
                },
            };
            reader.Read(read.Tokenizer.Encode("\n" + Unescape(parsed.GetValue(prompt)!)));
            var silent = parsed.GetValue(json);
            var watch = Stopwatch.StartNew();
            var text = new System.Text.StringBuilder();
            var last = default(GenerationStep);

            foreach (var step in Generator.Generate(reader, read.Tokenizer, options, stop))
            {
                last = step;
                text.Append(step.Text);

                if (!silent)
                    output.Write(step.Text);
            }

            var pace = last.Tokens / watch.Elapsed.TotalSeconds;

            if (silent)
            {
                output.WriteLine(new JsonObject
                {
                    ["text"] = text.ToString(),
                    ["tokens"] = last.Tokens,
                    ["end"] = last.End.ToString().ToLowerInvariant(),
                    ["tokens_per_second"] = pace,
                }.ToJsonString());
            }
            else
            {
                output.WriteLine();
                output.WriteLine($"({last.Tokens} tokens, {pace:N0} a second)");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static string Unescape(string text) => text.Replace("\\n", "\n", StringComparison.Ordinal);
}
