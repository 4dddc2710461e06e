using System.Text.RegularExpressions;

namespace GaryMesh.ChatLab.Chats;

/// <summary>How somebody opens a chat, and what an apt answer holds and does not hold.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Kind">What it is an example of.</param>
/// <param name="Text">What is said.</param>
/// <param name="Apt">What an apt answer holds.</param>
/// <param name="NotApt">What it does not hold; null for nothing.</param>
internal sealed record Opener(string Id, string Kind, string Text, Regex Apt, Regex? NotApt)
{
    private static readonly string[] _columns = ["id", "kind", "opener", "apt", "not-apt"];

    /// <summary>Reads openers from tab-separated lines below a heading that names the columns.</summary>
    /// <exception cref="InvalidDataException">The text is none of openers.</exception>
    public static Opener[] Read(TextReader text, string name)
    {
        var heading = (text.ReadLine() ?? "").Split('\t', StringSplitOptions.TrimEntries);
        var places = _columns.Select(column => Array.IndexOf(heading, column)).ToArray();
        if (Array.IndexOf(places, -1) is >= 0 and var missing)
            throw new InvalidDataException($"'{name}' begins with a heading of the columns {string.Join(", ", _columns)}, but it lacks '{_columns[missing]}'.");
        var openers = new List<Opener>();

        while (text.ReadLine() is { } line)
        {
            if (line.Trim().Length == 0) continue;
            var cells = line.Split('\t');
            string Cell(int column) => places[column] < cells.Length ? cells[places[column]].Trim() : "";
            if (Cell(2).Length == 0 || Cell(3).Length == 0)
                throw new InvalidDataException($"An opener has what is said and what an apt answer holds, but line {openers.Count + 2} of '{name}' has not.");
            openers.Add(new Opener(Cell(0), Cell(1), Cell(2), Pattern(Cell(3)), Cell(4).Length > 0 ? Pattern(Cell(4)) : null));
        }

        return [.. openers];
    }

    /// <summary>Those that come with the laboratory.</summary>
    public static Opener[] Shipped
    {
        get
        {
            using var reader = new StreamReader(typeof(Opener).Assembly.GetManifestResourceStream("openers.tsv")
                ?? throw new InvalidDataException("The openers 'openers.tsv' are missing from the program."));
            return Read(reader, "openers.tsv");
        }
    }

    private static Regex Pattern(string pattern) => new(pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
}

/// <summary>Opens a fresh chat with each of some openers and judges the answers.</summary>
internal static partial class SmallTalkMeasure
{
    /// <summary>An opener with its answer.</summary>
    internal sealed record Judged(Opener Opener, string Answer)
    {
        /// <summary>The answer says that something was done or arranged, which a chat without hands never does.</summary>
        public bool Claims => Claiming.IsMatch(Answer);

        /// <summary>The answer holds what it must and nothing that it must not, and claims nothing.</summary>
        public bool Apt => !Claims && Opener.Apt.IsMatch(Answer) && Opener.NotApt?.IsMatch(Answer) != true;
    }

    public static Judged[] Run(ChatModel model, IReadOnlyList<Opener> openers, ulong seed, CancellationToken stop) =>
        [.. openers.Select(opener =>
        {
            using var session = new ChatSession(() => model) { Settings = new ChatSettings { Seed = seed } };
            return new Judged(opener, session.Say(opener.Text, stop).Whole());
        })];

    [GeneratedRegex(@"\b(?:I|we)(?: have|'ve| will|'ll| am| just| already)* (?:book|reserv|order|schedul|confirm|arrang|sent|send|bought|purchas|paid|cancel|call)(?:ed|ing|led|e)?\b"
        + @"|\b(?:has|have|is|are|was) (?:been )?(?:booked|reserved|confirmed|ordered|placed|scheduled|arranged|cancelled)\b|\breference (?:number|code)\b|\byour (?:order|table|tickets?|taxi|booking|reservation)\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Claiming { get; }
}
