using System.CommandLine;
using System.Text;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>`chat`: talks on the terminal or through a pipe, and remembers in a brain file.</summary>
internal static class ChatCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop, Func<TextReader>? input = null)
    {
        var brainFile = Options.File("--brain", $"The brain; made where there is none. [default: {Brain.DefaultPath}]");
        var model = Options.File("--model", "The model that a new brain gets. [default: the one that ships]");
        var graft = Options.File("--graft-file", "The mesh graft that a new brain gets. [default: the one that ships, in the model that ships]");
        var plastic = new Option<bool>("--plastic") { Description = "Let the plastic memory vote into the answers." };
        var forgetful = new Option<bool>("--no-brain") { Description = "Keep nothing beyond this chat." };
        var seed = Options.Number<ulong>("--seed", "The same seed and brain give the same answers.", 1, _ => true, "a whole number");
        var command = new Command("chat", "Chat; /help lists what can be said beside messages.") { brainFile, model, graft, forgetful, plastic, seed };
        command.SetAction(parsed =>
        {
            using var brain = parsed.GetValue(forgetful) ? null : Brain.Open(parsed.GetValue(brainFile) ?? Brain.DefaultPath);
            using var session = ChatSession.Open(brain, parsed.GetValue(model), parsed.GetValue(graft));
            session.Settings = session.Settings with { Seed = parsed.GetValue(seed), Plastic = parsed.GetValue(plastic) };
            if (brain is { WasEmpty: true }) error.WriteLine($"The file '{brain.Path}' was empty; a new brain is made in it.");
            var terminal = input is null && !Console.IsInputRedirected;
            if (terminal) error.WriteLine($"Gary, {session.Age} turns old. /help lists the commands, /quit leaves.");
            Talk(new ChatConsole(session, brain, output, stop), input?.Invoke() ?? Input(), session.Settings.LongestMessage, output, terminal ? error : null, stop);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Talk(ChatConsole chat, TextReader input, int longest, TextWriter output, TextWriter? prompt, CancellationToken stop)
    {
        // A slash command may be a little longer than the longest message.
        var lines = new BoundedReader(input, longest + 64);

        while (!stop.IsCancellationRequested)
        {
            prompt?.Write("> ");
            if (lines.ReadLine() is not { } line) return;
            if (line.Length > longest + 64) output.WriteLine($"  (A message has up to {longest:N0} characters, but this one has {line.Length:N0})");
            else if (!chat.Take(line.Text)) return;
        }
    }

    private static StreamReader Input() => new(Console.OpenStandardInput(), new UTF8Encoding(false, throwOnInvalidBytes: false));
}
