using System.Globalization;
using System.Text.RegularExpressions;

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

    /// <summary>What was to be forgotten, in the words of the request; null where nothing was.</summary>
    internal string? Request { get; init; }

    /// <summary>Turns that named what was forgotten and are gone with it.</summary>
    public int ErasedTurns { get; init; }

    /// <summary>The turn asks for something that was never told.</summary>
    public bool Abstained { get; init; }

    /// <summary>What the memory answers; null where the turn is for the cortex to answer.</summary>
    public string? Answer { get; init; }

    /// <summary>How much better than "none of these" the best answer was, as the logarithm of the odds.</summary>
    internal double Odds { get; init; } = double.NegativeInfinity;

    /// <summary>What happened, in a few words; empty where nothing did.</summary>
    public string Note
    {
        get
        {
            var notes = new List<string>();
            // What is forgotten is not said once more.
            if (Request is not null) notes.Add($"forgot {Forgotten.Count} facts and {ErasedTurns} turns");
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
    private readonly long _conversation;
    private readonly Func<DateOnly> _today;
    private readonly IStatementReader _statements;
    private string? _topic;
    // A request to forget several things that waits to be said once more.
    private string? _asked;

    /// <summary>Begins a conversation.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="conversation">The number of the conversation.</param>
    /// <param name="today">Tells the day; that of the system's clock where null.</param>
    public Hearing(EpisodicMemory memory, long conversation = 0, Func<DateOnly>? today = null)
        : this(memory, StatementReader.ByForms, conversation, today) { }

    internal Hearing(EpisodicMemory memory, IStatementReader statements, long conversation, Func<DateOnly>? today)
    {
        ArgumentNullException.ThrowIfNull(memory);
        (_memory, _statements, _conversation, _today) = (memory, statements, conversation, today ?? (() => DateOnly.FromDateTime(DateTime.Now)));
    }

    /// <summary>Whether something that was said and is no fact names these words.</summary>
    internal Func<string, bool> Named { get; init; } = _ => false;

    /// <summary>Hears one turn of the user.</summary>
    /// <param name="text">The turn.</param>
    /// <param name="age">The age of the brain in turns.</param>
    public MemoryEffect Hear(string text, long age)
    {
        var clean = Utterance.Clean(text);
        var confirms = _asked == clean;
        _asked = null;

        if (_statements.Forgotten(clean) is { } words && (_memory.About(words) is { Count: > 0 } | Named(words)))
        {
            var meant = _memory.About(words);
            if (confirms || meant.Select(fact => fact.Turn).Distinct().Count() < 2) return Forget(words, meant);
            _asked = clean;
            return new MemoryEffect { Answer = $"That would be {meant.Count} things: {Listed(meant)}. Say it once more and I forget them." };
        }

        if (Listing.Match(clean) is { Success: true } listing)
        {
            var of = listing.Groups["v"].Value;
            var known = of.Length == 0 ? _memory.Facts : _memory.About(of);
            if (known.Count > 0) return new MemoryEffect { Recalled = known, Answer = $"I was told that {Listed(known)}." };
            if (of.Length == 0) return new MemoryEffect { Abstained = true, Answer = "I was not told anything yet." };
        }

        if (_statements.Corrected(clean) is { } value && _memory.Correct(value, age) is { } corrected)
            return new MemoryEffect { Told = [corrected], Answer = $"Noted: {Voice.Answering(corrected.Told.Sentence)}." };

        var topic = _topic;
        if (Instead(clean, age) is { } instead) return Telling([instead], clean);
        var told = new List<Fact>();
        foreach (var statement in _statements.Read(clean, ref _topic, Does)) if (Kept(statement, age, told) is { } kept) told.Add(kept);
        return Answered(Telling(told, clean), clean, topic, age);
    }

    // What has not the form of a question and is not surely small talk is told.
    private SpeechAct Does(string sentence)
    {
        var seen = _memory.Reader.Read(sentence);
        var asks = seen.Line.EndsAsking || seen.Line.Inquires;
        return (seen.Act == SpeechAct.Chat && seen.Probability(SpeechAct.Chat) < Surely) || (seen.Act == SpeechAct.Ask && !asks) || seen.Act == SpeechAct.Correct ? SpeechAct.Tell : seen.Act;
    }

    private const double Surely = 0.9;

    // "He rang back. Tuesday afternoon it is": several sentences that take the place of what was told just now do so as one.
    private Fact? Instead(string clean, long age)
    {
        var said = Utterance.WithoutContractions(clean).TrimEnd('.', '!', ' ');
        if (said.Length > LongestContext || said.Contains('?') || Utterance.Sentences(clean).Count() < 2 || Does(said) != SpeechAct.Tell) return null;
        return _memory.Before(said, points: false, age, []).Replaced is { } former && former.Turn == age - 1
            ? _memory.Replace(former, new Statement("", "", said, said, FactOwner.User), age, _conversation, _today())
            : null;
    }

    // What takes the place of something told before, or goes on from it, is kept so.
    private Fact? Kept(Statement statement, long age, List<Fact> told)
    {
        // "I have a brother. He is a cook": the first of them tells nothing that both together do not.
        foreach (var part in told.Where(part => Begins(statement, part.Told)).ToArray())
        {
            _memory.Remove(part.Id);
            told.Remove(part);
            if (statement.Relation.Length == 0 && part.Told.Relation != _having) statement = part.Told with { Sentence = statement.Sentence, Said = statement.Said };
        }

        var points = Line.Of(statement.Sentence) is { PointsBack: true, Possessions.Count: 0 };
        var said = statement.Said.Length > 0 ? statement.Said : statement.Sentence;
        // "Let me check" only leads up to a correction.
        if (statement.Relation.Length == 0 && Line.Of(said).Words.All(word => word.Bare || (word.Marks & Lexicon.MarkOf("corrects")) != 0) && said.Length < Shortest) return null;
        // What "she" stands for was said in the same breath: the sentence goes on from nothing earlier.
        var resolved = statement.Sentence.Length > said.Length && Line.Of(said).Has("points") && !Line.Of(said).Has("corrects");
        // Small talk changes nothing that was told.
        var (replaced, before) = resolved || Does(said) == SpeechAct.Chat ? default : _memory.Before(said, points, age, told);
        statement = statement with { Said = "" };
        if (replaced is not null)
            return _memory.Replace(replaced, statement with { Sentence = Correction.Of(statement.Sentence, replaced.Told.Sentence) }, age, _conversation, _today());
        if (before is not null && points && before.Told.Sentence.Length + statement.Sentence.Length < LongestContext && !statement.Sentence.Contains(before.Told.Sentence, StringComparison.Ordinal))
            return _memory.GoOn(before, Utterance.Capitalised(statement.Sentence), age);
        if (statement.Relation.Length == 0 && Line.Of(statement.Sentence) is var line && line.Keys.Count < (line.Has("owns") ? 1 : 2)) return null;
        return _memory.Tell(statement, age, _conversation, _today());
    }

    private static bool Begins(Statement whole, Statement part) =>
        (whole.Relation.Length == 0 || part.Relation.Length == 0 || part.Relation == _having)
        && part.Sentence.Length < whole.Sentence.Length && whole.Sentence.StartsWith(part.Sentence, StringComparison.Ordinal);

    private const int LongestContext = 200, Shortest = 24;
    private static readonly string _having = Words.Canonical("have");

    /// <summary>Keeps something on request, as a whole sentence where it has no form that is known.</summary>
    public MemoryEffect Remember(string text, long age) => Hear("Remember that " + Utterance.Clean(text), age);

    /// <summary>Forgets what words speak of.</summary>
    /// <param name="words">The words of the request.</param>
    /// <param name="facts">The facts that go.</param>
    public MemoryEffect Forget(string words, IReadOnlyList<Fact> facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        var forgotten = facts.Where(fact => _memory.Remove(fact.Id)).ToArray();
        return new MemoryEffect
        {
            Request = words,
            Forgotten = forgotten,
            Answer = forgotten.Length > 1 ? $"I have forgotten {forgotten.Length} things." : "I have forgotten it.",
        };
    }

    private MemoryEffect Answered(MemoryEffect effect, string clean, string? topic, long age)
    {
        Seen? open = null;

        var before = topic;

        foreach (var (sentence, _) in Utterance.Sentences(clean))
        {
            var spokenOf = before;
            before = Line.Of(sentence).Possessions.Count > 0 ? sentence : before;
            var asked = _memory.Reader.Read(sentence);
            var ofChat = asked.Line.Words.Any(word => word.Text is "your" or "yours" or "yourself") && !asked.Line.Has("owns");
            if (ofChat) continue;
            var asks = asked.Probability(SpeechAct.Ask) > ((asked.Line.EndsAsking && asked.Line.Has("owns") && !asked.Line.Has("chats")) || (asked.Line.Inquires && asked.Line.Attributes.Count > 0 && asked.Line.Firm.Contains(true)) ? Hardly : asked.Probability(SpeechAct.Chat));
            if (!(asked.Probability(SpeechAct.Ask) > MayAsk || asked.Line.EndsAsking || asked.Line.BeginsAsking)) continue;
            // "Where is it?" asks about what was spoken of.
            if (spokenOf is not null && asked.Line.Has("points") && asked.Line.Possessions.Count == 0 && !asked.Line.Words.Any(word => word.Rare)) asked = _memory.Reader.Read($"{spokenOf} {sentence}");
            var (recalled, odds) = _memory.Recall(asked, asks ? Enough : asked.Line.Has("chats") ? Striking : Plain, age, effect.Told);
            effect = effect with { Odds = Math.Max(odds, effect.Odds) };
            if (recalled.Count > 0) return effect with { Recalled = recalled, Answer = string.Join(' ', recalled.Select(Sentence).Distinct()) };
            // How the world works and what to do is not the memory's to know.
            if (asks && (asked.Line.EndsAsking || asked.Line.BeginsAsking || asked.Line.Inquires) && !Advice.IsMatch(sentence) && (asked.Line.Has("owns") || Somebody.IsMatch(sentence))) open ??= asked;
        }

        if (open is null) return effect;
        var about = open.Line.Words.FirstOrDefault(word => (word.Kinds & (Lexicon.KindOf("person") | Lexicon.KindOf("animal"))) != 0).Text;
        if (about is not null && !Mine.Matches(open.Line.Text).Any(mine => mine.Groups["n"].Value == about)) about = null;
        return effect with
        {
            Abstained = true,
            Answer = about is null ? "I don't know that yet; you have not told me." : $"I don't know that about your {about} yet.",
        };
    }

    // How much better than none an answer is: to what asks for it, to what may be small talk, and to what speaks to the chat.
    private const double MayAsk = 0.3;
    private const double Hardly = 0.2;
    private const double Plain = 1;
    private const double Striking = 4;

    // Read off the development pairs, where some four of five things that were never told are declined so.
    private const double Enough = 0.8;

    private static Regex Advice { get; } = English.Pattern("advice");
    private static Regex Somebody { get; } = English.Pattern("somebody");
    private static Regex Mine { get; } = English.Pattern("my-thing");

    // "Tomorrow" was another day when it was told.
    private string Sentence(Fact fact)
    {
        var said = Utterance.Capitalised(Voice.Answering(fact.Told.Sentence));
        return fact.Day != default && fact.Day != _today() && Relative.IsMatch(fact.Told.Sentence)
            ? string.Create(CultureInfo.InvariantCulture, $"{said} (told on {fact.Day:d MMMM yyyy}).")
            : said + ".";
    }

    private static string Listed(IReadOnlyList<Fact> facts) =>
        string.Join("; ", facts.Select(fact => Voice.Answering(fact.Told.Sentence)).Distinct().Take(Most)) + (facts.Count > Most ? $"; and {facts.Count - Most} more" : "");

    private const int Most = 20;

    private static Regex Listing { get; } = English.Pattern("listing");
    private static Regex Relative { get; } = English.Pattern("relative-day");

    // What is told is acknowledged where that was asked for.
    private static MemoryEffect Telling(List<Fact> told, string clean) =>
        new() { Told = told, Answer = told.Count > 0 && Urges(clean) ? Acknowledged(told) : null };

    private static string Acknowledged(List<Fact> told) =>
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
