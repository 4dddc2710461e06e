using System.Security.Cryptography;
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

    // So many conversations can be gone on with that the brain does not hold, and so many keep what the cortex has read.
    private const int MostDialogues = 100;
    private const int MostRead = 8;

    // The one at hand is the last.
    // Replaced as a whole: whoever disposes of the session from another thread goes through one that does not change.
    private Dialogue[] _dialogues = [];
    private readonly Stack<Forgetting> _forgettings = [];
    private readonly Brain? _brain;
    private readonly Marks _marks;
    private readonly Grafting? _grafting;
    private PackedCortex _packed;
    private readonly PlasticMemory? _plastic;
    private long _lastNumber;
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
        : this(model, brain, plastic, grafting, LearnedReader.Shipped) { }

    internal ChatSession(Func<ChatModel> model, Brain? brain, PlasticMemory? plastic, Func<Grafting?>? grafting, IQuestionReader reader)
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

        Memory = new EpisodicMemory(brain?.ReadFacts() ?? [], reader);
        var turns = brain?.ReadTurns() ?? [];
        var marks = brain?.ReadMarks() ?? [];
        _marks = new Marks(brain?.Key ?? RandomNumberGenerator.GetBytes(32), marks);
        // What a brain of the first format holds was heard, too.
        foreach (var turn in turns.Where(turn => marks.Count == 0 && turn.Speaker == Speaker.User))
            _marks.Hear(turn.User, turn.Text, _marks.TimesHeard(turn.User, turn.Text) + 1);
        Age = brain?.Age ?? 0;
        _lastNumber = turns is [.., var last] ? last.Conversation : 0;
        GraftOn = HasGraft;
        Begin("");
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

    /// <summary>Whose conversation and whose facts are at hand; empty for the owner of the brain.</summary>
    public string User => Now.User;

    /// <summary>Tells the day on which something is told.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>How it answers; may be changed between turns.</summary>
    public ChatSettings Settings { get; set; } = new();

    /// <summary>The number of this conversation in the brain's replay buffer.</summary>
    public long ConversationNumber => Now.Number;

    /// <summary>Turns of the user that the brain has heard.</summary>
    public long Age { get; private set; }

    /// <summary>Whether there is a graft to turn on and off.</summary>
    public bool HasGraft => _grafting is not null;

    /// <summary>Whether there is a plastic memory.</summary>
    public bool HasPlasticMemory => _plastic is not null;

    /// <summary>Whether the graft takes part.</summary>
    public bool GraftOn { get; private set; }

    /// <summary>The turns of this conversation so far.</summary>
    public IReadOnlyList<(Speaker Speaker, string Text)> History => [.. Now.Turns.Select(turn => (turn.Speaker, turn.Text))];

    private Dialogue Now => _dialogues[^1];

    /// <summary>Says something to the chat.</summary>
    /// <param name="message">The message. Line breaks and control characters count as blanks.</param>
    /// <param name="stop">Ends the answer between two tokens.</param>
    /// <returns>The turn, whose answer is made as it is asked for.</returns>
    /// <exception cref="ArgumentException">The message is empty or too long: one sentence says so.</exception>
    /// <exception cref="BrainException">The brain could not be written.</exception>
    public ChatTurn Say(string message, CancellationToken stop = default) => Say(message, Settings, stop);

    internal ChatTurn Say(string message, ChatSettings settings, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(message);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (message.Length > settings.LongestMessage)
            throw new ArgumentException($"A message has up to {settings.LongestMessage:N0} characters, but this one has {message.Length:N0}.", nameof(message));
        var clean = Utterance.Clean(message);
        if (clean.Length == 0) throw new ArgumentException("A message says something, but this one is empty.", nameof(message));

        var dialogue = Now;
        var effect = Change(() => Hear(clean, settings, dialogue));
        // What was read of an answer that has not come to its end was not said.
        if (dialogue.Open is not null) dialogue.Drop();
        return dialogue.Open = new ChatTurn(effect, turn => Answer(dialogue, turn, clean, settings, stop));
    }

    /// <summary>Keeps a fact on request, without a turn of conversation.</summary>
    public MemoryEffect Remember(string text) => Change(() =>
    {
        var effect = Now.Hearing.Remember(text, Age);
        foreach (var fact in effect.Told) _marks.Tell(User, fact.Told.Sentence);
        return Commit(effect);
    });

    /// <summary>Forgets every fact that all these words speak of, and every turn that names it; <see cref="Undo"/> brings them back.</summary>
    public MemoryEffect Forget(string words) => Change(() =>
    {
        var clean = Utterance.Clean(words ?? "");
        return Commit(Now.Hearing.Forget(clean, Memory.About(clean)));
    });

    /// <summary>Brings back what was forgotten last in this session.</summary>
    /// <returns>The facts that are back; null where nothing was forgotten.</returns>
    public IReadOnlyList<Fact>? Undo()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_forgettings.TryPeek(out var gone)) return null;

        Change(() =>
        {
            Memory.Restore(gone.Facts);
            _marks.Lift(gone.Marks);
            return Commit(new MemoryEffect(), turns: [.. gone.Kept]);
        });

        foreach (var (dialogue, turns) in gone.Turns)
        {
            foreach (var (place, turn) in turns) dialogue.Turns.Insert(Math.Min(place, dialogue.Turns.Count), turn);
            dialogue.Drop();
        }

        _forgettings.Pop();
        return gone.Facts;
    }

    /// <summary>All facts of all users of the brain, as JSON.</summary>
    public string Export() => FactsFile.Write(Memory.Everybodys);

    /// <summary>Takes up facts that <see cref="Export"/> wrote. What is known already, and what was forgotten, is passed over.</summary>
    /// <returns>The number of facts taken up.</returns>
    /// <exception cref="InvalidDataException">The text is none of these.</exception>
    public int Import(string json)
    {
        var facts = FactsFile.Read(json);
        var taken = 0;

        Change(() =>
        {
            foreach (var user in facts.GroupBy(fact => fact.User))
            {
                Memory.User = user.Key;
                var known = Memory.Facts.Select(fact => fact.Told).ToHashSet();
                Fact[] fresh = [.. user.Where(fact => !_marks.Hides(user.Key, Trace.Text(fact)) && known.Add(fact.Told)).Select(fact => fact with { Id = 0 })];
                Memory.Restore(fresh);
                taken += fresh.Length;
            }

            Memory.User = User;
            return Commit(new MemoryEffect());
        });
        return taken;
    }

    /// <summary>Takes up a turn of a conversation that was held elsewhere: what it tells is kept unless it was heard before, and
    /// nothing is answered. A turn that names what was forgotten is passed over.</summary>
    public void Recite(Speaker speaker, string text)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var clean = Utterance.Clean(text ?? "");
        if (clean.Length == 0 || _marks.Hides(User, clean)) return;
        var dialogue = Now;
        var kept = true;

        if (speaker == Speaker.User && Settings.Episodic)
        {
            var times = dialogue.Recited[clean] = dialogue.Recited.GetValueOrDefault(clean) + 1;
            kept = times <= _marks.TimesHeard(User, clean) ? true : Change(() =>
            {
                var effect = dialogue.Hearing.Hear(clean, Age);
                _marks.Hear(User, clean, times);
                return Commit(effect);
            }).Request is null;
        }

        if (kept) dialogue.Turns.Add(new BufferedTurn(0, dialogue.Number, speaker, clean, false) { User = dialogue.User });
        dialogue.Drop();
    }

    /// <summary>Begins a new conversation: the facts stay, what was said is no longer in the cortex's window.</summary>
    public void Restart()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Now.Drop();
        Begin(User);
    }

    /// <summary>Begins a new conversation with another user, who shares no fact with anybody.</summary>
    /// <param name="user">What tells the user from others; empty for the owner of the brain.</param>
    public void SwitchUser(string user)
    {
        ArgumentNullException.ThrowIfNull(user);
        ObjectDisposedException.ThrowIf(_disposed, this);
        Begin(user);
    }

    /// <summary>Goes on with an earlier conversation.</summary>
    /// <param name="number">Its number.</param>
    /// <exception cref="ArgumentException">There is none of this number.</exception>
    public void Resume(long number)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);

        if (Array.Find(_dialogues, one => one.Number == number) is { } held)
        {
            Take(held);
            return;
        }

        BufferedTurn[] turns = [.. (_brain?.ReadTurns() ?? []).Where(turn => turn.Conversation == number)];
        if (turns.Length == 0) throw new ArgumentException($"There is no conversation {number} to go on with.", nameof(number));
        var dialogue = new Dialogue(number, turns[0].User, Listener(number));
        dialogue.Turns.AddRange(turns);
        Take(dialogue);
    }

    /// <summary>Whether these turns, without what was forgotten, are the conversation at hand.</summary>
    internal bool IsAtHand(IEnumerable<(Speaker Speaker, string Text)> turns) => Now.Is([.. turns.Where(turn => !_marks.Hides(User, turn.Text))]);

    /// <summary>Goes on from what a user and the chat said to one another: from where that is at hand, else it is recited.</summary>
    internal void TakeUp(string user, IEnumerable<(Speaker Speaker, string Text)> before)
    {
        (Speaker Speaker, string Text)[] said = [.. before.Select(turn => (turn.Speaker, Utterance.Clean(turn.Text)))
            .Where(turn => turn.Item2.Length > 0 && !_marks.Hides(user, turn.Item2))];

        if (Array.FindLast(_dialogues, one => one.User == user && one.Is(said)) is { } held)
        {
            Take(held);
            return;
        }

        Begin(user);
        foreach (var (speaker, text) in said) Recite(speaker, text);
    }

    /// <summary>Turns the graft on or off.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public void SwitchGraft(bool on)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!HasGraft) throw new InvalidOperationException("This session has no graft to turn on or off.");
        if (GraftOn != on) DropAll();
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
        // The weights are everybody's: only what the owner of the brain said may show in them.
        BufferedTurn[] buffered = [.. (_brain?.ReadTurns() ?? [.. _dialogues.SelectMany(one => one.Turns)]).Where(turn => turn.User.Length == 0)];
        var (cortex, report) = Sleeper.Sleep(Model, buffered, settings ?? new SleepSettings(), progress, stop);
        if (cortex is null) return report;
        var model = Model with { Cortex = cortex };
        _brain?.Commit(new BrainChange { Weights = Weights(model), SleptUpTo = buffered.Length > 0 ? buffered[^1].Id : null });
        DropAll();
        _packed.Dispose();
        (Model, _packed) = (model, new PackedCortex(cortex));
        return report;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        DropAll();
        _packed.Dispose();
    }

    /// <summary>What would follow a question if the answer began with certain words, without saying or keeping anything.</summary>
    internal string Complete(string question, string opening, CancellationToken stop)
    {
        using var conversation = ReadBack(Now.Turns);
        conversation.Read($"\nU: {question}\nG: {opening}");
        return string.Concat(conversation.Speak(new GenerationOptions { Sampling = Settings.Sampling, MaxTokens = Settings.MaxTokens }, stop).Select(step => step.Text));
    }

    private IEnumerable<string> Answer(Dialogue dialogue, ChatTurn turn, string question, ChatSettings settings, CancellationToken stop)
    {
        CheckOpen(dialogue, turn);

        if (settings.Repeats)
        {
            dialogue.Read?.Dispose();
            dialogue.Read = null;
        }

        var before = dialogue.Read?.Tokens ?? 0;
        // The turn at hand is read by the one who answers it; a request to forget is not read.
        var asks = turn.Effect.Request is null;
        var conversation = dialogue.Read ??= ReadBack(asks ? dialogue.Turns.SkipLast(1) : dialogue.Turns);
        if (asks) conversation.Read($"\nU: {question}\nG:");
        turn.InputTokens = conversation.Tokens - before;

        var seed = Counter.Mix(settings.Seed) + (settings.Repeats ? 0 : (ulong)Age);
        if ((turn.Effect.Answer ?? (settings.SmallTalk ? SmallTalk.Answer(question, turn.Effect.Told.Count > 0, seed) : null)) is { } known)
        {
            known = Cut(turn, known, settings);
            turn.Memory = turn.Effect.Note;
            if (asks) conversation.Read(" " + known);
            else dialogue.Drop();
            Keep(dialogue, known);
            dialogue.Open = null;
            if (known.Length > 0) yield return known;
            yield break;
        }

        var text = new System.Text.StringBuilder();
        var options = new GenerationOptions
        {
            Sampling = settings.Sampling,
            MaxTokens = settings.MaxTokens,
            Stops = ["\n", .. settings.Stops],
            Seed = seed,
        };

        turn.Ended = settings.MaxTokens > 0;
        var claims = false;

        foreach (var step in conversation.Speak(options, stop))
        {
            turn.OutputTokens = step.Tokens;
            turn.Ended = step.End != GenerationEnd.Length;
            // The blank behind "G:" belongs to the form; control characters belong to nobody.
            var piece = new string([.. step.Text.Where(letter => !char.IsControl(letter))]);
            if (text.Length == 0) piece = piece.TrimStart();
            if (piece.Length == 0) continue;

            // What was never done is not said.
            if (claims = settings.SmallTalk && SmallTalk.Claims(text + piece)) break;

            text.Append(piece);
            yield return piece;
            CheckOpen(dialogue, turn);
        }

        // The cortex has read it already, and reads what was said anew.
        if (claims)
        {
            conversation.Dispose();
            dialogue.Read = null;
        }

        if (text.Length == 0 && Cut(turn, "I have nothing to say to that.", settings) is { Length: > 0 } nothing)
        {
            text.Append(nothing);
            yield return nothing;
            CheckOpen(dialogue, turn);
        }

        // What the plastic memory suggests may run on into the turn that followed.
        var recalled = Utterance.Clean(NextTurn.Split(conversation.Recalled.TrimStart())[0]);
        turn.Memory = string.Join("; ", new[] { turn.Effect.Note, recalled.Length > 0 ? $"the conversation suggested \"{recalled}\"" : "" }.Where(note => note.Length > 0));
        Keep(dialogue, Utterance.Clean(text.ToString()));
        dialogue.Open = null;
    }

    // A text that was not made token by token, as long as the settings let it be.
    private string Cut(ChatTurn turn, string text, ChatSettings settings)
    {
        text = text[..settings.Stops.Where(one => one.Length > 0).Select(one => text.IndexOf(one, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(text.Length).Min()];
        var tokens = text.Length == 0 ? [] : Model.Tokenizer.Encode(" " + text);
        turn.OutputTokens = Math.Min(tokens.Length, settings.MostTokens);
        turn.Ended = tokens.Length <= settings.MostTokens;
        return turn.Ended ? text : Utterance.Clean(Model.Tokenizer.Decode(tokens.AsSpan(0, settings.MostTokens)));
    }

    private void CheckOpen(Dialogue dialogue, ChatTurn turn)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (dialogue.Open != turn) throw new InvalidOperationException("This answer ends here: the conversation has changed since it was asked for.");
    }

    [GeneratedRegex(@"\n|\b[UG]:", RegexOptions.CultureInvariant)]
    private static partial Regex NextTurn { get; }

    private Conversation ReadBack(IEnumerable<BufferedTurn> turns)
    {
        var conversation = new Conversation(_packed, Model.Tokenizer, Settings.Plastic ? _plastic : null, GraftOn ? _grafting : null);

        // Far more than the window; the rest only the memory would see.
        foreach (var turn in turns.TakeLast(200)) conversation.Read("\n" + turn.Speaker.Line(turn.Text));
        return conversation;
    }

    private void Begin(string user)
    {
        if (_dialogues is [.. var used, { Turns.Count: 0, Open: null }]) _dialogues = used;
        Take(new Dialogue(++_lastNumber, user, Listener(_lastNumber)));
    }

    private void Take(Dialogue dialogue)
    {
        _dialogues = [.. _dialogues.Where(one => one != dialogue), dialogue];
        Memory.User = dialogue.User;

        if (_dialogues.Length > MostDialogues)
        {
            _dialogues[0].Drop();
            _dialogues = _dialogues[1..];
        }

        foreach (var idle in _dialogues.SkipLast(MostRead).Where(one => one.Open is null)) idle.Drop();
    }

    private Hearing Listener(long number) => new(Memory, number, () => DateOnly.FromDateTime(Clock.GetLocalNow().DateTime)) { Named = IsNamed };

    // Words name something that was said, or that was forgotten before.
    private bool IsNamed(string words)
    {
        if (EpisodicMemory.Points(words) || Words.Cues(words).Length == 0) return false;
        var trace = new Trace(words, [], Memory.Facts);
        return Said().Any(turn => trace.IsIn(turn.Text)) || _marks.Hides(User, words);
    }

    // What the user said and heard, in the brain and in conversations that are at hand.
    private IEnumerable<BufferedTurn> Said() =>
        (_brain?.ReadTurns() ?? []).Concat(_dialogues.SelectMany(one => one.Turns)).Where(turn => turn.User == User);

    private MemoryEffect Hear(string clean, ChatSettings settings, Dialogue dialogue)
    {
        Age++;
        var effect = settings.Episodic ? dialogue.Hearing.Hear(clean, Age) : new MemoryEffect();
        if (effect.Told.Count > 0) _marks.Tell(User, clean);
        _marks.Hear(User, clean, _marks.TimesHeard(User, clean) + 1);
        dialogue.Recited[clean] = dialogue.Recited.GetValueOrDefault(clean) + 1;
        if (effect.Request is not null) return Commit(effect, clean);
        return Commit(effect, turns: new BufferedTurn(0, dialogue.Number, Speaker.User, clean, false) { User = dialogue.User });
    }

    private void Keep(Dialogue dialogue, string answer)
    {
        if (answer.Length == 0) return;
        Change(() => Commit(new MemoryEffect(), turns: new BufferedTurn(0, dialogue.Number, Speaker.Chat, answer, false) { User = dialogue.User }));
    }

    // A change is written, or it has not happened: a session is never ahead of its brain.
    private MemoryEffect Change(Func<MemoryEffect> change)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var age = Age;

        try
        {
            return change();
        }
        catch
        {
            Memory.Reject();
            _marks.Reject();
            (Age, Memory.User) = (age, User);
            throw;
        }
    }

    private MemoryEffect Commit(MemoryEffect effect, string? request = null, params BufferedTurn[] turns)
    {
        var gone = effect.Request is { } words ? Traced(words, effect.Forgotten, request) : null;
        var ((facts, deleted), (marks, lifted)) = (Memory.Changes, _marks.Changes);
        var ids = _brain?.Commit(new BrainChange
        {
            Age = Age,
            Facts = facts,
            ForgottenFacts = deleted,
            Marks = marks,
            LiftedMarks = lifted,
            Turns = turns,
            ForgottenTurns = [.. (gone?.Kept ?? []).Select(turn => turn.Id)],
        });
        Memory.Accept();
        _marks.Accept();

        for (var i = 0; i < turns.Length; i++)
        {
            if (turns[i].Id == 0) Array.Find(_dialogues, one => one.Number == turns[i].Conversation)?.Turns.Add(turns[i] with { Id = ids?[i] ?? 0 });
        }

        if (gone is null || (gone.Facts.Count == 0 && gone.Kept.Count == 0 && gone.Turns.Count == 0)) return effect;
        Erase(gone);
        _brain?.Scour();
        return effect with { ErasedTurns = Math.Max(gone.Kept.Count, gone.Turns.Sum(one => one.Value.Length)) };
    }

    // What is forgotten goes out of everything that was said, here and in the replay buffer, so that neither the plastic memory,
    // a sleep nor a replayed conversation brings it back.
    private Forgetting Traced(string words, IReadOnlyList<Fact> forgotten, string? request)
    {
        var all = EpisodicMemory.MeansAll(words);
        var trace = new Trace(EpisodicMemory.Points(words) ? "" : words, forgotten, Memory.Facts);
        bool Goes(BufferedTurn turn) => turn.User == User && (all || trace.IsIn(turn.Text));
        BufferedTurn[] kept = [.. (_brain?.ReadTurns() ?? []).Where(Goes)];
        var turns = _dialogues
            .Select(one => (one, Gone: one.Turns.Index().Where(turn => Goes(turn.Item)).ToArray()))
            .Where(one => one.Gone.Length > 0)
            .ToDictionary(one => one.one, one => one.Gone);
        var texts = kept.Concat(turns.Values.SelectMany(one => one.Select(turn => turn.Item))).Select(turn => turn.Text);
        var marks = _marks.Forget(User, forgotten.Count > 0 || kept.Length > 0 || turns.Count > 0 ? trace.Lasting : [], (request is null ? texts : texts.Append(request)).Distinct());
        return new Forgetting(forgotten, marks, kept, turns);
    }

    private void Erase(Forgetting gone)
    {
        foreach (var (dialogue, turns) in gone.Turns)
        {
            foreach (var (place, _) in turns.Reverse()) dialogue.Turns.RemoveAt(place);
            dialogue.Drop();
        }

        // What was spoken of last may be what is forgotten.
        foreach (var dialogue in _dialogues.Where(one => one.User == User)) dialogue.Hearing = Listener(dialogue.Number);
        _forgettings.Push(gone);
    }

    private void DropAll()
    {
        foreach (var dialogue in _dialogues) dialogue.Drop();
    }

    // All that a forgetting took: until the end of the session it can be brought back.
    private sealed record Forgetting(
        IReadOnlyList<Fact> Facts,
        IReadOnlyList<Mark> Marks,
        IReadOnlyList<BufferedTurn> Kept,
        IReadOnlyDictionary<Dialogue, (int Place, BufferedTurn Turn)[]> Turns);

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
