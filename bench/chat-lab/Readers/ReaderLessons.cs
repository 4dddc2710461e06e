using System.Text.RegularExpressions;
using GaryMesh.ChatLab.Facts;

namespace GaryMesh.ChatLab.Readers;

/// <summary>A line with its words' states.</summary>
internal sealed record SeenLine<T>(T[] States, bool[] Weighed, bool[] Asking);

/// <summary>A question with the features of each told line, and those of them that answer: none or some.</summary>
internal sealed record AskedLine<T>(int Line, T[][] Features, int[] Answers);

/// <summary>A later line with an earlier one: 0 for nothing between them, 1 for going on, 2 for taking its place.</summary>
/// <param name="Now">The later line.</param>
/// <param name="Was">The earlier line.</param>
/// <param name="Features">The features of both, the head's own at 0.</param>
/// <param name="Relation">What is between them.</param>
/// <param name="Act">What the speech act of the later one is read off.</param>
internal sealed record RelatedLines<T>(int Now, int Was, T[] Features, T[] Act, int Relation);

/// <summary>A conversation as the head learns from it.</summary>
/// <param name="Lines">All lines; the told ones come first.</param>
/// <param name="Told">How many are told.</param>
/// <param name="Asked">The questions.</param>
/// <param name="Related">Pairs of lines.</param>
/// <param name="Acts">What speech acts are read off, and which it is.</param>
internal sealed record ReaderLesson<T>(SeenLine<T>[] Lines, int Told, AskedLine<T>[] Asked, RelatedLines<T>[] Related, (T[] Features, int Act)[] Acts);

/// <summary>Makes conversations of templates: things are told, corrected and asked for, and so is what was never told.</summary>
internal sealed partial class ReaderLessons(FreeTalk talk, FactTemplates templates, CortexStates states, ulong seed)
{
    private readonly TellingKinds _kinds = new(templates);

    // Of three conversations one is long.
    private const int Short = 10, Long = 40;

    // Of so many things that are told one is made of a kind and a value.
    private const int Made = 3;

    /// <summary>Lesson number <paramref name="index"/>.</summary>
    public ReaderLesson<float> Make(int index) => new Draft(this, new Dice(seed, index)).Whole();

    /// <summary>Something told as the memory holds it: one line or some, and what asks for it.</summary>
    private sealed record Instance(TalkBlock Block, Dictionary<string, string> Slots, string[] Parts, bool Corrected)
    {
        /// <summary>What asks for it.</summary>
        public string[] Asks { get; init; } = Block.Asks;

        /// <summary>What comes near and asks for something else.</summary>
        public string[] Misses { get; init; } = Block.Misses;

        public string Text => string.Join(". ", Parts);

        /// <summary>Its lines among those told.</summary>
        public List<int> Places { get; } = [];
    }

    /// <summary>A lesson in the making.</summary>
    private sealed class Draft(ReaderLessons from, Dice dice)
    {
        private readonly bool _knowing = dice.Below(8) > 0;
        private readonly List<Line> _lines = [];
        private readonly List<ToldLine> _told = [];
        private readonly List<SeenLine<float>> _seen = [];
        private readonly List<(float[], int)> _acts = [];
        // What the speech act of each line is read off.
        private readonly List<float[]> _reads = [];
        private readonly List<AskedLine<float>> _asked = [];
        private readonly List<Instance> _instances = [];
        private readonly HashSet<string> _askedFor = [];
        private readonly Dictionary<string, int> _frequency = [];

        public ReaderLesson<float> Whole()
        {
            var count = 1 + (dice.Below(3) == 0 ? dice.Below(Long) : dice.Below(Short));
            var kin = "";
            for (var n = 0; n < count; n++) Tell(ref kin);
            foreach (var key in _lines.SelectMany(line => line.Keys)) _frequency[key] = _frequency.GetValueOrDefault(key) + 1;
            for (var n = 0; n < 4; n++) AskFor(dice.Pick(_instances));
            for (var n = 0; n < 3; n++) AskBeside(dice.Pick(_instances));
            AskAbsent(from._kinds.Draw(dice), []);
            AskAbsent(dice.Pick(from.Talk.Blocks), new(dice.Pick(_instances).Slots));
            if (dice.Below(2) == 0) Ask(Chat(2), [], SpeechAct.Chat);
            // What a sentence does is learnt from more of them.
            for (var n = 0; n < 6; n++) Act(Chat(3), SpeechAct.Chat);
            for (var n = 0; n < 3; n++) Act(dice.Pick(from._kinds.Draw(dice).Asks), SpeechAct.Ask);
            for (var n = 0; n < 3; n++) if (dice.Pick(from.Talk.Blocks).Asks is { Length: > 0 } asks) Act(from.Talk.Fill(dice.Pick(asks), [], dice), SpeechAct.Ask);
            RelatedLines<float>[] related = [.. Related()];
            return new ReaderLesson<float>([.. _seen], _told.Count, [.. _asked], related, [.. _acts]);
        }

        private string Chat(int oneIn) => from.Talk.Fill(dice.Pick(dice.Below(oneIn) == 0 ? from.Talk.Chat : from.Templates.Chat), [], dice);

        private void Tell(ref string kin)
        {
            var slots = new Dictionary<string, string>();
            // The same person again, in something else.
            if (kin.Length > 0 && dice.Below(5) < 2) slots["kin"] = kin;
            // Made of kinds and values a few: they are soon learnt, and asked about in fewer ways than people ask.
            var block = dice.Below(Made) == 0 ? from._kinds.Draw(dice) : dice.Pick(from.Talk.Blocks);
            if (_instances.Exists(one => one.Block == block)) return;
            var template = dice.Pick(block.Tells);
            var tell = Noised(from.Talk.Fill(template, slots, dice), dice, asks: false);
            string[] wanted = [.. block.Asks.Select(ask => Sign(from.Talk.Fill(ask, slots, dice)))];
            if (_askedFor.Overlaps(wanted)) return;
            var parts = tell.Split(" || ");
            var corrected = block.Corrections.Length > 0 && dice.Below(4) > 0;
            if (corrected) parts = [Noised(from.Talk.Fill(dice.Pick(block.Corrections), slots, dice), dice, asks: false), tell];
            var asks = block.Asks;
            if (!corrected && parts.Length == 1 && dice.Below(4) == 0) corrected = Fix(template, slots, ref parts, ref asks);
            var misses = block.Misses;
            if (parts.Length == 1 && dice.Below(6) == 0) Other(slots, parts, ref asks, ref misses);
            var instance = new Instance(block, slots, parts, corrected) { Asks = asks, Misses = misses };
            Keep(instance);
            if (instance.Places.Count == 0) return;
            _askedFor.UnionWith(wanted);
            _instances.Add(instance);
            if (slots.TryGetValue("kin", out var person)) kin = person;
        }

        // Any value may be given another, or one beside it.
        private bool Fix(string template, Dictionary<string, string> slots, ref string[] parts, ref string[] asks)
        {
            var values = FreeTalk.Values(template);
            if (values.Length == 0) return false;
            var slot = dice.Pick(values);
            string[] still = [.. asks.Where(ask => !ask.Contains("{" + slot, StringComparison.Ordinal))];
            if (still.Length == 0) return false;
            var fixes = dice.Below(5) > 0;
            var said = dice.Pick(fixes ? from.Talk.Fixes : from.Talk.Additions).Replace("{v", "{" + slot, StringComparison.Ordinal);
            said = Noised(from.Talk.Fill(said, slots, dice), dice, asks: false);
            (parts, asks) = (fixes ? [said, parts[0]] : [parts[0], said], still);
            return fixes;
        }

        // "Leonie is a pilot" as "Leonie's brother is a pilot": that says nothing of Leonie.
        private void Other(Dictionary<string, string> slots, string[] parts, ref string[] asks, ref string[] misses)
        {
            string[] filled = [.. asks.Select(ask => from.Talk.Fill(ask, slots, dice))];
            var whom = Whom.Matches(parts[0]).Select(match => match.Value).FirstOrDefault(whom => filled.Length > 0 && filled.All(Named(whom).IsMatch));
            if (whom is null) return;
            var other = dice.Pick(Lexicon.Of("relative"));
            var named = Named(whom);
            string Of(string text) => named.Replace(text, whom.StartsWith("my ", StringComparison.OrdinalIgnoreCase) ? $"{whom[..2]} {other}'s {whom[3..]}" : $"{whom}'s {other}", 1);
            (parts[0], asks, misses) = (Of(parts[0]), [.. filled.Select(Of)], [.. filled, .. misses]);
        }

        private static Regex Named(string whom) => new($@"\b{Regex.Escape(whom)}\b(?!')", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

        // As the memory keeps it: what forms find in one line, each by itself.
        private void Keep(Instance one)
        {
            string? topic = null;
            var alone = one.Parts.Length == 1 && !one.Corrected;
            IReadOnlyList<Statement?> kept = alone ? [.. StatementReader.ByForms.Read(Utterance.Clean(one.Text), ref topic, _ => one.Block.Act)] : [null];
            if (kept.Count == 0) kept = [null];

            foreach (var statement in kept)
            {
                one.Places.Add(_told.Count);
                See(statement?.Sentence ?? one.Text, alone ? one.Block.Act : null, statement);
                _told.Add(new ToldLine(_lines[^1], one.Block.Act));
            }
        }

        private int See(string text, SpeechAct? act, Statement? form = null)
        {
            var line = Line.Of(text, _knowing, form);
            var state = from.States.Of(line);
            var known = state.AsSpan().ToArray();
            Dim(state);
            _lines.Add(line);
            _seen.Add(new SeenLine<float>(state, line.Weighed, line.Asking));
            _reads.Add(ReaderHead.ActFeatures(line, known, from.States.Width));
            if (act is { } what) _acts.Add((_reads[^1], (int)what));
            return _lines.Count - 1;
        }

        private void Act(string text, SpeechAct act)
        {
            var line = Line.Of(Noised(text, dice, asks: true), _knowing);
            _acts.Add((ReaderHead.ActFeatures(line, from.States.Of(line), from.States.Width), (int)act));
        }

        private void Ask(string text, int[] answers, SpeechAct act)
        {
            var line = See(Noised(text, dice, asks: true), act);
            _asked.Add(new AskedLine<float>(line, Likeness.Of(_lines[line], _told, key => _frequency.GetValueOrDefault(key)), answers));
        }

        private void AskFor(Instance one)
        {
            if (one.Asks.Length == 0) return;
            // Where the value is known, what holds it answers.
            int[] holds = one.Block.Value is { } value ? [.. one.Places.Where(place => MemoryMeasure.Says(_lines[place].Text, value.ToLowerInvariant()))] : [];
            Ask(from.Talk.Fill(dice.Pick(one.Asks), one.Slots, dice), holds.Length > 0 ? holds : [.. one.Places], SpeechAct.Ask);
        }

        // What comes near: another of its kind, something else about the same thing, or the same asked with another question word.
        private void AskBeside(Instance one)
        {
            var ask = dice.Below(5) switch
            {
                0 or 1 => one.Misses.Length > 0 ? from.Talk.Fill(dice.Pick(one.Misses), new(one.Slots), dice) : "",
                2 or 3 => Besides(one),
                _ => one.Asks.Length > 0 ? Twisted(from.Talk.Fill(dice.Pick(one.Asks), one.Slots, dice), one.Text) : "",
            };
            if (ask.Length > 0 && !_askedFor.Contains(Sign(ask))) Ask(ask, [], SpeechAct.Ask);
        }

        // Whatever may be asked of a thing that was spoken of, where no word of the kind was said.
        private string Besides(Instance one)
        {
            var line = Line.Of(one.Text);
            string[] things = [.. line.Words.Index().Where(word => word.Index > 0 && !word.Item.Bare && word.Item.Kinds != Lexicon.Number && !Words.IsAttribute(word.Item.Cue) && !Words.IsKind(word.Item.Cue) && line.Words[word.Index - 1].Text is "my" or "our" or "the").Select(word => line.Words[word.Index - 1].Text + " " + word.Item.Text)];
            if (things.Length == 0) return "";
            var (kinds, ask) = dice.Pick(from.Talk.Besides);
            ask = ask.Replace("{x}", dice.Pick(things), StringComparison.Ordinal);
            return (Beside(line, ask) & kinds) == 0 && !Line.Of(ask).Keys.IsSubsetOf(line.Keys) ? ask : "";
        }

        private static string Twisted(string ask, string told)
        {
            if (ask.Split(' ') is not [var wh, var verb, .. var rest] || wh.ToLowerInvariant() is not ("when" or "where" or "what") || verb is not ("is" or "are" or "do" or "did" or "does" or "am" or "was" or "were")) return "";
            var others = Beside(Line.Of(told), ask);
            var where = Lexicon.KindOf("place") | Lexicon.KindOf("city") | Lexicon.KindOf("country") | Lexicon.Name;
            string[] may =
            [
                told.Contains("because", StringComparison.OrdinalIgnoreCase) ? "" : "why",
                wh == "where" || (others & where) != 0 ? "" : "where",
                wh == "when" || (others & (Lexicon.Times | Lexicon.Number)) != 0 ? "" : "when",
            ];
            may = [.. may.Where(one => one.Length > 0)];
            return may.Length == 0 ? "" : $"{may[told.Length % may.Length]} {verb} {string.Join(' ', rest)}";
        }

        // The kinds of what is told beside what is asked.
        private static ulong Beside(Line told, string ask)
        {
            var asked = Line.Of(ask);
            return told.Words.Where(word => !asked.Keys.Contains(word.Key)).Aggregate(0UL, (kinds, word) => kinds | word.Kinds);
        }

        // What was not told at all.
        private void AskAbsent(TalkBlock absent, Dictionary<string, string> slots)
        {
            if (absent.Asks.Length == 0 || _instances.Exists(one => one.Block == absent || one.Block.Asks.Intersect(absent.Asks).Any())) return;
            string[] asks = [.. absent.Asks.Select(ask => from.Talk.Fill(ask, slots, dice))];
            if (!asks.Any(ask => _askedFor.Contains(Sign(ask)))) Ask(dice.Pick(asks), [], SpeechAct.Ask);
        }

        // Questions with the same words ask the same.
        private static string Sign(string ask) => string.Join(' ', Line.Of(ask).Words.Where(word => !word.Bare || word.Text is "who" or "where" or "when" or "how").Select(word => word.Key).Distinct().Order(StringComparer.Ordinal));

        private IEnumerable<RelatedLines<float>> Related()
        {
            foreach (var one in _instances.Where(one => one.Parts.Length > 1))
            {
                // The later part stands first where it corrects.
                var (now, was) = one.Corrected ? (one.Parts[0], one.Parts[1]) : (one.Parts[^1], one.Parts[0]);
                var (a, b) = (See(now, one.Corrected ? SpeechAct.Correct : SpeechAct.Tell), See(was, SpeechAct.Tell));
                var between = one.Corrected && dice.Below(3) == 0 ? 1 + dice.Below(4) : 0;
                yield return new RelatedLines<float>(a, b, Relation.Of(_lines[a], _lines[b], between), _reads[a], one.Corrected ? 2 : 1);
                foreach (var other in Enumerable.Range(0, Math.Min(Short, _told.Count)).Except(one.Places)) yield return new RelatedLines<float>(a, other, Relation.Of(_lines[a], _lines[other], Math.Abs(one.Places[0] - other)), _reads[a], 0);
            }

            for (var i = 1; i < Math.Min(Short, _told.Count); i++)
            {
                if (_instances.Exists(one => one.Parts.Length > 1 && one.Places.Contains(i))) continue;
                for (var other = i - 1; other >= Math.Max(0, i - 4); other--) yield return new RelatedLines<float>(i, other, Relation.Of(_lines[i], _lines[other], i - other - 1), _reads[i], 0);
            }
        }

        // What is not always there is not relied upon: a word's surroundings, or the word.
        private void Dim(float[] state)
        {
            var width = from.States.Width;

            for (var word = 0; word < state.Length; word += width)
            {
                var draw = dice.Below(20);
                if (draw < 3) state.AsSpan(word + (width / 2), width / 2).Clear();
                else if (draw == 3) state.AsSpan(word, width / 2).Clear();
            }
        }
    }

    private FreeTalk Talk => talk;

    private FactTemplates Templates => templates;

    private CortexStates States => states;

    // As people type: in lower case, without apostrophes and stops, led up to, misspelt.
    private static string Noised(string text, Dice dice, bool asks)
    {
        if (dice.Below(3) == 0) text = text.ToLowerInvariant();
        if (dice.Below(3) == 0) text = text.TrimEnd('.', '!', '?');
        else if (asks && dice.Below(4) == 0) text = text.TrimEnd('?');
        if (dice.Below(3) == 0) text = text.Replace("'", "", StringComparison.Ordinal);
        if (dice.Below(8) == 0) text = dice.Pick(asks ? _leadsToQuestions : _leads) + text;
        if (dice.Below(7) != 0) return text;
        var words = text.Split(' ');
        var at = dice.Below(words.Length);
        if (words[at].Length >= 5 && words[at].All(char.IsLetter)) words[at] = Misspelt(words[at], dice);
        return string.Join(' ', words);
    }

    private static string Misspelt(string word, Dice dice)
    {
        var at = 1 + dice.Below(word.Length - 2);
        return dice.Below(3) switch
        {
            0 => word.Remove(at, 1),
            1 => word.Insert(at, word[at].ToString()),
            _ => word[..at] + word[at + 1] + word[at] + word[(at + 2)..],
        };
    }

    // A name, or what is mine.
    [GeneratedRegex(@"\b(?:[Mm]y \p{Ll}{3,}|\p{Lu}\p{Ll}{2,})\b(?!')", RegexOptions.CultureInvariant)]
    private static partial Regex Whom { get; }

    private static readonly string[] _leads = ["btw ", "so ", "oh, ", "hey, ", "well, ", "by the way, ", "you know, ", "fun fact: ", "just so you know, "];
    private static readonly string[] _leadsToQuestions = ["hey, ", "so ", "do you remember ", "can you tell me ", "quick question: ", "ok, ", "and ", "remind me, "];
}
