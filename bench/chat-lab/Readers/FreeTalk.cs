using System.Text.RegularExpressions;
using GaryMesh.ChatLab.Facts;

namespace GaryMesh.ChatLab.Readers;

/// <summary>One thing to tell in several ways, with what asks for it, what comes near and asks for something else, and what
/// corrects it.</summary>
internal sealed record TalkBlock(string[] Tells, string[] Asks, string[] Misses, string[] Corrections, SpeechAct Act)
{
    /// <summary>The told value, where one is known.</summary>
    public string? Value { get; init; }
}

/// <summary>Templates of free talk: blocks of lines with <c>{slots}</c>, lists that fill them, and small talk.</summary>
internal sealed partial class FreeTalk
{
    private readonly Dictionary<string, string[]> _lists = [];

    /// <summary>The blocks.</summary>
    public IReadOnlyList<TalkBlock> Blocks { get; }

    /// <summary>The small talk.</summary>
    public IReadOnlyList<string> Chat { get; }

    /// <summary>Ways of giving any value another, <c>{v2}</c> for <c>{v}</c>, and of adding another to it.</summary>
    public IReadOnlyList<string> Fixes { get; }

    /// <summary>As the fixes, but the former value holds, too.</summary>
    public IReadOnlyList<string> Additions { get; }

    /// <summary>What may be asked of anything, <c>{x}</c>, with the kinds of words that answer it.</summary>
    public IReadOnlyList<(ulong Kinds, string Ask)> Besides { get; }

    /// <summary>Reads templates.</summary>
    /// <exception cref="InvalidDataException">A line is none of a template file of free talk.</exception>
    public FreeTalk(string text)
    {
        var (blocks, chat, fixes, additions) = (new List<TalkBlock>(), new List<string>(), new List<string>(), new List<string>());
        var besides = new List<(ulong, string)>();
        var open = new List<(string Key, string Line)>();

        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries).Append(""))
        {
            if (line.StartsWith('#') || line.StartsWith('=')) continue;
            if (line.Length == 0)
            {
                Close();
                continue;
            }

            var (key, rest) = line.IndexOf(": ", StringComparison.Ordinal) is > 0 and var colon ? (line[..colon], line[(colon + 2)..]) : ("", line);
            if (key.StartsWith("list ", StringComparison.Ordinal)) _lists[key[5..]] = rest.Split('|', StringSplitOptions.TrimEntries);
            else if (key == "chat") chat.Add(rest);
            else if (key == "fix") fixes.Add(rest);
            else if (key == "add") additions.Add(rest);
            else if (key.StartsWith("beside ", StringComparison.Ordinal)) besides.Add((key[7..].Split(' ').Aggregate(0UL, (kinds, kind) => kinds | Kind(kind)), rest));
            else if (key is "tell" or "ask" or "miss" or "now" or "quote" or "suppose") open.Add((key, rest));
            else throw new InvalidDataException($"'{line}' is no line of free talk; lines begin with list, tell, ask, miss, now, quote, suppose, chat, fix, add or beside.");
        }

        (Blocks, Chat, Fixes, Additions, Besides) = (blocks, chat, fixes, additions, besides);

        void Close()
        {
            if (open.Count == 0) return;
            string[] All(params string[] keys) => [.. open.Where(one => keys.Contains(one.Key)).Select(one => one.Line)];
            var act = open.Exists(one => one.Key == "quote") ? SpeechAct.Quote : open.Exists(one => one.Key == "suppose") ? SpeechAct.Suppose : SpeechAct.Tell;
            blocks.Add(new TalkBlock(All("tell", "quote", "suppose"), All("ask"), All("miss"), All("now"), act));
            open.Clear();
        }
    }

    private static ulong Kind(string name) => Lexicon.KindOf(name) is var kind and not 0 ? kind : throw new InvalidDataException($"'{name}' is no kind of the lexicon.");

    /// <summary>The templates that the reader is taught with.</summary>
    public static FreeTalk Shipped
    {
        get
        {
            var assembly = typeof(FreeTalk).Assembly;
            var files = assembly.GetManifestResourceNames().Where(name => name.StartsWith("Templates.free", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
            return new FreeTalk(string.Join("\n\n", files.Select(Text)));

            string Text(string name)
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return reader.ReadToEnd();
            }
        }
    }

    /// <summary>A template with its slots filled: those that were filled before as before.</summary>
    public string Fill(string template, Dictionary<string, string> filled, Dice dice) => Slot.Replace(template, match =>
    {
        var name = match.Groups[1].Value;
        if (filled.TryGetValue(name, out var known)) return known;
        var (value, kind) = ("", name.TrimEnd('2'));
        // The second one of a kind is another one.
        for (var draw = 0; draw < 20; draw++)
        {
            value = Value(kind, dice);
            if (!filled.Any(one => one.Key.TrimEnd('2') == kind && string.Equals(one.Value, value, StringComparison.OrdinalIgnoreCase))) break;
        }

        return filled[name] = value;
    });

    private string Value(string kind, Dice dice)
    {
        if (kind == "invented") return FactTemplates.Invented(dice);
        if (_lists.TryGetValue(kind, out var list)) return dice.Pick(list) is var value && value == "{invented}" ? FactTemplates.Invented(dice) : value;
        var words = Lexicon.Of(kind);
        if (words.Count == 0) throw new InvalidDataException($"The templates have no list '{kind}', and the lexicon no such kind.");
        var word = dice.Pick(words);
        return kind is "month" or "weekday" or "city" or "country" or "nationality" or "language" ? Utterance.Capitalised(word) : word;
    }

    /// <summary>Slots of a template whose value may be given another: those of one value, that say more than whom it is about.</summary>
    public static string[] Values(string template) =>
        [.. Slot.Matches(template).Select(match => match.Groups[1].Value).GroupBy(name => name).Where(group => group.Count() == 1 && !group.Key.EndsWith('2') && !_whom.Contains(group.Key)).Select(group => group.Key)];

    private static readonly string[] _whom = ["kin", "animal", "thing", "object", "safe", "room", "store", "chore", "event", "adj", "invented"];

    [GeneratedRegex(@"\{(\w+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Slot { get; }
}
