using System.Globalization;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads a number or a range of them: steps such as 32-48, fire rates such as 0.3-0.9.</summary>
internal static class RangeWord
{
    public static (int Min, int Max) Steps(string word) => Read<int>(word, NumberStyles.None, value => value >= 1)
        ?? throw new UserErrorException($"--steps takes a number of at least 1 or a range such as 32-48, but '{word}' is neither.");

    public static (double Least, double Most) FireRates(string word) => Read<double>(word, NumberStyles.AllowDecimalPoint, value => value is > 0 and <= 1)
        ?? throw new UserErrorException($"--fire-rates takes a range of fire rates above 0 and up to 1, such as 0.3-0.9, but '{word}' is none.");

    private static (T, T)? Read<T>(string word, NumberStyles style, Func<T, bool> fits)
        where T : struct, System.Numerics.INumber<T>
    {
        var ends = word.Split('-');
        return ends.Length is 1 or 2 && End(ends[0], out var least) && End(ends[^1], out var most) && least <= most ? (least, most) : null;

        bool End(string text, out T value) => T.TryParse(text, style, CultureInfo.InvariantCulture, out value) && fits(value);
    }
}
