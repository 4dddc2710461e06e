using System.Globalization;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads a number of steps or a range of them, such as 32-48.</summary>
internal static class StepsWord
{
    public static (int Min, int Max) Read(string word)
    {
        var ends = word.Split('-');

        if (ends.Length is 1 or 2 && Whole(ends[0], out var min) && Whole(ends[^1], out var max) && min <= max)
            return (min, max);

        throw new UserErrorException(
            $"--steps takes a number of at least 1 or a range such as 32-48, but '{word}' is neither.");

        static bool Whole(string text, out int value) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= 1;
    }
}
