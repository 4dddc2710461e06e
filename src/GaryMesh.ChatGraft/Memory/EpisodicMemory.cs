using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>What a recall found.</summary>
/// <param name="Facts">The facts that answer, the best first; empty where nothing was told that fits.</param>
/// <param name="Score">How much better than "none of these" the best one is, as the logarithm of the odds.</param>
public readonly record struct Recollection(IReadOnlyList<Fact> Facts, double Score);

/// <summary>The declarative memory: facts stored when said, recalled by the words of a question, strengthened by each recall,
/// fading with a half-life of 200 turns, gone when asked to forget.</summary>
/// <remarks>
/// A reader ranks the facts by how well they answer a question; where none is better than none at all, the memory abstains. Of
/// facts that answer equally well the newest counts, and when the memory is full the weakest is dropped. Not for several threads at once.
/// </remarks>
public sealed class EpisodicMemory
{
    /// <summary>After so many turns a fact that was not recalled has half its strength.</summary>
    public const int HalfLife = Fact.HalfLife;

    /// <summary>The most facts held; beyond it the weakest goes.</summary>
    public const int Capacity = 20_000;

    // A question is held against so many facts closely: those whose words meet it best, and the latest.
    private const int Closely = 48;
    private const int Lately = 16;

    // So many facts are said at most.
    private const int Together = 3;

    private readonly Ledger<long, Entry> _entries = new();
    private long _lastId;

    private readonly IQuestionReader _reader;

    /// <summary>A memory with what was kept before.</summary>
    public EpisodicMemory(IEnumerable<Fact> facts)
        : this(facts, LearnedReader.Shipped) { }

    internal EpisodicMemory(IEnumerable<Fact> facts, IQuestionReader reader)
    {
        _reader = reader;
        foreach (var fact in facts)
        {
            _entries.Load(fact.Id, new Entry(fact));
            _lastId = Math.Max(_lastId, fact.Id);
        }
    }

    /// <summary>An empty memory.</summary>
    public EpisodicMemory()
        : this([]) { }

    /// <summary>Whose facts are told, recalled and listed; others' are out of reach. Empty for the owner of the brain.</summary>
    public string User { get; internal set; } = "";

    /// <summary>The user's facts, the oldest first.</summary>
    public IReadOnlyList<Fact> Facts => [.. Mine.Select(entry => entry.Fact).OrderBy(fact => fact.Id)];

    /// <summary>How many facts the user has.</summary>
    public int Count => Mine.Count();

    /// <summary>The facts of all users, the oldest first.</summary>
    internal IReadOnlyList<Fact> Everybodys => [.. _entries.Values.Select(entry => entry.Fact).OrderBy(fact => fact.Id)];

    /// <summary>Facts to write and numbers of facts to delete.</summary>
    internal (IReadOnlyList<Fact> Written, IReadOnlyList<long> Deleted) Changes =>
        _entries.Changes is var (written, deleted) ? ([.. written.Select(entry => entry.Fact)], deleted) : default;

    private IEnumerable<Entry> Mine => _entries.Values.Where(entry => entry.Fact.User == User);

    /// <summary>The fact told or recalled last; what a bare correction ("actually, it is ...") is about.</summary>
    public Fact? Latest { get; private set; }

    /// <summary>Keeps what was told. Telling again strengthens; another value for the same thing takes the place of the old one.</summary>
    /// <param name="told">The statement.</param>
    /// <param name="age">The age of the brain in turns.</param>
    /// <param name="conversation">The number of the conversation.</param>
    /// <param name="day">The day.</param>
    /// <returns>The fact as it is held now.</returns>
    public Fact Tell(Statement told, long age, long conversation = 0, DateOnly day = default)
    {
        var fresh = new Entry(new Fact(_lastId + 1, told, 1, age) { User = User, Turn = age, Conversation = conversation, Day = day });
        var former = new List<string>();

        foreach (var known in Mine.Where(known => known.SameThing(fresh)).ToArray())
        {
            if (string.Equals(known.Fact.Told.Value, told.Value, StringComparison.OrdinalIgnoreCase))
                return Touch(known.Fact with { Told = told, Turn = age, Conversation = conversation, Day = day }, age);
            if (!told.Corrects && !known.ReplacedBy(fresh)) continue;
            Remove(known.Fact.Id);
            former.Add(With(known.Fact.Former, known.Fact.Told.Value));
        }

        if (Count >= Capacity) Remove(Mine.MinBy(entry => entry.Fact.StrengthAt(age))!.Fact.Id);
        _lastId++;
        return Keep(fresh.Fact with { Former = string.Join('\n', former) });
    }

    /// <summary>Gives the fact that was told or recalled last another value of the same kind: "that is interesting" corrects no
    /// name.</summary>
    /// <param name="value">The right value.</param>
    /// <param name="age">The age of the brain in turns.</param>
    /// <returns>The corrected fact; null where there is nothing to correct.</returns>
    public Fact? Correct(string value, long age)
    {
        if (LatestOwn is not { } wrong || wrong.Told.Value.Length == 0) return null;
        var told = wrong.Told;
        if (Entry.KindOf(value) != Entry.KindOf(told.Value)) return null;
        var sentence = told.Sentence.Replace(told.Value, value, StringComparison.Ordinal);
        return Keep(wrong with { Told = told with { Value = value, Sentence = sentence }, Touched = age, Turn = age, Former = With(wrong.Former, told.Value) });
    }

    /// <summary>The latest fact, if it is still there and the user's.</summary>
    internal Fact? LatestOwn => Latest is { } latest && _entries.Find(latest.Id)?.Fact is { } fact && fact.User == User ? fact : null;

    /// <summary>Holds facts again that were removed or come from elsewhere.</summary>
    /// <param name="facts">The facts; the number 0 stands for the next one.</param>
    internal void Restore(IEnumerable<Fact> facts)
    {
        foreach (var fact in facts) Keep(fact.Id > 0 ? fact : fact with { Id = ++_lastId });
    }

    /// <summary>What changed is written.</summary>
    internal void Accept() => _entries.Accept();

    /// <summary>What changed could not be written, and is undone.</summary>
    internal void Reject() => _entries.Reject();

    /// <summary>The reader.</summary>
    internal IQuestionReader Reader => _reader;

    /// <summary>The facts that a question asks for. They are strengthened.</summary>
    /// <param name="question">The question.</param>
    /// <param name="least">How much better than "none of these" an answer is, at least.</param>
    /// <param name="age">The age of the brain in turns.</param>
    /// <param name="except">Facts that are no answer: those told in the same breath.</param>
    internal Recollection Recall(Seen question, double least, long age, IReadOnlyList<Fact> except)
    {
        var mine = Mine.Where(entry => except.All(fact => fact.Id != entry.Fact.Id)).ToArray();
        var frequencies = new Dictionary<string, int>();
        int Frequency(string key) => frequencies.TryGetValue(key, out var known) ? known : frequencies[key] = mine.Count(entry => entry.Line.Keys.Contains(key));
        var close = Close(question.Line, mine, Frequency).ToArray();
        var scored = close.Zip(_reader.Answers(question, [.. close.Select(entry => entry.Seen(_reader))], Frequency), (entry, score) => (Entry: entry, Score: score))
            .OrderByDescending(one => Math.Round(one.Score, 2))
            .ThenByDescending(one => one.Entry.Fact.Id)
            .ToArray();
        if (scored.Length == 0 || scored[0].Score < least) return new Recollection([], scored.Length == 0 ? double.NegativeInfinity : scored[0].Score);

        // Of two that answer, the later one is right that may be a change of the other.
        var newer = scored.Where(one => one.Entry.Fact.Id > scored[0].Entry.Fact.Id && one.Score >= least && scored[0].Score - one.Score < Near && !one.Entry.SameThing(scored[0].Entry))
            .OrderByDescending(one => one.Entry.Fact.Id)
            .FirstOrDefault(one => MayChange(one.Entry, scored[0].Entry));
        if (newer.Entry is not null)
        {
            Latest = Touch(newer.Entry.Fact, age);
            return new Recollection([Latest], newer.Score);
        }

        // Several values of one thing ("I like ...") answer together, the last told first, and so do two facts that fit alike.
        var best = scored[0];
        var together = scored
            .Where((one, rank) => rank == 0 || (rank < Together && one.Score >= least && best.Entry.SameThing(one.Entry)) || (rank == 1 && best.Score - one.Score < Alike && one.Score >= least))
            .Select(one => Touch(one.Entry.Fact, age))
            .ToArray();
        Latest = together[0];
        return new Recollection(together, best.Score);
    }

    // What a question may be about: all facts where they are few, else those that share words with it, and the latest.
    private static IEnumerable<Entry> Close(Line question, Entry[] mine, Func<string, int> frequency)
    {
        if (mine.Length <= Closely + Lately) return mine;
        var words = question.Words.Where(word => !word.Bare).DistinctBy(word => word.Key).ToArray();
        var weights = words.Select(word => 1 / (1 + Math.Log2(1 + frequency(word.Key)))).ToArray();
        double Shared(Entry entry)
        {
            var shared = 0.0;
            for (var i = 0; i < words.Length; i++)
            {
                if (entry.Line.Keys.Contains(words[i].Key) || (frequency(words[i].Key) == 0 && entry.Line.Words.Any(told => !told.Bare && Spelling.Near(words[i].Text, told.Text)))) shared += weights[i];
            }

            return shared;
        }

        return mine
            .Select(entry => (entry, Shared: Shared(entry)))
            .Where(one => one.Shared > 0)
            .OrderByDescending(one => one.Shared)
            .ThenByDescending(one => one.entry.Fact.Id)
            .Take(Closely)
            .Select(one => one.entry)
            .Union(mine.OrderByDescending(entry => entry.Fact.Id).Take(Lately));
    }

    /// <summary>What a statement does to what was told before: the fact that it takes the place of, or goes on from.</summary>
    /// <param name="said">The statement as it was said.</param>
    /// <param name="points">It begins by pointing to somebody or something.</param>
    /// <param name="age">The age of the brain in turns.</param>
    /// <param name="except">Facts told in the same breath.</param>
    internal (Fact? Replaced, Fact? GoneOnFrom) Before(string said, bool points, long age, IReadOnlyList<Fact> except)
    {
        var now = _reader.Read(said);
        var mine = Mine.Where(entry => except.All(fact => fact.Id != entry.Fact.Id)).OrderByDescending(entry => entry.Fact.Id).ToArray();
        var words = now.Line.Words.Where(word => !word.Bare).Select(word => word.Key).ToHashSet();
        var near = mine.Take(JustNow).Union(mine.Where(entry => entry.Line.Keys.Overlaps(words)).Take(Lately)).ToArray();
        var related = near.Select(entry => (entry.Fact, By: _reader.Relates(now, entry.Seen(_reader), (int)Math.Clamp(age - entry.Fact.Turn - 1, 0, Distant)))).ToArray();
        var replaced = related.Where(one => one.By.Replaces > ReplacesFrom).OrderByDescending(one => one.By.Replaces).FirstOrDefault();
        var gone = related.Where(one => one.By.GoesOn > (points ? GoesOnFrom : ReplacesFrom) && age - one.Fact.Turn < Breath).FirstOrDefault();
        return (replaced.Fact, gone.Fact);
    }

    private bool MayChange(Entry newer, Entry older) =>
        _reader.Relates(newer.Seen(_reader), older.Seen(_reader), (int)Math.Clamp(newer.Fact.Turn - older.Fact.Turn - 1, 0, Distant)).Replaces > ChangesFrom;

    // How much worse than the best a fact is that is said beside it, and a change of it.
    private const double Alike = 1, Near = 4, ChangesFrom = 0.1;

    // How probable it is that a line takes the place of another, and that one which points back goes on from it.
    private const double ReplacesFrom = 0.4, GoesOnFrom = 0.05;

    // A line is held against so many told last; so many turns are far away, and within so many one goes on.
    private const int JustNow = 8, Distant = 20, Breath = 3;

    /// <summary>Lets a fact go on by a sentence that leans on it.</summary>
    internal Fact GoOn(Fact before, string sentence, long age) =>
        Keep(before with { Told = before.Told with { Sentence = $"{before.Told.Sentence}. {sentence}" }, Turn = age, Touched = age });

    /// <summary>Keeps a statement in place of a fact, whose sentence it still is found by.</summary>
    internal Fact Replace(Fact former, Statement told, long age, long conversation, DateOnly day)
    {
        Remove(former.Id);
        return Keep(new Fact(++_lastId, told, 1, age)
        {
            User = User,
            Turn = age,
            Conversation = conversation,
            Day = day,
            Former = With(former.Former, former.Told.Sentence),
        });
    }

    /// <summary>The facts that the words of a request speak of: all of its words are found in each of them.</summary>
    public IReadOnlyList<Fact> About(string words)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (Last.IsMatch(words.Trim())) return LatestOwn is { } latest ? [.. Facts.Where(fact => fact.Turn == latest.Turn)] : [];
        if (Everything.IsMatch(words.Trim())) return Facts;
        if (Self.IsMatch(words.Trim())) return [.. Facts.Where(fact => fact.Told.Subject is "I" or "my" or "My")];
        var cues = Trace.Set(words);
        return cues.Length == 0 ? [] : [.. Facts.Where(fact => cues.All(_entries.Find(fact.Id)!.Holds) || Trace.Of(Trace.Text(fact)).IsSupersetOf(cues))];
    }

    /// <summary>Whether a request means all that was told.</summary>
    internal static bool MeansAll(string words) => Everything.IsMatch(words.Trim());

    /// <summary>Whether a request points to what it means rather than naming it.</summary>
    internal static bool Points(string words) => MeansAll(words) || Last.IsMatch(words.Trim()) || Self.IsMatch(words.Trim());

    /// <summary>Forgets a fact.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Remove(long id) => _entries.Remove(id);

    private Fact Touch(Fact fact, long age) => Keep(fact with { Strength = fact.StrengthAt(age) + 1, Touched = age });

    private Fact Keep(Fact fact)
    {
        _entries.Put(fact.Id, new Entry(fact));
        Latest = fact;
        return fact;
    }

    private static string With(string former, string value) => former.Length == 0 ? value : $"{former}\n{value}";

    private static Regex Self { get; } = English.Pattern("the-teller");
    private static Regex Everything { get; } = English.Pattern("everything");
    private static Regex Last { get; } = English.Pattern("said-last");

    /// <summary>A fact with its words made ready for comparison.</summary>
    private sealed class Entry
    {
        private readonly HashSet<string> _subject;
        private readonly HashSet<string> _attributes;
        private readonly string _relation;
        private HashSet<string>? _all;
        private Line? _line;
        private Seen? _seen;

        public Entry(Fact fact)
        {
            Fact = fact;
            // "is" says nothing that a question would repeat.
            _relation = fact.Told.Relation is "is" or "" ? "" : Words.Canonical(fact.Told.Relation);
            _subject = fact.Told.Relation.Length > 0 ? [.. Words.Cues(fact.Told.Subject).Where(cue => !Words.IsKind(cue))] : [];
            _attributes = [.. _subject.Where(Words.IsAttribute)];
            if (!_subject.All(Words.IsAttribute)) _subject.RemoveWhere(Words.IsAttribute);
        }

        public Fact Fact { get; }

        /// <summary>What a question is held against: the sentence, and what it took the place of.</summary>
        public Line Line => _line ??= Line.Of(Text, form: Fact.Told);

        private string Text => Fact.Former.Length == 0 ? Fact.Told.Sentence : $"{Fact.Told.Sentence}. {Fact.Former.Replace("\n", ". ", StringComparison.Ordinal)}";

        public Seen Seen(IQuestionReader reader) => _seen ??= reader.Read(Text, Fact.Told);

        /// <summary>Whether the fact or the sentence around it holds a word.</summary>
        public bool Holds(string cue) => (_all ??= [.. Words.Cues($"{Fact.Told.Subject} {Fact.Told.Value} {Fact.Told.Sentence}"), _relation]).Contains(cue);

        /// <summary>Both say something about the same subject in the same relation.</summary>
        public bool SameThing(Entry other) =>
            Fact.Told.Owner == other.Fact.Told.Owner
            && Fact.Told.Relation.Length > 0 && other.Fact.Told.Relation.Length > 0
            && _relation == other._relation
            && _subject.SetEquals(other._subject) && _attributes.SetEquals(other._attributes)
            && (Fact.Told.Subject is "I" or "my" or "My") == (other.Fact.Told.Subject is "I" or "my" or "My");

        /// <summary>The newer value can only stand in place of this one: one has one name, one home and one code, but may like
        /// many things.</summary>
        public bool ReplacedBy(Entry newer)
        {
            var (old, now) = (KindOf(Fact.Told.Value), KindOf(newer.Fact.Told.Value));
            if (_relation == Words.Canonical("born")) return old == now && Fact.Told.Relation == newer.Fact.Told.Relation;
            if (_single.Contains(_relation)) return true;
            return _relation.Length == 0 && (_attributes.Contains(Words.Canonical("favourite"))
                || (old == now && old != ValueKind.Other && _subject.Count > 0));
        }

        private static readonly HashSet<string> _single =
            [.. new[] { "name", "live", "work", "age", "origin", "code", "weigh", "tall", "park" }.Select(Words.Canonical)];

        public enum ValueKind { Number, Proper, Other }

        public static ValueKind KindOf(string value) =>
            value.Any(char.IsAsciiDigit) ? ValueKind.Number
            : ProperName.IsMatch(value) ? ValueKind.Proper
            : ValueKind.Other;

        private static Regex ProperName { get; } = English.Pattern("proper-name");
    }
}
