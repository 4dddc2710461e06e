using System.Runtime.InteropServices;
using System.Text;

namespace GaryMesh.ChatLab.Language;

/// <summary>Learns a byte-level byte-pair vocabulary from a text (Sennrich, Haddow and Birch, ACL 2016): again and again
/// the pair of neighbouring tokens that occurs most often becomes a token of its own.</summary>
/// <remarks>Pairs never reach across the pieces into which <see cref="BytePairs.Pieces"/> cuts a text, so it is enough to
/// count every distinct piece once.</remarks>
internal static class Vocabulary
{
    /// <summary>The merges that a text teaches, in the order of their rank.</summary>
    /// <param name="text">The text to learn from.</param>
    /// <param name="vocabulary">Number of tokens wanted, the 256 bytes included.</param>
    /// <returns>Pairs of tokens: at most <paramref name="vocabulary"/> - 256, fewer where no pair occurs twice. Ties go
    /// to the pair of the smaller tokens, so that the same text always gives the same merges.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary is smaller than 256.</exception>
    public static (int Left, int Right)[] Learn(string text, int vocabulary)
    {
        ArgumentNullException.ThrowIfNull(text);

        if (vocabulary < BytePairs.Bytes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(vocabulary), $"A byte-level vocabulary has at least {BytePairs.Bytes} tokens, but {vocabulary} are asked for.");
        }

        var (words, counts) = Count(text);
        var pairs = new Dictionary<(int, int), long>();
        var places = new Dictionary<(int, int), HashSet<int>>();

        for (var word = 0; word < words.Count; word++)
            Tally(words[word], word, counts[word], pairs, places);

        var merges = new List<(int Left, int Right)>();

        while (merges.Count < vocabulary - BytePairs.Bytes && Best(pairs) is { } best)
        {
            var made = BytePairs.Bytes + merges.Count;
            merges.Add(best);

            foreach (var word in places[best].Order().ToArray())
            {
                Tally(words[word], word, -counts[word], pairs, places);
                words[word] = Merge(words[word], best, made);
                Tally(words[word], word, counts[word], pairs, places);
            }
        }

        return [.. merges];
    }

    private static (List<int[]> Words, List<long> Counts) Count(string text)
    {
        var index = new Dictionary<string, int>();
        var (words, counts) = (new List<int[]>(), new List<long>());
        var lookup = index.GetAlternateLookup<ReadOnlySpan<char>>();

        foreach (var match in BytePairs.Pieces().EnumerateMatches(text))
        {
            var piece = text.AsSpan(match.Index, match.Length);

            if (lookup.TryGetValue(piece, out var at))
            {
                counts[at]++;
                continue;
            }

            lookup[piece] = words.Count;
            words.Add([.. Encoding.UTF8.GetBytes(piece.ToString()).Select(one => (int)one)]);
            counts.Add(1);
        }

        return (words, counts);
    }

    private static void Tally(
        int[] word, int index, long count, Dictionary<(int, int), long> pairs, Dictionary<(int, int), HashSet<int>> places)
    {
        for (var i = 0; i + 1 < word.Length; i++)
        {
            var pair = (word[i], word[i + 1]);
            ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(pairs, pair, out _);
            sum += count;

            if (sum == 0)
                pairs.Remove(pair);

            ref var where = ref CollectionsMarshal.GetValueRefOrAddDefault(places, pair, out _);
            where ??= [];

            if (count > 0)
                where.Add(index);
            else
                where.Remove(index);
        }
    }

    private static (int, int)? Best(Dictionary<(int, int), long> pairs)
    {
        (int, int)? best = null;
        var most = 1L;

        foreach (var (pair, count) in pairs)
        {
            if (count > most || (count == most && best is { } other && pair.CompareTo(other) < 0))
                (best, most) = (pair, count);
        }

        return best;
    }

    private static int[] Merge(int[] word, (int Left, int Right) pair, int made)
    {
        var merged = new List<int>(word.Length);

        for (var i = 0; i < word.Length; i++)
        {
            if (i + 1 < word.Length && word[i] == pair.Left && word[i + 1] == pair.Right)
            {
                merged.Add(made);
                i++;
            }
            else
            {
                merged.Add(word[i]);
            }
        }

        return [.. merged];
    }
}
