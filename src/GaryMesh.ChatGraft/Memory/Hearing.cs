namespace GaryMesh.ChatGraft;

/// <summary>What a turn did to the episodic memory, and what the memory has to say to it.</summary>
public sealed record MemoryEffect
{
    /// <summary>Facts that were told or corrected.</summary>
    public IReadOnlyList<Fact> Told { get; init; } = [];

    /// <summary>Facts that were recalled.</summary>
    public IReadOnlyList<Fact> Recalled { get; init; } = [];

    /// <summary>Facts that were forgotten.</summary>
    public IReadOnlyList<Fact> Forgotten { get; init; } = [];

    /// <summary>The turn asks for something that was never told.</summary>
    public bool Abstained { get; init; }

    /// <summary>What the memory answers; null where the turn is for the cortex to answer.</summary>
    public string? Answer { get; init; }

    /// <summary>What happened, in a few words; empty where nothing did.</summary>
    public string Note
    {
        get
        {
            var notes = new List<string>();
            if (Forgotten.Count > 0) notes.Add("forgot: " + Sentences(Forgotten));
            if (Told.Count > 0) notes.Add("remembered: " + Sentences(Told));
            if (Recalled.Count > 0) notes.Add("recalled: " + Sentences(Recalled));
            if (Abstained) notes.Add("nothing told that answers this");
            return string.Join("; ", notes);
        }
    }

    private static string Sentences(IReadOnlyList<Fact> facts) =>
        string.Join(", ", facts.Select(fact => Voice.Answering(fact.Told.Sentence)).Distinct().Take(3))
        + (facts.Count > 3 ? $" and {facts.Count - 3} more" : "");
}

/// <summary>Hears turn after turn of one conversation on behalf of an episodic memory: what is told it keeps, what is asked it
/// recalls, what is to be forgotten it forgets, and where nothing was told it says so.</summary>
public sealed class Hearing
{
    private readonly EpisodicMemory _memory;
    private string? _topic;

    /// <summary>Begins a conversation.</summary>
    public Hearing(EpisodicMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        _memory = memory;
    }

    /// <summary>Hears one turn of the user.</summary>
    /// <param name="text">The turn.</param>
    /// <param name="age">The age of the brain in turns.</param>
    public MemoryEffect Hear(string text, long age)
    {
        var clean = Utterance.Clean(text);

        if (StatementReader.Forgotten(clean) is { } words && _memory.About(words) is { Count: > 0 } meant)
            return Forget(meant);

        if (StatementReader.Corrected(clean) is { } value && _memory.Correct(value, age) is { } corrected)
            return new MemoryEffect { Told = [corrected], Answer = $"Noted: {Voice.Answering(corrected.Told.Sentence)}." };

        var topic = _topic;
        var told = StatementReader.Read(clean, ref _topic).Select(statement => _memory.Tell(statement, age)).ToArray();
        var effect = new MemoryEffect { Told = told, Answer = told.Length > 0 && Urges(clean) ? Acknowledged(told) : null };
        return Answered(effect, Question.Read(clean, topic), age);
    }

    /// <summary>Keeps something on request, as a whole sentence where it has no form that is known.</summary>
    public MemoryEffect Remember(string text, long age) => Hear("Remember that " + Utterance.Clean(text), age);

    /// <summary>Forgets facts.</summary>
    public MemoryEffect Forget(IReadOnlyList<Fact> facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        var forgotten = facts.Where(fact => _memory.Remove(fact.Id)).ToArray();
        return new MemoryEffect
        {
            Forgotten = forgotten,
            Answer = forgotten.Length == 1
                ? $"I have forgotten that {Voice.Answering(forgotten[0].Told.Sentence)}."
                : $"I have forgotten {forgotten.Length} things.",
        };
    }

    private MemoryEffect Answered(MemoryEffect effect, IReadOnlyList<Question> questions, long age)
    {
        var recalled = _memory.Recall(questions, age, effect.Told).Facts;
        if (recalled.Count > 0)
            return effect with { Recalled = recalled, Answer = string.Join(' ', recalled.Select(Sentence).Distinct()) };
        if (questions.FirstOrDefault(one => one.Recalls) is not { } question) return effect;

        return effect with
        {
            Abstained = true,
            Answer = question.Topic is { } topic ? $"I don't know that about {topic} yet." : "I don't know that yet; you have not told me.",
        };
    }

    private static string Sentence(Fact fact) => Utterance.Capitalised(Voice.Answering(fact.Told.Sentence)) + ".";

    private static string Acknowledged(IReadOnlyList<Fact> told) =>
        $"I will remember that {string.Join(" and that ", told.Select(fact => Voice.Answering(fact.Told.Sentence)).Distinct())}.";

    private static bool Urges(string clean)
    {
        foreach (var clause in Utterance.Sentences(clean).SelectMany(sentence => sentence.Clauses))
        {
            Utterance.WithoutOpenings(clause, out var urged);
            if (urged) return true;
        }

        return false;
    }
}
