namespace GaryMesh.ChatGraft;

/// <summary>Tells whether two words are one, misspelt.</summary>
internal static class Spelling
{
    // Shorter words than this are what they are; longer ones than that may differ by two letters.
    private const int Shortest = 5, Long = 9;

    /// <summary>Whether two words are one, misspelt: as many letters differ as one overlooks.</summary>
    public static bool Near(string one, string other)
    {
        var longest = Math.Max(one.Length, other.Length);
        if (longest < Shortest || Math.Abs(one.Length - other.Length) > 1 || one.Any(char.IsAsciiDigit)) return false;
        return Distance(one, other) <= (longest < Long ? 1 : 2);
    }

    /// <summary>Letters put in, left out, changed, or changed over with their neighbour.</summary>
    public static int Distance(string one, string other)
    {
        var rows = new int[one.Length + 1, other.Length + 1];

        for (var i = 0; i <= one.Length; i++)
        {
            for (var j = 0; j <= other.Length; j++)
            {
                rows[i, j] = i == 0 ? j : j == 0 ? i
                    : Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1]) rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }

        return rows[one.Length, other.Length];
    }
}
