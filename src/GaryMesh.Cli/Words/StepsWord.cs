using System.Globalization;

namespace GaryMesh.Cli.Words;

/// <summary>Reads a number of steps or a range of them, such as 32-48.</summary>
internal static class StepsWord
{
    public static (int Least, int Most) Read(string word)
    {
        var ends = word.Split('-');

        if (ends.Length is 1 or 2 && Whole(ends[0], out var least) && Whole(ends[^1], out var most) && least <= most)
            return (least, most);

        throw new Complaint(
            $"--steps takes a number of at least 1 or a range such as 32-48, but '{word}' is neither.");

        static bool Whole(string text, out int value) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= 1;
    }
}
