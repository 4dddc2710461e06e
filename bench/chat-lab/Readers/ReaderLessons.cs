using GaryMesh.ChatLab.Facts;

namespace GaryMesh.ChatLab.Readers;

/// <summary>A line with its words' states.</summary>
internal sealed record SeenLine<T>(T[] States, bool[] Weighed, bool[] Asking);

/// <summary>A question with the features of each told line, and which of them answers: -1 for none.</summary>
internal sealed record AskedLine<T>(int Line, T[][] Features, int Answer);

/// <summary>A later line with an earlier one: 0 for nothing between them, 1 for going on, 2 for taking its place.</summary>
internal sealed record RelatedLines<T>(int Now, int Was, T[] Features, int Relation);

/// <summary>A conversation as the head learns from it.</summary>
/// <param name="Lines">All lines; the told ones come first.</param>
/// <param name="Told">How many are told.</param>
/// <param name="Asked">The questions.</param>
/// <param name="Related">Pairs of lines.</param>
/// <param name="Acts">What speech acts are read off, and which it is.</param>
internal sealed record ReaderLesson<T>(SeenLine<T>[] Lines, int Told, AskedLine<T>[] Asked, RelatedLines<T>[] Related, (T[] Features, int Act)[] Acts);

/// <summary>Makes conversations of templates: things are told, corrected and asked for, and so is what was never told.</summary>
internal sealed class ReaderLessons(FreeTalk talk, FactTemplates templates, CortexStates states, ulong seed)
{
    private sealed record Instance(TalkBlock Block, Dictionary<string, string> Slots, string[] Asks, string Text, string[] Parts, bool Corrected);

    /// <summary>Lesson number <paramref name="index"/>.</summary>
    public ReaderLesson<float> Make(int index)
    {
        var dice = new Dice(seed, index);
        var knowing = dice.Below(8) > 0;
        var instances = Instances(dice);
        var lines = new List<Line>();
        var seen = new List<SeenLine<float>>();
        var acts = new List<(float[], int)>();

        int See(string text, SpeechAct? act)
        {
            var line = Line.Of(text, knowing);
            var state = states.Of(line);
            var known = state.AsSpan().ToArray();
            Dim(state, dice);
            lines.Add(line);
            seen.Add(new SeenLine<float>(state, line.Weighed, line.Asking));
            if (act is { } what) acts.Add((ReaderHead.ActFeatures(line, known, states.Width), (int)what));
            return lines.Count - 1;
        }

        void Act(string text, SpeechAct act)
        {
            var line = Line.Of(Noised(text, dice, asks: true), knowing);
            acts.Add((ReaderHead.ActFeatures(line, states.Of(line), states.Width), (int)act));
        }

        foreach (var one in instances) See(one.Text, one.Parts.Length == 1 && !one.Corrected ? one.Block.Act : null);
        var frequency = lines.SelectMany(line => line.Words.Select(word => word.Key).Distinct()).CountBy(key => key).ToDictionary();
        int Frequency(string key) => frequency.GetValueOrDefault(key);
        var asked = new List<AskedLine<float>>();

        void Ask(string text, int answer, SpeechAct act)
        {
            var line = See(Noised(text, dice, asks: true), act);
            asked.Add(new AskedLine<float>(line, [.. instances.Select((one, i) => Likeness.Of(lines[line], lines[i], Frequency, (one.Block.Act == SpeechAct.Suppose ? 1 : 0, one.Block.Act == SpeechAct.Quote ? 1 : 0)))], answer));
        }

        for (var q = 0; q < 3; q++)
        {
            var i = dice.Below(instances.Length);
            var (one, ask) = (instances[i], "");
            if (one.Asks.Length > 0) Ask(talk.Fill(dice.Pick(one.Asks), one.Slots, dice), i, SpeechAct.Ask);
            if (q == 2)
            {
                // What no one here was told of at all.
                var absent = dice.Pick(talk.Blocks);
                if (absent.Asks.Length > 0 && !instances.Any(other => other.Block == absent || other.Asks.Intersect(absent.Asks).Any()))
                    Ask(talk.Fill(dice.Pick(absent.Asks), new(one.Slots), dice), -1, SpeechAct.Ask);
                break;
            }

            i = dice.Below(instances.Length);
            one = instances[i];
            ask = one.Block.Misses.Length > 0 ? talk.Fill(dice.Pick(one.Block.Misses), new(one.Slots), dice) : "";
            if (dice.Below(6) == 0 && one.Asks.Length > 0 && WhyOf(talk.Fill(dice.Pick(one.Asks), one.Slots, dice)) is { } why && !one.Text.Contains("because", StringComparison.Ordinal)) ask = why;
            if (ask.Length > 0 && !instances.Any(other => other.Asks.Any(known => Same(talk.Fill(known, new(other.Slots), dice), ask)))) Ask(ask, -1, SpeechAct.Ask);
        }

        if (dice.Below(2) == 0) Ask(talk.Fill(dice.Pick(dice.Below(2) == 0 ? talk.Chat : templates.Chat), [], dice), -1, SpeechAct.Chat);
        // What a sentence does is learnt from more of them.
        for (var n = 0; n < 3; n++) Act(talk.Fill(dice.Pick(dice.Below(3) == 0 ? talk.Chat : templates.Chat), [], dice), SpeechAct.Chat);
        RelatedLines<float>[] related = [.. Related(instances, lines, See, dice)];
        return new ReaderLesson<float>([.. seen], instances.Length, [.. asked], related, [.. acts]);
    }

    private IEnumerable<RelatedLines<float>> Related(Instance[] instances, List<Line> lines, Func<string, SpeechAct?, int> see, Dice dice)
    {
        for (var i = 0; i < instances.Length; i++)
        {
            var one = instances[i];

            if (one.Parts.Length > 1)
            {
                // The later part stands first where it corrects.
                var (now, was) = one.Corrected ? (one.Parts[0], one.Parts[1]) : (one.Parts[^1], one.Parts[0]);
                var (a, b) = (see(now, SpeechAct.Tell), see(was, SpeechAct.Tell));
                var between = one.Corrected && dice.Below(3) == 0 ? 1 + dice.Below(4) : 0;
                yield return new RelatedLines<float>(a, b, Relation.Of(lines[a], lines[b], between), one.Corrected ? 2 : 1);
                for (var other = 0; other < instances.Length; other++) if (other != i) yield return new RelatedLines<float>(a, other, Relation.Of(lines[a], lines[other], Math.Abs(i - other)), 0);
            }
            else if (i > 0)
            {
                for (var other = i - 1; other >= Math.Max(0, i - 4); other--) yield return new RelatedLines<float>(i, other, Relation.Of(lines[i], lines[other], i - other - 1), 0);
            }
        }
    }

    private Instance[] Instances(Dice dice)
    {
        var count = 1 + dice.Below(14);
        var found = new List<Instance>();
        var kin = "";

        for (var n = 0; n < count; n++)
        {
            var slots = new Dictionary<string, string>();
            // The same person again, in something else.
            if (kin.Length > 0 && dice.Below(5) < 2) slots["kin"] = kin;
            var block = dice.Below(4) == 0 ? Generated(dice) : dice.Pick(talk.Blocks);
            if (found.Exists(one => one.Block == block)) continue;
            if (block.Asks.Any(ask => found.Exists(one => one.Block.Asks.Contains(ask)))) continue;
            var tell = Noised(talk.Fill(dice.Pick(block.Tells), slots, dice), dice, asks: false);
            var parts = tell.Split(" || ");
            var corrected = block.Corrections.Length > 0 && dice.Below(4) > 0;
            if (corrected) parts = [Noised(talk.Fill(dice.Pick(block.Corrections), slots, dice), dice, asks: false), tell];
            if (slots.TryGetValue("kin", out var person)) kin = person;
            found.Add(new Instance(block, slots, block.Asks, string.Join(". ", parts), parts, corrected));
        }

        return [.. found];
    }

    // A kind of the memory's templates as a block: other subjects of the kind come near.
    private TalkBlock Generated(Dice dice)
    {
        var fact = templates.Draw(seed + 7, dice.Below(1 << 30));
        var kind = fact.Kind;
        string[] asks = [.. kind.Asks.Select(ask => ask.Replace("{s}", fact.Subject, StringComparison.Ordinal).Replace("{v}", fact.Value, StringComparison.Ordinal))];
        string[] misses = [.. kind.Subjects.Where(subject => subject != fact.Subject).Take(5).Select(subject => dice.Pick(kind.Asks).Replace("{s}", subject, StringComparison.Ordinal)).Where(ask => !ask.Contains('{', StringComparison.Ordinal))];
        return new TalkBlock([fact.Tell], asks, misses, [], SpeechAct.Tell);
    }

    // The reason of something told is not told with it.
    private static string? WhyOf(string ask) =>
        ask.Split(' ') is [var wh, var verb, .. var rest] && wh.ToLowerInvariant() is "when" or "where" or "what" && verb is "is" or "are" or "do" or "did" or "does" or "am"
            ? $"why {verb} {string.Join(' ', rest)}" : null;

    private static bool Same(string one, string other) => string.Equals(one.TrimEnd('?'), other.TrimEnd('?'), StringComparison.OrdinalIgnoreCase);

    // What is not always there is not relied upon: a word's surroundings, or the word.
    private void Dim(float[] state, Dice dice)
    {
        for (var word = 0; word < state.Length; word += states.Width)
        {
            var draw = dice.Below(20);
            if (draw < 3) state.AsSpan(word + (states.Width / 2), states.Width / 2).Clear();
            else if (draw == 3) state.AsSpan(word, states.Width / 2).Clear();
        }
    }

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

    private static readonly string[] _leads = ["btw ", "so ", "oh, ", "hey, ", "well, ", "by the way, ", "you know, ", "fun fact: ", "just so you know, "];
    private static readonly string[] _leadsToQuestions = ["hey, ", "so ", "do you remember ", "can you tell me ", "quick question: ", "ok, ", "and ", "remind me, "];
}
