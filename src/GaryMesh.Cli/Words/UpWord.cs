using System.Globalization;
using GaryMesh.Cli.Shell;

namespace GaryMesh.Cli.Words;

/// <summary>Reads which way is up: an axis, or three numbers.</summary>
internal static class UpWord
{
    public static (double X, double Y, double Z) Read(string word)
    {
        switch (word)
        {
            case "x":
                return (1, 0, 0);
            case "y":
                return (0, 1, 0);
            case "z":
                return (0, 0, 1);
        }

        var numbers = word.Split(',');

        if (numbers.Length == 3 && Number(0, out var x) && Number(1, out var y) && Number(2, out var z) && (x, y, z) != (0, 0, 0))
            return (x, y, z);

        throw new UserErrorException($"--up is x, y, z or three numbers such as 0,1,0, but '{word}' is none of them.");

        bool Number(int at, out double number) =>
            double.TryParse(numbers[at], NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
    }
}
