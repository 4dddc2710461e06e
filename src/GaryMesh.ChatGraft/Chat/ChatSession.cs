using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>A conversation with a cortex that remembers: every message is heard by the episodic memory, read by the cortex and
/// the plastic memory, and kept in the brain.</summary>
/// <remarks>What a message tells is committed before its answer begins. Nothing that is said is executed, sent or written
/// anywhere but into the brain. One answer is open at a time: whatever changes the conversation ends it. Not for several threads
/// at once.</remarks>
public sealed partial class ChatSession : IDisposable
{
    private const string CortexWeights = "cortex";
    private const string MemoryWeights = "memory";
    private const string GraftWeights = "graft";

    private readonly List<(Speaker Speaker, string Text, long Id)> _turns = [];
    private readonly Brain? _brain;
    private readonly Grafting? _grafting;
    private PackedCortex _packed;
    private readonly PlasticMemory? _plastic;
    private Conversation? _conversation;
    // The turn that is yet to be answered to the end.
    private ChatTurn? _open;
    private Hearing _hearing;
    private long _age;
    private bool _disposed;

    /// <summary>A session with a brain's own weights, or with those given where the brain is new; they become the brain's.</summary>
    /// <param name="model">Reads the cortex that a new brain gets; not called for one that has its own.</param>
    /// <param name="brain">The brain, which stays the caller's to dispose; null for a session that leaves nothing behind.</param>
    /// <param name="plastic">The plastic memory that a new brain gets; the one that ships where null.</param>
    /// <param name="grafting">Reads the graft that a new brain gets, null for none; not called for one that has its own weights. A
    /// brain keeps mesh grafts only.</param>
    /// <exception cref="InvalidDataException">The brain's weights are no cortex, or its graft is none.</exception>
    /// <exception cref="ArgumentException">The graft does not fit the cortex.</exception>
    public ChatSession(Func<ChatModel> model, Brain? brain = null, PlasticMemory? plastic = null, Func<Grafting?>? grafting = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        _brain = brain;
        var kept = brain?.ReadWeights(CortexWeights);
        Model = kept is null ? model() : ChatModelFile.Read(new MemoryStream(kept), $"The cortex of '{brain!.Path}'");
        var width = Model.Cortex.Shape.Width;
        _plastic = kept is not null && brain!.ReadWeights(MemoryWeights) is { } bytes
            ? PlasticMemoryFile.FromBytes(bytes, width)
            : plastic ?? PlasticMemoryFile.Shipped(width);
        _grafting = kept is null ? grafting?.Invoke()
            : brain!.ReadWeights(GraftWeights) is { } graft ? GraftFile.FromBytes(graft, $"The graft of '{brain.Path}'") : null;
        CortexPass.Check(Model.Cortex.Shape, _grafting);
        _packed = new PackedCortex(Model.Cortex);
        if (brain is not null && kept is null) brain.Commit(new BrainChange { Weights = Weights(Model) });

        Memory = new EpisodicMemory(brain?.ReadFacts() ?? []);
        _hearing = new Hearing(Memory);
        _age = brain?.Age ?? 0;
        ConversationNumber = (brain?.ReadTurns() is [.., var last] ? last.Conversation : 0) + 1;
        GraftOn = HasGraft;
    }

    /// <summary>A session with a brain's own weights; a new brain gets the model, memory and graft that ship, or others from files.</summary>
    /// <param name="brain">The brain, which stays the caller's to dispose; null for a session that leaves nothing behind.</param>
    /// <param name="modelPath">A model file; the graft that ships is not made for it.</param>
    /// <param name="graftPath">A file with a mesh graft.</param>
    /// <exception cref="InvalidDataException">A file, or the brain, holds something else.</exception>
    /// <exception cref="IOException">A file is missing or cannot be opened.</exception>
    public static ChatSession Open(Brain? brain = null, string? modelPath = null, string? graftPath = null) => new(
        () => ShippedModel.Or(modelPath),
        brain,
        grafting: () => graftPath is not null ? GraftFile.Read(graftPath) : modelPath is null ? GraftFile.Shipped() : null);

    /// <summary>The cortex with its tokenizer.</summary>
    public ChatModel Model { get; private set; }

    /// <summary>The facts.</summary>
    public EpisodicMemory Memory { get; }

    /// <summary>How it answers; may be changed between turns.</summary>
    public ChatSettings Settings { get; set; } = new();

    /// <summary>The number of this conversation in the brain's replay buffer.</summary>
    public long ConversationNumber { get; private set; }

    /// <summary>Turns of the user that the brain has heard.</summary>
    public long Age => _age;

    /// <summary>Whether there is a graft to turn on and off.</summary>
    public bool HasGraft => _grafting is not null;

    /// <summary>Whether there is a plastic memory.</summary>
    public bool HasPlasticMemory => _plastic is not null;

    /// <summary>Whether the graft takes part.</summary>
    public bool GraftOn { get; private set; }

    /// <summary>The turns of this conversation so far.</summary>
    public IReadOnlyList<(Speaker Speaker, string Text)> History => [.. _turns.Select(turn => (turn.Speaker, turn.Text))];

    /// <summary>Says something to the chat.</summary>
    /// <param name="message">The message. Line breaks and control characters count as blanks.</param>
    /// <param name="stop">Ends the answer between two tokens.</param>
    /// <returns>The turn, whose answer is made as it is asked for.</returns>
    /// <exception cref="ArgumentException">The message is empty or too long: one sentence says so.</exception>
    /// <exception cref="BrainException">The brain could not be written.</exception>
    public ChatTurn Say(string message, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (message.Length > Settings.LongestMessage)
            throw new ArgumentException($"A message has up to {Settings.LongestMessage:N0} characters, but this one has {message.Length:N0}.", nameof(message));
        var clean = Utterance.Clean(message);
        if (clean.Length == 0) throw new ArgumentException("A message says something, but this one is empty.", nameof(message));

        _age++;
        var effect = Settings.Episodic ? _hearing.Hear(clean, _age) : new MemoryEffect();
        Keep(Speaker.User, clean, effect.Forgotten);
        // What was read of an answer that has not come to its end was not said.
        if (_open is not null) DropConversation();
        return _open = new ChatTurn(effect, turn => Answer(turn, clean, stop));
    }

    /// <summary>Keeps a fact on request, without a turn of conversation.</summary>
    public MemoryEffect Remember(string text) => Change(() => _hearing.Remember(text, _age));

    /// <summary>Forgets every fact that all these words speak of, and the turns that said it.</summary>
    public MemoryEffect Forget(string words) => Change(() => _hearing.Forget(Memory.About(Utterance.Clean(words ?? ""))));

    /// <summary>Takes up a turn of a conversation that was held elsewhere: what it tells is kept, and nothing is
    /// answered.</summary>
    public void Recite(Speaker speaker, string text)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var clean = Utterance.Clean(text ?? "");
        if (clean.Length == 0) return;
        if (speaker == Speaker.User && Settings.Episodic) Change(() => _hearing.Hear(clean, _age));
        _turns.Add((speaker, clean, 0));
        DropConversation();
    }

    /// <summary>Begins a new conversation: the facts stay, what was said is no longer in the cortex's window.</summary>
    public void Restart()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _turns.Clear();
        _hearing = new Hearing(Memory);
        ConversationNumber++;
        DropConversation();
    }

    /// <summary>Turns the graft on or off.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public void SwitchGraft(bool on)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!HasGraft) throw new InvalidOperationException("This session has no graft to turn on or off.");
        if (GraftOn != on) DropConversation();
        GraftOn = on;
    }

    /// <summary>Sleeps: replays what was said since the last sleep and lets the cortex learn it. Nothing changes where it is
    /// cancelled.</summary>
    /// <param name="settings">How to sleep.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="stop">Wakes it up.</param>
    /// <exception cref="OperationCanceledException">It was woken up; nothing has changed.</exception>
    public SleepReport Sleep(SleepSettings? settings = null, IProgress<SleepProgress>? progress = null, CancellationToken stop = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var buffered = _brain?.ReadTurns()
            ?? [.. _turns.Select(turn => new BufferedTurn(turn.Id, ConversationNumber, turn.Speaker, turn.Text, false))];
        var (cortex, report) = Sleeper.Sleep(Model, buffered, settings ?? new SleepSettings(), progress, stop);
        if (cortex is null) return report;
        var model = Model with { Cortex = cortex };
        _brain?.Commit(new BrainChange { Weights = Weights(model), SleptUpTo = buffered.Count > 0 ? buffered[^1].Id : null });
        DropConversation();
        _packed.Dispose();
        (Model, _packed) = (model, new PackedCortex(cortex));
        return report;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        DropConversation();
        _packed.Dispose();
    }

    /// <summary>What would follow a question if the answer began with certain words, without saying or keeping anything.</summary>
    internal string Complete(string question, string opening, CancellationToken stop)
    {
        _turns.Add((Speaker.User, question, 0));
        using var conversation = ReadBack();
        _turns.RemoveAt(_turns.Count - 1);
        conversation.Read($"\nU: {question}\nG: {opening}");
        return string.Concat(conversation.Speak(new GenerationOptions { Sampling = Settings.Sampling, MaxTokens = Settings.MaxTokens }, stop).Select(step => step.Text));
    }

    private IEnumerable<string> Answer(ChatTurn turn, string question, CancellationToken stop)
    {
        CheckOpen(turn);
        var conversation = _conversation ??= ReadBack();
        turn.InputTokens = conversation.Read($"\nU: {question}\nG:");

        if (turn.Effect.Answer is { } known)
        {
            turn.OutputTokens = conversation.Read(" " + known);
            turn.Memory = turn.Effect.Note;
            Keep(Speaker.Chat, known, []);
            _open = null;
            yield return known;
            yield break;
        }

        var text = new System.Text.StringBuilder();
        var options = new GenerationOptions
        {
            Sampling = Settings.Sampling,
            MaxTokens = Settings.MaxTokens,
            Stops = ["\n", .. Settings.Stops],
            Seed = Counter.Mix(Settings.Seed) + (ulong)_age,
        };

        foreach (var step in conversation.Speak(options, stop))
        {
            turn.OutputTokens = step.Tokens;
            turn.Ended = step.End != GenerationEnd.Length;
            // The blank behind "G:" belongs to the form; control characters belong to nobody.
            var piece = new string([.. step.Text.Where(letter => !char.IsControl(letter))]);
            if (text.Length == 0) piece = piece.TrimStart();
            if (piece.Length == 0) continue;
            text.Append(piece);
            yield return piece;
            CheckOpen(turn);
        }

        if (text.Length == 0)
        {
            text.Append("I have nothing to say to that.");
            yield return text.ToString();
            CheckOpen(turn);
        }

        // What the plastic memory suggests may run on into the turn that followed.
        var recalled = Utterance.Clean(NextTurn.Split(conversation.Recalled.TrimStart())[0]);
        turn.Memory = string.Join("; ", new[] { turn.Effect.Note, recalled.Length > 0 ? $"the conversation suggested \"{recalled}\"" : "" }.Where(note => note.Length > 0));
        Keep(Speaker.Chat, Utterance.Clean(text.ToString()), []);
        _open = null;
    }

    private void CheckOpen(ChatTurn turn)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_open != turn) throw new InvalidOperationException("This answer ends here: the conversation has changed since it was asked for.");
    }

    [GeneratedRegex(@"\n|\b[UG]:", RegexOptions.CultureInvariant)]
    private static partial Regex NextTurn { get; }

    private Conversation ReadBack()
    {
        var conversation = new Conversation(_packed, Model.Tokenizer, Settings.Plastic ? _plastic : null, GraftOn ? _grafting : null);

        // The turn at hand is read by the one who answers it. Far more than the window; the rest only the memory would see.
        foreach (var (speaker, text, _) in _turns.SkipLast(1).TakeLast(200))
            conversation.Read("\n" + speaker.Line(text));
        return conversation;
    }

    private void Keep(Speaker speaker, string text, IReadOnlyList<Fact> forgotten)
    {
        var (written, deleted) = Memory.TakeChanges();
        var erased = Erase(forgotten);
        long id = 0;

        if (_brain is not null)
        {
            id = _brain.Commit(new BrainChange
            {
                Age = _age,
                Facts = written,
                ForgottenFacts = deleted,
                ForgottenTurns = erased,
                Turns = [new BufferedTurn(0, ConversationNumber, speaker, text, false)],
            })[0];
        }

        _turns.Add((speaker, text, id));
    }

    private MemoryEffect Change(Func<MemoryEffect> change)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var effect = change();
        var (written, deleted) = Memory.TakeChanges();
        var erased = Erase(effect.Forgotten);
        _brain?.Commit(new BrainChange { Facts = written, ForgottenFacts = deleted, ForgottenTurns = erased });
        return effect;
    }

    // What is forgotten is taken out of everything that was said, here and in the replay buffer, so that neither the plastic
    // memory nor a sleep brings it back.
    private List<long> Erase(IReadOnlyList<Fact> forgotten)
    {
        if (forgotten.Count == 0) return [];
        bool Tells(string text) => forgotten.Any(fact => text.Contains(fact.Told.Value, StringComparison.OrdinalIgnoreCase));
        if (_turns.RemoveAll(turn => Tells(turn.Text)) > 0) DropConversation();
        return [.. (_brain?.ReadTurns() ?? []).Where(turn => Tells(turn.Text)).Select(turn => turn.Id)];
    }

    private void DropConversation()
    {
        _conversation?.Dispose();
        (_conversation, _open) = (null, null);
    }

    private Dictionary<string, byte[]> Weights(ChatModel model)
    {
        using var stream = new MemoryStream();
        ChatModelFile.Write(stream, model);
        var weights = new Dictionary<string, byte[]> { [CortexWeights] = stream.ToArray() };
        if (_plastic is not null && _plastic.KeyWidth == PlasticMemory.DefaultKeyWidth) weights[MemoryWeights] = PlasticMemoryFile.ToBytes(_plastic);
        if (_grafting is { Graft: MeshGraft graft }) weights[GraftWeights] = GraftFile.ToBytes(graft, _grafting.After);
        return weights;
    }
}
