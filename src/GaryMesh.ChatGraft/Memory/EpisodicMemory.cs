using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>What a recall found.</summary>
/// <param name="Facts">The facts that answer, the best first; empty where nothing was told that fits.</param>
/// <param name="Score">How well the best one fits the question, 0 to 1.</param>
public readonly record struct Recollection(IReadOnlyList<Fact> Facts, double Score);

/// <summary>The declarative memory: facts stored when said, recalled by the words of a question, strengthened by each recall,
/// fading with a half-life of 200 turns, gone when asked to forget.</summary>
/// <remarks>
/// A question recalls a fact when its words are found in it and, the other way round, the fact's subject and relation are
/// found in the question; short of that the memory abstains. Strength decides between facts that fit equally well, and which
/// ones are dropped when the memory is full; it does not make a fact unrecallable. Not for several threads at once.
/// </remarks>
public sealed partial class EpisodicMemory
{
    /// <summary>After so many turns a fact that was not recalled has half its strength.</summary>
    public const int HalfLife = 200;

    /// <summary>The most facts held; beyond it the weakest goes.</summary>
    public const int Capacity = 20_000;

    private const double Sufficient = 0.55;

    // What a word of the question that the fact lacks weighs beside one that it has.
    private const double Missing = 0.35;

    private readonly Ledger<long, Entry> _entries = new();
    private long _lastId;

    /// <summary>A memory with what was kept before.</summary>
    public EpisodicMemory(IEnumerable<Fact> facts)
    {
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

    /// <summary>The facts that a question asks for. They are strengthened.</summary>
    /// <param name="questions">The questions; the first that finds an answer counts.</param>
    /// <param name="age">The age of the brain in turns.</param>
    /// <param name="except">Facts that are no answer: those told in the same breath.</param>
    internal Recollection Recall(IReadOnlyList<Question> questions, long age, IReadOnlyList<Fact> except) => questions
        .Select(question => Recall(question, age, except))
        .FirstOrDefault(recollection => recollection.Facts.Count > 0, new Recollection([], 0));

    private Recollection Recall(Question question, long age, IReadOnlyList<Fact> except)
    {
        if (question.Cues.Length == 0) return new Recollection([], 0);
        var scored = Mine
            .Where(entry => except.All(fact => fact.Id != entry.Fact.Id))
            .Select(entry => (entry.Fact, Score: entry.Score(question)))
            .Where(one => one.Score >= Sufficient)
            .OrderByDescending(one => Math.Round(one.Score, 3))
            .ThenByDescending(one => one.Fact.StrengthAt(age))
            .ThenByDescending(one => one.Fact.Id)
            .ToArray();
        if (scored.Length == 0) return new Recollection([], 0);

        // Several values of one thing ("I like ...") answer together, the last told first.
        var best = scored[0];
        var together = scored
            .Where(one => one.Fact.Id == best.Fact.Id
                || (best.Score - one.Score < 0.02 && _entries.Find(best.Fact.Id)!.SameThing(_entries.Find(one.Fact.Id)!)))
            .Take(3)
            .Select(one => Touch(one.Fact, age))
            .ToArray();
        Latest = together[0];
        return new Recollection(together, best.Score);
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

    [GeneratedRegex(@"^(?:me|who I am)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Self { get; }

    [GeneratedRegex(@"^(?:(?:everything|all|anything)(?: (?:that )?(?:you know|I (?:ever )?(?:told you|said)|you (?:have|were told)))?(?: about me)?)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Everything { get; }

    [GeneratedRegex(@"^(?:that|this|(?:what|the last thing) I (?:just )?(?:said|told you)(?: just now)?)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Last { get; }

    /// <summary>A fact with its words made ready for comparison.</summary>
    private sealed partial class Entry
    {
        private readonly HashSet<string> _subject;
        private readonly string _relation;
        private readonly HashSet<string> _value;
        private readonly HashSet<string> _alias;
        private readonly HashSet<string> _attributes;
        private readonly HashSet<string> _owners;
        private readonly HashSet<string> _needed;
        private readonly HashSet<string> _mentions;
        private readonly HashSet<string> _around;
        private readonly bool _candidate;

        public Entry(Fact fact)
        {
            Fact = fact;
            var told = fact.Told;
            _subject = told.Relation.Length > 0
                ? [.. Words.Cues(told.Subject).Where(cue => !Words.IsKind(cue))]
                : [.. Mentions(told.Sentence)];
            _mentions = [.. Mentions(told.Sentence)];
            // "the attic's code" is of the attic; what is said of it need not be said again.
            _attributes = [.. _subject.Where(Words.IsAttribute)];
            if (!_subject.All(Words.IsAttribute)) _subject.RemoveWhere(Words.IsAttribute);
            _owners = told.Relation.Length > 0 ? [.. Owner.Matches(told.Subject).SelectMany(owner => Words.Cues(owner.Groups["n"].Value)).Where(_subject.Contains)] : [];
            _needed = _subject.Count == 0 ? [] : [_subject.Last()];
            _alias = [.. Proper.Matches(told.Subject).SelectMany(name => Words.Cues(name.Value))];
            // "is" says nothing that a question would repeat.
            _relation = told.Relation is "is" or "" ? "" : Words.Canonical(told.Relation);
            _value = [.. Words.Cues(told.Value)];
            _candidate = ProperName.IsMatch(told.Value) || Candidate.IsMatch(told.Sentence);
            All = [.. _subject, .. _value, .. Words.Cues(Core(told))];
            _around = [.. Words.Cues(told.Sentence).Where(cue => !Words.IsAttribute(cue) || !Denying.IsMatch(told.Sentence))];
            if (_relation.Length > 0) All.Add(_relation);
            if (IsNumber.IsMatch(told.Value) || IsNumber.IsMatch(told.Subject)) All.Add(Words.Canonical("code"));
            if (told.Relation == "is" && told.Subject == "I" && ProperName.IsMatch(told.Value)) All.Add(_name);
        }

        public Fact Fact { get; }

        public HashSet<string> All { get; }

        /// <summary>Whether the fact or the sentence around it holds a word.</summary>
        public bool Holds(string cue) => All.Contains(cue) || _around.Contains(cue);

        public double Score(Question question)
        {
            var told = Fact.Told;
            if (question.OfChat != (told.Owner == FactOwner.Chat)) return 0;
            // "I have my exam on ..." answers "when is the exam" too.
            if (told.Subject is "I" or "my" or "My" && !question.OfUser && !question.Firm.Any(cue => _value.Contains(cue))) return 0;

            var bare = question.Whom.Length == 0;
            var (met, missed, support) = (0.0, 0.0, 1.0);

            foreach (var cue in question.Cues)
            {
                if (All.Contains(cue)) met++;
                else if (_around.Contains(cue)) (met, support) = (met + 1, Math.Min(support, 0.9));
                else if (!bare && Words.IsAttribute(cue) && question.Firm.Contains(cue)) (met, support) = (met + 1, Math.Min(support, Supports(cue, question)));
                else if (question.Firm.Contains(cue)) return 0;
                else if (!Words.IsKind(cue)) missed += Missing;
            }

            // "The town I live in is called ..." says nothing of what I am called.
            if (bare && question.Cues.Contains(_name) && Rival(question)) return 0;
            if (bare && _relation != _name && Words.IsAttribute(_relation) && !question.Cues.Contains(_relation) && !OfTeller(question)) return 0;
            if (met == 0 || support == 0) return 0;
            var coverage = support * met / (met + missed);

            var whole = 0.85 * coverage * Spoken(question);
            return told.Relation.Length == 0 ? whole : Math.Max(whole, coverage * Parts(question));
        }

        // How far the sentence as it stands speaks of whom the question asks about.
        private double Spoken(Question question)
        {
            var told = Fact.Told;
            if (!_owners.IsSubsetOf(question.Cues)) return 0;
            var free = told.Relation.Length == 0 || told.Owner != FactOwner.User;

            if (question.Whom.Length > 0)
                return free || told.Subject is "I" or "we" or "We" || _subject.Count == 0 || Pronoun.IsMatch(told.Sentence) ? 1 : 0;

            // "Where do I work?": the sentence says so, and of the teller.
            var said = OfTeller(question);
            return (said || (free && _mentions.Count == 0 && !OfThem.IsMatch(told.Sentence)))
                && question.OfUser && question.Cues.Any(cue => Words.IsAttribute(cue) && All.Contains(cue)) && FirstPerson.IsMatch(told.Sentence) ? 1 : 0;
        }

        // How far subject, relation and value answer.
        private double Parts(Question question)
        {
            var told = Fact.Told;
            // "my friend Ada" is Ada, and my friend.
            var subject = _alias.Count == 0 || _alias.Count == _subject.Count
                ? Covered(_subject, question)
                : Math.Max(Covered(_alias, question), Covered([.. _subject.Except(_alias)], question));
            var relation = _relation.Length == 0 || !Words.IsAttribute(_relation) ? 0.9
                : question.Cues.Contains(_relation) ? 1
                : question.Cues.Any(cue => Words.IsAttribute(cue) && !_attributes.Contains(cue)) ? 0.7
                : 0.6;
            // "who works at Q?": the value is the cue and the subject is asked for.
            var value = _value.Count == 0 ? 0
                : (double)_value.Count(cue => question.Cues.Contains(cue) && !Words.IsAttribute(cue)) / _value.Count;
            var another = told.Owner == FactOwner.User && _subject.Count > 0 && subject == 0 && question.OfUser;
            var reverse = !another && (value >= 0.5 || (value > 0 && _subject.Count == 0)) && (relation > 0.6 || subject > 0.5);
            // "my absolute favourite tea" is my favourite tea, but my sister's dog is not my dog.
            if (!(subject > 0 && ((subject >= 0.5 && _owners.Count == 0) || _needed.Overlaps(question.Cues)) && _owners.IsSubsetOf(question.Cues)) && !reverse) return 0;
            // "I visited my brother in Q" is no answer to where I live.
            if (_subject.Count == 0 && question.Whom.Length == 0 && !question.Cues.Contains(_relation) && Mentions(told.Value).Any()) return 0;
            subject = Math.Max(subject, 0.5 + (0.5 * subject));
            if (question.Whom.Length == 0 && told.Relation != _name && OfThem.IsMatch(told.Sentence) && !OfTeller(question)) return 0;
            if (_subject.Count == 0 && !reverse && !question.Cues.Contains(_relation) && !question.Cues.Any(Words.IsAttribute)) return 0;

            var fit = question switch
            {
                { AsksWhen: true } when !LooksLikeTime.IsMatch(told.Value) => 0.8,
                // That one has a dog is not what is asked about the dog.
                _ when _having.Contains(_relation) && Indefinite.IsMatch(told.Value) => 0.75,
                { AsksWhere: true } when OnlyTime.IsMatch(told.Value) => 0.8,
                _ => 1.0,
            };
            return fit * (reverse ? Math.Max(0.8, 0.5 * (subject + relation)) : 0.5 * (subject + relation));
        }

        // What a fact that lacks a word for what is asked may still answer: what it tells shows of which kind it is.
        private double Supports(string attribute, Question question)
        {
            var rival = Rival(question);
            return attribute switch
            {
                _ when attribute == _name => !rival && _candidate ? 0.85 : 0,
                _ when attribute == _live => !rival ? 0.85 : 0,
                _ when attribute == _code => !rival && Number.IsMatch(Fact.Told.Sentence) ? 0.85 : 0,
                _ => 0,
            };
        }

        // The clause of the sentence that holds the value; what stands around it only says of whom and what it may be.
        private static string Core(Statement told) => told.Relation.Length == 0 ? told.Sentence
            : Utterance.Sentences(told.Sentence).SelectMany(sentence => sentence.Clauses)
                .LastOrDefault(clause => clause.Contains(told.Value, StringComparison.Ordinal), told.Sentence);

        // What the fact tells is something else than what is asked.
        private bool Rival(Question question) =>
            All.Any(cue => Words.IsAttribute(cue) && !_value.Contains(cue) && !question.Cues.Contains(cue));

        private static readonly string _name = Words.Canonical("name");
        private static readonly string _code = Words.Canonical("code");
        private static readonly string _live = Words.Canonical("live");

        // Whom or what a sentence speaks of: the words behind "my" and "the" that are no attribute.
        private static IEnumerable<string> Mentions(string sentence) => Mention.Matches(Words.Said(sentence))
            .SelectMany(match => Words.Cues(match.Groups["n"].Value))
            .Where(cue => !Words.IsAttribute(cue) && !Words.IsKind(cue));

        [GeneratedRegex(@"\b(?:my|our)\s+(?<n>(?:old |best |former |late )?[\p{L}'\-]+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
        private static partial Regex Mention { get; }

        private static double Covered(HashSet<string> cues, Question question) =>
            cues.Count == 0 ? 1 : (double)cues.Count(question.Cues.Contains) / cues.Count;

        // Somebody else lives or works there.
        [GeneratedRegex(@"\b(?:lives|works|resides|dwells)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
        private static partial Regex OfThem { get; }

        [GeneratedRegex(@"\d{3,}", RegexOptions.CultureInvariant)]
        private static partial Regex Number { get; }

        [GeneratedRegex(@"\b(?:not|never|no longer)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
        private static partial Regex Denying { get; }

        [GeneratedRegex(@"\b(?:he|she|it|him|her|his|its|they|them|their)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
        private static partial Regex Pronoun { get; }

        [GeneratedRegex(@"\b(?:I|me|my|we|us|our)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
        private static partial Regex FirstPerson { get; }

        // Beside somebody else the sentence says of the teller just what is asked: "they called me", "when I was born".
        private bool OfTeller(Question question) => Teller.Matches(Fact.Told.Sentence)
            .Any(said => question.Cues.Contains(said.Value is "me" or "us" ? _name : Words.Cues(said.Value).FirstOrDefault("")));

        [GeneratedRegex(@"\b(?:me|us|(?:I|we) (?:was born|were born|live|work)|my name)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
        private static partial Regex Teller { get; }

        [GeneratedRegex(@"(?<!^)(?!I\b)\p{Lu}[\p{L}\p{M}'\-]+", RegexOptions.CultureInvariant)]
        private static partial Regex Candidate { get; }

        [GeneratedRegex(@"(?<n>[\p{L}\p{M}\-]+)'s\b", RegexOptions.CultureInvariant)]
        private static partial Regex Owner { get; }

        [GeneratedRegex(@"(?<=\s)\p{Lu}[\p{L}\p{M}'\-]+", RegexOptions.CultureInvariant)]
        private static partial Regex Proper { get; }

        [GeneratedRegex(@"^[\p{L}\-#*]?\d[\p{L}\p{N}\-#*]*$", RegexOptions.CultureInvariant)]
        private static partial Regex IsNumber { get; }

        /// <summary>Both say something about the same subject in the same relation.</summary>
        public bool SameThing(Entry other) =>
            Fact.Told.Owner == other.Fact.Told.Owner
            && Fact.Told.Relation.Length > 0
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

        private static readonly HashSet<string> _having =
            [.. new[] { "have", "has", "had", "own", "adopt", "bought", "keep" }.Select(Words.Canonical)];

        [GeneratedRegex(@"^(?:an?|one|two|three|no|some)\s", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
        private static partial Regex Indefinite { get; }

        public enum ValueKind { Number, Proper, Other }

        public static ValueKind KindOf(string value) =>
            value.Any(char.IsAsciiDigit) ? ValueKind.Number
            : ProperName.IsMatch(value) ? ValueKind.Proper
            : ValueKind.Other;

        [GeneratedRegex(@"^\p{Lu}[\p{L}\p{M}'\-]*(?:\s+\p{Lu}[\p{L}\p{M}'\-]*)*$", RegexOptions.CultureInvariant)]
        private static partial Regex ProperName { get; }

        [GeneratedRegex(@"\d|\b(?:January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|"
            + @"past|quarter|half|ago|noon|midnight|morning|evening|night|tomorrow|weekend|spring|summer|autumn|winter|Christmas|Easter|o'clock)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
        private static partial Regex LooksLikeTime { get; }

        [GeneratedRegex(@"^(?:\d{1,2}(?::\d\d)?\s*(?:am|pm)?|\d{4}|(?:the )?\d{0,2}(?:st|nd|rd|th)?(?: of)?\s*(?:January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)(?: \d{1,2})?(?:st|nd|rd|th)?(?:,? \d{4})?)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
        private static partial Regex OnlyTime { get; }
    }
}
