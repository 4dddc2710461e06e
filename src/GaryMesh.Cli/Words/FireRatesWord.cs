using System.Globalization;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads a range of fire rates, such as 0.3-0.9.</summary>
internal static class FireRatesWord
{
    public static (double Least, double Most) Read(string word)
    {
        var ends = word.Split('-');

        if (ends.Length is 1 or 2 && Rate(ends[0], out var least) && Rate(ends[^1], out var most) && least <= most)
            return (least, most);

        throw new UserErrorException(
            $"--fire-rates takes a range of fire rates above 0 and up to 1, such as 0.3-0.9, but '{word}' is none.");

        static bool Rate(string text, out double value) =>
            double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) && value is > 0 and <= 1;
    }
}
