using System.Globalization;

namespace GaryMesh.ChatGraft.Commands;

/// <summary>A chat in lines: each line is a message or, with a slash before it, a command.</summary>
internal sealed class ChatConsole(ChatSession session, Brain? brain, TextWriter output, CancellationToken stop)
{
    private const string Help = """
        /facts             what I was told and how firmly it sits
        /remember TEXT     keep something
        /forget WORDS      forget every fact that all these words speak of, and what was said of it
        /undo              bring back what was forgotten last
        /export FILE       write all facts as JSON
        /import FILE       take up facts that were exported
        /backup FILE       copy the brain as it is now
        /sleep             learn from what was said since the last sleep
        /graft on|off      talk with or without the mesh layer
        /stats             what this brain is made of
        /new               begin a new conversation; the facts stay
        /help              this list
        /quit              leave
        """;

    private string? _asked;

    /// <summary>Takes a line.</summary>
    /// <returns>Whether the chat goes on.</returns>
    public bool Take(string line)
    {
        var text = line.Trim();
        if (text.Length == 0) return true;

        try
        {
            if (text[0] != '/') Answer(text);
            else if (!Command(text)) return false;
        }
        catch (Exception refusal) when (refusal is ArgumentException or InvalidOperationException or InvalidDataException or UnauthorizedAccessException || (refusal is IOException and not BrainException))
        {
            Note(refusal.Message.Split(" (Parameter '")[0]);
        }

        output.Flush();
        return true;
    }

    private void Answer(string text)
    {
        var turn = session.Say(text, stop);

        // What is kept is said as soon as it is: it is on the disk.
        if (turn.Effect.Note.Length > 0)
        {
            Note(turn.Effect.Note);
            output.Flush();
        }

        foreach (var piece in turn.Pieces())
        {
            output.Write(piece);
            output.Flush();
        }

        output.WriteLine();
        if (turn.Memory.Length > 0 && turn.Memory != turn.Effect.Note) Note(turn.Memory);
    }

    private bool Command(string text)
    {
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        var (name, rest) = blank < 0 ? (text, "") : (text[..blank], text[(blank + 1)..].Trim());

        switch (name.ToLowerInvariant())
        {
            case "/quit" or "/exit" or "/bye": return false;
            case "/help": output.WriteLine(Help); break;
            case "/facts": Facts(); break;
            case "/remember" when rest.Length > 0: Note(session.Remember(rest) is { Told.Count: > 0 } kept ? kept.Note : "nothing in it to keep"); break;
            case "/forget" when rest.Length > 0: Forget(rest); break;
            case "/undo": Note(session.Undo() is { } back ? $"{back.Count} facts are back" : "nothing was forgotten"); break;
            case "/export" when rest.Length > 0: File.WriteAllText(rest, session.Export()); Note("exported"); break;
            case "/import" when rest.Length > 0: Note($"{session.Import(File.ReadAllText(rest))} facts taken up"); break;
            case "/backup" when rest.Length > 0 && brain is not null: brain.Backup(rest); Note("copied"); break;
            case "/sleep": Sleep(); break;
            case "/graft" when rest is "on" or "off": session.SwitchGraft(rest == "on"); Note($"graft {rest}"); break;
            case "/stats": Stats(); break;
            case "/new": session.Restart(); Note("a new conversation"); break;
            default: Note($"'{Utterance.Clean(name)}' is no command in this form; /help lists them"); break;
        }

        return true;
    }

    // More than one thing goes only when it is asked for twice.
    private void Forget(string words)
    {
        var meant = session.Memory.About(words);

        if (meant.Select(fact => fact.Turn).Distinct().Count() > 1 && _asked != words)
        {
            foreach (var fact in meant) output.WriteLine($"       {Voice.Answering(fact.Told.Sentence)}");
            Note($"these {meant.Count} facts would go; the same command once more forgets them");
            _asked = words;
            return;
        }

        _asked = null;
        Note(session.Forget(words) is { Forgotten.Count: 0, ErasedTurns: 0 } ? "nothing that I was told speaks of that" : "forgotten; /undo brings it back until you leave");
    }

    private void Facts()
    {
        if (session.Memory.Count == 0) Note("no facts yet");
        foreach (var fact in session.Memory.Facts)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{fact.Id,5}  {fact.StrengthAt(session.Age),6:F2}  {Voice.Answering(fact.Told.Sentence)}"));
    }

    private void Sleep()
    {
        var report = session.Sleep(progress: new Progress(Report), stop: stop);
        Note(report.Turns == 0
            ? "nothing was said since the last sleep"
            : string.Create(CultureInfo.InvariantCulture, $"slept over {report.Turns} turns: their perplexity fell from {report.PerplexityBefore:F1} to {report.PerplexityAfter:F1}"));
    }

    private void Stats()
    {
        var shape = session.Model.Cortex.Shape;
        output.WriteLine($"brain    {(brain is null ? "none, nothing is kept" : $"{brain.Path}, {new FileInfo(brain.Path).Length:N0} bytes")}");
        output.WriteLine($"age      {session.Age:N0} turns");
        output.WriteLine($"facts    {session.Memory.Count:N0}");
        output.WriteLine($"replay   {brain?.ReadTurns().Count(turn => !turn.Slept) ?? session.History.Count:N0} turns not slept over");
        output.WriteLine($"cortex   {shape.ParameterCount:N0} parameters: {shape.Text}");
        output.WriteLine($"memory   {(session.HasPlasticMemory ? $"{PlasticMemory.Count(shape.Width):N0} parameters" : "no plastic memory")}");
        output.WriteLine($"graft    {(session.HasGraft ? session.GraftOn ? "on" : "off" : "none")}");
    }

    private void Note(string note) => output.WriteLine($"  ({note.Trim().TrimEnd('.')})");

    private void Report(SleepProgress value)
    {
        if (value.Step != 1 && value.Step % 20 != 0) return;
        Note(string.Create(CultureInfo.InvariantCulture, $"asleep, step {value.Step} of {value.Steps}: loss {value.Loss:F2}, drift {value.Drift:F4}"));
        output.Flush();
    }

    // Told at once, where System.Progress would tell on another thread.
    private sealed class Progress(Action<SleepProgress> tell) : IProgress<SleepProgress>
    {
        public void Report(SleepProgress value) => tell(value);
    }
}
