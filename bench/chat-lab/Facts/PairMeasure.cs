using System.Text.RegularExpressions;

namespace GaryMesh.ChatLab.Facts;

/// <summary>Something told in free words and a question about it.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Category">What it is an example of.</param>
/// <param name="Told">The messages.</param>
/// <param name="Question">The question.</param>
/// <param name="Must">What the answer holds; null where nothing that was told answers the question.</param>
/// <param name="MustNot">What it does not hold; null for nothing.</param>
internal sealed record ToldAsked(string Id, string Category, string[] Told, string Question, Regex? Must, Regex? MustNot)
{
    private static readonly string[] _columns = ["id", "category", "told", "question", "must", "must-not"];

    /// <summary>Reads pairs from tab-separated lines below a heading that names the columns.</summary>
    /// <exception cref="InvalidDataException">The text is none of pairs: one sentence says which line.</exception>
    public static ToldAsked[] Read(string path)
    {
        var lines = File.ReadAllLines(path);
        var heading = lines.Length == 0 ? [] : lines[0].Split('\t').Select(name => name.Trim().ToLowerInvariant().Replace('_', '-')).ToArray();
        var places = _columns.Select(name => Array.IndexOf(heading, name)).ToArray();
        if (Array.IndexOf(places, -1) is >= 0 and var missing)
            throw new InvalidDataException($"'{path}' begins with a heading of the columns {string.Join(", ", _columns)}, but it lacks '{_columns[missing]}'.");
        return [.. lines.Index().Skip(1).Where(line => line.Item.Trim().Length > 0).Select(line => Parse(path, line.Index + 1, line.Item.Split('\t'), places))];
    }

    private static ToldAsked Parse(string path, int number, string[] cells, int[] places)
    {
        // Empty cells at the end of a line may be left out.
        string Cell(int column) => places[column] < cells.Length ? cells[places[column]].Trim() : "";
        var told = Cell(2).Split("||", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (told.Length == 0 || Cell(3).Length == 0)
            throw new InvalidDataException($"A pair has something told and a question, but line {number} of '{path}' has not.");

        try
        {
            return new ToldAsked(Cell(0), Cell(1), told, Cell(3), Pattern(Cell(4)), Pattern(Cell(5)));
        }
        catch (RegexParseException refusal)
        {
            throw new InvalidDataException($"Line {number} of '{path}' has a pattern that cannot be read: {refusal.Message.TrimEnd('.')}.", refusal);
        }
    }

    private static Regex? Pattern(string pattern) =>
        pattern.Length == 0 ? null : new Regex(pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
}

/// <summary>How a pair came out.</summary>
internal enum Outcome
{
    /// <summary>The answer holds what it must and nothing that it must not.</summary>
    Recalled,

    /// <summary>The chat said that it was not told.</summary>
    Declined,

    /// <summary>The memory said something that does not answer.</summary>
    Wrong,

    /// <summary>The cortex answered.</summary>
    Talked,
}

/// <summary>Tells and asks pairs in fresh chats and judges the answers.</summary>
internal sealed class PairMeasure(ChatModel model, IQuestionReader reader, ulong seed, CancellationToken stop)
{
    /// <summary>A pair with what was answered, and how sure the reader was of the best answer.</summary>
    /// <param name="Kept">Whether the memory holds what the answer must.</param>
    internal sealed record Judged(ToldAsked Pair, string Answer, Outcome Outcome, double Odds, bool Kept, string Former);

    /// <summary>Asks each pair in a chat in which it and some others were told.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <param name="together">How many are told in one chat before the first is asked; they are drawn.</param>
    public IReadOnlyList<Judged> Run(IReadOnlyList<ToldAsked> pairs, int together)
    {
        var order = Enumerable.Range(0, pairs.Count).ToArray();
        if (together > 1) Shuffle(order);
        var judged = new Judged[pairs.Count];

        foreach (var group in order.Chunk(together))
        {
            using var session = new ChatSession(() => model, null, null, null, reader)
            {
                Settings = new ChatSettings { Sampling = new SamplingOptions { Temperature = 0, RepetitionPenalty = 1.1 }, MaxTokens = 12 },
            };
            foreach (var message in group.SelectMany(i => pairs[i].Told)) session.Say(message, stop).Whole();
            foreach (var i in group) judged[i] = Ask(session, pairs[i]);
        }

        return judged;
    }

    private Judged Ask(ChatSession session, ToldAsked pair)
    {
        var turn = session.Say(pair.Question, stop);
        var answer = turn.Whole();
        var right = pair.Must?.IsMatch(answer) == true && pair.MustNot?.IsMatch(answer) != true;
        var outcome = right ? Outcome.Recalled
            : turn.Effect.Recalled.Count > 0 || (turn.FromMemory && pair.MustNot?.IsMatch(answer) == true) ? Outcome.Wrong
            : turn.Effect.Abstained || (!turn.FromMemory && SmallTalk.Heard(pair.Question)?.Name == "knowledge") ? Outcome.Declined
            : Outcome.Talked;
        var kept = pair.Must is not null && session.Memory.Facts.Any(fact => pair.Must.IsMatch(fact.Told.Sentence));
        return new Judged(pair, answer, outcome, turn.Effect.Odds, kept, string.Concat(turn.Effect.Recalled.Where(f => f.Former.Length > 0).Select(f => " [was " + f.Former.Replace('\n', '|') + "]")));
    }

    private void Shuffle(int[] order)
    {
        var dice = new Dice(seed, order.Length);

        for (var i = order.Length - 1; i > 0; i--)
        {
            var other = dice.Below(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }
    }
}
