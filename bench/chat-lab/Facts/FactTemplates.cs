using System.Text.RegularExpressions;

namespace GaryMesh.ChatLab.Facts;

/// <summary>A kind of fact: its subjects, what its values look like, and ways of telling and asking it.</summary>
internal sealed record FactKind(
    string Name, string Values, IReadOnlyList<string> Subjects, IReadOnlyList<string> Tells, IReadOnlyList<string> Asks);

/// <summary>A generated fact with one way of telling and one way of asking it.</summary>
internal sealed record GeneratedFact(FactKind Kind, string Subject, string Value, string Tell, string Ask);

/// <summary>Ways of telling and asking facts, read from a text that ships with the program, and generated facts with invented
/// names: what the memory is tuned and measured with.</summary>
internal sealed partial class FactTemplates
{
    private static readonly string[] _onsets =
        ["b", "br", "d", "dr", "f", "fl", "g", "gl", "h", "j", "k", "kr", "l", "m", "n", "p", "pl", "qu", "r", "s", "sk", "t", "tr", "v", "w", "y", "z"];
    private static readonly string[] _nuclei = ["a", "e", "i", "o", "u", "ae", "ei", "oa", "oo", "y"];
    private static readonly string[] _codas = ["", "", "b", "ck", "l", "lm", "m", "n", "nd", "r", "rk", "sh", "st", "v", "x", "zz"];
    private static readonly string[] _months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    private FactTemplates(IReadOnlyList<FactKind> kinds, IReadOnlyList<string> chat) => (Kinds, Chat) = (kinds, chat);

    /// <summary>The templates that the memory is tuned with.</summary>
    public static FactTemplates Tuning => Load("tuning.txt");

    /// <summary>The templates that it is measured with; the two sets share no sentence.</summary>
    public static FactTemplates HeldOut => Load("held-out.txt");

    /// <summary>The templates of a file.</summary>
    /// <exception cref="InvalidDataException">The file is none of templates: one sentence says which line.</exception>
    public static FactTemplates Read(string path) => Parse(File.ReadAllText(path));

    /// <summary>The kinds of facts.</summary>
    public IReadOnlyList<FactKind> Kinds { get; }

    /// <summary>Things to say in between.</summary>
    public IReadOnlyList<string> Chat { get; }

    /// <summary>Fact number <paramref name="index"/> of a seed: kinds in turn, everything else drawn.</summary>
    public GeneratedFact Draw(ulong seed, int index)
    {
        var dice = new Dice(seed, index);
        var kind = Kinds[index % Kinds.Count];
        var subject = dice.Pick(kind.Subjects);
        var value = ValueOf(kind.Values, dice);
        string Fill(string template) => template.Replace("{s}", subject, StringComparison.Ordinal).Replace("{v}", value, StringComparison.Ordinal);
        return new GeneratedFact(kind, subject, value, Fill(dice.Pick(kind.Tells)), Fill(dice.Pick(kind.Asks)));
    }

    /// <summary>An invented word of two or three syllables.</summary>
    public static string Invented(Dice dice)
    {
        var word = string.Concat(Enumerable.Range(0, 2 + dice.Below(2)).Select(_ => dice.Pick(_onsets) + dice.Pick(_nuclei))) + dice.Pick(_codas);
        return Utterance.Capitalised(word);
    }

    /// <summary>A value of a kind.</summary>
    public static string ValueOf(string values, Dice dice) => values switch
    {
        "name" or "place" or "company" => Invented(dice),
        "word" => Invented(dice),
        "number" => (1000 + dice.Below(9000)).ToString(System.Globalization.CultureInfo.InvariantCulture),
        "date" => $"{1 + dice.Below(28)} {dice.Pick(_months)}",
        _ => throw new InvalidDataException($"Values of the kind '{values}' are unknown; known are name, place, company, word, number and date."),
    };

    private static FactTemplates Load(string name)
    {
        using var stream = typeof(FactTemplates).Assembly.GetManifestResourceStream("Templates." + name)
            ?? throw new InvalidDataException($"The templates '{name}' are missing from the program.");
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd());
    }

    internal static FactTemplates Parse(string text)
    {
        var kinds = new List<FactKind>();
        var chat = new List<string>();

        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('#')) continue;
            var head = Head.Match(line);

            if (head.Success)
            {
                kinds.Add(new FactKind(
                    head.Groups[1].Value, head.Groups[2].Value, head.Groups[3].Value.Split('|', StringSplitOptions.TrimEntries), new List<string>(), new List<string>()));
                continue;
            }

            var (key, value) = line.IndexOf(": ", StringComparison.Ordinal) is > 0 and var colon ? (line[..colon], line[(colon + 2)..]) : ("", line);

            switch (key)
            {
                case "tell" when kinds.Count > 0: ((List<string>)kinds[^1].Tells).Add(value); break;
                case "ask" when kinds.Count > 0: ((List<string>)kinds[^1].Asks).Add(value); break;
                case "chat": chat.Add(value); break;
                default: throw new InvalidDataException($"'{line}' is no line of a template file; lines begin with kind, tell:, ask: or chat:.");
            }
        }

        if (kinds.Find(kind => kind.Tells.Count == 0 || kind.Asks.Count == 0) is { } bare)
            throw new InvalidDataException($"The kind '{bare.Name}' has {bare.Tells.Count} ways of telling and {bare.Asks.Count} of asking; it needs one of each.");
        if (kinds.Count == 0 || chat.Count == 0)
            throw new InvalidDataException($"Templates are kinds of facts and lines of chat, but these are {kinds.Count} kinds and {chat.Count} lines.");
        return new FactTemplates(kinds, chat);
    }

    [GeneratedRegex(@"^kind (\w+) (\w+): (.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Head { get; }
}
