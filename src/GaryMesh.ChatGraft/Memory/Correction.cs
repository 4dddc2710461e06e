using System.Text.RegularExpressions;

namespace GaryMesh.ChatGraft;

/// <summary>Puts the value of a bare correction ("no wait, 8824") in the place of the one that it corrects.</summary>
internal static class Correction
{
    /// <summary>The corrected sentence; the correction itself where it says more than a value.</summary>
    /// <param name="now">The correction.</param>
    /// <param name="was">What it corrects.</param>
    public static string Of(string now, string was)
    {
        foreach (var kind in Kinds())
        {
            var (values, former) = (Runs(now, kind), Runs(was, kind));
            if (former.Count != 1) continue;
            // "Not Mio, Mia": the former value may be named, too.
            var named = values.RemoveAll(value => string.Equals(now[value], was[former[0]], StringComparison.OrdinalIgnoreCase)) > 0;
            if (values.Count != 1) continue;
            var rest = Line.Of(now[..values[0].Start.Value] + now[values[0].End.Value..]);
            var known = named ? Line.Of(was[former[0]]).Keys : new HashSet<string>();
            if (rest.Words.Any(word => !word.Bare && (word.Marks & _thin) == 0 && !known.Contains(word.Key))) continue;
            return was[..former[0].Start.Value] + now[values[0]] + was[former[0].End.Value..];
        }

        return now;
    }

    private static readonly ulong _thin = Lexicon.MarkOf("corrects") | Lexicon.MarkOf("shifts");

    private static IEnumerable<ulong> Kinds()
    {
        for (var bit = 0; bit < 64; bit++) if ((1UL << bit) is var kind && (kind & Lexicon.KindOf("person")) == 0) yield return kind;
    }

    // Words of a kind that stand side by side are one value.
    private static List<Range> Runs(string text, ulong kind)
    {
        var runs = new List<Range>();

        foreach (Match match in Words.Word.Matches(text))
        {
            var line = Line.Of(match.Index == 0 ? match.Value : "x " + match.Value);
            if (line.Words.Length == 0 || (line.Words[^1].Kinds & kind) == 0 || (line.Words[^1].Bare && kind != Lexicon.Number)) continue;
            if (runs.Count > 0 && text[runs[^1].End.Value..match.Index].All(letter => letter is ' ' or ':' or '.' or '-')) runs[^1] = runs[^1].Start..(match.Index + match.Length);
            else runs.Add(match.Index..(match.Index + match.Length));
        }

        return runs;
    }
}
